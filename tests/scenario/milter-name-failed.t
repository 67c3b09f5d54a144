# The mail server's look-up of the name has failed: that is no word on the name. Ours is asked, and who has none may
# be told by it alone.
dns
5.2.0.192.in-addr.arpa PTR out.pool.example
out.pool.example A 192.0.2.5
6.2.0.192.in-addr.arpa * NXDOMAIN
7.2.0.192.in-addr.arpa * SILENT
8.2.0.192.in-addr.arpa PTR out.pool.example
.
rules
nospf
report none
greylist 5m
dns_timeout 3s
racl blacklist rdns none msg "no name"
racl blacklist rdns unconfirmed msg "not your name"
racl whitelist rdns confirmed
racl greylist default
.
mta good
offer 6
put D C{client_ptr}\0unknown\0{client_resolve}\0TEMP\0
put C [192.0.2.5]\04\0\0192.0.2.5\0
put M <a@pool.example>\0
put R <b@example.org>\0
get c
put Q
end
mta forward
offer 6
put D C_\0out.pool.example [192.0.2.5] (may be forged)\0{client_ptr}\0out.pool.example\0{client_resolve}\0TEMP\0
put C [192.0.2.5]\04\0\0192.0.2.5\0
put M <a@pool.example>\0
put R <b@example.org>\0
get c
put Q
end
mta none
offer 6
put D C{client_ptr}\0unknown\0{client_resolve}\0TEMP\0
put C [192.0.2.6]\04\0\0192.0.2.6\0
put M <a@pool.example>\0
put R <b@example.org>\0
get y 551 5.7.1 no name\0
put Q
end
mta silent
offer 6
put D C{client_ptr}\0unknown\0{client_resolve}\0TEMP\0
put C [192.0.2.7]\04\0\0192.0.2.7\0
put M <a@pool.example>\0
put R <b@example.org>\0
silence
advance 3s
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
put Q
end
# What it has found counts without asking.
mta sure
offer 6
put D C{client_ptr}\0unknown\0{client_resolve}\0FAIL\0
put C [192.0.2.5]\04\0\0192.0.2.5\0
put M <a@pool.example>\0
put R <b@example.org>\0
get y 551 5.7.1 no name\0
put Q
end
mta forged
offer 6
put D C{client_ptr}\0mx.else.example\0{client_resolve}\0FORGED\0
put C [192.0.2.5]\04\0\0192.0.2.5\0
put M <a@pool.example>\0
put R <b@example.org>\0
get y 551 5.7.1 not your name\0
put Q
end
