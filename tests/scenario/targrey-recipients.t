# Several recipients, and senders, of one session share its one wait.
conf --targrey --tarpit=125 --delay=1800 --greylist-text="%s"
on mta
ask instance=s1 recipient=one@example.org
answer SLEEP 125
advance 125s
ask recipient=two@example.org
answer DUNNO
log why=stayed
ask recipient=three@example.org
answer DUNNO
ask sender=other@example.net
answer DUNNO
ask protocol_state=DATA recipient=
answer DUNNO
count hold 1
count pass_stayed 4
# A neighbour of the network, in a session of its own, while the first is being held.
ask instance=u1 client_address=198.51.100.1 protocol_state=RCPT recipient=one@example.org
answer SLEEP 125
ask instance=u2 client_address=198.51.100.2 recipient=two@example.org
answer DEFER_IF_PERMIT 1800
# With the mark made young again by the neighbour, the first one's session is still its own.
advance 301s
ask instance=u2 client_address=198.51.100.2 recipient=two@example.org
answer DEFER_IF_PERMIT 1499
ask instance=u1 client_address=198.51.100.1 recipient=four@example.org
answer DUNNO
# Without an instance nobody knows whether it is the same session.
ask instance client_address=192.0.2.1 recipient=one@example.org
answer SLEEP 125
ask recipient=two@example.org
answer DEFER_IF_PERMIT 1800
