/* What rules do beside deciding: they set properties (set, rset), write log
 * lines (log) and send updates to the DNS (nsupdate). The evaluation asks for it, once for each
 * question, and goes on. */
#pragma once

#include "acl/eval.h"
#include "session/gather.h"

#define ACT_TEXT_MAX ((size_t)8192) /* of an expanded text; a longer one is not used */

struct log;
struct nsupdates;

/* One question's. */
struct act {
	struct gather *gather;
	struct log *log;
	struct nsupdates *nsupdates;
};

/* What the clause that the evaluation stopped at asks for (ACL_ACT). */
void act_on(const struct act *a, const struct acl_eval *at);

/* The assignment alone. Returns false when the property could not be set: the text, or all of them,
 * would be too long. */
bool act_set(struct gather *g, const struct acl_eval *at);
