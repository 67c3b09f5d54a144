# A pool whose machines take turns, in networks and under names that differ, waits once: SPF says whose it is.
dns
pool.example TXT "v=spf1 include:_a.pool.example include:_b.pool.example ~all"
_a.pool.example TXT "v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 -all"
_b.pool.example TXT "v=spf1 ip4:203.0.113.0/24 ip6:2001:db8::/32 -all"
open.example TXT "v=spf1 +all"
.
rules
nospf
report none
greylist 5m
source spf, net
racl greylist default
.
on mta
ask client_address=192.0.2.1 sender=a@pool.example
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=203.0.113.9 sender=a@pool.example instance=m1
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=198.51.100.7 sender=a@pool.example instance=m2
answer DUNNO
log why=retried
ask client_address=2001:db8::25 sender=a@pool.example instance=m3
answer DUNNO
log why=known
# Another sender of the pool waits for himself, and who isn't of the pool, too.
ask client_address=192.0.2.1 sender=b@pool.example instance=m4
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=10.2.3.4 sender=a@pool.example instance=m5
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
# A record for everybody is nobody's: each address waits.
ask client_address=192.0.2.1 sender=a@open.example instance=m6
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=198.51.100.7 sender=a@open.example instance=m7
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=192.0.2.1 sender=a@open.example instance=m8
answer DUNNO
log why=retried
