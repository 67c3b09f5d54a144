/* Words of structured header values (RFC 5322 section 3.2) made of strangers' octets: whatever
 * comes in, what goes out is one word, or one comment, on one line. */
#pragma once

#include "util/buf.h"

/* Octets of a stranger's text that are shown; a longer one ends in "...". A path of SMTP has 256
 * (RFC 5321 section 4.5.3.1), and a line of a header 998 at most (RFC 5322 section 2.1.1). */
#define HEADER_TEXT_MAX ((size_t)400)

enum header_form {
	HEADER_WORD,    /* bare only if it is a dot-atom and a token of RFC 2045 as well */
	HEADER_ADDRESS, /* so is "local@domain" or "@domain" of such words, as a pvalue of RFC 8601
	                 */
};

/* Appends v as it is, or else as a quoted-string. Control octets, and octets above ASCII that are
 * no UTF-8, become "?". ST_LIMIT: out is full, and as before. */
MUST_CHECK enum status header_put_word(struct buf *out, enum header_form form, struct view v);

/* Appends "(v)". */
MUST_CHECK enum status header_put_comment(struct buf *out, struct view v);
