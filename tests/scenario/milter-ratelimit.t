# Rate limits at the milter door, at RCPT and at the end of the message.
rules
socket "inet:7070"
report none
ratelimit "rcpt" rcpt 5 / 1m
ratelimit "session" session 1 / 1m
ratelimit "octets" data 100 / 5s
racl continue ratelimit "session" log "session %i"
racl whitelist default
dacl blacklist ratelimit "rcpt" msg "recipients"
dacl blacklist ratelimit "octets" msg "octets"
.
mta a
offer 6
terms 6 100 87bc0
put C client.example\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
put R <c@example.org>\0
get c
put B 1234567890123456789012345678901234567890
put E
get c
put M <a@example.net>\0
put R <b@example.org>\0
get c
put R <c@example.org>\0
get c
put B 1234567890123456789012345678901234567890
put E
get c
# 4 recipients, 84 octets
put M <a@example.net>\0
put R <b@example.org>\0
get c
put B 1234567890123456789012345678901234567890
put E
get y 551 5.7.1 octets\0
log class octets: 126, limit is 100 octets / 5 sec
no-log session 192.0.2.1
advance 5s
put M <a@example.net>\0
put R <b@example.org>\0
get c
put E
get y 551 5.7.1 recipients\0
log class rcpt: 6, limit is 5 recipients
# another session of the client
put Q
end
mta b
offer 6
terms 6 100 87bc0
put C client.example\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
log session 192.0.2.1
put Q
end
