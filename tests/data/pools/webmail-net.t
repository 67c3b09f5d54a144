# A chain: the record includes one that includes three lists of networks.
# Written by pools.py: its retries with source net.
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
0.d.d.c.0.0.0.0.0.0.0.0.0.0.0.0.a.d.4.1.0.0.0.4.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-ex0-f28.out.webmail.example
mail-ex0-f28.out.webmail.example AAAA 2001:db8:4000:14da::cdd0
48.64.18.198.in-addr.arpa PTR mail-bm1-f49.out.webmail.example
mail-bm1-f49.out.webmail.example A 198.18.64.48
a.9.4.8.0.0.0.0.0.0.0.0.0.0.0.0.0.2.4.3.0.0.0.4.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-al0-f40.out.webmail.example
mail-al0-f40.out.webmail.example AAAA 2001:db8:4000:3420::849a
a.3.6.c.0.0.0.0.0.0.0.0.0.0.0.0.f.0.3.1.0.0.0.8.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-al0-f8.out.webmail.example
mail-al0-f8.out.webmail.example AAAA 2001:db8:8000:130f::c63a
170.16.18.198.in-addr.arpa PTR mail-hm3-f47.out.webmail.example
mail-hm3-f47.out.webmail.example A 198.18.16.170
e.7.9.7.0.0.0.0.0.0.0.0.0.0.0.0.6.5.f.9.0.0.0.4.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-gf2-f30.out.webmail.example
mail-gf2-f30.out.webmail.example AAAA 2001:db8:4000:9f56::797e
140.245.65.100.in-addr.arpa PTR mail-bm1-f17.out.webmail.example
mail-bm1-f17.out.webmail.example A 100.65.245.140
5.191.70.100.in-addr.arpa PTR mail-hy3-f15.out.webmail.example
mail-hy3-f15.out.webmail.example A 100.70.191.5
7.5.3.9.0.0.0.0.0.0.0.0.0.0.0.0.0.f.e.7.0.0.0.4.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-gl2-f14.out.webmail.example
mail-gl2-f14.out.webmail.example AAAA 2001:db8:4000:7ef0::9357
113.149.70.100.in-addr.arpa PTR mail-ex0-f28.out.webmail.example
mail-ex0-f28.out.webmail.example A 100.70.149.113
47.64.18.198.in-addr.arpa PTR mail-hk3-f39.out.webmail.example
mail-hk3-f39.out.webmail.example A 198.18.64.47
e.1.7.8.0.0.0.0.0.0.0.0.0.0.0.0.6.d.b.1.0.0.0.4.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-bm1-f73.out.webmail.example
mail-bm1-f73.out.webmail.example AAAA 2001:db8:4000:1bd6::871e
5.1.7.3.0.0.0.0.0.0.0.0.0.0.0.0.c.8.a.e.0.0.0.4.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-cx2-f34.out.webmail.example
mail-cx2-f34.out.webmail.example AAAA 2001:db8:4000:ea8c::3715
89.202.65.100.in-addr.arpa PTR mail-ax0-f40.out.webmail.example
mail-ax0-f40.out.webmail.example A 100.65.202.89
175.252.65.100.in-addr.arpa PTR mail-dy3-f59.out.webmail.example
mail-dy3-f59.out.webmail.example A 100.65.252.175
231.12.18.198.in-addr.arpa PTR mail-cx2-f74.out.webmail.example
mail-cx2-f74.out.webmail.example A 198.18.12.231
2.2.d.8.0.0.0.0.0.0.0.0.0.0.0.0.f.7.a.3.0.0.0.8.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-gf2-f6.out.webmail.example
mail-gf2-f6.out.webmail.example AAAA 2001:db8:8000:3a7f::8d22
113.109.70.100.in-addr.arpa PTR mail-el0-f52.out.webmail.example
mail-el0-f52.out.webmail.example A 100.70.109.113
a.e.6.a.0.0.0.0.0.0.0.0.0.0.0.0.4.0.5.3.0.0.0.4.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-bk1-f65.out.webmail.example
mail-bk1-f65.out.webmail.example AAAA 2001:db8:4000:3504::a6ea
237.64.18.198.in-addr.arpa PTR mail-ax0-f8.out.webmail.example
mail-ax0-f8.out.webmail.example A 198.18.64.237
0.8.e.7.0.0.0.0.0.0.0.0.0.0.0.0.e.3.1.9.0.0.0.8.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-gl2-f22.out.webmail.example
mail-gl2-f22.out.webmail.example AAAA 2001:db8:8000:913e::7e80
b.7.3.8.0.0.0.0.0.0.0.0.0.0.0.0.a.e.b.d.0.0.0.4.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-dm3-f11.out.webmail.example
mail-dm3-f11.out.webmail.example AAAA 2001:db8:4000:dbea::837b
208.241.72.100.in-addr.arpa PTR mail-af0-f0.out.webmail.example
mail-af0-f0.out.webmail.example A 100.72.241.208
175.247.65.100.in-addr.arpa PTR mail-gl2-f70.out.webmail.example
mail-gl2-f70.out.webmail.example A 100.65.247.175
188.67.18.198.in-addr.arpa PTR mail-ax0-f16.out.webmail.example
mail-ax0-f16.out.webmail.example A 198.18.67.188
241.110.70.100.in-addr.arpa PTR mail-fy1-f45.out.webmail.example
mail-fy1-f45.out.webmail.example A 100.70.110.241
e.9.d.b.0.0.0.0.0.0.0.0.0.0.0.0.7.3.6.a.0.0.0.4.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-af0-f40.out.webmail.example
mail-af0-f40.out.webmail.example AAAA 2001:db8:4000:a637::bd9e
246.203.65.100.in-addr.arpa PTR mail-dm3-f27.out.webmail.example
mail-dm3-f27.out.webmail.example A 100.65.203.246
73.71.18.198.in-addr.arpa PTR mail-cf2-f10.out.webmail.example
mail-cf2-f10.out.webmail.example A 198.18.71.73
f.f.3.d.0.0.0.0.0.0.0.0.0.0.0.0.9.1.8.a.0.0.0.8.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-cl2-f26.out.webmail.example
mail-cl2-f26.out.webmail.example AAAA 2001:db8:8000:a819::d3ff
197.177.72.100.in-addr.arpa PTR mail-gx2-f38.out.webmail.example
mail-gx2-f38.out.webmail.example A 100.72.177.197
30.253.65.100.in-addr.arpa PTR mail-hk3-f31.out.webmail.example
mail-hk3-f31.out.webmail.example A 100.65.253.30
200.159.72.100.in-addr.arpa PTR mail-by1-f65.out.webmail.example
mail-by1-f65.out.webmail.example A 100.72.159.200
27.147.72.100.in-addr.arpa PTR mail-al0-f72.out.webmail.example
mail-al0-f72.out.webmail.example A 100.72.147.27
37.11.18.198.in-addr.arpa PTR mail-bk1-f1.out.webmail.example
mail-bk1-f1.out.webmail.example A 198.18.11.37
251.192.65.100.in-addr.arpa PTR mail-ax0-f32.out.webmail.example
mail-ax0-f32.out.webmail.example A 100.65.192.251
111.199.65.100.in-addr.arpa PTR mail-cx2-f26.out.webmail.example
mail-cx2-f26.out.webmail.example A 100.65.199.111
132.251.65.100.in-addr.arpa PTR mail-cl2-f26.out.webmail.example
mail-cl2-f26.out.webmail.example A 100.65.251.132
d.c.6.b.0.0.0.0.0.0.0.0.0.0.0.0.6.b.f.4.0.0.0.4.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-ax0-f56.out.webmail.example
mail-ax0-f56.out.webmail.example AAAA 2001:db8:4000:4fb6::b6cd
4.f.f.2.0.0.0.0.0.0.0.0.0.0.0.0.3.6.0.5.0.0.0.8.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-dk3-f75.out.webmail.example
mail-dk3-f75.out.webmail.example AAAA 2001:db8:8000:5063::2ff4
109.190.70.100.in-addr.arpa PTR mail-gx2-f46.out.webmail.example
mail-gx2-f46.out.webmail.example A 100.70.190.109
2.5.7.6.0.0.0.0.0.0.0.0.0.0.0.0.2.4.5.8.0.0.0.8.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-by1-f1.out.webmail.example
mail-by1-f1.out.webmail.example AAAA 2001:db8:8000:8542::6752
157.66.18.198.in-addr.arpa PTR mail-dm3-f3.out.webmail.example
mail-dm3-f3.out.webmail.example A 198.18.66.157
229.67.18.198.in-addr.arpa PTR mail-gx2-f14.out.webmail.example
mail-gx2-f14.out.webmail.example A 198.18.67.229
29.193.70.100.in-addr.arpa PTR mail-cx2-f58.out.webmail.example
mail-cx2-f58.out.webmail.example A 100.70.193.29
125.200.72.100.in-addr.arpa PTR mail-dk3-f19.out.webmail.example
mail-dk3-f19.out.webmail.example A 100.72.200.125
233.206.65.100.in-addr.arpa PTR mail-ax0-f48.out.webmail.example
mail-ax0-f48.out.webmail.example A 100.65.206.233
50.127.70.100.in-addr.arpa PTR mail-dy3-f35.out.webmail.example
mail-dy3-f35.out.webmail.example A 100.70.127.50
17.192.65.100.in-addr.arpa PTR mail-ex0-f68.out.webmail.example
mail-ex0-f68.out.webmail.example A 100.65.192.17
4.1.f.6.0.0.0.0.0.0.0.0.0.0.0.0.4.2.f.a.0.0.0.4.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-af0-f0.out.webmail.example
mail-af0-f0.out.webmail.example AAAA 2001:db8:4000:af24::6f14
223.64.18.198.in-addr.arpa PTR mail-bk1-f1.out.webmail.example
mail-bk1-f1.out.webmail.example A 198.18.64.223
46.169.70.100.in-addr.arpa PTR mail-gf2-f70.out.webmail.example
mail-gf2-f70.out.webmail.example A 100.70.169.46
216.207.65.100.in-addr.arpa PTR mail-el0-f76.out.webmail.example
mail-el0-f76.out.webmail.example A 100.65.207.216
238.65.18.198.in-addr.arpa PTR mail-dk3-f35.out.webmail.example
mail-dk3-f35.out.webmail.example A 198.18.65.238
152.195.72.100.in-addr.arpa PTR mail-ef0-f20.out.webmail.example
mail-ef0-f20.out.webmail.example A 100.72.195.152
184.75.18.198.in-addr.arpa PTR mail-cf2-f18.out.webmail.example
mail-cf2-f18.out.webmail.example A 198.18.75.184
c.5.9.1.0.0.0.0.0.0.0.0.0.0.0.0.2.4.5.8.0.0.0.4.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-el0-f4.out.webmail.example
mail-el0-f4.out.webmail.example AAAA 2001:db8:4000:8542::195c
169.19.18.198.in-addr.arpa PTR mail-af0-f40.out.webmail.example
mail-af0-f40.out.webmail.example A 198.18.19.169
198.102.70.100.in-addr.arpa PTR mail-el0-f68.out.webmail.example
mail-el0-f68.out.webmail.example A 100.70.102.198
e.4.2.f.0.0.0.0.0.0.0.0.0.0.0.0.a.4.a.3.0.0.0.8.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-fy1-f21.out.webmail.example
mail-fy1-f21.out.webmail.example AAAA 2001:db8:8000:3a4a::f24e
89.14.18.198.in-addr.arpa PTR mail-el0-f76.out.webmail.example
mail-el0-f76.out.webmail.example A 198.18.14.89
6.d.d.3.0.0.0.0.0.0.0.0.0.0.0.0.4.4.5.5.0.0.0.4.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-gl2-f6.out.webmail.example
mail-gl2-f6.out.webmail.example AAAA 2001:db8:4000:5544::3dd6
c.0.c.a.0.0.0.0.0.0.0.0.0.0.0.0.f.7.5.4.0.0.0.4.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-al0-f48.out.webmail.example
mail-al0-f48.out.webmail.example AAAA 2001:db8:4000:457f::ac0c
8.5.a.c.0.0.0.0.0.0.0.0.0.0.0.0.9.6.4.1.0.0.0.4.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-gx2-f30.out.webmail.example
mail-gx2-f30.out.webmail.example AAAA 2001:db8:4000:1469::ca58
126.139.72.100.in-addr.arpa PTR mail-ax0-f48.out.webmail.example
mail-ax0-f48.out.webmail.example A 100.72.139.126
243.7.18.198.in-addr.arpa PTR mail-cl2-f74.out.webmail.example
mail-cl2-f74.out.webmail.example A 198.18.7.243
188.80.70.100.in-addr.arpa PTR mail-fm1-f61.out.webmail.example
mail-fm1-f61.out.webmail.example A 100.70.80.188
30.18.70.100.in-addr.arpa PTR mail-el0-f20.out.webmail.example
mail-el0-f20.out.webmail.example A 100.70.18.30
148.209.72.100.in-addr.arpa PTR mail-dy3-f27.out.webmail.example
mail-dy3-f27.out.webmail.example A 100.72.209.148
129.77.18.198.in-addr.arpa PTR mail-hy3-f15.out.webmail.example
mail-hy3-f15.out.webmail.example A 198.18.77.129
230.74.18.198.in-addr.arpa PTR mail-hm3-f63.out.webmail.example
mail-hm3-f63.out.webmail.example A 198.18.74.230
220.30.18.198.in-addr.arpa PTR mail-cx2-f50.out.webmail.example
mail-cx2-f50.out.webmail.example A 198.18.30.220
196.199.65.100.in-addr.arpa PTR mail-cl2-f2.out.webmail.example
mail-cl2-f2.out.webmail.example A 100.65.199.196
e.e.f.d.0.0.0.0.0.0.0.0.0.0.0.0.b.a.d.e.0.0.0.4.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-by1-f65.out.webmail.example
mail-by1-f65.out.webmail.example AAAA 2001:db8:4000:edab::dfee
172.250.65.100.in-addr.arpa PTR mail-ex0-f76.out.webmail.example
mail-ex0-f76.out.webmail.example A 100.65.250.172
113.151.70.100.in-addr.arpa PTR mail-gl2-f14.out.webmail.example
mail-gl2-f14.out.webmail.example A 100.70.151.113
86.22.18.198.in-addr.arpa PTR mail-hk3-f71.out.webmail.example
mail-hk3-f71.out.webmail.example A 198.18.22.86
32.67.18.198.in-addr.arpa PTR mail-bm1-f57.out.webmail.example
mail-bm1-f57.out.webmail.example A 198.18.67.32
3.1.2.4.0.0.0.0.0.0.0.0.0.0.0.0.b.6.f.4.0.0.0.4.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-cf2-f26.out.webmail.example
mail-cf2-f26.out.webmail.example AAAA 2001:db8:4000:4f6b::4213
14.133.70.100.in-addr.arpa PTR mail-ex0-f60.out.webmail.example
mail-ex0-f60.out.webmail.example A 100.70.133.14
21.77.70.100.in-addr.arpa PTR mail-ax0-f72.out.webmail.example
mail-ax0-f72.out.webmail.example A 100.70.77.21
177.68.18.198.in-addr.arpa PTR mail-hk3-f55.out.webmail.example
mail-hk3-f55.out.webmail.example A 198.18.68.177
89.140.70.100.in-addr.arpa PTR mail-cx2-f10.out.webmail.example
mail-cx2-f10.out.webmail.example A 100.70.140.89
70.13.70.100.in-addr.arpa PTR mail-dm3-f19.out.webmail.example
mail-dm3-f19.out.webmail.example A 100.70.13.70
144.67.18.198.in-addr.arpa PTR mail-gf2-f38.out.webmail.example
mail-gf2-f38.out.webmail.example A 198.18.67.144
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
source net
racl greylist default
.
on mta
ask client_address=2001:db8:4000:5738::4624 client_name=unknown reverse_client_name= sender=user0@webmail.example recipient=friend0@example.org instance=m0
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=2001:db8:4000:677a::5917 client_name=unknown reverse_client_name= sender=user0@webmail.example recipient=friend0@example.org instance=m1
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 600s
ask client_address=2001:db8:4000:14da::cdd0 client_name=unknown reverse_client_name= sender=user0@webmail.example recipient=friend0@example.org instance=m2
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 900s
ask client_address=198.18.64.48 client_name=unknown reverse_client_name= sender=user0@webmail.example recipient=friend0@example.org instance=m3
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=2001:db8:4000:3420::849a client_name=unknown reverse_client_name= sender=user0@webmail.example recipient=friend0@example.org instance=m4
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=2001:db8:8000:130f::c63a client_name=unknown reverse_client_name= sender=user0@webmail.example recipient=friend0@example.org instance=m5
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=198.18.16.170 client_name=unknown reverse_client_name= sender=user0@webmail.example recipient=friend0@example.org instance=m6
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta7
ask client_address=2001:db8:4000:9f56::797e client_name=unknown reverse_client_name= sender=user0@webmail.example recipient=friend0@example.org instance=m7
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta8
ask client_address=100.65.245.140 client_name=unknown reverse_client_name= sender=user0@webmail.example recipient=friend0@example.org instance=m8
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta9
ask client_address=100.70.191.5 client_name=unknown reverse_client_name= sender=user0@webmail.example recipient=friend0@example.org instance=m9
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta10
ask client_address=2001:db8:4000:7ef0::9357 client_name=unknown reverse_client_name= sender=user0@webmail.example recipient=friend0@example.org instance=m10
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta11
ask client_address=100.70.149.113 client_name=unknown reverse_client_name= sender=user0@webmail.example recipient=friend0@example.org instance=m11
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta12
ask client_address=198.18.64.47 client_name=unknown reverse_client_name= sender=user0@webmail.example recipient=friend0@example.org instance=m12
answer DUNNO
advance 2400s
ask client_address=2001:db8:4000:1bd6::871e client_name=unknown reverse_client_name= sender=user0@webmail.example recipient=friend0@example.org instance=m13
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=2001:db8:4000:ea8c::3715 client_name=unknown reverse_client_name= sender=user0@webmail.example recipient=friend0@example.org instance=m14
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 600s
ask client_address=100.65.202.89 client_name=unknown reverse_client_name= sender=user0@webmail.example recipient=friend0@example.org instance=m15
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 900s
ask client_address=100.65.252.175 client_name=unknown reverse_client_name= sender=user0@webmail.example recipient=friend0@example.org instance=m16
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=198.18.12.231 client_name=unknown reverse_client_name= sender=user0@webmail.example recipient=friend0@example.org instance=m17
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=2001:db8:8000:3a7f::8d22 client_name=unknown reverse_client_name= sender=user0@webmail.example recipient=friend0@example.org instance=m18
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.70.109.113 client_name=unknown reverse_client_name= sender=user0@webmail.example recipient=friend0@example.org instance=m19
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta20
ask client_address=2001:db8:4000:3504::a6ea client_name=unknown reverse_client_name= sender=user0@webmail.example recipient=friend0@example.org instance=m20
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta21
ask client_address=198.18.64.237 client_name=unknown reverse_client_name= sender=user0@webmail.example recipient=friend0@example.org instance=m21
answer DUNNO
advance 2400s
ask client_address=2001:db8:8000:913e::7e80 client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m22
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=2001:db8:4000:dbea::837b client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m23
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 600s
ask client_address=100.72.241.208 client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m24
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 900s
ask client_address=100.65.247.175 client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m25
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=198.18.67.188 client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m26
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.70.110.241 client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m27
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=2001:db8:4000:a637::bd9e client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m28
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta29
ask client_address=100.65.203.246 client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m29
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta30
ask client_address=198.18.71.73 client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m30
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta31
ask client_address=2001:db8:8000:a819::d3ff client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m31
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta32
ask client_address=100.72.177.197 client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m32
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta33
ask client_address=100.65.253.30 client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m33
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta34
ask client_address=100.72.159.200 client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m34
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 10800s
on mta35
ask client_address=100.72.147.27 client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m35
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 10800s
on mta36
ask client_address=198.18.11.37 client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m36
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 10800s
on mta37
ask client_address=100.65.192.251 client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m37
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 2400s
ask client_address=100.65.199.111 client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m38
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.65.251.132 client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m39
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 600s
ask client_address=2001:db8:4000:4fb6::b6cd client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m40
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 900s
ask client_address=2001:db8:8000:5063::2ff4 client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m41
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.70.190.109 client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m42
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=2001:db8:8000:8542::6752 client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m43
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=198.18.66.157 client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m44
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta45
ask client_address=198.18.67.229 client_name=unknown reverse_client_name= sender=user1@webmail.example recipient=friend1@example.org instance=m45
answer DUNNO
advance 2400s
ask client_address=100.70.193.29 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m46
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.72.200.125 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m47
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 600s
ask client_address=100.65.206.233 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m48
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 900s
ask client_address=100.70.127.50 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m49
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.65.192.17 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m50
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=2001:db8:4000:af24::6f14 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m51
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=198.18.64.223 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m52
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta53
ask client_address=100.70.169.46 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m53
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta54
ask client_address=100.65.207.216 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m54
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta55
ask client_address=198.18.65.238 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m55
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta56
ask client_address=100.72.195.152 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m56
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta57
ask client_address=198.18.75.184 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m57
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta58
ask client_address=2001:db8:4000:8542::195c client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m58
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 10800s
on mta59
ask client_address=198.18.19.169 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m59
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 10800s
on mta60
ask client_address=100.70.102.198 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m60
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 10800s
on mta61
ask client_address=2001:db8:8000:3a4a::f24e client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m61
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 2400s
ask client_address=198.18.14.89 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m62
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=2001:db8:4000:5544::3dd6 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m63
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 600s
ask client_address=2001:db8:4000:457f::ac0c client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m64
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 900s
ask client_address=2001:db8:4000:1469::ca58 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m65
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.72.139.126 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m66
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=198.18.7.243 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m67
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.70.80.188 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m68
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta69
ask client_address=100.70.18.30 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m69
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta70
ask client_address=100.72.209.148 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m70
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta71
ask client_address=198.18.77.129 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m71
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta72
ask client_address=198.18.74.230 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m72
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta73
ask client_address=198.18.30.220 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m73
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta74
ask client_address=100.65.199.196 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m74
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 10800s
on mta75
ask client_address=2001:db8:4000:edab::dfee client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m75
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 10800s
on mta76
ask client_address=100.65.250.172 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m76
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 10800s
on mta77
ask client_address=100.70.151.113 client_name=unknown reverse_client_name= sender=user2@webmail.example recipient=friend2@example.org instance=m77
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 2400s
ask client_address=198.18.22.86 client_name=unknown reverse_client_name= sender=user3@webmail.example recipient=friend3@example.org instance=m78
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=198.18.67.32 client_name=unknown reverse_client_name= sender=user3@webmail.example recipient=friend3@example.org instance=m79
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 600s
ask client_address=2001:db8:4000:4f6b::4213 client_name=unknown reverse_client_name= sender=user3@webmail.example recipient=friend3@example.org instance=m80
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 900s
ask client_address=100.70.133.14 client_name=unknown reverse_client_name= sender=user3@webmail.example recipient=friend3@example.org instance=m81
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.70.77.21 client_name=unknown reverse_client_name= sender=user3@webmail.example recipient=friend3@example.org instance=m82
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=198.18.68.177 client_name=unknown reverse_client_name= sender=user3@webmail.example recipient=friend3@example.org instance=m83
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.70.140.89 client_name=unknown reverse_client_name= sender=user3@webmail.example recipient=friend3@example.org instance=m84
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta85
ask client_address=100.70.13.70 client_name=unknown reverse_client_name= sender=user3@webmail.example recipient=friend3@example.org instance=m85
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta86
ask client_address=198.18.67.144 client_name=unknown reverse_client_name= sender=user3@webmail.example recipient=friend3@example.org instance=m86
answer DUNNO
advance 2400s
ask client_address=198.18.67.0 client_name=unknown reverse_client_name= sender=user3@webmail.example recipient=friend3@example.org instance=m87
answer DUNNO
count defer_new 83
