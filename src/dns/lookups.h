/* What the rules want to know of the DNS, each one call with one callback.
 *
 * As with dns_ask: told(arg, result) once, from the loop, later than the call that started it, at
 * the latest after timeout_ms, which is for all questions together; the result and its views are
 * lent for the time of the call, and the handle is gone when it begins. */
#pragma once

#include "dns/name.h"
#include "dns/resolver.h"

struct dns_lookup;

/* Sets *lookup to NULL; told will not run. */
void dns_lookup_cancel(struct dns_lookup **lookup);

/* --- the name of an address --- */

enum reverse_status {
	REVERSE_CONFIRMED,   /* a PTR record's name has the address */
	REVERSE_UNCONFIRMED, /* there are PTR records, but surely no name of them has it */
	REVERSE_NONE,        /* surely no PTR record */
	REVERSE_FAILED,      /* nobody can tell; there may be a name all the same */
};

struct dns_reverse {
	enum reverse_status status;
	struct view name; /* the confirmed one, or else the first in the order of the alphabet, as
	                     dns_name_read writes it; empty when no PTR record is known */
};

#define REVERSE_NAMES_MAX 10 /* as RFC 7208 section 5.5: further names are not looked at */

struct dns_lookup *dns_reverse(struct dns_port *port, const struct ip *ip, unsigned timeout_ms,
                               void (*told)(void *arg, const struct dns_reverse *result),
                               void *arg);

/* --- can a sender's domain get mail? --- */

enum mail_status {
	MAIL_RESOLVES,     /* it has an MX record, or an address */
	MAIL_UNRESOLVABLE, /* surely it has neither, or only the null MX of RFC 7505: whoever says
	                      that it takes no mail can't be a sender that is answered */
	MAIL_FAILED,       /* nobody can tell; so for a text that is no domain, as "[192.0.2.1]" */
};

/* Whether the MX hosts have addresses is not asked, as Postfix's reject_unknown_sender_domain
 * doesn't. */
struct dns_lookup *dns_mail_domain(struct dns_port *port, struct view domain, unsigned timeout_ms,
                                   void (*told)(void *arg, enum mail_status result), void *arg);

/* --- the addresses of a domain's MX hosts --- */

#define MX_HOSTS_MAX     10  /* the best ones; as RFC 7208 section 4.6.4 */
#define MX_ADDRESSES_MAX 100 /* of all of them together */

struct dns_mx {
	/* DNS_OK: there are addresses. DNS_NODATA: surely none (a null MX among them),
	 * DNS_NXDOMAIN: surely no such domain; else nobody can tell. */
	enum dns_status status;
	const struct ip *addresses;
	size_t count;
	bool incomplete; /* there may be more: a host failed, or a bound was reached */
};

/* Addresses of the family only; IP_NONE: both. Without an MX record the domain itself is the host
 * (RFC 5321 section 5.1). */
struct dns_lookup *dns_mx(struct dns_port *port, struct view domain, enum ip_family family,
                          unsigned timeout_ms, void (*told)(void *arg, const struct dns_mx *result),
                          void *arg);

/* --- DNS block and allow lists, RFC 5782 --- */

enum list_status {
	LIST_LISTED,
	LIST_NOT_LISTED,
	LIST_FAILED, /* no answer, an error code of the list, or no list at all */
};

struct dns_list {
	enum list_status status;
	/* LIST_LISTED: what the list says, all in 127.0.0.0/8. LIST_FAILED: the error code, if it
	 * was one. */
	const struct ip *codes;
	size_t count;
	const char *why; /* a word or two for logs; static */
};

#define LIST_CODES_MAX 32

/* Error codes are 127.255.255.0/24 (Spamhaus: mistyped zone, public resolver, too many questions)
 * and 127.0.0.255 (dnswl.org: the asker is blocked). An answer outside of 127.0.0.0/8 comes from a
 * zone that has become something else. */
struct dns_lookup *dns_list(struct dns_port *port, const struct ip *ip, struct view zone,
                            unsigned timeout_ms,
                            void (*told)(void *arg, const struct dns_list *result), void *arg);
