#include "test.h"

#include <stdlib.h>

#include "conf/conf.h"
#include "conf/lint.h"
#include "conf/parse.h"

#define TOLD_MAX 4000

struct told {
	size_t n;
	unsigned line[TOLD_MAX];
	char text[8][sizeof(((struct diag *)0)->text)];
};

static void take(void *arg, const struct diag *warning)
{
	struct told *t = arg;

	assert_true(t->n < TOLD_MAX);
	assert_int_equal(warning->column, 0);
	assert_true((warning->line == 0) == (warning->file == NULL));
	if (warning->file != NULL)
		assert_string_equal(warning->file, "test.conf");
	if (t->n > 0 && warning->line > 0)
		assert_true(warning->line >= t->line[t->n - 1]);
	t->line[t->n] = warning->line;
	if (t->n < 8)
		memcpy(t->text[t->n], warning->text, sizeof(t->text[0]));
	t->n++;
}

static void lint(struct view text, struct told *told)
{
	const struct conf_source source = { .text = text, .name = "test.conf" };
	struct diag why = { 0 };
	struct conf *c = NULL;

	told->n = 0;
	if (conf_parse(&source, &c, &why) != ST_OK)
		fail_msg("%.*s\n%u:%u: %s", VIEW_ARG(view_first(text, 2000)), why.line, why.column,
		         why.text);
	conf_lint(c, take, told);
	conf_unref(&c);
}

#define MILTER "socket \"/run/m\"\n"
#define POLICY "policy \"inet:10023\"\n"
#define BOTH   MILTER POLICY
#define LAST   "racl greylist default\n"

/* The text stands behind the doors, whose lines count. */
struct lint_case {
	const char *name;
	const char *doors;
	const char *text;
	const char *part; /* of the only warning; NULL: there is none */
	unsigned line;
	bool no_spamd; /* SpamAssassin's daemon is not named */
};

static void run_cases(const struct lint_case *cases, size_t count)
{
	struct told *told = calloc(1, sizeof(*told));

	assert_non_null(told);
	for (size_t i = 0; i < count; i++) {
		const struct lint_case *k = &cases[i];
		size_t expected = k->part != NULL ? 1 : 0;
		char text[2000];

		(void)snprintf(text, sizeof(text), "%s%s%s", k->doors, k->text,
		               k->no_spamd ? "" : "spamdsock unix \"/run/spamd\"\n");
		lint(view_of(text), told);
		if (told->n != expected)
			fail_msg("%s: %zu warnings; %u: %s", k->name, told->n, told->line[0],
			         told->text[0]);
		if (k->part != NULL &&
		    (strstr(told->text[0], k->part) == NULL || told->line[0] != k->line))
			fail_msg("%s: %u: %s", k->name, told->line[0], told->text[0]);
	}
	free(told);
}

#define RUN_CASES(cases) run_cases(cases, sizeof(cases) / sizeof((cases)[0]))

static const struct lint_case reached[] = {
	{ "behind a default", MILTER, LAST "racl whitelist addr 192.0.2.1\n",
	  "the default rule at line 2 stands before it", 3 },
	{ "behind a default that goes on", MILTER,
	  "racl continue default\nracl whitelist addr 192.0.2.1\n", NULL, 0 },
	{ "of the other stage", MILTER, "racl whitelist default\ndacl blacklist spamd > 5\n", NULL,
	  0 },
	{ "behind what is always true", MILTER,
	  "racl greylist log \"x\"\nracl whitelist addr 192.0.2.1\n",
	  "the greylist rule at line 2 stands before it", 3 },
	{ "the same again", MILTER,
	  "racl whitelist addr 192.0.2.1\nracl whitelist addr 192.0.2.1\n" LAST,
	  "matches already; remove it", 3 },
	{ "the same with another action", MILTER,
	  "racl whitelist addr 192.0.2.1\nracl blacklist addr 192.0.2.1\n" LAST,
	  "the whitelist rule at line 2 matches before it", 3 },
	{ "a wider network", MILTER,
	  "racl whitelist addr 192.0.2.0/24\nracl blacklist addr 192.0.2.128/25\n" LAST, "line 2",
	  3 },
	{ "a narrower network", MILTER,
	  "racl whitelist addr 192.0.2.128/25\nracl blacklist addr 192.0.2.0/24\n" LAST, NULL, 0 },
	{ "another network", MILTER,
	  "racl whitelist addr 192.0.2.0/24\nracl blacklist addr 192.0.3.1\n" LAST, NULL, 0 },
	{ "another family", MILTER,
	  "racl whitelist addr 0.0.0.0/0\nracl blacklist addr 2001:db8::1\n" LAST, NULL, 0 },
	{ "fewer clauses before", MILTER,
	  "racl whitelist addr 192.0.2.1\nracl blacklist from a@b addr 192.0.2.1\n" LAST, "line 2",
	  3 },
	{ "more clauses before", MILTER,
	  "racl whitelist from a@b addr 192.0.2.1\nracl blacklist addr 192.0.2.1\n" LAST, NULL, 0 },
	{ "a shorter suffix", MILTER,
	  "racl whitelist domain example.com\nracl greylist domain Mail.Example.com\n" LAST,
	  "line 2", 3 },
	{ "a suffix within a label", MILTER,
	  "racl whitelist domain example.com\nracl greylist domain bad-example.com\n" LAST,
	  "line 2", 3 },
	{ "the same where labels count", MILTER,
	  "domainexact\nracl whitelist domain example.com\n"
	  "racl greylist domain bad-example.com\n" LAST,
	  NULL, 0 },
	{ "a longer suffix", MILTER,
	  "racl whitelist domain mail.example.com\nracl greylist domain example.com\n" LAST, NULL,
	  0 },
	{ "a negated clause", MILTER,
	  "racl greylist not addr 192.0.2.1\nracl blacklist not addr 192.0.2.0/24\n" LAST, "line 2",
	  3 },
	{ "a negated clause the wrong way", MILTER,
	  "racl greylist not addr 192.0.2.0/24\nracl blacklist not addr 192.0.2.1\n" LAST, NULL,
	  0 },
	{ "negated here, not there", MILTER,
	  "racl whitelist not addr 192.0.2.1\nracl greylist addr 192.0.2.1\n" LAST, NULL, 0 },
	{ "what goes on shadows nothing", MILTER,
	  "racl continue addr 192.0.2.1\nracl whitelist addr 192.0.2.1\n" LAST, NULL, 0 },
	{ "in a list", MILTER,
	  "list \"l\" addr { 10.0.0.0/8 192.0.2.0/24 }\nracl whitelist list \"l\"\n"
	  "racl greylist addr 192.0.2.7\n" LAST,
	  "line 3", 4 },
	{ "not in the list", MILTER,
	  "list \"l\" addr { 10.0.0.0/8 192.0.2.0/24 }\nracl whitelist list \"l\"\n"
	  "racl greylist addr 192.0.3.7\n" LAST,
	  NULL, 0 },
	{ "all of a list", MILTER,
	  "list \"l\" addr { 192.0.2.1 192.0.2.9 }\nracl whitelist addr 192.0.2.0/28\n"
	  "racl greylist list \"l\"\n" LAST,
	  "line 3", 4 },
	{ "not all of a list", MILTER,
	  "list \"l\" addr { 192.0.2.1 192.0.2.99 }\nracl whitelist addr 192.0.2.0/28\n"
	  "racl greylist list \"l\"\n" LAST,
	  NULL, 0 },
	{ "a higher score", MILTER,
	  "racl whitelist default\ndacl blacklist spamd > 5\ndacl greylist spamd > 7\n", "line 3",
	  4 },
	{ "a lower score", MILTER,
	  "racl whitelist default\ndacl blacklist spamd > 7\ndacl greylist spamd > 5\n", NULL, 0 },
	{ "tenths of a score", MILTER,
	  "racl whitelist default\ndacl blacklist spamd >= 6\ndacl greylist spamd > 5\n", NULL, 0 },
	{ "equal to the bound", MILTER,
	  "racl whitelist default\ndacl blacklist msgsize >= 6\ndacl blacklist msgsize == "
	  "6\n",
	  "line 3", 4 },
	{ "equal to an open bound", MILTER,
	  "racl whitelist default\ndacl blacklist msgsize > 6\ndacl blacklist msgsize == "
	  "6\n",
	  NULL, 0 },
	{ "s25r of one rule", MILTER, "racl greylist s25r\nracl blacklist s25r 3\n" LAST, "line 2",
	  3 },
	{ "s25r of all rules", MILTER, "racl blacklist s25r 3\nracl greylist s25r\n" LAST, NULL,
	  0 },
	{ "s25r with exceptions before", MILTER,
	  "list \"x\" domain { a.b }\nracl greylist s25r except list \"x\"\n"
	  "racl blacklist s25r\n" LAST,
	  NULL, 0 },
	{ "the same expression", MILTER,
	  "racl greylist domain /dyn/\nracl blacklist domain /dyn/\n" LAST, "line 2", 3 },
	{ "the same in another syntax", MILTER,
	  "racl greylist domain /d+yn/\nextendedregex\nracl blacklist domain /d+yn/\n" LAST, NULL,
	  0 },
	{ "another tarpit", MILTER, "racl whitelist tarpit 5s\nracl whitelist tarpit 6s\n" LAST,
	  NULL, 0 },
	{ "a rate limit counts each time", MILTER,
	  "ratelimit \"r\" rcpt 10 / 1m\nracl blacklist ratelimit \"r\"\n"
	  "racl greylist ratelimit \"r\"\n" LAST,
	  NULL, 0 },
	{ "a property may have changed", MILTER,
	  "racl whitelist $p \"x\"\nracl continue set $p = \"x\"\n"
	  "racl whitelist $p \"x\"\n" LAST,
	  NULL, 0 },
	{ "an answer from outside may choose another action", MILTER,
	  "urlcheck \"u\" \"http://x/\" 5\nracl whitelist urlcheck \"u\"\n"
	  "racl greylist urlcheck \"u\"\n" LAST,
	  NULL, 0 },
	{ "old lines are evaluated first", MILTER,
	  "racl whitelist addr 192.0.2.1\naddr 192.0.2.0/24\n" LAST, "line 3", 2 },
};

static void test_reached(void **state)
{
	(void)state;
	RUN_CASES(reached);
}

static void test_runs(void **state)
{
	static const struct lint_case cases[] = {
		{ "four in a row", MILTER,
		  "racl whitelist addr 192.0.2.1\nracl whitelist addr 192.0.2.3\n"
		  "racl whitelist addr 192.0.2.5\nracl whitelist addr 192.0.2.7\n" LAST,
		  "the 4 rules from here to line 5 differ only in 'addr'", 2 },
		{ "three", MILTER,
		  "racl whitelist addr 192.0.2.1\nracl whitelist addr 192.0.2.3\n"
		  "racl whitelist addr 192.0.2.5\n" LAST,
		  NULL, 0 },
		{ "expressions", MILTER,
		  "racl greylist domain /a1/\nracl greylist domain /a2/\n"
		  "racl greylist domain /a3/\nracl greylist domain /a4/\n"
		  "racl greylist domain /a5/\nracl whitelist default\n",
		  "list \"NAME\" domain { ... }", 2 },
		{ "with another clause in common", MILTER,
		  "racl greylist domain /a1/ rcpt a@b\nracl greylist domain /a2/ rcpt a@b\n"
		  "racl greylist domain /a3/ rcpt a@b\nracl greylist domain /a4/ rcpt a@b\n"
		  "racl whitelist default\n",
		  "4 rules", 2 },
		{ "in two clauses", MILTER,
		  "racl greylist domain /a1/ rcpt a@b\nracl greylist domain /a2/ rcpt c@b\n"
		  "racl greylist domain /a3/ rcpt d@b\nracl greylist domain /a4/ rcpt e@b\n"
		  "racl whitelist default\n",
		  NULL, 0 },
		{ "with other values", MILTER,
		  "racl greylist domain /a1/ delay 1m\nracl greylist domain /a2/ delay 2m\n"
		  "racl greylist domain /a3/ delay 3m\nracl greylist domain /a4/ delay 4m\n"
		  "racl whitelist default\n",
		  NULL, 0 },
		{ "with other texts", MILTER,
		  "racl greylist domain /a1/ msg \"S25R rule 1\"\n"
		  "racl greylist domain /a2/ msg \"S25R rule 2\"\n"
		  "racl greylist domain /a3/ msg \"S25R rule 3\"\n"
		  "racl greylist domain /a4/ msg \"S25R rule 4\"\nracl whitelist default\n",
		  NULL, 0 },
		{ "with names", MILTER,
		  "racl \"a\" greylist domain /a1/\nracl \"b\" greylist domain /a2/\n"
		  "racl \"c\" greylist domain /a3/\nracl \"d\" greylist domain /a4/\n"
		  "racl whitelist default\n",
		  NULL, 0 },
		{ "negated: all would have to hold", MILTER,
		  "racl greylist not domain /a1/\nracl greylist not domain /a2/\n"
		  "racl greylist not domain /a3/\nracl greylist not domain /a4/\n"
		  "racl whitelist default\n",
		  NULL, 0 },
		{ "what no list can be of", MILTER,
		  "racl greylist helo invalid\nracl greylist helo nonfqdn\n"
		  "racl greylist helo self\nracl greylist helo literal\n"
		  "racl whitelist default\n",
		  NULL, 0 },
	};

	(void)state;
	RUN_CASES(cases);
}

static void test_expressions(void **state)
{
	static const struct lint_case cases[] = {
		{ "a suffix", MILTER, "racl whitelist domain /\\.example\\.com$/\n" LAST,
		  "domain /\\.example\\.com$/ says the same as \"domain .example.com\"", 2 },
		{ "a suffix with a set for the dot", MILTER,
		  "racl whitelist domain /[.]example[.]com$/\n" LAST, "\"domain .example.com\"",
		  2 },
		{ "a suffix behind anything", MILTER,
		  "racl whitelist domain /^.*\\.example\\.com$/\n" LAST, "\"domain .example.com\"",
		  2 },
		{ "a suffix without a dot", MILTER, "racl whitelist domain /example\\.com$/\n" LAST,
		  "\"domain example.com\"", 2 },
		{ "the same where labels count", MILTER,
		  "domainexact\nracl whitelist domain /example\\.com$/\n" LAST, NULL, 0 },
		{ "with a dot where labels count", MILTER,
		  "domainexact\nracl whitelist domain /\\.example\\.com$/\n" LAST,
		  "\"domain .example.com\"", 3 },
		{ "extended", MILTER,
		  "extendedregex\nracl whitelist domain /\\.example\\.com$/\n" LAST,
		  "\"domain .example.com\"", 3 },
		{ "any octet", MILTER, "racl whitelist domain /.example.com$/\n" LAST, NULL, 0 },
		{ "a choice", MILTER,
		  "extendedregex\nracl whitelist domain /\\.(a|b)\\.com$/\n" LAST, NULL, 0 },
		{ "a whole name", MILTER, "racl whitelist domain /^mx\\.example\\.com$/\n" LAST,
		  NULL, 0 },
		{ "a beginning", MILTER, "racl whitelist domain /^mx\\./\n" LAST, NULL, 0 },
		{ "anywhere", MILTER, "racl whitelist domain /example/\n" LAST, NULL, 0 },
		{ "S25R rule 0", MILTER,
		  "racl greylist domain /^\\[.+\\]$/\nracl whitelist default\n", NULL, 0 },
		{ "an address in brackets", MILTER,
		  "racl whitelist domain /^\\[192\\.0\\.2\\./\n" LAST,
		  "write \"addr 192.0.2.0/24\"", 2 },
		{ "two octets", MILTER, "racl whitelist domain /^\\[192\\.168\\./\n" LAST,
		  "write \"addr 192.168.0.0/16\"", 2 },
		{ "a whole address in brackets", MILTER,
		  "racl whitelist domain /^\\[192\\.0\\.2\\.1\\]$/\n" LAST,
		  "write \"addr 192.0.2.1", 2 },
		{ "half an octet", MILTER, "racl whitelist domain /^\\[192\\.0\\.2/\n" LAST, NULL,
		  0 },
		{ "an address without brackets", MILTER,
		  "racl whitelist domain /^192\\.0\\.2\\.1$/\n" LAST, "never is a bare address",
		  2 },
		{ "it may be a name's beginning", MILTER,
		  "racl whitelist domain /^192\\.0\\.2\\./\n" LAST, NULL, 0 },
		{ "no address", MILTER, "racl whitelist domain /^\\[992\\.0\\.2\\./\n" LAST, NULL,
		  0 },
		{ "a sender's end", MILTER, "racl whitelist from /@example\\.com$/\n" LAST,
		  "never matches", 2 },
		{ "a sender's end with the bracket", MILTER,
		  "racl whitelist from /@example\\.com>$/\n" LAST, NULL, 0 },
		{ "a sender's end with a choice", MILTER,
		  "extendedregex\nracl whitelist from /x|com$/\n" LAST, NULL, 0 },
		{ "a recipient's beginning", MILTER, "racl whitelist rcpt /^info@/\n" LAST,
		  "begin it with \"^<\"", 2 },
		{ "a beginning that may be nothing", MILTER,
		  "racl whitelist rcpt /^i*<info@/\n" LAST, NULL, 0 },
		{ "the null sender", MILTER, "racl whitelist from /^$/\n" LAST, "/^<>$/", 2 },
		{ "the null sender as it is", MILTER, "racl whitelist from /^<>$/\n" LAST, NULL,
		  0 },
		{ "a whole sender", MILTER, "racl whitelist from /^<rin@example\\.com>$/\n" LAST,
		  "\"from rin@example.com\"", 2 },
		{ "a whole HELO name", MILTER, "racl blacklist helo /^mx\\.example\\.com$/\n" LAST,
		  "'helo \"mx.example.com\"'", 2 },
		{ "a whole HELO name where a part matches", MILTER,
		  "helo_substring\nracl blacklist helo /^mx\\.example\\.com$/\n" LAST, NULL, 0 },
		{ "in a list", MILTER,
		  "list \"l\" domain { a.b /x/ /\\.a\\.c$/ /\\.a\\.d$/ }\n"
		  "racl whitelist list \"l\"\n" LAST,
		  "list \"l\": domain /\\.a\\.c$/ says the same as \"domain .a.c\", which is found "
		  "faster; so with 1 more of this list",
		  2 },
	};

	(void)state;
	RUN_CASES(cases);
}

static void test_doors(void **state)
{
	static const struct lint_case cases[] = {
		{ "none", "", LAST, "nothing listens", 0 },
		{ "policy", POLICY, LAST, NULL, 0 },
		{ "milter", MILTER, LAST, NULL, 0 },
		{ "both", BOTH, LAST, NULL, 0 },
		{ "end of the message at the policy door", POLICY,
		  "racl whitelist default\ndacl greylist spamd > 5\ndacl blacklist body \"x\"\n",
		  "this dacl rule (and 1 more dacl rule) never acts", 3 },
		{ "at both", BOTH, "racl whitelist default\ndacl greylist spamd > 5\n",
		  "acts only on mail of the milter door", 4 },
		{ "a macro at the policy door", POLICY,
		  "sm_macro \"m\" \"{x}\" \"y\"\nracl greylist sm_macro \"m\"\n" LAST,
		  "this rule never matches, for its clause sm_macro can't be known", 3 },
		{ "a macro at both", BOTH,
		  "sm_macro \"m\" \"{x}\" \"y\"\nracl greylist sm_macro \"m\"\n" LAST,
		  "matches at the milter door (socket) only", 4 },
		{ "a list of macros", POLICY,
		  "sm_macro \"m\" \"{x}\" \"y\"\nlist \"l\" sm_macro { \"m\" }\n"
		  "racl greylist list \"l\"\n" LAST,
		  "sm_macro can't be known", 4 },
		{ "the number of recipients", POLICY, "racl greylist rcptcount > 5\n" LAST,
		  "only at DATA", 2 },
		{ "the number of recipients at the milter", MILTER,
		  "racl greylist rcptcount > 5\n" LAST, NULL, 0 },
		{ "results of authentication", POLICY, "authentication_results\n" LAST,
		  "authentication_results acts at the milter door (socket) only, and there is none",
		  0 },
		{ "the same at the milter", MILTER, "authentication_results\nreceived_spf\n" LAST,
		  NULL, 0 },
		{ "what SPF says", POLICY, "received_spf\n" LAST, NULL, 0 },
		{ "a footer", POLICY, "racl whitelist addr 192.0.2.1 addfooter \"x\"\n" LAST,
		  "addfooter has no effect at the policy door, the only one here", 2 },
		{ "a footer at both", BOTH, "racl whitelist addr 192.0.2.1 addfooter \"x\"\n" LAST,
		  "addfooter has no effect at the policy door:", 3 },
		{ "a footer at the milter", MILTER,
		  "racl whitelist addr 192.0.2.1 addfooter \"x\"\n" LAST, NULL, 0 },
		{ "a subject", POLICY, "racl whitelist addr 192.0.2.1 subjtag \"x\"\n" LAST,
		  "subjtag", 2 },
		{ "content", POLICY, "racl whitelist addr 192.0.2.1 maxpeek 10\n" LAST, "maxpeek",
		  2 },
		{ "a header", POLICY, "racl whitelist addr 192.0.2.1 addheader \"X: y\"\n" LAST,
		  NULL, 0 },
		{ "a header's place", POLICY,
		  "racl whitelist addr 192.0.2.1 addheader \"X: y\", 1\n" LAST, "in front", 2 },
		{ "a scope", POLICY, "racl whitelist tarpit 9s tarpit_scope command\n" LAST,
		  "tarpit_scope", 2 },
	};

	(void)state;
	RUN_CASES(cases);
}

#define MACRO(name, rest) "sm_macro \"m\" \"" name "\" \"y\"\n" rest
#define USES              "racl greylist sm_macro \"m\"\n" LAST
#define USES_LATE         "racl whitelist default\ndacl greylist sm_macro \"m\"\n"

static void test_macros(void **state)
{
	static const struct lint_case cases[] = {
		{ "of everybody", MILTER, MACRO("{daemon_name}", USES), NULL, 0 },
		{ "of who authenticated", MILTER, MACRO("{auth_authen}", USES), NULL, 0 },
		{ "of the administrator", MILTER, MACRO("{trusted_domain}", USES), NULL, 0 },
		{ "the queue id", MILTER, MACRO("i", USES),
		  "with Postfix the macro i counts as missing, for it is sent only after it has "
		  "accepted the first recipient",
		  3 },
		{ "the queue id at the end", MILTER, MACRO("i", USES_LATE), NULL, 0 },
		{ "the interface", MILTER, MACRO("{if_addr}", USES), "with Postfix", 3 },
		{ "the program", MILTER, MACRO("v", USES), NULL, 0 },
		{ "the message's id", MILTER, MACRO("{msg_id}", USES),
		  "Postfix sends it at no time and Sendmail only at the end of the message", 3 },
		{ "the message's id at the end", MILTER, MACRO("{msg_id}", USES_LATE),
		  "with Postfix", 4 },
		{ "on request", MILTER, MACRO("{client_ptr}", USES), NULL, 0 },
		{ "not used", MILTER, MACRO("{client_ptr}", LAST), NULL, 0 },
	};

	(void)state;
	RUN_CASES(cases);
}

static void test_tarpits(void **state)
{
	static const struct lint_case cases[] = {
		{ "short", MILTER, "racl whitelist tarpit 8s\n" LAST, NULL, 0 },
		{ "longer than Sendmail waits", MILTER, "racl whitelist tarpit 9s\n" LAST,
		  "if the MTA is Sendmail", 2 },
		{ "said once", MILTER,
		  "racl whitelist domain /dyn/ tarpit 65s\nracl whitelist tarpit 70s\n" LAST,
		  "if the MTA is Sendmail", 2 },
		{ "no Sendmail", POLICY, "racl whitelist tarpit 300s\n" LAST, NULL, 0 },
		{ "longer than clients wait", POLICY, "racl whitelist tarpit 301s\n" LAST,
		  "longer than 300 s", 2 },
		{ "nobody behind it", POLICY, "racl whitelist tarpit 65s\nracl whitelist default\n",
		  "is let in the next time", 2 },
		{ "nothing behind it", POLICY, "racl whitelist tarpit 65s\n", NULL, 0 },
		{ "nothing behind it in test mode", POLICY, "testmode\nracl whitelist tarpit 65s\n",
		  "is let in the next time", 3 },
		{ "refused behind it", POLICY,
		  "racl whitelist tarpit 65s\nracl blacklist default\n", NULL, 0 },
		{ "some greylisted behind it", POLICY,
		  "racl whitelist tarpit 65s\nracl greylist s25r\nracl whitelist default\n", NULL,
		  0 },
		{ "goes on", POLICY, "racl continue tarpit 65s\n" LAST, "holds nobody", 2 },
		{ "scope without a tarpit", MILTER,
		  "racl greylist addr 192.0.2.1 tarpit_scope session\n" LAST, "no tarpit clause",
		  2 },
	};

	(void)state;
	RUN_CASES(cases);
}

static void test_dns_lists(void **state)
{
	static const struct lint_case cases[] = {
		{ "an address", MILTER, "dnsrbl \"d\" z.example 127.0.0.2\n" LAST, NULL, 0 },
		{ "a network", MILTER, "dnsrbl \"d\" z.example. 127.0.0.0/8\n" LAST, NULL, 0 },
		{ "a larger one", MILTER, "dnswl \"d\" z.example 0.0.0.0/0\n" LAST, NULL, 0 },
		{ "one with an error in it", MILTER, "dnsrbl \"d\" z.example 127.0.0.254/31\n" LAST,
		  NULL, 0 },
		{ "another address", MILTER, "dnsrbl \"d\" z.example 10.0.0.2\n" LAST,
		  "what lists answer is in 127.0.0.0/8", 2 },
		{ "one of IPv6", MILTER, "dnswl \"d\" z.example 2001:db8::2\n" LAST,
		  "what lists answer is in 127.0.0.0/8", 2 },
		{ "an error", MILTER, "dnsrbl \"d\" z.example 127.255.255.254\n" LAST,
		  "by such an answer lists refuse to tell", 2 },
		{ "another error", MILTER, "dnswl \"d\" z.example 127.0.0.255\n" LAST,
		  "by such an answer lists refuse to tell", 2 },
		{ "a dot too many", MILTER, "dnsrbl \"d\" .z.example 127.0.0.2\n" LAST,
		  "\"d\" never has anybody: its zone is no name of the DNS", 2 },
		{ "two dots", MILTER, "dnsrbl \"d\" z..example 127.0.0.2\n" LAST,
		  "its zone is no name of the DNS", 2 },
	};

	(void)state;
	RUN_CASES(cases);
}

static void test_values(void **state)
{
	static const struct lint_case cases[] = {
		{ "a score without a weight", MILTER,
		  "dnsrbl \"d\" z.example 127.0.0.2\nracl greylist dnsrbl \"d\" dnsbl score > "
		  "1\n" LAST,
		  "always 0, for no dnsrbl or dnswl has a weight", 3 },
		{ "a score", MILTER,
		  "racl greylist dnsbl score > 1\ndnswl \"d\" z.example 127.0.0.2 weight 1\n" LAST,
		  NULL, 0 },
		{ "weights without a score", MILTER,
		  "dnsrbl \"c\" z.example 127.0.0.2\ndnsrbl \"d\" z.example 127.0.0.3 weight 1\n"
		  "dnswl \"e\" z.example 127.0.0.4 weight 1\n" LAST,
		  "this one of \"d\" and all others: no rule has the clause dnsbl score", 3 },
		{ "no wait", MILTER, "racl greylist default delay 0s\n", "passes at once", 2 },
		{ "no wait at all", MILTER, "greylist 0s\n" LAST, "passes at once", 0 },
		{ "memory shorter than the wait", MILTER, "greylist 2d\n" LAST,
		  "autowhite 86400s is shorter", 0 },
		{ "no memory", MILTER, "autowhite 0\n" LAST, NULL, 0 },
		{ "a rule's memory shorter than its wait", MILTER,
		  "racl greylist default delay 1h autowhite 30m\n",
		  "autowhite 1800s is shorter than delay 3600s", 2 },
		{ "a rule's wait longer than the memory", MILTER,
		  "racl greylist default delay 2d\n", "shorter", 2 },
		{ "a code", MILTER, "racl whitelist addr 192.0.2.1 code \"451\"\n" LAST,
		  "in a whitelist rule: it refuses nothing", 2 },
		{ "a wait", MILTER, "racl whitelist addr 192.0.2.1 delay 5m\n" LAST,
		  "in a whitelist rule: it remembers nothing", 2 },
		{ "a wait of a tarpit", MILTER, "racl whitelist tarpit 5s delay 5m\n" LAST, NULL,
		  0 },
		{ "a wait before a refusal", MILTER,
		  "racl blacklist addr 192.0.2.1 delay 5m\n" LAST, "in a blacklist rule", 2 },
		{ "a wait to go on with", MILTER, "racl continue addr 192.0.2.1 delay 5m\n" LAST,
		  "in a continue rule", 2 },
		{ "a text to go on with", MILTER, "racl continue addr 192.0.2.1 msg \"x\"\n" LAST,
		  NULL, 0 },
		{ "a header of what is refused", MILTER,
		  "racl whitelist default\ndacl blacklist body \"x\" addheader \"X: y\"\n",
		  "the message is refused", 3 },
		{ "report at the end", MILTER,
		  "racl whitelist default\ndacl whitelist default report \"x\"\n",
		  "report has no effect in a dacl rule", 3 },
		{ "report", MILTER, "racl whitelist addr 192.0.2.1 report \"x\"\n" LAST, NULL, 0 },
		{ "an action from outside", MILTER,
		  "urlcheck \"u\" \"http://x/\" 5\nracl whitelist urlcheck \"u\" delay 5m\n" LAST,
		  NULL, 0 },
		{ "end of the message without a default", MILTER,
		  "racl greylist domain /dyn/\ndacl greylist spamd > 5\n", "never greylists", 3 },
		{ "with a greylist default", MILTER, LAST "dacl greylist spamd > 5\n",
		  "never greylists", 3 },
		{ "with a whitelist default", MILTER,
		  "racl whitelist default\ndacl greylist spamd > 5\n", NULL, 0 },
		{ "in test mode", MILTER, "testmode\ndacl greylist spamd > 5\n", NULL, 0 },
		{ "refusing needs none", MILTER, LAST "dacl blacklist spamd > 5\n", NULL, 0 },
	};

	(void)state;
	RUN_CASES(cases);
}

static void test_spamd(void **state)
{
	static const struct lint_case cases[] = {
		{ "the score of nobody", MILTER,
		  "racl whitelist default\ndacl blacklist rcpt a@b spamd > 5\n",
		  "name SpamAssassin's daemon with spamdsock", 3, true },
		{ "and its opposite", MILTER, "racl whitelist default\ndacl blacklist not spamd\n",
		  "never matches, for nobody is asked", 3, true },
		{ "headers", MILTER, "spamd_headers\n" LAST, NULL, 0 },
		{ "headers of nobody", MILTER, "spamd_headers\n" LAST,
		  "spamd_headers has no effect: nobody is asked", 0, true },
		{ "headers without a message", POLICY, "spamd_headers\n" LAST,
		  "spamd_headers has no effect at the policy door", 0 },
		{ "at both doors", BOTH, "spamd_headers\n" LAST, NULL, 0 },
	};

	(void)state;
	RUN_CASES(cases);
}

/* What people really write draws no warning. */
static void test_quiet(void **state)
{
	static const struct lint_case cases[] = {
		{ "milter-greylist's own example in short", MILTER,
		  "pidfile \"/run/x.pid\"\ngeoipdb \"/usr/share/x\"\n"
		  "list \"my network\" addr { 127.0.0.1/8 10.0.0.0/8 192.0.2.0/24 }\n"
		  "list \"broken mta\" addr { 12.5.136.141/32 \\\n 12.5.136.142/32 }\n"
		  "list \"grey users\" rcpt { user1@mydomain.com user2@mydomain.com }\n"
		  "racl whitelist list \"my network\"\nracl whitelist list \"broken mta\"\n"
		  "racl greylist list \"grey users\" delay 30m autowhite 3d\n"
		  "racl whitelist default\n",
		  NULL, 0 },
		{ "S25R, then the score", MILTER,
		  "extendedregex\nracl greylist domain /^\\[.+\\]$/ msg \"S25R rule 0\"\n"
		  "racl greylist domain /^[^.]*[0-9][^0-9.]+[0-9].*\\./ msg \"S25R rule 1\"\n"
		  "racl whitelist default\ndacl greylist spamd > 5 msg \"score\"\n",
		  NULL, 0 },
		{ "nothing but a door", POLICY, "", NULL, 0 },
	};

	(void)state;
	RUN_CASES(cases);
}

#define SCAN "milter \"scan\" { socket \"/run/scan\"; evaluation yes }\n"

static void test_children(void **state)
{
	static const struct lint_case cases[] = {
		{ "one", MILTER LAST, SCAN, NULL, 0 },
		{ "beside a policy door", BOTH LAST, SCAN, NULL, 0 },
		{ "a policy door alone", POLICY LAST, SCAN, "no milter is ever asked", 3 },
		{ "two on one socket", MILTER LAST,
		  SCAN "milter \"b\" {\nsocket \"unix:/run/scan\" }\n", "the socket of \"scan\"",
		  4 },
		{ "two on one port", MILTER LAST,
		  "milter \"a\" { socket \"inet:10@localhost\" }\n"
		  "milter \"b\" { socket \"inet:[::1]:10\" }\n",
		  "the socket of \"a\"", 4 },
		{ "one port of two hosts", MILTER LAST,
		  "milter \"a\" { socket \"inet:10@10.0.0.1\" }\n"
		  "milter \"b\" { socket \"inet:10@10.0.0.2\" }\n",
		  NULL, 0 },
		{ "our milter door", MILTER LAST, "milter \"a\" { socket \"unix:/run/m\" }\n",
		  "of our own", 3 },
		{ "our policy door", BOTH LAST, "milter \"a\" { socket \"inet:10023\" }\n",
		  "of our own", 4 },
		{ "a public address", MILTER LAST,
		  "milter \"a\" { socket \"inet:9@203.0.113.1\" }\n",
		  "at a public address, 203.0.113.1", 3 },
		{ "a public address of IPv6", MILTER LAST,
		  "milter \"a\" { socket \"inet:[2001:db8::1]:9\" }\n", "at a public address", 3 },
		{ "a private address", MILTER LAST,
		  "milter \"a\" { socket \"inet:9@172.31.0.1\" }\n", NULL, 0 },
		{ "yes and no", MILTER LAST,
		  "milter \"a\" { socket \"/a\"; when helo \"x\" not helo \"x\" }\n",
		  "its clause helo contradicts", 3 },
		{ "yes or no", MILTER LAST,
		  "milter \"a\" { socket \"/a\"; when helo \"x\" or not helo \"x\" }\n", NULL, 0 },
		{ "two networks", MILTER LAST,
		  "milter \"a\" { socket \"/a\"; when addr 10.0.0.0/8 addr 192.0.2.0/24 }\n",
		  "its clause addr contradicts", 3 },
		{ "a network within another", MILTER LAST,
		  "milter \"a\" { socket \"/a\"; when addr 10.0.0.0/8 addr 10.1.0.0/16 }\n", NULL,
		  0 },
		{ "outside of two networks", MILTER LAST,
		  "milter \"a\" { socket \"/a\"; when not addr 10.0.0.0/8 not addr 192.0.2.0/24 "
		  "}\n",
		  NULL, 0 },
		{ "two states of one name", MILTER LAST,
		  "milter \"a\" { socket \"/a\"; when rdns none rdns unconfirmed }\n",
		  "its clause rdns contradicts", 3 },
		{ "two forms of one name", MILTER LAST,
		  "milter \"a\" { socket \"/a\"; when helo invalid helo nonfqdn }\n", NULL, 0 },
		{ "two verdicts", MILTER LAST,
		  SCAN "milter \"a\" { socket \"/a\"; when milter \"scan\" reject milter \"scan\" "
		       "accept }\n",
		  "its clause milter contradicts", 4 },
		{ "a verdict under evaluation", MILTER LAST,
		  SCAN "milter \"a\" { socket \"/a\"; when milter \"scan\" reject }\n", NULL, 0 },
		{ "a verdict that ends the message", MILTER LAST,
		  "milter \"s\" { socket \"/s\" }\n"
		  "milter \"a\" { socket \"/a\"; when milter \"s\" reject }\n",
		  "unless it is under evaluation", 4 },
		{ "a verdict that does not", MILTER LAST,
		  "milter \"s\" { socket \"/s\" }\n"
		  "milter \"a\" { socket \"/a\"; when milter \"s\" accept or not milter \"s\" "
		  "reject }\n",
		  NULL, 0 },
		{ "a macro that is never sent", MILTER LAST,
		  "milter \"a\" { socket \"/a\"; macro \"x\" \"y\" when stress not stress }\n",
		  "its clause stress contradicts", 3 },
	};

	(void)state;
	RUN_CASES(cases);
}

/* Some thousand rules are compared in little time, or it says that it stopped. */
static void test_many_rules(void **state)
{
	struct told *told = calloc(1, sizeof(*told));
	struct buf text = buf_of((size_t)8 << 20);

	(void)state;
	assert_non_null(told);
	assert_int_equal(buf_append(&text, VIEW(MILTER)), ST_OK);
	for (unsigned i = 0; i < 20000; i++)
		assert_int_equal(buf_printf(&text, "racl whitelist addr 10.%u.%u.1 from a%u@b\n",
		                            i / 256, i % 256, i),
		                 ST_OK);
	lint(buf_view(&text), told);
	assert_int_equal(told->n, 1);
	assert_non_null(strstr(told->text[0], "too many rules to compare"));
	assert_true(told->line[0] > 2000 && told->line[0] < 20000);
	buf_free(&text);
	free(told);
}

static void test_many_warnings(void **state)
{
	struct told *told = calloc(1, sizeof(*told));
	struct buf text = buf_of((size_t)8 << 20);

	(void)state;
	assert_non_null(told);
	assert_int_equal(buf_append(&text, VIEW(MILTER LAST)), ST_OK);
	for (unsigned i = 0; i < LINT_WARNINGS_MAX + 5; i++)
		assert_int_equal(buf_append(&text, VIEW("racl whitelist from /x/\n")), ST_OK);
	lint(buf_view(&text), told);
	assert_int_equal(told->n, LINT_WARNINGS_MAX + 1);
	assert_int_equal(told->line[0], 3);
	assert_int_equal(told->line[LINT_WARNINGS_MAX], 0);
	buf_free(&text);
	free(told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reached),       cmocka_unit_test(test_runs),
		cmocka_unit_test(test_expressions),   cmocka_unit_test(test_doors),
		cmocka_unit_test(test_macros),        cmocka_unit_test(test_tarpits),
		cmocka_unit_test(test_dns_lists),     cmocka_unit_test(test_values),
		cmocka_unit_test(test_quiet),         cmocka_unit_test(test_children),
		cmocka_unit_test(test_spamd),         cmocka_unit_test(test_many_rules),
		cmocka_unit_test(test_many_warnings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
