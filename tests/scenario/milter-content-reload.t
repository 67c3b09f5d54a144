# Another configuration comes, which wants to see more of the messages than the MTA was asked for, or
# than was kept: rules do not take what they can't see for an empty mail.
rules
report none
socket "inet:7070"
racl whitelist default
.
mta a
offer 6
put C [192.0.2.1]\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
reload
report none
socket "inet:7070"
racl whitelist default
dacl blacklist not header "X-Good" msg "no good header"
.
put E
get c
# the connection's terms stay as they were
put M <a@example.net>\0
put R <b@example.org>\0
get c
put E
get c
put Q
end
mta b
offer 6
put C [192.0.2.1]\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Bad\0yes\0
put E
get y 551 5.7.1 no good header\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Bad\0yes\0
reload
report none
socket "inet:7070"
racl whitelist default
dacl blacklist not body "good" msg "no good body"
dacl blacklist not header "X-Good" msg "no good header"
.
put B a good body\r\n
put E
get c
put Q
end
mta c
offer 6
put C [192.0.2.1]\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Good\0yes\0
put B a body\r\n
put E
get y 551 5.7.1 no good body\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Good\0yes\0
put B a good body\r\n
put E
get c
# less is wanted from now on
put M <a@example.net>\0
put R <b@example.org>\0
get c
reload
report none
socket "inet:7070"
racl whitelist default
dacl blacklist body "bad" msg "a bad body"
.
put L X-Good\0yes\0
put B a bad body\r\n
put E
get y 551 5.7.1 a bad body\0
# the first of the Authentication-Results was not looked at, so none is counted
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L Authentication-Results\0other.example; dkim=pass\0
reload
report none
nospf
hostname "mx.example.org"
socket "inet:7070"
authentication_results
racl whitelist default
.
put L Authentication-Results\0mx.example.org; dkim=pass\0
put B x\r\n
put E
get c
put Q
end
