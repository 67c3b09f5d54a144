# Page 4 as it stands.
rules
extendedregex
report none

racl greylist domain /^\\[.+\\]$/ msg "S25R rule 0"
racl greylist domain /^[^.]*[0-9][^0-9.]+[0-9].*\\./ msg "S25R rule 1"
racl greylist domain /^[^.]*[0-9][0-9][0-9][0-9][0-9]/ msg "S25R rule 2"
racl greylist domain /^([^.]+\\.)?[0-9][^.]*\\.[^.]+\\..+\\.[a-z]/ msg "S25R rule 3"
racl greylist domain /^[^.]*[0-9]\\.[^.]*[0-9]-[0-9]/ msg "S25R rule 4"
racl greylist domain /^[^.]*[0-9]\\.[^.]*[0-9]\\.[^.]+\\..+\\./ msg "S25R rule 5"
racl greylist domain /^(dhcp|dialup|ppp|[achrsvx]?dsl)[^.]*[0-9]/ msg "S25R rule 6"

racl whitelist default

spamdsock inet "localhost:783"
dacl greylist spamd > 5 msg "SpamAssasin"
.
on mta
ask client_name=[203.0.113.9]
answer DEFER_IF_PERMIT S25R rule 0
ask client_name=unknown sender=b@example.net
answer DEFER_IF_PERMIT S25R rule 0
ask client_name=dsl12-34.example.net sender=c@example.net
answer DEFER_IF_PERMIT S25R rule 1
ask client_name=host12345.example.net sender=d@example.net
answer DEFER_IF_PERMIT S25R rule 2
ask client_name=dhcp7.example.net sender=e@example.net
answer DEFER_IF_PERMIT S25R rule 6
ask client_name=mx.example.net sender=f@example.net
answer DUNNO
