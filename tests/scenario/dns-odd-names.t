# Odd askers. Who can't be asked about has not failed: he need not come again.
dns
good.example TXT "v=spf1 ip4:192.0.2.0/28 -all"
good.example A 192.0.2.1
xn--mnchen-3ya.example TXT "v=spf1 ip4:192.0.2.0/28 -all"
xn--mnchen-3ya.example A 192.0.2.1
.
rules
nospf
report none
greylist 5m
onfailure tempfail
racl blacklist spf fail msg "fail"
racl blacklist sender unresolvable msg "unresolvable"
racl whitelist spf pass
racl whitelist mx /24 from /mx/
racl greylist default
.
on mta
ask client_address=::ffff:192.0.2.5 sender=a@good.example
answer DUNNO
log rule=7
ask client_address=::ffff:192.0.2.55 sender=a@good.example instance=m2
answer 551 5.7.1 fail
ask client_address=unknown sender=a@good.example instance=m3
answer DUNNO
log why=no-client-address
# The null sender, without a name and with one.
ask client_address=192.0.2.55 sender= helo_name= instance=m4
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask helo_name=good.example instance=m5
answer 551 5.7.1 fail
# A domain in UTF-8 is asked for by its A-labels; what can be no name of the DNS has no mail server, without asking.
# An address literal, and no domain at all, are no domains.
ask client_address=192.0.2.5 sender=a@m\xc3\xbcnchen.example instance=m6
answer DUNNO
log rule=7
ask client_address=192.0.2.55 sender=mx@m\xc3\xbcnchen.example instance=m7
answer 551 5.7.1 fail
ask client_address=192.0.2.5 sender=a@n\xc3\xbcnchen.example instance=m8
answer 551 5.7.1 unresolvable
ask client_address=192.0.2.5 sender=mx@m\xff\xfenchen.example instance=m9
answer 551 5.7.1 unresolvable
ask sender=mx@[192.0.2.1] instance=m10
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask sender=mx@ instance=m11
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask sender=mx instance=m12
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask sender=mx@..example instance=m13
answer 551 5.7.1 unresolvable
ask sender=mx@x\\.example instance=m14
answer 551 5.7.1 unresolvable
ask sender=@good.example instance=m15
answer DUNNO
ask sender="a@b"@good.example instance=m16
answer DUNNO
