/* Whose mail it says it is: the domain in the value of a From header (RFC 5322 section 3.4), read
 * as leniently as programs that show it may read it. Pure. */
#pragma once

#include "util/buf.h"

#define AUTHOR_DOMAIN_MAX                                                                          \
	((size_t)253) /* octets; with labels in UTF-8 it may be shorter on the wire */

/* Appends the domain in lower case, without a dot at its end; labels beyond ASCII stay as they
 * came. Several mailboxes are fine if they have one domain. ST_NOTFOUND: no address, or one with a
 * domain literal. ST_LIMIT: several domains, or a domain that is too long. ST_INVALID: nobody can
 * say what a reader would make of it. out is as before then. */
MUST_CHECK enum status author_domain(struct view from, struct buf *out);
