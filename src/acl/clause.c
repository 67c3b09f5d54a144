#include "acl/clause.h"

#include <stdio.h>

#include "acl/rule.h"
#include "util/regex.h"

static const struct clause_family *const families[] = {
	&clauses_net,   &clauses_text,    &clauses_time,  &clauses_dns,
	&clauses_state, &clauses_content, &clauses_named, &clauses_property,
};

#define FAMILIES (sizeof(families) / sizeof(families[0]))

const struct clause_kind *clause_at(size_t i)
{
	for (size_t f = 0; f < FAMILIES; f++) {
		if (i < families[f]->count)
			return &families[f]->kinds[i];
		i -= families[f]->count;
	}
	return NULL;
}

const struct clause_kind *clause_find(struct view name)
{
	const struct clause_kind *k;

	for (size_t i = 0; (k = clause_at(i)) != NULL; i++)
		if (view_eq_nocase(view_of(k->name), name))
			return k;
	return NULL;
}

enum acl_answer acl_negate(enum acl_answer answer, bool negate)
{
	if (!negate || (answer != ACL_YES && answer != ACL_NO))
		return answer;
	return answer == ACL_YES ? ACL_NO : ACL_YES;
}

static const struct clause_kind *kind_of(const struct acl_clause *c)
{
	const struct acl_object *o = c->operand.object;

	return c->operand.kind == OPERAND_OBJECT && o->kind == OBJECT_LIST ? o->of : c->kind;
}

static bool names_condition(const struct acl_clause *c)
{
	return c->operand.kind == OPERAND_OBJECT && c->operand.object->kind == OBJECT_CONDITION;
}

static uint64_t facts_of_kind(const struct clause_kind *kind)
{
	return kind->fact < FACTS ? FACT_BIT(kind->fact) : 0;
}

uint64_t acl_clause_facts(const struct acl_clause *c)
{
	const struct clause_kind *kind = kind_of(c);

	if (names_condition(c))
		return c->operand.object->facts;
	/* `spf self` is a second look-up. */
	if (kind->fact == FACT_SPF && c->operand.kind == OPERAND_WORD &&
	    view_eq(c->operand.text, VIEW("self")))
		return FACT_BIT(FACT_SPF_SELF);
	if (kind->fact == FACT_RATELIMIT && c->operand.object->count_by == COUNT_DATA)
		return FACT_BIT(FACT_RATELIMIT) | FACT_BIT(FACT_SIZE);
	if (c->operand.kind == OPERAND_EXCEPT)
		return facts_of_kind(kind) | facts_of_kind(c->operand.object->of);
	return facts_of_kind(kind);
}

unsigned acl_clause_stages(const struct acl_clause *c)
{
	if (names_condition(c))
		return c->operand.object->stages;
	/* milter-greylist knows the number to compare with a property only at the end of the
	 * message. */
	if (c->kind->fact == FACT_RCPT_COUNT && c->operand.property2.n > 0)
		return AT_DATA;
	return kind_of(c)->stages;
}

static enum acl_answer answer_of(const struct fact_value *v)
{
	switch (v->state) {
	case FACT_PENDING: return ACL_PENDING;
	case FACT_KNOWN: return ACL_YES;
	case FACT_ABSENT: return ACL_NO;
	case FACT_FAILED: return ACL_FAILED;
	case FACT_NEVER: return ACL_NEVER;
	}
	return ACL_NEVER;
}

static bool is_never(const struct acl_look *look, enum fact fact)
{
	return ((look->acl->never | look->facts->never) & FACT_BIT(fact)) != 0;
}

enum acl_answer acl_fact(struct acl_look *look, enum fact fact, const struct fact_value **out)
{
	*out = &look->facts->of[fact];
	look->need = fact;
	look->need_object = NULL;
	return is_never(look, fact) ? ACL_NEVER : answer_of(*out);
}

enum acl_answer acl_object_fact(struct acl_look *look, enum fact fact,
                                const struct acl_object *object, const struct fact_value **out)
{
	*out = fact_answer_of(look->facts, fact, object);
	look->need = fact;
	look->need_object = object;
	if (is_never(look, fact))
		return ACL_NEVER;
	return *out != NULL ? answer_of(*out) : ACL_PENDING;
}

void acl_keep_groups(struct acl_look *look, const struct view *groups, size_t count)
{
	size_t old = look->group_count;

	if (count > ACL_GROUPS_MAX)
		count = ACL_GROUPS_MAX;
	if (old > ACL_GROUPS_MAX - count)
		old = ACL_GROUPS_MAX - count;
	memmove(look->groups + count, look->groups, old * sizeof(groups[0]));
	memcpy(look->groups, groups, count * sizeof(groups[0]));
	look->group_count = (unsigned)(old + count);
}

enum acl_answer acl_regex(struct acl_look *look, const struct regex *re, struct view subject)
{
	struct view groups[ACL_GROUPS_MAX + 1];
	size_t count = regex_groups(re);
	enum status st;

	if (count > ACL_GROUPS_MAX)
		count = ACL_GROUPS_MAX;
	look->saw = subject;
	if (count == 0)
		st = regex_match(re, subject, NULL, 0);
	else
		st = regex_match(re, subject, groups, count + 1);
	if (st == ST_OK && count > 0)
		acl_keep_groups(look, groups + 1, count);
	if (st == ST_OK || st == ST_NOTFOUND)
		return st == ST_OK ? ACL_YES : ACL_NO;
	return ACL_FAILED;
}

bool acl_compare(int64_t left, enum acl_compare op, int64_t right)
{
	switch (op) {
	case COMPARE_EQ: return left == right;
	case COMPARE_NE: return left != right;
	case COMPARE_GT: return left > right;
	case COMPARE_LT: return left < right;
	case COMPARE_GE: return left >= right;
	case COMPARE_LE: return left <= right;
	}
	return false;
}

int64_t acl_number_of(struct view value)
{
	size_t n = value.n > 0 && value.p[0] == '-' ? 1 : 0;
	int64_t x = 0;

	while (n < value.n && ascii_digit(value.p[n]))
		n++;
	return view_i64(view_first(value, n), &x) == ST_OK ? x : 0;
}

void acl_saw_number(struct acl_look *look, int64_t number)
{
	int n;

	if (!look->told)
		return;
	n = snprintf(look->saw_text, sizeof(look->saw_text), "%lld", (long long)number);
	look->saw = (struct view){ look->saw_text, n > 0 ? (size_t)n : 0 };
}
