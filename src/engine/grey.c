#include "engine/grey.h"

#include <stddef.h>

/* A rule may say that a pass is not remembered at all, which a record can't tell from no promise:
 * a second is as good. */
static int64_t keep_of(const struct grey_policy *p)
{
	return p->promised ? (p->max_age > 0 ? p->max_age : 1) : 0;
}

static int64_t wait_of(const struct grey_policy *p, const struct grey_record *r)
{
	return p->promised && r->wait > 0 ? r->wait : p->delay;
}

static int64_t window_of(const struct grey_policy *p, const struct grey_record *r)
{
	return p->retry_window + (wait_of(p, r) - p->delay);
}

static int64_t age_of(const struct grey_policy *p, const struct grey_record *r)
{
	return p->promised && r->keep > 0 ? r->keep : p->max_age;
}

static struct grey_decision let_in(enum grey_reason reason, const struct grey_record *next)
{
	return (struct grey_decision){ .verdict = GREY_PASS, .reason = reason, .next = *next };
}

/* The wait starts now. What the record knew before is of no use any more. */
static struct grey_decision begin(const struct grey_policy *p, enum grey_reason reason,
                                  enum grey_identity identity, int64_t now)
{
	struct grey_record next = {
		.first = now, .last = now, .wait = p->delay, .identity = identity
	};

	if (p->delay <= 0) {
		next.wait = 0;
		next.passes = 1;
		next.keep = keep_of(p);
		return let_in(GREY_RETRIED, &next);
	}
	return (struct grey_decision){
		.verdict = GREY_DEFER, .reason = reason, .missing = p->delay, .next = next
	};
}

static struct grey_decision retry(const struct grey_policy *p, const struct grey_record *seen,
                                  int64_t now)
{
	struct grey_record next = *seen;
	int64_t waited = now - seen->first, wait = wait_of(p, seen);
	struct grey_decision d;

	next.last = now;
	if (waited >= wait && next.retries < UINT32_MAX)
		next.retries++;
	if (waited >= wait && next.retries >= p->retry_count) {
		next.passes = 1;
		next.keep = keep_of(p);
		d = let_in(GREY_RETRIED, &next);
		d.waited = waited;
		return d;
	}
	if (next.early < UINT32_MAX)
		next.early++;
	return (struct grey_decision){ .verdict = GREY_DEFER,
		                       .reason = GREY_EARLY,
		                       .missing = wait - waited,
		                       .waited = waited,
		                       .next = next };
}

struct grey_decision grey_decide(const struct grey_policy *p, const struct grey_record *seen,
                                 int64_t now)
{
	struct grey_record next;

	if (seen == NULL)
		return begin(p, GREY_NEW, GREY_BY_NET, now);
	if (seen->first > now)
		return begin(p, GREY_FUTURE, seen->identity, now);
	if (seen->passes == 0 && now - seen->first > window_of(p, seen))
		return begin(p, GREY_LATE, seen->identity, now);
	if (seen->passes == 0)
		return retry(p, seen, now);
	if (now - seen->last > age_of(p, seen))
		return begin(p, GREY_EXPIRED, seen->identity, now);
	next = *seen;
	next.last = now > seen->last ? now : seen->last;
	next.keep = keep_of(p);
	if (next.passes < UINT32_MAX)
		next.passes++;
	return let_in(GREY_KNOWN, &next);
}

bool grey_expired(const struct grey_policy *p, const struct grey_record *r, int64_t now)
{
	return r->passes > 0 ? now - r->last > age_of(p, r) : now - r->first > window_of(p, r);
}
