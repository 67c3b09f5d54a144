/* The one result type, and the text for people that stands beside it. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#define MUST_CHECK        __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

enum status {
	ST_OK = 0,
	ST_AGAIN, /* not yet: more input, or another turn, is needed */
	ST_NOTFOUND,
	ST_INVALID, /* the input is not what its format says */
	ST_LIMIT,   /* a named bound would be passed */
	ST_DENIED,  /* the system says no: permission, read-only */
	ST_LOCKED,  /* another process holds it */
	ST_DAMAGED, /* stored data that can't be what we wrote */
	ST_FULL,    /* disk, map or queue */
	ST_TIMEOUT,
	ST_UNAVAILABLE, /* the part that should do this is down or closing */
	ST_IO,          /* any other failure of the system */
};

/* A short English word or two for logs. Never NULL. */
const char *status_text(enum status st);

/* What is wrong and where, for people. file is borrowed or NULL; line and column count from 1, 0 is
 * "no such". A text that does not fit ends in "..." */
struct diag {
	const char *file;
	unsigned line;
	unsigned column;
	char text[400];
};

void diag_set(struct diag *d, const char *fmt, ...) PRINTF_LIKE(2, 3);
void diag_at(struct diag *d, unsigned line, unsigned column, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

/* "file:line:column: text" as far as known, into out (cut with "..." when it does not fit). */
void diag_format(const struct diag *d, char *out, size_t size);
