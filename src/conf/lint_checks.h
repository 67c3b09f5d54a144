/* What the files of the lint share; for conf/lint*.c alone. */
#pragma once

#include "acl/rule.h"
#include "conf/conf.h"
#include "conf/lint.h"
#include "conf/options.h"

struct lint {
	const struct conf *conf;
	const struct conf_options *options;
	const struct acl *acl;
	unsigned doors; /* enum acl_door: those that the configuration opens */
	struct diag *warnings;
	size_t warning_count, more;
	size_t steps; /* comparisons of clauses so far */
};

/* At a place: file NULL and line 0 for the configuration as a whole. */
void lint_warn(struct lint *l, const char *file, unsigned line, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

void lint_warn_rule(struct lint *l, const struct acl_rule *r, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

static inline bool lint_is_list(const struct acl_clause *c)
{
	return c->operand.kind == OPERAND_OBJECT && c->operand.object->kind == OBJECT_LIST;
}

/* The row of what a clause looks at: a list stands for the clause that its items are. */
static inline const struct clause_kind *lint_kind(const struct acl_clause *c)
{
	return lint_is_list(c) ? c->operand.object->of : c->kind;
}

/* The rule's tarpit clause, or NULL. */
const struct acl_clause *lint_tarpit(const struct acl_rule *r);

/* Does the rule ask somebody outside who may choose another action for it (urlcheck, ldapcheck)? */
bool lint_action_may_change(const struct acl_rule *r);

/* set, rset, log and nsupdate look at nothing, and are true. */
bool lint_always_true(const struct acl_clause *c);

/* Does it always match: default, or clauses that are always true? */
bool lint_matches_all(const struct acl_rule *r);

/* The first rule of the stage behind which none is reached, as it always matches and decides; NULL
 * when there is none. */
const struct acl_rule *lint_end(const struct lint *l, enum acl_stage stage);

/* lint_reach.c */
bool lint_same_operand(const struct operand *a, const struct operand *b);
void lint_check_reached(struct lint *l);
void lint_check_runs(struct lint *l);

/* lint_regex.c */
void lint_check_expressions(struct lint *l, const struct acl_rule *r);
void lint_check_list_expressions(struct lint *l);

/* lint_lists.c */
void lint_check_dns_lists(struct lint *l);

/* lint_children.c */
void lint_check_children(struct lint *l);

/* lint_doors.c */
void lint_check_listens(struct lint *l);
void lint_check_dacl_doors(struct lint *l);
void lint_check_header_doors(struct lint *l);
void lint_check_sendmail_tarpit(struct lint *l);
void lint_check_clause_doors(struct lint *l, const struct acl_rule *r);
void lint_check_value_doors(struct lint *l, const struct acl_rule *r);
void lint_check_macros(struct lint *l, const struct acl_rule *r);
void lint_check_spamd_headers(struct lint *l);
void lint_check_spamd(struct lint *l, const struct acl_rule *r);
void lint_check_long_tarpit(struct lint *l, const struct acl_rule *r);

/* lint_values.c */
void lint_check_times(struct lint *l);
void lint_check_dacl_greylist(struct lint *l);
void lint_check_tarpit_is_all(struct lint *l);
void lint_check_rule_times(struct lint *l, const struct acl_rule *r);
void lint_check_values(struct lint *l, const struct acl_rule *r);
void lint_check_tarpit_scope(struct lint *l, const struct acl_rule *r);
void lint_check_continued_tarpit(struct lint *l, const struct acl_rule *r);
void lint_check_weights(struct lint *l);
void lint_check_score(struct lint *l, const struct acl_rule *r);
