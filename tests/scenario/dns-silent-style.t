# onfailure tempfail as milter-greylist has it: no answer of the DNS is no match, and no failure.
dns
*.example * SERVFAIL
*.in-addr.arpa * SERVFAIL
.
rules
style milter-greylist
report none
onfailure tempfail
extendedregex
dnsrbl "list" list.example 127.0.0.0/8
racl blacklist dnsrbl "list"
racl blacklist mx /24
racl blacklist spf fail
racl blacklist sender unresolvable
racl blacklist rdns none
racl blacklist from /^<((a|a|a)+)+b>$/
racl whitelist default
.
on mta
ask client_address=192.0.2.5 client_name=unknown sender=a@a.example
answer DUNNO
# Other failures are some.
ask sender=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac instance=m2
answer 451 4.7.1 Service unavailable - try again later
