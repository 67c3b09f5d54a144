#include "codec/mail_text.h"

#include "test.h"

#include <stdlib.h>

static const struct {
	const char *name;
	const char *text;
	const char *headers; /* "name=value|" each */
	const char *body;
} mails[] = {
	{ "nothing", "", "", "" },
	{ "a plain one", "From: a\nSubject:  hi \n\nhello\n", "From=a|Subject=hi |", "hello\r\n" },
	{ "CR LF, and folds", "A: one\r\n two\r\n\tthree\r\nB:\r\n\r\nx\r\n\r\ny",
	  "A=one\n two\n\tthree|B=|", "x\r\n\r\ny\r\n" },
	{ "an mbox's line", "From me Mon\nA: b\n\nFrom you\n", "A=b|", "From you\r\n" },
	{ "no body", "A: b", "A=b|", "" },
	{ "no body, with the empty line", "A: b\n\n", "A=b|", "" },
	{ "a line that is no header ends them", "A: b\nhello\nC: d\n", "A=b|",
	  "hello\r\nC: d\r\n" },
	{ "no headers", "hello\n", "", "hello\r\n" },
	{ "an empty line first", "\nA: b\n", "", "A: b\r\n" },
	{ "a fold first", " x\nA: b\n", "", " x\r\nA: b\r\n" },
	{ "a blank in a name", "A b: c\n", "", "A b: c\r\n" },
	{ "no name", ": c\n", "", ": c\r\n" },
	{ "a fold of blanks", "A: b\n \n\nx\n", "A=b\n |", "x\r\n" },
};

static void read_mail(struct view text, struct buf *headers, struct buf *body)
{
	struct mail m;

	mail_begin(&m, SIZE_MAX, false);
	mail_text_take(&m, text);
	for (size_t i = 0; i < m.header_count; i++)
		assert_int_equal(buf_printf(headers, "%.*s=%.*s|", VIEW_ARG(m.headers[i].name),
		                            VIEW_ARG(m.headers[i].value)),
		                 ST_OK);
	assert_int_equal(buf_append(body, buf_view(&m.body)), ST_OK);
	mail_end(&m);
}

static void test_mails(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mails) / sizeof(mails[0]); i++) {
		struct buf headers = buf_of(1000), body = buf_of(1000);
		struct view whole = view_of(mails[i].text);

		print_message("%s\n", mails[i].name);
		read_mail(whole, &headers, &body);
		assert_view(buf_view(&headers), mails[i].headers);
		assert_view(buf_view(&body), mails[i].body);
		for (size_t n = 0; n < whole.n; n++) {
			char *cut = malloc(n + 1); /* so that sanitizers see its end */

			memcpy(cut, whole.p, n);
			buf_clear(&headers);
			buf_clear(&body);
			read_mail((struct view){ cut, n }, &headers, &body);
			free(cut);
		}
		buf_free(&headers);
		buf_free(&body);
	}
}

static void test_one_header(void **state)
{
	static const char *const wrong[] = { "", "x", ": y", "a b: c", "a\n: b", "\xe4: b" };
	struct mail m;

	(void)state;
	mail_begin(&m, 1000, false);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(mail_text_header(&m, view_of(wrong[i])), ST_INVALID);
	assert_int_equal(mail_text_header(&m, VIEW("A:b: c")), ST_OK);
	assert_int_equal(m.header_count, 1);
	assert_view(m.headers[0].name, "A");
	assert_view(m.headers[0].value, "b: c");
	mail_end(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mails),
		cmocka_unit_test(test_one_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
