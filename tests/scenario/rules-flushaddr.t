# flushaddr: what was remembered of the client is forgotten, before the question is answered.
rules
report none
greylist 5m
subnetmatch /24
racl blacklist rcpt trap@example.org flushaddr
racl "forget" continue rcpt again@example.org flushaddr
racl whitelist rcpt known@example.org known
racl greylist default
.
on mta
ask client_address=192.0.2.1 recipient=a@example.org instance=m1
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask recipient=again@example.org
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
log addr 192.0.2.1 flushed, removed 1 grey and autowhite (ACL forget)
advance 301s
# the tuple of a@ was forgotten
ask recipient=a@example.org instance=m2
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
# and this one's is each time
ask recipient=again@example.org
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
log removed 2 grey and autowhite (ACL forget)
ask client_address=192.0.2.99 recipient=a@example.org instance=m3
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=198.51.100.1 recipient=a@example.org instance=m4
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 301s
ask client_address=192.0.2.99 recipient=a@example.org instance=m5
answer DUNNO
ask client_address=192.0.2.1 recipient=trap@example.org queue_id=Q1 instance=m6
answer 551 5.7.1 Go away!
log Q1: addr 192.0.2.1 flushed, removed 2 grey and autowhite (ACL 4)
# of another network nothing was forgotten
ask client_address=198.51.100.1 recipient=a@example.org queue_id= instance=m7
answer DUNNO
ask client_address=192.0.2.99 recipient=a@example.org instance=m8
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
