# Rules at the end of the message, with the facts there are.
rules
hostname "mx.example.org"
socket "inet:7070"
greylist 5m
report nodelays
racl whitelist rcpt friend@example.org
racl greylist rcpt late@example.org
racl whitelist default report "let in at %h"
dacl blacklist msgsize > 60 msg "%r is not for %f, %Mi"
dacl continue rcptcount >= 2 addheader "X-Many: %f", 1
dacl whitelist from /list/ subjtag "[%r] " addheader "X-List: yes"
dacl greylist from /slow/
.
mta a
offer 6
terms 6 111 87bc0
put C [192.0.2.1]\04\0\0192.0.2.1\0
put H client.example\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L Subject\0hi\0
put L X-Long\0one\n two\0
put B 1234567\r\n
put E
get h X-Greylist\0let in at client.example\0
get c
# "Subject: hi" 13, "X-Long: one", CR LF, " two" 19, the empty line 2, and 27: one too many
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L Subject\0hi\0
put L X-Long\0one\n two\0
put B 1234567890123456789012345\r\n
put D Ei\0Q9\0
put E
get y 551 5.7.1 b@example.org is not for a@example.net, Q9\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
put R <friend@example.org>\0
get c
put E
get i \0\0\0\x01X-Many\0a@example.net\0
get h X-Greylist\0Recipient e-mail whitelisted, not delayed by greylag-0.1.0 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)\0
get c
# a greylist rule acts when the last recipient was let in by a default rule
put M <slow@example.net>\0
put R <b@example.org>\0
get c
put R <friend@example.org>\0
get c
put E
get i \0\0\0\x01X-Many\0slow@example.net\0
get h X-Greylist\0Recipient e-mail whitelisted, not delayed by greylag-0.1.0 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)\0
get c
put M <slow@example.net>\0
put R <friend@example.org>\0
get c
put R <b@example.org>\0
get c
put E
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
advance 301s
put M <slow@example.net>\0
put R <friend@example.org>\0
get c
put R <b@example.org>\0
get c
put R <late@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
put R <b@example.org>\0
get c
put E
get i \0\0\0\x01X-Many\0slow@example.net\0
get h X-Greylist\0let in at client.example\0
get c
# the subject gets a tag, once; the order of changes
put M <list@example.net>\0
put R <b@example.org>\0
get c
put L X-A\0b\0
put L subject\0hi\r\n there\0
put L Subject\0second\0
put E
get h X-List\0yes\0
get m \0\0\0\x01Subject\0[b@example.org] hi\n there\0
get h X-Greylist\0let in at client.example\0
get c
put M <list@example.net>\0
put R <b@example.org>\0
get c
put L Subject\0Re: [b@example.org] hi\0
put E
get h X-List\0yes\0
get h X-Greylist\0let in at client.example\0
get c
put M <list@example.net>\0
put R <b@example.org>\0
get c
put E
get h X-List\0yes\0
get h X-Greylist\0let in at client.example\0
get c
put Q
end
