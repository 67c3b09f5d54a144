/* Domain names as the machine asks for them: text with dots, without a dot at the end and without
 * escapes. Letters keep their case and compare without it. */
#pragma once

#include "util/ip.h"

#define SPF_NAME_MAX  253 /* RFC 7208 section 7.3; RFC 1035 in this text form */
#define SPF_LABEL_MAX 63

struct spf_name {
	char text[SPF_NAME_MAX + 1]; /* ends in NUL */
	size_t n;
};

static inline struct view spf_name_view(const struct spf_name *name)
{
	return (struct view){ name->text, name->n };
}

/* Takes the text, less one dot at its end. ST_INVALID when no resolver could be asked for it: an
 * empty or over-long name or label, an octet that is not printable ASCII, or a backslash (which
 * resolvers take for the begin of an escape). A space is allowed: the macro "%_" makes one. */
MUST_CHECK enum status spf_name_set(struct spf_name *out, struct view text);

/* The same for a name out of the dialogue: labels that are UTF-8 become A-labels (RFC 8616 section
 * 4). They are taken to be U-labels already, so nothing is mapped or normalised: what is no U-label
 * becomes a name that nobody has registered. */
MUST_CHECK enum status spf_name_from_mail(struct spf_name *out, struct view text);

/* RFC 7208 section 4.3: two labels at least, no address literal, no bare IPv4 address. */
bool spf_name_is_domain(const struct spf_name *name);

/* Equal to the zone or below it. */
bool spf_name_under(struct view name, struct view zone);

/* Where the PTR records of an address are. */
void spf_name_reverse(const struct ip *ip, struct spf_name *out);

#define SPF_NIBBLES_MAX 63 /* 32 nibbles and the dots between them */

/* "192.0.2.3", or the nibbles of an IPv6 address with dots between them (section 7.3, "i"), into
 * out. Returns the length. The RFC leaves it open how digits above 9 are written, which shows in an
 * explanation alone; they are capitals, as in the test suite that goes with the RFC. */
size_t spf_name_dotted(const struct ip *ip, char out[SPF_NIBBLES_MAX + 1]);
