# A spamd that is no help: its clauses do not hold, and no mail waits for ever.
spamd
rules
hostname "mx.example.org"
socket "inet:7070"
report none
spamd_timeout 20s
racl whitelist default
dacl blacklist spamd > 5 rcpt b@example.org
dacl blacklist not spamd > 5 rcpt n@example.org
.
mta a
# add headers is not asked for
offer 6
terms 6 100 87bc0
put C [192.0.2.1]\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\0cut\0
put E
get c
log the connection broke off
put M <a@example.net>\0
put R <n@example.org>\0
get c
put L X-Fake\0garbage\0
put E
get c
# it was told of within the minute
no-log spamd
advance 61s
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\0busy\0
put E
get c
log refused with code 75
# it is silent
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\0silent\0
put E
advance 19s
silence
advance 1s
get c
# the MTA gives up, or goes, before it answers
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\0silent\0
put E
silence
put A
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\01.0\0
put E
get c
count spamd_scans 6
count spamd_failed 4
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\0silent\0
put E
silence
gone
