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

/* For a door that writes one header for all recipients of a message when that ends. The text for
 * this one, whoever was asked about first, and whatever `report` says; nothing when there is
 * nothing to tell. */
MUST_CHECK enum status reply_header_text(const struct transaction_outcome *o, struct buf *out);
/* Seconds that the recipient's tuple had to wait until this pass; 0: it had not. */
int64_t reply_waited(const struct transaction_outcome *o);
/* Does the rule have a text of its own (`report`)? */
bool reply_has_report(const struct transaction_outcome *o);
/* Does the mode ask for a header? */
bool reply_reports(const struct conf *conf, bool delayed);
/* The header of the rule (addheader), for any verdict; nothing without one. */
MUST_CHECK enum status reply_rule_header(const struct transaction_outcome *o, struct buf *out);

/* What the rule puts in front of the subject (subjtag); nothing without one. */
MUST_CHECK enum status reply_subject_tag(const struct transaction_outcome *o, struct buf *out);

/* The text at the end of the body (addfooter), with LF line ends as its format has them; nothing
 * without one. */
MUST_CHECK enum status reply_footer(const struct transaction_outcome *o, struct buf *out);

/* Appends "Authentication-Results: ..." with folds, or nothing: where it is not wanted
 * (authentication_results), or nothing has been found out of SPF and DKIM. Likewise "Received-SPF:
 * ..." (received_spf). */
MUST_CHECK enum status reply_authentication(const struct transaction_outcome *o, struct buf *out);
MUST_CHECK enum status reply_received_spf(const struct transaction_outcome *o, struct buf *out);

/* In whose name the former is: the configuration's, or our own as the MTA says it (empty: as the
 * configuration does). */
struct view reply_authserv_id(const struct conf *conf, struct view own_name);

/* Appends "X-Greylist: ..." for a mail that passes, or nothing when none is to be added. */
MUST_CHECK enum status reply_header(const struct transaction_outcome *o, struct buf *out);

/* Appends the header that the rule adds (addheader), or nothing. */
MUST_CHECK enum status reply_added_header(const struct transaction_outcome *o, struct buf *out);

/* Appends the line that `stat` asks for, line ends as its format has them; nothing without `stat`.
 */
MUST_CHECK enum status reply_statistics(const struct transaction_outcome *o, struct buf *out);

/* The rule that decided: its id, or its line; "" when none did. room takes the number. */
const char *reply_rule_id(const struct transaction_outcome *o, char room[16]);
