#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "cli/commands.h"
#include "cli/tell.h"
#include "ctl/ctl.h"

#define ANSWER_MAX  ((size_t)1 << 20)
#define LABEL_WIDTH 24

static void print_line(struct view line)
{
	size_t equals = view_find(line, '=');
	struct view key = view_first(line, equals);

	for (size_t i = 0; i < LABEL_WIDTH || i < key.n; i++)
		(void)putchar(i >= key.n ? ' ' : key.p[i] == '_' ? ' ' : key.p[i]);
	(void)putchar(' ');
	if (equals != VIEW_NONE)
		tell_escaped(stdout, view_from(line, equals + 1));
	(void)putchar('\n');
}

static int print_answer(const struct args *a, struct view answer)
{
	struct view line;

	if (a->raw)
		(void)fwrite(answer.p, 1, answer.n, stdout);
	while (!a->raw && view_next(&answer, '\n', &line))
		print_line(line);
	return tell_end();
}

/* No daemon: what would it find? */
static int say_down(const struct args *a, const char *answer)
{
	struct browse_options o = { .dir = a->dbdir };
	struct browse *b = NULL;
	struct diag why;

	if (tell_open(&o, &b, &why) != ST_OK)
		return tell_fail(EX_UNAVAILABLE, "%s\nThere is no store to read either: %s", answer,
		                 why.text);
	(void)tell_fail(EX_UNAVAILABLE,
	                "%s\nThe store in %s holds %llu tuples, %llu clients, %llu marks.", answer,
	                a->dbdir, (unsigned long long)browse_count(b, BROWSE_TUPLES),
	                (unsigned long long)browse_count(b, BROWSE_CLIENTS),
	                (unsigned long long)browse_count(b, BROWSE_MARKS));
	browse_close(&b);
	return EX_UNAVAILABLE;
}

int cli_status(const struct args *a)
{
	struct buf answer = buf_of(ANSWER_MAX);
	struct diag why = { .file = NULL };
	enum status st = ctl_ask(a->dbdir, VIEW("status"), &answer, &why);
	int code;

	if (st == ST_OK)
		code = print_answer(a, buf_view(&answer));
	else if (st == ST_DENIED)
		code = tell_why(st, &why);
	else
		code = say_down(a, why.text);
	buf_free(&answer);
	return code;
}
