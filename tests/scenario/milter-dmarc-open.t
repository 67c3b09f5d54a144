# Who forges an author does not get by with domains of his own that never answer, nor with headers that nobody reads.
dns
shop.example TXT "v=spf1 -all"
_dmarc.shop.example TXT "v=DMARC1; p=reject"
evil.example TXT SILENT
s._domainkey.evil.example TXT SILENT
s._domainkey.shop.example TXT SILENT
.
rules
hostname "mx.example.org"
socket "inet:7070"
report none
nospf
dns_timeout 3s
racl whitelist default
dacl blacklist dmarc reject msg "owner"
dacl blacklist dmarc unclear msg "whose?"
dacl continue dmarc missing addheader "X-Owner: missing"
dacl continue dmarc error addheader "X-Owner: error"
.
mta a
offer 6
terms 6 101 187bc0
put C [192.0.2.1]\04\0\0192.0.2.1\0
put H mx.evil.example\0
# his own domain
put M <a@evil.example>\0
put R <b@example.org>\0
get c
put L From\0 rin@shop.example\0
put E
advance 3s
get y 551 5.7.1 owner\0
# his own signature
put M <a@none.example>\0
put R <b@example.org>\0
get c
put L DKIM-Signature\0 v=1; a=rsa-sha256; c=simple/simple; d=evil.example; s=s; h=from;\n\tbh=frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=; b=AAAABBBBCCCC\0
put L From\0 rin@shop.example\0
put E
silence
advance 3s
get y 551 5.7.1 owner\0
# one of the author's domain may be true
put M <a@none.example>\0
put R <b@example.org>\0
get c
put L DKIM-Signature\0 v=1; a=rsa-sha256; c=simple/simple; d=shop.example; s=s; h=from;\n\tbh=frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=; b=AAAABBBBCCCC\0
put L From\0 rin@shop.example\0
put E
silence
advance 3s
get h X-Owner\0 error\0
get c
# with more headers than are looked at it is not verified
put M <a@none.example>\0
put R <b@example.org>\0
get c
put L DKIM-Signature\0 v=1; a=rsa-sha256; c=simple/simple; d=shop.example; s=s; h=from;\n\tbh=frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=; b=AAAABBBBCCCC\0
put L From\0 rin@shop.example\0
flood 2000 \0\0\0\x05LA\0a\0
put E
get y 551 5.7.1 owner\0
# nor without one author
put M <a@none.example>\0
put R <b@example.org>\0
get c
put L From\0 rin@none.example\0
put L From\0 rin@shop.example\0
put E
get y 551 5.7.1 whose?\0
put M <a@none.example>\0
put R <b@example.org>\0
get c
put L From\0 a@none.example, rin@shop.example\0
put E
get y 551 5.7.1 whose?\0
put M <a@none.example>\0
put R <b@example.org>\0
get c
put L Subject\0 hi\0
put E
get y 551 5.7.1 whose?\0
put M <a@none.example>\0
put R <b@example.org>\0
get c
put L From\0 rin@none.example\0
put E
get h X-Owner\0 missing\0
get c
put Q
end
