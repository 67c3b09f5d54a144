#include "dns/spf_lookup.h"

#include "dns_rig.h"

#define LONG_MS 20000

static const char zone[] =
	"example.com TXT \"v=spf1 ip4:192.0.2.1 \" \"include:other.example.com -all\"\n"
	"example.com TXT \"some other text\"\n"
	"other.example.com TXT \"v=spf1 mx a:slow.example.com ~all\"\n"
	"other.example.com MX 10 mail.example.com\n"
	"mail.example.com A 192.0.2.2\n"
	"mail.example.com AAAA 2001:db8::2\n"
	"slow.example.com A DELAY 200\n"
	"slow.example.com A 192.0.2.3\n"
	"servfail.example.com TXT SERVFAIL\n"
	"silent.example.com TXT SILENT\n"
	"behind.example.com TXT \"v=spf1 include:silent.example.com -all\"\n"
	"two.example.com TXT \"v=spf1 -all\"\n"
	"two.example.com TXT \"v=spf1 +all\"\n"
	"huge.example.com TXT HUGE 33000\n"
	"wide.example.com TXT \"v=spf1 a:many.example.com -all\"\n"
	"many.example.com A MANY 101\n"
	"ptr.example.com TXT \"v=spf1 ptr:example.com -all\"\n"
	"4.2.0.192.in-addr.arpa PTR four.example.com\n"
	"four.example.com A 192.0.2.4\n"
	"helo.example.com TXT \"v=spf1 ip4:192.0.2.9 -all\"\n";

struct heard {
	unsigned times;
	enum spf_verdict verdict;
};

static void on_result(void *arg, const struct spf_result *result)
{
	struct heard *h = arg;

	h->times++;
	h->verdict = result->verdict;
}

static struct spf_lookup *start(struct rig *r, const char *ip, const char *domain,
                                unsigned timeout_ms, struct heard *h)
{
	struct spf_question q = { .helo = VIEW("helo.example.com") };
	char sender[300];

	if (ip[0] != '\0')
		assert_int_equal(ip_parse(view_of(ip), &q.client), ST_OK);
	(void)snprintf(sender, sizeof(sender), "somebody@%s", domain);
	if (domain[0] != '\0')
		q.mail_from = view_of(sender);
	return spf_lookup(r->port, &q, timeout_ms, on_result, h);
}

static void test_verdicts(void **state)
{
	static const struct {
		const char *what, *ip, *domain;
		enum spf_verdict wanted;
	} cases[] = {
		{ "in the record itself, whose strings are joined", "192.0.2.1", "example.com",
		  SPF_PASS },
		{ "an MX of the included one", "192.0.2.2", "example.com", SPF_PASS },
		{ "the same by IPv6", "2001:db8::2", "example.com", SPF_PASS },
		{ "a slow name", "192.0.2.3", "example.com", SPF_PASS },
		{ "none of them", "192.0.2.99", "example.com", SPF_FAIL },
		{ "softfail", "192.0.2.99", "other.example.com", SPF_SOFTFAIL },
		{ "no record", "192.0.2.1", "mail.example.com", SPF_NONE },
		{ "no domain", "192.0.2.1", "unheard.example.com", SPF_NONE },
		{ "SERVFAIL", "192.0.2.1", "servfail.example.com", SPF_TEMPERROR },
		{ "silence", "192.0.2.1", "silent.example.com", SPF_TEMPERROR },
		{ "silence of an include", "192.0.2.1", "behind.example.com", SPF_TEMPERROR },
		{ "two records", "192.0.2.1", "two.example.com", SPF_PERMERROR },
		{ "more than is taken", "192.0.2.1", "huge.example.com", SPF_TEMPERROR },
		{ "more addresses than are taken", "192.0.2.1", "wide.example.com", SPF_TEMPERROR },
		{ "by PTR", "192.0.2.4", "ptr.example.com", SPF_PASS },
		{ "HELO", "192.0.2.9", "", SPF_PASS },
		{ "nobody", "", "example.com", SPF_NONE },
		{ "no domain at all", "192.0.2.1", "a..b", SPF_NONE },
	};
	struct rig r;

	(void)state;
	rig_begin(&r, zone);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct heard h = { .times = 0 };

		(void)start(&r, cases[i].ip, cases[i].domain, 700, &h);
		assert_int_equal(h.times, 0);
		rig_turn_until(&r, &h.times, 1);
		if (h.verdict != cases[i].wanted)
			fail_msg("%s: %s", cases[i].what, spf_verdict_text(h.verdict));
	}
	rig_end(&r);
}

static void test_cancel(void **state)
{
	struct rig r;

	(void)state;
	for (unsigned turns = 0; turns < 60; turns++) {
		struct heard h = { .times = 0 }, other = { .times = 0 }, nobody = { .times = 0 };
		struct spf_lookup *l, *n;

		rig_begin(&r, zone);
		l = start(&r, "192.0.2.3", "example.com", LONG_MS, &h);
		n = start(&r, "", "example.com", LONG_MS, &nobody); /* needs no question */
		if (turns == 0)
			spf_lookup_cancel(&n);
		for (unsigned i = 0; i < turns && h.times == 0; i++)
			loop_turn(r.loop, i > 0);
		assert_int_equal(nobody.times, turns > 0);
		if (h.times > 0) {
			rig_end(&r);
			break;
		}
		spf_lookup_cancel(&l);
		assert_null(l);
		spf_lookup_cancel(&l);
		(void)start(&r, "192.0.2.2", "example.com", LONG_MS, &other);
		rig_turn_until(&r, &other.times, 1);
		assert_int_equal(h.times, 0);
		rig_end(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
