# Octets of every kind in every attribute: one line of answer, one line of log.
conf --delay=300 --greylist-text="for %r: %s"
on mta
ask sender="a\tb\x7f@x" recipient="r@\x01%s%n\xff" client_name=\x1b[31m
answer DEFER_IF_PERMIT for ?%s%n\xff: 300
log client=203.0.113.9 name=\\x1b[31m from=<a\\x09b\\x7f@x> to=<r@\\x01%s%n\\xff>\n
