#include "spf/punycode.h"

/* RFC 3492 section 5: the parameters for domain names */
enum {
	BASE = 36,
	T_MIN = 1,
	T_MAX = 26,
	SKEW = 38,
	DAMP = 700,
	INITIAL_BIAS = 72,
	INITIAL_N = 0x80,
};

struct coder {
	uint32_t point[PUNYCODE_LABEL_MAX]; /* each takes at least one octet of the A-label */
	size_t points;
	char *out;
	size_t n;
};

/* One code point off the front. No over-long forms, no surrogates (RFC 3629 section 4). */
static enum status take_point(struct view *rest, uint32_t *out)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)rest->p[0];
	size_t more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
	uint32_t point = first < 0x80 ? first : first & (0x3fu >> more);

	if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || rest->n <= more)
		return ST_INVALID;
	for (size_t i = 1; i <= more; i++) {
		unsigned char next = (unsigned char)rest->p[i];

		if ((next & 0xc0) != 0x80)
			return ST_INVALID;
		point = point << 6 | (next & 0x3f);
	}
	if (point < least[more] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return ST_INVALID;
	*rest = view_from(*rest, more + 1);
	*out = point;
	return ST_OK;
}

static enum status put(struct coder *c, char octet)
{
	if (c->n == PUNYCODE_LABEL_MAX)
		return ST_INVALID;
	c->out[c->n++] = octet;
	return ST_OK;
}

static char digit(uint32_t value)
{
	return (char)(value < 26 ? 'a' + value : '0' + (value - 26));
}

/* Section 6.1 */
static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / DAMP : delta / 2;
	delta += delta / points;
	for (; delta > ((BASE - T_MIN) * T_MAX) / 2; k += BASE)
		delta /= BASE - T_MIN;
	return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

/* The generalized variable-length integer of section 3.3. */
static enum status put_delta(struct coder *c, uint32_t delta, uint32_t bias)
{
	enum status st = ST_OK;

	for (uint32_t k = BASE; st == ST_OK; k += BASE) {
		uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;

		if (delta < t)
			return put(c, digit(delta));
		st = put(c, digit(t + (delta - t) % (BASE - t)));
		delta = (delta - t) / (BASE - t);
	}
	return st;
}

static uint32_t least_from(const struct coder *c, uint32_t from)
{
	uint32_t least = UINT32_MAX;

	for (size_t i = 0; i < c->points; i++)
		if (c->point[i] >= from && c->point[i] < least)
			least = c->point[i];
	return least;
}

/* Section 6.3. With at most 63 code points below 0x110000 delta stays below 2^27: no overflow. */
static enum status encode(struct coder *c, uint32_t basic)
{
	uint32_t n = INITIAL_N, delta = 0, bias = INITIAL_BIAS;
	enum status st = ST_OK;

	for (uint32_t handled = basic; handled < c->points;) {
		uint32_t next = least_from(c, n);

		delta += (next - n) * (handled + 1);
		n = next;
		for (size_t i = 0; i < c->points; i++) {
			if (c->point[i] < n)
				delta++;
			if (c->point[i] != n)
				continue;
			st = put_delta(c, delta, bias);
			if (st != ST_OK)
				return st;
			bias = adapt(delta, handled + 1, handled == basic);
			delta = 0;
			handled++;
		}
		delta++;
		n++;
	}
	return st;
}

enum status punycode_label(struct view label, char out[PUNYCODE_LABEL_MAX], size_t *n)
{
	const struct view ace = VIEW("xn--");
	struct coder c = { .out = out, .n = ace.n };
	uint32_t basic = 0;
	enum status st = ST_OK;

	memcpy(out, ace.p, ace.n);
	while (label.n > 0) {
		if (c.points == PUNYCODE_LABEL_MAX ||
		    take_point(&label, &c.point[c.points]) != ST_OK)
			return ST_INVALID;
		if (c.point[c.points] < 0x80) {
			st = put(&c, (char)c.point[c.points]);
			basic++;
		}
		c.points++;
		if (st != ST_OK)
			return st;
	}
	if (basic > 0)
		st = put(&c, '-');
	if (st == ST_OK)
		st = encode(&c, basic);
	if (st == ST_OK)
		*n = c.n;
	return st;
}
