#include "test.h"

#include <stdlib.h>

#include "codec/mg_dump.h"

static const struct {
	const char *name;
	const char *line;
	enum status status;
	unsigned column; /* of an error */
	enum mg_dump_kind kind;
	const char *client, *sender, *recipient;
	int64_t time, tarpit_s;
} cases[] = {
	{ "pending", "203.0.113.45\t<rin@a.example>\t<sales@b.example>\t1740962700", ST_OK, 0,
	  MG_DUMP_PENDING, "203.0.113.45", "rin@a.example", "sales@b.example", 1740962700, 0 },
	{ "with the time for people",
	  "203.0.113.45\t<rin@a.example>\t<sales@b.example>\t1740962700 # 2025-03-03 09:45:00",
	  ST_OK, 0, MG_DUMP_PENDING, "203.0.113.45", "rin@a.example", "sales@b.example", 1740962700,
	  0 },
	{ "passed", "203.0.113.46\t<ken@a.example>\t<info@b.example>\t1741047300 AUTO # 2025",
	  ST_OK, 0, MG_DUMP_AUTO, "203.0.113.46", "ken@a.example", "info@b.example", 1741047300,
	  0 },
	{ "a tarpit, IPv6, the null sender",
	  "2001:db8:4::17\t<>\t<info@b.example>\t1740960900\t0 TARPIT # 2025-03-03 09:15:00", ST_OK,
	  0, MG_DUMP_TARPIT, "2001:db8:4::17", "", "info@b.example", 1740960900, 0 },
	{ "a tarpit of some seconds", "192.0.2.1 <a@b> <c@d> 5 70 TARPIT", ST_OK, 0, MG_DUMP_TARPIT,
	  "192.0.2.1", "a@b", "c@d", 5, 70 },
	{ "blanks for TABs, CR LF", "  192.0.2.1   <a@b> \t <c@d>  5   AUTO  \r", ST_OK, 0,
	  MG_DUMP_AUTO, "192.0.2.1", "a@b", "c@d", 5, 0 },
	{ "an interface", "fe80::1%eth0 <a@b> <c@d> 5", ST_OK, 0, MG_DUMP_PENDING, "fe80::1", "a@b",
	  "c@d", 5, 0 },
	{ "a mapped address", "::ffff:192.0.2.1 <a@b> <c@d> 5", ST_OK, 0, MG_DUMP_PENDING,
	  "192.0.2.1", "a@b", "c@d", 5, 0 },
	{ "addresses without a domain", "192.0.2.1 <root> <postmaster> 5", ST_OK, 0,
	  MG_DUMP_PENDING, "192.0.2.1", "root", "postmaster", 5, 0 },
	{ "a sign for a comment in an address", "192.0.2.1 <a#b@c> <#> 5#x", ST_OK, 0,
	  MG_DUMP_PENDING, "192.0.2.1", "a#b@c", "#", 5, 0 },
	{ "what milter-greylist can't read back", "192.0.2.1 <a:<\xc3\xbc>@[192.0.2.9]> <c@d> 5",
	  ST_OK, 0, MG_DUMP_PENDING, "192.0.2.1", "a:<\xc3\xbc>@[192.0.2.9]", "c@d", 5, 0 },
	{ "after 2038", "192.0.2.1 <a@b> <c@d> 4102444800 AUTO", ST_OK, 0, MG_DUMP_AUTO,
	  "192.0.2.1", "a@b", "c@d", 4102444800, 0 },
	{ "an empty line", "", ST_NOTFOUND, 0, 0, NULL, NULL, NULL, 0, 0 },
	{ "blanks alone", " \t\r", ST_NOTFOUND, 0, 0, NULL, NULL, NULL, 0, 0 },
	{ "a comment", "# Summary: 3 records", ST_NOTFOUND, 0, 0, NULL, NULL, NULL, 0, 0 },
	{ "a comment behind blanks", "  #", ST_NOTFOUND, 0, 0, NULL, NULL, NULL, 0, 0 },
	{ "no address", "mx.example <a@b> <c@d> 5", ST_INVALID, 1, 0, NULL, NULL, NULL, 0, 0 },
	{ "no sender", "192.0.2.1", ST_INVALID, 10, 0, NULL, NULL, NULL, 0, 0 },
	{ "addresses without brackets", "192.0.2.1 a@b c@d 5", ST_OK, 0, MG_DUMP_PENDING,
	  "192.0.2.1", "a@b", "c@d", 5, 0 },
	{ "a name without brackets", "192.0.2.1 root <c@d> 5", ST_INVALID, 11, 0, NULL, NULL, NULL,
	  0, 0 },
	{ "an opening bracket", "192.0.2.1 <a@b <c@d> 5", ST_INVALID, 11, 0, NULL, NULL, NULL, 0,
	  0 },
	{ "a closing bracket", "192.0.2.1 a@b> <c@d> 5", ST_INVALID, 11, 0, NULL, NULL, NULL, 0,
	  0 },
	{ "half a bracket", "192.0.2.1 < <c@d> 5", ST_INVALID, 11, 0, NULL, NULL, NULL, 0, 0 },
	{ "no recipient", "192.0.2.1 <a@b> 5", ST_INVALID, 17, 0, NULL, NULL, NULL, 0, 0 },
	{ "no time", "192.0.2.1 <a@b> <c@d>", ST_INVALID, 22, 0, NULL, NULL, NULL, 0, 0 },
	{ "no time but a comment", "192.0.2.1 <a@b> <c@d> # 5", ST_INVALID, 23, 0, NULL, NULL, NULL,
	  0, 0 },
	{ "a time below nothing", "192.0.2.1 <a@b> <c@d> -5", ST_INVALID, 23, 0, NULL, NULL, NULL,
	  0, 0 },
	{ "a time that is none", "192.0.2.1 <a@b> <c@d> 253402300800", ST_INVALID, 23, 0, NULL,
	  NULL, NULL, 0, 0 },
	{ "a word that is none", "192.0.2.1 <a@b> <c@d> 5 AUTOMATIC", ST_INVALID, 25, 0, NULL, NULL,
	  NULL, 0, 0 },
	{ "a tarpit without its word", "192.0.2.1 <a@b> <c@d> 5 0", ST_INVALID, 26, 0, NULL, NULL,
	  NULL, 0, 0 },
	{ "too much", "192.0.2.1 <a@b> <c@d> 5 AUTO AUTO", ST_INVALID, 30, 0, NULL, NULL, NULL, 0,
	  0 },
	{ "a statement", "racl whitelist default", ST_INVALID, 1, 0, NULL, NULL, NULL, 0, 0 },
};
#define CASES (sizeof(cases) / sizeof(cases[0]))

static void assert_entry(const struct mg_dump_entry *e, size_t i)
{
	char client[IP_TEXT_MAX];

	ip_format(&e->client, client);
	assert_int_equal(e->kind, cases[i].kind);
	assert_string_equal(client, cases[i].client);
	assert_view(e->sender, cases[i].sender);
	assert_view(e->recipient, cases[i].recipient);
	assert_int_equal(e->time, cases[i].time);
	assert_int_equal(e->tarpit_s, cases[i].tarpit_s);
}

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		struct mg_dump_entry e = { .time = -7 };
		struct diag why = { .line = 3 };
		enum status st = mg_dump_read(view_of(cases[i].line), &e, &why);

		if (st != cases[i].status)
			fail_msg("%s: %s, column %u: %s", cases[i].name, status_text(st),
			         why.column, why.text);
		if (st == ST_OK) {
			assert_entry(&e, i);
			continue;
		}
		assert_int_equal(e.time, -7);
		if (why.column != cases[i].column)
			fail_msg("%s: column %u: %s", cases[i].name, why.column, why.text);
		assert_int_equal(why.line, 3);
	}
}

/* A line that was cut short is another line or an error, and nothing behind it is read. */
static void test_every_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		struct view whole = view_of(cases[i].line);

		for (size_t n = 0; n < whole.n; n++) {
			char *cut = malloc(n + 1); /* so that a sanitizer sees its end */
			struct mg_dump_entry e;
			struct diag why = { .line = 1 };
			enum status st;

			assert_non_null(cut);
			memcpy(cut, whole.p, n);
			st = mg_dump_read((struct view){ cut, n }, &e, &why);
			assert_true(st == ST_OK || st == ST_NOTFOUND ||
			            (st == ST_INVALID && why.column >= 1 && why.column <= n + 1));
			free(cut);
		}
	}
}

static void test_bound(void **state)
{
	char line[MG_DUMP_LINE_MAX + 2];
	struct mg_dump_entry e;
	struct diag why = { .line = 1 };

	(void)state;
	memset(line, ' ', sizeof(line));
	memcpy(line, "192.0.2.1 <a@b> <c@d> 5", 23);
	assert_int_equal(mg_dump_read((struct view){ line, MG_DUMP_LINE_MAX }, &e, &why), ST_OK);
	assert_int_equal(mg_dump_read((struct view){ line, MG_DUMP_LINE_MAX + 1 }, &e, &why),
	                 ST_LIMIT);
}

static void test_nul_is_an_octet(void **state)
{
	struct mg_dump_entry e;
	struct diag why = { .line = 1 };

	(void)state;
	assert_int_equal(mg_dump_read(VIEW("192.0.2.1 <a\0b> <c@d> 5"), &e, &why), ST_OK);
	assert_int_equal(e.sender.n, 3);
	assert_int_equal(mg_dump_read(VIEW("192.0.2.1\0 <a@b> <c@d> 5"), &e, &why), ST_INVALID);
}

/* What is written is read as it was. */
static void test_round_trip(void **state)
{
	static const char *const times[] = { NULL, "2025-03-03 09:45:00" };

	(void)state;
	for (size_t i = 0; i < 2 * CASES; i++) {
		struct mg_dump_entry e, back;
		struct diag why = { .line = 1 };
		struct buf out = buf_of(MG_DUMP_LINE_MAX);

		if (mg_dump_read(view_of(cases[i / 2].line), &e, &why) != ST_OK)
			continue;
		if (mg_dump_put(&e, times[i % 2], &out) == ST_OK) {
			assert_int_equal(out.p[out.n - 1], '\n');
			assert_int_equal(
				mg_dump_read(view_first(buf_view(&out), out.n - 1), &back, &why),
				ST_OK);
			assert_entry(&back, i / 2);
		} else {
			assert_string_equal(cases[i / 2].name,
			                    "what milter-greylist can't read back");
			assert_int_equal(out.n, 0);
		}
		buf_free(&out);
	}
}

static void test_form(void **state)
{
	struct mg_dump_entry e = { .kind = MG_DUMP_TARPIT,
		                   .sender = VIEW("a b\n@x"),
		                   .recipient = VIEW("c@d"),
		                   .time = 1740960900 };
	const uint64_t counts[MG_DUMP_KINDS] = { 1, 2, 3 };
	struct buf out = buf_of(1000);

	(void)state;
	assert_int_equal(ip_parse(VIEW("2001:db8:4::17"), &e.client), ST_OK);
	assert_int_equal(mg_dump_put(&e, "2025-03-03 09:15:00", &out), ST_OK);
	assert_string_equal(buf_text(&out), "2001:db8:4::17\t<a_b_@x>\t<c@d>\t1740960900\t0 TARPIT"
	                                    " # 2025-03-03 09:15:00\n");
	buf_clear(&out);
	assert_int_equal(mg_dump_put_end(counts, &out), ST_OK);
	assert_string_equal(buf_text(&out), "#\n# Summary: 6 records, 1 greylisted, 2 whitelisted, "
	                                    "3 tarpitted\n#\n");
	buf_clear(&out);
	e.kind = MG_DUMP_PENDING;
	assert_int_equal(mg_dump_put(&e, NULL, &out), ST_OK);
	assert_string_equal(buf_text(&out), "2001:db8:4::17\t<a_b_@x>\t<c@d>\t1740960900 \n");
	buf_clear(&out);
	assert_int_equal(mg_dump_put_head("greylag", "2025-03-03 09:15:00", &out), ST_OK);
	assert_string_equal(
		buf_text(&out),
		"#\n# milter-greylist databases, dumped by greylag on 2025-03-03 09:15:00."
		"\n# DO NOT EDIT while milter-greylist is running, changes will be "
		"overwritten.\n#\n\n\n#\n# stored tuples\n#\n# Sender IP\tSender e-mail\t"
		"Recipient e-mail\tTime accepted\tUnsuccessful shortest tarpit\n");
	buf_free(&out);
}

static void test_too_long_to_write(void **state)
{
	char text[MG_DUMP_ADDRESS_MAX];
	struct mg_dump_entry e = { .kind = MG_DUMP_AUTO, .recipient = VIEW("c@d") };
	struct buf out = buf_of(MG_DUMP_LINE_MAX), small = buf_of(40);

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(ip_parse(VIEW("192.0.2.1"), &e.client), ST_OK);
	e.sender = (struct view){ text, MG_DUMP_ADDRESS_MAX - 2 };
	assert_int_equal(mg_dump_put(&e, NULL, &out), ST_OK);
	assert_int_equal(mg_dump_put(&e, NULL, &small), ST_LIMIT);
	assert_int_equal(small.n, 0);
	e.sender.n++;
	buf_clear(&out);
	assert_int_equal(mg_dump_put(&e, NULL, &out), ST_LIMIT);
	assert_int_equal(out.n, 0);
	buf_free(&out);
	buf_free(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_nul_is_an_octet),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_too_long_to_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
