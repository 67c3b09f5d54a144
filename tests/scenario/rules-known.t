# A client that has earned it is known to the rules too; the memory is looked into without waiting.
rules
report none
greylist 5m
autowhite 35d
autowhite clients 1 every 1s
racl blacklist known from bad@example.net msg "known, but not this"
racl whitelist known
racl greylist default
.
on mta
ask sender=bad@example.net
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask
answer DUNNO
log auto-allowed-from-now-on
advance 5s
ask instance=m2 sender=new@example.net
answer DUNNO
log do=pass why=rule rule=6
ask instance=m3 sender=bad@example.net
answer 551 5.7.1 known, but not this
