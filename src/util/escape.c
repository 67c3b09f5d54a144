#include "util/escape.h"

static size_t escape_octet(unsigned char c, char out[4])
{
	static const char hex[] = "0123456789abcdef";

	if (c >= 32 && c < 127 && c != '\\') {
		out[0] = (char)c;
		return 1;
	}
	out[0] = '\\';
	out[1] = 'x';
	out[2] = hex[c >> 4];
	out[3] = hex[c & 15];
	return 4;
}

enum status escape_append(struct buf *out, struct view v, size_t max_octets)
{
	size_t before = out->n;
	enum status st = ST_OK;

	for (size_t i = 0; i < v.n && i < max_octets && st == ST_OK; i++) {
		char one[4];

		st = buf_append(out,
		                (struct view){ one, escape_octet((unsigned char)v.p[i], one) });
	}
	if (st == ST_OK && v.n > max_octets)
		st = buf_append(out, VIEW("..."));
	if (st != ST_OK)
		out->n = before;
	return st;
}

const char *escape_text(struct view v, char *out, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++) {
		char one[4];
		size_t k = escape_octet((unsigned char)v.p[i], one);

		if (n + k + 4 > size) {
			if (n + 4 <= size) {
				memcpy(out + n, "...", 3);
				n += 3;
			}
			break;
		}
		memcpy(out + n, one, k);
		n += k;
	}
	if (size > 0)
		out[n] = '\0';
	return out;
}
