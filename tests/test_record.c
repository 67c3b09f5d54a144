#include "store/record.h"

#include "engine/tuple.h"
#include "test.h"

static const uint8_t secret[PRIVACY_SECRET_SIZE] = { 1, 2, 3 };

static struct view octets(const uint8_t *p, size_t n)
{
	return (struct view){ (const char *)p, n };
}

/* --- records --- */

static const struct {
	const char *name;
	struct grey_record r;
	int64_t wait; /* as it is read back */
} tuples[] = {
	{ "zeros", { .first = 0 }, 0 },
	{ "waiting", { .first = 1700000000, .last = 1700000100, .wait = 300, .early = 2 }, 300 },
	{ "every field", { 1, 2, 3, 4, 5, 6, GREY_BY_SPF }, 3 },
	{ "the largest",
	  { RECORD_TIME_MAX, RECORD_TIME_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX,
	    GREY_BY_RDNS },
	  UINT32_MAX },
	{ "a wait too long to be kept", { .wait = INT64_MAX }, UINT32_MAX },
	{ "a wait below zero", { .wait = -5 }, 0 },
};

static void test_tuples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(tuples) / sizeof(tuples[0]); i++) {
		const struct grey_record *r = &tuples[i].r;
		uint8_t text[TUPLE_RECORD_SIZE + 5];
		struct grey_record back;
		struct view behind;

		record_put_tuple(r, text);
		memcpy(text + TUPLE_RECORD_SIZE, "after", 5);
		assert_int_equal(record_get_tuple(octets(text, sizeof(text)), &back, &behind),
		                 ST_OK);
		assert_view(behind, "after");
		assert_int_equal(record_get_tuple(octets(text, TUPLE_RECORD_SIZE), &back, &behind),
		                 ST_OK);
		assert_view(behind, "");
		if (back.first != r->first || back.last != r->last || back.wait != tuples[i].wait ||
		    back.passes != r->passes || back.early != r->early ||
		    back.retries != r->retries || back.identity != r->identity)
			fail_msg("%s", tuples[i].name);
	}
}

static void test_every_cut(void **state)
{
	struct grey_record r = { .first = 5, .last = 6 }, tuple;
	struct client_record c = { .last = 7, .count = 8 }, client;
	struct mark_record m = { .since = 9, .instance = 10 }, mark;
	uint8_t text[TUPLE_RECORD_SIZE + 1] = { 0 };

	(void)state;
	record_put_tuple(&r, text);
	for (size_t n = 0; n < TUPLE_RECORD_SIZE; n++)
		assert_int_equal(record_get_tuple(octets(text, n), &tuple, NULL), ST_DAMAGED);
	record_put_client(&c, text);
	for (size_t n = 0; n <= CLIENT_RECORD_SIZE + 1; n++)
		assert_int_equal(record_get_client(octets(text, n), &client),
		                 n == CLIENT_RECORD_SIZE ? ST_OK : ST_DAMAGED);
	assert_true(client.last == 7 && client.count == 8);
	record_put_mark(&m, text);
	for (size_t n = 0; n <= MARK_RECORD_SIZE + 1; n++)
		assert_int_equal(record_get_mark(octets(text, n), &mark),
		                 n == MARK_RECORD_SIZE ? ST_OK : ST_DAMAGED);
	assert_true(mark.since == 9 && mark.instance == 10);
}

static void test_scans(void **state)
{
	static const struct {
		int64_t score, back;
		bool spam;
		struct view symbols;
	} scans[] = {
		{ 75, 75, true, VIEW_INIT("BAYES_99,URIBL_BLACK") },
		{ -12, -12, false, VIEW_INIT("") },
		{ INT64_MAX, INT32_MAX, true, VIEW_INIT("A,...") },
		{ INT64_MIN, INT32_MIN, false, VIEW_INIT("A") },
	};
	struct grey_record r = { .first = 5, .last = 6, .early = 1 }, back;

	(void)state;
	for (size_t i = 0; i < sizeof(scans) / sizeof(scans[0]); i++) {
		struct record_scan s = { .score_tenths = scans[i].score,
			                 .spam = scans[i].spam,
			                 .mail = 0xfffffffe },
				   t;
		uint8_t text[TUPLE_RECORD_SIZE + RECORD_SCAN_MAX + 5];
		size_t n = TUPLE_RECORD_SIZE;
		struct view behind;

		spam_symbols_of_list(scans[i].symbols, &s.symbols);
		s.symbols.n = scans[i].symbols.n;
		memcpy(s.symbols.p, scans[i].symbols.p, s.symbols.n);
		record_put_tuple(&r, text);
		assert_int_equal(record_get_scan(octets(text, n), &t), ST_NOTFOUND);
		n += record_put_scan(&s, text, text + n);
		for (size_t cut = 0; cut < n; cut++) {
			assert_int_equal(record_get_tuple(octets(text, cut), &back, &behind),
			                 ST_DAMAGED);
			assert_int_equal(record_get_scan(octets(text, cut), &t), ST_DAMAGED);
		}
		memcpy(text + n, "after", 5);
		assert_int_equal(record_get_tuple(octets(text, n + 5), &back, &behind), ST_OK);
		assert_view(behind, "after");
		assert_true(back.first == 5 && back.early == 1);
		assert_int_equal(record_get_scan(octets(text, n + 5), &t), ST_OK);
		assert_int_equal(t.score_tenths, scans[i].back);
		assert_int_equal(t.spam, scans[i].spam);
		assert_int_equal(t.mail, 0xfffffffe);
		assert_true(view_eq(spam_symbols_view(&t.symbols), scans[i].symbols));
		back.early = 2;
		record_put_again(&back, octets(text, n), text);
		assert_int_equal(record_get_scan(octets(text, n + 5), &t), ST_OK);
		assert_int_equal(record_get_tuple(octets(text, n + 5), &back, NULL), ST_OK);
		assert_int_equal(back.early, 2);
	}
}

static void test_impossible_scans(void **state)
{
	struct record_scan s = { .symbols = { .n = 3, .p = "A,B" } }, back;
	struct grey_record r = { .first = 1 };
	uint8_t text[TUPLE_RECORD_SIZE + RECORD_SCAN_MAX];
	size_t n;

	(void)state;
	record_put_tuple(&r, text);
	n = TUPLE_RECORD_SIZE + record_put_scan(&s, text, text + TUPLE_RECORD_SIZE);
	assert_int_equal(record_get_scan(octets(text, n), &back), ST_OK);
	text[3] = 2;
	assert_int_equal(record_get_tuple(octets(text, n), &r, NULL), ST_DAMAGED);
	text[3] = 1;
	text[n - 1] = '\t';
	assert_int_equal(record_get_tuple(octets(text, n), &r, NULL), ST_DAMAGED);
	text[n - 1] = ',';
	assert_int_equal(record_get_tuple(octets(text, n), &r, NULL), ST_DAMAGED);
}

/* A garbled time must not come near a decision: the difference of two might not be a number. */
static void test_impossible(void **state)
{
	static const int64_t times[] = { -1, INT64_MIN, INT64_MAX, RECORD_TIME_MAX + 1 };
	uint8_t text[TUPLE_RECORD_SIZE];
	struct grey_record r = { .first = 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct grey_record first = { .first = times[i] }, last = { .last = times[i] };
		struct client_record c = { .last = times[i] };
		struct mark_record m = { .since = times[i] };

		record_put_tuple(&first, text);
		assert_int_equal(record_get_tuple(octets(text, sizeof(text)), &first, NULL),
		                 ST_DAMAGED);
		record_put_tuple(&last, text);
		assert_int_equal(record_get_tuple(octets(text, sizeof(text)), &last, NULL),
		                 ST_DAMAGED);
		record_put_client(&c, text);
		assert_int_equal(record_get_client(octets(text, CLIENT_RECORD_SIZE), &c),
		                 ST_DAMAGED);
		record_put_mark(&m, text);
		assert_int_equal(record_get_mark(octets(text, MARK_RECORD_SIZE), &m), ST_DAMAGED);
	}
	record_put_tuple(&r, text);
	text[0] = RECORD_VERSION_SCANNED + 1;
	assert_int_equal(record_get_tuple(octets(text, sizeof(text)), &r, NULL), ST_DAMAGED);
	text[0] = RECORD_VERSION;
	text[1] = GREY_BY_SPF + 1;
	assert_int_equal(record_get_tuple(octets(text, sizeof(text)), &r, NULL), ST_DAMAGED);
}

/* --- keys --- */

static void make(char *out, size_t n)
{
	static const char start[] = "203.0.113.0/24\ta@example.net\t";

	memset(out, 'x', n);
	memcpy(out, start, sizeof(start) - 1);
}

static void test_long_keys(void **state)
{
	static char text[TUPLE_TEXT_MAX + NET_TEXT_MAX];
	struct store_key key, other;
	struct view behind;

	(void)state;
	for (size_t n = KEY_MAX - 2; n < KEY_MAX + 3; n++) {
		make(text, n);
		assert_int_equal(key_of_tuple((struct view){ text, n }, NULL, &key, &behind),
		                 ST_OK);
		if (n <= KEY_MAX) {
			assert_true(view_eq(key_view(&key), (struct view){ text, n }));
			assert_int_equal(behind.n, 0);
			continue;
		}
		assert_true(view_starts(key_view(&key), VIEW("203.0.113.0/24\t#")));
		assert_int_equal(key.n, strlen("203.0.113.0/24\t#") + 64);
		assert_true(view_eq(behind, (struct view){ text, n }));
		text[n - 1] = 'y';
		assert_int_equal(key_of_tuple((struct view){ text, n }, NULL, &other, &behind),
		                 ST_OK);
		assert_false(view_eq(key_view(&key), key_view(&other)));
	}
	make(text, sizeof(text));
	assert_int_equal(key_of_tuple((struct view){ text, sizeof(text) }, NULL, &key, &behind),
	                 ST_OK);
	assert_true(key.n <= KEY_MAX);
}

/* A source longer than the room leaves the hash whole. */
static void test_long_source(void **state)
{
	static char text[2000];
	struct store_key a, b;
	struct view behind;

	(void)state;
	memset(text, 's', sizeof(text));
	text[1500] = TUPLE_SEPARATOR;
	text[1600] = TUPLE_SEPARATOR;
	assert_int_equal(key_of_tuple((struct view){ text, sizeof(text) }, NULL, &a, &behind),
	                 ST_OK);
	assert_int_equal(a.n, KEY_MAX);
	text[1999] = 'S';
	assert_int_equal(key_of_tuple((struct view){ text, sizeof(text) }, NULL, &b, &behind),
	                 ST_OK);
	assert_int_equal(b.n, KEY_MAX);
	assert_false(view_eq(key_view(&a), key_view(&b)));
}

static void test_no_tuple(void **state)
{
	static const char *const texts[] = { "", "x", "a\tb", "\t" };
	struct store_key key;
	struct view behind;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(key_of_tuple(view_of(texts[i]), NULL, &key, &behind), ST_INVALID);
	assert_int_equal(key_of_text(VIEW(""), NULL, &key), ST_LIMIT);
}

static void test_text_keys(void **state)
{
	static char text[KEY_MAX + 1];
	struct store_key key, other;

	(void)state;
	memset(text, 't', sizeof(text));
	assert_int_equal(key_of_text((struct view){ text, KEY_MAX }, NULL, &key), ST_OK);
	assert_int_equal(key.n, KEY_MAX);
	/* A longer one has room for its first word, and a hash of all. */
	assert_int_equal(key_of_text((struct view){ text, KEY_MAX + 1 }, NULL, &key), ST_OK);
	assert_int_equal(key.n, KEY_MAX);
	text[12] = ' ';
	assert_int_equal(key_of_text((struct view){ text, KEY_MAX + 1 }, NULL, &other), ST_OK);
	assert_int_equal(other.n, 12 + 2 + 64);
	text[KEY_MAX] = 'u';
	assert_int_equal(key_of_text((struct view){ text, KEY_MAX + 1 }, NULL, &key), ST_OK);
	assert_false(view_eq(key_view(&key), key_view(&other)));
}

/* With privacy no address is in a key, each part has its own hash, and the secret matters. */
static void test_privacy(void **state)
{
	static const uint8_t other[PRIVACY_SECRET_SIZE] = { 9 };
	static char text[3000];
	struct store_key key, same_source, other_secret, client;
	struct view behind;

	(void)state;
	make(text, sizeof(text));
	assert_int_equal(key_of_tuple((struct view){ text, 3000 }, secret, &key, &behind), ST_OK);
	assert_int_equal(behind.n, 0);
	assert_int_equal(key.n, 3 * 24 + 2);
	for (size_t i = 0; i < key.n; i++)
		assert_true(key.p[i] == '\t' || strchr("0123456789abcdef", key.p[i]) != NULL);
	assert_int_equal(key_of_tuple((struct view){ text, 600 }, secret, &same_source, &behind),
	                 ST_OK);
	assert_memory_equal(key.p, same_source.p, 50);
	assert_memory_not_equal(key.p + 50, same_source.p + 50, 24);
	assert_int_equal(key_of_tuple((struct view){ text, 3000 }, other, &other_secret, &behind),
	                 ST_OK);
	assert_memory_not_equal(key.p, other_secret.p, 24);
	assert_int_equal(key_of_text(VIEW("203.0.113.9"), secret, &client), ST_OK);
	assert_int_equal(client.n, 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tuples),           cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_impossible),       cmocka_unit_test(test_scans),
		cmocka_unit_test(test_impossible_scans), cmocka_unit_test(test_long_keys),
		cmocka_unit_test(test_long_source),      cmocka_unit_test(test_no_tuple),
		cmocka_unit_test(test_text_keys),        cmocka_unit_test(test_privacy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
