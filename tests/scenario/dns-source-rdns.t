# A pool whose machines have names in one domain waits once, though the mail server looks no names up: we do,
# only where it does not tell the reverse name, and a name counts only when it leads back.
dns
5.2.0.192.in-addr.arpa PTR out-a.pool.example.com
out-a.pool.example.com A 192.0.2.5
7.100.51.198.in-addr.arpa PTR out-b.pool.example.com
out-b.pool.example.com A 198.51.100.7
9.113.0.203.in-addr.arpa PTR out-c.pool.example.com
out-c.pool.example.com A 203.0.113.200
66.113.0.203.in-addr.arpa PTR ip-203-0-113-66.pool.example.com
ip-203-0-113-66.pool.example.com A 203.0.113.66
8.100.51.198.in-addr.arpa PTR out-d.pool.example.com
out-d.pool.example.com A 198.51.100.8
.
rules
nospf
report none
greylist 5m
source rdns, net
racl whitelist domain /^out-/
racl greylist default
.
on mta
ask client_address=192.0.2.5 client_name=unknown reverse_client_name=
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
asked 5.2.0.192.in-addr.arpa 1
advance 300s
# Nobody but the DNS has said who this is; the rule about names still sees what the mail server gave.
ask client_address=198.51.100.7 instance=m2
answer DUNNO
log why=retried
# A name that does not lead back is nobody's, and one of an end user's line neither.
ask client_address=203.0.113.9 instance=m3
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=203.0.113.66 sender=c@example.net instance=m4
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
# Where the mail server tells the reverse name it is believed, and nobody is asked.
ask client_address=198.51.100.8 reverse_client_name=out-d.pool.example.com sender=a@example.net instance=m5
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
asked 8.100.51.198.in-addr.arpa 0
# "unknown" is no name: Postfix says so, too, when it looks none up, or could not.
ask client_address=198.51.100.8 reverse_client_name=unknown sender=b@example.net instance=m6
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
asked 8.100.51.198.in-addr.arpa 1
# The milter door is the same memory.
mta m
offer 6
put C [198.51.100.8]\04\0\0198.51.100.8\0
put H client.example\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
log why=known
asked 8.100.51.198.in-addr.arpa 1
