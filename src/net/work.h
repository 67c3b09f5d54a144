/* Work that would keep a loop too long, done on a thread of the process's pool (libuv's: 4 threads,
 * unless UV_THREADPOOL_SIZE says otherwise; one queue for all loops). */
#pragma once

#include "net/loop.h"

/* run(arg) once, on a thread of the pool; then done(arg) on the loop's thread, later than this
 * call. It can't be taken back: what arg points to lives until done. */
void work_start(struct loop *loop, void (*run)(void *arg), void (*done)(void *arg), void *arg);
