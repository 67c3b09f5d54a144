# The worker is to end while look-ups run: a tarpit is not begun any more, and a message that has begun
# gets its 10 s, not longer.
dns
*.slow.example * SILENT
.
rules
nospf
report none
greylist 5m
dns_timeout 2s
dnsrbl "slow" slow.example 127.0.0.0/8
racl blacklist dnsrbl "slow"
racl whitelist from /held/ tarpit 100s
racl whitelist default
.
mta a
offer 6
terms 6 100 879f0
put D Cv\0Postfix 3.7.11\0
put C [192.0.2.1]\04\0\0192.0.2.1\0
put H client.example\0
put M <held@pool.example>\0
put R <b@example.org>\0
mta b
offer 6
terms 6 100 879f0
put D Cv\0Postfix 3.7.11\0
put C [192.0.2.1]\04\0\0192.0.2.1\0
put H client.example\0
put M <a@pool.example>\0
put R <b@example.org>\0
mta c
offer 6
put D Cv\0Postfix 3.7.11\0
put C [192.0.2.1]\04\0\0192.0.2.1\0
put H client.example\0
put M <a@pool.example>\0
put R <b@example.org>\0
on policy
ask
leave
advance 2s
on policy
answer DUNNO
end
on a
get t
advance 1s
on b
get c
# one that sends the next recipient as soon as it may
on c
get c
put R <c@example.org>\0
get c
advance 2s
put R <d@example.org>\0
get c
advance 2s
put R <e@example.org>\0
get c
advance 2s
put R <f@example.org>\0
get c
advance 2s
end
on a
end
on b
end
