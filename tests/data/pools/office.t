# Hosted mail: the customer's record includes the host's, with networks up to /14.
# Written by pools.py: its retries with source spf, rdns, net.
dns
customer.example TXT "v=spf1 include:spf.office.example -all"
spf.office.example TXT "v=spf1 ip4:100.84.0.0/15 ip4:100.88.0.0/14 ip4:100.93.0.0/17 ip4:198.19.0.0/17 ip6:2001:db8:f400::/48 ip6:2001:db8:f403::/49 -all"
83.69.93.100.in-addr.arpa PTR mail-dm1pr03on2481.outbound.office.example
mail-dm1pr03on2481.outbound.office.example A 100.93.69.83
180.89.19.198.in-addr.arpa PTR mail-dm0pr06on2313.outbound.office.example
mail-dm0pr06on2313.outbound.office.example A 198.19.89.180
243.67.93.100.in-addr.arpa PTR mail-am5pr06on2682.outbound.office.example
mail-am5pr06on2682.outbound.office.example A 100.93.67.243
c.0.6.3.0.0.0.0.0.0.0.0.0.0.0.0.7.7.c.3.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-em3pr01on2254.outbound.office.example
mail-em3pr01on2254.outbound.office.example AAAA 2001:db8:f400:3c77::360c
c.4.d.a.0.0.0.0.0.0.0.0.0.0.0.0.8.9.2.9.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-dm2pr00on2181.outbound.office.example
mail-dm2pr00on2181.outbound.office.example AAAA 2001:db8:f400:9298::ad4c
b.f.1.9.0.0.0.0.0.0.0.0.0.0.0.0.3.7.3.4.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-dm0pr00on2721.outbound.office.example
mail-dm0pr00on2721.outbound.office.example AAAA 2001:db8:f400:4373::91fb
191.13.93.100.in-addr.arpa PTR mail-em4pr01on2740.outbound.office.example
mail-em4pr01on2740.outbound.office.example A 100.93.13.191
156.40.19.198.in-addr.arpa PTR mail-dm4pr00on2343.outbound.office.example
mail-dm4pr00on2343.outbound.office.example A 198.19.40.156
198.86.93.100.in-addr.arpa PTR mail-am5pr00on2856.outbound.office.example
mail-am5pr00on2856.outbound.office.example A 100.93.86.198
3.a.a.0.0.0.0.0.0.0.0.0.0.0.0.0.a.5.8.f.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-bm4pr01on2317.outbound.office.example
mail-bm4pr01on2317.outbound.office.example AAAA 2001:db8:f400:f85a::aa3
90.163.85.100.in-addr.arpa PTR mail-dm4pr06on2331.outbound.office.example
mail-dm4pr06on2331.outbound.office.example A 100.85.163.90
93.126.84.100.in-addr.arpa PTR mail-dm3pr00on2523.outbound.office.example
mail-dm3pr00on2523.outbound.office.example A 100.84.126.93
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
ask client_address=100.93.69.83 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m0
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=198.19.89.180 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m1
answer DUNNO
advance 2400s
ask client_address=100.93.67.243 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m2
answer DUNNO
advance 2400s
ask client_address=2001:db8:f400:3c77::360c client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m3
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=2001:db8:f400:9298::ad4c client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m4
answer DUNNO
advance 2400s
ask client_address=2001:db8:f400:4373::91fb client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m5
answer DUNNO
advance 2400s
ask client_address=100.93.13.191 client_name=unknown reverse_client_name= sender=user2@customer.example recipient=friend2@example.org instance=m6
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=198.19.40.156 client_name=unknown reverse_client_name= sender=user2@customer.example recipient=friend2@example.org instance=m7
answer DUNNO
advance 2400s
ask client_address=100.93.86.198 client_name=unknown reverse_client_name= sender=user2@customer.example recipient=friend2@example.org instance=m8
answer DUNNO
advance 2400s
ask client_address=2001:db8:f400:f85a::aa3 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m9
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.85.163.90 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m10
answer DUNNO
advance 2400s
ask client_address=100.84.126.93 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m11
answer DUNNO
count defer_new 4
