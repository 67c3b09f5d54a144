#include "test.h"

#include "engine/client.h"

#define HOUR ((int64_t)3600)

static const struct client_policy policy = {
	.on = true, .after = 2, .interval_s = HOUR, .max_age = 1000 * HOUR
};

static void test_counts_once_an_hour(void **state)
{
	struct client_decision d = client_decide(&policy, NULL, CLIENT_PASSED, 10 * HOUR);

	(void)state;
	assert_true(d.store);
	assert_false(d.freed);
	assert_int_equal(d.next.count, 1);
	d = client_decide(&policy, &d.next, CLIENT_PASSED, 11 * HOUR - 1);
	assert_false(d.store);
	assert_int_equal(d.next.count, 1);
	d = client_decide(&policy, &d.next, CLIENT_PASSED, 11 * HOUR);
	assert_true(d.store);
	assert_true(d.freed);
	assert_int_equal(d.next.count, 2);
}

static void test_seen_keeps_a_free_client_free(void **state)
{
	struct client_record waiting = { .last = 10 * HOUR, .count = 1 };
	struct client_record known = { .last = 10 * HOUR, .count = 2 };
	struct client_decision d;

	(void)state;
	assert_false(client_decide(&policy, NULL, CLIENT_SEEN, 10 * HOUR).store);
	d = client_decide(&policy, &waiting, CLIENT_SEEN, 20 * HOUR);
	assert_false(d.free);
	assert_false(d.store);
	d = client_decide(&policy, &known, CLIENT_SEEN, 10 * HOUR + 5);
	assert_true(d.free);
	assert_false(d.store);
	d = client_decide(&policy, &known, CLIENT_SEEN, 11 * HOUR);
	assert_true(d.free);
	assert_true(d.store);
	assert_false(d.freed);
	assert_int_equal(d.next.count, 3);
}

static void test_clock_went_back(void **state)
{
	struct client_record known = { .last = 20 * HOUR, .count = 5 };

	(void)state;
	assert_true(client_decide(&policy, &known, CLIENT_SEEN, 10 * HOUR).store);
	assert_false(client_decide(&policy, &known, CLIENT_PASSED, 10 * HOUR).store);
}

static void test_forgotten_after_max_age(void **state)
{
	struct client_record known = { .last = HOUR, .count = 9 };
	struct client_decision d = client_decide(&policy, &known, CLIENT_SEEN, 1001 * HOUR + 1);

	(void)state;
	assert_false(d.free);
	d = client_decide(&policy, &known, CLIENT_PASSED, 1001 * HOUR + 1);
	assert_int_equal(d.next.count, 1);
	assert_true(client_decide(&policy, &known, CLIENT_SEEN, 1001 * HOUR).free);
}

static void test_off(void **state)
{
	struct client_record known = { .last = HOUR, .count = 9 };
	struct client_policy off = policy;

	(void)state;
	off.on = false;
	assert_false(client_decide(&off, &known, CLIENT_SEEN, 2 * HOUR).free);
	assert_false(client_decide(&off, NULL, CLIENT_PASSED, 2 * HOUR).store);
}

/* Postgrey takes a text for N as 0: whoever has passed once is free, and nobody is ever "freed". */
static void test_after_nothing(void **state)
{
	struct client_policy p = policy;
	struct client_decision d;

	(void)state;
	p.after = 0;
	assert_false(client_decide(&p, NULL, CLIENT_SEEN, HOUR).free);
	d = client_decide(&p, NULL, CLIENT_PASSED, HOUR);
	assert_false(d.freed);
	assert_true(client_decide(&p, &d.next, CLIENT_SEEN, HOUR).free);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts_once_an_hour),
		cmocka_unit_test(test_seen_keeps_a_free_client_free),
		cmocka_unit_test(test_clock_went_back),
		cmocka_unit_test(test_forgotten_after_max_age),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_after_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
