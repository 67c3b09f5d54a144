#include "scan/spamd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "folder.h"
#include "test.h"

#define WAIT_MS     10000
#define CLIENTS_MAX 64
#define SCANS_MAX   40

#define SPAM "SPAMD/1.1 0 EX_OK\r\nContent-length: 7\r\nSpam: True ; 7.5 / 5.0\r\n\r\nONE,TWO"
#define BUSY "SPAMD/1.0 75 EX_TEMPFAIL\r\n\r\n"

enum manner {
	ANSWERS,
	IS_SILENT,
	SAYS_GARBAGE,
	BREAKS_OFF, /* in the midst of its reply */
	DRIBBLES,   /* an octet at a time */
	HANGS_UP,   /* as soon as somebody comes */
	IS_BUSY,
	IS_HASTY, /* answers before it has read the mail, and reads the rest */
	IS_LAZY,  /* reads no more than a little at a time */
	NEVER_READS,
};

struct client {
	int fd; /* -1: gone */
	size_t got, want, sent;
	struct buf in;
};

/* A server of the same thread: it does a step whenever it is asked. */
struct server {
	int fd;
	enum manner manner;
	char port[8];
	struct client clients[CLIENTS_MAX];
	unsigned came, open, most;
	struct buf last; /* the last request that was whole */
};

struct rig;

struct place {
	struct rig *rig;
	size_t i;
};

struct rig {
	struct loop *loop;
	struct spamd *pool;
	struct server servers[3];
	struct dial_address addresses[3];
	struct spamd_question q;
	struct spamd_scan *scans[SCANS_MAX];
	struct place places[SCANS_MAX];
	struct spamd_result results[SCANS_MAX]; /* the body's view is not valid any more */
	char body[SCANS_MAX][32];
	unsigned calls, failures;
	bool in_call;
	char failed[300];
	enum spamd_outcome failed_how;
};

/* --- the servers --- */

static void server_begin(struct server *s)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);

	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(s->fd, CLIENTS_MAX), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&at, &n), 0);
	(void)snprintf(s->port, sizeof(s->port), "%u", ntohs(at.sin_port));
	s->last = buf_of((size_t)1 << 24);
}

static void client_end(struct server *s, struct client *c)
{
	(void)close(c->fd);
	c->fd = -1;
	buf_free(&c->in);
	s->open--;
}

static void server_end(struct server *s)
{
	for (unsigned i = 0; i < s->came; i++)
		if (s->clients[i].fd >= 0)
			client_end(s, &s->clients[i]);
	buf_free(&s->last);
	if (s->fd >= 0)
		(void)close(s->fd);
	s->fd = -1;
}

/* Nobody listens there any more. */
static void server_die(struct server *s)
{
	(void)close(s->fd);
	s->fd = -1;
}

static void look_for_clients(struct server *s)
{
	int fd;

	while (s->fd >= 0 && s->came < CLIENTS_MAX &&
	       (fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		s->clients[s->came++] = (struct client){ .fd = fd, .in = buf_of((size_t)1 << 24) };
		s->open++;
		s->most = s->open > s->most ? s->open : s->most;
	}
}

/* True: the request is whole. */
static bool read_request(struct client *c, size_t at_most)
{
	static char octets[65536];
	ssize_t n = read(c->fd, octets, at_most);
	char *head;

	if (n > 0)
		assert_int_equal(buf_append(&c->in, (struct view){ octets, (size_t)n }), ST_OK);
	head = strstr(buf_text(&c->in), "\r\n\r\n");
	if (head == NULL)
		return false;
	c->want = (size_t)(head + 4 - c->in.p) +
	          strtoul(strstr(c->in.p, "Content-length: ") + 16, NULL, 10);
	assert_true(c->in.n <= c->want);
	return c->in.n == c->want;
}

static void say(struct server *s, struct client *c, const char *text, size_t n)
{
	if (send(c->fd, text + c->sent, n, MSG_NOSIGNAL) != (ssize_t)n && errno != EAGAIN)
		client_end(s, c);
	else
		c->sent += n;
}

static void reply(struct server *s, struct client *c)
{
	const char *text = s->manner == IS_BUSY        ? BUSY
	                   : s->manner == SAYS_GARBAGE ? "\x01\xff\r\nnonsense"
	                                               : SPAM;
	size_t n = strlen(text);

	if (s->manner == BREAKS_OFF)
		n -= 3;
	say(s, c, text, s->manner == DRIBBLES ? 1 : n);
	if (c->fd >= 0 && c->sent >= n)
		client_end(s, c);
}

static void client_step(struct server *s, struct client *c)
{
	bool whole;

	if (s->manner == HANGS_UP) {
		client_end(s, c);
		return;
	}
	if (s->manner == NEVER_READS)
		return;
	whole = read_request(c, s->manner == IS_LAZY ? 1000 : 65536);
	if (s->manner == IS_HASTY && c->sent == 0 && c->in.n > 0)
		say(s, c, SPAM, strlen(SPAM));
	if (!whole || s->manner == IS_SILENT)
		return;
	buf_clear(&s->last);
	assert_int_equal(buf_append(&s->last, buf_view(&c->in)), ST_OK);
	if (s->manner != IS_HASTY)
		reply(s, c);
}

static void server_step(struct server *s)
{
	look_for_clients(s);
	for (unsigned i = 0; i < s->came; i++)
		if (s->clients[i].fd >= 0)
			client_step(s, &s->clients[i]);
}

/* --- the rig --- */

static void on_failed(void *arg, const char *server, enum spamd_outcome outcome, uint32_t code)
{
	struct rig *r = arg;

	r->failures++;
	r->failed_how = outcome;
	(void)snprintf(r->failed, sizeof(r->failed), "%s", server);
	assert_true((code != 0) == (outcome == SPAMD_REFUSED));
}

static const struct spamd_events events = { on_failed };

static const struct view mail[] = { VIEW_INIT("Received: from x\r\n"), VIEW_INIT(""),
	                            VIEW_INIT("Subject: hello\r\n"), VIEW_INIT("\r\n"),
	                            VIEW_INIT("hello\r\n") };

static void rig_begin(struct rig *r, unsigned connections, unsigned waiting)
{
	*r = (struct rig){ .loop = loop_new() };
	r->pool = spamd_new(r->loop, connections, waiting, &events, r);
	for (size_t i = 0; i < 3; i++) {
		server_begin(&r->servers[i]);
		r->addresses[i] =
			(struct dial_address){ .host = "127.0.0.1", .port = r->servers[i].port };
	}
	r->q = (struct spamd_question){ .servers = r->addresses,
		                        .server_count = 1,
		                        .command = SPAMC_SYMBOLS,
		                        .pieces = mail,
		                        .piece_count = 5,
		                        .timeout_ms = WAIT_MS };
}

static void rig_end(struct rig *r)
{
	for (size_t i = 0; i < SCANS_MAX; i++)
		spamd_scan_cancel(&r->scans[i]);
	for (size_t i = 0; i < 3; i++)
		server_end(&r->servers[i]);
	spamd_free(&r->pool);
	loop_free(&r->loop);
}

static void on_done(void *arg, const struct spamd_result *result)
{
	struct place *place = arg;
	struct rig *r = place->rig;
	size_t i = place->i;

	assert_false(r->in_call);
	assert_non_null(r->scans[i]);
	r->scans[i] = NULL;
	r->calls++;
	r->results[i] = *result;
	assert_true(result->reply.body.n < sizeof(r->body[i]));
	(void)snprintf(r->body[i], sizeof(r->body[i]), "%.*s", VIEW_ARG(result->reply.body));
}

static void begin(struct rig *r, size_t i)
{
	r->places[i] = (struct place){ r, i };
	r->in_call = true;
	r->scans[i] = spamd_scan(r->pool, &r->q, on_done, &r->places[i]);
	r->in_call = false;
}

static void step(struct rig *r)
{
	loop_turn(r->loop, false);
	for (size_t i = 0; i < 3; i++)
		server_step(&r->servers[i]);
}

static void run(struct rig *r, unsigned calls)
{
	uint64_t end = loop_mono_us() + (uint64_t)WAIT_MS * 2000;

	while (r->calls < calls && loop_mono_us() < end) {
		step(r);
		(void)poll(NULL, 0, 1);
	}
	assert_int_equal(r->calls, calls);
}

/* The outcome of a scan from its begin to its end. */
static enum spamd_outcome scan(struct rig *r)
{
	r->calls = 0;
	begin(r, 0);
	run(r, 1);
	return r->results[0].outcome;
}

/* --- the tests --- */

static void test_answer(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r, 1, 0);
	r.q.user = VIEW("joe@example.org");
	assert_int_equal(scan(&r), SPAMD_ANSWERED);
	assert_true(r.results[0].reply.spam);
	assert_int_equal(r.results[0].reply.score_tenths, 75);
	assert_string_equal(r.body[0], "ONE,TWO");
	assert_view(buf_view(&r.servers[0].last),
	            "SYMBOLS SPAMC/1.5\r\nUser: joe@example.org\r\nContent-length: 43\r\n\r\n"
	            "Received: from x\r\nSubject: hello\r\n\r\nhello\r\n");
	assert_int_equal(r.failures, 0);
	rig_end(&r);
}

/* A name that would be a line of its own is not sent. */
static void test_user_that_cannot_be_sent(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r, 1, 0);
	r.q.user = VIEW("a\r\nTell: x");
	assert_int_equal(scan(&r), SPAMD_ANSWERED);
	assert_null(strstr(buf_text(&r.servers[0].last), "Tell"));
	assert_null(strstr(buf_text(&r.servers[0].last), "User"));
	rig_end(&r);
}

static void test_unix(void **state)
{
	char folder[FOLDER_MAX], path[FOLDER_MAX * 2];
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct rig r;

	(void)state;
	folder_new(folder);
	folder_path(path, folder, "spamd");
	rig_begin(&r, 1, 0);
	memcpy(at.sun_path, path, strlen(path) + 1);
	server_die(&r.servers[0]);
	r.servers[0].fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(r.servers[0].fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(r.servers[0].fd, 5), 0);
	r.addresses[0] = (struct dial_address){ .path = at.sun_path };
	assert_int_equal(scan(&r), SPAMD_ANSWERED);
	rig_end(&r);
	folder_free(folder);
}

static void test_manners(void **state)
{
	static const struct {
		const char *name;
		enum manner manner;
		enum spamd_outcome outcome;
	} cases[] = {
		{ "answers", ANSWERS, SPAMD_ANSWERED },
		{ "silent", IS_SILENT, SPAMD_TIMEOUT },
		{ "garbage", SAYS_GARBAGE, SPAMD_GARBAGE },
		{ "breaks off", BREAKS_OFF, SPAMD_CUT },
		{ "dribbles", DRIBBLES, SPAMD_ANSWERED },
		{ "hangs up", HANGS_UP, SPAMD_CUT },
		{ "busy", IS_BUSY, SPAMD_REFUSED },
		{ "hasty", IS_HASTY, SPAMD_ANSWERED },
		{ "lazy", IS_LAZY, SPAMD_ANSWERED },
		{ "never reads", NEVER_READS, SPAMD_TIMEOUT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool answered = cases[i].outcome == SPAMD_ANSWERED;
		char want[300];
		struct rig r;

		print_message("%s\n", cases[i].name);
		rig_begin(&r, 1, 0);
		r.q.timeout_ms = answered ? WAIT_MS : 200;
		r.servers[0].manner = cases[i].manner;
		assert_int_equal(scan(&r), cases[i].outcome);
		assert_int_equal(r.failures, !answered);
		(void)snprintf(want, sizeof(want), "inet:127.0.0.1:%s", r.servers[0].port);
		assert_string_equal(r.failed, answered ? "" : want);
		if (!answered)
			assert_int_equal(r.failed_how, cases[i].outcome);
		if (cases[i].outcome == SPAMD_REFUSED)
			assert_int_equal(r.results[0].reply.code, SPAMC_CODE_RETRY);
		/* Alone, it is asked again at once, and not complained of again. */
		assert_int_equal(scan(&r), cases[i].outcome);
		assert_int_equal(r.failures, !answered);
		assert_int_equal(r.servers[0].came, 2);
		rig_end(&r);
	}
}

/* Far more than the socket takes at once, in pieces of odd lengths: all of it comes over. */
static void test_large_mail(void **state)
{
	static char octets[3000000];
	static const enum manner manners[] = { ANSWERS, IS_HASTY };
	const struct view pieces[] = { { octets, 1 },
		                       { octets + 1, 32767 },
		                       { octets + 32768, 0 },
		                       { octets + 32768, 32768 },
		                       { octets + 65536, 2934464 } };
	struct rig r;

	(void)state;
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (char)(i * 2654435761u >> 13);
	for (size_t i = 0; i < 2; i++) {
		rig_begin(&r, 1, 0);
		r.servers[0].manner = manners[i];
		r.q.pieces = pieces;
		assert_int_equal(scan(&r), SPAMD_ANSWERED);
		if (manners[i] == ANSWERS) {
			struct view last = buf_view(&r.servers[0].last);

			assert_int_equal(r.servers[0].came, 1);
			assert_memory_equal(last.p + last.n - sizeof(octets), octets,
			                    sizeof(octets));
		}
		rig_end(&r);
	}
}

static void test_dead(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r, 1, 0);
	server_die(&r.servers[0]);
	assert_int_equal(scan(&r), SPAMD_DEAD);
	assert_int_equal(r.failures, 1);
	rig_end(&r);
}

/* The next server answers, and the bad one is left alone afterwards. */
static void test_failover(void **state)
{
	static const enum manner bad[] = { SAYS_GARBAGE, BREAKS_OFF, HANGS_UP, IS_BUSY };
	struct rig r;

	(void)state;
	for (size_t i = 0; i <= sizeof(bad) / sizeof(bad[0]); i++) {
		rig_begin(&r, 1, 0);
		r.q.server_count = 2;
		if (i < sizeof(bad) / sizeof(bad[0]))
			r.servers[0].manner = bad[i];
		else
			server_die(&r.servers[0]);
		assert_int_equal(scan(&r), SPAMD_ANSWERED);
		assert_int_equal(r.servers[1].came, 1);
		assert_int_equal(scan(&r), SPAMD_ANSWERED);
		assert_int_equal(r.servers[1].came, 2);
		assert_int_equal(r.servers[0].came, i < sizeof(bad) / sizeof(bad[0]));
		assert_int_equal(r.failures, 1);
		/* Once the other is gone too, it gets another chance. */
		server_die(&r.servers[1]);
		r.servers[0].manner = ANSWERS;
		assert_int_equal(scan(&r), r.servers[0].fd < 0 ? SPAMD_DEAD : SPAMD_ANSWERED);
		rig_end(&r);
	}
}

/* A silent one takes all the time of the first mail, and none of the second's. */
static void test_silent_first(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r, 1, 0);
	r.q.server_count = 2;
	r.q.timeout_ms = 150;
	r.servers[0].manner = IS_SILENT;
	assert_int_equal(scan(&r), SPAMD_TIMEOUT);
	r.q.timeout_ms = WAIT_MS;
	assert_int_equal(scan(&r), SPAMD_ANSWERED);
	assert_int_equal(r.servers[0].came, 1);
	rig_end(&r);
}

static void test_all_fail(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r, 1, 0);
	r.q.server_count = 3;
	server_die(&r.servers[0]);
	r.servers[1].manner = IS_BUSY;
	r.servers[2].manner = SAYS_GARBAGE;
	for (unsigned i = 1; i < 4; i++) {
		assert_int_equal(scan(&r), SPAMD_GARBAGE);
		assert_int_equal(r.servers[1].came, i);
		assert_int_equal(r.servers[2].came, i);
		assert_int_equal(r.failures, 3);
	}
	rig_end(&r);
}

/* No more connections than may be; the rest waits, in order, and what is beyond that is told so. */
static void test_queue(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r, 3, 5);
	for (size_t i = 0; i < 10; i++)
		begin(&r, i);
	run(&r, 10);
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(r.results[i].outcome, i < 8 ? SPAMD_ANSWERED : SPAMD_TOO_MANY);
	assert_int_equal(r.servers[0].came, 8);
	assert_in_range(r.servers[0].most, 1, 3);
	assert_int_equal(r.failures, 1);
	assert_string_equal(r.failed, "");
	rig_end(&r);
}

/* The time that it waits for a connection counts, and is no server's fault. */
static void test_waits_too_long(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r, 1, 5);
	r.servers[0].manner = IS_SILENT;
	begin(&r, 0);
	r.q.timeout_ms = 100;
	begin(&r, 1);
	run(&r, 1);
	assert_int_equal(r.results[1].outcome, SPAMD_TIMEOUT);
	assert_int_equal(r.failures, 1);
	assert_string_equal(r.failed, "");
	assert_int_equal(r.servers[0].came, 1);
	rig_end(&r);
}

/* The daemon ends: nobody waits for a server any more. */
static void test_end(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r, 1, 5);
	r.servers[0].manner = IS_SILENT;
	for (size_t i = 0; i < 3; i++)
		begin(&r, i);
	for (unsigned i = 0; i < 20; i++)
		step(&r);
	spamd_end(r.pool);
	assert_int_equal(r.calls, 0);
	run(&r, 3);
	begin(&r, 3);
	spamd_scan_cancel(&r.scans[3]);
	assert_int_equal(scan(&r), SPAMD_TIMEOUT);
	assert_int_equal(r.servers[0].came, 1);
	assert_int_equal(r.failures, 0);
	rig_end(&r);
}

static void cancel(struct rig *r, size_t i)
{
	spamd_scan_cancel(&r->scans[i]);
	assert_null(r->scans[i]);
}

/* After every number of turns: no callback, no leak, and its place is the next one's. */
static void test_cancel_at_every_moment(void **state)
{
	static char octets[200000];
	const struct view pieces[] = { { octets, sizeof(octets) } };

	(void)state;
	for (unsigned turns = 0; turns < 40; turns++) {
		struct rig r;

		rig_begin(&r, 1, 5);
		r.servers[0].manner = turns % 2 == 0 ? DRIBBLES : IS_LAZY;
		r.q.pieces = pieces;
		r.q.piece_count = 1;
		for (size_t i = 0; i < 3; i++)
			begin(&r, i);
		for (unsigned i = 0; i < turns; i++)
			step(&r);
		assert_int_equal(r.calls, 0);
		cancel(&r, 1); /* it waits */
		cancel(&r, 0); /* it is at work */
		r.servers[0].manner = ANSWERS;
		run(&r, 1);
		assert_int_equal(r.results[2].outcome, SPAMD_ANSWERED);
		for (unsigned i = 0; i < 10; i++)
			step(&r);
		assert_int_equal(r.calls, 1);
		rig_end(&r);
	}
}

/* What is known at once is told later, unless it is cancelled. */
static void test_cancel_too_many(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r, 0, 0);
	begin(&r, 0);
	spamd_scan_cancel(&r.scans[0]);
	step(&r);
	assert_int_equal(r.calls, 0);
	assert_int_equal(scan(&r), SPAMD_TOO_MANY);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_user_that_cannot_be_sent),
		cmocka_unit_test(test_unix),
		cmocka_unit_test(test_manners),
		cmocka_unit_test(test_large_mail),
		cmocka_unit_test(test_dead),
		cmocka_unit_test(test_failover),
		cmocka_unit_test(test_silent_first),
		cmocka_unit_test(test_all_fail),
		cmocka_unit_test(test_queue),
		cmocka_unit_test(test_waits_too_long),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_cancel_at_every_moment),
		cmocka_unit_test(test_cancel_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
