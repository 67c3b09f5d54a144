#include "dns/name.h"

#include <stdio.h>

#include "util/cursor.h"

static bool plain(char c)
{
	return c >= ' ' && c <= '~' && c != '\\';
}

enum status dns_name_set(struct dns_name *out, struct view text)
{
	size_t label = 0;

	if (text.n > 0 && text.p[text.n - 1] == '.')
		text.n--;
	if (text.n == 0 || text.n > DNS_NAME_MAX)
		return ST_INVALID;
	for (size_t i = 0; i < text.n; i++) {
		label = text.p[i] == '.' ? 0 : label + 1;
		if (!plain(text.p[i]) || label > DNS_LABEL_MAX)
			return ST_INVALID;
		if (label == 0 && (i == 0 || i + 1 == text.n || text.p[i + 1] == '.'))
			return ST_INVALID;
	}
	for (size_t i = 0; i < text.n; i++)
		out->text[i] = ascii_lower(text.p[i]);
	out->text[text.n] = '\0';
	out->n = text.n;
	return ST_OK;
}

#define REVERSED_MAX (32 * 2 + 1) /* nibbles with a dot each, and a NUL */

static void reverse(const struct ip *ip, char out[REVERSED_MAX])
{
	static const char hex[] = "0123456789abcdef";

	if (ip->family == IP_V4) {
		(void)snprintf(out, REVERSED_MAX, "%u.%u.%u.%u.", ip->octet[3], ip->octet[2],
		               ip->octet[1], ip->octet[0]);
		return;
	}
	for (unsigned i = 0; i < 16; i++) {
		*out++ = hex[ip->octet[15 - i] & 15];
		*out++ = '.';
		*out++ = hex[ip->octet[15 - i] >> 4];
		*out++ = '.';
	}
	*out = '\0';
}

enum status dns_name_of_address(const struct ip *ip, struct view zone, struct dns_name *out)
{
	char text[REVERSED_MAX + DNS_NAME_MAX + 1];
	size_t n;

	if (ip->family == IP_NONE || zone.n == 0 || zone.n > DNS_NAME_MAX + 1)
		return ST_INVALID;
	reverse(ip, text);
	n = strlen(text);
	memcpy(text + n, zone.p, zone.n);
	return dns_name_set(out, (struct view){ text, n + zone.n });
}

enum status dns_name_reverse(const struct ip *ip, struct dns_name *out)
{
	return dns_name_of_address(
		ip, ip->family == IP_V4 ? VIEW("in-addr.arpa") : VIEW("ip6.arpa"), out);
}

void dns_name_escape(const struct dns_name *name, char out[DNS_ESCAPED_MAX])
{
	for (size_t i = 0; i < name->n; i++) {
		char c = name->text[i];

		if (ascii_alpha(c) || ascii_digit(c) || c == '-' || c == '_' || c == '.')
			*out++ = c;
		else
			out += snprintf(out, 5, "\\%03u", (unsigned char)c);
	}
	*out = '\0';
}

static enum status read_label(struct view label, struct buf *out)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < label.n && st == ST_OK; i++) {
		char c = label.p[i];

		if (c > ' ' && c <= '~' && c != '\\' && c != '.')
			st = buf_byte(out, ascii_lower(c));
		else
			st = buf_printf(out, "\\%03u", (unsigned)(unsigned char)c);
	}
	return st;
}

enum status dns_name_read(struct view wire, struct buf *out)
{
	struct cursor c = cursor_of(wire);
	enum status st = ST_OK;
	bool first = true;

	if (wire.n > DNS_NAME_MAX + 2)
		return ST_INVALID;
	for (uint8_t n = cur_u8(&c); n > 0 && st == ST_OK; n = cur_u8(&c)) {
		struct view label = cur_take(&c, n);

		if (n > DNS_LABEL_MAX || c.bad) /* 0xc0: a pointer, for which there is no packet */
			return ST_INVALID;
		if (!first)
			st = buf_byte(out, '.');
		if (st == ST_OK)
			st = read_label(label, out);
		first = false;
	}
	if (st == ST_OK && !cur_done(&c))
		st = ST_INVALID;
	return st;
}
