#include "test.h"

#include <stdlib.h>

#include "cli/service_text.h"

static void test_values(void **state)
{
	static const struct {
		const char *text;
		const char *value; /* of NAME; NULL: none */
	} cases[] = {
		{ "NAME=x\n", "x" },
		{ "NAME x", "x" },
		{ "name:\tx y  \n", "x y" },
		{ "  NAME = x\r\n", "x" },
		{ "export NAME=x\n", "x" },
		{ "NAME=\"x y\"\n", "x y" },
		{ "NAME='x # y' # z\n", "x # y" },
		{ "NAME=\"x\"y\n", "x" },
		{ "NAME=\"x\n", "\"x" },
		{ "NAME=x # y\n", "x" },
		{ "NAME=x#y\n", "x#y" },
		{ "name = \"x\";\n", "x" },
		{ "NAME=\n", "" },
		{ "NAME=x\nNAME=y\n", "y" },
		{ "NAME=x\n#NAME=y\n", "x" },
		{ "NAMES=x\n", NULL },
		{ "MYNAME=x\n", NULL },
		{ "NAME", NULL },
		{ "", NULL },
		{ "x NAME=x\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view v = { NULL, 0 };
		bool found = service_value(view_of(cases[i].text), "NAME", &v);

		if (found != (cases[i].value != NULL) ||
		    (found && !view_eq(v, view_of(cases[i].value))))
			fail_msg("%s: '%.*s'", cases[i].text, VIEW_ARG(v));
	}
}

static void test_expansion(void **state)
{
	static const struct view variables = VIEW_INIT("A=one\nB_2=\"t w o\"\nC=$A\n");
	static const struct {
		const char *text, *value;
	} cases[] = {
		{ "x", "x" },          { "$A", "one" },
		{ "${A}", "one" },     { "x$A/y", "xone/y" },
		{ "x${A}y", "xoney" }, { "$B_2.$A", "t w o.one" },
		{ "$C", "$A" }, /* once */
		{ "$NONE/x", "/x" },   { "$", "" },
		{ "$$", "" },          { "${", "" },
		{ "${A", "one" },      { "${}x", "x" },
		{ "$-x", "-x" },       { "", "" },
	};
	struct buf out = buf_of(64), many = buf_of(4096);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&out);
		assert_int_equal(service_expand(view_of(cases[i].text), variables, &out), ST_OK);
		if (!view_eq(buf_view(&out), view_of(cases[i].value)))
			fail_msg("%s: '%.*s'", cases[i].text, VIEW_ARG(buf_view(&out)));
	}
	for (unsigned i = 0; i < SERVICE_NAMES_MAX; i++)
		assert_int_equal(buf_append(&many, VIEW("$Z")), ST_OK);
	buf_clear(&out);
	assert_int_equal(service_expand(buf_view(&many), variables, &out), ST_OK);
	assert_int_equal(buf_append(&many, VIEW("$Z")), ST_OK);
	assert_int_equal(service_expand(buf_view(&many), variables, &out), ST_LIMIT);
	buf_clear(&many);
	for (unsigned i = 0; i < 40; i++)
		assert_int_equal(buf_append(&many, VIEW("$A")), ST_OK);
	assert_int_equal(service_expand(buf_view(&many), variables, &out),
	                 ST_LIMIT); /* 120 octets */
	/* A name is looked for as a whole. */
	buf_clear(&many);
	for (unsigned i = 0; i < 70; i++)
		assert_int_equal(buf_byte(&many, 'N'), ST_OK);
	assert_int_equal(buf_append(&many, VIEW("=x\n")), ST_OK);
	buf_clear(&out);
	assert_int_equal(service_expand(VIEW("$NNN"), buf_view(&many), &out), ST_OK);
	assert_int_equal(out.n, 0);
	buf_free(&out);
	buf_free(&many);
}

static void test_options(void **state)
{
	static const struct {
		const char *line, *value;
	} cases[] = {
		{ "/x -p unix:/s", "unix:/s" },
		{ "/x -punix:/s -D", "unix:/s" },
		{ "/x -p=unix:/s", "unix:/s" },
		{ "/x -p  \"unix:/s\" -q", "unix:/s" },
		{ "-x -P /pid -p /s", "/s" },
		{ "/x -p a -p b", "a" },
		{ "/x -p", NULL },
		{ "/x --port 5", NULL },
		{ "/x p /s", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view v = { NULL, 0 };
		bool found = service_option(view_of(cases[i].line), 'p', &v);

		if (found != (cases[i].value != NULL) ||
		    (found && !view_eq(v, view_of(cases[i].value))))
			fail_msg("%s: '%.*s'", cases[i].line, VIEW_ARG(v));
	}
}

static void test_unit_lines(void **state)
{
	struct buf out = buf_of(256);

	(void)state;
	assert_int_equal(service_assignments(VIEW("A=b C=d \"E=f g\" 'H=\"i'"), &out), ST_OK);
	assert_string_equal(buf_text(&out), "A=b\nC=d\nE=f g\nH=\"i");
	buf_clear(&out);
	assert_int_equal(buf_append(&out, VIEW("a \\\nb\n\\\n\\")), ST_OK);
	service_join_lines(&out);
	assert_string_equal(buf_text(&out), "a   b\n  \\");
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_expansion),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_unit_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
