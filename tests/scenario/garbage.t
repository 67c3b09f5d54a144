# Lines that are none are skipped, requests of another kind answered; too many end the connection.
conf --delay=300 --greylist-text="%s"
on mta
send
hello
request=smtpd_access_policy
=
client_address=203.0.113.9
client_name=mx.example.net
\x00\xff\x1b[2J
sender=a@example.net
recipient=b@example.org

.
answer DEFER_IF_PERMIT 300
log ignoring garbage: <hello> (peer unix
ask request=something_else
answer DUNNO
# said once a connection
no-log unrecognized
ask request
answer DUNNO
flood 8 \n
take 8 DUNNO
ask request=smtpd_access_policy
answer DEFER_IF_PERMIT 300
flood 1 \n
answer DUNNO
end
count garbage 12
on another
flood 2000 x=y\n\n
take 11 DUNNO
end
log unrecognized request type: <> (peer unix
