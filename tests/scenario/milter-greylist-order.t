# The changes of a message in milter-greylist's order.
rules
hostname "mx.example.org"
socket "inet:7070"
style milter-greylist
greylist 5m
racl whitelist default addheader "X-Racl: %r"
dacl whitelist header "Subject" addheader "X-Dacl: %f" addfooter "-- \\nseen" subjtag "[seen] "
.
mta a
offer 6
terms 6 113 b40
put D Cj\0mx.example.net\0
put C mail.example.net\04\0\0192.0.2.1\0
get c
put H mail.example.net\0
get c
put M <a@example.net>\0
get c
put R <b@example.org>\0
get c
put L Subject\0hi\0
get c
put N
get c
put B hello\r\n
get c
put E
get h X-Dacl\0a@example.net\0
get b hello\r\n-- \r\nseen\r\n
get m \0\0\0\x01Subject\0[seen] hi\0
get h X-Greylist\0Default is to whitelist mail, not delayed by milter-greylist-4.6.4 (mx.example.net [0.0.0.0]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)\0
get h X-Racl\0b@example.org\0
get c
put Q
end
