/* Reads fields in order from octets and remembers the first overrun, so that it is checked once. */
#pragma once

#include "util/view.h"

struct cursor {
	const unsigned char *p;
	size_t left;
	bool bad;
};

static inline struct cursor cursor_of(struct view v)
{
	return (struct cursor){ (const unsigned char *)v.p, v.n, false };
}

/* The next n octets. After an overrun every read gives zero, or the empty view. */
static inline struct view cur_take(struct cursor *c, size_t n)
{
	struct view v = { "", 0 };

	if (c->bad || n > c->left) {
		c->bad = true;
		return v;
	}
	v = (struct view){ (const char *)c->p, n };
	c->p += n;
	c->left -= n;
	return v;
}

static inline uint64_t cur_le(struct cursor *c, unsigned octets)
{
	struct view v = cur_take(c, octets);
	uint64_t x = 0;

	for (size_t i = v.n; i > 0; i--)
		x = x << 8 | (unsigned char)v.p[i - 1];
	return x;
}

static inline uint64_t cur_be(struct cursor *c, unsigned octets)
{
	struct view v = cur_take(c, octets);
	uint64_t x = 0;

	for (size_t i = 0; i < v.n; i++)
		x = x << 8 | (unsigned char)v.p[i];
	return x;
}

static inline uint8_t cur_u8(struct cursor *c)
{
	return (uint8_t)cur_be(c, 1);
}

/* The octets before the next NUL, which is taken too. Without a NUL that is an overrun. */
static inline struct view cur_cstr(struct cursor *c)
{
	size_t n = view_find((struct view){ (const char *)c->p, c->left }, '\0');
	struct view v = cur_take(c, n);

	if (!c->bad)
		(void)cur_take(c, 1);
	return v;
}

/* All was there and nothing is left over. */
static inline bool cur_done(const struct cursor *c)
{
	return !c->bad && c->left == 0;
}
