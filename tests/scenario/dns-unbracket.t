# unbracket: a name that we have confirmed stands for "unknown" and "[address]"; one that we have not does not.
dns
5.2.0.192.in-addr.arpa PTR mx.good.example
mx.good.example A 192.0.2.5
6.2.0.192.in-addr.arpa PTR mx.good.example
7.2.0.192.in-addr.arpa PTR dhcp12.line.example
dhcp12.line.example A 192.0.2.7
8.2.0.192.in-addr.arpa PTR other.example
other.example A 192.0.2.8
9.2.0.192.in-addr.arpa * SERVFAIL
.
rules
nospf
unbracket
report none
greylist 5m
racl whitelist from /^<nobody/
racl whitelist domain good.example
racl "nameless" blacklist domain /^\\[.*\\]$/ msg "no name: %d"
racl "line" blacklist s25r msg "an end user's line: %d"
racl greylist default
.
on mta
# Who is let in before anybody wants the name is not looked up.
ask client_address=192.0.2.5 client_name=unknown reverse_client_name=unknown sender=nobody@example.net
answer DUNNO
asked 5.2.0.192.in-addr.arpa 0
ask sender=a@example.net instance=m1
answer DUNNO
asked 5.2.0.192.in-addr.arpa 1
ask client_address=192.0.2.6 instance=m2
answer 551 5.7.1 no name: unknown
ask client_address=192.0.2.7 instance=m3
answer 551 5.7.1 an end user's line: dhcp12.line.example
ask client_address=192.0.2.10 instance=m4
answer 551 5.7.1 no name: unknown
# What can't be looked up is as the mail server gave it.
ask client_address=192.0.2.9 instance=m5
answer 551 5.7.1 no name: unknown
# A name that the mail server has is left as it is, and nobody is asked.
ask client_address=192.0.2.8 client_name=mx.good.example instance=m6
answer DUNNO
asked 8.2.0.192.in-addr.arpa 0
mta m
offer 6
put C [192.0.2.5]\04\0\0192.0.2.5\0
put H client.example\0
put M <a@pool.example>\0
put R <b@example.org>\0
get c
put K
put C [192.0.2.7]\04\0\0192.0.2.7\0
put H client.example\0
put M <a@pool.example>\0
put R <b@example.org>\0
get y 551 5.7.1 an end user's line: dhcp12.line.example\0
put K
put C [192.0.2.6]\04\0\0192.0.2.6\0
put H client.example\0
put M <a@pool.example>\0
put R <b@example.org>\0
get y 551 5.7.1 no name: [192.0.2.6]\0
