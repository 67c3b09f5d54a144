/* What the tests of the two kinds of lists share: warnings collected as text. */
#pragma once

#include "acl/listfile.h"
#include "test.h"

#include "util/buf.h"

/* Of struct list_warnings: each warning a line of the buffer. */
static inline void keep_warning(void *arg, const struct diag *warning)
{
	char text[600];

	diag_format(warning, text, sizeof(text));
	assert_int_equal(buf_printf(arg, "%s\n", text), ST_OK);
}

/* Neither a warning too much nor one too few: wanted is a part of the only one, or NULL. */
static inline void check_warnings(const char *name, struct buf *warnings, const char *wanted)
{
	const char *text = buf_text(warnings);
	bool ok = wanted == NULL ? text[0] == '\0'
	                         : strstr(text, wanted) != NULL &&
	                                   strchr(text, '\n') == strrchr(text, '\n');

	if (!ok)
		fail_msg("%s: wanted \"%s\", got \"%s\"", name, wanted != NULL ? wanted : "", text);
	buf_clear(warnings);
}
