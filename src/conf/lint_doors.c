/* What the configured doors, and the MTAs behind them, can't know or do. */
#include <stdio.h>

#include "conf/lint_checks.h"

static bool policy_only(const struct lint *l)
{
	return l->doors == DOOR_POLICY;
}

static bool has_milter(const struct lint *l)
{
	return (l->doors & DOOR_MILTERS) != 0;
}

void lint_check_listens(struct lint *l)
{
	if (l->doors == 0)
		lint_warn(l, NULL, 0,
		          "nothing listens: there is neither a milter door, as 'socket "
		          "\"unix:/run/greylag/milter.sock\"', nor a policy door, as 'policy "
		          "\"inet:127.0.0.1:10023\"' (a socket may also be given by -p)");
}

/* The policy door ends before the message comes. */
void lint_check_dacl_doors(struct lint *l)
{
	const struct acl_rule *first = l->acl->rules[ACL_DATA];
	char more[64] = "";
	size_t n = 0;

	if ((l->doors & DOOR_POLICY) == 0 || first == NULL)
		return;
	for (const struct acl_rule *r = first->next; r != NULL; r = r->next)
		n++;
	if (n > 0)
		(void)snprintf(more, sizeof(more), " (and %zu more dacl %s)", n,
		               n == 1 ? "rule" : "rules");
	if (policy_only(l))
		lint_warn_rule(l, first,
		               "this dacl rule%s never acts: the policy door, the only one here, "
		               "does not see the message; write racl rules, or open a milter door "
		               "(socket)",
		               more);
	else
		lint_warn_rule(l, first,
		               "this dacl rule%s acts only on mail of the milter door (socket): "
		               "the policy door does not see the message; let the MTA ask one of "
		               "them only",
		               more);
}

/* One header, and none can be deleted. */
void lint_check_header_doors(struct lint *l)
{
	if ((l->doors & DOOR_POLICY) != 0 && l->options->authentication_results)
		lint_warn(l, NULL, 0,
		          "authentication_results acts at the milter door (socket) only%s",
		          policy_only(l) ? ", and there is none" : "");
}

/* Why a clause of a racl rule can't be known at the policy door, NULL: it can. */
static const char *unknown_to_policy(const struct clause_kind *k)
{
	if ((k->doors & DOOR_POLICY) == 0)
		return "the policy protocol does not tell it";
	/* SMTPD_POLICY_README: recipient_count is 0 before DATA. */
	if (k->fact == FACT_RCPT_COUNT)
		return "Postfix tells the number of recipients only at DATA";
	return NULL;
}

static void check_clause_at_policy(struct lint *l, const struct acl_rule *r,
                                   const struct clause_kind *k)
{
	const char *why = unknown_to_policy(k);

	if (why == NULL)
		return;
	if (policy_only(l))
		lint_warn_rule(l, r,
		               "this rule never matches, for its clause %s can't be known at the "
		               "policy door, the only one here: %s; remove the clause, or open a "
		               "milter door (socket)",
		               k->name, why);
	else
		lint_warn_rule(l, r,
		               "this rule matches at the milter door (socket) only, for its clause "
		               "%s can't be known at the policy door: %s",
		               k->name, why);
}

void lint_check_clause_doors(struct lint *l, const struct acl_rule *r)
{
	for (const struct acl_clause *c = r->clauses; c != NULL; c = c->next) {
		const struct clause_kind *k = lint_kind(c);

		if ((l->doors & DOOR_POLICY) != 0 && r->stage == ACL_RCPT)
			check_clause_at_policy(l, r, k);
		if (has_milter(l) && (k->doors & DOOR_MILTERS) == 0)
			lint_warn_rule(l, r, "the clause %s can't be known at the milter door%s",
			               k->name,
			               l->doors == DOOR_MILTERS ? ", the only one here" : "");
	}
}

static bool has_footer(const struct acl_effects *e)
{
	return e->addfooter != NULL;
}

static bool has_tag(const struct acl_effects *e)
{
	return e->subjtag != NULL;
}

static bool has_peek(const struct acl_effects *e)
{
	return e->maxpeek != ACL_UNSET;
}

static bool has_index(const struct acl_effects *e)
{
	return e->addheader != NULL && e->addheader_index != ACL_UNSET;
}

static bool has_scope(const struct acl_effects *e)
{
	return e->tarpit_scope != ACL_SCOPE_UNSET;
}

/* Values of racl rules that have no counterpart among the actions of access(5). */
static const struct {
	const char *name;
	bool (*given)(const struct acl_effects *e);
	const char *why;
} milter_values[] = {
	{ "addfooter", has_footer, "a policy answer can't change the body" },
	{ "subjtag", has_tag, "a policy answer can't change a header" },
	{ "maxpeek", has_peek, "the policy door does not see the message" },
	{ "the place behind addheader", has_index,
	  "a policy answer can put a header only in front of all others" },
	{ "tarpit_scope", has_scope, "there the MTA itself waits, anew for each recipient" },
};

void lint_check_value_doors(struct lint *l, const struct acl_rule *r)
{
	if ((l->doors & DOOR_POLICY) == 0 || r->stage != ACL_RCPT)
		return;
	for (size_t i = 0; i < sizeof(milter_values) / sizeof(milter_values[0]); i++)
		if (milter_values[i].given(&r->set))
			lint_warn_rule(l, r, "%s has no effect at the policy door%s: %s",
			               milter_values[i].name,
			               policy_only(l) ? ", the only one here" : "",
			               milter_values[i].why);
}

/* When an MTA sends a macro that the milter door asks for by its name. */
enum sent { SENT_AT_RCPT, SENT_LATER, SENT_AT_END, SENT_NEVER };

/* Those that Postfix (smtpd_milter.c) or Sendmail does not know in time for a racl rule. Any other
 * name is known to both, or the administrator's own. */
static const struct macro_row {
	const char *name;
	enum sent postfix, sendmail;
} macros[] = {
	/* Postfix has no queue id before it has accepted a recipient. */
	{ "i", SENT_LATER, SENT_AT_RCPT },       { "if_name", SENT_NEVER, SENT_AT_RCPT },
	{ "if_addr", SENT_NEVER, SENT_AT_RCPT }, { "auth_ssf", SENT_NEVER, SENT_AT_RCPT },
	{ "verify", SENT_NEVER, SENT_AT_RCPT },  { "msg_id", SENT_NEVER, SENT_AT_END },
};

static const struct macro_row *find_macro(struct view name)
{
	if (name.n > 2 && name.p[0] == '{' && name.p[name.n - 1] == '}')
		name = (struct view){ name.p + 1, name.n - 2 };
	for (size_t i = 0; i < sizeof(macros) / sizeof(macros[0]); i++)
		if (view_eq(view_of(macros[i].name), name))
			return &macros[i];
	return NULL;
}

static bool in_time(enum sent sent, enum acl_stage stage)
{
	return sent == SENT_AT_RCPT || (stage == ACL_DATA && sent != SENT_NEVER);
}

static const char *when(enum sent sent)
{
	switch (sent) {
	case SENT_AT_RCPT: return "in time";
	case SENT_LATER: return "only after it has accepted the first recipient";
	case SENT_AT_END: return "only at the end of the message";
	case SENT_NEVER: return "at no time";
	}
	return "";
}

static void check_macro(struct lint *l, const struct acl_rule *r, const struct acl_object *o)
{
	const struct macro_row *m = find_macro(view_of(o->text));
	bool postfix = m == NULL || in_time(m->postfix, r->stage);
	bool sendmail = m == NULL || in_time(m->sendmail, r->stage);

	if (!postfix && !sendmail)
		lint_warn_rule(l, r,
		               "sm_macro \"%s\": the macro %s counts as missing, for Postfix sends "
		               "it %s and Sendmail %s",
		               o->name, o->text, when(m->postfix), when(m->sendmail));
	else if (!postfix || !sendmail)
		lint_warn_rule(l, r,
		               "sm_macro \"%s\": with %s the macro %s counts as missing, for it is "
		               "sent %s",
		               o->name, postfix ? "Sendmail" : "Postfix", o->text,
		               when(postfix ? m->sendmail : m->postfix));
}

void lint_check_macros(struct lint *l, const struct acl_rule *r)
{
	if (!has_milter(l))
		return;
	for (const struct acl_clause *c = r->clauses; c != NULL; c = c->next) {
		if (lint_kind(c)->fact != FACT_MACROS)
			continue;
		if (!lint_is_list(c)) {
			check_macro(l, r, c->operand.object);
			continue;
		}
		for (const struct acl_clause *i = c->operand.object->odd; i != NULL; i = i->next)
			check_macro(l, r, i->operand.object);
	}
}

#define CLIENT_WAIT_S   300 /* the answer to RCPT, RFC 5321 section 4.5.3.2.3 */
#define SENDMAIL_HOLD_S 8   /* of the 10 s that are the default of R: in its T= */

void lint_check_long_tarpit(struct lint *l, const struct acl_rule *r)
{
	const struct acl_clause *c = lint_tarpit(r);

	if (c != NULL && c->operand.number > CLIENT_WAIT_S)
		lint_warn_rule(l, r,
		               "tarpit %llds: clients need not wait longer than %d s for an answer "
		               "(RFC 5321), so honest ones hang up too; make it shorter",
		               (long long)c->operand.number, CLIENT_WAIT_S);
}

/* Postfix is kept waiting by progress packets, which Sendmail does not take at RCPT: there the
 * milter door holds the rest at the end of the message. Whose milter this is, the configuration
 * does not say: once is enough. */
void lint_check_sendmail_tarpit(struct lint *l)
{
	const struct acl_rule *r = has_milter(l) ? l->acl->rules[ACL_RCPT] : NULL;

	for (; r != NULL; r = r->next) {
		const struct acl_clause *c = lint_tarpit(r);

		if (c == NULL || c->operand.number <= SENDMAIL_HOLD_S)
			continue;
		lint_warn_rule(
			l, r,
			"tarpit %llds: if the MTA is Sendmail, it can't be kept waiting longer "
			"than "
			"%d s at a recipient: its clients wait for the rest when they have sent "
			"their message (Postfix's wait all of it at the recipient)",
			(long long)c->operand.number, SENDMAIL_HOLD_S);
		return;
	}
}

/* --- SpamAssassin --- */

void lint_check_spamd_headers(struct lint *l)
{
	if (!l->options->spamd_headers)
		return;
	if (l->options->spamd_count == 0)
		lint_warn(l, NULL, 0,
		          "spamd_headers has no effect: nobody is asked; name SpamAssassin's "
		          "daemon with spamdsock");
	else if (policy_only(l))
		lint_warn(l, NULL, 0,
		          "spamd_headers has no effect at the policy door, the only one here: the "
		          "policy protocol ends before the message comes");
}

void lint_check_spamd(struct lint *l, const struct acl_rule *r)
{
	if (!has_milter(l) || l->options->spamd_count > 0)
		return;
	for (const struct acl_clause *c = r->clauses; c != NULL; c = c->next)
		if (lint_kind(c)->fact == FACT_SPAMD_SCORE) {
			lint_warn_rule(
				l, r,
				"this rule never matches, for nobody is asked for the score; "
				"name SpamAssassin's daemon with spamdsock");
			return;
		}
}
