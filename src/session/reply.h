/* What the client and the reader of the mail are told: texts of an outcome in no protocol's terms
 * yet. Wordings are milter-greylist's, but for what the rule says itself. */
#pragma once

#include "session/transaction.h"

#define REPLY_TEXT_MAX ((size_t)8192)

/* A refusal, for now or for good. */
struct reply {
	const char *code;  /* NULL: the door's own for "come back later" */
	const char *ecode; /* enhanced code */
	struct buf text;   /* no line ends; owned */
};

/* For DO_DEFER, DO_REJECT, DO_TEMPFAIL; reply_free in any case. ST_LIMIT: the text is too long. */
MUST_CHECK enum status reply_refusal(const struct transaction_outcome *o, struct reply *out);
void reply_free(struct reply *r);

/* Appends "X-Greylist: ..." for a mail that passes, or nothing when none is to be added. */
MUST_CHECK enum status reply_header(const struct transaction_outcome *o, struct buf *out);

/* Appends the header that the rule adds (addheader), or nothing. */
MUST_CHECK enum status reply_added_header(const struct transaction_outcome *o, struct buf *out);

/* Appends the line that `stat` asks for, line ends as its format has them; nothing without `stat`.
 */
MUST_CHECK enum status reply_statistics(const struct transaction_outcome *o, struct buf *out);

/* The rule that decided: its id, or its line; "" when none did. room takes the number. */
const char *reply_rule_id(const struct transaction_outcome *o, char room[16]);
