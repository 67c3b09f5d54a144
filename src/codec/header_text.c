#include "codec/header_text.h"

/* Octets of the UTF-8 character at the start (RFC 3629 section 4); 0: it is none. */
static size_t utf8_length(struct view v)
{
	static const struct {
		unsigned char low, high; /* the first octet */
		unsigned char from, to;  /* the second */
		size_t n;
	} forms[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	const unsigned char *p = (const unsigned char *)v.p;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (p[0] < forms[i].low || p[0] > forms[i].high || v.n < forms[i].n)
			continue;
		if (p[1] < forms[i].from || p[1] > forms[i].to)
			return 0;
		for (size_t k = 2; k < forms[i].n; k++)
			if ((p[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].n;
	}
	return 0;
}

/* Of atoms and of tokens (RFC 2045 section 5.1), whose sets differ. */
static bool is_plain(char c)
{
	return ascii_alpha(c) || ascii_digit(c) ||
	       (c != '\0' && strchr("-_.+!#$%&'*^{|}~`", c) != NULL);
}

static bool is_dot_atom(struct view v)
{
	if (v.n == 0 || v.p[0] == '.' || v.p[v.n - 1] == '.')
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (!is_plain(v.p[i]) || (v.p[i] == '.' && v.p[i - 1] == '.'))
			return false;
	return true;
}

static bool is_bare(enum header_form form, struct view v)
{
	size_t at = form == HEADER_ADDRESS ? view_find(v, '@') : VIEW_NONE;

	if (v.n > HEADER_TEXT_MAX)
		return false;
	if (at == VIEW_NONE)
		return is_dot_atom(v);
	return (at == 0 || is_dot_atom(view_first(v, at))) && is_dot_atom(view_from(v, at + 1));
}

/* Never cut within a character: what is left of one would be no UTF-8. */
static enum status put_escaped(struct buf *out, const char *special, struct view v)
{
	bool cut = v.n > HEADER_TEXT_MAX;
	size_t end = cut ? HEADER_TEXT_MAX : v.n;
	enum status st = ST_OK;

	for (size_t i = 0; i < end && st == ST_OK;) {
		char c = v.p[i];
		size_t n = (unsigned char)c < 0x80 ? 1 : utf8_length(view_from(v, i));

		if ((unsigned char)c < ' ' || c == 127 || n == 0) {
			st = buf_byte(out, '?');
			i++;
			continue;
		}
		if (strchr(special, c) != NULL)
			st = buf_byte(out, '\\');
		if (st == ST_OK)
			st = buf_append(out, (struct view){ v.p + i, n });
		i += n;
	}
	return st == ST_OK && cut ? buf_append(out, VIEW("...")) : st;
}

static enum status put_between(struct buf *out, char open, const char *special, struct view v,
                               char close)
{
	size_t was = out->n;
	enum status st = buf_byte(out, open);

	if (st == ST_OK)
		st = put_escaped(out, special, v);
	if (st == ST_OK)
		st = buf_byte(out, close);
	if (st != ST_OK)
		out->n = was;
	return st;
}

enum status header_put_word(struct buf *out, enum header_form form, struct view v)
{
	return is_bare(form, v) ? buf_append(out, v) : put_between(out, '"', "\"\\", v, '"');
}

enum status header_put_comment(struct buf *out, struct view v)
{
	return put_between(out, '(', "()\\", v, ')');
}
