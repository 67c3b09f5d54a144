# Lists of the DNS, senders without a mail server, clients beside an MX.
dns
2.2.0.192.list.example A 127.0.0.2
3.2.0.192.list.example A 127.0.0.9
4.2.0.192.list.example A 127.255.255.254
5.2.0.192.list.example A 10.1.2.3
1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.list.example A 127.0.0.2
mail.example MX 10 mx.mail.example
mx.mail.example A 192.0.2.100
plain.example A 198.18.0.1
null.example MX 0 .
.
rules
nospf
report none
greylist 5m
dnsrbl "spam" list.example 127.0.0.2
dnsrbl "dynamic" list.example 127.0.0.8/29
racl "spam" blacklist dnsrbl "spam" msg "listed"
racl "dynamic" greylist dnsrbl "dynamic" delay 1h
racl "no such" blacklist sender unresolvable msg "who are you?"
racl "mx" whitelist mx /24
racl greylist default
.
on mta
ask client_address=192.0.2.2
answer 551 5.7.1 listed
ask client_address=2001:db8::1 instance=m2
answer 551 5.7.1 listed
ask client_address=192.0.2.3 sender=a@mail.example instance=m3
answer DEFER_IF_PERMIT Greylisting in action, please come back in 01:00:00
# A list's word for "you may not ask", and an address that no list means: not listed.
ask client_address=192.0.2.4 sender=a@plain.example instance=m4
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=192.0.2.5 sender=a@plain.example instance=m5
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=192.0.2.6 sender=a@mail.example instance=m6
answer DUNNO
log rule=mx
ask client_address=198.51.100.6 sender=a@mail.example instance=m7
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=192.0.2.6 sender=a@none.example instance=m8
answer 551 5.7.1 who are you?
ask client_address=192.0.2.6 sender=a@null.example instance=m9
answer 551 5.7.1 who are you?
# The null sender has no domain that could be asked for.
ask client_address=198.51.100.6 sender= instance=m10
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
