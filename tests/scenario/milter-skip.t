# Beyond maxpeek nothing is seen, and where nothing needs it the MTA need not send it.
rules
hostname "mx.example.org"
socket "inet:7070"
report none
racl whitelist rcpt none@example.org maxpeek 0
racl whitelist rcpt short@example.org maxpeek 40
racl whitelist default
dacl blacklist header "X-Bad: yes" msg "by its header"
dacl blacklist body "free money" msg "by its body"
dacl continue body "add" addfooter "--\\nfor %r\\n"
.
mta a
# pieces are answered, by "no more of them" too
offer 6
terms 6 102 7fc0
put C [192.0.2.1]\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <short@example.org>\0
get c
put L X-Mailer\0m\0
put B add\r\n
get c
put B 0123456789012345678901234567890 free money\r\n
get s
put E
get c
# a part of a body is never sent back
log no footer is added
# an MTA that goes on all the same is told again
put M <a@example.net>\0
put R <short@example.org>\0
get c
put B 0123456789012345678901234567890123456789 free money\r\n
get s
put B free money\r\n
get s
put E
get c
# the headers alone are too long, or nothing is wanted at all
put M <a@example.net>\0
put R <short@example.org>\0
get c
put L X-Long\0123456789012345678901234567890123456789\0
put B free money\r\n
get s
put E
get c
put M <a@example.net>\0
put R <none@example.org>\0
get c
put B free money\r\n
get s
put E
get c
# exactly as long
put M <a@example.net>\0
put R <short@example.org>\0
get c
put B 0123456789012345678901234567890123456789
get c
put E
get c
# another recipient wants all of it
put M <a@example.net>\0
put R <short@example.org>\0
get c
put R <b@example.org>\0
get c
put B 0123456789012345678901234567890123456789 free money\r\n
get c
put E
get y 551 5.7.1 by its body\0
# a rule about the size, loaded meanwhile, does not know it
put M <a@example.net>\0
put R <short@example.org>\0
get c
put B 0123456789012345678901234567890123456789 free money\r\n
get s
reload
hostname "mx.example.org"
socket "inet:7070"
report none
racl whitelist default maxpeek 40
dacl blacklist msgsize > 10 msg "long"
dacl blacklist not msgsize > 10 msg "short"
.
put E
get c
# the next message is counted
put M <a@example.net>\0
put R <short@example.org>\0
get c
put B 0123456789012345678901234567890123456789 free money\r\n
get c
put E
get y 551 5.7.1 long\0
put Q
end
# a rule wants the size from the beginning
mta b
offer 6
terms 6 100 87bc0
put C [192.0.2.1]\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <short@example.org>\0
get c
put B 0123456789012345678901234567890123456789 free money\r\n
put B free money\r\n
put E
get y 551 5.7.1 long\0
put Q
end
# an MTA that does not know it
reload
hostname "mx.example.org"
socket "inet:7070"
report none
racl whitelist rcpt short@example.org maxpeek 40
racl whitelist default
dacl blacklist body "free money" msg "by its body"
.
mta c
offer 4
terms 4 0 360
put C [192.0.2.1]\04\0\0192.0.2.1\0
get c
put M <a@example.net>\0
get c
put R <short@example.org>\0
get c
put B 0123456789012345678901234567890123456789 free money\r\n
get c
put B free money\r\n
get c
put E
get c
put Q
end
# and one that knows it, and no other news
mta d
offer 6 7ff
terms 6 100 7e0
put C [192.0.2.1]\04\0\0192.0.2.1\0
get c
put M <a@example.net>\0
get c
put R <short@example.org>\0
get c
put B 0123456789012345678901234567890123456789 free money\r\n
get s
put E
get c
put Q
end
