# What is let in is scanned once, whether a rule asks or not, and its headers tell.
spamd
rules
hostname "mx.example.org"
socket "inet:7070"
report none
spamd_headers
spamd_user recipient
racl greylist rcpt grey@example.org
racl blacklist rcpt black@example.org
racl whitelist default
dacl blacklist header "X-Bad: yes"
dacl blacklist spamd > 10 rcpt never@example.org
dacl continue rcpt tag@example.org subjtag "tag "
.
mta a
# add and change headers
offer 6
terms 6 111 87bc0
put C [192.0.2.1]\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L Subject\0hi\0
put E
get h X-Spam-Status\0No, score=1.5\n\ttests=FAKE\0
get c
scanned 1 HEADERS SPAMC/1.5\r\nUser: b@example.org\r\n
# a rule asks, and it is the same scan
put M <a@example.net>\0
put R <never@example.org>\0
get c
put L Subject\0hi\0
put L X-Fake\07.5\0
put E
get h X-Spam-Flag\0YES\0
get h X-Spam-Status\0Yes, score=7.5\n\ttests=FAKE,FAKE_SPAM\0
get m \0\0\0\x01Subject\0[SPAM] hi\0
get c
scanned 2
# a tag stands before the subject that spamd gave
put M <a@example.net>\0
put R <tag@example.org>\0
get c
put L Subject\0hi\0
put L X-Fake\07.5\0
put E
get h X-Spam-Flag\0YES\0
get h X-Spam-Status\0Yes, score=7.5\n\ttests=FAKE,FAKE_SPAM\0
get m \0\0\0\x01Subject\0[SPAM] hi\0
get m \0\0\0\x01Subject\0tag [SPAM] hi\0
get c
# what the sender forged goes, from the last on
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Spam-Flag\0NO\0
put L Subject\0hi\0
put L x-spam-flag\0NO\0
put L X-Spam-Foo\0x\0
put L X-Fake\07.5\0
put E
get m \0\0\0\x02X-Spam-Flag\0\0
get m \0\0\0\x01X-Spam-Foo\0\0
get m \0\0\0\x01X-Spam-Flag\0YES\0
get h X-Spam-Status\0Yes, score=7.5\n\ttests=FAKE,FAKE_SPAM\0
get m \0\0\0\x01Subject\0[SPAM] hi\0
get c
scanned 4
# as many headers as spamd sends back
put M <a@example.net>\0
put R <never@example.org>\0
get c
put L X-Fake\012.0\0
flood 6000 \0\0\0\x31LX-Junk\00123456789012345678901234567890123456789\0
put E
get y 551 5.7.1 Go away!\0
scanned 5
# what is refused, or deferred, is not scanned
put M <a@example.net>\0
put R <grey@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:30:00\0
put R <black@example.org>\0
get y 551 5.7.1 Go away!\0
put A
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Bad\0yes\0
put E
get y 551 5.7.1 Go away!\0
scanned 5
# nobody answers: the forged ones go all the same, and the mail is let in
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Spam-Status\0No\0
put L X-Fake\0garbage\0
put E
get m \0\0\0\x01X-Spam-Status\0\0
get c
count spamd_failed 1
log spamd inet:127.0.0.1:
