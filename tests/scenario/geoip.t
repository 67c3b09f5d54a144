# Rules about the client's country, from the data base of tests/mmdb.py.
rules
nospf
report none
greylist 5m
geoip2db "tests/data/geo/countries.mmdb"
list "near" geoip { "KR" "TW" }
racl blacklist geoip "JP" msg "no mail from %C"
racl whitelist list "near"
racl "nowhere" blacklist geoip "ZZ" msg "from nowhere: %C."
racl whitelist not geoip "CH" addr 198.51.100.0/24
racl greylist default msg "%C, later"
.
on mta
ask client_address=192.0.2.1
answer 551 5.7.1 no mail from JP
ask client_address=192.0.2.129 instance=m2
answer DUNNO
ask client_address=192.0.2.200 instance=m3
answer DUNNO
ask client_address=203.0.113.1 instance=m4
answer 551 5.7.1 from nowhere: .
ask client_address=198.51.100.1 instance=m5
answer DUNNO
ask client_address=2001:db8::1 instance=m6
answer DEFER_IF_PERMIT CH, later
ask client_address=2001:db8:1::1 instance=m7
answer DEFER_IF_PERMIT AT, later
ask client_address=2001:db9::1 instance=m8
answer 551 5.7.1 from nowhere: .
