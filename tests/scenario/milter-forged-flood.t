# Each header that is deleted costs the MTA a look through all of them. Who has forged more of them
# than anybody needs is asked to come again, and they don't stay.
spamd
rules
hostname "mx.example.org"
socket "inet:7070"
report none
spamd_headers
racl whitelist default
.
mta a
offer 6
terms 6 111 87bc0
put C [192.0.2.1]\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
flood 1001 \0\0\0\x0cLX-Spam-A\0a\0
put L Subject\0hi\0
put E
get t
log X-Spam-... can't be deleted: there are too many
put M <a@example.net>\0
put R <b@example.org>\0
get c
flood 60000 \0\0\0\x0cLX-Spam-A\0a\0
put E
get t
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L Subject\0hi\0
put E
get h X-Spam-Status\0No, score=1.5\n\ttests=FAKE\0
get c
