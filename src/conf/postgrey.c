#include "conf/postgrey.h"

#include "conf/postgrey_options.h"
#include "util/escape.h"

/* Postgrey 1.37: 1 from its reading of options and for --help; else whatever errno was left,
 * mostly 2. */
#define EXIT_USAGE 1
#define EXIT_ERROR 2

#define ERRORS_SHOWN 20
#define SHOWN        400             /* room for a name or value in an error */
#define TEXT_MAX     ((size_t)65536) /* room for all that is printed */

/* One option of the command line, as far as it was understood. */
struct given {
	const struct option_row *row;
	struct option_value value;
};

struct words {
	struct arena *arena;
	char *const *next;
	char *const *end;
	struct given *given;
	size_t given_count;
	enum option_ask ask;
	struct buf errors;
	size_t error_count;
};

struct postgrey_defaults postgrey_defaults(enum postgrey_layout layout, enum conf_face face,
                                           const char *hostname)
{
	static const struct postgrey_defaults upstream = {
		.group = "nogroup",
		.store_dir = "/var/spool/postfix/postgrey",
		.client_lists = { "/etc/postfix/postgrey_whitelist_clients",
		                  "/etc/postfix/postgrey_whitelist_clients.local" },
		.recipient_lists = { "/etc/postfix/postgrey_whitelist_recipients" },
	};
	static const struct postgrey_defaults debian = {
		.group = "postgrey",
		.store_dir = "/var/lib/postgrey",
		.client_lists = { POSTGREY_DEBIAN_FOLDER "/whitelist_clients",
		                  POSTGREY_DEBIAN_FOLDER "/whitelist_clients.local" },
		.recipient_lists = { POSTGREY_DEBIAN_FOLDER "/whitelist_recipients",
		                     POSTGREY_DEBIAN_FOLDER "/whitelist_recipients.local" },
	};
	struct postgrey_defaults d = layout == POSTGREY_DEBIAN ? debian : upstream;

	d.face = face;
	d.hostname = hostname;
	return d;
}

static void complain(struct words *w, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void complain(struct words *w, const char *fmt, ...)
{
	va_list ap;

	w->error_count++;
	if (w->error_count > ERRORS_SHOWN)
		return;
	va_start(ap, fmt);
	if (buf_vprintf(&w->errors, fmt, ap) != ST_OK)
		w->error_count = ERRORS_SHOWN + 1; /* told at the end */
	va_end(ap);
}

/* Sign, digits, underscores behind the sign: what Postgrey takes as a number. A number that is too
 * great becomes the greatest. */
static enum status read_number(struct view v, int64_t *out)
{
	char plain[24] =
		"+"; /* the digits of INT64_MAX are 19; more than room are too great anyway */
	size_t n = 1;
	bool digit = false;
	enum status st;

	if (v.n > 0 && (v.p[0] == '-' || v.p[0] == '+')) {
		plain[0] = v.p[0];
		v = view_from(v, 1);
	}
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '_')
			continue;
		if (!ascii_digit(v.p[i]))
			return ST_INVALID;
		digit = true;
		if (n < sizeof(plain) && (n > 1 || v.p[i] != '0'))
			plain[n++] = v.p[i];
	}
	if (!digit)
		return ST_INVALID;
	if (n == 1)
		plain[n++] = '0';
	st = view_i64((struct view){ plain, n }, out);
	if (st == ST_LIMIT)
		*out = plain[0] == '-' ? INT64_MIN : INT64_MAX;
	return st == ST_LIMIT ? ST_OK : st;
}

/* A line end inside a text would end the answer that it is meant for. */
static bool has_control(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (((unsigned char)v.p[i] < ' ' && v.p[i] != '\t') || v.p[i] == 0x7f)
			return true;
	return false;
}

/* A string of the language can't say these. */
static bool has_loose_backslash(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] == '\\' && (i + 1 == v.n || v.p[i + 1] == '"'))
			return true;
	return false;
}

static enum status check_value(struct words *w, const struct option_row *row, const char *name,
                               struct option_value *value)
{
	char shown[SHOWN];

	if (row->kind == OPTION_NUMBER && read_number(value->text, &value->number) != ST_OK) {
		complain(w, "Value \"%s\" invalid for option %s (number expected)\n",
		         escape_text(value->text, shown, sizeof(shown)), name);
		return ST_INVALID;
	}
	if (value->text.n > POSTGREY_VALUE_MAX) {
		complain(w, "Value of option %s is longer than %d octets\n", name,
		         POSTGREY_VALUE_MAX);
		return ST_LIMIT;
	}
	if (has_control(value->text)) {
		complain(w, "Value of option %s holds a control character\n", name);
		return ST_INVALID;
	}
	if (has_loose_backslash(value->text)) {
		complain(w, "Value of option %s has a backslash at its end or before a quote\n",
		         name);
		return ST_INVALID;
	}
	return ST_OK;
}

/* An option, or the word that ends them. A lone dash is neither. */
static bool is_dashed(struct view word)
{
	return word.n > 1 && word.p[0] == '-';
}

/* The value behind "=", or in the next word; complains when there must be one, or none. */
static enum status take_value(struct words *w, const struct option_row *row, const char *name,
                              struct view *value)
{
	bool attached = value->p != NULL;

	if (row->kind == OPTION_SWITCH) {
		if (!attached)
			return ST_OK;
		complain(w, "Option %s does not take an argument\n", name);
		return ST_INVALID;
	}
	if (row->kind == OPTION_MAYBE) {
		if (!attached && w->next < w->end && !is_dashed(view_of(*w->next)))
			*value = view_of(*w->next++);
		return ST_OK;
	}
	if (attached ? value->n == 0 : w->next == w->end) {
		complain(w, "Option %s requires an argument\n", name);
		return ST_INVALID;
	}
	if (!attached)
		*value = view_of(*w->next++); /* even if it looks like an option */
	return ST_OK;
}

/* Two dashes, NAME, and =VALUE if there is one; or one dash and NAME alone. */
static void read_option(struct words *w, struct view word)
{
	bool doubled = view_starts(word, VIEW("--"));
	struct view name = view_from(word, doubled ? 2 : 1);
	size_t sign = doubled ? view_find(name, '=') : VIEW_NONE;
	struct option_value value = { .text = { NULL, 0 } };
	const struct option_row *row;
	char shown[SHOWN];

	if (sign != VIEW_NONE && sign > 0) {
		value.text = view_from(name, sign + 1);
		name = view_first(name, sign);
	}
	(void)escape_text(name, shown, sizeof(shown));
	row = option_find(name);
	if (row == NULL) {
		complain(w, "Unknown option: %s\n", shown);
		return;
	}
	if (take_value(w, row, shown, &value.text) != ST_OK ||
	    check_value(w, row, shown, &value) != ST_OK)
		return;
	if (row->ask > w->ask)
		w->ask = row->ask;
	w->given[w->given_count++] = (struct given){ row, value };
}

static void read_words(struct words *w)
{
	while (w->next < w->end) {
		struct view word = view_of(*w->next);

		if (!is_dashed(word) || view_eq(word, VIEW("--")))
			return;
		w->next++;
		read_option(w, word);
	}
}

/* The last of equal options counts, or all of those that add up; in the order of the command line.
 */
static void apply(const struct words *w, struct option_reading *r)
{
	size_t count;
	const struct option_row *rows = option_rows(&count);
	bool *later = arena_array(w->arena, count, sizeof(*later));
	bool *counts = arena_array(w->arena, w->given_count, sizeof(*counts));

	for (size_t i = w->given_count; i > 0; i--) {
		const struct option_row *row = w->given[i - 1].row;

		counts[i - 1] = row->adds || !later[row - rows];
		later[row - rows] = true;
	}
	for (size_t i = 0; i < w->given_count; i++) {
		const struct given *g = &w->given[i];

		if (counts[i])
			option_apply(r, g->row, &g->value);
	}
	option_finish(r);
}

static enum status print_row(const struct option_row *row, struct buf *out)
{
	struct buf left = buf_of(256);
	enum status st;
	const char *letter = NULL;

	for (size_t i = 0; i < OPTION_NAMES && row->names[i] != NULL; i++)
		if (row->names[i][1] == '\0')
			letter = row->names[i];
	st = letter != NULL ? buf_printf(&left, "  -%s, ", letter) : buf_printf(&left, "      ");
	if (st == ST_OK)
		st = buf_printf(&left, "--%s", row->names[0]);
	if (st == ST_OK && row->value != NULL)
		st = row->kind == OPTION_MAYBE ? buf_printf(&left, "[=%s]", row->value)
		                               : buf_printf(&left, "=%s", row->value);
	if (st == ST_OK)
		st = buf_printf(out, "%-34s%s%s\n", buf_text(&left), left.n < 34 ? "" : "  ",
		                row->help);
	buf_free(&left);
	return st;
}

static enum status print_usage(const struct postgrey_defaults *d, struct buf *out)
{
	size_t count;
	const struct option_row *rows = option_rows(&count);
	enum status st =
		buf_append(out, VIEW("Usage: postgrey [OPTION]... (--inet or --unix is needed)\n"
	                             "A policy server for Postfix and Exim that greylists.\n\n"));

	for (size_t i = 0; st == ST_OK && i < count; i++)
		st = print_row(&rows[i], out);
	if (st == ST_OK)
		st = buf_printf(out, "\nDefaults here: group %s, data base %s, lists", d->group,
		                d->store_dir);
	for (size_t i = 0; st == ST_OK && i < 2; i++)
		if (d->client_lists[i] != NULL)
			st = buf_printf(out, " %s", d->client_lists[i]);
	for (size_t i = 0; st == ST_OK && i < 2; i++)
		if (d->recipient_lists[i] != NULL)
			st = buf_printf(out, " %s", d->recipient_lists[i]);
	if (st == ST_OK)
		st = buf_append(out, VIEW("\nThe manual is postgrey(8).\n"));
	return st;
}

static void answer(struct postgrey_result *out, enum postgrey_outcome outcome, int exit_code,
                   const char *text)
{
	out->outcome = outcome;
	out->exit_code = exit_code;
	out->text = arena_text(out->arena, view_of(text));
}

/* What is asked for before any value is looked at, in Postgrey's order. False: nothing is. */
static bool answer_ask(enum option_ask ask, const struct postgrey_defaults *d,
                       struct postgrey_result *out)
{
	struct buf text = buf_of(TEXT_MAX);

	switch (ask) {
	case ASK_NOTHING:
	case ASK_PRINT: return false;
	case ASK_NO_ACTION:
		answer(out, POSTGREY_STDERR, EXIT_ERROR,
		       "ERROR: don't know how to \"no-action\".\n");
		return true;
	case ASK_VERSION:
		answer(out, POSTGREY_STDOUT, 0,
		       "postgrey " POSTGREY_VERSION " (greylag " GREYLAG_VERSION ")\n");
		return true;
	case ASK_MAN:
	case ASK_HELP:
		if (print_usage(d, &text) == ST_OK)
			answer(out, POSTGREY_STDOUT, ask == ASK_HELP ? EXIT_USAGE : 0,
			       buf_text(&text));
		else
			answer(out, POSTGREY_STDERR, EXIT_ERROR, "ERROR: the usage is too long\n");
		buf_free(&text);
		return true;
	}
	return false;
}

static void answer_errors(struct words *w, struct postgrey_result *out)
{
	if (w->error_count > ERRORS_SHOWN &&
	    buf_append(&w->errors, VIEW("... and more\n")) != ST_OK)
		answer(out, POSTGREY_STDERR, EXIT_USAGE, "too many wrong options\n");
	else
		answer(out, POSTGREY_STDERR, EXIT_USAGE, buf_text(&w->errors));
}

static void answer_conf(const struct words *w, const struct postgrey_defaults *d,
                        struct postgrey_result *out)
{
	struct conf *conf = conf_new();
	struct option_reading r;
	struct buf text = buf_of(TEXT_MAX * 16);

	option_begin(&r, out->arena, d, conf);
	apply(w, &r);
	out->warnings = r.warnings;
	out->stdio = conf->stdio;
	if (r.error != NULL)
		answer(out, POSTGREY_STDERR, EXIT_ERROR, r.error);
	else if (postgrey_print(&r, &text) != ST_OK)
		answer(out, POSTGREY_STDERR, EXIT_ERROR, "ERROR: too many settings\n");
	else
		answer(out, w->ask == ASK_PRINT ? POSTGREY_STDOUT : POSTGREY_RUN, 0,
		       buf_text(&text));
	buf_free(&text);
	conf_unref(&conf);
}

void postgrey_conf(int argc, char *const *argv, const struct postgrey_defaults *d,
                   struct postgrey_result *out)
{
	size_t count = argc > 1 ? (size_t)argc - 1 : 0;
	struct words w = { .errors = buf_of(TEXT_MAX) };

	*out = (struct postgrey_result){ .arena = arena_new() };
	w.arena = out->arena;
	w.next = count > 0 ? argv + 1 : argv;
	w.end = w.next + count;
	w.given = arena_array(w.arena, count, sizeof(*w.given));
	read_words(&w);
	if (w.error_count > 0)
		answer_errors(&w, out);
	else if (!answer_ask(w.ask, d, out))
		answer_conf(&w, d, out);
	buf_free(&w.errors);
}

void postgrey_result_free(struct postgrey_result *result)
{
	arena_free(&result->arena);
	*result = (struct postgrey_result){ .text = "" };
}
