#include "conf/milter_greylist.h"

#include <stdio.h>

#include "conf/conf.h"
#include "conf/lex.h"
#include "conf/parse.h"
#include "util/escape.h"

#define SHOWN    200             /* room for a value in an error */
#define TEXT_MAX ((size_t)65536) /* room for all statements, or all that is printed */

enum value_form {
	FORM_NONE,
	FORM_DURATION,
	FORM_WAIT, /* a duration, but not nothing */
	FORM_BITS,
	FORM_STRING,
	FORM_USER,
	FORM_FILE, /* no statement: the configuration's name */
};

enum option_ask { ASK_NOTHING, ASK_CHECK, ASK_LOG_RULES, ASK_VERSION, ASK_HELP };

struct option_row {
	char letter;
	enum value_form form;
	enum option_ask ask;
	const char *statement; /* NULL: none */
	const char *value;     /* in the usage; NULL: takes none */
	const char *help;
};

/* The options of milter-greylist 4.6.4. Usage and statements are in this order. */
static const struct option_row rows[] = {
	{ 'f', FORM_FILE, ASK_NOTHING, NULL, "FILE",
	  "the configuration (" MILTER_GREYLIST_FILE ")" },
	{ 'c', FORM_NONE, ASK_CHECK, NULL, NULL, "check the configuration and exit" },
	{ 'p', FORM_STRING, ASK_NOTHING, "socket", "SOCKET",
	  "where the MTA connects: unix:/PATH or inet:PORT@HOST" },
	{ 'u', FORM_USER, ASK_NOTHING, "user", "USER[:GROUP]", "run as this user" },
	{ 'P', FORM_STRING, ASK_NOTHING, "pidfile", "FILE", "write the process number here" },
	{ 'd', FORM_STRING, ASK_NOTHING, "dumpfile", "FILE", "milter-greylist's data base" },
	{ 'w', FORM_WAIT, ASK_NOTHING, "greylist", "TIME",
	  "how long a new tuple waits: 300, 30s, 5m, 1h, 1d" },
	{ 'a', FORM_DURATION, ASK_NOTHING, "autowhite", "TIME",
	  "how long a pass is remembered; a number alone is seconds" },
	{ 'L', FORM_BITS, ASK_NOTHING, "subnetmatch", "BITS", "IPv4 network in a tuple" },
	{ 'M', FORM_BITS, ASK_NOTHING, "subnetmatch6", "BITS", "IPv6 network in a tuple" },
	{ 'A', FORM_NONE, ASK_NOTHING, "noauth", NULL, "authentication exempts nobody" },
	{ 'S', FORM_NONE, ASK_NOTHING, "nospf", NULL, "an SPF pass exempts nobody" },
	{ 'T', FORM_NONE, ASK_NOTHING, "testmode", NULL, "what no rule matches is let in" },
	{ 'q', FORM_NONE, ASK_NOTHING, "quiet", NULL, "do not tell clients how long to wait" },
	{ 'v', FORM_NONE, ASK_NOTHING, "verbose", NULL, "debug messages" },
	{ 'l', FORM_NONE, ASK_LOG_RULES, NULL, NULL, "log how the rules are evaluated" },
	{ 'D', FORM_NONE, ASK_NOTHING, "nodetach", NULL, "stay in the foreground" },
	{ 'r', FORM_NONE, ASK_VERSION, NULL, NULL, "print version and build data, and exit" },
	{ 'h', FORM_NONE, ASK_HELP, NULL, NULL, "print this text, and exit with 64" },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

struct reading {
	struct milter_greylist_command *out;
	char *const *next;
	char *const *end;
	const char *given[ROWS]; /* the statement of this row, or NULL */
	bool ended;              /* out says what to print */
};

enum status milter_greylist_usage(struct buf *out)
{
	enum status st = buf_append(out, VIEW("Usage: milter-greylist [OPTION]...\n"));

	for (size_t i = 0; i < ROWS && st == ST_OK; i++)
		st = buf_printf(out, "  -%c %-13s %s\n", rows[i].letter,
		                rows[i].value != NULL ? rows[i].value : "", rows[i].help);
	return st == ST_OK ? buf_append(out, VIEW("Options win over the configuration.\n")) : st;
}

/* Takes what is in the buffer as the answer, and gives the buffer back. */
static void answer(struct reading *r, enum milter_greylist_outcome outcome, int exit_code,
                   struct buf *text, enum status st)
{
	struct milter_greylist_command *out = r->out;

	out->outcome = outcome;
	out->exit_code = exit_code;
	out->text = st == ST_OK ? arena_text(out->arena, buf_view(text))
	                        : "milter-greylist: wrong usage\n";
	buf_free(text);
	r->ended = true;
}

static void answer_usage(struct reading *r, const char *why)
{
	struct buf text = buf_of(TEXT_MAX);
	enum status st = why != NULL ? buf_printf(&text, "milter-greylist: %s\n", why) : ST_OK;

	if (st == ST_OK)
		st = milter_greylist_usage(&text);
	answer(r, MILTER_GREYLIST_STDERR, MILTER_GREYLIST_EXIT_USAGE, &text, st);
}

static void answer_version(struct reading *r)
{
	struct buf text = buf_of(TEXT_MAX);
	enum status st = buf_printf(
		&text,
		"milter-greylist-" MILTER_GREYLIST_VERSION " (greylag " GREYLAG_VERSION ")\n"
		"Built by %s, with PCRE2 for expressions and LMDB for the memory.\n"
		"Configuration: " MILTER_GREYLIST_FILE "\n",
#ifdef __clang__
		"clang " __clang_version__
#else
		"gcc " __VERSION__
#endif
	);

	answer(r, MILTER_GREYLIST_STDOUT, 0, &text, st);
}

static void refuse(struct reading *r, const struct option_row *row, struct view value,
                   const char *why)
{
	struct buf text = buf_of(TEXT_MAX);
	char shown[SHOWN];

	(void)escape_text(value, shown, sizeof(shown));
	answer(r, MILTER_GREYLIST_STDERR, MILTER_GREYLIST_EXIT_USAGE, &text,
	       buf_printf(&text, "milter-greylist: -%c %s: %s\n", row->letter, shown, why));
}

/* Would the value end the line, or the string, that it is written into? Of backslashes only the one
 * before a quote means anything there (lex.h). */
static const char *wrong_string(struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '"')
			return "a quote can't stand here";
		if ((unsigned char)v.p[i] < ' ' || v.p[i] == 0x7f)
			return "a line feed or other control character can't stand here";
	}
	return v.n > 0 && v.p[v.n - 1] == '\\' ? "a backslash can't stand at the end" : NULL;
}

static const char *wrong_user(struct view v)
{
	size_t colon = view_find(v, ':');

	if (colon == 0)
		return "a user's name is missing before the colon";
	if (colon != VIEW_NONE && colon + 1 == v.n)
		return "a group's name is missing behind the colon";
	return wrong_string(v);
}

static const char *wrong_duration(struct view v, bool zero_too)
{
	int64_t seconds = 0;
	enum status st = lex_duration(v, &seconds);

	if (st == ST_INVALID)
		return "a time is expected: seconds, or as 30s, 5m, 2h, 1d, 1w";
	if (st != ST_OK || seconds > CONF_DURATION_MAX)
		return "this time is too long";
	if (seconds < 0)
		return "a time can't be negative";
	return seconds == 0 && !zero_too ? "without a wait nothing is greylisted; to let all mail "
	                                   "in, use -T or \"racl whitelist default\""
	                                 : NULL;
}

/* The text of an option's value, without what is only fuss, or why it is none. */
static const char *wrong_value(const struct option_row *row, struct view *v)
{
	if (v->n == 0)
		return "the value is empty";
	if (v->n > MILTER_GREYLIST_VALUE_MAX)
		return "the value is too long";
	switch (row->form) {
	case FORM_DURATION: return wrong_duration(*v, true);
	case FORM_WAIT: return wrong_duration(*v, false);
	case FORM_STRING: return wrong_string(*v);
	case FORM_USER: return wrong_user(*v);
	case FORM_BITS:
		if (v->p[0] == '/') /* as in the file */
			*v = view_from(*v, 1);
		for (size_t i = 0; i < v->n; i++)
			if (!ascii_digit(v->p[i]))
				return "a number of bits is expected, as 24";
		return v->n == 0 ? "a number of bits is expected, as 24" : NULL;
	case FORM_FILE:
	case FORM_NONE: break;
	}
	return NULL;
}

/* The parser of the language has the last word: what it would refuse at the start is refused here,
 * with the option's name. */
static void try_statement(struct reading *r, const struct option_row *row, struct view value,
                          const char *statement)
{
	const struct conf_source source = { .text = view_of(statement), .name = "" };
	struct diag why = { 0 };
	struct conf *conf = NULL;

	if (conf_parse(&source, &conf, &why) != ST_OK)
		refuse(r, row, value, why.text);
	conf_unref(&conf);
}

static void add_statement(struct reading *r, const struct option_row *row, struct view value)
{
	struct buf line = buf_of(TEXT_MAX);
	enum status st = buf_append(&line, view_of(row->statement));
	const char *quote = row->form == FORM_STRING || row->form == FORM_USER ? "\"" : "";

	if (st == ST_OK && row->form != FORM_NONE)
		st = buf_printf(&line, " %s%s", row->form == FORM_BITS ? "/" : "", quote);
	if (st == ST_OK)
		st = buf_append(&line, value);
	if (st == ST_OK)
		st = buf_printf(&line, "%s\n", quote);
	if (st == ST_OK)
		try_statement(r, row, value, buf_text(&line));
	else
		refuse(r, row, value, "the value is too long");
	r->given[row - rows] = arena_text(r->out->arena, buf_view(&line));
	buf_free(&line);
}

static void apply(struct reading *r, const struct option_row *row, struct view value)
{
	const char *why = row->form != FORM_NONE ? wrong_value(row, &value) : NULL;

	if (why != NULL) {
		refuse(r, row, value, why);
		return;
	}
	switch (row->ask) {
	case ASK_NOTHING: break;
	case ASK_CHECK: r->out->outcome = MILTER_GREYLIST_CHECK; break;
	case ASK_LOG_RULES: r->out->log_rules = true; break;
	case ASK_VERSION: answer_version(r); break;
	case ASK_HELP: answer_usage(r, NULL); break;
	}
	if (row->form == FORM_FILE)
		r->out->file = arena_text(r->out->arena, value);
	if (row->statement != NULL)
		add_statement(r, row, value);
}

static const struct option_row *find(char letter)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].letter == letter)
			return &rows[i];
	return NULL;
}

static void answer_unknown(struct reading *r, const char *what, struct view word)
{
	char shown[SHOWN / 2], text[SHOWN];

	(void)escape_text(word, shown, sizeof(shown));
	(void)snprintf(text, sizeof(text), "%s '%s'", what, shown);
	answer_usage(r, text);
}

/* The letters of one word; a value is the rest of it, or the next word whatever it looks like. */
static void read_cluster(struct reading *r, struct view letters)
{
	while (letters.n > 0 && !r->ended) {
		const struct option_row *row = find(letters.p[0]);
		struct view value = { NULL, 0 };

		if (row == NULL) {
			answer_unknown(r, "unknown option", view_first(letters, 1));
			return;
		}
		letters = view_from(letters, 1);
		if (row->form != FORM_NONE && letters.n == 0 && r->next == r->end) {
			answer_unknown(r, "a value is missing behind option",
			               (struct view){ &row->letter, 1 });
			return;
		}
		if (row->form != FORM_NONE) {
			value = letters.n > 0 ? letters : view_of(*r->next++);
			letters = (struct view){ NULL, 0 };
		}
		apply(r, row, value);
	}
}

static void read_words(struct reading *r)
{
	while (r->next < r->end && !r->ended) {
		struct view word = view_of(*r->next++);

		if (view_eq(word, VIEW("--"))) {
			if (r->next < r->end)
				answer_unknown(r,
				               "no option, and not expected:", view_of(*r->next));
			return;
		}
		if (view_starts(word, VIEW("--")))
			answer_unknown(r, "unknown option", word);
		else if (word.n > 1 && word.p[0] == '-')
			read_cluster(r, view_from(word, 1));
		else
			answer_unknown(r, "no option, and not expected:", word);
	}
}

static void join_statements(struct reading *r)
{
	struct buf text = buf_of(TEXT_MAX);
	enum status st = ST_OK;

	for (size_t i = 0; i < ROWS && st == ST_OK; i++)
		if (r->given[i] != NULL)
			st = buf_append(&text, view_of(r->given[i]));
	if (st == ST_OK)
		r->out->statements = arena_text(r->out->arena, buf_view(&text));
	else
		answer_usage(r, "the options are too long");
	buf_free(&text);
}

void milter_greylist_read(int argc, char *const *argv, struct milter_greylist_command *out)
{
	size_t count = argc > 1 ? (size_t)argc - 1 : 0;
	struct reading r = { .out = out };

	*out = (struct milter_greylist_command){
		.outcome = MILTER_GREYLIST_RUN,
		.text = "",
		.file = MILTER_GREYLIST_FILE,
		.statements = "",
		.arena = arena_new(),
	};
	r.next = count > 0 ? argv + 1 : argv;
	r.end = r.next + count;
	read_words(&r);
	if (!r.ended)
		join_statements(&r);
}

void milter_greylist_free(struct milter_greylist_command *command)
{
	arena_free(&command->arena);
	*command = (struct milter_greylist_command){ .text = "", .file = "", .statements = "" };
}
