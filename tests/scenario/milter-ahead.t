# What rules want to know of the client is asked when it connects, of the sender at MAIL, each once: then a
# recipient's answer is there at once, and for all recipients.
dns
*.slow.example * SILENT
5.2.0.192.bl.example A 127.0.0.2
6.2.0.192.bl.example * NXDOMAIN
7.2.0.192.bl.example * NXDOMAIN
8.2.0.192.bl.example * NXDOMAIN
9.2.0.192.bl.example * NXDOMAIN
10.2.0.192.bl.example * NXDOMAIN
11.2.0.192.bl.example * NXDOMAIN
11.2.0.192.slow.example * SILENT
a.example TXT "v=spf1 ip4:192.0.2.0/24 -all"
b.example TXT "v=spf1 -all"
c.example TXT "v=spf1 -all"
d.example TXT "v=spf1 -all"
.
rules
noaccessdb
report none
dns_timeout 2s
dnsrbl "bl" bl.example 127.0.0.2
dnsrbl "slow" slow.example 127.0.0.2
racl whitelist addr 192.0.2.7
racl whitelist rcpt postmaster@example.org
racl whitelist from friend@b.example
racl blacklist dnsrbl "bl" msg "listed"
racl blacklist spf fail msg "not from there"
racl blacklist addr 192.0.2.11 dnsrbl "slow" msg "slow"
racl whitelist default
.
mta m
offer 6
put C [192.0.2.6]\04\0\0192.0.2.6\0
asked 6.2.0.192.bl.example 1
asked a.example 0
put H client.example\0
put M <a@a.example>\0
asked a.example 1
put R <b@example.org>\0
get c
put R <c@example.org>\0
get c
asked 6.2.0.192.bl.example 1
asked a.example 1
put A
put M <a@b.example>\0
asked b.example 1
put R <b@example.org>\0
get y 551 5.7.1 not from there\0
put R <c@example.org>\0
get y 551 5.7.1 not from there\0
# Another client on the same connection is asked about anew.
put K
put C [192.0.2.5]\04\0\0192.0.2.5\0
asked 5.2.0.192.bl.example 1
put H client.example\0
put M <a@a.example>\0
put R <b@example.org>\0
get y 551 5.7.1 listed\0
# Nobody is asked where the rules will decide without: of who is let in by its address, at any time; by its
# sender, at MAIL; but at connect nobody knows of the sender yet.
put K
put C [192.0.2.7]\04\0\0192.0.2.7\0
put H client.example\0
put M <a@c.example>\0
put R <b@example.org>\0
get c
asked 7.2.0.192.bl.example 0
asked c.example 0
put K
put C [192.0.2.8]\04\0\0192.0.2.8\0
put H client.example\0
put M <friend@b.example>\0
put R <b@example.org>\0
get c
asked 8.2.0.192.bl.example 1
asked b.example 1
# Nor of a client of a submission port before it has authenticated, nor then.
put K
put D C{daemon_port}\0587\0
put C [192.0.2.9]\04\0\0192.0.2.9\0
put H client.example\0
put D M{auth_authen}\0joe\0
put M <joe@d.example>\0
put R <b@example.org>\0
get c
asked 9.2.0.192.bl.example 0
asked d.example 0
# One that does not authenticate there is asked about at MAIL.
put K
put D C{daemon_port}\0587\0
put C [192.0.2.10]\04\0\0192.0.2.10\0
put H client.example\0
asked 10.2.0.192.bl.example 0
put M <joe@d.example>\0
asked 10.2.0.192.bl.example 1
put R <b@example.org>\0
get y 551 5.7.1 not from there\0
# A silent server is waited for once a message, from the connection on.
put K
put C [192.0.2.11]\04\0\0192.0.2.11\0
put H client.example\0
advance 1s
put M <a@a.example>\0
put R <b@example.org>\0
silence
advance 1s
get c
put R <c@example.org>\0
get c
put M <a@a.example>\0
put R <b@example.org>\0
silence
advance 2s
get c
# Whoever hangs up in the midst of it leaves nothing behind.
put M <a@slow.example>\0
gone
