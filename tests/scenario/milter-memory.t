# Hardly any memory for messages: rules that look into them don't hold, but what is to be told is told.
rules
hostname "mx.example.org"
socket "inet:7070"
max_message_memory 1
report none
spamd_headers
bogofilter_headers
racl whitelist default addheader "X-Racl: yes"
dacl blacklist header "X-Bad" msg "not seen"
dacl whitelist default addheader "X-Dacl: yes" addfooter "footer" subjtag "[tag] "
.
mta a
offer 6
put C [192.0.2.1]\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Bad\0yes\0
put L Subject\0hi\0
put B body\r\n
put E
get h X-Dacl\0yes\0
get h X-Racl\0yes\0
get c
log milter: messages take all of max_message_memory
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L X-Bad\0yes\0
put E
get h X-Dacl\0yes\0
get h X-Racl\0yes\0
get c
no-log can't be
put Q
end
