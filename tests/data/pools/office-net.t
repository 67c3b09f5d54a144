# Hosted mail: the customer's record includes the host's, with networks up to /14.
# Written by pools.py: its retries with source net.
dns
customer.example TXT "v=spf1 include:spf.office.example -all"
spf.office.example TXT "v=spf1 ip4:100.84.0.0/15 ip4:100.88.0.0/14 ip4:100.93.0.0/17 ip4:198.19.0.0/17 ip6:2001:db8:f400::/48 ip6:2001:db8:f403::/49 -all"
83.69.93.100.in-addr.arpa PTR mail-dm1pr03on2481.outbound.office.example
mail-dm1pr03on2481.outbound.office.example A 100.93.69.83
180.89.19.198.in-addr.arpa PTR mail-dm0pr06on2313.outbound.office.example
mail-dm0pr06on2313.outbound.office.example A 198.19.89.180
251.18.93.100.in-addr.arpa PTR mail-cm1pr02on2678.outbound.office.example
mail-cm1pr02on2678.outbound.office.example A 100.93.18.251
5.154.84.100.in-addr.arpa PTR mail-am1pr03on2922.outbound.office.example
mail-am1pr03on2922.outbound.office.example A 100.84.154.5
247.53.19.198.in-addr.arpa PTR mail-em0pr01on2290.outbound.office.example
mail-em0pr01on2290.outbound.office.example A 198.19.53.247
126.76.19.198.in-addr.arpa PTR mail-dm5pr06on2817.outbound.office.example
mail-dm5pr06on2817.outbound.office.example A 198.19.76.126
50.88.93.100.in-addr.arpa PTR mail-em4pr01on2704.outbound.office.example
mail-em4pr01on2704.outbound.office.example A 100.93.88.50
10.4.93.100.in-addr.arpa PTR mail-am3pr00on2532.outbound.office.example
mail-am3pr00on2532.outbound.office.example A 100.93.4.10
122.195.88.100.in-addr.arpa PTR mail-dm6pr03on2913.outbound.office.example
mail-dm6pr03on2913.outbound.office.example A 100.88.195.122
224.46.93.100.in-addr.arpa PTR mail-cm6pr05on2456.outbound.office.example
mail-cm6pr05on2456.outbound.office.example A 100.93.46.224
147.2.88.100.in-addr.arpa PTR mail-am6pr06on2502.outbound.office.example
mail-am6pr06on2502.outbound.office.example A 100.88.2.147
119.230.85.100.in-addr.arpa PTR mail-bm2pr07on2431.outbound.office.example
mail-bm2pr07on2431.outbound.office.example A 100.85.230.119
26.66.90.100.in-addr.arpa PTR mail-dm2pr06on2457.outbound.office.example
mail-dm2pr06on2457.outbound.office.example A 100.90.66.26
180.154.88.100.in-addr.arpa PTR mail-em4pr07on2530.outbound.office.example
mail-em4pr07on2530.outbound.office.example A 100.88.154.180
d.c.a.1.0.0.0.0.0.0.0.0.0.0.0.0.e.8.a.c.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-cm5pr02on2732.outbound.office.example
mail-cm5pr02on2732.outbound.office.example AAAA 2001:db8:f400:ca8e::1acd
0.7.6.9.0.0.0.0.0.0.0.0.0.0.0.0.0.3.b.1.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-bm0pr07on2179.outbound.office.example
mail-bm0pr07on2179.outbound.office.example AAAA 2001:db8:f400:1b30::9670
243.67.93.100.in-addr.arpa PTR mail-am5pr06on2682.outbound.office.example
mail-am5pr06on2682.outbound.office.example A 100.93.67.243
19.30.93.100.in-addr.arpa PTR mail-am2pr03on2922.outbound.office.example
mail-am2pr03on2922.outbound.office.example A 100.93.30.19
8.3.d.4.0.0.0.0.0.0.0.0.0.0.0.0.6.c.0.7.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-fm1pr02on2147.outbound.office.example
mail-fm1pr02on2147.outbound.office.example AAAA 2001:db8:f400:70c6::4d38
10.29.88.100.in-addr.arpa PTR mail-dm0pr03on2769.outbound.office.example
mail-dm0pr03on2769.outbound.office.example A 100.88.29.10
119.55.93.100.in-addr.arpa PTR mail-cm6pr08on2144.outbound.office.example
mail-cm6pr08on2144.outbound.office.example A 100.93.55.119
45.86.19.198.in-addr.arpa PTR mail-am4pr00on2550.outbound.office.example
mail-am4pr00on2550.outbound.office.example A 198.19.86.45
158.30.19.198.in-addr.arpa PTR mail-dm2pr06on2709.outbound.office.example
mail-dm2pr06on2709.outbound.office.example A 198.19.30.158
9.f.4.1.0.0.0.0.0.0.0.0.0.0.0.0.6.8.7.4.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-dm2pr06on2565.outbound.office.example
mail-dm2pr06on2565.outbound.office.example AAAA 2001:db8:f400:4786::14f9
152.46.93.100.in-addr.arpa PTR mail-dm3pr00on2703.outbound.office.example
mail-dm3pr00on2703.outbound.office.example A 100.93.46.152
c.0.6.3.0.0.0.0.0.0.0.0.0.0.0.0.7.7.c.3.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-em3pr01on2254.outbound.office.example
mail-em3pr01on2254.outbound.office.example AAAA 2001:db8:f400:3c77::360c
c.4.d.a.0.0.0.0.0.0.0.0.0.0.0.0.8.9.2.9.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-dm2pr00on2181.outbound.office.example
mail-dm2pr00on2181.outbound.office.example AAAA 2001:db8:f400:9298::ad4c
8.e.0.7.0.0.0.0.0.0.0.0.0.0.0.0.9.4.2.4.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-cm6pr05on2132.outbound.office.example
mail-cm6pr05on2132.outbound.office.example AAAA 2001:db8:f400:4249::70e8
59.111.19.198.in-addr.arpa PTR mail-cm3pr08on2306.outbound.office.example
mail-cm3pr08on2306.outbound.office.example A 198.19.111.59
18.92.19.198.in-addr.arpa PTR mail-am6pr00on2982.outbound.office.example
mail-am6pr00on2982.outbound.office.example A 198.19.92.18
5.5.8.d.0.0.0.0.0.0.0.0.0.0.0.0.f.f.b.f.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-fm6pr05on2267.outbound.office.example
mail-fm6pr05on2267.outbound.office.example AAAA 2001:db8:f400:fbff::d855
1.61.19.198.in-addr.arpa PTR mail-em4pr04on2806.outbound.office.example
mail-em4pr04on2806.outbound.office.example A 198.19.61.1
9.1.f.4.0.0.0.0.0.0.0.0.0.0.0.0.d.2.b.a.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-dm4pr03on2337.outbound.office.example
mail-dm4pr03on2337.outbound.office.example AAAA 2001:db8:f400:ab2d::4f19
198.115.90.100.in-addr.arpa PTR mail-fm0pr05on2429.outbound.office.example
mail-fm0pr05on2429.outbound.office.example A 100.90.115.198
193.139.85.100.in-addr.arpa PTR mail-fm2pr08on2549.outbound.office.example
mail-fm2pr08on2549.outbound.office.example A 100.85.139.193
162.1.93.100.in-addr.arpa PTR mail-dm1pr00on2379.outbound.office.example
mail-dm1pr00on2379.outbound.office.example A 100.93.1.162
18.82.19.198.in-addr.arpa PTR mail-am5pr00on2784.outbound.office.example
mail-am5pr00on2784.outbound.office.example A 198.19.82.18
82.4.19.198.in-addr.arpa PTR mail-em3pr07on2782.outbound.office.example
mail-em3pr07on2782.outbound.office.example A 198.19.4.82
206.58.89.100.in-addr.arpa PTR mail-cm0pr08on2126.outbound.office.example
mail-cm0pr08on2126.outbound.office.example A 100.89.58.206
88.111.91.100.in-addr.arpa PTR mail-bm6pr01on2803.outbound.office.example
mail-bm6pr01on2803.outbound.office.example A 100.91.111.88
164.161.84.100.in-addr.arpa PTR mail-am6pr06on2214.outbound.office.example
mail-am6pr06on2214.outbound.office.example A 100.84.161.164
b.f.1.9.0.0.0.0.0.0.0.0.0.0.0.0.3.7.3.4.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-dm0pr00on2721.outbound.office.example
mail-dm0pr00on2721.outbound.office.example AAAA 2001:db8:f400:4373::91fb
200.98.93.100.in-addr.arpa PTR mail-am6pr00on2568.outbound.office.example
mail-am6pr00on2568.outbound.office.example A 100.93.98.200
24.11.19.198.in-addr.arpa PTR mail-fm6pr05on2555.outbound.office.example
mail-fm6pr05on2555.outbound.office.example A 198.19.11.24
17.24.93.100.in-addr.arpa PTR mail-em5pr04on2176.outbound.office.example
mail-em5pr04on2176.outbound.office.example A 100.93.24.17
1.9.0.c.0.0.0.0.0.0.0.0.0.0.0.0.e.3.4.5.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-dm2pr00on2145.outbound.office.example
mail-dm2pr00on2145.outbound.office.example AAAA 2001:db8:f400:543e::c091
232.79.19.198.in-addr.arpa PTR mail-fm0pr05on2267.outbound.office.example
mail-fm0pr05on2267.outbound.office.example A 198.19.79.232
97.48.85.100.in-addr.arpa PTR mail-em6pr04on2500.outbound.office.example
mail-em6pr04on2500.outbound.office.example A 100.85.48.97
69.157.90.100.in-addr.arpa PTR mail-fm6pr05on2681.outbound.office.example
mail-fm6pr05on2681.outbound.office.example A 100.90.157.69
241.103.93.100.in-addr.arpa PTR mail-cm0pr02on2894.outbound.office.example
mail-cm0pr02on2894.outbound.office.example A 100.93.103.241
62.162.84.100.in-addr.arpa PTR mail-am3pr06on2106.outbound.office.example
mail-am3pr06on2106.outbound.office.example A 100.84.162.62
120.9.19.198.in-addr.arpa PTR mail-fm6pr05on2555.outbound.office.example
mail-fm6pr05on2555.outbound.office.example A 198.19.9.120
202.45.93.100.in-addr.arpa PTR mail-em5pr01on2974.outbound.office.example
mail-em5pr01on2974.outbound.office.example A 100.93.45.202
101.110.93.100.in-addr.arpa PTR mail-cm2pr05on2528.outbound.office.example
mail-cm2pr05on2528.outbound.office.example A 100.93.110.101
c.4.6.d.0.0.0.0.0.0.0.0.0.0.0.0.e.9.1.c.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-em6pr01on2290.outbound.office.example
mail-em6pr01on2290.outbound.office.example AAAA 2001:db8:f400:c19e::d64c
68.250.90.100.in-addr.arpa PTR mail-fm3pr02on2741.outbound.office.example
mail-fm3pr02on2741.outbound.office.example A 100.90.250.68
178.5.93.100.in-addr.arpa PTR mail-am3pr03on2670.outbound.office.example
mail-am3pr03on2670.outbound.office.example A 100.93.5.178
191.13.93.100.in-addr.arpa PTR mail-em4pr01on2740.outbound.office.example
mail-em4pr01on2740.outbound.office.example A 100.93.13.191
156.40.19.198.in-addr.arpa PTR mail-dm4pr00on2343.outbound.office.example
mail-dm4pr00on2343.outbound.office.example A 198.19.40.156
128.46.85.100.in-addr.arpa PTR mail-am3pr03on2310.outbound.office.example
mail-am3pr03on2310.outbound.office.example A 100.85.46.128
46.14.84.100.in-addr.arpa PTR mail-bm0pr07on2359.outbound.office.example
mail-bm0pr07on2359.outbound.office.example A 100.84.14.46
176.86.19.198.in-addr.arpa PTR mail-fm1pr08on2603.outbound.office.example
mail-fm1pr08on2603.outbound.office.example A 198.19.86.176
a.9.1.5.0.0.0.0.0.0.0.0.0.0.0.0.4.8.1.6.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-bm5pr01on2893.outbound.office.example
mail-bm5pr01on2893.outbound.office.example AAAA 2001:db8:f400:6184::519a
53.200.85.100.in-addr.arpa PTR mail-fm4pr08on2873.outbound.office.example
mail-fm4pr08on2873.outbound.office.example A 100.85.200.53
6.81.93.100.in-addr.arpa PTR mail-fm5pr02on2291.outbound.office.example
mail-fm5pr02on2291.outbound.office.example A 100.93.81.6
253.43.19.198.in-addr.arpa PTR mail-cm1pr08on2882.outbound.office.example
mail-cm1pr08on2882.outbound.office.example A 198.19.43.253
231.100.93.100.in-addr.arpa PTR mail-em0pr07on2710.outbound.office.example
mail-em0pr07on2710.outbound.office.example A 100.93.100.231
44.86.93.100.in-addr.arpa PTR mail-am1pr00on2964.outbound.office.example
mail-am1pr00on2964.outbound.office.example A 100.93.86.44
175.73.93.100.in-addr.arpa PTR mail-am2pr03on2436.outbound.office.example
mail-am2pr03on2436.outbound.office.example A 100.93.73.175
235.57.85.100.in-addr.arpa PTR mail-cm3pr05on2366.outbound.office.example
mail-cm3pr05on2366.outbound.office.example A 100.85.57.235
9.a.4.f.0.0.0.0.0.0.0.0.0.0.0.0.c.6.1.3.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-bm6pr01on2497.outbound.office.example
mail-bm6pr01on2497.outbound.office.example AAAA 2001:db8:f400:316c::f4a9
2.1.a.5.0.0.0.0.0.0.0.0.0.0.0.0.1.b.d.5.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-am5pr00on2604.outbound.office.example
mail-am5pr00on2604.outbound.office.example AAAA 2001:db8:f400:5db1::5a12
220.57.93.100.in-addr.arpa PTR mail-dm5pr06on2961.outbound.office.example
mail-dm5pr06on2961.outbound.office.example A 100.93.57.220
198.86.93.100.in-addr.arpa PTR mail-am5pr00on2856.outbound.office.example
mail-am5pr00on2856.outbound.office.example A 100.93.86.198
3.a.a.0.0.0.0.0.0.0.0.0.0.0.0.0.a.5.8.f.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-bm4pr01on2317.outbound.office.example
mail-bm4pr01on2317.outbound.office.example AAAA 2001:db8:f400:f85a::aa3
90.163.85.100.in-addr.arpa PTR mail-dm4pr06on2331.outbound.office.example
mail-dm4pr06on2331.outbound.office.example A 100.85.163.90
241.80.93.100.in-addr.arpa PTR mail-dm3pr06on2115.outbound.office.example
mail-dm3pr06on2115.outbound.office.example A 100.93.80.241
47.35.19.198.in-addr.arpa PTR mail-em4pr04on2806.outbound.office.example
mail-em4pr04on2806.outbound.office.example A 198.19.35.47
120.110.93.100.in-addr.arpa PTR mail-em5pr04on2140.outbound.office.example
mail-em5pr04on2140.outbound.office.example A 100.93.110.120
130.177.88.100.in-addr.arpa PTR mail-am5pr00on2820.outbound.office.example
mail-am5pr00on2820.outbound.office.example A 100.88.177.130
6.a.3.3.0.0.0.0.0.0.0.0.0.0.0.0.e.9.5.8.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-fm5pr05on2663.outbound.office.example
mail-fm5pr05on2663.outbound.office.example AAAA 2001:db8:f400:859e::33a6
9.5.2.e.0.0.0.0.0.0.0.0.0.0.0.0.7.c.5.c.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-em4pr07on2692.outbound.office.example
mail-em4pr07on2692.outbound.office.example AAAA 2001:db8:f400:c5c7::e259
1.f.1.0.0.0.0.0.0.0.0.0.0.0.0.0.9.b.f.4.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-cm1pr05on2564.outbound.office.example
mail-cm1pr05on2564.outbound.office.example AAAA 2001:db8:f400:4fb9::1f1
140.93.93.100.in-addr.arpa PTR mail-bm1pr07on2629.outbound.office.example
mail-bm1pr07on2629.outbound.office.example A 100.93.93.140
193.95.93.100.in-addr.arpa PTR mail-fm3pr08on2621.outbound.office.example
mail-fm3pr08on2621.outbound.office.example A 100.93.95.193
219.93.93.100.in-addr.arpa PTR mail-dm6pr00on2847.outbound.office.example
mail-dm6pr00on2847.outbound.office.example A 100.93.93.219
93.126.84.100.in-addr.arpa PTR mail-dm3pr00on2523.outbound.office.example
mail-dm3pr00on2523.outbound.office.example A 100.84.126.93
138.178.84.100.in-addr.arpa PTR mail-dm2pr06on2151.outbound.office.example
mail-dm2pr06on2151.outbound.office.example A 100.84.178.138
50.121.19.198.in-addr.arpa PTR mail-bm5pr07on2377.outbound.office.example
mail-bm5pr07on2377.outbound.office.example A 198.19.121.50
200.89.19.198.in-addr.arpa PTR mail-bm3pr04on2815.outbound.office.example
mail-bm3pr04on2815.outbound.office.example A 198.19.89.200
72.51.85.100.in-addr.arpa PTR mail-cm2pr02on2480.outbound.office.example
mail-cm2pr02on2480.outbound.office.example A 100.85.51.72
64.86.19.198.in-addr.arpa PTR mail-cm0pr08on2162.outbound.office.example
mail-cm0pr08on2162.outbound.office.example A 198.19.86.64
208.213.84.100.in-addr.arpa PTR mail-cm6pr05on2168.outbound.office.example
mail-cm6pr05on2168.outbound.office.example A 100.84.213.208
58.10.91.100.in-addr.arpa PTR mail-cm4pr05on2420.outbound.office.example
mail-cm4pr05on2420.outbound.office.example A 100.91.10.58
c.8.e.0.0.0.0.0.0.0.0.0.0.0.0.0.9.3.c.7.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-em0pr07on2494.outbound.office.example
mail-em0pr07on2494.outbound.office.example AAAA 2001:db8:f400:7c39::e8c
184.242.85.100.in-addr.arpa PTR mail-fm0pr02on2669.outbound.office.example
mail-fm0pr02on2669.outbound.office.example A 100.85.242.184
c.5.e.8.0.0.0.0.0.0.0.0.0.0.0.0.3.a.7.9.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-bm5pr04on2545.outbound.office.example
mail-bm5pr04on2545.outbound.office.example AAAA 2001:db8:f400:97a3::8e5c
180.90.19.198.in-addr.arpa PTR mail-cm1pr08on2846.outbound.office.example
mail-cm1pr08on2846.outbound.office.example A 198.19.90.180
111.5.91.100.in-addr.arpa PTR mail-em6pr01on2596.outbound.office.example
mail-em6pr01on2596.outbound.office.example A 100.91.5.111
7.7.1.3.0.0.0.0.0.0.0.0.0.0.0.0.2.5.5.8.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-cm5pr02on2246.outbound.office.example
mail-cm5pr02on2246.outbound.office.example AAAA 2001:db8:f400:8552::3177
244.243.90.100.in-addr.arpa PTR mail-bm2pr01on2983.outbound.office.example
mail-bm2pr01on2983.outbound.office.example A 100.90.243.244
3.c.2.6.0.0.0.0.0.0.0.0.0.0.0.0.a.d.0.a.0.0.4.f.8.b.d.0.1.0.0.2.ip6.arpa PTR mail-dm1pr06on2367.outbound.office.example
mail-dm1pr06on2367.outbound.office.example AAAA 2001:db8:f400:a0da::62c3
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
ask client_address=100.93.69.83 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m0
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=198.19.89.180 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m1
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 600s
ask client_address=100.93.18.251 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m2
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 900s
ask client_address=100.84.154.5 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m3
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=198.19.53.247 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m4
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=198.19.76.126 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m5
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.93.88.50 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m6
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta7
ask client_address=100.93.4.10 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m7
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta8
ask client_address=100.88.195.122 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m8
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta9
ask client_address=100.93.46.224 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m9
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta10
ask client_address=100.88.2.147 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m10
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta11
ask client_address=100.85.230.119 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m11
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta12
ask client_address=100.90.66.26 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m12
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 10800s
on mta13
ask client_address=100.88.154.180 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m13
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 10800s
on mta14
ask client_address=2001:db8:f400:ca8e::1acd client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m14
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 10800s
on mta15
ask client_address=2001:db8:f400:1b30::9670 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m15
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 2400s
ask client_address=100.93.67.243 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m16
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.93.30.19 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m17
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 600s
ask client_address=2001:db8:f400:70c6::4d38 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m18
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 900s
ask client_address=100.88.29.10 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m19
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.93.55.119 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m20
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=198.19.86.45 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m21
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=198.19.30.158 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m22
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta23
ask client_address=2001:db8:f400:4786::14f9 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m23
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta24
ask client_address=100.93.46.152 client_name=unknown reverse_client_name= sender=user0@customer.example recipient=friend0@example.org instance=m24
answer DUNNO
advance 2400s
ask client_address=2001:db8:f400:3c77::360c client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m25
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=2001:db8:f400:9298::ad4c client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m26
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 600s
ask client_address=2001:db8:f400:4249::70e8 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m27
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 900s
ask client_address=198.19.111.59 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m28
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=198.19.92.18 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m29
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=2001:db8:f400:fbff::d855 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m30
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=198.19.61.1 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m31
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta32
ask client_address=2001:db8:f400:ab2d::4f19 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m32
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta33
ask client_address=100.90.115.198 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m33
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta34
ask client_address=100.85.139.193 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m34
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta35
ask client_address=100.93.1.162 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m35
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta36
ask client_address=198.19.82.18 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m36
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta37
ask client_address=198.19.4.82 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m37
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 10800s
on mta38
ask client_address=100.89.58.206 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m38
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 10800s
on mta39
ask client_address=100.91.111.88 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m39
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 10800s
on mta40
ask client_address=100.84.161.164 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m40
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 2400s
ask client_address=2001:db8:f400:4373::91fb client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m41
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.93.98.200 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m42
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 600s
ask client_address=198.19.11.24 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m43
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 900s
ask client_address=100.93.24.17 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m44
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=2001:db8:f400:543e::c091 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m45
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=198.19.79.232 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m46
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.85.48.97 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m47
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta48
ask client_address=100.90.157.69 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m48
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta49
ask client_address=100.93.103.241 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m49
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta50
ask client_address=100.84.162.62 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m50
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta51
ask client_address=198.19.9.120 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m51
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta52
ask client_address=100.93.45.202 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m52
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta53
ask client_address=100.93.110.101 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m53
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 10800s
on mta54
ask client_address=2001:db8:f400:c19e::d64c client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m54
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 10800s
on mta55
ask client_address=100.90.250.68 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m55
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 10800s
on mta56
ask client_address=100.93.5.178 client_name=unknown reverse_client_name= sender=user1@customer.example recipient=friend1@example.org instance=m56
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 2400s
ask client_address=100.93.13.191 client_name=unknown reverse_client_name= sender=user2@customer.example recipient=friend2@example.org instance=m57
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=198.19.40.156 client_name=unknown reverse_client_name= sender=user2@customer.example recipient=friend2@example.org instance=m58
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 600s
ask client_address=100.85.46.128 client_name=unknown reverse_client_name= sender=user2@customer.example recipient=friend2@example.org instance=m59
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 900s
ask client_address=100.84.14.46 client_name=unknown reverse_client_name= sender=user2@customer.example recipient=friend2@example.org instance=m60
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=198.19.86.176 client_name=unknown reverse_client_name= sender=user2@customer.example recipient=friend2@example.org instance=m61
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=2001:db8:f400:6184::519a client_name=unknown reverse_client_name= sender=user2@customer.example recipient=friend2@example.org instance=m62
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.85.200.53 client_name=unknown reverse_client_name= sender=user2@customer.example recipient=friend2@example.org instance=m63
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta64
ask client_address=100.93.81.6 client_name=unknown reverse_client_name= sender=user2@customer.example recipient=friend2@example.org instance=m64
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta65
ask client_address=198.19.43.253 client_name=unknown reverse_client_name= sender=user2@customer.example recipient=friend2@example.org instance=m65
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta66
ask client_address=100.93.100.231 client_name=unknown reverse_client_name= sender=user2@customer.example recipient=friend2@example.org instance=m66
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta67
ask client_address=100.93.86.44 client_name=unknown reverse_client_name= sender=user2@customer.example recipient=friend2@example.org instance=m67
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta68
ask client_address=100.93.73.175 client_name=unknown reverse_client_name= sender=user2@customer.example recipient=friend2@example.org instance=m68
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta69
ask client_address=100.85.57.235 client_name=unknown reverse_client_name= sender=user2@customer.example recipient=friend2@example.org instance=m69
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 10800s
on mta70
ask client_address=2001:db8:f400:316c::f4a9 client_name=unknown reverse_client_name= sender=user2@customer.example recipient=friend2@example.org instance=m70
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 10800s
on mta71
ask client_address=2001:db8:f400:5db1::5a12 client_name=unknown reverse_client_name= sender=user2@customer.example recipient=friend2@example.org instance=m71
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 10800s
on mta72
ask client_address=100.93.57.220 client_name=unknown reverse_client_name= sender=user2@customer.example recipient=friend2@example.org instance=m72
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 2400s
ask client_address=100.93.86.198 client_name=unknown reverse_client_name= sender=user2@customer.example recipient=friend2@example.org instance=m73
answer DUNNO
advance 2400s
ask client_address=2001:db8:f400:f85a::aa3 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m74
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.85.163.90 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m75
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 600s
ask client_address=100.93.80.241 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m76
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 900s
ask client_address=198.19.35.47 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m77
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.93.110.120 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m78
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.88.177.130 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m79
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=2001:db8:f400:859e::33a6 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m80
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta81
ask client_address=2001:db8:f400:c5c7::e259 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m81
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta82
ask client_address=2001:db8:f400:4fb9::1f1 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m82
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta83
ask client_address=100.93.93.140 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m83
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta84
ask client_address=100.93.95.193 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m84
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta85
ask client_address=100.93.93.219 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m85
answer DUNNO
advance 2400s
ask client_address=100.84.126.93 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m86
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.84.178.138 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m87
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 600s
ask client_address=198.19.121.50 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m88
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 900s
ask client_address=198.19.89.200 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m89
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.85.51.72 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m90
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=198.19.86.64 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m91
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.84.213.208 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m92
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta93
ask client_address=100.91.10.58 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m93
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta94
ask client_address=2001:db8:f400:7c39::e8c client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m94
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta95
ask client_address=100.85.242.184 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m95
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta96
ask client_address=2001:db8:f400:97a3::8e5c client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m96
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta97
ask client_address=198.19.90.180 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m97
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta98
ask client_address=100.91.5.111 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m98
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 10800s
on mta99
ask client_address=2001:db8:f400:8552::3177 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m99
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 10800s
on mta100
ask client_address=100.90.243.244 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m100
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 10800s
on mta101
ask client_address=2001:db8:f400:a0da::62c3 client_name=unknown reverse_client_name= sender=user3@customer.example recipient=friend3@example.org instance=m101
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
count defer_new 99
