/* A server on the test's own loop, which answers whatever it is asked with one text. */
#pragma once

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/conn.h"
#include "net/listener.h"
#include "test.h"
#include "util/buf.h"

#define FAKE_CONNS 16

struct fake_server {
	struct loop *loop;
	struct listener *listener;
	char port[8];
	struct view answer; /* to each request; of no octets: none */
	struct view then;   /* to a connection's further ones, if it has octets */
	const char *until;  /* a request ends with this text, */
	size_t octets;      /* or after so many octets */
	size_t piece;       /* the answer comes in pieces of so many, one a turn; 0: at once */
	bool close;         /* after the answer, or instead of it */
	unsigned accepted, requests;
	struct buf heard; /* all of it */
	struct fake_conn {
		struct fake_server *server;
		struct conn *conn;
		struct soon soon;
		size_t asked, sent;
		unsigned requests;
	} conns[FAKE_CONNS];
};

static inline void fake_hang_up(struct fake_conn *c)
{
	if (c->server != NULL)
		loop_not_soon(c->server->loop, &c->soon);
	conn_close(&c->conn);
}

static inline void fake_send(void *arg)
{
	struct fake_conn *c = arg;
	struct fake_server *s = c->server;
	struct view answer = c->requests > 1 && s->then.n > 0 ? s->then : s->answer;
	size_t n = s->piece > 0 ? s->piece : answer.n;
	struct view piece = view_first(view_from(answer, c->sent), n);

	if (c->conn == NULL)
		return;
	(void)(conn_write(c->conn, piece) == ST_OK); /* who left hears nothing */
	(void)conn_flush(c->conn);
	c->sent += piece.n;
	if (c->sent < answer.n)
		loop_soon(s->loop, &c->soon, fake_send, c);
	else if (s->close)
		fake_hang_up(c);
}

static inline void fake_data(void *arg, struct view octets)
{
	struct fake_conn *c = arg;
	struct fake_server *s = c->server;
	size_t tail = s->until != NULL ? strlen(s->until) : 0;

	assert_int_equal(buf_append(&s->heard, octets), ST_OK);
	c->asked += octets.n;
	if (s->until != NULL ? s->heard.n < tail ||
	                               memcmp(s->heard.p + s->heard.n - tail, s->until, tail) != 0
	                     : c->asked < s->octets)
		return;
	c->asked = c->sent = 0;
	s->requests++;
	c->requests++;
	if (s->answer.n > 0)
		loop_soon(s->loop, &c->soon, fake_send, c);
	else if (s->close)
		fake_hang_up(c);
}

static inline void fake_end(void *arg, bool broken)
{
	(void)broken;
	fake_hang_up(arg);
}

static inline void fake_accept(void *arg, int fd)
{
	static const struct conn_events events = { .data = fake_data, .end = fake_end };
	struct fake_server *s = arg;
	struct fake_conn *c = &s->conns[s->accepted++ % FAKE_CONNS];

	fake_hang_up(c);
	*c = (struct fake_conn){ .server = s };
	c->conn = conn_new(s->loop, fd, fd, &events, c);
	assert_non_null(c->conn);
}

static inline void fake_start(struct fake_server *s, struct loop *loop, int fd)
{
	(void)signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	s->loop = loop;
	s->heard = buf_of((size_t)1 << 22);
	s->listener = listener_new(loop, fd, 64, fake_accept, s);
	assert_non_null(s->listener);
}

static inline void fake_start_path(struct fake_server *s, struct loop *loop, const char *path)
{
	struct diag why;
	int fd = -1;

	assert_int_equal(listener_bind_unix(&(struct listener_unix){ .path = path, .mode = 0600 },
	                                    &fd, &why),
	                 ST_OK);
	fake_start(s, loop, fd);
}

static inline void fake_start_inet(struct fake_server *s, struct loop *loop)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t n = sizeof(at);
	unsigned count = 0;
	struct diag why;
	int fd = -1;

	assert_int_equal(listener_bind_inet("127.0.0.1", "0", &fd, 1, &count, &why), ST_OK);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	(void)snprintf(s->port, sizeof(s->port), "%u", ntohs(at.sin_port));
	fake_start(s, loop, fd);
}

static inline void fake_stop(struct fake_server *s)
{
	listener_close(&s->listener);
	for (unsigned i = 0; i < FAKE_CONNS; i++)
		fake_hang_up(&s->conns[i]);
	buf_free(&s->heard);
}
