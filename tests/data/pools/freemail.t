# A redirect, behind which the networks stand in two further records.
# Written by pools.py: its retries with source spf, rdns, net.
dns
freemail.example TXT "v=spf1 redirect=_spf.freemail.example"
_spf.freemail.example TXT "v=spf1 include:_a.freemail.example include:_b.freemail.example ?all"
_a.freemail.example TXT "v=spf1 ip4:100.96.10.0/24 ip4:100.96.12.0/24 ip4:100.97.30.0/23 ip4:100.99.64.0/18 ?all"
_b.freemail.example TXT "v=spf1 ip4:100.101.5.0/24 ip4:100.101.77.0/24 ip4:100.102.200.0/22 ?all"
59.105.99.100.in-addr.arpa PTR sonic188-8.consmr.mail.freemail.example
sonic188-8.consmr.mail.freemail.example A 100.99.105.59
240.203.102.100.in-addr.arpa PTR sonic16-16.consmr.mail.freemail.example
sonic16-16.consmr.mail.freemail.example A 100.102.203.240
13.5.101.100.in-addr.arpa PTR sonic282-42.consmr.mail.freemail.example
sonic282-42.consmr.mail.freemail.example A 100.101.5.13
225.120.99.100.in-addr.arpa PTR sonic276-36.consmr.mail.freemail.example
sonic276-36.consmr.mail.freemail.example A 100.99.120.225
242.200.102.100.in-addr.arpa PTR sonic181-1.consmr.mail.freemail.example
sonic181-1.consmr.mail.freemail.example A 100.102.200.242
135.64.99.100.in-addr.arpa PTR sonic44-44.consmr.mail.freemail.example
sonic44-44.consmr.mail.freemail.example A 100.99.64.135
163.200.102.100.in-addr.arpa PTR sonic279-39.consmr.mail.freemail.example
sonic279-39.consmr.mail.freemail.example A 100.102.200.163
207.80.99.100.in-addr.arpa PTR sonic162-42.consmr.mail.freemail.example
sonic162-42.consmr.mail.freemail.example A 100.99.80.207
97.201.102.100.in-addr.arpa PTR sonic33-33.consmr.mail.freemail.example
sonic33-33.consmr.mail.freemail.example A 100.102.201.97
88.30.97.100.in-addr.arpa PTR sonic162-42.consmr.mail.freemail.example
sonic162-42.consmr.mail.freemail.example A 100.97.30.88
112.5.101.100.in-addr.arpa PTR sonic86-26.consmr.mail.freemail.example
sonic86-26.consmr.mail.freemail.example A 100.101.5.112
245.77.101.100.in-addr.arpa PTR sonic123-3.consmr.mail.freemail.example
sonic123-3.consmr.mail.freemail.example A 100.101.77.245
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
ask client_address=100.99.105.59 client_name=unknown reverse_client_name= sender=user0@freemail.example recipient=friend0@example.org instance=m0
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.102.203.240 client_name=unknown reverse_client_name= sender=user0@freemail.example recipient=friend0@example.org instance=m1
answer DUNNO
advance 2400s
ask client_address=100.101.5.13 client_name=unknown reverse_client_name= sender=user0@freemail.example recipient=friend0@example.org instance=m2
answer DUNNO
advance 2400s
ask client_address=100.99.120.225 client_name=unknown reverse_client_name= sender=user1@freemail.example recipient=friend1@example.org instance=m3
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.102.200.242 client_name=unknown reverse_client_name= sender=user1@freemail.example recipient=friend1@example.org instance=m4
answer DUNNO
advance 2400s
ask client_address=100.99.64.135 client_name=unknown reverse_client_name= sender=user1@freemail.example recipient=friend1@example.org instance=m5
answer DUNNO
advance 2400s
ask client_address=100.102.200.163 client_name=unknown reverse_client_name= sender=user2@freemail.example recipient=friend2@example.org instance=m6
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.99.80.207 client_name=unknown reverse_client_name= sender=user2@freemail.example recipient=friend2@example.org instance=m7
answer DUNNO
advance 2400s
ask client_address=100.102.201.97 client_name=unknown reverse_client_name= sender=user2@freemail.example recipient=friend2@example.org instance=m8
answer DUNNO
advance 2400s
ask client_address=100.97.30.88 client_name=unknown reverse_client_name= sender=user3@freemail.example recipient=friend3@example.org instance=m9
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.101.5.112 client_name=unknown reverse_client_name= sender=user3@freemail.example recipient=friend3@example.org instance=m10
answer DUNNO
advance 2400s
ask client_address=100.101.77.245 client_name=unknown reverse_client_name= sender=user3@freemail.example recipient=friend3@example.org instance=m11
answer DUNNO
count defer_new 4
