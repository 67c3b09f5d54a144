/* Postfix's policy delegation protocol (SMTPD_POLICY_README): name=value lines up to an empty one,
 * answered by one action= line and an empty one. Pure: octets in, views into them out. */
#pragma once

#include "util/buf.h"

#define POLICY_LINE_MAX    8192            /* octets of one line */
#define POLICY_REQUEST_MAX ((size_t)65536) /* octets of one request */
#define POLICY_LINES_MAX   256             /* lines of one request; Postfix 3.11 sends 31 */

/* In the order in which Postfix sends them. */
enum policy_attribute {
	POLICY_REQUEST,
	POLICY_PROTOCOL_STATE,
	POLICY_PROTOCOL_NAME,
	POLICY_CLIENT_ADDRESS,
	POLICY_CLIENT_NAME,
	POLICY_CLIENT_PORT,
	POLICY_REVERSE_CLIENT_NAME,
	POLICY_SERVER_ADDRESS,
	POLICY_SERVER_PORT,
	POLICY_HELO_NAME,
	POLICY_SENDER,
	POLICY_RECIPIENT,
	POLICY_RECIPIENT_COUNT,
	POLICY_QUEUE_ID,
	POLICY_INSTANCE,
	POLICY_SIZE,
	POLICY_ETRN_DOMAIN,
	POLICY_STRESS,
	POLICY_SASL_METHOD,
	POLICY_SASL_USERNAME,
	POLICY_SASL_SENDER,
	POLICY_CCERT_SUBJECT,
	POLICY_CCERT_ISSUER,
	POLICY_CCERT_FINGERPRINT,
	POLICY_ENCRYPTION_PROTOCOL,
	POLICY_ENCRYPTION_CIPHER,
	POLICY_ENCRYPTION_KEYSIZE,
	POLICY_CONTEXT,
	POLICY_TEST_TIME, /* not Postfix's: the clock of a test, see greylagd(8) --test-clock */
	POLICY_ATTRIBUTES
};

struct policy_request {
	struct view value[POLICY_ATTRIBUTES]; /* the empty view for one that is absent */
	uint32_t present;                     /* bit 1 << attribute */
	unsigned garbage;                     /* lines that are no name=value; they are skipped */
	struct view first_garbage;
};

static inline bool policy_has(const struct policy_request *r, enum policy_attribute a)
{
	return (r->present >> a & 1) != 0;
}

/* The attribute's name on the wire. */
const char *policy_attribute_name(enum policy_attribute a);

/* How far a growing request has been looked at; zero it for each new request. */
struct policy_scan {
	size_t seen;
	size_t line; /* where the last line starts */
	unsigned lines;
};

/* Looks for the end of the request at the start of `in`, which holds all octets that came so far.
 * ST_OK: it is in[0..*used), the empty line included. ST_AGAIN: more octets are needed.
 * ST_LIMIT: a line, the request or the number of lines passes its bound; there is no going on. */
MUST_CHECK enum status policy_scan(struct policy_scan *scan, struct view in, size_t *used);

/* Parses one whole request; the views in *out point into it. Unknown attributes are ignored, of a
 * repeated one the last counts, LF and CR LF both end a line.
 * ST_INVALID: "request" is not smtpd_access_policy; *out is filled all the same. */
MUST_CHECK enum status policy_parse(struct view request, struct policy_request *out);

/* Appends "action=TEXT", LF, LF. Control octets of the text become "?". */
MUST_CHECK enum status policy_answer(struct buf *out, struct view text);
