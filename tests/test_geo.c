#include "test.h"

#include <sys/stat.h>

#include "conf/conf.h"
#include "conf/options.h"
#include "conf/parse.h"
#include "folder.h"
#include "geo/geo.h"
#include "util/file.h"

/* Made by tests/mmdb.py, which has its networks. */
#define COUNTRIES TEST_DATA "/geo/countries.mmdb"

#define DATA_MAX ((size_t)1 << 16)

/* LeakSanitizer's hook. libmaxminddb 1.7 keeps a list when it refuses a description whose languages
 * are wrong: some 5 kB for each such file that is opened, and not ours to free. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libmaxminddb";
}

static enum status country_of(const struct geo *g, const char *address, char out[GEO_CODE_SIZE])
{
	struct ip ip;

	assert_int_equal(ip_parse(view_of(address), &ip), ST_OK);
	return geo_country(g, &ip, out);
}

static struct geo *open_it(const char *path)
{
	struct geo *g = NULL;
	struct diag why;

	if (geo_open(path, &g, &why) != ST_OK)
		fail_msg("%s", why.text);
	return g;
}

static void test_countries(void **state)
{
	static const struct {
		const char *name;
		const char *address;
		const char *code; /* "": none */
	} cases[] = {
		{ "in a network", "192.0.2.1", "JP" },
		{ "its last address", "192.0.2.127", "JP" },
		{ "a network within, where it is before where it is registered", "192.0.2.128",
		  "KR" },
		{ "one address", "192.0.2.200", "TW" },
		{ "the one beside", "192.0.2.201", "KR" },
		{ "nothing beside", "192.0.3.0", "" },
		{ "registered alone", "198.51.100.1", "US" },
		{ "made upper case", "198.51.100.17", "DE" },
		{ "a continent alone", "198.51.100.33", "" },
		{ "a code too long", "198.51.100.49", "" },
		{ "an empty code", "198.51.100.65", "" },
		{ "a code that is a number", "198.51.100.81", "" },
		{ "a country that is a text", "198.51.100.97", "" },
		{ "a record that is a text", "198.51.100.113", "" },
		{ "a code with a line's end", "198.51.100.129", "FR" },
		{ "IPv6", "2001:db8::1", "CH" },
		{ "a network within, IPv6", "2001:db8:1::25", "AT" },
		{ "nothing, IPv6", "2001:db9::1", "" },
		{ "IPv4 in IPv6", "::ffff:192.0.2.1", "JP" },
		{ "the loopback", "127.0.0.1", "" },
	};
	struct geo *g = open_it(COUNTRIES);
	char code[GEO_CODE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum status st = country_of(g, cases[i].address, code);

		if (strcmp(code, cases[i].code) != 0 ||
		    st != (code[0] == '\0' ? ST_NOTFOUND : ST_OK))
			fail_msg("%s: %s, \"%s\"", cases[i].name, status_text(st), code);
	}
	geo_close(&g);
	assert_null(g);
	geo_close(&g);
}

static void test_nothing_to_ask(void **state)
{
	struct geo *g = open_it(COUNTRIES);
	const struct ip none = { IP_NONE, { 0 } };
	char code[GEO_CODE_SIZE] = "XX";

	(void)state;
	assert_int_equal(geo_country(g, &none, code), ST_NOTFOUND);
	assert_string_equal(code, "");
	assert_int_equal(country_of(NULL, "192.0.2.1", code), ST_UNAVAILABLE);
	geo_close(&g);
}

static void test_no_data_base(void **state)
{
	char dir[FOLDER_MAX], pipe[FOLDER_MAX * 2], empty[FOLDER_MAX * 2];
	struct {
		const char *path;
		enum status status;
		const char *part;
	} cases[] = {
		{ "/nowhere/x.mmdb", ST_NOTFOUND, "No such file" },
		{ "/dev/null", ST_INVALID, "no file" },
		{ TEST_DATA, ST_INVALID, "no file" },
		{ TEST_DATA "/spf/public.json", ST_INVALID, "MaxMind DB format" },
		{ pipe, ST_INVALID, "no file" },
		{ empty, ST_INVALID, "" },
	};
	struct diag why;

	(void)state;
	folder_new(dir);
	folder_path(pipe, dir, "pipe");
	folder_path(empty, dir, "empty");
	assert_int_equal(mkfifo(pipe, 0600), 0);
	assert_int_equal(file_write(empty, VIEW(""), 0600, &why), ST_OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct geo *g = NULL;

		why.text[0] = '\0';
		if (geo_open(cases[i].path, &g, &why) != cases[i].status || g != NULL ||
		    strstr(why.text, cases[i].part) == NULL ||
		    strstr(why.text, cases[i].path) == NULL)
			fail_msg("%s: %s", cases[i].path, why.text);
	}
	folder_free(dir);
}

/* Each answer is a code or none. */
static void ask_all(const struct geo *g)
{
	static const char *const addresses[] = { "192.0.2.1",      "192.0.2.200",   "198.51.100.1",
		                                 "198.51.100.17",  "198.51.100.49", "0.0.0.0",
		                                 "198.51.100.113", "2001:db8:1::1", "::",
		                                 "255.255.255.255" };
	char code[GEO_CODE_SIZE];

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		enum status st = country_of(g, addresses[i], code);

		assert_true(st == ST_OK || st == ST_NOTFOUND || st == ST_DAMAGED);
		assert_int_equal(strlen(code), st == ST_OK ? GEO_CODE_SIZE - 1 : 0);
	}
}

struct hostile {
	struct buf whole;
	char dir[FOLDER_MAX];
	char path[FOLDER_MAX * 2];
};

static void hostile_begin(struct hostile *h)
{
	struct diag why;

	h->whole = buf_of(DATA_MAX);
	assert_int_equal(file_read(COUNTRIES, &h->whole, &why), ST_OK);
	folder_new(h->dir);
	folder_path(h->path, h->dir, "x.mmdb");
}

static void hostile_end(struct hostile *h)
{
	buf_free(&h->whole);
	folder_free(h->dir);
}

/* Is it opened? Then it is asked. */
static bool try_octets(struct hostile *h, struct view octets)
{
	struct geo *g = NULL;
	struct diag why;

	assert_int_equal(file_write(h->path, octets, 0600, &why), ST_OK);
	if (geo_open(h->path, &g, &why) != ST_OK)
		return false;
	ask_all(g);
	geo_close(&g);
	return true;
}

static void test_cut_anywhere(void **state)
{
	struct hostile h;

	(void)state;
	hostile_begin(&h);
	assert_true(try_octets(&h, buf_view(&h.whole)));
	for (size_t n = 0; n < h.whole.n; n++)
		if (try_octets(&h, view_first(buf_view(&h.whole), n)))
			fail_msg("cut at %zu of %zu octets: it is opened", n, h.whole.n);
	/* And the front is missing, so that the tree is longer than what is there. */
	for (size_t n = 1; n < h.whole.n; n++)
		(void)try_octets(&h, view_from(buf_view(&h.whole), n));
	hostile_end(&h);
}

static void test_any_octet_changed(void **state)
{
	static const unsigned char masks[] = { 0xff, 0x80, 0x20, 0x01 };
	struct hostile h;
	unsigned opened = 0;

	(void)state;
	hostile_begin(&h);
	for (size_t i = 0; i < h.whole.n; i++) {
		for (size_t m = 0; m < sizeof(masks); m++) {
			h.whole.p[i] = (char)(h.whole.p[i] ^ masks[m]);
			opened += try_octets(&h, buf_view(&h.whole));
			h.whole.p[i] = (char)(h.whole.p[i] ^ masks[m]);
		}
	}
	assert_true(opened > h.whole.n); /* those of tree and records */
	hostile_end(&h);
}

/* In front of a description that is right, so that they are looked into. */
static void test_random_octets(void **state)
{
	struct hostile h;
	uint32_t x = 12345;
	size_t front;

	(void)state;
	hostile_begin(&h);
	for (front = h.whole.n; memcmp(h.whole.p + front - 14, "\xab\xcd\xefMaxMind.com", 14) != 0;)
		front--;
	front -= 14;
	for (unsigned round = 0; round < 500; round++) {
		for (size_t i = 0; i < front; i++) {
			x = x * 1664525 + 1013904223;
			h.whole.p[i] = (char)(x >> 24);
			if (round % 2 == 0 && i % 3 < 2)
				h.whole.p[i] = (char)(i % 3 == 1 ? x >> 31 : 0);
		}
		(void)try_octets(&h, buf_view(&h.whole));
	}
	hostile_end(&h);
}

/* The name is free for a new file, and the old one answers until it is closed. */
static void test_replaced(void **state)
{
	struct hostile h;
	struct geo *g;
	char code[GEO_CODE_SIZE];
	struct diag why;

	(void)state;
	hostile_begin(&h);
	assert_int_equal(file_write(h.path, buf_view(&h.whole), 0600, &why), ST_OK);
	g = open_it(h.path);
	assert_int_equal(unlink(h.path), 0);
	assert_int_equal(country_of(g, "192.0.2.1", code), ST_OK);
	assert_string_equal(code, "JP");
	geo_close(&g);
	hostile_end(&h);
}

static void test_given_to_a_configuration(void **state)
{
	static const struct {
		const char *text;
		enum status status;
		bool opened;
		const char *part;
	} cases[] = {
		{ "racl greylist default\n", ST_OK, false, "" },
		{ "geoip2db \"" COUNTRIES "\"\n", ST_OK, true, "" },
		{ "racl greylist geoip \"JP\"\n", ST_NOTFOUND, false, "no statement geoip2db" },
		{ "list \"x\" geoip { \"JP\" }\nracl greylist list \"x\"\n", ST_NOTFOUND, false,
		  "no statement geoip2db" },
		{ "dacl greylist geoip \"JP\"\n", ST_NOTFOUND, false, "no statement geoip2db" },
		{ "geoip2db \"/nowhere/x.mmdb\"\n", ST_NOTFOUND, false,
		  "/nowhere/x.mmdb: No such file or directory: no client's country is known" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct conf_source source = { .text = view_of(cases[i].text) };
		struct diag why = { .text = "" };
		struct conf *c = NULL, *more;

		assert_int_equal(conf_parse(&source, &c, &why), ST_OK);
		if (geo_attach(c, &why) != cases[i].status || (c->geo != NULL) != cases[i].opened ||
		    strstr(why.text, cases[i].part) == NULL)
			fail_msg("%s: %s", cases[i].text, why.text);
		more = conf_ref(c);
		conf_unref(&c);
		conf_unref(&more);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_countries),
		cmocka_unit_test(test_nothing_to_ask),
		cmocka_unit_test(test_no_data_base),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_any_octet_changed),
		cmocka_unit_test(test_random_octets),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_given_to_a_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
