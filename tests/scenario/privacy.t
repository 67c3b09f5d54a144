# Hashed keys decide the same.
conf --privacy --delay=300 --greylist-text="%s" --x-greylist-header="X-Greylist: %t"
on mta
ask
answer DEFER_IF_PERMIT 300
ask sender=other@example.net
answer DEFER_IF_PERMIT 300
advance 300s
ask
answer PREPEND X-Greylist: 300
ask
answer DUNNO
