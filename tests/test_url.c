#include "scan/url.h"

#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>

#include "fake_server.h"
#include "folder.h"

#define WAIT_MS 5000u
#define CALLS   (URL_CALLS_MAX + 4)

/* The C library's, for libcurl too: a name server that is silent for long. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned asked;

int getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                struct addrinfo **out)
{
	(void)host;
	(void)port;
	(void)hints;
	*out = NULL;
	(void)pthread_mutex_lock(&lock);
	asked++;
	(void)pthread_mutex_unlock(&lock);
	(void)usleep(1500 * 1000);
	return EAI_AGAIN;
}

static unsigned times_asked(void)
{
	unsigned n;

	(void)pthread_mutex_lock(&lock);
	n = asked;
	(void)pthread_mutex_unlock(&lock);
	return n;
}

struct rig {
	struct loop *loop;
	struct url_client *client;
	struct fake_server server;
	char url[128];
	struct url_call *call;
	unsigned calls;
	enum status st;
	char page[URL_ANSWER_MAX + 1];
};

static bool heard(const struct rig *r, struct view text)
{
	return memmem(r->server.heard.p, r->server.heard.n, text.p, text.n) != NULL;
}

#define OK_PAGE "HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\nmilterGreylistStatus: Ok\n"

/* "127.0.0.1" is no name to be asked for; listener_bind_inet must not be either. */
static void serve(struct rig *r)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	(void)snprintf(r->url, sizeof(r->url), "http://127.0.0.1:%u/check?x", ntohs(at.sin_port));
	fake_start(&r->server, r->loop, fd);
}

static void rig_begin(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	r->loop = loop_new();
	r->client = url_client_new(r->loop, 2);
	assert_non_null(r->client);
	r->server.until = "\r\n\r\n";
	r->server.answer = VIEW(OK_PAGE);
	serve(r);
}

static void rig_end(struct rig *r)
{
	url_cancel(&r->call);
	url_client_free(&r->client);
	fake_stop(&r->server);
	loop_free(&r->loop);
}

static void on_told(void *arg, enum status st, struct view page)
{
	struct rig *r = arg;

	r->call = NULL;
	r->calls++;
	r->st = st;
	assert_true(page.n < sizeof(r->page));
	(void)snprintf(r->page, sizeof(r->page), "%.*s", VIEW_ARG(page));
}

static void start(struct rig *r, const char *url, unsigned timeout_ms)
{
	r->calls = 0;
	r->call =
		url_start(r->client, &(struct url_request){ .url = url, .timeout_ms = timeout_ms },
	                  on_told, r);
	assert_int_equal(r->calls, 0); /* never inside the call */
}

static void wait_told(struct rig *r, unsigned calls)
{
	while (r->calls < calls) {
		loop_turn(r->loop, false);
		(void)usleep(100);
	}
}

static void ask(struct rig *r, const char *url, unsigned timeout_ms)
{
	start(r, url, timeout_ms);
	wait_told(r, 1);
}

static void test_get(void **state)
{
	static const size_t pieces[] = { 0, 1, 40 };
	struct rig r;

	(void)state;
	rig_begin(&r);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		r.server.piece = pieces[i];
		ask(&r, r.url, WAIT_MS);
		assert_int_equal(r.st, ST_OK);
		assert_string_equal(r.page, "milterGreylistStatus: Ok\n");
	}
	assert_int_equal(r.server.accepted, 1); /* the connection is kept */
	assert_int_equal(r.server.requests, 3);
	assert_true(heard(&r, VIEW("GET /check?x HTTP/1.1\r\n")));
	rig_end(&r);
}

/* The server closed the connection that was kept: another one is made. */
static void test_kept_and_closed(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r);
	r.server.close = true;
	for (unsigned i = 0; i < 3; i++) {
		ask(&r, r.url, WAIT_MS);
		assert_int_equal(r.st, ST_OK);
	}
	assert_int_equal(r.server.accepted, 3);
	rig_end(&r);
}

static void test_answers(void **state)
{
	static char large[URL_ANSWER_MAX * 4], headers[200000];
	const struct {
		const char *what;
		struct view answer;
		enum status st;
		const char *page;
	} cases[] = {
		{ "an error page", VIEW_INIT("HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\nx: y"),
		  ST_OK, "x: y" },
		{ "no page", VIEW_INIT("HTTP/1.1 204 No\r\n\r\n"), ST_OK, "" },
		{ "until the end", VIEW_INIT("HTTP/1.0 200 Ok\r\n\r\na: b\n"), ST_OK, "a: b\n" },
		{ "a redirection is not followed",
		  VIEW_INIT("HTTP/1.1 302 No\r\nLocation: file:///etc/passwd\r\n"
		            "Content-Length: 0\r\n\r\n"),
		  ST_OK, "" },
		{ "no HTTP", VIEW_INIT("220 mail.example ESMTP\r\n"), ST_INVALID, "" },
		{ "nothing", VIEW_INIT(""), ST_UNAVAILABLE, "" },
		{ "half a header", VIEW_INIT("HTTP/1.1 200 O"), ST_UNAVAILABLE, "" },
		{ "half a page", VIEW_INIT("HTTP/1.1 200 Ok\r\nContent-Length: 9\r\n\r\na: b"),
		  ST_UNAVAILABLE, "" },
		{ "too long", { large, sizeof(large) - 1 }, ST_LIMIT, "" },
		{ "headers without end", { headers, sizeof(headers) - 1 }, ST_LIMIT, "" },
	};
	struct rig r;

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	memcpy(large, "HTTP/1.0 200 Ok\r\n\r\n", 19);
	for (size_t n = 17, i = 0; n < sizeof(headers) - 10; i++)
		n += (size_t)snprintf(headers + n, sizeof(headers) - n, "X-%06zu: xxxxxx\r\n", i);
	memcpy(headers, "HTTP/1.0 200 Ok\r\n", 17);
	memset(headers + strlen(headers), 'x', sizeof(headers) - 1 - strlen(headers));
	rig_begin(&r);
	r.server.close = true;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r.server.answer = cases[i].answer;
		ask(&r, r.url, WAIT_MS);
		if (r.st != cases[i].st || strcmp(r.page, cases[i].page) != 0)
			fail_msg("%s: %s, \"%s\"", cases[i].what, status_text(r.st), r.page);
	}
	rig_end(&r);
}

static void test_refused(void **state)
{
	static const char *const urls[] = {
		"file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://x/", "http://", "",
		"http://[::1",        "ldap://127.0.0.1/"
	};
	static char longest[URL_MAX + 2];
	struct rig r;

	(void)state;
	rig_begin(&r);
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		ask(&r, urls[i], WAIT_MS);
		if (r.st != ST_INVALID)
			fail_msg("%s: %s", urls[i], status_text(r.st));
	}
	memset(longest, 'x', sizeof(longest) - 1);
	ask(&r, longest, WAIT_MS);
	assert_int_equal(r.st, ST_INVALID);
	fake_stop(&r.server); /* and now nobody listens there */
	ask(&r, r.url, WAIT_MS);
	assert_int_equal(r.st, ST_UNAVAILABLE);
	serve(&r);
	r.server.answer.n = 0; /* silent */
	ask(&r, r.url, 60);
	assert_int_equal(r.st, ST_TIMEOUT);
	rig_end(&r);
}

/* A name that nobody answers for holds up nobody, and is not waited for at the end. */
static void test_silent_dns(void **state)
{
	uint64_t begin;
	struct rig r;

	(void)state;
	rig_begin(&r);
	begin = loop_mono_us();
	ask(&r, "http://slow.example/", 50);
	assert_int_equal(r.st, ST_TIMEOUT);
	start(&r, "http://slow.example/", WAIT_MS);
	for (unsigned i = 0; i < 100 && times_asked() < 2; i++) {
		loop_turn(r.loop, false);
		(void)usleep(1000);
	}
	assert_int_equal(times_asked(), 2);
	url_cancel(&r.call);
	ask(&r, r.url, WAIT_MS);
	assert_int_equal(r.st, ST_OK);
	assert_true(loop_mono_us() - begin < 1000000);
	rig_end(&r);
	(void)usleep(2000 * 1000); /* their threads end */
}

static void test_post(void **state)
{
	static char body[100000];
	struct view pieces[] = {
		VIEW("Subject: goose\r\n"), VIEW("\r\n"), VIEW(""), { body, sizeof(body) }
	};
	struct url_request post = { .post = pieces, .post_count = 4, .timeout_ms = WAIT_MS };
	struct rig r;

	(void)state;
	memset(body, 'b', sizeof(body));
	rig_begin(&r);
	r.server.until = "--\r\n";
	post.url = r.url;
	for (unsigned i = 0; i < 2; i++) {
		r.server.heard.n = 0;
		r.calls = 0;
		r.call = url_start(r.client, &post, on_told, &r);
		wait_told(&r, 1);
		assert_int_equal(r.st, ST_OK);
		r.server.close = true;
	}
	assert_true(heard(&r, VIEW("name=\"msg\"; filename=\"msg.txt\"\r\n"
	                           "Content-Type: text/plain\r\n\r\n"
	                           "Subject: goose\r\n\r\nbbbb")));
	assert_true(r.server.heard.n > sizeof(body));
	assert_false(heard(&r, VIEW("Expect:")));
	rig_end(&r);
}

/* The daemon ends: what runs is over, and what is asked later too. */
static void test_end(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r);
	r.server.answer.n = 0;
	start(&r, r.url, WAIT_MS);
	for (unsigned n = 0; n < 10; n++)
		loop_turn(r.loop, false);
	url_client_end(r.client);
	assert_int_equal(r.calls, 0);
	wait_told(&r, 1);
	assert_int_equal(r.st, ST_TIMEOUT);
	ask(&r, r.url, WAIT_MS);
	assert_int_equal(r.st, ST_TIMEOUT);
	rig_end(&r);
}

/* Given up at each moment. */
static void test_cancel(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r);
	r.server.piece = 20;
	for (unsigned turns = 0; turns < 25; turns++) {
		start(&r, r.url, WAIT_MS);
		for (unsigned n = 0; n < turns && r.call != NULL; n++) {
			loop_turn(r.loop, false);
			(void)usleep(500); /* libcurl's timer */
		}
		r.calls = 0;
		url_cancel(&r.call);
		assert_null(r.call);
		for (unsigned n = 0; n < 4; n++)
			loop_turn(r.loop, false);
		assert_int_equal(r.calls, 0);
	}
	r.server.piece = 0;
	ask(&r, r.url, WAIT_MS);
	assert_int_equal(r.st, ST_OK);
	rig_end(&r);
}

struct many {
	struct rig *rig;
	struct url_call *call;
	enum status st;
};

static void on_one(void *arg, enum status st, struct view page)
{
	struct many *m = arg;

	(void)page;
	m->call = NULL;
	m->st = st;
	m->rig->calls++;
	if (m->rig->call != NULL) /* one call's end gives up another */
		url_cancel(&m->rig->call);
}

static void test_bound(void **state)
{
	static struct many all[CALLS];
	unsigned limited = 0;
	struct rig r;

	(void)state;
	rig_begin(&r);
	r.server.answer.n = 0;
	for (unsigned i = 0; i < CALLS; i++) {
		all[i].rig = &r;
		all[i].call = url_start(r.client,
		                        &(struct url_request){ .url = r.url, .timeout_ms = 300 },
		                        on_one, &all[i]);
	}
	wait_told(&r, CALLS);
	for (unsigned i = 0; i < CALLS; i++)
		limited += all[i].st == ST_LIMIT;
	assert_int_equal(limited, CALLS - URL_CALLS_MAX);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),        cmocka_unit_test(test_kept_and_closed),
		cmocka_unit_test(test_answers),    cmocka_unit_test(test_refused),
		cmocka_unit_test(test_post),       cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_bound),      cmocka_unit_test(test_end),
		cmocka_unit_test(test_silent_dns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
