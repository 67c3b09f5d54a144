#include "spf/macro.h"

#include <stdio.h>

#include "spf/name.h"

#define VALUE_MAX ((size_t)SPF_LOCAL_MAX + 1 + SPF_NAME_MAX) /* the longest value is %{s} */

/* What is kept while a name is expanded: enough to see the dot before the last 253 octets, with a
 * dot at their end. */
#define TAIL 256

struct token {
	struct view literal; /* the text itself, or what %% %_ %- stand for */
	char letter;         /* 0: a literal; else the macro's, in lower case */
	bool escaped;        /* an upper-case letter: URL escaping */
	bool reversed;
	unsigned keep; /* that many parts on the right; 0: all */
	struct view delimiters;
};

static bool has(const char *set, char c)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* Section 7.1: %{ letter *DIGIT ["r"] *delimiter }. rest begins behind the "%{" and stays at the
 * wrong octet. */
static const char *take_macro(struct view *rest, struct token *out)
{
	bool digits = false;
	size_t n = 0;

	if (rest->n == 0 || !has("slodiphcrtv", ascii_lower(rest->p[0])))
		return "no macro has this letter";
	out->letter = ascii_lower(rest->p[0]);
	out->escaped = out->letter != rest->p[0];
	*rest = view_from(*rest, 1);
	for (; rest->n > 0 && ascii_digit(rest->p[0]); *rest = view_from(*rest, 1)) {
		digits = true;
		if (out->keep <= VALUE_MAX) /* more parts than that no value has */
			out->keep = out->keep * 10 + (unsigned)(rest->p[0] - '0');
	}
	if (digits && out->keep == 0)
		return "zero parts can't be kept";
	if (rest->n > 0 && ascii_lower(rest->p[0]) == 'r') {
		out->reversed = true;
		*rest = view_from(*rest, 1);
	}
	while (n < rest->n && has(".-+,/_=", rest->p[n]))
		n++;
	out->delimiters = view_first(*rest, n);
	*rest = view_from(*rest, n);
	if (rest->n == 0 || rest->p[0] != '}')
		return "\"}\" is missing";
	*rest = view_from(*rest, 1);
	return NULL;
}

/* The next token off *rest (not empty). NULL, or what is wrong at rest->p. */
static const char *take_token(struct view *rest, struct token *out)
{
	size_t percent = view_find(*rest, '%');
	char second = '\0';

	*out = (struct token){ .literal = view_first(*rest, percent) };
	if (percent != 0) {
		*rest = view_from(*rest, out->literal.n);
		return NULL;
	}
	if (rest->n > 1)
		second = rest->p[1];
	if (!has("%_-{", second))
		return "behind \"%\" stands \"{\", \"%\", \"_\" or \"-\"";
	*rest = view_from(*rest, 2);
	if (second == '{')
		return take_macro(rest, out);
	out->literal = second == '%' ? VIEW("%") : second == '_' ? VIEW(" ") : VIEW("%20");
	return NULL;
}

static bool literal_octet(char c, enum spf_macro_use use)
{
	return (c > ' ' && c <= '~') || (c == ' ' && use == SPF_MACRO_EXPLANATION);
}

static enum status wrong(struct diag *why, struct view text, const char *at, const char *what)
{
	diag_at(why, 1, (unsigned)(at - text.p) + 1, "%s", what);
	return ST_INVALID;
}

static bool top_label(struct view v)
{
	bool letter_or_dash = false;

	if (v.n == 0 || v.p[0] == '-' || v.p[v.n - 1] == '-')
		return false;
	for (size_t i = 0; i < v.n; i++) {
		if (!ascii_alpha(v.p[i]) && !ascii_digit(v.p[i]) && v.p[i] != '-')
			return false;
		letter_or_dash = letter_or_dash || !ascii_digit(v.p[i]);
	}
	return letter_or_dash;
}

/* domain-end: a macro, or "." and a top label with or without a dot behind it. tail is the literal
 * text behind the last macro. */
static enum status check_end(struct view text, struct view tail, struct diag *why)
{
	size_t dot;

	if (text.n == 0)
		return wrong(why, text, text.p, "a domain is missing");
	if (tail.n == 0)
		return ST_OK;
	if (tail.p[tail.n - 1] == '.')
		tail.n--;
	dot = view_rfind(tail, '.');
	if (dot == VIEW_NONE)
		return wrong(why, text, tail.p, "a domain has a dot before its last label");
	if (!top_label(view_from(tail, dot + 1)))
		return wrong(why, text, tail.p + dot + 1, "no domain ends in such a label");
	return ST_OK;
}

enum status spf_macro_check(struct view text, enum spf_macro_use use, struct diag *why)
{
	struct view rest = text, tail = { NULL, 0 };

	if (use != SPF_MACRO_EXPLANATION && text.n > SPF_MACRO_MAX)
		return wrong(why, text, text.p + SPF_MACRO_MAX, "the text is too long");
	while (rest.n > 0) {
		struct token t;
		const char *start = rest.p;
		const char *fault = take_token(&rest, &t);
		bool literal = t.letter == 0 && start[0] != '%';

		if (fault != NULL)
			return wrong(why, text, rest.p, fault);
		if (use == SPF_MACRO_DOMAIN && has("crt", t.letter))
			return wrong(why, text, start, "this macro is for explanations only");
		for (size_t i = 0; literal && i < t.literal.n; i++)
			if (!literal_octet(t.literal.p[i], use))
				return wrong(why, text, t.literal.p + i,
				             "this octet can't be here");
		tail = literal ? t.literal : (struct view){ NULL, 0 };
	}
	return use == SPF_MACRO_DOMAIN ? check_end(text, tail, why) : ST_OK;
}

bool spf_macro_uses(struct view text, char letter)
{
	while (text.n > 0) {
		struct token t;

		if (take_token(&text, &t) != NULL)
			return false;
		if (t.letter == letter)
			return true;
	}
	return false;
}

static size_t print(char out[VALUE_MAX], struct view text)
{
	memcpy(out, text.p, text.n);
	return text.n;
}

static size_t sender(const struct spf_values *v, char out[VALUE_MAX])
{
	struct view local = view_first(v->local, SPF_LOCAL_MAX);
	struct view domain = view_first(v->sender_domain, SPF_NAME_MAX);

	memcpy(out, local.n > 0 ? local.p : "", local.n);
	out[local.n] = '@';
	memcpy(out + local.n + 1, domain.n > 0 ? domain.p : "", domain.n);
	return local.n + 1 + domain.n;
}

static size_t number(int64_t n, char out[VALUE_MAX])
{
	return (size_t)snprintf(out, VALUE_MAX, "%lld", (long long)n);
}

static size_t readable(const struct ip *ip, char out[VALUE_MAX])
{
	char text[IP_TEXT_MAX];

	ip_format(ip, text);
	return print(out, view_of(text));
}

/* The value of a letter: one of the views, or text made in scratch. */
static struct view value_of(char letter, const struct spf_values *v, char scratch[VALUE_MAX])
{
	size_t n = 0;

	switch (letter) {
	case 'l': return v->local;
	case 'o': return v->sender_domain;
	case 'd': return v->domain;
	case 'h': return v->helo;
	case 'p': return v->validated;
	case 'r': return v->receiver;
	case 's': n = sender(v, scratch); break;
	case 'i': n = spf_name_dotted(&v->client, scratch); break;
	case 'c': n = readable(&v->client, scratch); break;
	case 't': n = number(v->now, scratch); break;
	case 'v':
		n = print(scratch, v->client.family == IP_V4 ? VIEW("in-addr") : VIEW("ip6"));
		break;
	default: break;
	}
	return (struct view){ scratch, n };
}

/* Not buf_printf: a hostile record can have thousands of octets to escape. */
static enum status put_escaped(struct buf *out, unsigned char c)
{
	static const char hex[] = "0123456789ABCDEF";
	const char text[] = { '%', hex[c >> 4], hex[c & 15] };

	return buf_append(out, (struct view){ text, sizeof(text) });
}

/* What there is room for; ST_LIMIT when that is not all. */
static enum status put_plain(struct buf *out, struct view text)
{
	size_t room = out->max - out->n;
	enum status st = buf_append(out, view_first(text, room));

	return st == ST_OK && text.n > room ? ST_LIMIT : st;
}

static enum status put_text(struct buf *out, struct view text, bool escaped)
{
	enum status st = ST_OK;

	if (!escaped)
		return put_plain(out, text);
	for (size_t i = 0; st == ST_OK && i < text.n; i++) {
		char c = text.p[i];

		/* RFC 3986 section 2.3, "unreserved" */
		if (ascii_alpha(c) || ascii_digit(c) || has("-._~", c))
			st = buf_byte(out, c);
		else
			st = put_escaped(out, (unsigned char)c);
	}
	return st;
}

struct parts {
	struct view part[VALUE_MAX + 1];
	size_t n;
};

static void split(struct view value, struct view delimiters, struct parts *out)
{
	struct view at = delimiters.n > 0 ? delimiters : VIEW(".");
	size_t start = 0;

	out->n = 0;
	for (size_t i = 0; i <= value.n; i++) {
		if (i < value.n && view_find(at, value.p[i]) == VIEW_NONE)
			continue;
		out->part[out->n++] = view_first(view_from(value, start), i - start);
		start = i + 1;
	}
}

/* Split, reversed, the right-hand parts kept, joined with dots (section 7.3). */
static enum status put_macro(struct buf *out, const struct token *t, struct view value)
{
	struct parts parts;
	size_t first;
	enum status st = ST_OK;

	if (t->keep == 0 && !t->reversed && t->delimiters.n == 0)
		return put_text(out, value, t->escaped);
	split(value, t->delimiters, &parts);
	first = t->keep > 0 && t->keep < parts.n ? parts.n - t->keep : 0;
	for (size_t i = first; st == ST_OK && i < parts.n; i++) {
		if (i > first)
			st = buf_byte(out, '.');
		if (st == ST_OK)
			st = put_text(out, parts.part[t->reversed ? parts.n - 1 - i : i],
			              t->escaped);
	}
	return st;
}

static bool usable(char letter, const struct spf_values *v)
{
	if (letter == 'l' || letter == 's')
		return v->local_usable;
	return letter != 'h' || v->helo_usable;
}

/* One token off *text. */
static enum status expand_token(struct view *text, const struct spf_values *values, struct buf *out)
{
	char scratch[VALUE_MAX];
	struct token t;

	if (take_token(text, &t) != NULL)
		return ST_INVALID;
	if (t.letter == 0)
		return put_plain(out, t.literal);
	if (!usable(t.letter, values))
		return ST_INVALID;
	return put_macro(out, &t, view_first(value_of(t.letter, values, scratch), VALUE_MAX));
}

enum status spf_macro_expand(struct view text, const struct spf_values *values, struct buf *out)
{
	enum status st = ST_OK;

	while (st == ST_OK && text.n > 0)
		st = expand_token(&text, values, out);
	return st;
}

/* Without the labels on the left that make it longer than a name may be; one dot at its end is not
 * counted. */
static struct view right_side(struct view name)
{
	size_t max = SPF_NAME_MAX, dot;

	if (name.n > 0 && name.p[name.n - 1] == '.')
		max++;
	while (name.n > max && (dot = view_find(name, '.')) != VIEW_NONE)
		name = view_from(name, dot + 1);
	return name;
}

/* Where the tokens begin; ST_INVALID when one of them needs a value that is not usable. */
static enum status find_tokens(struct view text, const struct spf_values *values,
                               size_t at[SPF_MACRO_MAX], size_t *n)
{
	struct view rest = text;

	for (*n = 0; rest.n > 0 && *n < SPF_MACRO_MAX; ++*n) {
		struct token t;

		at[*n] = text.n - rest.n;
		if (take_token(&rest, &t) != NULL || !usable(t.letter, values))
			return ST_INVALID;
	}
	return ST_OK;
}

/* From the right, and no further than the name can show: a hostile record may have hundreds of
 * macros whose values are hundreds of octets. */
enum status spf_macro_name(struct view text, const struct spf_values *values, struct spf_name *out)
{
	struct buf piece = buf_of(SPF_MACRO_MAX + VALUE_MAX * 3);
	char tail[TAIL];
	size_t at[SPF_MACRO_MAX], tokens, room = TAIL;
	enum status st = find_tokens(text, values, at, &tokens);

	for (size_t i = tokens; st == ST_OK && i > 0 && room > 0; i--) {
		struct view token = view_from(text, at[i - 1]);
		size_t n;

		buf_clear(&piece);
		st = expand_token(&token, values, &piece);
		n = piece.n < room ? piece.n : room;
		room -= n;
		if (n > 0)
			memcpy(tail + room, piece.p + piece.n - n, n);
	}
	buf_free(&piece);
	if (st != ST_OK)
		return ST_INVALID;
	st = spf_name_set(out, right_side((struct view){ tail + room, TAIL - room }));
	return st == ST_OK ? ST_OK : ST_NOTFOUND;
}
