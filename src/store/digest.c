#include "store/digest.h"

#include <nettle/sha1.h>
#include <stdio.h>

#include "engine/tuple.h"
#include "util/ip.h"

/* Eight groups, no leading zeros, no "::". */
#define GROUPS_TEXT_MAX 40

bool digest_is(struct view key)
{
	if (key.n != DIGEST_KEY_SIZE || !view_starts(key, VIEW(DIGEST_PREFIX)))
		return false;
	for (size_t i = sizeof(DIGEST_PREFIX) - 1; i < key.n; i++)
		if (!ascii_digit(key.p[i]) && (key.p[i] < 'a' || key.p[i] > 'f'))
			return false;
	return true;
}

static void finish(struct sha1_ctx *ctx, struct digests *out)
{
	static const char hex[] = "0123456789abcdef";
	uint8_t digest[SHA1_DIGEST_SIZE];
	char *at = out->key[out->count++];

	sha1_digest(ctx, sizeof(digest), digest);
	memcpy(at, DIGEST_PREFIX, sizeof(DIGEST_PREFIX) - 1);
	at += sizeof(DIGEST_PREFIX) - 1;
	for (size_t i = 0; i < sizeof(digest); i++) {
		*at++ = hex[digest[i] >> 4];
		*at++ = hex[digest[i] & 15];
	}
}

static void add(struct sha1_ctx *ctx, struct view v)
{
	sha1_update(ctx, v.n, (const uint8_t *)v.p);
}

static void write_groups(const struct ip *ip, bool capitals, char out[GROUPS_TEXT_MAX])
{
	size_t n = 0;

	for (unsigned i = 0; i < 16; i += 2) {
		char group[8];
		size_t k = (size_t)snprintf(group, sizeof(group), capitals ? "%X" : "%x",
		                            (unsigned)ip->octet[i] << 8 | ip->octet[i + 1]);

		if (i > 0)
			out[n++] = ':';
		memcpy(out + n, group, k);
		n += k;
	}
	out[n] = '\0';
}

static void add_tuple(struct digests *out, const char *net, struct view sender,
                      struct view recipient)
{
	struct sha1_ctx ctx;

	sha1_init(&ctx);
	add(&ctx, view_of(net));
	add(&ctx, VIEW("/"));
	add(&ctx, sender);
	add(&ctx, VIEW("/"));
	add(&ctx, recipient);
	finish(&ctx, out);
}

/* Postgrey 1.37 writes the network without its length, and a whole address with it; 1.36 the other
 * way round; 1.35 wrote an IPv6 address as Postfix does. */
void digests_of_tuple(struct view text, struct digests *out)
{
	struct view source, sender, recipient;
	struct ip_net net;
	char plain[IP_TEXT_MAX], groups[GROUPS_TEXT_MAX], with_bits[GROUPS_TEXT_MAX + 8];
	const char *base = groups;

	out->count = 0;
	if (tuple_split(text, &source, &sender, &recipient) != ST_OK ||
	    net_parse(source, &net) != ST_OK)
		return;
	ip_format(&net.base, plain);
	if (net.base.family == IP_V6)
		write_groups(&net.base, false, groups);
	else
		base = plain;
	(void)snprintf(with_bits, sizeof(with_bits), "%s/%u", base, net.bits);
	add_tuple(out, base, sender, recipient);
	add_tuple(out, with_bits, sender, recipient);
	if (base == groups)
		add_tuple(out, plain, sender, recipient);
}

/* Postgrey 1.37 writes IPv6 in capitals; those before, as Postfix does. */
void digests_of_client(struct view address, struct digests *out)
{
	struct sha1_ctx ctx;
	char text[GROUPS_TEXT_MAX];
	struct ip ip;

	out->count = 0;
	if (ip_parse(address, &ip) != ST_OK)
		return;
	sha1_init(&ctx);
	add(&ctx, address);
	finish(&ctx, out);
	if (ip.family != IP_V6)
		return;
	write_groups(&ip, true, text);
	sha1_init(&ctx);
	add(&ctx, view_of(text));
	finish(&ctx, out);
}
