# What an expression has found in the body is told of in the subject, though a footer moves the body.
rules
hostname "mx.example.org"
socket "inet:7070"
report none
extendedregex
racl whitelist default
dacl whitelist body /needle ([a-z0-9]+)/ addfooter "found: %g{\\1} yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy" subjtag "[%g{\\1}] "
.
mta a
offer 6
put C [192.0.2.1]\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
put L Subject\0hi\0
put B xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx needle 4711abcdefghijklmnopqrstuvwxyz in it\r\n
put E
get b xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx needle 4711abcdefghijklmnopqrstuvwxyz in it\r\nfound: 4711abcdefghijklmnopqrstuvwxyz yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n
get m \0\0\0\x01Subject\0[4711abcdefghijklmnopqrstuvwxyz] hi\0
get c
put Q
end
