/* Regular expressions of Perl's syntax over octets (PCRE2 with its compiler to machine code). A
 * compiled expression is immutable: any number of threads may match with it at once.
 *
 * Expressions come from an administrator, subjects from strangers: compiling is bounded by the
 * length of the pattern, matching by REGEX_STEPS_MAX for each octet of the subject. */
#pragma once

#include "util/view.h"

#define REGEX_PATTERN_MAX ((size_t)32768) /* octets */
#define REGEX_STEPS_MAX   50000           /* tries from one starting point; some milliseconds */
#define REGEX_DEPTH_MAX   20000           /* nested ones among them */
#define REGEX_HEAP_KIB    4096            /* what one match may take from the system */
#define REGEX_GROUPS_MAX  100             /* that a caller can ask for */

enum regex_flag {
	REGEX_PLAIN = 0,
	REGEX_CASELESS = 1, /* ASCII letters */
};

struct regex;

/* flags: enum regex_flag, or-ed. ST_INVALID or ST_LIMIT (pattern too long or too large when
 * compiled); why->text says what, why->column where in the pattern (from 1), why->line is 1;
 * why->file is left. */
MUST_CHECK enum status regex_new(struct view pattern, unsigned flags, struct regex **out,
                                 struct diag *why);
void regex_free(struct regex **re);

/* Looks for the expression anywhere in the subject. ST_OK, ST_NOTFOUND, or ST_LIMIT when one of the
 * bounds above ended the search before it knew.
 * On ST_OK groups[0] is what matched and groups[i] what the i-th pair of parentheses did, within
 * the subject; p is NULL for one that took no part or does not exist. groups may be NULL when count
 * is 0. */
MUST_CHECK enum status regex_match(const struct regex *re, struct view subject, struct view *groups,
                                   size_t count);

/* Pairs of capturing parentheses in the pattern. */
size_t regex_groups(const struct regex *re);
