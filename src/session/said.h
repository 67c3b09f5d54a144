/* What the answer to a check says, in the rules' terms. */
#pragma once

#include "acl/rule.h"
#include "codec/check_reply.h"

struct gather;
struct log;

enum said_case { SAID_AS_IT_IS, SAID_LOWER };

/* One more value of a property of the session, unless it has that one already; for the rules that
 * are asked from here on. check: whose flags and name count. What goes beyond the bounds of a
 * session's properties is not set, and the log says so, once a question. */
void said_property(struct gather *g, struct log *log, const struct acl_object *check,
                   enum said_case letters, const struct fact_pair *pair);

/* In the arena; NULL when it wants nothing of the rule. */
const struct acl_said *said_of(struct arena *arena, const struct check_reply *reply);
