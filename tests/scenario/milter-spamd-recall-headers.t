# The same with spamd's headers, hashed keys and another machine of the client's.
spamd
rules
hostname "mx.example.org"
socket "inet:7070"
report none
spamd_headers
source spf, rdns, net
nospf
privacy
racl whitelist default
dacl greylist spamd > 5 delay 5m msg "%Hs: %Hy"
.
mta a
offer 6
terms 6 111 87bc0
put C mx.example.net\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\07.5\0
put E
get y 451 4.7.1 7.5: FAKE,FAKE_SPAM\0
scanned 1 HEADERS SPAMC/1.5\r\n
advance 299s
# from another machine of the same name's domain
mta b
offer 6
terms 6 111 87bc0
put C mx2.example.net\04\0\0198.51.100.1\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\07.5\0
put E
get y 451 4.7.1 7.5: FAKE,FAKE_SPAM\0
scanned 1
advance 1s
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\07.5\0
put E
get h X-Spam-Flag\0YES\0
get h X-Spam-Status\0Yes, score=7.5\n\ttests=FAKE,FAKE_SPAM\0
get h Subject\0[SPAM] hi\0
get c
scanned 2
