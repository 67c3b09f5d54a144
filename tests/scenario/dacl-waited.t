# Who has waited because of a dacl rule is told so in the log and in the header.
rules
hostname "mx.example.org"
socket "inet:7070"
greylist 5m
nospf
racl whitelist default
dacl "grey" greylist header "X-Grey: 1"
.
mta a
offer 6
put C mail.example.net\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Grey\01\0
put E
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
log do=defer why=new rule=grey wait=300
advance 301s
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Grey\01\0
put E
get h X-Greylist\0Delayed for 00:05:01 by greylag-0.1.0 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 04:02:12 +0000 (UTC)\0
get c
log do=pass why=retried rule=grey waited=301
# The next one has not.
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Grey\01\0
put E
get h X-Greylist\0Default is to whitelist mail, not delayed by greylag-0.1.0 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 04:02:12 +0000 (UTC)\0
get c
put Q
end
