#include "codec/milter.h"

#include "util/cursor.h"

enum status milter_scan(struct view in, uint32_t max_data, struct milter_packet *out, size_t *used)
{
	struct cursor c = cursor_of(in);
	uint32_t length = (uint32_t)cur_be(&c, 4);
	struct milter_packet packet;

	if (c.bad)
		return ST_AGAIN;
	if (length == 0)
		return ST_INVALID;
	if (length - 1 > max_data || length - 1 > MILTER_DATA_MAX_1M)
		return ST_LIMIT;
	packet.letter = (char)cur_u8(&c);
	packet.data = cur_take(&c, length - 1);
	if (c.bad)
		return ST_AGAIN;
	*out = packet;
	*used = in.n - c.left;
	return ST_OK;
}

/* All that is left: whole texts, or none. */
static struct milter_texts read_texts(struct cursor *c)
{
	struct milter_texts t = { .packed = cur_take(c, c->left) };

	if (t.packed.n > 0 && t.packed.p[t.packed.n - 1] != '\0')
		c->bad = true;
	for (size_t i = 0; i < t.packed.n; i++)
		t.count += t.packed.p[i] == '\0';
	return t;
}

bool milter_next(struct milter_texts *rest, struct view *out)
{
	if (!view_next(&rest->packed, '\0', out))
		return false;
	rest->count--;
	return true;
}

static void read_offer(struct cursor *c, struct milter_command *m)
{
	m->offer.version = (uint32_t)cur_be(c, 4);
	m->offer.actions = (uint32_t)cur_be(c, 4);
	m->offer.steps = (uint32_t)cur_be(c, 4);
}

static void read_macros(struct cursor *c, struct milter_command *m)
{
	m->macros.command = (char)cur_u8(c);
	m->macros.pairs = read_texts(c);
	if (m->macros.pairs.count % 2 != 0)
		c->bad = true;
}

/* Sendmail puts "IPv6:" in front; libmilter takes it off without regard to case. */
static struct ip read_ip(enum milter_family family, struct view text)
{
	static const struct view label = VIEW_INIT("IPv6:");
	static const struct ip none = { .family = IP_NONE };
	struct ip ip;

	if (family != MILTER_IPV4 && family != MILTER_IPV6)
		return none;
	if (family == MILTER_IPV6 && view_eq_nocase(view_first(text, label.n), label))
		text = view_from(text, label.n);
	if (ip_parse(text, &ip) != ST_OK)
		return none;
	/* A mapped address comes out as the IPv4 address that it carries. */
	return family == MILTER_IPV4 && view_find(text, ':') != VIEW_NONE ? none : ip;
}

static void read_connect(struct cursor *c, struct milter_command *m)
{
	struct milter_connect *to = &m->connect;
	char family;

	to->host = cur_cstr(c);
	family = (char)cur_u8(c);
	if (family == MILTER_UNKNOWN_FAMILY) {
		/* libmilter doesn't look at what stands behind it. */
		(void)cur_take(c, c->left);
		to->family = MILTER_UNKNOWN_FAMILY;
		return;
	}
	if (family == MILTER_IPV4)
		to->family = MILTER_IPV4;
	else if (family == MILTER_IPV6)
		to->family = MILTER_IPV6;
	else if (family == MILTER_LOCAL)
		to->family = MILTER_LOCAL;
	else
		c->bad = true;
	to->port = (uint16_t)cur_be(c, 2);
	to->address = cur_cstr(c);
	if (!c->bad)
		to->ip = read_ip(to->family, to->address);
}

static void read_text(struct cursor *c, struct milter_command *m)
{
	m->text = cur_cstr(c);
}

static void read_envelope(struct cursor *c, struct milter_command *m)
{
	m->envelope.address = cur_cstr(c);
	m->envelope.arguments = read_texts(c);
}

static void read_header(struct cursor *c, struct milter_command *m)
{
	m->header.name = cur_cstr(c);
	m->header.value = cur_cstr(c);
	if (m->header.name.n == 0)
		c->bad = true;
}

static void read_body(struct cursor *c, struct milter_command *m)
{
	m->body = cur_take(c, c->left);
	if (m->body.n == 0)
		c->bad = true;
}

static void read_end(struct cursor *c, struct milter_command *m)
{
	m->body = cur_take(c, c->left);
}

static void read_nothing(struct cursor *c, struct milter_command *m)
{
	(void)c;
	(void)m;
}

#define ALWAYS 0u
#define NEVER  UINT32_MAX

static const struct shape {
	enum milter_command_kind kind;
	uint32_t no_answer; /* the step that says so, ALWAYS answered, or NEVER */
	void (*read)(struct cursor *c, struct milter_command *m);
} shapes[] = {
	{ MILTER_OPTNEG, ALWAYS, read_offer },
	{ MILTER_MACRO, NEVER, read_macros },
	{ MILTER_CONNECT, MILTER_NR_CONNECT, read_connect },
	{ MILTER_HELO, MILTER_NR_HELO, read_text },
	{ MILTER_MAIL, MILTER_NR_MAIL, read_envelope },
	{ MILTER_RCPT, MILTER_NR_RCPT, read_envelope },
	{ MILTER_DATA, MILTER_NR_DATA, read_nothing },
	{ MILTER_UNKNOWN, MILTER_NR_UNKNOWN, read_text },
	{ MILTER_HEADER, MILTER_NR_HEADER, read_header },
	{ MILTER_EOH, MILTER_NR_EOH, read_nothing },
	{ MILTER_BODY, MILTER_NR_BODY, read_body },
	{ MILTER_EOB, ALWAYS, read_end },
	{ MILTER_ABORT, NEVER, read_nothing },
	{ MILTER_QUIT, NEVER, read_nothing },
	{ MILTER_QUIT_NC, NEVER, read_nothing },
};

static const struct shape *find_shape(char letter)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (shapes[i].kind == (unsigned char)letter)
			return &shapes[i];
	return NULL;
}

enum status milter_command_read(const struct milter_packet *packet, struct milter_command *out)
{
	const struct shape *shape = find_shape(packet->letter);
	struct cursor c = cursor_of(packet->data);
	struct milter_command m;

	if (shape == NULL)
		return ST_NOTFOUND;
	memset(&m, 0, sizeof(m));
	m.kind = shape->kind;
	shape->read(&c, &m);
	if (!cur_done(&c))
		return ST_INVALID;
	*out = m;
	return ST_OK;
}

enum status milter_macro_stage(char command, enum milter_stage *out)
{
	static const char letters[MILTER_STAGES] = {
		[MILTER_AT_CONNECT] = MILTER_CONNECT, [MILTER_AT_HELO] = MILTER_HELO,
		[MILTER_AT_MAIL] = MILTER_MAIL,       [MILTER_AT_RCPT] = MILTER_RCPT,
		[MILTER_AT_DATA] = MILTER_DATA,       [MILTER_AT_EOM] = MILTER_EOB,
		[MILTER_AT_EOH] = MILTER_EOH,
	};

	for (unsigned i = 0; i < MILTER_STAGES; i++) {
		if (letters[i] == command) {
			*out = (enum milter_stage)i;
			return ST_OK;
		}
	}
	return ST_NOTFOUND;
}

bool milter_awaits_answer(enum milter_command_kind kind, uint32_t steps)
{
	const struct shape *shape = find_shape((char)kind);

	return shape != NULL && shape->no_answer != NEVER && (steps & shape->no_answer) == 0;
}

void milter_number(uint32_t x, char out[4])
{
	for (unsigned i = 0; i < 4; i++)
		out[i] = (char)(x >> (24 - 8 * i) & 0xff);
}

enum status milter_put_packet(struct buf *out, char letter, const struct view *parts, size_t n)
{
	size_t before = out->n, data = 0;
	char head[MILTER_HEAD];
	enum status st;

	for (size_t i = 0; i < n; i++) {
		if (parts[i].n > MILTER_DATA_MAX - data)
			return ST_LIMIT;
		data += parts[i].n;
	}
	milter_number((uint32_t)data + 1, head);
	head[4] = letter;
	st = buf_append(out, (struct view){ head, sizeof(head) });
	for (size_t i = 0; i < n && st == ST_OK; i++)
		st = buf_append(out, parts[i]);
	if (st != ST_OK)
		out->n = before;
	return st;
}
