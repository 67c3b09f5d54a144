/* The configured children of one thread, and what it has learned of each: how it fares, what it
 * asked for when it was last connected, what it answered. That is kept under the child's name and
 * socket, and outlasts the configuration. */
#pragma once

#include <stdatomic.h>

#include "child/breaker.h"
#include "child/child.h"
#include "codec/milter_mta.h"

/* What a child wanted in its last negotiation. */
struct wishes {
	bool known;
	uint32_t actions, steps;
	bool listed[MILTER_STAGES];
	struct buf macros[MILTER_STAGES];
};

enum child_count {
	CHILD_SESSIONS, /* that it agreed on terms with */
	CHILD_ANSWERS,
	CHILD_US,       /* that they took, in all, */
	CHILD_MOST_US,  /* and the longest */
	CHILD_ACCEPTED, /* messages: it said so, or CONTINUE at the end */
	CHILD_REJECTED, /* messages, recipients, clients */
	CHILD_TEMPFAILED,
	CHILD_DISCARDED,
	CHILD_CHANGES, /* that were passed on */
	CHILD_FAULT,   /* the first of FAULTS; the place of FAULT_NONE stays empty */
	CHILD_COUNTS = CHILD_FAULT + FAULTS
};

#define CHILD_SOCKET_TEXT_MAX (DIAL_HOST_MAX + DIAL_PORT_MAX + 8u)

/* What is known of one. */
struct child_history {
	struct child_history *next; /* the ones that were met before */
	char *name;
	char socket[CHILD_SOCKET_TEXT_MAX]; /* "unix:PATH", "inet:PORT@HOST" */
	struct breaker breaker;
	struct wishes wishes;
	uint64_t heard_us['Z' - 'A' + 1]; /* when it last answered a command of this letter */
	uint64_t told_ms;                 /* when its failure was last logged; 0: never */
	unsigned untold;                  /* failures since then that were not */
	/* Only the thread itself writes; anybody may read. */
	atomic_uint_least64_t n[CHILD_COUNTS];
	atomic_uint_least64_t out_until_ms; /* the breaker's, as loop_mono_ms; 0: it is asked */
};

/* A thread's own. Entries are only ever added, at the head, so that others may walk them; zeroed:
 * nobody is known yet. */
struct child_histories {
	_Atomic(struct child_history *) first;
};

/* What is known of the child of this name at this address; from now on at least that there is one.
 */
struct child_history *child_history_of(struct child_histories *all, const struct child_conf *conf);

/* From any thread: NULL if there is none. */
const struct child_history *child_history_find(const struct child_histories *all, const char *name,
                                               const char *socket);

/* As it stands in `socket`. */
void child_socket_text(const struct dial_address *a, char out[CHILD_SOCKET_TEXT_MAX]);

/* Nobody may look any more. */
void child_histories_free(struct child_histories *all);

/* After each call of breaker_good, breaker_failed. */
static inline void child_history_tell(struct child_history *a)
{
	atomic_store_explicit(&a->out_until_ms, a->breaker.out_ms > 0 ? a->breaker.until_ms : 0,
	                      memory_order_relaxed);
}

struct child {
	const struct child_conf *conf;
	struct child_history *known;
};

/* References are counted by the one thread: sessions keep those that they began with. */
struct children {
	unsigned refs;
	size_t count;
	struct child *child;
};

/* The array of confs, at most CHILDREN_MAX, and what is known must live until the last reference
 * goes. */
struct children *children_new(struct child_histories *known, const struct child_conf *confs,
                              size_t count);
struct children *children_ref(struct children *c);
void children_unref(struct children **c);

static inline void child_count(struct child *c, enum child_count which, uint64_t more)
{
	uint64_t n = atomic_load_explicit(&c->known->n[which], memory_order_relaxed);

	atomic_store_explicit(&c->known->n[which], n + more, memory_order_relaxed);
}

static inline uint64_t child_history_counted(const struct child_history *a, enum child_count which)
{
	return atomic_load_explicit(&a->n[which], memory_order_relaxed);
}

static inline uint64_t child_counted(const struct child *c, enum child_count which)
{
	return child_history_counted(c->known, which);
}

/* An answer that took so long. */
void child_answered(struct child *c, uint64_t us);

/* It has answered a command of this kind; with 'E' all of a message's content. */
void child_heard(struct child *c, char letter, uint64_t now_us);
bool child_heard_since(const struct child *c, char letter, uint64_t us);

/* The word that stands for it in status reports. */
const char *child_count_name(enum child_count which);

void wishes_learn(struct wishes *w, const struct milter_agreed *terms);

/* What must be agreed on with our MTA so that no child misses anything: of a child whose wishes are
 * not known, all there is. */
struct wish_sum {
	uint32_t actions;
	uint32_t declined;                /* NO_ steps that nobody wants */
	uint32_t unanswered;              /* NR_ steps that nobody would answer */
	uint32_t steps;                   /* WITH_ steps that somebody wants */
	bool own[MILTER_STAGES];          /* somebody takes what macros the MTA sends by itself */
	struct buf macros[MILTER_STAGES]; /* names, a blank between; those beyond a list's bound
	                                     are left out */
};

void wish_sum_begin(struct wish_sum *sum, const struct children *c);
void wish_sum_end(struct wish_sum *sum);
