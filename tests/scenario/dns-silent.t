# A name server that says nothing: the answer is late by the time-out at most, and the mail goes through.
dns
*.example * SILENT
*.in-addr.arpa * SILENT
.
rules
report none
greylist 5m
dns_timeout 3s
dnsrbl "list" list.example 127.0.0.0/8
racl "silent" blacklist spf fail dnsrbl "list" sender unresolvable
racl "nameless" blacklist rdns none
racl "list" blacklist dnsrbl "list"
racl whitelist default
.
on mta
ask client_address=192.0.2.5 client_name=unknown reverse_client_name= sender=a@a.example
silence
advance 2900ms
silence
advance 200ms
answer DUNNO
log why=rule rule=8
