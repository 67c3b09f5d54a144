# An exemption is one for the whole message: rules at its end are not asked either.
dns
good.example TXT "v=spf1 ip4:192.0.2.0/28 -all"
.
rules
hostname "mx.example.org"
greylist 5m
racl blacklist default msg "no"
dacl blacklist default msg "not this"
.
mta a
offer 6
terms 6 101 87bf0
put C [192.0.2.1]\04\0\0192.0.2.1\0
put H client.example\0
put M <a@good.example>\0
put R <b@example.org>\0
get c
put R <c@example.org>\0
get c
put E
get h X-Greylist\0Sender passed SPF test, not delayed by greylag-0.1.0 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)\0
get c
put M <a@example.net>\0
put R <b@example.org>\0
get y 551 5.7.1 no\0
