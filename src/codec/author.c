#include "codec/author.h"

enum token { TOKEN_END, TOKEN_ATOM, TOKEN_QUOTED, TOKEN_LITERAL, TOKEN_SPECIAL, TOKEN_BAD };

struct reader {
	struct view rest;
	enum token token;
	struct view text; /* of an atom; the one octet of a special */

	/* The mailbox that is being read. */
	char domain[AUTHOR_DOMAIN_MAX + 1];
	size_t n;
	bool any;     /* something of it came */
	bool at;      /* behind its '@' */
	bool joined;  /* its domain goes on: behind '@' or a dot */
	bool literal; /* its domain is [...] */
	bool angle;   /* within <> */
	bool closed;  /* behind them */

	bool group;
	enum status st;
	struct view found; /* in the caller's buffer */
	struct buf *out;
};

/* --- tokens --- */

static char peek(const struct reader *r)
{
	return (char)(r->rest.n > 0 ? r->rest.p[0] : '\0');
}

static void skip(struct reader *r, size_t n)
{
	r->rest = view_from(r->rest, n);
}

/* Up to the octet that ends it; comments nest. Its length, or VIEW_NONE. */
static size_t enclosed(struct view v, char open, char close)
{
	size_t depth = 0;

	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '\\')
			i++;
		else if (i > 0 && v.p[i] == close && --depth == 0)
			return i + 1;
		else if (v.p[i] == open || i == 0)
			depth++;
	}
	return VIEW_NONE;
}

/* Specials of RFC 5322 section 3.2.3. */
static bool is_special(char c)
{
	return c != '\0' && strchr("()<>[]:;@\\,.\"", c) != NULL;
}

static bool is_atom(char c)
{
	return (unsigned char)c > ' ' && c != 127 && !is_special(c);
}

static bool take_enclosed(struct reader *r, char close, enum token token)
{
	size_t n = enclosed(r->rest, peek(r), close);

	r->token = n == VIEW_NONE ? TOKEN_BAD : token;
	skip(r, n == VIEW_NONE ? r->rest.n : n);
	return n != VIEW_NONE;
}

static void skip_blanks(struct reader *r)
{
	while (r->rest.n > 0 && (ascii_blank(peek(r)) || peek(r) == '(')) {
		if (peek(r) != '(')
			skip(r, 1);
		else if (!take_enclosed(r, ')', TOKEN_END))
			return;
	}
	r->token = TOKEN_END;
}

static void next_token(struct reader *r)
{
	size_t n = 0;

	skip_blanks(r);
	if (r->token == TOKEN_BAD || r->rest.n == 0)
		return;
	if (peek(r) == '"') {
		(void)take_enclosed(r, '"', TOKEN_QUOTED);
		return;
	}
	if (peek(r) == '[') {
		(void)take_enclosed(r, ']', TOKEN_LITERAL);
		return;
	}
	while (n < r->rest.n && is_atom(r->rest.p[n]))
		n++;
	r->token = n > 0 ? TOKEN_ATOM : TOKEN_SPECIAL;
	r->text = view_first(r->rest, n > 0 ? n : 1);
	skip(r, r->text.n);
}

/* --- mailboxes --- */

static void fail(struct reader *r, enum status st)
{
	if (r->st == ST_OK)
		r->st = st;
}

static void new_mailbox(struct reader *r)
{
	r->n = 0;
	r->any = r->at = r->joined = r->literal = r->angle = r->closed = false;
}

static void add_domain(struct reader *r, struct view text)
{
	if (text.n > AUTHOR_DOMAIN_MAX - r->n) {
		fail(r, ST_LIMIT);
		return;
	}
	for (size_t i = 0; i < text.n; i++)
		r->domain[r->n++] = ascii_lower(text.p[i]);
}

/* A mailbox is whole: its domain is the first, or the same as that. */
static void end_mailbox(struct reader *r)
{
	struct view domain;

	if (r->n > 0 && r->domain[r->n - 1] == '.')
		r->n--;
	domain = (struct view){ r->domain, r->n };
	if (r->angle || (r->any && (!r->at || (domain.n == 0 && !r->literal)))) {
		fail(r, ST_INVALID);
	} else if (r->literal) {
		fail(r, ST_NOTFOUND);
	} else if (r->any && r->found.n == 0) {
		fail(r, buf_append(r->out, domain));
		r->found = view_from(buf_view(r->out), r->out->n - domain.n);
	} else if (r->any && !view_eq(r->found, domain)) {
		fail(r, ST_LIMIT);
	}
	new_mailbox(r);
}

/* A word of a name or of a local part; or a label. */
static void take_word(struct reader *r)
{
	if (r->closed || (r->at && (!r->joined || r->token != TOKEN_ATOM))) {
		fail(r, ST_INVALID);
		return;
	}
	if (r->at)
		add_domain(r, r->text);
	r->any = true;
	r->joined = false;
}

static void take_literal(struct reader *r)
{
	if (!r->at || r->n > 0 || !r->joined)
		fail(r, ST_INVALID);
	r->literal = true;
	r->joined = false;
}

/* What stood before was a name, as in "rin@shop.example <rin@shop.example>". */
static void open_angle(struct reader *r)
{
	if (r->angle || r->closed)
		fail(r, ST_INVALID);
	new_mailbox(r);
	r->any = r->angle = true;
}

static void take_mark(struct reader *r, char c)
{
	bool wrong = false;

	switch (c) {
	case '.':
		wrong = r->closed || (r->at && (r->joined || r->literal));
		if (r->at)
			add_domain(r, r->text);
		r->joined = r->at;
		break;
	case '@':
		wrong = r->closed || r->at || !r->any;
		r->at = r->joined = true;
		break;
	case '>':
		wrong = !r->angle;
		r->angle = false;
		r->closed = true;
		break;
	case ':':
		wrong = r->group || r->angle || r->at || r->closed || !r->any;
		r->group = true;
		new_mailbox(r);
		break;
	case ';':
		wrong = !r->group;
		end_mailbox(r);
		r->group = false;
		break;
	case ',': end_mailbox(r); break;
	case '<': open_angle(r); break;
	default: wrong = true; break;
	}
	if (wrong)
		fail(r, ST_INVALID);
}

enum status author_domain(struct view from, struct buf *out)
{
	struct reader r = { .rest = from, .out = out };
	size_t was = out->n;

	while (r.st == ST_OK) {
		next_token(&r);
		if (r.token == TOKEN_END)
			break;
		switch (r.token) {
		case TOKEN_ATOM:
		case TOKEN_QUOTED: take_word(&r); break;
		case TOKEN_LITERAL: take_literal(&r); break;
		case TOKEN_SPECIAL: take_mark(&r, r.text.p[0]); break;
		case TOKEN_BAD:
		case TOKEN_END: fail(&r, ST_INVALID); break;
		}
	}
	if (r.st == ST_OK)
		end_mailbox(&r);
	if (r.st == ST_OK && r.group)
		r.st = ST_INVALID;
	if (r.st == ST_OK && r.found.n == 0)
		r.st = ST_NOTFOUND;
	if (r.st != ST_OK)
		out->n = was;
	return r.st;
}
