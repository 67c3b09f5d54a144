# A client that has passed twice, in two different hours, is let in.
postgrey --delay=300 --auto-whitelist-clients=2 --greylist-text="%s"
on mta
ask sender=1@example.net
answer DEFER_IF_PERMIT 300
ask sender=a@example.net
answer DEFER_IF_PERMIT 300
ask sender=c@example.net
answer DEFER_IF_PERMIT 300
advance 300s
ask sender=1@example.net instance=i1
answer PREPEND X-Greylist: delayed 300 seconds by postgrey-1.37 at mx.example.org; Sun, 22 Nov 2026 04:02:11 UTC
no-log whitelisted
ask sender=a@example.net instance=i2
answer PREPEND X-Greylist: delayed 300 seconds by postgrey-1.37 at mx.example.org; Sun, 22 Nov 2026 04:02:11 UTC
no-log whitelisted
# counted at most once an hour
advance 3600s
on an-hour-later
ask sender=c@example.net instance=i3
answer PREPEND X-Greylist: delayed 3900 seconds by postgrey-1.37 at mx.example.org; Sun, 22 Nov 2026 05:02:11 UTC
log whitelisted: mx.example.net[203.0.113.9]\n
ask sender=never-seen@example.net
answer DUNNO
log action=pass, reason=client AWL
# the neighbour is another client
ask client_address=203.0.113.10
answer DEFER_IF_PERMIT 300
# it stays so while it is active
advance 2592000s
on a-month-later
ask client_address=203.0.113.9 sender=x@example.net
answer DUNNO
advance 2592000s
flushed
on another-month-later
ask sender=y@example.net
answer DUNNO
advance 3110400s
flushed
on too-late
ask sender=z@example.net
answer DEFER_IF_PERMIT 300
