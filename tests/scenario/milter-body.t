# Rules about what stands in the message, and what is added to it.
rules
hostname "mx.example.org"
socket "inet:7070"
report none
extendedregex
max_message_memory 2k
list "bad words" body { "free money" /pi+lls/ }
racl whitelist default
dacl blacklist header "X-Bad: yes" msg "by its header"
dacl blacklist header /^subject: .*offer/ msg "by its subject"
dacl blacklist list "bad words" msg "by its body"
dacl blacklist body /^no dots$/ msg "a line without its end"
dacl continue body "add" addfooter "--\\nfor %r\\n"
dacl continue not header /^x-mailer:/ addheader "X-No-Mailer: yes"
.
mta a
# add headers, change body
offer 6
terms 6 103 87bc0
put C [192.0.2.1]\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Bad\0yes\0
put E
get y 551 5.7.1 by its header\0
# case does not count in an expression, does in a text; folds belong to the header
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L x-bad\0yes\0
put L SUBJECT\0An\n OFFER\0
put B hello\r\n
put E
get h X-No-Mailer\0yes\0
get c
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L SUBJECT\0An OFFER\0
put B hello\r\n
put E
get y 551 5.7.1 by its subject\0
# a word that lies in two pieces
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L Subject\0hi\0
put B get free mo
put B ney\r\n
put E
get y 551 5.7.1 by its body\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
put B piiiills
put E
get y 551 5.7.1 by its body\0
# a line ends in CR LF, and `$` stands before the LF
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Mailer\0m\0
put B no dots\r\n
put E
get c
# a footer, behind a last line without its end
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Mailer\0m\0
put B to add\r\nx
put E
get b to add\r\nx\r\n--\r\nfor b@example.org\r\n
get c
# the new body comes behind the header of the dacl rule
put M <a@example.net>\0
put R <b@example.org>\0
get c
put B add\r\n
put E
get h X-No-Mailer\0yes\0
get b add\r\n--\r\nfor b@example.org\r\n
get c
# no body, no headers
put M <a@example.net>\0
put R <b@example.org>\0
get c
put E
get h X-No-Mailer\0yes\0
get c
put Q
end
