#include <stdlib.h>
#include <sysexits.h>

#include "cli/commands.h"
#include "cli/criteria.h"
#include "cli/tell.h"

static bool match(void *arg, const struct browse_entry *e)
{
	return criteria_match(arg, e);
}

/* Which tables the options speak of. */
static bool concerns(const struct args *a, enum browse_table table)
{
	switch (table) {
	case BROWSE_TUPLES:
		return a->all || a->source != NULL || a->sender != NULL || a->recipient != NULL;
	case BROWSE_CLIENTS: return a->all || a->client != NULL;
	case BROWSE_MARKS:
		return a->all || (a->source != NULL && a->sender == NULL && a->recipient == NULL);
	case BROWSE_TABLES: break;
	}
	return false;
}

static int forget(const struct args *a, struct browse *b)
{
	uint64_t gone[BROWSE_TABLES] = { 0 };
	struct criteria *c = NULL;
	struct diag why = { .file = NULL };
	enum status st = criteria_new(a, b, &c, &why);

	for (unsigned i = 0; i < BROWSE_TABLES && st == ST_OK; i++)
		if (concerns(a, (enum browse_table)i))
			st = browse_forget(b, (enum browse_table)i, match, c, &gone[i], &why);
	criteria_free(&c);
	(void)printf("forgot %llu tuples, %llu clients, %llu marks\n",
	             (unsigned long long)gone[BROWSE_TUPLES],
	             (unsigned long long)gone[BROWSE_CLIENTS],
	             (unsigned long long)gone[BROWSE_MARKS]);
	return st == ST_OK ? tell_end() : tell_why(st, &why);
}

int cli_forget(const struct args *a)
{
	struct browse_options o = { .dir = a->dbdir };
	struct browse *b = NULL;
	struct diag why = { .file = NULL };
	bool some =
		a->source != NULL || a->sender != NULL || a->recipient != NULL || a->client != NULL;
	enum status st;
	int code;

	if (some == a->all)
		return tell_fail(
			EX_USAGE,
			some ? "forget: --all, or what? Both were given"
			     : "forget: what? --source, --sender, --recipient, --client, or "
			       "--all");
	st = tell_open(&o, &b, &why); /* a store that isn't there is not to be made */
	browse_close(&b);
	o.change = true;
	if (st == ST_OK)
		st = tell_open(&o, &b, &why);
	if (st != ST_OK)
		return tell_why(st, &why);
	code = forget(a, b);
	browse_close(&b);
	return code;
}
