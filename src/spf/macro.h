/* Macro strings, RFC 7208 section 7. */
#pragma once

#include "util/buf.h"
#include "util/ip.h"

/* Octets of one macro string in a record. The RFC has no bound; this one keeps the work for a
 * hostile record small. No name that a string of this length makes is cut by it: a name is 253. */
#define SPF_MACRO_MAX 1024

/* A local part is at most 64 octets (RFC 5321 section 4.5.3.1.1); real ones are sometimes longer.
 */
#define SPF_LOCAL_MAX 256

enum spf_macro_use {
	SPF_MACRO_DOMAIN,      /* domain-spec: ends in a top label or a macro; no %{c} %{r} %{t} */
	SPF_MACRO_MODIFIER,    /* the value of an unknown modifier */
	SPF_MACRO_EXPLANATION, /* explain-string: with spaces; not bounded by SPF_MACRO_MAX */
};

/* What the letters stand for. sender and helo may be "not usable": too long, or not printable
 * ASCII (RFC 8616 section 4: a term that uses a local part that is not ASCII matches nothing). */
struct spf_values {
	struct view local;         /* %{l}; %{s} is local@sender_domain */
	struct view sender_domain; /* %{o} */
	struct view domain;        /* %{d} */
	struct view helo;          /* %{h} */
	struct view validated;     /* %{p} */
	struct view receiver;      /* %{r} */
	struct ip client;          /* %{i} %{c} %{v} */
	int64_t now;               /* %{t}, Unix seconds */
	bool local_usable, helo_usable;
};

/* ST_INVALID: not what the grammar says; *why then has the text and, in column, the place in text,
 * counted from 1. */
MUST_CHECK enum status spf_macro_check(struct view text, enum spf_macro_use use, struct diag *why);

/* Whether the letter (lower case) occurs. The text must have passed the check. */
bool spf_macro_uses(struct view text, char letter);

/* Appends the expansion of a text that has passed the check. ST_INVALID: it needs a value that is
 * not usable. ST_LIMIT: the buffer is full; it then holds the expansion's begin. */
MUST_CHECK enum status spf_macro_expand(struct view text, const struct spf_values *values,
                                        struct buf *out);

struct spf_name;

/* The same for a domain-spec: a name longer than 253 octets loses labels on its left (section
 * 7.3). ST_INVALID: a value is not usable. ST_NOTFOUND: the result is no name that could be asked
 * for. */
MUST_CHECK enum status spf_macro_name(struct view text, const struct spf_values *values,
                                      struct spf_name *out);
