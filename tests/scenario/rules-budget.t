# Past the budget the answer is plain greylisting at once, and no network takes it all.
rules
report none
greylist 30m
tarpit_budget 4
racl whitelist tarpit 125s
racl greylist default
.
on mta
ask instance=a1 client_address=198.51.100.1
answer SLEEP 125
ask instance=a2 client_address=198.51.100.2
answer SLEEP 125
# A network has a place more while it has fewer than are free.
ask instance=a3 client_address=198.51.100.3
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:30:00
ask instance=b1 client_address=203.0.113.1
answer SLEEP 125
ask instance=c1 client_address=192.0.2.1
answer SLEEP 125
ask instance=d1 client_address=192.0.3.1
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:30:00
count hold 4
# The holds are over: there is room.
advance 126s
ask instance=f1 client_address=192.0.5.1
answer SLEEP 125
