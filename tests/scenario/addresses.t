# IPv4, IPv6, mapped, and what is no address.
conf --delay=300 --greylist-text="%s" --x-greylist-header="X-Greylist: %t"
on mta
ask client_address=203.0.113.9
answer DEFER_IF_PERMIT 300
advance 300s
# the same host, as an IPv6 socket sees it; and a neighbour
ask client_address=::ffff:203.0.113.200
answer PREPEND X-Greylist: 300
ask client_address=203.0.112.200
answer DEFER_IF_PERMIT 300
ask client_address=2001:db8::1
answer DEFER_IF_PERMIT 300
advance 300s
ask client_address=2001:DB8:0:0::2 instance=i2
answer PREPEND X-Greylist: 300
ask client_address=2001:db8:0:1::2
answer DEFER_IF_PERMIT 300
ask client_address=unknown
answer DUNNO
log why=no-client-address
ask client_address=
answer DUNNO
ask client_address=[203.0.113.9]
answer DUNNO
ask client_address=203.0.113
answer DUNNO
ask client_address=fe80::1%eth0
answer DUNNO
count pass_unasked 5
