# delayedreject with dacl: what was put off at RCPT comes before the rules of the end, and does not stay for the next
# message.
rules
hostname "mx.example.org"
socket "inet:7070"
style milter-greylist
loglevel info
delayedreject
report none
greylist 5m
racl whitelist rcpt friend@example.org
racl greylist default
dacl blacklist header "X-Bad" msg "bad"
dacl whitelist default addheader "X-Dacl: yes"
.
mta a
offer 6
put D Cj\0mx.example.org\0v\0Postfix 3.7.11\0
put C [192.0.2.1]\04\0\0192.0.2.1\0
get c
put H client.example\0
get c
put M <>\0
get c
put R <b@example.org>\0
get c
put L X-Bad\01\0
get c
put E
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
log delayed after DATA phase for
# refused for one, it is refused for all
put M <>\0
get c
put R <friend@example.org>\0
get c
put R <b@example.org>\0
get c
put E
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
# the next message, also of the null sender, begins clean
put M <>\0
get c
put R <friend@example.org>\0
get c
put E
get h X-Dacl\0yes\0
get c
put M <>\0
get c
put R <friend@example.org>\0
get c
put L X-Bad\01\0
get c
put E
get y 551 5.7.1 bad\0
# another sender is refused at once
put M <a@example.net>\0
get c
put R <b@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
# an abort forgets it too
put M <>\0
get c
put R <b@example.org>\0
get c
put A
put M <>\0
get c
put R <friend@example.org>\0
get c
put E
get h X-Dacl\0yes\0
get c
advance 301s
put M <>\0
get c
put R <b@example.org>\0
get c
put L X-Bad\01\0
get c
put E
get y 551 5.7.1 bad\0
put M <>\0
get c
put R <b@example.org>\0
get c
put E
get h X-Dacl\0yes\0
get c
put Q
end
