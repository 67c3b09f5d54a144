#include "test.h"

#include "codec/received_spf.h"

static struct ip ip_of(const char *text)
{
	struct ip ip = { IP_NONE, { 0 } };

	if (text != NULL)
		assert_int_equal(ip_parse(view_of(text), &ip), ST_OK);
	return ip;
}

/* The facts of the first two are RFC 7208's, section 9.1. */
static void test_writes(void **state)
{
	static const struct {
		const char *name, *client;
		struct received_spf r;
		const char *want;
	} cases[] = {
		{ "pass",
		  "192.0.2.1",
		  { .result = "pass",
		    .receiver = VIEW_INIT("mybox.example.org"),
		    .mail_from = VIEW_INIT("myname@example.com"),
		    .helo = VIEW_INIT("foo.example.com") },
		  "pass (mybox.example.org: example.com designates 192.0.2.1 as permitted sender) "
		  "receiver=mybox.example.org; identity=mailfrom; client-ip=192.0.2.1; "
		  "envelope-from=\"myname@example.com\"; helo=foo.example.com" },
		{ "fail",
		  "192.0.2.1",
		  { .result = "fail",
		    .receiver = VIEW_INIT("mybox.example.org"),
		    .mail_from = VIEW_INIT("myname@example.com"),
		    .mechanism = VIEW_INIT("-all") },
		  "fail (mybox.example.org: example.com does not designate 192.0.2.1 as permitted "
		  "sender) "
		  "receiver=mybox.example.org; identity=mailfrom; client-ip=192.0.2.1; "
		  "envelope-from=\"myname@example.com\"; mechanism=-all" },
		{ "a null sender",
		  "2001:db8::1",
		  { .result = "softfail",
		    .helo_identity = true,
		    .helo = VIEW_INIT("foo.example.com"),
		    .mechanism = VIEW_INIT("~ip6:2001:db8::/32") },
		  "softfail (foo.example.com does not want to designate 2001:db8::1 as permitted "
		  "sender) "
		  "identity=helo; client-ip=\"2001:db8::1\"; envelope-from=\"\"; "
		  "helo=foo.example.com; "
		  "mechanism=\"~ip6:2001:db8::/32\"" },
		{ "an error",
		  "192.0.2.1",
		  { .result = "permerror",
		    .mail_from = VIEW_INIT("a@b.example"),
		    .problem = VIEW_INIT("two records") },
		  "permerror (b.example has a wrong record for 192.0.2.1) identity=mailfrom; "
		  "client-ip=192.0.2.1; envelope-from=\"a@b.example\"; problem=\"two records\"" },
		{ "nothing known",
		  NULL,
		  { .result = "none" },
		  "none identity=mailfrom; envelope-from=\"\"" },
		{ "hostile",
		  "192.0.2.1",
		  { .result = "none",
		    .mail_from = VIEW_INIT("a\r\n\"@b) x (c"),
		    .helo = VIEW_INIT("h; receiver=x") },
		  "none (b\\) x \\(c says nothing of 192.0.2.1) identity=mailfrom; "
		  "client-ip=192.0.2.1; "
		  "envelope-from=\"a??\\\"@b) x (c\"; helo=\"h; receiver=x\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct received_spf r = cases[i].r;
		struct buf out = buf_of(2000);

		print_message("%s\n", cases[i].name);
		r.client = ip_of(cases[i].client);
		assert_int_equal(received_spf_put(&out, &r), ST_OK);
		assert_string_equal(buf_text(&out), cases[i].want);
		for (size_t max = 0; max < out.n; max++) {
			struct buf small = buf_of(max);

			assert_int_equal(received_spf_put(&small, &r), ST_LIMIT);
			assert_int_equal(small.n, 0);
			buf_free(&small);
		}
		buf_free(&out);
	}
}

/* However long what strangers sent is. */
static void test_long(void **state)
{
	char text[2000];
	struct buf out = buf_of(8000);
	struct received_spf r = { .result = "none", .client = ip_of("192.0.2.1") };

	(void)state;
	memset(text, '"', sizeof(text));
	r.receiver = r.mail_from = r.helo = r.mechanism = r.problem =
		(struct view){ text, sizeof(text) };
	assert_int_equal(received_spf_put(&out, &r), ST_OK);
	assert_true(out.n < 6000);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
