# Attributes that are missing: the mail goes on. Empty ones count as there.
conf --delay=300 --greylist-text="%s"
on address
ask client_address
answer DUNNO
log attribute missing: client_address
on name
ask client_address=203.0.113.9 client_name
answer DUNNO
log attribute missing: client_name
on recipient
ask client_name=mx.example.net recipient
answer DUNNO
log attribute missing: recipient
on sender
ask recipient=b@example.org sender
answer DUNNO
log attribute missing: sender
ask
answer DUNNO
log attribute missing: sender
ask sender=
answer DEFER_IF_PERMIT 300
ask recipient=
answer DEFER_IF_PERMIT 300
ask client_name=
answer DEFER_IF_PERMIT 300
