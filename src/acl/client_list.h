/* A list of clients of Postgrey's form: one of names, networks and expressions a line.
 *
 *   example.com        this name and all under it
 *   203.0.113.9        an address; 203.0.113.0/24, 203.0.113 and 203.0 are networks
 *   2001:db8::/32      likewise, [2001:db8::1] too
 *   /^mx\d+\./         an expression of Perl's syntax, anywhere in the client's name
 *
 * Case does not count. What differs from Postgrey 1.37: two numbers are a /16 (as they were
 * until 1.36), an IPv4-mapped address is IPv4, ::/0 and ::a.b.c.d are IPv6 alone, and '#' may stand
 * in an expression. What can't match gets a warning that says what to write. */
#pragma once

#include "acl/listfile.h"

struct client_list;
struct ip;

struct client_list *client_list_new(void);
void client_list_free(struct client_list **list);

/* Takes in one file's text. ST_INVALID: an expression is broken, ST_LIMIT: a bound of listfile.h
 * would be passed; *why names file (the pointer given), line and column, and the list can only be
 * freed. warnings may be NULL. */
MUST_CHECK enum status client_list_add(struct client_list *list, struct view text, const char *file,
                                       const struct list_warnings *warnings, struct diag *why);

/* After the last text and before the first question. From then on the list does not change, and any
 * number of threads may ask. */
void client_list_seal(struct client_list *list);

/* name: what the MTA believes the client is called ("unknown" is a name too). address: NULL or of
 * IP_NONE when there is none. */
bool client_list_has(const struct client_list *list, struct view name, const struct ip *address);

/* The same, and which entry: names first, then expressions, then networks. */
bool client_list_find(const struct client_list *list, struct view name, const struct ip *address,
                      struct list_place *where);
