#include "codec/postgrey_entry.h"

#define DIGEST_SIZE 40
#define FIELDS_MAX  4 /* first,last,count,octet: taRgrey's patch for the versions before 1.36 */

/* A first number below is a count, not a time (1973); only for files that are not named. */
#define COUNT_BELOW INT64_C(100000000)

const char *postgrey_skip_text(enum postgrey_skip skip)
{
	switch (skip) {
	case POSTGREY_USED: return "used";
	case POSTGREY_NO_ADDRESS: return "no address in the key";
	case POSTGREY_NO_RECIPIENT: return "no recipient in the key";
	case POSTGREY_TOO_WIDE: return "network wider than ours";
	case POSTGREY_MISSING_FIELD: return "field missing";
	case POSTGREY_EXTRA_FIELD: return "too many fields";
	case POSTGREY_NOT_NUMERIC: return "not a number";
	case POSTGREY_FUTURE: return "time in the future";
	case POSTGREY_BACKWARDS: return "first seen after last seen";
	case POSTGREY_SKIPS: break;
	}
	return "unknown reason";
}

struct fields {
	int64_t at[FIELDS_MAX];
	unsigned n;
};

static enum postgrey_skip parse_fields(struct view value, struct fields *out)
{
	struct fields f = { { 0 }, 0 };
	size_t comma;

	do {
		uint64_t x;

		if (f.n == FIELDS_MAX)
			return POSTGREY_EXTRA_FIELD;
		comma = view_find(value, ',');
		if (view_u64(view_first(value, comma), INT64_MAX, &x) != ST_OK)
			return POSTGREY_NOT_NUMERIC;
		f.at[f.n++] = (int64_t)x;
		if (comma != VIEW_NONE)
			value = view_from(value, comma + 1);
	} while (comma != VIEW_NONE);
	*out = f;
	return POSTGREY_USED;
}

static bool is_digest(struct view key)
{
	if (key.n != DIGEST_SIZE)
		return false;
	for (size_t i = 0; i < key.n; i++)
		if (!ascii_digit(key.p[i]) && (key.p[i] < 'a' || key.p[i] > 'f'))
			return false;
	return true;
}

/* "24" of 203.0.113.0/24/a@example.net/b@example.org, as written by 1.36, and by host by 1.37.
 * False when the first part of rest can't be one, and so belongs to the sender: too long, no
 * digits, wider than an address, or nothing behind it could be sender and recipient. */
static bool take_bits(struct view *rest, unsigned width, unsigned *out)
{
	size_t slash = view_find(*rest, '/');
	struct view after;
	uint64_t bits;

	if (slash == VIEW_NONE || slash > 3 ||
	    view_u64(view_first(*rest, slash), width, &bits) != ST_OK || bits == 0)
		return false;
	after = view_from(*rest, slash + 1);
	if (view_find(after, '/') == VIEW_NONE)
		return false;
	*rest = after;
	*out = (unsigned)bits;
	return true;
}

/* Both may hold slashes. The sender's domain doesn't, so it ends at the first slash behind its @;
 * without such, at the first of all. */
static enum postgrey_skip split_mail(struct view rest, struct postgrey_entry *e)
{
	size_t at = view_find(rest, '@');
	size_t slash = view_find(rest, '/');
	size_t later = at != VIEW_NONE ? view_find(view_from(rest, at), '/') : VIEW_NONE;

	if (slash == VIEW_NONE)
		return POSTGREY_NO_RECIPIENT;
	if (slash > 0 && later != VIEW_NONE)
		slash = at + later;
	e->sender = view_first(rest, slash);
	e->recipient = view_from(rest, slash + 1);
	return POSTGREY_USED;
}

static enum postgrey_skip parse_tuple_key(const struct postgrey_options *opt, struct view key,
                                          struct postgrey_entry *e)
{
	size_t slash = view_find(key, '/');
	struct view text = view_first(key, slash);
	struct view rest;
	bool was_ipv6 = view_find(text, ':') != VIEW_NONE;
	unsigned bits, ours;

	if (ip_parse(text, &e->address) != ST_OK)
		return POSTGREY_NO_ADDRESS;
	if (slash == VIEW_NONE)
		return POSTGREY_NO_RECIPIENT;
	rest = view_from(key, slash + 1);
	bits = ip_width(&e->address);
	ours = e->address.family == IP_V4 ? opt->ipv4_bits : opt->ipv6_bits;
	if (take_bits(&rest, was_ipv6 ? 128 : 32, &e->stated_bits)) {
		bits = e->stated_bits;
		/* The length counts from the front of an IPv4-mapped address. */
		if (was_ipv6 && e->address.family == IP_V4)
			bits = bits > 96 ? bits - 96 : 0;
	}
	if (bits < ours)
		return POSTGREY_TOO_WIDE;
	e->net = ip_mask(&e->address, ours);
	return split_mail(rest, e);
}

static enum postgrey_skip fill_tuple(const struct postgrey_options *opt, const struct fields *f,
                                     struct postgrey_entry *e)
{
	if (f->n < 2)
		return POSTGREY_MISSING_FIELD;
	e->first = f->at[0];
	e->last = f->at[1];
	if (e->first > opt->now || e->last > opt->now)
		return POSTGREY_FUTURE;
	if (e->first > e->last)
		return POSTGREY_BACKWARDS;
	e->has_retries = opt->targrey && f->n > 2;
	e->retries = e->has_retries ? f->at[2] : 0;
	return POSTGREY_USED;
}

static enum postgrey_skip fill_client(const struct postgrey_options *opt, const struct fields *f,
                                      struct postgrey_entry *e)
{
	if (f->n < 2)
		return POSTGREY_MISSING_FIELD;
	if (f->n > 2)
		return POSTGREY_EXTRA_FIELD;
	e->count = f->at[0];
	e->last = f->at[1];
	return e->last > opt->now ? POSTGREY_FUTURE : POSTGREY_USED;
}

static enum postgrey_skip fill_mark(const struct postgrey_options *opt, const struct fields *f,
                                    struct postgrey_entry *e)
{
	if (f->n > 1)
		return POSTGREY_EXTRA_FIELD;
	e->last = f->at[0];
	return e->last > opt->now ? POSTGREY_FUTURE : POSTGREY_USED;
}

static enum postgrey_kind kind_of(const struct postgrey_options *opt, struct view key,
                                  const struct fields *f)
{
	bool digest = is_digest(key);

	switch (opt->file) {
	case POSTGREY_TUPLES: return digest ? POSTGREY_TUPLE_DIGEST : POSTGREY_TUPLE;
	case POSTGREY_CLIENTS: return digest ? POSTGREY_CLIENT_DIGEST : POSTGREY_CLIENT;
	case POSTGREY_TARPIT: return POSTGREY_MARK;
	case POSTGREY_UNKNOWN: break;
	}
	if (digest)
		return f->at[0] < COUNT_BELOW ? POSTGREY_CLIENT_DIGEST : POSTGREY_TUPLE_DIGEST;
	if (view_find(key, '/') != VIEW_NONE)
		return POSTGREY_TUPLE;
	return f->n == 1 ? POSTGREY_MARK : POSTGREY_CLIENT;
}

static enum postgrey_skip parse(const struct postgrey_options *opt, struct view key,
                                struct view value, struct postgrey_entry *e)
{
	struct fields f = { { 0 }, 0 };
	enum postgrey_skip skip = parse_fields(value, &f);

	if (skip != POSTGREY_USED)
		return skip;
	e->kind = kind_of(opt, key, &f);
	switch (e->kind) {
	case POSTGREY_TUPLE:
		skip = parse_tuple_key(opt, key, e);
		return skip == POSTGREY_USED ? fill_tuple(opt, &f, e) : skip;
	case POSTGREY_TUPLE_DIGEST: e->digest = key; return fill_tuple(opt, &f, e);
	case POSTGREY_CLIENT_DIGEST: e->digest = key; return fill_client(opt, &f, e);
	case POSTGREY_CLIENT:
	case POSTGREY_MARK: break;
	}
	if (ip_parse(key, &e->address) != ST_OK)
		return POSTGREY_NO_ADDRESS;
	e->net = ip_mask(&e->address, ip_width(&e->address));
	return e->kind == POSTGREY_CLIENT ? fill_client(opt, &f, e) : fill_mark(opt, &f, e);
}

enum status postgrey_parse(const struct postgrey_options *opt, struct view key, struct view value,
                           struct postgrey_entry *out, enum postgrey_skip *skip)
{
	struct postgrey_entry e = { .kind = POSTGREY_TUPLE };

	*skip = parse(opt, key, value, &e);
	if (*skip != POSTGREY_USED)
		return ST_INVALID;
	*out = e;
	return ST_OK;
}
