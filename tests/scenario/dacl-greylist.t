# dacl greylist: only after a racl whitelist default, where the last RCPT counts even when it was refused; any
# new recipient refuses all, and tuples that are due are let in for good on the way.
rules
hostname "mx.example.org"
socket "inet:7070"
style milter-greylist
loglevel info
greylist 5m
autowhite 1d
racl "friend" whitelist rcpt friend@example.org
racl "refused" blacklist rcpt refused@example.org
racl "set" whitelist rcpt set@example.org
racl "grey" greylist rcpt grey@example.org
racl whitelist default
dacl greylist header "X-Grey" msg "it looks grey"
.
mta a
offer 6
put D Cj\0mx.example.org\0v\0Postfix 3.7.11\0
put C [192.0.2.1]\04\0\0192.0.2.1\0
get c
put H client.example\0
get c
# a default rule let it in: greylisted at its end
put M <a@example.net>\0
get c
put R <b@example.org>\0
get c
put L X-Grey\01\0
get c
put D Ei\0Q1\0
put E
get y 451 4.7.1 it looks grey\0
log Q1: addr [192.0.2.1][192.0.2.1] from <a@example.net> to <b@example.org> delayed for 00:05:00
put A
# without the header it comes in, by the same client, and its tuple is not counted
put M <a@example.net>\0
get c
put R <b@example.org>\0
get c
put L X-White\01\0
get c
put E
get h X-Greylist\0Default is to whitelist mail, not delayed by milter-greylist-4.6.4 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)\0
get c
# another rule let it in: no effect
put M <a@example.net>\0
get c
put R <friend@example.org>\0
get c
put L X-Grey\01\0
get c
put E
get h X-Greylist\0Recipient e-mail whitelisted, not delayed by milter-greylist-4.6.4 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)\0
get c
# the last one decides: first by default, then not
put M <a@example.net>\0
get c
put R <c@example.org>\0
get c
put R <friend@example.org>\0
get c
put L X-Grey\01\0
get c
put E
get h X-Greylist\0Recipient e-mail whitelisted, not delayed by milter-greylist-4.6.4 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)\0
get c
# the other way round: both are greylisted
put M <a@example.net>\0
get c
put R <friend@example.org>\0
get c
put R <c@example.org>\0
get c
put L X-Grey\01\0
get c
put E
get y 451 4.7.1 it looks grey\0
# even when the last one was refused
put M <a@example.net>\0
get c
put R <d@example.org>\0
get c
put R <refused@example.org>\0
get y 551 5.7.1 Go away!\0
put L X-Grey\01\0
get c
put E
get h X-Greylist\0Default is to whitelist mail, not delayed by milter-greylist-4.6.4 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)\0
get c
put M <a@example.net>\0
get c
put R <d@example.org>\0
get c
put R <grey@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
put L X-Grey\01\0
get c
put E
get h X-Greylist\0Default is to whitelist mail, not delayed by milter-greylist-4.6.4 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)\0
get c
# any recipient that is new refuses all; those that are due are known from then on
advance 301s
put M <a@example.net>\0
get c
put R <b@example.org>\0
get c
put R <new@example.org>\0
get c
put L X-Grey\01\0
get c
put E
get y 451 4.7.1 it looks grey\0
put M <a@example.net>\0
get c
put R <b@example.org>\0
get c
put L X-Grey\01\0
get c
put E
get h X-Greylist\0Default is to whitelist mail, not delayed by milter-greylist-4.6.4 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 04:02:12 +0000 (UTC)\0
get c
# for a day
put Q
end
advance 82800s
mta b
offer 6
put D Cj\0mx.example.org\0v\0Postfix 3.7.11\0
put C [192.0.2.1]\04\0\0192.0.2.1\0
get c
put H client.example\0
get c
put M <a@example.net>\0
get c
put R <b@example.org>\0
get c
put L X-Grey\01\0
get c
put E
get h X-Greylist\0Default is to whitelist mail, not delayed by milter-greylist-4.6.4 (mx.example.org [0.0.0.0]); Mon, 23 Nov 2026 03:02:12 +0000 (UTC)\0
get c
# who retried at RCPT is not greylisted again
put M <z@example.net>\0
get c
put R <grey@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
advance 301s
put M <z@example.net>\0
get c
put R <grey@example.org>\0
get c
put L X-Grey\01\0
get c
put E
get h X-Greylist\0Delayed for 00:05:01 by milter-greylist-4.6.4 (mx.example.org [0.0.0.0]); Mon, 23 Nov 2026 03:07:13 +0000 (UTC)\0
get c
put Q
end
