/* One question on its way through the house: lists, memory, decision. A door makes the question and
 * turns the outcome into its protocol's terms; here is the only place where lists, engine and store
 * meet. */
#pragma once

#include "session/worker.h"
#include "util/ip.h"

enum transaction_stage {
	AT_RCPT, /* and any other stage: Postgrey doesn't look */
	AT_DATA,
};

/* The views must stay as they are until the outcome, or the cancel. */
struct transaction_question {
	enum transaction_stage stage;
	int64_t now;     /* Unix seconds */
	bool test_clock; /* which are a test's */
	struct view client_address;
	struct view client_name;
	struct view sender;
	struct view recipient;
	struct view instance; /* same for all recipients of one message; empty: unknown */
	struct view queue_id;
};

enum transaction_verdict {
	DO_PASS,
	DO_PASS_HEADER, /* and say in the header how long it waited */
	DO_DEFER,
	DO_HOLD, /* tarpit */
};

enum transaction_reason {
	BY_CLIENT_LIST,
	BY_RECIPIENT_LIST,
	BY_AUTO_ALLOW,
	BY_TUPLE,      /* grey says more */
	BY_STAYING,    /* the tarpit was sat through, or is shared with another recipient */
	BY_NO_ADDRESS, /* the client's address is none: nothing to remember it by */
	BY_NO_MEMORY,  /* the store gave no answer */
};

struct transaction_outcome {
	enum transaction_verdict verdict;
	enum transaction_reason reason;
	struct grey_decision grey; /* BY_TUPLE */
	bool client_freed;         /* this pass made the client auto-allowed */
	enum status trouble;       /* BY_NO_MEMORY */
};

struct transaction;

/* decided(arg, outcome) once, from the loop, later than this call. The decision is logged and
 * counted before. */
struct transaction *
transaction_start(struct worker *w, const struct transaction_question *question,
                  void (*decided)(void *arg, const struct transaction_outcome *outcome), void *arg);

/* Sets *t to NULL; decided will not run. */
void transaction_cancel(struct transaction **t);

/* The snapshot that the transaction began with; valid until decided returns. */
const struct snapshot *transaction_snapshot(const struct transaction *t);

/* What a configuration says of the memory's judgements: times, auto-allow, tarpit. */
struct judge_policy transaction_policy(const struct conf *conf);
