# flushaddr with a store that can't be opened: the answer comes all the same.
store down
rules
report none
racl blacklist default flushaddr
.
on mta
ask
answer 551 5.7.1 Go away!
no-log flushed
