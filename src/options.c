#include "options.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "conf/milter_greylist.h"
#include "conf/postgrey.h"
#include "util/guess.h"

#define TEXT_MAX ((size_t)1 << 20)

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* Started under its name, or with --as-NAME as the first word, which is taken off. */
static bool take_face(int *argc, char **argv, const char *name, const char *option)
{
	if (*argc > 0 && strcmp(base_name(argv[0]), name) == 0)
		return true;
	if (*argc < 2 || strcmp(argv[1], option) != 0)
		return false;
	memmove(argv + 1, argv + 2, (size_t)(*argc - 1) * sizeof(argv[0]));
	(*argc)--;
	return true;
}

static void say(struct options *o, bool to_stderr, int exit_code, const char *text)
{
	o->text = arena_text(o->arena, view_of(text));
	o->to_stderr = to_stderr;
	o->exit_code = exit_code;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* --- Postgrey's --- */

static void read_postgrey(int argc, char **argv, enum conf_face face, struct options *o)
{
	struct postgrey_defaults d = postgrey_defaults(
		is_folder(POSTGREY_DEBIAN_FOLDER) ? POSTGREY_DEBIAN : POSTGREY_UPSTREAM, face,
		o->origin.hostname);
	const struct option_warning **end = &o->warnings;
	struct postgrey_result r;

	postgrey_conf(argc, argv, &d, &r);
	if (r.outcome != POSTGREY_RUN)
		say(o, r.outcome == POSTGREY_STDERR, r.exit_code, r.text);
	o->origin.text = arena_text(o->arena, view_of(r.text));
	o->origin.stdio = r.stdio;
	for (const struct postgrey_warning *w = r.warnings; w != NULL; w = w->next) {
		struct option_warning *copy = arena_one(o->arena, struct option_warning);

		copy->text = arena_text(o->arena, view_of(w->text));
		*end = copy;
		end = &copy->next;
	}
	postgrey_result_free(&r);
}

/* --- milter-greylist's --- */

static void read_milter_greylist(int argc, char **argv, struct options *o)
{
	struct milter_greylist_command c;
	struct buf more = buf_of(TEXT_MAX);

	milter_greylist_read(argc, argv, &c);
	if (c.outcome == MILTER_GREYLIST_STDOUT || c.outcome == MILTER_GREYLIST_STDERR)
		say(o, c.outcome == MILTER_GREYLIST_STDERR, c.exit_code, c.text);
	o->check = c.outcome == MILTER_GREYLIST_CHECK;
	if (c.file != NULL)
		o->origin.file = arena_text(o->arena, view_of(c.file));
	if (buf_printf(&more, "style milter-greylist\n%s%s", c.log_rules ? "log_rules\n" : "",
	               c.statements != NULL ? c.statements : "") == ST_OK)
		o->origin.more = arena_text(o->arena, buf_view(&more));
	buf_free(&more);
	milter_greylist_free(&c);
}

/* --- our own --- */

static const char usage[] =
	"Usage: greylagd [-f FILE] [OPTION ...]\n"
	"\n"
	"Answers mail servers' questions by the rules of FILE (" ORIGIN_FILE ").\n"
	"\n"
	"  -f, --file=FILE        the configuration, see greylag.conf(5)\n"
	"  -c, --check            look for errors in it, and end\n"
	"      --set=STATEMENT    a statement of the configuration, which wins over the file's;\n"
	"                         may be repeated\n"
	"  -d, --daemonize        go to the background and log to syslog\n"
	"  -D, --foreground       stay in the foreground (the default)\n"
	"      --stdio            answer on standard input and output, listen nowhere\n"
	"  -h, --help             print this text\n"
	"      --version          print the version\n"
	"\n"
	"greylagd --inet=PORT ... takes Postgrey's options instead of a file: postgrey(8).\n"
	"Called postgrey or milter-greylist, or with --as-postgrey or --as-milter-greylist as the\n"
	"first word, it stands in their place.\n";

struct own {
	struct options *o;
	struct buf more;
	int argc;
	char **argv;
	int at;
};

/* "-f X", "-fX", "--file X", "--file=X": the value, or NULL. */
static const char *value_of(struct own *w, const char *letter, const char *name)
{
	const char *word = w->argv[w->at];
	size_t n = strlen(name);

	if (letter != NULL && strncmp(word, letter, 2) == 0 && word[2] != '\0')
		return word + 2;
	if (strncmp(word, name, n) == 0 && word[n] == '=')
		return word + n + 1;
	if ((letter != NULL && strcmp(word, letter) == 0) || strcmp(word, name) == 0)
		return w->at + 1 < w->argc ? w->argv[++w->at] : NULL;
	return NULL;
}

static bool is_option(const char *word, const char *letter, const char *name)
{
	size_t n = strlen(name);

	return (letter != NULL && strncmp(word, letter, 2) == 0 && word[1] != '-') ||
	       (strncmp(word, name, n) == 0 && (word[n] == '\0' || word[n] == '='));
}

static void unknown(struct own *w, const char *word)
{
	static const char *const names[] = { "--file",       "--check", "--set",  "--daemonize",
		                             "--foreground", "--stdio", "--help", "--version" };
	struct guess g = guess_of(view_first(view_of(word), view_find(view_of(word), '=')));
	char text[300];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		guess_try(&g, names[i]);
	(void)snprintf(text, sizeof(text), "ERROR: unknown option %.100s%s%s%s\n", word,
	               g.best != NULL ? " (did you mean " : "", g.best != NULL ? g.best : "",
	               g.best != NULL ? "?)" : "");
	say(w->o, true, EX_USAGE, text);
}

static void take_value(struct own *w, const char *letter, const char *name)
{
	const char *value = value_of(w, letter, name);
	char text[100];

	if (value == NULL || value[0] == '\0') {
		(void)snprintf(text, sizeof(text), "ERROR: option %s needs a value\n", name);
		say(w->o, true, EX_USAGE, text);
	} else if (strcmp(name, "--file") == 0) {
		w->o->origin.file = arena_text(w->o->arena, view_of(value));
	} else if (buf_printf(&w->more, "%s\n", value) != ST_OK) {
		say(w->o, true, EX_USAGE, "ERROR: too many statements\n");
	}
}

static void read_word(struct own *w)
{
	const char *word = w->argv[w->at];
	struct options *o = w->o;

	if (is_option(word, "-f", "--file"))
		take_value(w, "-f", "--file");
	else if (is_option(word, NULL, "--set"))
		take_value(w, NULL, "--set");
	else if (strcmp(word, "-c") == 0 || strcmp(word, "--check") == 0)
		o->check = true;
	else if (strcmp(word, "-d") == 0 || strcmp(word, "--daemonize") == 0)
		o->origin.background = BACKGROUND_YES;
	else if (strcmp(word, "-D") == 0 || strcmp(word, "--foreground") == 0)
		o->origin.background = BACKGROUND_NO;
	else if (strcmp(word, "--stdio") == 0)
		o->origin.stdio = true;
	else if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0)
		say(o, false, EX_OK, usage);
	else if (strcmp(word, "--version") == 0)
		say(o, false, EX_OK, "greylagd " GREYLAG_VERSION "\n");
	else
		unknown(w, word);
}

static void read_own(int argc, char **argv, struct options *o)
{
	struct own w = { .o = o, .more = buf_of(TEXT_MAX), .argc = argc, .argv = argv };

	o->origin.file = ORIGIN_FILE;
	o->origin.background = BACKGROUND_NO;
	for (w.at = 1; w.at < argc && o->text == NULL; w.at++)
		read_word(&w);
	if (w.more.n > 0)
		o->origin.more = arena_text(o->arena, buf_view(&w.more));
	buf_free(&w.more);
}

/* Postgrey's options name what to listen on; ours name a file, or nothing. */
static bool has_postgrey_options(int argc, char **argv)
{
	static const char *const names[] = { "inet", "i", "unix", "u", "stdio", "print-config" };
	bool postgrey = false;

	for (int i = 1; i < argc; i++) {
		size_t dashes = strspn(argv[i], "-");
		struct view name = view_of(argv[i] + dashes);

		name = view_first(name, view_find(name, '='));
		if (is_option(argv[i], "-f", "--file") || is_option(argv[i], NULL, "--set"))
			return false;
		for (size_t n = 0; n < sizeof(names) / sizeof(names[0]) && dashes > 0; n++)
			postgrey = postgrey || view_eq(name, view_of(names[n]));
	}
	return postgrey;
}

void options_read(int argc, char **argv, const char *hostname, struct options *out)
{
	*out = (struct options){ .arena = arena_new() };
	out->origin.hostname = arena_text(out->arena, view_of(hostname));
	if (take_face(&argc, argv, "postgrey", "--as-postgrey"))
		read_postgrey(argc, argv, CONF_POSTGREY, out);
	else if (take_face(&argc, argv, "milter-greylist", "--as-milter-greylist"))
		read_milter_greylist(argc, argv, out);
	else if (has_postgrey_options(argc, argv))
		read_postgrey(argc, argv, CONF_GREYLAG, out);
	else
		read_own(argc, argv, out);
}

void options_free(struct options *o)
{
	arena_free(&o->arena);
	o->text = NULL;
}
