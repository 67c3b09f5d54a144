#include "codec/authres.h"

#include "codec/header_text.h"

/* --- writing --- */

static enum status put_text(struct buf *out, const char *text)
{
	return buf_append(out, view_of(text));
}

static enum status put_property(struct buf *out, const struct authres_property *p)
{
	enum status st = buf_printf(out, " %s.%s=", p->ptype, p->name);

	return st == ST_OK ? header_put_word(out, HEADER_ADDRESS, p->value) : st;
}

static enum status put_result(struct buf *out, enum authres_shape shape,
                              const struct authres_result *r)
{
	enum status st = put_text(out, shape == AUTHRES_FOLDED ? ";\n\t" : "; ");

	if (st == ST_OK)
		st = buf_printf(out, "%s=%s", r->method, r->result);
	if (st == ST_OK && r->reason.n > 0)
		st = buf_byte(out, ' ');
	if (st == ST_OK && r->reason.n > 0)
		st = header_put_comment(out, r->reason);
	for (size_t i = 0; i < r->properties && st == ST_OK; i++)
		if (r->property[i].value.n > 0)
			st = put_property(out, &r->property[i]);
	return st;
}

enum status authres_put(struct buf *out, enum authres_shape shape, struct view id,
                        const struct authres_result *results, size_t count)
{
	size_t was = out->n;
	enum status st = header_put_word(out, HEADER_WORD, id);

	for (size_t i = 0; i < count && st == ST_OK; i++)
		st = put_result(out, shape, &results[i]);
	if (count == 0 && st == ST_OK)
		st = put_text(out, "; none");
	if (st != ST_OK)
		out->n = was;
	return st;
}

/* --- reading --- */

struct reader {
	struct view rest;
	bool bad;
};

static char next(const struct reader *r)
{
	return (char)(r->rest.n > 0 ? r->rest.p[0] : '\0');
}

static char take(struct reader *r)
{
	char c = next(r);

	r->rest = view_from(r->rest, 1);
	return c;
}

/* Comments nest, and are counted instead: a hostile one may be as deep as it is long. */
static void skip_comment(struct reader *r)
{
	size_t depth = 0;

	while (r->rest.n > 0) {
		char c = take(r);

		if (c == '(')
			depth++;
		else if (c == '\\')
			(void)take(r);
		else if (c == ')' && --depth == 0)
			return;
	}
	r->bad = true;
}

static void skip_blanks(struct reader *r)
{
	while (!r->bad && r->rest.n > 0) {
		if (next(r) == '(')
			skip_comment(r);
		else if (ascii_blank(next(r)))
			(void)take(r);
		else
			return;
	}
}

/* Of a token (RFC 2045 section 5.1). */
static bool is_token(char c)
{
	return (unsigned char)c > ' ' && c != 127 && strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

/* Octet by octet: the id that is looked for, and then a dot at the most. */
struct match {
	struct view left;
	size_t dots;
	bool any;
	bool differs;
};

static void match_octet(struct match *m, char c)
{
	m->any = true;
	if (m->left.n > 0 && ascii_lower(m->left.p[0]) == ascii_lower(c))
		m->left = view_from(m->left, 1);
	else if (m->left.n == 0 && c == '.' && m->dots == 0)
		m->dots++;
	else
		m->differs = true;
}

/* Line ends within quotes are folds and stand for nothing (RFC 5322 section 3.2.2). */
static void read_quoted(struct reader *r, struct match *m)
{
	(void)take(r);
	while (r->rest.n > 0) {
		char c = take(r);

		if (c == '"')
			return;
		if (c == '\\' && r->rest.n > 0)
			c = take(r);
		if (c != '\r' && c != '\n')
			match_octet(m, c);
	}
	r->bad = true;
}

enum authres_owner authres_owner_of(struct view value, struct view id)
{
	struct reader r = { .rest = value };
	struct match m = { .left = id };

	if (id.n > 0 && id.p[id.n - 1] == '.')
		m.left.n--;
	skip_blanks(&r);
	if (!r.bad && next(&r) == '"')
		read_quoted(&r, &m);
	else
		while (!r.bad && r.rest.n > 0 && is_token(next(&r)))
			match_octet(&m, take(&r));
	if (r.bad || !m.any)
		return AUTHRES_MALFORMED;
	return m.differs || m.left.n > 0 ? AUTHRES_OTHER : AUTHRES_OURS;
}

bool authres_is_name(struct view name)
{
	return view_eq_nocase(view_trim(name), VIEW("Authentication-Results"));
}
