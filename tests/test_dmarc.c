#include "test.h"

#include "engine/dmarc.h"

#define NO DMARC_POLICY_NONE
#define QU DMARC_POLICY_QUARANTINE
#define RE DMARC_POLICY_REJECT

static void test_records(void **state)
{
	static const struct {
		const char *text;
		enum status st;
		struct dmarc_record want;
	} cases[] = {
		{ "v=DMARC1; p=reject", ST_OK, { RE, RE, false, false, 100 } },
		{ "v=DMARC1;p=none;", ST_OK, { NO, NO, false, false, 100 } },
		{ "v = DMARC1 ; p = quarantine ; sp = none", ST_OK, { QU, NO, false, false, 100 } },
		{ "v=DMARC1; p=reject; adkim=s; aspf=s; pct=20",
		  ST_OK,
		  { RE, RE, true, true, 20 } },
		{ "v=DMARC1; p=reject; adkim=r; aspf=x; pct=101",
		  ST_OK,
		  { RE, RE, false, false, 100 } },
		{ "v=DMARC1; p=REJECT; pct=0", ST_OK, { RE, RE, false, false, 0 } },
		{ "v=DMARC1; p=reject; foo=bar; ; =; x", ST_OK, { RE, RE, false, false, 100 } },
		{ "v=DMARC1; rua=mailto:d@x.example; p=none",
		  ST_OK,
		  { NO, NO, false, false, 100 } },
		{ "v=DMARC1; sp=reject; rua=mailto:d@x.example",
		  ST_OK,
		  { NO, NO, false, false, 100 } },
		{ "v=DMARC1; p=reject; sp=all; rua=mailto:d@x.example",
		  ST_OK,
		  { NO, NO, false, false, 100 } },
		{ "v=DMARC1", ST_INVALID, { 0 } },
		{ "v=DMARC1; p=all", ST_INVALID, { 0 } },
		{ "v=DMARC1; p=reject; sp=", ST_INVALID, { 0 } },
		{ "v=DMARC1; p=all; rua=x", ST_INVALID, { 0 } },
		{ "v=dmarc1; p=reject", ST_NOTFOUND, { 0 } },
		{ "v=DMARC12; p=reject", ST_NOTFOUND, { 0 } },
		{ "p=reject; v=DMARC1", ST_NOTFOUND, { 0 } },
		{ "v=spf1 -all", ST_NOTFOUND, { 0 } },
		{ "", ST_NOTFOUND, { 0 } },
		{ ";", ST_NOTFOUND, { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dmarc_record got = { .percent = 7 };

		print_message("%s\n", cases[i].text);
		assert_int_equal(dmarc_record_read(view_of(cases[i].text), &got), cases[i].st);
		if (cases[i].st != ST_OK) {
			assert_int_equal(got.percent, 7);
			continue;
		}
		assert_int_equal(got.policy, cases[i].want.policy);
		assert_int_equal(got.subdomains, cases[i].want.subdomains);
		assert_int_equal(got.strict_dkim, cases[i].want.strict_dkim);
		assert_int_equal(got.strict_spf, cases[i].want.strict_spf);
		assert_int_equal(got.percent, cases[i].want.percent);
	}
}

static void test_every_cut(void **state)
{
	struct view whole = VIEW("v=DMARC1; p=reject; sp=none; pct=50");

	(void)state;
	for (size_t n = 0; n < whole.n; n++) {
		struct dmarc_record r;
		enum status st = dmarc_record_read(view_first(whole, n), &r);

		assert_int_equal(st == ST_NOTFOUND, n < strlen("v=DMARC1"));
	}
}

static struct dmarc begin(const char *author)
{
	struct dmarc d;

	assert_int_equal(dmarc_begin(&d, view_of(author)), ST_OK);
	return d;
}

static void answer(struct dmarc *d, const char *wanted, const char *text)
{
	char name[DMARC_NAME_SIZE];
	struct view v = view_of(text);

	assert_true(dmarc_wanted(d, name));
	assert_string_equal(name, wanted);
	dmarc_answer(d, DMARC_DNS_ANSWER, &v, text != NULL ? 1 : 0);
}

static void test_discovery(void **state)
{
	const struct view two[] = { VIEW("v=DMARC1; p=none"), VIEW("v=DMARC1; p=reject") };
	const struct view mixed[] = { VIEW("hello"), VIEW("v=DMARC1; p=reject"), VIEW("v=spf1") };
	char name[DMARC_NAME_SIZE];
	struct dmarc d;

	(void)state;
	d = begin("Mail.Shop.Example.");
	answer(&d, "_dmarc.mail.shop.example", "v=DMARC1; p=reject; sp=none");
	assert_false(dmarc_wanted(&d, name));
	assert_false(d.of_organisation);

	d = begin("a.b.shop.co.uk");
	answer(&d, "_dmarc.a.b.shop.co.uk", NULL);
	answer(&d, "_dmarc.shop.co.uk", "v=DMARC1; p=reject; sp=none");
	assert_true(d.of_organisation);

	d = begin("a.b.shop.co.uk");
	answer(&d, "_dmarc.a.b.shop.co.uk", "some other text");
	answer(&d, "_dmarc.shop.co.uk", NULL);
	assert_false(dmarc_wanted(&d, name));
	assert_int_equal(d.verdict, DMARC_VERDICT_NONE);

	/* The registered domain itself, and a public suffix, have nobody above. */
	d = begin("shop.co.uk");
	answer(&d, "_dmarc.shop.co.uk", NULL);
	assert_int_equal(d.step, DMARC_OVER);
	d = begin("co.uk");
	answer(&d, "_dmarc.co.uk", NULL);
	assert_int_equal(d.step, DMARC_OVER);

	d = begin("mail.shop.example");
	dmarc_answer(&d, DMARC_DNS_ANSWER, two, 2);
	assert_int_equal(d.step, DMARC_OVER);
	assert_int_equal(d.verdict, DMARC_VERDICT_NONE);

	d = begin("mail.shop.example");
	dmarc_answer(&d, DMARC_DNS_ANSWER, mixed, 3);
	assert_int_equal(d.step, DMARC_FOUND);
	assert_int_equal(d.record.policy, DMARC_POLICY_REJECT);

	d = begin("mail.shop.example");
	answer(&d, "_dmarc.mail.shop.example", "v=DMARC1; p=all");
	assert_int_equal(d.verdict, DMARC_VERDICT_PERMERROR);

	d = begin("mail.shop.example");
	dmarc_answer(&d, DMARC_DNS_FAILURE, NULL, 0);
	assert_int_equal(d.verdict, DMARC_VERDICT_TEMPERROR);

	assert_int_equal(dmarc_begin(&d, VIEW("")), ST_INVALID);
	assert_int_equal(dmarc_begin(&d, VIEW("a b.example")), ST_INVALID);
	assert_int_equal(dmarc_begin(&d, VIEW("192.0.2.1")), ST_INVALID);
	assert_false(dmarc_wanted(&d, name));
}

static const struct {
	const char *name, *author, *record, *above, *spf, *dkim;
	bool unknown;
	enum dmarc_verdict verdict;
	enum dmarc_policy disposition;
	const char *spf_open, *dkim_open;
} judgements[] = {
	{ "SPF of the domain", "shop.example", "v=DMARC1; p=reject", NULL, "shop.example", "",
	  false, DMARC_VERDICT_PASS, NO },
	{ "SPF of a host of it", "shop.example", "v=DMARC1; p=reject", NULL, "bounce.shop.example",
	  "", false, DMARC_VERDICT_PASS, NO },
	{ "the same, strictly", "shop.example", "v=DMARC1; p=reject; aspf=s", NULL,
	  "bounce.shop.example", "", false, DMARC_VERDICT_FAIL, RE },
	{ "SPF of the domain, strictly", "shop.example", "v=DMARC1; p=reject; aspf=s", NULL,
	  "SHOP.example", "", false, DMARC_VERDICT_PASS, NO },
	{ "DKIM of the domain", "mail.shop.example", "v=DMARC1; p=reject", NULL, "", "shop.example",
	  false, DMARC_VERDICT_PASS, NO },
	{ "the same, strictly", "mail.shop.example", "v=DMARC1; p=quarantine; adkim=s", NULL, "",
	  "shop.example", false, DMARC_VERDICT_FAIL, QU },
	{ "strict for DKIM alone", "shop.example", "v=DMARC1; p=reject; adkim=s", NULL,
	  "a.shop.example", "", false, DMARC_VERDICT_PASS, NO },
	{ "both of others", "shop.example", "v=DMARC1; p=reject", NULL, "evil.example",
	  "list.example", false, DMARC_VERDICT_FAIL, RE },
	{ "a name that ends like it", "shop.example", "v=DMARC1; p=reject", NULL, "myshop.example",
	  "", false, DMARC_VERDICT_FAIL, RE },
	{ "neighbours under a public suffix", "shop.co.uk", "v=DMARC1; p=reject", NULL,
	  "other.co.uk", "", false, DMARC_VERDICT_FAIL, RE },
	{ "the public suffix itself", "shop.co.uk", "v=DMARC1; p=reject", NULL, "co.uk", "", false,
	  DMARC_VERDICT_FAIL, RE },
	{ "nothing passed", "shop.example", "v=DMARC1; p=none", NULL, "", "", false,
	  DMARC_VERDICT_FAIL, NO },
	{ "the policy for subdomains", "a.shop.example", NULL, "v=DMARC1; p=reject; sp=quarantine",
	  "", "", false, DMARC_VERDICT_FAIL, QU },
	{ "not for the domain itself", "shop.example", "v=DMARC1; p=reject; sp=quarantine", NULL,
	  "", "", false, DMARC_VERDICT_FAIL, RE },
	{ "not for one with a record", "a.shop.example", "v=DMARC1; p=none; sp=reject", NULL, "",
	  "", false, DMARC_VERDICT_FAIL, NO },
	{ "tried out", "shop.example", "v=DMARC1; p=reject; pct=99", NULL, "", "", false,
	  DMARC_VERDICT_FAIL, QU },
	{ "tried out mildly", "shop.example", "v=DMARC1; p=quarantine; pct=0", NULL, "", "", false,
	  DMARC_VERDICT_FAIL, NO },
	{ "SPF of the domain has no answer", "shop.example", "v=DMARC1; p=reject; adkim=s", NULL,
	  "", "", false, DMARC_VERDICT_TEMPERROR, NO, .spf_open = "a.shop.example" },
	{ "that of another has none", "shop.example", "v=DMARC1; p=reject", NULL, "", "", false,
	  DMARC_VERDICT_FAIL, RE, .spf_open = "evil.example", .dkim_open = "evil.example" },
	{ "DKIM of the domain has no answer", "shop.example", "v=DMARC1; p=reject; aspf=s", NULL,
	  "", "", false, DMARC_VERDICT_TEMPERROR, NO, .dkim_open = "a.shop.example" },
	{ "of a host of it, strictly", "shop.example", "v=DMARC1; p=reject; adkim=s; aspf=s", NULL,
	  "", "", false, DMARC_VERDICT_FAIL, RE, .spf_open = "a.shop.example",
	  .dkim_open = "a.shop.example" },
	{ "nobody could look", "shop.example", "v=DMARC1; p=reject", NULL, "", "", true,
	  DMARC_VERDICT_TEMPERROR, NO },
	{ "but not the one that counts", "shop.example", "v=DMARC1; p=reject", NULL, "shop.example",
	  "", true, DMARC_VERDICT_PASS, NO },
	{ "no record", "a.shop.example", NULL, NULL, "shop.example", "", false, DMARC_VERDICT_NONE,
	  NO },
	{ "a broken record", "shop.example", "v=DMARC1; p=", NULL, "shop.example", "", false,
	  DMARC_VERDICT_PERMERROR, NO },
};

static void test_judging(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(judgements) / sizeof(judgements[0]); i++) {
		const struct view dkim[] = { VIEW("first.example"), view_of(judgements[i].dkim) };
		const struct view open[] = { VIEW("second.example"),
			                     view_of(judgements[i].dkim_open) };
		const struct dmarc_evidence e = { .spf = view_of(judgements[i].spf),
			                          .dkim = dkim,
			                          .dkim_count = 2,
			                          .spf_open = view_of(judgements[i].spf_open),
			                          .dkim_open = open,
			                          .dkim_open_count = 2,
			                          .unknown = judgements[i].unknown };
		struct dmarc d = begin(judgements[i].author);
		struct dmarc_result r;
		char name[DMARC_NAME_SIZE];

		print_message("%s\n", judgements[i].name);
		for (unsigned n = 0; dmarc_wanted(&d, name); n++) {
			const char *text = n == 0 ? judgements[i].record : judgements[i].above;
			struct view v = view_of(text);

			dmarc_answer(&d, DMARC_DNS_ANSWER, &v, text != NULL ? 1 : 0);
		}
		r = dmarc_judge(&d, &e);
		assert_int_equal(r.verdict, judgements[i].verdict);
		assert_int_equal(r.disposition, judgements[i].disposition);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_discovery),
		cmocka_unit_test(test_judging),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
