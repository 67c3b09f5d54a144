/* Whether a rate limit is passed: asking counts. */
#include "session/find.h"
#include "session/limits.h"
#include "session/text.h"
#include "util/escape.h"
#include "util/log.h"

/* As it is expanded; RATELIMIT_KEY_MAX tells it from others. */
#define LIMIT_KEY_MAX ((size_t)8192)

static uint64_t amount(const struct gather *g, enum acl_count by)
{
	const struct question *q = g->q;
	bool whole = q->stage == STAGE_END && q->milter != NULL;

	switch (by) {
	case COUNT_RCPT:
		if (whole)
			return q->milter->accepted;
		return q->counted ? 0 : 1;
	case COUNT_SESSION: return whole || q->accepted || q->counted ? 0 : 1;
	case COUNT_DATA: return whole && q->milter->size > 0 ? (uint64_t)q->milter->size : 0;
	}
	return 0;
}

static void warn_overflow(struct log *log, const struct acl_object *limit, uint64_t sum,
                          struct view key)
{
	static const char *const units[] = {
		[COUNT_RCPT] = "recipients", [COUNT_SESSION] = "sessions", [COUNT_DATA] = "octets"
	};
	char shown[ESCAPE_ROOM(RATELIMIT_KEY_MAX)];

	log_warning(log,
	            "ratelimit overflow for class %s: %llu, limit is %lld %s / %lld sec, "
	            "key = \"%s\"",
	            limit->name, (unsigned long long)sum, (long long)limit->number,
	            units[limit->count_by], (long long)limit->period_s,
	            escape_text(key, shown, sizeof(shown)));
}

/* Test clocks go by seconds. */
static uint64_t now_ms(const struct lookup *k)
{
	const struct question *q = k->all->gather->q;

	return q->test_clock ? (uint64_t)q->now * 1000 : loop_mono_ms(k->all->w->loop);
}

static enum lookup_begun ask(struct lookup *k)
{
	const struct acl_object *limit = k->object;
	struct worker *w = k->all->w;
	struct buf key = buf_of(LIMIT_KEY_MAX);
	struct ratelimit_count c = { .limit = view_of(limit->name), .period_s = limit->period_s };
	uint64_t sum = 0;

	c.add = amount(k->all->gather, limit->count_by);
	/* A key that is too long is as good as another: there is no such client or sender. */
	if (text_expand(k->all->gather, NULL, view_of(limit->text), &key) != ST_OK)
		buf_clear(&key);
	c.key = buf_view(&key);
	if (w->limits != NULL)
		sum = limits_add(w->limits, &c, now_ms(k));
	lookup_set(k, FACT_KNOWN, sum > (uint64_t)limit->number ? 1 : 0);
	if (k->value->number != 0)
		warn_overflow(w->log, limit, sum, c.key);
	buf_free(&key);
	return LOOKUP_KNOWN;
}

static void cancel(struct lookup *k)
{
	(void)k; /* nothing runs */
}

const struct finder find_limit = {
	.facts = FACT_BIT(FACT_RATELIMIT), .at_once = true, .ask = ask, .cancel = cancel
};
