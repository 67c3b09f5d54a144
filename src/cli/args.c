#include "cli/args.h"

#include <stdio.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "conf/milter_greylist.h"
#include "util/escape.h"
#include "util/guess.h"
#include "util/mem.h"

#define SHOWN       80
#define DAY_S       86400
#define SECONDS_MAX (INT64_C(36500) * DAY_S) /* later is never */
#define COUNT_MAX   INT64_C(1000000000)

#define SPF_TIMEOUT_S     20 /* RFC 7208 section 4.6.4: at least */
#define SPF_TIMEOUT_MAX_S 3600

/* --- the tables --- */

struct command {
	const char *name;
	const char *second; /* its second word, or NULL */
	const char *operands;
	unsigned fewest;
	unsigned most;
	const char *summary;
	const char *more;
};

/* Where a command's first word is another's, the longer one stands behind. */
static const struct command commands[CLI_COMMANDS] = {
	[CLI_STATUS] = { "status", NULL, "", 0, 0, "what the running daemon counts",
	                 "Asks the daemon of this folder; --raw prints its lines as they come." },
	[CLI_LIST] = { "list", NULL, " [tuples|clients|marks]", 0, 1, "what the store remembers",
	               "One line an entry, a TAB between the columns; the first line names them.\n"
	               "Works beside a running daemon. Times need --delay, --retry-window,\n"
	               "--max-age and --auto-whitelist-clients where the daemon has them." },
	[CLI_SHOW] = { "show", NULL, " ADDRESS SENDER RECIPIENT", 3, 3,
	               "what is known of one correspondence",
	               "Exits with 1 when this tuple was never seen. \"<>\" is the null sender." },
	[CLI_EXPLAIN] = { "explain", NULL, " [FILE]", 0, 1, "what would become of a mail, and why",
	                  "Without FILE by the configuration of the daemon of this folder.\n"
	                  "Nothing is changed. Exits with 0 when the mail would pass, with 1 when\n"
	                  "it would not; 78 (EX_CONFIG) for a file with errors." },
	[CLI_SPF] = { "spf", NULL, "", 0, 0, "may this address send for that domain?",
	              "Prints the result of RFC 7208: none, neutral, pass, fail, softfail,\n"
	              "temperror or permerror; behind fail the domain's explanation, if any.\n"
	              "Of the null sender (--from=\"<>\") the HELO name is checked." },
	[CLI_FORGET] = { "forget", NULL, "", 0, 0, "delete entries",
	                 "Tuples are deleted that match all of --source, --sender and --recipient\n"
	                 "that are given; marks that match --source, when it is given alone; and\n"
	                 "clients that match --client. --all deletes everything." },
	[CLI_EXPORT] = { "export", NULL, " [FILE]", 0, 1, "write the store as text",
	                 "To FILE or standard output; `greylag import` reads it back." },
	[CLI_EXPORT_MILTER_GREYLIST] = { "export", "milter-greylist", "", 0, 0,
	                                 "write a dump file of milter-greylist",
	                                 "Its dumpfile, for the way back; to standard output\n"
	                                 "without --out. What is left out, and why, is told." },
	[CLI_IMPORT] = { "import", NULL, " FILE|-", 1, 1, "read an export back",
	                 "Entries that are there already are merged with those that come." },
	[CLI_IMPORT_MILTER_GREYLIST] = { "import", "milter-greylist", " FILE|- ...", 1, UINT32_MAX,
	                                 "take over milter-greylist's dump file",
	                                 "Bad lines are told and skipped. The daemon does this by\n"
	                                 "itself with its dumpfile, when its store is new." },
	[CLI_IMPORT_POSTGREY] = { "import", "postgrey", " FOLDER|FILE|- ...", 1, UINT32_MAX,
	                          "take over Postgrey's data bases",
	                          "A folder's postgrey.db, postgrey_clients.db and\n"
	                          "tarpit_clients.db, such files alone, or texts of db_dump.\n"
	                          "Stop Postgrey first." },
	[CLI_CONFIG_CHECK] = { "config", "check", " FILE|-", 1, 1, "find errors in a configuration",
	                       "Nothing is looked up or changed; 78 (EX_CONFIG) for a file with\n"
	                       "errors. The language: greylag.conf(5)." },
	[CLI_CONFIG_PRINT] = { "config", "print", " FILE|-", 1, 1,
	                       "print what a configuration says",
	                       "In a form of its own, which means the same." },
	[CLI_CONFIG_CLAUSES] = { "config", "clauses", "", 0, 0, "list the clauses of the language",
	                         "Those that are not built yet never match." },
	[CLI_CONFIG_STATEMENTS] = { "config", "statements", "", 0, 0,
	                            "list the statements of the language",
	                            "greylag.conf(5) says more of each." },
	[CLI_CONFIG_VALUES] = { "config", "values", "", 0, 0, "list the values of a rule",
	                        "greylag.conf(5) says more of each." },
	[CLI_CONFIG_IMPORT] = { "config", "import", " milter-manager FILE|-", 2, 2,
	                        "translate milter-manager's configuration",
	                        "FILE is what `milter-manager --show-config' prints. Prints a\n"
	                        "configuration of ours; what could not be carried over stands in\n"
	                        "comments. 65 (EX_DATAERR) for a text that is none." },
	[CLI_MILTERS] = { "milters", NULL, "", 0, 0, "how the child milters fare",
	                  "Asks the daemon of this folder: one line a child, a TAB between the\n"
	                  "columns; the first line names them. Exits with 1 when there is none." },
	[CLI_MILTERS_DETECT] = { "milters", "detect", "", 0, 0, "find the milters of this machine",
	                         "Prints a statement for each, ready for a configuration. Exits\n"
	                         "with 1 when there is none. Nothing is run or changed." },
};

enum kind { FLAG, TEXT, WORDS, NUMBER, SECONDS };

struct option {
	const char *name;
	const char *value;
	enum kind kind;
	unsigned commands; /* a bit each */
	size_t member;     /* of struct args */
	int64_t least;     /* NUMBER */
	int64_t most;
	int64_t unit; /* SECONDS: of a number without a letter */
	const char *help;
};

#define ALL      (~0U)
#define ON(c)    (1U << (c))
#define TIMES    (ON(CLI_LIST) | ON(CLI_SHOW) | ON(CLI_IMPORT_POSTGREY))
#define NETS     (TIMES | ON(CLI_FORGET))
#define CRITERIA (ON(CLI_LIST) | ON(CLI_FORGET))
#define SPF      ON(CLI_SPF)
#define DUMPS    (ON(CLI_IMPORT_MILTER_GREYLIST) | ON(CLI_EXPORT_MILTER_GREYLIST))
#define AT(m)    offsetof(struct args, m)
#define OPTIONS  (sizeof(options) / sizeof(options[0]))

static const struct option options[] = {
	{ "dbdir", "FOLDER", TEXT, ALL, AT(dbdir),
	  .help = "the store (" CLI_DBDIR ", or the environment's " CLI_DBDIR_ENV ")" },
	{ "raw", NULL, FLAG, ON(CLI_STATUS), AT(raw), .help = "key=value, as the daemon says it" },
	{ "source", "S", TEXT, CRITERIA, AT(source),
	  .help = "an address, a network, or the source as it is listed" },
	{ "sender", "S", TEXT, CRITERIA, AT(sender), .help = "an address, <>, or @DOMAIN" },
	{ "recipient", "R", TEXT, CRITERIA, AT(recipient), .help = "an address, or @DOMAIN" },
	{ "client", "A", TEXT, CRITERIA, AT(client),
	  .help = "an address or a network, in the table of clients" },
	{ "all", NULL, FLAG, ON(CLI_FORGET), AT(all), .help = "everything" },
	{ "client-ip", "A", TEXT, ON(CLI_EXPLAIN), AT(client_ip), .help = "the client's address" },
	{ "client-name", "N", TEXT, ON(CLI_EXPLAIN), AT(client_name),
	  .help = "its confirmed name (unknown)" },
	{ "reverse-name", "N", TEXT, ON(CLI_EXPLAIN), AT(reverse_name),
	  .help = "the name that its address has, confirmed or not" },
	{ "ip", "A", TEXT, SPF, AT(ip), .help = "the client's address" },
	{ "helo", "H", TEXT, ON(CLI_EXPLAIN) | SPF, AT(helo),
	  .help = "what it said to HELO or EHLO" },
	{ "from", "F", TEXT, ON(CLI_EXPLAIN) | SPF, AT(from),
	  .help = "the sender; <> is the null sender" },
	{ "to", "R", TEXT, ON(CLI_EXPLAIN), AT(to), .help = "the recipient" },
	{ "auth", "U", TEXT, ON(CLI_EXPLAIN), AT(auth), .help = "the name that authenticated" },
	{ "tls", "SUBJECT", TEXT, ON(CLI_EXPLAIN), AT(tls), .help = "of a verified certificate" },
	{ "at", "TIME", TEXT, ON(CLI_EXPLAIN), AT(at),
	  .help = "Unix seconds, \"2026-11-24 10:00\", or +5m from now (now)" },
	{ "message", "FILE", TEXT, ON(CLI_EXPLAIN), AT(message),
	  .help = "the message, for rules that look at it" },
	{ "header", "HEADER", WORDS, ON(CLI_EXPLAIN), 0,
	  .help = "one of it, \"Name: value\"; several may be given" },
	{ "body", "FILE", TEXT, ON(CLI_EXPLAIN), AT(body), .help = "its body" },
	{ "score", "N", TEXT, ON(CLI_EXPLAIN), AT(score), .help = "what spamd would say of it" },
	{ "resolver", "SERVER", TEXT, SPF, AT(resolver),
	  .help = "ADDRESS, ADDRESS@PORT or recursive (as /etc/resolv.conf says)" },
	{ "receiver", "N", TEXT, SPF, AT(receiver),
	  .help = "the name of this host, for explanations" },
	{ "timeout", "N", NUMBER, SPF, AT(timeout), 1, SPF_TIMEOUT_MAX_S,
	  .help = "seconds, for all of it (20)" },
	{ "verbose", NULL, FLAG, SPF, AT(verbose), .help = "-v: tell how it came about" },
	{ "waiting", NULL, FLAG, ON(CLI_LIST), AT(waiting), .help = "only tuples that wait" },
	{ "passed", NULL, FLAG, ON(CLI_LIST), AT(passed), .help = "only tuples that have passed" },
	{ "limit", "N", NUMBER, ON(CLI_LIST), AT(limit), 0, INT64_MAX,
	  .help = "at most so many lines" },
	{ "epoch", NULL, FLAG, ON(CLI_LIST) | ON(CLI_SHOW) | ON(CLI_EXPLAIN), AT(epoch),
	  .help = "times as Unix seconds" },
	{ "json", NULL, FLAG,
	  ON(CLI_EXPORT) | ON(CLI_EXPLAIN) | ON(CLI_LIST) | ON(CLI_MILTERS) |
	          ON(CLI_MILTERS_DETECT),
	  AT(json), .help = "as JSON; of an export and a list an object a line" },
	{ "root", "FOLDER", TEXT, ON(CLI_MILTERS_DETECT), AT(root),
	  .help = "look into the system that lies there (/)" },
	{ "with-secret", NULL, FLAG, ON(CLI_EXPORT), AT(with_secret),
	  .help = "with the key of the hashes (privacy), for another machine" },
	{ "config", "FILE", TEXT, DUMPS, AT(config),
	  .help = "the daemon's configuration (" MILTER_GREYLIST_FILE ")" },
	{ "subnetmatch", "N", NUMBER, DUMPS, AT(subnetmatch), 0, 32,
	  .help = "network of a tuple, if a command line has another than the file" },
	{ "subnetmatch6", "N", NUMBER, DUMPS, AT(subnetmatch6), 0, 128,
	  .help = "the same for IPv6" },
	{ "out", "FILE", TEXT, ON(CLI_EXPORT_MILTER_GREYLIST), AT(out),
	  .help = "the file that is written" },
	{ "privacy", NULL, FLAG,
	  ON(CLI_IMPORT) | ON(CLI_IMPORT_POSTGREY) | ON(CLI_IMPORT_MILTER_GREYLIST), AT(privacy),
	  .help = "a store that has to be made keeps hashes, not addresses" },
	{ "no-digests", NULL, FLAG, ON(CLI_IMPORT_POSTGREY), AT(no_digests),
	  .help = "leave out what Postgrey's --privacy has written" },
	{ "targrey", NULL, FLAG, ON(CLI_IMPORT_POSTGREY), AT(targrey),
	  .help = "the third number of a tuple is taRgrey's count of retries" },
	{ "retry-count", "N", NUMBER, ON(CLI_IMPORT_POSTGREY), AT(retry_count), 1, COUNT_MAX,
	  .help = "with --targrey: retries that were needed (1)" },
	{ "delay", "N", SECONDS, TIMES, AT(delay), .unit = 1,
	  .help = "seconds of greylisting (300)" },
	{ "retry-window", "N", SECONDS, TIMES, AT(retry_window), .unit = DAY_S,
	  .help = "days, or hours as Nh (2)" },
	{ "max-age", "N", SECONDS, TIMES, AT(max_age), .unit = DAY_S, .help = "days (35)" },
	{ "auto-whitelist-clients", "N", NUMBER, ON(CLI_LIST) | ON(CLI_SHOW), AT(auto_allow_after),
	  1, COUNT_MAX, .help = "passes that free a client (5)" },
	{ "ipv4cidr", "N", NUMBER, NETS, AT(ipv4_bits), 1, 32, .help = "network of a tuple (24)" },
	{ "ipv6cidr", "N", NUMBER, NETS, AT(ipv6_bits), 1, 128, .help = "network of a tuple (64)" },
	{ "lookup-by-host", NULL, FLAG, NETS, AT(by_host), .help = "whole addresses" },
	{ "help", NULL, FLAG, ALL, AT(help), .help = "print this text" },
	{ "version", NULL, FLAG, ALL, AT(version), .help = "print the version" },
};

/* --- reading --- */

struct reading {
	struct args *a;
	uint64_t used; /* a bit an option */
	struct diag *why;
};

static enum status unknown(struct diag *why, const char *what, struct view word, const char *dashes,
                           const char *guess)
{
	char shown[ESCAPE_ROOM(SHOWN)];

	(void)escape_text(view_first(word, SHOWN), shown, sizeof(shown));
	if (guess != NULL)
		diag_set(why, "unknown %s: %s (did you mean %s%s?)", what, shown, dashes, guess);
	else
		diag_set(why, "unknown %s: %s", what, shown);
	return ST_INVALID;
}

static const struct option *find_option(struct view name, struct diag *why)
{
	struct guess guess = guess_of(name);

	if (view_eq(name, VIEW("h")))
		name = VIEW("help");
	else if (view_eq(name, VIEW("v")))
		name = VIEW("verbose");
	for (size_t i = 0; i < OPTIONS; i++) {
		if (view_eq(name, view_of(options[i].name)))
			return &options[i];
		guess_try(&guess, options[i].name);
	}
	(void)unknown(why, "option", name, "--", guess.best);
	return NULL;
}

/* "90", "2h", "7d": the unit is that of the daemon's option of this name. */
static enum status read_seconds(struct view v, int64_t unit, int64_t *out)
{
	uint64_t x;
	char letter;

	if (v.n == 0)
		return ST_INVALID;
	letter = v.p[v.n - 1];
	if (!ascii_digit(letter)) {
		unit = letter == 's'   ? 1
		       : letter == 'm' ? 60
		       : letter == 'h' ? 3600
		       : letter == 'd' ? DAY_S
		                       : 0;
		v = view_first(v, v.n - 1);
	}
	if (unit == 0 || view_u64(v, (uint64_t)(SECONDS_MAX / unit), &x) != ST_OK)
		return ST_INVALID;
	*out = (int64_t)x * unit;
	return ST_OK;
}

enum status args_seconds(struct view v, int64_t *out)
{
	return read_seconds(v, 1, out);
}

static enum status set_option(struct reading *r, const struct option *o, const char *value)
{
	char *to = (char *)r->a + o->member;
	char shown[ESCAPE_ROOM(SHOWN)];
	enum status st = ST_OK;

	switch (o->kind) {
	case FLAG: *(bool *)(void *)to = true; break;
	case TEXT: *(const char **)(void *)to = value; break;
	case WORDS: r->a->header[r->a->headers++] = value; break;
	case SECONDS: st = read_seconds(view_of(value), o->unit, (int64_t *)(void *)to); break;
	case NUMBER: st = view_i64(view_of(value), (int64_t *)(void *)to); break;
	}
	if (st == ST_OK && o->kind == NUMBER &&
	    (*(int64_t *)(void *)to < o->least || *(int64_t *)(void *)to > o->most))
		st = ST_LIMIT;
	r->used |= UINT64_C(1) << (o - options);
	if (st == ST_OK)
		return ST_OK;
	(void)escape_text(view_first(view_of(value), SHOWN), shown, sizeof(shown));
	diag_set(r->why, "--%s: %s: %s", o->name, shown,
	         o->kind == SECONDS ? "a number is expected, with s, m, h or d behind it"
	         : st == ST_LIMIT   ? "out of range"
	                            : "a number is expected");
	return ST_INVALID;
}

/* One option at argv[*at], and its value, which may be the next word. */
static enum status read_option(struct reading *r, int argc, char *const *argv, int *at)
{
	struct view word = view_of(argv[*at]);
	size_t equals = view_find(word, '=');
	struct view name = view_first(word, equals);
	const struct option *o;
	const char *value = equals != VIEW_NONE ? word.p + equals + 1 : NULL;

	name = view_from(name, view_starts(name, VIEW("--")) ? 2 : 1);
	o = find_option(name, r->why);
	if (o == NULL)
		return ST_INVALID;
	if (o->kind == FLAG && value != NULL) {
		diag_set(r->why, "--%s takes no value", o->name);
		return ST_INVALID;
	}
	if (o->kind != FLAG && value == NULL) {
		if (*at + 1 >= argc) {
			diag_set(r->why, "--%s needs a value", o->name);
			return ST_INVALID;
		}
		value = argv[++*at];
	}
	return set_option(r, o, value);
}

static enum status read_words(struct reading *r, int argc, char *const *argv)
{
	bool only_words = false;
	enum status st = ST_OK;

	for (int i = 1; i < argc && st == ST_OK; i++) {
		const char *word = argv[i];

		if (!only_words && strcmp(word, "--") == 0)
			only_words = true;
		else if (!only_words && word[0] == '-' && word[1] != '\0')
			st = read_option(r, argc, argv, &i);
		else
			r->a->word[r->a->words++] = word;
	}
	return st;
}

static void drop_words(struct args *a, unsigned n)
{
	memmove(a->word, a->word + n, (a->words - n) * sizeof(a->word[0]));
	a->words -= n;
}

/* The first word is that of several commands, and the second is none of theirs, or missing. */
static enum status unknown_second(const struct args *a, struct diag *why)
{
	struct view word = view_of(a->words > 1 ? a->word[1] : "");
	char shown[ESCAPE_ROOM(SHOWN)], list[SHOWN] = "";
	size_t n = 0;

	for (unsigned i = 0; i < CLI_COMMANDS; i++)
		if (strcmp(a->word[0], commands[i].name) == 0 && n < sizeof(list))
			n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", n > 0 ? ", " : "",
			                      commands[i].second);
	(void)escape_text(view_first(word, SHOWN), shown, sizeof(shown));
	if (word.n > 0)
		diag_set(why, "unknown command: %s %s (there are %s)", a->word[0], shown, list);
	else
		diag_set(why, "%s what: %s?", a->word[0], list);
	return ST_INVALID;
}

static enum status find_command(struct args *a, struct diag *why)
{
	bool known = false;
	struct guess guess = guess_of(view_of(a->word[0]));

	for (unsigned i = CLI_COMMANDS; i-- > 0;) {
		const struct command *c = &commands[i];

		guess_try(&guess, c->name);
		if (strcmp(a->word[0], c->name) != 0)
			continue;
		known = true;
		if (c->second != NULL && (a->words < 2 || strcmp(a->word[1], c->second) != 0))
			continue;
		a->command = (enum cli_command)i;
		drop_words(a, c->second != NULL ? 2 : 1);
		return ST_OK;
	}
	return known ? unknown_second(a, why)
	             : unknown(why, "command", view_of(a->word[0]), "", guess.best);
}

static enum status check_fit(const struct reading *r)
{
	const struct command *c = &commands[r->a->command];

	for (size_t i = 0; i < OPTIONS; i++) {
		if ((r->used & UINT64_C(1) << i) == 0 ||
		    (options[i].commands & ON(r->a->command)) != 0)
			continue;
		diag_set(r->why, "--%s is no option of `greylag %s%s%s'", options[i].name, c->name,
		         c->second != NULL ? " " : "", c->second != NULL ? c->second : "");
		return ST_INVALID;
	}
	if (!r->a->help && (r->a->words < c->fewest || r->a->words > c->most)) {
		diag_set(r->why, "too %s words: greylag %s%s%s%s",
		         r->a->words < c->fewest ? "few" : "many", c->name,
		         c->second != NULL ? " " : "", c->second != NULL ? c->second : "",
		         c->operands);
		return ST_INVALID;
	}
	return ST_OK;
}

/* One that the daemon's configuration says, too. */
static bool is_setting(const struct option *o)
{
	return o->commands == TIMES || o->commands == NETS || o->member == AT(auto_allow_after);
}

static bool gives_settings(const struct reading *r)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if ((r->used & UINT64_C(1) << i) != 0 && is_setting(&options[i]))
			return true;
	return false;
}

static const char default_dbdir[] = CLI_DBDIR;

static void set_defaults(struct args *a)
{
	struct conf *c = conf_new();
	const char *dir = getenv(CLI_DBDIR_ENV);

	*a = (struct args){ .command = CLI_COMMANDS,
		            .dbdir = dir != NULL && dir[0] != '\0' ? dir : default_dbdir,
		            .config = MILTER_GREYLIST_FILE,
		            .delay = -1,
		            .timeout = SPF_TIMEOUT_S,
		            .subnetmatch = -1,
		            .subnetmatch6 = -1,
		            .retry_window = c->retry_window,
		            .max_age = c->max_age,
		            .retry_count = c->retry_count,
		            .auto_allow_after = c->auto_allow_after,
		            .ipv4_bits = c->ipv4_bits,
		            .ipv6_bits = c->ipv6_bits };
	conf_unref(&c);
}

enum status args_read(int argc, char *const *argv, struct args *out, struct diag *why)
{
	struct reading r = { .a = out, .why = why };
	enum status st;

	set_defaults(out);
	out->word = mem_array((size_t)argc + 1, sizeof(out->word[0]));
	out->header = mem_array((size_t)argc + 1, sizeof(out->header[0]));
	why->file = NULL;
	st = read_words(&r, argc, argv);
	out->dbdir_given = out->dbdir != default_dbdir;
	out->settings_given = gives_settings(&r);
	if (st == ST_OK && out->words > 0)
		st = find_command(out, why);
	if (st == ST_OK && out->command != CLI_COMMANDS)
		st = check_fit(&r);
	if (st == ST_OK && out->command == CLI_COMMANDS && !out->help && !out->version) {
		diag_set(why, "a command is missing");
		st = ST_INVALID;
	}
	if (out->by_host) {
		out->ipv4_bits = 32;
		out->ipv6_bits = 128;
	}
	return st;
}

void args_free(struct args *a)
{
	mem_free(a->word);
	mem_free(a->header);
	a->header = NULL;
	a->headers = 0;
	a->word = NULL;
	a->words = 0;
}

/* --- help --- */

static enum status put_options(unsigned mask, struct buf *out)
{
	enum status st = buf_append(out, VIEW("\nOptions:\n"));

	for (size_t i = 0; i < OPTIONS && st == ST_OK; i++) {
		const struct option *o = &options[i];
		int width =
			(int)strlen(o->name) + (o->value != NULL ? (int)strlen(o->value) + 1 : 0);

		if ((o->commands & mask) != mask)
			continue;
		st = buf_printf(out, "  --%s%s%s%*s  %s\n", o->name, o->value != NULL ? "=" : "",
		                o->value != NULL ? o->value : "", width < 24 ? 24 - width : 0, "",
		                o->help);
	}
	return st;
}

enum status args_help(enum cli_command command, struct buf *out)
{
	const struct command *c;
	enum status st;

	if (command != CLI_COMMANDS) {
		c = &commands[command];
		st = buf_printf(out, "Usage: greylag %s%s%s [OPTION ...]%s\n\n%s\n", c->name,
		                c->second != NULL ? " " : "", c->second != NULL ? c->second : "",
		                c->operands, c->more);
		return st == ST_OK ? put_options(ON(command), out) : st;
	}
	st = buf_append(out,
	                VIEW("Usage: greylag [--dbdir=FOLDER] COMMAND [OPTION ...]\n\n"
	                     "Looks at the memory of greylagd, and changes it.\n\nCommands:\n"));
	for (unsigned i = 0; i < CLI_COMMANDS && st == ST_OK; i++) {
		c = &commands[i];
		st = buf_printf(out, "  %s%s%-*s  %s\n", c->name, c->second != NULL ? " " : "",
		                23 - (int)strlen(c->name) - (c->second != NULL ? 1 : 0),
		                c->second != NULL ? c->second : "", c->summary);
	}
	if (st == ST_OK)
		st = put_options(ALL, out);
	return st == ST_OK
	               ? buf_append(out, VIEW("\n`greylag COMMAND --help' says more of each.\n"))
	               : st;
}
