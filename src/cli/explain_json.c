/* The same for programs. Members are added, never changed or taken away; greylag(1) lists them. All
 * texts of the question are escaped and so ASCII. */
#include "cli/explain.h"

#include <jansson.h>
#include <stdlib.h>

#include "cli/scan_json.h"
#include "conf/conf.h"

#define SCHEMA 1

static void put(json_t *o, const char *name, json_t *value)
{
	(void)json_object_set_new(o, name, value);
}

/* NULL, and what is no UTF-8 (a path in some other encoding), are null. */
static json_t *text(const char *s)
{
	json_t *v = s != NULL ? json_string(s) : NULL;

	return v != NULL ? v : json_null();
}

static json_t *given(struct explain *e, struct view v)
{
	return v.n > 0 ? text(explain_escaped(e->arena, v)) : json_null();
}

static json_t *escaped(struct explain *e, struct view v)
{
	return text(explain_escaped(e->arena, v));
}

static json_t *path(struct explain *e, const char *s)
{
	json_t *v = s != NULL ? json_string(s) : json_null();

	return v != NULL ? v : escaped(e, view_of(s));
}

static json_t *question(struct explain *e)
{
	const struct question *q = &e->question;
	json_t *o = json_object();

	put(o, "client_address", text(e->address));
	put(o, "client_name", escaped(e, q->client_name));
	put(o, "reverse_name", given(e, q->reverse_name));
	put(o, "helo", given(e, q->helo));
	put(o, "sender", escaped(e, q->sender));
	put(o, "recipient", escaped(e, q->recipient));
	put(o, "auth", given(e, q->auth));
	put(o, "tls", given(e, q->tls));
	put(o, "time", json_integer(q->now));
	return o;
}

static json_t *configuration(struct explain *e)
{
	json_t *o = json_object(), *warnings = json_array();

	put(o, "file", path(e, e->file));
	put(o, "loaded", e->by_daemon ? json_integer(e->loaded) : json_null());
	for (unsigned i = 0; i < e->warnings; i++)
		(void)json_array_append_new(warnings, path(e, e->warning[i]));
	put(o, "warnings", warnings);
	return o;
}

static json_t *rule(struct explain *e, const struct acl_rule *r)
{
	json_t *o = json_object();

	if (r == NULL) {
		json_decref(o);
		return json_null();
	}
	put(o, "file", path(e, r->file));
	put(o, "line", json_integer(r->line));
	put(o, "id", r->set.id != NULL ? escaped(e, view_of(r->set.id)) : json_null());
	put(o, "action", text(acl_action_name(r->action)));
	put(o, "text", text(explain_rule_text(e->arena, r)));
	return o;
}

static const char *word_of(enum acl_answer answer)
{
	switch (answer) {
	case ACL_YES: return "yes";
	case ACL_NO: return "no";
	case ACL_PENDING:
	case ACL_FAILED: return "unknown";
	case ACL_NEVER: return "never";
	}
	return "?";
}

static json_t *clause(struct explain *e, const struct explain_clause *c)
{
	json_t *o = json_object();

	put(o, "text", text(explain_clause_text(e->arena, c->clause)));
	put(o, "answer", text(word_of(c->answer)));
	put(o, "saw", c->saw.p != NULL ? escaped(e, c->saw) : json_null());
	put(o, "detail", path(e, c->detail));
	put(o, "why", path(e, c->why));
	return o;
}

static json_t *walk(struct explain *e, const struct explain_walk *w)
{
	json_t *all = json_array();

	for (size_t i = 0; i < w->rules; i++) {
		const struct explain_rule *r = &w->rule[i];
		json_t *o = rule(e, r->rule), *clauses = json_array();

		put(o, "answer", text(word_of(r->answer)));
		for (size_t k = 0; k < r->count; k++)
			(void)json_array_append_new(clauses, clause(e, &w->clause[r->first + k]));
		put(o, "clauses", clauses);
		(void)json_array_append_new(all, o);
	}
	return all;
}

static json_t *tuple(const struct explain *e)
{
	const struct grey_record *r = &e->tuple.tuple;
	json_t *o;

	if (!e->has_tuple)
		return json_null();
	o = json_object();
	put(o, "first_seen", json_integer(r->first));
	put(o, "last_seen", json_integer(r->last));
	put(o, "passes", json_integer(r->passes));
	put(o, "early_tries", json_integer(r->early));
	put(o, "retries", json_integer(r->retries));
	put(o, "promised_wait", r->wait > 0 ? json_integer(r->wait) : json_null());
	put(o, "passes_from",
	    r->passes == 0 ? json_integer(record_passes_from(&e->teller, r)) : json_null());
	put(o, "passes_until",
	    r->passes == 0 ? json_integer(record_passes_until(&e->teller, r)) : json_null());
	put(o, "scan", scan_json(&e->tuple));
	put(o, "expired", json_boolean(grey_expired(&e->teller.policy.grey, r, e->question.now)));
	return o;
}

static json_t *client(const struct explain *e)
{
	const struct client_policy *p = &e->teller.policy.client;
	json_t *o = json_object();

	put(o, "auto_allow", json_boolean(p->on));
	put(o, "count", json_integer(e->has_client ? e->client_record.count : 0));
	put(o, "needed", p->on ? json_integer(p->after) : json_null());
	put(o, "last_counted", e->has_client ? json_integer(e->client_record.last) : json_null());
	put(o, "expired",
	    json_boolean(e->has_client && client_expired(p, &e->client_record, e->question.now)));
	return o;
}

static json_t *memory(struct explain *e)
{
	json_t *o = json_object();

	put(o, "store", e->has_store ? path(e, e->store_dir) : json_null());
	put(o, "asked", json_boolean(e->r.judged || (e->has_end && e->end.judged)));
	put(o, "source", text(e->source));
	put(o, "tuple", tuple(e));
	put(o, "client", client(e));
	put(o, "held_since", e->has_mark ? json_integer(e->mark.since) : json_null());
	return o;
}

static json_t *milters(struct explain *e)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < e->children; i++) {
		const struct explain_child *c = &e->child[i];
		json_t *o = json_object();

		put(o, "name", text(c->child->name));
		put(o, "file", path(e, c->child->file));
		put(o, "line", json_integer(c->child->line));
		put(o, "evaluation", json_boolean(c->child->evaluation));
		put(o, "answer",
		    text(c->answer == ACL_YES || c->answer == ACL_NO ? word_of(c->answer)
		                                                     : "unknown"));
		put(o, "step", text(acl_step_name(c->child->step)));
		put(o, "condition", text(c->condition));
		put(o, "missing", text(c->missing));
		(void)json_array_append_new(all, o);
	}
	return all;
}

static json_t *ways(struct explain *e)
{
	static const char *const kinds[] = {
		[WAY_STAY] = "stay",         [WAY_WAIT] = "wait", [WAY_AUTH] = "authenticate",
		[WAY_SPF] = "spf",           [WAY_RULE] = "rule", [WAY_UNLESS] = "unless",
		[WAY_CLIENT] = "auto-allow",
	};
	json_t *all = json_array();

	for (unsigned i = 0; i < e->ways; i++) {
		const struct explain_way *w = &e->way[i];
		json_t *o = json_object();

		put(o, "kind", text(kinds[w->kind]));
		put(o, "text", path(e, w->text));
		put(o, "missing", w->missing > 0 ? json_integer(w->missing) : json_null());
		put(o, "rule", rule(e, w->rule));
		put(o, "from", w->from > 0 ? json_integer(w->from) : json_null());
		put(o, "until", w->until > 0 ? json_integer(w->until) : json_null());
		put(o, "passes", w->passes > 0 ? json_integer(w->passes) : json_null());
		(void)json_array_append_new(all, o);
	}
	return all;
}

/* What becomes of the message, if it is let in at RCPT. */
static json_t *end(struct explain *e)
{
	enum acl_stage stage = e->stage;
	const struct acl_verdict *v = e->end.outcome.rule;
	json_t *o;

	if (!e->has_end)
		return json_null();
	o = json_object();
	explain_show(e, ACL_DATA);
	put(o, "verdict", text(explain_verdict_word(e)));
	put(o, "reason", text(explain_reason_word(e)));
	put(o, "summary", path(e, e->end_summary));
	put(o, "rule", rule(e, v != NULL ? v->rule : NULL));
	put(o, "walk", walk(e, &e->end_walk));
	put(o, "rules_not_looked_at", json_integer((json_int_t)e->end_walk.not_looked_at));
	explain_show(e, stage);
	return o;
}

static json_t *whole(struct explain *e)
{
	const struct transaction_outcome *o = &e->shown->outcome;
	bool defers = e->shown->judged && o->grey.verdict == GREY_DEFER && !e->passes;
	json_t *all = json_object();

	put(all, "greylag-explain", json_integer(SCHEMA));
	put(all, "passes", json_boolean(e->passes));
	put(all, "verdict", text(explain_verdict_word(e)));
	put(all, "reason", text(explain_reason_word(e)));
	put(all, "stage", text(e->stage == ACL_DATA ? "end" : "rcpt"));
	put(all, "summary", path(e, e->summary));
	put(all, "policy_answer", text(e->answer));
	put(all, "wait_s", defers ? json_integer(o->grey.missing) : json_null());
	put(all, "hold_s", o->verdict == DO_HOLD ? json_integer(o->hold_s) : json_null());
	put(all, "after_hold",
	    o->verdict == DO_HOLD ? text(o->then_defer ? "defer" : "pass") : json_null());
	put(all, "rule", rule(e, o->rule != NULL ? o->rule->rule : NULL));
	put(all, "question", question(e));
	put(all, "configuration", configuration(e));
	put(all, "walk", walk(e, &e->walk));
	put(all, "rules_not_looked_at", json_integer((json_int_t)e->walk.not_looked_at));
	put(all, "end", end(e));
	put(all, "milters", milters(e));
	put(all, "memory", memory(e));
	put(all, "ways", ways(e));
	put(all, "more_ways", json_integer((json_int_t)e->more_ways));
	return all;
}

enum status explain_print_json(struct explain *e)
{
	json_t *all = whole(e);
	int error = json_dumpf(all, stdout, JSON_INDENT(2));

	json_decref(all);
	(void)putchar('\n');
	return error == 0 ? ST_OK : ST_LIMIT;
}
