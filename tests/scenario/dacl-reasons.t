# The header's reasons are those of the last accepted recipient's racl rule, in their order, whatever dacl says; the
# longest wait of all recipients comes before them.
rules
hostname "mx.example.org"
socket "inet:7070"
style milter-greylist
loglevel info
greylist 5m
racl "id" whitelist from one@example.net rcpt b@example.org addr 192.0.2.0/24 domain example
racl whitelist from two@example.net domain example
racl whitelist from three@example.net addr 192.0.2.0/24
racl whitelist from four@example.net rcpt b@example.org
racl "named" whitelist helo "named.example"
racl whitelist not from /@/ not domain other
racl whitelist rcpt told@example.org report "told of %r"
racl whitelist rcpt free@example.org
racl greylist rcpt grey@example.org
racl whitelist default
dacl "d" whitelist header "X-Free" report "never told" addheader "X-Dacl: %a"
dacl "b" blacklist header "X-Bad"
.
mta a
offer 6
put D Cj\0mx.example.org\0v\0Postfix 3.7.11\0
put C mail.example\04\0\0192.0.2.1\0
get c
put H client.example\0
get c
put M <one@example.net>\0
get c
put R <b@example.org>\0
get c
put L X-Free\01\0
get c
put E
get h X-Dacl\0d\0
get h X-Greylist\0Sender DNS name whitelisted, Sender IP whitelisted, Sender e-mail whitelisted, Recipient e-mail whitelisted, not delayed by milter-greylist-4.6.4 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)\0
get c
put M <two@example.net>\0
get c
put R <b@example.org>\0
get c
put E
get h X-Greylist\0Sender DNS name whitelisted, Sender e-mail whitelisted, not delayed by milter-greylist-4.6.4 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)\0
get c
put M <three@example.net>\0
get c
put R <b@example.org>\0
get c
put E
get h X-Greylist\0Sender IP whitelisted, Sender e-mail whitelisted, not delayed by milter-greylist-4.6.4 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)\0
get c
put M <>\0
get c
put R <b@example.org>\0
get c
put E
get h X-Greylist\0Sender DNS name whitelisted, Sender e-mail whitelisted, not delayed by milter-greylist-4.6.4 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)\0
get c
# of several recipients the last accepted one
put M <four@example.net>\0
get c
put R <free@example.org>\0
get c
put R <b@example.org>\0
get c
put R <grey@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
put E
get h X-Greylist\0Sender e-mail whitelisted, Recipient e-mail whitelisted, not delayed by milter-greylist-4.6.4 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)\0
get c
put M <five@example.net>\0
get c
put R <b@example.org>\0
get c
put R <told@example.org>\0
get c
put E
get h X-Greylist\0told of told@example.org\0
get c
# the next message is not told of it
put M <five@example.net>\0
get c
put R <b@example.org>\0
get c
put E
get h X-Greylist\0Default is to whitelist mail, not delayed by milter-greylist-4.6.4 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)\0
get c
# one of them has waited, another one has not
advance 301s
put M <four@example.net>\0
get c
put R <grey@example.org>\0
get c
put R <free@example.org>\0
get c
put E
get h X-Greylist\0Delayed for 00:05:01 by milter-greylist-4.6.4 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 04:02:12 +0000 (UTC)\0
get c
# and the next message has not
put M <four@example.net>\0
get c
put R <grey@example.org>\0
get c
put E
get h X-Greylist\0IP, sender and recipient auto-whitelisted, not delayed by milter-greylist-4.6.4 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 04:02:12 +0000 (UTC)\0
get c
# a rule without a text of its own
put H named.example\0
get c
put M <six@example.net>\0
get c
put R <b@example.org>\0
get c
put E
get h X-Greylist\0ACL named matched, not delayed by milter-greylist-4.6.4 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 04:02:12 +0000 (UTC)\0
get c
# what is said in the log of a refusal at the end
put M <six@example.net>\0
get c
put R <b@example.org>\0
get c
put L X-Bad\01\0
get c
put D Ei\0Q2\0
put E
get y 551 5.7.1 Go away!\0
log Q2: addr mail.example[192.0.2.1] from <six@example.net> blacklisted (ACL b)
put Q
end
