#include "test.h"

#include "engine/merge.h"

static const struct grey_policy policy = { .delay = 300, .retry_count = 2 };

static void test_times(void **state)
{
	static const struct {
		const char *name;
		int64_t first, last, retries;
		uint32_t passes, kept;
	} cases[] = {
		{ "one try", 1000, 1000, -1, 0, 0 },
		{ "one second early", 1000, 1299, -1, 0, 0 },
		{ "on the dot", 1000, 1300, -1, 1, 0 },
		{ "taRgrey: waited, but one retry is not enough", 1000, 1300, 1, 0, 1 },
		{ "taRgrey: waited and retried", 1000, 1300, 2, 1, 2 },
		{ "taRgrey: retried too early", 1000, 1299, 2, 0, 2 },
		{ "an absurd count", 0, 1300, INT64_MAX, 1, UINT32_MAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct grey_record r =
			grey_of_times(cases[i].first, cases[i].last, cases[i].retries, &policy);

		if (r.passes != cases[i].passes || r.retries != cases[i].kept)
			fail_msg("%s: passes %u, retries %u", cases[i].name, r.passes, r.retries);
		assert_int_equal(r.first, cases[i].first);
		assert_int_equal(r.last, cases[i].last);
		assert_int_equal(r.wait, 300);
		assert_int_equal(r.early, 0);
		assert_int_equal(r.identity, GREY_BY_NET);
	}
}

static void assert_record(const struct grey_record *got, const struct grey_record *want,
                          const char *name)
{
	if (got->first != want->first || got->last != want->last || got->wait != want->wait ||
	    got->passes != want->passes || got->early != want->early ||
	    got->retries != want->retries || got->identity != want->identity ||
	    got->keep != want->keep)
		fail_msg("%s: first %lld, last %lld, wait %lld, keep %lld, passes %u, early %u, "
		         "retries %u",
		         name, (long long)got->first, (long long)got->last, (long long)got->wait,
		         (long long)got->keep, got->passes, got->early, got->retries);
}

/* milter-greylist tells one moment; what comes of it must be decided as milter-greylist would. */
static void test_moments(void **state)
{
	static const struct grey_policy mg = { .delay = 300,
		                               .retry_window = 1300,
		                               .max_age = 5000,
		                               .promised = true,
		                               .retry_count = 1 };
	static const struct {
		const char *name;
		bool passed;
		int64_t moment, now, first, span;
	} cases[] = {
		{ "due soon", false, 10100, 10000, 9800, 300 },
		{ "due long ago", false, 9200, 10000, 8900, 300 },
		{ "a rule with a longer wait", false, 10500, 10000, 10000, 500 },
		{ "due when time began", false, 0, 10000, 0, 0 },
		{ "due soon after that", false, 100, 10000, 0, 100 },
		{ "lives on", true, 12000, 10000, 7000, 5000 },
		{ "lives longer than usual", true, 20000, 10000, 10000, 10000 },
		{ "died long ago", true, 100, 10000, 0, 100 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool passed = cases[i].passed;
		struct grey_record r = passed ? grey_of_end(cases[i].moment, cases[i].now, &mg)
		                              : grey_of_due(cases[i].moment, cases[i].now, &mg);

		if (r.first != cases[i].first || (passed ? r.keep : r.wait) != cases[i].span)
			fail_msg("%s: first %lld, wait %lld, keep %lld", cases[i].name,
			         (long long)r.first, (long long)r.wait, (long long)r.keep);
		assert_int_equal(r.last, r.first);
		assert_int_equal(r.passes, passed ? 1 : 0);
	}
}

/* A wait ends on the dot and may be answered for `timeout` (here 1000) from then on; a pass lives
 * to its end, whatever the rule that meets it. */
static void test_moments_are_kept(void **state)
{
	static const struct grey_policy mg = { .delay = 300,
		                               .retry_window = 1300,
		                               .max_age = 5000,
		                               .promised = true,
		                               .retry_count = 1 };
	static const struct grey_policy other = {
		.delay = 60, .retry_window = 1060, .max_age = 50, .promised = true, .retry_count = 1
	};

	(void)state;
	for (int64_t moment = 9100; moment <= 20000; moment += 545) {
		struct grey_record due = grey_of_due(moment, 10000, &mg);
		struct grey_record end = grey_of_end(moment, 10000, &mg);

		assert_int_equal(grey_decide(&other, &due, moment - 1).verdict, GREY_DEFER);
		assert_int_equal(grey_decide(&other, &due, moment - 1).missing, 1);
		assert_int_equal(grey_decide(&other, &due, moment).reason, GREY_RETRIED);
		assert_int_equal(grey_decide(&other, &due, moment + 1000).reason, GREY_RETRIED);
		assert_int_equal(grey_decide(&other, &due, moment + 1001).reason, GREY_LATE);
		assert_int_equal(grey_decide(&other, &end, moment).reason, GREY_KNOWN);
		assert_int_equal(grey_decide(&other, &end, moment + 1).reason, GREY_EXPIRED);
	}
}

static const struct {
	const char *name;
	struct grey_record a, b, want;
} merges[] = {
	{ "both wait",
	  { .first = 10, .last = 20, .early = 1, .wait = 300 },
	  { .first = 5, .last = 15, .early = 2, .retries = 1 },
	  { .first = 5, .last = 20, .early = 2, .retries = 1, .wait = 305 } },
	{ "both were promised a wait: the one that is over first counts",
	  { .first = 10, .last = 20, .wait = 300 },
	  { .first = 60, .last = 70, .wait = 30 },
	  { .first = 10, .last = 70, .wait = 80 } },
	{ "both were promised a life: the longer one counts",
	  { .first = 10, .last = 20, .passes = 1, .keep = 300 },
	  { .first = 10, .last = 90, .passes = 1, .keep = 100 },
	  { .first = 10, .last = 90, .passes = 1, .keep = 230 } },
	{ "only one was promised a life",
	  { .first = 10, .last = 20, .passes = 1, .keep = 300 },
	  { .first = 10, .last = 90, .passes = 1 },
	  { .first = 10, .last = 90, .passes = 1 } },
	{ "one lies within the other",
	  { .first = 10, .last = 40 },
	  { .first = 20, .last = 30 },
	  { .first = 10, .last = 40 } },
	{ "one has passed, the other is older and newer",
	  { .first = 100, .last = 500, .passes = 1 },
	  { .first = 5, .last = 900, .early = 3 },
	  { .first = 100, .last = 500, .passes = 1 } },
	{ "both have passed",
	  { .first = 100, .last = 500, .passes = 1 },
	  { .first = 50, .last = 400, .passes = 7, .identity = GREY_BY_RDNS },
	  { .first = 50, .last = 500, .passes = 7, .identity = GREY_BY_RDNS } },
};
#define MERGES (sizeof(merges) / sizeof(merges[0]))

static void test_merges(void **state)
{
	(void)state;
	for (size_t i = 0; i < MERGES; i++) {
		struct grey_record ab = grey_merge(&merges[i].a, &merges[i].b);
		struct grey_record ba = grey_merge(&merges[i].b, &merges[i].a);
		struct grey_record again = grey_merge(&ab, &merges[i].a);

		assert_record(&ab, &merges[i].want, merges[i].name);
		assert_record(&ba, &merges[i].want, merges[i].name);
		assert_record(&again, &merges[i].want, merges[i].name);
	}
}

/* An import's result must not depend on the order of the files. */
static void test_order_does_not_matter(void **state)
{
	struct grey_record all[2 * MERGES];

	(void)state;
	for (size_t i = 0; i < MERGES; i++) {
		all[2 * i] = merges[i].a;
		all[2 * i + 1] = merges[i].b;
	}
	for (size_t i = 0; i < 2 * MERGES; i++)
		for (size_t j = 0; j < 2 * MERGES; j++)
			for (size_t k = 0; k < 2 * MERGES; k++) {
				struct grey_record ij = grey_merge(&all[i], &all[j]);
				struct grey_record jk = grey_merge(&all[j], &all[k]);
				struct grey_record left = grey_merge(&ij, &all[k]);
				struct grey_record right = grey_merge(&all[i], &jk);

				assert_record(&left, &right, "three in a row");
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_moments_are_kept),
		cmocka_unit_test(test_merges),
		cmocka_unit_test(test_order_does_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
