/* Rules that are never reached, and rules that could be one. */
#include "conf/lint_checks.h"
#include "util/netset.h"

/* Comparisons of clauses; some tenths of a second. */
#define STEPS_MAX ((size_t)20000000)

/* Rules in a row from which on a list is worth its two lines. */
#define RUN_MIN 4

bool lint_same_operand(const struct operand *a, const struct operand *b)
{
	if (a->kind != b->kind || !view_eq(a->property, b->property))
		return false;
	switch (a->kind) {
	case OPERAND_NONE: return true;
	case OPERAND_NET:
		return a->net.bits == b->net.bits && ip_compare(&a->net.base, &b->net.base) == 0;
	case OPERAND_NAME:
	case OPERAND_MAIL: return view_eq_nocase(a->text, b->text);
	case OPERAND_STRING:
	case OPERAND_WORD:
	case OPERAND_FILE: return view_eq(a->text, b->text);
	case OPERAND_REGEX: return view_eq(a->text, b->text) && a->extended == b->extended;
	case OPERAND_PROPERTY: return true;
	case OPERAND_COMPARE:
	case OPERAND_DECIMAL:
		return a->compare == b->compare && a->number == b->number &&
		       view_eq(a->property2, b->property2);
	case OPERAND_BITS:
	case OPERAND_TIME:
	case OPERAND_NUMBER: return a->number == b->number;
	case OPERAND_OBJECT: return a->object == b->object;
	case OPERAND_VERDICT: return a->object == b->object && a->word == b->word;
	case OPERAND_EXCEPT:
		return a->object == b->object && a->has_number == b->has_number &&
		       a->number == b->number;
	case OPERAND_ASSIGN:
		return a->assign == b->assign && a->has_number == b->has_number &&
		       a->number == b->number && view_eq(a->text, b->text) &&
		       view_eq(a->property2, b->property2);
	}
	return false;
}

/* Does the suffix `wide` match each name that `narrow` does? */
static bool domain_covers(struct view wide, struct view narrow, bool exact)
{
	if (!view_ends_nocase(narrow, wide))
		return false;
	return !exact || narrow.n == wide.n || wide.p[0] == '.' ||
	       narrow.p[narrow.n - wide.n - 1] == '.';
}

static bool is_lower_bound(enum acl_compare c)
{
	return c == COMPARE_GT || c == COMPARE_GE || c == COMPARE_EQ;
}

static bool is_upper_bound(enum acl_compare c)
{
	return c == COMPARE_LT || c == COMPARE_LE || c == COMPARE_EQ;
}

/* x OP number: is each x of `narrow` one of `wide`? Scores are compared in tenths, so "> 5" and
 * ">= 6" differ. */
static bool compare_covers(const struct operand *wide, const struct operand *narrow)
{
	bool strict = narrow->compare == COMPARE_GT || narrow->compare == COMPARE_LT;

	if (wide->property2.n > 0 || narrow->property2.n > 0)
		return false;
	switch (wide->compare) {
	case COMPARE_GT:
		return is_lower_bound(narrow->compare) &&
		       (narrow->number > wide->number ||
		        (strict && narrow->number == wide->number));
	case COMPARE_GE: return is_lower_bound(narrow->compare) && narrow->number >= wide->number;
	case COMPARE_LT:
		return is_upper_bound(narrow->compare) &&
		       (narrow->number < wide->number ||
		        (strict && narrow->number == wide->number));
	case COMPARE_LE: return is_upper_bound(narrow->compare) && narrow->number <= wide->number;
	case COMPARE_EQ:
	case COMPARE_NE: return narrow->compare == wide->compare && narrow->number == wide->number;
	}
	return false;
}

static bool is_s25r(const struct acl_clause *c)
{
	return (c->kind->operands & OPERAND_EXCEPT) != 0;
}

/* s25r [N] [except LIST]: no number is any of the rules. */
static bool s25r_covers(const struct operand *wide, const struct operand *narrow)
{
	bool number = wide->kind == OPERAND_NUMBER || wide->has_number;
	bool numbers = narrow->kind == OPERAND_NUMBER || narrow->has_number;

	if (number && !(numbers && wide->number == narrow->number))
		return false;
	return wide->kind != OPERAND_EXCEPT ||
	       (narrow->kind == OPERAND_EXCEPT && narrow->object == wide->object);
}

/* Of one kind, and no list: does `wide` say yes whenever `narrow` does? */
static bool plain_covers(const struct lint *l, const struct acl_clause *wide,
                         const struct acl_clause *narrow)
{
	const struct operand *w = &wide->operand, *n = &narrow->operand;

	if (wide->kind != narrow->kind)
		return false;
	if (is_s25r(wide))
		return s25r_covers(w, n);
	if (lint_same_operand(w, n))
		return true;
	if (w->kind != n->kind)
		return false;
	if (w->kind == OPERAND_NET)
		return w->net.bits <= n->net.bits && net_has(&w->net, &n->net.base);
	if (w->kind == OPERAND_NAME && wide->kind->fact == FACT_CLIENT_NAME)
		return domain_covers(w->text, n->text, l->acl->globals.domainexact);
	return (w->kind == OPERAND_COMPARE || w->kind == OPERAND_DECIMAL) && compare_covers(w, n);
}

static bool out_of_steps(struct lint *l)
{
	l->steps++;
	return l->steps > STEPS_MAX;
}

static bool any_item_covers(struct lint *l, const struct acl_object *list,
                            const struct acl_clause *narrow)
{
	struct acl_item_walk w = acl_items(list);
	const struct acl_clause *c;

	if (narrow->operand.kind == OPERAND_NET &&
	    !netset_find(list->nets, &narrow->operand.net.base, NULL))
		return false; /* a long list need not be walked through */
	while ((c = acl_next_item(&w)) != NULL && !out_of_steps(l))
		if (plain_covers(l, c, narrow))
			return true;
	return false;
}

static bool covers_all_items(struct lint *l, const struct acl_clause *wide,
                             const struct acl_object *list)
{
	struct acl_item_walk w = acl_items(list);
	const struct acl_clause *c;
	bool some = false;

	for (; (c = acl_next_item(&w)) != NULL; some = true)
		if (out_of_steps(l) || !plain_covers(l, wide, c))
			return false;
	return some;
}

/* Without regard to `not`. */
static bool covers(struct lint *l, const struct acl_clause *wide, const struct acl_clause *narrow)
{
	if (out_of_steps(l))
		return false;
	if (lint_is_list(wide) && lint_is_list(narrow))
		return wide->operand.object == narrow->operand.object;
	if (lint_is_list(wide) && wide->operand.object->of == narrow->kind)
		return any_item_covers(l, wide->operand.object, narrow);
	if (lint_is_list(narrow) && narrow->operand.object->of == wide->kind)
		return covers_all_items(l, wide, narrow->operand.object);
	return plain_covers(l, wide, narrow);
}

/* Properties change between two rules, and asking a rate limit counts. */
static bool may_change(const struct acl_clause *c)
{
	enum fact fact = lint_kind(c)->fact;

	return fact == FACT_PROPERTIES || fact == FACT_RATELIMIT || c->operand.property.n > 0 ||
	       c->operand.property2.n > 0;
}

/* Must the clause hold where all of the rule's hold? */
static bool follows(struct lint *l, const struct acl_clause *c, const struct acl_rule *r)
{
	for (const struct acl_clause *own = r->clauses; own != NULL; own = own->next) {
		if (own->negate != c->negate)
			continue;
		if (c->negate ? covers(l, own, c) : covers(l, c, own))
			return true;
	}
	return false;
}

static bool shadows(struct lint *l, const struct acl_rule *before, const struct acl_rule *r)
{
	if (before->action == ACL_CONTINUE || lint_action_may_change(before))
		return false;
	for (const struct acl_clause *c = before->clauses; c != NULL; c = c->next) {
		if (!lint_always_true(c) && (may_change(c) || !follows(l, c, r)))
			return false;
	}
	return true;
}

static void warn_behind(struct lint *l, const struct acl_rule *end, const struct acl_rule *r)
{
	lint_warn_rule(l, r,
	               "this rule is never reached: the %s rule at line %u stands before it and "
	               "matches all; move it there or remove it",
	               end->is_default ? "default" : acl_action_name(end->action), end->line);
}

static void warn_shadowed(struct lint *l, const struct acl_rule *before, const struct acl_rule *r)
{
	if (before->action == r->action)
		lint_warn_rule(l, r,
		               "this rule is never reached: what it matches, the %s rule at line "
		               "%u matches already; remove it, or move it before that one if its "
		               "values should count",
		               acl_action_name(before->action), before->line);
	else
		lint_warn_rule(l, r,
		               "this rule is never reached: what it matches, the %s rule at line "
		               "%u matches before it; move it before that one or remove it",
		               acl_action_name(before->action), before->line);
}

/* False when too much was compared already. */
static bool check_shadowed(struct lint *l, const struct acl_rule *r)
{
	for (const struct acl_rule *b = l->acl->rules[r->stage]; b != r; b = b->next) {
		if (out_of_steps(l))
			return false;
		if (shadows(l, b, r)) {
			warn_shadowed(l, b, r);
			return true;
		}
	}
	return true;
}

static void check_stage(struct lint *l, enum acl_stage stage)
{
	const struct acl_rule *end = lint_end(l, stage);
	const struct acl_rule *r = l->acl->rules[stage];

	while (r != NULL && r != end && check_shadowed(l, r))
		r = r->next;
	if (r != end)
		lint_warn_rule(l, r,
		               "there are too many rules to compare each with all before it: from "
		               "here on none was looked at for being matched before");
	for (r = end != NULL ? end->next : NULL; r != NULL; r = r->next)
		warn_behind(l, end, r);
}

void lint_check_reached(struct lint *l)
{
	for (unsigned stage = 0; stage < ACL_STAGES; stage++)
		check_stage(l, (enum acl_stage)stage);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_values(const struct acl_effects *a, const struct acl_effects *b)
{
	return same_text(a->code, b->code) && same_text(a->ecode, b->ecode) &&
	       same_text(a->msg, b->msg) && same_text(a->report, b->report) &&
	       same_text(a->addheader, b->addheader) && same_text(a->addfooter, b->addfooter) &&
	       same_text(a->subjtag, b->subjtag) && a->addheader_index == b->addheader_index &&
	       a->delay == b->delay && a->autowhite == b->autowhite && a->maxpeek == b->maxpeek &&
	       a->tarpit_scope == b->tarpit_scope && a->flushaddr == b->flushaddr &&
	       a->nolog == b->nolog;
}

/* A rule with an id is meant to be told from others. */
static bool may_join(const struct acl_rule *r)
{
	return !r->legacy && !r->is_default && r->set.id == NULL;
}

/* The only clause of a that b has otherwise, where both could be items of one list; or NULL. */
static const struct acl_clause *only_difference(const struct acl_rule *a, const struct acl_rule *b)
{
	const struct acl_clause *differs = NULL, *x = a->clauses, *y = b->clauses;

	for (; x != NULL && y != NULL; x = x->next, y = y->next) {
		if (x->kind != y->kind || x->negate != y->negate)
			return NULL;
		if (lint_same_operand(&x->operand, &y->operand))
			continue;
		if (differs != NULL || x->negate || (x->kind->list & x->operand.kind) == 0 ||
		    (y->kind->list & y->operand.kind) == 0)
			return NULL;
		differs = x;
	}
	return x == NULL && y == NULL ? differs : NULL;
}

static const struct acl_clause *joins(const struct acl_rule *first, const struct acl_rule *r)
{
	if (!may_join(first) || !may_join(r) || first->action != r->action ||
	    first->peek != r->peek || !same_values(&first->set, &r->set))
		return NULL;
	return only_difference(first, r);
}

/* The rule behind the run that begins at `first`. */
static const struct acl_rule *check_run(struct lint *l, const struct acl_rule *first)
{
	const struct acl_rule *last = first, *r = first->next;
	const struct acl_clause *differs = NULL;
	unsigned n = 1;

	for (; r != NULL; r = r->next) {
		const struct acl_clause *c = joins(first, r);

		if (c == NULL || (differs != NULL && c != differs))
			break;
		differs = c;
		last = r;
		n++;
	}
	if (n >= RUN_MIN)
		lint_warn_rule(
			l, first,
			"the %u rules from here to line %u differ only in '%s': one rule with a "
			"list says the same and is found faster: list \"NAME\" %s { ... } before "
			"it, and 'list \"NAME\"' for the clause",
			n, last->line, differs->kind->name, differs->kind->name);
	return last->next;
}

void lint_check_runs(struct lint *l)
{
	for (size_t stage = 0; stage < ACL_STAGES; stage++)
		for (const struct acl_rule *r = l->acl->rules[stage]; r != NULL;)
			r = check_run(l, r);
}
