/* What a transaction asks the store, and what that knows of earlier tries of a message. */
#pragma once

#include "session/gather.h"
#include "store/store.h"

/* Of a message with more recipients nobody looks whether all of them wait. */
#define RECALL_RECIPIENTS_MAX 100

/* The tuple's texts, the client and the mark. They are borrowed. */
void memory_question(const struct memory_keys *k, struct store_question *q);

/* What spamd said of the mail, at a milter. False: it was not asked, or did not answer. */
bool memory_scan(const struct gather *g, struct record_scan *out);

/* At the end of a message: did spamd look at this very mail at an earlier try, and do all its
 * recipients wait since then, and have to go on waiting? *out is what it said: of several the best
 * for the mail. The keys are left those of the last recipient that was looked for. */
bool memory_recall(const struct gather *g, struct store_port *store, struct memory_keys *k,
                   struct record_scan *out);
