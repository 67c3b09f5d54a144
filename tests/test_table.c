#include "test.h"

#include <stdlib.h>

#include "acl/rule.h"
#include "acl/table.h"
#include "util/file.h"

/* A table whose text a test gives, and the warnings about it. */
struct world {
	struct arena *arena;
	struct acl *acl;
	struct acl_clause clause;
	const char *text; /* NULL: path is a file of tests/data */
	unsigned warnings;
	char all[4000]; /* warnings, one a line */
};

static void take_warning(void *arg, const char *text)
{
	struct world *w = arg;
	size_t n = strlen(w->all);

	w->warnings++;
	(void)snprintf(w->all + n, sizeof(w->all) - n, "%s\n", text);
}

static enum status read_text(void *arg, const char *path, struct buf *out, struct diag *why)
{
	struct world *w = arg;

	return w->text != NULL ? buf_append(out, view_of(w->text)) : file_read(path, out, why);
}

static struct world open_table(const char *type, const char *text, const char *path)
{
	struct world w = { .arena = arena_new(), .text = text };
	char operand[300];

	w.acl = acl_new(w.arena);
	(void)snprintf(operand, sizeof(operand), "%s:%s", type, path);
	w.clause.operand.text = arena_view(w.arena, view_of(operand));
	return w;
}

/* The rest of open_table, once the world lies where it stays. */
static enum status load(struct world *w, bool mails)
{
	struct diag why = { 0 };

	w->acl->warn = take_warning;
	w->acl->warn_arg = w;
	w->acl->read_file = read_text;
	w->acl->read_arg = w;
	return mails ? table_build_mails(w->acl, &w->clause, &why)
	             : table_build_clients(w->acl, &w->clause, &why);
}

static void close_table(struct world *w)
{
	acl_free(&w->acl);
	arena_free(&w->arena);
}

static char letter_of(enum acl_answer answer)
{
	return (char)(answer == ACL_YES ? 'y' : answer == ACL_NO ? 'n' : '!');
}

/* What Postfix 3.7's postmap -q finds (y) and does not find, or finds as DUNNO (n), for each key.
 */
static const struct {
	const char *what;
	const char *type;
	const char *text;
	const char *keys; /* separated by blanks; "-" is the empty name */
	const char *answers;
	const char *warning; /* the beginnings of all, NULL: none */
	unsigned warnings;
} cases[] = {
	{ "empty lines and comments do not end a logical line", "regexp",
	  "/x/ ONE\n\n  two\n# c\n  three\n/y/ DUNNO\n  # comment\n  more\n", "x y", "yn", NULL,
	  0 },
	{ "what is no expression", "regexp", "abc OK\n\n  b\n/x/ OK\n", "x abc", "yn",
	  "t:1: an expression between slashes", 1 },
	{ "a blank at the very beginning", "regexp", "  /lead/ L\n/x/ ONE\n", "lead x", "ny",
	  "t:1: the first line begins with a blank", 1 },
	{ "case by default, and turned round", "regexp", "/abc/i OK\n/XYZ/ OK\n", "abc ABC xyz",
	  "yny", NULL, 0 },
	{ "x for basic syntax", "regexp", "/^d+$/x OK\n/^\\(e\\)\\1$/x OK\n", "d+ dd ee", "yny",
	  NULL, 0 },
	{ "options that there are not", "regexp", "/q/s OK\n/w/z OK\n/ok/ OK\n", "q w ok", "nny",
	  "t:1: unknown option 's'", 2 },
	{ "an expression that is broken", "regexp", "/(/ OK\n/b/ OK\n", "( b", "ny", "t:1: ", 1 },
	{ "an expression without end", "regexp", "/un\n/b/ OK\n", "un b", "ny",
	  "t:1: this expression does not end", 1 },
	{ "no result", "regexp", "/a/ \n", "a", "y", "t:1: there is no result", 1 },
	{ "groups in results", "regexp",
	  "/dol(x)/ $1 $$ $2\n/(ok)(x)?/ $1 ${2} $(1) $$\n/zz$/ REJECT $0\n", "dolx ok zz", "nyn",
	  "t:1: the result names a group", 2 },
	{ "negation", "regexp", "!/a|b/ OK\n", "a b c", "nny", NULL, 0 },
	{ "negation with a group", "regexp", "!/a/ $1\n!/b/ $$\n", "x", "y",
	  "t:1: the result names a group", 1 },
	{ "another delimiter", "regexp", "|a/b| OK\n#c# OK\n=d#e= OK\n", "a/b c d#e", "yny", NULL,
	  0 },
	{ "not not", "regexp", "!!/a/ OK\n!!!/b/ OK\n", "a b c ab", "ynyy", NULL, 0 },
	{ "'!' is no delimiter", "regexp", "!!e! OK\n", "e f", "nn", "t:1: an expression", 1 },
	{ "not not a network", "cidr", "!! 10.0.0.0/8 OK\n", "10.1.1.1 11.1.1.1", "yn", NULL, 0 },
	{ "an escaped delimiter", "regexp", "/e\\/f/ OK\n", "e/f e", "yn", NULL, 0 },
	{ "an empty expression", "regexp", "// OK\n", "a -", "yy", NULL, 0 },
	{ "CR LF", "regexp", "/a/ OK\r\n/b/ DUNNO\r\n", "a b", "yn", NULL, 0 },
	{ "if", "regexp", "if /in/\n/a/ OK\nendif\nIF !/in/\n/b/ OK\nEndif\n", "a ina b inb",
	  "nyyn", NULL, 0 },
	{ "if within if", "regexp",
	  "if /a/\nif /b/\n/c/ OK\nendif\n/d/ OK\nendif\n/c/ DUNNO\n/e/ OK\n",
	  "abc ac ad abd bd ae", "ynyyny", NULL, 0 },
	{ "behind if and endif", "regexp", "if /a/ foo\n/b/ OK\nendif bar\n/c/ OK\n", "ab b c",
	  "yny", "t:1: what stands behind the condition", 2 },
	{ "an if without endif goes to the end", "regexp", "/a/ OK\nif /x/\n/b/ OK\n", "a b xb",
	  "yny", "t:3: an if has no endif", 1 },
	{ "an endif without if", "regexp", "endif\n/a/ OK\n", "a", "y", "t:1: this endif", 1 },
	{ "a broken if leaves what is within", "regexp", "if /(/\n/b/ OK\nendif\n", "b", "y",
	  "t:1: ", 2 },
	{ "words that begin with if", "regexp", "iffy\n/a/ OK\n", "a", "y", "t:1: an expression",
	  1 },
	{ "no name is unknown", "regexp", "/^unknown$/ OK\n", "- [192.0.2.1] unknown mx.unknown",
	  "yyyn", NULL, 0 },
	{ "the first that holds decides", "regexp", "/a1/ DUNNO\n/a/ OK\n/b/ warn text\n",
	  "a1 a2 b", "nyn", NULL, 0 },
	{ "4xx and 5xx are entries", "regexp", "/a/ 450 4.7.1 later\n/b/ REJECT\n/c/ 1\n", "a b c",
	  "yyy", NULL, 0 },

	{ "Perl's syntax", "pcre", "/^a\\d+(?=\\.)/ OK\n/(?-i)B/ OK\n", "a12.b a12 xb xB", "ynny",
	  NULL, 0 },
	{ "its options", "pcre",
	  "/^c/A OK\n/d/A OK\n/^e f#x/x OK\n/g.h/s OK\n/k/X OK\n/m$/E OK\n/n.*?o/U OK\n/p/i "
	  "OK\n/q|r/A OK\n",
	  "c xd d ef g-h k m no P p xr r", "ynyyyyyynyny", NULL, 0 },
	{ "an option it has not", "pcre", "/l/q OK\n/z/ OK\n", "l z", "ny", "t:1: unknown option",
	  1 },
	{ "negation in Perl's", "pcre", "!/n/ OK\n", "m n", "yn", NULL, 0 },
	{ "dot all", "pcre", "/^a.b$/ OK\n", "a-b", "y", NULL, 0 },
	{ "comment and anchor", "pcre", "/a # )/xA OK\n", "a ba", "yn", NULL, 0 },
	{ "broken in Perl's", "pcre", "/a)(b/A OK\n/(?<x/ OK\n", "ab", "n", "t:", 2 },

	{ "networks", "cidr", "192.0.2.0/24 OK\n198.51.100.7 OK\n2001:db8::/32 OK\n::/0 DUNNO\n",
	  "192.0.2.9 198.51.100.7 198.51.100.8 2001:db8::5 2001:db9::1 x", "yynynn", NULL, 0 },
	{ "brackets", "cidr", "[2001:db8::]/32 OK\n[2001:db9::/32] OK\n[192.0.2.0]/24 OK\n",
	  "2001:db8::5 2001:db9::5 192.0.2.9", "yyy", NULL, 0 },
	{ "host bits", "cidr", "192.0.2.1/24 OK\n192.0.2.128/25 OK\n", "192.0.2.1 192.0.2.200",
	  "ny", "t:1: the address goes on", 1 },
	{ "what is no network", "cidr",
	  "300.1.1.1 OK\n10/8 OK\n1.2.3.4/33 OK\nfoo OK\n[] OK\n[1.2.3.4 OK\n", "10.1.1.1 1.2.3.4",
	  "nn", "t:1: a network", 6 },
	{ "no result for a network", "cidr", "10.0.0.0/8\n", "10.1.1.1", "n", "t:1: a result", 1 },
	{ "not a network", "cidr", "!172.16.0.0/12 OK\n", "10.1.1.1 172.16.1.1 2001:db8::1 x",
	  "ynnn", NULL, 0 },
	{ "if for networks", "cidr",
	  "if 10.0.0.0/8\n10.1.0.0/16 OK\nendif\nif !10.0.0.0/8\n0.0.0.0/0 OK\nENDIF\n::/0 OK\n",
	  "10.1.2.3 10.2.2.3 5.5.5.5 ::1", "ynyy", NULL, 0 },
	{ "text behind endif", "cidr", "if 10.0.0.0/8\n10.1.0.0/16 OK\nendif x\n11.0.0.0/8 OK\n",
	  "10.1.2.3 11.1.1.1", "yn", "t:3: something stands behind", 2 },
	{ "the first network decides", "cidr", "192.0.2.5 DUNNO\n192.0.2.0/24 OK\n",
	  "192.0.2.5 192.0.2.6", "ny", NULL, 0 },

	{ "keys", "hash", "Mail.example OK\nnoval\nexample.net\n  OK\n",
	  "mail.example noval a.example.net", "yny", "t:2: a result is expected", 1 },
	{ "domains and networks", "texthash",
	  "good.example OK\nbad.good.example DUNNO\n192.0 OK\n2001:db8 OK\n192.0.2.1 DUNNO\n",
	  "x.good.example bad.good.example a.bad.good.example 192.0.9.9 192.0.2.1 2001:db8::1",
	  "ynnyny", NULL, 0 },
	{ "the first of two", "btree", "a OK\na DUNNO\n", "a", "y", NULL, 0 },
};

static void test_as_postfix(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world w = open_table(cases[i].type, cases[i].text, "t");
		struct view keys = view_of(cases[i].keys), key;
		char got[40] = "";

		if (load(&w, false) != ST_OK)
			fail_msg("%s: refused", cases[i].what);
		for (size_t n = 0; view_next(&keys, ' ', &key); n++) {
			struct ip ip = { IP_NONE, { 0 } };
			bool address = ip_parse(key, &ip) == ST_OK;

			if (view_eq(key, VIEW("-")))
				key.n = 0;
			got[n] = letter_of(table_has_client(w.clause.built,
			                                    address ? VIEW("unknown") : key,
			                                    address ? &ip : NULL));
		}
		if (strcmp(got, cases[i].answers) != 0)
			fail_msg("%s: %s, not %s\n%s", cases[i].what, got, cases[i].answers, w.all);
		if (w.warnings != cases[i].warnings ||
		    (w.warnings > 0 &&
		     strncmp(w.all, cases[i].warning, strlen(cases[i].warning)) != 0))
			fail_msg("%s: %u warnings:\n%s", cases[i].what, w.warnings, w.all);
		close_table(&w);
	}
}

static void test_recipients(void **state)
{
	static const struct {
		const char *type, *text, *keys, *answers;
	} tables[] = {
		{ "hash",
		  "rin@a.example OK\nb.example OK\nabuse@ OK\nken+x@c.example DUNNO\nken@c.example "
		  "OK\n<> OK\n",
		  "rin@a.example RIN@A.example rin+tag@a.example x@b.example x@sub.b.example "
		  "abuse@z.example abuse+1@z.example ken@c.example ken+x@c.example q@a.example -",
		  "yyyyyyyynny" },
		{ "regexp", "/^(postmaster|abuse)@/ OK\n", "abuse@x rin@x", "yn" },
		{ "cidr", "!10.0.0.0/8 OK\n", "abuse@x", "n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		struct world w = open_table(tables[i].type, tables[i].text, "t");
		struct view keys = view_of(tables[i].keys), key;

		assert_int_equal(load(&w, true), ST_OK);
		for (size_t n = 0; view_next(&keys, ' ', &key); n++) {
			char got = letter_of(table_has_mail(
				w.clause.built, view_eq(key, VIEW("-")) ? VIEW("") : key));

			if (got != tables[i].answers[n])
				fail_msg("%s: %.*s: %c\n%s", tables[i].text, VIEW_ARG(key), got,
				         w.all);
		}
		close_table(&w);
	}
}

/* How many of the observed names the table has; each as the marks in the file say. */
static unsigned check_observed(const struct world *w, bool want_marked)
{
	struct buf text = buf_of((size_t)1 << 20);
	struct diag why = { 0 };
	struct view rest, line, column;
	unsigned found = 0, checked = 0;

	assert_int_equal(file_read(TEST_DATA "/s25r/public.tsv", &text, &why), ST_OK);
	rest = buf_view(&text);
	assert_true(view_next(&rest, '\n', &line));
	for (; view_next(&rest, '\n', &line); checked++) {
		struct view name, rules = { NULL, 0 };
		bool yes;

		assert_true(view_next(&line, '\t', &name));
		for (size_t i = 1; i <= 5 && view_next(&line, '\t', &column); i++)
			rules = column;
		yes = table_has_client(w->clause.built, name, NULL) == ACL_YES;
		if (yes != (view_eq(rules, VIEW("-")) != want_marked))
			fail_msg("%.*s: %d", VIEW_ARG(name), yes);
		found += yes;
	}
	assert_true(checked > 190);
	buf_free(&text);
	return found;
}

/* The S25R rules as a table: those that look like end users. */
static void test_s25r_table(void **state)
{
	struct world w = open_table("regexp", NULL, TEST_DATA "/lists/rejections.regexp");

	(void)state;
	assert_int_equal(load(&w, false), ST_OK);
	assert_int_equal(w.warnings, 0);
	assert_true(check_observed(&w, true) > 50);
	/* A milter's name for a client without one. */
	assert_int_equal(table_has_client(w.clause.built, VIEW("[192.0.2.1]"), NULL), ACL_YES);
	close_table(&w);
}

/* The other way round, as taRgrey's set-up has it: all rules in one negated expression, and WARN
 * for names that the rules miss. */
static void test_s25r_table_turned_round(void **state)
{
	struct world w = open_table(
		"regexp",
		"/^(.+\\.)?suspicious\\.example$/ WARN looks odd\n"
		"!/^unknown$|^[^.]*[0-9][^0-9.]+[0-9].*\\.|^[^.]*[0-9]{5}|"
		"^([^.]+\\.)?[0-9][^.]*\\.[^.]+\\..+\\.[a-z]|^[^.]*[0-9]\\.[^.]*[0-9]-[0-9]|"
		"^[^.]*[0-9]\\.[^.]*[0-9]\\.[^.]+\\..+\\.|"
		"^(dhcp|dialup|ppp|[achrsvx]?dsl)[^.]*[0-9]/\n\tOK\n",
		"t");
	struct ip ip = { IP_V4, { 192, 0, 2, 1 } };

	(void)state;
	assert_int_equal(load(&w, false), ST_OK);
	assert_int_equal(w.warnings, 0);
	assert_true(check_observed(&w, false) > 20);
	assert_int_equal(table_has_client(w.clause.built, VIEW("mx.example.com"), &ip), ACL_YES);
	assert_int_equal(table_has_client(w.clause.built, VIEW("mx.suspicious.example"), &ip),
	                 ACL_NO);
	close_table(&w);
}

/* Bounded work on expressions that explode, and no answer rather than a wrong one. */
static void test_explosion(void **state)
{
	struct world w = open_table("regexp", "/^(a+)+$/ OK\n", "t");
	char name[256];

	(void)state;
	assert_int_equal(load(&w, false), ST_OK);
	memset(name, 'a', sizeof(name));
	name[254] = '!';
	assert_int_equal(table_has_client(w.clause.built, (struct view){ name, 255 }, NULL),
	                 ACL_FAILED);
	close_table(&w);
}

static void test_bounds(void **state)
{
	struct buf text = buf_of((size_t)64 << 20);
	struct ip ip = { IP_V4, { 1, 2, 3, 129 } };
	struct world w;

	(void)state;
	/* More networks than expressions may be. */
	for (unsigned i = 0; i < 200000; i++)
		assert_int_equal(buf_printf(&text, "%u.%u.%u.128/25 OK\n", 1 + i / 65536,
		                            i / 256 % 256, i % 256),
		                 ST_OK);
	w = open_table("cidr", buf_text(&text), "t");
	/* A list's file may have 32 MiB. */
	assert_int_equal(load(&w, false), ST_OK);
	assert_int_equal(table_has_client(w.clause.built, VIEW("x"), &ip), ACL_YES);
	ip.octet[3] = 1;
	assert_int_equal(table_has_client(w.clause.built, VIEW("x"), &ip), ACL_NO);
	close_table(&w);
	buf_clear(&text);
	for (unsigned i = 0; i <= TABLE_RULES_MAX; i++)
		assert_int_equal(buf_append(&text, VIEW("/x/ OK\n")), ST_OK);
	w = open_table("regexp", buf_text(&text), "t");
	assert_int_equal(load(&w, false), ST_LIMIT);
	close_table(&w);
	/* Bad lines are not told of without end. */
	buf_clear(&text);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(buf_append(&text, VIEW("junk\n")), ST_OK);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(buf_append(&text, VIEW("if /a/\n")), ST_OK);
	assert_int_equal(buf_byte(&text, '/'), ST_OK);
	for (unsigned i = 0; i < 100000; i++)
		assert_int_equal(buf_byte(&text, 'x'), ST_OK);
	assert_int_equal(buf_append(&text, VIEW("/ OK\n/long/ OK\n")), ST_OK);
	w = open_table("regexp", buf_text(&text), "t");
	assert_int_equal(load(&w, false), ST_OK);
	assert_true(w.warnings < 30);
	close_table(&w);
	buf_free(&text);
}

/* No prefix of a table does harm. */
static void test_cut_anywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t n = 0; n < strlen(cases[i].text); n++) {
			char *copy = malloc(n + 1);
			struct world w;

			assert_non_null(copy);
			memcpy(copy, cases[i].text, n);
			copy[n] = '\0';
			w = open_table(cases[i].type, copy, "t");
			assert_int_equal(load(&w, false), ST_OK);
			close_table(&w);
			free(copy);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_postfix),   cmocka_unit_test(test_recipients),
		cmocka_unit_test(test_s25r_table),   cmocka_unit_test(test_s25r_table_turned_round),
		cmocka_unit_test(test_explosion),    cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_cut_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
