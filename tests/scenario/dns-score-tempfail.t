# onfailure tempfail: a score is missing only when no list could be asked.
dns
5.2.0.192.a.example * SERVFAIL
5.2.0.192.b.example A 127.255.255.254
6.2.0.192.a.example * SERVFAIL
.
rules
report none
onfailure tempfail
dnsrbl "a" a.example 127.0.0.2 weight 1
dnsrbl "b" b.example 127.0.0.2 weight 1
racl blacklist dnsbl score > 0
racl whitelist default
.
on mta
ask client_address=192.0.2.5 sender=a@a.example
answer 451 4.7.1 Service unavailable - try again later
log why=look-up-failed
ask client_address=192.0.2.6 sender=a@a.example instance=m2
answer DUNNO
