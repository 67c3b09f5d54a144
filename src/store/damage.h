/* Is what lies in a folder an LMDB data base that can be opened without harm? LMDB maps the file
 * and believes it: a truncated or garbled one ends in a signal, not in an error. */
#pragma once

#include "util/view.h"

/* Looks at the meta pages of DIR/data.mdb and at every page that the newest one reaches: numbers,
 * types, bounds, order, and that no page is used twice or free and used at once. In a file larger
 * than DAMAGE_WHOLE_MAX the leaf pages of the tables are left out, so that the start stays quick.
 *
 * A file that another process has open is taken as sound: that one has looked before, and what it
 * writes meanwhile would look like damage. The calling process must not have it open: its own lock
 * would be lost.
 *
 * ST_OK: sound, empty, or not there. ST_DAMAGED: why says what is wrong. */
MUST_CHECK enum status damage_check(const char *dir, struct diag *why);

#define DAMAGE_WHOLE_MAX ((size_t)512 << 20)
