# What was looked up by rules that are no more is not lent to the new ones: they ask by themselves, and the
# next message is begun by them.
dns
5.2.0.192.old.example A 127.0.0.2
5.2.0.192.new.example A 127.0.0.3
6.2.0.192.new.example * NXDOMAIN
a.example TXT "v=spf1 -all"
.
rules
nospf
report none
dnsrbl "list" old.example 127.0.0.2
racl blacklist dnsrbl "list" msg "old"
racl whitelist default
.
mta m
offer 6
put C [192.0.2.5]\04\0\0192.0.2.5\0
put H client.example\0
put M <a@a.example>\0
asked 5.2.0.192.old.example 1
asked 5.2.0.192.new.example 0
reload
nospf
report none
dnsrbl "list" new.example 127.0.0.3
racl blacklist dnsrbl "list" msg "new"
racl whitelist default
.
put R <b@example.org>\0
get y 551 5.7.1 new\0
asked 5.2.0.192.new.example 1
asked 5.2.0.192.old.example 1
put A
put M <a@a.example>\0
put R <b@example.org>\0
get y 551 5.7.1 new\0
asked 5.2.0.192.old.example 1
# Then it is of use to nobody to have looked.
reload
nospf
report none
racl whitelist default
.
put R <c@example.org>\0
get c
put K
put C [192.0.2.6]\04\0\0192.0.2.6\0
put H client.example\0
put M <a@a.example>\0
put R <b@example.org>\0
get c
asked 6.2.0.192.new.example 0
