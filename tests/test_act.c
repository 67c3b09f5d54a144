#include "session/act.h"

#include <stdio.h>

#include "conf_text.h"

/* Values of $p, "-" when it is unset, after the rules have acted for one question. */
static void expect(const char *name, const char *rules, const char *want)
{
	struct conf *c = conf_of_text(rules);
	const struct question q = { .client_address = VIEW("192.0.2.1"),
		                    .client_name = VIEW("mx.example"),
		                    .sender = VIEW("a@example.net"),
		                    .recipient = VIEW("b@example.org") };
	struct acl_eval at = { .acts = true };
	struct act act = { .log = NULL };
	const struct property *p;
	enum acl_result result;
	struct gather g;

	gather_begin(&g, &q, c);
	act.gather = &g;
	while ((result = acl_eval(c->acl, ACL_RCPT, &g.facts, &at, NULL)) != ACL_DECIDED) {
		if (result == ACL_ACT)
			act_on(&act, &at);
		else
			gather_fact(&g, at.need);
	}
	p = properties_find(g.properties, VIEW("p"));
	if (!view_eq(p != NULL ? p->value : VIEW("-"), view_of(want)))
		fail_msg("%s: %.*s", name, VIEW_ARG(p != NULL ? p->value : VIEW("-")));
	gather_end(&g);
	conf_unref(&c);
}

static void test_assignments(void **state)
{
	static const struct {
		const char *name, *set, *want;
	} cases[] = {
		{ "nothing", "$q = 1", "-" },
		{ "a number", "$p = 42", "42" },
		{ "a negative one", "$p = -42", "-42" },
		{ "a text", "$p = \"text\"", "text" },
		{ "an empty text", "$p = \"\"", "" },
		{ "a format", "$p = \"%f at %i\"", "a@example.net at 192.0.2.1" },
		{ "a property", "$q = 7 set $p = $q", "7" },
		{ "one that is unset", "$p = $q", "" },
		{ "itself", "$p = 3 set $p = $p", "3" },
		{ "in any case", "$P = 3 set $p += 1", "4" },
		{ "itself in a format", "$p = \"x\" set $p = \"%P{p}%P{P}\"", "xx" },
		{ "adding to nothing", "$p += 5", "5" },
		{ "subtracting from nothing", "$p -= 5", "-5" },
		{ "adding a text that is a number", "$p = 1 set $p += \"41\"", "42" },
		{ "adding a text that is none", "$p = 1 set $p += \"x\"", "1" },
		{ "adding to a text", "$p = \"x\" set $p += 2", "2" },
		{ "the number that a text begins with", "$p = \"12 months\" set $p += 1", "13" },
		{ "adding a property", "$q = 40 set $p = 2 set $p += $q", "42" },
		{ "doubling", "$p = 21 set $p += $p", "42" },
		{ "no further than 64 bits", "$p = \"9223372036854775807\" set $p += 1",
		  "9223372036854775807" },
		{ "nor below", "$p = \"-9223372036854775807\" set $p -= 1",
		  "-9223372036854775807" },
		{ "nor far below", "$p = \"-9223372036854775807\" set $p -= 5 set $p += 1",
		  "-9223372036854775806" },
		{ "the smallest, subtracted twice",
		  "$q = \"-9223372036854775807\" set $p -= $q set $p -= $q",
		  "9223372036854775807" },
		{ "more digits than a number has", "$p = \"99999999999999999999\" set $p += 1",
		  "1" },
		{ "a line's end", "$p = \"%T{a%nb}\"", "a?b" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char rules[500];

		(void)snprintf(rules, sizeof(rules), "racl whitelist set %s\n", cases[i].set);
		expect(cases[i].name, rules, cases[i].want);
	}
}

/* Acts are in the order of the clauses, and what does not hold does not act. */
static void test_order(void **state)
{
	(void)state;
	expect("only when reached",
	       "racl continue set $p = 1 addr 10.0.0.1 set $p = 2\nracl whitelist default\n", "1");
	expect("not behind the decision", "racl whitelist set $p = 1\nracl whitelist set $p = 2\n",
	       "1");
	expect("once, though the rule is gone on with",
	       "racl continue set $p += 1 helo /x/ set $p += 10\n"
	       "racl continue set $p += 100 $p == 101 set $p += 1000 not $p == 101\n"
	       "racl whitelist default\n",
	       "1101");
	expect("behind not", "racl continue not set $p = 1 set $p = 2\nracl whitelist default\n",
	       "1");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_assignments),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
