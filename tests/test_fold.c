#include "test.h"

#include "engine/fold.h"
#include "engine/tuple.h"

static void fold_to(struct view sender, enum fold_options options, const char *want)
{
	struct buf out = buf_of(1000);

	assert_int_equal(fold_sender(sender, options, &out), ST_OK);
	assert_string_equal(buf_text(&out), want);
	buf_free(&out);
}

/* What Postgrey 1.37's own function makes of these. */
static void test_postgrey_vectors(void **state)
{
	static const char *const cases[][2] = {
		/* clang-format off */
		{ "user@example.com", "user@example.com" },
		{ "User.Name@Example.COM", "User.Name@Example.COM" },
		{ "bob+lists@example.com", "bob@example.com" },
		{ "bob+a+b@example.com", "bob@example.com" },
		{ "+tag@example.com", "@example.com" },
		{ "bounce-12345@lists.example.com", "bounce-#@lists.example.com" },
		{ "bounce-12345-67890@lists.example.com", "bounce-#-#@lists.example.com" },
		{ "b12345@lists.example.com", "b12345@lists.example.com" },
		{ "12345b@lists.example.com", "12345b@lists.example.com" },
		{ "12345@example.com", "#@example.com" },
		{ "news_2024_07@example.com", "news_2024_07@example.com" },
		{ "news.2024.07@example.com", "news.#.#@example.com" },
		{ "owner-list-77-bob=example.org@lists.example.com", "owner-list-#-bob=example.org@lists.example.com" },
		{ "return=1234=x9@example.com", "return=#=x9@example.com" },
		{ "prvs=1234567890=alice@example.com", "alice@example.com" },
		{ "prvs=alice=1234567890@example.com", "alice@example.com" },
		{ "prvs=0123abcdef=alice@example.com", "alice@example.com" },
		{ "prvs=0123ABCDEF=alice@example.com", "alice@example.com" },
		{ "prvs=alice=0123ABCDEF@example.com", "0123ABCDEF@example.com" },
		{ "prvs=alice@example.com", "prvs=alice@example.com" },
		{ "prvs=1=alice@example.com", "alice@example.com" },
		{ "prvs=abcdefghij=klmnopqrst@example.com", "klmnopqrst@example.com" },
		{ "prvs=1234567890=longlocalpart@example.com", "longlocalpart@example.com" },
		{ "prvs=longlocalpart=1234567890@example.com", "#@example.com" },
		{ "prvs=1234567890=alice=x@example.com", "prvs=#=alice=x@example.com" },
		{ "prvs=1234567890=alice+tag@example.com", "alice@example.com" },
		{ "prvs=1234567890=alice-2024@example.com", "alice-#@example.com" },
		{ "PRVS=1234567890=alice@example.com", "PRVS=#=alice@example.com" },
		{ "prvs=1234567890=@example.com", "prvs=#=@example.com" },
		{ "msprvs1=19abcDEF=bounces-123@example.com", "msprvs1=19abcDEF=bounces-#@example.com" },
		{ "SRS0=HHH=TT=example.org=alice@forwarder.example", "SRS0=HHH=TT=example.org=alice@forwarder.example" },
		{ "SRS1=1234=fwd.example==HHH=42=example.org=alice@forwarder.example", "SRS1=#=fwd.example==HHH=#=example.org=alice@forwarder.example" },
		{ "btv1==123==bob@example.com", "btv1==#==bob@example.com" },
		{ "0100018f-aaaa-4bbb-8ccc-1234567890ab-000000@mailer.example", "0100018f-aaaa-4bbb-8ccc-1234567890ab-#@mailer.example" },
		{ "bounces+123456-abcd-bob=example.org@em.example.com", "bounces@em.example.com" },
		{ "a@b@c.example", "a@b@c.example" },
		{ "\"john 42\"@example.com", "\"john #\"@example.com" },
		{ "\"a+b\"@example.com", "\"a@example.com" },
		{ "user@12.34.example", "user@12.34.example" },
		{ "nodomain", "nodomain" },
		{ "nodomain+x99", "nodomain+x99" },
		{ "@example.com", "@example.com" },
		{ "user@", "user@" },
		{ "x/99/y@example.com", "x/#/y@example.com" },
		{ "a%99%b@example.com", "a%#%b@example.com" },
		{ "1-2-3-4@example.com", "#-#-#-#@example.com" },
		{ "v1.2.3@example.com", "v1.#.#@example.com" },
		{ "100%@example.com", "#%@example.com" },
		{ "123_456@example.com", "123_456@example.com" },
		{ "#5@example.com", "##@example.com" },
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		fold_to(view_of(cases[i][0]), FOLD_POSTGREY, cases[i][1]);
	fold_to(VIEW("\xe9"
	             "12@x"),
	        FOLD_POSTGREY, "\xe9#@x");
	fold_to(VIEW(""), FOLD_POSTGREY, "");
}

static void test_srs(void **state)
{
	static const char *const cases[][2] = {
		{ "SRS0=HHH=TT=example.org=alice@fwd.example",
		  "SRS0==example.org=alice@fwd.example" },
		{ "SRS0+x1=2Y=example.org=alice@fwd.example",
		  "SRS0==example.org=alice@fwd.example" },
		{ "srs1=ab=fwd.example==cd=2Y=example.org=bob@b.example",
		  "srs1=fwd.example=example.org=bob@b.example" },
		{ "SRS0=HHH@fwd.example", "SRS0=HHH@fwd.example" },
		{ "SRS0=HHH=TT=alice@fwd.example", "SRS0=HHH=TT=alice@fwd.example" },
		{ "bob+x@example.com", "bob@example.com" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		fold_to(view_of(cases[i][0]), FOLD_SRS, cases[i][1]);
}

static void test_full_buffer(void **state)
{
	struct buf out = buf_of(5);

	(void)state;
	assert_int_equal(fold_sender(VIEW("a@example.com"), FOLD_POSTGREY, &out), ST_LIMIT);
	buf_free(&out);
}

static void test_tuple_text(void **state)
{
	struct buf out = buf_of(100);
	struct view source, sender, recipient;

	(void)state;
	assert_int_equal(tuple_text(VIEW("203.0.113.0/24"), VIEW("List-12@Example.NET"),
	                            VIEW("Bob\t\0@example.org"), FOLD_POSTGREY, &out),
	                 ST_OK);
	assert_string_equal(buf_text(&out),
	                    "203.0.113.0/24\tlist-#@example.net\tbob??@example.org");
	assert_int_equal(tuple_split(buf_view(&out), &source, &sender, &recipient), ST_OK);
	assert_view(source, "203.0.113.0/24");
	assert_view(sender, "list-#@example.net");
	assert_view(recipient, "bob??@example.org");
	assert_int_equal(tuple_split(VIEW("a\tb"), &source, &sender, &recipient), ST_INVALID);
	buf_clear(&out);
	assert_int_equal(tuple_text(VIEW("n"), VIEW(""), VIEW(""), FOLD_POSTGREY, &out), ST_OK);
	assert_int_equal(tuple_split(buf_view(&out), &source, &sender, &recipient), ST_OK);
	assert_view(sender, "");
	buf_free(&out);
}

static void test_tuple_all_or_nothing(void **state)
{
	struct buf out = buf_of(20);

	(void)state;
	assert_int_equal(tuple_text(VIEW("203.0.113.0/24"), VIEW("a@b.example"), VIEW("c@d"),
	                            FOLD_POSTGREY, &out),
	                 ST_LIMIT);
	assert_int_equal(out.n, 0);
	buf_free(&out);
}

static void test_source_net(void **state)
{
	static const struct {
		const char *ip;
		unsigned v4, v6;
		const char *want;
	} cases[] = {
		{ "203.0.113.9", 24, 64, "203.0.113.0/24" },
		{ "203.0.113.9", 32, 128, "203.0.113.9/32" },
		{ "::ffff:203.0.113.9", 24, 64, "203.0.113.0/24" },
		{ "2001:db8:1:2:3::9", 24, 64, "2001:db8:1:2::/64" },
		{ "2001:db8:1:2:3::9", 24, 128, "2001:db8:1:2:3::9/128" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ip ip;
		char text[NET_TEXT_MAX];

		assert_int_equal(ip_parse(view_of(cases[i].ip), &ip), ST_OK);
		tuple_source_net(&ip, cases[i].v4, cases[i].v6, text);
		assert_string_equal(text, cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_postgrey_vectors),     cmocka_unit_test(test_srs),
		cmocka_unit_test(test_full_buffer),          cmocka_unit_test(test_tuple_text),
		cmocka_unit_test(test_tuple_all_or_nothing), cmocka_unit_test(test_source_net),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
