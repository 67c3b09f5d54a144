/* Format strings: "%h", "%M{auth_authen}" and the like, in msg, report, addheader, helo "..." and
 * others.
 *
 * As milter-greylist 4.6, but that "%%d" is "%d", a '%' at the end stays, and octets that could end
 * a line of the dialogue (CR, LF, NUL) become '?': sender and names come from strangers. What a
 * place can't know is empty; unknown sequences stay as they are. */
#pragma once

#include "util/buf.h"

struct acl_rule;
struct acl_verdict;
struct facts;

enum format_encoding {
	FORMAT_PLAIN,
	FORMAT_URL,  /* all but letters, digits and -_.~ as %XX */
	FORMAT_LDAP, /* within an LDAP URL, for a filter or a name: all but letters, digits and
	              * -_.@ as %5cXX, a backslash and the octet (RFC 4515 section 3, RFC 4514
	              * section 2.4) */
};

/* All but facts may be left empty. Texts are borrowed. */
struct format_context {
	const struct facts *facts;
	const struct acl_verdict *verdict; /* %A %a %g %t: the matching rule */
	const struct acl_rule *current;    /* %cA %ca: being looked at; NULL: that of the verdict */
	int64_t waited_s;                  /* %E */
	int64_t left_s;                    /* %R */
	const char *outcome;               /* %S: "accept", "tempfail", "reject" */
	const char *reply_text;            /* %Xm */
	const char *reply_code;            /* %Xc */
	const char *reply_ecode;           /* %Xe */
	const char *header;                /* %Xh */
	const char *program;               /* %V: "milter-greylist-4.6.4" or ours */
	const char *version;               /* %v */
	enum format_encoding encode;       /* of what sequences stand for */
	bool escapes; /* \n, \t and other escapes of C in the format itself: addfooter, stat */
};

/* Appends the expansion of fmt. ST_LIMIT: it does not fit; out is as before. */
MUST_CHECK enum status format_expand(struct view fmt, const struct format_context *ctx,
                                     struct buf *out);

/* FACT_BIT of what a format's sequences stand for, but for macros of the MTA and what a rule has
 * matched. */
uint64_t format_facts(struct view fmt);
