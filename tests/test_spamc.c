#include "test.h"

#include "codec/spamc.h"
#include "util/file.h"

static void test_request(void **state)
{
	static const struct {
		const char *name;
		struct spamc_request request;
		const char *head; /* NULL: refused */
	} cases[] = {
		{ "check",
		  { SPAMC_CHECK, 12, VIEW_INIT("") },
		  "CHECK SPAMC/1.5\r\nContent-length: 12\r\n\r\n" },
		{ "symbols",
		  { SPAMC_SYMBOLS, 0, VIEW_INIT("") },
		  "SYMBOLS SPAMC/1.5\r\nContent-length: 0\r\n\r\n" },
		{ "headers for a user",
		  { SPAMC_HEADERS, 186, VIEW_INIT("nobody") },
		  "HEADERS SPAMC/1.5\r\nUser: nobody\r\nContent-length: 186\r\n\r\n" },
		{ "a line break in the name",
		  { SPAMC_CHECK, 1, VIEW_INIT("a\r\nCompress: zlib") },
		  NULL },
		{ "a blank", { SPAMC_CHECK, 1, VIEW_INIT("a b") }, NULL },
		{ "8 bits", { SPAMC_CHECK, 1, VIEW_INIT("\xc3\xbc@x") }, NULL },
	};
	char name[SPAMC_USER_MAX + 1];
	struct spamc_request longest = { SPAMC_CHECK, 1, { name, SPAMC_USER_MAX } };
	struct buf out = buf_of(1000);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum status st = spamc_put_request(&out, &cases[i].request);

		print_message("%s\n", cases[i].name);
		assert_int_equal(st, cases[i].head != NULL ? ST_OK : ST_INVALID);
		assert_view(buf_view(&out), cases[i].head != NULL ? cases[i].head : "");
		buf_clear(&out);
	}
	memset(name, 'x', sizeof(name));
	assert_int_equal(spamc_put_request(&out, &longest), ST_OK);
	buf_clear(&out);
	longest.user.n++;
	assert_int_equal(spamc_put_request(&out, &longest), ST_INVALID);
	assert_int_equal(out.n, 0);
	buf_free(&out);
}

/* What spamc sent is what we send, but for the order of its fields. */
static void test_recorded_request(void **state)
{
	struct buf recorded = buf_of(10000), out = buf_of(1000);
	struct diag why;

	(void)state;
	assert_int_equal(file_read(TEST_DATA "/spamd/gtube-crlf.headers.req", &recorded, &why),
	                 ST_OK);
	assert_int_equal(spamc_put_request(&out, &(struct spamc_request){ SPAMC_HEADERS, 186,
	                                                                  VIEW("nobody") }),
	                 ST_OK);
	assert_int_equal(recorded.n, out.n + 186);
	assert_memory_equal(recorded.p, out.p, view_find(buf_view(&out), '\n') + 1);
	buf_free(&recorded);
	buf_free(&out);
}

/* The whole text at once, then the end of the connection. */
static enum status parse(struct spamc_parser *p, enum spamc_command command, struct view text)
{
	enum status st;

	spamc_parser_begin(p, command, 0);
	st = spamc_take(p, text);
	return st == ST_AGAIN ? spamc_close(p) : st;
}

#define FIRST "SPAMD/1.1 0 EX_OK\r\n"
#define HAM   "Spam: False ; 1.5 / 5.0\r\n"

static const struct {
	const char *name, *text;
	enum status st;
	enum spamc_command command;
	uint32_t code;
	bool spam;
	int64_t score, threshold;
	const char *body;
} replies[] = {
	{ "spam", FIRST "Spam: True ; 7.5 / 5.0\r\n\r\n", .spam = true, .score = 75,
	  .threshold = 50 },
	{ "ham", FIRST HAM "\r\n", .score = 15, .threshold = 50 },
	{ "words of old servers", FIRST "Spam: Yes ; 7 / 5\r\n\r\n", .spam = true, .score = 70,
	  .threshold = 50 },
	{ "below zero", FIRST "Spam: False ; -2.39 / 5.0\r\n\r\n", .score = -23, .threshold = 50 },
	{ "nearly zero", FIRST "Spam: False ; -0.09 / 5.0\r\n\r\n", .threshold = 50 },
	{ "cut toward zero", FIRST "Spam: False ; 5.05 / 5.19\r\n\r\n", .score = 50,
	  .threshold = 51 },
	{ "a plus sign", FIRST "Spam: False ; +1.0 / 5.0\r\n\r\n", .score = 10, .threshold = 50 },
	{ "no blanks", FIRST "spam:False;1.0/5.0\r\n\r\n", .score = 10, .threshold = 50 },
	{ "line feeds alone", "SPAMD/1.1 0 EX_OK\nSpam: False ; 1.5 / 5.0\n\n", .score = 15,
	  .threshold = 50 },
	{ "an old version", "SPAMD/1.0 0 EX_OK\r\n" HAM "\r\n", .score = 15, .threshold = 50 },
	{ "a new one", "SPAMD/1.5 0 EX_OK\r\n" HAM "\r\n", .score = 15, .threshold = 50 },
	{ "names in capitals", FIRST "SPAM: FALSE ; 1.5 / 5.0\r\nCONTENT-LENGTH: 2\r\n\r\nab",
	  .command = SPAMC_SYMBOLS, .score = 15, .threshold = 50, .body = "ab" },
	{ "a body of a CR alone", FIRST "Content-length: 3\r\n" HAM "\r\na\rb",
	  .command = SPAMC_SYMBOLS, .score = 15, .threshold = 50, .body = "a\rb" },
	{ "a field that we don't know", FIRST "DidSet: local\r\n" HAM "\r\n", .score = 15,
	  .threshold = 50 },
	{ "the same score twice", FIRST HAM HAM "\r\n", .score = 15, .threshold = 50 },
	{ "a body of the length told", FIRST "Content-length: 3\r\n" HAM "\r\na,b",
	  .command = SPAMC_SYMBOLS, .score = 15, .threshold = 50, .body = "a,b" },
	{ "an empty body", FIRST "Content-length: 0\r\n" HAM "\r\n", .command = SPAMC_SYMBOLS,
	  .score = 15, .threshold = 50 },
	{ "no length: to the end", FIRST HAM "\r\na,b", .command = SPAMC_SYMBOLS, .score = 15,
	  .threshold = 50, .body = "a,b" },
	{ "busy", "SPAMD/1.0 75 EX_TEMPFAIL\r\n\r\n", .code = SPAMC_CODE_RETRY },
	{ "no such user", "SPAMD/1.0 67 EX_NOUSER\r\n", .code = 67 },
	{ "refused", "SPAMD/1.0 76 Bad header line: (EOF)\r\n", .code = 76 },

	{ "nothing", "", ST_INVALID },
	{ "cut in the first line", "SPAMD/1.1 0 EX", ST_INVALID },
	{ "cut in the head", FIRST HAM, ST_INVALID },
	{ "no score", FIRST "\r\n", ST_INVALID },
	{ "nan", FIRST "Spam: True ; nan / 5.0\r\n\r\n", ST_INVALID },
	{ "inf", FIRST "Spam: True ; inf / 5.0\r\n\r\n", ST_INVALID },
	{ "an infinite threshold", FIRST "Spam: False ; 5.0 / inf\r\n\r\n", ST_INVALID },
	{ "an exponent", FIRST "Spam: True ; 1e3 / 5.0\r\n\r\n", ST_INVALID },
	{ "hexadecimal", FIRST "Spam: True ; 0x1.8 / 5.0\r\n\r\n", ST_INVALID },
	{ "two points", FIRST "Spam: True ; 1.0.0 / 5.0\r\n\r\n", ST_INVALID },
	{ "a point at the end", FIRST "Spam: True ; 1. / 5.0\r\n\r\n", ST_INVALID },
	{ "a comma", FIRST "Spam: True ; 7,5 / 5,0\r\n\r\n", ST_INVALID },
	{ "two signs", FIRST "Spam: True ; --1 / 5.0\r\n\r\n", ST_INVALID },
	{ "a score beyond all", FIRST "Spam: True ; 1000000001 / 5.0\r\n\r\n", ST_INVALID },
	{ "digits without end", FIRST "Spam: True ; 1.0000000000000000000000 / 5\r\n\r\n",
	  ST_INVALID },
	{ "another verdict", FIRST "Spam: Maybe ; 1.0 / 5.0\r\n\r\n", ST_INVALID },
	{ "no threshold", FIRST "Spam: True ; 7.5\r\n\r\n", ST_INVALID },
	{ "two verdicts", FIRST HAM "Spam: True ; 1.5 / 5.0\r\n\r\n", ST_INVALID },
	{ "two scores", FIRST HAM "Spam: False ; 1.4 / 5.0\r\n\r\n", ST_INVALID },
	{ "two lengths", FIRST HAM "Content-length: 1\r\nContent-length: 2\r\n\r\nab", ST_INVALID,
	  SPAMC_HEADERS },
	{ "less than told", FIRST HAM "Content-length: 3\r\n\r\nab", ST_INVALID, SPAMC_HEADERS },
	{ "more than told", FIRST HAM "Content-length: 1\r\n\r\nab", ST_INVALID, SPAMC_HEADERS },
	{ "a body of CHECK", FIRST HAM "\r\nab", ST_INVALID },
	{ "a length beyond all", FIRST "Content-length: 99999999999\r\n" HAM "\r\n", ST_LIMIT },
	{ "a length below zero", FIRST "Content-length: -1\r\n" HAM "\r\n", ST_INVALID },
	{ "a line without a colon", FIRST "Spam\r\n" HAM "\r\n", ST_INVALID },
	{ "another protocol", "HTTP/1.1 200 OK\r\n\r\n", ST_INVALID },
	{ "no version", "SPAMD 0 EX_OK\r\n", ST_INVALID },
	{ "no code", "SPAMD/1.1 EX_OK\r\n", ST_INVALID },
};

static void test_replies(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		struct spamc_parser p;
		const struct spamc_reply *r = &p.reply;

		print_message("%s\n", replies[i].name);
		assert_int_equal(parse(&p, replies[i].command, view_of(replies[i].text)),
		                 replies[i].st);
		if (replies[i].st == ST_OK) {
			assert_int_equal(r->code, replies[i].code);
			assert_int_equal(r->spam, replies[i].spam);
			assert_int_equal(r->score_tenths, replies[i].score);
			assert_int_equal(r->threshold_tenths, replies[i].threshold);
			assert_view(r->body, replies[i].body != NULL ? replies[i].body : "");
		}
		spamc_parser_free(&p);
	}
}

static void read_recorded(const char *name, struct buf *out)
{
	char path[500];
	struct diag why;

	(void)snprintf(path, sizeof(path), "%s/spamd/%s.rep", TEST_DATA, name);
	*out = buf_of(100000);
	assert_int_equal(file_read(path, out, &why), ST_OK);
}

static const struct {
	const char *name;
	enum spamc_command command;
	int64_t score;
	size_t body;
} recorded[] = {
	{ "empty.check", SPAMC_CHECK, 74, 0 },
	{ "empty.symbols", SPAMC_SYMBOLS, 74, 124 },
	{ "empty.headers", SPAMC_HEADERS, 74, 517 },
	{ "gtube-crlf.check", SPAMC_CHECK, 10000, 0 },
	{ "gtube-crlf.symbols", SPAMC_SYMBOLS, 10000, 55 },
	{ "gtube-crlf.headers", SPAMC_HEADERS, 10000, 618 },
};

/* What SpamAssassin 4.0.1 said: whole, cut off at every octet, and in two pieces. */
static void test_recorded_replies(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++) {
		struct buf text;
		struct spamc_parser p;

		print_message("%s\n", recorded[i].name);
		read_recorded(recorded[i].name, &text);
		for (size_t n = 0; n < text.n; n++) {
			assert_int_equal(
				parse(&p, recorded[i].command, view_first(buf_view(&text), n)),
				ST_INVALID);
			spamc_parser_free(&p);
			spamc_parser_begin(&p, recorded[i].command, 0);
			assert_int_equal(spamc_take(&p, view_first(buf_view(&text), n)), ST_AGAIN);
			assert_int_equal(spamc_take(&p, view_from(buf_view(&text), n)), ST_OK);
			assert_true(p.reply.spam);
			assert_int_equal(p.reply.score_tenths, recorded[i].score);
			assert_int_equal(p.reply.threshold_tenths, 50);
			assert_int_equal(p.reply.body.n, recorded[i].body);
			spamc_parser_free(&p);
		}
		buf_free(&text);
	}
}

static enum status take_many(size_t echoed, const char *before, const char *repeated, size_t times)
{
	struct spamc_parser p;
	enum status st;

	spamc_parser_begin(&p, SPAMC_HEADERS, echoed);
	st = spamc_take(&p, view_of(before));
	for (size_t i = 0; i < times && st == ST_AGAIN; i++)
		st = spamc_take(&p, view_of(repeated));
	spamc_parser_free(&p);
	return st;
}

static void test_bounds(void **state)
{
	(void)state;
	assert_int_equal(take_many(0, "", "x", SPAMC_LINE_MAX), ST_AGAIN);
	assert_int_equal(take_many(0, "", "x", SPAMC_LINE_MAX + 1), ST_LIMIT);
	assert_int_equal(take_many(0, FIRST, "a: b\r\n", SPAMC_LINES_MAX - 1), ST_AGAIN);
	assert_int_equal(take_many(0, FIRST, "a: b\r\n", SPAMC_LINES_MAX), ST_LIMIT);
	assert_int_equal(take_many(0, FIRST HAM "\r\n", "0123456789abcdef", SPAMC_BODY_MAX / 16),
	                 ST_AGAIN);
	assert_int_equal(
		take_many(0, FIRST HAM "\r\n", "0123456789abcdef", SPAMC_BODY_MAX / 16 + 1),
		ST_LIMIT);
	/* The mail's own headers come back. */
	assert_int_equal(
		take_many(160, FIRST HAM "\r\n", "0123456789abcdef", SPAMC_BODY_MAX / 16 + 10),
		ST_AGAIN);
	assert_int_equal(
		take_many(160, FIRST HAM "\r\n", "0123456789abcdef", SPAMC_BODY_MAX / 16 + 11),
		ST_LIMIT);
	assert_int_equal(take_many(8, FIRST HAM "Content-length: 262152\r\n\r\n", "", 0), ST_AGAIN);
	assert_int_equal(take_many(7, FIRST HAM "Content-length: 262152\r\n\r\n", "", 0), ST_LIMIT);
}

/* What is said once stays. */
static void test_the_end_is_final(void **state)
{
	struct spamc_parser p;

	(void)state;
	spamc_parser_begin(&p, SPAMC_CHECK, 0);
	assert_int_equal(spamc_take(&p, VIEW(FIRST HAM "\r\n")), ST_OK);
	assert_int_equal(spamc_take(&p, VIEW("more")), ST_OK);
	assert_int_equal(spamc_close(&p), ST_OK);
	spamc_parser_free(&p);
	spamc_parser_begin(&p, SPAMC_CHECK, 0);
	assert_int_equal(spamc_take(&p, VIEW("junk\r\n")), ST_INVALID);
	assert_int_equal(spamc_take(&p, VIEW(FIRST HAM "\r\n")), ST_INVALID);
	assert_int_equal(spamc_close(&p), ST_INVALID);
	spamc_parser_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request), cmocka_unit_test(test_recorded_request),
		cmocka_unit_test(test_replies), cmocka_unit_test(test_recorded_replies),
		cmocka_unit_test(test_bounds),  cmocka_unit_test(test_the_end_is_final),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
