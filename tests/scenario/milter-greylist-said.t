# The lines of the log that milter-greylist writes where one look at the rule is not enough.
dns
good.example TXT "v=spf1 ip4:192.0.2.0/28 -all"
.
rules
hostname "mx.example.org"
socket "inet:7070"
style milter-greylist
loglevel debug
report none
delayedreject
greylist 5m
geoip2db "tests/data/geo/countries.mmdb"
sm_macro "odd" "{odd}" "yes"
racl "macro" whitelist sm_macro "odd"
racl "place" whitelist geoip "JP" helo "japan"
racl "not" whitelist not sm_macro "odd" not geoip "CH" not spf pass from spf@example.net
racl "white" whitelist rcpt friend@example.org
racl "grey" greylist default
dacl "some" whitelist header "X-Friend" rcpt friend@example.org
.
mta a
offer 6
put C mail.example.net\04\0\0192.0.2.1\0
get c
put H japan\0
get c
put M <a@example.net>\0
get c
put D R{odd}\0yes\0
put R <b@example.org>\0
get c
log (unknown id): skipping greylist because macro rule is satisfied, (from=<a@example.net>, rcpt=<b@example.org>, addr=mail.example.net[192.0.2.1]) ACL macro
put D Ri\0Q1\0
put R <b@example.org>\0
get c
log Q1: skipping greylist because geoip ccode JP is whitelisted, (from=<a@example.net>, rcpt=<b@example.org>, addr=mail.example.net[192.0.2.1]) ACL place
put A
put H client.example\0
get c
put M <spf@example.net>\0
get c
put R <b@example.org>\0
get c
log skipping greylist because sender <spf@example.net> is whitelisted, macro rule is not satisfied, geoip ccode JP is not whitelisted, sender is not SPF-compliant, (from=
put A
# whom a rule of the end lets in
put M <a@example.net>\0
get c
put R <friend@example.org>\0
get c
put R <friend@example.org>\0
get c
put L X-Friend\01\0
get c
put E
get c
log skipping greylist because at least one recipient is whitelisted, (from=<a@example.net>, rcpt=<>, addr=mail.example.net[192.0.2.1]) ACL some
# a null sender has as many lines as recipients
put M <>\0
get c
put R <c@example.org>\0
get c
put R <d@example.org>\0
get c
put D Ei\0Q2\0
put E
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
log Q2: addr mail.example.net[192.0.2.1] from <> to <c@example.org> delayed after DATA phase for 00:05:00 (ACL )\nQ2: addr mail.example.net[192.0.2.1] from <> to <d@example.org> delayed after DATA phase for 00:05:00 (ACL )\n
put Q
end
# an exemption is said once a message
reload
hostname "mx.example.org"
socket "inet:7070"
style milter-greylist
loglevel info
racl blacklist default
.
mta b
offer 6
put C mail.example.net\04\0\0192.0.2.1\0
get c
put M <a@good.example>\0
get c
put D Ri\0Q3\0
put R <b@example.org>\0
get c
log Q3: Sender IP 192.0.2.1 and address <a@good.example> are SPF-compliant, bypassing greylist
put R <c@example.org>\0
get c
no-log SPF-compliant
put Q
end
# at this level, also who is exempt for another reason
reload
hostname "mx.example.org"
socket "inet:7070"
style milter-greylist
report none
racl blacklist default
.
mta d
offer 6
put C mail.example.net\04\0\0192.0.2.1\0
get c
put D M{auth_authen}\0rin\n\0
put M <a@example.net>\0
get c
put R <b@example.org>\0
get c
log User rin\\x0a authenticated, bypassing greylisting
put R <c@example.org>\0
get c
no-log authenticated
put A
put D M{verify}\0OK\0{cert_subject}\0/CN=x\0
put M <a@example.net>\0
get c
put R <b@example.org>\0
get c
log STARTTLS succeeded for DN="/CN=x", bypassing greylisting
put A
put M <a@example.net>\0
get c
put D R{greylist}\0OK\0
put R <b@example.org>\0
get c
log whitelisted by {greylist}
put Q
end
