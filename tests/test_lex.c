#include "test.h"

#include "conf/lex.h"

/* A text as a line of tokens: kind letter and text, read with one `want` throughout. */
static void read_all(const char *text, enum lex_want want, char *out, size_t size)
{
	static const char letters[] = "EnwamsrpM";
	struct arena *arena = arena_new();
	struct diag why = { 0 };
	struct lex l;
	struct token t;
	size_t n = 0;

	assert_int_equal(lex_begin(&l, view_of(text), arena, &why), ST_OK);
	out[0] = '\0';
	for (;;) {
		if (lex_peek(&l, want, &t, &why) != ST_OK) {
			(void)snprintf(out + n, size - n, "!%u:%u", why.line, why.column);
			break;
		}
		lex_take(&l, &t);
		n += (size_t)snprintf(out + n, size - n, "%c", letters[t.kind]);
		if (t.kind == TOKEN_END)
			break;
		if (t.kind != TOKEN_NEWLINE)
			n += (size_t)snprintf(out + n, size - n, "(%.*s)", VIEW_ARG(t.text));
	}
	arena_free(&arena);
}

static void test_tokens(void **state)
{
	static const struct {
		const char *text;
		enum lex_want want;
		const char *tokens;
	} cases[] = {
		{ "", LEX_WORD, "E" },
		{ "a b\tc\n", LEX_WORD, "w(a)w(b)w(c)nE" },
		{ "a # b\nc", LEX_WORD, "w(a)nw(c)E" },
		{ "a \\ dropped # all\nb", LEX_WORD, "w(a)w(b)E" },
		{ "a \\", LEX_WORD, "w(a)E" },
		{ "# a \\\nb", LEX_WORD, "nw(b)E" },
		{ "a\r\nb\r\n", LEX_WORD, "w(a)nw(b)nE" },
		{ "addr: x", LEX_WORD, "w(addr)w(x)E" },
		{ "\"a b\" \"\" \"#\"", LEX_WORD, "s(a b)s()s(#)E" },
		{ "\"say \\\"hi\\\" \\n\"", LEX_WORD, "s(say \"hi\" \\n)E" },
		{ "\"a", LEX_WORD, "!1:1" },
		{ "x \"a\n\"", LEX_WORD, "w(x)!1:3" },
		{ "\"a\\\"", LEX_WORD, "!1:1" },
		{ "{}*,!!=>=<===+=-=", LEX_WORD,
		  "M({)M(})M(*)M(,)M(!)M(!=)M(>=)M(<=)M(==)M(+=)M(-=)E" },
		{ "/24 /x/", LEX_WORD, "M(/)w(24)M(/)w(x)M(/)E" },
		{ "/x/ /a\\/b/", LEX_PATTERN, "r(x)r(a/b)E" },
		{ "/a\\\\/ b", LEX_PATTERN, "r(a\\\\)w(b)E" },
		{ "/[\"#\\d]/", LEX_PATTERN, "r([\"#\\d])E" },
		{ "/x", LEX_PATTERN, "!1:1" },
		{ "//", LEX_PATTERN, "!1:1" },
		{ "/a\\\n/", LEX_PATTERN, "!1:1" },
		{ "a@b.c", LEX_MAIL, "m(a@b.c)E" },
		{ "a@b}", LEX_MAIL, "m(a@b)M(})E" },
		{ "{a@b", LEX_MAIL, "m({a@b)E" },
		{ "/a/ /a@b/ /a/b@c", LEX_MAIL, "r(a)r(a@b)m(/a/b@c)E" },
		{ "\"a.b\"@c x\"y\"z@d", LEX_MAIL, "m(\"a.b\"@c)m(x\"y\"z@d)E" },
		{ "a@", LEX_MAIL, "w(a)!1:2" },
		{ "2001:db8::1 192.0.2.1 fe80::1%eth0", LEX_ADDRESS,
		  "a(2001:db8::1)a(192.0.2.1)a(fe80::1%eth0)E" },
		{ "192.0.2.0/24", LEX_ADDRESS, "a(192.0.2.0)M(/)a(24)E" },
		{ "$p $a-b $x-=1 $y", LEX_WORD, "p(p)p(a-b)p(x)M(-=)w(1)p(y)E" },
		{ "$ x", LEX_WORD, "!1:1" },
		{ "-1 -5m", LEX_WORD, "w(-1)w(-5m)E" },
		{ "a \\\n \x80", LEX_WORD, "w(a)!2:2" },
		{ "\xef\xbb\xbf"
		  "a",
		  LEX_WORD, "w(a)E" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[500];

		read_all(cases[i].text, cases[i].want, out, sizeof(out));
		if (strcmp(out, cases[i].tokens) != 0)
			fail_msg("%s: %s, not %s", cases[i].text, out, cases[i].tokens);
	}
}

static void test_places(void **state)
{
	struct arena *arena = arena_new();
	struct diag why = { 0 };
	struct lex l;
	struct token t;

	(void)state;
	assert_int_equal(lex_begin(&l, VIEW("a \\\n  bb{c"), arena, &why), ST_OK);
	assert_int_equal(lex_peek(&l, LEX_WORD, &t, &why), ST_OK);
	lex_take(&l, &t);
	assert_int_equal(lex_peek(&l, LEX_WORD, &t, &why), ST_OK);
	assert_int_equal(t.line, 2);
	assert_int_equal(t.column, 3);
	assert_false(t.glued);
	lex_take(&l, &t);
	assert_int_equal(lex_peek(&l, LEX_WORD, &t, &why), ST_OK);
	assert_int_equal(t.column, 5);
	assert_true(t.glued);
	arena_free(&arena);
}

static void test_bounds(void **state)
{
	struct arena *arena = arena_new();
	struct diag why = { 0 };
	char *text = arena_alloc(arena, CONF_STRING_MAX + 4);
	struct lex l;
	struct token t;

	(void)state;
	memset(text, 'x', CONF_STRING_MAX + 3);
	text[0] = '"';
	text[CONF_STRING_MAX + 1] = '"';
	assert_int_equal(lex_begin(&l, (struct view){ text, CONF_STRING_MAX + 2 }, arena, &why),
	                 ST_OK);
	assert_int_equal(lex_peek(&l, LEX_WORD, &t, &why), ST_OK);
	text[CONF_STRING_MAX + 1] = 'x';
	text[CONF_STRING_MAX + 2] = '"';
	assert_int_equal(lex_begin(&l, (struct view){ text, CONF_STRING_MAX + 3 }, arena, &why),
	                 ST_OK);
	assert_int_equal(lex_peek(&l, LEX_WORD, &t, &why), ST_LIMIT);
	assert_int_equal(lex_begin(&l, (struct view){ text, CONF_TEXT_MAX + 1 }, arena, &why),
	                 ST_LIMIT);
	arena_free(&arena);
}

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		enum status number_st;
		int64_t number;
		enum status time_st;
		int64_t seconds;
	} cases[] = {
		{ "0", ST_OK, 0, ST_OK, 0 },
		{ "300", ST_OK, 300, ST_OK, 300 },
		{ "10k", ST_OK, 10240, ST_INVALID, 0 },
		{ "2M", ST_OK, 2097152, ST_INVALID, 0 },
		{ "10K", ST_INVALID, 0, ST_INVALID, 0 },
		{ "5s", ST_INVALID, 0, ST_OK, 5 },
		{ "5m", ST_INVALID, 0, ST_OK, 300 },
		{ "2h", ST_INVALID, 0, ST_OK, 7200 },
		{ "3d", ST_INVALID, 0, ST_OK, 259200 },
		{ "1w", ST_INVALID, 0, ST_OK, 604800 },
		{ "5D", ST_INVALID, 0, ST_INVALID, 0 },
		{ "-5m", ST_INVALID, 0, ST_OK, -300 },
		{ "", ST_INVALID, 0, ST_INVALID, 0 },
		{ "m", ST_INVALID, 0, ST_INVALID, 0 },
		{ "k", ST_INVALID, 0, ST_INVALID, 0 },
		{ "--1", ST_INVALID, 0, ST_INVALID, 0 },
		{ "99999999999999999999", ST_LIMIT, 0, ST_LIMIT, 0 },
		{ "99999w", ST_INVALID, 0, ST_LIMIT, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t number = 0, seconds = 0;

		assert_int_equal(lex_number(view_of(cases[i].text), INT64_MAX, &number),
		                 cases[i].number_st);
		assert_int_equal(number, cases[i].number);
		assert_int_equal(lex_duration(view_of(cases[i].text), &seconds), cases[i].time_st);
		assert_int_equal(seconds, cases[i].seconds);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
