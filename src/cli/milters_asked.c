/* greylag milters: how the child milters of the running daemon fare. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "cli/commands.h"
#include "cli/tell.h"
#include "ctl/ctl.h"

#define ANSWER_MAX ((size_t)1 << 20)

/* One child, as the daemon tells of it: lines "key=value". */
struct told {
	struct view lines;
};

static struct view value_of(const struct told *t, const char *key)
{
	struct view rest = t->lines, line;

	while (view_next(&rest, '\n', &line)) {
		size_t equals = view_find(line, '=');

		if (equals != VIEW_NONE && view_eq(view_first(line, equals), view_of(key)))
			return view_from(line, equals + 1);
	}
	return VIEW("");
}

static uint64_t number_of(const struct told *t, const char *key)
{
	uint64_t n;

	return view_u64(value_of(t, key), UINT64_MAX, &n) == ST_OK ? n : 0;
}

static bool is_fault(struct view key)
{
	return view_starts(key, VIEW("fault_")) || view_eq(key, VIEW("left_out"));
}

/* --- for people --- */

static void print_state(const struct told *t)
{
	uint64_t workers = number_of(t, "left_out_workers"), ms = number_of(t, "left_out_ms");

	if (workers > 0 && ms > 0)
		(void)printf("left out for %" PRIu64 " s", (ms + 999) / 1000);
	else if (workers > 0)
		(void)printf("left out, to be tried");
	else
		(void)printf("%s", number_of(t, "sessions") > 0 ? "asked" : "not asked yet");
	if (view_eq(value_of(t, "evaluation"), VIEW("1")))
		(void)printf(", evaluation");
}

/* "timeout 2, closed 1" */
static void print_faults(const struct told *t)
{
	struct view rest = t->lines, line;
	bool any = false;

	while (view_next(&rest, '\n', &line)) {
		size_t equals = view_find(line, '=');
		struct view key = view_first(line, equals);

		if (equals == VIEW_NONE || !is_fault(key) ||
		    view_eq(view_from(line, equals + 1), VIEW("0")))
			continue;
		if (view_starts(key, VIEW("fault_")))
			key = view_from(key, 6);
		(void)printf("%s%.*s %.*s", any ? ", " : "", VIEW_ARG(key),
		             VIEW_ARG(view_from(line, equals + 1)));
		any = true;
	}
	(void)printf("%s", any ? "" : "-");
}

static void print_ms(uint64_t us)
{
	(void)printf("\t%" PRIu64 ".%" PRIu64 " ms", us / 1000, us / 100 % 10);
}

static void print_line(const struct told *t)
{
	static const char *const counts[] = { "sessions",   "answers",   "accepted", "rejected",
		                              "tempfailed", "discarded", "changes" };
	uint64_t answers = number_of(t, "answers");
	struct view when = value_of(t, "when");

	tell_escaped(stdout, value_of(t, "milter"));
	(void)putchar('\t');
	tell_escaped(stdout, value_of(t, "socket"));
	(void)putchar('\t');
	print_state(t);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		(void)printf("\t%" PRIu64, number_of(t, counts[i]));
	(void)putchar('\t');
	print_faults(t);
	print_ms(answers > 0 ? number_of(t, "time_us") / answers : 0);
	print_ms(number_of(t, "time_max_us"));
	(void)putchar('\t');
	if (when.n > 0)
		(void)printf("%.*s", VIEW_ARG(when));
	else
		(void)printf("always");
	(void)putchar('\n');
}

/* --- for programs --- */

static json_t *as_json(const struct told *t)
{
	json_t *o = json_object();
	struct view rest = t->lines, line;

	while (view_next(&rest, '\n', &line)) {
		size_t equals = view_find(line, '=');
		struct view key = view_first(line, equals), value = view_from(line, equals + 1);
		uint64_t n;
		json_t *v;

		if (equals == VIEW_NONE)
			continue;
		if (view_eq(key, VIEW("evaluation")))
			v = json_boolean(view_eq(value, VIEW("1")));
		else if (!view_eq(key, VIEW("milter")) && !view_eq(key, VIEW("when")) &&
		         view_u64(value, INT64_MAX, &n) == ST_OK)
			v = json_integer((json_int_t)n);
		else
			v = json_stringn(value.p, value.n);
		(void)json_object_setn_new(o, key.p, key.n, v != NULL ? v : json_null());
	}
	return o;
}

/* --- all of them --- */

static bool next_child(struct view *rest, struct told *t)
{
	const char *end = rest->n > 0 ? memmem(rest->p, rest->n, "\n\n", 2) : NULL;

	if (end == NULL)
		return false;
	t->lines = view_first(*rest, (size_t)(end - rest->p));
	*rest = view_from(*rest, t->lines.n + 2);
	return true;
}

static unsigned print_lines(struct view answer)
{
	unsigned count = 0;
	struct told t;

	for (; next_child(&answer, &t); count++) {
		if (count == 0)
			(void)printf(
				"milter\tsocket\tstate\tsessions\tanswers\taccepted\trejected\t"
				"tempfailed\tdiscarded\tchanges\tfaults\tmean\tlongest\twhen\n");
		print_line(&t);
	}
	return count;
}

static unsigned print_json(struct view answer)
{
	json_t *all = json_array(), *whole = json_object();
	unsigned count = 0;
	struct told t;

	for (; next_child(&answer, &t); count++)
		(void)json_array_append_new(all, as_json(&t));
	(void)json_object_set_new(whole, "milters", all);
	(void)json_dumpf(whole, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	(void)putchar('\n');
	json_decref(whole);
	return count;
}

int cli_milters(const struct args *a)
{
	struct buf answer = buf_of(ANSWER_MAX);
	struct diag why = { .file = NULL };
	enum status st = ctl_ask(a->dbdir, VIEW("milters"), &answer, &why);
	unsigned count;
	int code;

	if (st != ST_OK) {
		code = st == ST_DENIED ? tell_why(st, &why)
		                       : tell_fail(EX_UNAVAILABLE, "%s", why.text);
		buf_free(&answer);
		return code;
	}
	count = a->json ? print_json(buf_view(&answer)) : print_lines(buf_view(&answer));
	code = tell_end();
	if (count == 0)
		(void)tell_fail(0, "the daemon's configuration has no child milters");
	buf_free(&answer);
	return code == 0 && count == 0 ? 1 : code;
}
