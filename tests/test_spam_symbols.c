#include "codec/spam_symbols.h"

#include "test.h"

static const struct {
	const char *name;
	const char *list;
	const char *kept;
} lists[] = {
	{ "nothing", "", "" },
	{ "only a line end", "\r\n", "" },
	{ "one", "BAYES_99", "BAYES_99" },
	{ "several", "BAYES_99,URIBL_BLACK,T_x1\r\n", "BAYES_99,URIBL_BLACK,T_x1" },
	{ "blanks behind commas", "A, B,\n\tC", "A,B,C" },
	{ "it ends at a word that no comma leads in", "A,B autolearn=no", "A,B" },
	{ "a comma at the end", "A,B,", "A,B" },
	{ "an empty name", "A,,B", "A" },
	{ "an odd octet", "A,B\001,C", "A,B" },
	{ "an odd octet first", "\xc3\xa4,B", "" },
};

static void test_lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct spam_symbols s;

		print_message("%s\n", lists[i].name);
		spam_symbols_of_list(view_of(lists[i].list), &s);
		assert_view(spam_symbols_view(&s), lists[i].kept);
		assert_true(spam_symbols_valid(spam_symbols_view(&s)));
	}
}

static const struct {
	const char *name;
	const char *headers;
	const char *kept;
} headers[] = {
	{ "no headers", "", "" },
	{ "another header", "X-Spam-Flag: YES\ntests=A\n", "" },
	{ "folded",
	  "X-Spam-Flag: YES\nX-Spam-Status: Yes, score=7.4 required=5.0 tests=A,B,\n\tC,\n\tD "
	  "autolearn=no\n\tversion=4.0.1\nSubject: tests=E\n",
	  "A,B,C,D" },
	{ "CR LF", "x-spam-status: No, score=1.0\r\n tests=A,\r\n B\r\nSubject: x\r\n", "A,B" },
	{ "none", "X-Spam-Status: No, score=0.0 tests=none autolearn=ham\n", "" },
	{ "a word that only ends so", "X-Spam-Status: No, mytests=A tests=B\n", "B" },
	{ "cut behind the name", "X-Spam-Status:", "" },
	{ "cut behind the word", "X-Spam-Status: tests=", "" },
};

static void test_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct spam_symbols s;
		struct view whole = view_of(headers[i].headers);

		print_message("%s\n", headers[i].name);
		spam_symbols_of_headers(whole, &s);
		assert_view(spam_symbols_view(&s), headers[i].kept);
		for (size_t n = 0; n < whole.n; n++) {
			spam_symbols_of_headers(view_first(whole, n), &s);
			assert_true(spam_symbols_valid(spam_symbols_view(&s)));
		}
	}
}

/* Names of nine octets: with their commas 20 of them are 199 octets, and 21 are too many. */
static void test_bounds(void **state)
{
	char text[400];
	struct spam_symbols s;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i % 10 == 9 ? ',' : 'A');
	spam_symbols_of_list((struct view){ text, 199 }, &s);
	assert_int_equal(s.n, 199);
	spam_symbols_of_list((struct view){ text, 209 }, &s);
	assert_int_equal(s.n, 19 * 10 - 1 + 4);
	assert_memory_equal(s.p + 19 * 10 - 1, ",...", 4);
	assert_true(spam_symbols_valid(spam_symbols_view(&s)));
	memset(text, 'A', sizeof(text));
	spam_symbols_of_list((struct view){ text, SPAM_SYMBOLS_MAX }, &s);
	assert_int_equal(s.n, SPAM_SYMBOLS_MAX);
	spam_symbols_of_list((struct view){ text, SPAM_SYMBOLS_MAX + 1 }, &s);
	assert_view(spam_symbols_view(&s), "...");
	assert_false(spam_symbols_valid((struct view){ text, SPAM_SYMBOLS_MAX + 1 }));
	assert_false(spam_symbols_valid(VIEW("A,")));
	assert_false(spam_symbols_valid(VIEW("...,A")));
	assert_false(spam_symbols_valid(VIEW("A B")));
	assert_true(spam_symbols_valid(VIEW("A,...")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
