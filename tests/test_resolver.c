#include "dns_rig.h"

#include <malloc.h>
#include <pthread.h>
#include <time.h>

#include "dns/name.h"
#include "folder.h"

#define LONG_MS 20000 /* longer than any answer takes */

/* --- names --- */

#define L63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"

static void test_names(void **state)
{
	static const struct {
		const char *text, *wanted; /* NULL: refused */
	} cases[] = {
		{ "example.com", "example.com" },
		{ "EXAMPLE.Com.", "example.com" },
		{ "com", "com" },
		{ "_spf.example.com", "_spf.example.com" },
		{ "with space.example", "with space.example" },
		{ L63 ".example", L63 ".example" },
		{ L63 "x.example", NULL },
		{ L63 "." L63 "." L63 "." L63, NULL }, /* 255 */
		{ "", NULL },
		{ ".", NULL },
		{ "..", NULL },
		{ ".example", NULL },
		{ "a..example", NULL },
		{ "example..", NULL },
		{ "back\\slash.example", NULL },
		{ "tab\t.example", NULL },
		{ "b\xc3\xbc"
		  "cher.example",
		  NULL },
	};
	struct dns_name name;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum status st = dns_name_set(&name, view_of(cases[i].text));

		assert_int_equal(st, cases[i].wanted != NULL ? ST_OK : ST_INVALID);
		if (st == ST_OK)
			assert_string_equal(name.text, cases[i].wanted);
	}
	assert_int_equal(dns_name_set(&name, (struct view){ "a\0b", 3 }), ST_INVALID);
}

static void test_reversed(void **state)
{
	static const struct {
		const char *ip, *zone, *wanted;
	} cases[] = {
		{ "192.0.2.1", "bl.example", "1.2.0.192.bl.example" },
		{ "192.0.2.1", "", NULL },
		{ "192.0.2.1", ".x", NULL },
		{ "2001:db8::1", "x",
		  "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.x" },
		{ "2001:db8::1", L63 "." L63 "." L63, NULL },
		{ "2001:db8::1", L63 "." L63 "." L63 "." L63 "." L63, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dns_name name;
		struct ip ip;
		enum status st;

		assert_int_equal(ip_parse(view_of(cases[i].ip), &ip), ST_OK);
		st = dns_name_of_address(&ip, view_of(cases[i].zone), &name);
		assert_int_equal(st, cases[i].wanted != NULL ? ST_OK : ST_INVALID);
		if (st == ST_OK)
			assert_string_equal(name.text, cases[i].wanted);
	}
}

/* --- what one question is answered --- */

struct heard {
	struct rig *rig;
	unsigned times;
	enum dns_status status;
	size_t count;
	bool cut;
	char why[40];
	char text[400]; /* of all records, a space behind each */
};

static void add_record(char *out, size_t size, const struct dns_record *r)
{
	size_t n = strlen(out);
	char ip[IP_TEXT_MAX];

	ip_format(&r->ip, ip);
	(void)snprintf(out + n, size - n, "%.*s%s ", VIEW_ARG(r->text),
	               r->ip.family != IP_NONE ? ip : "");
}

static void on_answer(void *arg, const struct dns_answer *a)
{
	struct heard *h = arg;

	h->times++;
	h->status = a->status;
	h->count = a->count;
	h->cut = a->cut;
	(void)snprintf(h->why, sizeof(h->why), "%s", a->why);
	h->text[0] = '\0';
	for (size_t i = 0; i < a->count; i++)
		add_record(h->text, sizeof(h->text), &a->records[i]);
}

static struct heard ask(struct rig *r, const char *name, enum dns_type type, unsigned timeout_ms)
{
	struct heard h = { .rig = r };

	(void)dns_ask(r->port, view_of(name), type, timeout_ms, on_answer, &h);
	assert_int_equal(h.times, 0);
	rig_turn_until(r, &h.times, 1);
	return h;
}

static const char zone[] = "a.example.com A 192.0.2.1\n"
			   "a.example.com A 192.0.2.2\n"
			   "a.example.com AAAA 2001:db8::1\n"
			   "mapped.example.com AAAA ::ffff:192.0.2.7\n"
			   "private.example.com A 10.1.2.3\n"
			   "private.example.com A 127.0.0.2\n"
			   "txt.example.com TXT \"v=spf1 ip4:192.0.2\" \".0/24 -all\"\n"
			   "txt.example.com TXT \"\"\n"
			   "mx.example.com MX 20 B.example.com\n"
			   "mx.example.com MX 10 a.example.com\n"
			   "mx.example.com MX 30 c.example.com\n"
			   "nullmx.example.com MX 0 .\n"
			   "1.2.0.192.in-addr.arpa PTR Host.Example.COM\n"
			   "3.2.1.10.in-addr.arpa PTR lan.example.com\n"
			   "1.0.0.127.in-addr.arpa PTR other.example.com\n"
			   "9.0.0.127.in-addr.arpa PTR lab.example.com\n"
			   "a.test A 192.0.2.5\n"
			   "nas.home.arpa A 192.0.2.6\n"
			   "a.invalid A 192.0.2.7\n"
			   "odd.example.com PTR a_b.example.com\n"
			   "bytes.example.com PTR HEX 0461002e62076578616d706c6500\n"
			   "chain.example.com CNAME chain2.example.com\n"
			   "chain2.example.com CNAME chain3.example.com\n"
			   "chain3.example.com CNAME a.example.com\n"
			   "nowhere.example.com CNAME gone.example.com\n"
			   "loop.example.com A LOOP\n"
			   "round.example.com CNAME square.example.com\n"
			   "square.example.com CNAME round.example.com\n"
			   "servfail.example.com * SERVFAIL\n"
			   "refused.example.com * REFUSED\n"
			   "nx.example.com * NXDOMAIN\n"
			   "tc.example.com A TC\n"
			   "tc.example.com A 192.0.2.9\n"
			   "huge.example.com TXT HUGE 30000\n"
			   "huger.example.com TXT HUGE 33000\n"
			   "many.example.com A MANY 100\n"
			   "manymore.example.com A MANY 101\n"
			   "slow.example.com A DELAY 300\n"
			   "slow.example.com A 192.0.2.3\n"
			   "*.slow.example.com * DELAY 400\n"
			   "again.slow.example.com AAAA 2001:db8::1\n"
			   "slow2.example.com A DELAY 300\n"
			   "slow2.example.com A 192.0.2.4\n"
			   "silent.example.com * SILENT\n"
			   "*.silent.example.com * SILENT\n"
			   "garbage.example.com * GARBAGE\n"
			   "cut.example.com A CUT\n"
			   "cut.example.com A 192.0.2.3\n"
			   "wrongname.example.com A WRONGNAME\n"
			   "wrongname.example.com A 192.0.2.3\n"
			   "wrongid.example.com A WRONGID\n"
			   "wrongid.example.com A 192.0.2.3\n"
			   "pointer.example.com PTR POINTER\n"
			   "short.example.com A HEX c00002\n"
			   "long.example.com AAAA HEX c0000201\n"
			   "badtxt.example.com TXT HEX 05616263\n"
			   "emptytxt.example.com TXT HEX\n"
			   "emptytxt.example.com TXT \"v=spf1\" \" -all\"\n"
			   "toempty.example.com CNAME emptytxt.example.com\n"
			   "emptyptr.example.com PTR HEX\n"
			   "badmx.example.com MX HEX 00\n";

static void test_answers(void **state)
{
	static const struct {
		const char *name;
		enum dns_type type;
		enum dns_status wanted;
		const char *text;
		bool cut;
	} cases[] = {
		{ "a.example.com", DNS_A, DNS_OK, "192.0.2.1 192.0.2.2 " },
		{ "A.Example.COM.", DNS_AAAA, DNS_OK, "2001:db8::1 " },
		{ "mapped.example.com", DNS_AAAA, DNS_OK, "192.0.2.7 " },
		{ "private.example.com", DNS_A, DNS_OK, "10.1.2.3 127.0.0.2 " },
		{ "txt.example.com", DNS_TXT, DNS_OK, " v=spf1 ip4:192.0.2.0/24 -all " },
		{ "mx.example.com", DNS_MX, DNS_OK, "a.example.com b.example.com c.example.com " },
		{ "nullmx.example.com", DNS_MX, DNS_OK, " " },
		{ "1.2.0.192.in-addr.arpa", DNS_PTR, DNS_OK, "host.example.com " },
		{ "3.2.1.10.in-addr.arpa", DNS_PTR, DNS_OK, "lan.example.com " },
		{ "9.0.0.127.in-addr.arpa", DNS_PTR, DNS_OK, "lab.example.com " },
		{ "8.0.0.127.in-addr.arpa", DNS_PTR, DNS_NXDOMAIN, "" },
		{ "1.0.0.127.in-addr.arpa", DNS_PTR, DNS_OK, "localhost " },
		{ "localhost", DNS_A, DNS_OK, "127.0.0.1 " },
		{ "a.test", DNS_A, DNS_OK, "192.0.2.5 " },
		{ "nas.home.arpa", DNS_A, DNS_OK, "192.0.2.6 " },
		{ "a.invalid", DNS_A, DNS_NXDOMAIN, "" },
		{ "odd.example.com", DNS_PTR, DNS_OK, "a_b.example.com " },
		{ "bytes.example.com", DNS_PTR, DNS_OK, "a\\000\\046b.example " },
		{ "chain.example.com", DNS_A, DNS_OK, "192.0.2.1 192.0.2.2 " },
		{ "chain.example.com", DNS_MX, DNS_NODATA, "" },
		{ "nowhere.example.com", DNS_A, DNS_NXDOMAIN, "" },
		{ "loop.example.com", DNS_A, DNS_FAILED, "" },
		{ "round.example.com", DNS_A, DNS_FAILED, "" },
		{ "a.example.com", DNS_MX, DNS_NODATA, "" },
		{ "unheard.example.com", DNS_A, DNS_NXDOMAIN, "" },
		{ "nx.example.com", DNS_TXT, DNS_NXDOMAIN, "" },
		{ "servfail.example.com", DNS_A, DNS_FAILED, "" },
		{ "refused.example.com", DNS_A, DNS_FAILED, "" },
		{ "tc.example.com", DNS_A, DNS_OK, "192.0.2.9 " },
		{ "huger.example.com", DNS_TXT, DNS_OK, "", true },
		{ "short.example.com", DNS_A, DNS_FAILED, "" },
		{ "long.example.com", DNS_AAAA, DNS_FAILED, "" },
		{ "badtxt.example.com", DNS_TXT, DNS_FAILED, "" },
		{ "emptytxt.example.com", DNS_TXT, DNS_OK, " v=spf1 -all " },
		{ "toempty.example.com", DNS_TXT, DNS_OK, " v=spf1 -all " },
		{ "emptyptr.example.com", DNS_PTR, DNS_FAILED, "" },
		{ "badmx.example.com", DNS_MX, DNS_FAILED, "" },
		{ "pointer.example.com", DNS_PTR, DNS_FAILED, "" },
		{ "", DNS_A, DNS_FAILED, "" },
		{ "a..example.com", DNS_A, DNS_FAILED, "" },
	};
	struct resolver_counters n;
	struct rig r;

	(void)state;
	rig_begin(&r, zone);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct heard h = ask(&r, cases[i].name, cases[i].type, LONG_MS);

		if (h.status != cases[i].wanted || strcmp(h.text, cases[i].text) != 0 ||
		    h.cut != cases[i].cut)
			fail_msg("%s %d: %s (%s), %zu: %s", cases[i].name, cases[i].type,
			         dns_status_text(h.status), h.why, h.count, h.text);
	}
	resolver_count(r.resolver, &n);
	assert_int_equal(n.asked, sizeof(cases) / sizeof(cases[0]));
	assert_int_equal(n.asked, n.answered[DNS_OK] + n.answered[DNS_NODATA] +
	                                  n.answered[DNS_NXDOMAIN] + n.answered[DNS_FAILED]);
	assert_int_equal(n.junk, 2);
	assert_int_equal(n.cut, 1);
	assert_int_equal(n.in_flight, 0);
	rig_end(&r);
}

static void test_big_answers(void **state)
{
	struct rig r;
	struct heard h;

	(void)state;
	rig_begin(&r, zone);
	h = ask(&r, "huge.example.com", DNS_TXT, LONG_MS);
	assert_int_equal(h.status, DNS_OK);
	assert_int_equal(h.count, 1);
	assert_false(h.cut);
	h = ask(&r, "many.example.com", DNS_A, LONG_MS);
	assert_int_equal(h.count, DNS_RECORDS_MAX);
	assert_false(h.cut);
	h = ask(&r, "manymore.example.com", DNS_A, LONG_MS);
	assert_int_equal(h.count, DNS_RECORDS_MAX);
	assert_true(h.cut);
	rig_end(&r);
}

/* What is no answer to our question is not taken for one; libunbound may see that there will be
 * none. */
static void test_silence(void **state)
{
	static const char *const names[] = { "silent.example.com", "wrongid.example.com",
		                             "wrongname.example.com", "garbage.example.com",
		                             "cut.example.com" };
	struct rig r;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint64_t began = loop_mono_us();
		struct heard h;

		rig_begin(&r, zone);
		h = ask(&r, names[i], DNS_A, 300);
		if (h.status != DNS_TIMEOUT && (i < 2 || h.status != DNS_FAILED))
			fail_msg("%s: %s %s", names[i], dns_status_text(h.status), h.text);
		assert_in_range(loop_mono_us() - began, h.status == DNS_TIMEOUT ? 250000 : 0,
		                5000000);
		rig_end(&r);
	}
}

static void test_timeout_one_by_one(void **state)
{
	struct heard h[3] = { { 0 } };
	struct resolver_counters n;
	struct rig r;

	(void)state;
	rig_begin(&r, zone);
	for (unsigned i = 0; i < 3; i++)
		(void)dns_ask(r.port, VIEW("slow.example.com"), DNS_A, i == 1 ? LONG_MS : 50,
		              on_answer, &h[i]);
	rig_turn_until(&r, &h[1].times, 1);
	assert_int_equal(h[0].status, DNS_TIMEOUT);
	assert_int_equal(h[2].status, DNS_TIMEOUT);
	assert_int_equal(h[1].status, DNS_OK);
	assert_int_equal(h[0].times + h[1].times + h[2].times, 3);
	resolver_count(r.resolver, &n);
	assert_int_equal(n.shared, 2);
	assert_int_equal(n.questions, 1);
	assert_int_equal(n.answered[DNS_TIMEOUT], 2);
	rig_end(&r);
}

/* --- the same question --- */

static void test_asked_once(void **state)
{
	struct heard h[50] = { { 0 } };
	unsigned times = 0;
	struct rig r;

	(void)state;
	rig_begin(&r, zone);
	for (size_t i = 0; i < 50; i++)
		(void)dns_ask(r.port, i % 2 ? VIEW("slow.example.com") : VIEW("Slow.example.com."),
		              DNS_A, LONG_MS, on_answer, &h[i]);
	while (times < 50) {
		loop_turn(r.loop, true);
		times = 0;
		for (size_t i = 0; i < 50; i++)
			times += h[i].times;
	}
	assert_int_equal(fake_dns_asked_for(r.server, "slow.example.com"), 1);
	for (size_t i = 0; i < 50; i++)
		assert_string_equal(h[i].text, "192.0.2.3 ");
	/* And then out of the cache. */
	assert_string_equal(ask(&r, "slow.example.com", DNS_A, LONG_MS).text, "192.0.2.3 ");
	assert_int_equal(fake_dns_asked_for(r.server, "slow.example.com"), 1);
	rig_end(&r);
}

static void *ask_beside(void *arg)
{
	struct rig *shared = arg;
	struct rig r = { .resolver = shared->resolver };
	struct heard h[200] = { { 0 } };

	r.loop = loop_new();
	r.port = dns_port_new(r.resolver, r.loop);
	(void)dns_ask(r.port, VIEW("slow.example.com"), DNS_A, LONG_MS, on_answer, &h[0]);
	for (unsigned i = 1; i < 200; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "n%u.example.com", i);
		(void)dns_ask(r.port, view_of(name), DNS_A, LONG_MS, on_answer, &h[i]);
	}
	for (unsigned i = 0; i < 200; i++)
		rig_turn_until(&r, &h[i].times, 1);
	dns_port_free(&r.port);
	loop_free(&r.loop);
	return h[0].status == DNS_OK && h[1].status == DNS_NXDOMAIN ? arg : NULL;
}

static void test_workers_side_by_side(void **state)
{
	pthread_t threads[4];
	struct rig r;
	void *result;

	(void)state;
	rig_begin(&r, zone);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_beside, &r), 0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_ptr_equal(result, &r);
	}
	assert_int_equal(fake_dns_asked_for(r.server, "slow.example.com"), 1);
	rig_end(&r);
}

/* --- giving up --- */

static void test_cancel(void **state)
{
	struct heard h = { 0 }, other = { 0 };
	struct dns_call *call, *junk;
	struct rig r;

	(void)state;
	rig_begin(&r, zone);
	/* At once, before anything could happen. */
	call = dns_ask(r.port, VIEW("a.example.com"), DNS_A, LONG_MS, on_answer, &h);
	junk = dns_ask(r.port, VIEW("."), DNS_A, LONG_MS, on_answer, &h);
	dns_cancel(&call);
	dns_cancel(&junk);
	assert_null(call);
	dns_cancel(&call);
	/* While libunbound has it; a second one goes on waiting. */
	call = dns_ask(r.port, VIEW("slow.example.com"), DNS_A, LONG_MS, on_answer, &h);
	(void)dns_ask(r.port, VIEW("slow.example.com"), DNS_A, LONG_MS, on_answer, &other);
	(void)ask(&r, "txt.example.com", DNS_TXT, LONG_MS);
	dns_cancel(&call);
	rig_turn_until(&r, &other.times, 1);
	assert_int_equal(other.status, DNS_OK);
	/* Nobody waits any more, then somebody does again. */
	call = dns_ask(r.port, VIEW("slow2.example.com"), DNS_A, LONG_MS, on_answer, &h);
	dns_cancel(&call);
	assert_int_equal(ask(&r, "slow2.example.com", DNS_A, LONG_MS).status, DNS_OK);
	assert_int_equal(h.times, 0);
	rig_end(&r);
	assert_int_equal(h.times, 0);
}

struct pair {
	struct dns_call *call[3];
	struct rig *rig;
	struct heard again;
	unsigned times;
};

static void on_pair(void *arg, const struct dns_answer *a)
{
	struct pair *p = arg;

	p->times++;
	assert_int_equal(a->status, DNS_OK);
	p->call[2] = NULL; /* who came last is told first */
	dns_cancel(&p->call[0]);
	dns_cancel(&p->call[1]);
	(void)dns_ask(p->rig->port, VIEW("slow.example.com"), DNS_A, LONG_MS, on_answer, &p->again);
}

/* What is open is a time-out at once, and what is asked then fails; none is called twice. */
static void test_port_that_ends(void **state)
{
	struct heard h = { 0 }, same = { 0 }, other = { 0 }, late = { 0 };
	struct rig r;

	(void)state;
	rig_begin(&r, zone);
	fake_dns_silence(r.server, true);
	(void)dns_ask(r.port, VIEW("a.example.com"), DNS_A, LONG_MS, on_answer, &h);
	(void)dns_ask(r.port, VIEW("a.example.com"), DNS_A, LONG_MS, on_answer, &same);
	(void)dns_ask(r.port, VIEW("txt.example.com"), DNS_TXT, LONG_MS, on_answer, &other);
	loop_turn(r.loop, false);
	dns_port_end(r.port);
	(void)dns_ask(r.port, VIEW("a.example.com"), DNS_A, LONG_MS, on_answer, &late);
	rig_turn_until(&r, &other.times, 1);
	rig_turn_until(&r, &late.times, 1);
	rig_turn_until(&r, &h.times, 1);
	rig_turn_until(&r, &same.times, 1);
	assert_int_equal(h.status, DNS_TIMEOUT);
	assert_int_equal(same.status, DNS_TIMEOUT);
	assert_int_equal(other.status, DNS_TIMEOUT);
	assert_int_equal(late.status, DNS_FAILED);
	rig_end(&r);
	assert_int_equal(h.times + same.times + other.times + late.times, 4);
}

static void test_callbacks_that_change_things(void **state)
{
	struct pair p = { .times = 0 };
	struct rig r;

	(void)state;
	rig_begin(&r, zone);
	p.rig = &r;
	for (size_t i = 0; i < 3; i++)
		p.call[i] = dns_ask(r.port, VIEW("slow.example.com"), DNS_A, LONG_MS, on_pair, &p);
	rig_turn_until(&r, &p.again.times, 1);
	assert_int_equal(p.times, 1);
	assert_string_equal(p.again.text, "192.0.2.3 ");
	rig_end(&r);
}

/* The end comes while libunbound is asking, and while questions wait before it. */
static void test_shutdown_in_flight(void **state)
{
	struct heard h = { 0 };
	struct dns_call *calls[3000];
	uint64_t began;
	struct rig r;

	(void)state;
	rig_begin(&r, zone);
	fake_dns_silence(r.server, true);
	for (unsigned i = 0; i < 3000; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "q%u.example.com", i);
		calls[i] = dns_ask(r.port, view_of(name), DNS_A, LONG_MS, on_answer, &h);
	}
	for (unsigned i = 0; i < 20; i++)
		loop_turn(r.loop, false);
	began = loop_mono_us();
	for (unsigned i = 0; i < 3000; i++)
		dns_cancel(&calls[i]);
	rig_end(&r);
	assert_in_range(loop_mono_us() - began, 0, 5000000);
	assert_int_equal(h.times, 0);
}

/* A port goes while libunbound has its question, and the resolver goes on. */
static void test_port_gone_in_flight(void **state)
{
	struct heard h = { 0 };
	struct dns_port *gone;
	struct dns_call *call;
	struct rig r;

	(void)state;
	rig_begin(&r, zone);
	gone = dns_port_new(r.resolver, r.loop);
	call = dns_ask(gone, VIEW("slow.example.com"), DNS_A, LONG_MS, on_answer, &h);
	(void)ask(&r, "txt.example.com", DNS_TXT, LONG_MS);
	dns_cancel(&call);
	dns_port_free(&gone);
	assert_int_equal(ask(&r, "slow2.example.com", DNS_A, LONG_MS).status, DNS_OK);
	assert_string_equal(ask(&r, "slow.example.com", DNS_A, LONG_MS).text, "192.0.2.3 ");
	assert_int_equal(h.times, 0);
	rig_end(&r);
}

static void sleep_ms(long ms)
{
	(void)nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* It waited before libunbound, was dropped since nobody wanted it, and is wanted again before that
 * is known here. */
static void test_wanted_again(void **state)
{
	static struct heard h[RESOLVER_SHARE_MAX];
	struct heard never = { 0 }, again = { 0 };
	struct dns_call *call;
	struct rig r;

	(void)state;
	rig_begin(&r, zone);
	for (unsigned i = 0; i < RESOLVER_SHARE_MAX; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "w%u.slow.example.com", i);
		(void)dns_ask(r.port, view_of(name), DNS_A, LONG_MS, on_answer, &h[i]);
	}
	call = dns_ask(r.port, VIEW("again.slow.example.com"), DNS_AAAA, LONG_MS, on_answer,
	               &never);
	dns_cancel(&call);
	sleep_ms(1500); /* the letter comes, and is not yet read */
	(void)dns_ask(r.port, VIEW("again.slow.example.com"), DNS_AAAA, LONG_MS, on_answer, &again);
	rig_turn_until(&r, &again.times, 1);
	assert_string_equal(again.text, "2001:db8::1 ");
	for (unsigned i = 0; i < RESOLVER_SHARE_MAX; i++)
		rig_turn_until(&r, &h[i].times, 1);
	assert_int_equal(never.times, 0);
	rig_end(&r);
}

/* --- many --- */

#define FLOOD 10000

static void test_flood_into_silence(void **state)
{
	static struct heard h[FLOOD];
	struct resolver_counters n;
	size_t before = mallinfo2().uordblks, grown;
	uint64_t began;
	struct rig r;

	(void)state;
	rig_begin(&r, zone);
	fake_dns_silence(r.server, true);
	began = loop_mono_us();
	for (unsigned i = 0; i < FLOOD; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "f%u.example.com", i);
		(void)dns_ask(r.port, view_of(name), DNS_A, 2000, on_answer, &h[i]);
	}
	loop_turn(r.loop, true);
	for (unsigned i = 0; i < FLOOD; i++)
		rig_turn_until(&r, &h[i].times, 1);
	grown = mallinfo2().uordblks - before;
	assert_in_range(loop_mono_us() - began, 0, 8000000);
	for (unsigned i = 0; i < FLOOD; i++) {
		assert_int_equal(h[i].times, 1);
		assert_true(h[i].status == DNS_TIMEOUT || h[i].status == DNS_FAILED);
	}
	resolver_count(r.resolver, &n);
	print_message("%llu time-outs, %zu KiB, %llu ms\n",
	              (unsigned long long)n.answered[DNS_TIMEOUT], grown >> 10,
	              (unsigned long long)(loop_mono_us() - began) / 1000);
	assert_in_range(grown, 0, (size_t)128 << 20);
	rig_end(&r);
}

/* Names whose servers are dead keep nobody from asking for others: not at once, not while the
 * silence is being noticed, not after it. */
static void test_silent_names_beside_others(void **state)
{
	enum { SILENT = 2 * RESOLVER_INSIDE_MAX, OTHERS = 40 };
	static struct heard h[SILENT];
	struct rig r;

	(void)state;
	rig_begin(&r, zone);
	for (unsigned i = 0; i < SILENT; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "s%u.silent.example.com", i);
		(void)dns_ask(r.port, view_of(name), DNS_A, 3000, on_answer, &h[i]);
	}
	for (unsigned i = 0; h[SILENT - 1].times == 0 || i < OTHERS; i++) {
		char name[64];
		struct heard other;

		(void)snprintf(name, sizeof(name), "other%u.example.com", i);
		other = ask(&r, name, DNS_A, 1500);
		if (other.status != DNS_NXDOMAIN)
			fail_msg("%s: %s (%s)", name, dns_status_text(other.status), other.why);
		(void)ask(&r, "silent.example.com", DNS_TXT, 100);
	}
	rig_end(&r);
}

/* Those for which nobody waits any more are not kept before libunbound until there is room. */
static void test_silent_names_do_not_pile_up(void **state)
{
	enum { ROUNDS = 5, NAMES = 1000 };
	static struct heard h[NAMES];
	struct resolver_counters n;
	struct rig r;

	(void)state;
	rig_begin(&r, zone);
	for (unsigned round = 0; round < ROUNDS; round++) {
		memset(h, 0, sizeof(h));
		for (unsigned i = 0; i < NAMES; i++) {
			char name[64];

			(void)snprintf(name, sizeof(name), "p%u-%u.silent.example.com", round, i);
			(void)dns_ask(r.port, view_of(name), DNS_A, 200, on_answer, &h[i]);
		}
		for (unsigned i = 0; i < NAMES; i++)
			rig_turn_until(&r, &h[i].times, 1);
	}
	(void)ask(&r, "last.silent.example.com", DNS_A, 200);
	resolver_count(r.resolver, &n);
	assert_in_range(n.in_flight, 1, RESOLVER_SHARE_MAX + NAMES);
	rig_end(&r);
}

static void test_too_many(void **state)
{
	static struct heard h[DNS_IN_FLIGHT_MAX + 100];
	struct resolver_counters n;
	struct dns_call *last = NULL;
	struct rig r;

	(void)state;
	rig_begin(&r, zone);
	fake_dns_silence(r.server, true);
	for (unsigned i = 0; i < DNS_IN_FLIGHT_MAX + 100; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "t%u.example.com", i);
		last = dns_ask(r.port, view_of(name), DNS_A, 500, on_answer, &h[i]);
	}
	resolver_count(r.resolver, &n);
	assert_int_equal(n.refused, 100);
	assert_int_equal(n.in_flight, DNS_IN_FLIGHT_MAX);
	assert_non_null(last);
	for (unsigned i = 0; i < DNS_IN_FLIGHT_MAX + 100; i++)
		rig_turn_until(&r, &h[i].times, 1);
	assert_int_equal(h[DNS_IN_FLIGHT_MAX].status, DNS_FAILED);
	assert_string_equal(h[DNS_IN_FLIGHT_MAX].why, "too many questions");
	rig_end(&r);
}

/* --- options --- */

static void test_options(void **state)
{
	static const char *const bad[] = { "dns.example", "192.0.2.1@x", "192.0.2.1@99999", "" };
	static const char *const good[] = { "192.0.2.1", "127.0.0.1@5353", "2001:db8::1@53" };
	struct resolver *r;
	struct diag why;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct resolver_options o = { .forward = &bad[i], .forwards = 1 };

		if (resolver_new(&o, NULL, &r, &why) != ST_INVALID)
			fail_msg("taken: %s", bad[i]);
		assert_null(r);
	}
	assert_int_equal(resolver_new(&(struct resolver_options){ .forward = good, .forwards = 3 },
	                              NULL, &r, &why),
	                 ST_OK);
	resolver_free(&r);
	assert_int_equal(
		resolver_new(&(struct resolver_options){ .recursive = true }, NULL, &r, &why),
		ST_OK);
	resolver_free(&r);
	assert_int_equal(
		resolver_new(&(struct resolver_options){ .resolv_conf = "/does/not/exist" }, NULL,
	                     &r, &why),
		ST_NOTFOUND);
	resolver_free(&r);
}

/* The names of private networks are answered without asking anybody. */
static void test_recursive(void **state)
{
	struct rig r = { .server = NULL };
	struct diag why;

	(void)state;
	assert_int_equal(resolver_new(&(struct resolver_options){ .recursive = true }, NULL,
	                              &r.resolver, &why),
	                 ST_OK);
	r.loop = loop_new();
	r.port = dns_port_new(r.resolver, r.loop);
	assert_int_equal(ask(&r, "3.2.1.10.in-addr.arpa", DNS_PTR, LONG_MS).status, DNS_NXDOMAIN);
	assert_int_equal(ask(&r, "9.0.0.127.in-addr.arpa", DNS_PTR, LONG_MS).status, DNS_NXDOMAIN);
	assert_int_equal(ask(&r, "a.test", DNS_A, LONG_MS).status, DNS_NXDOMAIN);
	assert_string_equal(ask(&r, "localhost", DNS_A, LONG_MS).text, "127.0.0.1 ");
	rig_end(&r);
}

/* From the root's only server down to a host: each is asked for its part, and tells who is next.
 * The servers of the DNS have the port 53, which not everybody may have. */
static void test_from_the_root_down(void **state)
{
	struct fake_dns *top = fake_dns_authority(". NS ns.root 127.83.0.1\n"
	                                          "example NS ns.example 127.83.0.2\n"
	                                          "lame NS ns.lame 127.83.0.4\n",
	                                          "127.83.0.1", 53);
	struct fake_dns *middle = fake_dns_authority("deep.example NS ns.deep.example 127.83.0.3\n"
	                                             "a.example A 192.0.2.1\n",
	                                             "127.83.0.2", 53);
	struct fake_dns *below = fake_dns_authority("host.deep.example A 192.0.2.9\n"
	                                            "alias.deep.example CNAME a.example\n",
	                                            "127.83.0.3", 53);
	struct rig r = { .server = NULL };
	struct diag why = { .text = "" };

	(void)state;
	if (top == NULL || middle == NULL || below == NULL) {
		fake_dns_free(&top);
		fake_dns_free(&middle);
		fake_dns_free(&below);
		skip();
	}
	assert_int_equal(resolver_new(&(struct resolver_options){ .recursive = true,
	                                                          .root = fake_dns_forward(top) },
	                              NULL, &r.resolver, &why),
	                 ST_OK);
	r.loop = loop_new();
	r.port = dns_port_new(r.resolver, r.loop);
	assert_string_equal(ask(&r, "a.example", DNS_A, LONG_MS).text, "192.0.2.1 ");
	assert_string_equal(ask(&r, "host.deep.example", DNS_A, LONG_MS).text, "192.0.2.9 ");
	assert_int_equal(ask(&r, "none.deep.example", DNS_A, LONG_MS).status, DNS_NXDOMAIN);
	assert_int_equal(ask(&r, "nowhere.test2", DNS_A, LONG_MS).status, DNS_NXDOMAIN);
	assert_int_not_equal(fake_dns_asked_for(top, "example"), 0);
	assert_int_equal(fake_dns_asked_for(top, "a.example"), 0);
	/* The CNAME's target is its own server's to tell. */
	assert_string_equal(ask(&r, "alias.deep.example", DNS_A, LONG_MS).text, "192.0.2.1 ");
	/* A server that is not there takes nothing from the others. */
	assert_int_equal(ask(&r, "host.lame", DNS_A, 1000).status, DNS_TIMEOUT);
	assert_string_equal(ask(&r, "host.deep.example", DNS_A, LONG_MS).text, "192.0.2.9 ");
	rig_end(&r);
	fake_dns_free(&top);
	fake_dns_free(&middle);
	fake_dns_free(&below);
}

/* --- the servers of a file --- */

static void write_servers(const char *path, const struct fake_dns *server)
{
	char next[FOLDER_MAX * 2 + 8];
	FILE *f;

	(void)snprintf(next, sizeof(next), "%s.new", path);
	f = fopen(next, "w");
	assert_non_null(f);
	(void)fprintf(f, "# a server\nnameserver %.*s\n",
	              (int)strcspn(fake_dns_forward(server), "@"), fake_dns_forward(server));
	assert_int_equal(fclose(f), 0);
	assert_int_equal(rename(next, path), 0);
}

/* Until the answer is this one, or five seconds are over. */
static void ask_until(struct rig *r, const char *name, const char *wanted)
{
	struct heard h = { .times = 0 };

	for (unsigned i = 0; i < 50; i++) {
		h = ask(r, name, DNS_A, LONG_MS);
		if (strcmp(h.text, wanted) == 0)
			return;
		sleep_ms(100);
	}
	fail_msg("%s is %s %s", name, dns_status_text(h.status), h.text);
}

static void test_servers_come_and_change(void **state)
{
	struct fake_dns *first =
		fake_dns_at("a.example.com A 192.0.2.1\nslow.example.com A SILENT", "127.83.0.5");
	struct fake_dns *second = fake_dns_at(
		"a.example.com A 192.0.2.2\nslow.example.com A 192.0.2.3", "127.83.0.6");
	struct rig r = { .server = NULL };
	struct heard slow = { .times = 0 };
	char folder[FOLDER_MAX], path[FOLDER_MAX * 2];
	struct diag why = { .text = "" };

	(void)state;
	if (first == NULL || second == NULL) { /* such a file names no ports */
		fake_dns_free(&first);
		fake_dns_free(&second);
		skip();
	}
	folder_new(folder);
	folder_path(path, folder, "resolv.conf");
	assert_int_equal(resolver_new(&(struct resolver_options){ .resolv_conf = path,
	                                                          .patient = true,
	                                                          .look_ms = 50 },
	                              NULL, &r.resolver, &why),
	                 ST_OK);
	r.loop = loop_new();
	r.port = dns_port_new(r.resolver, r.loop);
	assert_int_equal(ask(&r, "a.example.com", DNS_A, LONG_MS).status, DNS_FAILED);
	write_servers(path, first);
	ask_until(&r, "a.example.com", "192.0.2.1 ");
	/* One that is on its way is asked of the new server. */
	(void)dns_ask(r.port, VIEW("slow.example.com"), DNS_A, LONG_MS, on_answer, &slow);
	while (fake_dns_asked_for(first, "slow.example.com") == 0)
		sleep_ms(1);
	write_servers(path, second);
	ask_until(&r, "a.example.com", "192.0.2.2 ");
	rig_turn_until(&r, &slow.times, 1);
	assert_string_equal(slow.text, "192.0.2.3 ");
	/* Without the file those that it named stay. */
	assert_int_equal(unlink(path), 0);
	sleep_ms(200);
	assert_string_equal(ask(&r, "a.example.com", DNS_A, LONG_MS).text, "192.0.2.2 ");
	write_servers(path, first);
	ask_until(&r, "a.example.com", "192.0.2.1 ");
	rig_end(&r);
	fake_dns_free(&first);
	fake_dns_free(&second);
	folder_free(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_reversed),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_big_answers),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_timeout_one_by_one),
		cmocka_unit_test(test_asked_once),
		cmocka_unit_test(test_workers_side_by_side),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_port_that_ends),
		cmocka_unit_test(test_callbacks_that_change_things),
		cmocka_unit_test(test_shutdown_in_flight),
		cmocka_unit_test(test_port_gone_in_flight),
		cmocka_unit_test(test_wanted_again),
		cmocka_unit_test(test_flood_into_silence),
		cmocka_unit_test(test_silent_names_beside_others),
		cmocka_unit_test(test_silent_names_do_not_pile_up),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_recursive),
		cmocka_unit_test(test_from_the_root_down),
		cmocka_unit_test(test_servers_come_and_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
