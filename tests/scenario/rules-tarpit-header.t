# Who sat through a tarpit is told so in the header, with its length, by the answer to DATA.
rules
hostname "mx.example.org"
racl whitelist tarpit 125s
racl greylist default
.
on mta
ask instance=s1
answer SLEEP 125
advance 125s
ask protocol_state=DATA
answer PREPEND X-Greylist: Message whitelisted by tarpit 125s, not delayed by greylag-0.1.0 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 03:59:16 +0000 (UTC)
