/* What `greylag explain` finds out, and the parts that find it. The renderers read it, and nothing
 * else. */
#pragma once

#include "cli/args.h"
#include "cli/record_text.h"
#include "conf/milter.h"
#include "session/rehearsal.h"
#include "util/arena.h"

#define EXPLAIN_SHOWN     ((size_t)1024) /* octets of a text of the question that are shown */
#define EXPLAIN_WAYS_MAX  10
#define EXPLAIN_WARNINGS  16
#define EXPLAIN_INPUT_MAX ((size_t)8192) /* octets; Postfix's own bound for a line is 2048 */

/* One clause that was looked at. */
struct explain_clause {
	const struct acl_clause *clause;
	enum acl_answer answer; /* with its `not` */
	struct view saw;        /* p is NULL: nothing */
	const char *why;        /* it is neither yes nor no; or NULL */
	const char *detail;     /* which entry it was, and the like; or NULL */
};

struct explain_rule {
	const struct acl_rule *rule;
	enum acl_answer answer;
	size_t first; /* of its clauses */
	size_t count;
};

struct explain_walk {
	struct arena *arena; /* borrowed */
	struct explain_rule *rule;
	size_t rules, rule_room;
	struct explain_clause *clause;
	size_t clauses, clause_room;
	bool open; /* the last rule goes on */
	size_t not_looked_at;
};

enum explain_way_kind {
	WAY_STAY,   /* on the line while the answer is held */
	WAY_WAIT,   /* and come back */
	WAY_AUTH,   /* authenticate */
	WAY_SPF,    /* pass SPF, which exempts */
	WAY_RULE,   /* a whitelist rule that did not hold */
	WAY_UNLESS, /* the rule that decided did not hold */
	WAY_CLIENT, /* earn auto-allow */
};

/* One change that would let it through. */
struct explain_way {
	enum explain_way_kind kind;
	unsigned missing;            /* WAY_RULE, WAY_UNLESS, WAY_AUTH: clauses, or changes */
	const struct acl_rule *rule; /* that would let it in; NULL: none */
	int64_t from, until;         /* WAY_WAIT: Unix seconds; WAY_STAY: from alone */
	int64_t passes;              /* WAY_CLIENT: more that are needed */
	const char *text;
};

/* A statement `milter`. */
struct explain_child {
	const struct conf_milter *child;
	enum acl_answer answer; /* does its condition hold? */
	const char *condition;  /* NULL: there is none */
	const char *missing; /* what is not known, if the answer is neither yes nor no; or NULL */
};

struct explain {
	const struct args *args;
	struct arena *arena; /* of all texts below */
	struct conf *conf;
	bool by_daemon;   /* it said what its configuration is */
	const char *file; /* of the configuration; NULL: there is none */
	int64_t loaded;   /* by_daemon: Unix seconds */
	const char *warning[EXPLAIN_WARNINGS];
	unsigned warnings;

	struct ip client;
	struct question question;
	struct memory_keys keys;
	char address[IP_TEXT_MAX];
	const char *source; /* under which identity the tuple lies, or would begin */
	const char *store_dir;
	bool has_store;
	bool has_tuple, has_client, has_mark;
	struct browse_entry tuple; /* its views are not to be used */
	struct client_record client_record;
	struct mark_record mark;
	struct record_teller teller;

	struct rehearsal r;
	struct explain_walk walk;

	/* At the end of its message, if rules look at that. */
	struct rehearsal_content content;
	bool has_end;
	struct rehearsal end;
	struct explain_walk end_walk;
	const char *end_summary;

	/* Which of the two is told of: explain_show. The one that decides, in the end. */
	struct rehearsal *shown;
	struct explain_walk *shown_walk;
	enum acl_stage stage;

	struct explain_child child[CONF_CHILDREN_MAX];
	unsigned children;

	struct explain_way way[EXPLAIN_WAYS_MAX];
	unsigned ways;
	size_t more_ways; /* that are not shown */
	bool passes;
	const char *summary; /* one sentence */
	const char *answer;  /* the policy door's action */
};

/* A format's text in the arena; what is too long for any message is cut and marked by "...". */
const char *explain_text(struct arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* At most so many octets of UTF-8, no character halved; what is left out is marked by "...". */
const char *explain_cut(struct arena *arena, struct view v, size_t max);

/* A peer's octets, escaped, at most EXPLAIN_SHOWN of them. */
const char *explain_escaped(struct arena *arena, struct view v);

/* Text of a configuration: as it is, unless it is no UTF-8 or has control octets. */
const char *explain_rule_text(struct arena *arena, const struct acl_rule *rule);
const char *explain_clause_text(struct arena *arena, const struct acl_clause *clause);

/* "FILE:12", "line 12 of the daemon's options" */
const char *explain_place(struct arena *arena, const struct acl_rule *rule);

/* What is said from now on is said of this stage. */
void explain_show(struct explain *e, enum acl_stage stage);

/* explain_content.c: the message, as the options give it. 0, or an exit code after telling why. */
MUST_CHECK int explain_read_content(struct explain *e);

/* explain_walk.c: for acl_eval; arg is the walk. */
extern const struct acl_trace explain_trace_of_walk;

/* Fills in the texts of the walk, once all is decided. */
void explain_settle_walk(struct explain *e);
void explain_free_walk(struct explain_walk *w);

/* explain_words.c: appends "the client's name ended in .example.com", as it would have to be for
 * the clause (with its `not`) to hold, or not to. */
void explain_words(const struct acl_clause *c, bool holds, struct buf *out);

/* What a clause looks at, as it is: "" when that can't be said. */
const char *explain_value(struct explain *e, const struct acl_clause *c);

/* explain_ways.c: what would let it through, nearest first. */
void explain_find_ways(struct explain *e);

/* explain_children.c: which child milters would be asked. */
void explain_find_children(struct explain *e);

/* explain_verdict.c: the sentence, and what the policy door would say. Chooses the stage that is
 * shown. */
void explain_settle_verdict(struct explain *e);
const char *explain_verdict_word(const struct explain *e);
const char *explain_reason_word(const struct explain *e);

/* explain_print.c, explain_json.c: to standard output. ST_LIMIT: it can't be written so. */
void explain_print(struct explain *e);
MUST_CHECK enum status explain_print_json(struct explain *e);
