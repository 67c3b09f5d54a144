#include "util/view.h"

bool view_eq_nocase(struct view a, struct view b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
			return false;
	return true;
}

bool view_ends_nocase(struct view v, struct view suffix)
{
	return v.n >= suffix.n && view_eq_nocase(view_from(v, v.n - suffix.n), suffix);
}

size_t view_find(struct view v, char c)
{
	const char *at = v.n > 0 ? memchr(v.p, c, v.n) : NULL;

	return at != NULL ? (size_t)(at - v.p) : VIEW_NONE;
}

size_t view_rfind(struct view v, char c)
{
	const char *at = v.n > 0 ? memrchr(v.p, c, v.n) : NULL;

	return at != NULL ? (size_t)(at - v.p) : VIEW_NONE;
}

struct view view_trim(struct view v)
{
	while (v.n > 0 && ascii_blank(v.p[0])) {
		v.p++;
		v.n--;
	}
	while (v.n > 0 && ascii_blank(v.p[v.n - 1]))
		v.n--;
	return v;
}

bool view_next(struct view *rest, char sep, struct view *out)
{
	size_t at;

	if (rest->n == 0)
		return false;
	at = view_find(*rest, sep);
	if (at == VIEW_NONE) {
		*out = *rest;
		*rest = view_from(*rest, rest->n);
		return true;
	}
	*out = view_first(*rest, at);
	*rest = view_from(*rest, at + 1);
	return true;
}

enum status view_u64(struct view v, uint64_t max, uint64_t *out)
{
	uint64_t x = 0;

	if (v.n == 0)
		return ST_INVALID;
	for (size_t i = 0; i < v.n; i++) {
		uint64_t digit;

		if (!ascii_digit(v.p[i]))
			return ST_INVALID;
		digit = (uint64_t)(v.p[i] - '0');
		if (x > (max - digit) / 10 || digit > max)
			return ST_LIMIT;
		x = x * 10 + digit;
	}
	*out = x;
	return ST_OK;
}

enum status view_i64(struct view v, int64_t *out)
{
	bool minus = v.n > 0 && v.p[0] == '-';
	uint64_t x;
	enum status st;

	if (v.n > 0 && (v.p[0] == '-' || v.p[0] == '+'))
		v = view_from(v, 1);
	st = view_u64(v, INT64_MAX, &x);
	if (st == ST_OK)
		*out = minus ? -(int64_t)x : (int64_t)x;
	return st;
}
