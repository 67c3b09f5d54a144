/* What the two sides of the resolver share: resolver.c has the thread that talks with libunbound,
 * port.c what a worker does. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "dns/name.h"
#include "dns/resolver.h"

/* What is asked once for all calls of a port. In the hands of the resolver's thread from
 * resolver_put until it comes back as a letter; the port then looks only at what stands last. */
struct question {
	struct letter letter; /* first: what comes back is the question */
	struct question *next, *prev;
	struct resolver *resolver;
	struct mailbox *reply_to;
	struct dns_name name;
	enum dns_type type;
	struct share *share;       /* the thread's own */
	int id;                    /* libunbound's */
	struct answer_box *answer; /* NULL when it comes back: it was not asked, nobody waited */
	atomic_bool idle;          /* no call waits for it: the port's word to the thread */

	struct dns_call *calls; /* the port's own: who waits, the last to come first */
};

struct question_list {
	struct question *first, *last;
};

enum resolver_counter {
	COUNT_ASKED,
	COUNT_CANCELLED,
	COUNT_JUNK,
	COUNT_REFUSED,
	COUNT_SHARED,
	COUNT_QUESTIONS,
	COUNT_CUT,
	COUNT_ANSWERED, /* the first of DNS_STATUSES */
	COUNTERS = COUNT_ANSWERED + DNS_STATUSES
};

void resolver_add(struct resolver *r, unsigned counter);

/* One more question in flight; false when there are too many. resolver_leave takes it back. */
bool resolver_enter(struct resolver *r);
void resolver_leave(struct resolver *r);

/* The question is the thread's from here on. */
void resolver_put(struct resolver *r, struct question *q);

/* Returns when all questions that go back to this mailbox have been posted to it. */
void resolver_recall(struct resolver *r, const struct mailbox *of);
