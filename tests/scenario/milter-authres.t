# What headers tell of SPF, DKIM and DMARC; and results that others have written in our name go.
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
received_spf
racl whitelist default
dacl blacklist dkim fail msg "signature"
dacl blacklist dmarc reject msg "owner"
dacl continue dmarc quarantine addheader "X-Owner: quarantine"
dacl continue dmarc none addheader "X-Owner: none"
dacl continue dmarc missing addheader "X-Owner: missing"
.
mta a
# add and change headers; headers, body, blanks
offer 6
terms 6 111 187bc0
put C mx.shop.example\04\0\0192.0.2.1\0
put H mx.shop.example\0
put M <rin@shop.example>\0
put R <b@example.org>\0
get c
put L Authentication-Results\0 mx.example.org; dkim=pass\0
put L AUTHENTICATION-results\0 other.example; dkim=pass\0
put L DKIM-Signature\0 v=1;\n\ta=rsa-sha256;\n\tc=simple/simple;\n\td=shop.example;\n\ts=s;\n\th=from:subject;\n\tbh=0FDdUmuEj6uG9oqKOxstIVsMNrgtYvvEEWlHDex/ONE=;\n\tb=UAXjc2+7GnYshpLkiE/K1Ppclv47NeWjFNdQ1XJ6fLkNa9D3yqcOpmeuyzys0rSz0kkWtT\n\t iAcWF0XW8QGTvIH+AgS6WbcyahBcebobJpmfWPHU5gJJbPgaUOoyJOytRiUrgyxhM8V9C+\n\t VrsQX+lweqV1z4KCD8xYDmj4Hsf0fYI=\0
put L From\0 Rin <rin@shop.example>\0
put L Subject\0hello\n\tworld \0
put B Dear Bob\r\n
put L authentication-results\0 (c)\n "MX.example.org" 1; spf=pass\0
put L Authentication-Results\0 (\0
put E
get m \0\0\0\x04Authentication-Results\0\0
get m \0\0\0\x03Authentication-Results\0\0
get m \0\0\0\x01Authentication-Results\0\0
get i \0\0\0\0Received-SPF\0 pass (mx.example.org: shop.example designates 192.0.2.1 as permitted sender) receiver=mx.example.org; identity=mailfrom; client-ip=192.0.2.1; envelope-from="rin@shop.example"; helo=mx.shop.example; mechanism="ip4:192.0.2.1"\0
get i \0\0\0\0Authentication-Results\0 mx.example.org;\n\tiprev=pass policy.iprev=192.0.2.1;\n\tspf=pass smtp.mailfrom=rin@shop.example;\n\tdkim=pass header.d=shop.example header.i=@shop.example header.s=s header.b=UAXjc2+7;\n\tdmarc=pass (p=reject) header.from=shop.example\0
get c
# one blank more, and it is another header
put M <rin@shop.example>\0
put R <b@example.org>\0
get c
put L DKIM-Signature\0 v=1;\n\ta=rsa-sha256;\n\tc=simple/simple;\n\td=shop.example;\n\ts=s;\n\th=from:subject;\n\tbh=0FDdUmuEj6uG9oqKOxstIVsMNrgtYvvEEWlHDex/ONE=;\n\tb=UAXjc2+7GnYshpLkiE/K1Ppclv47NeWjFNdQ1XJ6fLkNa9D3yqcOpmeuyzys0rSz0kkWtT\n\t iAcWF0XW8QGTvIH+AgS6WbcyahBcebobJpmfWPHU5gJJbPgaUOoyJOytRiUrgyxhM8V9C+\n\t VrsQX+lweqV1z4KCD8xYDmj4Hsf0fYI=\0
put L From\0 Rin <rin@shop.example>\0
put L Subject\0 hello\n\tworld \0
put B Dear Bob\r\n
put E
get y 551 5.7.1 signature\0
# somebody else; the owner wants it refused
put K
put C [192.0.2.9]\04\0\0192.0.2.9\0
put H x\0
put M <>\0
put R <b@example.org>\0
get c
put L From\0 rin@SHOP.example\0
put B hello\r\n
put E
get y 551 5.7.1 owner\0
# or only put aside; a null sender is judged by HELO
put M <>\0
put R <b@example.org>\0
get c
put L From\0 Rin <rin@soft.example>\0
put E
get h X-Owner\0 quarantine\0
get i \0\0\0\0Received-SPF\0 none (mx.example.org: x says nothing of 192.0.2.9) receiver=mx.example.org; identity=helo; client-ip=192.0.2.9; envelope-from=""; helo=x\0
get i \0\0\0\0Authentication-Results\0 mx.example.org;\n\tiprev=permerror policy.iprev=192.0.2.9;\n\tspf=none smtp.helo=x;\n\tdkim=none;\n\tdmarc=fail (p=quarantine dis=quarantine) header.from=soft.example\0
get c
# the policy for subdomains
put M <a@none.example>\0
put R <b@example.org>\0
get c
put L From\0 Rin <rin@a.soft.example>\0
put E
get h X-Owner\0 none\0
get i \0\0\0\0Received-SPF\0 none (mx.example.org: none.example says nothing of 192.0.2.9) receiver=mx.example.org; identity=mailfrom; client-ip=192.0.2.9; envelope-from="a@none.example"; helo=x\0
get i \0\0\0\0Authentication-Results\0 mx.example.org;\n\tiprev=permerror policy.iprev=192.0.2.9;\n\tspf=none smtp.mailfrom=a@none.example;\n\tdkim=none;\n\tdmarc=fail (p=none dis=none) header.from=a.soft.example\0
get c
# two From headers have no owner, nor has one with two domains
put M <a@none.example>\0
put R <b@example.org>\0
get c
put L From\0 rin@shop.example\0
put L From\0 rin@none.example\0
put E
get h X-Owner\0 missing\0
get i \0\0\0\0Received-SPF\0 none (mx.example.org: none.example says nothing of 192.0.2.9) receiver=mx.example.org; identity=mailfrom; client-ip=192.0.2.9; envelope-from="a@none.example"; helo=x\0
get i \0\0\0\0Authentication-Results\0 mx.example.org;\n\tiprev=permerror policy.iprev=192.0.2.9;\n\tspf=none smtp.mailfrom=a@none.example;\n\tdkim=none;\n\tdmarc=none\0
get c
# refused: nothing is changed
put M <a@none.example>\0
put R <b@example.org>\0
get c
put L Authentication-Results\0 mx.example.org; dkim=pass\0
put L From\0 rin@shop.example\0
put E
get y 551 5.7.1 owner\0
put Q
end
