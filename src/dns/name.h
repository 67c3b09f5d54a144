/* Domain names: as text for asking, and out of the octets of an answer. */
#pragma once

#include "util/buf.h"
#include "util/ip.h"

#define DNS_NAME_MAX  253 /* RFC 1035 section 3.1: 255 octets on the wire */
#define DNS_LABEL_MAX 63

/* Room for the text of a name whose octets are all written as \DDD, with a NUL. */
#define DNS_ESCAPED_MAX (DNS_NAME_MAX * 4 + 1)

/* Lower case, dots between the labels, none at the end, no escapes; ends in NUL. */
struct dns_name {
	char text[DNS_NAME_MAX + 1];
	size_t n;
};

static inline struct view dns_name_view(const struct dns_name *name)
{
	return (struct view){ name->text, name->n };
}

/* A name that may be asked for; one dot at its end is dropped. ST_INVALID: empty, the root, an
 * empty label, a label or a name that is too long, an octet that is not printable ASCII, or a
 * backslash. A space and the like are taken, and stand for themselves. */
MUST_CHECK enum status dns_name_set(struct dns_name *out, struct view text);

/* 4.3.2.1.zone or, for IPv6, 32 nibbles and the zone. ST_INVALID for IP_NONE, a bad zone, or when
 * all together is too long. */
MUST_CHECK enum status dns_name_of_address(const struct ip *ip, struct view zone,
                                           struct dns_name *out);

/* Where the PTR records of the address are. ST_INVALID for IP_NONE. */
MUST_CHECK enum status dns_name_reverse(const struct ip *ip, struct dns_name *out);

/* The text with all but letters, digits, '-' and '_' written as \DDD (RFC 1035 section 5.1), for a
 * library that reads escapes. */
void dns_name_escape(const struct dns_name *name, char out[DNS_ESCAPED_MAX]);

/* Appends the text of an uncompressed name that fills all of the octets, in lower case; a dot
 * within a label, a backslash and what is no printable ASCII are written as \DDD, so such a text is
 * no name that dns_name_set takes. Nothing for the root. ST_INVALID: no such name (a compression
 * pointer, cut, too long, octets left over). ST_LIMIT: the buffer is full. Then out may hold a
 * part.
 */
MUST_CHECK enum status dns_name_read(struct view wire, struct buf *out);
