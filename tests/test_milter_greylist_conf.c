#include "test.h"

#include "conf/conf.h"
#include "conf/milter_greylist.h"
#include "conf/options.h"
#include "conf/parse.h"

#define WORDS_MAX 32

static char program[] = "milter-greylist";

/* Words parted by one blank each, as a person types them; '' is an empty word, ^ a line feed and ~
 * a blank within a word. */
static void run_line(const char *line, struct milter_greylist_command *out)
{
	char copy[8192], *argv[WORDS_MAX] = { program };
	int argc = 1;

	assert_true(strlen(line) < sizeof(copy));
	memcpy(copy, line, strlen(line) + 1);
	for (char *rest = copy, *word; (word = strtok_r(rest, " ", &rest)) != NULL;) {
		assert_true(argc < WORDS_MAX);
		for (char *c = word; *c != '\0'; c++)
			*c = (char)(*c == '^' ? '\n' : *c == '~' ? ' ' : *c);
		argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
	}
	milter_greylist_read(argc, argv, out);
}

static enum status parse(const char *text, struct conf **out)
{
	const struct conf_source source = { .text = view_of(text), .name = "options" };
	struct diag why = { 0 };
	enum status st = conf_parse(&source, out, &why);

	if (st != ST_OK)
		print_error("%u:%u: %s\n", why.line, why.column, why.text);
	return st;
}

static void test_statements(void **state)
{
	static const struct {
		const char *name;
		const char *line;
		const char *statements;
	} cases[] = {
		{ "nothing", "", "" },
		{ "a switch", "-A", "noauth\n" },
		{ "every switch", "-A -S -T -q -v -D",
		  "noauth\nnospf\ntestmode\nquiet\nverbose\nnodetach\n" },
		{ "a cluster", "-ASTqvD", "noauth\nnospf\ntestmode\nquiet\nverbose\nnodetach\n" },
		{ "glued", "-w5m", "greylist 5m\n" },
		{ "apart", "-w 5m", "greylist 5m\n" },
		{ "a cluster that ends in a value", "-vDw5m", "greylist 5m\nverbose\nnodetach\n" },
		{ "the same with the value apart", "-vDw 5m", "greylist 5m\nverbose\nnodetach\n" },
		{ "twice: the last", "-w 5m -w 10m", "greylist 10m\n" },
		{ "a plain number is seconds", "-a 5", "autowhite 5\n" },
		{ "no autowhite", "-a 0", "autowhite 0\n" },
		{ "socket", "-p inet:7070@127.0.0.1", "socket \"inet:7070@127.0.0.1\"\n" },
		{ "a blank in a path", "-p /run/a~b", "socket \"/run/a b\"\n" },
		{ "a hash in a path", "-P /run/a#b", "pidfile \"/run/a#b\"\n" },
		{ "a backslash within", "-P /run/a\\b", "pidfile \"/run/a\\b\"\n" },
		{ "user", "-u grey", "user \"grey\"\n" },
		{ "user and group", "-ugrey:lag", "user \"grey:lag\"\n" },
		{ "networks", "-L 24 -M 64", "subnetmatch /24\nsubnetmatch6 /64\n" },
		{ "networks as in the file", "-L /24", "subnetmatch /24\n" },
		{ "files", "-P /run/x -d /var/x.db",
		  "pidfile \"/run/x\"\ndumpfile \"/var/x.db\"\n" },
		{ "two dashes at the end", "-A --", "noauth\n" },
		{ "a value that looks like an option", "-P -A", "pidfile \"-A\"\n" },
		{ "two dashes as a value", "-P -- -A", "pidfile \"--\"\nnoauth\n" },
		{ "log of rules is no statement", "-l", "" },
		{ "nor is the file", "-f /x", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct milter_greylist_command c;
		struct conf *conf = NULL;

		run_line(cases[i].line, &c);
		if (c.outcome != MILTER_GREYLIST_RUN || c.text[0] != '\0' ||
		    strcmp(c.statements, cases[i].statements) != 0)
			fail_msg("%s: %s%s", cases[i].name, c.text, c.statements);
		assert_int_equal(c.exit_code, 0);
		assert_int_equal(parse(c.statements, &conf), ST_OK);
		conf_unref(&conf);
		milter_greylist_free(&c);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *name;
		const char *line;
		const char *part; /* of the text */
		bool usage;
	} cases[] = {
		{ "unknown", "-x", "unknown option 'x'\n", true },
		{ "unknown in a cluster", "-vx5", "unknown option 'x'\n", true },
		{ "a long one", "--help", "unknown option '--help'\n", true },
		{ "a word", "5m", "not expected: '5m'", true },
		{ "a dash", "-", "not expected: '-'", true },
		{ "a word behind two dashes", "-- -A", "not expected: '-A'", true },
		{ "a letter with a sign", "-w=5m", "-w =5m: a time is expected", false },
		{ "missing", "-w", "missing behind option 'w'", true },
		{ "missing in a cluster", "-vDp", "missing behind option 'p'", true },
		{ "empty", "-p ''", "-p : the value is empty", false },
		{ "no wait", "-w 0", "use -T or \"racl whitelist default\"", false },
		{ "no wait, in hours", "-w 0h", "nothing is greylisted", false },
		{ "negative", "-w -5", "can't be negative", false },
		{ "negative memory", "-a -1", "can't be negative", false },
		{ "unknown unit", "-w 5x", "-w 5x: a time is expected: seconds, or as 30s", false },
		{ "capital unit", "-w 5M", "a time is expected", false },
		{ "a comment", "-w 5#", "a time is expected", false },
		{ "a second line", "-w 5^quiet", "-w 5\\x0aquiet: a time is expected", false },
		{ "too long a time", "-a 99999d", "too long", false },
		{ "far too long a time", "-a 99999999999999999999", "too long", false },
		{ "bits above 32", "-L 33", "-L 33: a network has at most 32 bits here", false },
		{ "bits above 128", "-M 129", "at most 128 bits", false },
		{ "bits that are none", "-L abc", "as 24", false },
		{ "bits of a slash", "-L /", "as 24", false },
		{ "bits with more", "-L 24^quiet", "as 24", false },
		{ "no address", "-p foo", "-p foo: an address is expected", false },
		{ "no port", "-p inet:x@y", "a port is expected", false },
		{ "quote", "-p /run/a\"b", "a quote can't stand here", false },
		{ "line feed", "-P /run/a^quiet", "line feed", false },
		{ "backslash at the end", "-P /run/a\\", "backslash", false },
		{ "no user", "-u :lag", "user's name is missing", false },
		{ "no group", "-u grey:", "group's name is missing", false },
		{ "user with a quote", "-u grey\"", "quote", false },
		{ "the first error counts", "-w 0 -x", "-w 0", false },
		{ "an error before -r", "-x -r", "unknown", true },
		{ "an error although only checking", "-c -w 0", "-w 0", false },
		{ "help", "-h", "", true },
		{ "help first", "-h -x", "", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct milter_greylist_command c;

		run_line(cases[i].line, &c);
		if (c.outcome != MILTER_GREYLIST_STDERR || c.exit_code != 64 ||
		    strstr(c.text, cases[i].part) == NULL)
			fail_msg("%s: %d: %s", cases[i].name, c.exit_code, c.text);
		if ((strstr(c.text, "Usage: milter-greylist") != NULL) != cases[i].usage)
			fail_msg("%s: usage: %s", cases[i].name, c.text);
		assert_int_equal(c.text[strlen(c.text) - 1], '\n');
		milter_greylist_free(&c);
	}
}

static void test_long_value(void **state)
{
	static char line[MILTER_GREYLIST_VALUE_MAX + 10] = "-P /";
	struct milter_greylist_command c;
	struct conf *conf = NULL;

	(void)state;
	memset(line + 4, 'x', MILTER_GREYLIST_VALUE_MAX - 1);
	run_line(line, &c);
	assert_int_equal(c.outcome, MILTER_GREYLIST_RUN);
	assert_int_equal(parse(c.statements, &conf), ST_OK);
	assert_int_equal(strlen(conf->pidfile), MILTER_GREYLIST_VALUE_MAX);
	conf_unref(&conf);
	milter_greylist_free(&c);
	line[4 + MILTER_GREYLIST_VALUE_MAX - 1] = 'x';
	run_line(line, &c);
	assert_int_equal(c.outcome, MILTER_GREYLIST_STDERR);
	assert_non_null(strstr(c.text, "too long"));
	milter_greylist_free(&c);
}

static void test_outcomes(void **state)
{
	struct milter_greylist_command c;

	(void)state;
	run_line("", &c);
	assert_int_equal(c.outcome, MILTER_GREYLIST_RUN);
	assert_string_equal(c.file, "/etc/mail/greylist.conf");
	assert_false(c.log_rules);
	milter_greylist_free(&c);
	run_line("-lcf /tmp/a\"b -v", &c);
	assert_int_equal(c.outcome, MILTER_GREYLIST_CHECK);
	assert_string_equal(c.file, "/tmp/a\"b");
	assert_string_equal(c.statements, "verbose\n");
	assert_true(c.log_rules);
	milter_greylist_free(&c);
	run_line("-c -r", &c);
	assert_int_equal(c.outcome, MILTER_GREYLIST_STDOUT);
	assert_int_equal(c.exit_code, 0);
	assert_ptr_equal(strstr(c.text, "milter-greylist-4.6.4 (greylag "), c.text);
	milter_greylist_free(&c);
}

/* What the command line says wins over the file; of sockets, which may be several, all. It can't
 * say a mode: that is the file's, or the mail server could not connect any more. */
static void test_wins_over_the_file(void **state)
{
	struct conf_source source = {
		.text = VIEW("greylist 1h\nautowhite 1d\nsubnetmatch /16\n"
		             "socket \"/run/file\"\nsocket \"/run/file2\" 660 group \"mta\"\n"
		             "user \"a\"\n"),
		.name = "greylist.conf",
	};
	struct milter_greylist_command c;
	struct diag why = { 0 };
	struct conf *conf = NULL;

	(void)state;
	run_line("-w 5m -a 2d -L 24 -p /run/mine -u grey:lag", &c);
	source.more = view_of(c.statements);
	assert_int_equal(conf_parse(&source, &conf, &why), ST_OK);
	assert_int_equal(conf->delay, 300);
	assert_int_equal(conf->max_age, 2 * 86400);
	assert_int_equal(conf->ipv4_bits, 24);
	assert_string_equal(conf->milter->path, "/run/mine");
	assert_null(conf->milter->next);
	assert_int_equal(conf->milter->mode, 0660);
	assert_string_equal(conf->milter->group, "mta");
	assert_string_equal(conf->user, "grey");
	assert_string_equal(conf->group, "lag");
	conf_unref(&conf);
	milter_greylist_free(&c);
}

static void test_usage_names_every_option(void **state)
{
	struct buf text = buf_of(8000);

	(void)state;
	assert_int_equal(milter_greylist_usage(&text), ST_OK);
	for (const char *o = "AacDdfhlLMPpqrSTuvw"; *o != '\0'; o++) {
		const char line[] = { '\n', ' ', ' ', '-', *o, ' ', '\0' };

		assert_non_null(strstr(buf_text(&text), line));
	}
	buf_free(&text);
	text = buf_of(100);
	assert_int_equal(milter_greylist_usage(&text), ST_LIMIT);
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_long_value),
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_wins_over_the_file),
		cmocka_unit_test(test_usage_names_every_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
