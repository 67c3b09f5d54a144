/* What is odd in a configuration although it is no error: rules that can't act, clauses that no
 * door can know, values without effect. Only what is certain; nothing here looks at the system. */
#pragma once

#include "util/status.h"

struct conf;

/* Warnings that are told one by one; the last one tells how many more there are. */
#define LINT_WARNINGS_MAX ((size_t)1000)

/* Calls warn for each, by line. warning->file is the file of the rule or, when it concerns the
 * configuration as a whole, NULL with line 0; it and the text are valid during the call. A
 * configuration that is none of the language (conf->acl is NULL) draws no warning. Takes bounded
 * time, however many rules there are. */
void conf_lint(const struct conf *c, void (*warn)(void *arg, const struct diag *warning),
               void *arg);
