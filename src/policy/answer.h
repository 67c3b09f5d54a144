/* An outcome in the policy protocol's terms: the text behind "action=". */
#pragma once

#include "codec/policy.h"
#include "session/transaction.h"

#define ANSWER_MAX 8192

/* Appends the action. Where the configuration has texts of Postgrey's form they are used: in
 * greylist_text the first %s stands for the seconds still missing and the first %r for the
 * recipient's domain; in the header %t, %v, %d and %h, each once. Else the texts are the rule's
 * (session/reply.h). The protocol has room for one header: the rule's own goes before X-Greylist.
 * ST_LIMIT: it doesn't fit. */
MUST_CHECK enum status answer_text(const struct policy_request *request,
                                   const struct transaction_outcome *outcome, struct buf *out);
