/* Clauses: what a rule can look at. Each kind is one row of a table in the file of its family
 * (clause_net.c, clause_text.c ...); parser, printer, manual and evaluation work from the rows. */
#pragma once

#include "acl/facts.h"

struct acl;
struct acl_clause;
struct acl_object;
struct acl_look;
struct acl_said;
struct regex;

enum acl_stage { ACL_RCPT, ACL_DATA, ACL_STAGES };

#define AT_RCPT (1u << ACL_RCPT)
#define AT_DATA (1u << ACL_DATA)
#define AT_BOTH (AT_RCPT | AT_DATA)

/* Doors at which a clause can be known. */
enum acl_door {
	DOOR_POLICY = 1,   /* Postfix's and Exim's policy questions */
	DOOR_POSTFIX = 2,  /* Postfix as a milter's MTA */
	DOOR_SENDMAIL = 4, /* Sendmail, with the macros of its default configuration */
	DOOR_MILTERS = DOOR_POSTFIX | DOOR_SENDMAIL,
	DOOR_ALL = DOOR_POLICY | DOOR_MILTERS,
};

/* What may follow a clause's name: bits. */
enum operand_kind {
	OPERAND_NONE = 1 << 0,
	OPERAND_NET = 1 << 1,      /* ADDRESS[/BITS] */
	OPERAND_NAME = 1 << 2,     /* tanuki.example */
	OPERAND_MAIL = 1 << 3,     /* rin@tanuki.example */
	OPERAND_STRING = 1 << 4,   /* "text" */
	OPERAND_REGEX = 1 << 5,    /* /expression/ */
	OPERAND_PROPERTY = 1 << 6, /* $name */
	OPERAND_WORD = 1 << 7,     /* one of the row's words */
	OPERAND_BITS = 1 << 8,     /* /BITS */
	OPERAND_COMPARE = 1 << 9,  /* OP NUMBER, OP $name */
	OPERAND_TIME = 1 << 10,    /* a duration */
	OPERAND_OBJECT = 1 << 11,  /* "name" of an object of the row's kind */
	OPERAND_NUMBER = 1 << 12,
	OPERAND_EXCEPT = 1 << 13,  /* [NUMBER] except list "name" */
	OPERAND_FILE = 1 << 14,    /* file "path" */
	OPERAND_ASSIGN = 1 << 15,  /* $name = VALUE, += VALUE, -= VALUE */
	OPERAND_DECIMAL = 1 << 17, /* OP NUMBER, with up to six digits behind a point */
	OPERAND_VERDICT = 1 << 16, /* "name" of an object of the row's kind, and one of its words */
};

enum acl_compare { COMPARE_EQ, COMPARE_NE, COMPARE_GT, COMPARE_LT, COMPARE_GE, COMPARE_LE };

enum acl_object_kind {
	OBJECT_LIST,
	OBJECT_DNSRBL,
	OBJECT_DNSWL,
	OBJECT_MACRO,
	OBJECT_RATELIMIT,
	OBJECT_URLCHECK,
	OBJECT_LDAPCHECK,
	OBJECT_TSIG,
	OBJECT_NSUPDATE,
	OBJECT_CONDITION,
	OBJECT_MILTER,
	OBJECT_KINDS
};

enum acl_count { COUNT_RCPT, COUNT_SESSION, COUNT_DATA };

enum acl_check_flag {
	CHECK_POSTMSG = 1,
	CHECK_NOENCODE = 2,
	CHECK_FORK = 4,
	CHECK_GETPROP = 8,
	CHECK_CLEAR = 16,
	CHECK_DOMATCH = 32,
	CHECK_NOESCAPE = 64,
};

/* A clause's operand as it was written: enough to print it again. */
struct operand {
	enum operand_kind kind;
	struct view text;      /* NAME, MAIL, STRING, WORD, FILE; REGEX: between the slashes */
	struct view property;  /* of $p and *$p clauses themselves, and of ASSIGN */
	struct view property2; /* the right side of COMPARE and ASSIGN, when it is one */
	struct ip_net net;
	int64_t number; /* NUMBER, BITS, COMPARE, TIME, ASSIGN; DECIMAL: millionths */
	enum acl_compare compare;
	char assign;               /* '=', '+', '-' */
	bool has_number;           /* EXCEPT; ASSIGN */
	bool optional;             /* FILE: it may be missing */
	bool extended;             /* REGEX, PROPERTY: POSIX extended syntax */
	unsigned word;             /* index in the row's words: WORD, VERDICT */
	struct regex *regex;       /* REGEX */
	struct acl_object *object; /* OBJECT, EXCEPT, VERDICT */
};

/* Why a message was let in, for the log and the X-Greylist header; in the header's order. */
enum acl_reason {
	REASON_NONE, /* set, rset, log, nsupdate: an entry of those alone counts as "default" */
	REASON_DOMAIN,
	REASON_ADDR,
	REASON_FROM,
	REASON_AUTH,
	REASON_MACRO, /* the access data base's {greylist}; set by the session */
	REASON_DRAC,
	REASON_SPF,
	REASON_DKIM,
	REASON_NON_IP,
	REASON_TLS,
	REASON_RCPT,
	REASON_AUTOWHITE,
	REASON_DNSRBL,
	REASON_MX,
	REASON_URLCHECK,
	REASON_DEFAULT,
	REASON_TARPIT,
	REASON_OTHER,
};

#define REASON_BIT(r) (1u << (r))

struct acl_clause {
	struct acl_clause *next;
	const struct clause_kind *kind;
	bool negate;
	struct operand operand;
	void *built; /* what the row's build made of the operand */
};

/* What a clause says. */
enum acl_answer {
	ACL_NO,
	ACL_YES,
	ACL_PENDING, /* look->need says what is missing */
	ACL_FAILED,  /* the fact could not be found; `not` does not turn this round */
	ACL_NEVER,   /* nor can it be here; the clause does not match, with `not` neither */
};

#define ACL_GROUPS_MAX 32
#define ACL_SAID_MAX   8 /* checks of one rule whose answers change it; those behind do not */

/* One evaluation's eyes. */
struct acl_look {
	const struct acl *acl;
	const struct facts *facts;
	enum acl_stage stage;
	enum fact need;            /* ACL_PENDING: this, */
	const void *need_object;   /* of this struct acl_object, or NULL */
	unsigned to_come;          /* conditions: steps of the session that are still to come */
	enum acl_step need_step;   /* conditions: the one at which `need` can be known */
	struct fact_pair property; /* that matched last in the rule; no name: none */
	const struct acl_said *said[ACL_SAID_MAX]; /* by the rule's checks, in order */
	unsigned said_count;
	bool told;                          /* somebody wants to see it: */
	struct view saw;                    /* what the clause looked at, for people */
	char saw_text[64];                  /* where that is a number */
	struct view groups[ACL_GROUPS_MAX]; /* of the expression that matched last, then of the one
	                                       before */
	unsigned group_count;
};

struct clause_kind {
	const char *name;
	const char *lead;  /* a word that stands before the operand, or NULL */
	unsigned operands; /* enum operand_kind */
	unsigned once;     /* those that may stand once in a rule, each */
	unsigned list;     /* those that may be items of a list of this type; 0: there is none */
	const char *const *words;    /* for OPERAND_WORD and OPERAND_VERDICT, ends in NULL */
	enum acl_object_kind object; /* for OPERAND_OBJECT and OPERAND_VERDICT */
	unsigned stages;
	unsigned doors;
	enum fact fact;
	enum acl_reason reason;
	enum acl_answer (*match)(const struct acl_clause *c, struct acl_look *look);
	/* Makes c->built of c->operand, or refuses the operand: why->text says why, place is the
	 * caller's. */
	enum status (*build)(struct acl *acl, struct acl_clause *c, struct diag *why);
	bool acts; /* it always holds, and something is done when it is reached: ACL_ACT */
	const char *synopsis;
	const char *help;
};

struct clause_family {
	const struct clause_kind *kinds;
	size_t count;
};

extern const struct clause_family clauses_net, clauses_text, clauses_time, clauses_dns,
	clauses_state, clauses_content, clauses_named, clauses_property;

/* The row of a name, in any case; NULL when there is none. "$" and "*$" are the property clauses.
 */
const struct clause_kind *clause_find(struct view name);

/* `not` in front: it turns yes and no round, and nothing else. */
enum acl_answer acl_negate(enum acl_answer answer, bool negate);

/* FACT_BIT of all that the clause may look at; a list looks at what its items do. */
uint64_t acl_clause_facts(const struct acl_clause *c);

/* AT_RCPT, AT_DATA: where it may stand. */
unsigned acl_clause_stages(const struct acl_clause *c);

/* All rows: NULL behind the last. */
const struct clause_kind *clause_at(size_t i);

/* Is the fact there? ACL_YES and *out; or the answer of the clause that looked for it. */
enum acl_answer acl_fact(struct acl_look *look, enum fact fact, const struct fact_value **out);

/* The same for what was found out about a named object. */
enum acl_answer acl_object_fact(struct acl_look *look, enum fact fact,
                                const struct acl_object *object, const struct fact_value **out);

/* Matches, and keeps the groups. An expression that reaches its limits fails. */
enum acl_answer acl_regex(struct acl_look *look, const struct regex *re, struct view subject);

/* Remembers texts for %g: those of the clause that matched last come first (milter-greylist). They
 * must live as long as the facts. */
void acl_keep_groups(struct acl_look *look, const struct view *groups, size_t count);

bool acl_compare(int64_t left, enum acl_compare op, int64_t right);

/* A property's value as a number: the one that it begins with, else 0. */
int64_t acl_number_of(struct view value);

/* The right side of a clause's OP. ACL_YES and *out, or the answer of the clause. */
enum acl_answer acl_right_side(const struct acl_clause *c, struct acl_look *look, int64_t *out);

/* Writes a number where the trace finds it, if there is one. */
void acl_saw_number(struct acl_look *look, int64_t number);
