#include "scan/directory.h"

#include "fake_server.h"
#include "util/mem.h"

#define WAIT_MS 6000u
#define URL     "ldap://nobody.example/dc=example?mail,cn?sub?(mail=a@b.example)"

/* RFC 4511 in BER: message 1 answers the bind, message 2 the search. */
#define BOUND  "\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00"
#define DENIED "\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x31\x04\x00\x04\x00"
#define ENTRY                                                                                      \
	"\x30\x23\x02\x01\x02\x64\x1e\x04\x04"                                                     \
	"cn=x"                                                                                     \
	"\x30\x16\x30\x0a\x04\x02"                                                                 \
	"cn"                                                                                       \
	"\x31\x04\x04\x02"                                                                         \
	"xy"                                                                                       \
	"\x30\x08\x04\x01"                                                                         \
	"m"                                                                                        \
	"\x31\x03\x04\x01"                                                                         \
	"z"
#define DONE    "\x30\x0c\x02\x01\x02\x65\x07\x0a\x01\x00\x04\x00\x04\x00"
#define NO_SUCH "\x30\x0c\x02\x01\x02\x65\x07\x0a\x01\x20\x04\x00\x04\x00"
#define BUSY    "\x30\x0c\x02\x01\x02\x65\x07\x0a\x01\x33\x04\x00\x04\x00"

struct rig {
	struct loop *loop;
	struct directory_pool *pool;
	struct fake_server server;
	char uri[64], dead[64];
	struct directory_search *search;
	unsigned calls;
	enum status st;
	size_t entries, values;
	char text[200]; /* the last one's "name=value" */
};

static void rig_begin(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	r->loop = loop_new();
	r->pool = directory_pool_new(r->loop);
	fake_start_inet(&r->server, r->loop);
	(void)snprintf(r->dead, sizeof(r->dead), "ldap://127.0.0.1:%s", r->server.port);
	fake_stop(&r->server); /* nobody listens there */
	fake_start_inet(&r->server, r->loop);
	(void)snprintf(r->uri, sizeof(r->uri), "ldap://127.0.0.1:%s", r->server.port);
	r->server.octets = 14; /* of a bind as nobody */
	r->server.answer = VIEW(BOUND);
	r->server.then = VIEW(ENTRY DONE);
}

static void rig_end(struct rig *r)
{
	directory_cancel(&r->search);
	directory_pool_free(&r->pool);
	fake_stop(&r->server);
	loop_free(&r->loop);
}

static void on_done(void *arg, enum status st, const struct directory_found *found)
{
	struct rig *r = arg;

	r->search = NULL;
	r->calls++;
	r->st = st;
	r->entries = found->entries;
	r->values = found->value_count;
	r->text[0] = '\0';
	if (found->value_count > 0)
		(void)snprintf(r->text, sizeof(r->text), "%.*s=%.*s",
		               VIEW_ARG(found->values[found->value_count - 1].name),
		               VIEW_ARG(found->values[found->value_count - 1].value));
}

static void start(struct rig *r, const char *url, const char *first, unsigned timeout_ms)
{
	struct directory_server servers[] = { { .uri = first, .timeout_ms = timeout_ms },
		                              { .uri = r->uri, .timeout_ms = timeout_ms } };

	r->calls = 0;
	r->search = directory_search(
		r->pool,
		&(struct directory_question){ .servers = servers,
	                                      .server_count = first == r->uri ? 1 : 2,
	                                      .url = url,
	                                      .timeout_ms = WAIT_MS },
		on_done, r);
	assert_int_equal(r->calls, 0); /* never inside the call */
}

static void turn(struct rig *r)
{
	loop_turn(r->loop, false);
	(void)usleep(200);
}

static void ask(struct rig *r, const char *url, const char *first, unsigned timeout_ms)
{
	start(r, url, first, timeout_ms);
	while (r->calls == 0)
		turn(r);
}

static void test_found(void **state)
{
	static const size_t pieces[] = { 0, 1, 20 };
	struct rig r;

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		rig_begin(&r);
		r.server.piece = pieces[i];
		ask(&r, URL, r.uri, WAIT_MS);
		assert_int_equal(r.st, ST_OK);
		assert_int_equal(r.entries, 1);
		assert_int_equal(r.values, 2);
		assert_string_equal(r.text, "m=z");
		assert_non_null(memmem(r.server.heard.p, r.server.heard.n, "dc=example", 10));
		assert_non_null(memmem(r.server.heard.p, r.server.heard.n, "a@b.example", 11));
		rig_end(&r);
	}
}

static void test_answers(void **state)
{
	static char many[65 * (sizeof(ENTRY) - 1)];
	const struct {
		const char *what;
		struct view bind, search;
		enum status st;
		bool close;
	} cases[] = {
		{ "nothing found", VIEW_INIT(BOUND), VIEW_INIT(DONE), ST_OK, false },
		{ "no such place", VIEW_INIT(BOUND), VIEW_INIT(NO_SUCH), ST_OK, false },
		{ "another trouble", VIEW_INIT(BOUND), VIEW_INIT(BUSY), ST_UNAVAILABLE, false },
		{ "a password that is not taken", VIEW_INIT(DENIED), VIEW_INIT(DONE),
		  ST_UNAVAILABLE, false },
		{ "hangs up", VIEW_INIT(""), VIEW_INIT(""), ST_UNAVAILABLE, true },
		{ "hangs up later", VIEW_INIT(BOUND), VIEW_INIT("\x30"), ST_UNAVAILABLE, true },
		{ "another protocol", VIEW_INIT("220 mail.example ESMTP\r\n"), VIEW_INIT("\r\n"),
		  ST_UNAVAILABLE, true },
		{ "garbage", VIEW_INIT(BOUND), VIEW_INIT("\xff\xff\xff\xff\xff\xff\xff\xff"),
		  ST_UNAVAILABLE, true },
		{ "a message that is too large", VIEW_INIT(BOUND),
		  VIEW_INIT("\x30\x84\x7f\xff\xff\xff\x02\x01\x02\x64"), ST_UNAVAILABLE, true },
		{ "too many entries", VIEW_INIT(BOUND), { many, sizeof(many) }, ST_LIMIT, false },
	};

	(void)state;
	for (size_t i = 0; i < 65; i++)
		memcpy(many + i * (sizeof(ENTRY) - 1), ENTRY, sizeof(ENTRY) - 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig r;

		rig_begin(&r);
		r.server.answer = cases[i].bind;
		r.server.then = cases[i].search;
		r.server.close = cases[i].close && i != 5;
		ask(&r, URL, r.uri, i == 5 ? 300 : WAIT_MS);
		if (r.st != cases[i].st && !(i == 5 && r.st == ST_TIMEOUT))
			fail_msg("%s: %s", cases[i].what, status_text(r.st));
		assert_int_equal(r.entries, 0);
		rig_end(&r);
	}
}

static void test_urls(void **state)
{
	static const char *const urls[] = { "", "http://x/", "ldap://x/dc=x?cn?nowhere?(cn=x)",
		                            "ldap://x/dc=x?cn?sub?(cn=x", "ldap://x/dc=x??sub?()" };
	struct rig r;

	(void)state;
	rig_begin(&r);
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		ask(&r, urls[i], r.uri, WAIT_MS);
		if (r.st != ST_INVALID)
			fail_msg("\"%s\": %s", urls[i], status_text(r.st));
	}
	rig_end(&r);
}

static void test_servers_in_turn(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r);
	ask(&r, URL, r.dead, WAIT_MS);
	assert_int_equal(r.st, ST_OK);
	assert_string_equal(r.text, "m=z");
	rig_end(&r);
	rig_begin(&r);
	ask(&r, URL, "nonsense://x", WAIT_MS);
	assert_int_equal(r.st, ST_OK);
	fake_stop(&r.server);
	ask(&r, URL, r.dead, WAIT_MS);
	assert_int_equal(r.st, ST_UNAVAILABLE);
	rig_end(&r);
}

/* One that is silent holds up nobody, nor the end. */
static void test_silent(void **state)
{
	struct fake_server silent = { .octets = 14 };
	char uri[64];
	uint64_t begin;
	struct rig r;

	(void)state;
	rig_begin(&r);
	fake_start_inet(&silent, r.loop);
	(void)snprintf(uri, sizeof(uri), "ldap://127.0.0.1:%s", silent.port);
	ask(&r, URL, uri, 150);
	assert_int_equal(r.st, ST_OK); /* the second one answers */
	r.server.answer.n = r.server.then.n = 0;
	begin = loop_mono_us();
	ask(&r, URL, uri, 150);
	assert_int_equal(r.st, ST_TIMEOUT);
	assert_true(loop_mono_us() - begin < 2000000);
	fake_stop(&silent);
	rig_end(&r);
}

/* Given up at each moment; threads that are at work end by themselves. */
static void test_cancel(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r);
	r.server.piece = 10;
	for (unsigned turns = 0; turns < 25; turns++) {
		start(&r, URL, r.uri, 300);
		for (unsigned n = 0; n < turns && r.search != NULL; n++)
			turn(&r);
		r.calls = 0;
		directory_cancel(&r.search);
		assert_null(r.search);
		for (unsigned n = 0; n < 10; n++)
			turn(&r);
		assert_int_equal(r.calls, 0);
	}
	rig_end(&r);
}

struct many {
	struct rig *rig;
	struct directory_search *search;
	enum status st;
};

static void on_one(void *arg, enum status st, const struct directory_found *found)
{
	struct many *m = arg;

	(void)found;
	m->search = NULL;
	m->st = st;
	m->rig->calls++;
}

static void test_bounds(void **state)
{
	static struct many all[DIRECTORY_QUEUE_MAX + DIRECTORY_THREADS + 20];
	const unsigned n = sizeof(all) / sizeof(all[0]);
	struct directory_server server;
	struct directory_question q = {
		.servers = &server, .server_count = 1, .url = URL, .timeout_ms = 200
	};
	unsigned refused = 0;
	struct rig r;

	(void)state;
	rig_begin(&r);
	r.server.answer.n = r.server.then.n = 0;
	server = (struct directory_server){ .uri = r.uri, .timeout_ms = 200 };
	for (unsigned i = 0; i < n; i++) {
		all[i].rig = &r;
		all[i].search = directory_search(r.pool, &q, on_one, &all[i]);
	}
	while (r.calls < n)
		turn(&r);
	for (unsigned i = 0; i < n; i++)
		refused += all[i].st == ST_LIMIT;
	assert_true(refused >= 20 && refused <= 20 + DIRECTORY_THREADS);
	rig_end(&r);
}

/* The daemon ends: what runs is over, and what is asked later too. */
static void test_end(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r);
	r.server.answer.n = r.server.then.n = 0;
	start(&r, URL, r.uri, 1000);
	for (unsigned n = 0; n < 50; n++)
		turn(&r);
	assert_int_equal(r.calls, 0);
	directory_pool_end(r.pool);
	while (r.calls == 0)
		turn(&r);
	assert_int_equal(r.st, ST_TIMEOUT);
	ask(&r, URL, r.uri, 1000);
	assert_int_equal(r.st, ST_TIMEOUT);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),  cmocka_unit_test(test_answers),
		cmocka_unit_test(test_urls),   cmocka_unit_test(test_servers_in_turn),
		cmocka_unit_test(test_silent), cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_bounds), cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
