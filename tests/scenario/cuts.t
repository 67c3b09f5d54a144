# Requests that come in pieces of every size, with both line ends.
conf --delay=300 --greylist-text="%s"
on mta
pieces 1
ask
answer DEFER_IF_PERMIT 300
pieces 3
ask
answer DEFER_IF_PERMIT 300
pieces 7
send
request=smtpd_access_policy\r
client_address=203.0.113.9\r
client_name=mx.example.net\r
sender=a@example.net\r
recipient=b@example.org\r
\r
.
answer DEFER_IF_PERMIT 300
pieces 0
send
request=smtpd_access_policy\r
client_address=203.0.113.9
client_name=mx.example.net\r
sender=a@example.net
recipient=b@exam\c
.
silence
send
ple.org
\c
.
silence
send
\r\c
.
silence
send

.
answer DEFER_IF_PERMIT 300
