#include "codec/milter_mta.h"

#include "util/cursor.h"

/* libmilter takes an offer of no actions for these (engine.c: SMFI_V1_ACTS). */
#define V1_ACTIONS 0x0fu

#define PARTS_MAX 6u

/* --- commands --- */

struct parts {
	struct view part[PARTS_MAX];
	size_t n;
	bool bad;
};

static void add(struct parts *p, struct view octets)
{
	p->part[p->n++] = octets;
}

static void add_text(struct parts *p, struct view text)
{
	p->bad = p->bad || view_find(text, '\0') != VIEW_NONE;
	add(p, text);
	add(p, MILTER_NUL);
}

static void add_texts(struct parts *p, struct view packed)
{
	p->bad = p->bad || (packed.n > 0 && packed.p[packed.n - 1] != '\0');
	add(p, packed);
}

static enum status put(struct buf *out, enum milter_command_kind kind, const struct parts *p)
{
	return p->bad ? ST_INVALID : milter_put_packet(out, (char)kind, p->part, p->n);
}

static enum status put_offer(struct buf *out, const struct milter_offer *offer)
{
	const uint32_t words[] = { offer->version, offer->actions, offer->steps };
	char numbers[3][4];
	struct parts p = { .n = 0 };

	for (size_t i = 0; i < 3; i++) {
		milter_number(words[i], numbers[i]);
		add(&p, (struct view){ numbers[i], 4 });
	}
	return put(out, MILTER_OPTNEG, &p);
}

static bool in_pairs(struct view packed)
{
	size_t count = 0;

	for (size_t i = 0; i < packed.n; i++)
		count += packed.p[i] == '\0';
	return count % 2 == 0;
}

static enum status put_macros(struct buf *out, const struct milter_macros *m)
{
	struct parts p = { .bad = !in_pairs(m->pairs.packed) };

	add(&p, (struct view){ &m->command, 1 });
	add_texts(&p, m->pairs.packed);
	return put(out, MILTER_MACRO, &p);
}

static enum status put_connect(struct buf *out, const struct milter_connect *m)
{
	const char family = (char)m->family;
	const char port[2] = { (char)(m->port >> 8), (char)(m->port & 0xff) };
	struct parts p = { .n = 0 };

	add_text(&p, m->host);
	add(&p, (struct view){ &family, 1 });
	switch (m->family) {
	case MILTER_UNKNOWN_FAMILY: break;
	case MILTER_IPV4:
	case MILTER_IPV6:
	case MILTER_LOCAL:
		add(&p, (struct view){ port, sizeof(port) });
		add_text(&p, m->address);
		break;
	default: p.bad = true;
	}
	return put(out, MILTER_CONNECT, &p);
}

static enum status put_envelope(struct buf *out, enum milter_command_kind kind,
                                const struct milter_envelope *m)
{
	struct parts p = { .n = 0 };

	add_text(&p, m->address);
	add_texts(&p, m->arguments.packed);
	return put(out, kind, &p);
}

static enum status put_header(struct buf *out, const struct milter_header *m)
{
	struct parts p = { .bad = m->name.n == 0 };

	add_text(&p, m->name);
	add_text(&p, m->value);
	return put(out, MILTER_HEADER, &p);
}

static enum status put_text(struct buf *out, enum milter_command_kind kind, struct view text)
{
	struct parts p = { .n = 0 };

	add_text(&p, text);
	return put(out, kind, &p);
}

static enum status put_body(struct buf *out, struct view body)
{
	size_t before = out->n;
	enum status st = body.n > 0 ? ST_OK : ST_INVALID;

	while (st == ST_OK && body.n > 0) {
		struct view piece = view_first(body, MILTER_DATA_MAX);

		st = milter_put_packet(out, MILTER_BODY, &piece, 1);
		body = view_from(body, piece.n);
	}
	if (st != ST_OK)
		out->n = before;
	return st;
}

enum status milter_put_command(struct buf *out, const struct milter_command *m)
{
	switch (m->kind) {
	case MILTER_OPTNEG: return put_offer(out, &m->offer);
	case MILTER_MACRO: return put_macros(out, &m->macros);
	case MILTER_CONNECT: return put_connect(out, &m->connect);
	case MILTER_MAIL:
	case MILTER_RCPT: return put_envelope(out, m->kind, &m->envelope);
	case MILTER_HELO:
	case MILTER_UNKNOWN: return put_text(out, m->kind, m->text);
	case MILTER_HEADER: return put_header(out, &m->header);
	case MILTER_BODY: return put_body(out, m->body);
	case MILTER_EOB: return milter_put_packet(out, MILTER_EOB, &m->body, 1);
	case MILTER_DATA:
	case MILTER_EOH:
	case MILTER_ABORT:
	case MILTER_QUIT:
	case MILTER_QUIT_NC: return milter_put_packet(out, (char)m->kind, NULL, 0);
	}
	return ST_INVALID;
}

/* --- the answer to the offer --- */

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

static void read_lists(struct cursor *c, struct milter_agreed *a)
{
	while (!c->bad && c->left > 0) {
		uint32_t stage = (uint32_t)cur_be(c, 4);
		struct view names = cur_cstr(c);

		if (!is_plain(names))
			c->bad = true;
		if (!c->bad && stage < MILTER_STAGES)
			a->macros[stage] = names;
	}
}

enum status milter_agree(const struct milter_packet *packet, const struct milter_offer *offer,
                         struct milter_agreed *out)
{
	uint32_t actions = offer->actions != 0 ? offer->actions : V1_ACTIONS;
	struct cursor c = cursor_of(packet->data);
	struct milter_agreed a = { .version = (uint32_t)cur_be(&c, 4) };

	a.actions = (uint32_t)cur_be(&c, 4);
	a.steps = (uint32_t)cur_be(&c, 4);
	read_lists(&c, &a);
	if (packet->letter != MILTER_OPTNEG || !cur_done(&c))
		return ST_INVALID;
	if (a.version < MILTER_VERSION_MIN || a.version > offer->version ||
	    (a.actions & ~actions) != 0 || (a.steps & ~offer->steps) != 0)
		return ST_INVALID;
	/* What its version does not know it would not answer (sendmail/milter.c). */
	if (a.version < 3)
		a.steps |= MILTER_NO_UNKNOWN;
	if (a.version < 4)
		a.steps |= MILTER_NO_DATA;
	*out = a;
	return ST_OK;
}

/* --- answers and changes --- */

static void read_header(struct cursor *c, struct milter_reply *r)
{
	r->name = cur_cstr(c);
	r->value = cur_cstr(c);
	if (!milter_is_header_name(r->name))
		c->bad = true;
}

static void read_indexed(struct cursor *c, struct milter_reply *r)
{
	r->index = (uint32_t)cur_be(c, 4);
	read_header(c, r);
}

/* To the NUL, or to the end where nothing else may follow. */
static struct view read_last(struct cursor *c)
{
	struct view left = { (const char *)c->p, c->left };

	return view_find(left, '\0') != VIEW_NONE ? cur_cstr(c) : cur_take(c, c->left);
}

static void read_address(struct cursor *c, struct milter_reply *r)
{
	r->address = read_last(c);
	if (r->address.n == 0 || !is_plain(r->address))
		c->bad = true;
}

static void read_address_arguments(struct cursor *c, struct milter_reply *r)
{
	read_address(c, r);
	if (c->left > 0)
		r->arguments = read_last(c);
	if (!is_plain(r->arguments))
		c->bad = true;
}

static void read_code(struct cursor *c, struct milter_reply *r)
{
	struct view v = read_last(c);

	r->text = v;
	if (v.n < 3 || (v.p[0] != '4' && v.p[0] != '5') || !ascii_digit(v.p[1]) ||
	    !ascii_digit(v.p[2]))
		c->bad = true;
}

static void read_reason(struct cursor *c, struct milter_reply *r)
{
	r->text = read_last(c);
}

static void read_piece(struct cursor *c, struct milter_reply *r)
{
	r->body = cur_take(c, c->left);
}

static void read_nothing(struct cursor *c, struct milter_reply *r)
{
	(void)c;
	(void)r;
}

static const struct shape {
	enum milter_reply_kind kind;
	void (*read)(struct cursor *c, struct milter_reply *r);
} shapes[] = {
	{ MILTER_CONTINUE, read_nothing },  { MILTER_ACCEPT, read_nothing },
	{ MILTER_REJECT, read_nothing },    { MILTER_TEMPFAIL, read_nothing },
	{ MILTER_DISCARD, read_nothing },   { MILTER_REPLYCODE, read_code },
	{ MILTER_SKIP, read_nothing },      { MILTER_SHUTDOWN, read_nothing },
	{ MILTER_CONN_FAIL, read_nothing }, { MILTER_PROGRESS, read_nothing },
	{ MILTER_ADDHEADER, read_header },  { MILTER_INSHEADER, read_indexed },
	{ MILTER_CHGHEADER, read_indexed }, { MILTER_REPLBODY, read_piece },
	{ MILTER_ADDRCPT, read_address },   { MILTER_ADDRCPT_PAR, read_address_arguments },
	{ MILTER_DELRCPT, read_address },   { MILTER_CHGFROM, read_address_arguments },
	{ MILTER_QUARANTINE, read_reason },
};

static const struct shape *find_shape(char letter)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (shapes[i].kind == (unsigned char)letter)
			return &shapes[i];
	return NULL;
}

enum status milter_reply_read(const struct milter_packet *packet, struct milter_reply *out)
{
	const struct shape *shape = find_shape(packet->letter);
	struct cursor c = cursor_of(packet->data);
	struct milter_reply r;

	if (shape == NULL)
		return ST_NOTFOUND;
	memset(&r, 0, sizeof(r));
	r.kind = shape->kind;
	shape->read(&c, &r);
	if (!cur_done(&c))
		return ST_INVALID;
	*out = r;
	return ST_OK;
}

/* --- on to another MTA --- */

static enum status mend_value(struct buf *out, struct view v)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < v.n && st == ST_OK; i++) {
		bool blank_next = i + 1 < v.n && (v.p[i + 1] == ' ' || v.p[i + 1] == '\t');

		if (v.p[i] != '\r')
			st = buf_byte(out, v.p[i]);
		if (st == ST_OK && v.p[i] == '\n' && !blank_next)
			st = buf_byte(out, '\t');
	}
	return st;
}

static enum status mend_reason(struct buf *out, struct view v)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < v.n && st == ST_OK; i++)
		st = buf_byte(out, (char)(is_control(v.p[i]) ? '?' : v.p[i]));
	return st;
}

/* Line ends are left as they are: the text is checked afterwards. */
static enum status mend_text(struct buf *out, struct view v)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < v.n && st == ST_OK; i++) {
		bool line_end = v.p[i] == '\r' || v.p[i] == '\n';
		bool odd = is_control(v.p[i]) || (unsigned char)v.p[i] > 126;

		if (v.p[i] != '%') {
			st = buf_byte(out, (char)(odd && !line_end ? '?' : v.p[i]));
			continue;
		}
		st = buf_append(out, VIEW("%%"));
		if (i + 1 < v.n && v.p[i + 1] == '%')
			i++;
	}
	return st;
}

static enum status put_text_or_bare(struct buf *out, struct milter_reply *r)
{
	bool for_good = r->text.n > 0 && r->text.p[0] == '5';

	if (milter_text_check(r->text) != ST_OK)
		r->kind = for_good ? MILTER_REJECT : MILTER_TEMPFAIL;
	return milter_put_reply(out, r);
}

enum status milter_put_mended(struct buf *out, const struct milter_reply *r)
{
	struct buf space = buf_of((size_t)MILTER_DATA_MAX * 2);
	struct milter_reply mended = *r;
	enum status st = ST_OK;

	if (r->kind == MILTER_REPLYCODE) {
		st = mend_text(&space, r->text);
		mended.text = st == ST_OK ? buf_view(&space) : view_first(r->text, 1);
		st = put_text_or_bare(out, &mended);
	} else if (r->kind == MILTER_QUARANTINE) {
		st = mend_reason(&space, r->text);
		mended.text = buf_view(&space);
	} else if (r->name.n > 0) {
		st = mend_value(&space, r->value);
		mended.value = buf_view(&space);
	}
	if (st == ST_OK && r->kind != MILTER_REPLYCODE)
		st = milter_put_reply(out, &mended);
	buf_free(&space);
	return st;
}
