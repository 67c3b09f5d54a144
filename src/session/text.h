/* Texts of the configuration, with what is known of one question put in. */
#pragma once

#include "acl/eval.h"
#include "acl/format.h"
#include "session/gather.h"

#define TEXT_PROGRAM_ROOM 64

/* What a text may name is gathered, but for what would have to be looked up; program is the room
 * for its name, and must live as long. */
struct format_context text_context(struct gather *g, char program[TEXT_PROGRAM_ROOM]);

/* While the rules are looked at: `at` tells the rule, what it has matched, and the values so far;
 * NULL: none of that is meant. ST_LIMIT: it does not fit; out is as before. */
MUST_CHECK enum status text_expand(struct gather *g, const struct acl_eval *at, struct view format,
                                   struct buf *out);
