/* Lines: the client's address, HELO, MAIL FROM, and then one line an answer:
 *
 *	!            failure
 *	-            no such name
 *	anything     its records, parted by TAB: addresses, names, or texts (of a text, "|" parts
 *	             the strings)
 *
 * When all are used up they begin anew, so that loops are walked. Each line is also read as a
 * record and as a macro string by itself. */
#include <stdint.h>
#include <stdlib.h>

#include "spf/macro.h"
#include "spf/spf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RECORDS_MAX 16
#define STRINGS_MAX 64

static void must(bool what)
{
	if (!what)
		abort();
}

struct records {
	struct ip addresses[RECORDS_MAX];
	struct view names[RECORDS_MAX];
	struct spf_text texts[RECORDS_MAX];
	struct view strings[STRINGS_MAX];
	size_t strings_used;
};

static void add_text(struct records *r, struct view text, struct spf_text *out)
{
	const struct view *first = r->strings + r->strings_used;
	struct view string;

	*out = (struct spf_text){ first, 0 };
	while (r->strings_used < STRINGS_MAX && view_next(&text, '|', &string)) {
		r->strings[r->strings_used++] = string;
		out->count++;
	}
}

static void read_answer(struct view line, struct records *r, struct spf_dns_answer *out)
{
	struct view record;

	*out = (struct spf_dns_answer){ .addresses = r->addresses,
		                        .names = r->names,
		                        .texts = r->texts };
	r->strings_used = 0;
	if (view_eq(line, VIEW("!")))
		out->status = SPF_DNS_FAILURE;
	else if (view_eq(line, VIEW("-")))
		out->status = SPF_DNS_NXDOMAIN;
	for (; out->count < RECORDS_MAX && view_next(&line, '\t', &record); out->count++) {
		r->names[out->count] = record;
		add_text(r, record, &r->texts[out->count]);
		if (ip_parse(record, &r->addresses[out->count]) != ST_OK)
			r->addresses[out->count] = (struct ip){ .family = IP_V6 };
	}
}

static void is_text(const char *text, size_t size)
{
	must(memchr(text, '\0', size) != NULL);
	for (; *text != '\0'; text++)
		must(*text >= ' ' && *text <= '~');
}

static void look_at(const struct spf_result *r)
{
	must(r != NULL && r->questions <= SPF_QUESTIONS_MAX && r->terms <= SPF_TERMS_MAX + 1 &&
	     r->voids <= SPF_VOIDS_MAX + 1);
	must(r->explanation.n <= SPF_EXPLANATION_MAX);
	must(r->explanation.n == 0 || r->verdict == SPF_FAIL);
	for (size_t i = 0; i < r->explanation.n; i++)
		must(r->explanation.p[i] >= ' ' && r->explanation.p[i] <= '~');
	is_text(r->why.text, sizeof(r->why.text));
	is_text(r->match.term, sizeof(r->match.term));
	is_text(r->match.via, sizeof(r->match.via));
	is_text(r->match.domain, sizeof(r->match.domain));
	is_text(r->domain, sizeof(r->domain));
	if (r->verdict == SPF_TEMPERROR || r->verdict == SPF_PERMERROR || r->verdict == SPF_NONE)
		must(r->why.text[0] != '\0' && !r->match.any);
	if (r->verdict == SPF_PASS || r->verdict == SPF_FAIL || r->verdict == SPF_SOFTFAIL)
		must(r->match.any && r->match.term[0] != '\0' && r->match.via[0] != '\0');
}

static void look_at_event(void *arg, const struct spf_event *e)
{
	const unsigned *steps = arg;

	is_text(e->domain, SPF_NAME_MAX + 1);
	must(e->depth <= SPF_TERMS_MAX && *steps <= SPF_QUESTIONS_MAX);
	must(e->text.n <= SPF_RECORD_MAX + 1);
	must(view_rfind(e->text, '\0') == VIEW_NONE || e->text.n > 0); /* reads all of it */
	must((e->wanted != NULL) == (e->kind == SPF_ANSWERED));
}

static void check(struct spf_question *q, struct view answers)
{
	unsigned steps = 0;
	struct view rest = answers, line = { NULL, 0 };
	struct records *records = calloc(1, sizeof(*records));
	struct spf_dns_answer answer;
	struct spf_check *c;

	must(records != NULL);
	q->trace = (struct spf_trace){ look_at_event, &steps };
	c = spf_new(q);
	while (spf_run(c) == SPF_NEED) {
		const struct spf_wanted *w = spf_wanted(c);
		struct spf_name again;

		must(w != NULL && spf_result(c) == NULL && ++steps <= SPF_QUESTIONS_MAX);
		must(spf_name_set(&again, spf_name_view(&w->name)) == ST_OK);
		if (!view_next(&rest, '\n', &line)) {
			rest = answers;
			(void)view_next(&rest, '\n', &line);
		}
		read_answer(line, records, &answer);
		spf_answer(c, &answer);
	}
	look_at(spf_result(c));
	free(records);
	spf_free(&c);
}

static void read_record(struct view line)
{
	struct spf_modifiers modifiers;
	struct diag why = { 0 };
	enum status st;

	if (!spf_record_is(line))
		return;
	st = spf_record_check(line, &modifiers, &why);
	must(st == ST_OK || (why.column > 0 && why.column <= line.n + 1 && why.text[0] != '\0'));
	is_text(why.text, sizeof(why.text));
}

/* A name that fits is what the plain expansion says. */
static void compare(struct view line, const struct spf_values *values, const struct spf_name *name,
                    enum status st)
{
	struct buf out = buf_of(SPF_NAME_MAX);
	struct spf_name plain;

	if (spf_macro_expand(line, values, &out) == ST_OK) {
		must((spf_name_set(&plain, buf_view(&out)) == ST_OK) == (st == ST_OK));
		must(st != ST_OK || view_eq(spf_name_view(name), spf_name_view(&plain)));
	}
	buf_free(&out);
}

static void read_macros(struct view line, const struct spf_values *values)
{
	struct buf out = buf_of(1000);
	struct spf_name name;
	struct diag why = { 0 };

	if (spf_macro_check(line, SPF_MACRO_EXPLANATION, &why) == ST_OK)
		must(spf_macro_expand(line, values, &out) != ST_INVALID);
	else
		must(why.column > 0 && why.column <= line.n + 1);
	if (spf_macro_check(line, SPF_MACRO_DOMAIN, &why) == ST_OK) {
		enum status st = spf_macro_name(line, values, &name);

		must(st == ST_OK || st == ST_NOTFOUND);
		compare(line, values, &name, st);
	}
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view rest = { (const char *)data, size }, client = { NULL, 0 }, line;
	struct spf_question q = { .receiver = VIEW("rx.example"), .now = 1700000000 };
	struct spf_values values = { .local = VIEW("strong-bad"),
		                     .sender_domain = VIEW("email.example.com"),
		                     .domain = VIEW("example.com"),
		                     .local_usable = true,
		                     .helo_usable = true };

	(void)view_next(&rest, '\n', &client);
	(void)view_next(&rest, '\n', &q.helo);
	(void)view_next(&rest, '\n', &q.mail_from);
	if (ip_parse(client, &q.client) != ST_OK)
		q.client = (struct ip){ .family = IP_V4 };
	check(&q, rest);
	values.client = q.client;
	values.helo = view_first(q.helo, 255);
	while (view_next(&rest, '\n', &line)) {
		read_record(line);
		read_macros(line, &values);
	}
	return 0;
}
