# flushaddr at the end of a message, and without a memory.
rules
socket "inet:7070"
report none
greylist 5m
racl greylist rcpt grey@example.org
racl whitelist default
dacl blacklist from /spam/ flushaddr
.
mta a
offer 6
terms 6 100 87bf0
put C client.example\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <grey@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
advance 301s
put M <a@example.net>\0
put R <grey@example.org>\0
get c
put E
get c
put M <spam@example.net>\0
put R <b@example.org>\0
get c
put E
get y 551 5.7.1 Go away!\0
log (unknown id): addr 192.0.2.1 flushed, removed 1 grey and autowhite (ACL 6)
put M <a@example.net>\0
put R <grey@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
put Q
end
