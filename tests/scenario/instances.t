# The header is given once a message, whatever its recipients are.
conf --delay=300 --greylist-text="%s" --x-greylist-header="X-Greylist: %t"
on mta
ask recipient=one@example.org
answer DEFER_IF_PERMIT 300
ask recipient=two@example.org
answer DEFER_IF_PERMIT 300
ask recipient=three@example.org
answer DEFER_IF_PERMIT 300
advance 300s
ask recipient=one@example.org instance=m1
answer PREPEND X-Greylist: 300
on other-smtpd
ask recipient=two@example.org
answer DUNNO
ask recipient=three@example.org instance=m2
answer PREPEND X-Greylist: 300
