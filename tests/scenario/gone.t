# The peer closes at every moment: nothing is left behind, and others are not disturbed.
conf --delay=300 --greylist-text="%s"
on before-anything
gone
on in-a-request
send
request=smtpd_ac\c
.
gone
on while-it-is-asked
ask
gone
on with-more-behind-it
flood 500 request=smtpd_access_policy\nclient_address=203.0.113.9\nclient_name=a\nsender=s\nrecipient=r\n\n
gone
on in-garbage
flood 30 \n
gone
on other
ask sender=c@example.net
answer DEFER_IF_PERMIT 300
# what was asked is remembered all the same
ask sender=a@example.net
answer DEFER_IF_PERMIT 300
log why=early-retry
advance 3s
count connections 6
count connections_closed 5
