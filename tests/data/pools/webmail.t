# A chain: the record includes one that includes three lists of networks.
# Written by pools.py: its retries with source spf, rdns, net.
dns
webmail.example TXT "v=spf1 include:_spf.webmail.example ~all"
_spf.webmail.example TXT "v=spf1 include:_nets.webmail.example include:_nets2.webmail.example include:_nets3.webmail.example ~all"
_nets.webmail.example TXT "v=spf1 ip4:198.18.0.0/19 ip4:198.18.64.0/20 ip4:100.64.16.0/20 ip4:100.65.192.0/18 ip4:100.70.0.0/16 ip4:100.72.128.0/17 ~all"
_nets2.webmail.example TXT "v=spf1 ip6:2001:db8:4000::/36 ip6:2001:db8:8000::/36 ~all"
_nets3.webmail.example TXT "v=spf1 ip4:100.77.0.0/17 ip4:100.77.192.0/19 ip4:100.78.8.0/21 ~all"
4.2.6.4.0.0.0.0.0.0.0.0.0.0.0.0.8.3.7.5.0.0.0.4.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-cx2-f66.out.webmail.example
mail-cx2-f66.out.webmail.example AAAA 2001:db8:4000:5738::4624
7.1.9.5.0.0.0.0.0.0.0.0.0.0.0.0.a.7.7.6.0.0.0.4.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-hm3-f71.out.webmail.example
mail-hm3-f71.out.webmail.example AAAA 2001:db8:4000:677a::5917
e.1.7.8.0.0.0.0.0.0.0.0.0.0.0.0.6.d.b.1.0.0.0.4.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-bm1-f73.out.webmail.example
mail-bm1-f73.out.webmail.example AAAA 2001:db8:4000:1bd6::871e
0.8.e.7.0.0.0.0.0.0.0.0.0.0.0.0.e.3.1.9.0.0.0.8.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-gl2-f22.out.webmail.example
mail-gl2-f22.out.webmail.example AAAA 2001:db8:8000:913e::7e80
b.7.3.8.0.0.0.0.0.0.0.0.0.0.0.0.a.e.b.d.0.0.0.4.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-dm3-f11.out.webmail.example
mail-dm3-f11.out.webmail.example AAAA 2001:db8:4000:dbea::837b
111.199.65.100.in-addr.arpa PTR mail-cx2-f26.out.webmail.example
mail-cx2-f26.out.webmail.example A 100.65.199.111
29.193.70.100.in-addr.arpa PTR mail-cx2-f58.out.webmail.example
mail-cx2-f58.out.webmail.example A 100.70.193.29
125.200.72.100.in-addr.arpa PTR mail-dk3-f19.out.webmail.example
mail-dk3-f19.out.webmail.example A 100.72.200.125
89.14.18.198.in-addr.arpa PTR mail-el0-f76.out.webmail.example
mail-el0-f76.out.webmail.example A 198.18.14.89
86.22.18.198.in-addr.arpa PTR mail-hk3-f71.out.webmail.example
mail-hk3-f71.out.webmail.example A 198.18.22.86
32.67.18.198.in-addr.arpa PTR mail-bm1-f57.out.webmail.example
mail-bm1-f57.out.webmail.example A 198.18.67.32
0.67.18.198.in-addr.arpa PTR mail-dy3-f67.out.webmail.example
mail-dy3-f67.out.webmail.example A 198.18.67.0
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
ask client_address=2001:db8:4000:5738::4624 client_name=unknown reverse_client_name= sender=user0@webmail.example recipient=friend0@example.org instance=m0
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=2001:db8:4000:677a::5917 client_name=unknown reverse_client_name= sender=user0@webmail.example recipient=friend0@example.org instance=m1
answer DUNNO
advance 2400s
ask client_address=2001:db8:4000:1bd6::871e client_name=unknown reverse_client_name= sender=user0@webmail.example recipient=friend0@example.org instance=m2
answer DUNNO
advance 2400s
ask client_address=2001:db8:8000:913e::7e80 client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m3
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=2001:db8:4000:dbea::837b client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m4
answer DUNNO
advance 2400s
ask client_address=100.65.199.111 client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m5
answer DUNNO
advance 2400s
ask client_address=100.70.193.29 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m6
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.72.200.125 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m7
answer DUNNO
advance 2400s
ask client_address=198.18.14.89 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m8
answer DUNNO
advance 2400s
ask client_address=198.18.22.86 client_name=unknown reverse_client_name= sender=user3@webmail.example recipient=friend3@example.org instance=m9
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=198.18.67.32 client_name=unknown reverse_client_name= sender=user3@webmail.example recipient=friend3@example.org instance=m10
answer DUNNO
advance 2400s
ask client_address=198.18.67.0 client_name=unknown reverse_client_name= sender=user3@webmail.example recipient=friend3@example.org instance=m11
answer DUNNO
count defer_new 4
