# What X-Greylist and a text say of a rule without a wait, of names without parts, and of our address.
rules
hostname "mx.example.org"
socket "inet:7070"
style milter-greylist
loglevel info
racl "zero" greylist from /zero/ delay 0s
racl "one" greylist from /rin@/ delay 5m msg "%f|%mf|%sf|%r|%sr|%md|%sd|%a|%V"
racl greylist default
.
mta a
offer 6
put D C{if_addr}\0IPv6:2001:db8:0:0:0:0:0:1\0
put C [192.0.2.1]\04\0\0192.0.2.1\0
get c
put M <zero@example.net>\0
get c
put R <b@example.org>\0
get c
put E
get h X-Greylist\0ACL zero matched, not delayed by milter-greylist-4.6.4 (mx.example.org [IPv6:2001:db8:0:0:0:0:0:1]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)\0
get c
put M <bounce=77=rin@list.example>\0
get c
put R <root>\0
get y 451 4.7.1 rin@list.example|rin|list.example|root|root|[192|0.2.1]|one|milter-greylist-4.6.4 (mx.example.org [IPv6:2001:db8:0:0:0:0:0:1]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)\0
# it is remembered, as another one
put M <zero@example.net>\0
get c
put R <b@example.org>\0
get c
log autowhitelisted for another 24:00:00
put E
get h X-Greylist\0IP, sender and recipient auto-whitelisted, not delayed by milter-greylist-4.6.4 (mx.example.org [IPv6:2001:db8:0:0:0:0:0:1]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)\0
get c
put Q
end
# an early retry: how long it has waited, and how long it has to
reload
hostname "mx.example.org"
socket "inet:7070"
style milter-greylist
racl greylist default delay 5m code "450" ecode "4.2.0" msg "%E (%Em:%Es, %Et) of it, %R (%Rh %Rm %Rs %Rt) to go"
.
mta b
offer 6
put C mail.example.net\04\0\0192.0.2.9\0
get c
put M <a@example.net>\0
get c
put R <b@example.org>\0
get y 450 4.2.0 00:00:00 (0:0, 0) of it, 00:05:00 (0 5 0 300) to go\0
put A
advance 70s
put M <a@example.net>\0
get c
put R <b@example.org>\0
get y 450 4.2.0 00:01:10 (1:10, 70) of it, 00:03:50 (0 3 50 230) to go\0
put Q
end
