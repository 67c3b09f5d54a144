# When and with what milter-greylist adds its header; and its text without a time.
rules
hostname "mx.example.org"
socket "inet:7070"
style milter-greylist
greylist 5m
quiet
report delays
racl whitelist rcpt friend@example.org
racl greylist default
.
mta a
offer 6
put C mail.example.net\04\0\0192.0.2.1\0
get c
put M <a@example.net>\0
get c
put R <b@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back later\0
put A
put M <a@example.net>\0
get c
put R <friend@example.org>\0
get c
put E
get c
advance 301s
put M <a@example.net>\0
get c
put R <b@example.org>\0
get c
put R <friend@example.org>\0
get c
put E
get h X-Greylist\0Delayed for 00:05:01 by milter-greylist-4.6.4 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 04:02:12 +0000 (UTC)\0
get c
# known from now on
put M <A@example.net>\0
get c
put R <B@example.org>\0
get c
put E
get c
put Q
end
reload
hostname "mx.example.org"
socket "inet:7070"
style milter-greylist
greylist 5m
report nodelays
localaddr 192.0.2.99
racl whitelist rcpt friend@example.org
racl whitelist rcpt told@example.org report "%r waited %E"
racl greylist default
.
mta b
offer 6
put C mail.example.net\04\0\0192.0.2.2\0
get c
put M <a@example.net>\0
get c
put R <b@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
put A
advance 301s
put M <a@example.net>\0
get c
put R <b@example.org>\0
get c
put E
get c
put M <a@example.net>\0
get c
put R <told@example.org>\0
get c
put E
get h X-Greylist\0told@example.org waited 00:00:00\0
get c
# who comes by no internet address
put K
put C localhost\0L\0\0/run/x\0
get c
put M <a@example.net>\0
get c
put R <b@example.org>\0
get c
put E
get h X-Greylist\0Message not sent from an IPv4 neither IPv6 address, not delayed by milter-greylist-4.6.4 (mx.example.org [192.0.2.99]); Sun, 22 Nov 2026 04:07:13 +0000 (UTC)\0
get c
put Q
end
reload
hostname "mx.example.org"
socket "inet:7070"
style milter-greylist
report none
racl whitelist default
.
mta c
offer 6
terms 6 100 b70
put C mail.example.net\04\0\0192.0.2.3\0
get c
put M <a@example.net>\0
get c
put R <b@example.org>\0
get c
put E
get c
put Q
end
