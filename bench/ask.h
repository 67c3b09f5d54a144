/* Configurations from text, and questions that their rules decide, for the programs that measure
 * them. What goes wrong ends the program. */
#pragma once

#include "acl/eval.h"
#include "conf/conf.h"

/* What the configurations call the file that is given to ask_parse. */
#define ASK_FILE "/list"

void die(const char *what, const char *why);
void must(enum status st, const char *what);

/* list: the text of ASK_FILE, or NULL. */
struct conf *ask_parse(struct view text, struct view *list);

/* What one row asks, of clients in turn. */
struct asked {
	const struct acl *acl;
	struct facts facts;
	const struct view *names;   /* NULL: always the same */
	const struct ip *addresses; /* likewise */
	size_t count;
};

/* All that the policy door knows at RCPT. names and addresses are borrowed. */
struct asked *ask_about(const struct conf *c, const struct view *names, const struct ip *addresses,
                        size_t count);

/* For a row of measure.h: evaluates the rules for the i-th question of a struct asked. */
uint64_t ask_work(void *arg, size_t i);

/* The rule that decides the i-th question must have this msg. */
void ask_expect(struct asked *a, size_t i, const char *want, const char *what);
