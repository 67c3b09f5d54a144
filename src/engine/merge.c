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

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
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
	if (b->wait > r.wait)
		r.wait = b->wait;
	if (b->keep > r.keep)
		r.keep = b->keep;
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
