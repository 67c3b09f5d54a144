#include "acl/rule.h"

#include <stdio.h>

#include "acl/condition.h"
#include "util/mem.h"
#include "util/posix_regex.h"
#include "util/regex.h"

struct acl_owned {
	struct acl_owned *next;
	void *p;
	void (*drop)(void *p);
};

struct acl *acl_new(struct arena *arena)
{
	struct acl *acl = mem_new(struct acl);

	acl->arena = arena;
	for (size_t i = 0; i < ACL_STAGES; i++)
		acl->tail[i] = &acl->rules[i];
	acl->objects_tail = &acl->objects;
	acl->weighted_tail = &acl->weighted;
	/* The defaults of milter-greylist. */
	acl->globals.delay = (int64_t)30 * 60;
	acl->globals.autowhite = (int64_t)24 * 3600;
	acl->globals.tarpit_scope = ACL_SCOPE_SESSION;
	return acl;
}

void acl_free(struct acl **acl)
{
	if (*acl == NULL)
		return;
	for (struct acl_owned *o = (*acl)->owned; o != NULL; o = o->next)
		o->drop(o->p);
	mem_free(*acl);
	*acl = NULL;
}

void acl_own(struct acl *acl, void *p, void (*drop)(void *p))
{
	struct acl_owned *o = arena_one(acl->arena, struct acl_owned);

	o->p = p;
	o->drop = drop;
	o->next = acl->owned;
	acl->owned = o;
}

bool acl_is_score(const struct acl_clause *c)
{
	return c->kind->fact == FACT_DNSRBL && c->operand.kind == OPERAND_COMPARE;
}

static void name_clauses(struct acl *acl, const struct acl_clause *clauses, unsigned stage);

/* Items of a list are objects when one is: then the list has no others. */
static void name_object(struct acl *acl, struct acl_object *o, unsigned stage)
{
	if ((o->named & stage) != 0)
		return;
	o->named |= stage;
	if (o->kind == OBJECT_LIST)
		name_clauses(acl, o->odd, stage);
	for (const struct acl_condition *c = o->condition; c != NULL; c = c->next)
		name_clauses(acl, c->clauses, stage);
}

static void name_clauses(struct acl *acl, const struct acl_clause *clauses, unsigned stage)
{
	for (const struct acl_clause *c = clauses; c != NULL; c = c->next) {
		if (c->operand.object != NULL)
			name_object(acl, c->operand.object, stage);
		if (acl_is_score(c))
			acl->scored |= stage;
	}
}

/* A condition did not know that a rule would look through it. */
static void look_through(struct acl *acl, const struct acl_object *condition)
{
	if ((condition->facts & (FACT_BIT(FACT_AUTH) | FACT_BIT(FACT_TLS))) != 0)
		acl->uses_auth = true;
	if ((condition->facts & (FACT_BIT(FACT_SPF) | FACT_BIT(FACT_SPF_SELF))) != 0)
		acl->uses_spf = true;
}

enum status acl_add_rule(struct acl *acl, struct acl_rule *rule, bool at_head)
{
	struct acl_rule **head = &acl->rules[rule->stage];

	if (acl->rule_count == ACL_RULES_MAX)
		return ST_LIMIT;
	acl->rule_count++;
	for (const struct acl_clause *c = rule->clauses; c != NULL; c = c->next) {
		acl->wanted[rule->stage] |= acl_clause_facts(c);
		if (c->operand.object != NULL && c->operand.object->kind == OBJECT_CONDITION)
			look_through(acl, c->operand.object);
	}
	name_clauses(acl, rule->clauses, 1u << rule->stage);
	for (const struct acl_clause *c = rule->clauses; c != NULL; c = c->next)
		if (c->kind->reason == REASON_TARPIT && rule->action == ACL_WHITELIST)
			acl->holds = true;
	/* A check's answer may ask for a tarpit. */
	if (rule->stage == ACL_RCPT && (acl->wanted[ACL_RCPT] & FACTS_THAT_SAY) != 0)
		acl->holds = true;
	if (at_head) {
		rule->next = *head;
		if (*head == NULL)
			acl->tail[rule->stage] = &rule->next;
		*head = rule;
	} else {
		rule->next = NULL;
		*acl->tail[rule->stage] = rule;
		acl->tail[rule->stage] = &rule->next;
	}
	return ST_OK;
}

struct acl_object *acl_find_object(const struct acl *acl, enum acl_object_kind kind,
                                   struct view name)
{
	struct acl_object *found = NULL;

	for (struct acl_object *o = acl->objects; o != NULL; o = o->next)
		if (o->kind == kind && view_eq(view_of(o->name), name))
			found = o;
	return found;
}

enum status acl_add_object(struct acl *acl, struct acl_object *object)
{
	if (acl->object_count == ACL_OBJECTS_MAX ||
	    (object->weight != 0 && acl->weight_count == ACL_WEIGHTS_MAX))
		return ST_LIMIT;
	acl->object_count++;
	*acl->objects_tail = object;
	acl->objects_tail = &object->next;
	if (object->weight == 0)
		return ST_OK;
	acl->weight_count++;
	*acl->weighted_tail = object;
	acl->weighted_tail = &object->next_weighted;
	return ST_OK;
}

bool acl_wants_dns_list(const struct acl *acl, enum acl_stage stage, const struct acl_object *o)
{
	if (o->kind != OBJECT_DNSRBL && o->kind != OBJECT_DNSWL)
		return false;
	return ((o->named | (o->weight != 0 ? acl->scored : 0)) & 1u << stage) != 0;
}

void acl_warn(const struct acl *acl, const char *fmt, ...)
{
	struct diag d = { 0 };
	va_list ap;
	char text[sizeof(d.text)];

	if (acl->warn == NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_set(&d, "%s", text);
	acl->warn(acl->warn_arg, d.text);
}

static void drop_regex(void *p)
{
	struct regex *re = p;

	regex_free(&re);
}

enum status acl_regex_new(struct view pattern, unsigned posix, struct regex **out, struct diag *why)
{
	struct buf perl = buf_of(REGEX_PATTERN_MAX);
	enum status st;

	why->text[0] = '\0';
	st = posix_regex_convert(pattern, posix, &perl, why);
	if (st == ST_OK)
		st = regex_new(buf_view(&perl), REGEX_CASELESS, out, why);
	buf_free(&perl);
	return st;
}

enum status acl_add_regex(struct acl *acl, struct view pattern, unsigned posix, struct regex **out,
                          struct diag *why)
{
	enum status st;

	if (acl->regex_count == ACL_REGEX_MAX) {
		diag_at(why, 1, 1, "more than %zu expressions", ACL_REGEX_MAX);
		return ST_LIMIT;
	}
	st = acl_regex_new(pattern, posix, out, why);
	if (st != ST_OK)
		return st;
	acl->regex_count++;
	acl_own(acl, *out, drop_regex);
	return ST_OK;
}

bool acl_code_valid(const char *code)
{
	struct view v = view_of(code);

	return v.n == 3 && (v.p[0] == '4' || v.p[0] == '5') && ascii_digit(v.p[1]) &&
	       ascii_digit(v.p[2]);
}

const char *acl_action_name(enum acl_action action)
{
	switch (action) {
	case ACL_GREYLIST: return "greylist";
	case ACL_WHITELIST: return "whitelist";
	case ACL_BLACKLIST: return "blacklist";
	case ACL_CONTINUE: return "continue";
	}
	return "nothing";
}
