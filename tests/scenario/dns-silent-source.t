# A name server that says nothing: what the memory wants to know is looked up together with what the rules do.
dns
*.example * SILENT
.
rules
nospf
report none
greylist 5m
dns_timeout 3s
source spf, net
dnsrbl "list" list.example 127.0.0.0/8
racl blacklist dnsrbl "list"
racl greylist default
.
on mta
ask client_address=192.0.2.5 sender=a@b.example
advance 2900ms
silence
advance 200ms
log why=new
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
