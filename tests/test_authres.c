#include "test.h"

#include "codec/authres.h"
#include "codec/header_text.h"

static void test_writes(void **state)
{
	/* The facts are those of RFC 8601 appendix B. */
	static const struct {
		const char *name;
		struct authres_result results[3];
		size_t count;
		const char *want;
	} cases[] = {
		{ "B.2: nothing done", { { NULL } }, 0, "example.org; none" },
		{ "B.3: SMTP AUTH's place is taken by SPF",
		  { { "spf",
		      "pass",
		      VIEW_INIT(""),
		      { { "smtp", "mailfrom", VIEW_INIT("example.net") } },
		      1 } },
		  1,
		  "example.org; spf=pass smtp.mailfrom=example.net" },
		{ "B.5: two methods",
		  { { "dkim",
		      "pass",
		      VIEW_INIT("good signature"),
		      { { "header", "d", VIEW_INIT("mail-router.example.net") } },
		      1 },
		    { "dkim",
		      "fail",
		      VIEW_INIT("bad signature"),
		      { { "header", "d", VIEW_INIT("newyork.example.com") } },
		      1 } },
		  2,
		  "example.org; dkim=pass (good signature) header.d=mail-router.example.net; "
		  "dkim=fail (bad signature) header.d=newyork.example.com" },
		{ "an address stands as it is",
		  { { "spf",
		      "fail",
		      VIEW_INIT(""),
		      { { "smtp", "mailfrom", VIEW_INIT("a+b=c@x.example") },
		        { "smtp", "helo", VIEW_INIT("mx") } },
		      2 } },
		  1,
		  "example.org; spf=fail smtp.mailfrom=\"a+b=c@x.example\" smtp.helo=mx" },
		{ "empty properties are left out",
		  { { "spf",
		      "none",
		      VIEW_INIT(""),
		      { { "smtp", "mailfrom", VIEW_INIT("") },
		        { "smtp", "helo", VIEW_INIT("mx") } },
		      2 } },
		  1,
		  "example.org; spf=none smtp.helo=mx" },
		{ "a signature's beginning is base64",
		  { { "dkim",
		      "pass",
		      VIEW_INIT(""),
		      { { "header", "b", VIEW_INIT("a/b+c=") } },
		      1 } },
		  1,
		  "example.org; dkim=pass header.b=\"a/b+c=\"" },
		{ "hostile octets stay inside",
		  { { "spf",
		      "fail",
		      VIEW_INIT("x) y=z (\\"),
		      { { "smtp", "mailfrom", VIEW_INIT("a\"; dkim=pass\r\n\tb\\@x") } },
		      1 } },
		  1,
		  "example.org; spf=fail (x\\) y=z \\(\\\\) smtp.mailfrom=\"a\\\"; "
		  "dkim=pass???b\\\\@x\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out = buf_of(1000);

		print_message("%s\n", cases[i].name);
		assert_int_equal(authres_put(&out, AUTHRES_ONE_LINE, VIEW("example.org"),
		                             cases[i].results, cases[i].count),
		                 ST_OK);
		assert_string_equal(buf_text(&out), cases[i].want);
		buf_free(&out);
	}
}

static void test_folds(void **state)
{
	const struct authres_result results[] = { { .method = "spf", .result = "pass" },
		                                  { .method = "iprev", .result = "fail" } };
	struct buf out = buf_of(100);

	(void)state;
	assert_int_equal(authres_put(&out, AUTHRES_FOLDED, VIEW("mx.example"), results, 2), ST_OK);
	assert_string_equal(buf_text(&out), "mx.example;\n\tspf=pass;\n\tiprev=fail");
	buf_free(&out);
}

static void test_all_or_nothing(void **state)
{
	const struct authres_result r = { .method = "spf",
		                          .result = "pass",
		                          .reason = VIEW("why"),
		                          .property = { { "smtp", "helo", VIEW("a b") } },
		                          .properties = 1 };
	struct buf whole = buf_of(200);

	(void)state;
	assert_int_equal(authres_put(&whole, AUTHRES_FOLDED, VIEW("mx"), &r, 1), ST_OK);
	for (size_t max = 0; max < whole.n; max++) {
		struct buf out = buf_of(max);

		assert_int_equal(authres_put(&out, AUTHRES_FOLDED, VIEW("mx"), &r, 1), ST_LIMIT);
		assert_int_equal(out.n, 0);
		buf_free(&out);
	}
	buf_free(&whole);
}

static void test_words(void **state)
{
	static const struct {
		const char *text;
		enum header_form form;
		const char *want;
	} cases[] = {
		{ "", HEADER_WORD, "\"\"" },
		{ "a.b", HEADER_WORD, "a.b" },
		{ ".a", HEADER_WORD, "\".a\"" },
		{ "a.", HEADER_WORD, "\"a.\"" },
		{ "a..b", HEADER_WORD, "\"a..b\"" },
		{ "a@b", HEADER_WORD, "\"a@b\"" },
		{ "a@b", HEADER_ADDRESS, "a@b" },
		{ "a@", HEADER_ADDRESS, "\"a@\"" },
		{ "@b", HEADER_ADDRESS, "@b" },
		{ "a@b@c", HEADER_ADDRESS, "\"a@b@c\"" },
		{ "2001:db8::1", HEADER_WORD, "\"2001:db8::1\"" },
		{ "k\xc3\xb6ln", HEADER_WORD, "\"k\xc3\xb6ln\"" },
		{ "k\xf6ln", HEADER_WORD, "\"k?ln\"" },
		{ "\xed\xa0\x80", HEADER_WORD, "\"???\"" },      /* a surrogate */
		{ "\xc0\xaf", HEADER_WORD, "\"??\"" },           /* too long a form */
		{ "\xf4\x90\x80\x80", HEADER_WORD, "\"????\"" }, /* beyond U+10FFFF */
		{ "\xf0\x9f\x92\x8c", HEADER_WORD, "\"\xf0\x9f\x92\x8c\"" },
		{ "\xe2\x82", HEADER_WORD, "\"??\"" },
		{ "a\177", HEADER_WORD, "\"a?\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out = buf_of(100);

		print_message("%s\n", cases[i].text);
		assert_int_equal(header_put_word(&out, cases[i].form, view_of(cases[i].text)),
		                 ST_OK);
		assert_string_equal(buf_text(&out), cases[i].want);
		buf_free(&out);
	}
}

static void test_long_texts_are_marked(void **state)
{
	struct buf text = buf_of(2000), out = buf_of(2000);

	(void)state;
	for (size_t i = 0; i < HEADER_TEXT_MAX - 1; i++)
		assert_int_equal(buf_byte(&text, 'a'), ST_OK);
	assert_int_equal(buf_append(&text, VIEW("\xc3\xb6"
	                                        "b")),
	                 ST_OK);
	assert_int_equal(header_put_word(&out, HEADER_WORD, buf_view(&text)), ST_OK);
	assert_int_equal(out.n, HEADER_TEXT_MAX + 1 + strlen("\"...\""));
	assert_memory_equal(out.p + out.n - 6, "\xc3\xb6...\"", 6);
	buf_free(&text);
	buf_free(&out);
}

static const struct {
	const char *name, *value;
	enum authres_owner owner;
} owners[] = {
	{ "plain", "mx.example.org; spf=pass", AUTHRES_OURS },
	{ "alone", "mx.example.org", AUTHRES_OURS },
	{ "another case", "MX.Example.ORG; none", AUTHRES_OURS },
	{ "quoted", "\"mx.example.org\"; none", AUTHRES_OURS },
	{ "quoted with escapes", "\"mx\\.ex\\ample.org\"; none", AUTHRES_OURS },
	{ "quoted and folded", "\"mx.exam\r\nple.org\"; none", AUTHRES_OURS },
	{ "blanks before it", " \t\r\n mx.example.org; none", AUTHRES_OURS },
	{ "a comment before it", " (hi (there)) mx.example.org; none", AUTHRES_OURS },
	{ "an escaped parenthesis in it", "(\\)) mx.example.org; none", AUTHRES_OURS },
	{ "comments without end of blanks", "(a)(b) (c)mx.example.org", AUTHRES_OURS },
	{ "a version behind it", "mx.example.org 1; none", AUTHRES_OURS },
	{ "a comment and a version behind it", "mx.example.org (c) 1 ; none", AUTHRES_OURS },
	{ "a version that is none", "mx.example.org x y", AUTHRES_OURS },
	{ "a comment glued to it", "mx.example.org(c); none", AUTHRES_OURS },
	{ "a dot at its end", "mx.example.org.; none", AUTHRES_OURS },
	{ "a slash behind it", "mx.example.org/1; none", AUTHRES_OURS },
	{ "another", "mx.example.net; none", AUTHRES_OTHER },
	{ "ours is a part of it", "mx.example.org.evil.example; none", AUTHRES_OTHER },
	{ "ours is its end", "a-mx.example.org; none", AUTHRES_OTHER },
	{ "it is a part of ours", "mx.example; none", AUTHRES_OTHER },
	{ "two dots", "mx.example.org..; none", AUTHRES_OTHER },
	{ "ours in a comment", "(mx.example.org) mx.example.net; none", AUTHRES_OTHER },
	{ "ours comes later", "x; mx.example.org; none", AUTHRES_OTHER },
	{ "empty", "", AUTHRES_MALFORMED },
	{ "blanks alone", " \r\n\t", AUTHRES_MALFORMED },
	{ "no id", "; none", AUTHRES_MALFORMED },
	{ "an empty quoted one", "\"\"; none", AUTHRES_MALFORMED },
	{ "a comment that does not end", "(a (b) mx.example.org; none", AUTHRES_MALFORMED },
	{ "quotes that do not end", "\"mx.example.org; none", AUTHRES_MALFORMED },
	{ "a parenthesis too many", ") mx.example.org; none", AUTHRES_MALFORMED },
	{ "a backslash at the end", "\"mx\\", AUTHRES_MALFORMED },
};

static void test_owners(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
		struct view value = view_of(owners[i].value);

		print_message("%s\n", owners[i].name);
		assert_int_equal(authres_owner_of(value, VIEW("mx.example.org")), owners[i].owner);
		assert_int_equal(authres_owner_of(value, VIEW("mx.example.org.")), owners[i].owner);
	}
}

/* Cut anywhere it is never taken for ours before the id is whole. */
static void test_every_cut(void **state)
{
	struct view whole = VIEW("(c) \"mx.example.org\" 1; spf=pass");

	(void)state;
	for (size_t n = 0; n < whole.n; n++) {
		enum authres_owner o =
			authres_owner_of(view_first(whole, n), VIEW("mx.example.org"));

		assert_int_equal(o, n < strlen("(c) \"mx.example.org\"") ? AUTHRES_MALFORMED
		                                                         : AUTHRES_OURS);
	}
}

/* What is written is known again. */
static void test_ours_is_ours(void **state)
{
	static const char *const ids[] = { "mx.example.org", "a b", "q\"q", "(c)", "x;y",
		                           "k\xc3\xb6ln" };

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct buf out = buf_of(200);

		assert_int_equal(authres_put(&out, AUTHRES_FOLDED, view_of(ids[i]), NULL, 0),
		                 ST_OK);
		assert_int_equal(authres_owner_of(buf_view(&out), view_of(ids[i])), AUTHRES_OURS);
		buf_free(&out);
	}
}

static void test_names(void **state)
{
	(void)state;
	assert_true(authres_is_name(VIEW("Authentication-Results")));
	assert_true(authres_is_name(VIEW("AUTHENTICATION-results \t")));
	assert_false(authres_is_name(VIEW("ARC-Authentication-Results")));
	assert_false(authres_is_name(VIEW("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_folds),
		cmocka_unit_test(test_all_or_nothing),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_long_texts_are_marked),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_ours_is_ours),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
