/* What would let it through. */
#include "cli/explain.h"

#include <stdlib.h>

#include "cli/tell.h"
#include "conf/conf.h"
#include "util/mem.h"

/* More than the clauses of a rule (ACL_CLAUSES_MAX) and what they look at come to. */
#define TEXT_MAX  ((size_t)64 << 20)
#define LOOKS_MAX (2 * (int)FACTS) /* a fact is asked for once */

/* A whitelist rule that was looked at and did not hold. */
struct near {
	const struct acl_rule *rule;
	unsigned missing;
	size_t place; /* in the walk: the order of equals */
};

static struct explain_way *add_way(struct explain *e, struct explain_way way)
{
	if (e->ways == EXPLAIN_WAYS_MAX) {
		e->more_ways++;
		return NULL;
	}
	e->way[e->ways] = way;
	return &e->way[e->ways++];
}

/* What the memory says is there since the question was judged. */
static void find_fact(struct explain *e, enum fact fact)
{
	if (fact == FACT_KNOWN_SOURCE || fact == FACT_GAVE_UP)
		gather_memory(&e->shown->gather, e->has_client ? &e->client_record : NULL,
		              e->has_mark ? &e->mark : NULL);
	else
		gather_fact(&e->shown->gather, fact);
}

static enum acl_answer answer_of(struct explain *e, const struct acl_clause *c)
{
	struct acl_look look = { .acl = e->conf->acl,
		                 .facts = &e->shown->gather.facts,
		                 .stage = e->stage };
	enum acl_answer answer = ACL_PENDING;

	for (int i = 0; i < LOOKS_MAX && answer == ACL_PENDING; i++) {
		answer = c->kind->match(c, &look);
		if (answer == ACL_PENDING)
			find_fact(e, look.need);
	}
	if (c->negate && (answer == ACL_YES || answer == ACL_NO))
		return answer == ACL_YES ? ACL_NO : ACL_YES;
	return answer;
}

/* --- come back, stay, be known --- */

static void put_times(struct explain *e, struct explain_way *w, const char *before)
{
	char from[TELL_TIME_MAX], until[TELL_TIME_MAX], in[TELL_TIME_MAX];
	int64_t more = e->shown->policy.grey.retry_count - e->shown->judgement.tuple.retries;
	const char *count =
		more > 1 ? explain_text(e->arena, "%lld retries", (long long)more) : "a retry";

	(void)tell_time(w->from, e->args->epoch, from);
	(void)tell_time(w->until, e->args->epoch, until);
	(void)tell_span(w->from - e->question.now, in);
	w->text = explain_text(e->arena, "%s%s from %s (in %s) until %s", before, count, from, in,
	                       until);
}

static void add_wait(struct explain *e)
{
	const struct transaction_outcome *o = &e->shown->outcome;
	struct explain_way way = { .kind = WAY_WAIT };
	struct explain_way *w;
	bool begun = o->grey.reason == GREY_EARLY;

	if (!e->shown->judged || o->grey.verdict != GREY_DEFER || e->passes)
		return;
	if (o->verdict == DO_HOLD && !o->then_defer)
		return;
	way.from = e->question.now + (o->grey.missing > 0 ? o->grey.missing : 0);
	way.until = record_passes_until(&e->teller, &e->shown->judgement.tuple);
	w = add_way(e, way);
	if (w != NULL)
		put_times(e, w,
		          begun ? "waiting: " : "a try now, which starts the wait, and then ");
}

static void add_stay(struct explain *e)
{
	const struct transaction_outcome *o = &e->shown->outcome;
	struct explain_way way = { .kind = WAY_STAY, .from = e->question.now + o->hold_s };

	if (o->verdict != DO_HOLD || o->then_defer)
		return;
	way.text = explain_text(e->arena,
	                        "staying on the line for the %lld s of the tarpit: then it is let "
	                        "in",
	                        (long long)o->hold_s);
	(void)add_way(e, way);
}

static void add_auth(struct explain *e)
{
	struct explain_way way = { .kind = WAY_AUTH,
		                   .missing = 1,
		                   .text = "if the client authenticated (--auth), or showed a "
		                           "verified certificate (--tls)" };

	if (e->conf->exempt_auth && e->shown->ruled)
		(void)add_way(e, way);
}

static void add_spf(struct explain *e)
{
	struct explain_way way = {
		.kind = WAY_SPF,
		.missing = 1,
		.text = "if SPF let it send, and not everybody: the daemon looks "
			"that up first (nospf turns it off)"
	};

	if (e->conf->exempt_spf && e->shown->ruled)
		(void)add_way(e, way);
}

static void add_client(struct explain *e)
{
	const struct client_policy p = gather_policy(e->conf).client;
	struct explain_way way = { .kind = WAY_CLIENT };
	char every[TELL_TIME_MAX];
	int64_t have = e->has_client && !client_expired(&p, &e->client_record, e->question.now)
	                       ? e->client_record.count
	                       : 0;

	if (!p.on || !e->shown->judged || have >= p.after)
		return;
	way.passes = p.after - have;
	way.text = explain_text(e->arena,
	                        "%lld more counted passes of this client, from anybody to anybody "
	                        "(%lld of %lld are counted%s%s): then it is free of greylisting",
	                        (long long)way.passes, (long long)have, (long long)p.after,
	                        p.interval_s > 0 ? "; at most one in " : "",
	                        p.interval_s > 0 ? tell_span(p.interval_s, every) : "");
	(void)add_way(e, way);
}

/* --- rules --- */

/* Clauses that do not hold. 0: no change helps, since one can't be known at all. */
static unsigned missing_of(struct explain *e, const struct acl_rule *rule)
{
	unsigned missing = 0;

	for (const struct acl_clause *c = rule->clauses; c != NULL; c = c->next) {
		enum acl_answer answer = answer_of(e, c);

		if (answer == ACL_NEVER && c->kind->fact != FACT_RDNS)
			return 0;
		missing += answer != ACL_YES;
	}
	return missing;
}

static void put_clause(struct explain *e, const struct acl_clause *c, bool holds, struct buf *out)
{
	const char *value = explain_value(e, c);

	explain_words(c, holds, out);
	if (value[0] != '\0')
		(void)(buf_printf(out, " (it is %s)", value) == ST_OK);
}

static const char *let_in_of(const struct acl_rule *rule)
{
	for (const struct acl_clause *c = rule->clauses; c != NULL; c = c->next)
		if (c->kind->reason == REASON_TARPIT)
			return "would hold it and then let it in";
	return "would let it in";
}

static const char *missing_text(struct explain *e, const struct acl_rule *rule)
{
	struct buf text = buf_of(TEXT_MAX);
	const char *sep = "", *result;

	(void)(buf_printf(&text, "rule at %s (%s) %s if ", explain_place(e->arena, rule),
	                  explain_rule_text(e->arena, rule), let_in_of(rule)) == ST_OK);
	for (const struct acl_clause *c = rule->clauses; c != NULL; c = c->next) {
		if (answer_of(e, c) == ACL_YES)
			continue;
		(void)(buf_printf(&text, "%s", sep) == ST_OK);
		put_clause(e, c, true, &text);
		sep = ", and ";
	}
	result = arena_text(e->arena, buf_view(&text));
	buf_free(&text);
	return result;
}

static int by_missing(const void *a, const void *b)
{
	const struct near *x = a, *y = b;

	if (x->missing != y->missing)
		return x->missing < y->missing ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

/* One place is left for what comes behind the rules. */
static void add_near(struct explain *e, const struct near *n)
{
	if (e->ways >= EXPLAIN_WAYS_MAX - 1) {
		e->more_ways++;
		return;
	}
	e->way[e->ways++] = (struct explain_way){ .kind = WAY_RULE,
		                                  .missing = n->missing,
		                                  .rule = n->rule,
		                                  .text = missing_text(e, n->rule) };
}

static void add_rules(struct explain *e)
{
	struct near *near = mem_array(e->shown_walk->rules + 1, sizeof(near[0]));
	size_t count = 0;

	for (size_t i = 0; i < e->shown_walk->rules; i++) {
		const struct acl_rule *rule = e->shown_walk->rule[i].rule;
		unsigned missing = 0;

		if (rule->action == ACL_WHITELIST && e->shown_walk->rule[i].answer != ACL_YES)
			missing = missing_of(e, rule);
		if (missing > 0)
			near[count++] = (struct near){ rule, missing, i };
	}
	qsort(near, count, sizeof(near[0]), by_missing);
	for (size_t i = 0; i < count; i++)
		add_near(e, &near[i]);
	mem_free(near);
}

/* --- the rule that decided, if it did not hold --- */

/* What the rules behind it come to. */
static bool next_lets_in(struct explain *e, const struct acl_rule *rule, struct acl_eval *at)
{
	*at = e->shown->eval;
	at->verdict = (struct acl_verdict){ .rule = NULL };
	at->next = rule->next;
	at->acts = false;
	for (int i = 0; i < LOOKS_MAX; i++) {
		enum acl_result result =
			acl_eval(e->conf->acl, e->stage, &e->shown->gather.facts, at, NULL);

		if (result != ACL_NEED)
			return result == ACL_DECIDED && at->verdict.action == ACL_WHITELIST;
		find_fact(e, at->need);
	}
	return false;
}

/* A client that changes its ways can't make these fail, or had better not. */
static bool can_fail(const struct acl_clause *c)
{
	return c->kind->reason != REASON_NONE && c->kind->reason != REASON_TARPIT;
}

static bool rule_can_fail(const struct acl_rule *rule)
{
	for (const struct acl_clause *c = rule->clauses; c != NULL; c = c->next)
		if (can_fail(c))
			return true;
	return false;
}

static const char *unless_text(struct explain *e, const struct acl_rule *rule,
                               const struct acl_rule *next)
{
	struct buf text = buf_of(TEXT_MAX);
	const char *sep = "", *result;

	if (next != NULL)
		(void)(buf_printf(&text, "rule at %s (%s) %s if ", explain_place(e->arena, next),
		                  explain_rule_text(e->arena, next), let_in_of(next)) == ST_OK);
	else
		(void)(buf_append(&text, VIEW("no rule would stop it if ")) == ST_OK);
	for (const struct acl_clause *c = rule->clauses; c != NULL; c = c->next) {
		if (!can_fail(c))
			continue;
		(void)(buf_printf(&text, "%s", sep) == ST_OK);
		put_clause(e, c, false, &text);
		sep = ", or ";
	}
	result = arena_text(e->arena, buf_view(&text));
	buf_free(&text);
	return result;
}

static void add_unless(struct explain *e)
{
	const struct acl_verdict *v = e->shown->outcome.rule;
	struct acl_eval at;
	struct explain_way *w;

	if (v == NULL || v->rule == NULL || v->action == ACL_WHITELIST || !rule_can_fail(v->rule) ||
	    !next_lets_in(e, v->rule, &at))
		return;
	w = add_way(e, (struct explain_way){
			       .kind = WAY_UNLESS, .missing = 1, .rule = at.verdict.rule });
	if (w != NULL)
		w->text = unless_text(e, v->rule, at.verdict.rule);
}

void explain_find_ways(struct explain *e)
{
	if (e->passes)
		return;
	add_stay(e);
	add_wait(e);
	add_unless(e);
	add_auth(e);
	add_spf(e);
	add_rules(e);
	add_client(e);
}
