# --tarpit alone: held instead of greylisted, with the action but no text.
postgrey --tarpit --delay=300
on mta
ask
answer SLEEP 65, DEFER_IF_PERMIT
no-log action=
advance 10s
ask
answer SLEEP 65, DEFER_IF_PERMIT
# DATA is a question like any other
ask protocol_state=DATA
answer SLEEP 65, DEFER_IF_PERMIT
advance 290s
ask protocol_state=RCPT
answer PREPEND X-Greylist: delayed 300 seconds by postgrey-1.37 at mx.example.org; Sun, 22 Nov 2026 04:02:11 UTC
count hold 3
