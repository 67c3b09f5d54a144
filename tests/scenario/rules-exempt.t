# Who authenticated is not asked about, unless the file has its own idea of that.
rules
report all
hostname "mx.example.org"
racl greylist default
.
on mta
ask sasl_username=rin
answer PREPEND X-Greylist: Sender succeeded SMTP AUTH, not delayed by greylag-0.1.0 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)
log why=authenticated
ask sasl_username= ccert_subject=mx.example.net instance=m2
answer PREPEND X-Greylist: Sender succeeded STARTTLS authentication, not delayed by greylag-0.1.0 (mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)
ask ccert_subject= instance=m3
answer DEFER_IF_PERMIT Greylisting in action, please come back in 00:30:00
count pass_authenticated 2
