# A policy door's answer has room for one header: the rule's own, what SPF said, then X-Greylist.
dns
good.example TXT "v=spf1 ip4:192.0.2.0/28 -all"
two.example TXT "v=spf1 -all"
two.example TXT "v=spf1 +all"
.
rules
hostname "mx.example.org"
report none
received_spf
nospf
racl whitelist rcpt c@example.org addheader "X-Own: yes"
racl blacklist rcpt d@example.org
racl whitelist default
.
on mta
ask client_address=192.0.2.5 client_name=mx.good.example helo_name=mx.good.example sender=a@good.example recipient=b@example.org instance=m1
answer PREPEND Received-SPF: pass (mx.example.org: good.example designates 192.0.2.5 as permitted sender) receiver=mx.example.org; identity=mailfrom; client-ip=192.0.2.5; envelope-from="a@good.example"; helo=mx.good.example; mechanism="ip4:192.0.2.0/28"
# once a message
ask recipient=e@example.org
answer DUNNO
ask recipient=c@example.org instance=m2
answer PREPEND X-Own: yes
ask recipient=d@example.org instance=m3
answer 551 5.7.1 Go away!
ask client_address=192.0.2.99 recipient=b@example.org instance=m4
answer PREPEND Received-SPF: fail (mx.example.org: good.example does not designate 192.0.2.99 as permitted sender) receiver=mx.example.org; identity=mailfrom; client-ip=192.0.2.99; envelope-from="a@good.example"; helo=mx.good.example; mechanism=-all
ask client_address=2001:db8::1 sender= helo_name=h(x instance=m5
answer PREPEND Received-SPF: none (mx.example.org: h\\(x says nothing of 2001:db8::1) receiver=mx.example.org; identity=helo; client-ip="2001:db8::1"; envelope-from=""; helo="h(x"
ask client_address=192.0.2.5 sender=a@two.example helo_name=h instance=m6
answer PREPEND Received-SPF: permerror (mx.example.org: two.example has a wrong record for 192.0.2.5) receiver=mx.example.org; identity=mailfrom; client-ip=192.0.2.5; envelope-from="a@two.example"; helo=h; problem="two.example: it has 2 SPF records"
# who authenticates is not asked about
ask sasl_username=rin instance=m7
answer DUNNO
