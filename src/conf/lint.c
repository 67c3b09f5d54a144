#include "conf/lint.h"

#include <stdio.h>
#include <stdlib.h>

#include "conf/lint_checks.h"

/* A check is a row: of the configuration, or of each rule. */
static const struct check {
	void (*whole)(struct lint *l);
	void (*rule)(struct lint *l, const struct acl_rule *r);
} checks[] = {
	{ .whole = lint_check_listens },
	{ .whole = lint_check_times },
	{ .whole = lint_check_reached },
	{ .whole = lint_check_runs },
	{ .whole = lint_check_list_expressions },
	{ .whole = lint_check_dacl_doors },
	{ .whole = lint_check_header_doors },
	{ .whole = lint_check_dacl_greylist },
	{ .whole = lint_check_tarpit_is_all },
	{ .whole = lint_check_sendmail_tarpit },
	{ .whole = lint_check_weights },
	{ .whole = lint_check_dns_lists },
	{ .whole = lint_check_children },
	{ .whole = lint_check_spamd_headers },
	{ .rule = lint_check_expressions },
	{ .rule = lint_check_clause_doors },
	{ .rule = lint_check_value_doors },
	{ .rule = lint_check_macros },
	{ .rule = lint_check_long_tarpit },
	{ .rule = lint_check_rule_times },
	{ .rule = lint_check_values },
	{ .rule = lint_check_tarpit_scope },
	{ .rule = lint_check_continued_tarpit },
	{ .rule = lint_check_score },
	{ .rule = lint_check_spamd },
};

#define CHECKS (sizeof(checks) / sizeof(checks[0]))

static void warn_at(struct lint *l, const char *file, unsigned line, const char *fmt, va_list ap)
	PRINTF_LIKE(4, 0);

static void warn_at(struct lint *l, const char *file, unsigned line, const char *fmt, va_list ap)
{
	char text[sizeof(l->warnings->text)];
	struct diag *d;

	if (l->warning_count == LINT_WARNINGS_MAX) {
		l->more++;
		return;
	}
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	d = &l->warnings[l->warning_count];
	diag_set(d, "%s", text);
	d->file = file;
	d->line = line;
	d->column = (unsigned)l->warning_count; /* keeps the order within a line until it is told */
	l->warning_count++;
}

void lint_warn(struct lint *l, const char *file, unsigned line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	warn_at(l, file, line, fmt, ap);
	va_end(ap);
}

void lint_warn_rule(struct lint *l, const struct acl_rule *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	warn_at(l, r->file, r->line, fmt, ap);
	va_end(ap);
}

const struct acl_clause *lint_tarpit(const struct acl_rule *r)
{
	for (const struct acl_clause *c = r->clauses; c != NULL; c = c->next)
		if (c->kind->fact == FACT_GAVE_UP && !c->negate)
			return c;
	return NULL;
}

bool lint_action_may_change(const struct acl_rule *r)
{
	for (const struct acl_clause *c = r->clauses; c != NULL; c = c->next)
		if (lint_kind(c)->fact == FACT_URLCHECK || lint_kind(c)->fact == FACT_LDAPCHECK)
			return true;
	return false;
}

bool lint_always_true(const struct acl_clause *c)
{
	return !c->negate && c->kind->fact == FACTS && c->kind->reason == REASON_NONE;
}

bool lint_matches_all(const struct acl_rule *r)
{
	for (const struct acl_clause *c = r->clauses; c != NULL; c = c->next)
		if (!lint_always_true(c))
			return false;
	return true;
}

const struct acl_rule *lint_end(const struct lint *l, enum acl_stage stage)
{
	const struct acl_rule *r = l->acl->rules[stage];

	while (r != NULL && (r->action == ACL_CONTINUE || !lint_matches_all(r)))
		r = r->next;
	return r;
}

static unsigned doors_of(const struct conf *c)
{
	unsigned doors = c->options->milter != NULL ? DOOR_MILTERS : 0;

	if (c->policy != NULL || c->stdio)
		doors |= DOOR_POLICY;
	return doors;
}

static int by_line(const void *a, const void *b)
{
	const struct diag *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->column < y->column ? -1 : x->column > y->column;
}

static void tell(struct lint *l, void (*warn)(void *arg, const struct diag *warning), void *arg)
{
	struct diag more = { .file = NULL };

	qsort(l->warnings, l->warning_count, sizeof(l->warnings[0]), by_line);
	for (size_t i = 0; i < l->warning_count; i++) {
		l->warnings[i].column = 0;
		warn(arg, &l->warnings[i]);
	}
	if (l->more > 0) {
		diag_set(&more, "there are %zu more warnings", l->more);
		warn(arg, &more);
	}
}

static void run(const struct check *check, struct lint *l)
{
	if (check->whole != NULL)
		check->whole(l);
	for (size_t stage = 0; check->rule != NULL && stage < ACL_STAGES; stage++)
		for (const struct acl_rule *r = l->acl->rules[stage]; r != NULL; r = r->next)
			check->rule(l, r);
}

void conf_lint(const struct conf *c, void (*warn)(void *arg, const struct diag *warning), void *arg)
{
	struct lint l = { .conf = c, .options = c->options, .acl = c->acl };
	struct arena *arena;

	if (c->acl == NULL || c->options == NULL)
		return;
	arena = arena_new();
	l.doors = doors_of(c);
	l.warnings = arena_array(arena, LINT_WARNINGS_MAX, sizeof(l.warnings[0]));
	for (size_t i = 0; i < CHECKS; i++)
		run(&checks[i], &l);
	tell(&l, warn, arg);
	arena_free(&arena);
}
