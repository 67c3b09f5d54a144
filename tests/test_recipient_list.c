#include "listing.h"

#include "acl/recipient_list.h"
#include "util/file.h"

static struct recipient_list *list_of(struct view text, struct buf *warnings)
{
	const struct list_warnings sink = { keep_warning, warnings };
	struct recipient_list *list = recipient_list_new();
	struct diag why = { 0 };

	assert_int_equal(recipient_list_add(list, text, "recipients", &sink, &why), ST_OK);
	return list;
}

/* What Postgrey 1.37 does with one line and one recipient, and what we say about the line. */
static const struct {
	const char *name;
	const char *line;
	const char *address;
	bool match;
	const char *warning;
} vectors[] = {
	{ "1: a local part", "postmaster@", "postmaster@example.org", true, NULL },
	{ "2: a local part, letters in either case", "postmaster@", "PostMaster@EXAMPLE.org", true,
	  NULL },
	{ "3: a local part with an extension", "postmaster@", "postmaster+x@example.org", true,
	  NULL },
	{ "4: the end of a local part", "postmaster@", "notpostmaster@example.org", false, NULL },
	{ "5: a hyphen is no extension", "postmaster@", "postmaster-x@example.org", false, NULL },
	{ "6: no domain", "postmaster@", "postmaster", false, NULL },
	{ "7: an address", "bob@example.org", "bob@example.org", true, NULL },
	{ "8: an address with an extension", "bob@example.org", "Bob+tag@Example.Org", true, NULL },
	{ "9: an extension with a plus", "bob@example.org", "bob+a+b@example.org", true, NULL },
	{ "10: an empty extension", "bob@example.org", "bob+@example.org", false, NULL },
	{ "11: a sub-domain", "bob@example.org", "bob@sub.example.org", false, NULL },
	{ "12: a dot at the end", "bob@example.org.", "bob@example.org", false, "without the dot" },
	{ "13: a dot is a dot", "b.b@example.org", "bxb@example.org", false, NULL },
	{ "14: an extension in the list", "bob+tag@example.org", "bob+tag@example.org", true,
	  NULL },
	{ "15: an extension in the list, asked without", "bob+tag@example.org", "bob@example.org",
	  false, NULL },
	{ "16: a domain", "example.org", "x@example.org", true, NULL },
	{ "17: a sub-domain of a domain", "example.org", "x@mail.example.org", true, NULL },
	{ "18: a domain that ends alike", "example.org", "x@badexample.org", false, NULL },
	{ "19: a domain under another", "example.org", "x@example.org.uk", false, NULL },
	{ "20: a domain is no address", "example.org", "example.org", false, NULL },
	{ "21: a dot in front", ".example.org", "x@mail.example.org", false, "which includes" },
	{ "22: an @ in front", "@example.org", "x@example.org", true,
	  "exactly this domain" }, /* mended */
	{ "23: an @ in front, no local part", "@example.org", "@example.org", true,
	  "exactly this domain" },
	{ "24: a star in front", "*@example.org", "x@example.org", false,
	  "write @example.org, or example.org" },
	{ "25: a word is no local part", "bob", "bob@example.org", false, NULL },
	{ "26: a word is a domain", "bob", "x@bob", true, NULL },
	{ "27: a quoted local part", "\"a@b\"@example.org", "\"a@b\"@example.org", true, NULL },
	{ "28: a literal", "user@[192.168.7.1]", "user@[192.168.7.1]", true, NULL },
	{ "29: a remark", "bob@example.org # why", "bob@example.org", true, NULL },
	{ "30: a second word", "bob@example.org OK", "bob@example.org", false,
	  "more than one word" },
	{ "31: an expression", "/^sales-.*@example\\.org$/", "sales-eu@example.org", true, NULL },
	{ "32: an expression, letters in either case", "/^sales-.*@example\\.org$/",
	  "SALES-eu@EXAMPLE.ORG", true, NULL },
	{ "33: an expression is not anchored", "/example/", "x@my-example.net", true, NULL },
	{ "34: a blank in an expression", "/a b/", "a b@example.org", false, "write \\s" },
	{ "35: an exception", "!/x/", "x@y.example", false, "no exceptions" },
	/* Ours. */
	{ "an @ in front, a sub-domain", "@example.org", "x@a.example.org", false, "exactly this" },
	{ "an @ in front, a quoted local part", "@example.org", "\"a@b\"@example.org", true,
	  "exactly this" },
	{ "a domain, a quoted local part", "example.org", "\"a@b\"@example.org", true, NULL },
	{ "the null recipient", "example.org", "", false, NULL },
	{ "a domain's end without an @", "org", "bob.org", false, NULL },
	{ "an extension of an extension", "bob+a@example.org", "bob+a+b@example.org", true, NULL },
	{ "an empty extension before another", "bob@", "bob++b@example.org", true, NULL },
	{ "a local part in a sub-domain", "bob@*.example.org", "bob@a.example.org", false,
	  "has \"*\"" },
	{ "a local part at .domain", "bob@.example.org", "bob@a.example.org", false,
	  "begins with" },
	{ "a network", "192.168.7.0/24", "bob@[192.168.7.1]", false, "list of clients" },
	{ "a literal alone", "[192.168.7.1]", "bob@[192.168.7.1]", true, NULL },
	{ "an @ alone", "@", "bob@example.org", false, "needs a local part" },
	{ "angle brackets", "<bob@example.org>", "bob@example.org", false, "has \">\"" },
	{ "a table of Postfix", "hash:/etc/x", "x@example.org", false, "table of Postfix" },
	{ "a flag behind an expression", "/sales/i", "sales@example.org", false,
	  "drop what follows" },
	{ "UTF-8", "m\xc3\xbcller.example", "x@m\xc3\xbcller.example", true, NULL },
	{ "a # in an expression", "/^a#/ # b", "a#b@example.org", true, NULL },
};

static void test_vectors(void **state)
{
	struct buf warnings = buf_of(4096);

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct recipient_list *list = list_of(view_of(vectors[i].line), &warnings);

		if (recipient_list_has(list, view_of(vectors[i].address)) != vectors[i].match)
			fail_msg("%s: wanted %d", vectors[i].name, vectors[i].match);
		check_warnings(vectors[i].name, &warnings, vectors[i].warning);
		recipient_list_free(&list);
	}
	buf_free(&warnings);
}

static void test_place_of_an_entry(void **state)
{
	static const struct {
		const char *address;
		unsigned line; /* 0: no match */
	} cases[] = {
		{ "bob+x@example.org", 1 },      { "postmaster@example.net", 2 },
		{ "x@a.example.com", 3 },        { "x@example.net", 4 },
		{ "sales-eu@b.example.net", 5 }, { "x@b.example.net", 0 },
		{ "postmaster@example.com", 2 }, { "postmaster+@example.de", 0 },
	};
	struct buf warnings = buf_of(4096);
	struct recipient_list *list = list_of(VIEW("bob@example.org\npostmaster@\nexample.com\n"
	                                           "@example.net\n/^sales-/\n"),
	                                      &warnings);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct list_place where = { 0 };

		assert_int_equal(recipient_list_find(list, view_of(cases[i].address), &where),
		                 cases[i].line > 0);
		assert_int_equal(where.line, cases[i].line);
	}
	buf_free(&warnings);
	recipient_list_free(&list);
}

static void test_broken_expression_refuses_the_list(void **state)
{
	struct recipient_list *list = recipient_list_new();
	struct diag why = { 0 };
	char text[200];

	(void)state;
	assert_int_equal(recipient_list_add(list, VIEW("/a/\n/a\\/"), "bad", NULL, &why),
	                 ST_INVALID);
	diag_format(&why, text, sizeof(text));
	assert_string_equal(text, "bad:2:4: \\ at end of pattern");
	recipient_list_free(&list);
}

/* No prefix of an address is the address. */
static void test_every_prefix(void **state)
{
	struct buf warnings = buf_of(4096);
	struct recipient_list *list = list_of(VIEW("bob@example.org"), &warnings);
	struct view whole = VIEW("bob+tag@example.org");

	(void)state;
	for (size_t n = 0; n < whole.n; n++)
		assert_false(recipient_list_has(list, view_first(whole, n)));
	assert_true(recipient_list_has(list, whole));
	buf_free(&warnings);
	recipient_list_free(&list);
}

/* 100,000 plus signs: the search ends where the longest listed local part does. */
static void test_many_extensions(void **state)
{
	struct buf warnings = buf_of(4096), address = buf_of(100020);
	struct recipient_list *list = list_of(VIEW("bob@example.org"), &warnings);

	(void)state;
	assert_int_equal(buf_append(&address, VIEW("bob")), ST_OK);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(buf_byte(&address, '+'), ST_OK);
	assert_int_equal(buf_append(&address, VIEW("@example.org")), ST_OK);
	assert_true(recipient_list_has(list, buf_view(&address)));
	assert_false(recipient_list_has(list, view_from(buf_view(&address), 1)));
	buf_free(&warnings);
	buf_free(&address);
	recipient_list_free(&list);
}

static void test_our_own_list(void **state)
{
	struct buf text = buf_of((size_t)1 << 20), warnings = buf_of(4096);
	struct diag why = { 0 };
	struct recipient_list *list;

	(void)state;
	assert_int_equal(file_read("packaging/postgrey_whitelist_recipients", &text, &why), ST_OK);
	list = list_of(buf_view(&text), &warnings);
	check_warnings("packaging/postgrey_whitelist_recipients", &warnings, NULL);
	assert_true(recipient_list_has(list, VIEW("Postmaster@example.org")));
	assert_true(recipient_list_has(list, VIEW("abuse@example.org")));
	assert_false(recipient_list_has(list, VIEW("bob@example.org")));
	buf_free(&text);
	buf_free(&warnings);
	recipient_list_free(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_place_of_an_entry),
		cmocka_unit_test(test_broken_expression_refuses_the_list),
		cmocka_unit_test(test_every_prefix),
		cmocka_unit_test(test_many_extensions),
		cmocka_unit_test(test_our_own_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
