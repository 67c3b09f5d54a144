/* What headers tell of the facts about who sent a mail: the values of Authentication-Results (RFC
 * 8601) and Received-SPF (RFC 7208 section 9.1). */
#pragma once

#include "acl/facts.h"
#include "codec/authres.h"

/* The word of RFC 8601 for a result: "pass", ... "temperror", "permerror". */
const char *told_word(enum fact_result r);

/* Appends the value: what is known of SPF, DKIM, DMARC and the client's name. Nothing of them:
 * "none". ST_LIMIT: out is full, and as before. */
MUST_CHECK enum status told_authentication(const struct facts *f, struct view id,
                                           enum authres_shape shape, struct buf *out);

/* Appends the value; nothing when SPF was not asked. */
MUST_CHECK enum status told_received_spf(const struct facts *f, struct buf *out);
