# Sendmail takes progress packets at the end of a message only: there the rest of the wait is held.
rules
hostname "mx.example.org"
socket "inet:7070"
greylist 5m
racl whitelist tarpit 25s
racl greylist default
.
mta a
offer 6
put D Cv\08.17.1\0
put C [192.0.2.1]\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <b@example.org>\0
advance 7900ms
silence
advance 100ms
get c
put R <c@example.org>\0
get c
put T
get c
no-log why=stayed to=<b
put E
silence
advance 5s
get p
advance 5s
get p
advance 5s
get p
advance 2s
get h X-Greylist\0Message whitelisted by tarpit 25s, not delayed by greylag-0.1.0 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 03:57:19 +0000 (UTC)\0
get c
log to=<c@example.org>
put M <a@example.net>\0
put R <b@example.org>\0
get c
put R <c@example.org>\0
get c
put A
# who leaves before the end is greylisted from then on
put K
put D Cv\08.17.1\0
put C [198.51.100.1]\04\0\0198.51.100.1\0
put M <a@example.net>\0
put R <b@example.org>\0
advance 8s
get c
put T
get c
put E
advance 3s
gone
mta b
offer 6
put C [198.51.100.1]\04\0\0198.51.100.1\0
put M <a@example.net>\0
put R <b@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:04:49\0
put Q
end
