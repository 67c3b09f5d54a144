# delayedreject: a bounce is refused after its message, where a check of an address does not see it.
rules
greylist 5m
report none
delayedreject
racl greylist default
.
on mta
ask instance=s1 sender=
answer DUNNO
log do=pass why=null-sender-put-off
ask protocol_state=DATA recipient=
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
log do=defer why=null-sender
ask instance=s2 sender=a@example.net protocol_state=RCPT recipient=b@example.org
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask instance=s3 sender=
answer DUNNO
log why=retried
ask protocol_state=END-OF-MESSAGE recipient=
answer DUNNO
