# An early retry of what a scan made wait is not scanned again; a later one is.
spamd
rules
hostname "mx.example.org"
socket "inet:7070"
report none
racl whitelist rcpt white@example.org
racl whitelist rcpt grey@example.org msg "never said"
racl whitelist default
dacl whitelist header "X-Good: yes"
dacl blacklist spamd >= 10 msg "score %Hs"
dacl greylist spamd > 5 rcpt long@example.org delay 10m msg "%Hs: come back in %R"
dacl greylist spamd > 5 delay 5m msg "%Hs (%Hy): come back in %R"
dacl greylist header "X-Odd: yes" delay 5m
.
mta a
offer 6
terms 6 100 87bc0
put C [192.0.2.1]\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\07.5\0
put E
get y 451 4.7.1 7.5 (FAKE,FAKE_SPAM): come back in 00:05:00\0
scanned 1
no-log scan=remembered
# too early: what was said then is enough
advance 100s
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\07.5\0
put E
get y 451 4.7.1 7.5 (FAKE,FAKE_SPAM): come back in 00:03:20\0
scanned 1
log why=early-retry rule=10 wait=200 spamd=7.5 scan=remembered
count spamd_scans 1
count spamd_spared 1
# traces of the way do not make it another mail
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L Received\0from elsewhere\0
put L X-Fake\07.5\0
put E
get y 451 4.7.1 7.5 (FAKE,FAKE_SPAM): come back in 00:03:20\0
scanned 1
# another mail is scanned, and not made to wait if it is good
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\01.0\0
put E
get c
scanned 2
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\07.5\0
put B another\r\n
put E
get y 451 4.7.1 7.5 (FAKE,FAKE_SPAM): come back in 00:03:20\0
scanned 3
# who is let in before that is let in
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Good\0yes\0
put L X-Fake\07.5\0
put E
get c
scanned 3
# a recipient who does not wait yet has the message scanned
put M <a@example.net>\0
put R <b@example.org>\0
get c
put R <c@example.org>\0
get c
put L X-Fake\07.5\0
put E
get y 451 4.7.1 7.5 (FAKE,FAKE_SPAM): come back in 00:05:00\0
scanned 4
# and now all wait
advance 10s
put M <a@example.net>\0
put R <b@example.org>\0
get c
put R <c@example.org>\0
get c
put L X-Fake\07.5\0
put E
get y 451 4.7.1 7.5 (FAKE,FAKE_SPAM): come back in 00:04:50\0
scanned 4
advance 190s
# on the dot it is scanned again, and let in if nothing worse is found
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\07.5\0
put E
get c
scanned 5
# and for good, but not unscanned
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\012.0\0
put E
get y 551 5.7.1 score 12\0
scanned 6
# what waits without a scan is scanned
put M <odd@example.net>\0
put R <b@example.org>\0
get c
put L X-Odd\0yes\0
put L X-Fake\0busy\0
put E
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
scanned 7
put M <odd@example.net>\0
put R <b@example.org>\0
get c
put L X-Odd\0yes\0
put L X-Fake\07.0\0
put E
get y 451 4.7.1 7 (FAKE,FAKE_SPAM): come back in 00:05:00\0
scanned 8
# too late is as new
advance 604800s
mta c
offer 6
terms 6 100 87bc0
put C [192.0.2.1]\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <c@example.org>\0
get c
put L X-Fake\08.0\0
put E
get y 451 4.7.1 8 (FAKE,FAKE_SPAM): come back in 00:05:00\0
scanned 9
# what the rules would do with the old score counts, not that there was one
reload
hostname "mx.example.org"
socket "inet:7070"
report none
racl whitelist default
dacl greylist spamd > 9 delay 5m
.
mta b
offer 6
terms 6 100 87bc0
put C [192.0.2.1]\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <c@example.org>\0
get c
put L X-Fake\08.0\0
put E
get c
scanned 10
