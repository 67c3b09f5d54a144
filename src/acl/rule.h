/* The rules of one configuration and the objects that they name. Built by a parser from first to
 * last, then immutable: any number of threads evaluate them at once (eval.h). */
#pragma once

#include "acl/clause.h"
#include "util/buf.h"
#include "util/netset.h"

struct acl_condition;
struct client_list;
struct nameset;
struct netset;
struct netset_builder;
struct recipient_list;
struct regex;

#define ACL_RULES_MAX   ((size_t)65536)
#define ACL_CLAUSES_MAX ((size_t)1024)    /* of one rule */
#define ACL_ITEMS_MAX   ((size_t)1 << 22) /* of one list */
#define ACL_OBJECTS_MAX ((size_t)4096)
#define ACL_REGEX_MAX   ((size_t)65536)
#define ACL_WEIGHTS_MAX ((size_t)256) /* DNS lists that have one */
#define ACL_WEIGHT_MAX  1000

enum acl_action { ACL_GREYLIST, ACL_WHITELIST, ACL_BLACKLIST, ACL_CONTINUE };

enum acl_scope { ACL_SCOPE_UNSET, ACL_SCOPE_SESSION, ACL_SCOPE_COMMAND };

#define ACL_UNSET INT64_MIN /* a number that the rule does not set */

/* The values of a rule; of a verdict, where none is ACL_UNSET but those that have no global
 * setting. Texts are NULL when not set, and are formats (format.h) but for code and ecode. */
struct acl_effects {
	const char *id;
	const char *code;
	const char *ecode;
	const char *msg;
	const char *report;
	const char *addheader;
	const char *addfooter;
	const char *subjtag;
	int64_t addheader_index; /* ACL_UNSET: at the end */
	int64_t delay;           /* seconds */
	int64_t autowhite;       /* seconds; 0: not at all */
	int64_t maxpeek;         /* octets of content; -1: all */
	enum acl_scope tarpit_scope;
	bool flushaddr;
	bool nolog;
};

/* What the answer to a check wants of the rule that it makes hold: what is set replaces the rule's.
 */
struct acl_said {
	bool has_action;
	enum acl_action action;
	int64_t tarpit_s; /* ACL_UNSET: not said; 0: none */
	struct acl_effects set;
};

#define ACL_SAID_NOTHING                                                                           \
	((struct acl_said){ .tarpit_s = ACL_UNSET,                                                 \
	                    .set = { .addheader_index = ACL_UNSET,                                 \
	                             .delay = ACL_UNSET,                                           \
	                             .autowhite = ACL_UNSET,                                       \
	                             .maxpeek = ACL_UNSET } })

struct acl_rule {
	struct acl_rule *next; /* of the same stage */
	enum acl_stage stage;
	enum acl_action action;
	bool is_default;
	bool legacy;      /* an old line without "acl": at the head of its stage */
	const char *file; /* where the statement ends */
	unsigned line;
	const struct acl_clause *clauses;
	struct acl_effects set;
	int64_t peek; /* the statement maxpeek that was in force */
};

/* What a clause can name. */
struct acl_object {
	struct acl_object *next;
	enum acl_object_kind kind;
	const char *name;
	const char *source; /* the file of its definition, */
	unsigned line;      /* and where that begins */
	unsigned named;     /* by rules of these stages: AT_RCPT, AT_DATA */

	/* OBJECT_LIST */
	const struct clause_kind *of;    /* what the items are */
	const char *file;                /* where they stand, NULL: in the configuration */
	struct netset_builder *building; /* until the list is sealed */
	struct netset *nets;             /* never NULL then, nor names */
	struct nameset *names;
	struct acl_clause *odd; /* items that are in no set, in order */
	struct acl_clause **odd_tail;
	size_t count; /* items as given */

	/* The others. Texts are as written. */
	const char *text;    /* zone, macro, URL, key format, algorithm */
	const char *text2;   /* macro's value, LDAP's second, secret */
	struct regex *regex; /* macro's value as an expression */
	bool extended;       /* and its syntax */
	bool unset;          /* the macro must be missing */
	struct ip_net net;   /* DNS list: the answer */
	int64_t number;      /* rate limit: N; URL check: connections */
	int64_t weight; /* DNS list: added to the score of who is listed, less than 0 for a dnswl;
	                   0: none */
	struct acl_object *next_weighted;
	int64_t period_s;
	enum acl_count count_by;
	unsigned flags; /* of URL and LDAP checks: enum acl_check_flag */
	struct {        /* nsupdate */
		const char *servers, *rname, *rvalue, *tsig;
		int64_t ttl, dns_class, type;
	} update;

	/* OBJECT_CONDITION */
	const struct acl_condition *condition; /* condition.h; of others NULL */
	uint64_t facts;                        /* FACT_BIT of all that it may look at */
	unsigned stages;                       /* AT_RCPT, AT_DATA: rules that may name it */
	size_t cost;                           /* as for ACL_CONDITION_MAX */
};

/* What has no value in the rule. */
struct acl_globals {
	int64_t delay;
	int64_t autowhite;
	enum acl_scope tarpit_scope;
	bool testmode;    /* what nothing matches is let in */
	bool domainexact; /* a domain matches only at a label's border */
	bool helo_within; /* helo "s": anywhere in the name, with case (milter-greylist 4.4) */
	bool tempfail;    /* a fact that could not be found is a temporary failure, */
	uint64_t lenient; /* but not these (FACT_BIT) */
};

struct acl {
	struct arena *arena; /* owns texts, rules, clauses and objects */
	struct acl_globals globals;
	uint64_t never; /* FACT_BIT of what this configuration asks nobody for */
	void (*warn)(void *arg, const char *text); /* while it is built: what is odd but no error */
	void *warn_arg;
	/* Appends a file; where there are none to be had it is NULL. */
	enum status (*read_file)(void *arg, const char *path, struct buf *out, struct diag *why);
	void *read_arg;
	struct acl_rule *rules[ACL_STAGES];
	struct acl_rule **tail[ACL_STAGES];
	struct acl_object *objects;
	struct acl_object **objects_tail;
	struct acl_object *weighted; /* DNS lists with a weight */
	struct acl_object **weighted_tail;
	struct acl_owned *owned;
	size_t rule_count, object_count, regex_count, weight_count;
	uint64_t wanted[ACL_STAGES]; /* FACT_BIT of all that a rule of the stage may look at */
	unsigned scored;          /* stages with a rule that looks at the score of the DNS lists */
	bool uses_auth, uses_spf; /* a clause looks at them: the blanket exemption is off */
	bool holds;               /* a whitelist rule has a tarpit: who stays in it is let in */
};

/* The arena is borrowed, and must live longer. */
struct acl *acl_new(struct arena *arena);
void acl_free(struct acl **acl);

/* Gives p away: drop(p) is called when the rules are freed. */
void acl_own(struct acl *acl, void *p, void (*drop)(void *p));

/* Puts the rule at the end of its stage, or at the head (old lines). ST_LIMIT: ACL_RULES_MAX are
 * in. */
MUST_CHECK enum status acl_add_rule(struct acl *acl, struct acl_rule *rule, bool at_head);

/* ST_LIMIT: ACL_OBJECTS_MAX are in, or ACL_WEIGHTS_MAX that have a weight. Of two with one name the
 * later counts, for what follows it. */
MUST_CHECK enum status acl_add_object(struct acl *acl, struct acl_object *object);

/* NULL when there is none. Names compare exactly. */
struct acl_object *acl_find_object(const struct acl *acl, enum acl_object_kind kind,
                                   struct view name);

/* Does it look at the score of the DNS lists that have a weight? */
bool acl_is_score(const struct acl_clause *c);

/* Must it be asked of this DNS list? True when a rule of the stage names it, itself or in a list,
 * or looks at the score to which it gives a weight. */
bool acl_wants_dns_list(const struct acl *acl, enum acl_stage stage, const struct acl_object *o);

/* A list is begun, filled and sealed; then it may be asked. Networks and names lie in sets, so that
 * a list takes about the memory of its text. ST_LIMIT: a set is full. */
void acl_list_begin(struct acl *acl, struct acl_object *list);
MUST_CHECK enum status acl_list_add_net(struct acl_object *list, const struct ip_net *net);
MUST_CHECK enum status acl_list_add_name(struct acl_object *list, struct view name);
void acl_list_add_clause(struct acl_object *list, struct acl_clause *c);
void acl_list_seal(struct acl_object *list);

/* The items of a sealed list one after the other, as clauses: those of its sets, then the odd ones.
 * Zero it and set list to begin (acl_items); an item holds until the next one, NULL ends it. */
struct acl_item_walk {
	const struct acl_object *list;
	struct netset_walk nets;
	size_t names;
	const struct acl_clause *odd;
	struct acl_clause item;
};

struct acl_item_walk acl_items(const struct acl_object *list);
const struct acl_clause *acl_next_item(struct acl_item_walk *w);

/* Does an item of the list match? */
enum acl_answer acl_list_match(const struct acl_object *list, struct acl_look *look);

/* Compiles an expression that the rules own; posix is a set of enum posix_flag. why->column counts
 * within the pattern. ST_LIMIT also when ACL_REGEX_MAX are in. */
MUST_CHECK enum status acl_add_regex(struct acl *acl, struct view pattern, unsigned posix,
                                     struct regex **out, struct diag *why);

/* The same for one that the caller owns: it is compiled while mail waits, as a property's value. */
MUST_CHECK enum status acl_regex_new(struct view pattern, unsigned posix, struct regex **out,
                                     struct diag *why);

/* Tells the builder of the rules, if it listens. */
void acl_warn(const struct acl *acl, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Three digits, 400 to 599. */
bool acl_code_valid(const char *code);

/* "greylist" ... */
const char *acl_action_name(enum acl_action action);
