# Properties live as long as the milter session; rset until the next recipient.
rules
socket "inet:7070"
report none
extendedregex
racl continue set $count += 1
racl continue $count == 1 set $first = "%r"
racl continue from /(secret)/ set $who = "%f via %h, %g{\\1} %cA" rset $mark = $first
racl blacklist $count > 4 msg "%P{count} recipients, $first is %P{first}"
racl blacklist $mark "%r" rcpt bob@example.org $who /secret@(.*) via/ msg "%pn is %pv, %g{\\1}"
racl blacklist $unset /./ msg "unset"
racl continue set $pattern = "*@example.ORG" set $copy = $count set $copy -= 10
racl blacklist *$pattern "%r" rcpt /wild/ msg "%P{pattern} has %r, %P{copy}"
racl blacklist $mark /./ rcpt /marked/ msg "mark"
racl whitelist log "let in %r %P{count}"
.
mta a
offer 6
terms 6 100 87bf0
put C client.example\04\0\0192.0.2.1\0
put H helo.example\0
put M <x@example.net>\0
put R <bob@example.org>\0
get c
log let in bob@example.org\\x01 1
put R <wild@example.org>\0
get y 551 5.7.1 *@example.ORG has wild@example.org, -8\0
put M <secret@example.net>\0
put R <bob@example.org>\0
get y 551 5.7.1 who is secret@example.net via helo.example, secret 6, example.net\0
put M <x@example.net>\0
put R <marked@example.org>\0
get c
put R <last@example.org>\0
get y 551 5.7.1 5 recipients, $first is bob@example.org\0
# another client over the same connection, and another session
put K
put C client.example\04\0\0192.0.2.1\0
put M <x@example.net>\0
put R <new@example.org>\0
get c
log let in new@example.org\\x01 1
put Q
end
mta b
offer 6
terms 6 100 87bf0
put C client.example\04\0\0192.0.2.1\0
put M <x@example.net>\0
put R <new@example.org>\0
get c
log let in new@example.org\\x01 1
put Q
end
