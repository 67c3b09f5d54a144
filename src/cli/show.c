#include <inttypes.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "cli/commands.h"
#include "cli/tell.h"
#include "engine/tuple.h"

#define EXIT_NEVER_SEEN 1

struct subject {
	const struct args *a;
	struct browse *b;
	struct judge_policy policy;
	int64_t now;
	char source[NET_TEXT_MAX];
	char address[IP_TEXT_MAX];
	struct view sender;
	struct view recipient;
};

static void put_moment(const struct subject *s, const char *label, int64_t t)
{
	char at[TELL_TIME_MAX], span[TELL_TIME_MAX];

	(void)tell_time(t, s->a->epoch, at);
	if (t <= s->now)
		(void)printf("%-18s %s (%s ago)\n", label, at, tell_span(s->now - t, span));
	else
		(void)printf("%-18s %s (in %s)\n", label, at, tell_span(t - s->now, span));
}

static void put_wait(const struct subject *s, const struct grey_record *r)
{
	int64_t wait = s->a->delay < 0 && r->wait > 0 ? r->wait : s->policy.grey.delay;
	bool over = s->now - r->first >= wait;

	if (grey_expired(&s->policy.grey, r, s->now))
		(void)printf("%-18s it came back too late: the next try begins anew\n", "state");
	else
		(void)printf("%-18s %s\n", "state",
		             over ? "waited: the next try passes" : "waiting");
	put_moment(s, "passes from", r->first + wait);
	put_moment(s, "until", r->first + s->policy.grey.retry_window);
	(void)printf("%-18s %" PRIu32 "\n", "early tries", r->early);
}

static void put_tuple(const struct subject *s, const struct browse_entry *e)
{
	const struct grey_record *r = &e->tuple;

	put_moment(s, "first seen", r->first);
	put_moment(s, "last seen", r->last);
	if (r->passes == 0) {
		put_wait(s, r);
	} else {
		(void)printf("%-18s %s\n", "state",
		             grey_expired(&s->policy.grey, r, s->now)
		                     ? "passed, but too long ago: the next try begins anew"
		                     : "passed: the next try passes");
		(void)printf("%-18s %" PRIu32 "\n", "passes", r->passes);
		(void)printf("%-18s %" PRIu32 "\n", "early tries", r->early);
		put_moment(s, "remembered until", r->last + s->policy.grey.max_age);
	}
	if (e->form == BROWSE_DIGEST)
		(void)printf("%-18s Postgrey, as a digest\n", "taken over from");
}

static void put_client(const struct subject *s, const struct browse_entry *e)
{
	const struct client_record *r = &e->client;
	bool expired = client_expired(&s->policy.client, r, s->now);

	(void)printf("%-18s %s: %s, %" PRIu32 " passes counted of %lld\n", "client", s->address,
	             expired                              ? "not free (not seen for too long)"
	             : r->count >= s->policy.client.after ? "free of greylisting"
	                                                  : "not free yet",
	             r->count, (long long)s->policy.client.after);
	put_moment(s, "last counted", r->last);
}

/* The daemon may fold in either way. */
static enum status find_tuple(const struct subject *s, struct browse_entry *e, struct diag *why)
{
	static const enum fold_options folds[] = { FOLD_POSTGREY, FOLD_SRS };
	struct buf text = buf_of(TUPLE_TEXT_MAX + NET_TEXT_MAX);
	enum status st = ST_NOTFOUND;

	for (unsigned i = 0; i < 2 && st == ST_NOTFOUND; i++) {
		buf_clear(&text);
		diag_set(why, "sender and recipient are too long for a tuple");
		st = tuple_text(view_of(s->source), s->sender, s->recipient, folds[i], &text);
		if (st == ST_OK)
			st = browse_find(s->b, BROWSE_TUPLES, buf_view(&text), e, why);
	}
	buf_free(&text);
	return st == ST_OK && e->damaged ? ST_NOTFOUND : st;
}

static void put_subject(const struct subject *s)
{
	(void)printf("%-18s %s\n%-18s <", "source", s->source, "sender");
	tell_escaped(stdout, s->sender);
	(void)printf(">\n%-18s <", "recipient");
	tell_escaped(stdout, s->recipient);
	(void)puts(">");
}

static int show(const struct subject *s)
{
	struct browse_entry e;
	struct diag why = { .file = NULL };
	enum status tuple = find_tuple(s, &e, &why), st;

	if (tuple != ST_OK && tuple != ST_NOTFOUND)
		return tell_why(tuple, &why);
	put_subject(s);
	if (tuple == ST_OK)
		put_tuple(s, &e);
	else
		(void)printf("%-18s never seen\n", "state");
	st = browse_find(s->b, BROWSE_CLIENTS, view_of(s->address), &e, &why);
	if (st == ST_OK && !e.damaged)
		put_client(s, &e);
	else
		(void)printf("%-18s %s: no pass counted\n", "client", s->address);
	if (browse_find(s->b, BROWSE_MARKS, view_of(s->source), &e, &why) == ST_OK && !e.damaged)
		put_moment(s, "held since", e.mark.since);
	if (tell_end() != EX_OK)
		return EX_IOERR;
	return tuple == ST_OK ? EX_OK : EXIT_NEVER_SEEN;
}

static struct view address_of(const char *word)
{
	return strcmp(word, "<>") == 0 ? (struct view){ "", 0 } : view_of(word);
}

int cli_show(const struct args *a)
{
	struct browse_options o = { .dir = a->dbdir };
	struct subject s = { .a = a, .policy = tell_policy(a), .now = (int64_t)time(NULL) };
	struct diag why = { .file = NULL };
	struct ip ip;
	enum status st;
	int code;

	if (ip_parse(view_of(a->word[0]), &ip) != ST_OK)
		return tell_fail(EX_USAGE, "show: the client's address comes first");
	tuple_source_net(&ip, (unsigned)a->ipv4_bits, (unsigned)a->ipv6_bits, s.source);
	ip_format(&ip, s.address);
	s.sender = address_of(a->word[1]);
	s.recipient = address_of(a->word[2]);
	st = tell_open(&o, &s.b, &why);
	if (st != ST_OK)
		return tell_why(st, &why);
	code = show(&s);
	browse_close(&s.b);
	return code;
}
