#include "test.h"

#include <pthread.h>
#include <time.h>

#include "util/mem.h"
#include "util/regex.h"

static struct regex *compiled(struct view pattern, unsigned flags)
{
	struct regex *re = NULL;
	struct diag why = { 0 };

	if (regex_new(pattern, flags, &re, &why) != ST_OK)
		fail_msg("%.*s: %s", VIEW_ARG(pattern), why.text);
	return re;
}

static const struct {
	const char *name;
	const char *pattern;
	unsigned flags;
	const char *subject;
	enum status want;
} cases[] = {
	{ "not anchored", "b", REGEX_PLAIN, "abc", ST_OK },
	{ "anchored", "^b", REGEX_PLAIN, "abc", ST_NOTFOUND },
	{ "case counts", "B", REGEX_PLAIN, "abc", ST_NOTFOUND },
	{ "case does not count", "B", REGEX_CASELESS, "abc", ST_OK },
	{ "case of octets that are no ASCII", "\xc3\x84", REGEX_CASELESS, "\xc3\xa4", ST_NOTFOUND },
	{ "a digit", "^mx\\d+\\.", REGEX_CASELESS, "MX12.example", ST_OK },
	{ "a lazy repeat", "^a.*?b$", REGEX_PLAIN, "axxb", ST_OK },
	{ "a look behind", "(?<!x)b", REGEX_PLAIN, "xb", ST_NOTFOUND },
	{ "not UTF-8", "^.\\.", REGEX_PLAIN, "\xff.", ST_OK },
	{ "the empty pattern", "", REGEX_PLAIN, "abc", ST_OK },
	{ "the empty subject", "^$", REGEX_PLAIN, "", ST_OK },
	{ "repeats within repeats that match", "(a+)+$", REGEX_PLAIN, "aaaaaaaaaaaa", ST_OK },
	{ "repeats within repeats", "(?:a+)+b?$", REGEX_PLAIN,
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", ST_LIMIT },
	{ "alternatives that are one", "(a|a)*b$", REGEX_PLAIN,
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac-b", ST_LIMIT },
	{ "for ever the same place", "(?R)?a(?R)?(?R)?b", REGEX_PLAIN, "aaaaaaaaaaaaaaaaaaaaaaaac",
	  ST_NOTFOUND },
};

static void test_match(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct regex *re = compiled(view_of(cases[i].pattern), cases[i].flags);
		enum status st = regex_match(re, view_of(cases[i].subject), NULL, 0);

		if (st != cases[i].want)
			fail_msg("%s: %s", cases[i].name, status_text(st));
		regex_free(&re);
		assert_null(re);
		regex_free(&re);
	}
}

static void test_nul_is_an_octet(void **state)
{
	struct regex *re = compiled(VIEW("a\0b"), REGEX_PLAIN);

	(void)state;
	assert_int_equal(regex_match(re, VIEW("xa\0by"), NULL, 0), ST_OK);
	assert_int_equal(regex_match(re, VIEW("xa"), NULL, 0), ST_NOTFOUND);
	assert_int_equal(regex_match(re, (struct view){ NULL, 0 }, NULL, 0), ST_NOTFOUND);
	regex_free(&re);
}

static void test_groups(void **state)
{
	struct regex *re = compiled(VIEW("(\\w+)(-)?@((\\w+)\\.\\w+)()"), REGEX_PLAIN);
	struct view g[8];

	(void)state;
	assert_int_equal(regex_groups(re), 5);
	assert_int_equal(regex_match(re, VIEW("<bob@example.org>"), g, 8), ST_OK);
	assert_view(g[0], "bob@example.org");
	assert_view(g[1], "bob");
	assert_null(g[2].p);
	assert_view(g[3], "example.org");
	assert_view(g[4], "example");
	assert_non_null(g[5].p);
	assert_int_equal(g[5].n, 0);
	assert_null(g[6].p);
	assert_null(g[7].p);
	g[1] = VIEW("kept");
	assert_int_equal(regex_match(re, VIEW("bob@example.org"), g, 1), ST_OK);
	assert_view(g[1], "kept");
	regex_free(&re);
}

static void test_wrong_patterns(void **state)
{
	static const struct {
		const char *pattern;
		unsigned column;
		const char *text;
	} wrong[] = {
		{ "ab(c", 5, "missing closing parenthesis" },
		{ "ab)", 3, "unmatched closing parenthesis" },
		{ "a**+*", 3, "quantifier does not follow a repeatable item" },
		{ "[z-a]", 4, "range out of order" },
		{ "a\\", 3, "\\ at end of pattern" },
		{ "(*UTF)a", 7, "UTF" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct regex *re = NULL;
		struct diag why = { .file = "f" };

		assert_int_equal(regex_new(view_of(wrong[i].pattern), REGEX_PLAIN, &re, &why),
		                 ST_INVALID);
		assert_null(re);
		if (strstr(why.text, wrong[i].text) == NULL || why.column != wrong[i].column)
			fail_msg("%s: %u: %s", wrong[i].pattern, why.column, why.text);
		assert_int_equal(why.line, 1);
		assert_string_equal(why.file, "f");
	}
}

/* Every beginning of a pattern either compiles or is refused with a text. */
static void test_every_prefix(void **state)
{
	struct view whole = VIEW("^(?:(?<n>a|b)*[^x-z]{2,3}\\d+?|(?=\\x41)\\k<n>)$");

	(void)state;
	for (size_t n = 0; n <= whole.n; n++) {
		struct regex *re = NULL;
		struct diag why = { 0 };
		enum status st = regex_new(view_first(whole, n), REGEX_CASELESS, &re, &why);

		assert_int_equal(st == ST_OK, re != NULL);
		assert_int_equal(st == ST_OK, why.text[0] == '\0');
		if (re != NULL)
			assert_int_not_equal(regex_match(re, VIEW("ab12"), NULL, 0), ST_LIMIT);
		regex_free(&re);
	}
}

static void test_too_long(void **state)
{
	char *pattern = mem_alloc(REGEX_PATTERN_MAX + 1);
	struct regex *re = NULL;
	struct diag why = { 0 };

	(void)state;
	memset(pattern, 'a', REGEX_PATTERN_MAX + 1);
	assert_int_equal(
		regex_new((struct view){ pattern, REGEX_PATTERN_MAX + 1 }, REGEX_PLAIN, &re, &why),
		ST_LIMIT);
	assert_int_equal(
		regex_new((struct view){ pattern, REGEX_PATTERN_MAX / 2 }, REGEX_PLAIN, &re, &why),
		ST_OK);
	regex_free(&re);
	assert_int_equal(regex_new(VIEW("((a{1000}){1000}){1000}"), REGEX_PLAIN, &re, &why),
	                 ST_LIMIT);
	assert_null(re);
	mem_free(pattern);
}

/* What does not fit the stack of the machine code is matched without it. */
static void test_deep(void **state)
{
	struct regex *re = compiled(VIEW("^(?:(a)|(b))*$"), REGEX_PLAIN);
	size_t n = 4000;
	char *text = mem_alloc(n);

	(void)state;
	memset(text, 'a', n);
	assert_int_equal(regex_match(re, (struct view){ text, n }, NULL, 0), ST_OK);
	text[n - 1] = 'c';
	assert_int_equal(regex_match(re, (struct view){ text, n }, NULL, 0), ST_NOTFOUND);
	mem_free(text);
	regex_free(&re);
}

/* Forty thousand billion years without the limits. */
static void test_bounded_time(void **state)
{
	static const char *const slow[] = {
		"(x+)+y$",          "(x|x|x)*y$", "x*x*x*x*x*x*y$",
		"(?:x?){60}x{60}y", "(x*)*\\1y$", ".*.*.*.*.*.*=y",
	};
	char text[300];
	clock_t from = clock();

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = 'z';
	text[0] = 'y';
	for (size_t i = 0; i < sizeof(slow) / sizeof(slow[0]); i++) {
		struct regex *re = compiled(view_of(slow[i]), REGEX_CASELESS);

		assert_int_not_equal(regex_match(re, (struct view){ text, sizeof(text) }, NULL, 0),
		                     ST_OK);
		regex_free(&re);
	}
	assert_true((clock() - from) / CLOCKS_PER_SEC < 10);
}

static void *match_often(void *re)
{
	size_t wrong = 0;

	for (int i = 0; i < 2000; i++) {
		struct view g[2];

		wrong += regex_match(re, VIEW("mx12.example.org"), g, 2) != ST_OK || g[1].n != 2;
		wrong += regex_match(re, VIEW("mail.example.org"), NULL, 0) != ST_NOTFOUND;
	}
	return wrong == 0 ? re : NULL;
}

static void test_threads_share(void **state)
{
	struct regex *re = compiled(VIEW("^mx(\\d+)\\."), REGEX_PLAIN);
	pthread_t threads[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, match_often, re), 0);
	for (int i = 0; i < 4; i++) {
		void *result = NULL;

		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_non_null(result);
	}
	regex_free(&re);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),         cmocka_unit_test(test_nul_is_an_octet),
		cmocka_unit_test(test_groups),        cmocka_unit_test(test_wrong_patterns),
		cmocka_unit_test(test_every_prefix),  cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_deep),          cmocka_unit_test(test_bounded_time),
		cmocka_unit_test(test_threads_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
