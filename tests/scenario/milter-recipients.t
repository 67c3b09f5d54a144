# Each recipient has an answer of its own; who is exempt, and what of the macros counts for whom.
rules
hostname "mx.example.org"
socket "inet:7070"
greylist 5m
delayedreject
racl "friends" whitelist rcpt friend@example.org addheader "X-Friend: %r"
racl "third" blacklist rcptcount >= 2 msg "%Mi at %M{if_addr} says no to %r"
racl greylist default
.
mta a
offer 6
put D Cj\0mx.example.net\0v\0Postfix 3.7.11\0_\0mail.example.net [192.0.2.1]\0{if_addr}\0192.0.2.99\0
put C mail.example.net\04\0\0192.0.2.1\0
put H mail.example.net\0
put M <a@example.net>\0
put R <b@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
put R <friend@example.org>\0
get c
# one that the MTA refuses
put D R{rcpt_mailer}\0error\0{rcpt_host}\05.1.1\0
put R <nobody@example.org>\0
get c
# and those macros are gone with the next
put D Ri\0Q2\0
put R <c@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
log do=defer why=new rule=7 wait=300 id=Q2 client=192.0.2.1 name=mail.example.net from=<a@example.net> to=<c@example.org>
put R <friend@example.org>\0
get c
put D Ri\0Q2\0
put R <d@example.org>\0
get y 551 5.7.1 Q2 at 192.0.2.99 says no to d@example.org\0
put E
get h X-Greylist\0Recipient e-mail whitelisted, not delayed by greylag-0.1.0 (mx.example.net [192.0.2.99]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)\0
get c
put A
# authenticated: for this message only
put D M{auth_authen}\0rin\0
put M <a@example.net>\0
put R <e@example.org>\0
get c
put E
get h X-Greylist\0Sender succeeded SMTP AUTH, not delayed by greylag-0.1.0 (mx.example.net [192.0.2.99]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)\0
get c
put D M{verify}\0OK\0{cert_subject}\0/CN=x\0
put M <a@example.net>\0
put R <e@example.org>\0
get c
put A
# Postfix says nothing of one that it does not trust
put D M{cert_subject}\0x\0
put M <a@example.net>\0
put R <e@example.org>\0
get c
put A
put D M{verify}\0NO\0{cert_subject}\0/CN=x\0
put M <a@example.net>\0
put R <e@example.org>\0
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
# the access data base
put D R{greylist}\0WHITE\0
put R <f@example.org>\0
get c
put E
get h X-Greylist\0Message whitelisted by Sendmail access database, not delayed by greylag-0.1.0 (mx.example.net [192.0.2.99]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)\0
get c
# the null sender is refused at the end of its message; the next message begins anew
put M <>\0
put R <g@example.org>\0
get c
put E
get y 451 4.7.1 Greylisting in action, please come back in 00:05:00\0
put M <>\0
put R <friend@example.org>\0
get c
put E
get h X-Greylist\0Recipient e-mail whitelisted, not delayed by greylag-0.1.0 (mx.example.net [192.0.2.99]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)\0
get h X-Friend\0friend@example.org\0
get c
# who comes by no internet address
put K
put C localhost\0L\0\0/run/x\0
put M <a@example.net>\0
put R <e@example.org>\0
get c
put Q
end
