/* Readers and printers of statements, and what they share; for conf/ alone. The readers are called
 * behind the statement's word, the printers write nothing for what is not set. */
#pragma once

#include "conf/parser.h"

/* One of the words, which end in NULL. */
MUST_CHECK enum status statement_choice(struct parser *p, const char *const *words, unsigned *out);

/* NAME "one" "two"; nothing when one is NULL, two may be. */
MUST_CHECK enum status statement_print_strings(struct buf *out, const char *name, const char *one,
                                               const char *two);

/* children.c, include.c */
MUST_CHECK enum status statement_read_child(struct parser *p, const struct token *word);
MUST_CHECK enum status statement_read_include(struct parser *p, const struct token *word);

/* doors.c. An address of a socket, at the token that has it. */
MUST_CHECK enum status statement_socket_address(struct parser *p, const struct token *t,
                                                struct view v, struct conf_socket *s);
MUST_CHECK enum status statement_print_socket(const char *name, const struct conf_socket *s,
                                              struct buf *out);
MUST_CHECK enum status statement_print_dumpfile(const struct conf_options *o, struct buf *out);
MUST_CHECK enum status statement_print_milter(const struct conf_options *o, struct buf *out);
MUST_CHECK enum status statement_print_policy(const struct conf_options *o, struct buf *out);
MUST_CHECK enum status statement_print_store(const struct conf_options *o, struct buf *out);
MUST_CHECK enum status statement_read_dumpfile(struct parser *p, const struct token *word);
MUST_CHECK enum status statement_read_milter(struct parser *p, const struct token *word);
MUST_CHECK enum status statement_read_policy(struct parser *p, const struct token *word);
MUST_CHECK enum status statement_read_store(struct parser *p, const struct token *word);

/* outside.c */
MUST_CHECK enum status statement_print_bogofilter(const struct conf_options *o, struct buf *out);
MUST_CHECK enum status statement_read_bogofilter(struct parser *p, const struct token *word);
MUST_CHECK enum status statement_print_drac(const struct conf_options *o, struct buf *out);
MUST_CHECK enum status statement_print_ldap(const struct conf_options *o, struct buf *out);
MUST_CHECK enum status statement_print_localaddr(const struct conf_options *o, struct buf *out);
MUST_CHECK enum status statement_print_peers(const struct conf_options *o, struct buf *out);
MUST_CHECK enum status statement_print_resolver(const struct conf_options *o, struct buf *out);
MUST_CHECK enum status statement_print_spamd_user(const struct conf_options *o, struct buf *out);
MUST_CHECK enum status statement_print_spamdsock(const struct conf_options *o, struct buf *out);
MUST_CHECK enum status statement_print_syncaddr(const struct conf_options *o, struct buf *out);
MUST_CHECK enum status statement_read_drac(struct parser *p, const struct token *word);
MUST_CHECK enum status statement_read_ldapconf(struct parser *p, const struct token *word);
MUST_CHECK enum status statement_read_localaddr(struct parser *p, const struct token *word);
MUST_CHECK enum status statement_read_peer(struct parser *p, const struct token *word);
MUST_CHECK enum status statement_read_resolver(struct parser *p, const struct token *word);
MUST_CHECK enum status statement_read_spamd_user(struct parser *p, const struct token *word);
MUST_CHECK enum status statement_read_spamdsock(struct parser *p, const struct token *word);
MUST_CHECK enum status statement_read_syncaddr(struct parser *p, const struct token *word);
