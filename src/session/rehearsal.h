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

/* Of a message, so far as it is known. */
struct rehearsal_content {
	struct view recipient; /* "<address>" */
	struct mail *mail;     /* NULL: nothing is known of it */
	bool headers, body;    /* which of it is known; both: its size is, too */
	bool scored;           /* and what spamd says of it */
	int64_t score_tenths;
};

/* SpamAssassin's own threshold (required_score), in tenths. */
#define REHEARSAL_SPAM 50

struct rehearsal {
	struct question question;
	struct question_milter milter; /* at the end of a message */
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

/* The same at the end of its message, at a milter door, whether it was let in at RCPT or not; no
 * other recipient was. The content is borrowed, too. */
void rehearse_message(struct rehearsal *r, const struct rehearsal *rcpt,
                      const struct rehearsal_content *content,
                      const struct rehearsal_memory *memory, const struct acl_trace *trace);

/* What is known of the content, as facts. */
void rehearsal_know_content(struct gather *g, const struct rehearsal_content *content);

void rehearsal_end(struct rehearsal *r);
