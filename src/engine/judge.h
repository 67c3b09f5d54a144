/* One question to the memory, judged whole: is the client auto-allowed, has the tuple waited, is
 * the client being held? Pure: it gets the three records as they are and says what they become. The
 * store calls it inside a transaction, so two simultaneous retries can't both be the first. */
#pragma once

#include "engine/client.h"
#include "engine/grey.h"

/* taRgrey's note that a client is being held, or hung up while it was. */
struct mark_record {
	int64_t since;     /* Unix seconds */
	uint64_t instance; /* hash of the SMTP session's instance; 0: unknown */
};

enum judge_subject {
	JUDGE_TRIPLE, /* RCPT: may this mail come in? */
	JUDGE_STAYED, /* DATA: the client has sat through the wait; the tuple may be unknown */
};

struct judge_policy {
	struct grey_policy grey;
	struct client_policy client;
	bool targrey;      /* hold at the first contact; greylist who hung up */
	bool keep_mark;    /* greylist, and make the mark of who hung up young again */
	bool stayed_knows; /* who sat through the wait passes with this tuple from now on */
	int64_t mark_age;  /* seconds; an older mark is forgotten */
};

struct judge_question {
	enum judge_subject subject;
	int64_t now;
	uint64_t instance; /* as in mark_record */
};

/* Did the client hang up on a tarpit? A mark that this session made does not say so. seen may be
 * NULL. */
bool judge_gave_up(const struct judge_policy *p, const struct judge_question *q,
                   const struct mark_record *seen);

/* What is known: NULL for what the store does not have, and for what need not be looked at. */
struct judge_seen {
	const struct client_record *client;
	const struct grey_record *tuple;
	const struct mark_record *mark;
};

enum judge_verdict {
	JUDGE_PASS_CLIENT, /* auto-allowed */
	JUDGE_PASS,        /* the tuple passes: grey.reason says whether for the first time */
	JUDGE_PASS_HELD,   /* this session was already held; once is enough */
	JUDGE_PASS_STAYED, /* the answer to JUDGE_STAYED */
	JUDGE_HOLD,        /* first contact: hold the answer */
	JUDGE_DEFER,
};

enum judge_write { JUDGE_KEEP, JUDGE_STORE, JUDGE_DELETE };

struct judgement {
	enum judge_verdict verdict;
	struct grey_decision grey;
	bool client_freed; /* this pass made the client auto-allowed */
	/* Nobody need wait for what is to be written, and it may be lost: times and counters only.
	 */
	bool behind;
	enum judge_write client_write;
	enum judge_write tuple_write;
	enum judge_write mark_write;
	struct client_record client;
	struct grey_record tuple;
	struct mark_record mark;
	unsigned place; /* the store's own: under which of the question's keys the tuple lies */
	bool copy_up;   /* and whether it is to be known under the best of them too, */
	bool scanned;   /* and whether its record told of a scan */
};

/* The client alone: JUDGE_PASS_CLIENT ends the matter; else the tuple and the mark are needed too.
 */
struct judgement judge_client(const struct judge_policy *p, const struct judge_question *q,
                              const struct client_record *seen);

/* The whole question. */
struct judgement judge(const struct judge_policy *p, const struct judge_question *q,
                       const struct judge_seen *seen);
