# page 2's two lines behind Postfix: held by progress packets; who stays is let in, from then on at
# once; who hangs up is greylisted.
rules
hostname "mx.example.org"
socket "inet:7070"
greylist 5m
racl whitelist tarpit 25s
racl greylist default
tarpit_budget 1
.
mta a
offer 6
terms 6 101 879f0
put D Cv\0Postfix 3.7.11\0
put C [192.0.2.1]\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <b@example.org>\0
silence
log do=hold why=new rule=4 hold=25
advance 9s
silence
advance 1s
get p
advance 10s
get p
advance 4900ms
silence
# the budget has one place
mta b
offer 6
put D Cv\0Postfix 3.7.11\0
put C [198.51.100.9]\04\0\0198.51.100.9\0
put M <x@example.net>\0
put R <b@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
on a
advance 100ms
get c
# the next recipient is the proof for the first, and shares the wait
put R <c@example.org>\0
get c
log why=stayed
put T
get c
put E
get h X-Greylist\0Message whitelisted by tarpit 25s, not delayed by greylag-0.1.0 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 03:57:36 +0000 (UTC)\0
get c
put Q
end
mta a2
offer 6
put D Cv\0Postfix 3.7.11\0
put C [192.0.2.1]\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
put R <c@example.org>\0
get c
put T
get c
put Q
# the client is gone: Postfix says so only when it was answered, or closes
mta c
offer 6
put D Cv\0Postfix 3.7.11\0
put C [203.0.113.7]\04\0\0203.0.113.7\0
put M <a@example.net>\0
put R <b@example.org>\0
silence
advance 3s
gone
mta d
offer 6
put D Cv\0Postfix 3.7.11\0
put C [203.0.113.7]\04\0\0203.0.113.7\0
put M <a@example.net>\0
put R <b@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:04:57\0
# a hold that is given up gives its place back
mta e
offer 6
put D Cv\0Postfix 3.7.11\0
put C [203.0.114.7]\04\0\0203.0.114.7\0
put M <a@example.net>\0
put R <b@example.org>\0
silence
put A
put M <a@example.net>\0
put R <b@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
mta f
offer 6
put D Cv\0Postfix 3.7.11\0
put C [203.0.115.7]\04\0\0203.0.115.7\0
put M <a@example.net>\0
put R <b@example.org>\0
silence
# the daemon is to end: nobody is kept waiting for a tarpit
leave
get t
advance 11s
end
