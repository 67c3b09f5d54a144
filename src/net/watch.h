/* Waits for a descriptor that another library owns: one that reads and writes by itself, and only
 * wants to be told when it can. */
#pragma once

#include "net/loop.h"

struct watch;

enum watch_event { WATCH_READ = 1, WATCH_WRITE = 2 };

/* ready(arg, events) from the loop, as long as it can be read or written; a broken descriptor is
 * both. It waits for nothing until watch_for. NULL when the system refuses. */
struct watch *watch_new(struct loop *loop, int fd, void (*ready)(void *arg, unsigned events),
                        void *arg);

/* From now on for these (enum watch_event); 0: for nothing. */
void watch_for(struct watch *w, unsigned events);

/* Sets *w to NULL; ready will not run. The descriptor may be closed at once. */
void watch_free(struct watch **w);
