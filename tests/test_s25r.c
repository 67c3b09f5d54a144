#include "test.h"

#include "engine/s25r.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/posix_regex.h"
#include "util/regex.h"

#define R(n) (1u << (n))

static const struct {
	const char *name;
	unsigned rules;
} vectors[] = {
	{ "[203.0.113.77]", R(0) },
	{ "[IPv6:2001:db8::77]", R(0) },
	{ "unknown", R(0) },
	{ "localhost", 0 },
	{ "example.com", 0 },
	{ "mail.example.com", 0 },
	{ "mx1.example.com", 0 },
	{ "ns1.example.net", 0 },
	{ "mail10.example.org", 0 },
	{ "smtp-out-3.example.net", 0 },
	{ "server-x001.example.ch", 0 },
	{ "o1.sg.example.com", 0 },
	{ "mail2.dc3.example.net", 0 },
	{ "mx-a.b.c.d.example.com", 0 },
	{ "2001:db8::77", 0 },
	{ "mta-12-3.example.net", R(1) },
	{ "mx01-02.mail.example.net", R(1) },
	{ "ns1-2.example.net", R(1) },
	{ "p1234-ipbf01.tokyo.example.ne.jp", R(1) },
	{ "host203-0-113-77.example.net", R(1) },
	{ "a1b2c3.example.com", R(1) },
	{ "web5x7.example.com", R(1) },
	{ "mail_1_2.example.com", R(1) },
	{ "cpe-0a1b2c.example.com", R(1) },
	{ "nx3obp03-05.example.ne.jp", R(1) },
	{ "mail-gx0-f21.example.com", R(1) },
	{ "mail-db5eur01on0044.outbound.example.com", R(1) },
	{ "a10-219.smtp-out.example.com", R(1) },
	{ "mc1-s3.bay6.example.com", R(1) },
	{ "h04-a1.data-hotel.example.net", R(1) },
	{ "ec2-203-0-113-77.compute-1.example.com", R(1) },
	{ "ip-203-0-113-77.example", R(1) },
	{ "c00021.example.net", R(2) },
	{ "c12345.example.net", R(2) },
	{ "host12345.example.net", R(2) },
	{ "x1234.example.net", 0 },
	{ "ybb220030220074.example.jp", R(2) },
	{ "pcp04083532pcs.levtwn01.pa.example.net", R(2) },
	{ "web10902.mail.bbt.example.co.jp", R(2) },
	{ "mp-mta01011.example.jp", R(2) },
	{ "3com.mail.example.net", R(3) },
	{ "3com.example.net", 0 },
	{ "mail.3com.example.net", 0 },
	{ "mail.3com.sub.example.net", R(3) },
	{ "7eleven.example.co.jp", R(3) },
	{ "smtp.7eleven.example.co.jp", R(3) },
	{ "static.77.113.0.203.clients.example.de", R(3) },
	{ "44.55.example.com", R(3) },
	{ "4.example.com", 0 },
	{ "m226.net81-66-158.example.fr", R(4) },
	{ "node1.net3-4.example.net", R(4) },
	{ "node1.net34.example.net", 0 },
	{ "n2.59-106-41-68.example.jp", R(4) },
	{ "a4.b5-6.example", R(4) },
	{ "d5.r7.city.example.net", R(5) },
	{ "d5.r7.example.net", 0 },
	{ "mta12.m2.home.example.ne.jp", R(5) },
	{ "mail2.dc3.eu.example.net", R(5) },
	{ "adsl-77.example.net", R(6) },
	{ "adsl77.pool.example.net", R(6) },
	{ "ADSL-77.example.net", R(6) },
	{ "cdsl9.example.net", R(6) },
	{ "hdsl.example.net", 0 },
	{ "xdsl8a.example.co.jp", R(6) },
	{ "vdsl4-city.example.jp", R(6) },
	{ "rdsl1", R(6) },
	{ "xdsl", 0 },
	{ "dhcp-42.campus.example.edu", R(6) },
	{ "dhcp.campus.example.edu", 0 },
	{ "dhcpserver1.example.edu", R(6) },
	{ "dialup-15.example.net", R(6) },
	{ "dialup15a.example.net", R(6) },
	{ "ppp77.example.net", R(6) },
	{ "ppp.example.net", 0 },
	{ "pppoe-client9.example.net", R(6) },
	{ "203-0-113-77.dsl.example.net", R(1) | R(3) },
	{ "203.0.113.77.example.net", R(3) | R(5) },
	{ "77.113.0.203.in-addr.example.net", R(3) | R(5) },
	{ "dsl5.area7.pool.example.net", R(5) | R(6) },
	{ "wbar9.chi1-4-11-085-222.dsl.example.net", R(4) | R(5) },
	{ "1and1.mail.example.de", R(1) | R(3) },
	{ "122x208x136x57.ap122.ftth.example.ne.jp", R(1) | R(3) | R(5) },
	/* The edges of each rule. */
	{ "", R(0) },
	{ "[]", 0 },
	{ "[x]", R(0) },
	{ "[x].", 0 },
	{ "UNKNOWN", R(0) },
	{ "a1b2", 0 },
	{ "a1b2.", R(1) },
	{ "a12.b3.", 0 },
	{ "a1234.5", 0 },
	{ "12345", R(2) },
	{ "1.b..c", 0 },
	{ "1.b..c.d", R(3) },
	{ "1.b.c.d", R(3) },
	{ "1.b.c.5", 0 },
	{ "1..c.d.e", 0 },
	{ ".1.c.d.e", 0 },
	{ "a.1.c.d.e", R(3) },
	{ "a.1.c..e", 0 },
	{ "a1.2-3", R(4) },
	{ "a1.b2-c", 0 },
	{ "a1.b2.c.d", 0 },
	{ "a1.b2.c.d.", R(5) },
	{ "a1.b2..d.e", 0 },
	{ "a1.2.c..", 0 },
	{ "bdsl4", 0 },
	{ "dsl.4", 0 },
	{ "DHCP4", R(6) },
};

static void test_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		unsigned got = s25r_match(view_of(vectors[i].name));

		if (got != vectors[i].rules)
			fail_msg("%s: rules %#x, not %#x", vectors[i].name, got, vectors[i].rules);
	}
}

static void test_first(void **state)
{
	(void)state;
	assert_int_equal(s25r_first(0), -1);
	assert_int_equal(s25r_first(R(0)), 0);
	assert_int_equal(s25r_first(R(6)), 6);
	assert_int_equal(s25r_first(R(3) | R(5)), 3);
}

/* "1,3,5" or "-" as a set. */
static unsigned rule_set(struct view text)
{
	unsigned set = 0;

	for (size_t i = 0; i < text.n; i++)
		if (ascii_digit(text.p[i]))
			set |= R(text.p[i] - '0');
	return set;
}

/* Observed names; the columns are name, address, source, seen, helo, rules, first, label. */
static void test_observed_names(void **state)
{
	struct buf text = buf_of((size_t)1 << 20);
	struct diag why = { 0 };
	struct view rest, line;
	unsigned checked = 0;

	(void)state;
	assert_int_equal(file_read(TEST_DATA "/s25r/public.tsv", &text, &why), ST_OK);
	rest = buf_view(&text);
	assert_true(view_next(&rest, '\n', &line));
	while (view_next(&rest, '\n', &line)) {
		struct view column[8] = { { NULL, 0 } };

		for (size_t i = 0; i < 8 && view_next(&line, '\t', &column[i]); i++)
			;
		if (s25r_match(column[0]) != rule_set(column[5]))
			fail_msg("%.*s: rules %#x", VIEW_ARG(column[0]), s25r_match(column[0]));
		assert_int_equal(s25r_first(s25r_match(column[0])),
		                 view_eq(column[6], VIEW("-")) ? -1 : column[6].p[0] - '0');
		checked++;
	}
	assert_true(checked > 190);
	buf_free(&text);
}

/* Against the expressions as the header has them, on names made of what the rules look at. */
static void test_against_expressions(void **state)
{
	static const char *const expressions[S25R_RULES] = {
		"^\\[.+\\]$",
		"^[^.]*[0-9][^0-9.]+[0-9].*\\.",
		"^[^.]*[0-9][0-9][0-9][0-9][0-9]",
		"^([^.]+\\.)?[0-9][^.]*\\.[^.]+\\..+\\.[a-z]",
		"^[^.]*[0-9]\\.[^.]*[0-9]-[0-9]",
		"^[^.]*[0-9]\\.[^.]*[0-9]\\.[^.]+\\..+\\.",
		"^(dhcp|dialup|ppp|[achrsvx]?dsl)[^.]*[0-9]",
	};
	static const char *const pieces[] = { ".", ".", ".",   "1",   "23", "45678", "-",
		                              "a", "B", "dsl", "PPP", "[",  "]",     "x" };
	struct regex *re[S25R_RULES] = { NULL };
	uint32_t x = 88172645u;

	(void)state;
	for (size_t i = 0; i < S25R_RULES; i++) {
		struct buf perl = buf_of(1000);
		struct diag why = { 0 };

		assert_int_equal(
			posix_regex_convert(view_of(expressions[i]), POSIX_EXTENDED, &perl, &why),
			ST_OK);
		assert_int_equal(regex_new(buf_view(&perl), REGEX_CASELESS, &re[i], &why), ST_OK);
		buf_free(&perl);
	}
	for (int round = 0; round < 50000; round++) {
		char name[100] = "x";
		unsigned want = 0;
		size_t n = 0;

		x ^= x << 13, x ^= x >> 17, x ^= x << 5;
		for (uint32_t bits = x, k = 0; k < 1 + x % 10;
		     k++, bits = bits * 1664525u + 1013904223u)
			n += (size_t)snprintf(name + n, sizeof(name) - n, "%s",
			                      pieces[(bits >> 16) % 14]);
		for (unsigned i = 0; i < S25R_RULES; i++)
			if (regex_match(re[i], view_of(name), NULL, 0) == ST_OK)
				want |= R(i);
		if (s25r_match(view_of(name)) != want)
			fail_msg("%s: rules %#x, not %#x", name, s25r_match(view_of(name)), want);
	}
	for (size_t i = 0; i < S25R_RULES; i++)
		regex_free(&re[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_observed_names),
		cmocka_unit_test(test_against_expressions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
