#include "test.h"

#include <dirent.h>

#include "codec/policy.h"
#include "util/file.h"

#define REQUEST(lines) "request=smtpd_access_policy\n" lines "\n"

/* The whole text is one request, however it is cut. */
static void test_every_cut_is_unfinished(void **state)
{
	struct view whole = VIEW(REQUEST("client_address=192.0.2.1\r\nsender=a=b\n"));
	struct policy_scan step = { 0 };
	size_t used = 0;

	(void)state;
	for (size_t n = 0; n < whole.n; n++) {
		struct policy_scan fresh = { 0 };

		assert_int_equal(policy_scan(&fresh, view_first(whole, n), &used), ST_AGAIN);
		assert_int_equal(policy_scan(&step, view_first(whole, n), &used), ST_AGAIN);
	}
	assert_int_equal(policy_scan(&step, whole, &used), ST_OK);
	assert_int_equal(used, whole.n);
}

static void test_scan_stops_at_the_first_request(void **state)
{
	struct policy_scan scan = { 0 };
	size_t used = 0;

	(void)state;
	assert_int_equal(policy_scan(&scan, VIEW("a=b\r\n\r\nc=d\n\n"), &used), ST_OK);
	assert_int_equal(used, 7);
	scan = (struct policy_scan){ 0 };
	assert_int_equal(policy_scan(&scan, VIEW("\n\n"), &used), ST_OK);
	assert_int_equal(used, 1);
}

static void repeat(struct buf *b, const char *text, size_t times)
{
	for (size_t i = 0; i < times; i++)
		assert_int_equal(buf_append(b, view_of(text)), ST_OK);
}

static enum status scan_of(const char *before, const char *repeated, size_t times,
                           const char *after)
{
	struct buf b = buf_of(POLICY_REQUEST_MAX * 2);
	struct policy_scan scan = { 0 };
	size_t used;
	enum status st;

	repeat(&b, before, 1);
	repeat(&b, repeated, times);
	repeat(&b, after, 1);
	st = policy_scan(&scan, buf_view(&b), &used);
	buf_free(&b);
	return st;
}

static void test_bounds(void **state)
{
	(void)state;
	assert_int_equal(scan_of("", "x", POLICY_LINE_MAX, "\n\n"), ST_OK);
	assert_int_equal(scan_of("", "x", POLICY_LINE_MAX + 1, "\n\n"), ST_LIMIT);
	assert_int_equal(scan_of("", "x", POLICY_LINE_MAX, ""), ST_AGAIN);
	assert_int_equal(scan_of("", "x", POLICY_LINE_MAX + 1, ""), ST_LIMIT);
	assert_int_equal(scan_of("", "a=b\n", POLICY_LINES_MAX, "\n"), ST_OK);
	assert_int_equal(scan_of("", "a=b\n", POLICY_LINES_MAX + 1, "\n"), ST_LIMIT);
	assert_int_equal(scan_of("",
	                         "a="
	                         "12345678901234567890123456789012345678901234567890"
	                         "12345678901234567890123456789012345678901234567890"
	                         "12345678901234567890123456789012345678901234567890"
	                         "12345678901234567890123456789012345678901234567890"
	                         "12345678901234567890123456789012345678901234567890"
	                         "12345678901234567890123456789012345678901234567890"
	                         "\n",
	                         250, "\n"),
	                 ST_LIMIT);
}

static void test_values(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		enum policy_attribute attribute;
		const char *value; /* NULL: absent */
		unsigned garbage;
	} cases[] = {
		{ "plain", "sender=a@b\n", POLICY_SENDER, "a@b", 0 },
		{ "empty", "sender=\n", POLICY_SENDER, "", 0 },
		{ "absent", "x=y\n", POLICY_SENDER, NULL, 0 },
		{ "equals in the value", "sender=a=b=c\n", POLICY_SENDER, "a=b=c", 0 },
		{ "the last of two counts", "sender=a\nsender=b\n", POLICY_SENDER, "b", 0 },
		{ "CR LF", "sender=a@b\r\n", POLICY_SENDER, "a@b", 0 },
		{ "CR in the middle", "sender=a\rb\n", POLICY_SENDER, "a\rb", 0 },
		{ "blanks stay", "sender= a \n", POLICY_SENDER, " a ", 0 },
		{ "a blank before the name", " sender=a\n", POLICY_SENDER, NULL, 0 },
		{ "name with another case", "Sender=a\n", POLICY_SENDER, NULL, 0 },
		{ "no equals sign", "sender\n", POLICY_SENDER, NULL, 1 },
		{ "no name", "=sender\n", POLICY_SENDER, NULL, 1 },
		{ "equals before the name", "=sender=a\n", POLICY_SENDER, "a", 0 },
		{ "8-bit", "sender=\xc3\xbc@x\n", POLICY_SENDER, "\xc3\xbc@x", 0 },
		{ "a name that begins like another", "sender_x=a\n", POLICY_SENDER, NULL, 0 },
		{ "one that only tests send", "policy_test_time=12\n", POLICY_TEST_TIME, "12", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf text = buf_of(1000);
		struct policy_request r;

		print_message("%s\n", cases[i].name);
		assert_int_equal(buf_printf(&text, REQUEST("%s"), cases[i].text), ST_OK);
		assert_int_equal(policy_parse(buf_view(&text), &r), ST_OK);
		assert_int_equal(policy_has(&r, cases[i].attribute), cases[i].value != NULL);
		if (cases[i].value != NULL)
			assert_view(r.value[cases[i].attribute], cases[i].value);
		assert_int_equal(r.garbage, cases[i].garbage);
		buf_free(&text);
	}
}

static void test_nul_is_an_octet(void **state)
{
	struct policy_request r;

	(void)state;
	assert_int_equal(policy_parse(VIEW(REQUEST("sender=a\0b\n")), &r), ST_OK);
	assert_int_equal(r.value[POLICY_SENDER].n, 3);
}

static void test_other_requests(void **state)
{
	struct policy_request r;

	(void)state;
	assert_int_equal(policy_parse(VIEW("\n"), &r), ST_INVALID);
	assert_int_equal(policy_parse(VIEW("sender=a\n\n"), &r), ST_INVALID);
	assert_view(r.value[POLICY_SENDER], "a");
	assert_int_equal(policy_parse(VIEW("request=junk\n\n"), &r), ST_INVALID);
	assert_int_equal(policy_parse(VIEW("request=smtpd_access_policy2\n\n"), &r), ST_INVALID);
}

static void parse_file(const char *path, enum status want)
{
	struct buf text = buf_of(POLICY_REQUEST_MAX);
	struct policy_scan scan = { 0 };
	struct policy_request r;
	struct diag why;
	size_t used;

	print_message("%s\n", path);
	assert_int_equal(file_read(path, &text, &why), ST_OK);
	assert_int_equal(policy_scan(&scan, buf_view(&text), &used), ST_OK);
	assert_int_equal(used, text.n);
	assert_int_equal(policy_parse(buf_view(&text), &r), want);
	assert_int_equal(r.garbage, 0);
	assert_true(r.value[POLICY_CLIENT_ADDRESS].n > 0);
	assert_true(policy_has(&r, POLICY_SENDER));
	assert_true(policy_has(&r, POLICY_INSTANCE));
	buf_free(&text);
}

/* Requests in the form of each release from Postfix 2.1 on, and recorded ones. */
static void test_postfix_requests(void **state)
{
	static const char *const folders[] = { "by-version", "requests" };
	unsigned files = 0;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char folder[512];
		DIR *dir;

		(void)snprintf(folder, sizeof(folder), "%s/policy/%s", TEST_DATA, folders[i]);
		dir = opendir(folder);
		assert_non_null(dir);
		for (struct dirent *e; (e = readdir(dir)) != NULL;) {
			char path[1024];

			if (e->d_name[0] == '.')
				continue;
			(void)snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
			parse_file(path, ST_OK);
			files++;
		}
		(void)closedir(dir);
	}
	assert_true(files >= 58);
}

static void test_answers(void **state)
{
	struct buf out = buf_of(30);

	(void)state;
	assert_int_equal(policy_answer(&out, VIEW("DUNNO")), ST_OK);
	assert_string_equal(buf_text(&out), "action=DUNNO\n\n");
	assert_int_equal(policy_answer(&out, VIEW("a\nb\0c")), ST_OK);
	assert_string_equal(buf_text(&out), "action=DUNNO\n\naction=a?b?c\n\n");
	assert_int_equal(policy_answer(&out, VIEW("x")), ST_LIMIT);
	assert_int_equal(out.n, 28);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cut_is_unfinished),
		cmocka_unit_test(test_scan_stops_at_the_first_request),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_nul_is_an_octet),
		cmocka_unit_test(test_other_requests),
		cmocka_unit_test(test_postfix_requests),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
