/* Octets that grow up to a bound set when the buffer is made. */
#pragma once

#include <stdarg.h>

#include "util/view.h"

struct buf {
	char *p;
	size_t n;    /* octets in it */
	size_t size; /* octets taken from the system */
	size_t max;  /* the bound for n */
};

static inline struct buf buf_of(size_t max)
{
	return (struct buf){ .max = max };
}

/* Gives the memory back; the buffer is empty and usable again. */
void buf_free(struct buf *b);

/* Gives back what is not in use, for a buffer that is to be kept as it is for long. */
void buf_fit(struct buf *b);

static inline void buf_clear(struct buf *b)
{
	b->n = 0;
}

static inline struct view buf_view(const struct buf *b)
{
	return (struct view){ b->p, b->n };
}

/* All or nothing: ST_LIMIT leaves the buffer as it was. */
MUST_CHECK enum status buf_append(struct buf *b, struct view v);
MUST_CHECK enum status buf_byte(struct buf *b, char c);
MUST_CHECK enum status buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
MUST_CHECK enum status buf_vprintf(struct buf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

/* Drops the first n octets (n <= b->n). */
void buf_drop(struct buf *b, size_t n);

/* A NUL behind the last octet, not counted in n; the text is valid until the next change. */
const char *buf_text(struct buf *b);
