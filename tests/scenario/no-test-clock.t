# Without the option a request's own time is nobody's.
conf --delay=300 --greylist-text="%s"
on mta
ask policy_test_time=1000000000
answer DEFER_IF_PERMIT 300
ask policy_test_time=2000000000
answer DEFER_IF_PERMIT 300
