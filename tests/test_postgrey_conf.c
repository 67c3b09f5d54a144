#include "test.h"

#include <stdlib.h>
#include <syslog.h>

#include "acl/rule.h"
#include "conf/conf.h"
#include "conf/parse.h"
#include "conf/postgrey.h"
#include "engine/fold.h"

#define WORDS_MAX 96

static char program[] = "postgrey";

/* Words parted by one blank each, as a person types them; '' is an empty word, _ inside a word
 * stays. */
static void run_line(const char *line, struct postgrey_result *out)
{
	struct postgrey_defaults d =
		postgrey_defaults(POSTGREY_DEBIAN, CONF_POSTGREY, "mx.example.org");
	char copy[8192], *argv[WORDS_MAX] = { program };
	int argc = 1;

	assert_true(strlen(line) < sizeof(copy));
	memcpy(copy, line, strlen(line) + 1);
	for (char *rest = copy, *word; (word = strtok_r(rest, " ", &rest)) != NULL;) {
		assert_true(argc < WORDS_MAX);
		argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
	}
	postgrey_conf(argc, argv, &d, out);
}

static bool warned(const struct postgrey_result *r, const char *part)
{
	for (const struct postgrey_warning *w = r->warnings; w != NULL; w = w->next)
		if (strstr(w->text, part) != NULL)
			return true;
	return false;
}

#define NO_LISTENER "ERROR: --unix or --inet must be specified\n"
#define BAD_WINDOW                                                                                 \
	"ERROR: --retry-window must be either a number of days or a number\n"                      \
	"       followed by 'h' for hours ('6h' for example).\n"

static const struct {
	const char *name;
	const char *line;
	int exit_code;
	const char *text;
} refused[] = {
	{ "nothing", "", 2, NO_LISTENER },
	{ "unknown", "--frob", 1, "Unknown option: frob\n" },
	{ "unknown with a value", "--frob=5", 1, "Unknown option: frob\n" },
	{ "unknown letter", "-x", 1, "Unknown option: x\n" },
	{ "abbreviated", "--dela=5", 1, "Unknown option: dela\n" },
	{ "capitals", "--DELAY=5", 1, "Unknown option: DELAY\n" },
	{ "negated", "--no-privacy", 1, "Unknown option: no-privacy\n" },
	{ "bundle", "-dv", 1, "Unknown option: dv\n" },
	{ "letter and value in one", "-i10023", 1, "Unknown option: i10023\n" },
	{ "letter with a sign", "-i=10023", 1, "Unknown option: i=10023\n" },
	{ "one dash with a sign", "-delay=5", 1, "Unknown option: delay=5\n" },
	{ "no name", "--=5", 1, "Unknown option: =5\n" },
	{ "three dashes", "---inet=5", 1, "Unknown option: -inet\n" },
	{ "switch with a value", "--privacy=1", 1, "Option privacy does not take an argument\n" },
	{ "switch with a sign", "--privacy=", 1, "Option privacy does not take an argument\n" },
	{ "letter as long name with a value", "--d=1", 1, "Option d does not take an argument\n" },
	{ "version with a value", "--version=3", 1, "Option version does not take an argument\n" },
	{ "text missing", "--inet", 1, "Option inet requires an argument\n" },
	{ "text empty behind the sign", "--inet=", 1, "Option inet requires an argument\n" },
	{ "named as typed", "--facility=", 1, "Option facility requires an argument\n" },
	{ "letter's text missing", "-u", 1, "Option u requires an argument\n" },
	{ "number missing", "--delay=", 1, "Option delay requires an argument\n" },
	{ "number empty", "--delay ''", 1,
	  "Value \"\" invalid for option delay (number expected)\n" },
	{ "word for a number", "--delay=abc", 1,
	  "Value \"abc\" invalid for option delay (number expected)\n" },
	{ "fraction", "--delay=5.5", 1,
	  "Value \"5.5\" invalid for option delay (number expected)\n" },
	{ "hex", "--max-age=0x10", 1,
	  "Value \"0x10\" invalid for option max-age (number expected)\n" },
	{ "only an underscore", "--delay=_", 1,
	  "Value \"_\" invalid for option delay (number expected)\n" },
	{ "an option for a number", "--delay --inet=1", 1,
	  "Value \"--inet=1\" invalid for option delay (number expected)\n" },
	{ "the end for a number", "--delay --", 1,
	  "Value \"--\" invalid for option delay (number expected)\n" },
	{ "octets that a terminal obeys", "--delay=\x1b[1m\xe9", 1,
	  "Value \"\\x1b[1m\\xe9\" invalid for option delay (number expected)\n" },
	{ "all of them in order", "--frob --delay=abc --privacy=1 --user", 1,
	  "Unknown option: frob\n"
	  "Value \"abc\" invalid for option delay (number expected)\n"
	  "Option privacy does not take an argument\n"
	  "Option user requires an argument\n" },
	{ "unknown beats version", "--version --frob", 1, "Unknown option: frob\n" },
	{ "dashed word behind an optional value", "--auto-whitelist-clients -5 --inet=1", 1,
	  "Unknown option: 5\n" },
	{ "text takes an option", "--inet --frob --zork", 1, "Unknown option: zork\n" },
	{ "text takes the end", "--inet -- --frob", 1, "Unknown option: frob\n" },
	{ "end of options", "-- --frob", 2, NO_LISTENER },
	{ "first other word", "foo --frob --inet=1", 2, NO_LISTENER },
	{ "lone dash", "- --frob", 2, NO_LISTENER },
	{ "empty listener", "--inet ''", 2, NO_LISTENER },
	{ "listener before window", "--retry-window=3m", 2, NO_LISTENER },
	{ "no-action", "-n", 2, "ERROR: don't know how to \"no-action\".\n" },
	{ "no-action before window", "--noaction --retry-window=x --inet=1", 2,
	  "ERROR: don't know how to \"no-action\".\n" },
	{ "window in minutes", "--inet=1 --retry-window=3m", 2, BAD_WINDOW },
	{ "window below zero", "--inet=1 --retry-window=-2", 2, BAD_WINDOW },
	{ "window of a day and a half", "--inet=1 --retry-window 1.5", 2, BAD_WINDOW },
	{ "window in double hours", "--inet=1 --retry-window=3hh", 2, BAD_WINDOW },
	{ "window of only h", "--inet=1 --retry-window=h", 2, BAD_WINDOW },
	{ "port 0", "--inet=0", 2, "ERROR: --inet=0: the port must be a number from 1 to 65535\n" },
	{ "port above", "--inet=localhost:65536", 2,
	  "ERROR: --inet=localhost:65536: the port must be a number from 1 to 65535\n" },
	{ "no port", "--inet=localhost:", 2,
	  "ERROR: --inet=localhost:: the port must be a number from 1 to 65535\n" },
	{ "service name", "--inet=localhost:smtp", 2,
	  "ERROR: --inet=localhost:smtp: the port must be a number from 1 to 65535\n" },
	{ "address without a port", "--inet=[::1]", 2,
	  "ERROR: --inet=[::1]: the port must be a number from 1 to 65535\n" },
	{ "last group taken as the port", "--inet=::1", 2,
	  "ERROR: --inet=::1: neither a host name nor an address\n" },
	{ "two ports", "--inet=1:2:3", 2,
	  "ERROR: --inet=1:2:3: neither a host name nor an address\n" },
	{ "url", "--inet=tcp://x:3", 2,
	  "ERROR: --inet=tcp://x:3: neither a host name nor an address\n" },
	{ "mode of letters", "--unix=/s --socketmode=abc", 2,
	  "ERROR: --socketmode=abc: an octal number up to 7777 is expected\n" },
	{ "mode with a nine", "--unix=/s --socketmode=9", 2,
	  "ERROR: --socketmode=9: an octal number up to 7777 is expected\n" },
	{ "mode too great", "--unix=/s --socketmode=17777", 2,
	  "ERROR: --socketmode=17777: an octal number up to 7777 is expected\n" },
	{ "tarpit in words", "--inet=1 --tarpit=long", 2,
	  "ERROR: --tarpit=long: a number of seconds is expected\n" },
	{ "too many workers", "--inet=1 --workers=257", 2,
	  "ERROR: --workers must be a number from 0 to 256\n" },
	{ "stdio and a port", "--stdio --inet=1", 2,
	  "ERROR: --stdio goes with none of --inet, --unix and --daemonize\n" },
	{ "stdio in the background", "--stdio -d", 2,
	  "ERROR: --stdio goes with none of --inet, --unix and --daemonize\n" },
	{ "line end in a text", "--inet=1 --greylist-text=a\naction=OK", 1,
	  "Value of option greylist-text holds a control character\n" },
};

static void test_refused_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct postgrey_result r;

		run_line(refused[i].line, &r);
		if (strcmp(r.text, refused[i].text) != 0)
			print_message("%s\n", refused[i].name);
		assert_string_equal(r.text, refused[i].text);
		assert_int_equal(r.outcome, POSTGREY_STDERR);
		assert_int_equal(r.exit_code, refused[i].exit_code);
		postgrey_result_free(&r);
	}
}

static void test_printed_answers(void **state)
{
	static const struct {
		const char *line;
		int exit_code;
		const char *start;
	} cases[] = {
		{ "--version", 0, "postgrey 1.37 (greylag " },
		{ "-n --version", 0, "postgrey 1.37 (greylag " },
		{ "-h", 1, "Usage: postgrey " },
		{ "--version --help", 1, "Usage: postgrey " },
		{ "--version --man", 0, "Usage: postgrey " },
		{ "--help --version", 1, "Usage: postgrey " },
		{ "--version -n", 0, "postgrey 1.37 (greylag " },
		{ "-n -h", 1, "Usage: postgrey " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct postgrey_result r;

		run_line(cases[i].line, &r);
		assert_int_equal(r.outcome, POSTGREY_STDOUT);
		assert_int_equal(r.exit_code, cases[i].exit_code);
		assert_true(view_starts(view_of(r.text), view_of(cases[i].start)));
		assert_int_equal(r.text[strlen(r.text) - 1], '\n');
		postgrey_result_free(&r);
	}
}

static void test_usage_names_every_option(void **state)
{
	static const char *const names[] = {
		"-h, --help",
		"--man",
		"--version",
		"-n, --noaction",
		"-v, --verbose",
		"-q, --quiet",
		"--syslog-facility=",
		"-u, --unix=",
		"--socketmode=",
		"-i, --inet=",
		"-d, --daemonize",
		"--pidfile=",
		"--user=",
		"--group=",
		"--dbdir=",
		"--delay=",
		"--max-age=",
		"--retry-window=",
		"--greylist-action=",
		"--greylist-text=",
		"--lookup-by-subnet",
		"--lookup-by-host",
		"--ipv4cidr=",
		"--ipv6cidr=",
		"--privacy",
		"--fold-srs",
		"--socketgroup=",
		"--hostname=",
		"--exim",
		"--whitelist-clients=",
		"--whitelist-recipients=",
		"--auto-whitelist-clients[=",
		"--listen-queue-size=",
		"--x-greylist-header=",
		"--tarpit[=",
		"--targrey",
		"--retry-count=",
		"--auto-whitelist-delay=",
		"--test-clock",
		"--stdio",
		"--workers=",
		"--print-config",
		"--foreground",
		"/etc/postgrey/whitelist_clients.local",
	};
	struct postgrey_result r;

	(void)state;
	run_line("--help", &r);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strstr(r.text, names[i]) == NULL)
			print_message("%s\n", names[i]);
		assert_non_null(strstr(r.text, names[i]));
	}
	postgrey_result_free(&r);
}

/* Is `line` one of the lines of text? */
static bool has_line(const char *text, const char *line)
{
	struct view rest = view_of(text), one;

	while (view_next(&rest, '\n', &one))
		if (view_eq(one, view_of(line)))
			return true;
	return false;
}

static enum status no_file(void *arg, const char *path, struct buf *out, struct diag *why)
{
	(void)arg;
	(void)out;
	diag_set(why, "%s: no such file", path);
	return ST_NOTFOUND;
}

/* What the options come to. */
static struct conf *conf_of(const struct postgrey_result *r)
{
	const struct conf_source source = { .text = view_of(r->text), .read_file = no_file };
	struct diag why = { .file = NULL };
	struct conf *c = NULL;

	if (conf_parse(&source, &c, &why) != ST_OK)
		fail_msg("%s%u:%u: %s", r->text, why.line, why.column, why.text);
	return c;
}

static void test_defaults(void **state)
{
	static const char *const lists[] = {
		"racl whitelist clients file \"/etc/postgrey/whitelist_clients\" optional",
		"racl whitelist clients file \"/etc/postgrey/whitelist_clients.local\" optional",
		"racl whitelist recipients file \"/etc/postgrey/whitelist_recipients\" optional",
		/* clang-format off */
		"racl whitelist recipients file \"/etc/postgrey/whitelist_recipients.local\" optional",
		/* clang-format on */
		"racl greylist default",
	};
	struct postgrey_result r;
	struct conf *c;

	(void)state;
	run_line("-i 10023", &r);
	assert_int_equal(r.outcome, POSTGREY_RUN);
	assert_null(r.warnings);
	assert_false(r.stdio);
	c = conf_of(&r);
	assert_int_equal(c->face, CONF_POSTGREY);
	assert_string_equal(c->program, "postgrey");
	assert_string_equal(c->user, "postgrey");
	assert_string_equal(c->group, "postgrey");
	assert_null(c->pidfile);
	assert_false(c->daemonize);
	assert_int_equal(c->log_level, LOG_LEVEL_NOTICE);
	assert_int_equal(c->log_facility, LOG_MAIL);
	assert_int_equal(c->policy->kind, CONF_INET);
	assert_string_equal(c->policy->host, "localhost");
	assert_string_equal(c->policy->port, "10023");
	assert_null(c->policy->next);
	assert_string_equal(c->store_dir, "/var/lib/postgrey");
	assert_int_equal(c->delay, 300);
	assert_int_equal(c->retry_window, 172800);
	assert_int_equal(c->max_age, 35 * 86400);
	assert_int_equal(c->ipv4_bits, 24);
	assert_int_equal(c->ipv6_bits, 64);
	assert_int_equal(c->fold, FOLD_POSTGREY);
	assert_false(c->promised);
	assert_false(c->exempt_auth);
	assert_true(c->auto_allow);
	assert_int_equal(c->auto_allow_after, 5);
	assert_int_equal(c->auto_allow_interval_s, 3600);
	assert_false(c->acl->holds);
	assert_int_equal(c->retry_count, 1);
	assert_string_equal(c->greylist_action, "DEFER_IF_PERMIT");
	assert_string_equal(c->greylist_text,
	                    "Greylisted, see http://postgrey.schweikert.ch/help/%r.html");
	assert_string_equal(c->header, "X-Greylist: delayed %t seconds by postgrey-%v at %h; %d");
	assert_string_equal(c->hostname, "mx.example.org");
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		assert_true(has_line(r.text, lists[i]));
	conf_unref(&c);
	postgrey_result_free(&r);
}

static void test_upstream_defaults(void **state)
{
	struct postgrey_defaults d = postgrey_defaults(POSTGREY_UPSTREAM, CONF_POSTGREY, NULL);
	char listener[] = "--unix=/run/p", *argv[] = { program, listener };
	struct postgrey_result r;
	struct conf *c;

	(void)state;
	postgrey_conf(2, argv, &d, &r);
	c = conf_of(&r);
	assert_string_equal(c->group, "nogroup");
	assert_string_equal(c->store_dir, "/var/spool/postfix/postgrey");
	assert_string_equal(c->hostname, "localhost");
	assert_string_equal(c->policy->path, "/run/p");
	assert_int_equal(c->policy->mode, 0666);
	assert_true(has_line(r.text, "racl whitelist clients file "
	                             "\"/etc/postfix/postgrey_whitelist_clients.local\" optional"));
	assert_true(has_line(r.text, "racl whitelist recipients file "
	                             "\"/etc/postfix/postgrey_whitelist_recipients\" optional"));
	assert_null(strstr(r.text, "whitelist_recipients.local"));
	conf_unref(&c);
	postgrey_result_free(&r);
}

/* What --print-config shows of a line, beside --inet=1 unless it starts with "!". */
static const struct {
	const char *line;
	const char *shown;   /* a line of the print */
	const char *warning; /* part of one; NULL: there is none */
} effects[] = {
	{ "!--inet=localhost:10023", "policy \"inet:localhost:10023\"", NULL },
	{ "!--inet=*:10023", "policy \"inet:10023\"", NULL },
	{ "!--inet=:10023", "policy \"inet:10023\"", NULL },
	{ "!--inet=[*]:10023", "policy \"inet:10023\"", NULL },
	{ "!--inet=[::1]:10023", "policy \"inet:[::1]:10023\"", NULL },
	{ "!--inet=::1:10023", "policy \"inet:[::1]:10023\"", NULL },
	{ "!--inet=:::10023", "policy \"inet:[::]:10023\"", NULL },
	{ "!--inet=0:10023", "policy \"inet:0.0.0.0:10023\"", NULL },
	{ "!--inet=[127.0.0.1]:010023", "policy \"inet:127.0.0.1:10023\"", NULL },
	{ "!--inet=fe80::1%eth0:1", "policy \"inet:[fe80::1%eth0]:1\"", NULL },
	{ "!-inet 10023", "policy \"inet:localhost:10023\"", NULL },
	{ "!--i 10023", "policy \"inet:localhost:10023\"", NULL },
	{ "!--inet=1 --inet=1", "policy \"inet:localhost:1\"", NULL },
	{ "!--inet=1 --unix /s", "policy \"unix:/s\" 666",
	  "all 2 of --inet and --unix are listened on" },
	{ "!--inet=1 --inet=2", "policy \"inet:localhost:1\"", "all 2 of" },
	{ "!--unix --version", "policy \"unix:--version\" 666", NULL },
	{ "!--unix=/s", "policy \"unix:/s\" 666", NULL },
	{ "!--socketmode=660 --unix=/s", "policy \"unix:/s\" 660", NULL },
	{ "!--socketmode=0 --unix=/s", "policy \"unix:/s\" 666", NULL },
	{ "!--socketmode=00 --unix=/s", "policy \"unix:/s\" 000", NULL },
	{ "!--stdio", "style postgrey", NULL },
	{ "!--stdio -d --foreground", "style postgrey", NULL },

	{ "--delay=0", "greylist 300s", "--delay=-1 says no wait" },
	{ "--delay=5 --delay=0", "greylist 300s", "--delay=0 means the default" },
	{ "--delay=0 --delay=5", "greylist 5s", NULL },
	{ "--delay -5", "greylist 0s", NULL },
	{ "--delay=+60", "greylist 60s", NULL },
	{ "--delay=1_000", "greylist 1000s", NULL },
	{ "--delay=000000000000000000000000000060", "greylist 60s", NULL },
	{ "-delay 60", "greylist 60s", NULL },
	{ "--delay=99999999999999999999", "greylist 3153600000s", "a hundred years" },
	{ "--delay=-99999999999999999999", "greylist 0s", "a hundred years" },
	{ "--delay=172801", "greylist 172801s", "no mail can pass" },
	{ "--delay=172800", "greylist 172800s", NULL },
	{ "--max-age=0", "autowhite 3024000s", "for ever" },
	{ "--max-age=-1", "autowhite 3024000s", "out of range" },
	{ "--max-age=60", "autowhite 5184000s", NULL },
	{ "--max-age=99999", "autowhite 3153600000s", "a hundred years" },
	{ "--retry-window=6h", "retry_window 21600s", NULL },
	{ "--retry-window=48H", "retry_window 172800s", NULL },
	{ "--retry-window=3", "retry_window 259200s", NULL },
	{ "--retry-window ''", "retry_window 172800s", NULL },
	{ "--retry-window=0", "retry_window 0s", "no mail can pass" },
	{ "--retry-window=99999999999999999999h", "retry_window 3153600000s", "a hundred years" },
	{ "--ipv4cidr=0", "subnetmatch /24", "--ipv4cidr=0 means the default" },
	{ "--ipv4cidr=32", "subnetmatch /32", NULL },
	{ "--ipv4cidr=33", "subnetmatch /32", "taken as 32" },
	{ "--ipv4cidr=-1", "subnetmatch /24", "out of range" },
	{ "--ipv6cidr=129", "subnetmatch6 /128", "taken as 128" },
	{ "--ipv6cidr=48", "subnetmatch6 /48", NULL },
	{ "--lookup-by-subnet", "subnetmatch /24", NULL },
	{ "--lookup-by-host --ipv4cidr=24", "subnetmatch /32", NULL },
	{ "--lookup-by-host --lookup-by-subnet", "subnetmatch6 /128", NULL },
	{ "--privacy --privacy", "privacy", NULL },
	{ "--fold-srs", "fold_srs", NULL },
	{ "--unix=/x --socketgroup=mail", "policy \"unix:/x\" 666 group \"mail\"", "listened on" },
	{ "--exim", "exim", NULL },

	{ "--auto-whitelist-clients", "autowhite clients 5 every 3600s", NULL },
	{ "--auto-whitelist-clients=", "autowhite clients 5 every 3600s", NULL },
	{ "--auto-whitelist-clients --privacy", "privacy", NULL },
	{ "--auto-whitelist-clients 7", "autowhite clients 7 every 3600s", NULL },
	{ "--auto-whitelist-clients=0", "autowhite clients 0 every 3600s", NULL },
	{ "--auto-whitelist-clients=abc", "autowhite clients 1 every 3600s", "taken as 1" },
	{ "--auto-whitelist-clients -", "autowhite clients 1 every 3600s", "taken as 1" },
	{ "--auto-whitelist-clients=-5", "autowhite clients 1 every 3600s", "taken as 1" },
	{ "--auto-whitelist-clients=7x", "autowhite clients 7 every 3600s", "taken as 7" },
	{ "--auto-whitelist-clients=9999999999", "autowhite clients 1000000000 every 3600s",
	  "out of range" },
	{ "--auto-whitelist-clients=99999999999999999999",
	  "autowhite clients 1000000000 every 3600s", "out of range" },

	{ "--greylist-text=Wait", "greylist_text \"Wait\"", NULL },
	{ "--greylist-action=450 --greylist-action ''", "greylist_action \"DEFER_IF_PERMIT\"",
	  NULL },
	{ "--greylist-action=0", "greylist_action \"DEFER_IF_PERMIT\"", NULL },
	{ "--hostname=a.example", "hostname \"a.example\"", NULL },
	{ "--hostname ''", "hostname \"\"", NULL },
	{ "--hostname=0", "hostname \"0\"", NULL },
	{ "--x-greylist-header=X-Wait:%t", "greylist_header \"X-Wait:%t\"", NULL },
	{ "--x-greylist-header=waited", "greylist_header \"waited\"", "is no header" },

	{ "-d --pidfile=/run/p.pid", "pidfile \"/run/p.pid\"", NULL },
	{ "-d --foreground", "user \"postgrey:postgrey\"", NULL },
	{ "--user=0", "user \"postgrey:postgrey\"", NULL },
	{ "--user=104 --group=mail", "user \"104:mail\"", NULL },
	{ "--dbdir=/srv/p", "store lmdb \"/srv/p\"", NULL },
	{ "-v", "loglevel info", NULL },
	{ "-q -v", "loglevel warning", NULL },
	{ "-v -q", "loglevel warning", NULL },
	{ "--facility=local3", "logfac local3", NULL },
	{ "--syslogfacility LOG_DAEMON", "logfac daemon", NULL },
	{ "--syslog-facility=foo", "logfac mail", "--syslog-facility=foo is unknown" },
	{ "--listen-queue-size=999", "listen_backlog 999", NULL },
	{ "--listen-queue-size=1000", "listen_backlog 999", "taken as 999" },
	{ "--workers=4", "workers 4", NULL },
	{ "--test-clock", "test_clock", NULL },

	{ "--whitelist-clients=/a --whitelist-clients /b",
	  "racl whitelist clients file \"/b\" optional", NULL },
	{ "--whitelist-recipients ''", "subnetmatch /24", "names no file" },

	{ "--tarpit", "racl greylist tarpit 65s", NULL },
	{ "--tarpit=90", "racl greylist tarpit 90s", NULL },
	{ "--tarpit 125 --targrey", "racl whitelist tarpit 125s", NULL },
	{ "--targrey", "racl whitelist tarpit 125s", NULL },
	{ "--targrey --tarpit", "racl whitelist tarpit 65s", NULL },
	{ "--targrey --tarpit=0", "racl whitelist tarpit 0s", "holds nobody" },
	{ "--tarpit=400", "racl greylist tarpit 400s", "clients need not wait" },
	{ "--tarpit=99999", "racl greylist tarpit 3600s", "out of range" },
	{ "--retry-count=2", "retries 2", NULL },
	{ "--retry-count=0", "retries 1", "taken as 1" },
	{ "--auto-whitelist-delay=60", "autowhite clients 5 every 60s", NULL },
	{ "--auto-whitelist-delay=0", "autowhite clients 5 every 3600s", "means the default" },
	{ "--auto-whitelist-delay=-1", "autowhite clients 5 every 0s", NULL },
};

static void test_effects(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(effects) / sizeof(effects[0]); i++) {
		bool own = effects[i].line[0] == '!';
		struct postgrey_result r;
		char line[512];

		(void)snprintf(line, sizeof(line), "%s --print-config %s", own ? "" : "--inet=1",
		               effects[i].line + (own ? 1 : 0));
		run_line(line, &r);
		if (r.outcome != POSTGREY_STDOUT || !has_line(r.text, effects[i].shown))
			print_message("%s\n%s", effects[i].line, r.text);
		assert_int_equal(r.outcome, POSTGREY_STDOUT);
		assert_int_equal(r.exit_code, 0);
		assert_true(has_line(r.text, effects[i].shown));
		if (effects[i].warning == NULL && r.warnings != NULL)
			print_message("%s: %s\n", effects[i].line, r.warnings->text);
		if (effects[i].warning == NULL)
			assert_null(r.warnings);
		else
			assert_true(warned(&r, effects[i].warning));
		postgrey_result_free(&r);
	}
}

/* Settings that must not show. */
static void test_no_effects(void **state)
{
	static const struct {
		const char *line;
		const char *part;
	} cases[] = {
		{ "--inet=1 --pidfile=/p", "pidfile" },
		{ "--inet=1 -d", "nodetach" },
		{ "--inet=1 --tarpit=0", "tarpit" },
		{ "--inet=1 --inet=1 --inet=localhost:1", "localhost:1\"\npolicy" },
		{ "--inet=1 --whitelist-clients=/a", "/etc/postgrey/whitelist_clients" },
		{ "--inet=1 --whitelist-recipients=/a", "/etc/postgrey/whitelist_recipients" },
		{ "--inet=1 -- --privacy", "privacy" },
		{ "--inet=1 word --privacy", "privacy" },
		{ "--inet=1 --listen-queue-size=-1", "listen_backlog" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct postgrey_result r;
		char line[512];

		(void)snprintf(line, sizeof(line), "--print-config %s", cases[i].line);
		run_line(line, &r);
		assert_int_equal(r.outcome, POSTGREY_STDOUT);
		if (strstr(r.text, cases[i].part) != NULL)
			print_message("%s\n", cases[i].line);
		assert_null(strstr(r.text, cases[i].part));
		postgrey_result_free(&r);
	}
}

static void test_lists_add_up(void **state)
{
	struct postgrey_result r;

	(void)state;
	run_line("--inet=1 --whitelist-clients=/a --whitelist-clients=/b.local", &r);
	assert_non_null(strstr(r.text, "racl whitelist clients file \"/a\" optional\n"
	                               "racl whitelist clients file \"/b.local\" optional\n"
	                               "racl whitelist recipients file"));
	postgrey_result_free(&r);
}

/* What is printed is a configuration that says the same. */
static void test_print_can_be_read_again(void **state)
{
	static const char *const lines[] = {
		"--inet=[::1]:5 --unix=/s --socketmode=640 --exim -q --delay=-7 --retry-window=5h",
		"--inet=1 --lookup-by-host --auto-whitelist-clients=0 --auto-whitelist-delay=-9 -v",
		"--stdio --targrey --retry-count=3 --privacy --test-clock --workers=2",
		"--inet=1 -d --pidfile=/p --tarpit --facility=local7 --listen-queue-size=7",
		"--inet=1 --greylist-text='a\"b' --hostname='' --x-greylist-header='X:\"%t\"'",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct buf first = buf_of(65536), second = buf_of(65536);
		struct conf_source source = { .read_file = no_file };
		struct postgrey_result r;
		struct diag why;
		struct conf *one, *two = NULL;

		run_line(lines[i], &r);
		assert_int_equal(r.outcome, POSTGREY_RUN);
		one = conf_of(&r);
		assert_int_equal(conf_print(one, &first), ST_OK);
		source.text = buf_view(&first);
		assert_int_equal(conf_parse(&source, &two, &why), ST_OK);
		assert_int_equal(conf_print(two, &second), ST_OK);
		assert_string_equal(buf_text(&first), buf_text(&second));
		assert_int_equal(one->face, CONF_POSTGREY);
		assert_int_equal(two->face, CONF_POSTGREY);
		assert_int_equal(one->retry_window, two->retry_window);
		assert_string_equal(one->greylist_text, two->greylist_text);
		conf_unref(&one);
		conf_unref(&two);
		buf_free(&first);
		buf_free(&second);
		postgrey_result_free(&r);
	}
}

static void test_long_values(void **state)
{
	char line[POSTGREY_VALUE_MAX + 64] = "--inet=1 --greylist-text=";
	size_t head = strlen(line);
	struct postgrey_result r;
	struct conf *c;

	(void)state;
	memset(line + head, 'x', POSTGREY_VALUE_MAX);
	run_line(line, &r);
	assert_int_equal(r.outcome, POSTGREY_RUN);
	c = conf_of(&r);
	assert_int_equal(strlen(c->greylist_text), POSTGREY_VALUE_MAX);
	conf_unref(&c);
	postgrey_result_free(&r);
	line[head + POSTGREY_VALUE_MAX] = 'x';
	run_line(line, &r);
	assert_string_equal(r.text, "Value of option greylist-text is longer than 4096 octets\n");
	postgrey_result_free(&r);
}

static void test_many(void **state)
{
	char line[4096] = "";
	size_t n = 0;
	struct postgrey_result r;

	(void)state;
	for (int i = 0; i < 65; i++)
		n += (size_t)snprintf(line + n, sizeof(line) - n, "--inet=%d ", i + 1);
	run_line(line, &r);
	assert_string_equal(r.text, "ERROR: more than 64 of --inet and --unix\n");
	postgrey_result_free(&r);

	n = 0;
	for (int i = 0; i < 21; i++)
		n += (size_t)snprintf(line + n, sizeof(line) - n, "--x%d ", i + 1);
	run_line(line, &r);
	assert_null(strstr(r.text, "x21"));
	assert_non_null(strstr(r.text, "Unknown option: x20\n... and more\n"));
	postgrey_result_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused_lines),
		cmocka_unit_test(test_printed_answers),
		cmocka_unit_test(test_usage_names_every_option),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_upstream_defaults),
		cmocka_unit_test(test_effects),
		cmocka_unit_test(test_no_effects),
		cmocka_unit_test(test_lists_add_up),
		cmocka_unit_test(test_print_can_be_read_again),
		cmocka_unit_test(test_long_values),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
