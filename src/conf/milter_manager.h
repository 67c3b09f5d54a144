/* milter-manager's configuration, taken over: from what `milter-manager --show-config' prints,
 * whose values are plain. The file itself is a program, which only milter-manager can run. */
#pragma once

#include "util/buf.h"

#define MILTER_MANAGER_TEXT_MAX    ((size_t)4 << 20)
#define MILTER_MANAGER_LINE_MAX    ((size_t)65536)
#define MILTER_MANAGER_MILTERS_MAX 256u /* in the text: those that are switched off count too */

/* Appends a configuration in our language (parse.h), which includes the file `conditions` where the
 * conditions that milter-manager ships stand; what could not be carried over stands in comments.
 * ST_INVALID, ST_LIMIT: why has the line and says what is wrong with it; nothing is appended. */
MUST_CHECK enum status milter_manager_read(struct view text, const char *conditions,
                                           struct buf *out, struct diag *why);

/* Appends the items of a statement `milter` that stand for some of the conditions that
 * milter-manager ships: a line `when` with those that let a child be asked, and macros for those
 * that only set one. Other names are left out. */
MUST_CHECK enum status milter_manager_conditions(const struct view *names, size_t count,
                                                 struct buf *out);
