# What a sender may write into a record to be let in sooner: each first try is deferred all the same, from each
# network, as with source net; and whatever it is known by, it is known as nobody else.
dns
pool.example TXT "v=spf1 ip4:100.96.0.0/16 -all"
all.example TXT "v=spf1 +all"
zero.example TXT "v=spf1 ip4:0.0.0.0/0 -all"
eighths.example TXT "v=spf1 ip4:96.0.0.0/8 ip4:100.0.0.0/8 ip4:101.0.0.0/8 -all"
halves.example TXT "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all"
many.example TXT "v=spf1 ip4:96.0.0.0/12 ip4:96.16.0.0/12 ip4:96.32.0.0/12 ip4:96.48.0.0/12 ip4:96.64.0.0/12 ip4:96.80.0.0/12 ip4:96.96.0.0/12 ip4:96.112.0.0/12 ip4:96.128.0.0/12 ip4:96.144.0.0/12 ip4:96.160.0.0/12 ip4:96.176.0.0/12 ip4:96.192.0.0/12 ip4:96.208.0.0/12" " ip4:96.224.0.0/12 ip4:96.240.0.0/12 ip4:97.0.0.0/12 ip4:97.16.0.0/12 ip4:97.32.0.0/12 ip4:97.48.0.0/12 ip4:97.64.0.0/12 ip4:97.80.0.0/12 ip4:97.96.0.0/12 ip4:97.112.0.0/12 ip4:97.128.0.0/12 ip4:97.144.0.0/12 ip4:97.160.0.0/12 ip4:97.176.0.0/12 ip4:9" "7.192.0.0/12 ip4:97.208.0.0/12 ip4:97.224.0.0/12 ip4:97.240.0.0/12 ip4:98.0.0.0/12 ip4:98.16.0.0/12 ip4:98.32.0.0/12 ip4:98.48.0.0/12 ip4:98.64.0.0/12 ip4:98.80.0.0/12 ip4:98.96.0.0/12 ip4:98.112.0.0/12 ip4:98.128.0.0/12 ip4:98.144.0.0/12 ip4:98.160." "0.0/12 ip4:98.176.0.0/12 ip4:98.192.0.0/12 ip4:98.208.0.0/12 ip4:98.224.0.0/12 ip4:98.240.0.0/12 ip4:99.0.0.0/12 ip4:99.16.0.0/12 ip4:99.32.0.0/12 ip4:99.48.0.0/12 ip4:99.64.0.0/12 ip4:99.80.0.0/12 ip4:99.96.0.0/12 ip4:99.112.0.0/12 ip4:99.128.0.0/12" " ip4:99.144.0.0/12 ip4:99.160.0.0/12 ip4:99.176.0.0/12 ip4:99.192.0.0/12 ip4:99.208.0.0/12 ip4:99.224.0.0/12 ip4:99.240.0.0/12 ip4:100.0.0.0/12 ip4:100.16.0.0/12 ip4:100.32.0.0/12 ip4:100.48.0.0/12 ip4:100.64.0.0/12 ip4:100.80.0.0/12 ip4:100.96.0.0/1" "2 ip4:100.112.0.0/12 ip4:100.128.0.0/12 ip4:100.144.0.0/12 ip4:100.160.0.0/12 ip4:100.176.0.0/12 ip4:100.192.0.0/12 ip4:100.208.0.0/12 ip4:100.224.0.0/12 ip4:100.240.0.0/12 ip4:101.0.0.0/12 ip4:101.16.0.0/12 ip4:101.32.0.0/12 ip4:101.48.0.0/12 ip4:10" "1.64.0.0/12 ip4:101.80.0.0/12 ip4:101.96.0.0/12 ip4:101.112.0.0/12 ip4:101.128.0.0/12 ip4:101.144.0.0/12 ip4:101.160.0.0/12 ip4:101.176.0.0/12 ip4:101.192.0.0/12 ip4:101.208.0.0/12 ip4:101.224.0.0/12 ip4:101.240.0.0/12 ip4:102.0.0.0/12 ip4:102.16.0.0" "/12 ip4:102.32.0.0/12 ip4:102.48.0.0/12 ip4:102.64.0.0/12 ip4:102.80.0.0/12 ip4:102.96.0.0/12 ip4:102.112.0.0/12 ip4:102.128.0.0/12 ip4:102.144.0.0/12 ip4:102.160.0.0/12 ip4:102.176.0.0/12 ip4:102.192.0.0/12 ip4:102.208.0.0/12 ip4:102.224.0.0/12 ip4:" "102.240.0.0/12 ip4:103.0.0.0/12 ip4:103.16.0.0/12 ip4:103.32.0.0/12 ip4:103.48.0.0/12 ip4:103.64.0.0/12 ip4:103.80.0.0/12 ip4:103.96.0.0/12 ip4:103.112.0.0/12 ip4:103.128.0.0/12 ip4:103.144.0.0/12 ip4:103.160.0.0/12 ip4:103.176.0.0/12 ip4:103.192.0.0" "/12 ip4:103.208.0.0/12 ip4:103.224.0.0/12 ip4:103.240.0.0/12 -all"
parts.example TXT "v=spf1 include:even.parts.example include:odd.parts.example -all"
even.parts.example TXT "v=spf1 ip4:96.0.0.0/12 ip4:96.32.0.0/12 ip4:96.64.0.0/12 ip4:96.96.0.0/12 ip4:96.128.0.0/12 ip4:96.160.0.0/12 ip4:96.192.0.0/12 ip4:96.224.0.0/12 ip4:97.0.0.0/12 ip4:97.32.0.0/12 ip4:97.64.0.0/12 ip4:97.96.0.0/12 ip4:97.128.0.0/12 ip4:97.160.0.0/12 i" "p4:97.192.0.0/12 ip4:97.224.0.0/12 ip4:98.0.0.0/12 ip4:98.32.0.0/12 ip4:98.64.0.0/12 ip4:98.96.0.0/12 ip4:98.128.0.0/12 ip4:98.160.0.0/12 ip4:98.192.0.0/12 ip4:98.224.0.0/12 ip4:99.0.0.0/12 ip4:99.32.0.0/12 ip4:99.64.0.0/12 ip4:99.96.0.0/12 ip4:99.12" "8.0.0/12 ip4:99.160.0.0/12 ip4:99.192.0.0/12 ip4:99.224.0.0/12 ip4:100.0.0.0/12 ip4:100.32.0.0/12 ip4:100.64.0.0/12 ip4:100.96.0.0/12 ip4:100.128.0.0/12 ip4:100.160.0.0/12 ip4:100.192.0.0/12 ip4:100.224.0.0/12 ip4:101.0.0.0/12 ip4:101.32.0.0/12 ip4:1" "01.64.0.0/12 ip4:101.96.0.0/12 ip4:101.128.0.0/12 ip4:101.160.0.0/12 ip4:101.192.0.0/12 ip4:101.224.0.0/12 ip4:102.0.0.0/12 ip4:102.32.0.0/12 ip4:102.64.0.0/12 ip4:102.96.0.0/12 ip4:102.128.0.0/12 ip4:102.160.0.0/12 ip4:102.192.0.0/12 ip4:102.224.0.0" "/12 ip4:103.0.0.0/12 ip4:103.32.0.0/12 ip4:103.64.0.0/12 ip4:103.96.0.0/12 ip4:103.128.0.0/12 ip4:103.160.0.0/12 ip4:103.192.0.0/12 ip4:103.224.0.0/12 -all"
odd.parts.example TXT "v=spf1 ip4:96.16.0.0/12 ip4:96.48.0.0/12 ip4:96.80.0.0/12 ip4:96.112.0.0/12 ip4:96.144.0.0/12 ip4:96.176.0.0/12 ip4:96.208.0.0/12 ip4:96.240.0.0/12 ip4:97.16.0.0/12 ip4:97.48.0.0/12 ip4:97.80.0.0/12 ip4:97.112.0.0/12 ip4:97.144.0.0/12 ip4:97.176.0.0/" "12 ip4:97.208.0.0/12 ip4:97.240.0.0/12 ip4:98.16.0.0/12 ip4:98.48.0.0/12 ip4:98.80.0.0/12 ip4:98.112.0.0/12 ip4:98.144.0.0/12 ip4:98.176.0.0/12 ip4:98.208.0.0/12 ip4:98.240.0.0/12 ip4:99.16.0.0/12 ip4:99.48.0.0/12 ip4:99.80.0.0/12 ip4:99.112.0.0/12 i" "p4:99.144.0.0/12 ip4:99.176.0.0/12 ip4:99.208.0.0/12 ip4:99.240.0.0/12 ip4:100.16.0.0/12 ip4:100.48.0.0/12 ip4:100.80.0.0/12 ip4:100.112.0.0/12 ip4:100.144.0.0/12 ip4:100.176.0.0/12 ip4:100.208.0.0/12 ip4:100.240.0.0/12 ip4:101.16.0.0/12 ip4:101.48.0" ".0/12 ip4:101.80.0.0/12 ip4:101.112.0.0/12 ip4:101.144.0.0/12 ip4:101.176.0.0/12 ip4:101.208.0.0/12 ip4:101.240.0.0/12 ip4:102.16.0.0/12 ip4:102.48.0.0/12 ip4:102.80.0.0/12 ip4:102.112.0.0/12 ip4:102.144.0.0/12 ip4:102.176.0.0/12 ip4:102.208.0.0/12 i" "p4:102.240.0.0/12 ip4:103.16.0.0/12 ip4:103.48.0.0/12 ip4:103.80.0.0/12 ip4:103.112.0.0/12 ip4:103.144.0.0/12 ip4:103.176.0.0/12 ip4:103.208.0.0/12 ip4:103.240.0.0/12 -all"
ptr.example TXT "v=spf1 ptr:bot.example -all"
exists.example TXT "v=spf1 exists:%{i}.exists.example -all"
*.exists.example A 127.0.0.2
aaddr.example TXT "v=spf1 a:%{i}.aaddr.example -all"
100.96.1.1.aaddr.example A 100.96.1.1
100.97.1.1.aaddr.example A 100.97.1.1
100.98.1.1.aaddr.example A 100.98.1.1
inc.example TXT "v=spf1 include:%{i}.inc.example -all"
100.96.1.1.inc.example TXT "v=spf1 ip4:100.96.1.1 -all"
100.97.1.1.inc.example TXT "v=spf1 ip4:100.97.1.1 -all"
100.98.1.1.inc.example TXT "v=spf1 ip4:100.98.1.1 -all"
red.example TXT "v=spf1 redirect=%{ir}.%{v}.red.example"
1.1.96.100.in-addr.red.example TXT "v=spf1 ip4:100.96.1.1 -all"
1.1.97.100.in-addr.red.example TXT "v=spf1 ip4:100.97.1.1 -all"
1.1.98.100.in-addr.red.example TXT "v=spf1 ip4:100.98.1.1 -all"
helo.example TXT "v=spf1 include:%{h}.helo.example -all"
mx.helo.example TXT "v=spf1 ip4:100.96.0.0/14 -all"
widea.example TXT "v=spf1 a:hosts.widea.example/12 -all"
hosts.widea.example A 100.96.0.1
hosts.widea.example A 101.0.0.1
wideinc.example TXT "v=spf1 include:many.example -all"
self.example TXT "v=spf1 ip4:192.0.2.1 ip4:96.0.0.0/6 -all"
tenant.example TXT "v=spf1 redirect=pool.example"
incpool.example TXT "v=spf1 include:pool.example -all"
turns.example TXT TURN 1 "v=spf1 ip4:100.96.1.1 -all"
turns.example TXT TURN 2 "v=spf1 ip4:100.97.1.1 -all"
turns.example TXT TURN 3 "v=spf1 ip4:100.98.1.1 -all"
turns.example TXT TURN 4 "v=spf1 ip4:100.98.1.1 -all"
1.1.96.100.in-addr.arpa PTR a.bot.example
a.bot.example A 100.96.1.1
1.1.97.100.in-addr.arpa PTR b.bot.example
b.bot.example A 100.97.1.1
1.1.98.100.in-addr.arpa PTR mx.pool.example
*.in-addr.arpa * NXDOMAIN
.
rules
nospf
report none
greylist 5m
localaddr 192.0.2.1
source spf, net
racl greylist default
.
on mta
# Records that say nothing of the client: who comes from another network waits anew.
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@all.example instance=h1
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@zero.example instance=h2
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@eighths.example instance=h3
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@halves.example instance=h4
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@many.example instance=h5
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@parts.example instance=h6
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@ptr.example instance=h7
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@exists.example instance=h8
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@aaddr.example instance=h9
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@inc.example instance=h10
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@red.example instance=h11
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@helo.example instance=h12
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@widea.example instance=h13
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@wideinc.example instance=h14
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@self.example instance=h15
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.97.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@all.example instance=h16
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.97.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@zero.example instance=h17
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.97.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@eighths.example instance=h18
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.97.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@halves.example instance=h19
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.97.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@many.example instance=h20
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.97.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@parts.example instance=h21
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.97.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@ptr.example instance=h22
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.97.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@exists.example instance=h23
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.97.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@aaddr.example instance=h24
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.97.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@inc.example instance=h25
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.97.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@red.example instance=h26
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.97.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@helo.example instance=h27
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.97.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@widea.example instance=h28
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.97.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@wideinc.example instance=h29
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.97.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@self.example instance=h30
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
# Who comes from the same has waited.
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@all.example instance=h31
answer DUNNO
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@zero.example instance=h32
answer DUNNO
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@eighths.example instance=h33
answer DUNNO
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@halves.example instance=h34
answer DUNNO
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@many.example instance=h35
answer DUNNO
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@parts.example instance=h36
answer DUNNO
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@ptr.example instance=h37
answer DUNNO
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@exists.example instance=h38
answer DUNNO
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@aaddr.example instance=h39
answer DUNNO
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@inc.example instance=h40
answer DUNNO
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@red.example instance=h41
answer DUNNO
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@helo.example instance=h42
answer DUNNO
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@widea.example instance=h43
answer DUNNO
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@wideinc.example instance=h44
answer DUNNO
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@self.example instance=h45
answer DUNNO
# A record that says whom the domain trusts, be it a tenant of a pool: one wait for each of its tuples, and none
# of the pool's own senders, nor of another tenant's, is known by it.
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@tenant.example instance=h46
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@incpool.example instance=h47
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
advance 300s
ask client_address=100.96.2.2 client_name=unknown reverse_client_name= helo_name=mx sender=a@tenant.example instance=h48
answer DUNNO
ask client_address=100.96.3.3 client_name=unknown reverse_client_name= helo_name=mx sender=a@incpool.example instance=h49
answer DUNNO
ask client_address=100.96.4.4 client_name=unknown reverse_client_name= helo_name=mx sender=b@tenant.example instance=h50
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.96.2.2 client_name=unknown reverse_client_name= helo_name=mx sender=a@pool.example instance=h51
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.96.2.2 client_name=unknown reverse_client_name= helo_name=mx sender=a@pool.example.tenant.example instance=h52
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.96.2.2 client_name=unknown reverse_client_name= helo_name=mx sender=a@spf:pool.example instance=h53
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=100.97.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@tenant.example instance=h54
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
# One that follows its machines, each time another: the domain says that they are its own, so it waits once as an
# honest pool does; no less, and nobody else by it.
ask client_address=100.96.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@turns.example instance=h55
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
flushed
advance 299s
ask client_address=100.97.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@turns.example instance=h56
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:00:01
flushed
advance 1s
ask client_address=100.98.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=a@turns.example instance=h57
answer DUNNO
flushed
ask client_address=100.98.1.1 client_name=unknown reverse_client_name= helo_name=mx sender=b@turns.example instance=h58
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
