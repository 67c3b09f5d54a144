/* greylag milters detect: what milters this machine has, as statements. */
#include "cli/milters.h"

#include <jansson.h>
#include <stdio.h>
#include <sysexits.h>

#include "cli/commands.h"
#include "cli/tell.h"
#include "conf/milter.h"
#include "conf/milter_manager.h"

#define TEXT_MAX ((size_t)1 << 20)

static enum status put_conditions(const struct milter_program *p, struct buf *out)
{
	struct view names[7];
	size_t n = 0;

	for (; n < 7 && p->conditions[n] != NULL; n++)
		names[n] = view_of(p->conditions[n]);
	return milter_manager_conditions(names, n, out);
}

/* It answers a held recipient later, by so much. */
static enum status put_timeouts(int64_t tarpit_s, struct buf *out)
{
	int64_t s = tarpit_s + CONF_CHILD_READ_MS / 1000;

	if (tarpit_s == 0)
		return ST_OK;
	s = s < CONF_CHILD_TIMEOUT_MAX ? s : CONF_CHILD_TIMEOUT_MAX;
	return buf_printf(out, "\tread_timeout %llds\n\twrite_timeout %llds\n", (long long)s,
	                  (long long)s);
}

/* Nothing without a socket. */
static enum status put_statement(const struct milter_found *f, struct buf *out)
{
	enum status st;

	if (f->socket == NULL)
		return ST_OK;
	st = buf_printf(out, "milter \"%s\" {\n\tsocket \"%s\"\n", f->program->name, f->socket);
	if (st == ST_OK)
		st = put_conditions(f->program, out);
	if (st == ST_OK)
		st = put_timeouts(f->tarpit_s, out);
	return st == ST_OK ? buf_append(out, VIEW("}\n")) : st;
}

static void print_one(const struct milter_found *f, struct view statement)
{
	struct view line;

	(void)printf("\n# %s: ", f->program->name);
	if (f->socket == NULL)
		(void)printf("%s\n", f->why);
	else
		(void)printf("its socket is %s%s%s%s\n",
		             f->from != NULL ? "that of " : "the usual one",
		             f->from != NULL ? f->from : "", f->why != NULL ? "; " : "",
		             f->why != NULL ? f->why : "");
	if (strcmp(f->program->name, "milter-greylist") == 0)
		(void)printf(
			"# Greylag reads its greylist.conf: those rules can stand here in place "
			"of this milter.\n");
	while (view_next(&statement, '\n', &line))
		if (f->enabled)
			(void)printf("%.*s\n", VIEW_ARG(line));
		else
			(void)printf("#%s%.*s\n", line.n > 0 && line.p[0] == '\t' ? "" : " ",
			             VIEW_ARG(line));
}

static json_t *as_json(const struct milter_found *f, const char *statement)
{
	json_t *conditions = json_array();

	for (size_t i = 0; i < 7 && f->program->conditions[i] != NULL; i++)
		(void)json_array_append_new(conditions, json_string(f->program->conditions[i]));
	return json_pack("{s:s, s:b, s:s?, s:s?, s:s?, s:o, s:I, s:s?}", "name", f->program->name,
	                 "enabled", f->enabled, "socket", f->socket, "socket_from", f->from, "why",
	                 f->why, "conditions", conditions, "tarpit_s", (json_int_t)f->tarpit_s,
	                 "statement", statement);
}

static void print_all(const struct milter_found *found, size_t n, bool json)
{
	json_t *all = json_array();

	if (!json && n > 0)
		(void)printf("include \"%s/conditions.conf\"\n", GREYLAG_DATADIR);
	for (size_t i = 0; i < n; i++) {
		struct buf statement = buf_of(TEXT_MAX);

		if (put_statement(&found[i], &statement) != ST_OK)
			buf_clear(&statement);
		if (json)
			(void)json_array_append_new(
				all,
				as_json(&found[i], statement.n > 0 ? buf_text(&statement) : NULL));
		else
			print_one(&found[i], buf_view(&statement));
		buf_free(&statement);
	}
	if (json) {
		json_t *whole = json_pack("{s:o}", "milters", json_incref(all));

		(void)json_dumpf(whole, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
		(void)putchar('\n');
		json_decref(whole);
	}
	json_decref(all);
}

int cli_milters_detect(const struct args *a)
{
	struct milter_found found[MILTERS_KNOWN] = { { .program = NULL } };
	struct arena *arena = arena_new();
	size_t n = milters_find(a->root != NULL ? a->root : "", arena, found);
	int code;

	print_all(found, n, a->json);
	if (n == 0)
		(void)tell_fail(0, "no milter that we know is installed");
	code = tell_end();
	arena_free(&arena);
	return code == 0 && n == 0 ? 1 : code;
}
