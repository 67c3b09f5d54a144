/* Octets written in hexadecimal: packets in tables of cases. */
#pragma once

#include "test.h"
#include "util/buf.h"

#define ROOM     ((size_t)2 << 20)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static inline unsigned nibble(char c)
{
	return (unsigned)(ascii_digit(c) ? c - '0' : c - 'a' + 10);
}

/* Octets written in hexadecimal; blanks don't count. */
static inline void put_hex(struct buf *out, const char *hex)
{
	for (; *hex != '\0'; hex++) {
		if (*hex == ' ')
			continue;
		assert_int_equal(buf_byte(out, (char)(nibble(hex[0]) << 4 | nibble(hex[1]))),
		                 ST_OK);
		hex++;
	}
}
