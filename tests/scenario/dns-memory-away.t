# Nobody can look into the memory, and answers of the DNS come while it is tried again and again: each in
# the midst of a wait, the last when the patience is over.
store down
dns
2.2.0.192.first.example A DELAY 60
2.2.0.192.first.example A 127.0.0.2
2.2.0.192.second.example A DELAY 180
2.2.0.192.second.example A 127.0.0.2
2.2.0.192.third.example A DELAY 700
2.2.0.192.third.example A 127.0.0.2
3.2.0.192.first.example A SILENT
*.silent.example A SILENT
.
rules
nospf
report none
dns_timeout 5s
dnsrbl "first" first.example 127.0.0.0/8
dnsrbl "second" second.example 127.0.0.0/8
dnsrbl "third" third.example 127.0.0.0/8
dnsrbl "silent" silent.example 127.0.0.0/8
racl continue dnsrbl "first"
racl whitelist known
racl whitelist dnsrbl "third"
racl whitelist default
.
on mta
ask client_address=192.0.2.2
advance 5ms
silence
silence
advance 3ms
silence
silence
advance 1998ms
advance 0ms
advance 0ms
advance 0ms
advance 0ms
advance 0ms
advance 0ms
advance 0ms
advance 0ms
advance 0ms
advance 0ms
advance 0ms
advance 0ms
advance 100ms
answer DUNNO
advance 100ms
# The memory is given its time once it is asked, not from the beginning: the DNS may have taken longer.
ask client_address=192.0.2.3 instance=m2
advance 5s
advance 1900ms
silence
advance 200ms
answer DUNNO
