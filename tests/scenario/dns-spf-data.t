# The mail server asks at DATA by the policy protocol: its one recipient's tuple is that of the pool.
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
on mta
ask client_address=192.0.2.1 sender=a@pool.example
answer SLEEP 30
advance 30s
ask protocol_state=DATA
answer DUNNO
log why=stayed
ask client_address=198.51.100.7 instance=m2 protocol_state=RCPT
answer DUNNO
log why=known
