#include "test.h"

#include "codec/pairs.h"
#include "codec/postgrey_entry.h"
#include "util/file.h"

static const struct postgrey_options any = { .ipv4_bits = 24, .ipv6_bits = 64, .now = 1800000000 };

static void test_tuples(void **state)
{
	static const struct {
		const char *name;
		const char *key, *value;
		const char *net, *sender, *recipient;
		unsigned stated_bits;
	} cases[] = {
		{ "1.37", "203.0.113.0/a@example.net/b@example.org", "1700000000,1700000400",
		  "203.0.113.0/24", "a@example.net", "b@example.org", 0 },
		{ "1.14 to 1.35: last octet", "84.133.220.0/a@cvpl.example/b@example.org",
		  "1143311223,1143311223,254", "84.133.220.0/24", "a@cvpl.example", "b@example.org",
		  0 },
		{ "whole address of the pool rule",
		  "83.57.245.209/sticky310@example.com/b@example.org", "1143350388,1143350388",
		  "83.57.245.0/24", "sticky310@example.com", "b@example.org", 0 },
		{ "1.36: length in the key", "203.0.113.0/24/a@example.net/b@example.org", "1,2",
		  "203.0.113.0/24", "a@example.net", "b@example.org", 24 },
		{ "1.37 by host", "203.0.113.9/32/a@example.net/b@example.org", "1,2",
		  "203.0.113.0/24", "a@example.net", "b@example.org", 32 },
		{ "IPv6 as Postfix wrote it", "2001:db8:1:2:3::9/a@example.net/b@example.org",
		  "1,2", "2001:db8:1:2::/64", "a@example.net", "b@example.org", 0 },
		{ "IPv6 of 1.36", "2001:db8:1:2:0:0:0:0/64/a@example.net/b@example.org", "1,2",
		  "2001:db8:1:2::/64", "a@example.net", "b@example.org", 64 },
		{ "IPv6 of 1.37 by host", "2001:db8:1:2:3:0:0:9/128/a@example.net/b@example.org",
		  "1,2", "2001:db8:1:2::/64", "a@example.net", "b@example.org", 128 },
		{ "mapped, by host", "0:0:0:0:0:ffff:c000:2c8/128/a@example.com/b@example.org",
		  "1,2", "192.0.2.0/24", "a@example.com", "b@example.org", 128 },
		{ "null sender", "203.0.113.0//b@example.org", "1,2", "203.0.113.0/24", "",
		  "b@example.org", 0 },
		{ "null sender with length", "203.0.113.0/24//b@example.org", "1,2",
		  "203.0.113.0/24", "", "b@example.org", 24 },
		{ "null sender, slash in the recipient", "203.0.113.0//b/c@example.org", "1,2",
		  "203.0.113.0/24", "", "b/c@example.org", 0 },
		{ "null sender, slashes about", "203.0.113.0//b@c/d@example.org", "1,2",
		  "203.0.113.0/24", "", "b@c/d@example.org", 0 },
		{ "slashes in both", "192.0.2.0/x/#/y@example.com/folder/b@example.org", "1,2",
		  "192.0.2.0/24", "x/#/y@example.com", "folder/b@example.org", 0 },
		{ "sender without a domain", "192.0.2.0/nodomain/b@example.org", "1,2",
		  "192.0.2.0/24", "nodomain", "b@example.org", 0 },
		{ "no domain at all", "192.0.2.0/a/b/c", "1,2", "192.0.2.0/24", "a", "b/c", 0 },
		{ "sender of digits", "192.0.2.0/24/b@example.org", "1,2", "192.0.2.0/24", "24",
		  "b@example.org", 0 },
		{ "digits that are no length", "192.0.2.0/33/b@example.org/x", "1,2",
		  "192.0.2.0/24", "33/b@example.org", "x", 0 },
		{ "no bits at all", "192.0.2.0/0/a@example.net/b@example.org", "1,2",
		  "192.0.2.0/24", "0/a@example.net", "b@example.org", 0 },
		{ "four digits", "192.0.2.0/0024/a@example.net/b", "1,2", "192.0.2.0/24",
		  "0024/a@example.net", "b", 0 },
		{ "empty recipient", "192.0.2.0/a@example.net/", "1,2", "192.0.2.0/24",
		  "a@example.net", "", 0 },
		{ "empty both", "192.0.2.0//", "1,2", "192.0.2.0/24", "", "", 0 },
		{ "now", "192.0.2.0/a@example.net/b", "1800000000,1800000000", "192.0.2.0/24",
		  "a@example.net", "b", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct postgrey_entry e;
		enum postgrey_skip skip;
		char net[NET_TEXT_MAX];

		if (postgrey_parse(&any, view_of(cases[i].key), view_of(cases[i].value), &e,
		                   &skip) != ST_OK)
			fail_msg("%s: %s", cases[i].name, postgrey_skip_text(skip));
		net_format(&e.net, net);
		if (e.kind != POSTGREY_TUPLE || strcmp(net, cases[i].net) != 0 ||
		    !view_eq(e.sender, view_of(cases[i].sender)) ||
		    !view_eq(e.recipient, view_of(cases[i].recipient)) ||
		    e.stated_bits != cases[i].stated_bits)
			fail_msg("%s: %s|%.*s|%.*s", cases[i].name, net, VIEW_ARG(e.sender),
			         VIEW_ARG(e.recipient));
		assert_false(e.has_retries);
	}
}

static void test_other_masks(void **state)
{
	static const struct {
		const char *key;
		unsigned bits;
		enum status want;
	} cases[] = {
		{ "203.0.113.0/24/a@example.net/b@example.org", 16, ST_OK },
		{ "203.0.113.0/24/a@example.net/b@example.org", 24, ST_OK },
		{ "203.0.113.0/24/a@example.net/b@example.org", 25, ST_INVALID },
		{ "203.0.113.9/32/a@example.net/b@example.org", 32, ST_OK },
		{ "203.0.113.9/a@example.net/b@example.org", 32, ST_OK },
		{ "::ffff:203.0.113.0/120/a@example.net/b@example.org", 24, ST_OK },
		{ "::ffff:203.0.113.0/120/a@example.net/b@example.org", 25, ST_INVALID },
		{ "::ffff:203.0.113.0/64/a@example.net/b@example.org", 8, ST_INVALID },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct postgrey_options opt = any;
		struct postgrey_entry e;
		enum postgrey_skip skip;

		opt.ipv4_bits = cases[i].bits;
		assert_int_equal(
			postgrey_parse(&opt, view_of(cases[i].key), VIEW("1,2"), &e, &skip),
			cases[i].want);
		assert_int_equal(skip, cases[i].want == ST_OK ? POSTGREY_USED : POSTGREY_TOO_WIDE);
		if (cases[i].want == ST_OK)
			assert_int_equal(e.net.bits, cases[i].bits);
	}
}

#define DIGEST "60906df9bfce08e3664df4e82d39ed9a25a99bf2"

static void test_kinds(void **state)
{
	static const struct {
		const char *name;
		const char *key, *value;
		enum postgrey_file file;
		enum postgrey_kind want;
		int64_t first, last, count;
	} cases[] = {
		{ "tuple", "192.0.2.0/a/b", "10,20", POSTGREY_UNKNOWN, POSTGREY_TUPLE, 10, 20, 0 },
		{ "tuple, named", "192.0.2.0/a/b", "10,20", POSTGREY_TUPLES, POSTGREY_TUPLE, 10, 20,
		  0 },
		{ "client", "192.0.2.9", "5,20", POSTGREY_UNKNOWN, POSTGREY_CLIENT, 0, 20, 5 },
		{ "client of 1.37", "2001:DB8:0:0:0:0:0:AB", "5,20", POSTGREY_CLIENTS,
		  POSTGREY_CLIENT, 0, 20, 5 },
		{ "mark", "192.0.2.9", "20", POSTGREY_UNKNOWN, POSTGREY_MARK, 0, 20, 0 },
		{ "mark, named", "2001:db8::ab", "20", POSTGREY_TARPIT, POSTGREY_MARK, 0, 20, 0 },
		{ "digest of a tuple", DIGEST, "1700000000,1700000400", POSTGREY_UNKNOWN,
		  POSTGREY_TUPLE_DIGEST, 1700000000, 1700000400, 0 },
		{ "digest of a client", DIGEST, "12,1700000400", POSTGREY_UNKNOWN,
		  POSTGREY_CLIENT_DIGEST, 0, 1700000400, 12 },
		{ "digest, from the tuples", DIGEST, "12,14", POSTGREY_TUPLES,
		  POSTGREY_TUPLE_DIGEST, 12, 14, 0 },
		{ "digest, from the clients", DIGEST, "200000000,20", POSTGREY_CLIENTS,
		  POSTGREY_CLIENT_DIGEST, 0, 20, 200000000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct postgrey_options opt = any;
		struct postgrey_entry e;
		enum postgrey_skip skip;

		opt.file = cases[i].file;
		if (postgrey_parse(&opt, view_of(cases[i].key), view_of(cases[i].value), &e,
		                   &skip) != ST_OK)
			fail_msg("%s: %s", cases[i].name, postgrey_skip_text(skip));
		if (e.kind != cases[i].want || e.first != cases[i].first ||
		    e.last != cases[i].last || e.count != cases[i].count)
			fail_msg("%s: kind %d", cases[i].name, (int)e.kind);
		if (e.kind == POSTGREY_CLIENT)
			assert_int_equal(e.net.bits, e.address.family == IP_V4 ? 32 : 128);
		assert_int_equal(e.digest.n, strcmp(cases[i].key, DIGEST) == 0 ? 40 : 0);
	}
}

static void test_targrey(void **state)
{
	static const struct {
		const char *value;
		bool targrey, has;
		int64_t retries;
	} cases[] = {
		{ "10,20,3", true, true, 3 },       { "10,20,3,254", true, true, 3 },
		{ "10,20", true, false, 0 },        { "10,20,254", false, false, 0 },
		{ "10,20,3,254", false, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct postgrey_options opt = any;
		struct postgrey_entry e;
		enum postgrey_skip skip;

		opt.targrey = cases[i].targrey;
		assert_int_equal(postgrey_parse(&opt, VIEW("192.0.2.0/a/b"),
		                                view_of(cases[i].value), &e, &skip),
		                 ST_OK);
		assert_int_equal(e.has_retries, cases[i].has);
		assert_int_equal(e.retries, cases[i].retries);
	}
}

#define TUPLE "192.0.2.0/a@example.net/b@example.org"

static void test_skipped(void **state)
{
	static const struct {
		const char *key, *value;
		enum postgrey_file file;
		enum postgrey_skip want;
	} cases[] = {
		{ TUPLE, "", POSTGREY_UNKNOWN, POSTGREY_NOT_NUMERIC },
		{ TUPLE, "1,", POSTGREY_UNKNOWN, POSTGREY_NOT_NUMERIC },
		{ TUPLE, ",1", POSTGREY_UNKNOWN, POSTGREY_NOT_NUMERIC },
		{ TUPLE, "1,2,x", POSTGREY_UNKNOWN, POSTGREY_NOT_NUMERIC },
		{ TUPLE, "-1,2", POSTGREY_UNKNOWN, POSTGREY_NOT_NUMERIC },
		{ TUPLE, "1, 2", POSTGREY_UNKNOWN, POSTGREY_NOT_NUMERIC },
		{ TUPLE, "1,2.5", POSTGREY_UNKNOWN, POSTGREY_NOT_NUMERIC },
		{ TUPLE, "1,9223372036854775808", POSTGREY_UNKNOWN, POSTGREY_NOT_NUMERIC },
		{ TUPLE, "1,9223372036854775807", POSTGREY_UNKNOWN, POSTGREY_FUTURE },
		{ TUPLE, "1,1800000001", POSTGREY_UNKNOWN, POSTGREY_FUTURE },
		{ TUPLE, "1800000001,1", POSTGREY_UNKNOWN, POSTGREY_FUTURE },
		{ TUPLE, "2,1", POSTGREY_UNKNOWN, POSTGREY_BACKWARDS },
		{ TUPLE, "1", POSTGREY_UNKNOWN, POSTGREY_MISSING_FIELD },
		{ TUPLE, "1,2,3,4,5", POSTGREY_UNKNOWN, POSTGREY_EXTRA_FIELD },
		{ "unknown/a/b", "1,2", POSTGREY_UNKNOWN, POSTGREY_NO_ADDRESS },
		{ "/a/b", "1,2", POSTGREY_UNKNOWN, POSTGREY_NO_ADDRESS },
		{ "203.0.113/a/b", "1,2", POSTGREY_UNKNOWN, POSTGREY_NO_ADDRESS },
		{ "", "1,2", POSTGREY_UNKNOWN, POSTGREY_NO_ADDRESS },
		{ "192.0.2.0/a@example.net", "1,2", POSTGREY_UNKNOWN, POSTGREY_NO_RECIPIENT },
		{ "192.0.2.0/", "1,2", POSTGREY_UNKNOWN, POSTGREY_NO_RECIPIENT },
		{ "192.0.2.0", "1,2", POSTGREY_TUPLES, POSTGREY_NO_RECIPIENT },
		{ "192.0.0.0/16/a/b", "1,2", POSTGREY_UNKNOWN, POSTGREY_TOO_WIDE },
		{ TUPLE, "1,2", POSTGREY_CLIENTS, POSTGREY_NO_ADDRESS },
		{ "unknown", "1,2", POSTGREY_CLIENTS, POSTGREY_NO_ADDRESS },
		{ "192.0.2.9", "1", POSTGREY_CLIENTS, POSTGREY_MISSING_FIELD },
		{ "192.0.2.9", "1,2,3", POSTGREY_CLIENTS, POSTGREY_EXTRA_FIELD },
		{ "192.0.2.9", "1,1800000001", POSTGREY_CLIENTS, POSTGREY_FUTURE },
		{ "192.0.2.9", "1800000001", POSTGREY_TARPIT, POSTGREY_FUTURE },
		{ "192.0.2.9", "1,2", POSTGREY_TARPIT, POSTGREY_EXTRA_FIELD },
		{ DIGEST, "1", POSTGREY_TARPIT, POSTGREY_NO_ADDRESS },
		{ "60906DF9BFCE08E3664DF4E82D39ED9A25A99BF2", "1,2", POSTGREY_TUPLES,
		  POSTGREY_NO_ADDRESS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct postgrey_options opt = any;
		struct postgrey_entry e;
		enum postgrey_skip skip;

		opt.file = cases[i].file;
		assert_int_equal(postgrey_parse(&opt, view_of(cases[i].key),
		                                view_of(cases[i].value), &e, &skip),
		                 ST_INVALID);
		if (skip != cases[i].want)
			fail_msg("%s = %s: %s", cases[i].key, cases[i].value,
			         postgrey_skip_text(skip));
	}
	for (enum postgrey_skip s = POSTGREY_USED; s < POSTGREY_SKIPS; s++)
		assert_string_not_equal(postgrey_skip_text(s), "unknown reason");
}

struct tally {
	struct postgrey_options opt;
	unsigned kinds[POSTGREY_CLIENT_DIGEST + 1];
	unsigned skipped;
};

static enum status tally_pair(void *arg, struct view key, struct view value)
{
	struct tally *t = arg;
	struct postgrey_entry e;
	enum postgrey_skip skip;

	if (postgrey_parse(&t->opt, key, value, &e, &skip) == ST_OK)
		t->kinds[e.kind]++;
	else
		t->skipped++;
	return ST_OK;
}

/* Nothing that Postgrey 1.37 wrote is left over. */
static void test_real_files(void **state)
{
	static const struct {
		const char *name;
		enum postgrey_kind kind;
		unsigned n;
	} cases[] = {
		{ "plain-postgrey.db", POSTGREY_TUPLE, 12 },
		{ "plain-postgrey_clients.db", POSTGREY_CLIENT, 3 },
		{ "host-postgrey.db", POSTGREY_TUPLE, 13 },
		{ "host-postgrey_clients.db", POSTGREY_CLIENT, 2 },
		{ "privacy-postgrey.db", POSTGREY_TUPLE_DIGEST, 12 },
		{ "privacy-postgrey_clients.db", POSTGREY_CLIENT_DIGEST, 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf file = buf_of(1 << 20);
		struct tally t = { .opt = any };
		struct diag why = { 0 };
		char path[512];

		(void)snprintf(path, sizeof(path), TEST_DATA "/postgrey/%s", cases[i].name);
		assert_int_equal(file_read(path, &file, &why), ST_OK);
		assert_int_equal(pairs_read(buf_view(&file), tally_pair, &t, &why), ST_OK);
		if (t.skipped != 0 || t.kinds[cases[i].kind] != cases[i].n)
			fail_msg("%s: %u skipped, %u used", cases[i].name, t.skipped,
			         t.kinds[cases[i].kind]);
		buf_free(&file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tuples),  cmocka_unit_test(test_other_masks),
		cmocka_unit_test(test_kinds),   cmocka_unit_test(test_targrey),
		cmocka_unit_test(test_skipped), cmocka_unit_test(test_real_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
