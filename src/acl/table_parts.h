/* What table.c and table_read.c share: a file of clients or recipients in memory. */
#pragma once

#include "acl/table.h"

struct client_list;
struct netset;
struct nameset;
struct recipient_list;

enum table_kind {
	TABLE_CLIENT_LIST,
	TABLE_RECIPIENT_LIST,
	TABLE_REGEXP,
	TABLE_PCRE,
	TABLE_CIDR,
	TABLE_HASH
};

/* One line of a regexp, pcre or cidr table, and what it decides. */
struct table_rule {
	enum { RULE_ENTRY, RULE_IF, RULE_ENDIF } what;
	bool negate;
	bool member;
	struct regex *regex;
	struct ip_net net;
	size_t behind; /* RULE_IF: the rule behind its endif; 0: it has none */
};

struct table {
	enum table_kind kind;
	struct client_list *clients;
	struct recipient_list *recipients;
	struct nameset *names; /* TABLE_HASH: 1 for a member */
	struct netset *nets;   /* TABLE_CIDR whose order does not matter: the members */
	struct table_rule *rules;
	size_t count;
	size_t room;
};

/* Fills a table whose kind is set; path is for messages. What can't be read of a Postfix table is
 * skipped, with a warning. ST_INVALID or ST_LIMIT: why has file, line and text. */
MUST_CHECK enum status table_read(struct table *t, struct acl *acl, const char *path,
                                  struct view text, struct diag *why);
