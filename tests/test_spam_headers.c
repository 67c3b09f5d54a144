#include "test.h"

#include "codec/spam_headers.h"
#include "util/file.h"

/* "Name: value" lines; a fold is "\n" and a blank. */
static void take_headers(struct mail *m, const char *text)
{
	struct view rest = view_of(text);

	while (rest.n > 0) {
		size_t end = 0, colon = view_find(rest, ':');

		while (end < rest.n &&
		       (rest.p[end] != '\n' || (end + 1 < rest.n && ascii_blank(rest.p[end + 1]))))
			end++;
		mail_take_header(m, view_first(rest, colon),
		                 (struct view){ rest.p + colon + (m->blanks ? 1 : 2),
		                                end - colon - (m->blanks ? 1 : 2) });
		rest = view_from(rest, end + 1);
	}
}

/* "+Name=value|" is added, "2Name=value|" changed, "2Name=|" deleted. */
static void describe(const struct spam_changes *c, struct buf *out)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct milter_reply *r = &c->list[i];
		struct buf packet = buf_of(100000);

		assert_int_equal(milter_put_reply(&packet, r), ST_OK);
		buf_free(&packet);
		if (r->kind == MILTER_ADDHEADER)
			assert_int_equal(buf_append(out, VIEW("+")), ST_OK);
		else
			assert_int_equal(buf_printf(out, "%u", r->index), ST_OK);
		assert_int_equal(buf_printf(out, "%.*s=", VIEW_ARG(r->name)), ST_OK);
		assert_int_equal(buf_append(out, r->value), ST_OK);
		assert_int_equal(buf_append(out, VIEW("|")), ST_OK);
	}
}

#define HAM                                                                                        \
	"X-Spam-Checker-Version: SpamAssassin 4.0.1 on vm\n"                                       \
	"X-Spam-Level: *\n"                                                                        \
	"X-Spam-Status: No, score=1.3 required=5.0 tests=ONE,\n\tTWO version=4.0.1\n"
#define SPAM                                                                                       \
	"Received: from localhost by vm\n\twith SpamAssassin (version 4.0.1);\n"                   \
	"Subject: *****SPAM***** hello\n"                                                          \
	"X-Spam-Checker-Version: SpamAssassin 4.0.1 on vm\n"                                       \
	"X-Spam-Flag: YES\n"                                                                       \
	"X-Spam-Status: Yes, score=7.3\n"                                                          \
	"X-Spam-Report: \n\t* 1.0 ONE\n\t* 6.3 TWO\n"                                              \
	"X-Spam-Foo: bar\n"                                                                        \
	"Content-Type: multipart/mixed; boundary=\"x\"\n"
#define SPAM_CHANGES                                                                               \
	"+X-Spam-Flag=YES|+X-Spam-Status=Yes, score=7.3|"                                          \
	"+X-Spam-Report=\n\t* 1.0 ONE\n\t* 6.3 TWO|"                                               \
	"+X-Spam-Checker-Version=SpamAssassin 4.0.1 on vm|"

/* The order, the choice and the kinds are those that spamass-milter 0.4.0 was seen to send. */
static const struct {
	const char *name, *mail, *rewritten;
	unsigned parts;
	const char *changes;
} cases[] = {
	{ "ham", "Subject: hello\n", HAM "Subject: hello\n", 0,
	  "+X-Spam-Status=No, score=1.3 required=5.0 tests=ONE,\n\tTWO version=4.0.1|"
	  "+X-Spam-Level=*|+X-Spam-Checker-Version=SpamAssassin 4.0.1 on vm|" },
	{ "spam", "Subject: hello\n", SPAM, 0, SPAM_CHANGES },
	{ "a mail without headers", "", SPAM, 0, SPAM_CHANGES },
	{ "another subject", "Subject: hello\n", SPAM, SPAM_SUBJECT,
	  SPAM_CHANGES "1Subject=*****SPAM***** hello|" },
	{ "the same subject", "subject: *****SPAM***** hello\n", SPAM, SPAM_SUBJECT, SPAM_CHANGES },
	{ "the same, folded otherwise", "Subject: a\r\n b\n", "Subject: a\n b\n", SPAM_SUBJECT,
	  "" },
	{ "no subject", "", SPAM, SPAM_SUBJECT, SPAM_CHANGES "+Subject=*****SPAM***** hello|" },
	{ "an empty subject", "Subject: \n", SPAM, SPAM_SUBJECT,
	  SPAM_CHANGES "1Subject=*****SPAM***** hello|" },
	{ "two subjects", "Subject: hello\nSubject: b\n", SPAM, SPAM_SUBJECT,
	  SPAM_CHANGES "1Subject=*****SPAM***** hello|" },
	{ "the second of two subjects", "Subject: a\nSubject: hello\n", "Subject: hello\n",
	  SPAM_SUBJECT, "" },
	{ "subject and content type", "Content-Type: text/plain\nSubject: hello\n", SPAM,
	  SPAM_SUBJECT | SPAM_CONTENT_TYPE,
	  SPAM_CHANGES "1Subject=*****SPAM***** hello|"
	               "1Content-Type=multipart/mixed; boundary=\"x\"|" },

	{ "forged, and set", "X-Spam-Flag: NO\n", SPAM, 0,
	  "1X-Spam-Flag=YES|+X-Spam-Status=Yes, score=7.3|"
	  "+X-Spam-Report=\n\t* 1.0 ONE\n\t* 6.3 TWO|"
	  "+X-Spam-Checker-Version=SpamAssassin 4.0.1 on vm|" },
	{ "forged, and not set", "X-Spam-Flag: YES\n", "X-Spam-Level: *\n", 0,
	  "1X-Spam-Flag=|+X-Spam-Level=*|" },
	{ "forged twice, and set", "X-Spam-Flag: a\nSubject: x\nx-spam-flag: b\n",
	  "X-Spam-Flag: YES\n", 0, "2X-Spam-Flag=|1X-Spam-Flag=YES|" },
	{ "forged thrice, and not set", "X-Spam-A: a\nX-Spam-A: b\nX-SPAM-a: c\n", "", 0,
	  "3X-Spam-A=|2X-Spam-A=|1X-Spam-A=|" },
	{ "names that spamd does not know", "X-Spam-B: a\nX-Spam-A: b\nX-Spam-B: c\n", HAM, 0,
	  "1X-Spam-A=|2X-Spam-B=|1X-Spam-B=|"
	  "+X-Spam-Status=No, score=1.3 required=5.0 tests=ONE,\n\tTWO version=4.0.1|"
	  "+X-Spam-Level=*|+X-Spam-Checker-Version=SpamAssassin 4.0.1 on vm|" },
	{ "names that are no such", "X-Spam: a\nX-Spam-: b\nX-Spammer-A: c\nX-Spam_A: d\n", "", 0,
	  "" },
	{ "no answer", "X-Spam-Status: No\nSubject: x\n", "", SPAM_SUBJECT, "1X-Spam-Status=|" },

	{ "CR LF", "", "X-Spam-Flag: YES\r\nX-Spam-Report: a\r\n\tb\r\n", 0,
	  "+X-Spam-Flag=YES|+X-Spam-Report=a\n\tb|" },
	{ "a CR inside", "", "X-Spam-Flag: a\rb\r\n", 0, "+X-Spam-Flag=a?b|" },
	{ "an empty value", "X-Spam-Flag: x\n", "X-Spam-Flag: \n", 0, "1X-Spam-Flag=|" },
	{ "no blank", "", "X-Spam-Flag:YES\n", 0, "+X-Spam-Flag=YES|" },
	{ "the first of two counts", "", "X-Spam-Flag: YES\nX-Spam-Flag: NO\n", 0,
	  "+X-Spam-Flag=YES|" },
	{ "the body is none of it", "", "A: b\n\nX-Spam-Flag: YES\n", 0, "" },
	{ "lines that are no headers", "", "\tX-Spam-Flag: a\njunk\n:\nX-Spam-Flag: YES", 0,
	  "+X-Spam-Flag=YES|" },
};

static void test_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *arena = arena_new();
		struct buf text = buf_of(10000);
		struct spam_changes changes;
		struct mail m;

		print_message("%s\n", cases[i].name);
		mail_begin(&m, 10000, false);
		take_headers(&m, cases[i].mail);
		assert_int_equal(spam_headers(&m, view_of(cases[i].rewritten), cases[i].parts,
		                              arena, &changes),
		                 ST_OK);
		describe(&changes, &text);
		assert_view(buf_view(&text), cases[i].changes);
		buf_free(&text);
		mail_end(&m);
		arena_free(&arena);
	}
}

/* Values are compared without the blank behind the colon that some MTAs send along. */
static void test_blanks(void **state)
{
	struct arena *arena = arena_new();
	struct buf text = buf_of(1000);
	struct spam_changes changes;
	struct mail m;

	(void)state;
	mail_begin(&m, 10000, true);
	take_headers(&m, "Subject: a\n");
	assert_int_equal(spam_headers(&m, VIEW("X-Spam-Flag: YES\nSubject: a\n"), SPAM_SUBJECT,
	                              arena, &changes),
	                 ST_OK);
	describe(&changes, &text);
	assert_view(buf_view(&text), "+X-Spam-Flag=YES|");
	buf_free(&text);
	mail_end(&m);
	arena_free(&arena);
}

/* Of the last three the names alone are known. */
static const struct {
	const char *name, *rewritten, *changes;
} behind[] = {
	{ "no answer", "", "2X-Spam-Flag=|1X-Spam-Flag=|1X-Spam-Foo=|" },
	{ "the first is set, the last goes", "X-Spam-Flag: YES\nX-Spam-Level: *\n",
	  "2X-Spam-Flag=|1X-Spam-Foo=|1X-Spam-Flag=YES|+X-Spam-Level=*|" },
	{ "one that spamd has not seen", "Subject: SPAM\nX-Spam-Foo: a\n",
	  "2X-Spam-Flag=|1X-Spam-Flag=|1X-Spam-Foo=|" },
};

static void test_behind(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(behind) / sizeof(behind[0]); i++) {
		struct arena *arena = arena_new();
		struct buf text = buf_of(10000);
		struct spam_changes changes;
		struct mail m;

		print_message("%s\n", behind[i].name);
		mail_begin(&m, 10000, false);
		take_headers(&m, "X-Spam-Flag: NO\nTo: a\n");
		assert_int_equal(mail_note_behind(&m, VIEW("x-spam-flag")), ST_OK);
		assert_int_equal(mail_note_behind(&m, VIEW("X-Spam-Foo")), ST_OK);
		assert_int_equal(mail_note_behind(&m, VIEW("Subject")), ST_OK);
		assert_int_equal(spam_headers(&m, view_of(behind[i].rewritten), SPAM_SUBJECT, arena,
		                              &changes),
		                 ST_OK);
		describe(&changes, &text);
		assert_view(buf_view(&text), behind[i].changes);
		buf_free(&text);
		mail_end(&m);
		arena_free(&arena);
	}
}

static void apply(struct mail *m, const struct spam_changes *c)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct milter_reply *r = &c->list[i];

		if (r->kind == MILTER_ADDHEADER)
			assert_int_equal(mail_add_header(m, r->name, r->value), ST_OK);
		else
			assert_int_equal(mail_change_header(m, r->index, r->name, r->value), ST_OK);
	}
}

/* What the MTA makes of it with SpamAssassin's recorded answer: one of each, and nothing forged. */
static void test_applied(void **state)
{
	struct arena *arena = arena_new();
	struct buf answer = buf_of(10000), text = buf_of(10000);
	struct spam_changes changes;
	struct diag why;
	struct mail m;
	size_t body;

	(void)state;
	assert_int_equal(file_read(TEST_DATA "/spamd/gtube-crlf.headers.rep", &answer, &why),
	                 ST_OK);
	body = (size_t)(strstr(buf_text(&answer), "\r\n\r\n") + 4 - answer.p);
	mail_begin(&m, 10000, false);
	take_headers(&m, "X-Spam-Level: a\nFrom: a@a.example\nX-Spam-Status: No\nX-Spam-Foo: c\n"
	                 "X-Spam-Status: No\nSubject: g\nX-Spam-Level: d\nX-Spam-Level: e\n");
	assert_int_equal(
		spam_headers(&m, view_from(buf_view(&answer), body), SPAM_SUBJECT, arena, &changes),
		ST_OK);
	apply(&m, &changes);
	assert_int_equal(mail_put(&m, &text), ST_OK);
	assert_view(buf_view(&text),
	            "X-Spam-Level: **************************************************\r\n"
	            "From: a@a.example\r\n"
	            "X-Spam-Status: Yes, score=1000.0 required=5.0 tests=GTUBE,MSGID_SHORT,\r\n"
	            "\tNO_RECEIVED,NO_RELAYS,TVD_SPACE_RATIO autolearn=no autolearn_force=no\r\n"
	            "\tversion=4.0.1\r\n"
	            "Subject: g\r\n"
	            "X-Spam-Flag: YES\r\n"
	            "X-Spam-Checker-Version: SpamAssassin 4.0.1 (2024-03-25) on vm\r\n"
	            "\r\n");
	mail_end(&m);
	buf_free(&answer);
	buf_free(&text);
	arena_free(&arena);
}

static void test_too_many(void **state)
{
	struct arena *arena = arena_new();
	struct spam_changes changes;
	struct mail m;

	(void)state;
	mail_begin(&m, 1000000, false);
	for (unsigned i = 0; i < SPAM_FORGED_MAX; i++)
		mail_take_header(&m, i % 2 == 0 ? VIEW("X-Spam-A") : VIEW("x-spam-a"), VIEW("x"));
	assert_int_equal(spam_headers(&m, VIEW(HAM), 0, arena, &changes), ST_OK);
	assert_int_equal(changes.count, SPAM_FORGED_MAX + 3);
	assert_int_equal(changes.list[0].index, SPAM_FORGED_MAX);
	mail_take_header(&m, VIEW("X-Spam-B"), VIEW("x"));
	assert_int_equal(spam_headers(&m, VIEW(HAM), 0, arena, &changes), ST_LIMIT);
	assert_int_equal(changes.count, 0);
	mail_end(&m);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),  cmocka_unit_test(test_blanks),
		cmocka_unit_test(test_behind),   cmocka_unit_test(test_applied),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
