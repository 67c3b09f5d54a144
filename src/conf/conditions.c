/* Conditions: of child milters, and those that have a name. */
#include "acl/condition.h"

#include "conf/parser.h"
#include "conf/statements.h"

/* What acts, or is true whatever the mail is, decides nothing here. */
static enum status check_clause(struct parser *p, const struct token *t, const struct acl_clause *c)
{
	if (c->kind->reason == REASON_NONE || c->kind->reason == REASON_TARPIT)
		return parser_refuse(p, t,
		                     "%s stands in rules only: a condition looks, and does "
		                     "nothing",
		                     c->kind->name);
	return ST_OK;
}

static bool at_end(const struct token *t)
{
	return t->kind == TOKEN_NEWLINE || t->kind == TOKEN_END || token_is(t, ";") ||
	       token_is(t, "}");
}

/* Clauses up to "or" or the end, at least one. */
static enum status read_part(struct parser *p, struct acl_condition *part)
{
	struct acl_clause *first = NULL, **tail = &first;
	struct token t;
	enum status st;

	do {
		struct acl_clause *c = NULL;

		st = parser_peek(p, LEX_WORD, &t);
		if (st == ST_OK)
			st = parser_clause(p, &c);
		if (st == ST_OK)
			st = check_clause(p, &t, c);
		if (st != ST_OK)
			return st;
		*tail = c;
		tail = &c->next;
		part->clauses = first;
		if (acl_condition_cost(part) > ACL_CONDITION_MAX)
			return parser_refuse(p, &t,
			                     "more than %zu clauses, with those of the conditions "
			                     "that are named",
			                     ACL_CONDITION_MAX);
		st = parser_peek(p, LEX_WORD, &t);
	} while (st == ST_OK && !at_end(&t) && !token_is(&t, "or"));
	return st;
}

/* A child's condition about AUTH or SPF says nothing of the rules, whose blanket exemptions stay; a
 * rule that names a condition ends them when it is added. */
enum status parser_condition(struct parser *p, struct acl_condition **head)
{
	const bool auth = p->acl->uses_auth, spf = p->acl->uses_spf;
	struct acl_condition **tail = head;
	struct token t = parser_here(p);
	enum status st;

	while (*tail != NULL)
		tail = &(*tail)->next;
	do {
		*tail = arena_one(p->arena, struct acl_condition);
		st = read_part(p, *tail);
		tail = &(*tail)->next;
	} while (st == ST_OK && parser_accept(p, "or"));
	p->acl->uses_auth = auth;
	p->acl->uses_spf = spf;
	if (st == ST_OK && acl_condition_cost(*head) > ACL_CONDITION_MAX)
		st = parser_refuse(p, &t, "more than %zu clauses in one condition",
		                   ACL_CONDITION_MAX);
	return st;
}

enum status parser_named_condition(struct parser *p, struct acl_object *o)
{
	struct acl_condition *condition = NULL;
	struct token t = parser_here(p);
	enum status st = parser_condition(p, &condition);

	if (st != ST_OK)
		return st;
	o->condition = condition;
	o->facts = acl_condition_facts(condition);
	o->stages = acl_condition_stages(condition);
	o->cost = acl_condition_cost(condition);
	if (o->stages == 0)
		return parser_refuse(p, &t,
		                     "the condition \"%s\" can be known nowhere: some of its "
		                     "clauses can't be known where others can",
		                     o->name);
	return ST_OK;
}
