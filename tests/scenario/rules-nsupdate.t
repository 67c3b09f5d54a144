# nsupdate: the answer does not wait for it, and a failure is in the log.
rules
report none
tsig "k" "hmac-sha256" "AAAA"
nsupdate "n" { servers "127.0.0.1:1" rname "%j.bl.example" rvalue "127.0.0.2" tsig "k" }
racl blacklist rcpt other@example.org nsupdate "n"
racl blacklist not from trap@example.net nsupdate "n"
racl whitelist default
.
on mta
ask client_address=192.0.2.1 recipient=a@example.org sender=b@example.net
answer 551 5.7.1 Go away!
log nsupdate of 1.2.0.192.bl.example failed
ask sender=trap@example.net
answer DUNNO
no-log nsupdate
