#include "listing.h"

#include "acl/client_list.h"
#include "util/file.h"
#include "util/ip.h"

static struct client_list *list_of(struct view text, struct buf *warnings)
{
	const struct list_warnings sink = { keep_warning, warnings };
	struct client_list *list = client_list_new();
	struct diag why = { 0 };

	assert_int_equal(client_list_add(list, text, "clients", &sink, &why), ST_OK);
	client_list_seal(list);
	return list;
}

/* What Postgrey 1.37 does with one line and one client, and what we say about the line. */
static const struct {
	const char *name;
	const char *line;
	const char *client;
	const char *address;
	bool match;
	const char *warning;
} vectors[] = {
	{ "1: a name", "example.com", "example.com", "192.168.7.1", true, NULL },
	{ "2: a name under it", "example.com", "mail.example.com", "192.168.7.1", true, NULL },
	{ "3: a name that only ends alike", "example.com", "notexample.com", "192.168.7.1", false,
	  NULL },
	{ "4: a name under another domain", "example.com", "mail.example.com.au", "192.168.7.1",
	  false, NULL },
	{ "5: letters in either case", "EXAMPLE.com", "Mail.Example.COM", "192.168.7.1", true,
	  NULL },
	{ "6: a dot in front", ".example.com", "mail.example.com", "192.168.7.1", false,
	  "which includes all names under it" },
	{ "7: a dot in front, the name itself", ".example.com", "example.com", "192.168.7.1", false,
	  "which includes" },
	{ "8: a dot in front, an empty label", ".example.com", "a..example.com", "192.168.7.1",
	  true, "which includes" },
	{ "9: a dot at the end", "example.com.", "mail.example.com", "192.168.7.1", false,
	  "without the dot" },
	{ "10: a star in front", "*.example.com", "mail.example.com", "192.168.7.1", false,
	  "which includes" },
	{ "11: a top-level domain", "com", "mail.example.com", "192.168.7.1", true, NULL },
	{ "12: the name unknown", "unknown", "unknown", "192.168.7.1", true, NULL },
	{ "13: a remark", "example.com # note", "mail.example.com", "192.168.7.1", true, NULL },
	{ "14: a remark without a blank", "example.com#note", "mail.example.com", "192.168.7.1",
	  true, NULL },
	{ "15: blanks around", "   example.com   ", "mail.example.com", "192.168.7.1", true, NULL },
	{ "16: only a remark", "# example.com", "mail.example.com", "192.168.7.1", false, NULL },
	{ "17: a second word", "example.com OK", "mail.example.com", "192.168.7.1", false,
	  "more than one word" },
	{ "18: a second word behind a TAB", "192.168.7.1\tOK", "unknown", "192.168.7.1", false,
	  "more than one word" },
	{ "19: an underscore", "mail_x.example.com", "mail_x.example.com", "192.168.7.1", true,
	  NULL },
	{ "20: a sender", "user@example.com", "mail.example.com", "192.168.7.1", false,
	  "not by senders" },
	{ "21: an address", "192.168.7.1", "unknown", "192.168.7.1", true, NULL },
	{ "22: an address that begins alike", "192.168.7.1", "unknown", "192.168.7.10", false,
	  NULL },
	{ "23: a network", "192.168.7.0/24", "unknown", "192.168.7.200", true, NULL },
	{ "24: host bits in a network", "192.168.7.77/24", "unknown", "192.168.7.200", true, NULL },
	{ "25: the next network", "192.168.7.0/24", "unknown", "192.168.8.1", false, NULL },
	{ "26: below a network of 25 bits", "192.168.7.128/25", "unknown", "192.168.7.127", false,
	  NULL },
	{ "27: 33 bits", "192.168.7.0/33", "unknown", "192.168.7.1", false, "up to 32 bits" },
	{ "28: no bits", "192.168.7.0/0", "unknown", "203.0.113.8", true, NULL },
	{ "29: a netmask", "192.168.7.0/255.255.255.0", "unknown", "192.168.7.1", false,
	  "write 192.168.7.0/24" },
	{ "30: three numbers", "192.168.7", "unknown", "192.168.7.5", true, NULL },
	{ "31: three numbers, another network", "192.168.7", "unknown", "192.168.70.5", false,
	  NULL },
	{ "32: a dot behind three numbers", "192.168.7.", "unknown", "192.168.7.5", false,
	  "write 192.168.7.0/24" },
	{ "33: two numbers", "192.168", "unknown", "192.168.0.9", true,
	  "two numbers mean a /16 network, as until Postgrey 1.36; Postgrey 1.37 took them as "
	  "a.b.0.0/24" },
	{ "34: two numbers are a /16", "192.168", "unknown", "192.168.7.9", true,
	  "two numbers mean" }, /* mended */
	{ "35: one number", "192", "unknown", "192.168.7.9", false, "write 192.0.0.0/8" },
	{ "36: one number and bits", "192/8", "unknown", "192.168.7.9", false,
	  "write 192.0.0.0/8" },
	{ "37: three numbers and bits", "192.168.7/24", "unknown", "192.168.7.1", false,
	  "write 192.168.7.0/24" },
	{ "38: a number out of range", "999.168.7.1", "unknown", "192.168.7.1", false,
	  "numbers up to 255" },
	{ "39: zeros in front", "192.168.007.001", "unknown", "192.168.7.1", true,
	  "taken as 192.168.7.1" },
	{ "40: octal, not decimal", "192.168.7.010", "unknown", "192.168.7.10", false,
	  "taken as 192.168.7.8," },
	{ "41: octal", "192.168.7.010", "unknown", "192.168.7.8", true, "octal" },
	{ "42: an IPv6 address", "2001:db8:1::1", "unknown", "2001:db8:1::1", true, NULL },
	{ "43: an IPv6 address written otherwise", "2001:db8:1::1", "unknown",
	  "2001:DB8:1:0:0:0:0:1", true, NULL },
	{ "44: another IPv6 address", "2001:db8:1::1", "unknown", "2001:db8:1::2", false, NULL },
	{ "45: an IPv6 network", "2001:db8:1::/48", "unknown", "2001:db8:1:ffff::9", true, NULL },
	{ "46: the next IPv6 network", "2001:db8:1::/48", "unknown", "2001:db8:2::1", false, NULL },
	{ "47: 129 bits", "2001:db8:1::/129", "unknown", "2001:db8:1::1", false,
	  "neither an IPv6 network" },
	{ "48: brackets", "[2001:db8:1::1]", "unknown", "2001:db8:1::1", true, NULL },
	{ "49: a mapped address in the list", "::ffff:192.168.7.1", "unknown", "192.168.7.1", true,
	  NULL }, /* mended */
	{ "50: a mapped address asks", "192.168.7.1", "unknown", "::ffff:192.168.7.1", true,
	  NULL }, /* mended */
	{ "51: all of IPv6", "::/0", "unknown", "192.168.7.1", false,
	  "write 0.0.0.0/0 too" }, /* mended */
	{ "52: all of IPv4", "0.0.0.0/0", "unknown", "2001:db8:1::1", false, NULL },
	{ "53: an IPv4-compatible address", "::192.168.7.1", "unknown", "192.168.7.1", false,
	  "write 192.168.7.1/32" }, /* mended */
	{ "54: two colons", "foo:bar:baz", "foo:bar:baz", "192.168.7.1", false, "neither an IPv6" },
	{ "55: an expression", "/\\.example\\.com$/", "mail.example.com", "192.168.7.1", true,
	  NULL },
	{ "56: an expression, letters in either case", "/\\.example\\.com$/", "MAIL.EXAMPLE.COM",
	  "192.168.7.1", true, NULL },
	{ "57: an expression is not anchored", "/example/", "my-example-host.net", "192.168.7.1",
	  true, NULL },
	{ "58: an expression does not see the address", "/^192\\.168\\.7\\.1$/", "unknown",
	  "192.168.7.1", false, NULL },
	{ "59: an expression sees a name of numbers", "/^192\\.168\\.7\\.1$/", "192.168.7.1",
	  "203.0.113.1", true, NULL },
	{ "60: a bounded repeat", "/^mx[0-9]{2}\\./", "mx12.example.com", "192.168.7.1", true,
	  NULL },
	{ "61: a digit of Perl", "/^mx\\d+\\./", "mx12.example.com", "192.168.7.1", true, NULL },
	{ "62: an expression with alternatives", "/^(?:a|b)\\d*\\.example\\.com$/",
	  "a7.example.com", "192.168.7.1", true, NULL },
	{ "63: an expression for unknown", "/^unknown$/", "unknown", "192.168.7.1", true, NULL },
	{ "64: a blank in an expression", "/a b/", "a b", "192.168.7.1", false,
	  "write \\s for a blank" },
	{ "65: a blank as \\s", "/a\\sb/", "a b", "192.168.7.1", true, NULL },
	{ "66: a # in an expression", "/mail#1/", "mail#1.example.com", "192.168.7.1", true,
	  NULL }, /* mended */
	{ "68: an empty expression", "//", "anything.example", "192.168.7.1", false, "write /./" },
	{ "69: a flag behind an expression", "/foo/i", "foo.example.com", "192.168.7.1", false,
	  "drop what follows" },
	{ "70: half an expression", "/foo", "foo.example.com", "192.168.7.1", false,
	  "ends in a slash too" },
	{ "71: an exception", "!example.com", "mail.example.com", "192.168.7.1", false,
	  "no exceptions" },
	{ "72: a slash in an expression", "/a/b/", "xa/bx", "192.168.7.1", true, NULL },
	{ "73: a table of Postfix", "hash:/etc/x", "mail.example.com", "192.168.7.1", false,
	  "table of Postfix" },
	/* Ours. */
	{ "two numbers, their first /24", "192.168", "unknown", "192.169.0.1", false,
	  "two numbers" },
	{ "octal digits that are none", "192.168.7.09", "unknown", "192.168.7.9", false,
	  "up to 255" },
	{ "three numbers, one too high", "192.168.256", "unknown", "192.168.1.1", false,
	  "up to 255" },
	{ "five numbers", "1.2.3.4.5", "unknown", "1.2.3.4", false, NULL },
	{ "a netmask with a hole", "10.0.0.0/255.0.255.0", "unknown", "10.0.0.1", false,
	  "neither a" },
	{ "a dot behind an address", "192.168.7.1.", "unknown", "192.168.7.1", false,
	  "write 192.168.7.1" },
	{ "a slash and nothing", "192.168.7.1/", "unknown", "192.168.7.1", false, "neither a" },
	{ "a mapped network", "::ffff:192.168.7.0/120", "unknown", "192.168.7.9", true, NULL },
	{ "a mapped network, wider", "::ffff:0:0/90", "unknown", "192.168.7.9", false,
	  "neither an" },
	{ "all of IPv6, asked by IPv6", "::/0", "unknown", "2001:db8::1", true, "0.0.0.0/0 too" },
	{ "the IPv6 loopback", "::1", "unknown", "::1", true, NULL },
	{ "brackets and bits", "[2001:db8::]/32", "unknown", "2001:db8::1", true, NULL },
	{ "a zone", "fe80::1%eth0", "unknown", "fe80::1", false, "neither an IPv6" },
	{ "brackets around IPv4", "[192.168.7.1]", "unknown", "192.168.7.1", false, "has \"[\"" },
	{ "UTF-8", "m\xc3\xbcller.example", "m.example", "", false, "xn--" },
	{ "CR LF", "example.com\r\n", "example.com", "", true, NULL },
	{ "no address", "10.0.0.0/8", "unknown", "unknown", false, NULL },
	{ "no name", "example.com", "", "10.0.0.1", false, NULL },
	{ "a remark behind an expression", "/a/ # b/", "xay", "", true, NULL },
	{ "a remark right behind an expression", "/a/#b/", "xay", "", true, NULL },
	{ "a # in an expression, and a remark", "/a#b/ # c", "xa#by", "", true, NULL },
	{ "a # behind an escaped slash", "/a\\/#b/", "xa/#by", "", true, NULL },
	{ "a # in half an expression", "/a#b c", "a", "", false, "ends in a slash too" },
	{ "a slash alone", "/", "/", "", true, "ends in a slash too" },
	{ "a control octet", "a\x01.example", "x", "", false, "has \"\\x01\"" },
};

static void test_vectors(void **state)
{
	struct buf warnings = buf_of(4096);

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct client_list *list = list_of(view_of(vectors[i].line), &warnings);
		struct ip ip = { 0 };
		bool known = ip_parse(view_of(vectors[i].address), &ip) == ST_OK;

		if (client_list_has(list, view_of(vectors[i].client), known ? &ip : NULL) !=
		    vectors[i].match)
			fail_msg("%s: wanted %d", vectors[i].name, vectors[i].match);
		check_warnings(vectors[i].name, &warnings, vectors[i].warning);
		client_list_free(&list);
	}
	buf_free(&warnings);
}

/* Row 67: Postgrey died of it. */
static void test_broken_expression_refuses_the_list(void **state)
{
	struct client_list *list = client_list_new();
	struct diag why = { 0 };
	char text[200];

	(void)state;
	assert_int_equal(client_list_add(list, VIEW("a.example\n\n  /ab(unclosed/ # x\n"), "bad",
	                                 NULL, &why),
	                 ST_INVALID);
	diag_format(&why, text, sizeof(text));
	assert_string_equal(text, "bad:3:15: missing closing parenthesis");
	client_list_free(&list);
	client_list_free(&list);
}

static void test_place_of_an_entry(void **state)
{
	static const struct {
		const char *client;
		const char *address;
		const char *file; /* NULL: no match */
		unsigned line;
	} cases[] = {
		{ "mail.example.com", "10.0.0.1", "one", 2 },
		{ "mx1.example.net", "10.0.0.1", "one", 4 },
		{ "unknown", "10.0.0.1", "three", 1 },
		{ "unknown", "2001:db8::1", "three", 2 },
		{ "unknown", "2001:db9::1", NULL, 0 },
	};
	struct client_list *list = client_list_new();
	struct diag why = { 0 };

	(void)state;
	assert_int_equal(client_list_add(list, VIEW("# names\nexample.com\n\n/^mx\\d/\n"), "one",
	                                 NULL, &why),
	                 ST_OK);
	assert_int_equal(client_list_add(list, VIEW(""), "two", NULL, &why), ST_OK);
	assert_int_equal(
		client_list_add(list, VIEW("10.0.0.0/8\n2001:db8::/32"), "three", NULL, &why),
		ST_OK);
	client_list_seal(list);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct list_place where = { 0 };
		struct ip ip;

		assert_int_equal(ip_parse(view_of(cases[i].address), &ip), ST_OK);
		assert_int_equal(client_list_find(list, view_of(cases[i].client), &ip, &where),
		                 cases[i].file != NULL);
		if (cases[i].file != NULL)
			assert_string_equal(where.file, cases[i].file);
		assert_int_equal(where.line, cases[i].line);
	}
	client_list_free(&list);
}

static void test_warning_says_where(void **state)
{
	struct buf warnings = buf_of(4096);
	struct client_list *list = list_of(VIEW("ok.example\n  .x.example # why"), &warnings);

	(void)state;
	assert_string_equal(buf_text(&warnings),
	                    "clients:2:3: \".x.example\" matches nothing: write x.example, which "
	                    "includes all names under it\n");
	buf_free(&warnings);
	client_list_free(&list);
}

static void test_bounds(void **state)
{
	struct client_list *list = client_list_new();
	struct buf text = buf_of((size_t)LISTFILE_REGEX_MAX * 4 + 100);
	struct buf warnings = buf_of(4096);
	const struct list_warnings sink = { keep_warning, &warnings };
	struct diag why = { 0 };

	(void)state;
	for (size_t i = 0; i <= LISTFILE_WORD_MAX; i++)
		assert_int_equal(buf_byte(&text, 'x'), ST_OK);
	assert_int_equal(client_list_add(list, buf_view(&text), "long", &sink, &why), ST_OK);
	check_warnings("a long word", &warnings, "goes on for 1025 octets");
	assert_int_equal(client_list_add(list, (struct view){ "", LISTFILE_OCTETS_MAX }, "huge",
	                                 &sink, &why),
	                 ST_LIMIT);
	assert_string_equal(why.file, "huge");
	buf_free(&text);
	buf_free(&warnings);
	client_list_free(&list);
}

static void test_too_many_expressions(void **state)
{
	struct client_list *list = client_list_new();
	struct buf text = buf_of((size_t)LISTFILE_REGEX_MAX * 4 + 4);
	struct diag why = { 0 };

	(void)state;
	for (size_t i = 0; i <= LISTFILE_REGEX_MAX; i++)
		assert_int_equal(buf_append(&text, VIEW("/a/\n")), ST_OK);
	assert_int_equal(client_list_add(list, buf_view(&text), "many", NULL, &why), ST_LIMIT);
	assert_int_equal(why.line, LISTFILE_REGEX_MAX + 1);
	buf_free(&text);
	client_list_free(&list);
}

/* A scan would take a second here. */
static void test_many_names(void **state)
{
	struct client_list *list = client_list_new();
	struct buf text = buf_of((size_t)4 << 20);
	struct diag why = { 0 };
	char name[40];

	(void)state;
	for (int i = 0; i < 100000; i++)
		assert_int_equal(buf_printf(&text, "d%d.example\n", i), ST_OK);
	assert_int_equal(client_list_add(list, buf_view(&text), "many", NULL, &why), ST_OK);
	client_list_seal(list);
	for (int i = 0; i < 100000; i += 7) {
		struct list_place where = { 0 };

		(void)snprintf(name, sizeof(name), "mail.a.D%d.example", i);
		assert_true(client_list_find(list, view_of(name), NULL, &where));
		assert_int_equal(where.line, i + 1);
		(void)snprintf(name, sizeof(name), "xd%d.example", i);
		assert_false(client_list_has(list, view_of(name), NULL));
	}
	buf_free(&text);
	client_list_free(&list);
}

/* A pattern that would run for years costs its client nothing but the match. */
static void test_expression_at_its_limit(void **state)
{
	struct buf warnings = buf_of(4096);
	struct client_list *list = list_of(VIEW("/(x|x)*y/\n/z$/"), &warnings);
	struct view name =
		VIEW("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxyxz");

	(void)state;
	assert_true(client_list_has(list, name, NULL));
	name = VIEW("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	assert_false(client_list_has(list, name, NULL));
	buf_free(&warnings);
	client_list_free(&list);
}

static void test_our_own_list(void **state)
{
	struct buf text = buf_of((size_t)1 << 20), warnings = buf_of(4096);
	struct diag why = { 0 };
	struct client_list *list;

	(void)state;
	assert_int_equal(file_read("packaging/postgrey_whitelist_clients", &text, &why), ST_OK);
	list = list_of(buf_view(&text), &warnings);
	check_warnings("packaging/postgrey_whitelist_clients", &warnings, NULL);
	assert_true(client_list_has(list, VIEW("mail-wr1-f41.google.com"), NULL));
	assert_true(client_list_has(list, VIEW("a10-219.smtp-out.amazonses.com"), NULL));
	assert_false(client_list_has(list, VIEW("ec2-203-0-113-77.compute-1.amazonaws.com"), NULL));
	assert_false(client_list_has(list, VIEW("unknown"), NULL));
	buf_free(&text);
	buf_free(&warnings);
	client_list_free(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_broken_expression_refuses_the_list),
		cmocka_unit_test(test_place_of_an_entry),
		cmocka_unit_test(test_warning_says_where),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_too_many_expressions),
		cmocka_unit_test(test_many_names),
		cmocka_unit_test(test_expression_at_its_limit),
		cmocka_unit_test(test_our_own_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
