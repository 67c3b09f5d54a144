# Whose preferences count: the only recipient's by its local part, or those of the user for all others.
spamd
rules
hostname "mx.example.org"
socket "inet:7070"
report none
spamd_user local "nobody"
racl blacklist rcpt black@example.org
racl whitelist default
dacl blacklist spamd > 5
.
mta a
offer 6
put C [192.0.2.1]\04\0\0192.0.2.1\0
put M <a@example.net>\0
put R <rin@example.org>\0
get c
put E
get c
scanned 1 SYMBOLS SPAMC/1.5\r\nUser: rin\r\n
# without its detail
put M <a@example.net>\0
put R <rin+lists@example.org>\0
get c
put E
get c
scanned 2 \r\nUser: rin\r\n
# one that was refused does not count
put M <a@example.net>\0
put R <rin>\0
get c
put R <black@example.org>\0
get y 551 5.7.1 Go away!\0
put E
get c
scanned 3 \r\nUser: rin\r\n
# several, of one user too; and what is no user's name
put M <a@example.net>\0
put R <rin@example.org>\0
get c
put R <rin+lists@example.org>\0
get c
put E
get c
scanned 4 \r\nUser: nobody\r\n
put M <a@example.net>\0
put R <"a b"@example.org>\0
get c
put E
get c
scanned 5 \r\nUser: nobody\r\n
put M <a@example.net>\0
put R <\xe7\x8b\xb8@example.org>\0
get c
put E
get c
scanned 6 \r\nUser: nobody\r\n
put M <a@example.net>\0
put R <+lists@example.org>\0
get c
put E
get c
scanned 7 \r\nUser: nobody\r\n
put Q
end
