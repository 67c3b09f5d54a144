#include "test.h"

#include "engine/budget.h"
#include "util/mem.h"

#define SEED     0x5eedu
#define HOLD_MS  ((uint64_t)65000)
#define HOUR_MS  ((uint64_t)3600 * 1000)
#define NETWORKS 100000

static struct budget *budget_of(size_t limit)
{
	return budget_new(&(struct budget_share){ .total = limit, .workers = 1 }, SEED);
}

static struct ip address(const char *text)
{
	struct ip ip = { IP_NONE, { 0 } };

	assert_int_equal(text[0] == '\0' ? ST_OK : ip_parse(view_of(text), &ip), ST_OK);
	return ip;
}

/* A host of network n. */
static struct ip host(uint32_t n, uint8_t last)
{
	return (struct ip){ IP_V4, { (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n, last } };
}

/* As many as it gets, of at most `tries`. */
static size_t take_all(struct budget *b, uint32_t network, size_t tries, uint64_t now)
{
	size_t got = 0;

	for (size_t i = 0; i < tries; i++) {
		struct ip ip = host(network, (uint8_t)i);

		got += budget_take(b, &ip, now, now + HOLD_MS, NULL) ? 1 : 0;
	}
	return got;
}

static bool take(struct budget *b, const char *client, uint64_t now, struct budget_hold *hold)
{
	struct ip ip = address(client);

	return budget_take(b, &ip, now, now + HOLD_MS, hold);
}

static void test_share_of_greedy_networks(void **state)
{
	static const struct {
		const char *name;
		size_t limit, networks;
		size_t least, most; /* for each, when all have taken what they can in turn */
		bool newcomer;
	} cases[] = {
		{ "one place, one network", 1, 1, 1, 1, false },
		{ "two places: one is for another", 2, 1, 1, 1, true },
		{ "three", 3, 1, 2, 2, true },
		{ "alone: half", 100, 1, 50, 50, true },
		{ "alone, odd", 101, 1, 51, 51, true },
		{ "two: a third each", 100, 2, 33, 34, true },
		{ "nine: a tenth each", 100, 9, 10, 10, true },
		{ "fifty", 100, 50, 1, 2, true },
		{ "ninety-nine", 100, 99, 1, 1, true },
		{ "as many as places", 100, 100, 1, 1, false },
		{ "a lone one of a large budget", 20000, 1, 10000, 10000, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct budget *b = budget_of(cases[i].limit);
		size_t *got = mem_array(cases[i].networks, sizeof(*got));

		for (size_t round = 0; round < cases[i].limit; round++)
			for (size_t n = 0; n < cases[i].networks; n++)
				got[n] += take_all(b, (uint32_t)n, 1, 0);
		for (size_t n = 0; n < cases[i].networks; n++)
			if (got[n] < cases[i].least || got[n] > cases[i].most)
				fail_msg("%s: network %zu has %zu", cases[i].name, n, got[n]);
		if (take(b, "2001:db8::1", 0, NULL) != cases[i].newcomer)
			fail_msg("%s: the newcomer", cases[i].name);
		mem_free(got);
		budget_free(&b);
	}
}

/* Who came first has half, and gives way as its holds end. */
static void test_first_comer_gives_way(void **state)
{
	struct budget *b = budget_of(90);
	struct budget_hold holds[90];
	size_t first = 0, second = 0;

	(void)state;
	for (size_t i = 0; i < 90; i++)
		first += take(b, "192.0.2.1", 0, &holds[first]) ? 1 : 0;
	assert_int_equal(first, 45);
	for (size_t turn = 0; turn < 45; turn++) {
		second += take_all(b, 7, 5, 0);
		budget_release(b, &holds[turn]);
		(void)take(b, "192.0.2.1", 0, &holds[turn]);
	}
	first = 0;
	for (size_t i = 0; i < 45; i++)
		first += holds[i].serial != 0 ? 1 : 0;
	assert_int_equal(second, 30);
	assert_in_range(first, 29, 30);
	budget_free(&b);
}

static void test_what_is_one_network(void **state)
{
	static const struct {
		const char *name, *a, *b;
		bool same;
	} cases[] = {
		{ "neighbours in a /24", "192.0.2.1", "192.0.2.255", true },
		{ "next /24", "192.0.2.1", "192.0.3.1", false },
		{ "the same /64", "2001:db8::1", "2001:db8::ffff:1:2:3", true },
		{ "next /64", "2001:db8::1", "2001:db8:0:1::1", false },
		{ "IPv4 in IPv6's clothes", "192.0.2.1", "::ffff:192.0.2.9", true },
		{ "equal octets of two families", "203.0.113.1", "cb00:7100::1", false },
		{ "equal numbers of two families", "203.0.113.1", "0:0:cb:71::1", false },
		{ "without an address", "", "", true },
		{ "none and ::", "", "::", false },
		{ "none and 0.0.0.0", "", "0.0.0.0", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct budget *b = budget_of(2);

		assert_true(take(b, cases[i].a, 0, NULL));
		if (take(b, cases[i].b, 0, NULL) == cases[i].same)
			fail_msg("%s", cases[i].name);
		budget_free(&b);
	}
}

static void test_holds_end_by_time(void **state)
{
	static const uint64_t ends[] = { 500, 100, 400, 100, 300, 900, 200, 600, 800, 700 };
	struct budget *b = budget_of(1000);

	(void)state;
	for (size_t i = 0; i < 10; i++) {
		struct ip ip = host((uint32_t)i, 1);

		assert_true(budget_take(b, &ip, 10, ends[i], NULL));
	}
	assert_int_equal(budget_held(b, 99), 10);
	assert_int_equal(budget_held(b, 100), 8);
	assert_int_equal(budget_held(b, 299), 7);
	assert_int_equal(budget_held(b, 899), 1);
	assert_int_equal(budget_held(b, 900), 0);
	budget_free(&b);
}

static void test_release(void **state)
{
	struct budget *b = budget_of(1);
	struct budget_hold first, second, none = { 0 }, copy;

	(void)state;
	assert_true(take(b, "192.0.2.1", 0, &first));
	assert_false(take(b, "198.51.100.1", 0, &second));
	assert_int_equal(second.serial, 0);
	copy = first;
	budget_release(b, &first);
	assert_int_equal(first.serial, 0);
	assert_int_equal(budget_held(b, 0), 0);
	assert_true(take(b, "198.51.100.1", 0, &second));
	budget_release(b, &copy); /* the place is another's now */
	budget_release(b, &first);
	budget_release(b, &none);
	assert_int_equal(budget_held(b, 0), 1);
	copy = second;
	assert_int_equal(budget_held(b, HOLD_MS), 0);
	budget_release(b, &copy); /* its time came */
	assert_int_equal(budget_held(b, HOLD_MS), 0);
	budget_free(&b);
}

static void test_until_released(void **state)
{
	struct budget *b = budget_of(4);
	struct ip ip = address("192.0.2.1");
	struct budget_hold hold;

	(void)state;
	assert_true(budget_take(b, &ip, 5, BUDGET_UNTIL_RELEASED, &hold));
	assert_true(budget_take(b, &ip, 5, UINT64_MAX - 1, NULL));
	assert_int_equal(budget_held(b, UINT64_MAX - 2), 2);
	assert_int_equal(budget_held(b, UINT64_MAX), 1);
	budget_release(b, &hold);
	assert_int_equal(budget_held(b, UINT64_MAX), 0);
	budget_free(&b);
}

static void test_over_before_it_began(void **state)
{
	struct budget *b = budget_of(1);
	struct ip ip = address("192.0.2.1");

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		assert_true(budget_take(b, &ip, 1000, i, NULL));
	assert_int_equal(budget_held(b, 1000), 0);
	budget_free(&b);
}

static void test_clock_steps(void **state)
{
	struct budget *b = budget_of(2);

	(void)state;
	assert_true(take(b, "192.0.2.1", HOUR_MS, NULL));
	/* back by an hour: what was to come in 65 s still comes in 65 s, of what the clock now says
	 */
	assert_int_equal(budget_held(b, 0), 1);
	assert_true(take(b, "198.51.100.1", 1000, NULL));
	assert_int_equal(budget_held(b, HOLD_MS - 1), 2);
	assert_int_equal(budget_held(b, HOLD_MS), 1);
	assert_int_equal(budget_held(b, HOLD_MS + 1000), 0);
	/* ahead: all is over; and back again */
	assert_true(take(b, "192.0.2.1", 2 * HOLD_MS, NULL));
	assert_int_equal(budget_held(b, UINT64_MAX / 2), 0);
	assert_true(take(b, "192.0.2.1", 0, NULL));
	assert_int_equal(budget_held(b, HOLD_MS - 1), 1);
	assert_int_equal(budget_held(b, HOLD_MS), 0);
	budget_free(&b);
}

/* To and fro as long as it likes: never a crash, never more than the limit. */
static void test_clock_at_its_ends(void **state)
{
	static const uint64_t times[] = { UINT64_MAX, 0, UINT64_MAX - 1, 1, UINT64_MAX / 2 };
	struct budget *b = budget_of(7);

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		struct ip ip = host(i, 1);

		(void)budget_take(b, &ip, times[i % 5], times[i * 7 % 5], NULL);
		assert_in_range(budget_held(b, times[i % 5]), 0, 7);
	}
	budget_free(&b);
}

static void test_shares_of_workers(void **state)
{
	static const struct {
		size_t total;
		unsigned workers;
		size_t part[4];
	} cases[] = {
		{ 100, 1, { 100 } },       { 100, 4, { 25, 25, 25, 25 } },
		{ 10, 4, { 3, 3, 2, 2 } }, { 2, 4, { 1, 1, 0, 0 } },
		{ 5, 0, { 5 } },           { SIZE_MAX, 2, { BUDGET_HOLDS_MAX, BUDGET_HOLDS_MAX } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (unsigned w = 0; w < cases[i].workers || w == 0; w++) {
			struct budget_share share = { cases[i].total, cases[i].workers, w };
			struct budget *b = budget_new(&share, w);

			assert_int_equal(budget_limit(b), cases[i].part[w]);
			assert_true(take(b, "192.0.2.1", 0, NULL) == (cases[i].part[w] > 0));
			budget_free(&b);
		}
	}
}

static void test_change(void **state)
{
	struct budget *b = budget_of(100);

	(void)state;
	assert_int_equal(take_all(b, 1, 100, 0), 50);
	budget_change(b, &(struct budget_share){ .total = 20, .workers = 1 });
	assert_int_equal(budget_held(b, 0), 50);
	assert_false(take(b, "192.0.2.1", 0, NULL));
	assert_int_equal(take_all(b, 1, 100, HOLD_MS), 10);
	budget_change(b, &(struct budget_share){ .total = 0, .workers = 1 });
	assert_int_equal(take_all(b, 1, 100, HOLD_MS), 100);
	budget_free(&b);
}

/* No bound: no sharing either, but an end that no machine reaches. */
static void test_no_bound(void **state)
{
	struct budget *b = budget_of(0);

	(void)state;
	assert_int_equal(take_all(b, 1, BUDGET_HOLDS_MAX + 10, 0), BUDGET_HOLDS_MAX);
	assert_in_range(budget_size(b), 1, BUDGET_HOLDS_MAX * 64);
	assert_int_equal(budget_held(b, HOLD_MS), 0);
	assert_int_equal(take_all(b, 2, 3, HOLD_MS), 3);
	budget_free(&b);
}

static void test_very_many_networks(void **state)
{
	struct budget *b = budget_of(1000);
	size_t got = 0;

	(void)state;
	for (uint32_t n = 0; n < NETWORKS; n++)
		got += take_all(b, n, 1, n);
	assert_in_range(budget_size(b), 1, 1024 * 64 + 256);
	assert_int_equal(budget_held(b, NETWORKS - 1), 1000);
	/* in 100 s: the first thousand, and when their 65 s are over the thousand that ask then */
	assert_int_equal(got, 2000);
	budget_free(&b);
}

static void test_one_network_for_ever(void **state)
{
	struct budget *b = budget_of(1000);

	(void)state;
	for (uint32_t n = 0; n < NETWORKS; n++) {
		(void)take_all(b, 1, 1, n);
		assert_in_range(budget_held(b, n), 1, 500);
	}
	assert_in_range(budget_size(b), 1, 512 * 64 + 256);
	budget_free(&b);
}

/* Ten networks that try without a pause, ten times as often as a place comes free, for ten minutes;
 * each second one client of a network never seen before. Every one of those finds room. */
static void test_newcomers_in_a_flood(void **state)
{
	struct budget *b = budget_of(200);
	size_t refused = 0, flood = 0;

	(void)state;
	for (uint64_t now = 0; now < 600 * 1000; now += 100) {
		for (uint32_t n = 0; n < 10; n++)
			flood += take_all(b, n, 3, now);
		if (now % 10000 == 0)
			refused += take_all(b, 1000 + (uint32_t)(now / 100), 1, now) == 1 ? 0 : 1;
		assert_in_range(budget_held(b, now), 1, 200);
	}
	assert_int_equal(refused, 0);
	assert_in_range(flood, 10 * 14 * 9, 200 * 10); /* and the flood itself is not starved */
	budget_free(&b);
}

/* --- the same as a list that is searched from end to end ------------------------------------- */

#define MODEL_LIMIT 40

struct model {
	struct budget_hold hold;
	uint32_t network;
	uint64_t until;
};

static void model_expire(struct model *m, size_t *count, uint64_t now)
{
	for (size_t i = *count; i > 0; i--)
		if (m[i - 1].until <= now)
			m[i - 1] = m[--*count];
}

static bool model_may(const struct model *m, size_t count, uint32_t network)
{
	size_t own = 0;

	for (size_t i = 0; i < count; i++)
		own += m[i].network == network ? 1 : 0;
	return count < MODEL_LIMIT && (own == 0 || own < MODEL_LIMIT - count);
}

static uint32_t next_random(uint64_t *x)
{
	*x = *x * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*x >> 33);
}

static void test_like_a_plain_list(void **state)
{
	struct budget *b = budget_of(MODEL_LIMIT);
	struct model m[MODEL_LIMIT + 1];
	size_t count = 0;
	uint64_t x = 1, now = 0;

	(void)state;
	for (unsigned step = 0; step < 200000; step++) {
		uint32_t r = next_random(&x);
		struct model new = { .network = next_random(&x) % (r % 3000 < 1500 ? 4 : 60),
			             .until = now + next_random(&x) % 60 };
		struct ip ip = host(new.network, (uint8_t)r);

		now += r % 4 == 0 ? 1 : 0;
		model_expire(m, &count, now);
		if (r % 5 == 0 && count > 0) {
			size_t i = next_random(&x) % count;

			budget_release(b, &m[i].hold);
			m[i] = m[--count];
		} else {
			bool may = model_may(m, count, new.network);

			assert_int_equal(budget_take(b, &ip, now, new.until, &new.hold), may);
			if (may)
				m[count++] = new;
			model_expire(m, &count, now);
		}
		assert_int_equal(budget_held(b, now), count);
	}
	budget_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_share_of_greedy_networks),
		cmocka_unit_test(test_first_comer_gives_way),
		cmocka_unit_test(test_what_is_one_network),
		cmocka_unit_test(test_holds_end_by_time),
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_until_released),
		cmocka_unit_test(test_over_before_it_began),
		cmocka_unit_test(test_clock_steps),
		cmocka_unit_test(test_clock_at_its_ends),
		cmocka_unit_test(test_shares_of_workers),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_no_bound),
		cmocka_unit_test(test_very_many_networks),
		cmocka_unit_test(test_one_network_for_ever),
		cmocka_unit_test(test_newcomers_in_a_flood),
		cmocka_unit_test(test_like_a_plain_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
