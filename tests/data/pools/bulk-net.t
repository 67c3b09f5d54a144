# A bulk sender's bounce domain: networks and addresses of a mail cloud, names like those of lines.
# Written by pools.py: its retries with source net.
dns
bounces.shop.example TXT "v=spf1 include:cloudmail.example ~all"
cloudmail.example TXT "v=spf1 ip4:100.110.9.0/24 ip4:100.110.15.0/24 ip4:100.111.240.0/20 ip4:100.112.0.0/20 ip4:100.115.128.0/18 -all"
125.15.110.100.in-addr.arpa PTR a0-220.smtp-out.cloudmail.example
a0-220.smtp-out.cloudmail.example A 100.110.15.125
103.15.110.100.in-addr.arpa PTR a15-205.smtp-out.cloudmail.example
a15-205.smtp-out.cloudmail.example A 100.110.15.103
114.255.111.100.in-addr.arpa PTR a5-85.smtp-out.cloudmail.example
a5-85.smtp-out.cloudmail.example A 100.111.255.114
87.165.115.100.in-addr.arpa PTR a40-110.smtp-out.cloudmail.example
a40-110.smtp-out.cloudmail.example A 100.115.165.87
135.172.115.100.in-addr.arpa PTR a50-50.smtp-out.cloudmail.example
a50-50.smtp-out.cloudmail.example A 100.115.172.135
147.1.112.100.in-addr.arpa PTR a35-175.smtp-out.cloudmail.example
a35-175.smtp-out.cloudmail.example A 100.112.1.147
89.190.115.100.in-addr.arpa PTR a18-168.smtp-out.cloudmail.example
a18-168.smtp-out.cloudmail.example A 100.115.190.89
37.139.115.100.in-addr.arpa PTR a9-159.smtp-out.cloudmail.example
a9-159.smtp-out.cloudmail.example A 100.115.139.37
196.14.112.100.in-addr.arpa PTR a81-121.smtp-out.cloudmail.example
a81-121.smtp-out.cloudmail.example A 100.112.14.196
252.3.112.100.in-addr.arpa PTR a89-69.smtp-out.cloudmail.example
a89-69.smtp-out.cloudmail.example A 100.112.3.252
241.9.110.100.in-addr.arpa PTR a80-40.smtp-out.cloudmail.example
a80-40.smtp-out.cloudmail.example A 100.110.9.241
250.15.110.100.in-addr.arpa PTR a73-83.smtp-out.cloudmail.example
a73-83.smtp-out.cloudmail.example A 100.110.15.250
29.4.112.100.in-addr.arpa PTR a43-143.smtp-out.cloudmail.example
a43-143.smtp-out.cloudmail.example A 100.112.4.29
217.9.110.100.in-addr.arpa PTR a28-178.smtp-out.cloudmail.example
a28-178.smtp-out.cloudmail.example A 100.110.9.217
217.173.115.100.in-addr.arpa PTR a2-122.smtp-out.cloudmail.example
a2-122.smtp-out.cloudmail.example A 100.115.173.217
57.10.112.100.in-addr.arpa PTR a54-214.smtp-out.cloudmail.example
a54-214.smtp-out.cloudmail.example A 100.112.10.57
22.134.115.100.in-addr.arpa PTR a29-59.smtp-out.cloudmail.example
a29-59.smtp-out.cloudmail.example A 100.115.134.22
135.15.110.100.in-addr.arpa PTR a25-105.smtp-out.cloudmail.example
a25-105.smtp-out.cloudmail.example A 100.110.15.135
115.10.112.100.in-addr.arpa PTR a50-40.smtp-out.cloudmail.example
a50-40.smtp-out.cloudmail.example A 100.112.10.115
215.9.110.100.in-addr.arpa PTR a4-114.smtp-out.cloudmail.example
a4-114.smtp-out.cloudmail.example A 100.110.9.215
140.7.112.100.in-addr.arpa PTR a23-143.smtp-out.cloudmail.example
a23-143.smtp-out.cloudmail.example A 100.112.7.140
161.247.111.100.in-addr.arpa PTR a45-5.smtp-out.cloudmail.example
a45-5.smtp-out.cloudmail.example A 100.111.247.161
107.15.110.100.in-addr.arpa PTR a61-81.smtp-out.cloudmail.example
a61-81.smtp-out.cloudmail.example A 100.110.15.107
107.4.112.100.in-addr.arpa PTR a0-170.smtp-out.cloudmail.example
a0-170.smtp-out.cloudmail.example A 100.112.4.107
175.243.111.100.in-addr.arpa PTR a10-200.smtp-out.cloudmail.example
a10-200.smtp-out.cloudmail.example A 100.111.243.175
21.15.110.100.in-addr.arpa PTR a56-16.smtp-out.cloudmail.example
a56-16.smtp-out.cloudmail.example A 100.110.15.21
0.7.112.100.in-addr.arpa PTR a69-129.smtp-out.cloudmail.example
a69-129.smtp-out.cloudmail.example A 100.112.7.0
133.5.112.100.in-addr.arpa PTR a69-229.smtp-out.cloudmail.example
a69-229.smtp-out.cloudmail.example A 100.112.5.133
236.161.115.100.in-addr.arpa PTR a16-236.smtp-out.cloudmail.example
a16-236.smtp-out.cloudmail.example A 100.115.161.236
249.9.110.100.in-addr.arpa PTR a38-78.smtp-out.cloudmail.example
a38-78.smtp-out.cloudmail.example A 100.110.9.249
102.168.115.100.in-addr.arpa PTR a34-194.smtp-out.cloudmail.example
a34-194.smtp-out.cloudmail.example A 100.115.168.102
0.190.115.100.in-addr.arpa PTR a46-116.smtp-out.cloudmail.example
a46-116.smtp-out.cloudmail.example A 100.115.190.0
51.167.115.100.in-addr.arpa PTR a59-99.smtp-out.cloudmail.example
a59-99.smtp-out.cloudmail.example A 100.115.167.51
141.245.111.100.in-addr.arpa PTR a7-37.smtp-out.cloudmail.example
a7-37.smtp-out.cloudmail.example A 100.111.245.141
209.252.111.100.in-addr.arpa PTR a69-179.smtp-out.cloudmail.example
a69-179.smtp-out.cloudmail.example A 100.111.252.209
196.9.110.100.in-addr.arpa PTR a32-52.smtp-out.cloudmail.example
a32-52.smtp-out.cloudmail.example A 100.110.9.196
189.15.110.100.in-addr.arpa PTR a20-20.smtp-out.cloudmail.example
a20-20.smtp-out.cloudmail.example A 100.110.15.189
223.15.110.100.in-addr.arpa PTR a54-234.smtp-out.cloudmail.example
a54-234.smtp-out.cloudmail.example A 100.110.15.223
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
ask client_address=100.110.15.125 client_name=unknown reverse_client_name= sender=user0@bounces.shop.example recipient=friend0@example.org instance=m0
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.110.15.103 client_name=unknown reverse_client_name= sender=user0@bounces.shop.example recipient=friend0@example.org instance=m1
answer DUNNO
advance 2400s
ask client_address=100.111.255.114 client_name=unknown reverse_client_name= sender=user0@bounces.shop.example recipient=friend0@example.org instance=m2
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.115.165.87 client_name=unknown reverse_client_name= sender=user0@bounces.shop.example recipient=friend0@example.org instance=m3
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 600s
ask client_address=100.115.172.135 client_name=unknown reverse_client_name= sender=user0@bounces.shop.example recipient=friend0@example.org instance=m4
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 900s
ask client_address=100.112.1.147 client_name=unknown reverse_client_name= sender=user0@bounces.shop.example recipient=friend0@example.org instance=m5
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.115.190.89 client_name=unknown reverse_client_name= sender=user0@bounces.shop.example recipient=friend0@example.org instance=m6
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.115.139.37 client_name=unknown reverse_client_name= sender=user0@bounces.shop.example recipient=friend0@example.org instance=m7
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.112.14.196 client_name=unknown reverse_client_name= sender=user0@bounces.shop.example recipient=friend0@example.org instance=m8
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta9
ask client_address=100.112.3.252 client_name=unknown reverse_client_name= sender=user0@bounces.shop.example recipient=friend0@example.org instance=m9
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta10
ask client_address=100.110.9.241 client_name=unknown reverse_client_name= sender=user0@bounces.shop.example recipient=friend0@example.org instance=m10
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 7200s
on mta11
ask client_address=100.110.15.250 client_name=unknown reverse_client_name= sender=user0@bounces.shop.example recipient=friend0@example.org instance=m11
answer DUNNO
advance 2400s
ask client_address=100.112.4.29 client_name=unknown reverse_client_name= sender=user1@bounces.shop.example recipient=friend1@example.org instance=m12
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.110.9.217 client_name=unknown reverse_client_name= sender=user1@bounces.shop.example recipient=friend1@example.org instance=m13
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 600s
ask client_address=100.115.173.217 client_name=unknown reverse_client_name= sender=user1@bounces.shop.example recipient=friend1@example.org instance=m14
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 900s
ask client_address=100.112.10.57 client_name=unknown reverse_client_name= sender=user1@bounces.shop.example recipient=friend1@example.org instance=m15
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.115.134.22 client_name=unknown reverse_client_name= sender=user1@bounces.shop.example recipient=friend1@example.org instance=m16
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.110.15.135 client_name=unknown reverse_client_name= sender=user1@bounces.shop.example recipient=friend1@example.org instance=m17
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.112.10.115 client_name=unknown reverse_client_name= sender=user1@bounces.shop.example recipient=friend1@example.org instance=m18
answer DUNNO
advance 2400s
ask client_address=100.110.9.215 client_name=unknown reverse_client_name= sender=user1@bounces.shop.example recipient=friend1@example.org instance=m19
answer DUNNO
advance 2400s
ask client_address=100.112.7.140 client_name=unknown reverse_client_name= sender=user2@bounces.shop.example recipient=friend2@example.org instance=m20
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.111.247.161 client_name=unknown reverse_client_name= sender=user2@bounces.shop.example recipient=friend2@example.org instance=m21
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 600s
ask client_address=100.110.15.107 client_name=unknown reverse_client_name= sender=user2@bounces.shop.example recipient=friend2@example.org instance=m22
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 900s
ask client_address=100.112.4.107 client_name=unknown reverse_client_name= sender=user2@bounces.shop.example recipient=friend2@example.org instance=m23
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.111.243.175 client_name=unknown reverse_client_name= sender=user2@bounces.shop.example recipient=friend2@example.org instance=m24
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.110.15.21 client_name=unknown reverse_client_name= sender=user2@bounces.shop.example recipient=friend2@example.org instance=m25
answer DUNNO
advance 2400s
ask client_address=100.112.7.0 client_name=unknown reverse_client_name= sender=user2@bounces.shop.example recipient=friend2@example.org instance=m26
answer DUNNO
advance 2400s
ask client_address=100.112.5.133 client_name=unknown reverse_client_name= sender=user3@bounces.shop.example recipient=friend3@example.org instance=m27
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.115.161.236 client_name=unknown reverse_client_name= sender=user3@bounces.shop.example recipient=friend3@example.org instance=m28
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 600s
ask client_address=100.110.9.249 client_name=unknown reverse_client_name= sender=user3@bounces.shop.example recipient=friend3@example.org instance=m29
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 900s
ask client_address=100.115.168.102 client_name=unknown reverse_client_name= sender=user3@bounces.shop.example recipient=friend3@example.org instance=m30
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.115.190.0 client_name=unknown reverse_client_name= sender=user3@bounces.shop.example recipient=friend3@example.org instance=m31
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.115.167.51 client_name=unknown reverse_client_name= sender=user3@bounces.shop.example recipient=friend3@example.org instance=m32
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 1800s
ask client_address=100.111.245.141 client_name=unknown reverse_client_name= sender=user3@bounces.shop.example recipient=friend3@example.org instance=m33
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta34
ask client_address=100.111.252.209 client_name=unknown reverse_client_name= sender=user3@bounces.shop.example recipient=friend3@example.org instance=m34
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 3600s
on mta35
ask client_address=100.110.9.196 client_name=unknown reverse_client_name= sender=user3@bounces.shop.example recipient=friend3@example.org instance=m35
answer DUNNO
advance 2400s
ask client_address=100.110.15.189 client_name=unknown reverse_client_name= sender=user3@bounces.shop.example recipient=friend3@example.org instance=m36
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.110.15.223 client_name=unknown reverse_client_name= sender=user3@bounces.shop.example recipient=friend3@example.org instance=m37
answer DUNNO
count defer_new 30
