#include "hex.h"

#include "codec/milter_reply.h"

static const struct {
	const char *name;
	struct milter_reply reply;
	const char *hex; /* NULL: refused */
} replies[] = {
	{ "CONTINUE", { .kind = MILTER_CONTINUE }, "00000001 63" },
	{ "ACCEPT", { .kind = MILTER_ACCEPT }, "00000001 61" },
	{ "REJECT", { .kind = MILTER_REJECT }, "00000001 72" },
	{ "TEMPFAIL", { .kind = MILTER_TEMPFAIL }, "00000001 74" },
	{ "DISCARD", { .kind = MILTER_DISCARD }, "00000001 64" },
	{ "SKIP", { .kind = MILTER_SKIP }, "00000001 73" },
	{ "SHUTDOWN", { .kind = MILTER_SHUTDOWN }, "00000001 34" },
	{ "CONN_FAIL", { .kind = MILTER_CONN_FAIL }, "00000001 66" },
	{ "PROGRESS", { .kind = MILTER_PROGRESS }, "00000001 70" },
	{ "REPLYCODE",
	  { .kind = MILTER_REPLYCODE, .text = VIEW_INIT("451 4.7.1 Later") },
	  "00000011 79 34353120342e372e31204c6174657200" },
	{ "REPLYCODE, two lines",
	  { .kind = MILTER_REPLYCODE, .text = VIEW_INIT("550-5.7.1 one\r\n550 5.7.1 two") },
	  "0000001e 79 3535302d352e372e31206f6e650d0a35353020352e372e312074776f00" },
	{ "REPLYCODE, not a refusal",
	  { .kind = MILTER_REPLYCODE, .text = VIEW_INIT("250 2.0.0 fine") },
	  NULL },
	{ "REPLYCODE without a text", { .kind = MILTER_REPLYCODE }, NULL },
	{ "ADDHEADER",
	  { .kind = MILTER_ADDHEADER, .name = VIEW_INIT("X-A"), .value = VIEW_INIT("1") },
	  "00000007 68 582d41003100" },
	{ "ADDHEADER, folded",
	  { .kind = MILTER_ADDHEADER, .name = VIEW_INIT("X-F"), .value = VIEW_INIT("a\n\tb") },
	  "0000000a 68 582d4600610a096200" },
	{ "ADDHEADER, 8-bit",
	  { .kind = MILTER_ADDHEADER, .name = VIEW_INIT("X"), .value = VIEW_INIT("\xc3\xbc") },
	  "00000006 68 5800c3bc00" },
	{ "ADDHEADER without a name", { .kind = MILTER_ADDHEADER, .value = VIEW_INIT("1") }, NULL },
	{ "ADDHEADER, colon in the name",
	  { .kind = MILTER_ADDHEADER, .name = VIEW_INIT("X:") },
	  NULL },
	{ "ADDHEADER, blank in the name",
	  { .kind = MILTER_ADDHEADER, .name = VIEW_INIT("X A") },
	  NULL },
	{ "ADDHEADER, 8-bit name", { .kind = MILTER_ADDHEADER, .name = VIEW_INIT("X\xfc") }, NULL },
	{ "ADDHEADER, another header in the value",
	  { .kind = MILTER_ADDHEADER, .name = VIEW_INIT("X"), .value = VIEW_INIT("a\nY: b") },
	  NULL },
	{ "ADDHEADER, LF at the end",
	  { .kind = MILTER_ADDHEADER, .name = VIEW_INIT("X"), .value = VIEW_INIT("a\n") },
	  NULL },
	{ "ADDHEADER, CR LF",
	  { .kind = MILTER_ADDHEADER, .name = VIEW_INIT("X"), .value = VIEW_INIT("a\r\n b") },
	  NULL },
	{ "ADDHEADER, NUL",
	  { .kind = MILTER_ADDHEADER, .name = VIEW_INIT("X"), .value = VIEW_INIT("a\0b") },
	  NULL },
	{ "INSHEADER",
	  { .kind = MILTER_INSHEADER, .name = VIEW_INIT("X-I"), .value = VIEW_INIT("0") },
	  "0000000b 69 00000000582d49003000" },
	{ "CHGHEADER",
	  { .kind = MILTER_CHGHEADER,
	    .index = 2,
	    .name = VIEW_INIT("X-C"),
	    .value = VIEW_INIT("new") },
	  "0000000d 6d 00000002582d43006e657700" },
	{ "CHGHEADER that deletes",
	  { .kind = MILTER_CHGHEADER, .index = 1, .name = VIEW_INIT("X-D") },
	  "0000000a 6d 00000001582d440000" },
	{ "ADDRCPT",
	  { .kind = MILTER_ADDRCPT, .address = VIEW_INIT("<n@x>") },
	  "00000007 2b 3c6e40783e00" },
	{ "ADDRCPT, no brackets",
	  { .kind = MILTER_ADDRCPT, .address = VIEW_INIT("n@x") },
	  "00000007 2b 3c6e40783e00" },
	{ "ADDRCPT, a single bracket",
	  { .kind = MILTER_ADDRCPT, .address = VIEW_INIT("<") },
	  "00000005 2b 3c3c3e00" },
	{ "ADDRCPT takes no arguments",
	  { .kind = MILTER_ADDRCPT, .address = VIEW_INIT("n@x"), .arguments = VIEW_INIT("a\n") },
	  "00000007 2b 3c6e40783e00" },
	{ "ADDRCPT, LF", { .kind = MILTER_ADDRCPT, .address = VIEW_INIT("<n@x\n>") }, NULL },
	{ "ADDRCPT, NUL", { .kind = MILTER_ADDRCPT, .address = VIEW_INIT("<n@x\0>") }, NULL },
	{ "ADDRCPT_PAR",
	  { .kind = MILTER_ADDRCPT_PAR,
	    .address = VIEW_INIT("<p@x>"),
	    .arguments = VIEW_INIT("NOTIFY=NEVER") },
	  "00000014 32 3c7040783e004e4f544946593d4e4556455200" },
	{ "ADDRCPT_PAR without",
	  { .kind = MILTER_ADDRCPT_PAR, .address = VIEW_INIT("<q@x>") },
	  "00000007 32 3c7140783e00" },
	{ "ADDRCPT_PAR, NUL",
	  { .kind = MILTER_ADDRCPT_PAR,
	    .address = VIEW_INIT("<q@x>"),
	    .arguments = VIEW_INIT("a\0b") },
	  NULL },
	{ "DELRCPT",
	  { .kind = MILTER_DELRCPT, .address = VIEW_INIT("<c@d.example>") },
	  "0000000f 2d 3c6340642e6578616d706c653e00" },
	{ "CHGFROM",
	  { .kind = MILTER_CHGFROM, .address = VIEW_INIT("<new@y>") },
	  "00000009 65 3c6e657740793e00" },
	{ "CHGFROM, null sender", { .kind = MILTER_CHGFROM }, "00000004 65 3c3e00" },
	{ "CHGFROM with arguments",
	  { .kind = MILTER_CHGFROM,
	    .address = VIEW_INIT("<new@y>"),
	    .arguments = VIEW_INIT("RET=HDRS") },
	  "00000012 65 3c6e657740793e005245543d4844525300" },
	{ "QUARANTINE",
	  { .kind = MILTER_QUARANTINE, .text = VIEW_INIT("held") },
	  "00000006 71 68656c6400" },
	{ "QUARANTINE, LF", { .kind = MILTER_QUARANTINE, .text = VIEW_INIT("a\nb") }, NULL },
	{ "REPLBODY",
	  { .kind = MILTER_REPLBODY, .body = VIEW_INIT("hello") },
	  "00000006 62 68656c6c6f" },
	{ "REPLBODY, NUL",
	  { .kind = MILTER_REPLBODY, .body = VIEW_INIT("a\0b") },
	  "00000004 62 610062" },
	{ "REPLBODY, empty", { .kind = MILTER_REPLBODY }, "00000001 62" },
	{ "no kind", { .name = VIEW_INIT("x") }, NULL },
};

static void test_replies(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(replies); i++) {
		struct buf out = buf_of(ROOM), want = buf_of(ROOM);

		print_message("%s\n", replies[i].name);
		if (replies[i].hex == NULL) {
			assert_int_equal(milter_put_reply(&out, &replies[i].reply), ST_INVALID);
			assert_int_equal(out.n, 0);
			continue;
		}
		put_hex(&want, replies[i].hex);
		assert_int_equal(milter_put_reply(&out, &replies[i].reply), ST_OK);
		assert_int_equal(out.n, want.n);
		assert_memory_equal(out.p, want.p, want.n);
		buf_free(&out);
		buf_free(&want);
	}
}

/* A buffer of any smaller size takes nothing, and keeps what was in it. */
static void test_replies_fit_or_not_at_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(replies); i++) {
		struct buf want = buf_of(ROOM);

		if (replies[i].hex == NULL)
			continue;
		put_hex(&want, replies[i].hex);
		for (size_t room = 0; room <= want.n; room++) {
			struct buf out = buf_of(room + 1);

			assert_int_equal(buf_byte(&out, 'x'), ST_OK);
			assert_int_equal(milter_put_reply(&out, &replies[i].reply),
			                 room < want.n ? ST_LIMIT : ST_OK);
			assert_int_equal(out.n, room < want.n ? 1 : want.n + 1);
			buf_free(&out);
		}
		buf_free(&want);
	}
}

static void fill(struct buf *b, char c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(buf_byte(b, c), ST_OK);
}

static void test_long_bodies_are_cut(void **state)
{
	static const size_t sizes[] = {
		MILTER_DATA_MAX - 1,
		MILTER_DATA_MAX,
		MILTER_DATA_MAX + 1,
		(size_t)2 * MILTER_DATA_MAX,
		(size_t)2 * MILTER_DATA_MAX + 1,
		1000000,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct buf body = buf_of(ROOM), out = buf_of(ROOM), small = buf_of(sizes[i]);
		struct milter_reply reply = { .kind = MILTER_REPLBODY };
		struct view rest;
		struct milter_packet packet;
		size_t used, got = 0;

		fill(&body, 'x', sizes[i]);
		reply.body = buf_view(&body);
		assert_int_equal(milter_put_reply(&small, &reply), ST_LIMIT);
		assert_int_equal(small.n, 0);
		assert_int_equal(milter_put_reply(&out, &reply), ST_OK);
		for (rest = buf_view(&out); rest.n > 0; rest = view_from(rest, used)) {
			assert_int_equal(milter_scan(rest, MILTER_DATA_MAX, &packet, &used), ST_OK);
			assert_int_equal(packet.letter, 'b');
			assert_true(packet.data.n > 0);
			got += packet.data.n;
		}
		assert_int_equal(got, sizes[i]);
		buf_free(&body);
		buf_free(&out);
		buf_free(&small);
	}
}

static void test_long_texts_are_refused(void **state)
{
	struct buf value = buf_of(ROOM), out = buf_of(ROOM);
	struct milter_reply reply = { .kind = MILTER_ADDHEADER, .name = VIEW("X") };

	(void)state;
	fill(&value, 'v', MILTER_DATA_MAX - 3);
	reply.value = buf_view(&value);
	assert_int_equal(milter_put_reply(&out, &reply), ST_OK);
	assert_int_equal(out.n, MILTER_HEAD + MILTER_DATA_MAX);
	buf_clear(&out);
	fill(&value, 'v', 1);
	reply.value = buf_view(&value);
	assert_int_equal(milter_put_reply(&out, &reply), ST_LIMIT);
	assert_int_equal(out.n, 0);
	buf_free(&value);
	buf_free(&out);
}

static void test_texts(void **state)
{
	static const struct {
		const char *name;
		unsigned code;
		const char *enhanced;
		struct view text;
		const char *want; /* NULL: ST_INVALID */
	} cases[] = {
		{ "one line", 451, "4.7.1", VIEW_INIT("Later"), "451 4.7.1 Later" },
		{ "two lines", 550, "5.7.1", VIEW_INIT("one\ntwo"),
		  "550-5.7.1 one\r\n550 5.7.1 two" },
		{ "CR LF", 550, "5.7.1", VIEW_INIT("one\r\ntwo\r\n"),
		  "550-5.7.1 one\r\n550 5.7.1 two" },
		{ "an empty line between", 550, "5.7.1", VIEW_INIT("one\n\ntwo"),
		  "550-5.7.1 one\r\n550-5.7.1 \r\n550 5.7.1 two" },
		{ "no enhanced code", 451, "", VIEW_INIT("Later"), "451 Later" },
		{ "no text", 421, "4.3.0", VIEW_INIT(""), "421 4.3.0 " },
		{ "neither", 421, "", VIEW_INIT(""), "421 " },
		{ "a percent sign", 451, "4.7.1", VIEW_INIT("50% gone"), "451 4.7.1 50%% gone" },
		{ "two percent signs", 451, "4.7.1", VIEW_INIT("%%"), "451 4.7.1 %%%%" },
		{ "a format", 451, "", VIEW_INIT("%s%n"), "451 %%s%%n" },
		{ "NUL", 451, "4.7.1", VIEW_INIT("a\0b"), "451 4.7.1 a?b" },
		{ "CR in the middle", 451, "4.7.1", VIEW_INIT("a\rb"), "451 4.7.1 a?b" },
		{ "CR CR LF", 451, "", VIEW_INIT("a\r\r\nb"), "451-a?\r\n451 b" },
		{ "TAB, ESC, DEL", 451, "", VIEW_INIT("\t\x1b\x7f"), "451 ???" },
		{ "8-bit", 451, "", VIEW_INIT("\xc3\xbc"), "451 ??" },
		{ "a line that begins with the class", 451, "", VIEW_INIT("4 minutes"),
		  "451 4 minutes" },
		{ "a line that begins with another digit", 451, "", VIEW_INIT("5 minutes"), NULL },
		{ "a second line that does", 451, "", VIEW_INIT("wait\n5 minutes"), NULL },
		{ "the same behind an enhanced code", 451, "4.7.1", VIEW_INIT("5 minutes"),
		  "451 4.7.1 5 minutes" },
		{ "long numbers", 599, "5.123.999", VIEW_INIT("x"), "599 5.123.999 x" },
		{ "not a refusal", 250, "2.0.0", VIEW_INIT("x"), NULL },
		{ "just below", 399, "", VIEW_INIT("x"), NULL },
		{ "just above", 600, "", VIEW_INIT("x"), NULL },
		{ "four digits", 4510, "", VIEW_INIT("x"), NULL },
		{ "another class", 451, "5.7.1", VIEW_INIT("x"), NULL },
		{ "two numbers", 451, "4.7", VIEW_INIT("x"), NULL },
		{ "four numbers", 451, "4.7.1.2", VIEW_INIT("x"), NULL },
		{ "a number is missing", 451, "4..1", VIEW_INIT("x"), NULL },
		{ "a dot at the end", 451, "4.7.", VIEW_INIT("x"), NULL },
		{ "a dot behind it", 451, "4.7.1.", VIEW_INIT("x"), NULL },
		{ "a large number", 451, "4.7.1000", VIEW_INIT("x"), NULL },
		{ "four octets of a number", 451, "4.7.0001", VIEW_INIT("x"), NULL },
		{ "a blank behind the enhanced code", 451, "4.7.1 ", VIEW_INIT("x"), NULL },
		{ "a long class", 451, "04.7.1", VIEW_INIT("x"), NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf out = buf_of(ROOM);

		print_message("%s\n", cases[i].name);
		assert_int_equal(buf_append(&out, VIEW("before")), ST_OK);
		assert_int_equal(
			milter_text(&out, cases[i].code, view_of(cases[i].enhanced), cases[i].text),
			cases[i].want != NULL ? ST_OK : ST_INVALID);
		if (cases[i].want != NULL)
			assert_string_equal(buf_text(&out) + 6, cases[i].want);
		else
			assert_int_equal(out.n, 6);
		buf_free(&out);
	}
}

static enum status text_of(size_t octets, size_t lines, char octet, size_t room)
{
	struct buf text = buf_of(ROOM), out = buf_of(room);
	enum status st;

	for (size_t i = 0; i < lines; i++) {
		fill(&text, octet, octets);
		fill(&text, '\n', 1);
	}
	st = milter_text(&out, 451, VIEW("4.7.1"), buf_view(&text));
	if (st != ST_OK)
		assert_int_equal(out.n, 0);
	buf_free(&text);
	buf_free(&out);
	return st;
}

static enum status check_lines(size_t lines)
{
	struct buf text = buf_of(ROOM);
	enum status st;

	for (size_t i = 1; i < lines; i++)
		assert_int_equal(buf_append(&text, VIEW("451-a\r\n")), ST_OK);
	assert_int_equal(buf_append(&text, VIEW("451 a")), ST_OK);
	st = milter_text_check(buf_view(&text));
	buf_free(&text);
	return st;
}

static void test_text_bounds(void **state)
{
	const size_t most = MILTER_TEXT_LINE_MAX;

	(void)state;
	assert_int_equal(text_of(most, 1, 'x', ROOM), ST_OK);
	assert_int_equal(text_of(most + 1, 1, 'x', ROOM), ST_LIMIT);
	assert_int_equal(text_of(ROOM / 2, 1, 'x', ROOM), ST_LIMIT);
	assert_int_equal(text_of(most / 2, 1, '%', ROOM), ST_OK);
	assert_int_equal(text_of(most / 2 + 1, 1, '%', ROOM), ST_LIMIT);
	assert_int_equal(text_of(most, MILTER_TEXT_LINES_MAX, 'x', ROOM), ST_OK);
	assert_int_equal(text_of(1, MILTER_TEXT_LINES_MAX + 1, 'x', ROOM), ST_LIMIT);
	assert_int_equal(text_of(0, 100000, 'x', ROOM), ST_LIMIT);
	assert_int_equal(check_lines(MILTER_TEXT_LINES_MAX), ST_OK);
	assert_int_equal(check_lines(MILTER_TEXT_LINES_MAX + 1), ST_LIMIT);
	for (size_t room = 0; room < strlen("451-4.7.1 xx\r\n451 4.7.1 xx"); room++)
		assert_int_equal(text_of(2, 2, 'x', room), ST_LIMIT);
	assert_int_equal(text_of(2, 2, 'x', strlen("451-4.7.1 xx\r\n451 4.7.1 xx")), ST_OK);
}

static void test_text_check(void **state)
{
	static const struct {
		const char *name;
		struct view text;
		enum status want;
	} cases[] = {
		{ "plain", VIEW_INIT("451 4.7.1 Later"), ST_OK },
		{ "nothing behind the blank", VIEW_INIT("451 "), ST_OK },
		{ "no blank", VIEW_INIT("451"), ST_INVALID },
		{ "two digits", VIEW_INIT("99"), ST_INVALID },
		{ "empty", VIEW_INIT(""), ST_INVALID },
		{ "letters", VIEW_INIT("4x1 a"), ST_INVALID },
		{ "not a refusal", VIEW_INIT("354 a"), ST_INVALID },
		{ "classes differ", VIEW_INIT("451 5.7.1 a"), ST_INVALID },
		{ "a single percent sign", VIEW_INIT("451 50% gone"), ST_INVALID },
		{ "a percent sign at the end", VIEW_INIT("451 50%"), ST_INVALID },
		{ "three percent signs", VIEW_INIT("451 %%%"), ST_INVALID },
		{ "percent signs in pairs", VIEW_INIT("451 %%%%"), ST_OK },
		{ "a pair across lines", VIEW_INIT("451-%\r\n451 %"), ST_INVALID },
		{ "NUL", VIEW_INIT("451 a\0"), ST_INVALID },
		{ "bare LF", VIEW_INIT("451-a\n451 b"), ST_INVALID },
		{ "LF first", VIEW_INIT("\n"), ST_INVALID },
		{ "bare CR", VIEW_INIT("451 a\rb"), ST_INVALID },
		{ "CR LF at the end", VIEW_INIT("451 a\r\n"), ST_INVALID },
		{ "a hyphen on the only line", VIEW_INIT("451-a"), ST_INVALID },
		{ "no hyphen before another line", VIEW_INIT("451 a\r\n451 b"), ST_INVALID },
		{ "codes differ", VIEW_INIT("451-a\r\n452 b"), ST_INVALID },
		{ "the second line has no code", VIEW_INIT("451-a\r\nb"), ST_INVALID },
		{ "8-bit", VIEW_INIT("451 \xfc"), ST_INVALID },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("%s\n", cases[i].name);
		assert_int_equal(milter_text_check(cases[i].text), cases[i].want);
	}
}

static void test_actions_of_changes(void **state)
{
	(void)state;
	assert_int_equal(milter_reply_action(MILTER_ADDHEADER), 0x001);
	assert_int_equal(milter_reply_action(MILTER_INSHEADER), 0x001);
	assert_int_equal(milter_reply_action(MILTER_REPLBODY), 0x002);
	assert_int_equal(milter_reply_action(MILTER_ADDRCPT), 0x004);
	assert_int_equal(milter_reply_action(MILTER_DELRCPT), 0x008);
	assert_int_equal(milter_reply_action(MILTER_CHGHEADER), 0x010);
	assert_int_equal(milter_reply_action(MILTER_QUARANTINE), 0x020);
	assert_int_equal(milter_reply_action(MILTER_CHGFROM), 0x040);
	assert_int_equal(milter_reply_action(MILTER_ADDRCPT_PAR), 0x080);
	assert_int_equal(milter_reply_action(MILTER_PROGRESS), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_replies_fit_or_not_at_all),
		cmocka_unit_test(test_long_bodies_are_cut),
		cmocka_unit_test(test_long_texts_are_refused),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_text_bounds),
		cmocka_unit_test(test_text_check),
		cmocka_unit_test(test_actions_of_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
