#include "codec/dnsupdate.h"

#include <stdlib.h>

#include "hex.h"
#include "util/mem.h"

#define SECRET "YSBzZWNyZXQgb2Ygc29ydHMsIDMyIG9jdGV0cy4uLi4="
#define NAME   "1.2.0.192.bl.example"

static const char long_label[] =
	"0123456789012345678901234567890123456789012345678901234567890123.example";

/* What BIND's nsupdate (9.18) sends for the same. */
static void test_as_nsupdate(void **state)
{
	static const struct {
		const char *name;
		uint16_t id;
		enum dnsupdate_type type;
		uint32_t ttl;
		const char *value;
		const char *algorithm; /* NULL: unsigned */
		int64_t now;
		const char *want;
	} cases[] = {
		{ "unsigned", 0xf44c, DNSUPDATE_A, 3600, "127.0.0.2", NULL, 0,
		  "f44c2800000100000001000002626c076578616d706c650000060001013101320130033139320262"
		  "6c"
		  "076578616d706c65000001000100000e1000047f000002" },
		{ "SHA-256", 0xb525, DNSUPDATE_A, 3600, "127.0.0.2", "hmac-sha256", 0x6b062935,
		  "b5252800000100000001000102626c076578616d706c650000060001013101320130033139320262"
		  "6c"
		  "076578616d706c65000001000100000e1000047f000002036b6579076578616d706c650000fa00ff"
		  "00"
		  "000000003d0b686d61632d7368613235360000006b062935012c002070f0e48621777a65d0b07d1f"
		  "ea"
		  "e3b4e8a3fe43a7be08885e6dc915fe6d2ff1e9b52500000000" },
		{ "SHA-1", 0x0449, DNSUPDATE_TXT, 60, "some text", "HMAC-SHA1", 0x6b062944,
		  "04492800000100000001000102626c076578616d706c650000060001013101320130033139320262"
		  "6c"
		  "076578616d706c6500001000010000003c000a09736f6d652074657874036b6579076578616d706c"
		  "65"
		  "0000fa00ff00000000002f09686d61632d736861310000006b062944012c0014c23703f4ff6cf1d9"
		  "31"
		  "81d3bc76c0852c35fdad2c044900000000" },
		{ "MD5", 0xb286, DNSUPDATE_AAAA, 60, "2001:db8::1", "hmac-md5.sig-alg.reg.int.",
		  0x6b062944,
		  "b2862800000100000001000102626c076578616d706c650000060001013101320130033139320262"
		  "6c"
		  "076578616d706c6500001c00010000003c001020010db8000000000000000000000001036b657907"
		  "65"
		  "78616d706c650000fa00ff00000000003a08686d61632d6d6435077369672d616c67037265670369"
		  "6e"
		  "740000006b062944012c0010da54990165362f8b4e68602844a5687bb28600000000" },
		{ "a name", 0x897a, DNSUPDATE_NS, 0, "ns.example.net.", NULL, 0,
		  "897a2800000100000001000002626c076578616d706c650000060001013101320130033139320262"
		  "6c"
		  "076578616d706c650000020001000000000010026e73076578616d706c65036e657400" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf want = buf_of(ROOM), out = buf_of(DNSUPDATE_MESSAGE_MAX);
		struct dnsupdate_key key;
		struct dnsupdate u = { .zone = VIEW("BL.example"),
			               .name = VIEW(NAME "."),
			               .type = (uint16_t)cases[i].type,
			               .dns_class = 1,
			               .ttl = cases[i].ttl,
			               .value = view_of(cases[i].value) };

		put_hex(&want, cases[i].want);
		if (cases[i].algorithm != NULL)
			assert_int_equal(dnsupdate_key_read(VIEW("Key.example."),
			                                    view_of(cases[i].algorithm),
			                                    VIEW(SECRET), &key),
			                 ST_OK);
		assert_int_equal(dnsupdate_put(&out, cases[i].id, &u,
		                               cases[i].algorithm != NULL ? &key : NULL,
		                               cases[i].now),
		                 ST_OK);
		if (!view_eq(buf_view(&out), buf_view(&want)))
			fail_msg("%s", cases[i].name);
		buf_free(&want);
		buf_free(&out);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *zone, *name;
		int type;
		const char *value;
	} cases[] = {
		{ "", "a.example", 1, "127.0.0.1" },
		{ ".", "a.example", 1, "127.0.0.1" },
		{ "example", "", 1, "127.0.0.1" },
		{ "example", "a..example", 1, "127.0.0.1" },
		{ "example", ".example", 1, "127.0.0.1" },
		{ "example", "a.example..", 1, "127.0.0.1" },
		{ "example", "a b.example", 1, "127.0.0.1" },
		{ "example", "a\\.example", 1, "127.0.0.1" },
		{ "example", "\xc3\xa4.example", 1, "127.0.0.1" },
		{ "example", long_label, 1, "127.0.0.1" },
		{ "example", "a.example", 1, "127.0.0" },
		{ "example", "a.example", 1, "::1" },
		{ "example", "a.example", 28, "127.0.0.1" },
		{ "example", "a.example", 1, "" },
		{ "example", "a.example", 5, "a..b" },
		{ "example", "a.example", 15, "10 mx.example" },
		{ "example", "a.example", 0, "127.0.0.1" },
	};
	struct buf out = buf_of(DNSUPDATE_MESSAGE_MAX);

	(void)state;
	assert_int_equal(buf_append(&out, VIEW("xy")), ST_OK);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dnsupdate u = { .zone = view_of(cases[i].zone),
			               .name = view_of(cases[i].name),
			               .type = (uint16_t)cases[i].type,
			               .dns_class = 1,
			               .value = view_of(cases[i].value) };

		if (dnsupdate_put(&out, 1, &u, NULL, 0) != ST_INVALID || out.n != 2)
			fail_msg("%s %d %s", cases[i].name, cases[i].type, cases[i].value);
	}
	buf_free(&out);
}

/* Texts are cut into strings of 255 octets; a name of 255 octets on the wire may be. */
static void test_sizes(void **state)
{
	struct buf out = buf_of(DNSUPDATE_MESSAGE_MAX), name = buf_of(1000);
	char *text = mem_alloc(DNSUPDATE_MESSAGE_MAX);
	struct dnsupdate u = { .zone = VIEW("z"), .name = VIEW("z"), .type = DNSUPDATE_TXT };
	size_t head = 12 + 3 + 4 + 3 + 8 + 2;

	(void)state;
	memset(text, 't', DNSUPDATE_MESSAGE_MAX);
	u.value = (struct view){ text, 0 };
	assert_int_equal(dnsupdate_put(&out, 1, &u, NULL, 0), ST_OK);
	assert_int_equal(out.n, head + 1);
	buf_clear(&out);
	u.value.n = 255;
	assert_int_equal(dnsupdate_put(&out, 1, &u, NULL, 0), ST_OK);
	assert_int_equal(out.n, head + 256);
	buf_clear(&out);
	u.value.n = 256;
	assert_int_equal(dnsupdate_put(&out, 1, &u, NULL, 0), ST_OK);
	assert_int_equal(out.n, head + 258);
	buf_clear(&out);
	u.value.n = DNSUPDATE_MESSAGE_MAX;
	assert_int_equal(dnsupdate_put(&out, 1, &u, NULL, 0), ST_LIMIT);
	assert_int_equal(out.n, 0);

	while (name.n < 252)
		assert_int_equal(buf_append(&name, VIEW("a.")), ST_OK);
	assert_int_equal(buf_append(&name, VIEW("b")), ST_OK); /* 253, 255 on the wire */
	u.value.n = 0;
	u.name = buf_view(&name);
	assert_int_equal(dnsupdate_put(&out, 1, &u, NULL, 0), ST_OK);
	assert_int_equal(buf_byte(&name, 'c'), ST_OK);
	u.name = buf_view(&name);
	assert_int_equal(dnsupdate_put(&out, 1, &u, NULL, 0), ST_INVALID);
	mem_free(text);
	buf_free(&name);
	buf_free(&out);
}

static void test_keys(void **state)
{
	static const struct {
		const char *name, *algorithm, *secret;
		enum status st;
	} cases[] = {
		{ "k", "hmac-md5", "AAAA", ST_OK },         { "k", "hmac-sha256.", SECRET, ST_OK },
		{ "k", "hmac-sha512", SECRET, ST_INVALID }, { "k", "", SECRET, ST_INVALID },
		{ "k", "hmac-md5", "", ST_INVALID },        { "k", "hmac-md5", "AAA", ST_INVALID },
		{ "k", "hmac-md5", "A*AA", ST_INVALID },    { "", "hmac-md5", "AAAA", ST_INVALID },
		{ "a..b", "hmac-md5", "AAAA", ST_INVALID },
	};
	struct dnsupdate_key key;
	char *long_one = mem_alloc(1001);

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (dnsupdate_key_read(view_of(cases[i].name), view_of(cases[i].algorithm),
		                       view_of(cases[i].secret), &key) != cases[i].st)
			fail_msg("\"%s\" %s %s", cases[i].name, cases[i].algorithm,
			         cases[i].secret);
	memset(long_one, 'A', 1000);
	assert_int_equal(dnsupdate_key_read(VIEW("k"), VIEW("hmac-md5"), view_of(long_one), &key),
	                 ST_LIMIT);
	mem_free(long_one);
}

static void test_question(void **state)
{
	struct buf want = buf_of(ROOM), out = buf_of(DNSUPDATE_MESSAGE_MAX);

	(void)state;
	put_hex(&want,
	        "1234 0100 0001 0000 0000 0000 01 61 02 626c 07 6578616d706c65 00 0006 0001");
	assert_int_equal(dnsupdate_put_zone_question(&out, 0x1234, VIEW("a.bl.Example"), 1), ST_OK);
	assert_true(view_eq(buf_view(&out), buf_view(&want)));
	assert_int_equal(dnsupdate_put_zone_question(&out, 1, VIEW(""), 1), ST_INVALID);
	assert_int_equal(out.n, want.n);
	buf_free(&want);
	buf_free(&out);
}

#define QUESTION "01 61 02 626c 07 6578616d706c65 00 0006 0001"

static void test_zone(void **state)
{
	static const struct {
		const char *name, *packet, *zone;
		enum status st;
	} cases[] = {
		{ "behind a name that is not there",
		  "1234 8183 0001 0000 0001 0000" QUESTION "c00e 0006 0001 00000e10 0004 00000000",
		  "bl.example", ST_OK },
		{ "the zone itself, in the answer",
		  "1234 8580 0001 0001 0000 0000" QUESTION "c00c 0006 0001 00000e10 0000",
		  "a.bl.example", ST_OK },
		{ "behind another record",
		  "1234 8180 0001 0001 0001 0000" QUESTION
		  "c00c 0005 0001 00000e10 0002 c00c c011 0006 0001 00000e10 0000",
		  "example", ST_OK },
		{ "the root", "1234 8180 0001 0000 0001 0000" QUESTION "00 0006 0001 00000e10 0000",
		  "", ST_OK },
		{ "no question is repeated",
		  "1234 8180 0000 0000 0001 0000 07 4558414d504c45 00 0006 0001 00000e10 0000",
		  "EXAMPLE", ST_OK },
		{ "of another name",
		  "1234 8180 0001 0000 0001 0000" QUESTION "01 62 c00e 0006 0001 00000e10 0000",
		  NULL, ST_NOTFOUND },
		{ "a suffix that is no label",
		  "1234 8180 0000 0000 0001 0000 06 78616d706c65 00 0006 0001 00000e10 0000", NULL,
		  ST_NOTFOUND },
		{ "refused", "1234 8185 0001 0000 0000 0000" QUESTION, NULL, ST_NOTFOUND },
		{ "none", "1234 8180 0001 0000 0000 0000" QUESTION, NULL, ST_NOTFOUND },
		{ "another id", "1235 8180 0001 0000 0000 0000" QUESTION, NULL, ST_INVALID },
		{ "a question", "1234 0100 0001 0000 0000 0000" QUESTION, NULL, ST_INVALID },
		{ "a pointer to itself",
		  "1234 8180 0000 0000 0001 0000 c00c 0006 0001 00000e10 0000", NULL, ST_INVALID },
		{ "a pointer forward", "1234 8180 0000 0000 0001 0000 c020 0006 0001 00000e10 0000",
		  NULL, ST_INVALID },
		{ "an octet of a label that is none",
		  "1234 8180 0000 0000 0001 0000 01 2e 00 0006 0001 00000e10 0000", NULL,
		  ST_INVALID },
		{ "a reserved length", "1234 8180 0000 0000 0001 0000 80 00 0006 0001", NULL,
		  ST_INVALID },
		{ "more records than there are",
		  "1234 8180 0001 ffff 0000 0000" QUESTION "c00c 0001 0001 00000e10 0000", NULL,
		  ST_INVALID },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf in = buf_of(ROOM);
		char zone[DNSUPDATE_NAME_ROOM];
		unsigned rcode = 99;
		enum status st;

		put_hex(&in, cases[i].packet);
		st = dnsupdate_answer_zone(buf_view(&in), 0x1234, VIEW("a.bl.example."), zone,
		                           &rcode);
		if (st != cases[i].st || (st == ST_OK && strcmp(zone, cases[i].zone) != 0))
			fail_msg("%s: %s, %s", cases[i].name, status_text(st),
			         st == ST_OK ? zone : "");
		buf_free(&in);
	}
}

/* No part of an answer is one. */
static void test_cut(void **state)
{
	struct buf in = buf_of(ROOM);
	char zone[DNSUPDATE_NAME_ROOM];
	unsigned rcode;

	(void)state;
	put_hex(&in,
	        "1234 8180 0001 0000 0001 0000" QUESTION "c00e 0006 0001 00000e10 0004 00000000");
	for (size_t n = 0; n <= in.n; n++) {
		char *cut = malloc(n > 0 ? n : 1); /* so that a read too far is seen */
		enum status st;

		assert_non_null(cut);
		memcpy(cut, in.p, n);
		st = dnsupdate_answer_zone((struct view){ cut, n }, 0x1234, VIEW("a.bl.example"),
		                           zone, &rcode);
		assert_int_equal(st, n == in.n ? ST_OK : ST_INVALID);
		assert_int_equal(dnsupdate_answer((struct view){ cut, n }, 0x1234, &rcode),
		                 n >= 12 ? ST_OK : ST_INVALID);
		free(cut);
	}
	buf_free(&in);
}

static void test_answer(void **state)
{
	struct buf in = buf_of(ROOM);
	unsigned rcode = 99;

	(void)state;
	put_hex(&in, "1234 a809 0000 0000 0000 0000");
	assert_int_equal(dnsupdate_answer(buf_view(&in), 0x1234, &rcode), ST_OK);
	assert_int_equal(rcode, 9);
	assert_string_equal(dnsupdate_rcode_name(9), "NOTAUTH");
	assert_string_equal(dnsupdate_rcode_name(5), "REFUSED");
	assert_string_equal(dnsupdate_rcode_name(15), "another error");
	assert_int_equal(dnsupdate_answer(buf_view(&in), 0x1233, &rcode), ST_INVALID);
	assert_true(dnsupdate_knows(1) && dnsupdate_knows(28));
	assert_false(dnsupdate_knows(15) || dnsupdate_knows(-1) || dnsupdate_knows(65537));
	buf_free(&in);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_nsupdate), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_sizes),       cmocka_unit_test(test_keys),
		cmocka_unit_test(test_question),    cmocka_unit_test(test_zone),
		cmocka_unit_test(test_cut),         cmocka_unit_test(test_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
