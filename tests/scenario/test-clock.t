# policy_test_time counts only behind its option, and only when it is a time.
conf --test-clock --delay=300 --greylist-text="%s" --x-greylist-header="X-Greylist: %t"
on mta
ask policy_test_time=1000000000
answer DEFER_IF_PERMIT 300
ask policy_test_time=1000000299
answer DEFER_IF_PERMIT 1
ask policy_test_time=9223372036854775807
answer DEFER_IF_PERMIT 300
ask policy_test_time=-9223372036854775808 sender=c@example.net
answer DEFER_IF_PERMIT 300
ask policy_test_time=9223372036854775808
answer DEFER_IF_PERMIT 300
ask policy_test_time=99999999999999999999999999
answer DEFER_IF_PERMIT 300
ask policy_test_time=soon
answer DEFER_IF_PERMIT 300
# the last and the first second that there are
ask policy_test_time=253402300799 sender=d@example.net
answer DEFER_IF_PERMIT 300
ask policy_test_time=0
answer DEFER_IF_PERMIT 300
log why=first-seen-in-the-future
ask policy_test_time=300
answer PREPEND X-Greylist: 300
