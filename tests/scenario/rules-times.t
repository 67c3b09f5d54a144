# A record keeps what the rule promised it, whatever rule meets it later.
rules
report delays
hostname "mx.example.org"
greylist 10m
timeout 1h
autowhite 1d
racl greylist s25r delay 20m autowhite 2h
racl greylist default
.
on mta
# The name changes between the tries: the wait of the first rule stands.
ask client_name=dsl12345.example.net
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:20:00
advance 600s
ask client_name=mx.example.net
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:10:00
advance 600s
ask instance=m1
answer PREPEND X-Greylist: Delayed for 00:20:00 by greylag-0.1.0 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 04:17:11 +0000 (UTC)
# Let in by the second rule: its day, not the two hours.
advance 10800s
on second
ask instance=m2
answer DUNNO
log why=known
# Met by the first rule: two hours from now on.
ask instance=m3 client_name=dsl12345.example.net
answer DUNNO
flushed
advance 7300s
on third
ask instance=m4 client_name=mx.example.net
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:10:00
log why=forgotten
# Back after its wait and the hour behind it: too late.
ask sender=other@example.net client_name=dsl12345.example.net
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:20:00
advance 4801s
on fourth
ask
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:20:00
log why=came-back-too-late
