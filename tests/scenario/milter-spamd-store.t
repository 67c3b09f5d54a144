# Spam that can't be remembered is let in, and its headers say what it is.
store none
spamd
rules
hostname "mx.example.org"
socket "inet:7070"
report none
spamd_headers
racl whitelist default
dacl greylist spamd > 5
.
mta a
offer 6
terms 6 111 87bc0
put C [192.0.2.1]\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\07.5\0
put E
get h X-Spam-Flag\0YES\0
get h X-Spam-Status\0Yes, score=7.5\n\ttests=FAKE,FAKE_SPAM\0
get h Subject\0[SPAM] hi\0
get c
scanned 1
log why=no-memory rule=6 spamd=7.5
