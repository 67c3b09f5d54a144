#include "util/ip.h"

#include <arpa/inet.h>

static const uint8_t mapped_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

enum status ip_parse(struct view text, struct ip *out)
{
	char s[IP_TEXT_MAX];
	struct ip ip = { IP_NONE, { 0 } };

	if (text.n == 0 || text.n >= sizeof(s) || view_find(text, '\0') != VIEW_NONE)
		return ST_INVALID;
	memcpy(s, text.p, text.n);
	s[text.n] = '\0';
	if (inet_pton(AF_INET, s, ip.octet) == 1)
		ip.family = IP_V4;
	else if (inet_pton(AF_INET6, s, ip.octet) == 1)
		ip.family = IP_V6;
	else
		return ST_INVALID;
	if (ip.family == IP_V6 && memcmp(ip.octet, mapped_prefix, sizeof(mapped_prefix)) == 0) {
		ip.family = IP_V4;
		memcpy(ip.octet, ip.octet + 12, 4);
		memset(ip.octet + 4, 0, 12);
	}
	*out = ip;
	return ST_OK;
}

bool ip_is_name_server(struct view text)
{
	size_t mark = view_find(text, '@');
	uint64_t port = 0;
	struct ip ip;

	if (ip_parse(view_first(text, mark), &ip) != ST_OK)
		return false;
	return mark == VIEW_NONE ||
	       (view_u64(view_from(text, mark + 1), 65535, &port) == ST_OK && port > 0);
}

static char *put_decimal(char *at, unsigned n)
{
	if (n >= 100)
		*at++ = (char)('0' + n / 100);
	if (n >= 10)
		*at++ = (char)('0' + n / 10 % 10);
	*at++ = (char)('0' + n % 10);
	return at;
}

/* Each question writes its client's address twice: inet_ntop, which prints, is slow for that. */
static void format_v4(const uint8_t octet[4], char *at)
{
	for (unsigned i = 0; i < 4; i++) {
		if (i > 0)
			*at++ = '.';
		at = put_decimal(at, octet[i]);
	}
	*at = '\0';
}

void ip_format(const struct ip *ip, char out[IP_TEXT_MAX])
{
	if (ip->family == IP_V4)
		format_v4(ip->octet, out);
	else if (ip->family == IP_NONE || inet_ntop(AF_INET6, ip->octet, out, IP_TEXT_MAX) == NULL)
		memcpy(out, "unknown", sizeof("unknown"));
}

int ip_compare(const struct ip *a, const struct ip *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->octet, b->octet, sizeof(a->octet));
}

struct ip_net ip_mask(const struct ip *ip, unsigned bits)
{
	unsigned width = ip_width(ip);
	struct ip_net net = { *ip, bits < width ? bits : width };

	for (unsigned i = 0; i < sizeof(net.base.octet); i++) {
		unsigned keep = net.bits > i * 8 ? net.bits - i * 8 : 0;

		if (keep < 8)
			net.base.octet[i] &= (uint8_t)(0xff00u >> keep);
	}
	return net;
}

enum status net_parse(struct view text, struct ip_net *out)
{
	size_t slash = view_find(text, '/');
	struct ip ip;
	uint64_t bits;
	enum status st = ip_parse(view_first(text, slash), &ip);

	if (st != ST_OK)
		return st;
	bits = ip_width(&ip);
	if (slash != VIEW_NONE) {
		st = view_u64(view_from(text, slash + 1), bits, &bits);
		if (st != ST_OK)
			return st;
	}
	*out = ip_mask(&ip, (unsigned)bits);
	return ST_OK;
}

void net_format(const struct ip_net *net, char out[NET_TEXT_MAX])
{
	char *at;

	ip_format(&net->base, out);
	at = out + strlen(out);
	*at++ = '/';
	*put_decimal(at, net->bits) = '\0';
}

bool net_has(const struct ip_net *net, const struct ip *ip)
{
	struct ip_net other;

	if (net->base.family != ip->family)
		return false;
	other = ip_mask(ip, net->bits);
	return memcmp(other.base.octet, net->base.octet, sizeof(other.base.octet)) == 0;
}
