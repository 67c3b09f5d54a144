/* IP addresses and networks. An IPv4-mapped IPv6 address (::ffff:a.b.c.d) is always taken as the
 * IPv4 address that it carries. */
#pragma once

#include "util/view.h"

enum ip_family { IP_NONE = 0, IP_V4 = 4, IP_V6 = 6 };

struct ip {
	enum ip_family family;
	uint8_t octet[16]; /* network order; the first 4 for IPv4, the rest zero */
};

struct ip_net {
	struct ip base; /* host bits are zero */
	unsigned bits;
};

#define IP_TEXT_MAX  46 /* INET6_ADDRSTRLEN */
#define NET_TEXT_MAX (IP_TEXT_MAX + 4)

static inline unsigned ip_width(const struct ip *ip)
{
	return ip->family == IP_V4 ? 32 : 128;
}

/* The plain text forms of RFC 4291 section 2.2 and dotted quads without leading zeros; no brackets,
 * no zone. ST_INVALID else. */
MUST_CHECK enum status ip_parse(struct view text, struct ip *out);

/* "ADDRESS" or "ADDRESS@PORT", as libunbound names a server of the DNS; it would take any number
 * for the port, which must be one from 1 to 65535 here. */
bool ip_is_name_server(struct view text);

/* As inet_ntop writes it (RFC 5952). */
void ip_format(const struct ip *ip, char out[IP_TEXT_MAX]);

int ip_compare(const struct ip *a, const struct ip *b);

/* The network of ip with this many bits; bits above the width are taken as the width. */
struct ip_net ip_mask(const struct ip *ip, unsigned bits);

/* ADDRESS or ADDRESS/BITS. ST_INVALID for a text that is neither, ST_LIMIT for bits above the
 * width. */
MUST_CHECK enum status net_parse(struct view text, struct ip_net *out);

/* "203.0.113.0/24" */
void net_format(const struct ip_net *net, char out[NET_TEXT_MAX]);

bool net_has(const struct ip_net *net, const struct ip *ip);
