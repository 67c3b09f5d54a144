#include "codec/dnsupdate.h"

#include <nettle/base64.h>
#include <nettle/hmac.h>

#include "util/cursor.h"
#include "util/ip.h"

#define HEADER_SIZE 12
#define WIRE_MAX    255 /* a name, RFC 1035 section 2.3.4 */
#define LABEL_MAX   63
#define STRING_MAX  255 /* of a TXT record, section 3.3.14 */

#define JUMPS_MAX 127

#define FLAG_ANSWER 0x8000u
#define OPCODE(n)   ((unsigned)(n) << 11)
#define RCODE       0x000fu

enum { OPCODE_QUERY = 0, OPCODE_UPDATE = 5 };
enum { TYPE_SOA = 6, TYPE_TSIG = 250, CLASS_ANY = 255 };
enum { RCODE_NXDOMAIN = 3 };

#define FUDGE_S 300 /* by which clocks may differ, RFC 8945 section 10 */

static const struct {
	const char *name; /* as people write it */
	const char *wire; /* RFC 8945 section 6 */
	unsigned digest_size;
} algorithms[] = {
	[DNSUPDATE_MD5] = { "hmac-md5", "hmac-md5.sig-alg.reg.int", MD5_DIGEST_SIZE },
	[DNSUPDATE_SHA1] = { "hmac-sha1", "hmac-sha1", SHA1_DIGEST_SIZE },
	[DNSUPDATE_SHA256] = { "hmac-sha256", "hmac-sha256", SHA256_DIGEST_SIZE },
};

#define ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))

/* --- writing --- */

/* Remembers the first trouble. */
struct message {
	struct buf *out;
	enum status st;
};

static void put(struct message *m, uint64_t x, unsigned octets)
{
	for (unsigned i = octets; i > 0 && m->st == ST_OK; i--)
		m->st = buf_byte(m->out, (char)(x >> (8 * (i - 1))));
}

static void put_octets(struct message *m, struct view v)
{
	if (m->st == ST_OK)
		m->st = buf_append(m->out, v);
}

static bool is_name_octet(char c)
{
	return c > ' ' && c < 127 && c != '\\';
}

static void put_label(struct message *m, struct view label)
{
	for (size_t i = 0; i < label.n; i++)
		if (!is_name_octet(label.p[i]))
			m->st = ST_INVALID;
	if (label.n == 0 || label.n > LABEL_MAX)
		m->st = ST_INVALID;
	put(m, label.n, 1);
	for (size_t i = 0; i < label.n; i++)
		put(m, (unsigned char)ascii_lower(label.p[i]), 1);
}

/* In lower case, as signatures want it (RFC 8945 section 4.3.3); the DNS does not mind. */
static void put_name(struct message *m, struct view name)
{
	size_t before = m->out->n;
	struct view label;

	if (name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	if (m->st == ST_OK && (name.n == 0 || name.n > WIRE_MAX || name.p[name.n - 1] == '.'))
		m->st = ST_INVALID;
	while (m->st == ST_OK && view_next(&name, '.', &label))
		put_label(m, label);
	put(m, 0, 1);
	if (m->st == ST_OK && m->out->n - before > WIRE_MAX)
		m->st = ST_INVALID;
}

static void put_header(struct message *m, uint16_t id, unsigned flags, unsigned updates)
{
	put(m, id, 2);
	put(m, flags, 2);
	put(m, 1, 2); /* a question, or the zone */
	put(m, 0, 2);
	put(m, updates, 2);
	put(m, 0, 2);
}

static void put_address(struct message *m, struct view text, enum ip_family family)
{
	struct ip ip = { IP_NONE, { 0 } };

	if (ip_parse(text, &ip) != ST_OK || ip.family != family)
		m->st = ST_INVALID;
	put_octets(m, (struct view){ (const char *)ip.octet, family == IP_V4 ? 4 : 16 });
}

static void put_text(struct message *m, struct view text)
{
	do {
		struct view piece = view_first(text, STRING_MAX);

		put(m, piece.n, 1);
		put_octets(m, piece);
		text = view_from(text, piece.n);
	} while (text.n > 0);
}

bool dnsupdate_knows(int64_t type)
{
	return type == DNSUPDATE_A || type == DNSUPDATE_NS || type == DNSUPDATE_CNAME ||
	       type == DNSUPDATE_PTR || type == DNSUPDATE_TXT || type == DNSUPDATE_AAAA;
}

static void put_value(struct message *m, const struct dnsupdate *u)
{
	switch (u->type) {
	case DNSUPDATE_A: put_address(m, u->value, IP_V4); break;
	case DNSUPDATE_AAAA: put_address(m, u->value, IP_V6); break;
	case DNSUPDATE_TXT: put_text(m, u->value); break;
	case DNSUPDATE_NS:
	case DNSUPDATE_CNAME:
	case DNSUPDATE_PTR: put_name(m, u->value); break;
	default: m->st = ST_INVALID; break;
	}
}

/* Sets the two octets at `at`. */
static void set_u16(struct message *m, size_t at, size_t x)
{
	if (m->st != ST_OK)
		return;
	m->out->p[at] = (char)(x >> 8);
	m->out->p[at + 1] = (char)x;
}

static void put_record(struct message *m, const struct dnsupdate *u)
{
	size_t length;

	put_name(m, u->name);
	put(m, u->type, 2);
	put(m, u->dns_class, 2);
	put(m, u->ttl, 4);
	length = m->out->n;
	put(m, 0, 2);
	put_value(m, u);
	if (m->st == ST_OK && m->out->n - length - 2 > UINT16_MAX)
		m->st = ST_LIMIT;
	set_u16(m, length, m->out->n - length - 2);
}

/* --- signing --- */

static void digest(const struct dnsupdate_key *key, struct view message, struct view variables,
                   uint8_t out[SHA256_DIGEST_SIZE])
{
	const uint8_t *a = (const uint8_t *)message.p, *b = (const uint8_t *)variables.p;
	struct hmac_md5_ctx md5;
	struct hmac_sha1_ctx sha1;
	struct hmac_sha256_ctx sha256;

	switch (key->algorithm) {
	case DNSUPDATE_MD5:
		hmac_md5_set_key(&md5, key->secret_size, key->secret);
		hmac_md5_update(&md5, message.n, a);
		hmac_md5_update(&md5, variables.n, b);
		hmac_md5_digest(&md5, MD5_DIGEST_SIZE, out);
		break;
	case DNSUPDATE_SHA1:
		hmac_sha1_set_key(&sha1, key->secret_size, key->secret);
		hmac_sha1_update(&sha1, message.n, a);
		hmac_sha1_update(&sha1, variables.n, b);
		hmac_sha1_digest(&sha1, SHA1_DIGEST_SIZE, out);
		break;
	case DNSUPDATE_SHA256:
		hmac_sha256_set_key(&sha256, key->secret_size, key->secret);
		hmac_sha256_update(&sha256, message.n, a);
		hmac_sha256_update(&sha256, variables.n, b);
		hmac_sha256_digest(&sha256, SHA256_DIGEST_SIZE, out);
		break;
	}
}

static void put_time(struct message *m, int64_t now)
{
	put(m, (uint64_t)(now > 0 ? now : 0), 6);
	put(m, FUDGE_S, 2);
}

/* What is signed behind the message: RFC 8945 section 4.3.3. */
static void put_variables(struct message *m, const struct dnsupdate_key *key, int64_t now)
{
	put_name(m, key->name);
	put(m, CLASS_ANY, 2);
	put(m, 0, 4); /* TTL */
	put_name(m, view_of(algorithms[key->algorithm].wire));
	put_time(m, now);
	put(m, 0, 2); /* error */
	put(m, 0, 2); /* other data */
}

/* The record is the last one, and counted only after the signing. */
static void sign(struct message *m, size_t start, const struct dnsupdate_key *key, int64_t now)
{
	unsigned size = algorithms[key->algorithm].digest_size;
	struct buf room = buf_of(2 * WIRE_MAX + 32);
	struct message variables = { .out = &room, .st = m->st };
	uint8_t mac[SHA256_DIGEST_SIZE];
	size_t length;
	unsigned id;

	put_variables(&variables, key, now);
	m->st = variables.st;
	if (m->st == ST_OK)
		digest(key, view_from(buf_view(m->out), start), buf_view(&room), mac);
	buf_free(&room);
	if (m->st != ST_OK)
		return;
	id = (unsigned)(unsigned char)m->out->p[start] << 8 | (unsigned char)m->out->p[start + 1];
	put_name(m, key->name);
	put(m, TYPE_TSIG, 2);
	put(m, CLASS_ANY, 2);
	put(m, 0, 4);
	length = m->out->n;
	put(m, 0, 2);
	put_name(m, view_of(algorithms[key->algorithm].wire));
	put_time(m, now);
	put(m, size, 2);
	put_octets(m, (struct view){ (const char *)mac, size });
	put(m, id, 2);
	put(m, 0, 4); /* error, other data */
	set_u16(m, length, m->out->n - length - 2);
	set_u16(m, start + 10, 1);
}

enum status dnsupdate_put(struct buf *out, uint16_t id, const struct dnsupdate *u,
                          const struct dnsupdate_key *key, int64_t now)
{
	struct message m = { .out = out, .st = ST_OK };
	size_t start = out->n;

	put_header(&m, id, OPCODE(OPCODE_UPDATE), 1);
	put_name(&m, u->zone);
	put(&m, TYPE_SOA, 2);
	put(&m, u->dns_class, 2);
	put_record(&m, u);
	if (key != NULL)
		sign(&m, start, key, now);
	if (m.st != ST_OK)
		out->n = start;
	return m.st;
}

enum status dnsupdate_put_zone_question(struct buf *out, uint16_t id, struct view name,
                                        uint16_t dns_class)
{
	struct message m = { .out = out, .st = ST_OK };
	size_t start = out->n;

	put_header(&m, id, OPCODE(OPCODE_QUERY) | 0x0100u /* recursion desired */, 0);
	put_name(&m, name);
	put(&m, TYPE_SOA, 2);
	put(&m, dns_class, 2);
	if (m.st != ST_OK)
		out->n = start;
	return m.st;
}

/* --- keys --- */

static bool decode_base64(struct view text, struct dnsupdate_key *out)
{
	struct base64_decode_ctx ctx;

	out->secret_size = sizeof(out->secret);
	base64_decode_init(&ctx);
	return base64_decode_update(&ctx, &out->secret_size, out->secret, text.n, text.p) == 1 &&
	       base64_decode_final(&ctx) == 1 && out->secret_size > 0;
}

enum status dnsupdate_key_read(struct view name, struct view algorithm, struct view base64,
                               struct dnsupdate_key *out)
{
	struct buf room = buf_of(WIRE_MAX + 1);
	struct message m = { .out = &room, .st = ST_OK };
	unsigned i = 0;

	*out = (struct dnsupdate_key){ .name = name };
	put_name(&m, name);
	buf_free(&room);
	if (m.st != ST_OK)
		return ST_INVALID;
	if (algorithm.n > 0 && algorithm.p[algorithm.n - 1] == '.')
		algorithm.n--;
	while (i < ALGORITHMS && !view_eq_nocase(algorithm, view_of(algorithms[i].name)) &&
	       !view_eq_nocase(algorithm, view_of(algorithms[i].wire)))
		i++;
	if (i == ALGORITHMS)
		return ST_INVALID;
	out->algorithm = (enum dnsupdate_algorithm)i;
	if (BASE64_DECODE_LENGTH(base64.n) > sizeof(out->secret))
		return ST_LIMIT;
	return decode_base64(base64, out) ? ST_OK : ST_INVALID;
}

/* --- answers --- */

struct answer {
	struct view whole;
	struct cursor c;
	unsigned flags;
	unsigned questions, records; /* of answer and authority */
};

static enum status open_answer(struct view message, uint16_t id, struct answer *out)
{
	*out = (struct answer){ .whole = message, .c = cursor_of(message) };
	if (cur_be(&out->c, 2) != id)
		return ST_INVALID;
	out->flags = (unsigned)cur_be(&out->c, 2);
	out->questions = (unsigned)cur_be(&out->c, 2);
	out->records = (unsigned)cur_be(&out->c, 2);
	out->records += (unsigned)cur_be(&out->c, 2);
	(void)cur_be(&out->c, 2);
	return !out->c.bad && (out->flags & FLAG_ANSWER) != 0 ? ST_OK : ST_INVALID;
}

enum status dnsupdate_answer(struct view message, uint16_t id, unsigned *rcode)
{
	struct answer a;
	enum status st = open_answer(message, id, &a);

	if (st == ST_OK)
		*rcode = a.flags & RCODE;
	return st;
}

static void add_label(char *text, size_t *n, struct view label, struct cursor *c)
{
	if (*n + label.n + 1 >= DNSUPDATE_NAME_ROOM) {
		c->bad = true;
		return;
	}
	for (size_t i = 0; i < label.n; i++) {
		if (!is_name_octet(label.p[i]) || label.p[i] == '.')
			c->bad = true;
		text[(*n)++] = label.p[i];
	}
	text[(*n)++] = '.';
}

/* text NULL: it is only passed. Pointers lead back only (RFC 1035 section 4.1.4), and no name needs
 * more of them than it has labels. */
static void take_name(struct answer *a, char *text)
{
	struct cursor jumped, *c = &a->c;
	size_t limit = a->whole.n - c->left, to, n = 0;
	unsigned length, jumps = 0;

	while ((length = cur_u8(c)) != 0) { /* 0 after an overrun, too */
		if (length <= LABEL_MAX && text == NULL) {
			(void)cur_take(c, length);
			continue;
		}
		if (length <= LABEL_MAX) {
			add_label(text, &n, cur_take(c, length), c);
			continue;
		}
		to = (length & 0x3fu) << 8 | cur_u8(c);
		if ((length & 0xc0u) != 0xc0u || to >= limit || ++jumps > JUMPS_MAX)
			c->bad = true;
		if (c->bad || text == NULL)
			break;
		limit = to;
		jumped = cursor_of(view_from(a->whole, to));
		c = &jumped;
	}
	a->c.bad = a->c.bad || c->bad;
	if (text != NULL)
		text[n > 0 ? n - 1 : 0] = '\0';
}

/* Is the name the zone's, or in it? The root has all. */
static bool is_in(struct view name, struct view zone)
{
	if (name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	return view_ends_nocase(name, zone) &&
	       (zone.n == 0 || name.n == zone.n || name.p[name.n - zone.n - 1] == '.');
}

static bool take_zone(struct answer *a, struct view name, char *out)
{
	unsigned type;

	take_name(a, out);
	type = (unsigned)cur_be(&a->c, 2);
	(void)cur_take(&a->c, 6); /* class, TTL */
	(void)cur_take(&a->c, (size_t)cur_be(&a->c, 2));
	return !a->c.bad && type == TYPE_SOA && is_in(name, view_of(out));
}

enum status dnsupdate_answer_zone(struct view message, uint16_t id, struct view name,
                                  char out[DNSUPDATE_NAME_ROOM], unsigned *rcode)
{
	struct answer a;
	enum status st = open_answer(message, id, &a);

	if (st != ST_OK)
		return st;
	*rcode = a.flags & RCODE;
	for (; a.questions > 0 && !a.c.bad; a.questions--) {
		take_name(&a, NULL);
		(void)cur_take(&a.c, 4);
	}
	if (*rcode != 0 && *rcode != RCODE_NXDOMAIN)
		return ST_NOTFOUND;
	for (; a.records > 0 && !a.c.bad; a.records--)
		if (take_zone(&a, name, out))
			return ST_OK;
	return a.c.bad ? ST_INVALID : ST_NOTFOUND;
}

const char *dnsupdate_rcode_name(unsigned rcode)
{
	static const char *const names[] = { "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
		                             "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
		                             "NXRRSET", "NOTAUTH", "NOTZONE" };

	return rcode < sizeof(names) / sizeof(names[0]) ? names[rcode] : "another error";
}
