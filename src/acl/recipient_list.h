/* A list of recipients of Postgrey's form, one a line.
 *
 *   bob@example.org    this address, also as bob+anything@example.org
 *   postmaster@        this local part at any domain, also with +anything
 *   example.org        all addresses of the domain and of its sub-domains
 *   @example.org       all addresses of exactly this domain
 *   /^sales-/          an expression of Perl's syntax, anywhere in the address
 *
 * Case does not count. What differs from Postgrey 1.37: "@example.org" (there an empty local part),
 * '#' may stand in an expression, and a domain does not match an address without "@". What can't
 * match gets a warning that says what to write. */
#pragma once

#include "acl/listfile.h"

struct recipient_list;

struct recipient_list *recipient_list_new(void);
void recipient_list_free(struct recipient_list **list);

/* Takes in one file's text. ST_INVALID: an expression is broken, ST_LIMIT: a bound of listfile.h
 * would be passed; *why names file (the pointer given), line and column, and the list can only be
 * freed. warnings may be NULL. */
MUST_CHECK enum status recipient_list_add(struct recipient_list *list, struct view text,
                                          const char *file, const struct list_warnings *warnings,
                                          struct diag *why);

/* Any number of threads may ask once the last text is in. address: without angle brackets. */
bool recipient_list_has(const struct recipient_list *list, struct view address);

/* The same, and which entry: mailboxes first, then domains, then expressions. */
bool recipient_list_find(const struct recipient_list *list, struct view address,
                         struct list_place *where);
