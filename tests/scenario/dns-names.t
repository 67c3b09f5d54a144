# A name that we look up ourselves, where the mail server does not say it.
dns
5.2.0.192.in-addr.arpa PTR mx.good.example
mx.good.example A 192.0.2.5
6.2.0.192.in-addr.arpa PTR mx.good.example
8.2.0.192.in-addr.arpa * SERVFAIL
.
rules
nospf
report none
greylist 5m
racl "none" blacklist rdns none msg "no name"
racl "liar" blacklist rdns unconfirmed msg "not your name"
racl greylist default
.
on mta
ask client_address=192.0.2.5 client_name=unknown reverse_client_name=
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=192.0.2.6 client_name=unknown reverse_client_name= instance=m2
answer 551 5.7.1 not your name
ask client_address=192.0.2.7 client_name=unknown reverse_client_name= instance=m3
answer 551 5.7.1 no name
# Nor where it says "unknown", as Postfix does for a client without a name, and when it could not ask.
ask client_address=192.0.2.5 client_name=unknown reverse_client_name=unknown instance=m4
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
ask client_address=192.0.2.7 client_name=unknown reverse_client_name=unknown instance=m5
answer 551 5.7.1 no name
ask client_address=192.0.2.8 client_name=unknown reverse_client_name=unknown instance=m6
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00
