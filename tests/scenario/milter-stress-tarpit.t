# the clause stress at the milter door: three quarters of the answers that may be held are
rules
hostname "mx.example.org"
socket "inet:7070"
tarpit_budget 4
racl whitelist not stress tarpit 25s
racl blacklist default code "550" ecode "5.3.2" msg "busy"
.
mta a
offer 6
put C x\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <b@example.org>\0
silence
mta b
offer 6
put C x\04\0\0198.51.100.2\0
put M <a@example.net>\0
put R <b@example.org>\0
silence
mta c
offer 6
put C x\04\0\0203.0.113.3\0
put M <a@example.net>\0
put R <b@example.org>\0
silence
mta d
offer 6
put C x\04\0\010.0.0.4\0
put M <a@example.net>\0
put R <b@example.org>\0
get y 550 5.3.2 busy\0
# one hangs up
on a
put Q
end
mta e
offer 6
put C x\04\0\010.0.1.4\0
put M <a@example.net>\0
put R <b@example.org>\0
silence
