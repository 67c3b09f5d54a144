# The retry window, and the age of a pass.
conf --delay=300 --retry-window=1h --max-age=2 --greylist-text="%s left" --x-greylist-header="X-Greylist: %t"
on mta
ask sender=last@example.net
answer DEFER_IF_PERMIT 300 left
ask sender=late@example.net
answer DEFER_IF_PERMIT 300 left
advance 3600s
on at-the-end
ask sender=last@example.net
answer PREPEND X-Greylist: 3600
advance 1s
ask sender=late@example.net instance=i2
answer DEFER_IF_PERMIT 300 left
log why=came-back-too-late wait=300
advance 172799s
on two-days-later
# exactly two days after its last use
ask sender=last@example.net
answer DUNNO
advance 172801s
flushed
on too-late
ask sender=last@example.net
answer DEFER_IF_PERMIT 300 left
log why=forgotten
