#include "engine/source.h"

#include "test.h"

static void check(enum status (*of)(struct view, struct buf *), const char *name,
                  const char *wanted)
{
	struct buf out = buf_of(SOURCE_TEXT_MAX);
	enum status st = of(view_of(name), &out);

	if (st != (wanted != NULL ? ST_OK : ST_NOTFOUND) ||
	    (wanted != NULL && strcmp(buf_text(&out), wanted) != 0))
		fail_msg("%s: %s", name, st == ST_OK ? buf_text(&out) : status_text(st));
	buf_free(&out);
}

static void test_names(void **state)
{
	static const struct {
		const char *name;
		const char *source; /* NULL: stands for nobody */
	} cases[] = {
		{ "mail.example.com", "rdns:example.com" },
		{ "a.b.c.Example.COM.", "rdns:example.com" },
		{ "mx.tanuki.co.jp", "rdns:tanuki.co.jp" },
		{ "example.com", "rdns:example.com" },
		{ "com", NULL }, /* a public suffix */
		{ "co.jp", NULL },
		{ "mail.github.io",
		  "rdns:mail.github.io" },        /* each user of a private suffix alone */
		{ "dsl12-34.example.com", NULL }, /* an end user's line */
		{ "unknown", NULL },
		{ "", NULL },
		{ "[192.0.2.1]", NULL },
		{ "192.0.2.1", NULL },
		{ "mail .example.com", NULL },
		{ "mail\xff.example.com", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(source_of_name, cases[i].name, cases[i].source);
}

static void test_long(void **state)
{
	struct buf out = buf_of(SOURCE_TEXT_MAX);
	char name[300];

	(void)state;
	memset(name, 'a', sizeof(name));
	for (size_t i = 50; i < sizeof(name); i += 50)
		name[i] = '.';
	memcpy(name + SOURCE_NAME_MAX - 4, ".com", 5);
	assert_int_equal(source_of_spf(view_of(name), &out), ST_OK);
	assert_int_equal(strlen(name), SOURCE_NAME_MAX);
	buf_free(&out);
	memcpy(name + SOURCE_NAME_MAX - 3, ".com", 5);
	check(source_of_spf, name, NULL);
}

static void test_spf(void **state)
{
	(void)state;
	check(source_of_spf, "news.shop.example.com", "spf:example.com");
	check(source_of_spf, "dsl12-34.example.com", "spf:example.com"); /* a domain, no client */
	check(source_of_spf, "jp", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_spf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
