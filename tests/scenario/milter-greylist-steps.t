# In milter-greylist's place each command is answered, also by an MTA that sends what nobody asked for.
rules
hostname "mx.example.org"
socket "inet:7070"
style milter-greylist
greylist 5m
racl whitelist rcpt friend@example.org
racl greylist default
.
# version 6, nothing of the message wanted
mta a
offer 6
terms 6 101 b70
put D Cj\0mx.example.net\0
put C mail.example.net\04\0\0192.0.2.1\0
get c
put D H
put H mail.example.net\0
get c
put D M{auth_type}\0\0
put M <a@example.net>\0SIZE=10\0
get c
put D R{rcpt_mailer}\0local\0
put R <b@example.org>\0NOTIFY=NEVER\0
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
put R <friend@example.org>\0
get c
put U XYZZY\0
get c
put D Ti\0Q1\0
put T
get c
put D Li\0Q1\0
put L Subject\0hi\0
get c
put D Ni\0Q1\0
put N
get c
put D Bi\0Q1\0
put B hello\r\n
get c
put D Ei\0Q1\0
put E
get h X-Greylist\0Recipient e-mail whitelisted, not delayed by milter-greylist-4.6.4 (mx.example.net [0.0.0.0]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)\0
get c
put A
put Q
end
# Postfix set to version 2 offers all the same
mta b
offer 2
terms 2 1 70
put C mail.example.net\04\0\0192.0.2.1\0
get c
put H mail.example.net\0
get c
put M <a@example.net>\0
get c
put R <friend@example.org>\0
get c
put L Subject\0hi\0
get c
put N
get c
put B hello\r\n
get c
put E
get h X-Greylist\0Recipient e-mail whitelisted, not delayed by milter-greylist-4.6.4 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)\0
get c
put Q
end
# a message that rules look into
reload
hostname "mx.example.org"
socket "inet:7070"
style milter-greylist
greylist 5m
racl whitelist default
dacl blacklist body "bad"
.
mta c
offer 6
terms 6 101 b60
put C mail.example.net\04\0\0192.0.2.1\0
get c
put H mail.example.net\0
get c
put M <a@example.net>\0
get c
put R <b@example.org>\0
get c
put T
get c
put L Subject\0hi\0
get c
put L To\0b\0
get c
put N
get c
put B good\r\n
get c
put B bad\r\n
get c
put E
get y 551 5.7.1 Go away!\0
put Q
end
# and is sent on to the end of the body, whatever is kept of it
reload
hostname "mx.example.org"
socket "inet:7070"
style milter-greylist
report none
racl whitelist default maxpeek 10
dacl blacklist body "bad"
.
mta d
offer 6
terms 6 100 b60
put C mail.example.net\04\0\0192.0.2.1\0
get c
put M <a@example.net>\0
get c
put R <b@example.org>\0
get c
put B 0123456789 bad\r\n
get c
put B bad\r\n
get c
put E
get c
put Q
end
