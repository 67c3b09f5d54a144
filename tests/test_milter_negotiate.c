#include "hex.h"

#include "codec/milter_negotiate.h"

#define ALL_ACTIONS 0x1ffu
#define ALL_STEPS   0x1fffffu

#define WANT (MILTER_MAY_ADD_HEADERS | MILTER_MAY_CHANGE_HEADERS | MILTER_MAY_CHANGE_FROM)
#define MODERN                                                                                     \
	(MILTER_NO_BODY | MILTER_NO_UNKNOWN | MILTER_NO_DATA | MILTER_NR_HEADER |                  \
	 MILTER_WITH_SKIP | MILTER_WITH_REJECTED | MILTER_WITH_BLANK)

static const struct {
	const char *name;
	struct milter_offer offer;
	uint32_t wished_steps;
	enum status want;
	struct milter_terms terms;
} offers[] = {
	{ "Postfix 3.7",
	  { 6, ALL_ACTIONS, ALL_STEPS },
	  MODERN,
	  ST_OK,
	  { 6, WANT | 0x100, 0, MODERN, 0, true, MILTER_DATA_MAX } },
	{ "Postfix, set to version 4",
	  { 4, ALL_ACTIONS, ALL_STEPS },
	  MODERN,
	  ST_OK,
	  { 4, WANT, 0, 0x310, MODERN & ~0x310u, false, MILTER_DATA_MAX } },
	{ "Postfix, set to version 3",
	  { 3, ALL_ACTIONS, ALL_STEPS },
	  MODERN,
	  ST_OK,
	  { 3, WANT, 0, 0x110, MODERN & ~0x110u, false, MILTER_DATA_MAX } },
	{ "Postfix, set to version 2",
	  { 2, ALL_ACTIONS, ALL_STEPS },
	  MODERN,
	  ST_OK,
	  { 2, WANT, 0, 0x10, MODERN & ~0x10u, false, MILTER_DATA_MAX } },
	{ "Sendmail 8.17",
	  { 6, ALL_ACTIONS, ALL_STEPS },
	  MODERN,
	  ST_OK,
	  { 6, WANT | 0x100, 0, MODERN, 0, true, MILTER_DATA_MAX } },
	{ "Sendmail with larger packets, which we don't ask for",
	  { 6, ALL_ACTIONS, ALL_STEPS | MILTER_WITH_1M },
	  MODERN,
	  ST_OK,
	  { 6, WANT | 0x100, 0, MODERN, 0, true, MILTER_DATA_MAX } },
	{ "Sendmail with larger packets",
	  { 6, ALL_ACTIONS, ALL_STEPS | MILTER_WITH_256K },
	  MILTER_WITH_1M | MILTER_WITH_256K,
	  ST_OK,
	  { 6, WANT | 0x100, 0, MILTER_WITH_256K, MILTER_WITH_1M, true, MILTER_DATA_MAX_256K } },
	{ "Sendmail with the largest packets",
	  { 6, ALL_ACTIONS, ALL_STEPS | MILTER_WITH_1M },
	  MILTER_WITH_1M | MILTER_WITH_256K,
	  ST_OK,
	  { 6, WANT | 0x100, 0, MILTER_WITH_1M, MILTER_WITH_256K, true, MILTER_DATA_MAX_1M } },
	{ "an MTA of version 2",
	  { 2, 0x3f, 0x7f },
	  MODERN,
	  ST_OK,
	  { 2, WANT & 0x3f, MILTER_MAY_CHANGE_FROM, 0x10, MODERN & ~0x10u, false,
	    MILTER_DATA_MAX } },
	{ "one that offers nothing",
	  { 6, 0, 0 },
	  MODERN,
	  ST_OK,
	  { 6, MILTER_MAY_ADD_HEADERS, WANT & ~1u, MILTER_NO_BODY, MODERN & ~0x10u, false,
	    MILTER_DATA_MAX } },
	{ "one that offers a single change and a single step",
	  { 6, MILTER_MAY_CHANGE_HEADERS, MILTER_WITH_SKIP },
	  MODERN,
	  ST_OK,
	  { 6, MILTER_MAY_CHANGE_HEADERS, WANT & ~0x10u, MILTER_WITH_SKIP,
	    MODERN & ~MILTER_WITH_SKIP, false, MILTER_DATA_MAX } },
	{ "one of the future",
	  { 8, UINT32_MAX, UINT32_MAX },
	  MODERN,
	  ST_OK,
	  { 6, WANT | 0x100, 0, MODERN, 0, true, MILTER_DATA_MAX } },
	{ "version 5",
	  { 5, ALL_ACTIONS, ALL_STEPS },
	  MILTER_NO_DATA,
	  ST_OK,
	  { 5, WANT, 0, MILTER_NO_DATA, 0, false, MILTER_DATA_MAX } },
	{ "version 1", { 1, 0x0f, 0x3f }, MODERN, ST_INVALID, { 0 } },
	{ "version 0", { 0, 0, 0 }, MODERN, ST_INVALID, { 0 } },
	{ "a negative version",
	  { 0xffffffff, ALL_ACTIONS, ALL_STEPS },
	  0,
	  ST_OK,
	  { 6, WANT | 0x100, 0, 0, 0, true, MILTER_DATA_MAX } },
};

static void test_negotiation(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(offers); i++) {
		const struct milter_terms *want = &offers[i].terms;
		struct milter_wish wish = { .actions = WANT, .steps = offers[i].wished_steps };
		struct milter_terms terms = { 0 };

		print_message("%s\n", offers[i].name);
		wish.macros[MILTER_AT_EOM] = VIEW("i");
		assert_int_equal(milter_negotiate(&offers[i].offer, &wish, &terms), offers[i].want);
		assert_int_equal(terms.version, want->version);
		assert_int_equal(terms.actions, want->actions);
		assert_int_equal(terms.missing_actions, want->missing_actions);
		assert_int_equal(terms.steps, want->steps);
		assert_int_equal(terms.missing_steps, want->missing_steps);
		assert_int_equal(terms.macro_lists, want->macro_lists);
		assert_int_equal(terms.max_data, want->max_data);
	}
}

static void answer_is(const struct milter_offer *offer, const struct milter_wish *wish,
                      const char *hex)
{
	struct buf out = buf_of(ROOM), want = buf_of(ROOM);
	struct milter_terms terms;

	assert_int_equal(milter_negotiate(offer, wish, &terms), ST_OK);
	assert_int_equal(milter_put_terms(&out, &terms, wish), ST_OK);
	put_hex(&want, hex);
	assert_int_equal(out.n, want.n);
	assert_memory_equal(out.p, want.p, want.n);
	buf_free(&out);
	buf_free(&want);
}

static void test_answers_to_the_offer(void **state)
{
	static const struct milter_offer postfix = { 6, ALL_ACTIONS, ALL_STEPS };
	static const struct milter_offer old = { 2, 0x3f, 0x7f };
	struct milter_wish wish = { .actions = ALL_ACTIONS, .steps = MILTER_WITH_SKIP };

	(void)state;
	print_message("no lists\n");
	answer_is(&postfix, &wish, "0000000d 4f 00000006000001ff00000400");
	print_message("version 2\n");
	answer_is(&old, &wish, "0000000d 4f 000000020000003f00000000");

	print_message("lists for all stages\n");
	wish.steps = MILTER_WITH_SKIP | MILTER_WITH_REJECTED | MILTER_NR_HEADER | MILTER_NR_BODY |
	             MILTER_WITH_BLANK;
	wish.macros[MILTER_AT_CONNECT] =
		VIEW("j {client_ptr} {client_resolve} {daemon_name} {client_addr}");
	wish.macros[MILTER_AT_HELO] = VIEW("");
	wish.macros[MILTER_AT_MAIL] = VIEW("{auth_authen} {mail_addr}");
	wish.macros[MILTER_AT_RCPT] = VIEW("{rcpt_mailer} {rcpt_addr}");
	wish.macros[MILTER_AT_DATA] = VIEW("i");
	wish.macros[MILTER_AT_EOM] = VIEW("i {msg_id}");
	wish.macros[MILTER_AT_EOH] = VIEW("i");
	answer_is(&postfix, &wish,
	          "000000a4 4f 00000006000001ff00180c80"
	          "000000006a207b636c69656e745f7074727d207b636c69656e745f7265736f6c76657d207b6461"
	          "656d6f6e5f6e616d657d207b636c69656e745f616464727d00"
	          "000000027b617574685f61757468656e7d207b6d61696c5f616464727d00"
	          "000000037b726370745f6d61696c65727d207b726370745f616464727d00"
	          "000000046900"
	          "0000000569207b6d73675f69647d00"
	          "000000066900");
	print_message("lists, but version 2\n");
	answer_is(&old, &wish, "0000000d 4f 000000020000003f00000000");
}

static void test_end_and_end_of_headers_go_together(void **state)
{
	static const struct milter_offer postfix = { 6, ALL_ACTIONS, ALL_STEPS };
	struct milter_wish wish = { 0 };

	(void)state;
	wish.macros[MILTER_AT_EOM] = VIEW("i");
	answer_is(&postfix, &wish,
	          "00000019 4f 000000060000010000000000 000000056900 000000066900");
	wish.macros[MILTER_AT_EOM] = VIEW("");
	wish.macros[MILTER_AT_EOH] = VIEW("v");
	answer_is(&postfix, &wish,
	          "00000019 4f 000000060000010000000000 000000057600 000000067600");
}

static void test_lists_are_bounded(void **state)
{
	static const struct milter_offer postfix = { 6, ALL_ACTIONS, ALL_STEPS };
	struct buf names = buf_of(ROOM), out = buf_of(ROOM), small = buf_of(20);
	struct milter_wish wish = { 0 };
	struct milter_terms terms;

	(void)state;
	for (unsigned i = 0; i <= MILTER_MACRO_NAMES_MAX; i++)
		assert_int_equal(buf_append(&names, VIEW("i ")), ST_OK);
	wish.macros[MILTER_AT_RCPT] = buf_view(&names);
	assert_int_equal(milter_negotiate(&postfix, &wish, &terms), ST_OK);
	assert_int_equal(milter_put_terms(&out, &terms, &wish), ST_LIMIT);
	wish.macros[MILTER_AT_RCPT].n -= 2;
	assert_int_equal(milter_put_terms(&small, &terms, &wish), ST_LIMIT);
	assert_int_equal(small.n, 0);
	assert_int_equal(out.n, 0);
	assert_int_equal(milter_put_terms(&out, &terms, &wish), ST_OK);
	buf_clear(&out);
	wish.macros[MILTER_AT_RCPT] = VIEW("i\0v");
	assert_int_equal(milter_put_terms(&out, &terms, &wish), ST_INVALID);
	assert_int_equal(out.n, 0);
	buf_free(&names);
	buf_free(&out);
	buf_free(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_negotiation),
		cmocka_unit_test(test_answers_to_the_offer),
		cmocka_unit_test(test_end_and_end_of_headers_go_together),
		cmocka_unit_test(test_lists_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
