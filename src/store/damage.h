/* Is a file an LMDB data base that can be opened without harm? LMDB maps the file and believes it:
 * a truncated or garbled one ends in a signal, not in an error. */
#pragma once

#include "util/view.h"

/* Looks at the meta pages, and at every page that the newest one reaches: numbers, types, bounds. A
 * file larger than DAMAGE_WHOLE_MAX has only its branch pages looked at, so that the start stays
 * quick. ST_OK: sound, empty, or not there. ST_DAMAGED: why says what is wrong. */
MUST_CHECK enum status damage_check(const char *path, struct diag *why);

#define DAMAGE_WHOLE_MAX ((size_t)512 << 20)
