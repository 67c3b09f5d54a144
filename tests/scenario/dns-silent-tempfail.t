# onfailure tempfail: who can't be looked up comes again.
dns
*.example * SERVFAIL
.
rules
report none
onfailure tempfail
dnsrbl "list" list.example 127.0.0.0/8
racl blacklist dnsrbl "list"
racl whitelist default
.
on mta
ask client_address=192.0.2.5 sender=a@a.example
answer 451 4.7.1 Service unavailable - try again later
log why=look-up-failed
