/* The memory: tuples, auto-allowed clients, tarpit marks. One asynchronous interface.
 *
 * A worker asks through its own port. What needs no writing is answered from a snapshot; the rest
 * goes to the one writer thread, which puts all that waits into one transaction and one fsync. So a
 * deferral is answered only when it is durable, and a pass of a known tuple at once: its time and
 * its count are written within a second or two.
 *
 * Whatever happens to the disk, every question is answered, at the latest after the timeout, with a
 * status: then let the mail through. */
#pragma once

#include "engine/judge.h"
#include "net/loop.h"
#include "store/record.h"
#include "util/log.h"

struct store;
struct store_port;
struct store_call;

struct store_options {
	const char *dir; /* must exist; kept as a copy */
	struct log *log; /* borrowed */
	unsigned timeout_ms;
	bool shared;                /* beside a daemon on the same folder: no lock, no expiry */
	bool privacy;               /* keys are keyed hashes; the key lies in the store */
	struct judge_policy expiry; /* what may be forgotten; see store_set_expiry */
	size_t map_bytes; /* size of the first map; 0: STORE_MAP_BYTES. It grows by itself */
};

#define STORE_MAP_BYTES  ((size_t)256 << 20)
#define STORE_QUEUE_MAX  100000 /* questions that wait for the writer */
#define STORE_BETTER_MAX 2      /* identities beside the network */

/* ST_OK, or
 * ST_LOCKED: another daemon has it; ST_NOTFOUND: no such folder: then *out is NULL; or
 * anything else: *out is a memory that forgets everything and answers ST_UNAVAILABLE, but tries
 * again every few seconds to become a real one. A damaged or foreign store is moved aside, with an
 * error in the log, and a new one begun. */
MUST_CHECK enum status store_open(const struct store_options *options, struct store **out,
                                  struct diag *why);

/* All ports must be gone. Writes what waits. */
void store_close(struct store **store);

/* From any thread: the times by which records are forgotten, after a reload. */
void store_set_expiry(struct store *store, const struct judge_policy *policy);

struct store_port *store_port_new(struct store *store, struct loop *loop);

/* Calls that are open must have been cancelled. Hands over what is still to be written. */
void store_port_free(struct store_port **port);

struct store_question {
	struct judge_question judge;
	struct judge_policy policy;
	struct view tuple; /* tuple_text(); may be empty for JUDGE_STAYED */
	/* The same under better identities of the client than its network, the best first: a record
	 * is looked for under each, begun under the best, and one that passed under a worse one is
	 * known under the best from then on. Texts that are too long for a key are left out. */
	struct store_better {
		enum grey_identity identity;
		struct view tuple;
	} better[STORE_BETTER_MAX];
	unsigned betters;
	struct view client; /* the address as text */
	struct view mark;   /* the network, or mark_text() */
	/* What was said of the mail, or NULL: kept with a tuple that begins to wait by it. Used
	 * only during the call. */
	const struct record_scan *scan;
	bool test_clock; /* judge.now is a test's: through the writer, in order, and the newest
	                    of these times is the one by which records are forgotten */
};

struct store_answer {
	enum status status; /* but for ST_OK nothing else is meant */
	struct judgement judgement;
	uint64_t forgotten;     /* store_forget: tuples */
	bool first_of_instance; /* no other tuple of this instance had its first pass */
};

/* answered(arg, answer) once, from the loop, later than this call. The question's views are used
 * only during it. */
struct store_call *store_ask(struct store_port *port, const struct store_question *question,
                             void (*answered)(void *arg, const struct store_answer *answer),
                             void *arg);

/* Forgets the tuples and marks of a network, and what is counted of a client. With `privacy` marks
 * of a sender stay: nobody can tell whose they are. answered as for store_ask, when all is gone for
 * good; of several thousand tuples as many at a time, with what else waits in between. */
struct store_forget {
	struct view net;    /* as in the tuples' texts */
	struct view client; /* the address as text */
};
struct store_call *store_forget(struct store_port *port, const struct store_forget *what,
                                void (*answered)(void *arg, const struct store_answer *answer),
                                void *arg);

/* What the memory says of a client and of a mark just now. */
struct store_peek {
	struct view client; /* in: as in store_question */
	struct view mark;
	bool has_client, has_mark;
	struct client_record client_record;
	struct mark_record mark_record;
};

/* Looks into a snapshot, at once. Not ST_OK: nobody can tell now (the map is being grown, the store
 * is down); nothing is found then. */
MUST_CHECK enum status store_peek(struct store_port *port, struct store_peek *peek);

/* What the memory has of a tuple just now. */
struct store_known {
	struct grey_record record;
	bool scanned;
	struct record_scan scan;
};

/* Of the question only the tuple's texts are looked at. From a snapshot, at once. ST_NOTFOUND: it
 * is not known, under none of its identities; others: nobody can tell now. */
MUST_CHECK enum status store_peek_tuple(struct store_port *port,
                                        const struct store_question *question,
                                        struct store_known *out);

/* Sets *call to NULL; answered will not run. What was asked may be remembered all the same. */
void store_cancel(struct store_call **call);

/* Counters of all ports and of the writer; from any thread. */
struct store_counters {
	uint64_t asked;
	uint64_t at_once; /* answered from a snapshot */
	uint64_t written; /* answered by the writer */
	uint64_t failed;  /* answered with a status */
	uint64_t timeouts;
	uint64_t commits;
	uint64_t commit_failures;
	uint64_t expired;
	uint64_t waiting; /* questions in the writer's queue now */
	uint64_t tuples;  /* entries at the last commit */
	uint64_t clients;
	uint64_t marks;
	uint64_t map_bytes;
	bool up;
};
void store_count(struct store *store, struct store_counters *out);
