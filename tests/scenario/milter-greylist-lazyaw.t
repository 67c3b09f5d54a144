# With lazyaw one pass is enough for all mail of an address, as long as it is remembered; autowhite 0 remembers none.
rules
hostname "mx.example.org"
socket "inet:7070"
style milter-greylist
loglevel info
report none
lazyaw
greylist 5m
autowhite 1h
racl greylist from forgotten@example.net autowhite 0s
racl greylist default
.
mta a
offer 6
put C mail.example.net\04\0\0192.0.2.1\0
get c
put M <a@example.net>\0
get c
put R <b@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
put A
advance 300s
put M <a@example.net>\0
get c
put R <b@example.org>\0
get c
put A
# others of this address
put M <other@example.com>\0
get c
put D Ri\0Q1\0
put R <c@example.org>\0
get c
log Q1: addr 192.0.2.1 from <other@example.com> rcpt <c@example.org>: autowhitelisted for another 01:00:00
put A
advance 2s
flushed
# a hit begins the time anew
advance 3498s
put M <other@example.com>\0
get c
put R <d@example.org>\0
get c
put A
advance 2s
flushed
advance 3498s
put M <a@example.net>\0
get c
put R <e@example.org>\0
get c
put A
advance 2s
flushed
advance 3599s
put M <a@example.net>\0
get c
put R <b@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
put Q
end
# another address is none of it; and what is not to be remembered is not
mta b
offer 6
put C mail.example.net\04\0\0192.0.2.2\0
get c
put M <forgotten@example.net>\0
get c
put R <b@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
put A
advance 300s
put M <forgotten@example.net>\0
get c
put R <b@example.org>\0
get c
put E
get c
advance 2s
put M <forgotten@example.net>\0
get c
put R <b@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
put Q
end
