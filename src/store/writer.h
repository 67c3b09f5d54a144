/* The one thread that writes: everything that waits goes into one transaction and one fsync. */
#pragma once

#include "store/store.h"
#include "store/tables.h"
#include "store/touch.h"

/* One question on its way: it belongs to the writer from writer_put until it is posted back. */
struct job {
	struct letter letter; /* first: a job is its letter */
	struct mailbox *reply_to;
	struct tables_question q;
	struct judgement judgement;
	enum status status;
	bool first_of_instance;
	bool test_clock;
	bool forget; /* q as for tables_forget */
	uint64_t forgotten;
	struct tables_gone gone; /* by the last transaction */
};

struct writer;

struct writer *writer_new(struct env *env, const struct store_options *options);

/* Writes what waits, posts it back, ends the thread. */
void writer_free(struct writer **writer);

/* From any thread. ST_FULL: too many wait; the job stays the caller's. */
MUST_CHECK enum status writer_put(struct writer *w, struct job *job);

/* The table is the writer's then. It is dropped, and counted, when too many wait. */
void writer_put_touches(struct writer *w, struct touches *touches);

void writer_set_expiry(struct writer *w, const struct judge_policy *policy);
void writer_count(struct writer *w, struct store_counters *out);
