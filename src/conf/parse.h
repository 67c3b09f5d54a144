/* The configuration language: greylist.conf of milter-greylist 4.0 to 4.6, and what Greylag adds.
 */
#pragma once

#include "util/buf.h"

struct acl_clause;
struct acl_condition;
struct acl_rule;
struct conf;

/* A configuration's text and what the reader may ask for. All is borrowed while it reads. */
struct conf_source {
	struct view text;
	const char *name; /* of the file, for messages; NULL: a front end wrote the text */
	/* Statements of a command line: they are read behind the file and so win over it. */
	struct view more;

	/* Appends another file that the configuration names. NULL: there are none to be had. */
	enum status (*read_file)(void *arg, const char *path, struct buf *out, struct diag *why);
	/* What is odd but no error: a clause that can't match yet, a statement without effect. May
	 * be NULL. */
	void (*warn)(void *arg, const struct diag *warning);
	void *arg;
};

/* Builds a whole configuration, one reference, or nothing: ST_INVALID, ST_LIMIT or what read_file
 * said; why names file, line and column, says what was expected, and which word may have been
 * meant. why->file is source->name; an error in a file that the configuration names has that file's
 * name and line in the text, and the place is where the configuration names it. */
MUST_CHECK enum status conf_parse(const struct conf_source *source, struct conf **out,
                                  struct diag *why);

/* Appends "file:line:column: text", and the line in question with a caret below, for people.
 * ST_LIMIT: no room. */
MUST_CHECK enum status conf_explain(const struct conf_source *source, const struct diag *why,
                                    struct buf *out);

/* Appends the configuration as text that parses to the same, in a form of its own: comments, blanks
 * and line numbers are lost. */
MUST_CHECK enum status conf_print(const struct conf *c, struct buf *out);

/* The same of one rule, and of one clause or item of a list; no line end. */
MUST_CHECK enum status conf_print_rule(const struct acl_rule *r, struct buf *out);
MUST_CHECK enum status conf_print_clause(const struct acl_clause *c, struct buf *out);

/* A child milter's condition, with " or " between its alternatives; nothing of one that always
 * holds. */
MUST_CHECK enum status conf_print_condition(const struct acl_condition *condition, struct buf *out);

/* The tables of the language, for the manual and its like: NULL behind the last. The clauses' is in
 * acl/clause.h. */
const char *conf_statement_name(size_t i);
const char *conf_statement_help(size_t i);
const char *conf_value_name(size_t i);
const char *conf_value_help(size_t i);
