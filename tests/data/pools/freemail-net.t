# A redirect, behind which the networks stand in two further records.
# Written by pools.py: its retries with source net.
dns
freemail.example TXT "v=spf1 redirect=_spf.freemail.example"
_spf.freemail.example TXT "v=spf1 include:_a.freemail.example include:_b.freemail.example ?all"
_a.freemail.example TXT "v=spf1 ip4:100.96.10.0/24 ip4:100.96.12.0/24 ip4:100.97.30.0/23 ip4:100.99.64.0/18 ?all"
_b.freemail.example TXT "v=spf1 ip4:100.101.5.0/24 ip4:100.101.77.0/24 ip4:100.102.200.0/22 ?all"
59.105.99.100.in-addr.arpa PTR sonic188-8.consmr.mail.freemail.example
sonic188-8.consmr.mail.freemail.example A 100.99.105.59
240.203.102.100.in-addr.arpa PTR sonic16-16.consmr.mail.freemail.example
sonic16-16.consmr.mail.freemail.example A 100.102.203.240
159.5.101.100.in-addr.arpa PTR sonic37-37.consmr.mail.freemail.example
sonic37-37.consmr.mail.freemail.example A 100.101.5.159
95.12.96.100.in-addr.arpa PTR sonic128-8.consmr.mail.freemail.example
sonic128-8.consmr.mail.freemail.example A 100.96.12.95
194.5.101.100.in-addr.arpa PTR sonic225-45.consmr.mail.freemail.example
sonic225-45.consmr.mail.freemail.example A 100.101.5.194
13.5.101.100.in-addr.arpa PTR sonic282-42.consmr.mail.freemail.example
sonic282-42.consmr.mail.freemail.example A 100.101.5.13
225.120.99.100.in-addr.arpa PTR sonic276-36.consmr.mail.freemail.example
sonic276-36.consmr.mail.freemail.example A 100.99.120.225
242.200.102.100.in-addr.arpa PTR sonic181-1.consmr.mail.freemail.example
sonic181-1.consmr.mail.freemail.example A 100.102.200.242
88.30.97.100.in-addr.arpa PTR sonic162-42.consmr.mail.freemail.example
sonic162-42.consmr.mail.freemail.example A 100.97.30.88
94.10.96.100.in-addr.arpa PTR sonic288-48.consmr.mail.freemail.example
sonic288-48.consmr.mail.freemail.example A 100.96.10.94
251.66.99.100.in-addr.arpa PTR sonic262-22.consmr.mail.freemail.example
sonic262-22.consmr.mail.freemail.example A 100.99.66.251
245.200.102.100.in-addr.arpa PTR sonic118-58.consmr.mail.freemail.example
sonic118-58.consmr.mail.freemail.example A 100.102.200.245
135.64.99.100.in-addr.arpa PTR sonic44-44.consmr.mail.freemail.example
sonic44-44.consmr.mail.freemail.example A 100.99.64.135
20.10.96.100.in-addr.arpa PTR sonic287-47.consmr.mail.freemail.example
sonic287-47.consmr.mail.freemail.example A 100.96.10.20
163.200.102.100.in-addr.arpa PTR sonic279-39.consmr.mail.freemail.example
sonic279-39.consmr.mail.freemail.example A 100.102.200.163
207.80.99.100.in-addr.arpa PTR sonic162-42.consmr.mail.freemail.example
sonic162-42.consmr.mail.freemail.example A 100.99.80.207
92.77.101.100.in-addr.arpa PTR sonic220-40.consmr.mail.freemail.example
sonic220-40.consmr.mail.freemail.example A 100.101.77.92
141.104.99.100.in-addr.arpa PTR sonic110-50.consmr.mail.freemail.example
sonic110-50.consmr.mail.freemail.example A 100.99.104.141
54.112.99.100.in-addr.arpa PTR sonic103-43.consmr.mail.freemail.example
sonic103-43.consmr.mail.freemail.example A 100.99.112.54
119.127.99.100.in-addr.arpa PTR sonic124-4.consmr.mail.freemail.example
sonic124-4.consmr.mail.freemail.example A 100.99.127.119
158.77.101.100.in-addr.arpa PTR sonic84-24.consmr.mail.freemail.example
sonic84-24.consmr.mail.freemail.example A 100.101.77.158
97.201.102.100.in-addr.arpa PTR sonic33-33.consmr.mail.freemail.example
sonic33-33.consmr.mail.freemail.example A 100.102.201.97
39.5.101.100.in-addr.arpa PTR sonic58-58.consmr.mail.freemail.example
sonic58-58.consmr.mail.freemail.example A 100.101.5.39
146.10.96.100.in-addr.arpa PTR sonic140-20.consmr.mail.freemail.example
sonic140-20.consmr.mail.freemail.example A 100.96.10.146
132.77.101.100.in-addr.arpa PTR sonic8-8.consmr.mail.freemail.example
sonic8-8.consmr.mail.freemail.example A 100.101.77.132
112.5.101.100.in-addr.arpa PTR sonic86-26.consmr.mail.freemail.example
sonic86-26.consmr.mail.freemail.example A 100.101.5.112
68.5.101.100.in-addr.arpa PTR sonic72-12.consmr.mail.freemail.example
sonic72-12.consmr.mail.freemail.example A 100.101.5.68
245.77.101.100.in-addr.arpa PTR sonic123-3.consmr.mail.freemail.example
sonic123-3.consmr.mail.freemail.example A 100.101.77.245
91.114.99.100.in-addr.arpa PTR sonic103-43.consmr.mail.freemail.example
sonic103-43.consmr.mail.freemail.example A 100.99.114.91
7.201.102.100.in-addr.arpa PTR sonic56-56.consmr.mail.freemail.example
sonic56-56.consmr.mail.freemail.example A 100.102.201.7
233.202.102.100.in-addr.arpa PTR sonic220-40.consmr.mail.freemail.example
sonic220-40.consmr.mail.freemail.example A 100.102.202.233
152.77.101.100.in-addr.arpa PTR sonic210-30.consmr.mail.freemail.example
sonic210-30.consmr.mail.freemail.example A 100.101.77.152
.
rules
nospf
report none
greylist 5m
autowhite 10d
subnetmatch /24
subnetmatch6 /64
source net
racl greylist default
.
on mta
ask client_address=100.99.105.59 client_name=unknown reverse_client_name= sender=user0@freemail.example recipient=friend0@example.org instance=m0
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.102.203.240 client_name=unknown reverse_client_name= sender=user0@freemail.example recipient=friend0@example.org instance=m1
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 600s
ask client_address=100.101.5.159 client_name=unknown reverse_client_name= sender=user0@freemail.example recipient=friend0@example.org instance=m2
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 900s
ask client_address=100.96.12.95 client_name=unknown reverse_client_name= sender=user0@freemail.example recipient=friend0@example.org instance=m3
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.101.5.194 client_name=unknown reverse_client_name= sender=user0@freemail.example recipient=friend0@example.org instance=m4
answer DUNNO
advance 2400s
ask client_address=100.101.5.13 client_name=unknown reverse_client_name= sender=user0@freemail.example recipient=friend0@example.org instance=m5
answer DUNNO
advance 2400s
ask client_address=100.99.120.225 client_name=unknown reverse_client_name= sender=user1@freemail.example recipient=friend1@example.org instance=m6
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.102.200.242 client_name=unknown reverse_client_name= sender=user1@freemail.example recipient=friend1@example.org instance=m7
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 600s
ask client_address=100.97.30.88 client_name=unknown reverse_client_name= sender=user1@freemail.example recipient=friend1@example.org instance=m8
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 900s
ask client_address=100.96.10.94 client_name=unknown reverse_client_name= sender=user1@freemail.example recipient=friend1@example.org instance=m9
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.99.66.251 client_name=unknown reverse_client_name= sender=user1@freemail.example recipient=friend1@example.org instance=m10
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.102.200.245 client_name=unknown reverse_client_name= sender=user1@freemail.example recipient=friend1@example.org instance=m11
answer DUNNO
advance 2400s
ask client_address=100.99.64.135 client_name=unknown reverse_client_name= sender=user1@freemail.example recipient=friend1@example.org instance=m12
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.96.10.20 client_name=unknown reverse_client_name= sender=user1@freemail.example recipient=friend1@example.org instance=m13
answer DUNNO
advance 2400s
ask client_address=100.102.200.163 client_name=unknown reverse_client_name= sender=user2@freemail.example recipient=friend2@example.org instance=m14
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.99.80.207 client_name=unknown reverse_client_name= sender=user2@freemail.example recipient=friend2@example.org instance=m15
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 600s
ask client_address=100.101.77.92 client_name=unknown reverse_client_name= sender=user2@freemail.example recipient=friend2@example.org instance=m16
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 900s
ask client_address=100.99.104.141 client_name=unknown reverse_client_name= sender=user2@freemail.example recipient=friend2@example.org instance=m17
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.99.112.54 client_name=unknown reverse_client_name= sender=user2@freemail.example recipient=friend2@example.org instance=m18
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.99.127.119 client_name=unknown reverse_client_name= sender=user2@freemail.example recipient=friend2@example.org instance=m19
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.101.77.158 client_name=unknown reverse_client_name= sender=user2@freemail.example recipient=friend2@example.org instance=m20
answer DUNNO
advance 2400s
ask client_address=100.102.201.97 client_name=unknown reverse_client_name= sender=user2@freemail.example recipient=friend2@example.org instance=m21
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.101.5.39 client_name=unknown reverse_client_name= sender=user2@freemail.example recipient=friend2@example.org instance=m22
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 600s
ask client_address=100.96.10.146 client_name=unknown reverse_client_name= sender=user2@freemail.example recipient=friend2@example.org instance=m23
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 900s
ask client_address=100.101.77.132 client_name=unknown reverse_client_name= sender=user2@freemail.example recipient=friend2@example.org instance=m24
answer DUNNO
advance 2400s
ask client_address=100.97.30.88 client_name=unknown reverse_client_name= sender=user3@freemail.example recipient=friend3@example.org instance=m25
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.101.5.112 client_name=unknown reverse_client_name= sender=user3@freemail.example recipient=friend3@example.org instance=m26
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 600s
ask client_address=100.101.5.68 client_name=unknown reverse_client_name= sender=user3@freemail.example recipient=friend3@example.org instance=m27
answer DUNNO
advance 2400s
ask client_address=100.101.77.245 client_name=unknown reverse_client_name= sender=user3@freemail.example recipient=friend3@example.org instance=m28
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.99.114.91 client_name=unknown reverse_client_name= sender=user3@freemail.example recipient=friend3@example.org instance=m29
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 600s
ask client_address=100.102.201.7 client_name=unknown reverse_client_name= sender=user3@freemail.example recipient=friend3@example.org instance=m30
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 900s
ask client_address=100.102.202.233 client_name=unknown reverse_client_name= sender=user3@freemail.example recipient=friend3@example.org instance=m31
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.101.77.152 client_name=unknown reverse_client_name= sender=user3@freemail.example recipient=friend3@example.org instance=m32
answer DUNNO
count defer_new 25
