#include "net/dial.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "folder.h"
#include "test.h"
#include "util/mem.h"

#define WAIT_MS 5000

struct rig {
	struct loop *loop;
	struct dial *dial;
	int listener, fd;
	char port[8];
	unsigned calls;
	enum status st;
};

static void on_connected(void *arg, int fd, enum status st)
{
	struct rig *r = arg;

	r->dial = NULL;
	r->calls++;
	r->fd = fd;
	r->st = st;
}

static void listen_on_loopback(struct rig *r)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);

	r->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(r->listener >= 0);
	assert_int_equal(bind(r->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(r->listener, 0), 0);
	assert_int_equal(getsockname(r->listener, (struct sockaddr *)&at, &n), 0);
	(void)snprintf(r->port, sizeof(r->port), "%u", ntohs(at.sin_port));
}

static void rig_begin(struct rig *r)
{
	*r = (struct rig){ .loop = loop_new(), .fd = -1 };
	listen_on_loopback(r);
}

static void rig_end(struct rig *r)
{
	dial_cancel(&r->dial);
	if (r->fd >= 0)
		(void)close(r->fd);
	if (r->listener >= 0)
		(void)close(r->listener);
	loop_free(&r->loop);
}

static void dial(struct rig *r, const struct dial_address *to, uint64_t timeout_ms)
{
	r->dial = dial_start(r->loop, to, timeout_ms, on_connected, r);
	assert_int_equal(r->calls, 0); /* never inside the call */
	loop_turn(r->loop, false);     /* what can be told at once needs no waiting for */
	while (r->calls == 0)
		loop_turn(r->loop, true);
	assert_int_equal(r->calls, 1);
	assert_true((r->fd >= 0) == (r->st == ST_OK));
}

static void test_address(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r);
	dial(&r, &(struct dial_address){ .host = "127.0.0.1", .port = r.port }, WAIT_MS);
	assert_int_equal(r.st, ST_OK);
	rig_end(&r);
}

/* "localhost" may be ::1 first, where nobody listens: the next address is tried. */
static void test_name(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r);
	dial(&r, &(struct dial_address){ .host = "localhost", .port = r.port }, WAIT_MS);
	assert_int_equal(r.st, ST_OK);
	rig_end(&r);
}

static void test_path(void **state)
{
	char folder[FOLDER_MAX], path[FOLDER_MAX * 2];
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct rig r;
	int fd;

	(void)state;
	folder_new(folder);
	folder_path(path, folder, "s");
	rig_begin(&r);
	memcpy(at.sun_path, path, strlen(path) + 1);
	dial(&r, &(struct dial_address){ .path = at.sun_path }, WAIT_MS);
	assert_int_equal(r.st, ST_UNAVAILABLE);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 1), 0);
	r.calls = 0;
	dial(&r, &(struct dial_address){ .path = at.sun_path }, WAIT_MS);
	assert_int_equal(r.st, ST_OK);
	(void)close(fd);
	rig_end(&r);
	folder_free(folder);
}

static void test_refused(void **state)
{
	char path[300];
	const struct dial_address nowhere[] = { { .host = "127.0.0.1" },
		                                { .port = "25" },
		                                { .path = path },
		                                { .host = path, .port = "25" } };
	struct rig r;

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	rig_begin(&r);
	(void)close(r.listener);
	r.listener = -1;
	dial(&r, &(struct dial_address){ .host = "127.0.0.1", .port = r.port }, WAIT_MS);
	assert_int_equal(r.st, ST_UNAVAILABLE);
	for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
		r.calls = 0;
		dial(&r, &nowhere[i], WAIT_MS);
		assert_int_equal(r.st, ST_INVALID);
	}
	rig_end(&r);
}

/* A full queue: the kernel drops who comes then, and nobody answers. */
static void test_silence(void **state)
{
	struct rig r;
	int queued[8];
	unsigned n = 0;

	(void)state;
	rig_begin(&r);
	for (r.st = ST_OK; n < sizeof(queued) / sizeof(queued[0]); n++) {
		r.calls = 0;
		dial(&r, &(struct dial_address){ .host = "127.0.0.1", .port = r.port }, 300);
		if (r.st != ST_OK)
			break;
		queued[n] = r.fd;
	}
	assert_int_equal(r.st, ST_TIMEOUT);
	while (n > 0)
		(void)close(queued[--n]);
	rig_end(&r);
}

/* Given up at each moment: at once, while the name is resolved, while it connects. */
static void test_cancel(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "localhost" };
	struct rig r;

	(void)state;
	rig_begin(&r);
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		for (unsigned turns = 0; turns < 3; turns++) {
			r.dial = dial_start(
				r.loop, &(struct dial_address){ .host = hosts[i], .port = r.port },
				WAIT_MS, on_connected, &r);
			for (unsigned n = 0; n < turns; n++)
				loop_turn(r.loop, false);
			dial_cancel(&r.dial);
			if (r.fd >= 0)
				(void)close(r.fd);
			r.fd = -1;
		}
	}
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address), cmocka_unit_test(test_name),
		cmocka_unit_test(test_path),    cmocka_unit_test(test_refused),
		cmocka_unit_test(test_silence), cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
