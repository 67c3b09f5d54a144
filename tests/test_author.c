#include "test.h"

#include "codec/author.h"

static const struct {
	const char *name, *from;
	enum status st;
	const char *domain;
} cases[] = {
	{ "plain", " rin@shop.example", ST_OK, "shop.example" },
	{ "with a name", "Rin Tanuki <rin@shop.example>", ST_OK, "shop.example" },
	{ "in capitals", "RIN@SHOP.Example", ST_OK, "shop.example" },
	{ "a quoted name", "\"a@evil.example, <b>\" <rin@shop.example>", ST_OK, "shop.example" },
	{ "an escape in it", "\"a\\\" <x@evil.example>\" <rin@shop.example>", ST_OK,
	  "shop.example" },
	{ "an address for a name", "a@evil.example <rin@shop.example>", ST_OK, "shop.example" },
	{ "an encoded word", "=?utf-8?q?Rin=40evil.example?= <rin@shop.example>", ST_OK,
	  "shop.example" },
	{ "dots in the name", "Rin T. <rin@shop.example>", ST_OK, "shop.example" },
	{ "comments", "(a(b)\\))rin(c)@(d)shop.(e)example(f)", ST_OK, "shop.example" },
	{ "a comment with an address", "rin@shop.example (x@evil.example)", ST_OK, "shop.example" },
	{ "folded", "Rin\r\n <rin@shop.example>\n\t", ST_OK, "shop.example" },
	{ "blanks around dots", "<rin @ shop . example>", ST_OK, "shop.example" },
	{ "a quoted local part", "\"rin@evil.example\"@shop.example", ST_OK, "shop.example" },
	{ "a dot at the end", "<rin@shop.example.>", ST_OK, "shop.example" },
	{ "beyond ASCII", "<rin@k\xc3\xb6ln.example>", ST_OK, "k\xc3\xb6ln.example" },
	{ "two of one domain", "rin@shop.example, <ken@SHOP.example>", ST_OK, "shop.example" },
	{ "empty ones between", ",rin@shop.example,,", ST_OK, "shop.example" },
	{ "a group", "Shop: rin@shop.example, ken@shop.example;", ST_OK, "shop.example" },
	{ "a group and more", "Shop: rin@shop.example;, ken@shop.example", ST_OK, "shop.example" },
	{ "two domains", "rin@shop.example, ken@other.example", ST_LIMIT, "" },
	{ "two domains in a group", "Shop: rin@shop.example, ken@other.example;", ST_LIMIT, "" },
	{ "a group of nobody", "Undisclosed senders:;", ST_NOTFOUND, "" },
	{ "nothing", "", ST_NOTFOUND, "" },
	{ "blanks", " \r\n\t", ST_NOTFOUND, "" },
	{ "a comment alone", "(rin@shop.example)", ST_NOTFOUND, "" },
	{ "a literal", "rin@[192.0.2.1]", ST_NOTFOUND, "" },
	{ "a name alone", "Rin", ST_INVALID, "" },
	{ "no domain", "rin@", ST_INVALID, "" },
	{ "no local part", "@shop.example", ST_INVALID, "" },
	{ "the null sender", "<>", ST_INVALID, "" },
	{ "two at", "rin@evil.example@shop.example", ST_INVALID, "" },
	{ "a route", "<@evil.example:rin@shop.example>", ST_INVALID, "" },
	{ "no bracket at the end", "<rin@shop.example", ST_INVALID, "" },
	{ "a bracket too many", "rin@shop.example>", ST_INVALID, "" },
	{ "brackets in brackets", "<<rin@shop.example>>", ST_INVALID, "" },
	{ "two in brackets", "<rin@shop.example> <ken@other.example>", ST_INVALID, "" },
	{ "words behind it", "<rin@shop.example> ken", ST_INVALID, "" },
	{ "two without a comma", "rin@shop.example ken@other.example", ST_INVALID, "" },
	{ "a list in brackets", "<rin@shop.example, ken@shop.example>", ST_INVALID, "" },
	{ "two dots", "rin@shop..example", ST_INVALID, "" },
	{ "a quoted domain", "rin@\"shop.example\"", ST_INVALID, "" },
	{ "a group within a group", "A: B: rin@shop.example;;", ST_INVALID, "" },
	{ "a group without end", "A: rin@shop.example", ST_INVALID, "" },
	{ "a semicolon outside", "rin@shop.example; x", ST_INVALID, "" },
	{ "quotes without end", "\"Rin <rin@shop.example>", ST_INVALID, "" },
	{ "a comment without end", "rin@shop.example (", ST_INVALID, "" },
	{ "a comment that closes only", "rin@shop.example )", ST_INVALID, "" },
	{ "a literal without end", "rin@[192.0.2.1", ST_INVALID, "" },
	{ "a literal behind a label", "rin@a.[192.0.2.1]", ST_INVALID, "" },
	{ "a literal before a label", "rin@[192.0.2.1].a", ST_INVALID, "" },
	{ "a backslash outside", "rin\\@shop.example", ST_INVALID, "" },
	{ "a control octet", "rin@shop\x01.example", ST_INVALID, "" },
};

static void test_domains(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out = buf_of(300);

		print_message("%s\n", cases[i].name);
		assert_int_equal(author_domain(view_of(cases[i].from), &out), cases[i].st);
		assert_string_equal(buf_text(&out), cases[i].domain);
		buf_free(&out);
	}
}

/* No prefix has another domain than a beginning of the whole one's. */
static void test_every_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view whole = view_of(cases[i].from);

		for (size_t n = 0; n <= whole.n; n++) {
			struct buf out = buf_of(300);
			enum status st = author_domain(view_first(whole, n), &out);

			assert_true((st == ST_OK) == (out.n > 0));
			buf_free(&out);
		}
	}
}

static void test_bounds(void **state)
{
	struct buf text = buf_of(100000), out = buf_of(300), small = buf_of(3);

	(void)state;
	assert_int_equal(buf_append(&text, VIEW("a@")), ST_OK);
	for (size_t i = 0; i < AUTHOR_DOMAIN_MAX; i++)
		assert_int_equal(buf_byte(&text, 'b'), ST_OK);
	assert_int_equal(author_domain(buf_view(&text), &out), ST_OK);
	assert_int_equal(out.n, AUTHOR_DOMAIN_MAX);
	assert_int_equal(author_domain(buf_view(&text), &small), ST_LIMIT);
	assert_int_equal(buf_byte(&text, 'b'), ST_OK);
	assert_int_equal(author_domain(buf_view(&text), &out), ST_LIMIT);
	assert_int_equal(out.n, AUTHOR_DOMAIN_MAX);
	buf_clear(&text);
	for (size_t i = 0; i < 60000; i++)
		assert_int_equal(buf_byte(&text, '('), ST_OK);
	assert_int_equal(author_domain(buf_view(&text), &out), ST_INVALID);
	buf_free(&text);
	buf_free(&out);
	buf_free(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_domains),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
