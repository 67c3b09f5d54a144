/* Clauses about an object or a file that the configuration names: list, condition, sm_macro,
 * urlcheck, ldapcheck, milter, nsupdate, log, clients, recipients. */
#include "acl/client_list.h"
#include "acl/condition.h"
#include "acl/recipient_list.h"
#include "acl/rule.h"
#include "acl/table.h"

static enum acl_answer match_list(const struct acl_clause *c, struct acl_look *look)
{
	return acl_list_match(c->operand.object, look);
}

static enum acl_answer match_condition(const struct acl_clause *c, struct acl_look *look)
{
	return acl_condition_look(c->operand.object->condition, look);
}

static enum acl_answer match_milter(const struct acl_clause *c, struct acl_look *look)
{
	const struct fact_value *v;
	enum acl_answer known = acl_object_fact(look, FACT_MILTER, c->operand.object, &v);

	if (known != ACL_YES)
		return known;
	if (v->number >= VERDICT_ACCEPT && v->number <= VERDICT_DISCARD)
		look->saw = view_of(acl_verdict_words[v->number]);
	return v->number == (int64_t)c->operand.word ? ACL_YES : ACL_NO;
}

static enum acl_answer match_macro(const struct acl_clause *c, struct acl_look *look)
{
	const struct acl_object *o = c->operand.object;
	const struct fact_value *v;
	const struct fact_pair *macro;
	enum acl_answer known = acl_fact(look, FACT_MACROS, &v);

	if (known != ACL_YES && known != ACL_NO)
		return known;
	macro = known == ACL_YES ? fact_macro(look->facts, view_of(o->text)) : NULL;
	if (o->unset || macro == NULL)
		return o->unset && macro == NULL ? ACL_YES : ACL_NO;
	if (o->regex != NULL)
		return acl_regex(look, o->regex, macro->value);
	look->saw = macro->value;
	return view_eq(macro->value, view_of(o->text2)) ? ACL_YES : ACL_NO;
}

static enum acl_answer match_check(const struct acl_clause *c, struct acl_look *look)
{
	const struct fact_value *v;
	enum acl_answer known = acl_object_fact(look, c->kind->fact, c->operand.object, &v);

	if (known != ACL_YES)
		return known;
	if (v->number != 0 && v->said != NULL && look->said_count < ACL_SAID_MAX)
		look->said[look->said_count++] = v->said;
	return v->number != 0 ? ACL_YES : ACL_NO;
}

static enum acl_answer always(const struct acl_clause *c, struct acl_look *look)
{
	(void)c;
	(void)look;
	return ACL_YES;
}

static enum acl_answer match_clients(const struct acl_clause *c, struct acl_look *look)
{
	const struct fact_value *v;
	const struct ip *address;
	enum acl_answer known = acl_fact(look, FACT_CLIENT_NAME, &v);
	struct view name = v->text;

	if (known != ACL_YES && known != ACL_NO)
		return known;
	known = acl_fact(look, FACT_CLIENT, &v);
	if (known != ACL_YES && known != ACL_NO)
		return known;
	address = known == ACL_YES ? &look->facts->client : NULL;
	look->saw = name;
	return table_has_client(c->built, name, address);
}

static enum acl_answer match_recipients(const struct acl_clause *c, struct acl_look *look)
{
	const struct fact_value *v;
	enum acl_answer answer;

	if (look->stage == ACL_RCPT) {
		answer = acl_fact(look, FACT_RECIPIENT, &v);
		if (answer != ACL_YES)
			return answer;
		look->saw = v->text;
		return table_has_mail(c->built, mail_bare(v->text));
	}
	answer = ACL_NO;
	for (size_t i = 0; i < look->facts->recipient_count && answer == ACL_NO; i++) {
		look->saw = look->facts->recipients[i];
		answer = table_has_mail(c->built, mail_bare(look->saw));
	}
	return answer;
}

static const struct clause_kind kinds[] = {
	{ .name = "list",
	  .operands = OPERAND_OBJECT,
	  .object = OBJECT_LIST,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACTS,
	  .reason = REASON_OTHER,
	  .match = match_list,
	  .synopsis = "list \"NAME\"",
	  .help = "an item of the list matches" },
	{ .name = "condition",
	  .operands = OPERAND_OBJECT,
	  .object = OBJECT_CONDITION,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACTS,
	  .reason = REASON_OTHER,
	  .match = match_condition,
	  .synopsis = "condition \"NAME\"",
	  .help = "the condition of this name holds" },
	{ .name = "sm_macro",
	  .operands = OPERAND_OBJECT,
	  .object = OBJECT_MACRO,
	  .list = OPERAND_OBJECT,
	  .stages = AT_BOTH,
	  .doors = DOOR_MILTERS,
	  .fact = FACT_MACROS,
	  .reason = REASON_OTHER,
	  .match = match_macro,
	  .synopsis = "sm_macro \"NAME\"",
	  .help = "a macro of the MTA has the value of the definition" },
	{ .name = "urlcheck",
	  .operands = OPERAND_OBJECT,
	  .object = OBJECT_URLCHECK,
	  .list = OPERAND_OBJECT,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_URLCHECK,
	  .reason = REASON_URLCHECK,
	  .match = match_check,
	  .synopsis = "urlcheck \"NAME\"",
	  .help = "a web server says so" },
	{ .name = "ldapcheck",
	  .operands = OPERAND_OBJECT,
	  .object = OBJECT_LDAPCHECK,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_LDAPCHECK,
	  .reason = REASON_OTHER,
	  .match = match_check,
	  .synopsis = "ldapcheck \"NAME\"",
	  .help = "a directory says so" },
	{ .name = "milter",
	  .operands = OPERAND_VERDICT,
	  .object = OBJECT_MILTER,
	  .words = acl_verdict_words,
	  .stages = AT_DATA,
	  .doors = DOOR_MILTERS,
	  .fact = FACT_MILTER,
	  .reason = REASON_OTHER,
	  .match = match_milter,
	  .synopsis = "milter \"NAME\" VERDICT",
	  .help = "another milter has said so: accept, reject, tempfail or discard" },
	{ .name = "nsupdate",
	  .operands = OPERAND_OBJECT,
	  .object = OBJECT_NSUPDATE,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACTS,
	  .reason = REASON_NONE,
	  .match = always,
	  .acts = true,
	  .synopsis = "nsupdate \"NAME\"",
	  .help = "always true; sends a dynamic DNS update" },
	{ .name = "log",
	  .operands = OPERAND_STRING,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACTS,
	  .reason = REASON_NONE,
	  .match = always,
	  .acts = true,
	  .synopsis = "log \"FORMAT\"",
	  .help = "always true; writes a log line" },
	{ .name = "clients",
	  .operands = OPERAND_FILE,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_CLIENT_NAME,
	  .reason = REASON_DOMAIN,
	  .match = match_clients,
	  .build = table_build_clients,
	  .synopsis = "clients file \"[TYPE:]PATH\" [optional]",
	  .help = "the client is in a Postgrey list, or in a Postfix table" },
	{ .name = "recipients",
	  .operands = OPERAND_FILE,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_RECIPIENT,
	  .reason = REASON_RCPT,
	  .match = match_recipients,
	  .build = table_build_mails,
	  .synopsis = "recipients file \"[TYPE:]PATH\" [optional]",
	  .help = "the recipient is in a Postgrey list, or in a Postfix table" },
};

const struct clause_family clauses_named = { kinds, sizeof(kinds) / sizeof(kinds[0]) };
