/* Dynamic updates of the DNS (RFC 2136), signed with a key that the server knows too (TSIG, RFC
 * 8945), the question for the zone that a name is in, and what servers answer. Messages are without
 * the two octets of their length that TCP wants in front. */
#pragma once

#include "util/buf.h"

#define DNSUPDATE_MESSAGE_MAX ((size_t)8192) /* that we make */
#define DNSUPDATE_NAME_ROOM   256            /* a name as text, with its NUL */
#define DNSUPDATE_SECRET_MAX  512

enum dnsupdate_algorithm { DNSUPDATE_MD5, DNSUPDATE_SHA1, DNSUPDATE_SHA256 };

/* Names are of printable ASCII without backslashes, with or without a dot at the end. */
struct dnsupdate_key {
	struct view name;
	enum dnsupdate_algorithm algorithm;
	uint8_t secret[DNSUPDATE_SECRET_MAX];
	size_t secret_size;
};

/* From the algorithm's name ("hmac-sha256") and the secret in base64. ST_INVALID: one of them is
 * none; ST_LIMIT: the secret is too long. */
MUST_CHECK enum status dnsupdate_key_read(struct view name, struct view algorithm,
                                          struct view base64, struct dnsupdate_key *out);

enum dnsupdate_type {
	DNSUPDATE_A = 1,
	DNSUPDATE_NS = 2,
	DNSUPDATE_CNAME = 5,
	DNSUPDATE_PTR = 12,
	DNSUPDATE_TXT = 16,
	DNSUPDATE_AAAA = 28,
};

/* A record that is added. */
struct dnsupdate {
	struct view zone;
	struct view name;
	uint16_t type; /* one of those above */
	uint16_t dns_class;
	uint32_t ttl;
	struct view value; /* an address, a name or a text */
};

/* Can values of this type be made? */
bool dnsupdate_knows(int64_t type);

/* Appends a message. key may be NULL: unsigned; now is when it is signed. ST_INVALID: a name or the
 * value can't be; ST_LIMIT: it is too long. out is as before then. */
MUST_CHECK enum status dnsupdate_put(struct buf *out, uint16_t id, const struct dnsupdate *u,
                                     const struct dnsupdate_key *key, int64_t now);

/* Appends the question for the SOA record of a name: the answer has the zone's, wherever the name
 * is in it. Likewise. */
MUST_CHECK enum status dnsupdate_put_zone_question(struct buf *out, uint16_t id, struct view name,
                                                   uint16_t dns_class);

/* The response code (0: done) of an answer to the message with this id. ST_INVALID: it is none. Its
 * signature is not looked at. */
MUST_CHECK enum status dnsupdate_answer(struct view message, uint16_t id, unsigned *rcode);

/* The zone of the name out of the answer to the question for it. ST_NOTFOUND: it does not tell, and
 * *rcode may say why; ST_INVALID as above. */
MUST_CHECK enum status dnsupdate_answer_zone(struct view message, uint16_t id, struct view name,
                                             char out[DNSUPDATE_NAME_ROOM], unsigned *rcode);

/* "REFUSED" ... (RFC 1035 section 4.1.1, RFC 2136 section 2.2, RFC 8945 section 3). */
const char *dnsupdate_rcode_name(unsigned rcode);
