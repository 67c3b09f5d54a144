# First match wins; each verdict in the policy protocol's terms.
rules
hostname "mx.example.org"
greylist 5m
report none
list "ours" addr { 192.0.2.0/24 2001:db8::/32 }
racl "us" whitelist list "ours"
racl blacklist helo "spammer.example" code "550" ecode "5.7.26" msg "no mail from %h"
racl blacklist from bad@example.net
racl whitelist from good@example.net addheader "X-Seen: %i by rule %A"
racl "s25r" greylist s25r delay 10m msg "S25R rule %g{\\1}: come back in %Rt seconds"
racl greylist default
.
on mta
ask client_address=192.0.2.7
answer DUNNO
log do=pass why=rule rule=us client=192.0.2.7
ask client_address=2001:db8::9
answer DUNNO
ask client_address=203.0.113.9 helo_name=SPAMMER.example
answer 550 5.7.26 no mail from SPAMMER.example
log do=reject why=rule rule=6 client=203.0.113.9
count reject 1
ask helo_name=mx.example.net sender=bad@example.net
answer 551 5.7.1 Go away!
ask sender=good@example.net instance=i2
answer PREPEND X-Seen: 203.0.113.9 by rule 8
# Once a message, whatever its recipients are.
ask recipient=c@example.org
answer DUNNO
ask instance=i3 sender=a@example.net client_name=dsl12345.example.net etrn_domain=
answer DEFER_IF_PERMIT 4.7.1 S25R rule 2: come back in 600 seconds
log do=defer why=new rule=s25r wait=600
ask client_name=mx.example.net client_address=203.0.114.9
answer DEFER_IF_PERMIT 4.7.1 Greylisting in action, please come back in 00:05:00
log do=defer why=new rule=10 wait=300
advance 300s
ask
answer DUNNO
log do=pass why=retried rule=10 waited=300
