/* A question at RCPT as a transaction would decide it, on records that the caller has found: asks
 *no store, writes nothing, waits for nothing. What transaction.c does, step by step; but it knows
 *no other questions, so that
 *
 *	- the budget of held answers has room;
 *	- what the rate limits have counted is not known;
 *	- the question is the first of its message, and of a message that the MTA names. */
#pragma once

#include "session/transaction.h"

/* NULL: there is none. */
struct rehearsal_memory {
	const struct client_record *client;
	const struct grey_record *tuple;
	const struct mark_record *mark;
};

struct rehearsal {
	struct question question;
	struct gather gather;
	struct acl_eval eval;
	struct transaction_outcome outcome; /* as of a transaction; it points into this struct */
	bool ruled;                         /* the rules were asked */
	bool judged;                        /* the memory was, and these are set: */
	struct judge_policy policy;
	struct judgement judgement;
};

/* The question's views and conf are borrowed until rehearsal_end; its stage and instance are set
 * here. trace may be NULL. *r must stay where it is. */
void rehearse(struct rehearsal *r, const struct question *question, const struct conf *conf,
              const struct rehearsal_memory *memory, const struct acl_trace *trace);
void rehearsal_end(struct rehearsal *r);
