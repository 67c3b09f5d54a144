/* The parts of the milter door that are no dialogue: macros, wishes, texts of refusals, headers. */
#include "conf_text.h"

#include "milter/answer.h"
#include "milter/macros.h"
#include "milter/wish.h"
#include "util/mem.h"

static struct view octets(const char *p, size_t n)
{
	return (struct view){ p, n };
}

#define PAIRS(literal) octets(literal, sizeof(literal) - 1)

/* --- macros --- */

static void add(struct macros *m, char command, struct view pairs)
{
	const struct milter_macros more = { .command = command, .pairs = { .packed = pairs } };

	assert_int_equal(macros_add(m, &more), ST_OK);
}

static void test_macros_by_scope(void **state)
{
	struct macros m;
	struct view v;

	(void)state;
	macros_begin(&m);
	add(&m, 'C', PAIRS("j\0mx\0v\0Postfix 3\0"));
	macros_command(&m, MILTER_AT_CONNECT);
	add(&m, 'M', PAIRS("i\0Q1\0"));
	add(&m, 'M', PAIRS("{auth_authen}\0\0"));
	macros_command(&m, MILTER_AT_MAIL);
	add(&m, 'R', PAIRS("i\0Q2\0{rcpt_mailer}\0error\0"));
	macros_command(&m, MILTER_AT_RCPT);
	assert_view(macros_value(&m, VIEW("i")), "Q2");
	assert_view(macros_value(&m, VIEW("j")), "mx");
	assert_true(macros_find(&m, VIEW("{auth_authen}"), &v));
	assert_int_equal(v.n, 0);
	assert_false(macros_find(&m, VIEW("auth_authen"), &v));
	/* a recipient for which the MTA sent none */
	macros_command(&m, MILTER_AT_RCPT);
	assert_view(macros_value(&m, VIEW("i")), "Q1");
	assert_null(macros_value(&m, VIEW("{rcpt_mailer}")).p);
	/* the end of the headers comes before that of the message */
	add(&m, 'N', PAIRS("i\0Q3\0"));
	macros_command(&m, MILTER_AT_EOH);
	add(&m, 'E', PAIRS("{msg_id}\0<x>\0"));
	macros_command(&m, MILTER_AT_EOM);
	assert_view(macros_value(&m, VIEW("i")), "Q3");
	assert_view(macros_value(&m, VIEW("{msg_id}")), "<x>");
	/* the next message */
	macros_command(&m, MILTER_AT_MAIL);
	assert_null(macros_value(&m, VIEW("i")).p);
	assert_null(macros_value(&m, VIEW("{msg_id}")).p);
	assert_view(macros_value(&m, VIEW("v")), "Postfix 3");
	macros_clear(&m);
	assert_null(macros_value(&m, VIEW("v")).p);
}

static void test_macros_for_rules(void **state)
{
	struct macros m;
	struct fact_pair *list;
	size_t n;

	(void)state;
	macros_begin(&m);
	add(&m, 'C', PAIRS("i\0old\0j\0mx\0"));
	add(&m, 'R', PAIRS("i\0new\0"));
	list = macros_list(&m, &n);
	assert_int_equal(n, 3);
	assert_view(list[0].name, "i");
	assert_view(list[0].value, "new");
	assert_view(list[2].value, "mx");
	mem_free(list);
	macros_clear(&m);
}

static void test_macros_bounds(void **state)
{
	struct buf many = buf_of(MACROS_OCTETS_MAX * 2);
	struct macros m;
	struct milter_macros more = { .command = 'C' };
	size_t n;

	(void)state;
	macros_begin(&m);
	while (many.n < 60000)
		assert_int_equal(buf_append(&many, PAIRS("{x}\0y\0")), ST_OK);
	more.pairs.packed = buf_view(&many);
	assert_int_equal(macros_add(&m, &more), ST_OK);
	assert_int_equal(macros_add(&m, &more), ST_LIMIT);
	mem_free(macros_list(&m, &n));
	assert_int_equal(n, MACROS_PAIRS_MAX);
	more.command = 'B';
	assert_int_equal(macros_add(&m, &more), ST_NOTFOUND);
	macros_clear(&m);
	buf_free(&many);
}

/* --- wishes --- */

#define NO_DATA (MILTER_NO_DATA)
#define CONTENT (MILTER_NO_HEADERS | MILTER_NO_BODY)
#define ADD     MILTER_MAY_ADD_HEADERS

static const struct {
	const char *name, *rules;
	uint32_t actions, declined, wanted; /* steps: NO_ bits that are set, and that are not */
	const char *macro;                  /* that is asked for with recipients */
} wishes[] = {
	{ "greylisting alone", "racl greylist default\n", ADD, NO_DATA | CONTENT, 0,
	  "{rcpt_mailer}" },
	{ "no header", "report none\n", 0, NO_DATA | CONTENT, 0, "{greylist}" },
	{ "no header but the rule's", "report none\nracl whitelist default addheader \"X: y\"\n",
	  ADD, NO_DATA, 0, "i" },
	{ "a tarpit wants its proof", "racl whitelist tarpit 5s\n", ADD, CONTENT, NO_DATA, "i" },
	{ "a size wants the content", "dacl blacklist msgsize > 10k\n", ADD, NO_DATA, CONTENT,
	  "i" },
	{ "a macro of a rule",
	  "sm_macro \"m\" \"{client_resolve}\" \"FAIL\"\nracl blacklist sm_macro \"m\"\n", ADD,
	  NO_DATA, 0, "{client_resolve}" },
	{ "a macro of a text", "racl blacklist default msg \"%M{mail_host} %Mj\"\n", ADD, NO_DATA,
	  0, "{mail_host}" },
	{ "one of one letter", "racl blacklist default msg \"%Mb\"\n", ADD, NO_DATA, 0, "b" },
	{ "one that is logged", "racl continue log \"from %M{client_port}\"\n", ADD, NO_DATA, 0,
	  "{client_port}" },
	{ "one of a property", "racl continue set $p = \"%M{client_port}\"\n", ADD, NO_DATA, 0,
	  "{client_port}" },
	{ "one of a limit's key",
	  "ratelimit \"r\" rcpt 1 / 1m key \"%M{client_port}\"\nracl blacklist ratelimit \"r\"\n",
	  ADD, NO_DATA, 0, "{client_port}" },
};

static bool names(struct view list, const char *name)
{
	struct view word;

	while (view_next(&list, ' ', &word))
		if (view_eq(word, view_of(name)))
			return true;
	return false;
}

static void test_wishes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
		struct conf *conf = conf_of_text(wishes[i].rules);
		struct wish w;

		wish_begin(&w, conf);
		if (w.milter.actions != wishes[i].actions ||
		    (w.milter.steps & wishes[i].declined) != wishes[i].declined ||
		    (w.milter.steps & wishes[i].wanted) != 0)
			fail_msg("%s: actions %x steps %x", wishes[i].name, w.milter.actions,
			         w.milter.steps);
		if (!names(w.milter.macros[MILTER_AT_RCPT], wishes[i].macro))
			fail_msg("%s: %.*s", wishes[i].name,
			         VIEW_ARG(w.milter.macros[MILTER_AT_RCPT]));
		wish_end(&w);
		conf_unref(&conf);
	}
}

/* Sendmail takes 50 names for a stage. */
static void test_many_macros(void **state)
{
	const struct milter_offer offer = { 6, 0x1ff, 0x1fffff };
	struct buf text = buf_of(100000), out = buf_of(100000);
	struct milter_terms terms;
	struct conf *conf;
	struct wish w;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(buf_printf(&text, "sm_macro \"m%u\" \"{macro%u}\" \"x\"\n", i, i),
		                 ST_OK);
	assert_int_equal(buf_append(&text, VIEW("sm_macro \"odd\" \"{a b}\" \"x\"\n")), ST_OK);
	conf = conf_of_text(buf_text(&text));
	wish_begin(&w, conf);
	assert_int_equal(milter_negotiate(&offer, &w.milter, &terms), ST_OK);
	assert_true(terms.macro_lists);
	assert_int_equal(milter_put_terms(&out, &terms, &w.milter), ST_OK);
	wish_end(&w);
	conf_unref(&conf);
	buf_free(&text);
	buf_free(&out);
}

/* --- refusals --- */

struct asked {
	struct conf *conf;
	struct question q;
	struct gather gather;
	struct acl_verdict rule;
	struct transaction_outcome o;
};

static void ask(struct asked *a, enum transaction_verdict verdict)
{
	*a = (struct asked){ .conf = conf_of_text("racl greylist default\n") };
	a->q = (struct question){ .now = 1000, .sender = VIEW("a@b"), .recipient = VIEW("c@d") };
	gather_begin(&a->gather, &a->q, a->conf);
	a->o = (struct transaction_outcome){ .verdict = verdict,
		                             .conf = a->conf,
		                             .rule = &a->rule,
		                             .gather = &a->gather,
		                             .grey = { .missing = 61 } };
}

static void end(struct asked *a)
{
	gather_end(&a->gather);
	conf_unref(&a->conf);
}

static const struct {
	const char *name;
	enum transaction_verdict verdict;
	struct acl_effects effects;
	const char *packet; /* behind the length; its last NUL is counted */
} refusals[] = {
	{ "deferred",
	  DO_DEFER,
	  { .id = "" },
	  "y451 4.7.1 Greylisting in action, please come back in "
	  "00:01:01" },
	{ "refused", DO_REJECT, { .id = "" }, "y551 5.7.1 Go away!" },
	{ "with a code of its own", DO_REJECT, { .code = "450", .msg = "no" }, "y450 4.7.1 no" },
	{ "with both",
	  DO_REJECT,
	  { .code = "554", .ecode = "5.1.2", .msg = "100%" },
	  "y554 5.1.2 100%%" },
	{ "an enhanced code of another class",
	  DO_DEFER,
	  { .ecode = "5.7.1", .msg = "x" },
	  "y451 4.7.1 x" },
	{ "one that is none", DO_REJECT, { .ecode = "nonsense", .msg = "x" }, "y551 5.7.1 x" },
	{ "closing", DO_DEFER, { .code = "421", .msg = "bye" }, "y421 4.7.1 bye" },
};

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct buf out = buf_of(ANSWER_MAX);
		struct asked a;

		ask(&a, refusals[i].verdict);
		a.rule.effects = refusals[i].effects;
		assert_int_equal(answer_refusal(&a.o, &out), ST_OK);
		if (out.n != 4 + strlen(refusals[i].packet) + 1 ||
		    memcmp(out.p + 4, refusals[i].packet, out.n - 4) != 0)
			fail_msg("%s: %.*s", refusals[i].name, (int)out.n - 4, out.p + 4);
		buf_free(&out);
		end(&a);
	}
}

static void test_bare(void **state)
{
	struct buf out = buf_of(ANSWER_MAX);
	struct asked a;

	(void)state;
	ask(&a, DO_TEMPFAIL);
	assert_int_equal(answer_refusal(&a.o, &out), ST_OK);
	assert_int_equal(out.n, 5);
	assert_int_equal(out.p[4], 't');
	buf_free(&out);
	end(&a);
}

/* Lines of at most 980 octets behind the codes, cut at blanks where there are some, and in
 * which doubled percent signs count twice. */
static void test_long_texts(void **state)
{
	static const char *const words[] = { "word ", "x", "% ", "%" };

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct buf text = buf_of(8000), out = buf_of(ANSWER_MAX);
		struct view rest, line;
		struct asked a;
		unsigned lines = 0;

		while (text.n + strlen(words[i]) <= 3500)
			assert_int_equal(buf_append(&text, view_of(words[i])), ST_OK);
		ask(&a, DO_REJECT);
		a.rule.effects.msg = buf_text(&text);
		assert_int_equal(answer_refusal(&a.o, &out), ST_OK);
		assert_int_equal(out.p[4], 'y');
		rest = octets(out.p + 5, out.n - 6);
		for (; view_next(&rest, '\n', &line); lines++) {
			assert_true(line.n <= strlen("551-5.7.1 \r") + 980);
			assert_int_equal(line.p[3], rest.n > 0 ? '-' : ' ');
		}
		assert_true(lines >= 4);
		buf_free(&text);
		buf_free(&out);
		end(&a);
	}
}

/* milter-greylist cuts after 980 octets, wherever that is. */
static void test_long_text_of_old(void **state)
{
	static const char word[] = "word ";
	struct buf text = buf_of(8000), out = buf_of(ANSWER_MAX);
	struct view rest, line;
	struct asked a;

	(void)state;
	while (text.n < 981)
		assert_int_equal(buf_append(&text, view_of(word)), ST_OK);
	ask(&a, DO_REJECT);
	a.conf->face = CONF_MILTER_GREYLIST;
	a.rule.effects.msg = buf_text(&text);
	assert_int_equal(answer_refusal(&a.o, &out), ST_OK);
	rest = octets(out.p + 5, out.n - 6);
	assert_true(view_next(&rest, '\n', &line));
	assert_int_equal(line.n, strlen("551-5.7.1 \r") + 980);
	assert_view(rest, "551 5.7.1 word ");
	buf_free(&text);
	buf_free(&out);
	end(&a);
}

static const struct {
	const char *name, *line;
	int64_t index;
	enum status st;
	struct view data;
} headers[] = {
	{ "added", "X-A: b", ACL_UNSET, ST_OK, VIEW_INIT("hX-A\0b\0") },
	{ "at the top", "X-A:b", 0, ST_OK, VIEW_INIT("i\0\0\0\0X-A\0b\0") },
	{ "at a place", "X-A: b: c", 3, ST_OK, VIEW_INIT("i\0\0\0\3X-A\0b: c\0") },
	{ "no header", "hello", ACL_UNSET, ST_INVALID, VIEW_INIT("") },
	{ "no name", ": b", ACL_UNSET, ST_INVALID, VIEW_INIT("") },
	{ "a blank in the name", "X A: b", ACL_UNSET, ST_INVALID, VIEW_INIT("") },
	{ "a second header", "X-A: b\r\nX-B: c", ACL_UNSET, ST_INVALID, VIEW_INIT("") },
};

static void test_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct buf out = buf_of(1000);
		struct milter_reply change;
		enum status st = answer_header(view_of(headers[i].line), headers[i].index, &change);

		if (st == ST_OK)
			st = milter_put_reply(&out, &change);
		if (st != headers[i].st ||
		    (st == ST_OK && !view_eq(view_from(buf_view(&out), 4), headers[i].data)))
			fail_msg("%s", headers[i].name);
		buf_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_macros_by_scope),
		cmocka_unit_test(test_macros_for_rules),
		cmocka_unit_test(test_macros_bounds),
		cmocka_unit_test(test_wishes),
		cmocka_unit_test(test_many_macros),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_long_texts),
		cmocka_unit_test(test_long_text_of_old),
		cmocka_unit_test(test_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
