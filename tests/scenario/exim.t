# --exim: one answer, and the peer reads the end at once, though it keeps its own side open.
conf --exim --delay=300 --greylist-text="%s" --x-greylist-header="X-Greylist: %t"
on open
ask
answer DEFER_IF_PERMIT 300
end
on shut
ask
shut
answer DEFER_IF_PERMIT 300
end
on two-at-once
flood 2 request=smtpd_access_policy\nclient_address=203.0.113.9\nclient_name=a\nsender=s\nrecipient=r\n\n
answer DEFER_IF_PERMIT 300
end
on unknown
ask request=foo
answer DUNNO
end
advance 2s
count connections_closed 4
# no instance: each first pass has its header
advance 300s
on first
ask request=smtpd_access_policy instance
answer PREPEND X-Greylist: 302
end
