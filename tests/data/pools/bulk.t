# A bulk sender's bounce domain: networks and addresses of a mail cloud, names like those of lines.
# Written by pools.py: its retries with source spf, rdns, net.
dns
bounces.shop.example TXT "v=spf1 include:cloudmail.example ~all"
cloudmail.example TXT "v=spf1 ip4:100.110.9.0/24 ip4:100.110.15.0/24 ip4:100.111.240.0/20 ip4:100.112.0.0/20 ip4:100.115.128.0/18 -all"
125.15.110.100.in-addr.arpa PTR a0-220.smtp-out.cloudmail.example
a0-220.smtp-out.cloudmail.example A 100.110.15.125
103.15.110.100.in-addr.arpa PTR a15-205.smtp-out.cloudmail.example
a15-205.smtp-out.cloudmail.example A 100.110.15.103
114.255.111.100.in-addr.arpa PTR a5-85.smtp-out.cloudmail.example
a5-85.smtp-out.cloudmail.example A 100.111.255.114
29.4.112.100.in-addr.arpa PTR a43-143.smtp-out.cloudmail.example
a43-143.smtp-out.cloudmail.example A 100.112.4.29
217.9.110.100.in-addr.arpa PTR a28-178.smtp-out.cloudmail.example
a28-178.smtp-out.cloudmail.example A 100.110.9.217
215.9.110.100.in-addr.arpa PTR a4-114.smtp-out.cloudmail.example
a4-114.smtp-out.cloudmail.example A 100.110.9.215
140.7.112.100.in-addr.arpa PTR a23-143.smtp-out.cloudmail.example
a23-143.smtp-out.cloudmail.example A 100.112.7.140
161.247.111.100.in-addr.arpa PTR a45-5.smtp-out.cloudmail.example
a45-5.smtp-out.cloudmail.example A 100.111.247.161
0.7.112.100.in-addr.arpa PTR a69-129.smtp-out.cloudmail.example
a69-129.smtp-out.cloudmail.example A 100.112.7.0
133.5.112.100.in-addr.arpa PTR a69-229.smtp-out.cloudmail.example
a69-229.smtp-out.cloudmail.example A 100.112.5.133
236.161.115.100.in-addr.arpa PTR a16-236.smtp-out.cloudmail.example
a16-236.smtp-out.cloudmail.example A 100.115.161.236
189.15.110.100.in-addr.arpa PTR a20-20.smtp-out.cloudmail.example
a20-20.smtp-out.cloudmail.example A 100.110.15.189
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
ask client_address=100.110.15.125 client_name=unknown reverse_client_name= sender=user0@bounces.shop.example recipient=friend0@example.org instance=m0
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.110.15.103 client_name=unknown reverse_client_name= sender=user0@bounces.shop.example recipient=friend0@example.org instance=m1
answer DUNNO
advance 2400s
ask client_address=100.111.255.114 client_name=unknown reverse_client_name= sender=user0@bounces.shop.example recipient=friend0@example.org instance=m2
answer DUNNO
advance 2400s
ask client_address=100.112.4.29 client_name=unknown reverse_client_name= sender=user1@bounces.shop.example recipient=friend1@example.org instance=m3
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.110.9.217 client_name=unknown reverse_client_name= sender=user1@bounces.shop.example recipient=friend1@example.org instance=m4
answer DUNNO
advance 2400s
ask client_address=100.110.9.215 client_name=unknown reverse_client_name= sender=user1@bounces.shop.example recipient=friend1@example.org instance=m5
answer DUNNO
advance 2400s
ask client_address=100.112.7.140 client_name=unknown reverse_client_name= sender=user2@bounces.shop.example recipient=friend2@example.org instance=m6
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.111.247.161 client_name=unknown reverse_client_name= sender=user2@bounces.shop.example recipient=friend2@example.org instance=m7
answer DUNNO
advance 2400s
ask client_address=100.112.7.0 client_name=unknown reverse_client_name= sender=user2@bounces.shop.example recipient=friend2@example.org instance=m8
answer DUNNO
advance 2400s
ask client_address=100.112.5.133 client_name=unknown reverse_client_name= sender=user3@bounces.shop.example recipient=friend3@example.org instance=m9
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.115.161.236 client_name=unknown reverse_client_name= sender=user3@bounces.shop.example recipient=friend3@example.org instance=m10
answer DUNNO
advance 2400s
ask client_address=100.110.15.189 client_name=unknown reverse_client_name= sender=user3@bounces.shop.example recipient=friend3@example.org instance=m11
answer DUNNO
count defer_new 4
