/* Files of clients or recipients, by type: no type is a list of Postgrey's form (client_list.h,
 * recipient_list.h), "regexp:", "pcre:" and "cidr:" are Postfix tables (regexp_table(5) ...),
 * "hash:", "btree:", "lmdb:" and "texthash:" the text that such a table is made of (postmap(1)). A
 * line that can't be read is warned of and skipped, as Postfix does. A table is asked as Postfix
 * asks an access(5) map: all keys of the client or of the address, the most specific first. Whoever
 * is found is in it, unless the result found is DUNNO or WARN, by which Postfix goes on as if there
 * were no entry. */
#pragma once

#include "acl/clause.h"

struct list_place;
struct table;

#define TABLE_RULES_MAX ((size_t)20000)   /* expressions: each is tried in turn */
#define TABLE_NETS_MAX  ((size_t)1 << 20) /* lines of a cidr table */

/* Read the file of the operand and leave a struct table in c->built, which the rules own. */
MUST_CHECK enum status table_build_clients(struct acl *acl, struct acl_clause *c, struct diag *why);
MUST_CHECK enum status table_build_mails(struct acl *acl, struct acl_clause *c, struct diag *why);

/* ACL_YES, ACL_NO or ACL_FAILED (an expression reached its limits). address may be NULL.
 * "[address]" for a name, or none, is taken as Postfix's "unknown". */
enum acl_answer table_has_client(const struct table *t, struct view name, const struct ip *address);

/* address: without angle brackets. */
enum acl_answer table_has_mail(const struct table *t, struct view address);

/* Which entry it was. False: none, or the file is none of Postgrey's form. */
bool table_find_client(const struct table *t, struct view name, const struct ip *address,
                       struct list_place *where);
bool table_find_mail(const struct table *t, struct view address, struct list_place *where);
