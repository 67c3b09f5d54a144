# Who passes SPF is exempt from all rules, unless the record lets everybody send.
dns
good.example TXT "v=spf1 ip4:192.0.2.0/28 -all"
all.example TXT "v=spf1 +all"
half.example TXT "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all"
exists.example TXT "v=spf1 exists:%{i}.any.example -all"
*.any.example A 127.0.0.2
soft.example TXT "v=spf1 ~all"
broken.example TXT SERVFAIL
.
rules
hostname "mx.example.org"
report none
greylist 5m
racl blacklist from /^<bad/ msg "bad"
racl greylist default
.
on mta
ask client_address=192.0.2.5 client_name=mx.good.example sender=a@good.example
answer DUNNO
log why=spf
# Before any rule, as in milter-greylist.
ask client_address=192.0.2.5 sender=bad@good.example instance=m2
answer DUNNO
ask client_address=192.0.2.99 sender=a@good.example instance=m3
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=192.0.2.99 sender=bad@good.example instance=m4
answer 551 5.7.1 bad
# A pass that says nothing.
ask client_address=192.0.2.5 sender=a@all.example instance=m5
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=192.0.2.5 sender=a@half.example instance=m6
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=192.0.2.5 sender=a@exists.example instance=m7
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
# Neither pass nor harm.
ask client_address=192.0.2.5 sender=a@soft.example instance=m8
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=192.0.2.5 sender=a@broken.example instance=m9
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=192.0.2.5 sender= instance=m10
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
