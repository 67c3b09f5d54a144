# Rules that look into a message, beside the loop, and properties that they compare with or set.
rules
socket "inet:7070"
report none
extendedregex
ratelimit "octets" data 200 / 1m
racl continue set $subject = "" set $word = "%mr" set $list = "/^x-list: (.*)$/"
racl whitelist default
dacl continue header /^subject: *(.*)\r/ set $subject = "%g{\\1}" log "subject %P{subject}"
dacl blacklist $subject /bad/ msg "a %P{subject} subject"
dacl blacklist header $list msg "list"
dacl blacklist body $word msg "%P{word} is in it"
dacl continue body /seen/ set $seen += 1
dacl blacklist $seen > 1 msg "seen %P{seen} times"
dacl blacklist ratelimit "octets" body /./ msg "octets"
.
mta a
offer 6
terms 6 100 87bc0
put C client.example\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <tanuki@example.org>\0
get c
put L Subject\0 quite bad\0
put B x\r\n
put E
get y 551 5.7.1 a quite bad subject\0
log subject quite bad
put M <a@example.net>\0
put R <tanuki@example.org>\0
get c
put L X-List\0 y\0
put B x\r\n
put E
get y 551 5.7.1 list\0
put M <a@example.net>\0
put R <tanuki@example.org>\0
get c
put L Subject\0 good\0
put B a tanuki\r\n
put E
get y 551 5.7.1 tanuki is in it\0
put M <a@example.net>\0
put R <kitsune@example.org>\0
get c
put B seen\r\n
put E
get c
put M <a@example.net>\0
put R <kitsune@example.org>\0
get c
put B seen\r\n
put E
get y 551 5.7.1 seen 2 times\0
put Q
end
