#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "cli/commands.h"
#include "cli/record_text.h"
#include "cli/settings.h"
#include "cli/tell.h"
#include "engine/tuple.h"

#define EXIT_NEVER_SEEN 1

struct subject {
	struct browse *b;
	struct record_teller teller;
	char source[NET_TEXT_MAX];
	char address[IP_TEXT_MAX];
	struct view sender;
	struct view recipient;
};

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
		record_tell_tuple(&s->teller, &e);
	else
		(void)printf("%-18s never seen\n", "state");
	st = browse_find(s->b, BROWSE_CLIENTS, view_of(s->address), &e, &why);
	if (st == ST_OK && !e.damaged)
		record_tell_client(&s->teller, &e.client);
	else
		(void)printf("%-18s %s: no pass counted\n", "client", s->address);
	if (browse_find(s->b, BROWSE_MARKS, view_of(s->source), &e, &why) == ST_OK && !e.damaged)
		record_tell_moment(&s->teller, "held since", e.mark.since);
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
	struct subject s = { .teller = { .now = (int64_t)time(NULL), .epoch = a->epoch } };
	struct settings settings;
	struct diag why = { .file = NULL };
	struct ip ip;
	enum status st;
	int code;

	if (ip_parse(view_of(a->word[0]), &ip) != ST_OK)
		return tell_fail(EX_USAGE, "show: the client's address comes first");
	settings_find(a, &settings);
	s.teller.policy = settings.policy;
	s.teller.by_record = settings.by_record;
	tuple_source_net(&ip, settings.ipv4_bits, settings.ipv6_bits, s.source);
	ip_format(&ip, s.address);
	s.teller.address = s.address;
	s.sender = address_of(a->word[1]);
	s.recipient = address_of(a->word[2]);
	st = tell_open(&o, &s.b, &why);
	if (st != ST_OK)
		return tell_why(st, &why);
	code = show(&s);
	browse_close(&s.b);
	return code;
}
