/* For a person: the answer first, then how it came about. */
#include "cli/explain.h"

#include "cli/tell.h"
#include "conf/conf.h"

static const char *word_of(enum acl_answer answer)
{
	switch (answer) {
	case ACL_YES: return "yes";
	case ACL_NO: return "no";
	case ACL_PENDING:
	case ACL_FAILED: return "unknown";
	case ACL_NEVER: return "never here";
	}
	return "?";
}

static void put_clause(struct explain *e, const struct explain_clause *c)
{
	(void)printf("    %-10s %s", word_of(c->answer), explain_clause_text(e->arena, c->clause));
	if (c->saw.p != NULL)
		(void)printf("; saw \"%s\"", explain_escaped(e->arena, c->saw));
	if (c->detail != NULL)
		(void)printf("; %s", c->detail);
	if (c->why != NULL)
		(void)printf("; %s", c->why);
	(void)putchar('\n');
}

static const char *action_of(const struct explain_rule *r)
{
	if (r->answer != ACL_YES)
		return "does not hold";
	return r->rule->action == ACL_CONTINUE ? "holds, and goes on to the next rule"
	                                       : "holds, and decides";
}

static void put_rule(struct explain *e, const struct explain_walk *w, const struct explain_rule *r)
{
	(void)printf("\n%s: %s\n", explain_place(e->arena, r->rule),
	             explain_rule_text(e->arena, r->rule));
	for (size_t i = 0; i < r->count; i++)
		put_clause(e, &w->clause[r->first + i]);
	(void)printf("    => %s\n", action_of(r));
}

static const char *without_rule(const struct acl_verdict *v, enum acl_stage stage)
{
	if (v->action != ACL_WHITELIST)
		return "it is greylisted";
	return stage == ACL_DATA ? "the message is let in" : "testmode lets it in";
}

static void put_walk(struct explain *e, enum acl_stage stage)
{
	const struct rehearsal *r = stage == ACL_DATA ? &e->end : &e->r;
	const struct explain_walk *w = stage == ACL_DATA ? &e->end_walk : &e->walk;
	const struct transaction_outcome *o = &r->outcome;
	size_t left = w->not_looked_at;

	(void)puts(stage == ACL_DATA ? "\nRULES FOR THE MESSAGE" : "\nRULES");
	if (!r->ruled)
		(void)printf("\nnot asked: who authenticates or shows a verified certificate is "
		             "exempt\n");
	for (size_t i = 0; i < w->rules; i++)
		put_rule(e, w, &w->rule[i]);
	if (o->rule != NULL && o->rule->rule == NULL)
		(void)printf("\nno rule holds: %s\n", without_rule(o->rule, stage));
	if (left > 0)
		(void)printf("\n%zu more rule%s not looked at\n", left,
		             left == 1 ? " was" : "s were");
}

static void put_end(struct explain *e)
{
	bool stopped = e->r.outcome.verdict != DO_PASS || e->r.outcome.reason == BY_NULL_SENDER;
	const struct acl_verdict *v = e->end.outcome.rule;

	if (!e->has_end)
		return;
	put_walk(e, ACL_DATA);
	(void)printf("\n%s %s\n", stopped ? "once it is let in, its message" : "the message",
	             e->end_summary);
	if (v != NULL && v->action == ACL_GREYLIST && !e->end.milter.by_default)
		(void)puts("(a message is greylisted only if a default rule lets it in at RCPT)");
}

static void put_text(const char *label, const char *before, const char *text, const char *behind)
{
	(void)printf("%-18s %s%s%s\n", label, before, text, behind);
}

static void put_address(struct explain *e, const char *label, struct view v)
{
	put_text(label, "<", explain_escaped(e->arena, v), ">");
}

static void put_question(struct explain *e)
{
	const struct question *q = &e->question;
	char at[TELL_TIME_MAX];

	(void)puts("\nQUESTION\n");
	put_text("client", explain_escaped(e->arena, q->client_name), " ",
	         explain_text(e->arena, "[%s]", e->address));
	if (q->reverse_name.n > 0)
		put_text("reverse name", "", explain_escaped(e->arena, q->reverse_name), "");
	put_text("helo", "", explain_escaped(e->arena, q->helo), "");
	put_address(e, "from", q->sender);
	put_address(e, "to", q->recipient);
	if (q->auth.n > 0)
		put_text("authenticated as", "", explain_escaped(e->arena, q->auth), "");
	if (q->tls.n > 0)
		put_text("certificate of", "", explain_escaped(e->arena, q->tls), "");
	put_text("at", "", tell_time(q->now, e->args->epoch, at), "");
	put_text("policy answer", "", e->answer, "");
}

static void put_memory(struct explain *e)
{
	(void)puts("\nMEMORY\n");
	if (e->has_store)
		put_text("store", "", e->store_dir, "");
	else
		put_text("store", "none in ", e->store_dir, ": nothing is remembered");
	put_text("source", "", e->source, "");
	if (e->has_tuple)
		record_tell_tuple(&e->teller, &e->tuple);
	else
		put_text("state", "", "never seen", "");
	if (e->has_client)
		record_tell_client(&e->teller, &e->client_record);
	else
		put_text("client", "", e->address, ": no pass counted");
	if (!e->teller.policy.client.on)
		put_text("", "", "auto-allow of clients is off", "");
	if (e->has_mark)
		record_tell_moment(&e->teller, "held since", e->mark.since);
	if (!e->r.judged && !(e->has_end && e->end.judged))
		put_text("", "", "not asked for this answer", "");
}

static void put_child(const struct explain_child *c)
{
	(void)printf("    %-10s \"%s\"",
	             c->answer == ACL_YES || c->answer == ACL_NO ? word_of(c->answer) : "unknown",
	             c->child->name);
	if (c->answer == ACL_YES)
		(void)printf(", asked %s %s%s", c->child->step == STEP_END ? "at the" : "from",
		             acl_step_name(c->child->step),
		             c->child->step == STEP_END ? " of the message" : " on");
	if (c->child->evaluation)
		(void)printf(", under evaluation");
	if (c->condition != NULL)
		(void)printf("; when %s", c->condition);
	if (c->missing != NULL && c->missing[0] != '\0')
		(void)printf("; not known here: %s", c->missing);
	(void)putchar('\n');
}

static void put_children(const struct explain *e)
{
	if (e->children == 0)
		return;
	(void)puts("\nMILTERS (if the mail comes by the milter door)\n");
	for (unsigned i = 0; i < e->children; i++)
		put_child(&e->child[i]);
}

static void put_ways(const struct explain *e)
{
	if (e->passes)
		return;
	(void)puts("\nWHAT WOULD LET IT THROUGH\n");
	for (unsigned i = 0; i < e->ways; i++)
		(void)printf("%2u. %s\n", i + 1, e->way[i].text);
	if (e->ways == 0)
		(void)puts("nothing but another configuration");
	if (e->more_ways > 0)
		(void)printf("%zu more rules are further away\n", e->more_ways);
}

void explain_print(struct explain *e)
{
	(void)printf("%s\n", e->summary);
	put_question(e);
	put_walk(e, ACL_RCPT);
	put_end(e);
	put_children(e);
	put_memory(e);
	put_ways(e);
}
