# Each kind of look-up is begun ahead, asked once, and known to all recipients of the message, and to the next one.
dns
5.2.0.192.in-addr.arpa PTR out.pool.example
out.pool.example A 192.0.2.5
5.2.0.192.bl.example * NXDOMAIN
5.2.0.192.wl.example A 127.0.0.2
pool.example TXT "v=spf1 ip4:198.51.100.0/24 -all"
pool.example MX 10 mx.pool.example
mx.pool.example A 192.0.2.200
far.example TXT "v=spf1 ip4:192.0.2.0/24 -all"
far.example MX 10 mx.far.example
mx.far.example A 203.0.113.1
.
rules
report none
unbracket
greylist 5m
source spf, rdns, net
localaddr 192.0.2.99
dnsrbl "bl" bl.example 127.0.0.0/8
dnswl "wl" wl.example 127.0.0.2
racl blacklist rdns none
racl blacklist domain unheard.example
racl blacklist sender unresolvable
racl blacklist dnsrbl "bl"
racl blacklist not dnswl "wl"
racl greylist mx /24
racl blacklist not spf self
racl whitelist spf pass
racl blacklist default
.
mta m
offer 6
put C [192.0.2.5]\04\0\0192.0.2.5\0
asked 5.2.0.192.bl.example 1
asked 5.2.0.192.wl.example 1
asked 5.2.0.192.in-addr.arpa 1
asked out.pool.example 1
put H client.example\0
put M <a@pool.example>\0
asked mx.pool.example 1
put R <b@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
put R <c@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
put A
put M <a@far.example>\0
put R <b@example.org>\0
get c
put R <c@example.org>\0
get c
asked 5.2.0.192.bl.example 1
asked 5.2.0.192.wl.example 1
asked 5.2.0.192.in-addr.arpa 1
asked out.pool.example 1
asked mx.pool.example 1
asked mx.far.example 1
put A
advance 300s
put M <a@pool.example>\0
put R <b@example.org>\0
get c
log why=retried
