# What is forged goes, also behind what is kept of the message.
spamd
rules
hostname "mx.example.org"
socket "inet:7070"
report none
spamd_headers
racl whitelist default maxpeek 40
.
mta a
offer 6
terms 6 111 7fc0
put C [192.0.2.1]\04\0\0192.0.2.1\0
# the mail is cut in its headers, and not scanned
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Spam-Flag\0NO\0
put L X-Long\0123456789012345678901234567890\0
put L x-spam-flag\0NO\0
put L X-Spam-Foo\0x\0
put L Subject\0hi\0
put L X-SPAM-FLAG\0NO\0
put B hello\r\n
get s
put E
get m \0\0\0\x03X-Spam-Flag\0\0
get m \0\0\0\x02X-Spam-Flag\0\0
get m \0\0\0\x01X-Spam-Flag\0\0
get m \0\0\0\x01X-Spam-Foo\0\0
get c
scanned 0
# more than anybody needs, all behind
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Long\0123456789012345678901234567890\0
flood 1001 \0\0\0\x0cLX-Spam-A\0a\0
put E
get t
log X-Spam-... can't be deleted: there are too many
# or their names are too long
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Long\0123456789012345678901234567890\0
flood 700 \0\0\0\x37LX-Spam-01234567890123456789012345678901234567890123\0a\0
put E
get t
log X-Spam-... can't be deleted: there are too many
# and the next is dealt with again
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Long\0123456789012345678901234567890\0
put L X-Spam-A\0a\0
put E
get m \0\0\0\x01X-Spam-A\0\0
get c
put Q
end
# Sendmail counts those that are gone; what it says of its own version does not matter here
mta b
offer 6
terms 6 111 7fc0
put D Cv\08.18.1\0
put C [192.0.2.1]\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Long\0123456789012345678901234567890\0
put L X-Spam-A\0a\0
put L X-Spam-A\0a\0
put E
get m \0\0\0\x02X-Spam-A\0\0
get m \0\0\0\x01X-Spam-A\0\0
get c
put Q
end
