#include "takeover.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "codec/mg_dump.h"
#include "conf/conf.h"
#include "conf/options.h"
#include "engine/merge.h"
#include "engine/tuple.h"
#include "session/gather.h"

#define CLOCK_OCTETS ((size_t)65536) /* the clock is looked at whenever so many were read */

struct reading {
	struct takeover *t;
	FILE *file;
	struct judge_policy policy;
	struct buf text;
	struct timespec begun;
	size_t octets; /* since the last look at the clock */
	unsigned number;
	struct diag *why;
	size_t n;
	char line[MG_DUMP_LINE_MAX + 1]; /* one octet more than is taken shows that there is more */
};

/* --- one entry --- */

static const char *source_of(const struct reading *r, const struct mg_dump_entry *e,
                             char out[NET_TEXT_MAX])
{
	tuple_source_net(&e->client, r->t->conf->ipv4_bits, r->t->conf->ipv6_bits, out);
	return out;
}

static enum status put(struct reading *r, struct browse_entry *e, enum status st)
{
	e->text = buf_view(&r->text);
	if (st == ST_OK)
		st = browse_put(r->t->store, e, r->why);
	if (st != ST_LIMIT && st != ST_INVALID)
		return st;
	r->t->too_long++;
	return ST_OK;
}

static enum status put_tuple(struct reading *r, const struct mg_dump_entry *d)
{
	const struct grey_policy *p = &r->policy.grey;
	struct browse_entry e = { .table = BROWSE_TUPLES, .form = BROWSE_READABLE };
	char source[NET_TEXT_MAX];
	int64_t now = r->t->now;

	e.tuple = d->kind == MG_DUMP_AUTO ? grey_of_end(d->time, now, p)
	                                  : grey_of_due(d->time, now, p);
	if (grey_expired(p, &e.tuple, now)) {
		r->t->too_old++;
		return ST_OK;
	}
	buf_clear(&r->text);
	return put(r, &e,
	           tuple_text(view_of(source_of(r, d, source)), d->sender, d->recipient,
	                      (enum fold_options)r->t->conf->fold, &r->text));
}

/* A pass frees the client's address when autowhite is lazy. */
static enum status put_client(struct reading *r, const struct mg_dump_entry *d)
{
	const struct client_policy *p = &r->policy.client;
	struct browse_entry e = { .table = BROWSE_CLIENTS, .form = BROWSE_READABLE };
	char address[IP_TEXT_MAX];
	int64_t last = d->time - p->max_age;

	last = last < r->t->now ? last : r->t->now;
	e.client =
		(struct client_record){ .last = last > 0 ? last : 0, .count = (uint32_t)p->after };
	if (client_expired(p, &e.client, r->t->now))
		return ST_OK;
	ip_format(&d->client, address);
	buf_clear(&r->text);
	return put(r, &e, buf_append(&r->text, view_of(address)));
}

static enum status put_mark_of(struct reading *r, struct browse_entry *e, enum status made)
{
	enum status st = put(r, e, made);

	buf_clear(&r->text);
	return st;
}

/* As session/gather.c has a mark's key: whether the daemon stands in milter-greylist's place may be
 * said on its command line alone, so without a word of that in the file it may ask for either. */
static enum status put_mark(struct reading *r, const struct mg_dump_entry *d)
{
	struct browse_entry e = { .table = BROWSE_MARKS, .form = BROWSE_READABLE };
	const struct conf *c = r->t->conf;
	char source[NET_TEXT_MAX];
	struct view net = view_of(source_of(r, d, source));
	enum status st = ST_OK;

	if (d->tarpit_s > 0) {
		r->t->no_use++;
		return ST_OK;
	}
	e.mark.since = d->time < r->t->now ? d->time : r->t->now;
	if (r->t->now - e.mark.since > r->policy.mark_age) {
		r->t->too_old++;
		return ST_OK;
	}
	buf_clear(&r->text);
	if (c->face != CONF_MILTER_GREYLIST)
		st = put_mark_of(r, &e, buf_append(&r->text, net));
	if (st == ST_OK && c->face != CONF_POSTGREY)
		st = put_mark_of(r, &e,
		                 mark_text(net, d->sender, (enum fold_options)c->fold, &r->text));
	return st;
}

static enum status take(struct reading *r, const struct mg_dump_entry *d)
{
	enum status st;

	if (d->kind == MG_DUMP_TARPIT)
		return put_mark(r, d);
	st = put_tuple(r, d);
	if (st == ST_OK && d->kind == MG_DUMP_AUTO && r->t->conf->options->lazyaw)
		st = put_client(r, d);
	return st;
}

/* --- lines --- */

/* False: the time is over. */
static bool in_time(struct reading *r)
{
	struct timespec now;

	if (r->t->seconds_max == 0 || r->octets < CLOCK_OCTETS)
		return true;
	r->octets = 0;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - r->begun.tv_sec < (time_t)r->t->seconds_max;
}

/* What does not fit is skipped, and what is left is too long to be taken. */
static enum status next_line(struct reading *r)
{
	int c;

	r->n = 0;
	while ((c = getc_unlocked(r->file)) != EOF && c != '\n') {
		if (r->n < sizeof(r->line))
			r->line[r->n++] = (char)c;
		r->octets++;
		if (!in_time(r)) {
			r->t->cut = true;
			return ST_NOTFOUND;
		}
	}
	if (ferror(r->file)) {
		diag_set(r->why, "can't read: %s", strerror(errno));
		return ST_IO;
	}
	return c == EOF && r->n == 0 ? ST_NOTFOUND : ST_OK;
}

static enum status take_line(struct reading *r)
{
	struct takeover *t = r->t;
	struct mg_dump_entry entry;
	struct diag bad = { .file = r->why->file, .line = ++r->number };
	enum status st = mg_dump_read((struct view){ r->line, r->n }, &entry, &bad);

	if (st == ST_NOTFOUND)
		return ST_OK;
	t->read++;
	if (st == ST_OK)
		return take(r, &entry);
	if (t->bad++ < TAKEOVER_BAD_TOLD)
		t->tell(t->arg, &bad);
	return ST_OK;
}

enum status takeover_dump(struct takeover *t, FILE *file, struct diag *why)
{
	struct reading r = { .t = t,
		             .file = file,
		             .policy = gather_policy(t->conf),
		             .text = buf_of(TUPLE_TEXT_MAX + NET_TEXT_MAX),
		             .why = why };
	struct browse_put_counts before = { 0 }, after = { 0 };
	struct diag later = { .file = NULL };
	enum status st = browse_flush(t->store, &before, why), wrote;

	(void)clock_gettime(CLOCK_MONOTONIC, &r.begun);
	while (st == ST_OK && (st = next_line(&r)) == ST_OK)
		st = take_line(&r);
	wrote = browse_flush(t->store, &after, &later);
	t->added += after.added - before.added;
	t->merged += after.merged - before.merged;
	buf_free(&r.text);
	if (st == ST_NOTFOUND && wrote != ST_OK)
		*why = later;
	return st == ST_NOTFOUND ? wrote : st;
}
