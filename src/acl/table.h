/* Files of clients or recipients, by type: no type is a list of Postgrey's form (client_list.h,
 * recipient_list.h), "regexp:", "pcre:" and "cidr:" are Postfix tables, "hash:" and "texthash:" the
 * text that such a table is made of. A table is asked as Postfix asks an access(5) map: all keys of
 * the client or of the address, the most specific first. Whoever is found is in it, unless the
 * result found is DUNNO or WARN, by which Postfix goes on as if there were no entry. */
#pragma once

#include "acl/clause.h"

struct table;

#define TABLE_RULES_MAX 20000 /* expressions, or networks where their order matters */

/* Read the file of the operand and leave a struct table in c->built, which the rules own. */
MUST_CHECK enum status table_build_clients(struct acl *acl, struct acl_clause *c, struct diag *why);
MUST_CHECK enum status table_build_mails(struct acl *acl, struct acl_clause *c, struct diag *why);

/* ACL_YES, ACL_NO or ACL_FAILED (an expression reached its limits). address may be NULL.
 * "[address]" for a name is taken as Postfix's "unknown". */
enum acl_answer table_has_client(const struct table *t, struct view name, const struct ip *address);

/* address: without angle brackets. */
enum acl_answer table_has_mail(const struct table *t, struct view address);
