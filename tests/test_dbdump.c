#include "test.h"

#include "codec/dbdump.h"
#include "codec/pairs.h"
#include "util/file.h"

#define HEAD "VERSION=3\nformat=print\ntype=btree\nHEADER=END\n"
#define HEX  "VERSION=3\nformat=bytevalue\ntype=btree\nHEADER=END\n"
#define END  "DATA=END\n"

/* "<key|value>" for each. */
static enum status note_pair(void *arg, struct view key, struct view value)
{
	assert_int_equal(buf_printf(arg, "<%.*s|%.*s>", VIEW_ARG(key), VIEW_ARG(value)), ST_OK);
	return ST_OK;
}

static void test_texts(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		const char *want;
	} cases[] = {
		{ "plain", HEAD " k\n v\n k2\n v2\n" END, "<k|v><k2|v2>" },
		{ "nothing in it", HEAD END, "" },
		{ "as the pages of 2006 show it", HEAD "k\nv\nk2\nv2\n" END, "<k|v><k2|v2>" },
		{ "only one blank is the margin", HEAD "  k\n v\n" END, "< k|v>" },
		{ "CR LF", "VERSION=3\r\nformat=print\r\nHEADER=END\r\n k\r\n v\r\nDATA=END\r\n",
		  "<k|v>" },
		{ "no LF at the end", HEAD " k\n v\nDATA=END", "<k|v>" },
		{ "escapes", HEAD " a\\\\b\\20c\n \\d6\\D6\n" END, "<a\\b c|\xd6\xd6>" },
		{ "raw octets", HEAD " \xc3\xa9\n v\n" END, "<\xc3\xa9|v>" },
		{ "an empty value", HEAD " k\n \n" END, "<k|>" },
		{ "an empty value without margin", HEAD "k\n\n" END, "<k|>" },
		{ "a key like the end", HEAD " DATA=END\n v\n" END, "<DATA=END|v>" },
		{ "hex", HEX " 6b\n 2f2C\n" END, "<k|/,>" },
		{ "hex without margin", HEX "6b\n76\n" END, "<k|v>" },
		{ "two data bases of two formats", HEAD " k\n v\n" END HEX " 6b\n 76\n" END,
		  "<k|v><k|v>" },
		{ "blank lines between and after", "\n" HEAD " k\n v\n" END "\n\n" HEX END "\n",
		  "<k|v>" },
		{ "unknown header lines",
		  "VERSION=3\nformat=print\ndatabase=x\nfuture\n=\ndb_pagesize=4096\nHEADER=END\n"
		  " k\n v\n" END,
		  "<k|v>" },
		{ "a hash", "VERSION=2\nformat=print\ntype=hash\nHEADER=END\n" END, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf got = buf_of(1000);
		struct diag why = { 0 };
		enum status st = pairs_read(view_of(cases[i].text), note_pair, &got, &why);

		if (st != ST_OK || strcmp(buf_text(&got), cases[i].want) != 0)
			fail_msg("%s: line %u: %s: %s", cases[i].name, why.line, why.text,
			         buf_text(&got));
		buf_free(&got);
	}
}

static void test_wrong_texts(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		const char *want; /* what was delivered before */
		unsigned line, column;
	} cases[] = {
		{ "cut in the header", "VERSION=3\nformat=print\n", "", 2, 0 },
		{ "cut in the data", HEAD " k\n v\n", "<k|v>", 6, 0 },
		{ "no value", HEAD " k\n v\n k2\n" END, "<k|v>", 8, 0 },
		{ "no value, cut", HEAD " k\n", "", 5, 0 },
		{ "half an escape", HEAD " k\n v\\2\n" END, "", 6, 3 },
		{ "a wrong escape", HEAD " k\\n\n v\n" END, "", 5, 3 },
		{ "an escape without margin", HEAD "k\\n\nv\n" END, "", 5, 2 },
		{ "a backslash at the end", HEAD " k\\\n v\n" END, "", 5, 3 },
		{ "odd hex", HEX " 6b\n 767\n" END, "", 6, 4 },
		{ "no hex", HEX " 6b\n 7g\n" END, "", 6, 2 },
		{ "an unknown version", "VERSION=4\nformat=print\nHEADER=END\n" END, "", 1, 9 },
		{ "no number", "VERSION=x\n", "", 1, 9 },
		{ "an unknown format", "VERSION=3\nformat=xml\n", "", 2, 8 },
		{ "no format", "VERSION=3\nHEADER=END\n" END, "", 2, 0 },
		{ "a queue", "VERSION=3\nformat=print\ntype=queue\nHEADER=END\n", "", 3, 6 },
		{ "no keys", "VERSION=3\nkeys=0\n", "", 2, 0 },
		{ "something behind the end", HEAD " k\n v\n" END "k\n", "<k|v>", 8, 1 },
		{ "a second header cut", HEAD " k\n v\n" END "VERSION=3\n", "<k|v>", 8, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf got = buf_of(1000);
		struct diag why = { 0 };
		enum status st = pairs_read(view_of(cases[i].text), note_pair, &got, &why);

		if (st != ST_INVALID || strcmp(buf_text(&got), cases[i].want) != 0 ||
		    why.line != cases[i].line || why.column != cases[i].column)
			fail_msg("%s: %s: %u:%u: %s: %s", cases[i].name, status_text(st), why.line,
			         why.column, why.text, buf_text(&got));
		buf_free(&got);
	}
}

static void test_cut_anywhere(void **state)
{
	static const char text[] = HEAD " k\n v\n" END HEX " 6b\n 76\n" END;
	size_t first = strlen(HEAD " k\n v\n" END);

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 2; n++) {
		struct buf got = buf_of(1000);
		struct diag why = { 0 };
		enum status st = pairs_read((struct view){ text, n }, note_pair, &got, &why);

		/* Only the end of a data base is an end; its LF may be missing. */
		assert_int_equal(st == ST_OK, n == first || n == first - 1);
		buf_free(&got);
	}
}

static void test_walk_is_bounded(void **state)
{
	static const char *const texts[] = {
		HEAD " 12345\n v\n" END,
		HEAD " k\n 1\\35345\n" END,
		HEX " 3132333435\n 76\n" END,
	};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		for (size_t max = 4; max <= 5; max++) {
			struct buf key_room = buf_of(max), value_room = buf_of(max);
			struct dbdump_walk w =
				dbdump_walk_of(view_of(texts[i]), &key_room, &value_room);
			struct diag why = { 0 };
			struct view key, value;
			enum status want = max == 5 ? ST_OK : ST_LIMIT;

			assert_int_equal(dbdump_next(&w, &key, &value, &why), want);
			want = max == 5 ? ST_NOTFOUND : ST_LIMIT;
			assert_int_equal(dbdump_next(&w, &key, &value, &why), want);
			assert_int_equal(dbdump_next(&w, &key, &value, &why), want);
			buf_free(&key_room);
			buf_free(&value_room);
		}
}

static struct buf pairs_of(const char *path)
{
	struct buf file = buf_of(1 << 20), got = buf_of(1 << 20);
	struct diag why = { 0 };

	assert_int_equal(file_read(path, &file, &why), ST_OK);
	assert_int_equal(pairs_read(buf_view(&file), note_pair, &got, &why), ST_OK);
	buf_free(&file);
	return got;
}

/* The same data base, dumped in both ways by db_dump. */
static void test_both_formats_agree(void **state)
{
	struct buf print = pairs_of(TEST_DATA "/postgrey/deleted.print");
	struct buf hex = pairs_of(TEST_DATA "/postgrey/deleted.hex");

	(void)state;
	assert_true(print.n > 500);
	assert_true(view_eq(buf_view(&print), buf_view(&hex)));
	buf_free(&print);
	buf_free(&hex);
}

static void test_detection(void **state)
{
	(void)state;
	assert_true(dbdump_is(VIEW("VERSION=3\n")));
	assert_true(dbdump_is(VIEW("\r\n VERSION=3\n")));
	assert_false(dbdump_is(VIEW("VERSION")));
	assert_false(dbdump_is(VIEW("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_wrong_texts),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_walk_is_bounded),
		cmocka_unit_test(test_both_formats_agree),
		cmocka_unit_test(test_detection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
