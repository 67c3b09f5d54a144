# Of headers that are too many to be kept the rest is not looked at, but the body is.
rules
hostname "mx.example.org"
socket "inet:7070"
report none
racl whitelist default
dacl blacklist header "X-Bad: yes" msg "by its header"
dacl blacklist body "free money" msg "by its body"
dacl whitelist default addheader "X-Seen: yes"
.
mta a
offer 6
put C [192.0.2.1]\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
flood 65536 \0\0\0\x05LA\0a\0
put L X-Bad\0yes\0
put B free money\r\n
put E
get y 551 5.7.1 by its body\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
flood 65535 \0\0\0\x05LA\0a\0
put L X-Bad\0yes\0
put B hello\r\n
put E
get y 551 5.7.1 by its header\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
flood 65536 \0\0\0\x05LA\0a\0
put L X-Bad\0yes\0
put B hello\r\n
put E
get h X-Seen\0yes\0
get c
no-log max_message_memory
put Q
end
