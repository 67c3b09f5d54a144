/* An SPF record, text to terms: RFC 7208 sections 4.5, 4.6 and 12. Nothing is copied and nothing
 * allocated; what is read points into the record. */
#pragma once

#include "util/ip.h"

/* Octets of a record. Section 3.4 advises to stay below 512; what is longer than this is refused.
 */
#define SPF_RECORD_MAX 16384

enum spf_kind {
	SPF_ALL,
	SPF_INCLUDE,
	SPF_A,
	SPF_MX,
	SPF_PTR,
	SPF_IP4,
	SPF_IP6,
	SPF_EXISTS,
	SPF_REDIRECT,
	SPF_EXP,
	SPF_UNKNOWN_MODIFIER,
};

struct spf_term {
	enum spf_kind kind;
	char qualifier;   /* + - ~ ?; '+' when none stands there, and for modifiers */
	struct view text; /* all of the term */
	struct view spec; /* domain-spec or a modifier's value, a macro string; empty: none given */
	struct ip_net net;     /* ip4, ip6; "ip6:::ffff:192.0.2.0/112" stays an IPv6 network */
	unsigned bits4, bits6; /* a, mx: dual-cidr-length; 32 and 128 when not given */
};

/* Whether the text begins with the version section "v=spf1" (section 4.5). */
bool spf_record_is(struct view text);

struct spf_reader {
	struct view record;
	size_t at; /* how much of it has been read */
};

/* The record must be one (spf_record_is). */
struct spf_reader spf_record_read(struct view record);

/* The next term. ST_NOTFOUND behind the last one. ST_INVALID: a syntax error; why->column is its
 * place in the record, counted from 1, and the text is fit for a log line. */
MUST_CHECK enum status spf_record_next(struct spf_reader *r, struct spf_term *out,
                                       struct diag *why);

struct spf_modifiers {
	struct view redirect, exp; /* domain-specs; n is 0 when there is none */
};

/* The whole record: every term reads well, and redirect and exp occur once at most (section 6).
 * ST_INVALID as above; ST_LIMIT: longer than SPF_RECORD_MAX. */
MUST_CHECK enum status spf_record_check(struct view record, struct spf_modifiers *out,
                                        struct diag *why);

/* Whether evaluating it counts towards the ten of section 4.6.4. */
bool spf_kind_asks(enum spf_kind kind);

/* "all", "include" ... */
const char *spf_kind_text(enum spf_kind kind);
