/* Conditions: clauses outside of the rules' stages, as those under which a child milter is asked. A
 * pure function like the rules' (eval.h), and built like them. */
#pragma once

#include "acl/rule.h"

/* Clauses of one condition, with those of the conditions that it names: what an evaluation looks at
 * once at most. */
#define ACL_CONDITION_MAX ((size_t)1024)

/* It holds when one of these does. */
struct acl_condition {
	struct acl_condition *next;       /* or */
	const struct acl_clause *clauses; /* all of these; NULL: always */
};

/* What is missing when the answer is ACL_PENDING. */
struct acl_need {
	enum fact fact;
	const struct acl_object *object; /* or NULL */
	enum acl_step
		step; /* when it is later than the session's there is nothing to look up yet */
};

/* At a step of the session, with the facts that are known so far: ACL_YES; ACL_NO; ACL_PENDING and
 * *need: ask again when the session has come to its step, and that fact has another state than
 * FACT_PENDING; ACL_FAILED: a fact could not be found, ACL_NEVER: nor can it be here. Those two
 * count as no. Neither `yes` nor `no` waits for a fact that would not turn it, nor goes by one that
 * may still change: before their step nobody has authenticated, and a macro is missing. NULL always
 * holds. */
enum acl_answer acl_condition_eval(const struct acl *acl, const struct acl_condition *condition,
                                   enum acl_step step, const struct facts *facts,
                                   struct acl_need *need);

/* The first step at which all that it looks at can be known. */
enum acl_step acl_condition_step(const struct acl_condition *condition);
enum acl_step acl_fact_step(enum fact fact);

/* Of all facts in a set. */
enum acl_step acl_facts_step(uint64_t facts);

/* The same for the clause that names a condition: look->need and its likes say what is missing. */
enum acl_answer acl_condition_look(const struct acl_condition *condition, struct acl_look *look);

/* FACT_BIT of all that it may look at. */
uint64_t acl_condition_facts(const struct acl_condition *condition);

/* AT_RCPT, AT_DATA: rules in which it may be named, as all its clauses may stand there. */
unsigned acl_condition_stages(const struct acl_condition *condition);

/* Its clauses, counted as for ACL_CONDITION_MAX. */
size_t acl_condition_cost(const struct acl_condition *condition);

/* "accept", "reject" ... by enum fact_verdict; NULL behind the last. */
extern const char *const acl_verdict_words[];

/* "connect" ... */
const char *acl_step_name(enum acl_step step);
