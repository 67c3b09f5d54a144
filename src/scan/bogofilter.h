/* Asks Bogofilter what it thinks of a message: a process for each, a bounded number at once. */
#pragma once

#include "codec/bogosity.h"
#include "net/loop.h"

struct bogofilter;
struct bogofilter_scan;

#define BOGOFILTER_CHILDREN_MAX 64u
#define BOGOFILTER_WAITING_MAX  1000u
#define BOGOFILTER_PRINTED_MAX  ((size_t)4096)

/* A loop's own. */
struct bogofilter *bogofilter_new(struct loop *loop);

/* The daemon ends: all that runs, and what is asked later, is out of time soon (ST_TIMEOUT). */
void bogofilter_end(struct bogofilter *pool);

/* Sets *pool to NULL. No scan may be left. Processes that were given up and have not ended yet are
 * waited for, up to a second together. */
void bogofilter_free(struct bogofilter **pool);

struct bogofilter_question {
	const char *command; /* of /bin/sh; copied */
	unsigned children;   /* that may run at once; above BOGOFILTER_CHILDREN_MAX it is that */
	const struct view *pieces; /* the message; they stay until the end */
	size_t piece_count;
	unsigned timeout_ms; /* for waiting and all */
};

/* done(arg, st, b) once, from the loop, later than this call; b is lent for the time of the call,
 * and the handle is gone when it begins. ST_OK; ST_TIMEOUT: the process is killed; ST_LIMIT: too
 * many wait; ST_UNAVAILABLE: it can't be started, ended with another status than 0, 1 or 2, or by a
 * signal; ST_INVALID: it printed something else, or too much. */
struct bogofilter_scan *
bogofilter_scan(struct bogofilter *pool, const struct bogofilter_question *q,
                void (*done)(void *arg, enum status st, const struct bogosity *b), void *arg);

/* Sets *scan to NULL; done will not run. The process is killed. */
void bogofilter_cancel(struct bogofilter_scan **scan);
