# Rate limits at the policy door: N are let through, each key and each limit by itself.
rules
ratelimit "slow" rcpt 2 / 1m
ratelimit "session" session 1 / 1m key "%f"
ratelimit "unused" rcpt 0 / 1m
ratelimit "data" data 0 / 1m
racl blacklist addr 10.0.0.0/8 ratelimit "unused"
racl blacklist from rin@example.net ratelimit "session" msg "session"
racl blacklist ratelimit "data"
racl blacklist not from rin@example.net ratelimit "slow" msg "slow down"
racl blacklist from twice@example.net ratelimit "slow" msg "never said"
racl whitelist default
report none
.
on mta
ask client_address=192.0.2.1 client_name=a.example sender=a@example.net instance=m1
answer DUNNO
ask
answer DUNNO
ask
answer 551 5.7.1 slow down
log ratelimit overflow for class slow: 3, limit is 2 recipients / 60 sec, key = "192.0.2.1"
# asked about once at a later stage: counted already
ask protocol_state=DATA
answer 551 5.7.1 slow down
log class slow: 3, limit
ask protocol_state=RCPT client_address=192.0.2.2 instance=m2
answer DUNNO
# on another connection too
on mta2
ask client_address=192.0.2.1 client_name=a.example sender=twice@example.net instance=m3
answer 551 5.7.1 slow down
advance 54s
ask
answer 551 5.7.1 slow down
advance 6s
ask
answer DUNNO
advance 60s
# a session is a message here: it counts until a recipient is let in
ask sender=rin@example.net instance=n1
answer DUNNO
ask
answer DUNNO
ask instance=n2
answer 551 5.7.1 session
log class session: 2, limit is 1 sessions / 60 sec, key = "rin@example.net"
ask
answer 551 5.7.1 session
log class session: 3
no-log unused
no-log class data
