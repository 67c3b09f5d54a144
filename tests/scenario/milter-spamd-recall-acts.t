# What an early retry is not scanned for must have no side effects: else there is a scan.
dns
2.2.0.192.list.example A 127.0.0.2
.
spamd
rules
nospf
hostname "mx.example.org"
socket "inet:7070"
report none
dnsrbl "list" list.example 127.0.0.2
ratelimit "some" rcpt 100 / 1h
racl whitelist default
dacl continue spamd > 5 from act@example.net log "seen %Hs %Hy"
dacl continue spamd > 5 from rate@example.net ratelimit "some"
dacl greylist spamd > 5 from flush@example.net delay 5m flushaddr
dacl whitelist spamd > 5 from friend@example.net
dacl greylist spamd > 5 from dns@example.net dnsrbl "list" delay 5m msg "listed, %Hs"
dacl greylist spamd > 5 delay 5m
.
mta a
offer 6
terms 6 100 87bc0
put C [192.0.2.2]\04\0\0192.0.2.2\0
put M <flush@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\07.5\0
put E
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
scanned 1
put M <act@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\07.5\0
put E
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
scanned 2
put M <rate@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\07.5\0
put E
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
scanned 3
put M <dns@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\07.5\0
put E
get y 451 4.7.1 listed, 7.5\0
scanned 4
put M <plain@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\07.5\0
put E
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
scanned 5
log seen 7.5 FAKE,FAKE_SPAM
advance 10s
# it would be logged
put M <act@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\07.5\0
put E
get y 451 4.7.1 Greylisting in action, please come back in 00:04:50\0
scanned 6
# it would be counted
put M <rate@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\07.5\0
put E
get y 451 4.7.1 Greylisting in action, please come back in 00:04:50\0
scanned 7
no-log scan=remembered
# a look into the DNS does no harm
put M <dns@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\07.5\0
put E
get y 451 4.7.1 listed, 7.5\0
scanned 7
log rule=12 wait=290 spamd=7.5 scan=remembered
put M <plain@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\07.5\0
put E
get y 451 4.7.1 Greylisting in action, please come back in 00:04:50\0
scanned 7
# a client that is to be forgotten has its mail scanned
put M <flush@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\07.5\0
put E
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
scanned 8
# and begins anew with all
put M <plain@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\07.5\0
put E
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
scanned 9
# who is let in by a rule behind the score is so
put M <friend@example.net>\0
put R <b@example.org>\0
get c
put L X-Fake\07.5\0
put E
get c
scanned 10
count spamd_scans 10
count spamd_spared 2
