/* Which child milters would be asked about it. */
#include "cli/explain.h"
#include "codec/mail.h"
#include "conf/conf.h"
#include "conf/milter.h"
#include "conf/parse.h"
#include "session/lookup.h"

#define CONDITION_MAX ((size_t)65536)
#define MISSING_MAX   ((size_t)4096)

/* What only the daemon, or the MTA, can tell. */
static void know_nothing_of(struct gather *g, struct explain *e)
{
	static const enum fact untold[] = { FACT_MACROS, FACT_STRESS };

	g->facts.never = FACTS_OF_DNS | FACTS_OF_PROGRAMS | FACT_BIT(FACT_RATELIMIT);
	for (size_t i = 0; i < sizeof(untold) / sizeof(untold[0]); i++)
		fact_set_state(&g->facts, untold[i], FACT_NEVER);
	for (const struct conf_milter *c = e->conf->children; c != NULL; c = c->next) {
		struct fact_value *v = gather_answer(g, FACT_MILTER, c->object);

		if (v != NULL)
			v->state = FACT_NEVER;
	}
}

static void find(struct explain *e, struct gather *g, const struct acl_need *need)
{
	struct fact_value *v = &g->facts.of[need->fact];

	if (need->fact == FACT_KNOWN_SOURCE || need->fact == FACT_GAVE_UP) {
		gather_memory(g, e->has_client ? &e->client_record : NULL,
		              e->has_mark ? &e->mark : NULL);
		return;
	}
	gather_fact(g, need->fact);
	if (need->fact == FACT_CLIENT_NAME)
		gather_given_name(g);
	if (need->object != NULL)
		v = gather_answer(g, need->fact, need->object);
	if (v != NULL && v->state == FACT_PENDING)
		v->state = FACT_NEVER;
}

static enum acl_answer look(struct explain *e, struct gather *g, const struct conf_milter *c)
{
	struct acl_need need, last = { FACTS, NULL, STEP_CONNECT };
	enum acl_answer answer;

	for (;;) {
		answer = acl_condition_eval(e->conf->acl, c->when, STEP_END, &g->facts, &need);
		if (answer != ACL_PENDING || (need.fact == last.fact && need.object == last.object))
			return answer;
		last = need;
		find(e, g, &need);
	}
}

static bool is_missing(const struct facts *f, enum fact fact)
{
	enum fact_state state = f->of[fact].state;

	return (f->never & FACT_BIT(fact)) != 0 || fact == FACT_MILTER || state == FACT_NEVER ||
	       state == FACT_FAILED || (state == FACT_PENDING && lookup_finds(fact));
}

static const char *missing(struct explain *e, const struct gather *g, const struct conf_milter *c)
{
	uint64_t facts = acl_condition_facts(c->when);
	struct buf text = buf_of(MISSING_MAX);
	enum status st = ST_OK;
	const char *list;

	for (enum fact fact = 0; fact < FACTS && st == ST_OK; fact++)
		if ((facts & FACT_BIT(fact)) != 0 && is_missing(&g->facts, fact))
			st = buf_printf(&text, "%s%s", text.n > 0 ? ", " : "", fact_name(fact));
	list = arena_text(e->arena, buf_view(&text));
	buf_free(&text);
	return list;
}

static const char *condition(struct explain *e, const struct conf_milter *c)
{
	struct buf text = buf_of(CONDITION_MAX);
	const char *shown = NULL;

	if (c->when != NULL && conf_print_condition(c->when, &text) == ST_OK)
		shown = explain_escaped(e->arena, buf_view(&text));
	buf_free(&text);
	return shown;
}

void explain_find_children(struct explain *e)
{
	struct question q = e->question;
	struct question_milter m = { .accepted = 1, .recipients = &e->content.recipient };
	struct gather g;

	if (e->conf->children == NULL)
		return;
	m.mail = e->content.mail;
	m.size = m.mail != NULL && e->content.headers && e->content.body ? m.mail->size : -1;
	q.stage = STAGE_END;
	q.milter = &m;
	gather_begin(&g, &q, e->conf);
	know_nothing_of(&g, e);
	rehearsal_know_content(&g, &e->content);
	for (const struct conf_milter *c = e->conf->children; c != NULL; c = c->next) {
		struct explain_child *child = &e->child[e->children++];

		*child = (struct explain_child){ .child = c,
			                         .answer = look(e, &g, c),
			                         .condition = condition(e, c) };
		if (child->answer != ACL_YES && child->answer != ACL_NO)
			child->missing = missing(e, &g, c);
	}
	gather_end(&g);
}
