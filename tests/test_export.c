/* A store as lines, there and back. */
#include "test.h"

#include <limits.h>

#include "engine/tuple.h"
#include "store/export.h"

struct room {
	struct buf line;
	struct buf texts;
	struct diag why;
	unsigned version;
};

static struct room room_new(void)
{
	return (struct room){
		buf_of(EXPORT_LINE_MAX), buf_of(EXPORT_LINE_MAX), { .file = NULL }, EXPORT_VERSION
	};
}

static void room_free(struct room *r)
{
	buf_free(&r->line);
	buf_free(&r->texts);
}

static enum status read_line(struct room *r, enum export_form form, struct view line,
                             struct export_row *row)
{
	const struct export_text text = { form, r->version };

	return export_read(&text, line, &r->texts, row, &r->why);
}

static void same_entry(const struct browse_entry *a, const struct browse_entry *b)
{
	assert_int_equal(a->table, b->table);
	assert_int_equal(a->form, b->form);
	assert_true(view_eq(a->text, b->text));
	assert_true(view_eq(a->source, b->source));
	assert_true(view_eq(a->sender, b->sender));
	assert_true(view_eq(a->recipient, b->recipient));
	assert_int_equal(a->tuple.first, b->tuple.first);
	assert_int_equal(a->tuple.last, b->tuple.last);
	assert_int_equal(a->tuple.wait, b->tuple.wait);
	assert_int_equal(a->tuple.passes, b->tuple.passes);
	assert_int_equal(a->tuple.early, b->tuple.early);
	assert_int_equal(a->tuple.retries, b->tuple.retries);
	assert_int_equal(a->tuple.identity, b->tuple.identity);
	assert_int_equal(a->tuple.keep, b->tuple.keep);
	assert_int_equal(a->scanned, b->scanned);
	assert_int_equal(a->scan.score_tenths, b->scan.score_tenths);
	assert_int_equal(a->scan.spam, b->scan.spam);
	assert_true(
		view_eq(spam_symbols_view(&a->scan.symbols), spam_symbols_view(&b->scan.symbols)));
	assert_int_equal(a->client.count, b->client.count);
	assert_int_equal(a->client.last, b->client.last);
	assert_int_equal(a->mark.since, b->mark.since);
	assert_true(a->mark.instance == b->mark.instance);
}

static const struct {
	const char *name;
	const char *text;
	const char *json;
} lines[] = {
	{ "a tuple", "tuple\t203.0.113.0/24\ta@b\tc@d\t1\t2\t300\t4\t5\t6\tnet\t86400\n",
	  "{\"table\":\"tuple\",\"source\":\"203.0.113.0/24\",\"sender\":\"a@b\",\"recipient\":"
	  "\"c@d\",\"first\":1,\"last\":2,\"wait\":300,\"passes\":4,\"early\":5,\"retries\":6,"
	  "\"identity\":\"net\",\"keep\":86400}\n" },
	{ "a tuple that began by a scanned mail",
	  "tuple\t203.0.113.0/24\ta@b\tc@d\t1\t2\t300\t0\t5\t6\tnet\t0\t-0.5\tham\tA,B_1\n",
	  "{\"table\":\"tuple\",\"source\":\"203.0.113.0/24\",\"sender\":\"a@b\",\"recipient\":"
	  "\"c@d\",\"first\":1,\"last\":2,\"wait\":300,\"passes\":0,\"early\":5,\"retries\":6,"
	  "\"identity\":\"net\",\"keep\":0,\"score\":-0.5,\"verdict\":\"ham\","
	  "\"symbols\":\"A,B_1\"}\n" },
	{ "a scan that met no test",
	  "tuple\t203.0.113.0/24\ta@b\tc@d\t1\t2\t300\t0\t5\t6\tnet\t0\t12.0\tspam\t\n",
	  "{\"table\":\"tuple\",\"source\":\"203.0.113.0/24\",\"sender\":\"a@b\",\"recipient\":"
	  "\"c@d\",\"first\":1,\"last\":2,\"wait\":300,\"passes\":0,\"early\":5,\"retries\":6,"
	  "\"identity\":\"net\",\"keep\":0,\"score\":12.0,\"verdict\":\"spam\","
	  "\"symbols\":\"\"}\n" },
	{ "null sender, quotes, octets that are no UTF-8",
	  "tuple\t203.0.113.0/24\t\t\"x\\xff\\x5cy\"@d\t1\t2\t0\t0\t0\t0\tspf\t0\n",
	  "{\"table\":\"tuple\",\"source\":\"203.0.113.0/24\",\"sender\":\"\",\"recipient\":"
	  "\"\\\"x\\\\xff\\\\x5cy\\\"@d\",\"first\":1,\"last\":2,\"wait\":0,\"passes\":0,"
	  "\"early\":0,\"retries\":0,\"identity\":\"spf\",\"keep\":0}\n" },
	{ "a digest",
	  "tuple\tsha1:"
	  "60906df9bfce08e3664df4e82d39ed9a25a99bf2\t\t\t1\t2\t300\t1\t0\t0\tnet\t86400\n",
	  "{\"table\":\"tuple\",\"source\":\"sha1:60906df9bfce08e3664df4e82d39ed9a25a99bf2\","
	  "\"sender\":\"\",\"recipient\":\"\",\"first\":1,\"last\":2,\"wait\":300,\"passes\":1,"
	  "\"early\":0,\"retries\":0,\"identity\":\"net\",\"keep\":86400}\n" },
	{ "a mark of one sender", "mark\t203.0.113.0/24 a@b c\t1700000000\t7\n",
	  "{\"table\":\"mark\",\"source\":\"203.0.113.0/24 a@b c\",\"since\":1700000000,"
	  "\"instance\":\"7\"}\n" },
	{ "a client", "client\t2001:db8::9\t5\t1700000000\n",
	  "{\"table\":\"client\",\"client\":\"2001:db8::9\",\"count\":5,\"last\":1700000000}\n" },
	{ "a hashed client", "client\t0123456789abcdef01234567\t5\t1700000000\n",
	  "{\"table\":\"client\",\"client\":\"0123456789abcdef01234567\",\"count\":5,\"last\":"
	  "1700000000}\n" },
	{ "a mark", "mark\t203.0.113.0/24\t1700000000\t18446744073709551615\n",
	  "{\"table\":\"mark\",\"source\":\"203.0.113.0/24\",\"since\":1700000000,\"instance\":"
	  "\"18446744073709551615\"}\n" },
};

/* Exports of before have no `keep`. */
static void old_lines(void **state)
{
	static const struct {
		enum export_form form;
		const char *line;
	} old[] = {
		{ EXPORT_TEXT, "tuple\t203.0.113.0/24\ta@b\tc@d\t1\t2\t300\t4\t5\t6\tnet" },
		{ EXPORT_JSON,
		  "{\"table\":\"tuple\",\"source\":\"203.0.113.0/24\",\"sender\":\"a@b\","
		  "\"recipient\":\"c@d\",\"first\":1,\"last\":2,\"wait\":300,"
		  "\"passes\":4,\"early\":5,\"retries\":6,\"identity\":\"net\"}" },
	};
	struct room r = room_new();
	struct export_row row;

	(void)state;
	r.version = 1;
	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		assert_int_equal(read_line(&r, old[i].form, view_of(old[i].line), &row), ST_OK);
		assert_int_equal(row.entry.tuple.retries, 6);
		assert_int_equal(row.entry.tuple.keep, 0);
	}
	room_free(&r);
}

static void both_forms(void **state)
{
	struct room r = room_new(), again = room_new();

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct view text = view_of(lines[i].text), json = view_of(lines[i].json);
		struct export_row row, other;

		assert_int_equal(read_line(&r, EXPORT_TEXT, view_first(text, text.n - 1), &row),
		                 ST_OK);
		buf_clear(&r.line);
		assert_int_equal(export_write(EXPORT_TEXT, &row, &r.line), ST_OK);
		assert_view(buf_view(&r.line), lines[i].text);
		buf_clear(&r.line);
		assert_int_equal(export_write(EXPORT_JSON, &row, &r.line), ST_OK);
		assert_view(buf_view(&r.line), lines[i].json);
		assert_int_equal(
			read_line(&again, EXPORT_JSON, view_first(json, json.n - 1), &other),
			ST_OK);
		same_entry(&row.entry, &other.entry);
	}
	room_free(&r);
	room_free(&again);
}

/* Where a text line may end: in its last field, or in the last that all of its kind have. */
static bool may_end(struct view line, size_t n)
{
	size_t tabs = 0;

	for (size_t i = 0; i < n; i++)
		tabs += line.p[i] == '\t';
	return n > view_rfind(line, '\t') ||
	       (view_starts(line, VIEW("tuple")) && tabs == 11 && line.p[n - 1] != '\t');
}

/* Of a JSON line no beginning is one; of a text line few are. */
static void cut_lines(void **state)
{
	struct room r = room_new();
	struct export_row row;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct view text = view_of(lines[i].text), json = view_of(lines[i].json);

		for (size_t n = 0; n + 1 < text.n; n++)
			if (!may_end(text, n))
				assert_int_not_equal(
					read_line(&r, EXPORT_TEXT, view_first(text, n), &row),
					ST_OK);
		for (size_t n = 0; n + 1 < json.n; n++)
			assert_int_not_equal(read_line(&r, EXPORT_JSON, view_first(json, n), &row),
			                     ST_OK);
	}
	room_free(&r);
}

static void every_octet(void **state)
{
	struct room r = room_new();
	char key[300] = "203.0.113.0/24\t";
	size_t n = strlen(key);
	struct export_row row = { .kind = EXPORT_ENTRY }, other;

	(void)state;
	for (unsigned c = 32; c < 256; c++)
		if (c != 127)
			key[n++] = (char)c;
	key[n++] = '\t';
	row.entry.text = (struct view){ key, n };
	assert_int_equal(tuple_split(row.entry.text, &row.entry.source, &row.entry.sender,
	                             &row.entry.recipient),
	                 ST_OK);
	for (int form = EXPORT_TEXT; form <= EXPORT_JSON; form++) {
		buf_clear(&r.line);
		assert_int_equal(export_write((enum export_form)form, &row, &r.line), ST_OK);
		for (size_t i = 0; i + 1 < r.line.n; i++)
			assert_true((r.line.p[i] >= 32 && r.line.p[i] < 127) ||
			            r.line.p[i] == '\t');
		assert_int_equal(read_line(&r, (enum export_form)form,
		                           view_first(buf_view(&r.line), r.line.n - 1), &other),
		                 ST_OK);
		same_entry(&row.entry, &other.entry);
	}
	room_free(&r);
}

static void heads_and_ends(void **state)
{
	struct room r = room_new();
	struct export_row row = { .kind = EXPORT_HEAD,
		                  .secret_id = "0123456789abcdef",
		                  .has_secret = true,
		                  .secret = { 1, 2, 0xfe, 0xff } },
			  other;

	(void)state;
	for (int form = EXPORT_TEXT; form <= EXPORT_JSON; form++) {
		enum export_form seen;

		buf_clear(&r.line);
		assert_int_equal(export_write((enum export_form)form, &row, &r.line), ST_OK);
		assert_int_equal(export_form_of(buf_view(&r.line), &seen), ST_OK);
		assert_int_equal(seen, form);
		assert_int_equal(
			read_line(&r, seen, view_first(buf_view(&r.line), r.line.n - 1), &other),
			ST_OK);
		assert_int_equal(other.kind, EXPORT_HEAD);
		assert_true(other.has_secret);
		assert_memory_equal(other.secret, row.secret, sizeof(row.secret));
		assert_string_equal(other.secret_id, row.secret_id);
	}
	assert_int_equal(read_line(&r, EXPORT_TEXT, VIEW("greylag-export\t1\t-\t-"), &other),
	                 ST_OK);
	assert_false(other.has_secret);
	assert_string_equal(other.secret_id, "");
	assert_int_equal(read_line(&r, EXPORT_TEXT, VIEW("end\t7"), &other), ST_OK);
	assert_int_equal(other.kind, EXPORT_END);
	assert_int_equal(other.count, 7);
	assert_int_equal(read_line(&r, EXPORT_JSON, VIEW("{\"end\":7}"), &other), ST_OK);
	assert_int_equal(other.count, 7);
	room_free(&r);
}

#define ANY  UINT_MAX /* the library's business */
#define GOOD "\t1\t2\t300\t4\t5\t6\tnet\t0"

static void refused(void **state)
{
	static const struct {
		const char *name;
		enum export_form form;
		const char *line;
		const char *why;
		unsigned column;
	} cases[] = {
		{ "a later version", EXPORT_TEXT, "greylag-export\t4\t-\t-", "version", 0 },
		{ "a short secret", EXPORT_TEXT, "greylag-export\t1\t-\tabcd", "length", 0 },
		{ "a secret's id that is none", EXPORT_TEXT,
		  "greylag-export\t1\t0123456789abcdeg\t-", "hex", 0 },
		{ "another word", EXPORT_TEXT, "tupel\ta\tb\tc" GOOD, "expected", 1 },
		{ "a field too many", EXPORT_TEXT, "tuple\ta\tb\tc" GOOD "\tx", "fields", 0 },
		{ "a field too few", EXPORT_TEXT, "tuple\ta\tb" GOOD, "12 fields", 0 },
		{ "no source", EXPORT_TEXT, "tuple\t\tb\tc" GOOD, "source: it is empty", 7 },
		{ "an escape that is none", EXPORT_TEXT, "tuple\ta\tb\\x4\tc" GOOD, "backslash",
		  9 },
		{ "a separator in disguise", EXPORT_TEXT, "tuple\ta\tb\\x09\tc" GOOD, "control",
		  9 },
		{ "no number", EXPORT_TEXT, "tuple\ta\tb\tc\tx\t2\t3\t4\t5\t6\tnet\t0", "first",
		  13 },
		{ "a time before 1970", EXPORT_TEXT, "client\t203.0.113.9\t1\t-1", "range", 22 },
		{ "a time that overflows", EXPORT_TEXT,
		  "client\t203.0.113.9\t1\t9223372036854775807", "range", 22 },
		{ "a count above 32 bits", EXPORT_TEXT, "client\t203.0.113.9\t4294967296\t1",
		  "count: out of range", 20 },
		{ "a wait above 32 bits", EXPORT_TEXT,
		  "tuple\ta\tb\tc\t1\t2\t4294967296\t4\t5\t6\tnet\t0", "wait", 0 },
		{ "an unknown identity", EXPORT_TEXT, "tuple\ta\tb\tc\t1\t2\t3\t4\t5\t6\tip\t0",
		  "rdns", 25 },
		{ "a client that is none", EXPORT_TEXT, "client\texample\t1\t1", "address", 8 },
		{ "no object", EXPORT_JSON, "[1]", "object", 0 },
		{ "a member missing", EXPORT_JSON,
		  "{\"table\":\"client\",\"client\":\"203.0.113.9\",\"count\":1}",
		  "last: it is missing", 0 },
		{ "a member of another type", EXPORT_JSON,
		  "{\"table\":\"client\",\"client\":\"203.0.113.9\",\"count\":1.5,\"last\":1}",
		  "count: a number", 0 },
		{ "a member twice", EXPORT_JSON, "{\"end\":1,\"end\":2}", "duplicate", ANY },
		{ "another table", EXPORT_JSON, "{\"table\":\"x\"}", "table", 0 },
		{ "a NUL", EXPORT_JSON,
		  "{\"table\":\"mark\",\"source\":\"a\\u0000b\",\"since\":1,\"instance\":\"0\"}",
		  "control", 0 },
	};
	struct room r = room_new();
	struct export_row row;
	enum export_form form;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum status st = read_line(&r, cases[i].form, view_of(cases[i].line), &row);

		if (st == ST_OK || strstr(r.why.text, cases[i].why) == NULL ||
		    (cases[i].column != ANY && r.why.column != cases[i].column))
			fail_msg("%s: %s, column %u, \"%s\"", cases[i].name, status_text(st),
			         r.why.column, r.why.text);
	}
	assert_int_equal(export_form_of(VIEW("VERSION=3\n"), &form), ST_INVALID);
	assert_int_equal(export_form_of(VIEW(""), &form), ST_INVALID);
	room_free(&r);
}

static void clients_are_brought_to_form(void **state)
{
	struct room r = room_new();
	struct export_row row;

	(void)state;
	assert_int_equal(read_line(&r, EXPORT_TEXT, VIEW("client\t2001:DB8:0:0::9\t1\t1"), &row),
	                 ST_OK);
	assert_view(row.entry.text, "2001:db8::9");
	room_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_forms),
		cmocka_unit_test(old_lines),
		cmocka_unit_test(cut_lines),
		cmocka_unit_test(every_octet),
		cmocka_unit_test(heads_and_ends),
		cmocka_unit_test(refused),
		cmocka_unit_test(clients_are_brought_to_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
