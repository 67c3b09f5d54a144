#include "engine/merge.h"

struct grey_record grey_of_times(int64_t first, int64_t last, int64_t retries,
                                 const struct grey_policy *p)
{
	bool waited = last - first >= p->delay;
	bool often = retries < 0 || retries >= p->retry_count;

	return (struct grey_record){
		.first = first,
		.last = last,
		.wait = p->delay > 0 ? p->delay : 0,
		.passes = waited && often ? 1 : 0,
		.retries = retries <= 0           ? 0
		           : retries < UINT32_MAX ? (uint32_t)retries
		                                  : UINT32_MAX,
		.identity = GREY_BY_NET,
	};
}

/* The start of a span that ends then and is `span` long, or as long as it must be to start by now.
 * No record holds times before 1970. */
static int64_t start_of(int64_t end, int64_t span, int64_t now)
{
	int64_t start = end - (span > 0 ? span : 1);

	start = start < now ? start : now;
	return start > 0 ? start : 0;
}

struct grey_record grey_of_due(int64_t due, int64_t now, const struct grey_policy *p)
{
	int64_t first = start_of(due, p->delay, now);

	return (struct grey_record){ .first = first, .last = first, .wait = due - first };
}

struct grey_record grey_of_end(int64_t end, int64_t now, const struct grey_policy *p)
{
	int64_t last = start_of(end, p->max_age, now);

	return (struct grey_record){ .first = last, .last = last, .keep = end - last, .passes = 1 };
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* A record without a promise leaves the other's as it is. */
static int64_t merged_wait(const struct grey_record *a, const struct grey_record *b, int64_t first)
{
	int64_t due_a = a->first + a->wait, due_b = b->first + b->wait;

	if (a->wait <= 0 && b->wait <= 0)
		return 0;
	if (a->wait <= 0 || b->wait <= 0)
		return (a->wait > 0 ? due_a : due_b) - first;
	return (due_a < due_b ? due_a : due_b) - first;
}

static int64_t merged_keep(const struct grey_record *a, const struct grey_record *b, int64_t last)
{
	int64_t end_a = a->last + a->keep, end_b = b->last + b->keep;

	if (a->keep <= 0 || b->keep <= 0)
		return 0;
	return (end_a > end_b ? end_a : end_b) - last;
}

struct grey_record grey_merge(const struct grey_record *a, const struct grey_record *b)
{
	struct grey_record r = *a;

	if ((a->passes > 0) != (b->passes > 0))
		return a->passes > 0 ? *a : *b;
	if (b->first < r.first)
		r.first = b->first;
	if (b->last > r.last)
		r.last = b->last;
	r.wait = merged_wait(a, b, r.first);
	r.keep = merged_keep(a, b, r.last);
	if (b->identity > r.identity)
		r.identity = b->identity;
	r.passes = larger(a->passes, b->passes);
	r.early = larger(a->early, b->early);
	r.retries = larger(a->retries, b->retries);
	return r;
}

struct client_record client_merge(const struct client_record *a, const struct client_record *b)
{
	return (struct client_record){ .last = a->last > b->last ? a->last : b->last,
		                       .count = larger(a->count, b->count) };
}

struct mark_record mark_merge(const struct mark_record *a, const struct mark_record *b)
{
	if (a->since != b->since)
		return a->since > b->since ? *a : *b;
	return a->instance > b->instance ? *a : *b;
}
