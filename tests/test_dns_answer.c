#include "dns/answer.h"

#include "test.h"

#include <stdlib.h>

#define RECORDS_MAX 120

/* Records as octets of their own size each. */
struct records {
	char *rdata[RECORDS_MAX + 1];
	int length[RECORDS_MAX];
	size_t count;
};

static void add(struct records *r, const void *octets, size_t n)
{
	char *copy = malloc(n + (n == 0));

	assert_true(r->count < RECORDS_MAX);
	if (n > 0)
		memcpy(copy, octets, n);
	r->rdata[r->count] = copy;
	r->length[r->count++] = (int)n;
	r->rdata[r->count] = NULL;
}

static void drop(struct records *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->rdata[i]);
	*r = (struct records){ .count = 0 };
}

/* The answer that one record makes. */
static struct answer_box *one(enum dns_type type, const void *octets, size_t n)
{
	struct records r = { .count = 0 };
	struct answer_box *box;

	add(&r, octets, n);
	box = answer_box_decode(type, r.rdata, r.length);
	drop(&r);
	return box;
}

#define OCTETS(literal) (literal), sizeof(literal) - 1

#define L63                                                                                        \
	"\x3f"                                                                                     \
	"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"
#define L61                                                                                        \
	"\x3d"                                                                                     \
	"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffg"

static void test_records(void **state)
{
	static const struct {
		const char *what;
		enum dns_type type;
		const char *octets;
		size_t n;
		const char *text; /* NULL: malformed */
	} cases[] = {
		{ "A", DNS_A, OCTETS("\xc0\0\2\1"), "192.0.2.1" },
		{ "A too short", DNS_A, OCTETS("\xc0\0\2"), NULL },
		{ "A too long", DNS_A, OCTETS("\xc0\0\2\1\1"), NULL },
		{ "A of nothing", DNS_A, OCTETS(""), NULL },
		{ "AAAA", DNS_AAAA, OCTETS("\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"),
		  "2001:db8::1" },
		{ "AAAA with an IPv4 address", DNS_AAAA,
		  OCTETS("\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1"), "192.0.2.1" },
		{ "AAAA of four octets", DNS_AAAA, OCTETS("\xc0\0\2\1"), NULL },
		{ "PTR", DNS_PTR, OCTETS("\4Host\7EXAMPLE\0"), "host.example" },
		{ "PTR to the root", DNS_PTR, OCTETS("\0"), "" },
		{ "PTR of nothing", DNS_PTR, OCTETS(""), NULL },
		{ "PTR without its end", DNS_PTR, OCTETS("\4host"), NULL },
		{ "PTR with something behind", DNS_PTR, OCTETS("\4host\0x"), NULL },
		{ "a pointer", DNS_PTR, OCTETS("\xc0\0"), NULL },
		{ "a pointer behind a label", DNS_PTR, OCTETS("\1a\xc0\0"), NULL },
		{ "a label of 64", DNS_PTR,
		  OCTETS("\x40"
		         "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg\0"),
		  NULL },
		{ "the longest name", DNS_PTR, OCTETS(L63 L63 L63 L61 "\0"),
		  "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg."
		  "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg."
		  "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg."
		  "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffg" },
		{ "one octet more", DNS_PTR, OCTETS(L63 L63 L63 "\1a" L61 "\0"), NULL },
		{ "a dot and a NUL in a label", DNS_PTR, OCTETS("\3a.\0\1\\\0"),
		  "a\\046\\000.\\092" },
		{ "an octet above 126", DNS_PTR, OCTETS("\2\x7f\xff\0"), "\\127\\255" },
		{ "MX", DNS_MX, OCTETS("\0\x0a\4mail\7example\0"), "mail.example" },
		{ "null MX", DNS_MX, OCTETS("\0\0\0"), "" },
		{ "MX without a name", DNS_MX, OCTETS("\0\x0a"), NULL },
		{ "MX of one octet", DNS_MX, OCTETS("\0"), NULL },
		{ "TXT", DNS_TXT, OCTETS("\3v=s\4pf1 \0"), "v=spf1 " },
		{ "TXT of an empty string", DNS_TXT, OCTETS("\0"), "" },
		{ "TXT without a string", DNS_TXT, OCTETS(""), "" },
		{ "TXT cut", DNS_TXT, OCTETS("\3ab"), NULL },
		{ "TXT cut behind a string", DNS_TXT, OCTETS("\1a\1"), NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct answer_box *box = one(cases[i].type, cases[i].octets, cases[i].n);
		const struct dns_answer *a = answer_box_look(box);
		char text[1100] = "";

		if ((a->status == DNS_OK) != (cases[i].text != NULL))
			fail_msg("%s: %s", cases[i].what, dns_status_text(a->status));
		if (a->status == DNS_OK) {
			assert_int_equal(a->count, 1);
			if (a->records[0].ip.family != IP_NONE)
				ip_format(&a->records[0].ip, text);
			else
				(void)snprintf(text, sizeof(text), "%.*s",
				               VIEW_ARG(a->records[0].text));
			assert_string_equal(text, cases[i].text);
		} else {
			assert_int_equal(a->status, DNS_FAILED);
			assert_int_equal(a->count, 0);
		}
		answer_box_free(&box);
		assert_null(box);
	}
}

/* No part of a name, nor of an address, is one. */
static void test_cut_anywhere(void **state)
{
	static const char mx[] = "\0\x0a\4mail\7example\3org";
	static const char txt[] = "\6abcdef";

	(void)state;
	for (size_t n = 0; n < sizeof(mx); n++) { /* its last octet is the NUL that is here too */
		struct answer_box *box = one(DNS_MX, mx, n);

		assert_int_equal(answer_box_look(box)->status, DNS_FAILED);
		answer_box_free(&box);
		box = one(DNS_TXT, txt, 1 + n % (sizeof(txt) - 2));
		assert_int_equal(answer_box_look(box)->status, DNS_FAILED);
		answer_box_free(&box);
	}
}

static void test_order(void **state)
{
	struct records r = { .count = 0 };
	struct answer_box *box;
	const struct dns_answer *a;

	(void)state;
	add(&r, OCTETS("\1\0\1c\0"));
	add(&r, OCTETS("\0\x14\1b\0"));
	add(&r, OCTETS("\0\x14\1a\0"));
	add(&r, OCTETS("\0\x14\2aa\0"));
	box = answer_box_decode(DNS_MX, r.rdata, r.length);
	a = answer_box_look(box);
	assert_int_equal(a->count, 4);
	assert_view(a->records[0].text, "a");
	assert_view(a->records[1].text, "aa");
	assert_view(a->records[2].text, "b");
	assert_view(a->records[3].text, "c");
	assert_int_equal(a->records[3].preference, 256);
	answer_box_free(&box);
	/* One that is malformed spoils the answer. */
	add(&r, OCTETS("\0"));
	box = answer_box_decode(DNS_MX, r.rdata, r.length);
	assert_int_equal(answer_box_look(box)->status, DNS_FAILED);
	answer_box_free(&box);
	drop(&r);
}

static void test_bounds(void **state)
{
	struct records r = { .count = 0 };
	char big[20 * 256];
	struct answer_box *box;

	(void)state;
	for (size_t i = 0; i < DNS_RECORDS_MAX; i++)
		add(&r, OCTETS("\xc0\0\2\1"));
	box = answer_box_decode(DNS_A, r.rdata, r.length);
	assert_int_equal(answer_box_look(box)->count, DNS_RECORDS_MAX);
	assert_false(answer_box_look(box)->cut);
	answer_box_free(&box);
	add(&r, OCTETS("\xc0\0\2\1"));
	box = answer_box_decode(DNS_A, r.rdata, r.length);
	assert_int_equal(answer_box_look(box)->count, DNS_RECORDS_MAX);
	assert_true(answer_box_look(box)->cut);
	answer_box_free(&box);
	drop(&r);
	/* Texts of 5100 octets: six fit, and a short one finds its place behind those that don't.
	 */
	memset(big, 'x', sizeof(big));
	for (size_t i = 0; i < sizeof(big); i += 256)
		big[i] = (char)255;
	for (size_t i = 0; i < 8; i++)
		add(&r, big, sizeof(big));
	add(&r, OCTETS("\5short"));
	box = answer_box_decode(DNS_TXT, r.rdata, r.length);
	assert_int_equal(answer_box_look(box)->count, 7);
	assert_true(answer_box_look(box)->cut);
	assert_view(answer_box_look(box)->records[0].text, "short");
	assert_int_equal(answer_box_look(box)->records[6].text.n, 5100);
	answer_box_free(&box);
	drop(&r);
	r.rdata[0] = NULL;
	box = answer_box_decode(DNS_A, r.rdata, r.length);
	assert_int_equal(answer_box_look(box)->status, DNS_FAILED);
	answer_box_free(&box);
}

/* A question, a CNAME, and texts of the name that it leads to. */
#define MESSAGE                                                                                    \
	"\0\0\x81\x80\0\1\0\4\0\0\0\0"                                                             \
	"\1a\7example\0\0\x10\0\1"                                                                 \
	"\xc0\x0c\0\5\0\1\0\0\0\x3c\0\4\1b\xc0\x0e"                                                \
	"\1b\xc0\x0e\0\x10\0\1\0\0\0\x3c\0\0"                                                      \
	"\1b\xc0\x0e\0\x10\0\1\0\0\0\x3c\0\6\2v=\2sp"                                              \
	"\1b\7example\0\0\x10\0\1\0\0\0\x3c\0\2\1x"

static void test_texts_of_message(void **state)
{
	static const char message[] = MESSAGE;
	const size_t size = sizeof(message) - 1;
	struct answer_box *box = answer_box_decode_texts((struct view){ message, size });
	const struct dns_answer *a = answer_box_look(box);

	(void)state;
	assert_int_equal(a->status, DNS_OK);
	assert_int_equal(a->count, 3);
	assert_int_equal(a->records[0].text.n, 0);
	assert_view(a->records[1].text, "v=sp");
	assert_view(a->records[2].text, "x");
	answer_box_free(&box);
	for (size_t n = 0; n < size; n++) {
		char *cut = malloc(n + (n == 0));

		memcpy(cut, message, n);
		box = answer_box_decode_texts((struct view){ cut, n });
		assert_int_equal(answer_box_look(box)->status, DNS_FAILED);
		answer_box_free(&box);
		free(cut);
	}
	/* Without an answer, and with a label of a form that nobody uses. */
	box = answer_box_decode_texts((struct view){ OCTETS("\0\0\x81\x80\0\0\0\0\0\0\0\0") });
	assert_int_equal(answer_box_look(box)->status, DNS_FAILED);
	answer_box_free(&box);
	box = answer_box_decode_texts((struct view){
		OCTETS("\0\0\x81\x80\0\0\0\1\0\0\0\0\x80\0\0\x10\0\1\0\0\0\x3c\0\2\1x") });
	assert_int_equal(answer_box_look(box)->status, DNS_FAILED);
	answer_box_free(&box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_texts_of_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
