/* The one line that a decision leaves in the log. */
#pragma once

#include "session/transaction.h"

/* key=value pairs with an escaped text of the peers'; with Postgrey's face exactly its lines, which
 * report tools read (none at all for a hold, and the text as it is but for control octets). */
void decision_log(struct log *log, const struct conf *conf,
                  const struct transaction_question *question,
                  const struct transaction_outcome *outcome);
