#include "test.h"

#include "acl/eval.h"
#include "acl/format.h"
#include "acl/told.h"
#include "conf/conf.h"
#include "conf/parse.h"

static enum status read_file(void *arg, const char *path, struct buf *out, struct diag *why)
{
	(void)arg;
	(void)why;
	if (strcmp(path, "/clients") == 0)
		return buf_append(out, VIEW("good.example\n203.0.113\n"));
	if (strcmp(path, "/regexp") == 0)
		return buf_append(out, VIEW("if !/^unknown$/\n/\\.dyn\\./ DUNNO\n/./ OK\nendif\n"));
	if (strcmp(path, "/cidr") == 0)
		return buf_append(out, VIEW("192.0.2.5 WARN\n192.0.2.0/24 OK\n"));
	if (strcmp(path, "/hash") == 0)
		return buf_append(out, VIEW("good.example OK\nbad.good.example DUNNO\n192.0 OK\n"
		                            "abuse@ OK\nbob@x.example OK\nz.example OK\n"));
	return ST_NOTFOUND;
}

static struct conf *parse(const char *text)
{
	const struct conf_source source = { .text = view_of(text),
		                            .name = "test.conf",
		                            .read_file = read_file };
	struct diag why = { 0 };
	struct conf *c = NULL;

	if (conf_parse(&source, &c, &why) != ST_OK)
		fail_msg("%s\n%u:%u: %s", text, why.line, why.column, why.text);
	c->acl->never = 0; /* here all facts are given by hand */
	return c;
}

/* An ordinary question: everything that a policy door knows. */
struct question {
	struct arena *arena;
	struct facts facts;
};

static struct question ask_about(const char *address, const char *name, const char *from,
                                 const char *to)
{
	struct question q = { .arena = arena_new() };
	struct ip ip = { IP_NONE, { 0 } };

	assert_int_equal(address[0] == '\0' ? ST_OK : ip_parse(view_of(address), &ip), ST_OK);
	fact_set_client(&q.facts, &ip);
	fact_set_text(&q.facts, FACT_CLIENT_NAME, view_of(name));
	fact_set_text(&q.facts, FACT_HELO, VIEW("helo.example"));
	fact_set_text(&q.facts, FACT_SENDER, fact_mail(q.arena, view_of(from), MAIL_SENDER));
	fact_set_text(&q.facts, FACT_RAW_SENDER, fact_mail(q.arena, view_of(from), MAIL_AS_IT_IS));
	fact_set_text(&q.facts, FACT_RECIPIENT, fact_mail(q.arena, view_of(to), MAIL_PRINTABLE));
	fact_set_state(&q.facts, FACT_AUTH, FACT_ABSENT);
	fact_set_state(&q.facts, FACT_TLS, FACT_ABSENT);
	fact_set_number(&q.facts, FACT_RCPT_COUNT, 0);
	return q;
}

static struct question ordinary(void)
{
	return ask_about("192.0.2.1", "mx.tanuki.example", "rin@shop.example",
	                 "bob@kitsune.example");
}

static struct acl_verdict decide_at(const struct conf *c, enum acl_stage stage,
                                    const struct facts *f)
{
	struct acl_eval at = { 0 };
	enum acl_result result = acl_eval(c->acl, stage, f, &at, NULL);

	if (result != ACL_DECIDED)
		fail_msg("lacks %s", fact_name(at.need));
	return at.verdict;
}

/* The action of a configuration for a question. */
static enum acl_action action_of(const char *text, const struct facts *f)
{
	struct conf *c = parse(text);
	struct acl_verdict v = decide_at(c, ACL_RCPT, f);

	conf_unref(&c);
	return v.action;
}

/* Does the clause hold? */
static bool holds(const char *clause, const struct facts *f)
{
	char text[500];

	assert_true(snprintf(text, sizeof(text), "%s\nracl blacklist default\n", clause) <
	            (int)sizeof(text));
	return action_of(text, f) == ACL_WHITELIST;
}

static void test_clauses(void **state)
{
	static const struct {
		const char *clause;
		bool want;
	} cases[] = {
		{ "racl whitelist addr 192.0.2.1", true },
		{ "racl whitelist addr 192.0.2.0/24", true },
		{ "racl whitelist addr 192.0.3.0/24", false },
		{ "racl whitelist addr ::ffff:192.0.2.1", true },
		{ "racl whitelist addr ::/0", false },
		{ "racl whitelist not addr 192.0.2.1", false },
		{ "racl whitelist not not addr 192.0.2.1", true },
		{ "racl whitelist domain tanuki.example", true },
		{ "racl whitelist domain TANUKI.example", true },
		{ "racl whitelist domain nuki.example", true },
		{ "domainexact\nracl whitelist domain nuki.example", false },
		{ "domainexact\nracl whitelist domain tanuki.example", true },
		{ "domainexact\nracl whitelist domain .example", true },
		{ "domainexact\nracl whitelist domain mx.tanuki.example", true },
		{ "racl whitelist domain /^mx/", true },
		{ "racl whitelist domain /^MX\\./", true },
		{ "racl whitelist domain /(mx)/", false },
		{ "extendedregex\nracl whitelist domain /(mx)/", true },
		{ "racl whitelist from rin@shop.example", true },
		{ "racl whitelist from RIN@shop.example", true },
		{ "racl whitelist from in@shop.example", false },
		{ "racl whitelist from /^<rin@/", true },
		{ "racl whitelist from /^rin@/", false },
		{ "racl whitelist from /^<>$/", false },
		{ "racl whitelist rcpt bob@kitsune.example", true },
		{ "racl whitelist rcpt /@kitsune\\.example>$/", true },
		{ "racl whitelist helo \"HELO.example\"", true },
		{ "racl whitelist helo \"helo\"", false },
		{ "helo_substring\nracl whitelist helo \"elo.ex\"", true },
		{ "helo_substring\nracl whitelist helo \"ELO\"", false },
		{ "racl whitelist helo \"%d\"", false },
		{ "racl whitelist helo /^helo/", true },
		{ "racl whitelist helo invalid", false },
		{ "racl whitelist helo nonfqdn", false },
		{ "racl whitelist auth \"x\"", false },
		{ "racl whitelist not auth \"x\"", true },
		{ "racl whitelist rcptcount < 1", true },
		{ "racl whitelist rcptcount != 0", false },
		{ "racl whitelist s25r", false },
		{ "racl whitelist not s25r", true },
		{ "racl whitelist addr 192.0.2.1 from x@y.example", false },
		{ "racl whitelist addr 192.0.2.1 from rin@shop.example", true },
		{ "list \"a\" addr { 10.0.0.0/8 192.0.2.0/28 }\nracl whitelist list \"a\"", true },
		{ "list \"a\" addr { 10.0.0.0/8 }\nracl whitelist list \"a\"", false },
		{ "list \"a\" domain { x.y tanuki.example }\nracl whitelist list \"a\"", true },
		{ "list \"a\" domain { x.y nuki.example }\nracl whitelist list \"a\"", true },
		{ "domainexact\nlist \"a\" domain { x.y nuki.example }\nracl whitelist list \"a\"",
		  false },
		{ "domainexact\nlist \"a\" domain { x.y .example }\nracl whitelist list \"a\"",
		  true },
		{ "list \"a\" domain { x.y /^mx/ }\nracl whitelist list \"a\"", true },
		{ "list \"a\" from { x@y Rin@shop.example }\nracl whitelist list \"a\"", true },
		{ "list \"a\" from { x@y /^<rin/ }\nracl whitelist list \"a\"", true },
		{ "list \"a\" rcpt { x@y }\nracl whitelist list \"a\"", false },
		{ "list \"a\" rcpt { x@y bob@kitsune.example }\nracl whitelist list \"a\"", true },
		{ "racl continue set $x = \"1\" log \"x\"\nracl whitelist log \"x\"", true },
		{ "addr 192.0.2.1", true },
		{ "racl whitelist clients file \"/clients\"", false },
		{ "racl whitelist clients file \"regexp:/regexp\"", true },
		{ "racl whitelist clients file \"cidr:/cidr\"", true },
		{ "racl whitelist clients file \"hash:/hash\"", true },
		{ "recipients file \"hash:/hash\"", false },
	};
	struct question q = ordinary();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (holds(cases[i].clause, &q.facts) != cases[i].want)
			fail_msg("%s: %d", cases[i].clause, !cases[i].want);
	arena_free(&q.arena);
}

/* Without a name: both ways of saying so. */
static void test_nameless_clients(void **state)
{
	static const struct {
		const char *clause;
		bool v4, v6;
	} cases[] = {
		{ "domain /^unknown$/", true, true },
		{ "domain /^\\[.*\\]$/", true, true },
		{ "domain /^\\[192\\.0\\.2\\.1]$/", true, false },
		{ "domain /^\\[IPv6:2001:db8::1]$/", false, true },
		{ "domain /^\\[203/", false, false },
		{ "not domain /^\\[/", false, false },
		{ "domain unknown", true, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (unsigned v6 = 0; v6 < 2; v6++) {
			struct question q = ask_about(v6 ? "2001:db8::1" : "192.0.2.1", "unknown",
			                              "a@b", "c@d");
			char text[100];

			(void)snprintf(text, sizeof(text), "racl whitelist %s", cases[i].clause);
			if (holds(text, &q.facts) != (v6 ? cases[i].v6 : cases[i].v4))
				fail_msg("%s", cases[i].clause);
			arena_free(&q.arena);
		}
	}
}

static void test_tables(void **state)
{
	static const struct {
		const char *clause, *address, *name, *to;
		bool want;
	} cases[] = {
		{ "clients file \"/clients\"", "203.0.113.9", "unknown", "a@b", true },
		{ "clients file \"/clients\"", "203.0.114.9", "mx.good.example", "a@b", true },
		{ "clients file \"regexp:/regexp\"", "192.0.2.1", "unknown", "a@b", true },
		{ "clients file \"regexp:/regexp\"", "192.0.2.1", "a.dyn.example", "a@b", false },
		{ "clients file \"cidr:/cidr\"", "192.0.2.5", "x", "a@b", false },
		{ "clients file \"cidr:/cidr\"", "192.0.2.6", "x", "a@b", true },
		{ "clients file \"cidr:/cidr\"", "192.0.3.6", "x", "a@b", false },
		{ "clients file \"hash:/hash\"", "198.51.100.1", "mx.good.example", "a@b", true },
		{ "clients file \"hash:/hash\"", "198.51.100.1", "a.bad.good.example", "a@b",
		  false },
		{ "clients file \"hash:/hash\"", "192.0.9.9", "unknown", "a@b", true },
		{ "clients file \"hash:/hash\"", "193.0.9.9", "unknown", "a@b", false },
		{ "recipients file \"hash:/hash\"", "193.0.9.9", "x", "abuse@any.example", true },
		{ "recipients file \"hash:/hash\"", "193.0.9.9", "x", "Bob+tag@x.example", true },
		{ "recipients file \"hash:/hash\"", "193.0.9.9", "x", "q@sub.z.example", true },
		{ "recipients file \"hash:/hash\"", "193.0.9.9", "x", "q@x.example", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct question q = ask_about(cases[i].address, cases[i].name, "", cases[i].to);

		if (holds(cases[i].clause, &q.facts) != cases[i].want)
			fail_msg("%s for %s %s: %d", cases[i].clause, cases[i].name,
			         cases[i].address, !cases[i].want);
		arena_free(&q.arena);
	}
}

static void test_mail_forms(void **state)
{
	static const struct {
		const char *raw;
		enum fact_mail_kind kind;
		const char *want;
	} cases[] = {
		{ "rin@x.example", MAIL_SENDER, "<rin@x.example>" },
		{ "<rin@x.example>", MAIL_SENDER, "<rin@x.example>" },
		{ " <rin@x.example> ", MAIL_SENDER, "<rin@x.example>" },
		{ "", MAIL_SENDER, "<>" },
		{ "<>", MAIL_SENDER, "<>" },
		{ "<bounce=77=rin@list.example>", MAIL_SENDER, "<rin@list.example>" },
		{ "<bounce=77=rin@list.example>", MAIL_AS_IT_IS, "<bounce=77=rin@list.example>" },
		{ "\"a b\"@x\t", MAIL_PRINTABLE, "<\"a_b\"@x>" },
		{ "a=", MAIL_SENDER, "<>" },
		{ "\xe3\x81\x82@x", MAIL_PRINTABLE, "<___@x>" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *arena = arena_new();

		assert_view(fact_mail(arena, view_of(cases[i].raw), cases[i].kind), cases[i].want);
		arena_free(&arena);
	}
	assert_view(mail_bare(VIEW("<>")), "");
	assert_view(mail_bare(VIEW("<a@b>")), "a@b");
}

static void test_helo_words(void **state)
{
	static const struct {
		const char *helo;
		const char *words; /* those that hold */
	} cases[] = {
		{ "mail.tanuki.example", "" },
		{ "our.example", "self" },
		{ "OUR.example", "self" },
		{ "our.example.", "self" },
		{ "our.example..", "invalid nonfqdn" },
		{ "localhost", "nonfqdn" },
		{ "mail_1.tanuki.example", "" },
		{ "-x.tanuki.example", "invalid nonfqdn" },
		{ "a..b", "invalid nonfqdn" },
		{ "!", "invalid nonfqdn" },
		{ "", "invalid nonfqdn" },
		{ "example.", "nonfqdn" },
		{ "[192.0.2.1]", "literal" },
		{ "[198.51.100.7]", "literal self" },
		{ "[IPv6:2001:db8::1]", "literal" },
		{ "198.51.100.7", "invalid nonfqdn literal self" },
		{ "[192.0.2.300]", "invalid nonfqdn" },
	};
	static const char *const words[] = { "invalid", "nonfqdn", "self", "literal" };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct question q = ordinary();

		fact_set_text(&q.facts, FACT_HELO, view_of(cases[i].helo));
		q.facts.own_name = VIEW("our.example");
		assert_int_equal(ip_parse(VIEW("198.51.100.7"), &q.facts.own_address), ST_OK);
		for (size_t w = 0; w < 4; w++) {
			char clause[64];

			(void)snprintf(clause, sizeof(clause), "racl whitelist helo %s", words[w]);
			if (holds(clause, &q.facts) != (strstr(cases[i].words, words[w]) != NULL))
				fail_msg("\"%s\" %s", cases[i].helo, words[w]);
		}
		arena_free(&q.arena);
	}
}

static void test_time(void **state)
{
	static const struct {
		const char *spec;
		int minute, hour, day, month, weekday;
		bool want;
	} cases[] = {
		{ "* * * * *", 0, 0, 1, 1, 0, true },
		{ "5 * * * *", 5, 0, 1, 1, 0, true },
		{ "5 * * * *", 6, 0, 1, 1, 0, false },
		{ "*/7 * * * *", 56, 0, 1, 1, 0, true }, /* milter-greylist ended at 49 */
		{ "*/7 * * * *", 55, 0, 1, 1, 0, false },
		{ "* 1-5/2 * * *", 0, 5, 1, 1, 0, true }, /* and here at 3 */
		{ "* 20/2 * * *", 0, 22, 1, 1, 0, true },
		{ "* * * * 5-7", 0, 0, 1, 1, 0, true }, /* Sunday by its other name */
		{ "* * * * 5-7", 0, 0, 1, 1, 6, true },
		{ "* * * * 5-7", 0, 0, 1, 1, 4, false },
		{ "* * * * 0", 0, 0, 1, 1, 0, true },
		{ "* * 1,15 * *", 0, 0, 15, 1, 0, true },
		{ "* * 1 * 3", 0, 0, 1, 1, 2, false }, /* all five, not either day */
		{ "9-5 * * * *", 7, 0, 1, 1, 0, false },
		{ "* 9 - 17, 20 * * *", 0, 20, 1, 1, 0, true }, /* blanks around the marks */
		{ "* 9 - 17, 20 * * *", 0, 18, 1, 1, 0, false },
		{ " 1 , 2\t* * * 1 -3 ", 2, 0, 1, 1, 3, true },
		{ "* * 0 * *", 0, 0, 0, 1, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct question q = ordinary();
		char clause[100];

		q.facts.clock = (struct fact_clock){ .minute = cases[i].minute,
			                             .hour = cases[i].hour,
			                             .day = cases[i].day,
			                             .month = cases[i].month,
			                             .weekday = cases[i].weekday };
		fact_set_state(&q.facts, FACT_TIME, FACT_KNOWN);
		(void)snprintf(clause, sizeof(clause), "racl whitelist time \"%s\"", cases[i].spec);
		if (holds(clause, &q.facts) != cases[i].want)
			fail_msg("%s", cases[i].spec);
		arena_free(&q.arena);
	}
}

static void test_default_when_nothing_matches(void **state)
{
	struct question q = ordinary();
	struct conf *c = parse("greylist 7m\nautowhite 2d\nracl whitelist addr 10.0.0.1\n");
	struct acl_verdict v = decide_at(c, ACL_RCPT, &q.facts);

	(void)state;
	assert_int_equal(v.action, ACL_GREYLIST);
	assert_null(v.rule);
	assert_true(v.log);
	assert_int_equal(v.effects.delay, 420);
	assert_int_equal(v.effects.autowhite, 2 * 86400);
	v = decide_at(c, ACL_DATA, &q.facts);
	assert_int_equal(v.action, ACL_WHITELIST);
	assert_false(v.log);
	conf_unref(&c);
	assert_int_equal(action_of("testmode\n", &q.facts), ACL_WHITELIST);
	arena_free(&q.arena);
}

static void test_continue_leaves_values(void **state)
{
	struct question q = ordinary();
	struct conf *c = parse("racl \"first\" continue addr 192.0.2.1 msg \"one\" code \"452\" "
	                       "delay 1h flushaddr nolog\n"
	                       "racl continue addr 10.0.0.1 msg \"never\"\n"
	                       "racl continue default msg \"two\" addheader \"X-A: b\", 1\n"
	                       "racl greylist default ecode \"4.7.9\" autowhite 1h\n");
	struct acl_verdict v = decide_at(c, ACL_RCPT, &q.facts);

	(void)state;
	assert_int_equal(v.action, ACL_GREYLIST);
	assert_int_equal(v.rule->line, 4);
	assert_string_equal(v.effects.id, "first");
	assert_string_equal(v.effects.msg, "two");
	assert_string_equal(v.effects.code, "452");
	assert_string_equal(v.effects.ecode, "4.7.9");
	assert_string_equal(v.effects.addheader, "X-A: b");
	assert_int_equal(v.effects.addheader_index, 1);
	assert_true(v.effects.flushaddr);
	/* These do not stay. */
	assert_int_equal(v.effects.delay, 1800);
	assert_int_equal(v.effects.autowhite, 3600);
	assert_true(v.log);
	conf_unref(&c);
	arena_free(&q.arena);
}

static void test_first_match_wins(void **state)
{
	struct question q = ordinary();

	(void)state;
	assert_int_equal(
		action_of("racl blacklist addr 192.0.2.1\nracl whitelist default\n", &q.facts),
		ACL_BLACKLIST);
	assert_int_equal(
		action_of("racl whitelist default\nracl blacklist addr 192.0.2.1\n", &q.facts),
		ACL_WHITELIST);
	/* Old lines first, the last one before the others. */
	assert_int_equal(action_of("racl blacklist default\naddr 192.0.2.1\n", &q.facts),
	                 ACL_WHITELIST);
	arena_free(&q.arena);
}

static void test_missing_fact_is_asked_for(void **state)
{
	struct conf *c = parse("racl continue addr 192.0.2.1 msg \"kept\"\n"
	                       "racl whitelist spf pass\nracl greylist default\n");
	struct question q = ordinary();
	struct acl_eval at = { 0 };

	(void)state;
	assert_int_equal(acl_eval(c->acl, ACL_RCPT, &q.facts, &at, NULL), ACL_NEED);
	assert_int_equal(at.need, FACT_SPF);
	assert_null(at.need_object);
	/* Again and again until it is there. */
	assert_int_equal(acl_eval(c->acl, ACL_RCPT, &q.facts, &at, NULL), ACL_NEED);
	fact_set_number(&q.facts, FACT_SPF, RESULT_PASS);
	assert_int_equal(acl_eval(c->acl, ACL_RCPT, &q.facts, &at, NULL), ACL_DECIDED);
	assert_int_equal(at.verdict.action, ACL_WHITELIST);
	assert_string_equal(at.verdict.effects.msg, "kept");
	assert_int_equal(at.verdict.reasons, REASON_BIT(REASON_SPF));
	conf_unref(&c);
	arena_free(&q.arena);
}

static void test_named_fact_is_asked_for(void **state)
{
	struct conf *c =
		parse("dnsrbl \"a\" a.example 127.0.0.2\ndnsrbl \"b\" b.example 127.0.0.2\n"
	              "racl blacklist dnsrbl \"a\"\nracl blacklist dnsrbl \"b\"\n"
	              "racl whitelist default\n");
	struct fact_answer answers[2] = { { FACT_DNSRBL, NULL, { FACT_KNOWN, { "", 0 }, 0 } },
		                          { FACT_DNSRBL, NULL, { FACT_KNOWN, { "", 0 }, 1 } } };
	struct question q = ordinary();
	struct acl_eval at = { 0 };

	(void)state;
	q.facts.answers = answers;
	assert_int_equal(acl_eval(c->acl, ACL_RCPT, &q.facts, &at, NULL), ACL_NEED);
	assert_int_equal(at.need, FACT_DNSRBL);
	assert_string_equal(at.need_object->name, "a");
	answers[0].object = at.need_object;
	q.facts.answer_count = 1;
	assert_int_equal(acl_eval(c->acl, ACL_RCPT, &q.facts, &at, NULL), ACL_NEED);
	assert_string_equal(at.need_object->text, "b.example");
	answers[1].object = at.need_object;
	q.facts.answer_count = 2;
	assert_int_equal(acl_eval(c->acl, ACL_RCPT, &q.facts, &at, NULL), ACL_DECIDED);
	assert_int_equal(at.verdict.action, ACL_BLACKLIST);
	assert_int_equal(at.verdict.rule->line, 4);
	conf_unref(&c);
	arena_free(&q.arena);
}

#define SCORED                                                                                     \
	"dnsrbl \"a\" a.x 127.0.0.2 weight 3\ndnsrbl \"b\" a.x 127.0.0.3 weight 2\n"               \
	"dnsrbl \"none\" n.x 127.0.0.2\ndnswl \"c\" c.x 127.0.0.2 weight 4\n"

/* What the three lists with a weight answer: a letter each. */
static void answer_lists(const struct conf *c, const char *letters, struct fact_answer answers[3])
{
	static const char *const names[] = { "a", "b", "c" };

	for (size_t i = 0; i < 3; i++) {
		struct fact_answer *a = &answers[i];

		*a = (struct fact_answer){ .fact = FACT_DNSRBL };
		a->object = acl_find_object(c->acl, i < 2 ? OBJECT_DNSRBL : OBJECT_DNSWL,
		                            view_of(names[i]));
		switch (letters[i]) {
		case 'y': a->value.number = 1; /* fall through */
		case 'n': a->value.state = FACT_KNOWN; break;
		case 'f': a->value.state = FACT_FAILED; break;
		case 'a': a->value.state = FACT_ABSENT; break;
		default: break;
		}
	}
}

static void test_score(void **state)
{
	static const struct {
		const char *name, *answers, *clause;
		enum acl_result result;
		bool want;
	} cases[] = {
		{ "one", "ynn", "dnsbl score == 3", ACL_DECIDED, true },
		{ "two of one zone count each", "yyn", "dnsbl score == 5", ACL_DECIDED, true },
		{ "less for who is spoken for", "yyy", "dnsbl score == 1", ACL_DECIDED, true },
		{ "below nothing", "nny", "dnsbl score < 0", ACL_DECIDED, true },
		{ "below nothing, exactly", "nny", "dnsbl score == -4", ACL_DECIDED, true },
		{ "none", "nnn", "dnsbl score == 0", ACL_DECIDED, true },
		{ "enough", "ynn", "dnsbl score >= 3", ACL_DECIDED, true },
		{ "not enough", "nyn", "dnsbl score >= 3", ACL_DECIDED, false },
		{ "not above", "ynn", "dnsbl score > 3", ACL_DECIDED, false },
		{ "turned round", "nyn", "not dnsbl score >= 3", ACL_DECIDED, true },
		{ "failed ones count nothing", "yff", "dnsbl score == 3", ACL_DECIDED, true },
		{ "so when the rest is silent", "fnf", "dnsbl score == 0", ACL_DECIDED, true },
		{ "all failed", "fff", "dnsbl score == 0", ACL_DECIDED, false },
		{ "all failed, turned round", "fff", "not dnsbl score > 0", ACL_DECIDED, false },
		{ "no address to ask for", "aaa", "dnsbl score == 0", ACL_DECIDED, true },
		{ "the first is not there", "?yy", "dnsbl score > 0", ACL_NEED, false },
		{ "the last is not there", "yy?", "dnsbl score > 0", ACL_NEED, false },
		{ "though the others failed", "ff?", "dnsbl score > 0", ACL_NEED, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fact_answer answers[3];
		struct question q = ordinary();
		struct acl_eval at = { 0 };
		enum acl_result result;
		struct conf *c;
		char text[500];

		(void)snprintf(text, sizeof(text),
		               SCORED "racl blacklist %s\nracl whitelist default\n",
		               cases[i].clause);
		c = parse(text);
		answer_lists(c, cases[i].answers, answers);
		q.facts.answers = answers;
		q.facts.answer_count = 3;
		result = acl_eval(c->acl, ACL_RCPT, &q.facts, &at, NULL);
		if (result != cases[i].result ||
		    (result == ACL_DECIDED &&
		     (at.verdict.action == ACL_BLACKLIST) != cases[i].want))
			fail_msg("%s: result %d", cases[i].name, (int)result);
		if (result == ACL_NEED) {
			assert_int_equal(at.need, FACT_DNSRBL);
			assert_ptr_equal(
				at.need_object,
				answers[strchr(cases[i].answers, '?') - cases[i].answers].object);
		}
		conf_unref(&c);
		arena_free(&q.arena);
	}
}

/* A question about a client tells the list's server of it. */
static void test_lists_that_are_asked(void **state)
{
	static const struct {
		const char *rules, *rcpt, *data;
	} cases[] = {
		{ "", "", "" },
		{ "racl greylist spf\n", "", "" },
		{ "racl greylist dnsrbl \"n\"\n", "n", "" },
		{ "dacl greylist not dnsrbl \"n\"\n", "", "n" },
		{ "racl greylist addr 192.0.2.1 dnswl \"c\"\n", "c", "" },
		{ "list \"l\" dnsrbl { \"n\" \"a\" }\nracl greylist list \"l\"\n", "an", "" },
		{ "list \"l\" dnswl { \"c\" }\nracl greylist default\n", "", "" },
		{ "racl greylist dnsbl score > 1\n", "abc", "" },
		{ "dacl greylist dnsbl score > 1\nracl greylist dnsrbl \"a\"\n", "a", "abc" },
		{ "racl greylist dnsbl score > 1 dnsrbl \"n\"\n", "abcn", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[500];
		struct conf *c;

		(void)snprintf(text, sizeof(text),
		               "dnsrbl \"a\" a.x 127.0.0.2 weight 1\ndnsrbl \"n\" n.x 127.0.0.2\n"
		               "dnswl \"c\" c.x 127.0.0.2 weight 1\n%s"
		               "dnsrbl \"b\" b.x 127.0.0.2 weight 1\n",
		               cases[i].rules);
		c = parse(text);
		for (const struct acl_object *o = c->acl->objects; o != NULL; o = o->next) {
			bool list = o->kind == OBJECT_LIST;

			if (acl_wants_dns_list(c->acl, ACL_RCPT, o) !=
			            (!list && strchr(cases[i].rcpt, o->name[0]) != NULL) ||
			    acl_wants_dns_list(c->acl, ACL_DATA, o) !=
			            (!list && strchr(cases[i].data, o->name[0]) != NULL))
				fail_msg("%s: %s", cases[i].rules, o->name);
		}
		conf_unref(&c);
	}
}

static void test_too_many_weights(void **state)
{
	struct buf text = buf_of((size_t)1 << 20);
	struct conf_source source = { .name = "many.conf" };
	struct diag why = { 0 };
	struct conf *c = NULL;

	(void)state;
	for (unsigned i = 0; i <= ACL_WEIGHTS_MAX; i++) {
		source.text = buf_view(&text);
		assert_int_equal(conf_parse(&source, &c, &why), ST_OK);
		conf_unref(&c);
		assert_int_equal(buf_printf(&text, "dnswl \"%u\" z.x 127.0.0.2 weight 1\n", i),
		                 ST_OK);
	}
	source.text = buf_view(&text);
	assert_int_equal(conf_parse(&source, &c, &why), ST_INVALID);
	assert_string_equal(why.text, "more than 256 lists have a weight");
	buf_free(&text);
}

/* Neither a fact that could not be found nor one that can't be matches, with `not` in front
 * neither. */
static void test_failed_facts(void **state)
{
	static const enum fact_state states[] = { FACT_FAILED, FACT_NEVER };
	struct question q = ordinary();
	struct acl_eval at = { 0 };
	struct conf *c;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		fact_set_state(&q.facts, FACT_SPF, states[i]);
		assert_false(holds("racl whitelist spf", &q.facts));
		assert_false(holds("racl whitelist not spf", &q.facts));
	}
	c = parse("onfailure tempfail\nracl whitelist not spf\n");
	assert_int_equal(acl_eval(c->acl, ACL_RCPT, &q.facts, &at, NULL), ACL_DECIDED);
	at = (struct acl_eval){ 0 };
	fact_set_state(&q.facts, FACT_SPF, FACT_FAILED);
	assert_int_equal(acl_eval(c->acl, ACL_RCPT, &q.facts, &at, NULL), ACL_TEMPFAIL);
	assert_int_equal(at.need, FACT_SPF);
	conf_unref(&c);
	arena_free(&q.arena);
}

/* What is not built is known to be so without asking. */
static void test_unbuilt_never_match(void **state)
{
	struct conf *c = parse("racl whitelist p0f \"JP\"\nracl whitelist not p0f \"x\"\n"
	                       "racl blacklist default\n");
	struct question q = ordinary();

	(void)state;
	c->acl->never = FACT_BIT(FACT_P0F) | FACT_BIT(FACT_PROPERTIES);
	assert_int_equal(decide_at(c, ACL_RCPT, &q.facts).action, ACL_BLACKLIST);
	conf_unref(&c);
	arena_free(&q.arena);
}

/* --- what a check's answer wants of its rule --- */

#define CHECKS                                                                                     \
	"urlcheck \"u\" \"http://u.example/\" 1\nurlcheck \"v\" \"http://v.example/\" 1\n"         \
	"greylist 5m\nautowhite 1d\n"

static struct acl_said saying(void)
{
	return ACL_SAID_NOTHING;
}

struct checked {
	struct conf *conf;
	struct question q;
	struct fact_answer answers[2];
};

/* u holds and says this; v holds when it says something. */
static void check_begin(struct checked *k, const char *rules, const struct acl_said *u,
                        const struct acl_said *v)
{
	char text[1000];

	assert_true(snprintf(text, sizeof(text), CHECKS "%s", rules) < (int)sizeof(text));
	k->conf = parse(text);
	k->q = ordinary();
	k->answers[0] =
		(struct fact_answer){ .fact = FACT_URLCHECK,
		                      .object = acl_find_object(k->conf->acl, OBJECT_URLCHECK,
		                                                VIEW("u")),
		                      .value = { .state = FACT_KNOWN, .number = 1, .said = u } };
	k->answers[1] = (struct fact_answer){
		.fact = FACT_URLCHECK,
		.object = acl_find_object(k->conf->acl, OBJECT_URLCHECK, VIEW("v")),
		.value = { .state = FACT_KNOWN, .number = v != NULL, .said = v }
	};
	k->q.facts.answers = k->answers;
	k->q.facts.answer_count = 2;
}

static void check_end(struct checked *k)
{
	conf_unref(&k->conf);
	arena_free(&k->q.arena);
}

static void test_checks_choose_the_action(void **state)
{
	static const struct {
		const char *what, *rules;
		enum acl_action says, want;
	} cases[] = {
		{ "another action", "racl greylist urlcheck \"u\"\nracl greylist default\n",
		  ACL_BLACKLIST, ACL_BLACKLIST },
		{ "continue", "racl greylist urlcheck \"u\"\nracl whitelist default\n",
		  ACL_CONTINUE, ACL_WHITELIST },
		{ "an answer for a rule that goes on",
		  "racl continue urlcheck \"u\"\nracl blacklist default\n", ACL_WHITELIST,
		  ACL_WHITELIST },
		{ "not", "racl greylist not urlcheck \"u\"\nracl whitelist default\n",
		  ACL_BLACKLIST, ACL_WHITELIST },
		{ "a rule that does not hold",
		  "racl greylist urlcheck \"u\" addr 203.0.113.9\nracl whitelist default\n",
		  ACL_BLACKLIST, ACL_WHITELIST },
		{ "in a list",
		  "list \"l\" urlcheck { \"v\" \"u\" }\nracl greylist list \"l\"\n"
		  "racl greylist default\n",
		  ACL_BLACKLIST, ACL_BLACKLIST },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct acl_said said = saying();
		struct checked k;

		said.has_action = true;
		said.action = cases[i].says;
		check_begin(&k, cases[i].rules, &said, NULL);
		if (decide_at(k.conf, ACL_RCPT, &k.q.facts).action != cases[i].want)
			fail_msg("%s", cases[i].what);
		check_end(&k);
	}
}

static void test_checks_replace_values(void **state)
{
	struct acl_said u = saying(), v = saying();
	struct acl_verdict verdict;
	struct checked k;

	(void)state;
	u.set.delay = 7;
	u.set.code = "421";
	u.set.msg = "u says %i";
	u.tarpit_s = 60;
	v.set.msg = "v says";
	v.set.autowhite = 9;
	v.set.nolog = true;
	check_begin(
		&k,
		"racl whitelist urlcheck \"u\" urlcheck \"v\" delay 1h msg \"m\" report \"r\"\n",
		&u, &v);
	verdict = decide_at(k.conf, ACL_RCPT, &k.q.facts);
	assert_int_equal(verdict.action, ACL_WHITELIST);
	assert_ptr_equal(verdict.rule, k.conf->acl->rules[ACL_RCPT]);
	assert_int_equal(verdict.effects.delay, 7);
	assert_int_equal(verdict.effects.autowhite, 9);
	assert_string_equal(verdict.effects.msg, "v says");
	assert_string_equal(verdict.effects.report, "r");
	assert_string_equal(verdict.effects.code, "421");
	assert_false(verdict.log);
	assert_int_equal(verdict.tarpit_s, 60);
	assert_true((verdict.reasons & REASON_BIT(REASON_TARPIT)) != 0);
	assert_true(k.conf->acl->holds);
	check_end(&k);
	check_begin(&k, "racl greylist addr 192.0.2.1 urlcheck \"u\"\n", NULL, NULL);
	verdict = decide_at(k.conf, ACL_RCPT, &k.q.facts);
	assert_int_equal(verdict.effects.delay, 300);
	assert_int_equal(verdict.tarpit_s, 0);
	check_end(&k);
}

static void test_spf_words(void **state)
{
	static const struct {
		enum fact_result result;
		const char *words;
	} cases[] = {
		{ RESULT_PASS, " pass " },         { RESULT_FAIL, " fail " },
		{ RESULT_SOFTFAIL, " softfail " }, { RESULT_NEUTRAL, " neutral " },
		{ RESULT_NONE, " none " },         { RESULT_ERROR, " unknown error " },
	};
	static const char *const words[] = { "pass", "fail",    "softfail", "neutral",
		                             "none", "unknown", "error" };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct question q = ordinary();

		fact_set_number(&q.facts, FACT_SPF, cases[i].result);
		for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++) {
			char clause[64], padded[16];

			(void)snprintf(clause, sizeof(clause), "racl whitelist spf %s", words[w]);
			(void)snprintf(padded, sizeof(padded), " %s ", words[w]);
			if (holds(clause, &q.facts) != (strstr(cases[i].words, padded) != NULL))
				fail_msg("result %d, spf %s", (int)cases[i].result, words[w]);
		}
		assert_int_equal(holds("racl whitelist spf", &q.facts), i == 0);
		fact_set_number(&q.facts, FACT_SPF_SELF, i == 1);
		assert_int_equal(holds("racl whitelist spf self", &q.facts), i == 1);
		arena_free(&q.arena);
	}
}

static void test_dkim_words(void **state)
{
	static const struct {
		enum fact_result result;
		const char *words;
	} cases[] = {
		{ RESULT_PASS, " pass " },       { RESULT_FAIL, " fail " },
		{ RESULT_SOFTFAIL, "" },         { RESULT_NONE, " none " },
		{ RESULT_NEUTRAL, " unknown " }, { RESULT_ERROR, " error " },
	};
	static const char *const words[] = { "pass", "fail",    "softfail", "neutral",
		                             "none", "unknown", "error",    "self" };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct question q = ordinary();

		fact_set_number(&q.facts, FACT_DKIM, cases[i].result);
		for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++) {
			char text[64], padded[16];
			struct conf *c;

			(void)snprintf(text, sizeof(text), "dacl blacklist dkim %s\n", words[w]);
			(void)snprintf(padded, sizeof(padded), " %s ", words[w]);
			c = parse(text);
			if ((decide_at(c, ACL_DATA, &q.facts).action == ACL_BLACKLIST) !=
			    (strstr(cases[i].words, padded) != NULL))
				fail_msg("result %d, dkim %s", (int)cases[i].result, words[w]);
			conf_unref(&c);
		}
		arena_free(&q.arena);
	}
}

/* The groups of the clause looked at last come first; macros' expressions know no lines. */
static void test_groups_of_several_clauses(void **state)
{
	struct conf *c =
		parse("racl continue domain /^\\(mx\\)/\n"
	              "racl greylist domain /\\(tanuki\\)\\.\\(example\\)/ from /<\\(rin\\)@/ "
	              "rcpt /bob/\n");
	struct question q = ordinary();
	struct acl_verdict v = decide_at(c, ACL_RCPT, &q.facts);
	const struct fact_pair macro = { VIEW("i"), VIEW("a\nb") };

	(void)state;
	assert_int_equal(v.group_count, 3);
	assert_view(v.groups[0], "rin");
	assert_view(v.groups[1], "tanuki");
	assert_view(v.groups[2], "example");
	conf_unref(&c);
	q.facts.macros = &macro;
	q.facts.macro_count = 1;
	fact_set_state(&q.facts, FACT_MACROS, FACT_KNOWN);
	fact_set_state(&q.facts, FACT_MACROS, FACT_ABSENT);
	assert_true(holds("sm_macro \"m\" \"i\" unset\nracl whitelist sm_macro \"m\"", &q.facts));
	fact_set_state(&q.facts, FACT_MACROS, FACT_KNOWN);
	assert_true(holds("sm_macro \"m\" \"i\" /a.b/\nracl whitelist sm_macro \"m\"", &q.facts));
	assert_false(holds("sm_macro \"m\" \"i\" /^b/\nracl whitelist sm_macro \"m\"", &q.facts));
	arena_free(&q.arena);
}

/* An expression that explodes is no answer, soon, and `not` makes none of it. */
static void test_explosion(void **state)
{
	struct question q = ordinary();
	struct acl_eval at = { 0 };
	char name[255];
	struct conf *c;

	(void)state;
	memset(name, 'a', sizeof(name));
	name[254] = '!';
	fact_set_text(&q.facts, FACT_CLIENT_NAME, (struct view){ name, sizeof(name) });
	assert_false(holds("extendedregex\nracl whitelist domain /^(a+)+$/", &q.facts));
	assert_false(holds("extendedregex\nracl whitelist not domain /^(a+)+$/", &q.facts));
	assert_false(holds("racl whitelist domain /\\(a*\\)*\\1$/", &q.facts));
	c = parse("onfailure tempfail\nextendedregex\nracl whitelist domain /^(a|aa)+$/\n");
	assert_int_equal(acl_eval(c->acl, ACL_RCPT, &q.facts, &at, NULL), ACL_TEMPFAIL);
	conf_unref(&c);
	arena_free(&q.arena);
}

static void test_lookup_clauses(void **state)
{
	struct question q = ordinary();
	const struct fact_pair macros[] = { { VIEW("{auth_type}"), VIEW("PLAIN") } };
	const struct fact_pair properties[] = { { VIEW("p"), VIEW("Seven") },
		                                { VIEW("n"), VIEW("12x") },
		                                { VIEW("w"), VIEW("*.SHOP.?xample") } };
	const struct ip mx[] = { { IP_V4, { 198, 51, 100, 1 } }, { IP_V4, { 192, 0, 2, 200 } } };

	(void)state;
	fact_set_number(&q.facts, FACT_RDNS, RDNS_UNCONFIRMED);
	assert_true(holds("racl whitelist rdns unconfirmed", &q.facts));
	assert_false(holds("racl whitelist rdns none", &q.facts));
	fact_set_number(&q.facts, FACT_SENDER_DOMAIN, 0);
	assert_true(holds("racl whitelist sender unresolvable", &q.facts));
	fact_set_number(&q.facts, FACT_SENDER_DOMAIN, 1);
	assert_false(holds("racl whitelist sender unresolvable", &q.facts));
	fact_set_state(&q.facts, FACT_SENDER_DOMAIN, FACT_ABSENT); /* the null sender has none */
	assert_false(holds("racl whitelist sender unresolvable", &q.facts));
	fact_set_text(&q.facts, FACT_COUNTRY, VIEW("JP"));
	assert_true(holds("racl whitelist geoip \"JP\"", &q.facts));
	assert_false(holds("racl whitelist geoip \"jp\"", &q.facts));
	assert_false(holds("racl whitelist geoip \"ZZ\"", &q.facts));
	fact_set_state(&q.facts, FACT_COUNTRY, FACT_ABSENT); /* the data base does not have it */
	assert_true(holds("racl whitelist geoip \"ZZ\"", &q.facts));
	assert_true(holds("racl whitelist not geoip \"JP\"", &q.facts));
	assert_false(holds("racl whitelist geoip \"JP\"", &q.facts));
	fact_set_state(&q.facts, FACT_COUNTRY, FACT_NEVER); /* there is none */
	assert_false(holds("racl whitelist not geoip \"JP\"", &q.facts));
	assert_false(holds("racl whitelist geoip \"ZZ\"", &q.facts));
	fact_set_text(&q.facts, FACT_P0F, VIEW("Windows XP SP1"));
	assert_true(holds("racl whitelist p0f \"windows xp\"", &q.facts));
	assert_true(holds("racl whitelist p0f /^windows/", &q.facts));
	fact_set_state(&q.facts, FACT_MX, FACT_KNOWN);
	q.facts.mx = mx;
	q.facts.mx_count = 2;
	assert_true(holds("racl whitelist mx /24", &q.facts));
	assert_false(holds("racl whitelist mx /32", &q.facts));
	fact_set_number(&q.facts, FACT_KNOWN_SOURCE, 1);
	assert_true(holds("racl whitelist known", &q.facts));
	fact_set_state(&q.facts, FACT_MACROS, FACT_KNOWN);
	q.facts.macros = macros;
	q.facts.macro_count = 1;
	assert_true(holds("sm_macro \"m\" \"{auth_type}\" \"PLAIN\"\nracl whitelist sm_macro \"m\"",
	                  &q.facts));
	assert_false(
		holds("sm_macro \"m\" \"{auth_type}\" \"plain\"\nracl whitelist sm_macro \"m\"",
	              &q.facts));
	assert_true(holds("sm_macro \"m\" \"{auth_type}\" /^plain$/\nracl whitelist sm_macro \"m\"",
	                  &q.facts));
	assert_true(holds("sm_macro \"m\" \"{x}\" unset\nracl whitelist sm_macro \"m\"", &q.facts));
	assert_false(holds("sm_macro \"m\" \"{x}\" \"\"\nracl whitelist sm_macro \"m\"", &q.facts));
	fact_set_state(&q.facts, FACT_PROPERTIES, FACT_KNOWN);
	q.facts.properties = properties;
	q.facts.property_count = 3;
	assert_true(holds("racl whitelist $P \"seven\"", &q.facts));
	assert_true(holds("racl whitelist $p /^sev/", &q.facts));
	assert_true(holds("racl whitelist $n == 12", &q.facts));
	assert_false(holds("racl whitelist $gone == 0", &q.facts));
	assert_true(holds("racl whitelist $n > $gone", &q.facts));
	assert_true(holds("racl whitelist *$w \"%sf\"\nracl whitelist *$w \"mx.%sf\"", &q.facts));
	arena_free(&q.arena);
}

static void test_tarpit(void **state)
{
	/* Page 2: everybody waits, who does not is greylisted. */
	struct conf *c = parse("racl whitelist tarpit 125s\nracl greylist default\n");
	struct question q = ordinary();
	struct acl_verdict v;

	(void)state;
	fact_set_number(&q.facts, FACT_GAVE_UP, 0);
	v = decide_at(c, ACL_RCPT, &q.facts);
	assert_int_equal(v.action, ACL_WHITELIST);
	assert_int_equal(v.tarpit_s, 125);
	assert_int_equal(v.effects.tarpit_scope, ACL_SCOPE_SESSION);
	assert_false(v.by_default);
	fact_set_number(&q.facts, FACT_GAVE_UP, 1);
	v = decide_at(c, ACL_RCPT, &q.facts);
	assert_int_equal(v.action, ACL_GREYLIST);
	assert_int_equal(v.tarpit_s, 0);
	assert_true(v.by_default);
	conf_unref(&c);
	arena_free(&q.arena);
}

/* Page 4's configuration, as it stands there. */
static const char page_4[] =
	"extendedregex\n"
	"\n"
	"racl greylist domain /^\\[.+\\]$/ msg \"S25R rule 0\"\n"
	"racl greylist domain /^[^.]*[0-9][^0-9.]+[0-9].*\\./ msg \"S25R rule 1\"\n"
	"racl greylist domain /^[^.]*[0-9][0-9][0-9][0-9][0-9]/ msg \"S25R rule 2\"\n"
	"racl greylist domain /^([^.]+\\.)?[0-9][^.]*\\.[^.]+\\..+\\.[a-z]/ msg \"S25R rule 3\"\n"
	"racl greylist domain /^[^.]*[0-9]\\.[^.]*[0-9]-[0-9]/ msg \"S25R rule 4\"\n"
	"racl greylist domain /^[^.]*[0-9]\\.[^.]*[0-9]\\.[^.]+\\..+\\./ msg \"S25R rule 5\"\n"
	"racl greylist domain /^(dhcp|dialup|ppp|[achrsvx]?dsl)[^.]*[0-9]/ msg \"S25R rule 6\"\n"
	"\n"
	"racl whitelist default\n"
	"\n"
	"spamdsock inet \"localhost:783\"\n"
	"dacl greylist spamd > 5 msg \"SpamAssasin\"\n";

static void test_page_4(void **state)
{
	static const struct {
		const char *name;
		const char *msg; /* NULL: let in */
	} cases[] = {
		{ "[203.0.113.77]", "S25R rule 0" },
		{ "unknown", "S25R rule 0" }, /* as Postfix says it at the policy door */
		{ "UNKNOWN", "S25R rule 0" },
		{ "unknown.example", NULL },
		{ "p1234-ipbf01.tokyo.example.ne.jp", "S25R rule 1" },
		{ "c00021.example.net", "S25R rule 2" },
		{ "3com.mail.example.net", "S25R rule 3" },
		{ "m226.net81-66-158.example.fr", "S25R rule 4" },
		{ "d5.r7.city.example.net", "S25R rule 5" },
		{ "ADSL-77.example.net", "S25R rule 6" },
		{ "mail.example.com", NULL },
	};
	struct conf *c = parse(page_4);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct question q = ask_about(i % 2 == 0 ? "192.0.2.1" : "2001:db8::1",
		                              cases[i].name, "a@b", "c@d");
		struct acl_verdict v = decide_at(c, ACL_RCPT, &q.facts);

		assert_int_equal(v.action, cases[i].msg != NULL ? ACL_GREYLIST : ACL_WHITELIST);
		if (cases[i].msg != NULL)
			assert_string_equal(v.effects.msg, cases[i].msg);
		arena_free(&q.arena);
	}
	conf_unref(&c);
}

/* "spamd > 5" with scores in tenths. */
static void test_spamd_scores(void **state)
{
	static const struct {
		const char *clause;
		int64_t tenths;
		bool want;
	} cases[] = {
		{ "spamd > 5", 50, false },  { "spamd > 5", 51, true },
		{ "spamd >= 5", 50, true },  { "spamd > 5", -10, false },
		{ "spamd < 0", -1, true },   { "spamd == 5", 51, false },
		{ "spamd > -2", -10, true }, { "spamd <= 4", 41, false },
		{ "spamd != 5", 51, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct question q = ordinary();
		struct conf *c;
		char text[100];

		(void)snprintf(text, sizeof(text), "dacl greylist %s\n", cases[i].clause);
		c = parse(text);
		fact_set_number(&q.facts, FACT_SPAMD_SCORE, cases[i].tenths);
		if ((decide_at(c, ACL_DATA, &q.facts).action == ACL_GREYLIST) != cases[i].want)
			fail_msg("%s with %lld", cases[i].clause, (long long)cases[i].tenths);
		conf_unref(&c);
		arena_free(&q.arena);
	}
}

static void test_content(void **state)
{
	const struct view headers[] = { VIEW("Subject: Hello foo\r\n"), VIEW("X-A: b\r\n\tc\r\n") };
	const struct view recipients[] = { VIEW("<a@x.example>"), VIEW("<b@x.example>") };
	static const struct {
		const char *clause;
		bool want;
	} cases[] = {
		{ "header \"Hello\"", true },
		{ "header \"hello\"", false },
		{ "header /hello/", true },
		{ "header /foo$/", false }, /* the line ends in CR LF */
		{ "header /foo\r$/", true },
		{ "header /^X-A: .*c/", false },
		{ "body \"cheap\"", true },
		{ "body /^cheap/", true },
		{ "body /nothing/", false },
		{ "msgsize > 1k", true },
		{ "msgsize > 1M", false },
		{ "rcpt b@x.example", true },
		{ "rcpt c@x.example", false },
		{ "rcpt /^<a@/", true },
		{ "rcptcount == 2", true },
		{ "spamd", true },
	};
	struct question q = ordinary();

	(void)state;
	fact_set_state(&q.facts, FACT_HEADERS, FACT_KNOWN);
	q.facts.headers = headers;
	q.facts.header_count = 2;
	q.facts.recipients = recipients;
	q.facts.recipient_count = 2;
	fact_set_text(&q.facts, FACT_BODY, VIEW("first\r\ncheap watches\r\n"));
	fact_set_number(&q.facts, FACT_SIZE, 2000);
	fact_set_number(&q.facts, FACT_RCPT_COUNT, 2);
	fact_set_number(&q.facts, FACT_SPAMD_VERDICT, 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf *c;
		char text[100];

		(void)snprintf(text, sizeof(text), "dacl blacklist %s\n", cases[i].clause);
		if (strchr(text, '\r') != NULL)
			continue; /* a carriage return can't stand in a configuration */
		c = parse(text);
		if ((decide_at(c, ACL_DATA, &q.facts).action == ACL_BLACKLIST) != cases[i].want)
			fail_msg("%s", cases[i].clause);
		conf_unref(&c);
	}
	arena_free(&q.arena);
}

static void test_s25r_clause(void **state)
{
	static const struct {
		const char *clause, *name;
		bool want;
	} cases[] = {
		{ "racl whitelist s25r", "adsl77.pool.example.net", true },
		{ "racl whitelist s25r 6", "adsl77.pool.example.net", true },
		{ "racl whitelist s25r 1", "adsl77.pool.example.net", false },
		{ "racl whitelist s25r", "unknown", true },
		{ "racl whitelist s25r 0", "[192.0.2.1]", true },
		{ "list \"x\" domain { example.net }\nracl whitelist s25r except list \"x\"",
		  "adsl77.pool.example.net", false },
		{ "list \"x\" domain { example.org }\nracl whitelist s25r except list \"x\"",
		  "adsl77.pool.example.net", true },
		{ "list \"x\" domain { example.org }\nracl whitelist s25r 1 except list \"x\"",
		  "adsl77.pool.example.net", false },
		{ "list \"x\" addr { 192.0.2.1 }\nracl whitelist s25r 6 except list \"x\"",
		  "adsl77.pool.example.net", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct question q = ask_about("192.0.2.1", cases[i].name, "a@b", "c@d");

		if (holds(cases[i].clause, &q.facts) != cases[i].want)
			fail_msg("%s for %s", cases[i].clause, cases[i].name);
		arena_free(&q.arena);
	}
}

static void test_wildcards(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool want;
	} cases[] = {
		{ "*", "", true },         { "", "", true },
		{ "", "x", false },        { "a*c", "abbc", true },
		{ "a*c", "abbd", false },  { "a?c", "aBC", true },
		{ "[a-c]x", "Bx", true },  { "[a-c]x", "dx", false },
		{ "[!a-c]x", "dx", true }, { "[^a]x", "ax", false },
		{ "[]a]", "]", true },     { "[a", "[a", true },
		{ "\\*", "*", true },      { "\\*", "x", false },
		{ "[x-]", "-", true },     { "*.[a-z][a-z]", "mx.jp", true },
		{ "**a*", "xxaxx", true }, { "*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaa", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct fact_pair p = { VIEW("p"), view_of(cases[i].pattern) };
		struct question q = ordinary();
		char clause[100];

		fact_set_state(&q.facts, FACT_PROPERTIES, FACT_KNOWN);
		q.facts.properties = &p;
		q.facts.property_count = 1;
		(void)snprintf(clause, sizeof(clause), "racl whitelist *$p \"%s\"", cases[i].text);
		if (holds(clause, &q.facts) != cases[i].want)
			fail_msg("%s for %s", cases[i].pattern, cases[i].text);
		arena_free(&q.arena);
	}
}

/* header $p, body $p: any value; one in slashes is an expression. */
static void test_content_by_property(void **state)
{
	static const struct {
		const char *values[2];
		const char *clause;
		bool want;
	} cases[] = {
		{ { "Hello", NULL }, "header $p", true },
		{ { "hello", NULL }, "header $p", false },
		{ { "nothing", "Hello" }, "header $P", true },
		{ { "/hel*o/", NULL }, "header $p", true },
		{ { "/(hello)/", NULL }, "header $p", false }, /* basic syntax */
		{ { "/(/", "/[/" }, "header $p", false },
		{ { "//", NULL }, "header $p", false },
		{ { "/^cheap/", NULL }, "body $p", true },
		{ { "x", NULL }, "body $gone", false },
	};
	const struct view headers[] = { VIEW("Subject: Hello\r\n") };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct fact_pair p[2] = { { VIEW("p"), view_of(cases[i].values[0]) },
			                        { VIEW("p"), view_of(cases[i].values[1]) } };
		struct question q = ordinary();
		struct conf *c;
		char text[100];

		fact_set_state(&q.facts, FACT_PROPERTIES, FACT_KNOWN);
		q.facts.properties = p;
		q.facts.property_count = cases[i].values[1] != NULL ? 2 : 1;
		fact_set_state(&q.facts, FACT_HEADERS, FACT_KNOWN);
		q.facts.headers = headers;
		q.facts.header_count = 1;
		fact_set_text(&q.facts, FACT_BODY, VIEW("first\r\ncheap\r\n"));
		(void)snprintf(text, sizeof(text), "dacl blacklist %s\n", cases[i].clause);
		c = parse(text);
		if ((decide_at(c, ACL_DATA, &q.facts).action == ACL_BLACKLIST) != cases[i].want)
			fail_msg("%s with %s", cases[i].clause, cases[i].values[0]);
		conf_unref(&c);
		arena_free(&q.arena);
	}
}

/* What can't be sent with the action becomes the usual answer. */
static void test_codes(void **state)
{
	static const struct {
		const char *text;
		const char *code; /* NULL: the usual one */
	} cases[] = {
		{ "racl greylist default code \"452\"", "452" },
		{ "racl greylist default code \"551\" ecode \"5.7.1\"", NULL },
		{ "racl blacklist default code \"452\"", "452" },
		{ "racl blacklist default code \"554\"", "554" },
		{ "racl blacklist default code \"200\"", NULL },
		{ "racl blacklist default code \"5540\"", NULL },
		{ "racl blacklist default code \"\"", NULL },
		{ "racl continue default code \"554\"\nracl greylist default", NULL },
		{ "racl continue default code \"554\"\nracl blacklist default", "554" },
		{ "racl continue default code \"554\"", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf *c = parse(cases[i].text);
		struct question q = ordinary();
		struct acl_verdict v = decide_at(c, ACL_RCPT, &q.facts);

		if (cases[i].code == NULL) {
			assert_null(v.effects.code);
			assert_null(v.effects.ecode);
		} else {
			assert_string_equal(v.effects.code, cases[i].code);
		}
		conf_unref(&c);
		arena_free(&q.arena);
	}
}

struct seen {
	char text[500];
};

static void see_clause(void *arg, const struct acl_rule *rule, const struct acl_clause *clause,
                       enum acl_answer answer, struct view saw)
{
	struct seen *s = arg;
	size_t n = strlen(s->text);

	(void)rule;
	(void)snprintf(s->text + n, sizeof(s->text) - n, "%s=%d(%.*s) ", clause->kind->name,
	               (int)answer, VIEW_ARG(saw));
}

static void see_rule(void *arg, const struct acl_rule *rule, enum acl_answer answer)
{
	struct seen *s = arg;
	size_t n = strlen(s->text);

	(void)snprintf(s->text + n, sizeof(s->text) - n, "%u:%d; ", rule->line, (int)answer);
}

static void test_trace(void **state)
{
	struct conf *c = parse("racl whitelist addr 10.0.0.1 from a@b\n"
	                       "racl greylist domain /tanuki/ not from /zz/ spf\n");
	struct question q = ordinary();
	struct seen seen = { "" };
	const struct acl_trace trace = { &seen, see_clause, see_rule };
	struct acl_eval at = { 0 };

	(void)state;
	assert_int_equal(acl_eval(c->acl, ACL_RCPT, &q.facts, &at, &trace), ACL_NEED);
	assert_string_equal(seen.text, "addr=0(192.0.2.1) 1:0; domain=1(mx.tanuki.example) "
	                               "from=1(<rin@shop.example>) spf=2() 2:2; ");
	conf_unref(&c);
	arena_free(&q.arena);
}

/* A clause that acts is told of once, when all before it have held; what it changes does not make
 * those fail. */
static void test_acts(void **state)
{
	struct conf *c =
		parse("extendedregex\n"
	              "racl continue addr 10.0.0.1 set $never = 1\n"
	              "racl continue domain /(tan)uki/ not $n == 1 set $n += 1 rset $m = \"x\"\n"
	              "racl continue $n == 1 not log \"a\" log \"never\"\n"
	              "racl \"id\" whitelist $n /(1)/ domain /mx/ log \"b\" spf pass\n");
	const struct fact_pair one = { VIEW("n"), VIEW("1") };
	struct question q = ordinary();
	struct acl_eval at = { .acts = true };

	(void)state;
	fact_set_state(&q.facts, FACT_PROPERTIES, FACT_KNOWN);
	assert_int_equal(acl_eval(c->acl, ACL_RCPT, &q.facts, &at, NULL), ACL_ACT);
	assert_string_equal(at.act->kind->name, "set");
	assert_int_equal(at.next->line, 3);
	assert_int_equal(at.verdict.group_count, 1);
	q.facts.properties = &one;
	q.facts.property_count = 1;
	assert_int_equal(acl_eval(c->acl, ACL_RCPT, &q.facts, &at, NULL), ACL_ACT);
	assert_string_equal(at.act->kind->name, "rset");
	assert_true(view_eq(at.verdict.groups[0], VIEW("tan")));
	assert_int_equal(acl_eval(c->acl, ACL_RCPT, &q.facts, &at, NULL), ACL_ACT);
	assert_string_equal(at.act->kind->name, "log");
	assert_true(view_eq(at.act->operand.text, VIEW("a")));
	assert_int_equal(at.verdict.group_count, 0);
	assert_int_equal(acl_eval(c->acl, ACL_RCPT, &q.facts, &at, NULL), ACL_ACT);
	assert_true(view_eq(at.act->operand.text, VIEW("b")));
	assert_true(view_eq(at.verdict.property.name, VIEW("n")));
	assert_int_equal(acl_eval(c->acl, ACL_RCPT, &q.facts, &at, NULL), ACL_NEED);
	assert_int_equal(at.need, FACT_SPF);
	fact_set_number(&q.facts, FACT_SPF, RESULT_PASS);
	assert_int_equal(acl_eval(c->acl, ACL_RCPT, &q.facts, &at, NULL), ACL_DECIDED);
	assert_int_equal(at.verdict.action, ACL_WHITELIST);
	assert_true(view_eq(at.verdict.property.value, VIEW("1")));
	assert_true(view_eq(at.verdict.groups[0], VIEW("1")));
	conf_unref(&c);
	arena_free(&q.arena);
}

/* Who does nothing for them sees them hold; a rule of those alone is a default. */
static void test_acts_for_nobody(void **state)
{
	struct conf *c =
		parse("racl greylist not set $a = 1\nracl whitelist set $a = 1 log \"a\"\n");
	struct question q = ordinary();
	struct acl_verdict v = decide_at(c, ACL_RCPT, &q.facts);

	(void)state;
	assert_int_equal(v.action, ACL_WHITELIST);
	assert_true(v.by_default);
	conf_unref(&c);
	arena_free(&q.arena);
}

/* What nothing matched has no groups of a rule that almost did. */
static void test_no_leftovers(void **state)
{
	struct conf *c =
		parse("extendedregex\nracl whitelist domain /(tan)uki/ $n \"1\" addr 10.0.0.1\n");
	const struct fact_pair one = { VIEW("n"), VIEW("1") };
	struct question q = ordinary();
	struct acl_verdict v;

	(void)state;
	q.facts.properties = &one;
	q.facts.property_count = 1;
	fact_set_state(&q.facts, FACT_PROPERTIES, FACT_KNOWN);
	v = decide_at(c, ACL_RCPT, &q.facts);
	assert_int_equal(v.group_count, 0);
	assert_int_equal(v.property.name.n, 0);
	conf_unref(&c);
	arena_free(&q.arena);
}

static void expand(const char *fmt, const struct format_context *ctx, const char *want)
{
	struct buf out = buf_of(1000);

	assert_int_equal(format_expand(view_of(fmt), ctx, &out), ST_OK);
	if (strcmp(buf_text(&out), want) != 0)
		fail_msg("\"%s\" became \"%s\", not \"%s\"", fmt, buf_text(&out), want);
	buf_free(&out);
}

static void test_formats(void **state)
{
	static const struct {
		const char *fmt, *want;
	} cases[] = {
		{ "%h %d %md %sd", "helo.example mx.tanuki.example mx tanuki.example" },
		{ "%i %I{/24} %j", "192.0.2.1 192.0.2.0 1.2.0.192" },
		{ "%f %mf %sf", "rin@shop.example rin shop.example" },
		{ "%r %mr %sr", "bob@kitsune.example bob kitsune.example" },
		{ "%E %Eh %Em %Es %Et", "01:02:03 1 2 3 3723" },
		{ "%R %Rt", "100:00:00 360000" },
		{ "50%%d", "50%d" },
		{ "100%", "100%" },
		{ "%q %Z", "%q %Z" },
		{ "%Hx", "%Hx" },
		{ "%Hs", "7.5" },
		{ "%Hy", "FAKE,OTHER" },
		{ "%A %a", "2 id" },
		{ "%g{\\1}%g{\\2}%g{\\9}", "mxtanuki" },
		{ "%M{auth_type}|%Mi|%Mz", "PLAIN|A1B2|" },
		{ "%t %S", "0 accept" },
		{ "%Xc %Xe %Xm", "451 4.7.1 later" },
		{ "%T{%Y-%m-%d %H:%M}", "2025-03-03 09:15" },
		{ "%G", "+0900" },
		{ "%M{", "%M{" },
		{ "%I{24} %I{/x} %I{} %I{/129} %g{1} %g{}",
		  "%I{24} %I{/x} %I{} %I{/129} %g{1} %g{}" },
		{ "a\r\nb", "a??b" },
	};
	struct conf *c = parse("extendedregex\nracl \"id\" greylist domain /^(mx)\\.([a-z]+)/\n");
	const struct fact_pair macros[] = { { VIEW("{auth_type}"), VIEW("PLAIN") },
		                            { VIEW("i"), VIEW("A1B2") } };
	struct question q = ordinary();
	struct acl_verdict v = decide_at(c, ACL_RCPT, &q.facts);
	const struct format_context ctx = { .facts = &q.facts,
		                            .verdict = &v,
		                            .waited_s = 3723,
		                            .left_s = 360000,
		                            .outcome = "accept",
		                            .reply_code = "451",
		                            .reply_ecode = "4.7.1",
		                            .reply_text = "later" };

	(void)state;
	q.facts.macros = macros;
	q.facts.macro_count = 2;
	fact_set_number(&q.facts, FACT_SPAMD_SCORE, 75);
	q.facts.of[FACT_SPAMD_SCORE].text = VIEW("FAKE,OTHER");
	fact_set_state(&q.facts, FACT_TIME, FACT_KNOWN);
	q.facts.clock = (struct fact_clock){ .minute = 15,
		                             .hour = 9,
		                             .day = 3,
		                             .month = 3,
		                             .weekday = 1,
		                             .year = 2025,
		                             .offset_s = 9 * 3600,
		                             .zone = "JST" };
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expand(cases[i].fmt, &ctx, cases[i].want);
	fact_set_text(&q.facts, FACT_HELO, VIEW("a\r\nRCPT"));
	expand("%h", &ctx, "a??RCPT");
	fact_set_text(&q.facts, FACT_CLIENT_NAME, VIEW("localhost"));
	fact_set_text(&q.facts, FACT_RECIPIENT, VIEW("<root>"));
	fact_set_text(&q.facts, FACT_SENDER, VIEW("<>"));
	expand("%md %sd|%mr %sr|%f%mf%sf", &ctx, "localhost localhost|root root|");
	expand("%A %a %cA %ca", &(struct format_context){ .facts = &q.facts }, "(none)  (none) ");
	conf_unref(&c);
	arena_free(&q.arena);
}

/* Formats of what look-ups found. */
/* Within a URL what strangers sent can't end what it stands in; the format itself stays. */
static void test_formats_encoded(void **state)
{
	static const struct {
		enum format_encoding encode;
		const char *fmt, *want;
	} cases[] = {
		{ FORMAT_URL, "http://x/?a=%r&b=%%20%zz",
		  "http://x/?a=b%26c%3Dd%20e%0A%2A~.-_%40x%FF&b=%20%zz" },
		{ FORMAT_LDAP, "ldap://x/?m?sub?(m=%r)",
		  "ldap://x/?m?sub?(m=b%5c26c%5c3dd%5c20e%5c0a%5c2a%5c7e.-_@x%5cff)" },
		{ FORMAT_PLAIN, "%r", "b&c=d e?*~.-_@x\xff" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct question q = ordinary();
		struct format_context ctx = { .facts = &q.facts, .encode = cases[i].encode };

		fact_set_text(&q.facts, FACT_RECIPIENT, VIEW("<b&c=d e\n*~.-_@x\xff>"));
		expand(cases[i].fmt, &ctx, cases[i].want);
		arena_free(&q.arena);
	}
}

static void test_formats_of_lookups(void **state)
{
	static const struct {
		const char *fmt, *want;
	} cases[] = {
		{ "%D", "a,c" },
		{ "%Qs %Qd", "softfail pass" },
		{ "%QS", "softfail (our.example: shop.example does not want to designate 192.0.2.1 "
		         "as permitted sender) receiver=our.example; identity=mailfrom; "
		         "client-ip=192.0.2.1; envelope-from=\"rin@shop.example\"; "
		         "helo=helo.example" },
		{ "%QA", "our.example; spf=softfail smtp.mailfrom=rin@shop.example; dkim=pass" },
		{ "%Qx %Q", "%Qx %Q" },
		{ "%pr %pn %pv", "bob@kitsune.example p Seven" },
		{ "%pq", "%pq" },
		{ "%P{p}%P{gone}", "Seven" },
		{ "%C %Fx", "JP Linux 2.6" },
		{ "%T{%j}", "061" }, /* 1 March in a leap year */
		{ "%T{}", "" },
		{ "%T{100%%}", "100%" },
		{ "a\\nb", "a\\nb" },
	};
	struct conf *c = parse("dnsrbl \"a\" a.x 127.0.0.2\ndnsrbl \"b\" b.x 127.0.0.2\n"
	                       "dnsrbl \"c\" c.x 127.0.0.2\ndnswl \"w\" w.x 127.0.0.2\n"
	                       "racl greylist $p \"seven\"\n");
	const struct fact_pair p = { VIEW("p"), VIEW("Seven") };
	struct fact_answer answers[4] = { { FACT_DNSRBL, NULL, { FACT_KNOWN, { "", 0 }, 1 } },
		                          { FACT_DNSRBL, NULL, { FACT_KNOWN, { "", 0 }, 0 } },
		                          { FACT_DNSRBL, NULL, { FACT_KNOWN, { "", 0 }, 1 } },
		                          { FACT_DNSRBL, NULL, { FACT_KNOWN, { "", 0 }, 1 } } };
	struct question q = ordinary();
	struct acl_verdict v;
	const struct format_context ctx = { .facts = &q.facts, .verdict = &v };
	const struct format_context escapes = { .facts = &q.facts, .escapes = true };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		answers[i].object =
			acl_find_object(c->acl, OBJECT_DNSRBL, (struct view){ &"abc"[i], 1 });
	answers[3].object = acl_find_object(c->acl, OBJECT_DNSWL, VIEW("w"));
	q.facts.answers = answers;
	q.facts.answer_count = 4;
	q.facts.properties = &p;
	q.facts.property_count = 1;
	q.facts.own_name = VIEW("our.example");
	fact_set_state(&q.facts, FACT_PROPERTIES, FACT_KNOWN);
	fact_set_number(&q.facts, FACT_SPF, RESULT_SOFTFAIL);
	fact_set_number(&q.facts, FACT_DKIM, RESULT_PASS);
	fact_set_text(&q.facts, FACT_COUNTRY, VIEW("JP"));
	fact_set_text(&q.facts, FACT_P0F, VIEW("Linux 2.6"));
	fact_set_state(&q.facts, FACT_TIME, FACT_KNOWN);
	q.facts.clock = (struct fact_clock){ .day = 1, .month = 3, .year = 2024 };
	v = decide_at(c, ACL_RCPT, &q.facts);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expand(cases[i].fmt, &ctx, cases[i].want);
	expand("a\\n\\t\\\\\\q\\\"\\x41\\101\\x\\0", &escapes, "a\n\t\\q\"AAx?");
	expand("\\", &escapes, "\\");
	fact_set_text(&q.facts, FACT_HELO, VIEW("a\\nb\n"));
	expand("%h", &escapes, "a\\nb?");
	conf_unref(&c);
	arena_free(&q.arena);
}

/* All that an Authentication-Results header may tell. */
static void test_authentication(void **state)
{
	const struct fact_signature signatures[] = {
		{ RESULT_PASS, VIEW(""), VIEW("shop.example"), VIEW("s"), VIEW("@shop.example"),
		  VIEW("ab/cd+ef") },
		{ RESULT_FAIL, VIEW("bad signature"), VIEW("list.example"), VIEW("t"), VIEW(""),
		  VIEW("") },
	};
	struct question q = ordinary();
	struct buf out = buf_of(2000);

	(void)state;
	fact_set_number(&q.facts, FACT_SPF, RESULT_PERMERROR);
	q.facts.spf.problem = VIEW("two records");
	fact_set_number(&q.facts, FACT_RDNS, RDNS_UNCONFIRMED);
	fact_set_number(&q.facts, FACT_DKIM, RESULT_PASS);
	q.facts.signatures = signatures;
	q.facts.signature_count = 2;
	fact_set_number(&q.facts, FACT_DMARC, AUTHOR_QUARANTINE);
	q.facts.author = (struct fact_author){ VIEW("shop.example"), "reject" };
	assert_int_equal(told_authentication(&q.facts, VIEW("mx"), AUTHRES_FOLDED, &out), ST_OK);
	assert_string_equal(buf_text(&out),
	                    "mx;\n\tiprev=fail policy.iprev=192.0.2.1;\n\tspf=permerror (two "
	                    "records) smtp.mailfrom=rin@shop.example;\n\tdkim=pass "
	                    "header.d=shop.example header.i=@shop.example header.s=s "
	                    "header.b=\"ab/cd+ef\";\n\tdkim=fail (bad signature) "
	                    "header.d=list.example header.s=t;\n\tdmarc=fail (p=reject "
	                    "dis=quarantine) header.from=shop.example");
	buf_free(&out);
	arena_free(&q.arena);
}

static void test_dmarc_words(void **state)
{
	static const char *const words[] = { "pass",    "none",    "quarantine", "reject",
		                             "missing", "unclear", "fail",       "error" };
	static const struct {
		enum fact_dmarc result;
		const char *holds; /* one letter a word */
	} cases[] = {
		{ AUTHOR_PASS, "y-------" },       { AUTHOR_NONE, "-y----y-" },
		{ AUTHOR_QUARANTINE, "--y---y-" }, { AUTHOR_REJECT, "---y--y-" },
		{ AUTHOR_MISSING, "----y---" },    { AUTHOR_UNCLEAR, "----yy--" },
		{ AUTHOR_TEMPERROR, "-------y" },  { AUTHOR_PERMERROR, "-------y" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t w = 0; w < 8; w++) {
			struct question q = ordinary();
			struct acl_verdict v;
			struct conf *c;
			char text[100];

			(void)snprintf(text, sizeof(text), "dacl blacklist dmarc %s\n", words[w]);
			c = parse(text);
			fact_set_number(&q.facts, FACT_DMARC, cases[i].result);
			v = decide_at(c, ACL_DATA, &q.facts);
			if ((v.action == ACL_BLACKLIST) != (cases[i].holds[w] == 'y'))
				fail_msg("result %d, dmarc %s", (int)cases[i].result, words[w]);
			conf_unref(&c);
			arena_free(&q.arena);
		}
	}
}

static void test_reasons(void **state)
{
	struct buf out = buf_of(200);

	(void)state;
	assert_int_equal(acl_reasons_format(REASON_BIT(REASON_ADDR) | REASON_BIT(REASON_DOMAIN) |
	                                            REASON_BIT(REASON_OTHER),
	                                    "12", 0, &out),
	                 ST_OK);
	assert_string_equal(buf_text(&out),
	                    "Sender DNS name whitelisted, Sender IP whitelisted, ACL "
	                    "12 matched");
	buf_clear(&out);
	assert_int_equal(acl_reasons_format(REASON_BIT(REASON_TARPIT), "1", 125, &out), ST_OK);
	assert_string_equal(buf_text(&out), "Message whitelisted by tarpit 125s");
	buf_free(&out);
}

/* Each of milter-greylist's texts, and their order. */
static void test_all_reasons(void **state)
{
	static const char *const texts[] = {
		[REASON_DOMAIN] = "Sender DNS name whitelisted",
		[REASON_ADDR] = "Sender IP whitelisted",
		[REASON_FROM] = "Sender e-mail whitelisted",
		[REASON_AUTH] = "Sender succeeded SMTP AUTH",
		[REASON_MACRO] = "Message whitelisted by Sendmail access database",
		[REASON_DRAC] = "Message whitelisted by DRAC access database",
		[REASON_SPF] = "Sender passed SPF test",
		[REASON_DKIM] = "Sender passed DKIM test",
		[REASON_NON_IP] = "Message not sent from an IPv4 neither IPv6 address",
		[REASON_TLS] = "Sender succeeded STARTTLS authentication",
		[REASON_RCPT] = "Recipient e-mail whitelisted",
		[REASON_AUTOWHITE] = "IP, sender and recipient auto-whitelisted",
		[REASON_DNSRBL] = "Sender IP whitelisted by DNSRBL",
		[REASON_MX] = "Sender IP whitelisted by MX",
		[REASON_URLCHECK] = "URL check passed",
		[REASON_DEFAULT] = "Default is to whitelist mail",
		[REASON_TARPIT] = "Message whitelisted by tarpit 7s",
		[REASON_OTHER] = "ACL id matched",
	};
	struct buf one = buf_of(200), all = buf_of(2000), want = buf_of(2000);
	unsigned reasons = 0;

	(void)state;
	for (unsigned r = REASON_DOMAIN; r <= REASON_OTHER; r++) {
		buf_clear(&one);
		assert_int_equal(acl_reasons_format(REASON_BIT(r), "id", 7, &one), ST_OK);
		assert_string_equal(buf_text(&one), texts[r]);
		assert_int_equal(buf_printf(&want, "%s%s", want.n > 0 ? ", " : "", texts[r]),
		                 ST_OK);
		reasons |= REASON_BIT(r);
	}
	assert_int_equal(acl_reasons_format(reasons, "id", 7, &all), ST_OK);
	assert_string_equal(buf_text(&all), buf_text(&want));
	buf_free(&one);
	buf_free(&all);
	buf_free(&want);
}

/* Lengths of IPv4 are not those of IPv6. */
static void test_mx_networks(void **state)
{
	static const struct {
		const char *client, *mx, *clause;
		bool holds;
	} cases[] = {
		{ "192.0.2.1", "192.0.2.99", "mx /24", true },
		{ "192.0.3.1", "192.0.2.99", "mx /24", false },
		{ "192.0.2.1", "192.0.2.1", "mx /64", true },
		{ "192.0.2.1", "192.0.2.2", "mx /64", false },
		{ "2001:db8::1", "2001:db8::2", "mx /24", true },
		{ "2001:db8:0:1::1", "2001:db8::2", "mx /24", false },
		{ "2001:db9::1", "2001:db8::2", "mx /16", false },
		{ "2001:db8::1", "2001:db8::2", "mx /32", false },
		{ "2001:db8::1", "2001:db8::1", "mx /32", true },
		{ "2001:db8:0:1::1", "2001:db8::2", "mx /48", true },
		{ "2001:db8:1::1", "2001:db8::2", "mx /48", false },
		{ "2001:db8::1", "192.0.2.1", "mx /0", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct facts f = { .mx_count = 1 };
		struct ip client, mx;
		char rule[64];

		assert_int_equal(ip_parse(view_of(cases[i].client), &client), ST_OK);
		assert_int_equal(ip_parse(view_of(cases[i].mx), &mx), ST_OK);
		fact_set_client(&f, &client);
		f.mx = &mx;
		fact_set_state(&f, FACT_MX, FACT_KNOWN);
		(void)snprintf(rule, sizeof(rule), "racl whitelist %s", cases[i].clause);
		if (holds(rule, &f) != cases[i].holds)
			fail_msg("%s, MX %s: %s", cases[i].client, cases[i].mx, cases[i].clause);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clauses),
		cmocka_unit_test(test_nameless_clients),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_mail_forms),
		cmocka_unit_test(test_helo_words),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_default_when_nothing_matches),
		cmocka_unit_test(test_continue_leaves_values),
		cmocka_unit_test(test_first_match_wins),
		cmocka_unit_test(test_missing_fact_is_asked_for),
		cmocka_unit_test(test_named_fact_is_asked_for),
		cmocka_unit_test(test_score),
		cmocka_unit_test(test_lists_that_are_asked),
		cmocka_unit_test(test_too_many_weights),
		cmocka_unit_test(test_failed_facts),
		cmocka_unit_test(test_unbuilt_never_match),
		cmocka_unit_test(test_acts),
		cmocka_unit_test(test_acts_for_nobody),
		cmocka_unit_test(test_no_leftovers),
		cmocka_unit_test(test_checks_choose_the_action),
		cmocka_unit_test(test_checks_replace_values),
		cmocka_unit_test(test_spf_words),
		cmocka_unit_test(test_dkim_words),
		cmocka_unit_test(test_dmarc_words),
		cmocka_unit_test(test_authentication),
		cmocka_unit_test(test_groups_of_several_clauses),
		cmocka_unit_test(test_explosion),
		cmocka_unit_test(test_lookup_clauses),
		cmocka_unit_test(test_tarpit),
		cmocka_unit_test(test_page_4),
		cmocka_unit_test(test_spamd_scores),
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_s25r_clause),
		cmocka_unit_test(test_trace),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_wildcards),
		cmocka_unit_test(test_content_by_property),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_formats_encoded),
		cmocka_unit_test(test_formats_of_lookups),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_all_reasons),
		cmocka_unit_test(test_mx_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
