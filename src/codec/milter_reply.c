#include "codec/milter_reply.h"

enum form {
	FORM_BARE,
	FORM_HEADER,
	FORM_INDEXED_HEADER,
	FORM_ADDRESS,
	FORM_ADDRESS_ARGUMENTS,
	FORM_TEXT,
	FORM_REASON,
	FORM_BODY,
};

static const struct shape {
	enum milter_reply_kind kind;
	enum form form;
	uint32_t action;
} shapes[] = {
	{ MILTER_CONTINUE, FORM_BARE, 0 },
	{ MILTER_ACCEPT, FORM_BARE, 0 },
	{ MILTER_REJECT, FORM_BARE, 0 },
	{ MILTER_TEMPFAIL, FORM_BARE, 0 },
	{ MILTER_DISCARD, FORM_BARE, 0 },
	{ MILTER_REPLYCODE, FORM_TEXT, 0 },
	{ MILTER_SKIP, FORM_BARE, 0 },
	{ MILTER_SHUTDOWN, FORM_BARE, 0 },
	{ MILTER_CONN_FAIL, FORM_BARE, 0 },
	{ MILTER_PROGRESS, FORM_BARE, 0 },
	{ MILTER_ADDHEADER, FORM_HEADER, MILTER_MAY_ADD_HEADERS },
	{ MILTER_INSHEADER, FORM_INDEXED_HEADER, MILTER_MAY_ADD_HEADERS },
	{ MILTER_CHGHEADER, FORM_INDEXED_HEADER, MILTER_MAY_CHANGE_HEADERS },
	{ MILTER_REPLBODY, FORM_BODY, MILTER_MAY_CHANGE_BODY },
	{ MILTER_ADDRCPT, FORM_ADDRESS, MILTER_MAY_ADD_RCPT },
	{ MILTER_ADDRCPT_PAR, FORM_ADDRESS_ARGUMENTS, MILTER_MAY_ADD_RCPT_PAR },
	{ MILTER_DELRCPT, FORM_ADDRESS, MILTER_MAY_DELETE_RCPT },
	{ MILTER_CHGFROM, FORM_ADDRESS_ARGUMENTS, MILTER_MAY_CHANGE_FROM },
	{ MILTER_QUARANTINE, FORM_REASON, MILTER_MAY_QUARANTINE },
};

static const struct shape *find_shape(enum milter_reply_kind kind)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (shapes[i].kind == kind)
			return &shapes[i];
	return NULL;
}

uint32_t milter_reply_action(enum milter_reply_kind kind)
{
	const struct shape *shape = find_shape(kind);

	return shape != NULL ? shape->action : 0;
}

static bool is_control(char c)
{
	return (unsigned char)c < 32 || c == 127;
}

static bool is_plain(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (is_control(v.p[i]))
			return false;
	return true;
}

/* Nobody behind us checks it. */
bool milter_is_header_name(struct view name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= 32 || name.p[i] >= 127 || name.p[i] == ':')
			return false;
	return name.n > 0;
}

/* A CR would go into the delivered message as it is; a LF without a blank behind it would begin
 * another header if the MTA did not repair it. */
static bool is_header_value(struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '\0' || v.p[i] == '\r')
			return false;
		if (v.p[i] == '\n' && (i + 1 == v.n || (v.p[i + 1] != ' ' && v.p[i + 1] != '\t')))
			return false;
	}
	return true;
}

static enum status put_header(struct buf *out, const struct milter_reply *r, bool indexed)
{
	char number[4];
	const struct view parts[] = {
		{ number, sizeof(number) }, r->name, MILTER_NUL, r->value, MILTER_NUL
	};

	if (!milter_is_header_name(r->name) || !is_header_value(r->value))
		return ST_INVALID;
	milter_number(r->index, number);
	if (indexed)
		return milter_put_packet(out, (char)r->kind, parts, 5);
	return milter_put_packet(out, (char)r->kind, parts + 1, 4);
}

/* Without arguments the second text is left out, as libmilter does. */
static enum status put_address(struct buf *out, const struct milter_reply *r, bool may_have_more)
{
	bool bracketed = r->address.n >= 2 && r->address.p[0] == '<' &&
	                 r->address.p[r->address.n - 1] == '>';
	const struct view parts[] = {
		bracketed ? VIEW("") : VIEW("<"),
		r->address,
		bracketed ? VIEW("") : VIEW(">"),
		MILTER_NUL,
		r->arguments,
		MILTER_NUL,
	};
	bool more = may_have_more && r->arguments.n > 0;

	if (!is_plain(r->address) || (more && !is_plain(r->arguments)))
		return ST_INVALID;
	return milter_put_packet(out, (char)r->kind, parts, more ? 6 : 4);
}

/* Both MTAs need the NUL, though it stands at the end of the packet anyway. */
static enum status put_text(struct buf *out, enum milter_reply_kind kind, struct view text)
{
	const struct view parts[] = { text, MILTER_NUL };

	return milter_put_packet(out, (char)kind, parts, 2);
}

static enum status put_body(struct buf *out, struct view body)
{
	size_t before = out->n;
	enum status st;

	do {
		struct view piece = view_first(body, MILTER_DATA_MAX);

		st = milter_put_packet(out, MILTER_REPLBODY, &piece, 1);
		body = view_from(body, piece.n);
	} while (st == ST_OK && body.n > 0);
	if (st != ST_OK)
		out->n = before;
	return st;
}

enum status milter_put_reply(struct buf *out, const struct milter_reply *r)
{
	const struct shape *shape = find_shape(r->kind);
	enum status st;

	if (shape == NULL)
		return ST_INVALID;
	switch (shape->form) {
	case FORM_BARE: return milter_put_packet(out, (char)r->kind, NULL, 0);
	case FORM_HEADER: return put_header(out, r, false);
	case FORM_INDEXED_HEADER: return put_header(out, r, true);
	case FORM_ADDRESS: return put_address(out, r, false);
	case FORM_ADDRESS_ARGUMENTS: return put_address(out, r, true);
	case FORM_TEXT:
		st = milter_text_check(r->text);
		return st == ST_OK ? put_text(out, r->kind, r->text) : st;
	case FORM_REASON: return is_plain(r->text) ? put_text(out, r->kind, r->text) : ST_INVALID;
	case FORM_BODY: return put_body(out, r->body);
	}
	return ST_INVALID;
}

#define CODE_OCTETS 3u
#define LINE_HEAD   (CODE_OCTETS + 1) /* and a blank, or "-" when another line follows */

static bool is_code(struct view v)
{
	return v.n == CODE_OCTETS && (v.p[0] == '4' || v.p[0] == '5') && ascii_digit(v.p[1]) &&
	       ascii_digit(v.p[2]);
}

/* RFC 3463 section 2: class, subject and detail, the last two of up to three digits. */
static bool is_enhanced(struct view v, unsigned class)
{
	struct view number;
	uint64_t x;
	unsigned n = 0;

	if (v.n == 0 || v.p[v.n - 1] == '.')
		return false;
	for (; view_next(&v, '.', &number); n++) {
		if (view_u64(number, 999, &x) != ST_OK || number.n > 3)
			return false;
		if (n == 0 && (x != class || number.n != 1))
			return false;
	}
	return n == 3;
}

/* What is behind the enhanced code, if there is one. */
static struct view without_enhanced(struct view text, struct view code)
{
	size_t blank = view_find(text, ' ');

	if (blank == VIEW_NONE ||
	    !is_enhanced(view_first(text, blank), (unsigned)(code.p[0] - '0')))
		return text;
	return view_from(text, blank + 1);
}

/* A digit in the fifth place must be the class of the code (Postfix, milter8.c). */
static enum status check_line(struct view line, struct view code, char separator)
{
	struct view text = view_from(line, LINE_HEAD);

	if (line.n < LINE_HEAD || !view_eq(view_first(line, CODE_OCTETS), code) ||
	    line.p[CODE_OCTETS] != separator)
		return ST_INVALID;
	if (without_enhanced(text, code).n > MILTER_TEXT_LINE_MAX)
		return ST_LIMIT;
	if (text.n > 0 && ascii_digit(text.p[0]) && text.p[0] != code.p[0])
		return ST_INVALID;
	for (size_t i = 0; i < text.n; i++) {
		if (is_control(text.p[i]) || (unsigned char)text.p[i] > 126)
			return ST_INVALID;
		if (text.p[i] == '%' && (++i == text.n || text.p[i] != '%'))
			return ST_INVALID;
	}
	return ST_OK;
}

enum status milter_text_check(struct view text)
{
	struct view code = view_first(text, CODE_OCTETS);
	unsigned lines = 0;
	size_t lf;

	if (!is_code(code))
		return ST_INVALID;
	do {
		struct view line;
		enum status st;

		if (lines++ == MILTER_TEXT_LINES_MAX)
			return ST_LIMIT;
		lf = view_find(text, '\n');
		line = view_first(text, lf);
		if (lf != VIEW_NONE && (lf == 0 || line.p[--line.n] != '\r'))
			return ST_INVALID;
		st = check_line(line, code, lf != VIEW_NONE ? '-' : ' ');
		if (st != ST_OK)
			return st;
		text = view_from(text, lf != VIEW_NONE ? lf + 1 : text.n);
	} while (lf != VIEW_NONE);
	return ST_OK;
}

static enum status put_octets(struct buf *out, struct view line)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < line.n && st == ST_OK; i++) {
		if (line.p[i] == '%')
			st = buf_append(out, VIEW("%%"));
		else if (is_control(line.p[i]) || (unsigned char)line.p[i] > 126)
			st = buf_byte(out, '?');
		else
			st = buf_byte(out, line.p[i]);
	}
	return st;
}

static enum status put_lines(struct buf *out, unsigned code, struct view enhanced, struct view text)
{
	enum status st = ST_OK;

	for (unsigned lines = 0; st == ST_OK && (lines == 0 || text.n > 0); lines++) {
		struct view line = VIEW("");

		if (lines == MILTER_TEXT_LINES_MAX)
			return ST_LIMIT;
		(void)view_next(&text, '\n', &line);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n > MILTER_TEXT_LINE_MAX)
			return ST_LIMIT;
		st = buf_printf(out, "%s%u%c%.*s%s", lines > 0 ? "\r\n" : "", code,
		                text.n > 0 ? '-' : ' ', VIEW_ARG(enhanced),
		                enhanced.n > 0 ? " " : "");
		if (st == ST_OK)
			st = put_octets(out, line);
	}
	return st;
}

enum status milter_text(struct buf *out, unsigned code, struct view enhanced, struct view text)
{
	size_t before = out->n;
	enum status st;

	if (code < 400 || code > 599 || (enhanced.n > 0 && !is_enhanced(enhanced, code / 100)))
		return ST_INVALID;
	st = put_lines(out, code, enhanced, text);
	if (st == ST_OK)
		st = milter_text_check(view_from(buf_view(out), before));
	if (st != ST_OK)
		out->n = before;
	return st;
}
