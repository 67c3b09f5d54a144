#include "test.h"

#include "engine/grey.h"

#define DAY ((int64_t)86400)

static const struct grey_policy policy = {
	.delay = 300, .retry_window = 2 * DAY, .max_age = 35 * DAY, .retry_count = 1
};

/* A tuple first seen at `first`, last at `last`, asked at 1000000. */
static void test_decisions(void **state)
{
	const int64_t now = 100 * DAY;
	static const struct {
		const char *name;
		int64_t age, idle;
		uint32_t passes;
		enum grey_verdict verdict;
		enum grey_reason reason;
		int64_t missing, waited;
	} cases[] = {
		{ "same second", 0, 0, 0, GREY_DEFER, GREY_EARLY, 300, 0 },
		{ "one second early", 299, 299, 0, GREY_DEFER, GREY_EARLY, 1, 299 },
		{ "on the dot", 300, 300, 0, GREY_PASS, GREY_RETRIED, 0, 300 },
		{ "an early try in between changes nothing", 300, 10, 0, GREY_PASS, GREY_RETRIED, 0,
		  300 },
		{ "last moment of the window", 2 * DAY, 2 * DAY, 0, GREY_PASS, GREY_RETRIED, 0,
		  2 * DAY },
		{ "window is over", 2 * DAY + 1, 2 * DAY + 1, 0, GREY_DEFER, GREY_LATE, 300, 0 },
		{ "early tries do not prolong the window", 2 * DAY + 1, 5, 0, GREY_DEFER, GREY_LATE,
		  300, 0 },
		{ "first seen in the future", -1, -1, 0, GREY_DEFER, GREY_FUTURE, 300, 0 },
		{ "passed before", 50 * DAY, 35 * DAY, 1, GREY_PASS, GREY_KNOWN, 0, 0 },
		{ "passed too long ago", 50 * DAY, 35 * DAY + 1, 1, GREY_DEFER, GREY_EXPIRED, 300,
		  0 },
		{ "passed, last seen in the future", 50, -10, 1, GREY_PASS, GREY_KNOWN, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct grey_record seen = { .first = now - cases[i].age,
			                    .last = now - cases[i].idle,
			                    .passes = cases[i].passes };
		struct grey_decision d = grey_decide(&policy, &seen, now);

		print_message("%s\n", cases[i].name);
		assert_int_equal(d.verdict, cases[i].verdict);
		assert_int_equal(d.reason, cases[i].reason);
		assert_int_equal(d.missing, cases[i].missing);
		assert_int_equal(d.waited, cases[i].waited);
	}
}

static void test_what_is_stored(void **state)
{
	struct grey_decision d = grey_decide(&policy, NULL, 1000);

	(void)state;
	assert_int_equal(d.reason, GREY_NEW);
	assert_int_equal(d.next.first, 1000);
	assert_int_equal(d.next.last, 1000);
	assert_int_equal(d.next.wait, 300);
	d = grey_decide(&policy, &d.next, 1010);
	assert_int_equal(d.next.first, 1000);
	assert_int_equal(d.next.last, 1010);
	assert_int_equal(d.next.early, 1);
	d = grey_decide(&policy, &d.next, 1400);
	assert_int_equal(d.next.first, 1000);
	assert_int_equal(d.next.passes, 1);
	assert_int_equal(d.next.early, 1);
	d = grey_decide(&policy, &d.next, 5000);
	assert_int_equal(d.next.passes, 2);
	assert_int_equal(d.next.last, 5000);
	d = grey_decide(&policy, &d.next, 5000 + 36 * DAY);
	assert_int_equal(d.next.passes, 0);
	assert_int_equal(d.next.first, 5000 + 36 * DAY);
}

static void test_no_wait(void **state)
{
	struct grey_policy p = policy;
	struct grey_decision d;

	(void)state;
	p.delay = -1;
	d = grey_decide(&p, NULL, 1000);
	assert_int_equal(d.verdict, GREY_PASS);
	assert_int_equal(d.reason, GREY_RETRIED);
	assert_int_equal(d.waited, 0);
	assert_int_equal(d.next.passes, 1);
}

static void test_no_window(void **state)
{
	struct grey_policy p = policy;
	struct grey_record seen = { .first = 1000, .last = 1000 };

	(void)state;
	p.retry_window = 0;
	assert_int_equal(grey_decide(&p, &seen, 1300).reason, GREY_LATE);
}

static void test_several_retries(void **state)
{
	struct grey_policy p = policy;
	struct grey_decision d;

	(void)state;
	p.retry_count = 2;
	d = grey_decide(&p, NULL, 1000);
	d = grey_decide(&p, &d.next, 1100);
	assert_int_equal(d.next.retries, 0);
	d = grey_decide(&p, &d.next, 1300);
	assert_int_equal(d.verdict, GREY_DEFER);
	assert_int_equal(d.missing, 0);
	d = grey_decide(&p, &d.next, 1310);
	assert_int_equal(d.verdict, GREY_PASS);
	assert_int_equal(d.reason, GREY_RETRIED);
	assert_int_equal(d.waited, 310);
}

static void test_expiry(void **state)
{
	struct grey_record waiting = { .first = 1000, .last = 1500 };
	struct grey_record passed = { .first = 1000, .last = 1500, .passes = 1 };

	(void)state;
	assert_false(grey_expired(&policy, &waiting, 1000 + 2 * DAY));
	assert_true(grey_expired(&policy, &waiting, 1001 + 2 * DAY));
	assert_false(grey_expired(&policy, &passed, 1500 + 35 * DAY));
	assert_true(grey_expired(&policy, &passed, 1501 + 35 * DAY));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decisions),       cmocka_unit_test(test_what_is_stored),
		cmocka_unit_test(test_no_wait),         cmocka_unit_test(test_no_window),
		cmocka_unit_test(test_several_retries), cmocka_unit_test(test_expiry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
