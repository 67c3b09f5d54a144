/* One question on its way through the house: rules, memory, decision. A door makes the question and
 * turns the outcome into its protocol's terms; here is the only place where rules, engine and store
 * meet. */
#pragma once

#include "acl/eval.h"
#include "session/gather.h"
#include "session/worker.h"

enum transaction_verdict {
	DO_PASS,
	DO_DEFER,    /* come back later */
	DO_HOLD,     /* tarpit: hold_s, and then as then_defer says */
	DO_REJECT,   /* a blacklist rule */
	DO_TEMPFAIL, /* a fact could not be found, and the configuration wants no guesses */
};

enum transaction_reason {
	BY_RULE,   /* which one: rule */
	BY_AUTH,   /* the client authenticated */
	BY_TLS,    /* it has a verified certificate */
	BY_SPF,    /* SPF passes for the sender, and not for everybody */
	BY_MACRO,  /* the MTA's access data base ({greylist}) */
	BY_NON_IP, /* the client came by no internet address */
	BY_AUTO_ALLOW,
	BY_TUPLE,       /* grey says more */
	BY_STAYING,     /* the tarpit was sat through, or is shared with another recipient */
	BY_NULL_SENDER, /* would be deferred, but only after its message */
	BY_DELAYED,     /* what was not said to the null sender at RCPT */
	BY_LATE_STAGE,  /* all was said at RCPT */
	BY_NO_ADDRESS,  /* the client's address is none: nothing to remember it by */
	BY_NO_MEMORY,   /* the store gave no answer */
	BY_FAILED_FACT,
};

struct transaction_outcome {
	enum transaction_verdict verdict;
	enum transaction_reason reason;
	struct grey_decision grey; /* BY_TUPLE; missing: BY_DELAYED too */
	bool client_freed;         /* this pass made the client auto-allowed */
	bool first;     /* of its message: what is said once a message goes with this one */
	int64_t hold_s; /* DO_HOLD; BY_STAYING: how long it was, 0: not known */
	bool then_defer;
	enum status trouble; /* BY_NO_MEMORY */
	enum fact failed;    /* BY_FAILED_FACT */

	/* DO_HOLD at a milter: its place in the budget, which the door takes and releases. */
	struct budget_hold place;

	bool recalled; /* what spamd said is of an earlier try: it was not asked again */

	/* Until decided returns: */
	const struct conf *conf;        /* that of the decision */
	const struct acl_verdict *rule; /* what the rules said; NULL: they were not asked */
	struct gather *gather;
};

struct transaction;

/* The question's views must stay as they are until the outcome, or the cancel. decided(arg,
 * outcome) once, from the loop, later than this call. The decision is logged and counted before. */
struct transaction *
transaction_start(struct worker *w, const struct question *question,
                  void (*decided)(void *arg, const struct transaction_outcome *outcome), void *arg);

/* Sets *t to NULL; decided will not run. */
void transaction_cancel(struct transaction **t);
