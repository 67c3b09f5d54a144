/* RFC 7208, section by section: the parser, macros, then checks over small zones. */
#include "test.h"

#include "spf/macro.h"
#include "spf/punycode.h"
#include "spf_zone.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void test_version_section(void **state)
{
	static const struct {
		const char *text;
		bool record;
	} cases[] = {
		{ "v=spf1", true },          { "v=spf1 ", true },
		{ "v=spf1 -all", true },     { "V=SPF1 -all", true },
		{ "v=spf10 -all", false },   { "v=spf1\t-all", false },
		{ "v=spf", false },          { "", false },
		{ " v=spf1", false },        { "v=spf1-all", false },
		{ "v=spf2.0/mfrom", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(spf_record_is(view_of(cases[i].text)), cases[i].record);
}

/* Sections 4.6.1, 5, 6, 7.1 and 12: column 0: good; else the place of the error. */
static const struct {
	const char *record;
	unsigned column;
} syntax_cases[] = {
	/* clang-format off */
	{ "v=spf1", 0 },
	{ "v=spf1   ", 0 },
	{ "v=spf1  +mx   -all  ", 0 },
	{ "v=spf1 ALL", 0 },
	{ "v=spf1 MX:Example.COM -aLL", 0 },
	/* 4.6.1: terms are parted by spaces, a qualifier is one octet */
	{ "v=spf1 mx\t-all", 10 },
	{ "v=spf1 --all", 9 },
	{ "v=spf1 -", 9 },
	{ "v=spf1 %all", 8 },
	{ "v=spf1 mx,-all", 10 },
	{ "v=spf1 a\xc3\xa9", 9 },
	{ "v=spf1 \xc2\xa0-all", 8 },
	{ "v=spf1 ip:10.0.0.1", 8 },
	{ "v=spf1 -all moo", 13 },
	/* 5.1 */
	{ "v=spf1 -all.", 9 },
	{ "v=spf1 -all:foo", 12 },
	{ "v=spf1 -all/8", 12 },
	{ "v=spf1 -all=8", 12 },
	/* 5.2 */
	{ "v=spf1 include", 8 },
	{ "v=spf1 include:", 16 },
	{ "v=spf1 include:example.com/24", 24 },
	{ "v=spf1 include:_spf.example.com", 0 },
	/* 5.3, 5.4 */
	{ "v=spf1 a", 0 },
	{ "v=spf1 a:", 10 },
	{ "v=spf1 a/", 9 },
	{ "v=spf1 a/0", 0 },
	{ "v=spf1 a/32", 0 },
	{ "v=spf1 a/33", 9 },
	{ "v=spf1 a/08", 9 },
	{ "v=spf1 a/-1", 9 },
	{ "v=spf1 a//0", 0 },
	{ "v=spf1 a//128", 0 },
	{ "v=spf1 a//129", 9 },
	{ "v=spf1 a//064", 9 },
	{ "v=spf1 a//", 9 },
	{ "v=spf1 a/24//64", 0 },
	{ "v=spf1 a/24//64//1", 9 },
	{ "v=spf1 a/24/64", 9 },
	{ "v=spf1 a:example.com/24//64", 0 },
	{ "v=spf1 a:example.com/24x", 18 },
	{ "v=spf1 mx:foo:bar/baz.example.com/30", 0 },
	{ "v=spf1 mx:%{d}/30", 0 },
	{ "v=spf1 a:example.com:8080", 18 },
	/* 5.5 */
	{ "v=spf1 ptr", 0 },
	{ "v=spf1 ptr:", 12 },
	{ "v=spf1 ptr/0", 11 },
	{ "v=spf1 ptr:example.com", 0 },
	/* 5.6 */
	{ "v=spf1 ip4:192.0.2.0/24", 0 },
	{ "v=spf1 ip4:0.0.0.0/0", 0 },
	{ "v=spf1 ip4", 8 },
	{ "v=spf1 ip4:", 12 },
	{ "v=spf1 ip4/24", 8 },
	{ "v=spf1 ip4:192.0.2", 12 },
	{ "v=spf1 ip4:192.0.2.256", 12 },
	{ "v=spf1 ip4:192.0.2.01", 12 },
	{ "v=spf1 ip4:192.0.2.1/33", 21 },
	{ "v=spf1 ip4:192.0.2.1/024", 21 },
	{ "v=spf1 ip4:192.0.2.1//24", 21 },
	{ "v=spf1 ip4:192.0.2.1:25", 12 },
	{ "v=spf1 ip4:2001:db8::1", 12 },
	{ "v=spf1 ip4:example.com", 12 },
	{ "v=spf1 ip6:2001:db8::/32", 0 },
	{ "v=spf1 ip6:::/0", 0 },
	{ "v=spf1 ip6:::ffff:192.0.2.1/128", 0 },
	{ "v=spf1 ip6:2001:db8::/129", 22 },
	{ "v=spf1 ip6:2001:db8::g", 12 },
	{ "v=spf1 ip6:2001::db8::", 12 },
	{ "v=spf1 ip6:192.0.2.1", 12 },
	{ "v=spf1 ip6:fe80::1%eth0", 12 },
	/* 5.7 */
	{ "v=spf1 exists", 8 },
	{ "v=spf1 exists:", 15 },
	{ "v=spf1 exists:%{ir}.example.com", 0 },
	{ "v=spf1 exists:example.com/8", 23 },
	/* 6 */
	{ "v=spf1 redirect=", 17 },
	{ "v=spf1 redirect=_spf.example.com", 0 },
	{ "v=spf1 redirect=a.example redirect=b.example", 27 },
	{ "v=spf1 exp=a.example EXP=b.example", 22 },
	{ "v=spf1 redirect:a.example", 8 },
	{ "v=spf1 exp", 8 },
	{ "v=spf1 -redirect=a.example", 9 },
	{ "v=spf1 moo=", 0 },
	{ "v=spf1 moo=a moo=a", 0 },
	{ "v=spf1 a=b.example", 0 },
	{ "v=spf1 m-_.2o=%{c}%{r}%{t}//:", 0 },
	{ "v=spf1 2moo=a", 8 },
	{ "v=spf1 moo=%a", 12 },
	{ "v=spf1 moo=\x7f", 12 },
	/* 7.1 */
	{ "v=spf1 a:com", 10 },
	{ "v=spf1 a:com.", 10 },
	{ "v=spf1 a:example.com.", 0 },
	{ "v=spf1 a:example..com", 0 },
	{ "v=spf1 a:example.com..", 22 },
	{ "v=spf1 a:example.123", 18 },
	{ "v=spf1 a:example.1-2", 0 },
	{ "v=spf1 a:example.xn--p1ai", 0 },
	{ "v=spf1 a:example.-com", 18 },
	{ "v=spf1 a:example.com-", 18 },
	{ "v=spf1 a:example.c_m", 18 },
	{ "v=spf1 a:%{d}", 0 },
	{ "v=spf1 a:%{d}com", 14 },
	{ "v=spf1 a:%{d}.com", 0 },
	{ "v=spf1 a:foo%%", 0 },
	{ "v=spf1 a:%{D4Rr}.com", 15 },
	{ "v=spf1 a:%{d127r.-+,/_=}.com", 0 },
	{ "v=spf1 a:%{d99999999999999999999}.com", 0 },
	{ "v=spf1 a:%{d0}.com", 14 },
	{ "v=spf1 a:%{d00}.com", 15 },
	{ "v=spf1 a:%{d10}.com", 0 },
	{ "v=spf1 a:%{dr2}.com", 14 },
	{ "v=spf1 a:%{d!}.com", 13 },
	{ "v=spf1 a:%{x}.com", 12 },
	{ "v=spf1 a:%{}.com", 12 },
	{ "v=spf1 a:%{", 12 },
	{ "v=spf1 a:%{d", 13 },
	{ "v=spf1 a:%", 10 },
	{ "v=spf1 a:foo%.com", 13 },
	{ "v=spf1 exists:%(ir).example.com", 15 },
	{ "v=spf1 a:%{c}.com", 10 },
	{ "v=spf1 exists:%{R}.com", 15 },
	{ "v=spf1 exp=%{t}.com", 12 },
	/* clang-format on */
};

static void test_syntax(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(syntax_cases); i++) {
		struct diag why = { 0 };
		struct spf_modifiers modifiers;
		enum status st =
			spf_record_check(view_of(syntax_cases[i].record), &modifiers, &why);

		if (st != (syntax_cases[i].column == 0 ? ST_OK : ST_INVALID) ||
		    why.column != syntax_cases[i].column) {
			print_error("%s: column %u, %s\n", syntax_cases[i].record, why.column,
			            why.text);
			wrong++;
		}
		assert_true((st == ST_OK) == (why.text[0] == '\0'));
	}
	assert_int_equal(wrong, 0);
}

static void put(char *at, struct view text)
{
	memcpy(at, text.p, text.n);
}

static void test_nul_octets_and_length(void **state)
{
	static char big[SPF_RECORD_MAX + 1];
	struct spf_modifiers modifiers;
	struct diag why = { 0 };

	(void)state;
	assert_int_equal(spf_record_check(VIEW("v=spf1 a\0 -all"), &modifiers, &why), ST_INVALID);
	assert_int_equal(why.column, 9);
	assert_int_equal(spf_record_check(VIEW("v=spf1 \0"), &modifiers, &why), ST_INVALID);
	assert_int_equal(spf_record_check(VIEW("v=spf1 ip4:1.2.3.4\0"), &modifiers, &why),
	                 ST_INVALID);
	memset(big, ' ', sizeof(big));
	put(big, VIEW("v=spf1"));
	assert_int_equal(spf_record_check((struct view){ big, sizeof(big) - 1 }, &modifiers, &why),
	                 ST_OK);
	assert_int_equal(spf_record_check((struct view){ big, sizeof(big) }, &modifiers, &why),
	                 ST_LIMIT);
	put(big + 6, VIEW(" a:"));
	memset(big + 9, 'x', SPF_MACRO_MAX);
	put(big + 9 + SPF_MACRO_MAX, VIEW(".com"));
	assert_int_equal(spf_record_check((struct view){ big, 2000 }, &modifiers, &why),
	                 ST_INVALID);
	assert_int_equal(why.column, 10 + SPF_MACRO_MAX);
}

/* Each cut in memory of its own length, so that a sanitizer sees a step beyond it. */
static void test_cut_at_every_byte(void **state)
{
	struct view whole = VIEW("v=spf1 +a:%{d2r.-}.x.example/24//64 mx//9 ip4:192.0.2.0/24 "
	                         "ip6:2001:db8::/32 ?exists:%{ir}.%{v}.a%%.%_%-x.example "
	                         "moo=%{C} redirect=_spf.%{o} exp=e.example");
	struct spf_modifiers modifiers;
	size_t good = 0;

	(void)state;
	for (size_t n = 6; n <= whole.n; n++) {
		struct diag why = { 0 };
		char *text = malloc(n);
		enum status st;

		memcpy(text, whole.p, n);
		st = spf_record_check((struct view){ text, n }, &modifiers, &why);
		good += st == ST_OK ? 1 : 0;
		if (st != ST_OK)
			assert_in_range(why.column, 1, n + 1);
		free(text);
	}
	assert_int_equal(spf_record_check(whole, &modifiers, &(struct diag){ 0 }), ST_OK);
	assert_in_range(good, 20, whole.n / 2);
}

static void test_terms(void **state)
{
	struct view record =
		VIEW("v=spf1 ?mx:a.example/30//64  ip6:2001:db8:ffff::1/33 exp=e.example");
	struct spf_reader r = spf_record_read(record);
	struct spf_term t;
	struct diag why;
	char net[NET_TEXT_MAX];

	(void)state;
	assert_int_equal(spf_record_next(&r, &t, &why), ST_OK);
	assert_int_equal(t.kind, SPF_MX);
	assert_int_equal(t.qualifier, '?');
	assert_view(t.spec, "a.example");
	assert_int_equal(t.bits4, 30);
	assert_int_equal(t.bits6, 64);
	assert_int_equal(spf_record_next(&r, &t, &why), ST_OK);
	assert_int_equal(t.kind, SPF_IP6);
	assert_int_equal(t.qualifier, '+');
	net_format(&t.net, net);
	assert_string_equal(net, "2001:db8:8000::/33");
	assert_int_equal(spf_record_next(&r, &t, &why), ST_OK);
	assert_int_equal(t.kind, SPF_EXP);
	assert_view(t.text, "exp=e.example");
	assert_int_equal(spf_record_next(&r, &t, &why), ST_NOTFOUND);
	assert_int_equal(spf_record_next(&r, &t, &why), ST_NOTFOUND);
}

static struct ip ip_of(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(view_of(text), &ip), ST_OK);
	return ip;
}

static void expand_to(const struct spf_values *values, const char *text, const char *want)
{
	struct buf out = buf_of(2000);
	struct diag why;

	assert_int_equal(spf_macro_check(view_of(text), SPF_MACRO_EXPLANATION, &why), ST_OK);
	assert_int_equal(spf_macro_expand(view_of(text), values, &out), ST_OK);
	assert_string_equal(buf_text(&out), want);
	buf_free(&out);
}

/* Section 7.4, and what it leaves open. */
static void test_macro_examples(void **state)
{
	static const char *const cases[][2] = {
		/* clang-format off */
		{ "%{s}", "strong-bad@email.example.com" },
		{ "%{o}", "email.example.com" },
		{ "%{d}", "email.example.com" },
		{ "%{d4}", "email.example.com" },
		{ "%{d3}", "email.example.com" },
		{ "%{d2}", "example.com" },
		{ "%{d1}", "com" },
		{ "%{dr}", "com.example.email" },
		{ "%{d2r}", "example.email" },
		{ "%{l}", "strong-bad" },
		{ "%{l-}", "strong.bad" },
		{ "%{lr}", "strong-bad" },
		{ "%{lr-}", "bad.strong" },
		{ "%{l1r-}", "strong" },
		{ "%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com" },
		{ "%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com" },
		{ "%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com" },
		{ "%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com" },
		{ "%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net" },
		{ "%{S}", "strong-bad%40email.example.com" },
		{ "%{s1@.-}", NULL },
		{ "%{s.-}", "strong.bad@email.example.com" },
		{ "%{S1.}", "com" },
		{ "%{h}|%{H}", "a b/c|a%20b%2Fc" },
		{ "%{hr/.}", "c.a b" },
		{ "%%%_%-", "% %20" },
		{ "%{c} %{v} %{p} %{r} %{t}", "192.0.2.3 in-addr mx.example.org rx.example.net 1234567890" },
		{ "%{d512}", "email.example.com" },
		{ "See http://x.example/?s=%{S}&i=%{I}", "See http://x.example/?s=strong-bad%40email.example.com&i=192.0.2.3" },
		/* clang-format on */
	};
	struct spf_values values = {
		.local = VIEW("strong-bad"),
		.sender_domain = VIEW("email.example.com"),
		.domain = VIEW("email.example.com"),
		.helo = VIEW("a b/c"),
		.validated = VIEW("mx.example.org"),
		.receiver = VIEW("rx.example.net"),
		.client = ip_of("192.0.2.3"),
		.now = 1234567890,
		.local_usable = true,
		.helo_usable = true,
	};
	struct diag why;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (cases[i][1] != NULL)
			expand_to(&values, cases[i][0], cases[i][1]);
		else
			assert_int_equal(
				spf_macro_check(view_of(cases[i][0]), SPF_MACRO_EXPLANATION, &why),
				ST_INVALID);
	}
	values.client = ip_of("2001:db8::cb01");
	expand_to(&values, "%{ir}.%{v}._spf.%{d2}",
	          "1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6._spf."
	          "example.com");
	expand_to(&values, "%{c}", "2001:db8::cb01");
}

/* Section 7.3: what is longer than a name loses labels on the left. */
static void test_macro_names(void **state)
{
	char domain[254], text[600] = "", want[254];
	struct spf_values values = { .local = VIEW("a.b\\c"), .local_usable = true };
	struct spf_name name;

	(void)state;
	for (size_t i = 0; i < 253; i++)
		domain[i] = i % 10 == 9 ? '.' : 'x';
	domain[253] = '\0';
	values.domain = view_of(domain);
	assert_int_equal(spf_macro_name(VIEW("%{d}"), &values, &name), ST_OK);
	assert_string_equal(name.text, domain);
	assert_int_equal(spf_macro_name(VIEW("left.%{d}."), &values, &name), ST_OK);
	assert_string_equal(name.text, domain);
	assert_int_equal(spf_macro_name(VIEW("%{d}.com"), &values, &name), ST_OK);
	(void)snprintf(want, sizeof(want), "%s.com", domain + 10);
	assert_string_equal(name.text, want);
	for (size_t i = 0; i < 100; i++)
		put(text + i * 4, VIEW("%{d}"));
	put(text + 400, VIEW(".com"));
	assert_int_equal(spf_macro_name(view_of(text), &values, &name), ST_OK);
	assert_string_equal(name.text, want);
	assert_int_equal(spf_macro_name(VIEW("%{d}.a..com"), &values, &name), ST_NOTFOUND);
	assert_int_equal(spf_macro_name(VIEW("a.example.%{d}"), &values, &name), ST_OK);
	values.domain = VIEW("");
	assert_int_equal(spf_macro_name(VIEW("a.example.%{d}"), &values, &name), ST_OK);
	assert_string_equal(name.text, "a.example");
	assert_int_equal(spf_macro_name(VIEW("a.example..%{d}"), &values, &name), ST_NOTFOUND);
	assert_int_equal(spf_macro_name(VIEW("%{l}.com"), &values, &name), ST_NOTFOUND);
	assert_int_equal(spf_macro_name(VIEW("%{o}"), &values, &name), ST_NOTFOUND);
	values.local_usable = false;
	assert_int_equal(spf_macro_name(VIEW("%{S}.com"), &values, &name), ST_INVALID);
	assert_int_equal(spf_macro_name(VIEW("%{h}.com"), &values, &name), ST_INVALID);
}

static void test_names(void **state)
{
	static const struct {
		const char *mail, *want;
	} cases[] = {
		{ "example.com", "example.com" },
		{ "Example.COM.", "Example.COM" },
		{ "b\xc3\xbc"
		  "cher.example",
		  "xn--bcher-kva.example" },
		{ "m\xc3\xbcnchen.b\xc3\xbc"
		  "cher.example.",
		  "xn--mnchen-3ya.xn--bcher-kva.example" },
		{ "\xe4\xbe\x8b\xe3\x81\x88.\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88",
		  "xn--r8jz45g.xn--zckzah" },
		{ "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xbc\xd0\xb5\xd1\x80.\xd1\x80\xd1\x84",
		  "xn--e1afmkfd.xn--p1ai" },
		{ "", NULL },
		{ ".", NULL },
		{ "a..b", NULL },
		{ "b\xc3\xbc..example", NULL },
		{ "b\xc3\xbc.example..", NULL },
		{ "b\xfc.example", NULL },
		{ "b\xc0\xaf.example", NULL },
		{ "b\xed\xa0\x80.example", NULL },
		{ "b\xf4\x90\x80\x80.example", NULL },
		{ "b\xc3", NULL },
		{ "a\\.b", NULL },
		{ "a\nb.c", NULL },
	};
	struct spf_name name;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		enum status st = spf_name_from_mail(&name, view_of(cases[i].mail));

		assert_int_equal(st, cases[i].want != NULL ? ST_OK : ST_INVALID);
		if (st == ST_OK)
			assert_string_equal(name.text, cases[i].want);
	}
}

static void test_long_labels(void **state)
{
	char text[400], out[PUNYCODE_LABEL_MAX];
	struct spf_name name;
	size_t n;

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(spf_name_set(&name, (struct view){ text, 63 }), ST_OK);
	assert_int_equal(spf_name_set(&name, (struct view){ text, 64 }), ST_INVALID);
	for (size_t i = 63; i < sizeof(text); i += 64)
		text[i] = '.';
	assert_int_equal(spf_name_set(&name, (struct view){ text, 253 }), ST_OK);
	assert_int_equal(spf_name_set(&name, (struct view){ text, 254 }), ST_INVALID);
	for (size_t i = 0; i < sizeof(text); i += 2)
		put(text + i, VIEW("\xc3\xbc"));
	for (n = 2;
	     n < 400 && punycode_label((struct view){ text, n }, out, &(size_t){ 0 }) == ST_OK;
	     n += 2) {
	}
	assert_in_range(n, 40, 200);
	assert_int_equal(spf_name_from_mail(&name, (struct view){ text, sizeof(text) }),
	                 ST_INVALID);
}

static void test_name_under(void **state)
{
	(void)state;
	assert_true(spf_name_under(VIEW("a.example.com"), VIEW("Example.com")));
	assert_true(spf_name_under(VIEW("example.com"), VIEW("example.com")));
	assert_false(spf_name_under(VIEW("badexample.com"), VIEW("example.com")));
	assert_false(spf_name_under(VIEW("com"), VIEW("example.com")));
}

#define ROW(owner, kind, data)                                                                     \
	{                                                                                          \
		.name = (owner), .type = ZONE_##kind, .text = VIEW_INIT(data)                      \
	}

/* Records of cases are put before the rows that all share. */
static const struct zone_row shared_rows[] = {
	/* Appendix A.1 */
	ROW("example.com", MX, "mail-a.example.com"),
	ROW("example.com", MX, "mail-b.example.com"),
	ROW("example.com", A, "192.0.2.10"),
	ROW("example.com", A, "192.0.2.11"),
	ROW("amy.example.com", A, "192.0.2.65"),
	ROW("bob.example.com", A, "192.0.2.66"),
	ROW("mail-a.example.com", A, "192.0.2.129"),
	ROW("mail-b.example.com", A, "192.0.2.130"),
	ROW("www.example.com", CNAME, "example.com"),
	ROW("example.org", MX, "mail-c.example.org"),
	ROW("mail-c.example.org", A, "192.0.2.140"),
	ROW("10.2.0.192.in-addr.arpa", PTR, "example.com."),
	ROW("11.2.0.192.in-addr.arpa", PTR, "example.com"),
	ROW("65.2.0.192.in-addr.arpa", PTR, "amy.example.com"),
	ROW("66.2.0.192.in-addr.arpa", PTR, "bob.example.com"),
	ROW("129.2.0.192.in-addr.arpa", PTR, "mail-a.example.com"),
	ROW("130.2.0.192.in-addr.arpa", PTR, "mail-b.example.com"),
	ROW("140.2.0.192.in-addr.arpa", PTR, "mail-c.example.org"),
	ROW("4.0.0.10.in-addr.arpa", PTR, "bob.example.com"),
	/* Ours */
	ROW("six.example", AAAA, "2001:db8::25"),
	ROW("5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", PTR,
	    "mx.six.example"),
	ROW("mx.six.example", AAAA, "2001:db8::25"),
	ROW("dual.example", A, "192.0.2.1"),
	ROW("dual.example", AAAA, "2001:db8::1"),
	ROW("dead.example", FAILURE, ""),
	ROW("text.example", TXT, "nothing to see"),
	ROW("pass.example", TXT, "v=spf1 +all"),
	ROW("fail.example", TXT, "v=spf1 -all exp=why.example"),
	ROW("soft.example", TXT, "v=spf1 ~all"),
	ROW("neutral.example", TXT, "v=spf1 ?all"),
	ROW("wrong.example", TXT, "v=spf1 moo"),
	ROW("why.example", TXT, "Not %{i}"),
	ROW("nets.example", TXT, "v=spf1 ip4:192.0.2.0/24 -all"),
	ROW("bob.nets.example", TXT, "v=spf1 ip4:192.0.2.0/24 -all"),
	ROW("wide.example", TXT, "v=spf1 ip4:192.0.2.0/24 ip4:10.0.0.0/12 -all"),
	ROW("on.nets.example", TXT, "v=spf1 redirect=nets.example"),
	ROW("two.example", TXT, "v=spf1 -all"),
	ROW("two.example", TXT, "v=spf1 -all"),
	ROW("loop.example", TXT, "v=spf1 include:loop.example -all"),
	ROW("loop2.example", TXT, "v=spf1 redirect=loop2.example"),
	ROW("dead-mx.example", MX, "dead.example"),
	ROW("null-mx.example", MX, "."),
	ROW("mx11.example", MX, "h1.x"),
	ROW("mx11.example", MX, "h2.x"),
	ROW("mx11.example", MX, "h3.x"),
	ROW("mx11.example", MX, "h4.x"),
	ROW("mx11.example", MX, "h5.x"),
	ROW("mx11.example", MX, "h6.x"),
	ROW("mx11.example", MX, "h7.x"),
	ROW("mx11.example", MX, "h8.x"),
	ROW("mx11.example", MX, "h9.x"),
	ROW("mx11.example", MX, "h10.x"),
	ROW("mx11.example", MX, "h11.x"),
	ROW("foo:bar/baz.example.com", A, "192.0.2.10"),
	ROW("% %20.example.com", A, "192.0.2.10"),
};

struct check_case {
	const char *name;
	const char *record; /* of d.example, NULL: it has none */
	const char *client; /* NULL: 192.0.2.10 */
	enum spf_verdict verdict;
	const char *term; /* that matched; NULL: not looked at */
};

struct run {
	struct zone_row rows[COUNT(shared_rows) + 1];
	struct zone zone;
	struct spf_check *c;
	const struct spf_result *r;
};

static void run_check(struct run *run, const char *record, const struct spf_question *q)
{
	memcpy(run->rows, shared_rows, sizeof(shared_rows));
	run->rows[COUNT(shared_rows)] = (struct zone_row){
		.name = record != NULL ? "d.example" : "no.example",
		.type = ZONE_TXT,
		.text = view_of(record),
	};
	run->zone = (struct zone){ run->rows, COUNT(run->rows) };
	run->c = zone_check(&run->zone, q);
	run->r = spf_result(run->c);
	assert_non_null(run->r);
	assert_null(spf_wanted(run->c));
	assert_in_range(run->r->questions, 0, SPF_QUESTIONS_MAX);
}

static void run_table(const struct check_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct check_case *k = &cases[i];
		struct spf_question q = {
			.client = ip_of(k->client != NULL ? k->client : "192.0.2.10"),
			.helo = VIEW("mx.d.example"),
			.mail_from = VIEW("bob@d.example"),
		};
		struct run run;

		run_check(&run, k->record, &q);
		if (run.r->verdict != k->verdict ||
		    (k->term != NULL && strcmp(run.r->match.term, k->term) != 0))
			fail_msg("%s: %s by \"%s\" (%s)", k->name, spf_verdict_text(run.r->verdict),
			         run.r->match.term, run.r->why.text);
		if (k->verdict == SPF_PERMERROR || k->verdict == SPF_TEMPERROR ||
		    k->verdict == SPF_NONE)
			assert_true(run.r->why.text[0] != '\0' && !run.r->match.any);
		spf_free(&run.c);
	}
}

static void test_records(void **state)
{
	static const struct check_case cases[] = {
		/* clang-format off */
		{ "4.5: no record", NULL, NULL, SPF_NONE, NULL },
		{ "4.5: other texts only", "v=spf10 -all", NULL, SPF_NONE, NULL },
		{ "4.6: an error behind what matches", "v=spf1 +all moo", NULL, SPF_PERMERROR, NULL },
		{ "4.7: the default", "v=spf1", NULL, SPF_NEUTRAL, "" },
		{ "4.7: the default after terms", "v=spf1 -ip4:1.2.3.4 moo=+all", NULL, SPF_NEUTRAL, "" },
		{ "5.1: the first match decides", "v=spf1 ?all -all", NULL, SPF_NEUTRAL, "?all" },
		{ "A.1: +all", "v=spf1 +all", NULL, SPF_PASS, "+all" },
		{ "A.1: a, not its", "v=spf1 a -all", NULL, SPF_FAIL, "-all" },
		{ "A.1: a:example.org has none", "v=spf1 a:example.org -all", NULL, SPF_FAIL, "-all" },
		{ "A.1: mx:example.com", "v=spf1 mx:example.com -all", "192.0.2.130", SPF_PASS, "mx:example.com" },
		{ "A.1: mx:example.org", "v=spf1 mx:example.org -all", "192.0.2.140", SPF_PASS, NULL },
		{ "A.1: mx/30", "v=spf1 mx:example.com/30 -all", "192.0.2.131", SPF_PASS, NULL },
		{ "A.1: mx/30, outside", "v=spf1 mx:example.com/30 -all", "192.0.2.132", SPF_FAIL, NULL },
		{ "A.1: ptr", "v=spf1 ptr:example.com -all", "192.0.2.65", SPF_PASS, NULL },
		{ "A.1: ptr, a forged one", "v=spf1 ptr:example.com -all", "10.0.0.4", SPF_FAIL, NULL },
		{ "A.1: ptr, another domain", "v=spf1 ptr:example.com -all", "192.0.2.140", SPF_FAIL, NULL },
		{ "A.1: ip4", "v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.129", SPF_PASS, NULL },
		{ "A.1: ip4, outside", "v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.65", SPF_FAIL, NULL },
		/* clang-format on */
	};

	(void)state;
	run_table(cases, COUNT(cases));
}

static void test_mechanisms(void **state)
{
	static const struct check_case cases[] = {
		/* clang-format off */
		{ "5: a mapped client is IPv4", "v=spf1 ip4:192.0.2.10 -all", "::ffff:192.0.2.10", SPF_PASS, NULL },
		{ "5: a dead server", "v=spf1 a:dead.example +all", NULL, SPF_TEMPERROR, NULL },
		{ "5.2: pass inside", "v=spf1 -include:pass.example +all", NULL, SPF_FAIL, "+all" },
		{ "5.2: fail inside", "v=spf1 include:fail.example ~all", NULL, SPF_SOFTFAIL, "~all" },
		{ "5.2: softfail inside", "v=spf1 include:soft.example -all", NULL, SPF_FAIL, "-all" },
		{ "5.2: neutral inside", "v=spf1 include:neutral.example -all", NULL, SPF_FAIL, "-all" },
		{ "5.2: no record inside", "v=spf1 include:text.example +all", NULL, SPF_PERMERROR, NULL },
		{ "5.2: nothing inside", "v=spf1 include:nx.example +all", NULL, SPF_PERMERROR, NULL },
		{ "5.2: an error inside", "v=spf1 include:wrong.example +all", NULL, SPF_PERMERROR, NULL },
		{ "5.2: two records inside", "v=spf1 include:two.example +all", NULL, SPF_PERMERROR, NULL },
		{ "5.2: dead inside", "v=spf1 include:dead.example +all", NULL, SPF_TEMPERROR, NULL },
		{ "5.2: no domain", "v=spf1 include:a..example +all", NULL, SPF_PERMERROR, NULL },
		{ "5.3: a", "v=spf1 a:example.com -all", NULL, SPF_PASS, "a:example.com" },
		{ "5.3: behind a CNAME", "v=spf1 a:www.example.com -all", NULL, SPF_PASS, NULL },
		{ "5.3: dual, IPv4", "v=spf1 a:dual.example/24//8 -all", "192.0.2.200", SPF_PASS, NULL },
		{ "5.3: dual, IPv4 outside", "v=spf1 a:dual.example/24//8 -all", "192.0.3.1", SPF_FAIL, NULL },
		{ "5.3: dual, IPv6", "v=spf1 a:dual.example/24//64 -all", "2001:db8::ffff", SPF_PASS, NULL },
		{ "5.3: IPv4's length is not IPv6's", "v=spf1 a:dual.example/0 -all", "2001:db8::2", SPF_FAIL, NULL },
		{ "5.3: /0 of a name without addresses", "v=spf1 a:text.example/0//0 -all", NULL, SPF_FAIL, NULL },
		{ "5.3: a name that can't be", "v=spf1 a:a..example.com -all", NULL, SPF_FAIL, NULL },
		{ "5.3: odd octets", "v=spf1 a:foo:bar/baz.example.com -all", NULL, SPF_PASS, NULL },
		{ "7.1: %% %_ %- in a name", "v=spf1 a:%%%_%-.example.com -all", NULL, SPF_PASS, NULL },
		{ "5.4: the domain's address is no mx", "v=spf1 mx:dual.example -all", "192.0.2.1", SPF_FAIL, NULL },
		{ "5.4: a dead host", "v=spf1 mx:dead-mx.example -all", NULL, SPF_TEMPERROR, NULL },
		{ "5.4: dead", "v=spf1 mx:dead.example -all", NULL, SPF_TEMPERROR, NULL },
		{ "5.4: null MX", "v=spf1 mx:null-mx.example ?all", NULL, SPF_NEUTRAL, NULL },
		{ "5.5: ptr6", "v=spf1 ptr:six.example -all", "2001:db8::25", SPF_PASS, NULL },
		{ "5.5: without names", "v=spf1 ptr:six.example -all", "2001:db8::26", SPF_FAIL, NULL },
		{ "5.6: ip6", "v=spf1 ip6:2001:db8::/32 -all", "2001:db8:1::", SPF_PASS, NULL },
		{ "5.6: ip6 is not for mapped", "v=spf1 ip6:::ffff:0:0/96 -all", "::ffff:192.0.2.10", SPF_FAIL, NULL },
		{ "5.6: ip6::/0 is not for IPv4", "v=spf1 ip6:::/0 -all", NULL, SPF_FAIL, NULL },
		{ "5.6: ip4:/0 is not for IPv6", "v=spf1 ip4:0.0.0.0/0 -all", "2001:db8::1", SPF_FAIL, NULL },
		{ "5.7: exists", "v=spf1 exists:dual.example -all", NULL, SPF_PASS, NULL },
		{ "5.7: asks for A also with IPv6", "v=spf1 exists:example.com -all", "2001:db8::1", SPF_PASS, NULL },
		{ "5.7: AAAA does not do", "v=spf1 exists:six.example -all", "2001:db8::1", SPF_FAIL, NULL },
		{ "5.7: dead", "v=spf1 exists:dead.example -all", NULL, SPF_TEMPERROR, NULL },
		{ "6.1: redirect", "v=spf1 redirect=soft.example", NULL, SPF_SOFTFAIL, "~all" },
		{ "6.1: redirect before a match", "v=spf1 redirect=soft.example -all", NULL, SPF_FAIL, "-all" },
		{ "6.1: redirect to nothing", "v=spf1 redirect=text.example", NULL, SPF_PERMERROR, NULL },
		{ "6.1: redirect to no domain", "v=spf1 redirect=a..example", NULL, SPF_PERMERROR, NULL },
		{ "6.1: redirect to the dead", "v=spf1 redirect=dead.example", NULL, SPF_TEMPERROR, NULL },
		{ "6.1: redirect to two", "v=spf1 redirect=two.example", NULL, SPF_PERMERROR, NULL },
		{ "6: unknown modifiers", "v=spf1 moo=%{l} -all", NULL, SPF_FAIL, NULL },
		{ "7.2: %{p}", "v=spf1 a:%{p} -all", NULL, SPF_PASS, "a:%{p}" },
		{ "7.2: %{p} unknown", "v=spf1 exists:%{p}.example -all", "192.0.2.99", SPF_FAIL, NULL },
		/* clang-format on */
	};

	(void)state;
	run_table(cases, COUNT(cases));
}

static void test_limits(void **state)
{
	static const struct check_case cases[] = {
		/* clang-format off */
		{ "4.6.4: ten terms", "v=spf1 a:example.com a:example.com a:example.com a:example.com a:example.com a:example.com"
		  " a:example.com a:example.com a:example.com a:example.com ip4:192.0.2.1 ?all", "192.0.2.9", SPF_NEUTRAL, NULL },
		{ "4.6.4: eleven terms", "v=spf1 a:example.com a:example.com a:example.com a:example.com a:example.com a:example.com"
		  " a:example.com a:example.com a:example.com a:example.com a:example.com ?all", "192.0.2.9", SPF_PERMERROR, NULL },
		{ "4.6.4: the eleventh redirects", "v=spf1 a:example.com a:example.com a:example.com a:example.com a:example.com a:example.com"
		  " a:example.com a:example.com a:example.com a:example.com redirect=pass.example", "192.0.2.9", SPF_PERMERROR, NULL },
		{ "4.6.4: a match before the eleventh", "v=spf1 a:example.com a:example.com a:example.com a:example.com a:example.com a:example.com"
		  " a:example.com a:example.com a:example.com ip4:192.0.2.9 a a a", "192.0.2.9", SPF_PASS, NULL },
		{ "4.6.4: terms that ask nothing", "v=spf1 ip4:1.1.1.1 ip4:1.1.1.1 ip4:1.1.1.1 ip4:1.1.1.1 ip4:1.1.1.1 ip4:1.1.1.1"
		  " ip4:1.1.1.1 ip4:1.1.1.1 ip4:1.1.1.1 ip4:1.1.1.1 ip4:1.1.1.1 ~all", NULL, SPF_SOFTFAIL, NULL },
		{ "4.6.4: an include loop", "v=spf1 include:loop.example", NULL, SPF_PERMERROR, NULL },
		{ "4.6.4: a redirect loop", "v=spf1 redirect=loop2.example", NULL, SPF_PERMERROR, NULL },
		{ "4.6.4: eleven MX", "v=spf1 mx:mx11.example +all", NULL, SPF_PERMERROR, NULL },
		{ "4.6.4: two void lookups", "v=spf1 a:n1.example exists:n2.example ?all", NULL, SPF_NEUTRAL, NULL },
		{ "4.6.4: three void lookups", "v=spf1 a:n1.example mx:text.example exists:n2.example +all", NULL, SPF_PERMERROR, NULL },
		{ "4.6.4: ptr can be void", "v=spf1 a:n1.example mx:text.example ptr +all", "192.0.2.99", SPF_PERMERROR, NULL },
		{ "4.6.4: %{p} is not counted", "v=spf1 a:n1.example exists:%{p}.x ip4:192.0.2.99 -all", "192.0.2.99", SPF_PASS, NULL },
		/* clang-format on */
	};

	(void)state;
	run_table(cases, COUNT(cases));
}

/* Sections 2.4, 4.3: what is checked of what was said. */
static void test_identities(void **state)
{
	static const struct {
		const char *name, *mail_from, *helo;
		enum spf_verdict verdict;
		const char *domain;
		bool is_helo;
	} cases[] = {
		/* clang-format off */
		{ "mail from", "a@soft.example", "fail.example", SPF_SOFTFAIL, "soft.example", false },
		{ "null sender", "", "fail.example", SPF_FAIL, "fail.example", true },
		{ "no local part", "@soft.example", "fail.example", SPF_SOFTFAIL, "soft.example", false },
		{ "a bare domain", "soft.example", "x", SPF_SOFTFAIL, "soft.example", false },
		{ "the last @ counts", "\"a@fail.example\"@soft.example", "x", SPF_SOFTFAIL, "soft.example", false },
		{ "a dot at the end", "a@Soft.Example.", "x", SPF_SOFTFAIL, "Soft.Example", false },
		{ "one label", "a@localhost", "fail.example", SPF_NONE, "", false },
		{ "a literal", "a@[192.0.2.1]", "x", SPF_NONE, "", false },
		{ "an IPv6 literal", "a@[IPv6:2001:db8::1]", "x", SPF_NONE, "", false },
		{ "an address", "", "192.0.2.1", SPF_NONE, "", true },
		{ "empty label", "a@soft..example", "x", SPF_NONE, "", false },
		{ "two dots at the end", "a@soft.example..", "x", SPF_NONE, "", false },
		{ "only @", "@", "fail.example", SPF_NONE, "", false },
		{ "nothing at all", "", "", SPF_NONE, "", true },
		{ "control octets", "a@so\nft.example", "x", SPF_NONE, "", false },
		{ "broken UTF-8", "a@\xff.example", "x", SPF_NONE, "", false },
		{ "none", "a@text.example", "x", SPF_NONE, "text.example", false },
		{ "4.5: two records", "a@two.example", "x", SPF_PERMERROR, "two.example", false },
		{ "4.4: dead", "a@dead.example", "x", SPF_TEMPERROR, "dead.example", false },
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct spf_question q = { .client = ip_of("192.0.2.9"),
			                  .helo = view_of(cases[i].helo),
			                  .mail_from = view_of(cases[i].mail_from) };
		struct run run;

		run_check(&run, NULL, &q);
		if (run.r->verdict != cases[i].verdict ||
		    strcmp(run.r->domain, cases[i].domain) != 0 || run.r->helo != cases[i].is_helo)
			fail_msg("%s: %s of \"%s\"", cases[i].name,
			         spf_verdict_text(run.r->verdict), run.r->domain);
		for (const char *p = run.r->why.text; *p != '\0'; p++)
			assert_in_range(*p, ' ', '~');
		spf_free(&run.c);
	}
}

/* The sender's texts in macros, and RFC 8616 section 4. */
static void test_sender_macros(void **state)
{
	static char long_local[SPF_LOCAL_MAX + 12];
	const struct {
		const char *name, *record, *mail_from, *helo;
		enum spf_verdict verdict;
	} cases[] = {
		/* clang-format off */
		{ "%{l}", "v=spf1 exists:%{l}.example.com -all", "amy@d.example", "x", SPF_PASS },
		{ "%{l} of postmaster", "v=spf1 exists:%{l}.example.com ~all", "@d.example", "x", SPF_SOFTFAIL },
		{ "a local part that is not ASCII", "v=spf1 exists:%{l}.example.com include:%{s}.x ~all", "\xc3\xa9@d.example", "x", SPF_SOFTFAIL },
		{ "that does not matter without %{l}", "v=spf1 a:example.com -all", "\xc3\xa9@d.example", "x", SPF_PASS },
		{ "redirect needs it", "v=spf1 redirect=%{l}.example", "\xc3\xa9@d.example", "x", SPF_PERMERROR },
		{ "a local part with a backslash", "v=spf1 exists:%{l}.example.com ~all", "\"a\\\"b\"@d.example", "x", SPF_SOFTFAIL },
		{ "a long local part", "v=spf1 exists:%{l}.example.com ~all", long_local, "x", SPF_SOFTFAIL },
		{ "%{h}", "v=spf1 a:%{h} -all", "a@d.example", "EXAMPLE.com", SPF_PASS },
		{ "%{h} is nonsense", "v=spf1 a:%{h} -all", "a@d.example", "JUMPING JACK", SPF_FAIL },
		{ "%{h} is not text", "v=spf1 a:%{h} -all", "a@d.example", "\x01\xff", SPF_FAIL },
		{ "%{h} is empty", "v=spf1 a:%{h} -all", "a@d.example", "", SPF_FAIL },
		{ "%{H} is a literal", "v=spf1 a:%{H} -all", "a@d.example", "[192.0.2.10]", SPF_FAIL },
		/* clang-format on */
	};

	(void)state;
	memset(long_local, 'a', SPF_LOCAL_MAX + 1);
	put(long_local + SPF_LOCAL_MAX + 1, VIEW("@d.example"));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct spf_question q = { .client = ip_of("192.0.2.10"),
			                  .helo = view_of(cases[i].helo),
			                  .mail_from = view_of(cases[i].mail_from) };
		struct run run;

		run_check(&run, cases[i].record, &q);
		if (run.r->verdict != cases[i].verdict)
			fail_msg("%s: %s (%s)", cases[i].name, spf_verdict_text(run.r->verdict),
			         run.r->why.text);
		spf_free(&run.c);
	}
}

static void test_utf8_domain(void **state)
{
	static const struct zone_row rows[] = {
		ROW("xn--bcher-kva.example", TXT, "v=spf1 exists:%{o}.x.example -all"),
		ROW("xn--bcher-kva.example.x.example", A, "127.0.0.2"),
	};
	const struct zone zone = { rows, COUNT(rows) };
	struct spf_question q = { .client = ip_of("192.0.2.10"),
		                  .mail_from = VIEW("\xc3\xa9@b\xc3\xbc"
		                                    "cher.example") };
	struct spf_check *c = zone_check(&zone, &q);

	(void)state;
	assert_int_equal(spf_result(c)->verdict, SPF_PASS);
	assert_string_equal(spf_result(c)->domain, "xn--bcher-kva.example");
	spf_free(&c);
}

/* Section 6.2 */
static void test_explanations(void **state)
{
	const struct {
		const char *name, *record, *exp, *want;
	} cases[] = {
		/* clang-format off */
		{ "plain", "v=spf1 -all exp=e.example", "No mail from here.", "No mail from here." },
		{ "macros", "v=spf1 -all exp=e.%{d1}", "%{i} %{s} %{r} %{t} %{p}%%", "192.0.2.10 bob@d.example rx.example.net 77 example.com%" },
		{ "a dot at its end stays", "v=spf1 exp=e.example. -all", "No %{d}.", "No d.example." },
		{ "two spaces", "v=spf1 -all exp=e.example", "a  b", "a  b" },
		{ "only for a fail", "v=spf1 ~all exp=e.example", "No", "" },
		{ "no such name", "v=spf1 -all exp=f.example", "No", "" },
		{ "no such text", "v=spf1 -all exp=dual.example", "No", "" },
		{ "dead", "v=spf1 -all exp=dead.example", "No", "" },
		{ "two texts", "v=spf1 -all exp=two.example", "No", "" },
		{ "no name", "v=spf1 -all exp=a..example", "No", "" },
		{ "syntax", "v=spf1 -all exp=e.example", "%{w} is wrong %{d", "" },
		{ "not ASCII", "v=spf1 -all exp=e.example", "caf\xc3\xa9", "" },
		{ "a control octet", "v=spf1 -all exp=e.example", "a\r\nb", "" },
		{ "the redirect's counts", "v=spf1 redirect=fail.example exp=e.example", "No", "Not 192.0.2.10" },
		{ "an include's does not", "v=spf1 -include:pass.example include:fail.example -all exp=e.example", "Yes", "Yes" },
		{ "inside an include", "v=spf1 include:fail.example -all", "Yes", "" },
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct spf_question q = { .client = ip_of("192.0.2.10"),
			                  .helo = VIEW("x"),
			                  .mail_from = VIEW("bob@d.example"),
			                  .receiver = VIEW("rx.example.net"),
			                  .now = 77 };
		struct zone_row rows[COUNT(shared_rows) + 2];
		const struct zone zone = { rows, COUNT(rows) };
		struct spf_check *c;

		memcpy(rows, shared_rows, sizeof(shared_rows));
		rows[COUNT(shared_rows)] = (struct zone_row){ .name = "d.example",
			                                      .type = ZONE_TXT,
			                                      .text = view_of(cases[i].record) };
		rows[COUNT(shared_rows) + 1] = (struct zone_row){ .name = "e.example",
			                                          .type = ZONE_TXT,
			                                          .text = view_of(cases[i].exp) };
		c = zone_check(&zone, &q);
		if (!view_eq(spf_result(c)->explanation, view_of(cases[i].want)))
			fail_msg("%s: %.*s", cases[i].name, VIEW_ARG(spf_result(c)->explanation));
		spf_free(&c);
	}
}

/* At the very bound, and not to nothing. */
static void assert_cut(const struct zone *zone, const struct spf_question *q)
{
	struct spf_check *c = zone_check(zone, q);
	struct view got = spf_result(c)->explanation;

	assert_int_equal(got.n, SPF_EXPLANATION_MAX);
	assert_true(view_eq(view_first(got, 4), VIEW("xxxx")));
	assert_true(view_eq(view_from(got, got.n - 3), VIEW("...")));
	spf_free(&c);
}

/* An explanation that is cut says so, and one whose record is too long is left out. */
static void test_long_explanation(void **state)
{
	static char text[SPF_EXPLANATION_MAX + 1];
	struct zone_row rows[] = {
		ROW("d.example", TXT, "v=spf1 -all exp=e.example"),
		{ .name = "e.example", .type = ZONE_TXT, .text = { text, sizeof(text) } },
	};
	const struct zone zone = { rows, COUNT(rows) };
	struct spf_question q = { .client = ip_of("192.0.2.10"), .mail_from = VIEW("a@d.example") };
	struct spf_check *c;

	(void)state;
	memset(text, 'x', sizeof(text));
	rows[1].text.n = SPF_EXPLANATION_MAX;
	c = zone_check(&zone, &q);
	assert_int_equal(spf_result(c)->explanation.n, SPF_EXPLANATION_MAX);
	spf_free(&c);
	rows[1].text.n = SPF_EXPLANATION_MAX + 1;
	put(text + 390, VIEW("%{d}%{d}"));
	assert_cut(&zone, &q);
	memset(text, 'x', sizeof(text));
	assert_cut(&zone, &q);
}

static void give(struct spf_check *c, const char *text)
{
	struct view string = view_of(text);
	struct spf_text txt = { &string, 1 };
	struct spf_dns_answer a = { .count = 1, .texts = &txt };

	spf_answer(c, &a);
}

/* How wide what matched is, and where it was. */
static void test_match(void **state)
{
	struct spf_question q = { .client = ip_of("192.0.2.10"), .mail_from = VIEW("a@d.example") };
	struct run run;

	(void)state;
	run_check(&run, "v=spf1 a:example.com/8 -all", &q);
	assert_int_equal(run.r->match.kind, SPF_A);
	assert_int_equal(run.r->match.net.base.family, IP_V4);
	assert_int_equal(run.r->match.net.bits, 8);
	assert_int_equal(run.r->match.net.base.octet[0], 192);
	assert_int_equal(run.r->match.net.base.octet[1], 0);
	assert_view(run.r->record, "v=spf1 a:example.com/8 -all");
	assert_int_equal(run.r->terms, 1);
	assert_int_equal(run.r->questions, 2);
	spf_free(&run.c);

	run_check(&run, "v=spf1 mx include:pass.example -all", &q);
	assert_int_equal(run.r->verdict, SPF_PASS);
	assert_true(run.r->match.any);
	assert_int_equal(run.r->match.kind, SPF_ALL);
	assert_int_equal(run.r->match.net.base.family, IP_NONE);
	assert_string_equal(run.r->match.term, "+all");
	assert_string_equal(run.r->match.via, "include:pass.example");
	assert_string_equal(run.r->match.domain, "pass.example");
	assert_int_equal(run.r->voids, 1);
	spf_free(&run.c);

	run_check(&run, "v=spf1 include:fail.example moo=1", &q);
	assert_false(run.r->match.any);
	assert_string_equal(run.r->match.term, "");
	spf_free(&run.c);
}

/* Whose pass says something of the client. */
static void test_telling(void **state)
{
	static const struct {
		const char *record;
		bool tells;
		const char *client; /* NULL: 192.0.2.10 */
	} cases[] = {
		{ "v=spf1 ip4:192.0.2.0/24 -all", true },
		{ "v=spf1 ip4:192.0.0.0/12 -all", true },
		{ "v=spf1 ip4:192.0.0.0/11 -all", false },
		{ "v=spf1 ip4:192.0.0.0/13 ip4:10.0.0.0/13 -all", true },
		{ "v=spf1 ip4:192.0.2.0/24 ip4:10.0.0.0/12 -all", false },
		{ "v=spf1 ip4:192.0.2.10 ip4:10.0.0.0/8 -all", false },
		{ "v=spf1 -ip4:10.0.0.0/8 ip4:192.0.2.0/24 -all", true },
		{ "v=spf1 ip6:2000::/3 ip4:192.0.2.0/24 -all", true },
		{ "v=spf1 +all", false },
		{ "v=spf1 ptr:example.com -all", false },
		{ "v=spf1 exists:example.com -all", false },
		{ "v=spf1 a:example.com -all", true },
		{ "v=spf1 a:example.com/12 -all", false }, /* two addresses */
		{ "v=spf1 a:example.com/13 -all", true },
		{ "v=spf1 a:bob.example.com/12 -all", true },
		{ "v=spf1 a:bob.example.com/12 ip4:10.0.0.1 -all", false },
		{ "v=spf1 mx:example.com/13 -all", true }, /* two hosts */
		{ "v=spf1 mx:example.com/12 -all", false },
		{ "v=spf1 include:nets.example -all", true },
		{ "v=spf1 include:on.nets.example -all", true },
		{ "v=spf1 include:wide.example -all", false },
		{ "v=spf1 ip4:10.0.0.0/12 include:nets.example -all",
		  true }, /* that record alone */
		{ "v=spf1 redirect=nets.example", true },
		{ "v=spf1 redirect=wide.example", false },
		{ "v=spf1 include:pass.example -all", false },
		/* Macros: of a domain they are the same for all its clients. */
		{ "v=spf1 a:%{l}.example.com/24 -all", false },
		{ "v=spf1 include:%{l}.nets.example -all", false },
		{ "v=spf1 redirect=%{l}.nets.example", false },
		{ "v=spf1 include:nets.%{d1}", true },
		{ "v=spf1 include:fail.example include:nets.example -all", true },
		{ "v=spf1 ip6:2001:db8::/32 -all", true, "2001:db8::1" },
		{ "v=spf1 ip6:2001:d00::/24 -all", true, "2001:db8::1" },
		{ "v=spf1 ip6:2001:c00::/23 -all", false, "2001:db8::1" },
		{ "v=spf1 ip6:2001:d00::/25 ip6:2002::/24 -all", false, "2001:db8::1" },
		{ "v=spf1 ip6:2001:db8::/32 ip6:::/0 -all", false, "2001:db8::1" },
		{ "v=spf1 ip6:2001:db8::1 ip4:0.0.0.0/0 -all", true, "2001:db8::1" },
		{ "v=spf1 ip6:2001:db8::1 a:six.example//64 ip6:2001:db8::/128 -all", true,
		  "2001:db8::1" },
		{ "v=spf1 -all", false },
		{ NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct spf_question q = {
			.client = ip_of(cases[i].client != NULL ? cases[i].client : "192.0.2.10"),
			.helo = VIEW("mx.d.example"),
			.mail_from = VIEW("bob@d.example"),
		};
		struct run run;
		bool tells;

		run_check(&run, cases[i].record, &q);
		tells = run.r->verdict == SPF_PASS && spf_match_tells(&run.r->match);
		if (tells != cases[i].tells)
			fail_msg("%s: %s, width %llu", cases[i].record,
			         spf_verdict_text(run.r->verdict),
			         (unsigned long long)run.r->match.width);
		spf_free(&run.c);
	}
}

/* A second check of the same question with another address. */
static void test_second_address(void **state)
{
	struct spf_question q = { .client = ip_of("192.0.2.10"), .mail_from = VIEW("a@d.example") };
	struct spf_question ours = q;
	struct run one, two;

	(void)state;
	ours.client = ip_of("2001:db8::77");
	run_check(&one, "v=spf1 ip4:192.0.2.0/24 -all", &q);
	run_check(&two, "v=spf1 ip4:192.0.2.0/24 -all", &ours);
	assert_int_equal(one.r->verdict, SPF_PASS);
	assert_int_equal(two.r->verdict, SPF_FAIL);
	spf_free(&one.c);
	spf_free(&two.c);
}

static void test_reasons(void **state)
{
	static const struct {
		const char *record, *text;
		unsigned column;
	} cases[] = {
		{ "v=spf1 a ip:1.2.3.4", "d.example: unknown mechanism: \"ip:1.2.3.4\"", 10 },
		{ "v=spf1 ip4:1.2.3.4 include:text.example",
		  "d.example: what it includes has no SPF record", 20 },
		{ "v=spf1 include:%{d1}", "d.example: it includes no domain", 8 },
		{ "v=spf1 redirect=%{d1}", "d.example: it redirects to no domain", 0 },
		{ "v=spf1 include:wrong.example", "wrong.example: unknown mechanism: \"moo\"", 8 },
		{ "v=spf1 a:dead.example", "d.example: no answer from the DNS for dead.example",
		  8 },
		{ "v=spf1 redirect=nx.example",
		  "nx.example: it is redirected to, but has no SPF record", 0 },
		{ "v=spf1 a:\x1b[31m", "d.example: this octet can't be here: \"\\x1b[31m\"", 10 },
	};
	struct spf_question q = { .client = ip_of("192.0.2.10"), .mail_from = VIEW("a@d.example") };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct run run;

		run_check(&run, cases[i].record, &q);
		assert_string_equal(run.r->why.text, cases[i].text);
		assert_int_equal(run.r->why.column, cases[i].column);
		spf_free(&run.c);
	}
}

/* Section 3.3: strings are joined without a space. */
static void test_strings(void **state)
{
	static const struct view strings[] = { VIEW_INIT("v=s"), VIEW_INIT("pf1 ip4:192.0."),
		                               VIEW_INIT(""), VIEW_INIT("2.10 -all") };
	const struct zone_row rows[] = {
		{ .name = "d.example",
		  .type = ZONE_TXT,
		  .strings = strings,
		  .strings_count = COUNT(strings) },
	};
	const struct zone zone = { rows, COUNT(rows) };
	struct spf_question q = { .client = ip_of("192.0.2.10"), .mail_from = VIEW("a@d.example") };
	struct spf_check *c = zone_check(&zone, &q);

	(void)state;
	assert_int_equal(spf_result(c)->verdict, SPF_PASS);
	assert_view(spf_result(c)->record, "v=spf1 ip4:192.0.2.10 -all");
	spf_free(&c);
}

/* A record that is too long, as the last of many strings. */
static void test_long_record(void **state)
{
	static char chunk[255];
	static struct view strings[70];
	struct spf_text text = { strings, COUNT(strings) };
	struct spf_dns_answer a = { .count = 1, .texts = &text };
	struct spf_question q = { .client = ip_of("192.0.2.10"), .mail_from = VIEW("a@d.example") };
	struct spf_check *c = spf_new(&q);

	(void)state;
	memset(chunk, ' ', sizeof(chunk));
	for (size_t i = 0; i < COUNT(strings); i++)
		strings[i] = (struct view){ chunk, sizeof(chunk) };
	strings[0] = VIEW("v=spf1 +all");
	assert_int_equal(spf_run(c), SPF_NEED);
	spf_answer(c, &a);
	assert_int_equal(spf_run(c), SPF_DONE);
	assert_int_equal(spf_result(c)->verdict, SPF_PERMERROR);
	spf_free(&c);
}

/* The caller's side of the contract. */
static void test_steps(void **state)
{
	struct spf_question q = { .client = ip_of("192.0.2.10"), .mail_from = VIEW("a@d.example") };
	struct spf_check *c = spf_new(&q);

	(void)state;
	assert_null(spf_result(c));
	give(c, "v=spf1 -all"); /* nothing was asked yet */
	assert_int_equal(spf_run(c), SPF_NEED);
	assert_int_equal(spf_run(c), SPF_NEED);
	assert_int_equal(spf_wanted(c)->type, SPF_TYPE_TXT);
	assert_string_equal(spf_wanted(c)->name.text, "d.example");
	give(c, "v=spf1 exists:%{p}.x -all exp=e.example");
	assert_null(spf_wanted(c));
	assert_int_equal(spf_run(c), SPF_NEED);
	assert_int_equal(spf_wanted(c)->type, SPF_TYPE_PTR);
	spf_give_up(c);
	assert_int_equal(spf_run(c), SPF_DONE);
	assert_int_equal(spf_result(c)->verdict, SPF_TEMPERROR);
	assert_string_equal(spf_result(c)->why.text, "d.example: the check took too long");
	give(c, "late");
	assert_int_equal(spf_result(c)->verdict, SPF_TEMPERROR);
	spf_free(&c);
	assert_null(c);
	spf_free(&c);

	c = spf_new(&q);
	assert_int_equal(spf_run(c), SPF_NEED);
	give(c, "v=spf1 -all exp=e.example");
	assert_int_equal(spf_run(c), SPF_NEED);
	assert_string_equal(spf_wanted(c)->name.text, "e.example");
	spf_give_up(c);
	assert_int_equal(spf_run(c), SPF_DONE);
	assert_int_equal(spf_result(c)->verdict, SPF_FAIL);
	assert_int_equal(spf_result(c)->explanation.n, 0);
	spf_free(&c);
}

static void test_no_address(void **state)
{
	struct spf_question q = { .mail_from = VIEW("a@pass.example") };
	struct spf_check *c = spf_new(&q);

	(void)state;
	assert_int_equal(spf_run(c), SPF_DONE);
	assert_int_equal(spf_result(c)->verdict, SPF_NONE);
	spf_free(&c);
}

/* A mapped address that nobody has made plain yet. */
static void test_raw_mapped_client(void **state)
{
	struct spf_question q = { .client = { IP_V6, { [10] = 0xff, [11] = 0xff, 192, 0, 2, 10 } },
		                  .mail_from = VIEW("a@d.example") };
	struct run run;

	(void)state;
	run_check(&run, "v=spf1 a:example.com -all", &q);
	assert_int_equal(run.r->verdict, SPF_PASS);
	spf_free(&run.c);
}

/* Section 4.6.4: of more than ten names of the client the first ten count; section 5.5: a name
 * whose addresses can't be had is passed over. */
static void test_client_names(void **state)
{
	struct spf_question q = { .client = ip_of("192.0.2.10"), .mail_from = VIEW("a@d.example") };
	struct zone_row rows[16] = {
		ROW("d.example", TXT, "v=spf1 ptr:good.example -all"),
		ROW("good.example", A, "192.0.2.10"),
		ROW("dead.example", FAILURE, ""),
	};
	const struct zone zone = { rows, 14 };

	(void)state;
	for (size_t at = 10; at <= 11; at++) {
		struct spf_check *c;

		for (size_t i = 0; i < 11; i++)
			rows[3 + i] = (struct zone_row)ROW("10.2.0.192.in-addr.arpa", PTR,
			                                   "dead.example");
		rows[2 + at].text = VIEW("good.example");
		c = zone_check(&zone, &q);
		assert_int_equal(spf_result(c)->verdict, at == 10 ? SPF_PASS : SPF_FAIL);
		assert_int_equal(spf_result(c)->questions, 2 + SPF_HOSTS_MAX);
		spf_free(&c);
	}
}

/* Section 7.3: %{p} prefers the domain itself, then what is below it. */
static void test_validated_name(void **state)
{
	struct spf_question q = { .client = ip_of("192.0.2.10"), .mail_from = VIEW("a@d.example") };
	static const char *const want[] = { "d.example", "mx.d.example", "z.example", "unknown" };
	struct zone_row rows[] = {
		ROW("d.example", TXT, "v=spf1 -all exp=e.example"),
		ROW("e.example", TXT, "%{p}"),
		ROW("10.2.0.192.in-addr.arpa", PTR, "z.example"),
		ROW("10.2.0.192.in-addr.arpa", PTR, "mx.d.example"),
		ROW("10.2.0.192.in-addr.arpa", PTR, "d.example"),
		ROW("z.example", A, "192.0.2.10"),
		ROW("mx.d.example", A, "192.0.2.10"),
		ROW("d.example", A, "192.0.2.10"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(want); i++) {
		const struct zone zone = { rows, COUNT(rows) - i };
		struct spf_check *c = zone_check(&zone, &q);

		assert_view(spf_result(c)->explanation, want[i]);
		spf_free(&c);
	}
}

static void put_event(void *arg, const struct spf_event *e)
{
	static const char *const words[] = { "dns",       "record",   "yes", "no",
		                             "concluded", "redirect", "exp" };
	struct buf *out = arg;
	enum status st = buf_printf(out, "%zu %s %s:", e->depth, e->domain, words[e->kind]);

	if (e->kind == SPF_ANSWERED)
		st = buf_printf(out, " %s %s %d %zu", spf_type_text(e->wanted->type),
		                e->wanted->name.text, (int)e->answer->status, e->answer->count);
	else if (e->text.n > 0)
		st = buf_printf(out, " %.*s", VIEW_ARG(e->text));
	if (e->kind == SPF_MATCHED || e->kind == SPF_CONCLUDED)
		st = buf_printf(out, " %s", spf_verdict_text(e->verdict));
	if (st == ST_OK)
		st = buf_append(out, VIEW("\n"));
	assert_int_equal(st, ST_OK);
}

/* Each step is told, in its order and with the depth of includes. */
static void test_trace(void **state)
{
	static const struct {
		const char *name, *record, *want;
	} cases[] = {
		{ "matches, and not",
		  "v=spf1 moo=1 mx:null-mx.example ip4:10.0.0.0/8 a:example.com",
		  "0 d.example dns: TXT d.example 0 1\n"
		  "0 d.example record: v=spf1 moo=1 mx:null-mx.example ip4:10.0.0.0/8 "
		  "a:example.com\n"
		  "0 d.example dns: MX null-mx.example 0 1\n"
		  "0 d.example no: mx:null-mx.example\n"
		  "0 d.example no: ip4:10.0.0.0/8\n"
		  "0 d.example dns: A example.com 0 2\n"
		  "0 d.example yes: a:example.com pass\n"
		  "0 d.example concluded: pass\n" },
		{ "includes",
		  "v=spf1 include:soft.example ?include:pass.example -all exp=why.example",
		  "0 d.example dns: TXT d.example 0 1\n"
		  "0 d.example record: v=spf1 include:soft.example ?include:pass.example -all "
		  "exp=why.example\n"
		  "1 soft.example dns: TXT soft.example 0 1\n"
		  "1 soft.example record: v=spf1 ~all\n"
		  "1 soft.example yes: ~all softfail\n"
		  "1 soft.example concluded: softfail\n"
		  "0 d.example no: include:soft.example\n"
		  "1 pass.example dns: TXT pass.example 0 1\n"
		  "1 pass.example record: v=spf1 +all\n"
		  "1 pass.example yes: +all pass\n"
		  "1 pass.example concluded: pass\n"
		  "0 d.example yes: ?include:pass.example neutral\n"
		  "0 d.example concluded: neutral\n" },
		{ "redirect and explanation", "v=spf1 ptr:x.example redirect=fail.example",
		  "0 d.example dns: TXT d.example 0 1\n"
		  "0 d.example record: v=spf1 ptr:x.example redirect=fail.example\n"
		  "0 d.example dns: PTR 10.2.0.192.in-addr.arpa 0 1\n"
		  "0 d.example dns: A example.com 0 2\n"
		  "0 d.example no: ptr:x.example\n"
		  "0 d.example redirect: fail.example\n"
		  "0 fail.example dns: TXT fail.example 0 1\n"
		  "0 fail.example record: v=spf1 -all exp=why.example\n"
		  "0 fail.example yes: -all fail\n"
		  "0 fail.example concluded: fail\n"
		  "0 fail.example exp: why.example\n"
		  "0 fail.example dns: TXT why.example 0 1\n" },
		{ "an error ends it", "v=spf1 a:nx.example a:dead.example -all",
		  "0 d.example dns: TXT d.example 0 1\n"
		  "0 d.example record: v=spf1 a:nx.example a:dead.example -all\n"
		  "0 d.example dns: A nx.example 1 0\n"
		  "0 d.example no: a:nx.example\n"
		  "0 d.example dns: A dead.example 2 0\n" },
		{ "a record that can't be read is shown", "v=spf1 moo",
		  "0 d.example dns: TXT d.example 0 1\n"
		  "0 d.example record: v=spf1 moo\n" },
		{ "no record", NULL,
		  "0 d.example dns: TXT d.example 1 0\n"
		  "0 d.example concluded: none\n" },
	};
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf told = buf_of(4096);
		struct spf_question q = { .client = ip_of("192.0.2.10"),
			                  .mail_from = VIEW("a@d.example"),
			                  .trace = { put_event, &told } };
		struct run run;

		run_check(&run, cases[i].record, &q);
		if (strcmp(buf_text(&told), cases[i].want) != 0) {
			print_error("%s:\n%s", cases[i].name, buf_text(&told));
			wrong++;
		}
		spf_free(&run.c);
		buf_free(&told);
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version_section),
		cmocka_unit_test(test_syntax),
		cmocka_unit_test(test_nul_octets_and_length),
		cmocka_unit_test(test_cut_at_every_byte),
		cmocka_unit_test(test_terms),
		cmocka_unit_test(test_macro_examples),
		cmocka_unit_test(test_macro_names),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_long_labels),
		cmocka_unit_test(test_name_under),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_mechanisms),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_identities),
		cmocka_unit_test(test_sender_macros),
		cmocka_unit_test(test_utf8_domain),
		cmocka_unit_test(test_explanations),
		cmocka_unit_test(test_long_explanation),
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_telling),
		cmocka_unit_test(test_second_address),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_long_record),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_no_address),
		cmocka_unit_test(test_raw_mapped_client),
		cmocka_unit_test(test_client_names),
		cmocka_unit_test(test_validated_name),
		cmocka_unit_test(test_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
