# A memory that can't be opened: mail passes, and the trouble is said once a minute.
store down
conf --delay=300
on mta
ask
answer DUNNO
log the store gave no answer (
ask
answer DUNNO
no-log the store gave no answer
advance 60s
ask
answer DUNNO
log the store gave no answer (
count pass_unasked 3
