# What comes out of order, in pieces, or not at all; nobody is left waiting, and nothing leaks.
rules
hostname "mx.example.org"
socket "inet:7070"
greylist 5m
racl "pit" whitelist from /^<pit/ tarpit 100s
racl greylist default
.
# no offer
mta a
put H client.example\0
end
log milter: a packet that no MTA sends: <\\x00\\x00\\x00\\x10Hclient.example\\x00>
# a version that is too old
mta b
offer 6
put O \0\0\0\x01\0\0\0\0\0\0\0\0
end
# an old one: no lists, no steps that it does not know, every command is answered
mta c
offer 2 7f
terms 2 1 70
put C [192.0.2.1]\04\0\0192.0.2.1\0
get c
put H x\0
get c
put M <a@example.net>\0
get c
put R <b@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
put E
get c
put Q
end
# octet by octet
pieces 1
mta d
offer 6
put D Cv\0Postfix 3.7.11\0
put C [192.0.2.1]\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <b@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
pieces 0
# a recipient without a message, an end without one, commands of no use here
put A
put R <b@example.org>\0
get c
put E
get c
put T
get c
put U XYZZY\0
get c
put N
get c
put H again\0
put D L
put D Bi\0x\0
# macros that can't be read are left out
put D Ci
put D Ci\0
put D Ci\0x
put D Ci\0x\0j\0
count garbage 6
put A
put A
# a recipient whose client never said who it is: nothing to remember it by
put K
put M <a@example.net>\0
put R <b@example.org>\0
get c
put A
# an abort or an end while an answer is awaited
put D Cv\0Postfix 3.7.11\0
put C [192.0.2.1]\04\0\0192.0.2.1\0
put M <pit@example.net>\0
put R <b@example.org>\0
silence
put A
put M <a@example.net>\0
put R <b@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
put A
put K
put D Cv\0Postfix 3.7.11\0
put C [198.51.100.1]\04\0\0198.51.100.1\0
put M <pit@example.net>\0
put R <b@example.org>\0
silence
put Q
end
# every way to leave
mta e
gone
mta f
offer 6
gone
mta g
offer 6
put D Cv\0Postfix 3.7.11\0
put C [198.51.101.1]\04\0\0198.51.101.1\0
put M <pit@example.net>\0
put R <b@example.org>\0
gone
mta h
offer 6
put C [198.51.102.1]\04\0\0198.51.102.1\0
put M <a@example.net>\0
put R <b@example.org>\0
gone
# garbage
mta i
offer 6
put Z x
end
mta j
offer 6
send
\0\0\0\0\c
.
end
mta k
offer 6
send
\xff\xff\xff\xffM\c
.
end
# but not those of no command
mta l
offer 6
put D \c
end
