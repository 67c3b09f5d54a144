# Who sits out a tarpit is known by what SPF says of it, wherever its next mail comes from.
dns
pool.example TXT "v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 -all"
.
rules
nospf
report none
greylist 5m
source spf, net
racl whitelist tarpit 30s
racl greylist default
.
mta a
offer 6
terms 6 100 879f0
put D C{if_addr}\0203.0.113.250\0v\0Postfix 3.7.11\0
put C [192.0.2.1]\04\0\0192.0.2.1\0
put H client.example\0
put M <a@pool.example>\0
put R <b@example.org>\0
advance 30s
get p
get p
get c
put T
get c
put E
get c
put D C{if_addr}\0203.0.113.250\0v\0Postfix 3.7.11\0
put K
put C [198.51.100.7]\04\0\0198.51.100.7\0
put H client.example\0
put M <a@pool.example>\0
put R <b@example.org>\0
get c
log why=known
