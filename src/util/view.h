/* A borrowed run of octets. Any octet may occur in it, NUL too; it does not end in one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "util/status.h"

struct view {
	const char *p; /* never NULL when n > 0 */
	size_t n;
};

#define VIEW(literal) ((struct view){ (literal), sizeof(literal) - 1 })

/* The same for a static table. */
#define VIEW_INIT(literal)                                                                         \
	{                                                                                          \
		(literal), sizeof(literal) - 1                                                     \
	}

/* For printf's "%.*s" */
#define VIEW_ARG(v) (int)(v).n, (v).n > 0 ? (v).p : ""

static inline struct view view_of(const char *s)
{
	return (struct view){ s, s != NULL ? strlen(s) : 0 };
}

static inline bool view_eq(struct view a, struct view b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline char ascii_lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static inline bool ascii_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool ascii_alpha(char c)
{
	return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

static inline bool ascii_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* ASCII letters compare without case, all other octets exactly. */
bool view_eq_nocase(struct view a, struct view b);

static inline bool view_starts(struct view v, struct view prefix)
{
	return v.n >= prefix.n && view_eq((struct view){ v.p, prefix.n }, prefix);
}

bool view_ends_nocase(struct view v, struct view suffix);

/* From offset `from` to the end; from > n gives the empty view. */
static inline struct view view_from(struct view v, size_t from)
{
	size_t skip = from < v.n ? from : v.n;

	return skip == 0 ? v : (struct view){ v.p + skip, v.n - skip };
}

static inline struct view view_first(struct view v, size_t n)
{
	return (struct view){ v.p, n < v.n ? n : v.n };
}

#define VIEW_NONE SIZE_MAX

/* Offset of the first / last c, or VIEW_NONE. */
size_t view_find(struct view v, char c);
size_t view_rfind(struct view v, char c);

/* Without blanks (space, TAB, LF, VT, FF, CR) at both ends. */
struct view view_trim(struct view v);

/* Takes the text up to the next `sep` off *rest (or all of it) and moves *rest behind the
 * separator. False when nothing is left: `for (rest = v; view_next(&rest, '\n', &line);)`. */
bool view_next(struct view *rest, char sep, struct view *out);

/* Decimal digits only, all of the view, at most max. ST_INVALID or ST_LIMIT. */
MUST_CHECK enum status view_u64(struct view v, uint64_t max, uint64_t *out);

/* The same with an optional sign. */
MUST_CHECK enum status view_i64(struct view v, int64_t *out);
