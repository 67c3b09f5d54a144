# A worked dialogue with Postgrey 1.37, seen with --delay=3.
postgrey --delay=3
on mta
send
request=smtpd_access_policy
client_address=203.0.113.9
client_name=mx.example.net
sender=a@example.net
recipient=b@example.org
instance=i1

.
expect
action=DEFER_IF_PERMIT Greylisted, see http://postgrey.schweikert.ch/help/example.org.html

.
log action=greylist, reason=new, client_name=mx.example.net, client_address=203.0.113.9, sender=a@example.net, recipient=b@example.org\n
advance 1s
ask
answer DEFER_IF_PERMIT Greylisted, see http://postgrey.schweikert.ch/help/example.org.html
log action=greylist, reason=early-retry (2s missing), client_name=mx.example.net
advance 3s
ask
answer PREPEND X-Greylist: delayed 4 seconds by postgrey-1.37 at mx.example.org; Sun, 22 Nov 2026 03:57:15 UTC
log action=pass, reason=triplet found, delay=4, client_name=mx.example.net
ask
answer DUNNO
log action=pass, reason=triplet found, client_name=mx.example.net
count requests 4
count pass_known 1
