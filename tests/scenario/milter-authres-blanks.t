# An MTA that takes the blank behind a header's colon off: of a signature in simple form nobody can
# tell, and it is no reason to refuse.
dns
shop.example TXT "v=spf1 ip4:192.0.2.1 -all"
none.example A 192.0.2.1
s._domainkey.shop.example TXT "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDnQ2iOxYbKDsFAWBMdJE0+GEW54FEhY5i/ZkVVCh6gI9NwhoZ7KSp9OMHx89ovwljSNijxz" "CJbfZ/qWdwRx4K/fBko7NFLuHjmDAOQuW+CMh++6ZDv5P60btcdKyFT/cyepu9rhCOGiYUd1RK5cXiOpHErOMm5ea+dJUVb10CW0wIDAQAB"
_dmarc.shop.example TXT "v=DMARC1; p=reject"
_dmarc.soft.example TXT "v=DMARC1; p=quarantine; sp=none"
1.2.0.192.in-addr.arpa PTR mx.shop.example
mx.shop.example A 192.0.2.1
9.2.0.192.in-addr.arpa * NXDOMAIN
.
rules
hostname "mx.example.org"
socket "inet:7070"
report none
nospf
authentication_results
racl whitelist default
dacl blacklist dkim fail msg "signature"
dacl blacklist dmarc reject msg "owner"
dacl continue dmarc quarantine addheader "X-Owner: quarantine"
dacl continue dmarc none addheader "X-Owner: none"
dacl continue dmarc missing addheader "X-Owner: missing"
.
mta a
offer 6 0fffff
terms 6 111 87bc0
put C x.example\04\0\0192.0.2.9\0
put H x.example\0
put M <a@none.example>\0
put R <b@example.org>\0
get c
put L DKIM-Signature\0v=1;\n\ta=rsa-sha256;\n\tc=simple/simple;\n\td=shop.example;\n\ts=s;\n\th=from:subject;\n\tbh=0FDdUmuEj6uG9oqKOxstIVsMNrgtYvvEEWlHDex/ONE=;\n\tb=UAXjc2+7GnYshpLkiE/K1Ppclv47NeWjFNdQ1XJ6fLkNa9D3yqcOpmeuyzys0rSz0kkWtT\n\t iAcWF0XW8QGTvIH+AgS6WbcyahBcebobJpmfWPHU5gJJbPgaUOoyJOytRiUrgyxhM8V9C+\n\t VrsQX+lweqV1z4KCD8xYDmj4Hsf0fYI=\0
put L From\0Rin <rin@shop.example>\0
put L Subject\0hello\n\tworld \0
put B Dear Bob\r\n
put E
get i \0\0\0\0Authentication-Results\0mx.example.org;\n\tiprev=pass policy.iprev=192.0.2.9;\n\tspf=none smtp.mailfrom=a@none.example;\n\tdkim=neutral (headers are not as they came) header.d=shop.example header.i=@shop.example header.s=s header.b=UAXjc2+7;\n\tdmarc=temperror (p=reject) header.from=shop.example\0
get c
put Q
end
