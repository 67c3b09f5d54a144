/* The message: header, body, msgsize, rcptcount, spamd, bogofilter. */
#include "acl/rule.h"
#include "util/posix_regex.h"
#include "util/regex.h"

#define PIECE_MAX ((size_t)8192) /* octets of a body that an expression is given at once */

static bool has_part(struct view text, struct view part)
{
	return part.n == 0 || (text.n > 0 && memmem(text.p, text.n, part.p, part.n) != NULL);
}

/* A property's value in /.../ is an expression; one that can't be compiled matches nothing. */
static enum acl_answer match_value(const struct acl_clause *c, struct acl_look *look,
                                   struct view value, struct view text)
{
	unsigned posix = POSIX_LINES | (c->operand.extended ? POSIX_EXTENDED : POSIX_BASIC);
	struct regex *re = NULL;
	enum acl_answer answer;

	look->saw = text;
	if (value.n < 3 || value.p[0] != '/' || value.p[value.n - 1] != '/')
		return has_part(text, value) ? ACL_YES : ACL_NO;
	value = (struct view){ value.p + 1, value.n - 2 };
	if (acl_regex_new(value, posix, &re, &(struct diag){ 0 }) != ST_OK)
		return ACL_NO;
	answer = acl_regex(look, re, text);
	regex_free(&re);
	return answer;
}

/* Any value of the property. */
static enum acl_answer match_values(const struct acl_clause *c, struct acl_look *look,
                                    struct view text)
{
	const struct facts *f = look->facts;
	const struct fact_value *v;
	enum acl_answer answer = acl_fact(look, FACT_PROPERTIES, &v);

	if (answer != ACL_YES)
		return answer;
	answer = ACL_NO;
	for (size_t i = 0; i < f->property_count && answer == ACL_NO; i++)
		if (view_eq_nocase(f->properties[i].name, c->operand.property))
			answer = match_value(c, look, f->properties[i].value, text);
	return answer;
}

/* Who waits may have given up. */
static bool too_late(const struct acl_look *look)
{
	const atomic_bool *flag = look->facts->give_up;

	return flag != NULL && atomic_load_explicit(flag, memory_order_relaxed);
}

static enum acl_answer match_part(const struct acl_clause *c, struct acl_look *look,
                                  struct view text)
{
	if (too_late(look))
		return ACL_FAILED;
	if (c->operand.kind == OPERAND_REGEX)
		return acl_regex(look, c->operand.regex, text);
	if (c->operand.kind == OPERAND_PROPERTY)
		return match_values(c, look, text);
	look->saw = text;
	return has_part(text, c->operand.text) ? ACL_YES : ACL_NO;
}

static enum acl_answer match_header(const struct acl_clause *c, struct acl_look *look)
{
	const struct fact_value *v;
	enum acl_answer answer = acl_fact(look, FACT_HEADERS, &v);

	if (answer != ACL_YES)
		return answer;
	answer = ACL_NO;
	for (size_t i = 0; i < look->facts->header_count && answer == ACL_NO; i++)
		answer = match_part(c, look, look->facts->headers[i]);
	return answer;
}

/* Up to the last line end of the first PIECE_MAX octets, or all of them where there is none. */
static size_t piece_of(struct view text)
{
	size_t end;

	if (text.n <= PIECE_MAX)
		return text.n;
	end = view_rfind(view_first(text, PIECE_MAX), '\n');
	return end != VIEW_NONE ? end + 1 : PIECE_MAX;
}

/* An expression matches within a line, so lines are looked at in pieces: what some cost grows with
 * the square of the length. No line of a mail is as long (RFC 5322 section 2.1.1). */
static enum acl_answer match_pieces(const struct acl_clause *c, struct acl_look *look,
                                    struct view text)
{
	enum acl_answer answer;

	do {
		size_t n = piece_of(text);

		answer = match_part(c, look, view_first(text, n));
		text = view_from(text, n);
	} while (answer == ACL_NO && text.n > 0);
	return answer;
}

static bool is_text(const struct acl_clause *c)
{
	return c->operand.kind == OPERAND_STRING;
}

static enum acl_answer match_body(const struct acl_clause *c, struct acl_look *look)
{
	const struct fact_value *v;
	enum acl_answer known = acl_fact(look, FACT_BODY, &v);

	if (known != ACL_YES)
		return known;
	return is_text(c) ? match_part(c, look, v->text) : match_pieces(c, look, v->text);
}

enum acl_answer acl_right_side(const struct acl_clause *c, struct acl_look *look, int64_t *out)
{
	const struct fact_value *v;
	const struct fact_pair *p;
	enum acl_answer known = ACL_YES;

	*out = c->operand.number;
	if (c->operand.property2.n == 0)
		return ACL_YES;
	known = acl_fact(look, FACT_PROPERTIES, &v);
	if (known != ACL_YES)
		return known;
	p = fact_property(look->facts, c->operand.property2);
	*out = p != NULL ? acl_number_of(p->value) : 0;
	return ACL_YES;
}

static enum acl_answer match_compare(const struct acl_clause *c, struct acl_look *look,
                                     enum fact fact, int64_t scale)
{
	const struct fact_value *v;
	int64_t right;
	enum acl_answer known = acl_fact(look, fact, &v);

	if (known != ACL_YES)
		return known;
	known = acl_right_side(c, look, &right);
	if (known != ACL_YES)
		return known;
	acl_saw_number(look, v->number);
	if (right > INT64_MAX / scale || right < INT64_MIN / scale)
		return ACL_NO;
	return acl_compare(v->number, c->operand.compare, right * scale) ? ACL_YES : ACL_NO;
}

static enum acl_answer match_number(const struct acl_clause *c, struct acl_look *look)
{
	return match_compare(c, look, c->kind->fact, 1);
}

/* The score is known in tenths, and compared with whole numbers. */
static enum acl_answer match_spamd(const struct acl_clause *c, struct acl_look *look)
{
	const struct fact_value *v;
	enum acl_answer known;

	if (c->operand.kind == OPERAND_COMPARE)
		return match_compare(c, look, FACT_SPAMD_SCORE, 10);
	known = acl_fact(look, FACT_SPAMD_VERDICT, &v);
	if (known != ACL_YES)
		return known;
	return v->number != 0 ? ACL_YES : ACL_NO;
}

static const char *const bogofilter_words[] = {
	[BOGO_SPAM] = "spam", [BOGO_HAM] = "ham", [BOGO_UNSURE] = "unsure", NULL
};

static enum acl_answer match_bogofilter(const struct acl_clause *c, struct acl_look *look)
{
	bool decimal = c->operand.kind == OPERAND_DECIMAL;
	const struct fact_value *v;
	enum acl_answer known = acl_fact(look, decimal ? FACT_BOGOSITY : FACT_BOGOSITY_VERDICT, &v);

	if (known != ACL_YES)
		return known;
	if (!decimal) {
		look->saw = view_of(bogofilter_words[v->number]);
		return v->number == (int64_t)c->operand.word ? ACL_YES : ACL_NO;
	}
	acl_saw_number(look, v->number);
	return acl_compare(v->number, c->operand.compare, c->operand.number) ? ACL_YES : ACL_NO;
}

#define PARTS (OPERAND_STRING | OPERAND_REGEX)

static const struct clause_kind kinds[] = {
	{ .name = "header",
	  .operands = PARTS | OPERAND_PROPERTY,
	  .list = PARTS,
	  .stages = AT_DATA,
	  .doors = DOOR_MILTERS,
	  .fact = FACT_HEADERS,
	  .reason = REASON_OTHER,
	  .match = match_header,
	  .synopsis = "header \"TEXT\"|/REGEX/|$PROPERTY",
	  .help = "a header, as \"Name: value\", has this in it" },
	{ .name = "body",
	  .operands = PARTS | OPERAND_PROPERTY,
	  .list = PARTS,
	  .stages = AT_DATA,
	  .doors = DOOR_MILTERS,
	  .fact = FACT_BODY,
	  .reason = REASON_OTHER,
	  .match = match_body,
	  .synopsis = "body \"TEXT\"|/REGEX/|$PROPERTY",
	  .help = "the body has this in it, undecoded" },
	{ .name = "msgsize",
	  .operands = OPERAND_COMPARE,
	  .stages = AT_DATA,
	  .doors = DOOR_ALL,
	  .fact = FACT_SIZE,
	  .reason = REASON_OTHER,
	  .match = match_number,
	  .synopsis = "msgsize OP N|$PROPERTY",
	  .help = "the size of the message in octets" },
	{ .name = "rcptcount",
	  .operands = OPERAND_COMPARE,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_RCPT_COUNT,
	  .reason = REASON_OTHER,
	  .match = match_number,
	  .synopsis = "rcptcount OP N|$PROPERTY",
	  .help = "accepted recipients; at RCPT those before this one" },
	{ .name = "spamd",
	  .operands = OPERAND_NONE | OPERAND_COMPARE,
	  .stages = AT_DATA,
	  .doors = DOOR_MILTERS,
	  .fact = FACT_SPAMD_SCORE,
	  .reason = REASON_OTHER,
	  .match = match_spamd,
	  .synopsis = "spamd [OP N|$PROPERTY]",
	  .help = "SpamAssassin's score, or its verdict" },
	{ .name = "bogofilter",
	  .operands = OPERAND_DECIMAL | OPERAND_WORD,
	  .words = bogofilter_words,
	  .stages = AT_DATA,
	  .doors = DOOR_MILTERS,
	  .fact = FACT_BOGOSITY,
	  .reason = REASON_OTHER,
	  .match = match_bogofilter,
	  .synopsis = "bogofilter OP N|spam|ham|unsure",
	  .help = "Bogofilter's score, from 0 to 1, or its verdict" },
};

const struct clause_family clauses_content = { kinds, sizeof(kinds) / sizeof(kinds[0]) };
