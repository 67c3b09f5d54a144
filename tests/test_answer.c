#include "policy/answer.h"

#include <stdlib.h>
#include <time.h>

#include "test.h"

/* What a row sets; the rest is Postgrey's. */
struct texts {
	const char *action, *text, *header;
	enum conf_tarpit tarpit;
};

#define STANDARD "Greylisted, see http://postgrey.schweikert.ch/help/%r.html"
#define HEADER   "X-Greylist: delayed %t seconds by postgrey-%v at %h; %d"
#define RCPT     "b@example.org"

static struct conf *conf_for(const struct texts *t)
{
	struct conf *c = conf_new();

	c->greylist_action = t->action != NULL ? t->action : "DEFER_IF_PERMIT";
	c->greylist_text = t->text != NULL ? t->text : STANDARD;
	c->header = t->header != NULL ? t->header : HEADER;
	c->hostname = "mx.example.org";
	c->version = "1.37";
	c->tarpit = t->tarpit;
	c->tarpit_s = 125;
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
	  DO_PASS_HEADER,
	  { NULL },
	  304,
	  RCPT,
	  true,
	  "PREPEND X-Greylist: delayed 304 seconds by postgrey-1.37 at mx.example.org; "
	  "Sun, 22 Nov 2026 03:57:11 UTC" },
	{ "header, each once",
	  DO_PASS_HEADER,
	  { .header = "X: %t%t%v%v%h%h" },
	  1,
	  RCPT,
	  true,
	  "PREPEND X: 1%t1.37%vmx.example.org%h" },
	{ "hold, taRgrey", DO_HOLD, { .tarpit = CONF_TARPIT_TARGREY }, 0, RCPT, true, "SLEEP 125" },
	{ "hold, a tarpit for all",
	  DO_HOLD,
	  { .tarpit = CONF_TARPIT_ALL },
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
		struct transaction_outcome o = { .verdict = cases[i].verdict,
			                         .grey = { .missing = cases[i].seconds,
			                                   .waited = cases[i].seconds } };
		struct buf out = buf_of(ANSWER_MAX);

		assert_int_equal(answer_text(conf, &r, &o, 1795319831, &out), ST_OK);
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
	struct transaction_outcome o = { .verdict = DO_DEFER };

	(void)state;
	for (size_t n = ANSWER_MAX - 20; n < ANSWER_MAX + 2; n++) {
		struct buf out = buf_of(ANSWER_MAX);
		struct policy_request r = request(recipient, false);
		size_t whole = strlen("DEFER_IF_PERMIT ") + n;

		memset(recipient + 2, 'x', n);
		recipient[n + 2] = '\0';
		r.value[POLICY_RECIPIENT] = view_of(recipient);
		assert_int_equal(answer_text(conf, &r, &o, 0, &out),
		                 whole <= ANSWER_MAX ? ST_OK : ST_LIMIT);
		if (whole <= ANSWER_MAX)
			assert_int_equal(out.n, whole);
		buf_free(&out);
	}
	conf_unref(&conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_too_long),
	};

	(void)setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
