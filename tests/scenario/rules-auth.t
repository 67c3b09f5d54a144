# A rule about auth: no blanket exemption.
rules
report none
racl whitelist auth "rin"
racl greylist default
.
on mta
ask sasl_username=rin
answer DUNNO
ask sasl_username=ken instance=m2
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:30:00
