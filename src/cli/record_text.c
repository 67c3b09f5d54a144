#include "cli/record_text.h"

#include <inttypes.h>

#include "cli/tell.h"

void record_tell_moment(const struct record_teller *t, const char *label, int64_t at)
{
	char text[TELL_TIME_MAX], span[TELL_TIME_MAX];

	(void)tell_time(at, t->epoch, text);
	if (at <= t->now)
		(void)printf("%-18s %s (%s ago)\n", label, text, tell_span(t->now - at, span));
	else
		(void)printf("%-18s %s (in %s)\n", label, text, tell_span(at - t->now, span));
}

static int64_t wait_of(const struct record_teller *t, const struct grey_record *r)
{
	return t->by_record && r->wait > 0 ? r->wait : t->policy.grey.delay;
}

int64_t record_passes_from(const struct record_teller *t, const struct grey_record *r)
{
	return r->first + wait_of(t, r);
}

int64_t record_passes_until(const struct record_teller *t, const struct grey_record *r)
{
	const struct grey_policy *p = &t->policy.grey;

	return r->first + p->retry_window + (p->promised ? wait_of(t, r) - p->delay : 0);
}

static void tell_wait(const struct record_teller *t, const struct grey_record *r)
{
	bool over = t->now >= record_passes_from(t, r);

	if (grey_expired(&t->policy.grey, r, t->now))
		(void)printf("%-18s it came back too late: the next try begins anew\n", "state");
	else
		(void)printf("%-18s %s\n", "state",
		             over ? "waited: the next try passes" : "waiting");
	record_tell_moment(t, "passes from", record_passes_from(t, r));
	record_tell_moment(t, "until", record_passes_until(t, r));
	(void)printf("%-18s %" PRIu32 "\n", "early tries", r->early);
}

/* Postgrey counts from today's max_age; else what the record was promised counts. */
int64_t record_kept_until(const struct record_teller *t, const struct grey_record *r)
{
	const struct grey_policy *p = &t->policy.grey;

	return r->last + (p->promised && r->keep > 0 ? r->keep : p->max_age);
}

/* "scored 7.5, spam (BAYES_99, URIBL_BLACK)" */
static void tell_scan(const struct record_scan *s)
{
	int64_t tenths = s->score_tenths < 0 ? -s->score_tenths : s->score_tenths;
	struct view rest = spam_symbols_view(&s->symbols), name;
	const char *sep = " (";

	(void)printf("%-18s scored %s%" PRId64 ".%" PRId64 ", %s", "its first try",
	             s->score_tenths < 0 ? "-" : "", tenths / 10, tenths % 10,
	             s->spam ? "spam" : "no spam");
	while (rest.n > 0 && view_next(&rest, ',', &name)) {
		(void)printf("%s%.*s", sep, VIEW_ARG(name));
		sep = ", ";
	}
	(void)printf("%s\n", s->symbols.n > 0 ? ")" : "");
}

void record_tell_tuple(const struct record_teller *t, const struct browse_entry *e)
{
	const struct grey_record *r = &e->tuple;

	record_tell_moment(t, "first seen", r->first);
	record_tell_moment(t, "last seen", r->last);
	if (r->passes == 0) {
		tell_wait(t, r);
	} else {
		(void)printf("%-18s %s\n", "state",
		             grey_expired(&t->policy.grey, r, t->now)
		                     ? "passed, but too long ago: the next try begins anew"
		                     : "passed: the next try passes");
		(void)printf("%-18s %" PRIu32 "\n", "passes", r->passes);
		(void)printf("%-18s %" PRIu32 "\n", "early tries", r->early);
		record_tell_moment(t, "remembered until", record_kept_until(t, r));
	}
	if (e->scanned)
		tell_scan(&e->scan);
	if (e->form == BROWSE_DIGEST)
		(void)printf("%-18s Postgrey, as a digest\n", "taken over from");
}

void record_tell_client(const struct record_teller *t, const struct client_record *r)
{
	const struct client_policy *p = &t->policy.client;

	(void)printf("%-18s %s: %s, %" PRIu32 " passes counted of %" PRId64 "\n", "client",
	             t->address,
	             client_expired(p, r, t->now) ? "not free (not seen for too long)"
	             : r->count >= p->after       ? "free of greylisting"
	                                          : "not free yet",
	             r->count, p->after);
	record_tell_moment(t, "last counted", r->last);
}
