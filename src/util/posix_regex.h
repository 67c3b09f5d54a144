/* Regular expressions of POSIX's two syntaxes, as regcomp() of the GNU library reads them,
 * rewritten in Perl's for regex.h. They say yes and no to the same texts; only where an alternative
 * could match in two lengths may the groups differ, since POSIX wants the longest and Perl the
 * first. */
#pragma once

#include "util/buf.h"

enum posix_flag {
	POSIX_BASIC = 0,
	POSIX_EXTENDED = 1,
	POSIX_LINES = 2, /* REG_NEWLINE: "." and "[^x]" stop at LF, "^" and "$" stand around it */
};

/* Appends the pattern in Perl's syntax. flags: enum posix_flag, or-ed. ST_INVALID: regcomp() would
 * refuse it too; why->text says why and why->column where, from 1. ST_LIMIT: it does not fit. */
MUST_CHECK enum status posix_regex_convert(struct view pattern, unsigned flags, struct buf *out,
                                           struct diag *why);
