# Many requests in one piece are answered in their order; one waits for the writer, the next does not.
conf --delay=300 --greylist-text="%s"
on mta
send
request=smtpd_access_policy
client_address=203.0.113.9
client_name=a
sender=a@example.net
recipient=b@example.org

request=smtpd_access_policy
client_address=
client_name=a
sender=a@example.net
recipient=b@example.org

request=smtpd_access_policy
client_address=203.0.113.9
client_name=a
sender=other@example.net
recipient=b@example.org

request=smtpd_access_policy
client_address=203.0.113.9
client_name=a
sender=a@example.net
recipient=b@example.org

request=smtpd_access_policy

request=smtpd_access_policy
.
answer DEFER_IF_PERMIT 300
answer DUNNO
answer DEFER_IF_PERMIT 300
answer DEFER_IF_PERMIT 300
answer DUNNO
silence
