# An expression that explodes is "unknown": no match, unless the file wants no guesses.
rules
extendedregex
report none
onfailure tempfail
racl blacklist from /^<((a|a|a)+)+b>$/
racl whitelist default
.
on mta
ask sender=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac
answer 451 4.7.1 Service unavailable - try again later
log do=tempfail why=look-up-failed
count tempfail 1
ask sender=x@example.net
answer DUNNO
