# One scan a message tells its score and spamd's verdict to all rules, and to texts.
spamd
rules
hostname "mx.example.org"
socket "inet:7070"
report none
maxpeek 2k
racl whitelist rcpt short@example.org maxpeek 60
racl whitelist rcpt stump@example.org maxpeek 20
racl whitelist rcpt large@example.org maxpeek 40k
racl greylist rcpt grey@example.org
racl whitelist default
dacl blacklist spamd >= 10 msg "score %Hs"
dacl greylist spamd > 5 delay 5m msg "%Hs: come back"
dacl blacklist spamd msg "spam, and no more than 5"
dacl continue spamd > 2 addheader "X-Score: %Hs"
.
mta a
# add headers
offer 6
terms 6 101 7fc0
put C client.example.net\04\0\0192.0.2.1\0
put H client (odd) <name>\0
put D Mi\04A7\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L Subject\0hi\0
put L X-Spam-Foo\0of the sender\0
put L X-Long\0one\n two\0
put B hello\r\n
get c
put E
get c
scanned 1 SYMBOLS SPAMC/1.5\r\nContent-length: 
scanned 1 \r\n\r\nReceived: from client__odd___name_ (client.example.net [192.0.2.1])\r\n\tby mx.example.org (greylag 0.1.0) with ESMTP id 4A7\r\n\tfor <b@example.org>; Sun, 22 Nov 2026 03:57:11 +0000\r\n\t(envelope-from <a@example.net>)\r\nSubject: hi\r\nX-Long: one\r\n two\r\n\r\nhello\r\n
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\012.3\0
put E
get y 551 5.7.1 score 12.3\0
scanned 2
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\05.1\0
put E
get y 451 4.7.1 5.1: come back\0
scanned 3
# exactly 5 is not more than 5; and spamd itself calls it spam
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\05.0\0
put E
get y 551 5.7.1 spam, and no more than 5\0
scanned 4
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\04.9\0
put E
get h X-Score\04.9\0
get c
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\0-3.2\0
put E
get c
# several recipients are not told
put M <a@example.net>\0
put R <b@example.org>\0
get c
put R <c@example.org>\0
get c
put E
get c
scanned 7 \r\n\tby mx.example.org (greylag 0.1.0) with ESMTP;\r\n\tSun, 
# a recipient that has to come back is no message yet
put M <a@example.net>\0
put R <grey@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:30:00\0
put A
# who waited is let in
advance 300s
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\05.1\0
put E
get c
# what is kept is what is sent
put M <a@example.net>\0
put R <short@example.org>\0
get c
put L X-Fake\01.0\0
put B 0123456789012345678901234567890123456789012345678901234567890123456789
get s
put E
get c
scanned 9 \r\nX-Fake: 1.0\r\n\r\n01234567890123456789012345678901234567890123456
# and a mail of which no body is kept is not scanned
put M <a@example.net>\0
put R <stump@example.org>\0
get c
put L X-Fake\012.0\0
put L X-Long\00123456789\0
put B hello\r\n
get s
put E
get c
scanned 9
log spamd=5.1 client=
no-log spamd=12.0
# unless its headers are of a length that nobody needs
put M <a@example.net>\0
put R <large@example.org>\0
get c
put L X-Fake\012.0\0
flood 1000 \0\0\0\x31LX-Junk\00123456789012345678901234567890123456789\0
put B hello\r\n
get s
put E
get y 551 5.7.1 score 12\0
scanned 10
# the client without a name, and by IPv6
mta b
offer 6
terms 6 101 7fc0
put C [IPv6:2001:db8::1]\06\0\0IPv6:2001:db8::1\0
put M <>\0
put R <b@example.org>\0
get c
put E
get c
scanned 11 \r\nReceived: from unknown ([IPv6:2001:db8::1])\r\n
scanned 11 \r\n\t(envelope-from <>)\r\n
count spamd_scans 11
count spamd_failed 0
