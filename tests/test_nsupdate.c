#include "session/nsupdate.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hex.h"
#include "stderr_lines.h"
#include "util/mem.h"

#define NAME  "a.bl.example"
#define HEAD  12
#define TURNS 10000

/* What a server does with a connection. */
enum does { ADDS, REFUSES, TELLS_NO_ZONE, HANGS_UP, TALKS_NONSENSE };

struct server {
	pthread_t thread;
	int fd;
	unsigned port;
	enum does does;
	unsigned connections;
	struct buf update; /* that came last */
};

static bool read_all(int fd, void *p, size_t n)
{
	char *at = p;

	while (n > 0) {
		ssize_t got = read(fd, at, n);

		if (got <= 0)
			return false;
		at += got;
		n -= (size_t)got;
	}
	return true;
}

static bool take(int fd, struct buf *out)
{
	unsigned char size[2], message[65536];
	size_t n;

	if (!read_all(fd, size, 2))
		return false;
	n = (size_t)size[0] << 8 | size[1];
	buf_clear(out);
	return read_all(fd, message, n) &&
	       buf_append(out, (struct view){ (char *)message, n }) == ST_OK;
}

/* The head with these flags, the question again, and what hex says; in two pieces. */
static void answer(int fd, const struct buf *to, const char *flags, const char *counts,
                   const char *hex, bool question)
{
	struct buf out = buf_of(ROOM);

	put_hex(&out, "0000");
	(void)(buf_append(&out, view_first(buf_view(to), 2)) == ST_OK);
	put_hex(&out, flags);
	put_hex(&out, counts);
	if (question)
		(void)(buf_append(&out, view_from(buf_view(to), HEAD)) == ST_OK);
	put_hex(&out, hex);
	out.p[1] = (char)(out.n - 2);
	(void)(write(fd, out.p, 3) == 3 && write(fd, out.p + 3, out.n - 3) > 0);
	buf_free(&out);
}

static void talk(struct server *s, int fd)
{
	struct buf question = buf_of(ROOM);

	if (s->does == HANGS_UP || !take(fd, &question)) {
		buf_free(&question);
		return;
	}
	if (s->does == TALKS_NONSENSE)
		(void)(write(fd, "\0\3xyz", 5) == 5);
	else if (s->does == TELLS_NO_ZONE)
		answer(fd, &question, "8185", "0001 0000 0000 0000", "", true);
	else
		answer(fd, &question, "8183", "0001 0000 0001 0000",
		       "c00e 0006 0001 00000e10 0004 00000000", true);
	if (take(fd, &s->update))
		answer(fd, &s->update, s->does == ADDS ? "a800" : "a805", "0000 0000 0000 0000", "",
		       false);
	buf_free(&question);
}

static void *serve(void *arg)
{
	struct server *s = arg;
	int fd;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		s->connections++;
		talk(s, fd);
		(void)close(fd);
	}
	return NULL;
}

static void server_begin(struct server *s, enum does does)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);

	*s = (struct server){ .does = does, .update = buf_of(ROOM) };
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(s->fd, 100), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&at, &n), 0);
	s->port = ntohs(at.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void server_end(struct server *s)
{
	(void)shutdown(s->fd, SHUT_RDWR);
	(void)pthread_join(s->thread, NULL);
	(void)close(s->fd);
	buf_free(&s->update);
}

static struct nsupdate what_of(const char *servers)
{
	return (struct nsupdate){ .servers = view_of(servers),
		                  .record = { .name = VIEW(NAME),
		                              .type = DNSUPDATE_A,
		                              .dns_class = 1,
		                              .ttl = 60,
		                              .value = VIEW("127.0.0.2") } };
}

/* One update is sent, and waited for; what it leaves in the log. */
static void send_to(const char *servers, const struct dnsupdate_key *key, char *logged, size_t size)
{
	struct stderr_lines lines;
	struct loop *loop = loop_new();
	struct nsupdates *n;
	struct nsupdate what = what_of(servers);

	stderr_begin(&lines, LOG_LEVEL_INFO);
	n = nsupdates_new(loop, lines.log);
	what.key = key;
	nsupdates_send(n, &what);
	for (int i = 0; i < TURNS && nsupdates_under_way(n) > 0; i++)
		loop_turn(loop, true);
	stderr_take(&lines, logged, size);
	stderr_end(&lines);
	assert_int_equal(nsupdates_under_way(n), 0);
	nsupdates_free(&n);
	loop_free(&loop);
}

/* The update is what the codec makes, for the zone that the server told. */
static void test_added(void **state)
{
	struct buf want = buf_of(DNSUPDATE_MESSAGE_MAX);
	struct dnsupdate record = what_of("").record;
	struct dnsupdate_key key;
	struct server s;
	char servers[64], logged[4096];

	(void)state;
	server_begin(&s, ADDS);
	(void)snprintf(servers, sizeof(servers), "127.0.0.1:%u", s.port);
	send_to(servers, NULL, logged, sizeof(logged));
	assert_string_equal(logged, "");
	assert_int_equal(s.connections, 1);
	record.zone = VIEW("bl.example");
	assert_int_equal(dnsupdate_put(&want, 0, &record, NULL, 0), ST_OK);
	assert_true(view_eq(view_from(buf_view(&s.update), 2), view_from(buf_view(&want), 2)));

	assert_int_equal(dnsupdate_key_read(VIEW("k"), VIEW("hmac-sha256"), VIEW("AAAA"), &key),
	                 ST_OK);
	send_to(servers, &key, logged, sizeof(logged));
	assert_string_equal(logged, "");
	assert_int_equal(s.connections, 2);
	assert_int_equal(s.update.p[11], 1); /* there is a signature */
	assert_true(s.update.n > want.n);
	server_end(&s);
	buf_free(&want);
}

static void test_fails(void **state)
{
	static const struct {
		enum does does;
		const char *logged;
	} cases[] = {
		{ REFUSES, "failed: REFUSED (1 failed" },
		{ TELLS_NO_ZONE, "failed: REFUSED (1 failed" },
		{ HANGS_UP, "failed: the server closed the connection" },
		{ TALKS_NONSENSE, "failed: the server's answer can't be read" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct server s;
		char servers[64], logged[4096];

		server_begin(&s, cases[i].does);
		(void)snprintf(servers, sizeof(servers), " 127.0.0.1:%u,", s.port);
		send_to(servers, NULL, logged, sizeof(logged));
		server_end(&s);
		if (strstr(logged, "nsupdate of " NAME) == NULL ||
		    strstr(logged, cases[i].logged) == NULL)
			fail_msg("%zu: %s", i, logged);
	}
}

/* One server after the other is tried, until one takes it. */
static void test_next_server(void **state)
{
	struct server refuses, adds, unused;
	char servers[200], logged[4096];

	(void)state;
	server_begin(&refuses, REFUSES);
	server_begin(&adds, ADDS);
	server_begin(&unused, ADDS);
	(void)snprintf(servers, sizeof(servers),
	               "[::1]:1, 127.0.0.1:%u\t[127.0.0.1]:%u 127.0.0.1:%u", refuses.port,
	               adds.port, unused.port);
	send_to(servers, NULL, logged, sizeof(logged));
	server_end(&refuses);
	server_end(&adds);
	server_end(&unused);
	assert_string_equal(logged, "");
	assert_int_equal(refuses.connections, 1);
	assert_int_equal(adds.connections, 1);
	assert_int_equal(unused.connections, 0);
}

static void test_not_sent(void **state)
{
	char logged[4096];

	(void)state;
	send_to("", NULL, logged, sizeof(logged));
	assert_non_null(strstr(logged, "it has no servers"));
	send_to(" , ,", NULL, logged, sizeof(logged));
	assert_non_null(strstr(logged, "it has no servers"));
	send_to("no address at all:99999", NULL, logged, sizeof(logged));
	assert_non_null(strstr(logged, "failed"));
}

/* Failures are told of once a minute, with their number; and there are never too many under way,
 * nor left behind. */
static void test_bounds(void **state)
{
	struct stderr_lines lines;
	struct loop *loop = loop_new();
	struct nsupdate what = what_of("127.0.0.1:1"), bad = what_of("127.0.0.1:1");
	struct nsupdates *n;
	char logged[4096];

	(void)state;
	stderr_begin(&lines, LOG_LEVEL_INFO);
	n = nsupdates_new(loop, lines.log);
	bad.record.name = VIEW("\n");
	for (int i = 0; i < NSUPDATES_MAX + 10; i++)
		nsupdates_send(n, i == NSUPDATES_MAX ? &bad : &what);
	assert_int_equal(nsupdates_under_way(n), NSUPDATES_MAX);
	stderr_take(&lines, logged, sizeof(logged));
	assert_string_equal(logged, "nsupdate of \\x0a failed: too many are under way (1 failed "
	                            "since the last such line)\n");
	nsupdates_free(&n);
	assert_null(n);
	nsupdates_free(&n);
	stderr_take(&lines, logged, sizeof(logged));
	assert_string_equal(logged, "");
	stderr_end(&lines);
	loop_free(&loop);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_added),       cmocka_unit_test(test_fails),
		cmocka_unit_test(test_next_server), cmocka_unit_test(test_not_sent),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
