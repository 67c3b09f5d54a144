# Idle connections, and those that stop in the middle of a request.
conf --delay=300 --greylist-text="%s" --x-greylist-header="X-Greylist: %t"
on idle
ask
answer DEFER_IF_PERMIT 300
on unfinished
send
request=smtpd_access_policy
.
advance 99s
on unfinished
silence
advance 101s
end
on idle
silence
advance 3000s
silence
ask
answer PREPEND X-Greylist: 3200
advance 3600s
advance 100s
end
count connections_closed 2
