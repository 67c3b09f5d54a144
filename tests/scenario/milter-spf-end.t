# Who is judged at the end of the message is known by what SPF says, too.
dns
pool.example TXT "v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 -all"
*.silent.example TXT SILENT
silent.example TXT SILENT
.
rules
nospf
report none
greylist 5m
dns_timeout 3s
source spf, net
racl blacklist from /@silent/ spf pass
racl whitelist default
dacl greylist default
.
mta a
offer 6
terms 6 100 87bf0
put C [192.0.2.1]\04\0\0192.0.2.1\0
put H client.example\0
put M <a@pool.example>\0
put R <b@example.org>\0
get c
put R <c@example.org>\0
get c
put E
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
advance 300s
put K
put C [198.51.100.7]\04\0\0198.51.100.7\0
put H client.example\0
put M <a@pool.example>\0
put R <b@example.org>\0
get c
put E
get c
# A name server that says nothing is waited for once a message.
put M <a@silent.example>\0
put R <b@example.org>\0
silence
advance 3s
get c
put R <c@example.org>\0
get c
put R <d@example.org>\0
get c
put E
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
put M <a@silent.example>\0
put R <b@example.org>\0
silence
advance 3s
get c
