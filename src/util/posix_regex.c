#include "util/posix_regex.h"

#include <stdio.h>

#define GROUPS_MAX 1024
#define REPEAT_MAX 32767 /* RE_DUP_MAX */
#define STACK_MAX  16    /* repetitions of a repetition */

struct group {
	size_t out_at; /* of its "(" in the output */
	unsigned number;
};

struct converter {
	struct view in;
	size_t at;
	unsigned flags;
	struct buf *out;
	struct diag *why;
	enum status st;

	bool has_atom; /* something that may be repeated ends here; it begins at out + atom */
	bool repeated; /* and is a repetition already */
	size_t atom;
	unsigned stacked;
	bool caret_ok; /* basic syntax: "^" is an anchor here */

	struct group open[GROUPS_MAX];
	size_t depth;
	unsigned groups;
	uint64_t closed; /* bit n: group n is complete, so that \n may name it */
};

static void refuse(struct converter *c, const char *text)
{
	diag_at(c->why, 1, (unsigned)c->at + 1, "%s", text);
	c->st = ST_INVALID;
}

static void emit(struct converter *c, const char *text)
{
	if (c->st == ST_OK)
		c->st = buf_append(c->out, view_of(text));
}

static void emit_octet(struct converter *c, char octet)
{
	if (c->st != ST_OK)
		return;
	if (ascii_alpha(octet) || ascii_digit(octet))
		c->st = buf_byte(c->out, octet);
	else
		c->st = buf_printf(c->out, "\\x%02x", (unsigned)(unsigned char)octet);
}

static bool extended(const struct converter *c)
{
	return (c->flags & POSIX_EXTENDED) != 0;
}

static bool lines(const struct converter *c)
{
	return (c->flags & POSIX_LINES) != 0;
}

static char peek(const struct converter *c, size_t ahead)
{
	return (char)(c->at + ahead < c->in.n ? c->in.p[c->at + ahead] : '\0');
}

static void begin_atom(struct converter *c)
{
	c->atom = c->out->n;
	c->has_atom = true;
	c->repeated = false;
	c->stacked = 0;
	c->caret_ok = false;
}

static void literal(struct converter *c, char octet)
{
	begin_atom(c);
	emit_octet(c, octet);
}

static void begin_branch(struct converter *c)
{
	c->has_atom = false;
	c->caret_ok = true;
}

static void anchor(struct converter *c, const char *text)
{
	emit(c, text);
	c->has_atom = false;
	c->caret_ok = false;
}

static void caret(struct converter *c)
{
	anchor(c, lines(c) ? "(?<![^\\n])" : "\\A");
}

static void dollar(struct converter *c)
{
	anchor(c, lines(c) ? "(?![^\\n])" : "\\z");
}

/* Makes (?:ATOM) of the repetition before, so that "a*+" is no Perl operator. */
static void wrap(struct converter *c)
{
	if (++c->stacked > STACK_MAX) {
		c->st = ST_LIMIT;
		diag_at(c->why, 1, (unsigned)c->at + 1, "too many repetitions of a repetition");
		return;
	}
	emit(c, "   ");
	if (c->st != ST_OK)
		return;
	memmove(c->out->p + c->atom + 3, c->out->p + c->atom, c->out->n - 3 - c->atom);
	memcpy(c->out->p + c->atom, "(?:", 3);
	emit(c, ")");
}

static void repeat(struct converter *c, const char *text)
{
	/* regcomp() takes "a*\\+" but not "a**" in basic syntax. */
	if (c->repeated && !extended(c) && (text[0] == '*' || text[0] == '{')) {
		refuse(c, "a repetition of a repetition");
		return;
	}
	if (c->repeated)
		wrap(c);
	emit(c, text);
	c->repeated = true;
}

/* '*', '+' or '?' with nothing to repeat. */
static void lone_repeat(struct converter *c, char octet)
{
	if (extended(c))
		refuse(c, "nothing stands here that could be repeated");
	else
		literal(c, octet);
}

static void repeat_octet(struct converter *c, char octet)
{
	char text[2] = { octet, '\0' };

	if (c->has_atom)
		repeat(c, text);
	else
		lone_repeat(c, octet);
}

/* Digits at c->at; -1 when there are none, -2 when too large. */
static long read_count(struct converter *c)
{
	long n = -1;

	for (; ascii_digit(peek(c, 0)); c->at++) {
		n = (n < 0 ? 0 : n) * 10 + (peek(c, 0) - '0');
		if (n > REPEAT_MAX) {
			refuse(c, "a repetition of more than 32767");
			return -2;
		}
	}
	return n;
}

/* Behind "{" or "\{". */
static void interval(struct converter *c)
{
	const char *end = extended(c) ? "}" : "\\}";
	char text[32];
	long least, most;

	if (!c->has_atom) {
		refuse(c, "nothing stands here that could be repeated");
		return;
	}
	least = most = read_count(c);
	if (peek(c, 0) == ',') {
		c->at++;
		least = least == -1 ? 0 : least;
		most = read_count(c);
	} else if (least == -1) {
		refuse(c, "a number of repetitions is expected");
	}
	if (c->st != ST_OK)
		return;
	if (!view_starts(view_from(c->in, c->at), view_of(end)) || (most >= 0 && least > most)) {
		refuse(c, "a broken number of repetitions");
		return;
	}
	c->at += strlen(end);
	if (most < 0)
		(void)snprintf(text, sizeof(text), "{%ld,}", least);
	else
		(void)snprintf(text, sizeof(text), "{%ld,%ld}", least, most);
	repeat(c, text);
}

static void open_group(struct converter *c)
{
	if (c->depth == GROUPS_MAX) {
		c->st = ST_LIMIT;
		diag_at(c->why, 1, (unsigned)c->at + 1, "parentheses too deep");
		return;
	}
	c->open[c->depth++] = (struct group){ c->out->n, ++c->groups };
	emit(c, "(");
	begin_branch(c);
}

static void close_group(struct converter *c)
{
	struct group g;

	if (c->depth == 0) {
		if (extended(c))
			literal(c, ')');
		else
			refuse(c, "this parenthesis closes nothing");
		return;
	}
	g = c->open[--c->depth];
	emit(c, ")");
	begin_atom(c);
	c->atom = g.out_at;
	if (g.number < 10)
		c->closed |= (uint64_t)1 << g.number;
}

static void alternative(struct converter *c)
{
	emit(c, "|");
	begin_branch(c);
}

/* "[:alpha:]", "[.x.]", "[=x=]" at c->at. */
static bool named(struct converter *c, char *one, bool *is_class)
{
	char kind = peek(c, 1);
	size_t end = c->at + 2;

	*is_class = kind == ':';
	if (peek(c, 0) != '[' || (kind != ':' && kind != '.' && kind != '='))
		return false;
	while (end + 1 < c->in.n && !(c->in.p[end] == kind && c->in.p[end + 1] == ']'))
		end++;
	if (end + 1 >= c->in.n) {
		refuse(c, "a name in brackets that does not end");
		return true;
	}
	if (kind == ':') {
		struct view name = { c->in.p + c->at, end + 2 - c->at };

		/* Perl has [:word:] and [:ascii:] besides; POSIX has not. */
		if (view_eq(name, VIEW("[:word:]")) || view_eq(name, VIEW("[:ascii:]")) ||
		    view_starts(name, VIEW("[:^")))
			refuse(c, "no such class of characters");
		else if (c->st == ST_OK)
			c->st = buf_append(c->out, name);
	} else if (end - c->at != 3) {
		refuse(c, "a collating element of more than one character");
	} else {
		*one = c->in.p[c->at + 2];
	}
	c->at = end + 2;
	return true;
}

/* One end of a range or a single character. False: it was a class. */
static bool bracket_octet(struct converter *c, char *out)
{
	bool is_class = false;

	if (named(c, out, &is_class))
		return !is_class;
	*out = peek(c, 0);
	c->at++;
	return true;
}

static void bracket_item(struct converter *c)
{
	char from = '\0', to = '\0';

	if (!bracket_octet(c, &from)) {
		if (peek(c, 0) == '-' && peek(c, 1) != ']')
			refuse(c, "a class can't begin a range");
		return;
	}
	emit_octet(c, from);
	if (c->st != ST_OK || peek(c, 0) != '-' || peek(c, 1) == ']' || c->at + 1 >= c->in.n)
		return;
	c->at++;
	if (!bracket_octet(c, &to) || (unsigned char)from > (unsigned char)to) {
		refuse(c, "a range that ends before it begins");
		return;
	}
	emit(c, "-");
	emit_octet(c, to);
}

/* Behind "[". */
static void bracket(struct converter *c)
{
	bool first = true;

	begin_atom(c);
	emit(c, "[");
	if (peek(c, 0) == '^') {
		c->at++;
		emit(c, lines(c) ? "^\\n" : "^");
	}
	while (c->st == ST_OK && c->at < c->in.n && (first || peek(c, 0) != ']')) {
		first = false;
		bracket_item(c);
	}
	if (c->st == ST_OK && c->at >= c->in.n)
		refuse(c, "brackets that do not end");
	c->at++;
	emit(c, "]");
}

static void back_reference(struct converter *c, unsigned number)
{
	char text[16];

	if ((c->closed >> number & 1) == 0) {
		refuse(c, "a reference to a group that is not complete here");
		return;
	}
	begin_atom(c);
	(void)snprintf(text, sizeof(text), "\\g{%u}", number);
	emit(c, text);
}

/* The GNU library's: true when it was one. */
static bool gnu_escape(struct converter *c, char octet)
{
	char text[3] = { '\\', octet, '\0' };

	switch (octet) {
	case 'w':
	case 'W':
	case 's':
	case 'S':
		begin_atom(c);
		emit(c, text);
		return true;
	case 'b':
	case 'B': anchor(c, text); return true;
	case '<': anchor(c, "\\b(?=\\w)"); return true;
	case '>': anchor(c, "\\b(?<=\\w)"); return true;
	case '`': anchor(c, "\\A"); return true;
	case '\'': anchor(c, "\\z"); return true;
	default: return false;
	}
}

/* Basic syntax has these behind backslashes, extended syntax as they are. */
static bool operator(struct converter *c, char octet)
{
	switch (octet) {
	case '(': open_group(c); return true;
	case ')': close_group(c); return true;
	case '{': interval(c); return true;
	case '|': alternative(c); return true;
	case '+':
	case '?': repeat_octet(c, octet); return true;
	default: return false;
	}
}

static void escaped(struct converter *c)
{
	char octet = peek(c, 0);

	if (c->at >= c->in.n) {
		refuse(c, "a backslash at the end");
		return;
	}
	c->at++;
	if (octet >= '1' && octet <= '9')
		back_reference(c, (unsigned)(octet - '0'));
	else if (!gnu_escape(c, octet) && (extended(c) || !operator(c, octet)))
		literal(c, octet);
}

/* Basic syntax: "$" is an anchor at the end of the pattern, a group or an alternative. */
static bool dollar_ok(const struct converter *c)
{
	return extended(c) || c->at == c->in.n ||
	       (peek(c, 0) == '\\' && (peek(c, 1) == ')' || peek(c, 1) == '|'));
}

static void step(struct converter *c)
{
	char octet = peek(c, 0);

	c->at++;
	if (octet == '\\') {
		escaped(c);
	} else if (octet == '[') {
		bracket(c);
	} else if (octet == '.') {
		begin_atom(c);
		emit(c, lines(c) ? "[^\\n]" : "(?s:.)");
	} else if (octet == '*') {
		repeat_octet(c, octet);
	} else if (octet == '^' && (extended(c) || c->caret_ok)) {
		caret(c);
	} else if (octet == '$' && dollar_ok(c)) {
		dollar(c);
	} else if (!extended(c) || !operator(c, octet)) {
		literal(c, octet);
	}
}

enum status posix_regex_convert(struct view pattern, unsigned flags, struct buf *out,
                                struct diag *why)
{
	struct converter c = { .in = pattern, .flags = flags, .out = out, .why = why };
	size_t before = out->n;

	begin_branch(&c);
	while (c.at < pattern.n && c.st == ST_OK)
		step(&c);
	if (c.st == ST_OK && c.depth > 0)
		refuse(&c, "a parenthesis that is not closed");
	if (c.st == ST_LIMIT && why->text[0] == '\0')
		diag_at(why, 1, 1, "the expression is too long");
	if (c.st != ST_OK)
		out->n = before;
	return c.st;
}
