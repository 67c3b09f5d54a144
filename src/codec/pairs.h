/* All keys and values of a Berkeley DB file or of its db_dump text, whichever it is. */
#pragma once

#include "util/view.h"

/* Octets of a key or a value that are read at most; also the bound of the memory that each takes.
 */
#define PAIR_ITEM_MAX ((size_t)1 << 20)

/* The views hold during the call. Another status than ST_OK ends the reading and is handed on. */
typedef enum status pair_cb(void *arg, struct view key, struct view value);

/* Calls cb for every pair, in the order of the file. ST_INVALID: neither form, a kind that is
 * refused, or a text with an error; ST_DAMAGED: a page that can't be right; ST_LIMIT: an item above
 * the bound. For these why says what and where (line and column for a text); the pairs before have
 * been handed over and are good. Else what cb said (which then fills why by itself). */
MUST_CHECK enum status pairs_read(struct view file, pair_cb *cb, void *arg, struct diag *why);
