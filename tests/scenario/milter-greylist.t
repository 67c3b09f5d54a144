# Greylisting behind Postfix: deferred, too early, let in with the header, known; and refused for good.
rules
hostname "mx.example.org"
socket "inet:7070"
style milter-greylist
loglevel info
greylist 5m
racl "no" blacklist helo "bad" code "554" ecode "5.7.2" msg "100% no, %h"
racl greylist default
.
mta a
offer 6
terms 6 101 b70
put D Cj\0mx.example.net\0v\0Postfix 3.7.11\0_\0unknown [192.0.2.1]\0
put C [192.0.2.1]\04\x12\x67192.0.2.1\0
get c
put H client.example\0
get c
put M <a@example.net>\0SIZE=10\0
get c
put R <b@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
log (unknown id): addr [192.0.2.1][192.0.2.1] from <a@example.net> to <b@example.org> delayed for 00:05:00 (ACL 7)
put A
advance 100s
put D Ri\0Q1\0
put M <a@example.net>\0
get c
put D Ri\0Q1\0
put R <b@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:03:20\0
log Q1: addr [192.0.2.1][192.0.2.1] from <a@example.net>
put A
put Q
end
advance 200s
mta b
offer 6
put D Cj\0mx.example.net\0v\0Postfix 3.7.11\0_\0unknown [192.0.2.1]\0
put C [192.0.2.1]\04\x12\x67192.0.2.1\0
get c
put H client.example\0
get c
put M <a@example.net>\0
get c
put R <b@example.org>\0
get c
put E
get h X-Greylist\0Delayed for 00:05:00 by milter-greylist-4.6.4 (mx.example.net [0.0.0.0]); Sun, 22 Nov 2026 04:02:11 +0000 (UTC)\0
get c
# the second message of the connection: the tuple is known
put M <a@example.net>\0
get c
put R <b@example.org>\0
get c
put E
get h X-Greylist\0IP, sender and recipient auto-whitelisted, not delayed by milter-greylist-4.6.4 (mx.example.net [0.0.0.0]); Sun, 22 Nov 2026 04:02:11 +0000 (UTC)\0
get c
put A
put H bad\0
get c
put M <a@example.net>\0
get c
put R <b@example.org>\0
get y 554 5.7.2 100%% no, bad\0
put A
put A
put Q
end
