#include "net/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"
#include "util/buf.h"

/* One connection, what came of it, and the other end of its socket. */
struct rig {
	struct loop *loop;
	struct conn *conn;
	int peer;
	struct buf in;
	unsigned ends, brokens, drains;
	bool close_on_data, close_on_end, close_on_drained, pause_on_data;
};

static void on_data(void *arg, struct view octets)
{
	struct rig *r = arg;

	assert_int_equal(buf_append(&r->in, octets), ST_OK);
	if (r->pause_on_data)
		conn_pause(r->conn);
	if (r->close_on_data)
		conn_close(&r->conn);
}

static void on_end(void *arg, bool broken)
{
	struct rig *r = arg;

	r->ends++;
	r->brokens += broken;
	if (r->close_on_end)
		conn_close(&r->conn);
}

static void on_drained(void *arg)
{
	struct rig *r = arg;

	r->drains++;
	if (r->close_on_drained)
		conn_close(&r->conn);
}

static const struct conn_events events = { on_data, on_end, on_drained };

static void rig_begin(struct rig *r)
{
	int fd[2], small = 4096;

	*r = (struct rig){ .loop = loop_new_fake(0), .in = buf_of((size_t)1 << 24) };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd), 0);
	(void)setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	r->peer = fd[1];
	r->conn = conn_new(r->loop, fd[0], fd[0], &events, r);
	assert_non_null(r->conn);
}

static void rig_end(struct rig *r)
{
	conn_close(&r->conn);
	conn_close(&r->conn);
	if (r->peer >= 0)
		(void)close(r->peer);
	loop_free(&r->loop);
	buf_free(&r->in);
}

static void turns(struct rig *r)
{
	for (unsigned i = 0; i < 6; i++)
		loop_turn(r->loop, false);
}

static void peer_says(struct rig *r, const char *text)
{
	assert_int_equal(write(r->peer, text, strlen(text)), strlen(text));
}

static size_t peer_reads(struct rig *r, char *out, size_t size)
{
	ssize_t n = read(r->peer, out, size);

	return n > 0 ? (size_t)n : 0;
}

static void peer_closes(struct rig *r)
{
	(void)close(r->peer);
	r->peer = -1;
}

static void test_both_ways(void **state)
{
	struct rig r;
	char back[100];

	(void)state;
	rig_begin(&r);
	peer_says(&r, "hello");
	assert_int_equal(r.in.n, 0);
	turns(&r);
	assert_view(buf_view(&r.in), "hello");
	assert_int_equal(conn_write(r.conn, VIEW("one ")), ST_OK);
	assert_int_equal(conn_write(r.conn, VIEW("two")), ST_OK);
	assert_int_equal(conn_unsent(r.conn), 7);
	assert_int_equal(peer_reads(&r, back, sizeof(back)), 0); /* not inside the call */
	loop_turn(r.loop, false);
	assert_int_equal(peer_reads(&r, back, sizeof(back)), 7);
	assert_memory_equal(back, "one two", 7);
	assert_int_equal(conn_unsent(r.conn), 0);
	assert_true(r.drains >= 1);
	rig_end(&r);
}

/* The system takes a part of it at a time. */
static void test_partial_writes(void **state)
{
	static char big[300000], back[300000];
	struct rig r;
	size_t got = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7 + i / 256);
	rig_begin(&r);
	assert_int_equal(conn_write(r.conn, (struct view){ big, sizeof(big) }), ST_OK);
	turns(&r);
	assert_true(conn_unsent(r.conn) > 0);
	assert_int_equal(r.drains, 0);
	for (unsigned i = 0; i < 10000 && got < sizeof(back); i++) {
		got += peer_reads(&r, back + got, i % 3 == 0 ? 1000 : sizeof(back) - got);
		loop_turn(r.loop, false);
	}
	assert_int_equal(got, sizeof(back));
	assert_memory_equal(big, back, sizeof(back));
	turns(&r);
	assert_true(r.drains >= 1);
	rig_end(&r);
}

static void test_bound(void **state)
{
	static char big[CONN_OUT_MAX];
	struct rig r;

	(void)state;
	rig_begin(&r);
	assert_int_equal(conn_write(r.conn, (struct view){ big, sizeof(big) }), ST_OK);
	assert_int_equal(conn_write(r.conn, VIEW("x")), ST_LIMIT);
	assert_int_equal(conn_unsent(r.conn), sizeof(big));
	peer_says(&r, "it still sends"); /* but nothing is read from who doesn't read */
	turns(&r);
	assert_int_equal(r.in.n, 0);
	while (peer_reads(&r, big, sizeof(big)) > 0)
		loop_turn(r.loop, false);
	turns(&r);
	assert_view(buf_view(&r.in), "it still sends");
	rig_end(&r);
}

static void test_pause(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r);
	conn_pause(r.conn);
	peer_says(&r, "a");
	turns(&r);
	assert_int_equal(r.in.n, 0);
	conn_resume(r.conn);
	turns(&r);
	assert_view(buf_view(&r.in), "a");
	r.pause_on_data = true;
	peer_says(&r, "b");
	turns(&r);
	peer_says(&r, "c");
	turns(&r);
	assert_view(buf_view(&r.in), "ab");
	assert_int_equal(conn_write(r.conn, VIEW("answers leave all the same")), ST_OK);
	turns(&r);
	assert_int_equal(conn_unsent(r.conn), 0);
	rig_end(&r);
}

static void test_half_close(void **state)
{
	struct rig r;
	char back[100];

	(void)state;
	rig_begin(&r);
	peer_says(&r, "last");
	(void)shutdown(r.peer, SHUT_WR);
	turns(&r);
	assert_view(buf_view(&r.in), "last");
	assert_int_equal(r.ends, 1);
	assert_int_equal(r.brokens, 0);
	assert_int_equal(conn_write(r.conn, VIEW("answer")), ST_OK);
	turns(&r);
	assert_int_equal(peer_reads(&r, back, sizeof(back)), 6);
	assert_int_equal(r.ends, 1);
	rig_end(&r);
}

static void test_finish(void **state)
{
	struct rig r;
	char back[100];

	(void)state;
	rig_begin(&r);
	assert_int_equal(conn_write(r.conn, VIEW("answer")), ST_OK);
	conn_finish(r.conn);
	turns(&r);
	assert_int_equal(peer_reads(&r, back, sizeof(back)), 6);
	assert_int_equal(read(r.peer, back, sizeof(back)), 0); /* the end, not "nothing yet" */
	peer_says(&r, "more");                                 /* which is still read */
	turns(&r);
	assert_view(buf_view(&r.in), "more");
	rig_end(&r);
}

static void test_peer_gone(void **state)
{
	static char big[200000];
	struct rig r;

	(void)state;
	rig_begin(&r); /* while nothing goes on */
	peer_closes(&r);
	turns(&r);
	assert_int_equal(r.ends, 1);
	assert_int_equal(conn_write(r.conn, VIEW("too late")), ST_OK);
	turns(&r);
	assert_int_equal(conn_write(r.conn, VIEW("too late")), ST_OK);
	turns(&r);
	assert_int_equal(r.ends, 1);
	rig_end(&r);

	rig_begin(&r); /* with an answer in the buffer */
	assert_int_equal(conn_write(r.conn, VIEW("answer")), ST_OK);
	peer_closes(&r);
	turns(&r);
	assert_int_equal(r.ends, 1);
	assert_int_equal(r.brokens, 1);
	rig_end(&r);

	rig_begin(&r); /* with half an answer sent */
	assert_int_equal(conn_write(r.conn, (struct view){ big, sizeof(big) }), ST_OK);
	turns(&r);
	peer_closes(&r);
	turns(&r);
	assert_int_equal(r.ends, 1);
	assert_int_equal(conn_unsent(r.conn), 0);
	rig_end(&r);
}

/* Closing from each callback, with more to come for all of them. */
static void test_close_in_callbacks(void **state)
{
	struct rig r;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		rig_begin(&r);
		r.close_on_data = i == 0;
		r.close_on_end = i == 1;
		r.close_on_drained = i == 2;
		peer_says(&r, "x");
		assert_int_equal(conn_write(r.conn, VIEW("answer")), ST_OK);
		(void)shutdown(r.peer, SHUT_WR);
		turns(&r);
		assert_null(r.conn);
		assert_true(i != 0 || (r.ends == 0 && r.in.n == 1));
		assert_true(i != 2 || r.drains == 1);
		rig_end(&r);
	}
}

/* What was queued in this turn still leaves. */
static void test_close_with_unsent(void **state)
{
	struct rig r;
	char back[100];

	(void)state;
	rig_begin(&r);
	assert_int_equal(conn_write(r.conn, VIEW("goodbye")), ST_OK);
	conn_close(&r.conn);
	assert_int_equal(peer_reads(&r, back, sizeof(back)), 7);
	turns(&r);
	assert_int_equal(read(r.peer, back, sizeof(back)), 0);
	rig_end(&r);
}

/* Standard input and output may be two pipes. */
static void test_pair_of_pipes(void **state)
{
	struct rig r = { .loop = loop_new_fake(0), .in = buf_of(1000), .peer = -1 };
	int in[2], out[2];
	char back[100];

	(void)state;
	assert_int_equal(pipe2(in, O_NONBLOCK), 0);
	assert_int_equal(pipe2(out, O_NONBLOCK), 0);
	r.conn = conn_new(r.loop, in[0], out[1], &events, &r);
	assert_int_equal(write(in[1], "hello", 5), 5);
	turns(&r);
	assert_view(buf_view(&r.in), "hello");
	assert_int_equal(conn_write(r.conn, VIEW("hi")), ST_OK);
	turns(&r);
	assert_int_equal(read(out[0], back, sizeof(back)), 2);
	conn_peer(r.conn, back, sizeof(back));
	assert_string_equal(back, "pipe");
	(void)close(out[0]); /* nobody reads any more */
	assert_int_equal(conn_write(r.conn, VIEW("hi")), ST_OK);
	turns(&r);
	assert_int_equal(r.brokens, 1);
	(void)close(in[1]);
	rig_end(&r);
	(void)close(out[1]);
}

static void test_refused(void **state)
{
	struct loop *loop = loop_new_fake(0);
	FILE *f = tmpfile();

	(void)state;
	assert_non_null(f); /* a plain file can't be waited for */
	assert_null(conn_new(loop, fileno(f), fileno(f), &events, NULL));
	(void)fclose(f);
	loop_free(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_partial_writes),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_half_close),
		cmocka_unit_test(test_finish),
		cmocka_unit_test(test_peer_gone),
		cmocka_unit_test(test_close_in_callbacks),
		cmocka_unit_test(test_close_with_unsent),
		cmocka_unit_test(test_pair_of_pipes),
		cmocka_unit_test(test_refused),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
