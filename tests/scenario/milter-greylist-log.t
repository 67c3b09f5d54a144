# In milter-greylist's place decisions are logged in its words, at the level that is logged without asking.
rules
style milter-greylist
report none
racl whitelist from friend@example.net
racl greylist default
.
on mta
ask sender=friend@example.net queue_id=4F2A1
answer DUNNO
log 4F2A1: skipping greylist because sender <friend@example.net> is whitelisted, (from=<friend@example.net>, rcpt=<b@example.org>, addr=mx.example.net[203.0.113.9]) ACL 3
ask sender=x@example.net queue_id=
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:30:00
log (unknown id): addr mx.example.net[203.0.113.9] from <x@example.net> to <b@example.org> delayed for 00:30:00 (ACL 4)
