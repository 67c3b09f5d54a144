#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "cli/commands.h"
#include "cli/criteria.h"
#include "cli/record_text.h"
#include "cli/scan_json.h"
#include "cli/settings.h"
#include "cli/tell.h"
#include "util/escape.h"
#include "util/mem.h"

struct listing {
	const struct args *a;
	struct criteria *criteria;
	struct record_teller teller;
	uint64_t lines;
};

static void put_time(const struct listing *l, int64_t t)
{
	char text[TELL_TIME_MAX];

	(void)printf("\t%s", tell_time(t, l->a->epoch, text));
}

static void put_address(struct view v, const char *if_empty)
{
	(void)putchar('\t');
	if (v.n == 0)
		(void)fputs(if_empty, stdout);
	tell_escaped(stdout, v);
}

static const char *tuple_state(const struct listing *l, const struct grey_record *r, int64_t due)
{
	if (grey_expired(&l->teller.policy.grey, r, l->teller.now))
		return "over";
	if (r->passes > 0)
		return "passed";
	return l->teller.now >= due ? "ready" : "waiting";
}

static int64_t end_of(const struct listing *l, const struct grey_record *r)
{
	return r->passes > 0 ? record_kept_until(&l->teller, r)
	                     : record_passes_until(&l->teller, r);
}

static void put_tuple(const struct listing *l, const struct browse_entry *e)
{
	const struct grey_record *r = &e->tuple;
	int64_t due = record_passes_from(&l->teller, r);
	bool digest = e->form == BROWSE_DIGEST;

	(void)fputs(tuple_state(l, r, due), stdout);
	put_address(e->source, "-");
	put_address(e->sender, digest ? "-" : "<>");
	put_address(e->recipient, "-");
	put_time(l, r->first);
	put_time(l, r->last);
	(void)printf("\t%" PRIu32 "\t%" PRIu32, r->passes, r->early);
	if (r->passes > 0)
		(void)fputs("\t-", stdout);
	else
		put_time(l, due);
	put_time(l, end_of(l, r));
	(void)putchar('\n');
}

static const char *client_state(const struct listing *l, const struct client_record *r)
{
	if (client_expired(&l->teller.policy.client, r, l->teller.now))
		return "over";
	return r->count >= l->teller.policy.client.after ? "free" : "counting";
}

static void put_client(const struct listing *l, const struct browse_entry *e)
{
	const struct client_record *r = &e->client;

	(void)fputs(client_state(l, r), stdout);
	put_address(e->source, "-");
	(void)printf("\t%" PRIu32, r->count);
	put_time(l, r->last);
	put_time(l, r->last + l->teller.policy.client.max_age);
	(void)putchar('\n');
}

static const char *mark_state(const struct listing *l, const struct mark_record *r)
{
	return l->teller.now - r->since > l->teller.policy.mark_age ? "over" : "held";
}

static void put_mark(const struct listing *l, const struct browse_entry *e)
{
	(void)fputs(mark_state(l, &e->mark), stdout);
	put_address(e->source, "-");
	put_time(l, e->mark.since);
	put_time(l, e->mark.since + l->teller.policy.mark_age);
	(void)putchar('\n');
}

/* --- for programs: the same names, and times as Unix seconds --- */

static void put(json_t *o, const char *name, json_t *value)
{
	(void)json_object_set_new(o, name, value);
}

static void put_escaped(json_t *o, const char *name, struct view v)
{
	size_t room = ESCAPE_ROOM(v.n);
	char *text = mem_alloc(room);

	(void)escape_text(v, text, room);
	put(o, name, json_string(text));
	mem_free(text);
}

static void tuple_json(const struct listing *l, const struct browse_entry *e, json_t *o)
{
	const struct grey_record *r = &e->tuple;
	int64_t due = record_passes_from(&l->teller, r);

	put(o, "state", json_string(tuple_state(l, r, due)));
	put_escaped(o, "source", e->source);
	put_escaped(o, "sender", e->sender);
	put_escaped(o, "recipient", e->recipient);
	put(o, "first_seen", json_integer(r->first));
	put(o, "last_seen", json_integer(r->last));
	put(o, "passes", json_integer(r->passes));
	put(o, "early", json_integer(r->early));
	put(o, "passes_from", r->passes > 0 ? json_null() : json_integer(due));
	put(o, "remembered_until", json_integer(end_of(l, r)));
	put(o, "scan", scan_json(e));
}

static void client_json(const struct listing *l, const struct browse_entry *e, json_t *o)
{
	const struct client_record *r = &e->client;

	put(o, "state", json_string(client_state(l, r)));
	put_escaped(o, "client", e->source);
	put(o, "count", json_integer(r->count));
	put(o, "last_counted", json_integer(r->last));
	put(o, "remembered_until", json_integer(r->last + l->teller.policy.client.max_age));
}

static void mark_json(const struct listing *l, const struct browse_entry *e, json_t *o)
{
	put(o, "state", json_string(mark_state(l, &e->mark)));
	put_escaped(o, "source", e->source);
	put(o, "since", json_integer(e->mark.since));
	put(o, "remembered_until", json_integer(e->mark.since + l->teller.policy.mark_age));
}

static const struct {
	const char *name;
	const char *head;
	void (*put)(const struct listing *l, const struct browse_entry *e);
	void (*json)(const struct listing *l, const struct browse_entry *e, json_t *o);
} tables[BROWSE_TABLES] = {
	[BROWSE_TUPLES] = { "tuples",
	                    "state\tsource\tsender\trecipient\tfirst_seen\tlast_seen\tpasses\tearly"
	                    "\tpasses_from\tremembered_until",
	                    put_tuple, tuple_json },
	[BROWSE_CLIENTS] = { "clients", "state\tclient\tcount\tlast_counted\tremembered_until",
	                     put_client, client_json },
	[BROWSE_MARKS] = { "marks", "state\tsource\tsince\tremembered_until", put_mark, mark_json },
};

static bool wanted(const struct listing *l, const struct browse_entry *e)
{
	if (e->damaged || !criteria_match(l->criteria, e))
		return false;
	if (e->table == BROWSE_TUPLES && l->a->waiting != l->a->passed)
		return (e->tuple.passes > 0) == l->a->passed;
	return true;
}

static void put_entry(const struct listing *l, const struct browse_entry *e)
{
	json_t *o;

	if (!l->a->json) {
		tables[e->table].put(l, e);
		return;
	}
	o = json_object();
	tables[e->table].json(l, e, o);
	(void)json_dumpf(o, stdout, JSON_COMPACT);
	(void)putchar('\n');
	json_decref(o);
}

static int list_table(struct listing *l, struct browse *b, enum browse_table table)
{
	struct browse_walk *w = browse_walk_new(b, table);
	struct browse_entry e;
	struct diag why = { .file = NULL };
	enum status st = ST_OK;

	if (!l->a->json)
		(void)printf("%s\n", tables[table].head);
	while ((l->a->limit == 0 || l->lines < (uint64_t)l->a->limit) && !ferror(stdout) &&
	       (st = browse_next(w, &e, &why)) == ST_OK) {
		if (!wanted(l, &e))
			continue;
		put_entry(l, &e);
		l->lines++;
	}
	browse_walk_free(&w);
	return st == ST_OK || st == ST_NOTFOUND ? tell_end() : tell_why(st, &why);
}

/* A criterion that a table has not would be looked over in silence. */
static bool fits(const struct args *a, enum browse_table table)
{
	bool addresses = a->sender != NULL || a->recipient != NULL || a->waiting || a->passed;

	if (table != BROWSE_TUPLES && addresses)
		return false;
	return table == BROWSE_CLIENTS ? a->source == NULL : a->client == NULL;
}

static int list_open(const struct args *a, const struct settings *s, struct browse *b,
                     enum browse_table table)
{
	struct listing l = { .a = a,
		             .teller = { .policy = s->policy,
		                         .by_record = s->by_record,
		                         .now = (int64_t)time(NULL) } };
	struct diag why = { .file = NULL };
	enum status st = criteria_new(a, b, &l.criteria, &why);
	int code = st == ST_OK ? list_table(&l, b, table) : tell_why(st, &why);

	criteria_free(&l.criteria);
	return code;
}

int cli_list(const struct args *a)
{
	struct browse_options o = { .dir = a->dbdir };
	struct settings settings;
	struct browse *b = NULL;
	struct diag why = { .file = NULL };
	unsigned table = 0;
	enum status st;
	int code;

	while (a->words > 0 && table < BROWSE_TABLES && strcmp(a->word[0], tables[table].name) != 0)
		table++;
	if (table == BROWSE_TABLES)
		return tell_fail(EX_USAGE, "list: tuples, clients or marks is expected");
	if (!fits(a, (enum browse_table)table))
		return tell_fail(EX_USAGE, "list: the table of %s has no such column",
		                 tables[table].name);
	settings_find(a, &settings);
	st = tell_open(&o, &b, &why);
	if (st != ST_OK)
		return tell_why(st, &why);
	code = list_open(a, &settings, b, (enum browse_table)table);
	browse_close(&b);
	return code;
}
