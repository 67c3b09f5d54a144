#include "codec/check_reply.h"

#include "test.h"

static struct check_reply read_all(struct view text)
{
	struct check_reply r;
	struct view key, value;

	check_reply_begin(&r);
	while (check_reply_line(&text, &key, &value))
		(void)check_reply_take(&r, key, value);
	return r;
}

static void test_match(void **state)
{
	static const struct {
		const char *what;
		struct view text;
		bool holds;
	} cases[] = {
		{ "nothing", VIEW_INIT(""), false },
		{ "a page", VIEW_INIT("<html>\n<p style=\"color: red\">Not found</p>\n"), false },
		{ "Ok", VIEW_INIT("milterGreylistStatus: Ok\n"), true },
		{ "TRUE without line end", VIEW_INIT("milterGreylistStatus: TRUE"), true },
		{ "any case, CR LF, no blank", VIEW_INIT("MILTERGREYLISTSTATUS:oK\r\n"), true },
		{ "blanks", VIEW_INIT("  milterGreylistStatus\t:\t TRUE  \r\n"), true },
		{ "no", VIEW_INIT("milterGreylistStatus: No\n"), false },
		{ "no, with an action",
		  VIEW_INIT("milterGreylistAction: blacklist\nmilterGreylistStatus: FALSE\n"),
		  false },
		{ "the later status counts",
		  VIEW_INIT("milterGreylistStatus: no\nmilterGreylistStatus: ok\n"), true },
		{ "a status without value", VIEW_INIT("milterGreylistStatus:  \n"), false },
		{ "another key of ours", VIEW_INIT("milterGreylistMsg: go away\n"), true },
		{ "a delay that is none", VIEW_INIT("milterGreylistDelay: soon\n"), false },
		{ "an action that is none", VIEW_INIT("milterGreylistAction: drop\n"), false },
		{ "ignore", VIEW_INIT("milterGreylistIgnore: x\n"), false },
		{ "other lines", VIEW_INIT("x: y\nmilterGreylist: Ok\nmilterGreylistStatu: Ok\n"),
		  false },
		{ "a NUL", VIEW_INIT("milterGreylistStatus: Ok\0\n"), false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct check_reply r = read_all(cases[i].text);

		if (check_reply_holds(&r) != cases[i].holds)
			fail_msg("%s", cases[i].what);
	}
}

static void test_values(void **state)
{
	struct check_reply r = read_all(VIEW("milterGreylistAction: Blacklist\n"
	                                     "milterGreylistDelay: 5m\n"
	                                     "milterGreylistAutowhite: 2w\n"
	                                     "milterGreylistTarpit: 65\n"
	                                     "milterGreylistCode: 551\n"
	                                     "milterGreylistEcode: 5.7.1\n"
	                                     "milterGreylistMsg: Go away: %i\n"
	                                     "milterGreylistReport: by hand\n"
	                                     "milterGreylistFlushAddr: 1\n"
	                                     "milterGreylistNoLog: yes\n"));

	(void)state;
	assert_true(check_reply_holds(&r));
	assert_int_equal(r.action, CHECK_BLACKLIST);
	assert_int_equal(r.delay, 300);
	assert_int_equal(r.autowhite, 1209600);
	assert_int_equal(r.tarpit, 65);
	assert_view(r.code, "551");
	assert_view(r.ecode, "5.7.1");
	assert_view(r.msg, "Go away: %i");
	assert_view(r.report, "by hand");
	assert_true(r.flushaddr && r.nolog);
	r = read_all(VIEW("milterGreylistStatus: Ok\n"));
	assert_int_equal(r.action, CHECK_NO_ACTION);
	assert_int_equal(r.delay, CHECK_UNSAID);
	assert_int_equal(r.msg.n, 0);
	assert_false(r.flushaddr || r.nolog);
}

static void test_times(void **state)
{
	static const struct {
		const char *text;
		int64_t s;
	} cases[] = {
		{ "0", 0 },
		{ "90s", 90 },
		{ "36500d", CHECK_TIME_MAX },
		{ "36501d", CHECK_UNSAID },
		{ "18446744073709551616", CHECK_UNSAID },
		{ "9223372036854775807w", CHECK_UNSAID },
		{ "-1", CHECK_UNSAID },
		{ "m", CHECK_UNSAID },
		{ "5 m", CHECK_UNSAID },
		{ "5mm", CHECK_UNSAID },
		{ "5M", CHECK_UNSAID },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct check_reply r;

		check_reply_begin(&r);
		assert_true(
			check_reply_take(&r, VIEW("milterGreylistDelay"), view_of(cases[i].text)));
		if (r.delay != cases[i].s)
			fail_msg("%s", cases[i].text);
	}
}

/* A directory's value may be anything. */
static void test_hostile_values(void **state)
{
	static const struct view values[] = { VIEW_INIT("a\r\nb"), VIEW_INIT("a\0b"),
		                              VIEW_INIT("\x7f") };

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct check_reply r;

		check_reply_begin(&r);
		assert_true(check_reply_take(&r, VIEW("milterGreylistMsg"), values[i]));
		assert_false(check_reply_holds(&r));
		assert_int_equal(r.msg.n, 0);
	}
}

/* No cut reads more than there is, or says more than was said. */
static void test_cuts(void **state)
{
	struct view whole = VIEW("milterGreylistAction: blacklist\r\nmilterGreylistDelay: 55\r\n");

	(void)state;
	for (size_t n = 0; n <= whole.n; n++) {
		struct check_reply r = read_all(view_first(whole, n));

		assert_true(r.action == (n >= 31 ? CHECK_BLACKLIST : CHECK_NO_ACTION));
		assert_true(r.delay == (n >= 56 ? 55 : n == 55 ? 5 : CHECK_UNSAID));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match), cmocka_unit_test(test_values),
		cmocka_unit_test(test_times), cmocka_unit_test(test_hostile_values),
		cmocka_unit_test(test_cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
