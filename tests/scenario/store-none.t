# No memory at all: mail passes.
store none
conf --delay=300
on mta
ask
answer DUNNO
log do=pass why=no-memory client=203.0.113.9
ask
answer DUNNO
count pass_unasked 2
