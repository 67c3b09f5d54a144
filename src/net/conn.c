#include "net/conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/inside.h"
#include "util/buf.h"
#include "util/ip.h"
#include "util/mem.h"

struct conn {
	uv_poll_t poll;
	struct loop *loop;
	struct soon flush;
	struct buf out;
	const struct conn_events *events; /* NULL once it is closed */
	void *arg;
	int fd;
	int out_fd;
	int watched; /* what the poll handle waits for */
	bool paused;
	bool ack_at_once;
	bool finished; /* no more will be written */
	bool ended;    /* no more input */
	bool broken;   /* no more output */
};

static void on_ready(uv_poll_t *h, int status, int events);

static void watch(struct conn *c)
{
	int want = 0;

	if (c->events == NULL)
		return;
	if (!c->paused && !c->ended && c->out.n <= CONN_OUT_PAUSE)
		want |= UV_READABLE;
	if (c->out.n > 0 && !c->broken && c->out_fd == c->fd)
		want |= UV_WRITABLE;
	if (want == c->watched)
		return;
	c->watched = want;
	if (want == 0)
		(void)uv_poll_stop(&c->poll);
	else
		(void)uv_poll_start(&c->poll, want, on_ready);
}

static void end(struct conn *c, bool broken)
{
	bool was = c->ended;

	c->broken = c->broken || broken;
	c->ended = true;
	if (broken)
		buf_clear(&c->out);
	watch(c);
	if (!was)
		c->events->end(c->arg, broken);
}

/* A pipe beside the input is not polled: it is waited for. Only --stdio has one, with its one peer.
 */
static bool wait_writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, -1) == 1 && (p.revents & POLLOUT) != 0;
}

/* True when all has left. */
static bool send_out(struct conn *c)
{
	while (c->out.n > 0 && !c->broken) {
		ssize_t n = write(c->out_fd, c->out.p, c->out.n);

		if (n > 0)
			buf_drop(&c->out, (size_t)n);
		else if (errno == EINTR)
			continue;
		else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			if (c->out_fd == c->fd || !wait_writable(c->out_fd))
				return false;
		} else
			c->broken = true;
	}
	if (c->out.size > 4096)
		buf_free(&c->out);
	return !c->broken;
}

static void on_flush(void *arg)
{
	struct conn *c = arg;
	bool sent = send_out(c);

	if (c->events == NULL)
		return;
	if (sent && c->finished && c->out_fd == c->fd)
		(void)shutdown(c->fd, SHUT_WR);
	watch(c);
	if (c->broken && !c->ended)
		end(c, true);
	else if (sent && c->events->drained != NULL)
		c->events->drained(c->arg);
}

/* Linux forgets it (tcp(7): not permanent). A socket that is none of TCP's is not asked again. */
static void ack(struct conn *c)
{
	int on = 1;

	c->ack_at_once = setsockopt(c->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on)) == 0;
}

static void read_in(struct conn *c)
{
	char *space = loop_read_space(c->loop);
	ssize_t n = read(c->fd, space, LOOP_READ_SIZE);

	if (n > 0 && c->ack_at_once)
		ack(c);
	if (n > 0)
		c->events->data(c->arg, (struct view){ space, (size_t)n });
	else if (n == 0)
		end(c, false);
	else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
		end(c, true);
}

static void on_ready(uv_poll_t *h, int status, int events)
{
	struct conn *c = h->data;

	if (status < 0) {
		end(c, true);
		return;
	}
	if ((events & UV_WRITABLE) != 0)
		on_flush(c);
	if ((events & UV_READABLE) != 0 && c->events != NULL && !c->ended && !c->paused)
		read_in(c);
}

struct conn *conn_new(struct loop *loop, int fd, int out_fd, const struct conn_events *events,
                      void *arg)
{
	struct conn *c = mem_new(struct conn);
	int on = 1;

	if (uv_poll_init(loop_uv(loop), &c->poll, fd) != 0) {
		mem_free(c);
		return NULL;
	}
	/* One write an answer, and it leaves at once; on a unix socket this fails, and needn't. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c->poll.data = c;
	c->loop = loop;
	c->out = buf_of(CONN_OUT_MAX);
	c->events = events;
	c->arg = arg;
	c->fd = fd;
	c->out_fd = out_fd;
	watch(c);
	return c;
}

enum status conn_write(struct conn *c, struct view octets)
{
	enum status st;

	if (c->broken)
		return ST_OK; /* the end callback has said so, or will */
	st = buf_append(&c->out, octets);
	if (st == ST_OK)
		loop_late(c->loop, &c->flush, on_flush, c);
	return st;
}

void conn_ack_at_once(struct conn *c)
{
	c->ack_at_once = true;
	ack(c);
}

void conn_finish(struct conn *c)
{
	c->finished = true;
	loop_late(c->loop, &c->flush, on_flush, c);
}

size_t conn_unsent(const struct conn *c)
{
	return c->out.n;
}

bool conn_flush(struct conn *c)
{
	return send_out(c) || c->broken;
}

void conn_fit(struct conn *c)
{
	if (c->out.n == 0)
		buf_free(&c->out);
}

/* Only a change is worth a look: what was written in this turn has not been tried to be sent, and
 * to wait for room for it, and then no more, costs five system calls. */
void conn_pause(struct conn *c)
{
	if (c->paused)
		return;
	c->paused = true;
	watch(c);
}

void conn_resume(struct conn *c)
{
	if (!c->paused)
		return;
	c->paused = false;
	watch(c);
}

static void on_closed(uv_handle_t *h)
{
	struct conn *c = h->data;

	(void)close(c->fd);
	buf_free(&c->out);
	mem_free(c);
}

void conn_close(struct conn **conn)
{
	struct conn *c = *conn;

	if (c == NULL)
		return;
	*conn = NULL;
	c->events = NULL;
	loop_not_soon(c->loop, &c->flush);
	if (c->out.n > 0 && c->out_fd == c->fd)
		(void)send_out(c);
	uv_close((uv_handle_t *)&c->poll, on_closed);
}

void conn_peer(const struct conn *c, char *out, size_t size)
{
	struct sockaddr_storage peer = { .ss_family = AF_UNSPEC };
	socklen_t n = sizeof(peer);
	char text[INET6_ADDRSTRLEN] = "";
	unsigned port = 0;

	if (getpeername(c->fd, (struct sockaddr *)&peer, &n) != 0) {
		(void)snprintf(out, size, "pipe");
		return;
	}
	if (peer.ss_family == AF_INET) {
		(void)uv_ip4_name((struct sockaddr_in *)&peer, text, sizeof(text));
		port = ntohs(((struct sockaddr_in *)&peer)->sin_port);
	} else if (peer.ss_family == AF_INET6) {
		(void)uv_ip6_name((struct sockaddr_in6 *)&peer, text, sizeof(text));
		port = ntohs(((struct sockaddr_in6 *)&peer)->sin6_port);
	}
	if (port != 0)
		(void)snprintf(out, size, "[%s]:%u", text, port);
	else
		(void)snprintf(out, size, "unix");
}
