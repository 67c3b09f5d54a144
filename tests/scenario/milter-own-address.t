# Postfix tells the address that the client came in by in {daemon_addr}; Sendmail in {if_addr}, and in the other what
# it was bound to.
dns
all.example TXT "v=spf1 +all"
mine.example TXT "v=spf1 ip4:192.0.2.1 ip4:203.0.113.99 -all"
.
rules
hostname "mx.example.org"
greylist 5m
racl "open" greylist spf self
racl "pass" whitelist spf pass
racl greylist default
.
mta a
offer 6
terms 6 101 87bf0
put D C{daemon_addr}\0203.0.113.250\0v\0Postfix 3.7.11\0
put C mail.example.net\04\0\0192.0.2.1\0
put M <a@all.example>\0
put R <b@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
log rule=open
# Who has waited finds it in the header.
advance 360s
put M <a@all.example>\0
put R <b@example.org>\0
get c
put E
get h X-Greylist\0Delayed for 00:06:00 by greylag-0.1.0 (mx.example.org [203.0.113.250]); Sun, 22 Nov 2026 04:03:11 +0000 (UTC)\0
get c
# All addresses are none.
mta b
offer 6
terms 6 101 87bf0
put D C{daemon_addr}\00.0.0.0\0v\08.17.1\0
put C mail.example.net\04\0\0192.0.2.1\0
put M <a@all.example>\0
put R <b@example.org>\0
get c
log rule=pass
