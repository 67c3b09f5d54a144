#include "test.h"

#include "util/arena.h"
#include "util/buf.h"
#include "util/cursor.h"
#include "util/escape.h"
#include "util/ip.h"
#include "util/log.h"

static void test_view_next(void **state)
{
	struct view rest = VIEW("a\n\nb"), line;

	(void)state;
	assert_true(view_next(&rest, '\n', &line));
	assert_view(line, "a");
	assert_true(view_next(&rest, '\n', &line));
	assert_view(line, "");
	assert_true(view_next(&rest, '\n', &line));
	assert_view(line, "b");
	assert_false(view_next(&rest, '\n', &line));
}

static void test_view_numbers(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		enum status want;
		uint64_t value;
	} cases[] = {
		{ "0", 10, ST_OK, 0 },
		{ "10", 10, ST_OK, 10 },
		{ "11", 10, ST_LIMIT, 0 },
		{ "9", 5, ST_LIMIT, 0 },
		{ "18446744073709551615", UINT64_MAX, ST_OK, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, ST_LIMIT, 0 },
		{ "", 10, ST_INVALID, 0 },
		{ "-1", 10, ST_INVALID, 0 },
		{ "1x", 10, ST_INVALID, 0 },
		{ " 1", 10, ST_INVALID, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t x = 0;

		assert_int_equal(view_u64(view_of(cases[i].text), cases[i].max, &x), cases[i].want);
		assert_int_equal(x, cases[i].value);
	}
}

static void test_view_signed(void **state)
{
	int64_t x = 0;

	(void)state;
	assert_int_equal(view_i64(VIEW("-5"), &x), ST_OK);
	assert_int_equal(x, -5);
	assert_int_equal(view_i64(VIEW("+7"), &x), ST_OK);
	assert_int_equal(x, 7);
	assert_int_equal(view_i64(VIEW("-"), &x), ST_INVALID);
	assert_int_equal(view_i64(VIEW("9223372036854775808"), &x), ST_LIMIT);
}

static void test_buf_is_bounded(void **state)
{
	struct buf b = buf_of(5);

	(void)state;
	assert_int_equal(buf_append(&b, VIEW("abc")), ST_OK);
	assert_int_equal(buf_append(&b, VIEW("def")), ST_LIMIT);
	assert_view(buf_view(&b), "abc");
	assert_int_equal(buf_printf(&b, "%d", 12), ST_OK);
	assert_string_equal(buf_text(&b), "abc12");
	assert_int_equal(buf_byte(&b, 'x'), ST_LIMIT);
	buf_drop(&b, 3);
	assert_view(buf_view(&b), "12");
	buf_free(&b);
	assert_string_equal(buf_text(&b), "");
	buf_free(&b);
}

static void test_buf_fits(void **state)
{
	struct buf b = buf_of(1000);

	(void)state;
	assert_int_equal(buf_append(&b, VIEW("abc")), ST_OK);
	buf_fit(&b);
	assert_view(buf_view(&b), "abc");
	assert_int_equal(b.size, 4); /* and a NUL */
	buf_fit(&b);
	assert_view(buf_view(&b), "abc");
	assert_string_equal(buf_text(&b), "abc");
	assert_int_equal(buf_append(&b, VIEW("def")), ST_OK); /* it grows again */
	assert_view(buf_view(&b), "abcdef");
	buf_clear(&b);
	buf_fit(&b);
	assert_null(b.p);
	assert_int_equal(buf_append(&b, VIEW("g")), ST_OK);
	assert_view(buf_view(&b), "g");
	buf_free(&b);
}

static void test_arena_keeps_texts(void **state)
{
	struct arena *a = arena_new();
	char *texts[1000];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		char number[16];

		(void)snprintf(number, sizeof(number), "text %d", i);
		texts[i] = arena_text(a, view_of(number));
	}
	assert_string_equal(texts[0], "text 0");
	assert_string_equal(texts[999], "text 999");
	assert_non_null(arena_alloc(a, 100000));
	arena_free(&a);
	assert_null(a);
	arena_free(&a);
}

static void test_cursor_remembers_overrun(void **state)
{
	struct cursor c = cursor_of((struct view){ "\x01\x02\x03\x04\x05", 5 });

	(void)state;
	assert_int_equal(cur_be(&c, 2), 0x0102);
	assert_int_equal(cur_le(&c, 2), 0x0403);
	assert_false(cur_done(&c));
	assert_int_equal(cur_be(&c, 2), 0);
	assert_int_equal(cur_u8(&c), 0);
	assert_true(c.bad);
	assert_false(cur_done(&c));
}

static void test_ip_forms(void **state)
{
	static const struct {
		const char *text;
		const char *want; /* NULL: refused */
	} cases[] = {
		{ "203.0.113.9", "203.0.113.9" },
		{ "2001:DB8::1", "2001:db8::1" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "::FFFF:c000:201", "192.0.2.1" },
		{ "::192.0.2.1", "::192.0.2.1" },
		{ "203.0.113", NULL },
		{ "203.0.113.256", NULL },
		{ "unknown", NULL },
		{ "", NULL },
		{ "[203.0.113.9]", NULL },
		{ "fe80::1%eth0", NULL },
		{ "IPv6:2001:db8::1", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ip ip;
		char text[IP_TEXT_MAX];

		if (cases[i].want == NULL) {
			assert_int_equal(ip_parse(view_of(cases[i].text), &ip), ST_INVALID);
			continue;
		}
		assert_int_equal(ip_parse(view_of(cases[i].text), &ip), ST_OK);
		ip_format(&ip, text);
		assert_string_equal(text, cases[i].want);
	}
	assert_int_equal(ip_parse(((struct view){ "1.2.3.4\0x", 9 }), &(struct ip){ 0 }),
	                 ST_INVALID);
}

static void test_name_servers(void **state)
{
	static const char *const good[] = { "192.0.2.53", "192.0.2.53@5353", "2001:db8::53",
		                            "2001:db8::53@1", "::1@65535" };
	static const char *const bad[] = { "",
		                           "@53",
		                           "dns.example",
		                           "192.0.2.53@",
		                           "192.0.2.53@0",
		                           "192.0.2.53@65536",
		                           "192.0.2.53@53@53",
		                           "192.0.2.53:53",
		                           "[::1]@53" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(ip_is_name_server(view_of(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(ip_is_name_server(view_of(bad[i])));
}

static void test_net_masks(void **state)
{
	static const struct {
		const char *net;
		const char *text;
		const char *in;
		const char *out;
	} cases[] = {
		{ "203.0.113.77/24", "203.0.113.0/24", "203.0.113.255", "203.0.114.0" },
		{ "203.0.113.129/25", "203.0.113.128/25", "203.0.113.128", "203.0.113.127" },
		{ "203.0.113.9", "203.0.113.9/32", "203.0.113.9", "203.0.113.8" },
		{ "0.0.0.0/0", "0.0.0.0/0", "8.8.8.8", "2001:db8::1" },
		{ "2001:db8:1:2:3::9/64", "2001:db8:1:2::/64",
		  "2001:db8:1:2:ffff::", "2001:db8:1:3::" },
	};
	struct ip_net bad;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ip_net net;
		struct ip ip;
		char text[NET_TEXT_MAX];

		assert_int_equal(net_parse(view_of(cases[i].net), &net), ST_OK);
		net_format(&net, text);
		assert_string_equal(text, cases[i].text);
		assert_int_equal(ip_parse(view_of(cases[i].in), &ip), ST_OK);
		assert_true(net_has(&net, &ip));
		assert_int_equal(ip_parse(view_of(cases[i].out), &ip), ST_OK);
		assert_false(net_has(&net, &ip));
	}
	assert_int_equal(net_parse(VIEW("203.0.113.0/33"), &bad), ST_LIMIT);
	assert_int_equal(net_parse(VIEW("203.0.113.0/"), &bad), ST_INVALID);
	assert_int_equal(net_parse(VIEW("203.0.113/24"), &bad), ST_INVALID);
}

static void test_escape(void **state)
{
	char out[16];
	struct buf b = buf_of(100);

	(void)state;
	assert_string_equal(escape_text(VIEW("a\\\n\xe9"), out, sizeof(out)), "a\\x5c\\x0a...");
	assert_string_equal(escape_text(VIEW("short"), out, sizeof(out)), "short");
	assert_int_equal(escape_append(&b, VIEW("ab\0c"), 3), ST_OK);
	assert_string_equal(buf_text(&b), "ab\\x00...");
	buf_free(&b);
}

static void test_diag(void **state)
{
	struct diag d = { .file = "greylist.conf" };
	char out[64], small[12];

	(void)state;
	diag_at(&d, 3, 7, "no such %s", "word");
	diag_format(&d, out, sizeof(out));
	assert_string_equal(out, "greylist.conf:3:7: no such word");
	diag_format(&d, small, sizeof(small));
	assert_string_equal(small, "greylist...");
}

/* At once, then not for a minute; and again when the clock was set back. */
static void test_log_due(void **state)
{
	int64_t told_at = 0;

	(void)state;
	assert_true(log_due(&told_at, 1000));
	assert_false(log_due(&told_at, 1000));
	assert_false(log_due(&told_at, 1059));
	assert_true(log_due(&told_at, 1060));
	assert_false(log_due(&told_at, 1119));
	assert_true(log_due(&told_at, 900));
	assert_int_equal(told_at, 900);
}

static void test_log_words(void **state)
{
	enum log_level level;
	int facility;

	(void)state;
	assert_int_equal(log_level_parse(VIEW("Warning"), &level), ST_OK);
	assert_int_equal(level, LOG_LEVEL_WARNING);
	assert_int_equal(log_level_parse(VIEW("loud"), &level), ST_NOTFOUND);
	assert_int_equal(log_facility_parse(VIEW("local7"), &facility), ST_OK);
	assert_int_equal(log_facility_parse(VIEW("nowhere"), &facility), ST_NOTFOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_view_next),
		cmocka_unit_test(test_view_numbers),
		cmocka_unit_test(test_view_signed),
		cmocka_unit_test(test_buf_is_bounded),
		cmocka_unit_test(test_buf_fits),
		cmocka_unit_test(test_arena_keeps_texts),
		cmocka_unit_test(test_cursor_remembers_overrun),
		cmocka_unit_test(test_ip_forms),
		cmocka_unit_test(test_name_servers),
		cmocka_unit_test(test_net_masks),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_diag),
		cmocka_unit_test(test_log_due),
		cmocka_unit_test(test_log_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
