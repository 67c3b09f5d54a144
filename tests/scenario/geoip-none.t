# Without the data base nobody knows a country, and what is said of it does not hold, even behind not.
rules
nospf
report none
greylist 5m
geoip2db "tests/data/geo/nowhere.mmdb"
racl blacklist geoip "JP"
racl blacklist not geoip "JP"
racl blacklist geoip "ZZ"
racl greylist default msg "%C, later"
.
log tests/data/geo/nowhere.mmdb: No such file or directory: no client's country is known, and geoip never matches
on mta
ask client_address=192.0.2.1
answer DEFER_IF_PERMIT , later
