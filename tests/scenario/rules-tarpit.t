# Page 2's two lines: who waits is let in, who hangs up and comes back is greylisted.
rules
report none
greylist 30m
subnetmatch /24
racl whitelist tarpit 125s
racl greylist default
.
on patient
ask instance=s1
answer SLEEP 125
log do=hold why=new rule=4 hold=125
advance 125s
ask recipient=two@example.org
answer DUNNO
log why=stayed
ask protocol_state=DATA recipient=b@example.org
answer DUNNO
# The tuple is as good as one that came back.
advance 60s
ask instance=s2 protocol_state=RCPT
answer DUNNO
log why=known
on impatient
ask instance=t1 client_address=198.51.100.7 sender=x@example.net
answer SLEEP 125
advance 20s
ask instance=t2
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:29:40
log do=defer why=early-retry rule=5
advance 1780s
ask instance=t3
answer DUNNO
log why=retried
count hold 2
