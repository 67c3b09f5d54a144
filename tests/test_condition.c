#include "conf_text.h"

#include "acl/condition.h"
#include "conf/milter.h"

#define CHILD(when) "milter \"c\" { socket \"/c\"; " when " }\n"

static const struct acl_condition *condition_of(const struct conf *c)
{
	const struct conf_milter *m = c->children;

	while (m->next != NULL)
		m = m->next;
	return m->when;
}

/* What is known at CONNECT of a dial-up line that has not yet said HELO. */
static struct facts at_connect(void)
{
	struct facts f = { .own_name = VIEW("mx.example") };
	struct ip ip;

	assert_int_equal(ip_parse(VIEW("203.0.113.9"), &ip), ST_OK);
	fact_set_client(&f, &ip);
	fact_set_text(&f, FACT_CLIENT_NAME, VIEW("p1-2.dyn.example"));
	fact_set_number(&f, FACT_STRESS, 0);
	fact_set_state(&f, FACT_COUNTRY, FACT_FAILED);
	fact_set_state(&f, FACT_P0F, FACT_NEVER);
	return f;
}

static void test_answers(void **state)
{
	static const struct {
		const char *name;
		const char *when;
		enum acl_answer answer;
		enum fact need;
	} cases[] = {
		{ "none", CHILD(""), ACL_YES, FACTS },
		{ "one that holds", CHILD("when addr 203.0.113.0/24"), ACL_YES, FACTS },
		{ "one that does not", CHILD("when stress"), ACL_NO, FACTS },
		{ "turned round", CHILD("when not stress"), ACL_YES, FACTS },
		{ "one missing", CHILD("when helo \"x\""), ACL_PENDING, FACT_HELO },
		{ "no behind what is missing", CHILD("when helo \"x\" stress"), ACL_NO, FACTS },
		{ "no before it", CHILD("when stress helo \"x\""), ACL_NO, FACTS },
		{ "yes behind it", CHILD("when helo \"x\" not stress"), ACL_PENDING, FACT_HELO },
		{ "the first of two missing", CHILD("when rcpt a@b not stress helo \"x\""),
		  ACL_PENDING, FACT_RECIPIENT },
		{ "missing, or yes", CHILD("when helo \"x\" or not stress"), ACL_YES, FACTS },
		{ "yes, or missing", CHILD("when not stress or helo \"x\""), ACL_YES, FACTS },
		{ "no, or missing", CHILD("when stress; when helo \"x\""), ACL_PENDING, FACT_HELO },
		{ "missing, or missing", CHILD("when helo \"x\" or rcpt a@b"), ACL_PENDING,
		  FACT_HELO },
		{ "missing in vain, or missing", CHILD("when helo \"x\" stress or rcpt a@b"),
		  ACL_PENDING, FACT_RECIPIENT },
		{ "no, or no", CHILD("when stress or addr 10.0.0.0/8"), ACL_NO, FACTS },
		{ "what could not be found", CHILD("when geoip \"JP\""), ACL_FAILED, FACT_COUNTRY },
		{ "nor turned round", CHILD("when not geoip \"JP\""), ACL_FAILED, FACT_COUNTRY },
		{ "not found, or yes", CHILD("when geoip \"JP\" or not stress"), ACL_YES, FACTS },
		{ "not found, or missing", CHILD("when geoip \"JP\" or helo \"x\""), ACL_PENDING,
		  FACT_HELO },
		{ "not found beside missing", CHILD("when helo \"x\" geoip \"JP\""), ACL_FAILED,
		  FACT_COUNTRY },
		{ "what nobody tells", CHILD("when p0f /x/"), ACL_NEVER, FACTS },
		{ "nor turned round", CHILD("when not p0f /x/"), ACL_NEVER, FACTS },
		{ "what nobody tells, or no", CHILD("when p0f /x/ or stress"), ACL_NEVER, FACTS },
		{ "by its name", "condition \"calm\" not stress\n" CHILD("when condition \"calm\""),
		  ACL_YES, FACTS },
		{ "its name turned round",
		  "condition \"calm\" not stress\n" CHILD("when not condition \"calm\""), ACL_NO,
		  FACTS },
		{ "a name whose fact is missing",
		  "condition \"x\" stress or helo \"x\"\n" CHILD("when not condition \"x\""),
		  ACL_PENDING, FACT_HELO },
		{ "names of names",
		  "condition \"a\" s25r\ncondition \"b\" condition \"a\" not stress\n" CHILD(
			  "when condition \"b\""),
		  ACL_YES, FACTS },
		{ "another's verdict, not yet there",
		  "milter \"s\" { socket \"/s\" }\n" CHILD("when milter \"s\" reject"), ACL_PENDING,
		  FACT_MILTER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf *c = conf_of_text(cases[i].when);
		struct facts f = at_connect();
		struct acl_need need = { .fact = FACTS };
		enum acl_answer answer;

		c->acl->never = 0;
		answer = acl_condition_eval(c->acl, condition_of(c), STEP_RCPT, &f, &need);
		if (answer != cases[i].answer)
			fail_msg("%s: %d", cases[i].name, (int)answer);
		if (answer == ACL_PENDING && need.fact != cases[i].need)
			fail_msg("%s: %s is asked for", cases[i].name, fact_name(need.fact));
		if (answer == ACL_PENDING)
			assert_null(need.object);
		conf_unref(&c);
	}
}

/* At each step what is to come is missing, whatever the facts say already. */
static void test_before_its_step(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		enum acl_answer answer[STEP_END + 1];
		enum acl_step step; /* that is waited for */
	} cases[] = {
		{ "the client's address",
		  CHILD("when addr 203.0.113.0/24"),
		  { ACL_YES, ACL_YES, ACL_YES, ACL_YES, ACL_YES },
		  STEP_CONNECT },
		{ "nobody has authenticated yet",
		  CHILD("when not auth /./"),
		  { ACL_PENDING, ACL_PENDING, ACL_YES, ACL_YES, ACL_YES },
		  STEP_MAIL },
		{ "nor will matter",
		  CHILD("when not auth /./ stress"),
		  { ACL_NO, ACL_NO, ACL_NO, ACL_NO, ACL_NO },
		  STEP_MAIL },
		{ "a macro of MAIL",
		  "sm_macro \"m\" \"{mail_host}\" unset\n" CHILD("when sm_macro \"m\""),
		  { ACL_PENDING, ACL_PENDING, ACL_YES, ACL_YES, ACL_YES },
		  STEP_MAIL },
		{ "one of CONNECT",
		  "sm_macro \"m\" \"v\" unset\n" CHILD("when sm_macro \"m\""),
		  { ACL_YES, ACL_YES, ACL_YES, ACL_YES, ACL_YES },
		  STEP_CONNECT },
		{ "a certificate",
		  CHILD("when not tls /./"),
		  { ACL_PENDING, ACL_YES, ACL_YES, ACL_YES, ACL_YES },
		  STEP_HELO },
		{ "a property",
		  CHILD("when not $p \"x\""),
		  { ACL_PENDING, ACL_PENDING, ACL_PENDING, ACL_YES, ACL_YES },
		  STEP_RCPT },
		{ "the message",
		  CHILD("when msgsize < 5"),
		  { ACL_PENDING, ACL_PENDING, ACL_PENDING, ACL_PENDING, ACL_YES },
		  STEP_END },
		{ "by its name",
		  "condition \"u\" not auth /./\n" CHILD("when condition \"u\" not stress"),
		  { ACL_PENDING, ACL_PENDING, ACL_YES, ACL_YES, ACL_YES },
		  STEP_MAIL },
		{ "or something of now",
		  CHILD("when not auth /./ or not stress"),
		  { ACL_YES, ACL_YES, ACL_YES, ACL_YES, ACL_YES },
		  STEP_MAIL },
		{ "two steps",
		  CHILD("when not tls /./ not auth /./"),
		  { ACL_PENDING, ACL_PENDING, ACL_YES, ACL_YES, ACL_YES },
		  STEP_MAIL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf *c = conf_of_text(cases[i].text);
		struct facts f = at_connect();

		c->acl->never = 0;
		fact_set_state(&f, FACT_AUTH, FACT_ABSENT);
		fact_set_state(&f, FACT_TLS, FACT_ABSENT);
		fact_set_state(&f, FACT_MACROS, FACT_KNOWN);
		fact_set_state(&f, FACT_PROPERTIES, FACT_KNOWN);
		fact_set_number(&f, FACT_SIZE, 0);
		for (enum acl_step step = STEP_CONNECT; step <= STEP_END; step++) {
			struct acl_need need = { .fact = FACTS };
			enum acl_answer answer =
				acl_condition_eval(c->acl, condition_of(c), step, &f, &need);

			if (answer != cases[i].answer[step])
				fail_msg("%s: %d at %s", cases[i].name, (int)answer,
				         acl_step_name(step));
			if (answer == ACL_PENDING &&
			    (need.fact >= FACTS || need.step <= step || need.step > cases[i].step))
				fail_msg("%s at %s: waits for %s", cases[i].name,
				         acl_step_name(step), acl_step_name(need.step));
		}
		assert_int_equal(acl_condition_step(condition_of(c)), cases[i].step);
		conf_unref(&c);
	}
}

static void test_verdicts(void **state)
{
	static const char *const words[] = { "accept", "reject", "tempfail", "discard" };

	(void)state;
	for (size_t w = 0; w < 4; w++) {
		char text[200];
		struct facts none = { .own_name = VIEW("mx.example") };
		struct acl_need need;
		struct conf *c;

		(void)snprintf(text, sizeof(text),
		               "milter \"s\" { socket \"/s\"; evaluation yes }\n"
		               "milter \"c\" { socket \"/c\"; when milter \"s\" %s }\n",
		               words[w]);
		c = conf_of_text(text);
		c->acl->never = 0;
		assert_int_equal(
			acl_condition_eval(c->acl, condition_of(c), STEP_END, &none, &need),
			ACL_PENDING);
		assert_true(need.fact == FACT_MILTER && need.object == c->children->object);
		for (int said = VERDICT_ACCEPT; said <= VERDICT_DISCARD; said++) {
			struct fact_answer answer = { .fact = FACT_MILTER,
				                      .object = c->children->object,
				                      .value = { .state = FACT_KNOWN,
				                                 .number = said } };
			struct facts f = { .answers = &answer, .answer_count = 1 };

			assert_int_equal(
				acl_condition_eval(c->acl, condition_of(c), STEP_END, &f, &need),
				said == (int)w ? ACL_YES : ACL_NO);
			answer.value =
				(struct fact_value){ .state = FACT_ABSENT }; /* was not asked */
			assert_int_equal(
				acl_condition_eval(c->acl, condition_of(c), STEP_END, &f, &need),
				ACL_NO);
		}
		conf_unref(&c);
	}
}

static void test_steps(void **state)
{
	static const struct {
		const char *text;
		enum acl_step step;
	} cases[] = {
		{ CHILD(""), STEP_CONNECT },
		{ CHILD("when addr 10.0.0.0/8 s25r rdns none"), STEP_CONNECT },
		{ CHILD("when stress; when geoip \"JP\""), STEP_CONNECT },
		{ "dnsrbl \"x\" z.example 127.0.0.2\n" CHILD("when dnsrbl \"x\""), STEP_CONNECT },
		{ CHILD("when time \"* * * * *\""), STEP_CONNECT },
		{ CHILD("when helo self"), STEP_HELO },
		{ CHILD("when tls /x/"), STEP_HELO },
		{ CHILD("when stress; when helo self"), STEP_HELO },
		{ CHILD("when from a@b"), STEP_MAIL },
		{ CHILD("when spf pass"), STEP_MAIL },
		{ CHILD("when spf self"), STEP_MAIL },
		{ CHILD("when not auth /./ helo self"), STEP_MAIL },
		{ CHILD("when sender unresolvable"), STEP_MAIL },
		{ "sm_macro \"m\" \"{x}\" \"y\"\n" CHILD("when sm_macro \"m\""), STEP_MAIL },
		{ "sm_macro \"m\" \"v\" /Postfix/\n" CHILD("when sm_macro \"m\""), STEP_CONNECT },
		{ "sm_macro \"m\" \"v\" \"x\"\nsm_macro \"r\" \"{rcpt_host}\" unset\n"
		  "list \"l\" sm_macro { \"m\" \"r\" }\n" CHILD("when list \"l\""),
		  STEP_RCPT },
		{ CHILD("when rcpt a@b"), STEP_RCPT },
		{ CHILD("when rcptcount > 3"), STEP_RCPT },
		{ CHILD("when addr 10.0.0.0/8 or header \"X\""), STEP_END },
		{ CHILD("when body \"X\""), STEP_END },
		{ CHILD("when msgsize > 3"), STEP_END },
		{ CHILD("when spamd"), STEP_END },
		{ CHILD("when dkim pass"), STEP_END },
		{ "milter \"s\" { socket \"/s\" }\n" CHILD("when milter \"s\" accept"), STEP_END },
		{ "list \"l\" rcpt { a@b }\n" CHILD("when list \"l\""), STEP_RCPT },
		{ "list \"l\" domain { a.b }\n" CHILD("when s25r except list \"l\""),
		  STEP_CONNECT },
		{ "list \"l\" helo { \"x\" }\n" CHILD("when s25r except list \"l\""), STEP_HELO },
		{ "condition \"c\" helo self or rcpt a@b\n" CHILD("when stress condition \"c\""),
		  STEP_RCPT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf *c = conf_of_text(cases[i].text);

		if (acl_condition_step(condition_of(c)) != cases[i].step)
			fail_msg("%s: %s", cases[i].text,
			         acl_step_name(acl_condition_step(condition_of(c))));
		conf_unref(&c);
	}
}

/* A rule that names a condition looks at all that it does. */
static void test_rules_that_name_one(void **state)
{
	struct conf *c = conf_of_text("dnsrbl \"x\" z.example 127.0.0.2\n"
	                              "dnsrbl \"y\" y.example 127.0.0.2\n"
	                              "list \"l\" dnsrbl { \"x\" }\n"
	                              "condition \"a\" list \"l\" not auth /./\n"
	                              "condition \"b\" stress or condition \"a\"\n"
	                              "racl blacklist condition \"b\"\nracl whitelist default\n");
	const struct acl *acl = c->acl;

	(void)state;
	assert_true((acl->wanted[ACL_RCPT] & FACT_BIT(FACT_DNSRBL)) != 0);
	assert_true((acl->wanted[ACL_RCPT] & FACT_BIT(FACT_AUTH)) != 0);
	assert_false(c->exempt_auth);
	assert_true(
		acl_wants_dns_list(acl, ACL_RCPT, acl_find_object(acl, OBJECT_DNSRBL, VIEW("x"))));
	assert_false(
		acl_wants_dns_list(acl, ACL_RCPT, acl_find_object(acl, OBJECT_DNSRBL, VIEW("y"))));
	conf_unref(&c);
}

/* A child's condition leaves the rules' exemptions alone. */
static void test_exemptions(void **state)
{
	struct conf *c = conf_of_text("condition \"a\" not auth /./\n" CHILD(
		"when condition \"a\" spf pass") "racl whitelist default\n");

	(void)state;
	assert_true(c->exempt_auth);
	assert_true(c->exempt_spf);
	conf_unref(&c);
	c = conf_of_text(CHILD("when auth /./") "racl whitelist spf pass\n");
	assert_true(c->exempt_auth);
	assert_false(c->exempt_spf);
	conf_unref(&c);
}

/* Conditions that name conditions twice each would take for ever. */
static void test_bound(void **state)
{
	struct buf text = buf_of((size_t)1 << 20);
	const struct conf_source source = { .name = "test.conf" };
	struct conf_source s = source;
	struct diag why = { .file = NULL };
	struct conf *c = NULL;

	(void)state;
	assert_int_equal(buf_append(&text, VIEW("condition \"0\" stress\n")), ST_OK);
	for (unsigned i = 1; i < 40; i++)
		assert_int_equal(buf_printf(&text,
		                            "condition \"%u\" condition \"%u\" condition \"%u\"\n",
		                            i, i - 1, i - 1),
		                 ST_OK);
	s.text = buf_view(&text);
	assert_int_equal(conf_parse(&s, &c, &why), ST_INVALID);
	assert_non_null(strstr(why.text, "more than 1024 clauses"));
	assert_int_equal(why.line, 10);
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_before_its_step),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_rules_that_name_one),
		cmocka_unit_test(test_exemptions),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
