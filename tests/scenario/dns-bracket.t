# Without unbracket the name is what the mail server gave, whatever the DNS says of the address.
dns
5.2.0.192.in-addr.arpa PTR mx.good.example
mx.good.example A 192.0.2.5
.
rules
nospf
report none
racl whitelist domain good.example
racl blacklist domain /^\\[.*\\]$/ msg "no name"
racl greylist default
.
on mta
ask client_address=192.0.2.5 client_name=unknown reverse_client_name=unknown
answer 551 5.7.1 no name
ask reverse_client_name= instance=m1
answer 551 5.7.1 no name
mta m
offer 6
put C [192.0.2.5]\04\0\0192.0.2.5\0
put H client.example\0
put M <a@pool.example>\0
put R <b@example.org>\0
get y 551 5.7.1 no name\0
asked 5.2.0.192.in-addr.arpa 0
