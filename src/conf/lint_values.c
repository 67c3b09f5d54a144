/* Values that have no effect, and times that don't go together. */
#include "conf/lint_checks.h"

void lint_check_times(struct lint *l)
{
	const struct conf_options *o = l->options;

	if (o->greylist <= 0)
		lint_warn(l, NULL, 0,
		          "greylist %llds: mail that is greylisted passes at once; to let all in "
		          "write \"racl whitelist default\"",
		          (long long)o->greylist);
	if (o->autowhite > 0 && o->autowhite < o->greylist)
		lint_warn(l, NULL, 0,
		          "autowhite %llds is shorter than greylist %llds: who has passed is "
		          "forgotten sooner than a new tuple passes; make it days",
		          (long long)o->autowhite, (long long)o->greylist);
}

void lint_check_rule_times(struct lint *l, const struct acl_rule *r)
{
	bool own_delay = r->set.delay != ACL_UNSET, own_white = r->set.autowhite != ACL_UNSET;
	int64_t delay = own_delay ? r->set.delay : l->options->greylist;
	int64_t white = own_white ? r->set.autowhite : l->options->autowhite;

	if (r->action != ACL_GREYLIST || (!own_delay && !own_white))
		return;
	if (own_delay && delay <= 0)
		lint_warn_rule(l, r,
		               "delay %llds: what this rule greylists passes at once; write "
		               "\"whitelist\", or a wait",
		               (long long)delay);
	if (white > 0 && white < delay)
		lint_warn_rule(l, r,
		               "autowhite %llds is shorter than delay %llds: who has passed is "
		               "forgotten sooner than a new tuple passes; give this rule a longer "
		               "autowhite",
		               (long long)white, (long long)delay);
}

/* A dacl greylist rule acts only when the last racl rule let the recipient in by default. */
static bool lets_in_by_default(const struct acl_rule *r)
{
	if (r->action != ACL_WHITELIST)
		return false;
	for (const struct acl_clause *c = r->clauses; c != NULL; c = c->next)
		if (lint_kind(c)->reason != REASON_NONE)
			return false;
	return true;
}

static bool anybody_let_in_by_default(const struct lint *l)
{
	const struct acl_rule *end = lint_end(l, ACL_RCPT);

	for (const struct acl_rule *r = l->acl->rules[ACL_RCPT]; r != NULL; r = r->next) {
		if (lets_in_by_default(r))
			return true;
		if (r == end)
			return false;
	}
	return l->acl->globals.testmode; /* lets in what nothing matches */
}

void lint_check_dacl_greylist(struct lint *l)
{
	const struct acl_rule *r = l->acl->rules[ACL_DATA];

	if (l->doors == DOOR_POLICY || anybody_let_in_by_default(l))
		return;
	for (; r != NULL; r = r->next)
		if (r->action == ACL_GREYLIST && !lint_action_may_change(r))
			lint_warn_rule(l, r,
			               "this rule never greylists: dacl greylist acts only on mail "
			               "that a racl rule let in by default; end the racl rules "
			               "with \"racl whitelist default\"");
}

static bool has_answer(const struct acl_effects *e)
{
	return e->code != NULL || e->ecode != NULL || e->msg != NULL;
}

static bool has_times(const struct acl_effects *e)
{
	return e->delay != ACL_UNSET || e->autowhite != ACL_UNSET;
}

static bool has_own_values(const struct acl_effects *e)
{
	return has_times(e) || e->tarpit_scope != ACL_SCOPE_UNSET || e->maxpeek != ACL_UNSET ||
	       e->nolog;
}

static bool has_changes(const struct acl_effects *e)
{
	return e->addheader != NULL || e->addfooter != NULL || e->subjtag != NULL;
}

static bool has_report(const struct acl_effects *e)
{
	return e->report != NULL;
}

#define ACTION(a)  (1u << (a))
#define ANY_ACTION (ACTION(ACL_GREYLIST) | ACTION(ACL_WHITELIST) | ACTION(ACL_BLACKLIST))

static const struct {
	unsigned stages;  /* AT_RCPT, AT_DATA */
	unsigned actions; /* ACTION */
	bool (*given)(const struct acl_effects *e);
	const char *what;
} useless[] = {
	{ AT_BOTH, ACTION(ACL_WHITELIST), has_answer,
	  "code, ecode and msg have no effect in a whitelist rule: it refuses nothing" },
	{ AT_BOTH, ACTION(ACL_WHITELIST), has_times,
	  "delay and autowhite have no effect in a whitelist rule: it remembers nothing" },
	{ AT_BOTH, ACTION(ACL_BLACKLIST), has_times,
	  "delay and autowhite have no effect in a blacklist rule: it remembers nothing" },
	{ AT_DATA, ACTION(ACL_BLACKLIST), has_changes,
	  "addheader, addfooter and subjtag have no effect here: the message is refused" },
	{ AT_BOTH, ACTION(ACL_CONTINUE), has_own_values,
	  "delay, autowhite, tarpit_scope, maxpeek and nolog have no effect in a continue rule: "
	  "write them in the rule that decides" },
	{ AT_DATA, ANY_ACTION | ACTION(ACL_CONTINUE), has_report,
	  "report has no effect in a dacl rule: the header tells of the racl rule that let the "
	  "recipient in, so write it there" },
};

void lint_check_values(struct lint *l, const struct acl_rule *r)
{
	/* A tarpit remembers, and past its budget the rule greylists. */
	if (lint_action_may_change(r) || lint_tarpit(r) != NULL)
		return;
	for (size_t i = 0; i < sizeof(useless) / sizeof(useless[0]); i++)
		if ((useless[i].stages & 1u << r->stage) != 0 &&
		    (useless[i].actions & ACTION(r->action)) != 0 && useless[i].given(&r->set))
			lint_warn_rule(l, r, "%s", useless[i].what);
}

void lint_check_tarpit_scope(struct lint *l, const struct acl_rule *r)
{
	if (r->set.tarpit_scope != ACL_SCOPE_UNSET && r->action != ACL_CONTINUE &&
	    lint_tarpit(r) == NULL && !lint_action_may_change(r))
		lint_warn_rule(l, r, "tarpit_scope has no effect: this rule has no tarpit clause");
}

void lint_check_continued_tarpit(struct lint *l, const struct acl_rule *r)
{
	if (r->action == ACL_CONTINUE && lint_tarpit(r) != NULL)
		lint_warn_rule(l, r,
		               "the tarpit of a continue rule holds nobody: write it in the rule "
		               "that decides");
}

static bool may_stop(const struct acl_rule *r)
{
	return r->action == ACL_GREYLIST || r->action == ACL_BLACKLIST || lint_action_may_change(r);
}

/* Who hung up meets the rules behind the tarpit: is there, among those that are reached, none but
 * such as let in? What nothing matches is greylisted, but for test mode. */
void lint_check_tarpit_is_all(struct lint *l)
{
	const struct acl_rule *end = lint_end(l, ACL_RCPT), *r = l->acl->rules[ACL_RCPT];
	const struct acl_rule *behind = r; /* behind the last one that may stop */

	if (end == NULL && !l->acl->globals.testmode)
		return;
	for (; r != NULL; r = r == end ? NULL : r->next)
		if (may_stop(r))
			behind = r->next;
	for (r = behind; r != NULL && r != end; r = r->next)
		if (r->action == ACL_WHITELIST && lint_tarpit(r) != NULL)
			lint_warn_rule(l, r,
			               "who hangs up on this tarpit is let in the next time, for "
			               "no rule behind it greylists; end the racl rules with "
			               "\"racl greylist default\"");
}

void lint_check_weights(struct lint *l)
{
	const struct acl_object *o = l->acl->weighted;

	if (o != NULL && l->acl->scored == 0)
		lint_warn(l, o->source, o->line,
		          "weights have no effect, this one of \"%s\" and all others: no rule has "
		          "the clause dnsbl score",
		          o->name);
}

void lint_check_score(struct lint *l, const struct acl_rule *r)
{
	if (l->acl->weighted != NULL)
		return;
	for (const struct acl_clause *c = r->clauses; c != NULL; c = c->next) {
		if (!acl_is_score(c))
			continue;
		lint_warn_rule(l, r,
		               "dnsbl score is always 0, for no dnsrbl or dnswl has a weight");
		return;
	}
}
