/* Whom a record lets pass, in numbers. */
#include "spf/check.h"

#define IPV4_WIDTH 32
#define IPV6_WIDTH 64 /* what is counted there are networks of /64 */

static uint64_t width_of(enum ip_family family, unsigned bits)
{
	unsigned all = family == IP_V4 ? IPV4_WIDTH : IPV6_WIDTH;

	if (bits >= all)
		return 1;
	return all - bits < 64 ? UINT64_C(1) << (all - bits) : UINT64_MAX;
}

static uint64_t add(uint64_t a, uint64_t b)
{
	return b > UINT64_MAX - a ? UINT64_MAX : a + b;
}

uint64_t spf_width(const struct spf_check *c, const struct ip_net *net)
{
	struct spf_reader r = spf_record_read(c->frame[c->depth - 1].reader.record);
	enum spf_kind kind = c->frame[c->depth - 1].term.kind;
	enum ip_family family = c->client.family;
	uint64_t width = 0;
	struct spf_term t;
	struct diag why;

	while (spf_record_next(&r, &t, &why) == ST_OK)
		if ((t.kind == SPF_IP4 || t.kind == SPF_IP6) && t.qualifier == '+' &&
		    t.net.base.family == family)
			width = add(width, width_of(family, t.net.bits));
	for (size_t i = 0; i < c->candidates && (kind == SPF_A || kind == SPF_MX); i++)
		width = add(width, width_of(family, net->bits));
	return width;
}

bool spf_match_tells(const struct spf_match *m)
{
	enum ip_family family = m->net.base.family;
	unsigned most = family == IP_V4 ? SPF_WIDE_IPV4_BITS : SPF_WIDE_IPV6_BITS;

	return m->any && family != IP_NONE && !m->tailored && m->width <= width_of(family, most);
}
