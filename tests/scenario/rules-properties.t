# At the policy door properties live for the message, where its questions come over one connection.
rules
report none
racl continue set $n += 1
racl continue rcpt first@example.org rset $gone = 1
racl blacklist $n >= 3 msg "%P{n}"
racl blacklist rcpt second@example.org $gone > 0 msg "not gone"
racl whitelist rcpt quiet@example.org log "said all the same" nolog
racl continue rcpt big@example.org set $a = "%f%f%f%f%f%f%f%f%f%f" set $b = "%f%f%f%f%f%f%f%f%f%f" \
	set $c = "%f%f%f%f%f%f%f%f%f%f" set $d = 5
racl blacklist $d == 5 $a /x/ msg "no room"
racl whitelist default
.
on mta
ask recipient=first@example.org instance=m1
answer DUNNO
ask recipient=second@example.org
answer DUNNO
ask
answer 551 5.7.1 3
ask instance=m2
answer DUNNO
# another connection knows nothing of it
on mta2
ask instance=m2
answer DUNNO
ask instance=m2
answer DUNNO
# without an instance each question stands alone
ask instance=
answer DUNNO
ask
answer DUNNO
ask
answer DUNNO
ask instance=m3 recipient=quiet@example.org
answer DUNNO
log said all the same
no-log quiet@example.org
ask instance=m4 recipient=big@example.org sender=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx@example.net
answer 551 5.7.1 no room
log is not set: the properties of a session are at most 128, of 16384 octets
