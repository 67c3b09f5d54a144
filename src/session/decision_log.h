/* The one line that a decision leaves in the log. */
#pragma once

#include "session/transaction.h"

/* Logs each clause and rule that is looked at, at level debug: for `log_rules`. */
struct acl_trace decision_trace(struct log *log);

/* key=value pairs with an escaped text of the peers'; in Postgrey's or milter-greylist's place
 * exactly their lines, which report tools read (Postgrey has none for a hold; a peer's text is
 * escaped there too). A rule with nolog writes none. */
void decision_log(struct log *log, const struct question *question,
                  const struct transaction_outcome *outcome);

/* One line of what the child milters have said of a message: where no line of the decision tells of
 * it. refused_by: whose refusal is told to the MTA, at level notice as decisions are; or NULL, at
 * level info. */
void decision_log_milters(struct log *log, const struct question *question, const char *refused_by);

/* That a rule had the client forgotten (flushaddr), with so many tuples; before the decision is
 * known. */
void decision_log_flushed(struct log *log, const struct question *question,
                          const struct acl_verdict *rule, const struct transaction_outcome *outcome,
                          uint64_t tuples);
