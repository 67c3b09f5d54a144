/* Properties: values of the session that lookups and `set` leave. $p, *$p, set, rset. */
#include "acl/format.h"
#include "acl/rule.h"

#define TEXT_MAX ((size_t)4096)

/* "[a-z]" at p: its length, 0 when it has no end; *yes: the octet is in it. */
static size_t bracket(struct view pattern, size_t p, char c, bool *yes)
{
	size_t i = p + 1;
	bool negate = i < pattern.n && (pattern.p[i] == '!' || pattern.p[i] == '^');
	bool in = false;

	i += negate ? 1 : 0;
	for (size_t first = i; i < pattern.n && (i == first || pattern.p[i] != ']'); i++) {
		char from = ascii_lower(pattern.p[i]), to = from;

		if (i + 2 < pattern.n && pattern.p[i + 1] == '-' && pattern.p[i + 2] != ']') {
			to = ascii_lower(pattern.p[i + 2]);
			i += 2;
		}
		in = in || (ascii_lower(c) >= from && ascii_lower(c) <= to);
	}
	*yes = in != negate;
	return i < pattern.n ? i + 1 - p : 0;
}

/* The length of the pattern's element at p, if the octet is one of it; else 0. */
static size_t element(struct view pattern, size_t p, char c)
{
	char e = pattern.p[p];
	bool yes = false;
	size_t n = e == '[' ? bracket(pattern, p, c, &yes) : 0;

	if (n > 0)
		return yes ? n : 0;
	if (e == '\\' && p + 1 < pattern.n)
		return ascii_lower(pattern.p[p + 1]) == ascii_lower(c) ? 2 : 0;
	return e == '?' || ascii_lower(e) == ascii_lower(c) ? 1 : 0;
}

/* A shell's pattern, without case; goes back to the last star only, so the work is bounded by the
 * product of the lengths. */
static bool wildcard(struct view pattern, struct view text)
{
	size_t p = 0, t = 0, star = VIEW_NONE, from = 0;

	while (t < text.n) {
		bool is_star = p < pattern.n && pattern.p[p] == '*';
		size_t n = p < pattern.n && !is_star ? element(pattern, p, text.p[t]) : 0;

		if (is_star) {
			star = ++p;
			from = t;
		} else if (n > 0) {
			p += n;
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
		if (answer == ACL_YES)
			look->property = f->properties[i];
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
		number = right != NULL ? acl_number_of(right->value) : 0;
	} else if (left == NULL) {
		return ACL_NO;
	}
	return acl_compare(left != NULL ? acl_number_of(left->value) : 0, c->operand.compare,
	                   number)
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
	  .acts = true,
	  .synopsis = "set $PROPERTY =|+=|-= VALUE",
	  .help = "always true; sets a property" },
	{ .name = "rset",
	  .operands = OPERAND_ASSIGN,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACTS,
	  .reason = REASON_NONE,
	  .match = always,
	  .acts = true,
	  .synopsis = "rset $PROPERTY =|+=|-= VALUE",
	  .help = "the same, but forgotten before the next recipient" },
};

const struct clause_family clauses_property = { kinds, sizeof(kinds) / sizeof(kinds[0]) };
