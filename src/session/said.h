/* What the answer to a check says, in the rules' terms. */
#pragma once

#include "acl/rule.h"
#include "codec/check_reply.h"

/* In the arena; NULL when it wants nothing of the rule. */
const struct acl_said *said_of(struct arena *arena, const struct check_reply *reply);
