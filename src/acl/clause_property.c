/* Properties: values of the session that lookups and `set` leave. $p, *$p, set, rset. */
#include "acl/format.h"
#include "acl/rule.h"

#define TEXT_MAX ((size_t)4096)

static int64_t as_number(struct view text)
{
	size_t n = text.n > 0 && text.p[0] == '-' ? 1 : 0;
	int64_t x = 0;

	while (n < text.n && ascii_digit(text.p[n]))
		n++;
	return view_i64(view_first(text, n), &x) == ST_OK ? x : 0;
}

/* Shell's '*' and '?', without case; goes back to the last star only, so the work is bounded by the
 * product of the lengths. */
static bool wildcard(struct view pattern, struct view text)
{
	size_t p = 0, t = 0, star = VIEW_NONE, from = 0;

	while (t < text.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = ++p;
			from = t;
		} else if (p < pattern.n && (pattern.p[p] == '?' ||
		                             ascii_lower(pattern.p[p]) == ascii_lower(text.p[t]))) {
			p++;
			t++;
		} else if (star != VIEW_NONE) {
			p = star;
			t = ++from;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

static enum acl_answer match_value(const struct acl_clause *c, struct acl_look *look,
                                   struct view value, bool value_is_pattern)
{
	struct buf text = buf_of(TEXT_MAX);
	bool yes = false;

	if (c->operand.kind == OPERAND_REGEX)
		return acl_regex(look, c->operand.regex, value);
	if (format_expand(c->operand.text, &(struct format_context){ .facts = look->facts },
	                  &text) == ST_OK)
		yes = value_is_pattern ? wildcard(value, buf_view(&text))
		                       : view_eq_nocase(value, buf_view(&text));
	buf_free(&text);
	return yes ? ACL_YES : ACL_NO;
}

static enum acl_answer match_any_value(const struct acl_clause *c, struct acl_look *look,
                                       bool value_is_pattern)
{
	const struct facts *f = look->facts;
	enum acl_answer answer = ACL_NO;

	for (size_t i = 0; i < f->property_count && answer == ACL_NO; i++) {
		if (!view_eq_nocase(f->properties[i].name, c->operand.property))
			continue;
		look->saw = f->properties[i].value;
		answer = match_value(c, look, f->properties[i].value, value_is_pattern);
	}
	return answer;
}

static enum acl_answer match_compare(const struct acl_clause *c, const struct facts *f)
{
	const struct fact_pair *left = fact_property(f, c->operand.property);
	const struct fact_pair *right = NULL;
	int64_t number = c->operand.number;

	if (c->operand.property2.n > 0) {
		right = fact_property(f, c->operand.property2);
		number = right != NULL ? as_number(right->value) : 0;
	} else if (left == NULL) {
		return ACL_NO;
	}
	return acl_compare(left != NULL ? as_number(left->value) : 0, c->operand.compare, number)
	               ? ACL_YES
	               : ACL_NO;
}

static enum acl_answer match_property(const struct acl_clause *c, struct acl_look *look)
{
	const struct fact_value *v;
	enum acl_answer known = acl_fact(look, FACT_PROPERTIES, &v);

	if (known != ACL_YES)
		return known;
	if (c->operand.kind == OPERAND_COMPARE)
		return match_compare(c, look->facts);
	return match_any_value(c, look, false);
}

static enum acl_answer match_wildcard(const struct acl_clause *c, struct acl_look *look)
{
	const struct fact_value *v;
	enum acl_answer known = acl_fact(look, FACT_PROPERTIES, &v);

	return known == ACL_YES ? match_any_value(c, look, true) : known;
}

static enum acl_answer always(const struct acl_clause *c, struct acl_look *look)
{
	(void)c;
	(void)look;
	return ACL_YES;
}

static const struct clause_kind kinds[] = {
	{ .name = "$",
	  .operands = OPERAND_STRING | OPERAND_REGEX | OPERAND_COMPARE,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_PROPERTIES,
	  .reason = REASON_OTHER,
	  .match = match_property,
	  .synopsis = "$PROPERTY \"TEXT\"|/REGEX/|OP N|OP $PROPERTY",
	  .help = "a value of the property is this one" },
	{ .name = "*$",
	  .operands = OPERAND_STRING,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_PROPERTIES,
	  .reason = REASON_OTHER,
	  .match = match_wildcard,
	  .synopsis = "*$PROPERTY \"TEXT\"",
	  .help = "the property's value, as a shell pattern, matches the text" },
	{ .name = "set",
	  .operands = OPERAND_ASSIGN,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACTS,
	  .reason = REASON_NONE,
	  .match = always,
	  .unbuilt = "no property is set",
	  .synopsis = "set $PROPERTY =|+=|-= VALUE",
	  .help = "always true; sets a property" },
	{ .name = "rset",
	  .operands = OPERAND_ASSIGN,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACTS,
	  .reason = REASON_NONE,
	  .match = always,
	  .unbuilt = "no property is set",
	  .synopsis = "rset $PROPERTY =|+=|-= VALUE",
	  .help = "the same, but forgotten before the next recipient" },
};

const struct clause_family clauses_property = { kinds, sizeof(kinds) / sizeof(kinds[0]) };
