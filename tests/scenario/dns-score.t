# The sum of what DNS lists say, each with its weight. Only those that rules want are asked.
dns
2.2.0.192.big.example A 127.0.0.2
2.2.0.192.big.example A 127.0.0.10
2.2.0.192.small.example * NXDOMAIN
2.2.0.192.white.example A 127.0.5.1
3.2.0.192.big.example A 127.0.0.10
3.2.0.192.small.example A 127.0.0.2
4.2.0.192.big.example A 127.0.0.2
4.2.0.192.small.example * SILENT
4.2.0.192.white.example A 127.255.255.254
5.2.0.192.big.example A 127.0.0.10
5.2.0.192.small.example * SILENT
5.2.0.192.white.example A 127.0.0.255
6.2.0.192.big.example * SERVFAIL
6.2.0.192.small.example * SILENT
6.2.0.192.white.example A 127.255.255.252
7.2.0.192.white.example A 127.0.5.1
9.2.0.192.big.example * SERVFAIL
*.idle.example * SILENT
*.late.example * SILENT
.
rules
nospf
report none
greylist 5m
dns_timeout 3s
dnsrbl "big" big.example 127.0.0.2 weight 3
dnsrbl "dynamic" big.example 127.0.0.10 weight 2
dnsrbl "small" small.example 127.0.0.0/8 weight 1
dnswl "white" white.example 127.0.0.0/16 weight 4
# Nobody names it, so nobody tells it who sends us mail; the other is named at the end of the message.
dnsrbl "idle" idle.example 127.0.0.2
dnsrbl "late" late.example 127.0.0.2
racl "bad" blacklist dnsbl score >= 4 msg "score"
racl "poor" greylist dnsbl score > 1 msg "poor"
racl "good" whitelist dnsbl score < 0
racl "spoken for" greylist dnswl "white"
racl "nil" greylist dnsbl score == 0 msg "nil"
racl "unknown" greylist default msg "unknown"
dacl blacklist dnsrbl "late"
.
on mta
# 3 + 2 - 4, of one question to each zone
ask client_address=192.0.2.2
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
log rule="spoken for"
asked 2.2.0.192.big.example 1
asked 2.2.0.192.small.example 1
asked 2.2.0.192.white.example 1
# 2 + 1
ask client_address=192.0.2.3 instance=m2
answer DEFER_IF_PERMIT poor
# One lists, one says nothing, one says that we may not ask: waited for, then 3.
ask client_address=192.0.2.4 instance=m3
silence
advance 2900ms
silence
advance 200ms
answer DEFER_IF_PERMIT poor
log rule=poor
ask client_address=192.0.2.5 instance=m4
silence
advance 3100ms
answer DEFER_IF_PERMIT poor
# None can be asked: no score, and no rule about it holds.
ask client_address=192.0.2.6 instance=m5
silence
advance 3100ms
answer DEFER_IF_PERMIT unknown
ask client_address=192.0.2.7 instance=m6
answer DUNNO
log rule=good
ask client_address=192.0.2.8 instance=m7
answer DEFER_IF_PERMIT nil
# One could not be asked, the others have not got it.
ask client_address=192.0.2.9 instance=m8
answer DEFER_IF_PERMIT nil
asked *.idle.example 0
asked *.late.example 0
