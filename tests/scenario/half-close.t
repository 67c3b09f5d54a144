# The peer shuts its sending side: what is whole is answered, then the connection ends.
conf --delay=300 --greylist-text="%s"
on whole
ask
shut
answer DEFER_IF_PERMIT 300
end
on in-two
ask
ask sender=c@example.net
send
request=smtpd_access_policy
.
shut
answer DEFER_IF_PERMIT 300
answer DEFER_IF_PERMIT 300
end
on half
send
request=smtpd_access_policy
client_address=203.0.113.9
.
shut
end
on nothing
shut
end
on pipelined
flood 300 request=smtpd_access_policy\nclient_address=203.0.113.9\nclient_name=a\nsender=s\nrecipient=r\n\n
shut
take 300 DEFER_IF_PERMIT 300
end
count connections_closed 5
