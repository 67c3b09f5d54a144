# The name that leads back to the address may stand for the client: a pool's machines take turns, one retry is enough.
rules
report none
greylist 5m
source rdns, net
racl greylist default
.
on mta
ask client_address=192.0.2.1 client_name=out1.mail.pool.example
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=198.51.100.7 client_name=out7.mail.pool.example instance=m2
answer DUNNO
log why=retried
ask client_address=203.0.113.5 client_name=mx.pool.example instance=m3
answer DUNNO
log why=known
# Not for a line at home of the same provider, nor for who has no name.
ask client_address=203.0.113.6 client_name=dsl12-34.pool.example instance=m4
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=203.0.113.7 client_name=unknown reverse_client_name=mx.pool.example instance=m5
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
# Nor for another sender from there: a key always has sender and recipient.
ask client_address=203.0.113.5 client_name=mx.pool.example sender=other@example.net instance=m6
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
