/* An outcome in the milter protocol's terms: packets for the MTA. */
#pragma once

#include "codec/milter_reply.h"
#include "session/transaction.h"

#define ANSWER_MAX ((size_t)65536)

/* Appends the packet that refuses: the reply with its text, or the bare one where the text can't be
 * sent. ST_LIMIT: `out` is full. */
MUST_CHECK enum status answer_refusal(const struct transaction_outcome *o, struct buf *out);

/* The change that adds "Name: value"; its views point into the line. index ACL_UNSET: at the end of
 * the headers. ST_INVALID: that is no header. */
MUST_CHECK enum status answer_header(struct view line, int64_t index, struct milter_reply *out);

MUST_CHECK enum status answer_bare(enum milter_reply_kind kind, struct buf *out);
