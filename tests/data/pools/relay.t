# A filtering relay that its customer's record forgets: only the names of its machines say whose they are.
# Written by pools.py: its retries with source spf, rdns, net.
dns
forgetful.example TXT "v=spf1 ip4:192.0.2.25 ?all"
155.0.122.100.in-addr.arpa PTR oka.out.relay.example
oka.out.relay.example A 100.122.0.155
139.30.121.100.in-addr.arpa PTR bnk.out.relay.example
bnk.out.relay.example A 100.121.30.139
124.30.121.100.in-addr.arpa PTR pkk.out.relay.example
pkk.out.relay.example A 100.121.30.124
33.1.122.100.in-addr.arpa PTR agk.out.relay.example
agk.out.relay.example A 100.122.1.33
76.77.120.100.in-addr.arpa PTR nfk.out.relay.example
nfk.out.relay.example A 100.120.77.76
84.4.120.100.in-addr.arpa PTR clc.out.relay.example
clc.out.relay.example A 100.120.4.84
146.3.122.100.in-addr.arpa PTR jhk.out.relay.example
jhk.out.relay.example A 100.122.3.146
153.3.122.100.in-addr.arpa PTR nmo.out.relay.example
nmo.out.relay.example A 100.122.3.153
d.c.8.5.0.0.0.0.0.0.0.0.0.0.0.0.c.0.1.c.0.0.a.a.8.b.d.0.1.0.0.2.ip6.arpa PTR keb.out.relay.example
keb.out.relay.example AAAA 2001:db8:aa00:c10c::58cd
176.4.120.100.in-addr.arpa PTR ngc.out.relay.example
ngc.out.relay.example A 100.120.4.176
69.1.122.100.in-addr.arpa PTR nhh.out.relay.example
nhh.out.relay.example A 100.122.1.69
16.77.120.100.in-addr.arpa PTR inj.out.relay.example
inj.out.relay.example A 100.120.77.16
.
rules
nospf
report none
greylist 5m
autowhite 10d
subnetmatch /24
subnetmatch6 /64
source spf, rdns, net
racl greylist default
.
on mta
ask client_address=100.122.0.155 client_name=unknown reverse_client_name= sender=user0@forgetful.example recipient=friend0@example.org instance=m0
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.121.30.139 client_name=unknown reverse_client_name= sender=user0@forgetful.example recipient=friend0@example.org instance=m1
answer DUNNO
advance 2400s
ask client_address=100.121.30.124 client_name=unknown reverse_client_name= sender=user0@forgetful.example recipient=friend0@example.org instance=m2
answer DUNNO
advance 2400s
ask client_address=100.122.1.33 client_name=unknown reverse_client_name= sender=user1@forgetful.example recipient=friend1@example.org instance=m3
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.120.77.76 client_name=unknown reverse_client_name= sender=user1@forgetful.example recipient=friend1@example.org instance=m4
answer DUNNO
advance 2400s
ask client_address=100.120.4.84 client_name=unknown reverse_client_name= sender=user1@forgetful.example recipient=friend1@example.org instance=m5
answer DUNNO
advance 2400s
ask client_address=100.122.3.146 client_name=unknown reverse_client_name= sender=user2@forgetful.example recipient=friend2@example.org instance=m6
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.122.3.153 client_name=unknown reverse_client_name= sender=user2@forgetful.example recipient=friend2@example.org instance=m7
answer DUNNO
advance 2400s
ask client_address=2001:db8:aa00:c10c::58cd client_name=unknown reverse_client_name= sender=user2@forgetful.example recipient=friend2@example.org instance=m8
answer DUNNO
advance 2400s
ask client_address=100.120.4.176 client_name=unknown reverse_client_name= sender=user3@forgetful.example recipient=friend3@example.org instance=m9
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.122.1.69 client_name=unknown reverse_client_name= sender=user3@forgetful.example recipient=friend3@example.org instance=m10
answer DUNNO
advance 2400s
ask client_address=100.120.77.16 client_name=unknown reverse_client_name= sender=user3@forgetful.example recipient=friend3@example.org instance=m11
answer DUNNO
count defer_new 4
