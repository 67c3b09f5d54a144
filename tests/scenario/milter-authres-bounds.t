# What is forged is seen beyond maxpeek; a mail that is not whole is not judged; a silent name server
# is not waited for without end.
dns
shop.example TXT "v=spf1 ip4:192.0.2.0/24 -all"
_dmarc.shop.example TXT "v=DMARC1; p=reject"
_dmarc.silent.example TXT SILENT
s._domainkey.silent.example TXT SILENT
.
rules
hostname "mx.example.org"
socket "inet:7070"
report none
nospf
dns_timeout 3s
authentication_results "our name"
received_spf
racl whitelist spf pass maxpeek 60
racl whitelist default
dacl blacklist dmarc reject msg "owner"
dacl continue header "X-Rule: yes" addheader "Authentication-Results: rule.example; none", 0
dacl continue dmarc error addheader "X-Owner: error"
.
mta a
offer 6
terms 6 111 107fc0
put C mx.shop.example\04\0\0192.0.2.1\0
put H mx.shop.example\0
put M <a@shop.example>\0
put R <b@example.org>\0
get c
put L From\0 rin@shop.example\0
put L X-Long\0 123456789012345678901234567890123456789012345678901234567890\0
put L Authentication-Results\0 "our name"; dkim=pass\0
put L Authentication-Results\0 mx.example.org; dkim=pass\0
put E
get m \0\0\0\x01Authentication-Results\0\0
get i \0\0\0\0Received-SPF\0 pass (mx.example.org: shop.example designates 192.0.2.1 as permitted sender) receiver=mx.example.org; identity=mailfrom; client-ip=192.0.2.1; envelope-from="a@shop.example"; helo=mx.shop.example; mechanism="ip4:192.0.2.0/24"\0
get i \0\0\0\0Authentication-Results\0 "our name";\n\tiprev=pass policy.iprev=192.0.2.1;\n\tspf=pass smtp.mailfrom=a@shop.example;\n\tdkim=neutral;\n\tdmarc=pass (p=reject) header.from=shop.example\0
get c
# the sender's record says nothing of the author, and of the signature nobody knows
put M <a@shop.example>\0
put R <b@example.org>\0
get c
put L X-Long\0 123456789012345678901234567890123456789012345678901234567890\0
put L From\0 rin@shop.example\0
put E
get h X-Owner\0 error\0
get i \0\0\0\0Received-SPF\0 pass (mx.example.org: shop.example designates 192.0.2.1 as permitted sender) receiver=mx.example.org; identity=mailfrom; client-ip=192.0.2.1; envelope-from="a@shop.example"; helo=mx.shop.example; mechanism="ip4:192.0.2.0/24"\0
get i \0\0\0\0Authentication-Results\0 "our name";\n\tiprev=pass policy.iprev=192.0.2.1;\n\tspf=pass smtp.mailfrom=a@shop.example;\n\tdkim=neutral;\n\tdmarc=temperror\0
get c
# what a rule adds comes behind what goes: it would count
put M <a@shop.example>\0
put R <b@example.org>\0
get c
put L X-Rule\0 yes\0
put L From\0 rin@shop.example\0
put L Authentication-Results\0 "our name"; dkim=pass\0
put E
get m \0\0\0\x01Authentication-Results\0\0
get i \0\0\0\0Authentication-Results\0 rule.example; none\0
get i \0\0\0\0Received-SPF\0 pass (mx.example.org: shop.example designates 192.0.2.1 as permitted sender) receiver=mx.example.org; identity=mailfrom; client-ip=192.0.2.1; envelope-from="a@shop.example"; helo=mx.shop.example; mechanism="ip4:192.0.2.0/24"\0
get i \0\0\0\0Authentication-Results\0 "our name";\n\tiprev=pass policy.iprev=192.0.2.1;\n\tspf=pass smtp.mailfrom=a@shop.example;\n\tdkim=neutral;\n\tdmarc=pass (p=reject) header.from=shop.example\0
get c
# the key, and then the policy
put M <a@none.example>\0
put R <b@example.org>\0
get c
put L DKIM-Signature\0 v=1; a=rsa-sha256; c=simple/simple; d=silent.example; s=s; h=from;\n\tbh=frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=; b=AAAABBBBCCCC\0
put L From\0 rin@silent.example\0
put E
silence
advance 3s
silence
advance 3s
get h X-Owner\0 error\0
get i \0\0\0\0Received-SPF\0 none (mx.example.org: none.example says nothing of 192.0.2.1) receiver=mx.example.org; identity=mailfrom; client-ip=192.0.2.1; envelope-from="a@none.example"; helo=mx.shop.example\0
get i \0\0\0\0Authentication-Results\0 "our name";\n\tiprev=pass policy.iprev=192.0.2.1;\n\tspf=none smtp.mailfrom=a@none.example;\n\tdkim=temperror (key unavailable) header.d=silent.example header.i=@silent.example header.s=s header.b=AAAABBBB;\n\tdmarc=temperror header.from=silent.example\0
get c
# more of them than are kept in mind
put M <a@shop.example>\0
put R <b@example.org>\0
get c
flood 65537 \x00\x00\x00\x1aLAuthentication-Results\x00(\x00
put L From\0 rin@shop.example\0
put E
get t
# who hangs up meanwhile is forgotten
put M <a@none.example>\0
put R <b@example.org>\0
get c
put L DKIM-Signature\0 v=1; a=rsa-sha256; c=simple/simple; d=silent.example; s=s; h=from;\n\tbh=frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=; b=AAAABBBBCCCC\0
put L From\0 rin@silent.example\0
put E
silence
gone
# who authenticates is not looked into, but writes nothing in our name either
mta b
offer 6
terms 6 111 107fc0
put C mx.shop.example\04\0\0192.0.2.1\0
put H mx.shop.example\0
put D M{auth_authen}\0rin\0
put M <a@shop.example>\0
put R <b@example.org>\0
get c
put L Authentication-Results\0 "our name"; dkim=pass\0
put L From\0 rin@shop.example\0
put E
get m \0\0\0\x01Authentication-Results\0\0
get c
put Q
end
