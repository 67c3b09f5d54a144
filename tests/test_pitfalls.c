#include "test.h"

#include "acl/eval.h"
#include "acl/format.h"
#include "conf/conf.h"
#include "conf/options.h"
#include "conf/parse.h"

/* Where readers of greylist.conf go wrong: each must do here what milter-greylist 4.6.4 does. */

static enum status try(const char *text, struct conf **out, struct diag *why)
{
	const struct conf_source source = { .text = view_of(text), .name = "test.conf" };
	enum status st = conf_parse(&source, out, why);

	if (st == ST_OK)
		(*out)->acl->never = 0; /* here all facts are given by hand */
	return st;
}

static struct conf *parse(const char *text)
{
	struct diag why = { 0 };
	struct conf *c = NULL;

	if (try(text, &c, &why) != ST_OK)
		fail_msg("%s\n%u:%u: %s", text, why.line, why.column, why.text);
	return c;
}

static void refused(const char *text, unsigned line, const char *part)
{
	struct diag why = { 0 };
	struct conf *c = NULL;

	if (try(text, &c, &why) == ST_OK)
		fail_msg("taken: %s", text);
	if (why.line != line || strstr(why.text, part) == NULL)
		fail_msg("%s\n%u:%u: %s", text, why.line, why.column, why.text);
}

static struct facts ordinary(void)
{
	struct facts f = { .own_name = VIEW("our.example") };
	const struct ip ip = { IP_V4, { 203, 0, 113, 5 } };

	for (unsigned i = 0; i < FACTS; i++)
		fact_set_state(&f, (enum fact)i, FACT_ABSENT);
	fact_set_client(&f, &ip);
	fact_set_text(&f, FACT_CLIENT_NAME, VIEW("my-tanuki.example"));
	fact_set_text(&f, FACT_HELO, VIEW("helo.example"));
	fact_set_text(&f, FACT_SENDER, VIEW("<rin@shop.example>"));
	fact_set_text(&f, FACT_RAW_SENDER, VIEW("<rin@shop.example>"));
	fact_set_text(&f, FACT_RECIPIENT, VIEW("<bob@kitsune.example>"));
	fact_set_number(&f, FACT_RCPT_COUNT, 0);
	fact_set_number(&f, FACT_GAVE_UP, 0);
	return f;
}

static struct acl_verdict decide(const struct conf *c, enum acl_stage stage, const struct facts *f)
{
	struct acl_eval at = { 0 };

	if (acl_eval(c->acl, stage, f, &at, NULL) != ACL_DECIDED)
		fail_msg("lacks %s", fact_name(at.need));
	return at.verdict;
}

/* Does the clause hold, with what stands before it? */
static bool holds_in(const char *before, const char *clause, enum acl_stage stage,
                     const struct facts *f)
{
	char text[500];
	struct conf *c;
	struct acl_verdict v;

	(void)snprintf(text, sizeof(text), "%s%s blacklist %s\n", before,
	               stage == ACL_RCPT ? "racl" : "dacl", clause);
	c = parse(text);
	v = decide(c, stage, f);
	conf_unref(&c);
	return v.action == ACL_BLACKLIST;
}

static bool holds(const char *clause)
{
	struct facts f = ordinary();

	return holds_in("", clause, ACL_RCPT, &f);
}

static void test_01_times_without_letter(void **state)
{
	struct facts f = ordinary();
	struct conf *c = parse("greylist 300\nautowhite 3600\ntimeout 600\ndumpfreq 30\n"
	                       "racl whitelist tarpit 20 autowhite 60\n"
	                       "racl greylist default delay 300 autowhite 7200\n"
	                       "ratelimit \"a\" rcpt 10 / 60\n");
	struct acl_verdict v = decide(c, ACL_RCPT, &f);

	(void)state;
	assert_int_equal(v.tarpit_s, 20);
	assert_int_equal(v.effects.autowhite, 60);
	fact_set_number(&f, FACT_GAVE_UP, 1);
	v = decide(c, ACL_RCPT, &f);
	assert_int_equal(v.effects.delay, 300);
	assert_int_equal(v.effects.autowhite, 7200);
	assert_int_equal(c->options->greylist, 300);
	assert_int_equal(acl_find_object(c->acl, OBJECT_RATELIMIT, VIEW("a"))->period_s, 60);
	conf_unref(&c);
}

static void test_02_tarpit_scope(void **state)
{
	static const struct {
		const char *text;
		enum acl_scope scope;
	} cases[] = {
		{ "racl greylist default\n", ACL_SCOPE_SESSION },
		{ "tarpit_scope command\nracl greylist default\n", ACL_SCOPE_COMMAND },
		{ "tarpit_scope comand\nracl greylist default\n", ACL_SCOPE_COMMAND },
		{ "racl greylist default tarpit_scope command\n", ACL_SCOPE_COMMAND },
		{ "racl greylist default tarpit_scope comand\n", ACL_SCOPE_COMMAND },
		{ "tarpit_scope command\nracl greylist default tarpit_scope session\n",
		  ACL_SCOPE_SESSION },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct facts f = ordinary();
		struct conf *c = parse(cases[i].text);

		assert_int_equal(decide(c, ACL_RCPT, &f).effects.tarpit_scope, cases[i].scope);
		conf_unref(&c);
	}
}

static void test_03_ends_of_lines(void **state)
{
	static const char *const texts[] = {
		"list \"a\" addr { \\\n 203.0.113.0/24 \\ # one\n \\ # two\n }\nracl blacklist "
		"list \"a\"",
		"list \"a\" addr { \\\r\n 203.0.113.0/24 \\ # one\r\n # two \\\r\n }\r\nracl "
		"blacklist "
		"list \"a\"\r\n",
		"# no line feed behind this\nracl blacklist default # here",
		"racl blacklist default # a backslash in a comment goes on with nothing \\\nquiet",
		"racl blacklist \\\n\n default\n",
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct facts f = ordinary();
		struct conf *c = parse(texts[i]);

		assert_int_equal(decide(c, ACL_RCPT, &f).action, ACL_BLACKLIST);
		conf_unref(&c);
	}
	/* The backslash takes one line feed, not two. */
	refused(texts[4], 2, "expected a clause, not the end of the line");
}

static void test_04_braces(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} cases[] = {
		{ "list \"a\" from {rin@shop.example x@y}\n", true },
		{ "list \"a\" from { x@y rin@shop.example}\n", true },
		{ "list \"a\" from { x@y /^<rin@/}\n", true },
		{ "list \"a\" from { {rin@shop.example }\n", false }, /* an address with a brace */
		{ "list \"a\" domain {tanuki.example}\n", true },
		{ "list \"a\" addr {203.0.113.0/24}\n", true },
		{ "list \"a\" helo {\"helo.example\"}\n", true },
	};
	struct facts f = ordinary();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (holds_in(cases[i].text, "list \"a\"", ACL_RCPT, &f) != cases[i].want)
			fail_msg("%s", cases[i].text);
	fact_set_text(&f, FACT_SENDER, VIEW("<{rin@shop.example>"));
	assert_true(holds_in(cases[3].text, "list \"a\"", ACL_RCPT, &f));
}

static void test_05_slashes_on_one_line(void **state)
{
	static const char *const limits[] = { "rcpt 10 / 1m", "rcpt 10/1m", "session 10 /1m",
		                              "data 10/ 1m", "rcpt 10 / 1m key \"/%f/\"" };

	(void)state;
	assert_true(holds("rcpt /kitsune/ addr 203.0.113.0/28 from /shop/"));
	assert_false(holds("rcpt /kitsune/ addr 203.0.113.0/32 from /shop/"));
	assert_false(holds("rcpt /kitsune/ addr 203.0.113.0/28 from /28 from/"));
	assert_true(holds("domain /tanuki/ addr 203.0.113.0 /24 helo /helo/"));
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		char text[100];
		struct conf *c;
		const struct acl_object *o;

		(void)snprintf(text, sizeof(text), "ratelimit \"a\" %s\n", limits[i]);
		c = parse(text);
		o = acl_find_object(c->acl, OBJECT_RATELIMIT, VIEW("a"));
		assert_int_equal(o->number, 10);
		assert_int_equal(o->period_s, 60);
		assert_string_equal(o->text, i == 4 ? "/%f/" : "%i");
		conf_unref(&c);
	}
}

static void test_06_suffix_and_whole(void **state)
{
	struct facts f = ordinary();

	(void)state;
	assert_true(holds("domain tanuki.example"));
	assert_true(holds("domain EXAMPLE"));
	assert_false(holds("domain my-tanuki"));
	assert_false(holds_in("domainexact\n", "domain tanuki.example", ACL_RCPT, &f));
	assert_true(holds_in("domainexact\n", "domain example", ACL_RCPT, &f));
	assert_true(holds_in("domainexact\n", "domain my-tanuki.example", ACL_RCPT, &f));
	assert_true(holds("from RIN@shop.example"));
	assert_false(holds("from rin@shop"));
	assert_false(holds("from in@shop.example"));
	assert_true(holds("rcpt Bob@Kitsune.Example"));
	assert_false(holds("rcpt ob@kitsune.example"));
	/* Words of the language are names like others. */
	assert_false(holds("domain mail domain /./"));
	assert_false(holds("domain type"));
	fact_set_text(&f, FACT_CLIENT_NAME, VIEW("host.mx"));
	assert_true(holds_in("", "domain mx", ACL_RCPT, &f));
	assert_true(holds_in("", "domain .mx", ACL_RCPT, &f));
}

static void test_07_extendedregex_acts_below(void **state)
{
	struct facts f = ordinary();

	(void)state;
	assert_false(holds("domain /(tanuki)/"));
	assert_false(holds_in("", "domain /(tanuki)/\nextendedregex", ACL_RCPT, &f));
	assert_true(holds_in("extendedregex\n", "domain /(tanuki)/", ACL_RCPT, &f));
	assert_true(holds("domain /\\(tanuki\\)/"));
	assert_true(holds_in("list \"a\" domain { /\\(tanuki\\)/ }\nextendedregex\n", "list \"a\"",
	                     ACL_RCPT, &f));
}

static void test_08_dollar_and_cr_lf(void **state)
{
	const struct view header = VIEW("Subject: foo\r\n\tbar\r\n");
	struct facts f = ordinary();

	(void)state;
	f.headers = &header;
	f.header_count = 1;
	fact_set_state(&f, FACT_HEADERS, FACT_KNOWN);
	fact_set_text(&f, FACT_BODY, VIEW("one\r\ntwo\r\n"));
	assert_false(holds_in("", "header /foo$/", ACL_DATA, &f));
	assert_true(holds_in("", "header /foo.$/", ACL_DATA, &f));
	assert_true(holds_in("", "header /^Subject: foo/", ACL_DATA, &f));
	assert_true(holds_in("", "header /^.bar/", ACL_DATA, &f)); /* a folded line begins anew */
	assert_false(holds_in("", "header /foo.*bar/", ACL_DATA, &f));
	assert_false(holds_in("", "body /one$/", ACL_DATA, &f));
	assert_true(holds_in("", "body /^two/", ACL_DATA, &f));
	assert_false(holds_in("", "body /one[^x]*two/", ACL_DATA, &f));
}

static void test_09_scores(void **state)
{
	/* Tenths, cut toward zero: 5.05 is 50. */
	static const struct {
		const char *clause;
		int64_t tenths;
		bool want;
	} cases[] = {
		{ "spamd > 5", 50, false }, { "spamd > 5", 51, true },
		{ "spamd >= 5", 50, true }, { "spamd >= 5", 49, false },
		{ "spamd < 0", -1, true },  { "spamd < -1", -11, true },
		{ "spamd <= 5", 50, true }, { "spamd == 5", 50, true },
		{ "spamd != 5", 51, true }, { "not spamd > 5", 50, true },
		{ "spamd>5", 60, true },    { "spamd > 05", 60, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct facts f = ordinary();

		fact_set_number(&f, FACT_SPAMD_SCORE, cases[i].tenths);
		if (holds_in("", cases[i].clause, ACL_DATA, &f) != cases[i].want)
			fail_msg("%s with %lld", cases[i].clause, (long long)cases[i].tenths);
	}
}

/* A greylist rule at the end of the message acts only when a default rule let the client in. */
static void test_10_by_default(void **state)
{
	static const struct {
		const char *text;
		bool by_default;
	} cases[] = {
		{ "racl whitelist default\n", true },
		{ "racl whitelist addr 203.0.113.5\n", false },
		{ "racl whitelist not from x@y\n", false },
		{ "racl whitelist set $a = 1\n", true }, /* clauses without a reason */
		{ "racl whitelist log \"x\" rset $a = 1\n", true },
		{ "racl whitelist set $a = 1 domain example\n", false },
		{ "racl whitelist default nolog\n", true },
		{ "racl whitelist tarpit 5s\n", false },
		{ "racl continue addr 203.0.113.5\nracl whitelist default\n", true },
		{ "list \"a\" addr { 203.0.113.5 }\nracl whitelist list \"a\"\n", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct facts f = ordinary();
		struct conf *c = parse(cases[i].text);
		struct acl_verdict v = decide(c, ACL_RCPT, &f);

		assert_int_equal(v.action, ACL_WHITELIST);
		if (v.by_default != cases[i].by_default)
			fail_msg("%s", cases[i].text);
		conf_unref(&c);
	}
}

static void test_11_continue(void **state)
{
	struct facts f = ordinary();
	struct conf *c = parse(
		"racl \"a\" continue default code \"450\" ecode \"4.7.0\" msg \"m\" report \"r\" "
		"addheader \"X: y\" addfooter \"f\" subjtag \"s\" flushaddr delay 1h autowhite "
		"1h tarpit_scope command maxpeek 1k nolog\n"
		"racl whitelist from nobody@x msg \"not this\"\n"
		"racl greylist default msg \"n\"\n");
	struct acl_verdict v = decide(c, ACL_RCPT, &f);

	(void)state;
	assert_int_equal(v.rule->line, 3);
	assert_string_equal(v.effects.id, "a");
	assert_string_equal(v.effects.code, "450");
	assert_string_equal(v.effects.ecode, "4.7.0");
	assert_string_equal(v.effects.msg, "n");
	assert_string_equal(v.effects.report, "r");
	assert_string_equal(v.effects.addheader, "X: y");
	assert_string_equal(v.effects.addfooter, "f");
	assert_string_equal(v.effects.subjtag, "s");
	assert_true(v.effects.flushaddr);
	assert_int_equal(v.effects.delay, 1800);
	assert_int_equal(v.effects.autowhite, 86400);
	assert_int_equal(v.effects.tarpit_scope, ACL_SCOPE_SESSION);
	assert_int_equal(v.effects.maxpeek, -1);
	assert_false(v.effects.nolog);
	assert_true(v.log);
	conf_unref(&c);
}

static void test_12_ids(void **state)
{
	static const struct {
		const char *text;
		const char *id; /* what %a and %A say */
	} cases[] = {
		{ "racl greylist default\n", "1 1" },
		{ "\n# x\nracl greylist \\\n addr 203.0.113.5 \\ y\n delay 5m\n", "5 5" },
		{ "racl \"two words\" greylist default\n", "two words 1" },
		{ "racl \"\" greylist default\n", " 1" },
		{ "racl \"c\" continue default\nracl greylist default\n", "c 2" },
		{ "racl \"c\" continue default\nracl \"d\" greylist default\n", "d 2" },
		{ "racl greylist default \\\n", "2 2" },
		{ "quiet\n", " (none)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct facts f = ordinary();
		struct conf *c = parse(cases[i].text);
		struct acl_verdict v = decide(c, ACL_RCPT, &f);
		struct buf out = buf_of(100);

		assert_int_equal(
			format_expand(VIEW("%a %A"),
		                      &(struct format_context){ .facts = &f, .verdict = &v }, &out),
			ST_OK);
		if (strcmp(buf_text(&out), cases[i].id) != 0)
			fail_msg("%s: %s", cases[i].text, buf_text(&out));
		buf_free(&out);
		conf_unref(&c);
	}
}

static void test_13_versions(void **state)
{
	static const struct {
		const char *text;
		enum acl_action action;
	} cases[] = {
		{ "addr: 203.0.113.0/24\n", ACL_WHITELIST },
		{ "from: rin@shop.example\n", ACL_WHITELIST },
		{ "rcpt: /kitsune/\n", ACL_WHITELIST },
		{ "domain: tanuki.example\n", ACL_WHITELIST },
		{ "testmode\nrcpt: bob@kitsune.example\n", ACL_GREYLIST },
		{ "testmode\nrcpt: x@kitsune.example\n", ACL_WHITELIST },
		{ "rcpt bob@kitsune.example\ntestmode\n", ACL_WHITELIST },
		{ "testmode\naddr 203.0.113.5\n", ACL_WHITELIST },
		{ "acl blacklist: default\n", ACL_BLACKLIST },
		{ "acl whitelist: from: rin@shop.example\n", ACL_WHITELIST },
		{ "ACL GREYLIST: ADDR: 203.0.113.5\n", ACL_GREYLIST },
		{ "racl blacklist default\nacl whitelist default\n", ACL_BLACKLIST },
		{ "acl blacklist default\nracl whitelist default\n", ACL_BLACKLIST },
		{ "acl blacklist default\ndomain example\n", ACL_WHITELIST },
		{ "addr 10.0.0.0/8\nGreylist: 5m\nSubnetMatch6: /64\nSyncMaxQlen: 10\n",
		  ACL_GREYLIST },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct facts f = ordinary();
		struct conf *c = parse(cases[i].text);

		if (decide(c, ACL_RCPT, &f).action != cases[i].action)
			fail_msg("%s", cases[i].text);
		conf_unref(&c);
	}
	refused("acl \"id\" whitelist default\n", 1, "expected greylist");
	refused("acl continue default\n", 1, "greylist, whitelist or blacklist");
}

static void test_14_percent(void **state)
{
	static const struct {
		const char *fmt, *want;
	} cases[] = {
		{ "50%%d", "50%d" },
		{ "100%", "100%" },
		{ "%q%z%1", "%q%z%1" },
		{ "%%%d", "%my-tanuki.example" },
		{ "%Hx", "%Hx" },
		{ "%I", "%I" },
		{ "%M", "%M" },
		{ "%md", "my-tanuki" },
		{ "%m", "%m" },
		{ "%mx", "%mx" },
		{ "%%%%", "%%" },
		{ "%{x}", "%{x}" },
		{ "%C|%Fx|%Hs|%D|%Hy", "||||" },
		{ "%X", "%X" },
		{ "%c", "%c" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct facts f = ordinary();
		struct buf out = buf_of(100);

		assert_int_equal(format_expand(view_of(cases[i].fmt),
		                               &(struct format_context){ .facts = &f }, &out),
		                 ST_OK);
		if (strcmp(buf_text(&out), cases[i].want) != 0)
			fail_msg("%s: %s", cases[i].fmt, buf_text(&out));
		buf_free(&out);
	}
}

static void test_15_exemptions(void **state)
{
	static const struct {
		const char *text;
		bool noauth, nospf;
	} cases[] = {
		{ "racl whitelist domain x\n", false, false },
		{ "racl greylist not spf\n", false, true },
		{ "racl greylist default\ndacl greylist spf fail\n", false, true },
		{ "racl whitelist spf self\n", false, true },
		{ "racl whitelist auth /./\n", true, false },
		{ "racl whitelist tls \"x\"\n", true, false },
		{ "list \"a\" tls { \"x\" }\nracl whitelist list \"a\"\n", true, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf *c = parse(cases[i].text);

		assert_int_equal(c->options->noauth, cases[i].noauth);
		assert_int_equal(c->options->nospf, cases[i].nospf);
		conf_unref(&c);
	}
	for (unsigned result = RESULT_PASS; result <= RESULT_ERROR; result++) {
		struct facts f = ordinary();

		fact_set_number(&f, FACT_SPF, result);
		assert_int_equal(holds_in("", "spf", ACL_RCPT, &f), result == RESULT_PASS);
		assert_int_equal(holds_in("", "spf msg \"x\"", ACL_RCPT, &f),
		                 result == RESULT_PASS);
	}
}

static void test_16_names(void **state)
{
	static const char *const kinds[] = { "list",      "dnsrbl",   "dnswl",     "sm_macro",
		                             "ratelimit", "urlcheck", "ldapcheck", "nsupdate" };
	static const char *const twice[] = { "list \"n\" addr { 192.0.2.1 }\n",
		                             "dnsrbl \"n\" zone.example 127.0.0.2\n",
		                             "ratelimit \"n\" rcpt 1 / 1m\n",
		                             "urlcheck \"n\" \"http://x\" 1\n" };
	struct conf *c;
	char text[300];

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char part[40];

		(void)snprintf(text, sizeof(text), "quiet\nracl greylist %s \"n\"\n", kinds[i]);
		(void)snprintf(part, sizeof(part), "there is no %s \"n\" above", kinds[i]);
		refused(text, 2, part);
	}
	for (size_t i = 0; i < sizeof(twice) / sizeof(twice[0]); i++) {
		(void)snprintf(text, sizeof(text), "%s\n%s", twice[i], twice[i]);
		refused(text, 3, "\"n\" already");
	}
	refused("racl greylist list \"n\"\nlist \"n\" addr { 192.0.2.1 }\n", 1,
	        "no list \"n\" above");
	refused("list \"n\" dnsrbl { \"gone\" }\n", 1, "no dnsrbl \"gone\" above");
	refused("nsupdate \"n\" { tsig \"k\" }\n", 1, "no tsig \"k\" above");
	refused("list \"N\" addr { 192.0.2.1 }\nracl greylist list \"n\"\n", 2,
	        "no list \"n\" above");
	/* Kinds have names of their own. */
	c = parse("list \"n\" addr { 192.0.2.1 }\ndnsrbl \"n\" z.example 127.0.0.2\n"
	          "racl greylist list \"n\" dnsrbl \"n\"\n");
	conf_unref(&c);
}

/* Faults of milter-greylist that show in the language, and must not show here. */
static void test_bare_spamd_is_its_verdict(void **state)
{
	struct facts f = ordinary();

	(void)state;
	fact_set_number(&f, FACT_SPAMD_VERDICT, 1);
	assert_true(holds_in("", "spamd", ACL_DATA, &f));
	fact_set_number(&f, FACT_SPAMD_VERDICT, 0);
	assert_false(holds_in("", "spamd", ACL_DATA, &f));
	assert_true(holds_in("", "not spamd", ACL_DATA, &f));
}

static void test_p0f_expression_looks_at_p0f(void **state)
{
	struct facts f = ordinary();

	(void)state;
	fact_set_text(&f, FACT_P0F, VIEW("Windows XP"));
	assert_true(holds_in("", "p0f /^windows xp$/", ACL_RCPT, &f));
	assert_false(holds_in("", "p0f /helo/", ACL_RCPT, &f));
	fact_set_state(&f, FACT_P0F, FACT_ABSENT);
	assert_false(holds_in("", "p0f /./", ACL_RCPT, &f));
	assert_false(holds_in("", "p0f \"\"", ACL_RCPT, &f));
}

/* The first rule of a file keeps the whole message too, unless maxpeek says else. */
static void test_content_of_the_first_rule(void **state)
{
	struct facts f = ordinary();
	struct conf *c = parse("racl whitelist default\nmaxpeek 10k\nracl whitelist default\n");

	(void)state;
	assert_int_equal(decide(c, ACL_RCPT, &f).effects.maxpeek, -1);
	assert_int_equal(c->acl->rules[ACL_RCPT]->next->peek, 10240);
	conf_unref(&c);
	c = parse("maxpeek 10k\nracl whitelist default maxpeek 1k\nmaxpeek 5k\n");
	assert_int_equal(decide(c, ACL_RCPT, &f).effects.maxpeek, 1024);
	conf_unref(&c);
}

static void test_short_windows_and_long_times(void **state)
{
	struct conf *c = parse("ratelimit \"a\" rcpt 1 / 1s\nratelimit \"b\" data 2M / 4000w\n"
	                       "timeout 52w\nautowhite 5000d\n");

	(void)state;
	assert_int_equal(acl_find_object(c->acl, OBJECT_RATELIMIT, VIEW("a"))->period_s, 1);
	assert_int_equal(acl_find_object(c->acl, OBJECT_RATELIMIT, VIEW("b"))->number, 2 << 20);
	assert_int_equal(acl_find_object(c->acl, OBJECT_RATELIMIT, VIEW("b"))->period_s,
	                 4000LL * 7 * 86400);
	assert_int_equal(c->options->autowhite, 5000LL * 86400);
	conf_unref(&c);
}

static void test_global_tarpit_holds_nobody(void **state)
{
	struct facts f = ordinary();
	struct conf *c = parse("tarpit 20s\nracl whitelist addr 203.0.113.0/24\n");
	struct acl_verdict v = decide(c, ACL_RCPT, &f);

	(void)state;
	assert_int_equal(v.action, ACL_WHITELIST);
	assert_int_equal(v.tarpit_s, 0);
	conf_unref(&c);
}

/* Where a feature is missing the rule does not hold; dropping the clause alone would greylist all.
 */
static void test_missing_feature(void **state)
{
	struct facts f = ordinary();
	struct conf *c = parse("dacl greylist spamd > 5\ndacl blacklist not spamd > 5\n");

	(void)state;
	fact_set_number(&f, FACT_SPAMD_SCORE, 99);
	c->acl->never = FACT_BIT(FACT_SPAMD_SCORE);
	assert_int_equal(decide(c, ACL_DATA, &f).action, ACL_WHITELIST);
	conf_unref(&c);
}

static void test_reasons(void **state)
{
	static const struct {
		const char *rule;
		const char *text;
	} cases[] = {
		{ "whitelist default nolog", "Default is to whitelist mail" },
		{ "whitelist addr 203.0.113.5 nolog", "Sender IP whitelisted" },
		{ "whitelist helo /./ nolog", "ACL 1 matched" },
		{ "whitelist tarpit 5s", "Message whitelisted by tarpit 5s" },
		{ "whitelist not domain x rcpt /./",
		  "Sender DNS name whitelisted, Recipient e-mail whitelisted" },
		{ "whitelist helo /./ tarpit 1m addr 203.0.113.5 rcptcount == 0 from /./",
		  "Sender IP whitelisted, Sender e-mail whitelisted, Message whitelisted by tarpit "
		  "60s, "
		  "ACL 1 matched" },
		{ "whitelist log \"x\" set $a = 1", "Default is to whitelist mail" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct facts f = ordinary();
		struct buf out = buf_of(1000);
		struct acl_verdict v;
		struct conf *c;
		char text[200];

		(void)snprintf(text, sizeof(text), "racl %s\n", cases[i].rule);
		c = parse(text);
		v = decide(c, ACL_RCPT, &f);
		assert_int_equal(acl_reasons_format(v.reasons, "1", v.tarpit_s, &out), ST_OK);
		assert_string_equal(buf_text(&out), cases[i].text);
		buf_free(&out);
		conf_unref(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_01_times_without_letter),
		cmocka_unit_test(test_02_tarpit_scope),
		cmocka_unit_test(test_03_ends_of_lines),
		cmocka_unit_test(test_04_braces),
		cmocka_unit_test(test_05_slashes_on_one_line),
		cmocka_unit_test(test_06_suffix_and_whole),
		cmocka_unit_test(test_07_extendedregex_acts_below),
		cmocka_unit_test(test_08_dollar_and_cr_lf),
		cmocka_unit_test(test_09_scores),
		cmocka_unit_test(test_10_by_default),
		cmocka_unit_test(test_11_continue),
		cmocka_unit_test(test_12_ids),
		cmocka_unit_test(test_13_versions),
		cmocka_unit_test(test_14_percent),
		cmocka_unit_test(test_15_exemptions),
		cmocka_unit_test(test_16_names),
		cmocka_unit_test(test_bare_spamd_is_its_verdict),
		cmocka_unit_test(test_p0f_expression_looks_at_p0f),
		cmocka_unit_test(test_content_of_the_first_rule),
		cmocka_unit_test(test_short_windows_and_long_times),
		cmocka_unit_test(test_global_tarpit_holds_nobody),
		cmocka_unit_test(test_missing_feature),
		cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
