#include "test.h"

#include <stdlib.h>

#include "util/nameset.h"

static const char *const names[] = { "example.com", "Mail.Example.NET", "bob@example.org", ".dot",
	                             "" };

static struct nameset *set_of_names(size_t count)
{
	struct nameset *set = nameset_new();

	for (size_t i = 0; i < count; i++)
		assert_int_equal(nameset_add(set, view_of(names[i]), (uint32_t)i), ST_OK);
	return set;
}

static void test_find(void **state)
{
	static const struct {
		const char *head;
		const char *tail;
		int value; /* -1: not there */
	} cases[] = {
		{ "example.com", "", 0 },     { "", "EXAMPLE.com", 0 },
		{ "exam", "ple.com", 0 },     { "mail.example.net", "", 1 },
		{ "bob", "@example.org", 2 }, { "bo", "@example.org", -1 },
		{ "example.co", "", -1 },     { "", "", 4 },
	};
	struct nameset *set = set_of_names(5);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t value = 99;
		bool found =
			nameset_find(set, view_of(cases[i].head), view_of(cases[i].tail), &value);

		assert_int_equal(found ? (int)value : -1, cases[i].value);
		assert_true(found || value == 99);
	}
	assert_int_equal(nameset_count(set), 5);
	nameset_free(&set);
	assert_null(set);
	nameset_free(&set);
}

static void test_find_domain(void **state)
{
	static const struct {
		const char *name;
		int value;
	} cases[] = {
		{ "example.com", 0 },
		{ "a.example.com", 0 },
		{ "a.b.EXAMPLE.com", 0 },
		{ "xexample.com", -1 },
		{ "com", -1 },
		{ "x..dot", 3 },
		{ "x.dot", -1 },
		{ ".example.com", 0 },
		{ "example.com.", -1 },
		{ "example.net", -1 },
		{ "x.mail.example.net", 1 },
		{ "", -1 },
	};
	struct nameset *set = set_of_names(4);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t value = 99;
		bool found = nameset_find_domain(set, view_of(cases[i].name), &value);

		if ((found ? (int)value : -1) != cases[i].value)
			fail_msg("%s", cases[i].name);
	}
	nameset_free(&set);
}

static void test_first_value_stays(void **state)
{
	struct nameset *set = nameset_new();
	uint32_t value = 0;

	(void)state;
	assert_int_equal(nameset_add(set, VIEW("a.example"), 7), ST_OK);
	assert_int_equal(nameset_add(set, VIEW("A.EXAMPLE"), 8), ST_OK);
	assert_true(nameset_find(set, VIEW("a.example"), VIEW(""), &value));
	assert_int_equal(value, 7);
	assert_int_equal(nameset_count(set), 1);
	assert_true(nameset_find(set, VIEW("a.example"), VIEW(""), NULL));
	nameset_free(&set);
}

static void test_growth(void **state)
{
	struct nameset *set = nameset_new();
	char name[32];

	(void)state;
	for (uint32_t i = 0; i < 100000; i++) {
		(void)snprintf(name, sizeof(name), "n%u.example", i);
		assert_int_equal(nameset_add(set, view_of(name), i), ST_OK);
	}
	for (uint32_t i = 0; i < 100000; i++) {
		uint32_t value = 0;

		(void)snprintf(name, sizeof(name), "a.n%u.example", i);
		assert_true(nameset_find_domain(set, view_of(name), &value));
		assert_int_equal(value, i);
	}
	assert_int_equal(nameset_count(set), 100000);
	assert_true(nameset_size(set) < (size_t)8 << 20);
	nameset_free(&set);
}

static void test_suffixes(void **state)
{
	struct nameset *set = nameset_new();

	(void)state;
	assert_false(nameset_find_suffix(set, VIEW("a.example")));
	assert_int_equal(nameset_add(set, VIEW("Uki.example"), 0), ST_OK);
	assert_true(nameset_find_suffix(set, VIEW("tanuki.EXAMPLE")));
	assert_true(nameset_find_suffix(set, VIEW("uki.example")));
	assert_false(nameset_find_suffix(set, VIEW("ki.example")));
	assert_false(nameset_find_suffix(set, VIEW("uki.example.org")));
	assert_false(nameset_find_suffix(set, VIEW("")));
	nameset_free(&set);
}

static void test_walk(void **state)
{
	struct nameset *set = nameset_new();
	struct view name;
	char *long_name = malloc(20000);
	size_t at = 0;

	(void)state;
	assert_non_null(long_name);
	memset(long_name, 'X', 20000);
	assert_false(nameset_next(set, &at, &name));
	assert_int_equal(nameset_add(set, VIEW("B.example"), 0), ST_OK);
	assert_int_equal(nameset_add(set, (struct view){ long_name, 20000 }, 0), ST_OK);
	assert_int_equal(nameset_add(set, VIEW("b.EXAMPLE"), 0), ST_OK);
	assert_int_equal(nameset_add(set, VIEW(""), 0), ST_OK);
	assert_int_equal(nameset_add(set, VIEW("a\0b"), 0), ST_OK);
	assert_true(nameset_next(set, &at, &name));
	assert_view(name, "b.example");
	assert_true(nameset_next(set, &at, &name));
	assert_int_equal(name.n, 20000);
	assert_int_equal(name.p[19999], 'x');
	assert_true(nameset_next(set, &at, &name));
	assert_int_equal(name.n, 0);
	assert_true(nameset_next(set, &at, &name));
	assert_int_equal(name.n, 3);
	assert_false(nameset_next(set, &at, &name));
	nameset_free(&set);
	free(long_name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_find_domain),
		cmocka_unit_test(test_first_value_stays),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_suffixes),
		cmocka_unit_test(test_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
