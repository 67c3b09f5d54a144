#include "util/buf.h"

#include <stdio.h>

#include "util/mem.h"

#define FIRST_SIZE ((size_t)256)

/* Room for n more octets and a NUL. */
static enum status reserve(struct buf *b, size_t n)
{
	size_t size = b->size > 0 ? b->size : FIRST_SIZE;

	if (n > b->max - b->n)
		return ST_LIMIT;
	while (size < b->n + n + 1)
		size *= 2;
	if (size != b->size) {
		b->p = mem_resize(b->p, size, 1);
		b->size = size;
	}
	return ST_OK;
}

void buf_fit(struct buf *b)
{
	char *p;

	if (b->n == 0) {
		buf_free(b);
		return;
	}
	if (b->size == b->n + 1)
		return;
	/* A copy, and not the block made smaller: what is left of that would fit no new buffer's
	 * first block, and thousands of such holes take as much as what they are between. */
	p = mem_alloc(b->n + 1);
	memcpy(p, b->p, b->n);
	mem_free(b->p);
	b->p = p;
	b->size = b->n + 1;
}

void buf_free(struct buf *b)
{
	mem_free(b->p);
	*b = buf_of(b->max);
}

enum status buf_append(struct buf *b, struct view v)
{
	enum status st = reserve(b, v.n);

	if (st == ST_OK && v.n > 0) {
		memcpy(b->p + b->n, v.p, v.n);
		b->n += v.n;
	}
	return st;
}

enum status buf_byte(struct buf *b, char c)
{
	return buf_append(b, (struct view){ &c, 1 });
}

enum status buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int need;
	enum status st;

	va_copy(again, ap);
	need = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (need < 0)
		return ST_INVALID;
	st = reserve(b, (size_t)need);
	if (st != ST_OK)
		return st;
	(void)vsnprintf(b->p + b->n, (size_t)need + 1, fmt, ap);
	b->n += (size_t)need;
	return ST_OK;
}

enum status buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	enum status st;

	va_start(ap, fmt);
	st = buf_vprintf(b, fmt, ap);
	va_end(ap);
	return st;
}

void buf_drop(struct buf *b, size_t n)
{
	if (n < b->n)
		memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

const char *buf_text(struct buf *b)
{
	if (reserve(b, 0) != ST_OK || b->p == NULL)
		return "";
	b->p[b->n] = '\0';
	return b->p;
}
