#include "policy/answer.h"

#include <stdlib.h>
#include <time.h>

#include "conf_text.h"

/* What a row sets; the rest is Postgrey's. */
struct texts {
	const char *action, *text, *header;
	bool then_defer;
};

#define STANDARD "Greylisted, see http://postgrey.schweikert.ch/help/%r.html"
#define HEADER   "X-Greylist: delayed %t seconds by postgrey-%v at %h; %d"
#define RCPT     "b@example.org"

static struct conf *conf_for(const struct texts *t)
{
	struct conf *c = conf_of_text("style postgrey\nracl greylist default\n");

	c->greylist_action = t->action != NULL ? t->action : "DEFER_IF_PERMIT";
	c->greylist_text = t->text != NULL ? t->text : STANDARD;
	c->header = t->header != NULL ? t->header : HEADER;
	c->hostname = "mx.example.org";
	return c;
}

static struct policy_request request(const char *recipient, bool etrn)
{
	struct policy_request r = { .present = (uint32_t)1 << POLICY_RECIPIENT };

	r.value[POLICY_RECIPIENT] = view_of(recipient);
	if (etrn)
		r.present |= (uint32_t)1 << POLICY_ETRN_DOMAIN;
	return r;
}

static const struct {
	const char *name;
	enum transaction_verdict verdict;
	struct texts texts;
	int64_t seconds; /* missing or waited */
	const char *recipient;
	bool etrn;
	const char *answer;
} cases[] = {
	{ "pass", DO_PASS, { NULL }, 0, RCPT, true, "DUNNO" },
	{ "defer, no etrn_domain",
	  DO_DEFER,
	  { NULL },
	  300,
	  RCPT,
	  false,
	  "DEFER_IF_PERMIT Greylisted, see http://postgrey.schweikert.ch/help/example.org.html" },
	{ "defer, with it",
	  DO_DEFER,
	  { NULL },
	  300,
	  RCPT,
	  true,
	  "DEFER_IF_PERMIT 4.2.0 Greylisted, see "
	  "http://postgrey.schweikert.ch/help/example.org.html" },
	{ "a text that begins with a code",
	  DO_DEFER,
	  { .text = "4.7.1 wait" },
	  300,
	  RCPT,
	  true,
	  "DEFER_IF_PERMIT 4.7.1 wait" },
	{ "an empty text", DO_DEFER, { .text = "" }, 300, RCPT, true, "DEFER_IF_PERMIT 4.2.0 " },
	{ "%s", DO_DEFER, { .text = "wait %s s" }, 299, RCPT, false, "DEFER_IF_PERMIT wait 299 s" },
	{ "%s only once",
	  DO_DEFER,
	  { .text = "%s %s %%s" },
	  1,
	  RCPT,
	  false,
	  "DEFER_IF_PERMIT 1 %s %%s" },
	{ "%s below zero", DO_DEFER, { .text = "%s" }, -7, RCPT, false, "DEFER_IF_PERMIT 0" },
	{ "%r in its own case",
	  DO_DEFER,
	  { .text = "%r %r" },
	  1,
	  "b@Example.ORG",
	  false,
	  "DEFER_IF_PERMIT Example.ORG %r" },
	{ "%r behind the last @",
	  DO_DEFER,
	  { .text = "%r" },
	  1,
	  "\"a@b\"@example.org",
	  false,
	  "DEFER_IF_PERMIT example.org" },
	{ "%r without one",
	  DO_DEFER,
	  { .text = "%r" },
	  1,
	  "postmaster",
	  false,
	  "DEFER_IF_PERMIT postmaster" },
	{ "%r of nothing", DO_DEFER, { .text = "<%r>" }, 1, "", false, "DEFER_IF_PERMIT <>" },
	{ "a recipient that plays with %s",
	  DO_DEFER,
	  { .text = "%r %s" },
	  5,
	  "b@%s%r%n",
	  false,
	  "DEFER_IF_PERMIT %s%r%n 5" },
	{ "a percent sign at the end",
	  DO_DEFER,
	  { .text = "50%" },
	  5,
	  RCPT,
	  false,
	  "DEFER_IF_PERMIT 50%" },
	{ "another action",
	  DO_DEFER,
	  { .action = "451", .text = "4.7.1 later" },
	  1,
	  RCPT,
	  true,
	  "451 4.7.1 later" },
	{ "header",
	  DO_PASS,
	  { NULL },
	  304,
	  RCPT,
	  true,
	  "PREPEND X-Greylist: delayed 304 seconds by postgrey-1.37 at mx.example.org; "
	  "Sun, 22 Nov 2026 03:57:11 UTC" },
	{ "header, each once",
	  DO_PASS,
	  { .header = "X: %t%t%v%v%h%h" },
	  1,
	  RCPT,
	  true,
	  "PREPEND X: 1%t1.37%vmx.example.org%h" },
	{ "hold, taRgrey", DO_HOLD, { NULL }, 0, RCPT, true, "SLEEP 125" },
	{ "hold, a tarpit for all",
	  DO_HOLD,
	  { .then_defer = true },
	  0,
	  RCPT,
	  true,
	  "SLEEP 125, DEFER_IF_PERMIT" },
};

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf *conf = conf_for(&cases[i].texts);
		struct policy_request r = request(cases[i].recipient, cases[i].etrn);
		struct question q = { .wall = 1795319831 };
		struct gather g;
		struct transaction_outcome o = {
			.verdict = cases[i].verdict,
			.reason = BY_TUPLE,
			.grey = { .reason = cases[i].seconds > 0 ? GREY_RETRIED : GREY_KNOWN,
			          .missing = cases[i].seconds,
			          .waited = cases[i].seconds },
			.first = true,
			.hold_s = 125,
			.then_defer = cases[i].texts.then_defer,
			.conf = conf,
			.gather = &g
		};
		struct buf out = buf_of(ANSWER_MAX);

		gather_begin(&g, &q, conf);
		assert_int_equal(answer_text(&r, &o, &out), ST_OK);
		gather_end(&g);
		if (!view_eq(buf_view(&out), view_of(cases[i].answer)))
			fail_msg("%s: %s", cases[i].name, buf_text(&out));
		buf_free(&out);
		conf_unref(&conf);
	}
}

/* Whatever the length, it is the whole answer or none. */
static void test_too_long(void **state)
{
	static char recipient[ANSWER_MAX + 10] = "b@";
	struct texts t = { .text = "%r" };
	struct conf *conf = conf_for(&t);
	struct transaction_outcome o = { .verdict = DO_DEFER, .conf = conf };

	(void)state;
	for (size_t n = ANSWER_MAX - 20; n < ANSWER_MAX + 2; n++) {
		struct buf out = buf_of(ANSWER_MAX);
		struct policy_request r = request(recipient, false);
		size_t whole = strlen("DEFER_IF_PERMIT ") + n;

		memset(recipient + 2, 'x', n);
		recipient[n + 2] = '\0';
		r.value[POLICY_RECIPIENT] = view_of(recipient);
		assert_int_equal(answer_text(&r, &o, &out), whole <= ANSWER_MAX ? ST_OK : ST_LIMIT);
		if (whole <= ANSWER_MAX)
			assert_int_equal(out.n, whole);
		buf_free(&out);
	}
	conf_unref(&conf);
}

/* Without texts of Postgrey's form: those of the rule, or milter-greylist's. */
static void test_rules(void **state)
{
	static const struct {
		const char *rules;
		enum transaction_verdict verdict;
		enum transaction_reason reason;
		const char *answer;
	} rows[] = {
		{ "racl greylist default\n", DO_DEFER, BY_TUPLE,
		  "DEFER_IF_PERMIT 4.7.1 Greylisting in action, please come back in 00:05:00" },
		{ "quiet\nracl greylist default\n", DO_DEFER, BY_TUPLE,
		  "DEFER_IF_PERMIT 4.7.1 Greylisting in action, please come back later" },
		{ "racl greylist default msg \"%r: wait %Rt s\" ecode \"4.2.1\"\n", DO_DEFER,
		  BY_TUPLE, "DEFER_IF_PERMIT 4.2.1 b@example.org: wait 300 s" },
		{ "racl greylist default code \"450\"\n", DO_DEFER, BY_TUPLE,
		  "450 4.7.1 Greylisting in action, please come back in 00:05:00" },
		{ "racl blacklist default\n", DO_REJECT, BY_RULE, "551 5.7.1 Go away!" },
		{ "racl blacklist default code \"454\" msg \"%f\"\n", DO_REJECT, BY_RULE,
		  "454 4.7.1 a@example.net" },
		{ "racl blacklist default code \"550\" ecode \"5.7.26\" msg \"no\"\n", DO_REJECT,
		  BY_RULE, "550 5.7.26 no" },
		{ "racl whitelist default\n", DO_TEMPFAIL, BY_FAILED_FACT,
		  "451 4.7.1 Service unavailable - try again later" },
		{ "racl whitelist rcpt b@example.org\n", DO_PASS, BY_RULE,
		  "PREPEND X-Greylist: Recipient e-mail whitelisted, not delayed by greylag-0.1.0 "
		  "(mx.example.org [0.0.0.0]); Sun, 22 Nov 2026 03:57:11 +0000 (UTC)" },
		{ "report none\nracl whitelist default\n", DO_PASS, BY_RULE, "DUNNO" },
		{ "report delays\nracl whitelist default\n", DO_PASS, BY_RULE, "DUNNO" },
		{ "racl whitelist default report \"let in by %A\"\n", DO_PASS, BY_RULE,
		  "PREPEND X-Greylist: let in by 1" },
		{ "racl whitelist default addheader \"X-Seen: %i\" report \"x\"\n", DO_PASS,
		  BY_RULE, "PREPEND X-Seen: 203.0.113.9" },
		{ "greylist_text \"%s\"\nracl greylist default\n", DO_DEFER, BY_TUPLE,
		  "DEFER_IF_PERMIT 4.2.0 300" },
		{ "greylist_text \"%s\"\nracl greylist default msg \"mine\"\n", DO_DEFER, BY_TUPLE,
		  "DEFER_IF_PERMIT 4.7.1 mine" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conf *conf = conf_of_text(rows[i].rules);
		struct policy_request r = request(RCPT, true);
		struct question q = { .now = 1795319831,
			              .wall = 1795319831,
			              .client_address = VIEW("203.0.113.9"),
			              .client_name = VIEW("mx.example.net"),
			              .sender = VIEW("a@example.net"),
			              .recipient = VIEW("b@example.org") };
		struct acl_eval at = { 0 };
		struct gather g;
		struct transaction_outcome o = { .verdict = rows[i].verdict,
			                         .reason = rows[i].reason,
			                         .grey = { .missing = 300 },
			                         .first = true,
			                         .rule = &at.verdict,
			                         .conf = conf,
			                         .gather = &g };
		struct buf out = buf_of(ANSWER_MAX);

		conf->hostname = "mx.example.org";
		gather_begin(&g, &q, conf);
		while (acl_eval(conf->acl, ACL_RCPT, &g.facts, &at, NULL) == ACL_NEED)
			gather_fact(&g, at.need);
		assert_int_equal(answer_text(&r, &o, &out), ST_OK);
		if (!view_eq(buf_view(&out), view_of(rows[i].answer)))
			fail_msg("%s: %s", rows[i].rules, buf_text(&out));
		gather_end(&g);
		buf_free(&out);
		conf_unref(&conf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_rules),
	};

	(void)setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
