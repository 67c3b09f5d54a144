# taRgrey: held at first contact; who stays is let in, who hangs up is greylisted.
postgrey --targrey --tarpit=125 --delay=1800 --greylist-text="%s"
on patient
ask instance=s1
answer SLEEP 125
no-log action=
advance 125s
ask instance=s1 protocol_state=DATA recipient=
answer DUNNO
no-log action=
on impatient
ask instance=t1 client_address=198.51.100.7 protocol_state=RCPT recipient=b@example.org
answer SLEEP 125
advance 20s
ask instance=t2
answer DEFER_IF_PERMIT 1780
log action=greylist, reason=early-retry (1780s missing)
advance 1000s
ask instance=t3
answer DEFER_IF_PERMIT 780
advance 780s
ask instance=t4
answer PREPEND X-Greylist: delayed 1800 seconds by postgrey-1.37 at mx.example.org; Sun, 22 Nov 2026 04:29:16 UTC
