# The recipes with SPF: refuse what fails, but not who would let ourselves send; greylist unless it passes.
dns
good.example TXT "v=spf1 ip4:192.0.2.0/28 -all"
mx.good.example A 192.0.2.5
all.example TXT "v=spf1 +all"
soft.example TXT "v=spf1 ip4:198.51.100.1 ~all"
neutral.example TXT "v=spf1 ?all"
twice.example TXT "v=spf1 -all"
twice.example TXT "v=spf1 +all"
broken.example TXT SERVFAIL
why.example TXT "v=spf1 -all exp=silent.why.example"
silent.why.example TXT SILENT
.
rules
hostname "mx.example.org"
localaddr 203.0.113.250
report none
greylist 5m
racl "fail" blacklist spf fail msg "SPF says no: %Qs"
racl "error" whitelist spf permerror from /^<perm/
racl "down" whitelist spf temperror
racl "soft" blacklist spf softfail
racl "open" greylist spf self
racl "pass" whitelist spf pass
racl "none" greylist spf none delay 1h
racl greylist default
.
on mta
ask client_address=192.0.2.99 sender=a@good.example
answer 551 5.7.1 SPF says no: fail
ask client_address=192.0.2.5 sender=a@good.example instance=m2
answer DUNNO
log rule=pass
# Everybody may send, and so may we: that is no pass.
ask client_address=192.0.2.5 sender=a@all.example instance=m3
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
log rule=open
ask client_address=192.0.2.5 sender=a@soft.example instance=m4
answer 551 5.7.1 Go away!
ask client_address=198.51.100.1 sender=a@soft.example instance=m5
answer DUNNO
ask client_address=192.0.2.5 sender=a@neutral.example instance=m6
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
log why=new rule=12
ask client_address=192.0.2.5 sender=a@nowhere.example instance=m7
answer DEFER_IF_PERMIT Greylisting in action, please come back in 01:00:00
ask client_address=192.0.2.5 sender=perm@twice.example instance=m8
answer DUNNO
log rule=error
ask client_address=192.0.2.5 sender=a@broken.example instance=m9
answer DUNNO
log rule=down
# The null sender stands for postmaster of its HELO.
ask client_address=192.0.2.5 helo_name=good.example sender= instance=m10
answer DUNNO
log rule=pass
# Why a domain says no is read by nobody here: it is not asked for, nor waited for.
ask client_address=192.0.2.99 sender=a@why.example instance=m11
answer 551 5.7.1 SPF says no: fail
asked silent.why.example 0
