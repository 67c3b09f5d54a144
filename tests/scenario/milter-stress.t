# the clause stress at the milter door: so many sessions as the statement says
rules
hostname "mx.example.org"
socket "inet:7070"
report none
stress 3
racl blacklist stress code "550" ecode "5.3.2" msg "busy"
racl whitelist default
.
mta a
offer 6
put C x\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
mta b
offer 6
put C x\04\0\0192.0.2.2\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
mta c
offer 6
put C x\04\0\0192.0.2.3\0
put M <a@example.net>\0
put R <b@example.org>\0
get y 550 5.3.2 busy\0
# one that was calm sees it too
on a
put R <c@example.org>\0
get y 550 5.3.2 busy\0
# and calm comes back when one goes
on b
put Q
end
on a
put R <c@example.org>\0
get c
# never
reload
hostname "mx.example.org"
socket "inet:7070"
report none
stress 0
racl blacklist stress
racl whitelist default
.
mta d
offer 6
put C x\04\0\0192.0.2.4\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
