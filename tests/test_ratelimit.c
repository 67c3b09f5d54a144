#include "test.h"

#include <stdio.h>

#include "engine/ratelimit.h"

#define SEED 0x5eedu

static uint64_t count(struct ratelimit *r, const char *limit, const char *key, int64_t period_s,
                      uint64_t add, uint64_t now_ms)
{
	return ratelimit_add(
		r, &(struct ratelimit_count){ view_of(limit), view_of(key), period_s, add },
		now_ms);
}

static void test_window(void **state)
{
	static const struct {
		const char *name;
		int64_t period_s;
		uint64_t first_ms, then_ms;
		uint64_t sum; /* 5 at first, 2 then */
	} cases[] = {
		{ "at once", 60, 600000, 600000, 7 },
		{ "in the last slot", 60, 600000, 659999, 7 },
		{ "one slot further", 60, 600000, 660000, 2 },
		{ "the slot begins before the count", 60, 605999, 660000, 2 },
		{ "long ago", 60, 600000, 100000000, 2 },
		{ "the clock steps back", 60, 600000, 1000, 7 },
		{ "a second: at once", 1, 10000, 10050, 7 },
		{ "a second: in its last tenth", 1, 10000, 10999, 7 },
		{ "a second: over", 1, 10000, 11000, 2 },
		{ "seven seconds", 7, 7000, 13999, 7 },
		{ "seven seconds: over", 7, 7000, 14000, 2 },
		{ "years", INT64_MAX, 1, UINT64_C(1) << 49, 7 },
		{ "no period is a second", 0, 0, 1000, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ratelimit *r = ratelimit_new(100, SEED);
		uint64_t sum;

		assert_int_equal(count(r, "a", "k", cases[i].period_s, 5, cases[i].first_ms), 5);
		sum = count(r, "a", "k", cases[i].period_s, 2, cases[i].then_ms);
		if (sum != cases[i].sum)
			fail_msg("%s: %llu", cases[i].name, (unsigned long long)sum);
		ratelimit_free(&r);
	}
}

/* What comes in a second after the other leaves so too. */
static void test_slides(void **state)
{
	struct ratelimit *r = ratelimit_new(100, SEED);

	(void)state;
	for (uint64_t s = 0; s < 10; s++)
		assert_int_equal(count(r, "a", "k", 10, 1, s * 1000), s + 1);
	for (uint64_t s = 10; s < 19; s++)
		assert_int_equal(count(r, "a", "k", 10, 0, s * 1000), 19 - s);
	assert_int_equal(count(r, "a", "k", 10, 0, 19000), 0);
	ratelimit_free(&r);
	assert_null(r);
	ratelimit_free(&r);
}

static void test_shares_nothing(void **state)
{
	struct ratelimit *r = ratelimit_new(100, SEED);
	char longest[RATELIMIT_KEY_MAX + 2];

	(void)state;
	assert_int_equal(count(r, "a", "k", 10, 1, 0), 1);
	assert_int_equal(count(r, "b", "k", 10, 1, 0), 1);
	assert_int_equal(count(r, "a", "K", 10, 1, 0), 1);
	assert_int_equal(count(r, "a", "", 10, 1, 0), 1);
	assert_int_equal(count(r, "", "a", 10, 1, 0), 1);
	assert_int_equal(count(r, "ak", "", 10, 1, 0), 1);
	assert_int_equal(count(r, "a", "k", 10, 1, 0), 2);
	assert_int_equal(ratelimit_windows(r), 6);
	/* another period begins anew */
	assert_int_equal(count(r, "a", "k", 20, 1, 0), 1);
	assert_int_equal(ratelimit_windows(r), 6);
	/* the octets behind the bound tell nothing apart */
	memset(longest, 'x', sizeof(longest));
	longest[RATELIMIT_KEY_MAX + 1] = '\0';
	assert_int_equal(count(r, "a", longest, 10, 1, 0), 1);
	longest[RATELIMIT_KEY_MAX] = 'y';
	assert_int_equal(count(r, "a", longest, 10, 1, 0), 2);
	longest[RATELIMIT_KEY_MAX - 1] = 'y';
	assert_int_equal(count(r, "a", longest, 10, 1, 0), 1);
	ratelimit_free(&r);
}

static void test_ends_at_64_bits(void **state)
{
	struct ratelimit *r = ratelimit_new(100, SEED);

	(void)state;
	assert_int_equal(count(r, "a", "k", 10, UINT64_MAX - 1, 0), UINT64_MAX - 1);
	assert_int_equal(count(r, "a", "k", 10, 5, 0), UINT64_MAX);
	assert_int_equal(count(r, "a", "k", 10, 5, 1000), UINT64_MAX);
	assert_int_equal(count(r, "a", "k", 10, 0, 10000), 5);
	ratelimit_free(&r);
}

/* However many keys come, the table does not grow, and who was counted last stays. */
static void test_many_keys(void **state)
{
	struct ratelimit *r = ratelimit_new(1000, SEED);
	char key[32];

	(void)state;
	for (unsigned i = 0; i < 50000; i++) {
		(void)snprintf(key, sizeof(key), "%u", i);
		assert_int_equal(count(r, "a", key, 60, 1, 0), 1);
		assert_int_equal(count(r, "a", "often", 60, 1, 0), i + 1);
		assert_true(ratelimit_windows(r) <= 1000);
	}
	assert_int_equal(ratelimit_windows(r), 1000);
	assert_int_equal(count(r, "a", "49999", 60, 0, 0), 1);
	assert_int_equal(count(r, "a", "49001", 60, 0, 0), 1);
	assert_int_equal(count(r, "a", "49000", 60, 0, 0), 0);
	ratelimit_free(&r);
}

/* Windows that are over go while others are counted in. */
static void test_cleans(void **state)
{
	struct ratelimit *r = ratelimit_new(1000, SEED);
	char key[32];

	(void)state;
	for (unsigned i = 0; i < 900; i++) {
		(void)snprintf(key, sizeof(key), "%u", i);
		(void)count(r, "a", key, i % 2 == 0 ? 10 : 1000, 1, 0);
	}
	for (unsigned i = 0; i < 600; i++)
		(void)count(r, "a", "now", 10, 1, 20000);
	assert_int_equal(ratelimit_windows(r), 451);
	for (unsigned i = 0; i < 600; i++)
		(void)count(r, "a", "now", 10, 1, 2000000);
	assert_int_equal(ratelimit_windows(r), 1);
	ratelimit_free(&r);
}

static void test_one_window(void **state)
{
	struct ratelimit *r = ratelimit_new(0, SEED);

	(void)state;
	assert_int_equal(count(r, "a", "k", 10, 1, 0), 1);
	assert_int_equal(count(r, "a", "l", 10, 1, 0), 1);
	assert_int_equal(count(r, "a", "k", 10, 1, 0), 1);
	assert_int_equal(ratelimit_windows(r), 1);
	ratelimit_free(&r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_window),         cmocka_unit_test(test_slides),
		cmocka_unit_test(test_shares_nothing), cmocka_unit_test(test_ends_at_64_bits),
		cmocka_unit_test(test_many_keys),      cmocka_unit_test(test_cleans),
		cmocka_unit_test(test_one_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
