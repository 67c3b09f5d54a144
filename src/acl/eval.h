/* The rules over the facts: a pure function. It never waits: where a fact is missing it says which,
 * and goes on from the same clause when it is called again.
 *
 *	struct acl_eval at = { 0 };
 *
 *	while (acl_eval(acl, ACL_RCPT, &facts, &at, NULL) == ACL_NEED)
 *		look_up(at.need, at.need_object, &facts);    (in truth: start it, return, come back)
 *	act_on(&at.verdict);
 *
 * Each fact that was asked for must come back in another state than FACT_PENDING, else it is asked
 *for again for ever. A fact that could not be found counts as no match, with `not` in front too;
 *with `onfailure tempfail` it ends the evaluation. */
#pragma once

#include "acl/rule.h"

enum acl_result {
	ACL_DECIDED, /* at->verdict */
	ACL_NEED,    /* at->need, of at->need_object */
	ACL_ACT, /* do what at->act says, and go on: once for each such clause that is reached */
	ACL_TEMPFAIL, /* a fact could not be found, at->need, and the configuration wants no guesses
	               */
};

struct acl_verdict {
	enum acl_action action;      /* never ACL_CONTINUE */
	const struct acl_rule *rule; /* NULL: nothing matched, and the stage's default holds */
	bool by_default; /* no reason but `default`: only then can a dacl greylist rule act later */
	bool log;
	unsigned reasons;                   /* REASON_BIT of each clause of the rule */
	int64_t tarpit_s;                   /* from its tarpit clause; 0: none */
	struct acl_effects effects;         /* of the rule and of the `continue` rules before it */
	struct fact_pair property;          /* %pn, %pv: one of the facts'; no name: none */
	struct view groups[ACL_GROUPS_MAX]; /* %g: within the facts' texts */
	unsigned group_count;
};

/* Zero it to begin; the rest is for acl_eval. Holds pointers into rules and facts. */
struct acl_eval {
	bool acts; /* in: the caller does what clauses ask for; else these just hold */
	enum fact need;
	const struct acl_object *need_object;
	const struct acl_clause *act;
	/* Before the decision: the values so far, and what the rule in `next` has matched so far.
	 */
	struct acl_verdict verdict;

	const struct acl_rule *next;
	const struct acl_clause *clause; /* of it, where to go on; NULL: at its beginning */
	const struct acl_said *said[ACL_SAID_MAX]; /* by its checks so far */
	unsigned said_count;
	bool begun, acted;
};

/* Who wants to see it. Either may be NULL. */
struct acl_trace {
	void *arg;
	/* Each clause that was looked at; saw lives until the call returns. */
	void (*clause)(void *arg, const struct acl_rule *rule, const struct acl_clause *clause,
	               enum acl_answer answer, struct view saw);
	/* Each rule: what its clauses came to. */
	void (*rule)(void *arg, const struct acl_rule *rule, enum acl_answer answer);
};

MUST_CHECK enum acl_result acl_eval(const struct acl *acl, enum acl_stage stage,
                                    const struct facts *facts, struct acl_eval *at,
                                    const struct acl_trace *trace);

/* "Sender IP whitelisted, Sender passed SPF test": the reasons as milter-greylist words them. id
 * names the rule in "ACL ID matched". */
MUST_CHECK enum status acl_reasons_format(unsigned reasons, const char *id, int64_t tarpit_s,
                                          struct buf *out);
