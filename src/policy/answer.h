/* An outcome in the policy protocol's terms: the text behind "action=". */
#pragma once

#include "codec/policy.h"
#include "session/transaction.h"

#define ANSWER_MAX 8192

/* Appends the action. The texts are Postgrey's: in greylist_text the first %s stands for the
 * seconds still missing and the first %r for the recipient's domain; in the header %t, %v, %d and
 * %h, each once. date_s is the clock's time for %d. ST_LIMIT: it doesn't fit. */
MUST_CHECK enum status answer_text(const struct conf *conf, const struct policy_request *request,
                                   const struct transaction_outcome *outcome, int64_t date_s,
                                   struct buf *out);
