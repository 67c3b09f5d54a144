#include "test.h"

#include <time.h>

#include "util/netset.h"

static struct ip ip_of(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(view_of(text), &ip), ST_OK);
	return ip;
}

/* Networks with blanks between them; each one's value is its place. */
static struct netset *set_of(const char *nets, bool with_values)
{
	struct netset_builder *b = netset_builder_new();
	struct view rest = view_of(nets), word;

	for (uint32_t i = 0; view_next(&rest, ' ', &word); i++) {
		struct ip_net net;

		assert_int_equal(net_parse(word, &net), ST_OK);
		assert_int_equal(netset_builder_add(b, &net, with_values ? i : 0), ST_OK);
	}
	return netset_builder_finish(&b);
}

static const struct {
	const char *name;
	const char *nets;
	const char *ip;
	int value; /* -1: not in it */
} cases[] = {
	{ "none", "", "203.0.113.1", -1 },
	{ "the first address", "203.0.113.0/24", "203.0.113.0", 0 },
	{ "the last address", "203.0.113.0/24", "203.0.113.255", 0 },
	{ "one below", "203.0.113.0/24", "203.0.112.255", -1 },
	{ "one above", "203.0.113.0/24", "203.0.114.0", -1 },
	{ "a single address", "10.0.0.1 10.0.0.3", "10.0.0.3", 1 },
	{ "between two", "10.0.0.1 10.0.0.3", "10.0.0.2", -1 },
	{ "everything", "0.0.0.0/0", "255.255.255.255", 0 },
	{ "everything of the other family", "0.0.0.0/0", "::1", -1 },
	{ "all of IPv6", "::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 0 },
	{ "all of IPv6 has no IPv4", "::/0", "10.0.0.1", -1 },
	{ "the widest counts", "10.1.2.0/24 10.0.0.0/8 10.1.0.0/16", "10.1.2.3", 1 },
	{ "behind a narrow one inside", "10.1.2.0/24 10.0.0.0/8", "10.200.0.0", 1 },
	{ "the first of equals", "10.0.0.0/8 10.0.0.0/8", "10.0.0.1", 0 },
	{ "neighbours keep their values", "10.0.0.0/9 10.128.0.0/9", "10.200.0.0", 1 },
	{ "an odd length", "192.0.2.128/25", "192.0.2.127", -1 },
	{ "an IPv6 network", "2001:db8::/32 2001:db9::/33", "2001:db9:7fff::1", 1 },
	{ "above an IPv6 network", "2001:db8::/32 2001:db9::/33", "2001:db9:8000::", -1 },
	{ "a mapped address", "10.0.0.0/8", "::ffff:10.1.2.3", 0 },
};

static void test_find(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct netset *set = set_of(cases[i].nets, true);
		struct ip ip = ip_of(cases[i].ip);
		uint32_t value = 0;
		bool found = netset_find(set, &ip, &value);

		if ((found ? (int)value : -1) != cases[i].value)
			fail_msg("%s: got %d, %u", cases[i].name, found, value);
		assert_int_equal(netset_find(set, &ip, NULL), found);
		netset_free(&set);
		netset_free(&set);
	}
}

static void test_merging(void **state)
{
	static const struct {
		const char *nets;
		size_t ranges;
	} sets[] = {
		{ "10.0.0.0/9 10.128.0.0/9", 1 },
		{ "10.0.0.0/24 10.0.1.0/24 10.0.3.0/24", 2 },
		{ "10.0.0.0/8 10.3.0.0/16 10.3.0.1", 1 },
		{ "255.255.255.255 0.0.0.0", 2 },
		{ "255.255.255.255 ::", 2 },
		{ "2001:db8::/33 2001:db8:8000::/33 2001:dba::/32", 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		struct netset *set = set_of(sets[i].nets, false);

		assert_int_equal(netset_count(set), sets[i].ranges);
		netset_free(&set);
	}
}

static void test_no_family(void **state)
{
	struct netset_builder *b = netset_builder_new();
	struct netset *set = set_of("0.0.0.0/0 ::/0", true);
	struct ip_net net = { { IP_NONE, { 0 } }, 0 };

	(void)state;
	assert_int_equal(netset_builder_add(b, &net, 0), ST_INVALID);
	assert_false(netset_find(set, &net.base, NULL));
	netset_builder_free(&b);
	assert_null(b);
	netset_free(&set);
}

static uint32_t next_random(uint32_t *x)
{
	*x = *x * 1664525 + 1013904223;
	return *x >> 4;
}

/* Against the plain way: every network asked. */
static void test_as_a_scan_would(void **state)
{
	struct netset_builder *b = netset_builder_new();
	struct ip_net nets[300];
	struct netset *set;
	uint32_t x = 1;

	(void)state;
	for (size_t i = 0; i < 300; i++) {
		struct ip ip = { i % 2 ? IP_V4 : IP_V6, { 10, (uint8_t)next_random(&x) } };

		ip.octet[2] = (uint8_t)next_random(&x);
		nets[i] = ip_mask(&ip, 16 + next_random(&x) % 9);
		assert_int_equal(netset_builder_add(b, &nets[i], 0), ST_OK);
	}
	set = netset_builder_finish(&b);
	for (int i = 0; i < 20000; i++) {
		struct ip ip = { i % 2 ? IP_V4 : IP_V6, { 10, (uint8_t)next_random(&x) } };
		bool wanted = false;

		ip.octet[2] = (uint8_t)next_random(&x);
		for (size_t k = 0; k < 300 && !wanted; k++)
			wanted = net_has(&nets[k], &ip);
		assert_int_equal(netset_find(set, &ip, NULL), wanted);
	}
	netset_free(&set);
}

/* The time is far above what is promised, so that a busy machine does not fail the test. */
static void test_large(void **state)
{
	struct netset_builder *b = netset_builder_new();
	struct timespec from, to;
	struct netset *set;
	uint32_t x = 1;
	double spent;

	(void)state;
	for (uint32_t i = 0; i < 200000; i++) {
		struct ip ip = { IP_V4,
			         { (uint8_t)(i >> 10), (uint8_t)(i >> 2), (uint8_t)(i << 6) } };
		struct ip_net net = ip_mask(&ip, 19);

		assert_int_equal(netset_builder_add(b, &net, i), ST_OK);
	}
	set = netset_builder_finish(&b);
	assert_int_equal(netset_count(set), 200000);
	assert_true(netset_size(set) <= 200000 * 16);
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	for (int i = 0; i < 200000; i++) {
		uint32_t r = next_random(&x);
		struct ip ip = { IP_V4, { (uint8_t)(r >> 16), (uint8_t)(r >> 8), (uint8_t)r } };

		assert_int_equal(netset_find(set, &ip, NULL),
		                 ip.octet[2] % 64 < 32 && (r >> 6 & 0x3ffff) < 200000);
	}
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	spent = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	print_message("%.0f ns a look-up\n", spent / 200000 * 1e9);
	assert_true(spent < 2);
	netset_free(&set);
}

/* Merged ranges come back as the fewest networks that cover them. */
static void test_walk(void **state)
{
	static const char *const in[] = { "10.0.0.0/8",    "192.0.2.1",       "192.0.2.2/31",
		                          "192.0.2.4",     "255.255.255.255", "2001:db8::/32",
		                          "2001:db9::/32", "2001:dba::1",     "0.0.0.0" };
	static const char *const want[] = { "0.0.0.0/32",    "10.0.0.0/8",     "192.0.2.1/32",
		                            "192.0.2.2/31",  "192.0.2.4/32",   "255.255.255.255/32",
		                            "2001:db8::/31", "2001:dba::1/128" };
	struct netset_builder *b = netset_builder_new();
	struct netset_walk walk = { 0 };
	struct netset *set;
	struct ip_net net;

	(void)state;
	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
		assert_int_equal(net_parse(view_of(in[i]), &net), ST_OK);
		assert_int_equal(netset_builder_add(b, &net, 0), ST_OK);
	}
	set = netset_builder_finish(&b);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		char text[NET_TEXT_MAX];

		assert_true(netset_next(set, &walk, &net));
		net_format(&net, text);
		assert_string_equal(text, want[i]);
	}
	assert_false(netset_next(set, &walk, &net));
	netset_free(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),      cmocka_unit_test(test_merging),
		cmocka_unit_test(test_no_family), cmocka_unit_test(test_as_a_scan_would),
		cmocka_unit_test(test_large),     cmocka_unit_test(test_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
