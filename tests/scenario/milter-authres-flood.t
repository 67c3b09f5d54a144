# Who has written more results in our name than anybody needs is asked to come again.
rules
hostname "mx.example.org"
socket "inet:7070"
report none
authentication_results "mx"
racl whitelist default
.
mta a
offer 6
terms 6 111 187bc0
put C [192.0.2.1]\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <b@example.org>\0
get c
flood 1001 \0\0\0\x21LAuthentication-Results\0mx; none\0
put E
get t
log Authentication-Results in our name can't be deleted
put Q
end
