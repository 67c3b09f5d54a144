#include "dns/lookups.h"

#include "dns_rig.h"

#define LONG_MS 20000

static const char zone[] =
	/* names of addresses */
	"1.2.0.192.in-addr.arpa PTR mail.example.com\n"
	"mail.example.com A 192.0.2.1\n"
	"mail.example.com A 192.0.2.99\n"
	"2.2.0.192.in-addr.arpa PTR elsewhere.example.com\n"
	"elsewhere.example.com A 198.51.100.1\n"
	"3.2.0.192.in-addr.arpa PTR gone.example.com\n"
	"4.2.0.192.in-addr.arpa PTR z.example.com\n"
	"4.2.0.192.in-addr.arpa PTR a.example.com\n"
	"4.2.0.192.in-addr.arpa PTR m.example.com\n"
	"a.example.com A 198.51.100.1\n"
	"m.example.com A 192.0.2.4\n"
	"z.example.com A 192.0.2.4\n"
	"5.2.0.192.in-addr.arpa PTR gone.example.com\n"
	"5.2.0.192.in-addr.arpa PTR servfail.example.com\n"
	"6.2.0.192.in-addr.arpa * SERVFAIL\n"
	"7.2.0.192.in-addr.arpa * SILENT\n"
	"8.2.0.192.in-addr.arpa PTR HEX 0461002e62076578616d706c6500\n"
	"9.2.0.192.in-addr.arpa PTR HEX 00\n"
	"10.2.0.192.in-addr.arpa PTR silent.example.com\n"
	"11.2.0.192.in-addr.arpa PTR chain.example.com\n"
	"chain.example.com CNAME chain2.example.com\n"
	"chain2.example.com A 192.0.2.11\n"
	"12.2.0.192.in-addr.arpa CNAME 12.sub.2.0.192.in-addr.arpa\n" /* RFC 2317 */
	"12.sub.2.0.192.in-addr.arpa PTR twelve.example.com\n"
	"twelve.example.com A 192.0.2.12\n"
	"13.2.0.192.in-addr.arpa PTR b.example.com\n"
	"13.2.0.192.in-addr.arpa PTR slow.example.com\n"
	"b.example.com A 192.0.2.14\n"
	"slow.example.com A DELAY 200\n"
	"slow.example.com A 192.0.2.13\n"
	"14.2.0.192.in-addr.arpa PTR n01.example.com\n"
	"14.2.0.192.in-addr.arpa PTR n02.example.com\n"
	"14.2.0.192.in-addr.arpa PTR n03.example.com\n"
	"14.2.0.192.in-addr.arpa PTR n04.example.com\n"
	"14.2.0.192.in-addr.arpa PTR n05.example.com\n"
	"14.2.0.192.in-addr.arpa PTR n06.example.com\n"
	"14.2.0.192.in-addr.arpa PTR n07.example.com\n"
	"14.2.0.192.in-addr.arpa PTR n08.example.com\n"
	"14.2.0.192.in-addr.arpa PTR n09.example.com\n"
	"14.2.0.192.in-addr.arpa PTR n10.example.com\n"
	"14.2.0.192.in-addr.arpa PTR n11.example.com\n"
	"n11.example.com A 192.0.2.14\n"
	"3.2.1.10.in-addr.arpa PTR lan.example.com\n"
	"lan.example.com A 10.1.2.3\n"
	"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR "
	"six.example.com\n"
	"six.example.com AAAA 2001:db8::1\n"
	"six.example.com A 192.0.2.6\n"
	"servfail.example.com * SERVFAIL\n"
	"silent.example.com * SILENT\n"
	/* mail domains */
	"mx.example.com MX 10 mail.example.com\n"
	"v6only.example.com AAAA 2001:db8::9\n"
	"txtonly.example.com TXT \"x\"\n"
	"nullmx.example.com MX 0 .\n"
	"nullmx.example.com A 192.0.2.1\n"
	"nullandmore.example.com MX 0 .\n"
	"nullandmore.example.com MX 10 mail.example.com\n"
	"mxfails.example.com MX SERVFAIL\n"
	"mxfails.example.com A 192.0.2.1\n"
	"mxfails2.example.com MX SERVFAIL\n"
	"afails.example.com A SERVFAIL\n"
	"nxmx.example.com MX NXDOMAIN\n"
	"nxmx.example.com A 192.0.2.1\n"
	"alias.example.com CNAME mx.example.com\n"
	/* addresses of MX hosts */
	"two.example.com MX 20 six.example.com\n"
	"two.example.com MX 10 mail.example.com\n"
	"half.example.com MX 10 mail.example.com\n"
	"half.example.com MX 20 servfail.example.com\n"
	"broken.example.com MX 10 servfail.example.com\n"
	"dangling.example.com MX 10 gone.example.com\n"
	"oddhost.example.com MX HEX 000a0461002e62076578616d706c6500\n"
	"wide.example.com MX 10 many.example.com\n"
	"wide.example.com MX 20 mail.example.com\n"
	"many.example.com A MANY 100\n"
	"hosts.example.com MX 1 mail.example.com\nhosts.example.com MX 2 h2.example.com\n"
	"hosts.example.com MX 3 h3.example.com\nhosts.example.com MX 4 h4.example.com\n"
	"hosts.example.com MX 5 h5.example.com\nhosts.example.com MX 6 h6.example.com\n"
	"hosts.example.com MX 7 h7.example.com\nhosts.example.com MX 8 h8.example.com\n"
	"hosts.example.com MX 9 h9.example.com\nhosts.example.com MX 10 h10.example.com\n"
	"hosts.example.com MX 11 six.example.com\n"
	/* lists */
	"1.2.0.192.bl.example A 127.0.0.2\n"
	"1.2.0.192.bl.example A 127.0.0.10\n"
	"2.2.0.192.bl.example A 127.255.255.254\n"
	"2.2.0.192.bl.example A 127.0.0.2\n"
	"3.2.0.192.bl.example A 127.0.0.255\n"
	"4.2.0.192.bl.example A 192.0.2.80\n"
	"5.2.0.192.bl.example A 192.0.2.80\n"
	"5.2.0.192.bl.example A 127.0.0.4\n"
	"6.2.0.192.bl.example * SERVFAIL\n"
	"7.2.0.192.bl.example * SILENT\n"
	"8.2.0.192.bl.example TXT \"text alone\"\n"
	"9.2.0.192.bl.example A 127.0.255.1\n"
	"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.example A 127.0.0.3\n";

struct heard {
	unsigned times;
	int status;
	bool incomplete;
	char text[400];
};

static struct ip address(const char *text)
{
	struct ip ip = { .family = IP_NONE };

	if (text[0] != '\0')
		assert_int_equal(ip_parse(view_of(text), &ip), ST_OK);
	return ip;
}

static void set_addresses(struct heard *h, const struct ip *ips, size_t count)
{
	size_t n = 0;

	h->text[0] = '\0';
	for (size_t i = 0; i < count && n < sizeof(h->text); i++) {
		char ip[IP_TEXT_MAX];

		ip_format(&ips[i], ip);
		n += (size_t)snprintf(h->text + n, sizeof(h->text) - n, "%s ", ip);
	}
}

static void on_reverse(void *arg, const struct dns_reverse *result)
{
	struct heard *h = arg;

	h->times++;
	h->status = (int)result->status;
	(void)snprintf(h->text, sizeof(h->text), "%.*s", VIEW_ARG(result->name));
}

static void on_mail(void *arg, enum mail_status result)
{
	struct heard *h = arg;

	h->times++;
	h->status = (int)result;
}

static void on_mx(void *arg, const struct dns_mx *result)
{
	struct heard *h = arg;

	h->times++;
	h->status = (int)result->status;
	h->incomplete = result->incomplete;
	set_addresses(h, result->addresses, result->count);
}

static void on_list(void *arg, const struct dns_list *result)
{
	struct heard *h = arg;

	h->times++;
	h->status = (int)result->status;
	set_addresses(h, result->codes, result->count);
}

static void test_reverse(void **state)
{
	static const struct {
		const char *what, *ip;
		enum reverse_status wanted;
		const char *name;
	} cases[] = {
		{ "leads back", "192.0.2.1", REVERSE_CONFIRMED, "mail.example.com" },
		{ "leads elsewhere", "192.0.2.2", REVERSE_UNCONFIRMED, "elsewhere.example.com" },
		{ "leads nowhere", "192.0.2.3", REVERSE_UNCONFIRMED, "gone.example.com" },
		{ "the first that leads back", "192.0.2.4", REVERSE_CONFIRMED, "m.example.com" },
		{ "one of the names fails", "192.0.2.5", REVERSE_FAILED, "gone.example.com" },
		{ "PTR fails", "192.0.2.6", REVERSE_FAILED, "" },
		{ "PTR is silent", "192.0.2.7", REVERSE_FAILED, "" },
		{ "a name of odd octets", "192.0.2.8", REVERSE_UNCONFIRMED,
		  "a\\000\\046b.example" },
		{ "the root for a name", "192.0.2.9", REVERSE_UNCONFIRMED, "" },
		{ "the name is silent", "192.0.2.10", REVERSE_FAILED, "silent.example.com" },
		{ "by way of a CNAME", "192.0.2.11", REVERSE_CONFIRMED, "chain.example.com" },
		{ "a delegated part of a /24", "192.0.2.12", REVERSE_CONFIRMED,
		  "twelve.example.com" },
		{ "the slow one", "192.0.2.13", REVERSE_CONFIRMED, "slow.example.com" },
		{ "the eleventh leads back", "192.0.2.14", REVERSE_UNCONFIRMED, "n01.example.com" },
		{ "no name", "192.0.2.200", REVERSE_NONE, "" },
		{ "private", "10.1.2.3", REVERSE_CONFIRMED, "lan.example.com" },
		{ "IPv6", "2001:db8::1", REVERSE_CONFIRMED, "six.example.com" },
		{ "no address", "", REVERSE_FAILED, "" },
	};
	struct rig r;

	(void)state;
	rig_begin(&r, zone);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ip ip = address(cases[i].ip);
		struct heard h = { 0 };

		(void)dns_reverse(r.port, &ip, 500, on_reverse, &h);
		assert_int_equal(h.times, 0);
		rig_turn_until(&r, &h.times, 1);
		if (h.status != (int)cases[i].wanted || strcmp(h.text, cases[i].name) != 0)
			fail_msg("%s: %d %s", cases[i].what, h.status, h.text);
	}
	rig_end(&r);
}

static void test_mail_domain(void **state)
{
	static const struct {
		const char *domain;
		enum mail_status wanted;
	} cases[] = {
		{ "mx.example.com", MAIL_RESOLVES },
		{ "MX.Example.com.", MAIL_RESOLVES },
		{ "mail.example.com", MAIL_RESOLVES },
		{ "v6only.example.com", MAIL_RESOLVES },
		{ "alias.example.com", MAIL_RESOLVES },
		{ "txtonly.example.com", MAIL_UNRESOLVABLE },
		{ "unheard.example.com", MAIL_UNRESOLVABLE },
		{ "nullmx.example.com", MAIL_UNRESOLVABLE },
		{ "nullandmore.example.com", MAIL_RESOLVES },
		{ "mxfails.example.com", MAIL_RESOLVES },
		{ "mxfails2.example.com", MAIL_FAILED },
		{ "afails.example.com", MAIL_FAILED },
		{ "nxmx.example.com", MAIL_RESOLVES },
		{ "servfail.example.com", MAIL_FAILED },
		{ "silent.example.com", MAIL_FAILED },
		{ "", MAIL_FAILED },
		{ "a..b", MAIL_FAILED },
		{ "[192.0.2.1]", MAIL_FAILED },
	};
	struct rig r;

	(void)state;
	rig_begin(&r, zone);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct heard h = { 0 };

		(void)dns_mail_domain(r.port, view_of(cases[i].domain), 500, on_mail, &h);
		assert_int_equal(h.times, 0);
		rig_turn_until(&r, &h.times, 1);
		if (h.status != (int)cases[i].wanted)
			fail_msg("%s: %d", cases[i].domain, h.status);
	}
	rig_end(&r);
}

static void test_mx(void **state)
{
	static const struct {
		const char *domain;
		enum ip_family family;
		enum dns_status wanted;
		const char *addresses; /* NULL: too many to write down */
		bool incomplete;
	} cases[] = {
		{ "mx.example.com", IP_NONE, DNS_OK, "192.0.2.1 192.0.2.99 " },
		{ "two.example.com", IP_V4, DNS_OK, "192.0.2.1 192.0.2.99 192.0.2.6 " },
		{ "two.example.com", IP_V6, DNS_OK, "2001:db8::1 " },
		{ "mail.example.com", IP_V4, DNS_OK, "192.0.2.1 192.0.2.99 " },
		{ "mail.example.com", IP_V6, DNS_NODATA, "" },
		{ "half.example.com", IP_V4, DNS_OK, "192.0.2.1 192.0.2.99 ", true },
		{ "broken.example.com", IP_V4, DNS_FAILED, "", true },
		{ "dangling.example.com", IP_V4, DNS_NODATA, "" },
		{ "oddhost.example.com", IP_V4, DNS_NODATA, "" },
		{ "nullmx.example.com", IP_V4, DNS_NODATA, "" },
		{ "unheard.example.com", IP_V4, DNS_NXDOMAIN, "" },
		{ "servfail.example.com", IP_V4, DNS_FAILED, "" },
		{ "silent.example.com", IP_V4, DNS_TIMEOUT, "" },
		{ "wide.example.com", IP_V4, DNS_OK, NULL, true },
		{ "hosts.example.com", IP_NONE, DNS_OK, "192.0.2.1 192.0.2.99 ", true },
		{ "a..b", IP_V4, DNS_FAILED, "" },
	};
	struct rig r;

	(void)state;
	rig_begin(&r, zone);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct heard h = { 0 };

		(void)dns_mx(r.port, view_of(cases[i].domain), cases[i].family, 500, on_mx, &h);
		assert_int_equal(h.times, 0);
		rig_turn_until(&r, &h.times, 1);
		if (h.status != (int)cases[i].wanted || h.incomplete != cases[i].incomplete ||
		    (cases[i].addresses != NULL && strcmp(h.text, cases[i].addresses) != 0))
			fail_msg("%s: %d %d %s", cases[i].domain, h.status, h.incomplete, h.text);
	}
	rig_end(&r);
}

static void test_list(void **state)
{
	static const struct {
		const char *what, *ip;
		enum list_status wanted;
		const char *codes;
	} cases[] = {
		{ "listed twice", "192.0.2.1", LIST_LISTED, "127.0.0.2 127.0.0.10 " },
		{ "an error code, and more", "192.0.2.2", LIST_FAILED, "127.255.255.254 " },
		{ "the other error code", "192.0.2.3", LIST_FAILED, "127.0.0.255 " },
		{ "no list any more", "192.0.2.4", LIST_FAILED, "" },
		{ "one that counts", "192.0.2.5", LIST_LISTED, "127.0.0.4 " },
		{ "SERVFAIL", "192.0.2.6", LIST_FAILED, "" },
		{ "silent", "192.0.2.7", LIST_FAILED, "" },
		{ "no address", "192.0.2.8", LIST_NOT_LISTED, "" },
		{ "127.0.255.1 is no error code", "192.0.2.9", LIST_LISTED, "127.0.255.1 " },
		{ "not listed", "192.0.2.200", LIST_NOT_LISTED, "" },
		{ "IPv6", "2001:db8::1", LIST_LISTED, "127.0.0.3 " },
		{ "IPv6, not listed", "2001:db8::2", LIST_NOT_LISTED, "" },
		{ "nobody", "", LIST_FAILED, "" },
	};
	struct rig r;

	(void)state;
	rig_begin(&r, zone);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ip ip = address(cases[i].ip);
		struct heard h = { 0 };

		(void)dns_list(r.port, &ip, VIEW("bl.example"), 500, on_list, &h);
		assert_int_equal(h.times, 0);
		rig_turn_until(&r, &h.times, 1);
		if (h.status != (int)cases[i].wanted || strcmp(h.text, cases[i].codes) != 0)
			fail_msg("%s: %d %s", cases[i].what, h.status, h.text);
	}
	rig_end(&r);
}

/* The time is for all questions together. */
static void test_one_deadline(void **state)
{
	const struct ip ip = address("192.0.2.10");
	uint64_t began = loop_mono_us();
	struct heard h[3] = { { 0 } };
	struct rig r;

	(void)state;
	rig_begin(&r, zone);
	(void)dns_reverse(r.port, &ip, 500, on_reverse, &h[0]);
	(void)dns_mail_domain(r.port, VIEW("silent.example.com"), 500, on_mail, &h[1]);
	(void)dns_mx(r.port, VIEW("silent.example.com"), IP_NONE, 500, on_mx, &h[2]);
	for (size_t i = 0; i < 3; i++)
		rig_turn_until(&r, &h[i].times, 1);
	assert_in_range(loop_mono_us() - began, 400000, 900000);
	rig_end(&r);
}

static struct dns_lookup *start(struct rig *r, unsigned which, struct heard *h)
{
	const struct ip ip = address("192.0.2.13");

	switch (which) {
	case 0: return dns_reverse(r->port, &ip, LONG_MS, on_reverse, h);
	case 1: return dns_mail_domain(r->port, VIEW("afails.example.com"), LONG_MS, on_mail, h);
	case 2: return dns_mx(r->port, VIEW("two.example.com"), IP_NONE, LONG_MS, on_mx, h);
	default: return dns_list(r->port, &ip, VIEW("bl.example"), LONG_MS, on_list, h);
	}
}

/* Cancelled after each number of turns, until one has come to its end before that. */
static void test_cancel(void **state)
{
	struct rig r;

	(void)state;
	for (unsigned which = 0; which < 4; which++) {
		for (unsigned turns = 0; turns < 60; turns++) {
			struct heard h = { 0 }, other = { 0 };
			struct dns_lookup *l;

			rig_begin(&r, zone);
			l = start(&r, which, &h);
			for (unsigned i = 0; i < turns && h.times == 0; i++)
				loop_turn(r.loop, i > 0);
			if (h.times > 0) {
				rig_end(&r);
				break;
			}
			dns_lookup_cancel(&l);
			assert_null(l);
			dns_lookup_cancel(&l);
			/* What comes late finds nobody. */
			(void)start(&r, which, &other);
			rig_turn_until(&r, &other.times, 1);
			assert_int_equal(h.times, 0);
			rig_end(&r);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reverse),      cmocka_unit_test(test_mail_domain),
		cmocka_unit_test(test_mx),           cmocka_unit_test(test_list),
		cmocka_unit_test(test_one_deadline), cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
