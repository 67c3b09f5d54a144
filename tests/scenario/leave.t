# The worker is to end: what is in is answered, what is idle is closed.
conf --delay=300 --greylist-text="%s"
on idle
ask
answer DEFER_IF_PERMIT 300
on half
send
request=smtpd_access_policy
.
on asking
flood 3 request=smtpd_access_policy\nclient_address=203.0.113.9\nclient_name=a\nsender=s\nrecipient=r\n\n
leave
take 3 DEFER_IF_PERMIT 300
on just-in-time
on idle
ask
answer DEFER_IF_PERMIT 300
end
advance 50ms
on half
end
on asking
end
on just-in-time
shut
end
