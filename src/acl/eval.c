#include "acl/eval.h"

struct run {
	const struct acl *acl;
	struct acl_eval *at;
	struct acl_look look;
	const struct acl_trace *trace;
};

static enum acl_answer try_clause(struct run *r, const struct acl_rule *rule,
                                  const struct acl_clause *c)
{
	enum acl_answer answer;

	r->look.saw = (struct view){ NULL, 0 };
	answer = acl_negate(c->kind->match(c, &r->look), c->negate);
	if (r->trace != NULL && r->trace->clause != NULL)
		r->trace->clause(r->trace->arg, rule, c, answer, r->look.saw);
	return answer;
}

/* A rule that could not be ended goes on where it stopped: what was set in between must not make
 * clauses fail that have held. */
static const struct acl_clause *begin_rule(struct run *r, const struct acl_rule *rule)
{
	const struct acl_verdict *v = &r->at->verdict;

	r->look.group_count = 0;
	r->look.property = (struct fact_pair){ { NULL, 0 }, { NULL, 0 } };
	r->look.said_count = 0;
	if (r->at->clause == NULL)
		return rule->clauses;
	memcpy(r->look.groups, v->groups, v->group_count * sizeof(v->groups[0]));
	r->look.group_count = v->group_count;
	r->look.property = v->property;
	for (; r->look.said_count < r->at->said_count; r->look.said_count++)
		r->look.said[r->look.said_count] = r->at->said[r->look.said_count];
	return r->at->clause;
}

static void keep_matches(struct run *r)
{
	struct acl_verdict *v = &r->at->verdict;

	memcpy(v->groups, r->look.groups, r->look.group_count * sizeof(v->groups[0]));
	v->group_count = r->look.group_count;
	v->property = r->look.property;
	r->at->said_count = r->look.said_count;
	for (unsigned i = 0; i < r->look.said_count; i++)
		r->at->said[i] = r->look.said[i];
}

/* True: the clause waits for what it asks to be done. */
static bool must_act(struct run *r, const struct acl_clause *c)
{
	bool acts = r->at->acts && c->kind->acts && !r->at->acted;

	r->at->act = acts ? c : NULL;
	r->at->acted = acts;
	return acts;
}

/* All clauses must hold; the first that does not ends the rule. */
static enum acl_answer try_rule(struct run *r, const struct acl_rule *rule)
{
	const struct acl_clause *c = begin_rule(r, rule);
	enum acl_answer answer = ACL_YES;

	while (c != NULL && answer == ACL_YES) {
		answer = must_act(r, c) ? ACL_PENDING : try_clause(r, rule, c);
		if (answer == ACL_YES)
			c = c->next;
	}
	r->at->clause = answer == ACL_PENDING ? c : NULL;
	keep_matches(r);
	if (r->trace != NULL && r->trace->rule != NULL)
		r->trace->rule(r->trace->arg, rule, answer);
	return answer;
}

static void keep_text(const char **to, const char *from)
{
	if (from != NULL)
		*to = from;
}

/* What a rule that holds leaves for the verdict, `continue` or not. */
static void keep_values(struct acl_effects *to, const struct acl_effects *from)
{
	keep_text(&to->id, from->id);
	keep_text(&to->code, from->code);
	keep_text(&to->ecode, from->ecode);
	keep_text(&to->msg, from->msg);
	keep_text(&to->report, from->report);
	if (from->addheader != NULL) {
		to->addheader = from->addheader;
		to->addheader_index = from->addheader_index;
	}
	keep_text(&to->addfooter, from->addfooter);
	keep_text(&to->subjtag, from->subjtag);
	to->flushaddr = to->flushaddr || from->flushaddr;
}

static int64_t own_or(int64_t own, int64_t global)
{
	return own != ACL_UNSET ? own : global;
}

/* Delay, autowhite, tarpit_scope, maxpeek and nolog: the deciding rule's, or the global ones. */
static void settle(struct run *r, const struct acl_rule *rule)
{
	const struct acl_globals *g = &r->acl->globals;
	struct acl_verdict *v = &r->at->verdict;

	v->effects.delay = own_or(rule != NULL ? rule->set.delay : ACL_UNSET, g->delay);
	v->effects.autowhite = own_or(rule != NULL ? rule->set.autowhite : ACL_UNSET, g->autowhite);
	v->effects.maxpeek = rule != NULL ? own_or(rule->set.maxpeek, rule->peek) : -1;
	v->effects.tarpit_scope = g->tarpit_scope;
	if (rule != NULL && rule->set.tarpit_scope != ACL_SCOPE_UNSET)
		v->effects.tarpit_scope = rule->set.tarpit_scope;
	v->effects.nolog = rule != NULL && rule->set.nolog;
}

/* A list stands for the clause that its items are. */
static enum acl_reason reason_of(const struct acl_clause *c)
{
	if (c->operand.kind == OPERAND_OBJECT && c->operand.object->kind == OBJECT_LIST)
		return c->operand.object->of->reason;
	return c->kind->reason;
}

/* A code that can't be sent with the action, alone or from a `continue` rule before: the default is
 * sent. */
static void check_code(struct acl_effects *e, enum acl_action action)
{
	if (e->code == NULL ||
	    (acl_code_valid(e->code) && (action != ACL_GREYLIST || e->code[0] == '4')))
		return;
	e->code = NULL;
	e->ecode = NULL;
}

static void replace_number(int64_t *to, int64_t from)
{
	if (from != ACL_UNSET)
		*to = from;
}

/* The rule as those want it who were asked by its clauses: itself when nobody wants anything, else
 * a copy. */
static const struct acl_rule *as_said(const struct run *r, const struct acl_rule *rule,
                                      struct acl_rule *copy)
{
	if (r->look.said_count == 0)
		return rule;
	*copy = *rule;
	for (unsigned i = 0; i < r->look.said_count; i++) {
		const struct acl_said *said = r->look.said[i];

		if (said->has_action)
			copy->action = said->action;
		keep_values(&copy->set, &said->set);
		replace_number(&copy->set.delay, said->set.delay);
		replace_number(&copy->set.autowhite, said->set.autowhite);
		copy->set.nolog = copy->set.nolog || said->set.nolog;
	}
	return copy;
}

static void set_tarpit(struct acl_verdict *v, int64_t s)
{
	v->tarpit_s = s;
	if (s > 0)
		v->reasons |= REASON_BIT(REASON_TARPIT);
	else
		v->reasons &= ~REASON_BIT(REASON_TARPIT);
}

/* rule is as_said, real the one that stands in the configuration. */
static enum acl_result decide(struct run *r, const struct acl_rule *rule,
                              const struct acl_rule *real)
{
	struct acl_verdict *v = &r->at->verdict;

	settle(r, rule);
	check_code(&v->effects, rule->action);
	v->rule = real;
	v->action = rule->action;
	v->log = !rule->set.nolog;
	for (const struct acl_clause *c = rule->clauses; c != NULL; c = c->next) {
		if (reason_of(c) != REASON_NONE)
			v->reasons |= REASON_BIT(reason_of(c));
		if (reason_of(c) == REASON_TARPIT && r->look.stage == ACL_RCPT)
			v->tarpit_s = c->operand.number;
	}
	for (unsigned i = 0; i < r->look.said_count; i++)
		if (r->look.said[i]->tarpit_s != ACL_UNSET && r->look.stage == ACL_RCPT)
			set_tarpit(v, r->look.said[i]->tarpit_s);
	v->by_default = v->reasons == 0;
	if (v->by_default)
		v->reasons = REASON_BIT(REASON_DEFAULT);
	return ACL_DECIDED;
}

static enum acl_result nothing_matched(struct run *r)
{
	struct acl_verdict *v = &r->at->verdict;
	bool rcpt = r->look.stage == ACL_RCPT;

	settle(r, NULL);
	v->group_count = 0;
	v->property = (struct fact_pair){ { NULL, 0 }, { NULL, 0 } };
	v->action = rcpt && !r->acl->globals.testmode ? ACL_GREYLIST : ACL_WHITELIST;
	check_code(&v->effects, v->action);
	v->log = rcpt;
	v->by_default = true;
	v->reasons = REASON_BIT(REASON_DEFAULT);
	return ACL_DECIDED;
}

static enum acl_result ask(struct run *r, enum acl_result result)
{
	r->at->need = r->look.need;
	r->at->need_object = r->look.need_object;
	return result;
}

enum acl_result acl_eval(const struct acl *acl, enum acl_stage stage, const struct facts *facts,
                         struct acl_eval *at, const struct acl_trace *trace)
{
	struct run r = { .acl = acl, .at = at, .trace = trace };

	r.look.acl = acl;
	r.look.facts = facts;
	r.look.stage = stage;
	r.look.told = trace != NULL && trace->clause != NULL;
	if (!at->begun) {
		at->next = acl->rules[stage];
		at->verdict.effects.addheader_index = ACL_UNSET;
		at->begun = true;
	}
	for (; at->next != NULL; at->next = at->next->next) {
		enum acl_answer answer = try_rule(&r, at->next);
		const struct acl_rule *rule;
		struct acl_rule copy;

		if (answer == ACL_PENDING)
			return at->act != NULL ? ACL_ACT : ask(&r, ACL_NEED);
		if (answer == ACL_FAILED && acl->globals.tempfail &&
		    (acl->globals.lenient & FACT_BIT(r.look.need)) == 0)
			return ask(&r, ACL_TEMPFAIL);
		if (answer != ACL_YES)
			continue;
		rule = as_said(&r, at->next, &copy);
		keep_values(&at->verdict.effects, &rule->set);
		if (rule->action != ACL_CONTINUE)
			return decide(&r, rule, at->next);
	}
	return nothing_matched(&r);
}

enum status acl_reasons_format(unsigned reasons, const char *id, int64_t tarpit_s, struct buf *out)
{
	static const struct {
		enum acl_reason reason;
		const char *text;
	} texts[] = {
		{ REASON_DOMAIN, "Sender DNS name whitelisted" },
		{ REASON_ADDR, "Sender IP whitelisted" },
		{ REASON_FROM, "Sender e-mail whitelisted" },
		{ REASON_AUTH, "Sender succeeded SMTP AUTH" },
		{ REASON_MACRO, "Message whitelisted by Sendmail access database" },
		{ REASON_DRAC, "Message whitelisted by DRAC access database" },
		{ REASON_SPF, "Sender passed SPF test" },
		{ REASON_DKIM, "Sender passed DKIM test" },
		{ REASON_NON_IP, "Message not sent from an IPv4 neither IPv6 address" },
		{ REASON_TLS, "Sender succeeded STARTTLS authentication" },
		{ REASON_RCPT, "Recipient e-mail whitelisted" },
		{ REASON_AUTOWHITE, "IP, sender and recipient auto-whitelisted" },
		{ REASON_DNSRBL, "Sender IP whitelisted by DNSRBL" },
		{ REASON_MX, "Sender IP whitelisted by MX" },
		{ REASON_URLCHECK, "URL check passed" },
		{ REASON_DEFAULT, "Default is to whitelist mail" },
	};
	const char *sep = "";
	size_t before = out->n;
	enum status st = ST_OK;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && st == ST_OK; i++) {
		if ((reasons & REASON_BIT(texts[i].reason)) == 0)
			continue;
		st = buf_printf(out, "%s%s", sep, texts[i].text);
		sep = ", ";
	}
	if (st == ST_OK && (reasons & REASON_BIT(REASON_TARPIT)) != 0) {
		st = buf_printf(out, "%sMessage whitelisted by tarpit %llds", sep,
		                (long long)tarpit_s);
		sep = ", ";
	}
	if (st == ST_OK && (reasons & REASON_BIT(REASON_OTHER)) != 0)
		st = buf_printf(out, "%sACL %s matched", sep, id);
	if (st != ST_OK)
		out->n = before;
	return st;
}
