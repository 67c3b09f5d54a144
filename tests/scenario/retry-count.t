# --retry-count=2: the second try after the delay passes.
postgrey --retry-count=2 --delay=300 --greylist-text="%s"
on mta
ask
answer DEFER_IF_PERMIT 300
advance 300s
ask
answer DEFER_IF_PERMIT 0
log reason=early-retry (0s missing)
advance 100s
ask
answer PREPEND X-Greylist: delayed 400 seconds by postgrey-1.37 at mx.example.org; Sun, 22 Nov 2026 04:03:51 UTC
