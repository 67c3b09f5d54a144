/* Authentication-Results (RFC 8601): its value is written, and who claims to have written one is
 * read. Pure. */
#pragma once

#include "util/buf.h"

/* "smtp.mailfrom=rin@shop.example" */
struct authres_property {
	const char *ptype; /* "smtp", "header", "policy" */
	const char *name;
	struct view value;
};

#define AUTHRES_PROPERTIES_MAX 6

/* "dkim=fail (bad signature) header.d=shop.example" */
struct authres_result {
	const char *method; /* "spf" */
	const char *result; /* "pass" */
	struct view reason; /* a comment; empty: none */
	struct authres_property property[AUTHRES_PROPERTIES_MAX];
	size_t properties; /* a property without a value is left out */
};

enum authres_shape {
	AUTHRES_ONE_LINE,
	AUTHRES_FOLDED, /* LF and a blank before each result: a milter's folds have no CR */
};

/* Appends the value: the authserv-id and the results, or "none". Values are any octets, as
 * header_put_word. ST_LIMIT: out is full, and as before. */
MUST_CHECK enum status authres_put(struct buf *out, enum authres_shape shape, struct view id,
                                   const struct authres_result *results, size_t count);

enum authres_owner {
	AUTHRES_OURS,
	AUTHRES_OTHER,
	AUTHRES_MALFORMED, /* there is no authserv-id that could be read */
};

/* Whose the value claims to be (section 2.2: [CFWS] authserv-id [CFWS version] ...). The id may be
 * quoted, and is compared without case and without a dot at its end; what stands behind it says
 * nothing, since a lenient reader would overlook it. */
enum authres_owner authres_owner_of(struct view value, struct view id);

/* Is it the name of such a header? Blanks before the colon belong to no name (RFC 5322 section
 * 4.5.8), and an MTA may send them. */
bool authres_is_name(struct view name);
