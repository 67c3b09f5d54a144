#include "conf/lex.h"

#include <stdio.h>

#include "util/escape.h"

enum status lex_begin(struct lex *l, struct view text, struct arena *arena, struct diag *why)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";

	*l = (struct lex){ .text = text.p != NULL ? text : VIEW(""), .arena = arena, .line = 1 };
	if (text.n > CONF_TEXT_MAX) {
		diag_set(why, "more than %zu octets", CONF_TEXT_MAX);
		return ST_LIMIT;
	}
	if (view_starts(text, view_of(byte_order_mark)))
		l->at = 3;
	return ST_OK;
}

/* The octet at an offset; NUL behind the end (a NUL in the text begins no token). */
static char octet(const struct lex *l, size_t at)
{
	return (char)(at < l->text.n ? l->text.p[at] : '\0');
}

static bool one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool word_octet(char c)
{
	return ascii_alpha(c) || ascii_digit(c) || one_of(c, "._-");
}

static bool address_octet(char c)
{
	return ascii_alpha(c) || ascii_digit(c) || one_of(c, ".:%");
}

static bool mailbox_octet(char c)
{
	return ascii_alpha(c) || ascii_digit(c) || one_of(c, "!#$%&'*+/=?^_`{}|~.-");
}

/* Behind the end of the line, whose line feed is dropped too. */
static void skip_line(struct lex *l)
{
	while (l->at < l->text.n && l->text.p[l->at] != '\n')
		l->at++;
	if (l->at < l->text.n)
		l->at++;
	l->line++;
	l->line_start = l->at;
}

static void skip_blanks(struct lex *l)
{
	for (;;) {
		char c = octet(l, l->at);

		if (one_of(c, " \t\r")) {
			l->at++;
		} else if (c == '\\') {
			skip_line(l);
		} else if (c == '#') {
			while (l->at < l->text.n && l->text.p[l->at] != '\n')
				l->at++;
		} else {
			return;
		}
	}
}

static enum status wrong(const struct lex *l, struct diag *why, const char *text)
{
	diag_at(why, l->line, (unsigned)(l->at - l->line_start) + 1, "%s", text);
	return ST_INVALID;
}

/* Drops the backslash in front of every `quote`. */
static struct view unescape(struct arena *arena, struct view v, char quote)
{
	struct view out = { v.p, 0 };
	char *p;

	for (size_t i = 0; i + 1 < v.n; i++)
		if (v.p[i] == '\\' && v.p[i + 1] == quote)
			out.n++;
	if (out.n == 0)
		return v;
	p = arena_alloc(arena, v.n);
	out = (struct view){ p, 0 };
	for (size_t i = 0; i < v.n; i++) {
		if (i + 1 < v.n && v.p[i] == '\\' && v.p[i + 1] == quote)
			i++;
		p[out.n++] = v.p[i];
	}
	return out;
}

/* Offset of the quote that ends a string begun at `from`, or VIEW_NONE. Only \" is special, as in
 * milter-greylist: in "a\\" the last quote is a part of the string. */
static size_t string_end(const struct lex *l, size_t from)
{
	for (size_t i = from + 1; i < l->text.n; i++) {
		char c = l->text.p[i];

		if (c == '\n' || c == '\r' || c == '\0')
			return VIEW_NONE;
		if (c == '\\' && octet(l, i + 1) == '"')
			i++;
		else if (c == '"')
			return i;
	}
	return VIEW_NONE;
}

/* The same for an expression; there a backslash speaks for the octet behind it. */
static size_t regex_end(const struct lex *l, size_t from)
{
	for (size_t i = from + 1; i < l->text.n; i++) {
		char c = l->text.p[i];

		if (c == '\n' || c == '\0')
			return VIEW_NONE;
		if (c == '\\' && octet(l, i + 1) != '\n')
			i++;
		else if (c == '/')
			return i;
	}
	return VIEW_NONE;
}

static enum status read_string(const struct lex *l, struct token *t, struct diag *why)
{
	size_t end = string_end(l, l->at);
	struct view raw;

	if (end == VIEW_NONE)
		return wrong(l, why,
		             "this string does not end on its line (or has a NUL or CR in it)");
	raw = (struct view){ l->text.p + l->at + 1, end - l->at - 1 };
	if (raw.n > CONF_STRING_MAX) {
		(void)wrong(l, why, "this string is too long");
		return ST_LIMIT;
	}
	t->kind = TOKEN_STRING;
	t->text = unescape(l->arena, raw, '"');
	t->end = end + 1;
	return ST_OK;
}

static void set_regex(const struct lex *l, struct token *t, size_t end)
{
	t->kind = TOKEN_REGEX;
	t->text = unescape(l->arena, (struct view){ l->text.p + l->at + 1, end - l->at - 1 }, '/');
	t->end = end + 1;
}

/* Offset behind mailbox@name that begins here, or VIEW_NONE. A part of the mailbox may stand in
 * quotes. */
static size_t mail_end(const struct lex *l)
{
	size_t i = l->at;
	size_t name;

	for (;;) {
		char c = octet(l, i);

		if (mailbox_octet(c)) {
			i++;
		} else if (c == '"') {
			size_t end = i + 1;

			while (octet(l, end) > ' ' && octet(l, end) < 127 && octet(l, end) != '"')
				end++;
			if (octet(l, end) != '"')
				return VIEW_NONE;
			i = end + 1;
		} else {
			break;
		}
	}
	if (i == l->at || octet(l, i) != '@')
		return VIEW_NONE;
	for (name = ++i; word_octet(octet(l, i));)
		i++;
	return i > name ? i : VIEW_NONE;
}

static size_t run_end(const struct lex *l, bool (*member)(char))
{
	size_t i = l->at;

	while (i < l->text.n && member(l->text.p[i]))
		i++;
	return i;
}

static void set_run(const struct lex *l, struct token *t, enum token_kind kind, size_t end)
{
	t->kind = kind;
	t->text = (struct view){ l->text.p + l->at, end - l->at };
	t->end = end;
}

static void read_property(const struct lex *l, struct token *t)
{
	size_t i = l->at + 1;

	while (word_octet(octet(l, i)) && octet(l, i) != '.')
		i++;
	while (octet(l, i - 1) == '-') /* "$x-=1" */
		i--;
	t->kind = TOKEN_PROPERTY;
	t->text = (struct view){ l->text.p + l->at + 1, i - l->at - 1 };
	t->end = i;
}

static bool read_mark(const struct lex *l, struct token *t)
{
	static const char *const marks[] = { "+=", "-=", "==", "!=", ">=", "<=", "{", "}", "*",
		                             "/",  ",",  ";",  ">",  "<",  "=",  "!", "+" };

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		struct view mark = view_of(marks[i]);

		if (view_starts(view_from(l->text, l->at), mark)) {
			set_run(l, t, TOKEN_MARK, l->at + mark.n);
			return true;
		}
	}
	return false;
}

/* An expression or an address of mail, whichever is longer. */
static bool read_pattern(const struct lex *l, enum lex_want want, struct token *t)
{
	size_t regex = octet(l, l->at) == '/' && want != LEX_WORD ? regex_end(l, l->at) : VIEW_NONE;
	size_t mail = want == LEX_MAIL ? mail_end(l) : VIEW_NONE;

	/* "/@tanuki\.example" is rather an expression without its end than "/@tanuki". */
	if (octet(l, l->at) == '/' && regex == VIEW_NONE && mail < l->text.n &&
	    !one_of(l->text.p[mail], " \t\r\n}"))
		mail = VIEW_NONE;
	if (regex != VIEW_NONE && regex > l->at + 1 && (mail == VIEW_NONE || mail <= regex + 1)) {
		set_regex(l, t, regex);
		return true;
	}
	if (mail != VIEW_NONE) {
		set_run(l, t, TOKEN_MAIL, mail);
		return true;
	}
	return false;
}

/* No token begins here. */
static enum status odd_octet(const struct lex *l, struct diag *why)
{
	struct view one = view_first(view_from(l->text, l->at), 1);
	char shown[ESCAPE_ROOM(1)], text[160];

	(void)snprintf(text, sizeof(text), "nothing of this language begins with '%s'%s",
	               escape_text(one, shown, sizeof(shown)),
	               (unsigned char)one.p[0] < 0x80
	                       ? ""
	                       : ": such octets stand in comments and strings only");
	return wrong(l, why, text);
}

static enum status read_token(const struct lex *l, enum lex_want want, struct token *t,
                              struct diag *why)
{
	char c = octet(l, l->at);

	if (want != LEX_ADDRESS && read_pattern(l, want, t))
		return ST_OK;
	if (want == LEX_ADDRESS && address_octet(c)) {
		set_run(l, t, TOKEN_ADDRESS, run_end(l, address_octet));
		return ST_OK;
	}
	if (c == '"')
		return read_string(l, t, why);
	if (c == '/' && (want == LEX_PATTERN || want == LEX_MAIL))
		return wrong(l, why,
		             octet(l, l->at + 1) == '/' ? "an empty expression"
		                                        : "this expression has no '/' at its end");
	if (c == '$' && word_octet(octet(l, l->at + 1)) &&
	    one_of(octet(l, l->at + 1), ".-") == false) {
		read_property(l, t);
		return ST_OK;
	}
	if (word_octet(c) && !(c == '-' && octet(l, l->at + 1) == '=')) {
		set_run(l, t, TOKEN_WORD, run_end(l, word_octet));
		if (want == LEX_WORD && ascii_alpha(c) && octet(l, t->end) == ':')
			t->end++;
		return ST_OK;
	}
	if (read_mark(l, t))
		return ST_OK;
	return odd_octet(l, why);
}

enum status lex_peek(const struct lex *from, enum lex_want want, struct token *out,
                     struct diag *why)
{
	struct lex l = *from;
	enum status st = ST_OK;

	skip_blanks(&l);
	*out = (struct token){ .kind = TOKEN_END,
		               .text = { l.text.p + l.at, 0 },
		               .line = l.line,
		               .column = (unsigned)(l.at - l.line_start) + 1,
		               .end = l.at,
		               .end_line = l.line,
		               .end_line_start = l.line_start,
		               .glued = l.at == from->at };
	if (l.at >= l.text.n)
		return ST_OK;
	if (l.text.p[l.at] == '\n') {
		out->kind = TOKEN_NEWLINE;
		out->end = l.at + 1;
		out->end_line = l.line + 1;
		out->end_line_start = l.at + 1;
	} else {
		st = read_token(&l, want, out, why);
	}
	return st;
}

void lex_take(struct lex *l, const struct token *t)
{
	l->at = t->end;
	l->line = t->end_line;
	l->line_start = t->end_line_start;
}

bool token_is(const struct token *t, const char *word)
{
	return (t->kind == TOKEN_WORD || t->kind == TOKEN_MARK) &&
	       view_eq_nocase(t->text, view_of(word));
}

enum status lex_number(struct view v, int64_t max, int64_t *out)
{
	char unit = (char)(v.n > 0 ? v.p[v.n - 1] : '\0');
	uint64_t factor = unit == 'k' ? 1024 : unit == 'M' ? (uint64_t)1 << 20 : 1;
	uint64_t x;
	enum status st;

	if (factor > 1)
		v.n--;
	st = view_u64(v, (uint64_t)max / factor, &x);
	if (st == ST_OK)
		*out = (int64_t)(x * factor);
	return st;
}

static int64_t seconds_of(char unit)
{
	switch (unit) {
	case 's': return 1;
	case 'm': return 60;
	case 'h': return 3600;
	case 'd': return 86400;
	case 'w': return (int64_t)7 * 86400;
	default: return 0;
	}
}

enum status lex_duration(struct view v, int64_t *out)
{
	bool minus = v.n > 0 && v.p[0] == '-';
	int64_t factor;
	uint64_t x;
	enum status st;

	if (minus)
		v = view_from(v, 1);
	factor = v.n > 0 ? seconds_of(v.p[v.n - 1]) : 0;
	if (factor > 0)
		v.n--;
	else
		factor = 1;
	st = view_u64(v, (uint64_t)(CONF_DURATION_MAX / factor), &x);
	if (st == ST_OK)
		*out = (minus ? -1 : 1) * (int64_t)x * factor;
	return st;
}
