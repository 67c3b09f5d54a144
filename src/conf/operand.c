/* Clauses and their operands. */
#include <stdio.h>

#include "conf/statements.h"
#include "util/posix_regex.h"

const char *const compare_marks[] = { "==", "!=", ">", "<", ">=", "<=", NULL };

static enum status read_regex(struct parser *p, const struct token *t, struct operand *out)
{
	enum status st;

	out->kind = OPERAND_REGEX;
	out->text = arena_view(p->arena, t->text);
	out->extended = p->extended;
	st = acl_add_regex(p->acl, out->text,
	                   POSIX_LINES | (p->extended ? POSIX_EXTENDED : POSIX_BASIC), &out->regex,
	                   p->why);
	if (st == ST_OK)
		return st;
	p->why->line = t->line;
	p->why->column += t->column; /* behind the slash */
	return st;
}

static const char *object_word(enum acl_object_kind kind)
{
	static const char *const words[] = { "list",      "dnsrbl",    "dnswl",     "sm_macro",
		                             "ratelimit", "urlcheck",  "ldapcheck", "tsig",
		                             "nsupdate",  "condition", "milter" };

	return words[kind];
}

/* Is it a DNS list of the other kind? Then its author took one word for the other. */
static bool other_dns_list(const struct parser *p, enum acl_object_kind kind, struct view name,
                           enum acl_object_kind *other)
{
	if (kind != OBJECT_DNSRBL && kind != OBJECT_DNSWL)
		return false;
	*other = kind == OBJECT_DNSRBL ? OBJECT_DNSWL : OBJECT_DNSRBL;
	return acl_find_object(p->acl, *other, name) != NULL;
}

static enum status find_object(struct parser *p, const struct token *t, enum acl_object_kind kind,
                               struct operand *out)
{
	struct guess g = guess_of(t->text);
	enum acl_object_kind other;

	out->object = acl_find_object(p->acl, kind, t->text);
	if (out->object != NULL)
		return ST_OK;
	if (other_dns_list(p, kind, t->text, &other))
		return parser_refuse(p, t, "\"%.*s\" is no %s, but defined as a %s",
		                     VIEW_ARG(t->text), object_word(kind), object_word(other));
	for (const struct acl_object *o = p->acl->objects; o != NULL; o = o->next)
		if (o->kind == kind)
			guess_try(&g, o->name);
	if (g.best != NULL)
		return parser_refuse(p, t, "there is no %s \"%.*s\" above; did you mean \"%s\"?",
		                     object_word(kind), VIEW_ARG(t->text), g.best);
	return parser_refuse(p, t, "there is no %s \"%.*s\" above this line", object_word(kind),
	                     VIEW_ARG(t->text));
}

static enum status read_net(struct parser *p, struct operand *out)
{
	struct token slash;
	struct ip ip;
	int64_t bits;
	enum status st = parser_address(p, &ip);

	out->kind = OPERAND_NET;
	if (st != ST_OK)
		return st;
	bits = ip_width(&ip);
	if (lex_peek(&p->lex, LEX_WORD, &slash, &(struct diag){ 0 }) == ST_OK &&
	    token_is(&slash, "/"))
		st = parser_bits(p, bits, &bits);
	out->number = bits;
	out->net = ip_mask(&ip, (unsigned)bits);
	return st;
}

/* A whole number, perhaps negative, or $property. */
static enum status read_value(struct parser *p, struct operand *out)
{
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	if (st != ST_OK)
		return st;
	if (t.kind == TOKEN_PROPERTY) {
		out->property2 = arena_view(p->arena, t.text);
		lex_take(&p->lex, &t);
		return ST_OK;
	}
	out->has_number = true;
	if (t.kind == TOKEN_WORD && t.text.p[0] == '-' &&
	    view_u64(view_from(t.text, 1), INT32_MAX, &(uint64_t){ 0 }) == ST_OK) {
		lex_take(&p->lex, &t);
		return view_i64(t.text, &out->number);
	}
	if (token_is(&t, "=") || token_is(&t, ">") || token_is(&t, "<"))
		return parser_refuse(p, &t, "there is no such operator: it is == != > < >= or <=");
	return parser_number(p, "a number or a $property", INT64_MAX / 1024, &out->number);
}

/* "0.99": in millionths. */
static enum status read_decimal(struct parser *p, struct operand *out)
{
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);
	size_t point = st == ST_OK ? view_find(t.text, '.') : VIEW_NONE;
	struct view behind = point != VIEW_NONE ? view_from(t.text, point + 1) : VIEW("0");
	uint64_t whole, part;

	if (st != ST_OK)
		return st;
	if (t.kind != TOKEN_WORD || behind.n > 6 ||
	    view_u64(view_first(t.text, point), INT32_MAX, &whole) != ST_OK ||
	    view_u64(behind, 999999, &part) != ST_OK)
		return parser_expected(
			p, &t, "a number as 0.99, with at most six digits behind the point");
	for (size_t i = behind.n; i < 6; i++)
		part *= 10;
	out->number = (int64_t)(whole * 1000000 + part);
	lex_take(&p->lex, &t);
	return ST_OK;
}

static bool read_compare(struct parser *p, enum acl_compare *out)
{
	for (unsigned i = 0; compare_marks[i] != NULL; i++) {
		if (parser_accept(p, compare_marks[i])) {
			*out = (enum acl_compare)i;
			return true;
		}
	}
	return false;
}

static enum status read_assign(struct parser *p, struct operand *out)
{
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	if (st != ST_OK)
		return st;
	if (t.kind != TOKEN_PROPERTY)
		return parser_expected(p, &t, "a $property");
	out->kind = OPERAND_ASSIGN;
	out->property = arena_view(p->arena, t.text);
	lex_take(&p->lex, &t);
	st = parser_peek(p, LEX_WORD, &t);
	if (st != ST_OK)
		return st;
	if (!token_is(&t, "=") && !token_is(&t, "+=") && !token_is(&t, "-="))
		return parser_expected(p, &t, "'=', '+=' or '-='");
	out->assign = t.text.p[0];
	lex_take(&p->lex, &t);
	st = parser_peek(p, LEX_WORD, &t);
	if (st != ST_OK || t.kind != TOKEN_STRING)
		return st != ST_OK ? st : read_value(p, out);
	out->text = arena_view(p->arena, t.text);
	lex_take(&p->lex, &t);
	return ST_OK;
}

static enum status read_except(struct parser *p, struct operand *out)
{
	struct token t;
	enum status st = parser_expect(p, "list");

	if (st == ST_OK)
		st = parser_peek(p, LEX_WORD, &t);
	if (st != ST_OK)
		return st;
	if (t.kind != TOKEN_STRING)
		return parser_expected(p, &t, "the name of a list");
	out->kind = OPERAND_EXCEPT;
	st = find_object(p, &t, OBJECT_LIST, out);
	lex_take(&p->lex, &t);
	return st;
}

/* What may stand there, in words. */
static const char *expected_text(const struct clause_kind *kind, unsigned mask, char *out,
                                 size_t size)
{
	static const struct {
		unsigned bit;
		const char *text;
	} texts[] = {
		{ OPERAND_NET, "an IP address" },
		{ OPERAND_NAME, "a domain" },
		{ OPERAND_MAIL, "an address name@domain" },
		{ OPERAND_STRING, "a \"string\"" },
		{ OPERAND_OBJECT, "a \"name\"" },
		{ OPERAND_VERDICT, "a \"name\" and a verdict" },
		{ OPERAND_REGEX, "a /regular expression/" },
		{ OPERAND_PROPERTY, "a $property" },
		{ OPERAND_BITS, "/ and a number of bits" },
		{ OPERAND_COMPARE, "one of == != > < >= <=" },
		{ OPERAND_DECIMAL, "one of == != > < >= <=" },
		{ OPERAND_TIME, "a duration (30s, 5m, 2h)" },
		{ OPERAND_NUMBER, "a number" },
		{ OPERAND_FILE, "file \"PATH\"" },
	};
	const char *sep = "";
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if ((mask & texts[i].bit) == 0)
			continue;
		n += (size_t)snprintf(out + n, size - n, "%s%s", sep, texts[i].text);
		sep = " or ";
	}
	for (size_t i = 0; (mask & OPERAND_WORD) != 0 && kind->words[i] != NULL; i++) {
		n += (size_t)snprintf(out + n, size - n, "%s%s", sep, kind->words[i]);
		sep = kind->words[i + 1] != NULL ? ", " : "";
	}
	return out;
}

static bool find_word(const struct clause_kind *kind, const struct token *t, struct operand *out)
{
	for (unsigned i = 0; kind->words[i] != NULL; i++) {
		if (token_is(t, kind->words[i])) {
			out->kind = OPERAND_WORD;
			out->word = i;
			out->text = view_of(kind->words[i]);
			return true;
		}
	}
	return false;
}

/* A word: what it is depends on the clause. ST_NOTFOUND: nothing of this. */
static enum status read_word(struct parser *p, const struct clause_kind *kind, unsigned mask,
                             const struct token *t, struct operand *out)
{
	enum status st = ST_OK;

	if ((mask & OPERAND_WORD) != 0 && find_word(kind, t, out)) {
		lex_take(&p->lex, t);
	} else if ((mask & OPERAND_FILE) != 0 && token_is(t, "file")) {
		const char *path = NULL;

		lex_take(&p->lex, t);
		out->kind = OPERAND_FILE;
		st = parser_string(p, "a file's name", &path);
		out->text = view_of(path);
		if (st == ST_OK)
			out->optional = parser_accept(p, "optional");
	} else if ((mask & OPERAND_EXCEPT) != 0 && token_is(t, "except")) {
		lex_take(&p->lex, t);
		st = read_except(p, out);
	} else if ((mask & OPERAND_NUMBER) != 0 && parser_at_number(p)) {
		out->kind = OPERAND_NUMBER;
		out->has_number = true;
		st = parser_number(p, "a number", INT32_MAX, &out->number);
		if (st == ST_OK && (mask & OPERAND_EXCEPT) != 0 && parser_accept(p, "except"))
			st = read_except(p, out);
	} else if ((mask & OPERAND_TIME) != 0 && parser_at_number(p)) {
		out->kind = OPERAND_TIME;
		st = parser_duration(p, "a duration", &out->number);
	} else if ((mask & OPERAND_NAME) != 0) {
		out->kind = OPERAND_NAME;
		out->text = arena_view(p->arena, t->text);
		lex_take(&p->lex, t);
	} else {
		st = ST_NOTFOUND;
	}
	return st;
}

static enum status read_mark(struct parser *p, unsigned mask, struct operand *out)
{
	struct token t;

	if ((mask & OPERAND_COMPARE) != 0 && read_compare(p, &out->compare)) {
		out->kind = OPERAND_COMPARE;
		return read_value(p, out);
	}
	if ((mask & OPERAND_DECIMAL) != 0 && read_compare(p, &out->compare)) {
		out->kind = OPERAND_DECIMAL;
		return read_decimal(p, out);
	}
	if ((mask & OPERAND_BITS) != 0 &&
	    lex_peek(&p->lex, LEX_WORD, &t, &(struct diag){ 0 }) == ST_OK && token_is(&t, "/")) {
		out->kind = OPERAND_BITS;
		return parser_bits(p, 128, &out->number);
	}
	return ST_NOTFOUND;
}

static enum status read_verdict(struct parser *p, const struct clause_kind *kind,
                                const struct token *t, struct operand *out)
{
	enum status st = find_object(p, t, kind->object, out);

	out->kind = OPERAND_VERDICT;
	lex_take(&p->lex, t);
	return st == ST_OK ? statement_choice(p, kind->words, &out->word) : st;
}

static enum status read_string(struct parser *p, const struct clause_kind *kind, unsigned mask,
                               const struct token *t, struct operand *out)
{
	enum status st = ST_OK;

	if ((mask & OPERAND_VERDICT) != 0)
		return read_verdict(p, kind, t, out);
	if ((mask & OPERAND_OBJECT) != 0) {
		out->kind = OPERAND_OBJECT;
		st = find_object(p, t, kind->object, out);
	} else {
		out->kind = OPERAND_STRING;
		out->text = arena_view(p->arena, t->text);
	}
	lex_take(&p->lex, t);
	return st;
}

static enum status read_by_token(struct parser *p, const struct clause_kind *kind, unsigned mask,
                                 const struct token *t, struct operand *out)
{
	switch (t->kind) {
	case TOKEN_STRING:
		if ((mask & (OPERAND_STRING | OPERAND_OBJECT | OPERAND_VERDICT)) == 0)
			return ST_NOTFOUND;
		return read_string(p, kind, mask, t, out);
	case TOKEN_REGEX: lex_take(&p->lex, t); return read_regex(p, t, out);
	case TOKEN_MAIL:
		lex_take(&p->lex, t);
		out->kind = OPERAND_MAIL;
		out->text = arena_view(p->arena, t->text);
		return ST_OK;
	case TOKEN_PROPERTY:
		if ((mask & OPERAND_PROPERTY) == 0)
			return ST_NOTFOUND;
		lex_take(&p->lex, t);
		out->kind = OPERAND_PROPERTY;
		out->extended = p->extended; /* for a value that is an expression */
		out->property = arena_view(p->arena, t->text);
		return ST_OK;
	case TOKEN_WORD: return read_word(p, kind, mask, t, out);
	case TOKEN_MARK: return read_mark(p, mask, out);
	case TOKEN_ADDRESS:
	case TOKEN_END:
	case TOKEN_NEWLINE: break;
	}
	return ST_NOTFOUND;
}

static enum lex_want want_of(unsigned mask)
{
	if ((mask & OPERAND_MAIL) != 0)
		return LEX_MAIL;
	return (mask & (OPERAND_REGEX | OPERAND_NAME)) != 0 ? LEX_PATTERN : LEX_WORD;
}

enum status parser_operand(struct parser *p, const struct clause_kind *kind, unsigned mask,
                           struct operand *out)
{
	char text[300];
	struct token t;
	enum status st;

	if ((mask & OPERAND_NET) != 0)
		return read_net(p, out);
	if ((mask & OPERAND_ASSIGN) != 0)
		return read_assign(p, out);
	out->kind = OPERAND_NONE;
	st = parser_peek(p, want_of(mask), &t);
	if (st == ST_OK)
		st = read_by_token(p, kind, mask, &t, out);
	if (st != ST_NOTFOUND)
		return st;
	if (token_is(&t, "=") && (mask & (OPERAND_COMPARE | OPERAND_DECIMAL)) != 0)
		return parser_expected(p, &t, "one of == != > < >= <=");
	if ((mask & OPERAND_NONE) != 0)
		return ST_OK;
	if (token_is(&t, "{"))
		return parser_refuse(p, &t,
		                     "a list stands in a statement of its own, list \"NAME\" %s "
		                     "{ ... }; here list \"NAME\" names it",
		                     kind->name);
	if (token_is(&t, "<") && (mask & OPERAND_MAIL) != 0)
		return parser_refuse(p, &t,
		                     "an address is written without < and >; the null sender is "
		                     "/^<>$/");
	return parser_expected(p, &t, expected_text(kind, mask, text, sizeof(text)));
}

enum status parser_build(struct parser *p, const struct clause_kind *kind, unsigned mask,
                         struct acl_clause **out)
{
	struct acl_clause *c = arena_one(p->arena, struct acl_clause);
	struct token t = parser_here(p);
	enum status st;

	p->line = t.line;
	p->column = t.column;
	c->kind = kind;
	*out = c;
	st = kind->lead != NULL ? parser_expect(p, kind->lead) : ST_OK;
	if (st == ST_OK)
		st = parser_operand(p, kind, mask, &c->operand);
	if (st == ST_OK && kind->build != NULL)
		st = parser_place(p, &t, kind->build(p->acl, c, p->why));
	return st;
}

/* $p ... and *$p ...: the property is a part of the clause. */
static enum status property_clause(struct parser *p, const struct token *name, bool wildcard,
                                   struct acl_clause **out)
{
	const struct clause_kind *kind = clause_find(wildcard ? VIEW("*$") : VIEW("$"));
	enum status st;

	lex_take(&p->lex, name);
	st = parser_build(p, kind, kind->operands, out);
	(*out)->operand.property = arena_view(p->arena, name->text);
	return st;
}

static enum status wildcard_clause(struct parser *p, struct acl_clause **out)
{
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	if (st != ST_OK)
		return st;
	if (t.kind != TOKEN_PROPERTY)
		return parser_expected(p, &t, "a $property");
	return property_clause(p, &t, true, out);
}

static enum status unknown_clause(struct parser *p, const struct token *t)
{
	struct guess g = guess_of(t->text);
	const struct clause_kind *k;

	for (size_t i = 0; (k = clause_at(i)) != NULL; i++)
		if (ascii_alpha(k->name[0]))
			guess_try(&g, k->name);
	for (size_t i = 0; rule_value_at(i) != NULL; i++)
		guess_try(&g, rule_value_at(i)->name);
	if (token_is(t, "default"))
		return parser_refuse(p, t, "default stands alone, in place of clauses");
	guess_try(&g, "default");
	if (t->kind == TOKEN_WORD && g.best != NULL)
		return parser_refuse(p, t, "no clause is called '%.*s'; did you mean '%s'?",
		                     VIEW_ARG(t->text), g.best);
	return parser_expected(p, t, "a clause");
}

enum status parser_clause(struct parser *p, struct acl_clause **out)
{
	const struct clause_kind *kind;
	bool negate = false;
	struct token t;
	enum status st;

	while (parser_accept(p, "not") || parser_accept(p, "no") || parser_accept(p, "!"))
		negate = !negate;
	st = parser_peek(p, LEX_WORD, &t);
	if (st != ST_OK)
		return st;
	kind = t.kind == TOKEN_WORD ? clause_find(t.text) : NULL;
	if (t.kind == TOKEN_PROPERTY) {
		st = property_clause(p, &t, false, out);
	} else if (parser_accept(p, "*")) {
		st = wildcard_clause(p, out);
	} else if (kind != NULL) {
		lex_take(&p->lex, &t);
		st = parser_build(p, kind, kind->operands, out);
	} else {
		return unknown_clause(p, &t);
	}
	if (st != ST_OK)
		return st;
	p->line = t.line;
	p->column = t.column;
	(*out)->negate = negate;
	return ST_OK;
}
