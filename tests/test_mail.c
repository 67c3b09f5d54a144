#include "hex.h"

#include "codec/mail.h"

static const char *shown(struct buf *out, const struct mail *m)
{
	buf_clear(out);
	assert_int_equal(mail_put(m, out), ST_OK);
	return buf_text(out);
}

static void take(struct mail *m, const char *headers, const char *body)
{
	struct view rest = view_of(headers), line;

	while (view_next(&rest, '|', &line)) {
		size_t colon = view_find(line, ':');

		mail_take_header(m, view_first(line, colon), view_from(line, colon + 1));
	}
	mail_take_body(m, view_of(body));
}

/* The size is that of the text on the wire. */
static const struct {
	const char *name, *headers, *body;
	bool blanks;
	const char *whole;
} mails[] = {
	{ "nothing at all", "", "", false, "\r\n" },
	{ "a header", "A:1", "", false, "A: 1\r\n\r\n" },
	{ "its blank came with it", "A: 1|B:2|C:  3", "x\r\n", true,
	  "A: 1\r\nB:2\r\nC:  3\r\n\r\nx\r\n" },
	{ "an empty one", "A:", "", false, "A: \r\n\r\n" },
	{ "an empty one with blanks kept", "A:", "", true, "A:\r\n\r\n" },
	{ "folds by LF", "A:1\n\t2\n 3", "b", false, "A: 1\r\n\t2\r\n 3\r\n\r\nb" },
	{ "folds by CR LF", "A:1\r\n\t2", "b", false, "A: 1\r\n\t2\r\n\r\nb" },
	{ "folded behind the colon", "A:\n 1", "", true, "A:\r\n 1\r\n\r\n" },
};

static void test_whole(void **state)
{
	struct buf text = buf_of(ROOM);

	(void)state;
	for (size_t i = 0; i < COUNT(mails); i++) {
		struct mail m;

		print_message("%s\n", mails[i].name);
		mail_begin(&m, ROOM, mails[i].blanks);
		take(&m, mails[i].headers, mails[i].body);
		assert_string_equal(shown(&text, &m), mails[i].whole);
		assert_int_equal(m.size, strlen(mails[i].whole));
		assert_false(m.cut);
		mail_end(&m);
		assert_null(m.headers);
	}
	buf_free(&text);
}

/* Each bound, one octet more and less: headers take 4 octets beside their own. */
static const struct {
	const char *name;
	size_t limit;
	size_t headers, body;
	bool cut;
} bounds[] = {
	{ "nothing is kept", 0, 0, 0, true },
	{ "one octet too few for a header", 5, 0, 0, true },
	{ "one header", 6, 1, 0, true },
	{ "one header; the body is behind what was cut", 11, 1, 0, true },
	{ "both", 12, 2, 0, true },
	{ "some body", 14, 2, 2, true },
	{ "all", 17, 2, 5, false },
};

static void test_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bounds); i++) {
		struct mail m;

		print_message("%s\n", bounds[i].name);
		mail_begin(&m, bounds[i].limit, false);
		take(&m, "A:1|B:2", "12345");
		assert_int_equal(m.header_count, bounds[i].headers);
		assert_int_equal(m.body.n, bounds[i].body);
		assert_int_equal(m.cut, bounds[i].cut);
		assert_int_equal(m.size, 12 + 2 + 5);
		assert_true(m.kept <= m.limit);
		mail_end(&m);
	}
}

static void test_behind(void **state)
{
	char name[1000] = { 0 };
	struct mail m;
	size_t n = 0;

	(void)state;
	mail_begin(&m, 0, false);
	assert_false(mail_has_behind(&m, VIEW("")));
	assert_int_equal(mail_note_behind(&m, VIEW("A")), ST_OK);
	assert_int_equal(mail_note_behind(&m, VIEW("Bc")), ST_OK);
	assert_true(mail_has_behind(&m, VIEW("a")) && mail_has_behind(&m, VIEW("bC")));
	assert_false(mail_has_behind(&m, VIEW("b")) || mail_has_behind(&m, VIEW("A\0Bc")));
	memset(name, 'x', sizeof(name));
	while (mail_note_behind(&m, (struct view){ name, sizeof(name) }) == ST_OK)
		n++;
	assert_int_equal(n, (MAIL_BEHIND_MAX - 5) / (sizeof(name) + 1));
	assert_int_equal(m.behind.n, 5 + n * (sizeof(name) + 1)); /* all or nothing */
	mail_end(&m);
}

static void test_find(void **state)
{
	struct mail m;

	(void)state;
	mail_begin(&m, ROOM, true);
	take(&m, "A: 1|b:2|a:  3", "");
	assert_view(mail_find(&m, VIEW("a"), 1)->value, " 1");
	assert_view(mail_value(&m, mail_find(&m, VIEW("A"), 1)), "1");
	assert_view(mail_value(&m, mail_find(&m, VIEW("A"), 2)), " 3");
	assert_view(mail_value(&m, mail_find(&m, VIEW("B"), 1)), "2");
	assert_null(mail_find(&m, VIEW("A"), 3));
	assert_null(mail_find(&m, VIEW("A"), 0));
	assert_null(mail_find(&m, VIEW("C"), 1));
	mail_end(&m);
}

/* + adds, = changes, 0...9 inserts at this place; as Postfix applies them. */
static const struct {
	const char *name;
	const char *changes; /* letter, then for = the index, name:value */
	const char *headers;
} changed[] = {
	{ "added", "+X:9", "T: 1\r\nS: s\r\nT: 2\r\nT: 3\r\nX: 9\r\n" },
	{ "inserted at the very top", "0X:9", "X: 9\r\nT: 1\r\nS: s\r\nT: 2\r\nT: 3\r\n" },
	{ "below the Received that nobody sees", "1X:9",
	  "X: 9\r\nT: 1\r\nS: s\r\nT: 2\r\nT: 3\r\n" },
	{ "behind the first", "2X:9", "T: 1\r\nX: 9\r\nS: s\r\nT: 2\r\nT: 3\r\n" },
	{ "inserted beyond the end", "9X:9", "T: 1\r\nS: s\r\nT: 2\r\nT: 3\r\nX: 9\r\n" },
	{ "two inserted at the top come out in reverse", "0X:1|0Y:2",
	  "Y: 2\r\nX: 1\r\nT: 1\r\nS: s\r\nT: 2\r\nT: 3\r\n" },
	{ "above the Received, and below that", "0X:1|1Y:2|3Z:3",
	  "X: 1\r\nY: 2\r\nZ: 3\r\nT: 1\r\nS: s\r\nT: 2\r\nT: 3\r\n" },
	{ "one that stood above it is deleted", "0X:1|0Y:2|=1X:|2Z:3|=1Z:|=1Y:|2W:4",
	  "T: 1\r\nW: 4\r\nS: s\r\nT: 2\r\nT: 3\r\n" },
	{ "the second changed, and its name", "=2t:x", "T: 1\r\nS: s\r\nt: x\r\nT: 3\r\n" },
	{ "index 0 is the first", "=0T:x", "T: x\r\nS: s\r\nT: 2\r\nT: 3\r\n" },
	{ "one more than there are is added", "=4T:x", "T: 1\r\nS: s\r\nT: 2\r\nT: 3\r\nT: x\r\n" },
	{ "deleting what is not there", "=4T:", "T: 1\r\nS: s\r\nT: 2\r\nT: 3\r\n" },
	{ "deleting shifts those behind", "=1T:|=2T:", "S: s\r\nT: 2\r\n" },
	{ "deleting from the highest down", "=3T:|=2T:|=1T:", "S: s\r\n" },
	{ "an added one counts", "+T:4|=4T:x", "T: 1\r\nS: s\r\nT: 2\r\nT: 3\r\nT: x\r\n" },
};

static void change(struct mail *m, struct view one)
{
	char letter = one.p[0];
	unsigned index = letter == '=' ? (unsigned)one.p[1] - '0' : (unsigned)letter - '0';
	struct view line = view_from(one, letter == '=' ? 2 : 1);
	size_t colon = view_find(line, ':');
	struct view name = view_first(line, colon), value = view_from(line, colon + 1);

	if (letter == '+')
		assert_int_equal(mail_add_header(m, name, value), ST_OK);
	else if (letter == '=')
		assert_int_equal(mail_change_header(m, index, name, value), ST_OK);
	else
		assert_int_equal(mail_insert_header(m, index, name, value), ST_OK);
}

static void test_changes(void **state)
{
	struct buf text = buf_of(ROOM), expected = buf_of(ROOM);

	(void)state;
	for (size_t i = 0; i < COUNT(changed); i++) {
		struct view rest = view_of(changed[i].changes), one;
		struct mail m;

		print_message("%s\n", changed[i].name);
		mail_begin(&m, ROOM, false);
		take(&m, "T:1|S:s|T:2|T:3", "");
		while (view_next(&rest, '|', &one))
			change(&m, one);
		buf_clear(&expected);
		assert_int_equal(buf_printf(&expected, "%s\r\n", changed[i].headers), ST_OK);
		assert_string_equal(shown(&text, &m), buf_text(&expected));
		mail_end(&m);
	}
	buf_free(&text);
	buf_free(&expected);
}

/* As Sendmail applies them; ! is where somebody else goes on. */
static const struct {
	const char *name;
	const char *changes;
	const char *headers;
	const char *out; /* the indices that the MTA is told, of = */
} by_sendmail[] = {
	{ "added in front of the first of its name", "+t:9|+X:9",
	  "t: 9\r\nT: 1\r\nS: s\r\nT: 2\r\nT: 3\r\nX: 9\r\n", "" },
	{ "changed, with its own name", "=2t:x", "T: 1\r\nS: s\r\nT: x\r\nT: 3\r\n", "2" },
	{ "deleted ones count for who has deleted them", "=1T:|=2T:x", "S: s\r\nT: x\r\nT: 3\r\n",
	  "12" },
	{ "and not for who comes after", "=1T:|!|=2T:x", "S: s\r\nT: 2\r\nT: x\r\n", "13" },
	{ "they do for the MTA, one of each", "=1T:|!|=1T:|!|=1T:|!|=1S:|!|=1T:y", "T: y\r\n",
	  "12314" },
	{ "those behind do not", "=3T:|!|=2T:x|=1T:", "S: s\r\nT: x\r\n", "321" },
	{ "deleted twice", "=2T:|=2T:|!|=2T:x", "T: 1\r\nS: s\r\nT: x\r\n", "223" },
	{ "brought back", "=1T:|=1T:x", "T: x\r\nS: s\r\nT: 2\r\nT: 3\r\n", "11" },
	{ "brought back among others", "=2T:|=1S:|=3T:|=2T:x|!|=2T:y", "T: 1\r\nT: y\r\n",
	  "21322" },
	{ "one more than there are is added", "=1T:|!|=3T:x", "T: x\r\nS: s\r\nT: 2\r\nT: 3\r\n",
	  "14" },
	{ "in front of a deleted one", "=1T:|!|0X:9|+T:a|=1T:b|=2T:c",
	  "X: 9\r\nT: b\r\nS: s\r\nT: c\r\nT: 3\r\n", "113" },
	{ "inserted ones count", "=2T:|!|1T:a|=3T:b", "T: a\r\nT: 1\r\nS: s\r\nT: b\r\n", "24" },
};

static void test_by_sendmail(void **state)
{
	struct buf text = buf_of(ROOM), expected = buf_of(ROOM), out = buf_of(ROOM);

	(void)state;
	for (size_t i = 0; i < COUNT(by_sendmail); i++) {
		struct view rest = view_of(by_sendmail[i].changes), one;
		struct mail m;

		print_message("%s\n", by_sendmail[i].name);
		mail_begin(&m, ROOM, false);
		m.sendmail = true;
		take(&m, "T:1|S:s|T:2|T:3", "");
		buf_clear(&out);
		while (view_next(&rest, '|', &one)) {
			if (one.p[0] == '=')
				assert_int_equal(
					buf_printf(
						&out, "%u",
						mail_index_out(&m, (unsigned)one.p[1] - '0',
				                               view_first(view_from(one, 2), 1))),
					ST_OK);
			if (one.p[0] == '!')
				mail_changed(&m);
			else
				change(&m, one);
		}
		buf_clear(&expected);
		assert_int_equal(buf_printf(&expected, "%s\r\n", by_sendmail[i].headers), ST_OK);
		assert_string_equal(shown(&text, &m), buf_text(&expected));
		assert_view(buf_view(&out), by_sendmail[i].out);
		mail_end(&m);
	}
	buf_free(&text);
	buf_free(&expected);
	buf_free(&out);
}

static bool is_t(void *arg, const struct mail_header *h)
{
	(*(unsigned *)arg)++;
	return view_eq(h->name, VIEW("T"));
}

static void test_drop(void **state)
{
	struct buf text = buf_of(ROOM);
	unsigned asked = 0;
	struct mail m;

	(void)state;
	mail_begin(&m, ROOM, false);
	mail_drop_headers(&m, is_t, &asked);
	assert_int_equal(asked, 0);
	take(&m, "T:1|S:s|T:2|U:u|T:3", "");
	mail_drop_headers(&m, is_t, &asked);
	assert_int_equal(asked, 5);
	assert_string_equal(shown(&text, &m), "S: s\r\nU: u\r\n\r\n");
	assert_int_equal(m.kept, 2 * 6);
	mail_end(&m);
	buf_free(&text);
}

static void test_drop_by_sendmail(void **state)
{
	struct buf text = buf_of(ROOM);
	unsigned asked = 0;
	struct mail m;

	(void)state;
	mail_begin(&m, ROOM, false);
	m.sendmail = true;
	take(&m, "T:1|S:s|T:2|U:u|T:3|S:t", "");
	change(&m, VIEW("=1S:"));
	change(&m, VIEW("=1U:"));
	change(&m, VIEW("=3T:"));
	mail_changed(&m);
	assert_int_equal(mail_index_out(&m, 1, VIEW("S")), 2);
	mail_drop_headers(&m, is_t, &asked);
	assert_int_equal(asked, 3);
	assert_string_equal(shown(&text, &m), "S: t\r\n\r\n");
	assert_int_equal(mail_index_out(&m, 1, VIEW("S")), 2);
	assert_int_equal(mail_index_out(&m, 1, VIEW("T")), 4);
	assert_int_equal(mail_index_out(&m, 1, VIEW("U")), 2);
	assert_int_equal(mail_index_out(&m, 1, VIEW("X")), 1);
	change(&m, VIEW("+T:9"));
	assert_string_equal(shown(&text, &m), "T: 9\r\nS: t\r\n\r\n");
	assert_int_equal(mail_index_out(&m, 1, VIEW("T")), 1);
	mail_end(&m);
	buf_free(&text);
}

static void test_body(void **state)
{
	struct mail m;

	(void)state;
	mail_begin(&m, 10, false);
	mail_take_body(&m, VIEW("12345"));
	mail_clear_body(&m);
	assert_int_equal(m.kept, 0);
	assert_int_equal(mail_add_body(&m, VIEW("123456")), ST_OK);
	assert_int_equal(mail_add_body(&m, VIEW("12345")), ST_LIMIT);
	assert_int_equal(mail_add_body(&m, VIEW("7890")), ST_OK);
	assert_view(buf_view(&m.body), "1234567890");
	assert_int_equal(mail_add_header(&m, VIEW("A"), VIEW("")), ST_LIMIT);
	mail_clear_body(&m);
	assert_int_equal(mail_add_header(&m, VIEW("A"), VIEW("12345")), ST_OK);
	assert_int_equal(mail_change_header(&m, 1, VIEW("A"), VIEW("123456")), ST_LIMIT);
	assert_int_equal(mail_change_header(&m, 1, VIEW("A"), VIEW("1")), ST_OK);
	assert_int_equal(m.kept, 6);
	mail_end(&m);
}

static void test_too_many_headers(void **state)
{
	struct mail m;

	(void)state;
	mail_begin(&m, (size_t)1 << 24, false);
	for (size_t i = 0; i < MAIL_HEADERS_MAX; i++)
		mail_take_header(&m, VIEW("A"), VIEW(""));
	assert_false(m.cut);
	mail_take_header(&m, VIEW("A"), VIEW(""));
	assert_true(m.cut);
	assert_int_equal(m.header_count, MAIL_HEADERS_MAX);
	mail_take_body(&m, VIEW("body"));
	assert_view(buf_view(&m.body), "body");
	assert_false(m.full);
	for (size_t i = 0; i < MAIL_HEADERS_MORE; i++)
		assert_int_equal(mail_add_header(&m, VIEW("A"), VIEW("")), ST_OK);
	assert_int_equal(mail_insert_header(&m, 0, VIEW("A"), VIEW("")), ST_LIMIT);
	mail_end(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),   cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_behind),  cmocka_unit_test(test_find),
		cmocka_unit_test(test_changes), cmocka_unit_test(test_by_sendmail),
		cmocka_unit_test(test_drop),    cmocka_unit_test(test_drop_by_sendmail),
		cmocka_unit_test(test_body),    cmocka_unit_test(test_too_many_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
