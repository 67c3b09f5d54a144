/* Who a client is to the memory: its network, or better what a whole pool of outgoing machines has
 *in common, so that a retry from another of them is known as one.
 *
 *	spf:example.org    SPF passes for the sender's domain, and not for everybody
 *	rdns:example.net   the name that leads back to the address lies in this domain
 *	192.0.2.0/24       the network
 *
 * A domain is the one that somebody registered (public suffix list): nobody stands for all of .jp.
 * A key always holds sender and recipient too, so who shares an identity shares no more. */
#pragma once

#include "engine/grey.h"
#include "util/buf.h"
#include "util/ip.h"

#define SOURCE_NAME_MAX ((size_t)253) /* octets, RFC 1035 section 2.3.4 */
#define SOURCE_TEXT_MAX ((size_t)260)

/* Appends "rdns:DOMAIN" for a forward-confirmed name, in lower case. ST_NOTFOUND: it stands for
 * nobody: it looks like an end user's line (S25R), or has no registered domain. */
MUST_CHECK enum status source_of_name(struct view confirmed, struct buf *out);

/* Appends "spf:DOMAIN" for the domain that SPF has passed for. ST_NOTFOUND likewise. Whether the
 * record is too wide to say anything is the caller's to know. */
MUST_CHECK enum status source_of_spf(struct view domain, struct buf *out);

/* Appends the domain above (or of) this name that somebody registered, in lower case. ST_NOTFOUND:
 * nobody did, or it is no host's name. */
MUST_CHECK enum status source_registered(struct view name, struct buf *out);

/* A host's name in lower case, NUL-ended, without a dot at the end; false when it can't be one. */
bool source_plain_name(struct view name, char out[SOURCE_NAME_MAX + 1]);
