# Values of `continue` rules, refusals at the end, and what of one message must not be seen in the next.
rules
hostname "mx.example.org"
socket "inet:7070"
style milter-greylist
loglevel info
report none
greylist 5m
racl whitelist from /values/ addheader "X-Racl: %f"
racl whitelist default
dacl "code" continue from /values/ code "554" ecode "5.6.0" msg "refused: %r %f" addheader "X-One: %r" subjtag "[one] "
dacl "two" continue from /two/ msg "again" addheader "X-Two: 2" delay 1h
dacl "refuse" blacklist header "X-Bad: 1"
dacl "other" blacklist header "X-Bad: 2" code "552" msg "other"
dacl "grey" greylist header "X-Bad: 3" msg "later %r" delay 10m
dacl "odd" blacklist header "X-Bad: 4" code "450" ecode "4.3.2"
dacl whitelist header "X-Good" addheader "X-Good-Too: %a", 0
.
mta a
offer 6
put D Cj\0mx.example.org\0v\0Postfix 3.7.11\0
put C [192.0.2.1]\04\0\0192.0.2.1\0
get c
put H client.example\0
get c
# the continue rule's values stay for the one that refuses
put M <values@example.net>\0
get c
put R <b@example.org>\0
get c
put L X-Bad\01\0
get c
put E
get y 554 5.6.0 refused: b@example.org values@example.net\0
# but the next message, from somebody else, begins clean
put M <a@example.net>\0
get c
put R <b@example.org>\0
get c
put L X-Bad\01\0
get c
put E
get y 551 5.7.1 Go away!\0
# the deciding rule sets what it has, and takes the rest
put M <values@example.net>\0
get c
put R <b@example.org>\0
get c
put L X-Bad\02\0
get c
put E
get y 552 5.6.0 other\0
# a later continue rule sets some of them again
put M <values-two@example.net>\0
get c
put R <b@example.org>\0
get c
put L X-Bad\01\0
get c
put E
get y 554 5.6.0 again\0
# its delay does not stay
put M <a-two@example.net>\0
get c
put R <b@example.org>\0
get c
put L X-Bad\03\0
get c
put E
get y 451 4.7.1 later b@example.org\0
log delayed for 00:10:00
# a temporary refusal by its code
put M <a@example.net>\0
get c
put R <b@example.org>\0
get c
put L X-Bad\04\0
get c
put E
get y 450 4.3.2 Go away!\0
# let in: dacl's header, the subject, racl's
put M <values@example.net>\0
get c
put R <b@example.org>\0
get c
put L Subject\0hi\0
get c
put E
get h X-One\0b@example.org\0
get m \0\0\0\x01Subject\0[one] hi\0
get h X-Racl\0values@example.net\0
get c
# nothing of it in the next one
put M <a@example.net>\0
get c
put R <b@example.org>\0
get c
put L Subject\0hi\0
get c
put E
get c
# several recipients: %r is empty
put M <values@example.net>\0
get c
put R <b@example.org>\0
get c
put R <c@example.org>\0
get c
put L X-Bad\01\0
get c
put E
get y 554 5.6.0 refused:  values@example.net\0
# an abort in the midst of the content; the next one is clean
put M <values@example.net>\0
get c
put R <b@example.org>\0
get c
put L X-Bad\01\0
get c
put A
put M <a@example.net>\0
get c
put R <b@example.org>\0
get c
put E
get c
# the id of a continue rule, where the deciding one has none
put M <values@example.net>\0
get c
put R <b@example.org>\0
get c
put L X-Good\01\0
get c
put E
get i \0\0\0\0X-Good-Too\0code\0
get h X-Racl\0values@example.net\0
get c
put Q
end
