#include "ctl/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/conn.h"
#include "net/listener.h"
#include "util/file.h"
#include "util/mem.h"

#define COMMAND_MAX ((size_t)1000)
#define ANSWER_MAX  ((size_t)65536)
#define ASK_LIMIT_S 5
#define LIFE_MS     10000

struct ctl {
	struct loop *loop;
	struct listener *listener;
	struct asker *askers;
	enum status (*answer)(void *arg, struct view command, struct buf *out);
	void *arg;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

/* One connection: one command, one answer. */
struct asker {
	struct asker *next;
	struct asker **at;
	struct ctl *ctl;
	struct conn *conn;
	struct timer life;
	struct soon end;
	struct buf in;
	bool answered;
};

static void destroy(void *arg)
{
	struct asker *a = arg;

	buf_free(&a->in);
	mem_free(a);
}

static void asker_close(struct asker *a)
{
	if (a->conn == NULL)
		return;
	conn_close(&a->conn);
	timer_stop(a->ctl->loop, &a->life);
	*a->at = a->next;
	if (a->next != NULL)
		a->next->at = a->at;
	loop_soon(a->ctl->loop, &a->end, destroy, a);
}

static void answer(struct asker *a, struct view command)
{
	struct buf out = buf_of(ANSWER_MAX);

	a->answered = true;
	if (a->ctl->answer(a->ctl->arg, command, &out) != ST_OK) {
		buf_clear(&out);
		if (buf_append(&out, VIEW("error unknown command\n")) != ST_OK)
			buf_clear(&out);
	}
	if (conn_write(a->conn, buf_view(&out)) != ST_OK)
		asker_close(a);
	buf_free(&out);
}

static void on_data(void *arg, struct view octets)
{
	struct asker *a = arg;
	size_t lf;

	if (a->answered)
		return;
	if (buf_append(&a->in, octets) != ST_OK) {
		asker_close(a);
		return;
	}
	lf = view_find(buf_view(&a->in), '\n');
	if (lf != VIEW_NONE)
		answer(a, view_trim(view_first(buf_view(&a->in), lf)));
}

static void on_end(void *arg, bool broken)
{
	(void)broken;
	asker_close(arg);
}

static void on_drained(void *arg)
{
	struct asker *a = arg;

	if (a->answered)
		asker_close(a);
}

static void on_old(void *arg)
{
	asker_close(arg);
}

static const struct conn_events events = { on_data, on_end, on_drained };

static void on_accepted(void *arg, int fd)
{
	struct ctl *ctl = arg;
	struct asker *a = mem_new(struct asker);

	a->ctl = ctl;
	a->conn = conn_new(ctl->loop, fd, fd, &events, a);
	if (a->conn == NULL) {
		(void)close(fd);
		mem_free(a);
		return;
	}
	a->in = buf_of(COMMAND_MAX);
	a->next = ctl->askers;
	a->at = &ctl->askers;
	if (a->next != NULL)
		a->next->at = &a->next;
	ctl->askers = a;
	timer_start(ctl->loop, &a->life, LIFE_MS, on_old, a);
}

enum status ctl_open(struct loop *loop, const char *dir,
                     enum status (*answer_command)(void *arg, struct view command, struct buf *out),
                     void *arg, struct ctl **out, struct diag *why)
{
	struct ctl *ctl = mem_new(struct ctl);
	struct listener_unix where = { .path = ctl->path, .mode = 0600 };
	enum status st = ST_LIMIT;
	int fd = -1;

	diag_set(why, "the path of %s/" CTL_SOCKET " is too long for a socket", dir);
	if (snprintf(ctl->path, sizeof(ctl->path), "%s/" CTL_SOCKET, dir) < (int)sizeof(ctl->path))
		st = listener_bind_unix(&where, &fd, why);
	if (st == ST_OK) {
		ctl->loop = loop;
		ctl->answer = answer_command;
		ctl->arg = arg;
		ctl->listener = listener_new(loop, fd, 0, on_accepted, ctl);
		st = ctl->listener != NULL ? ST_OK : ST_IO;
	}
	if (st != ST_OK) {
		if (fd >= 0)
			(void)close(fd);
		mem_free(ctl);
		return st;
	}
	*out = ctl;
	return ST_OK;
}

void ctl_close(struct ctl **ctl)
{
	struct ctl *c = *ctl;

	if (c == NULL)
		return;
	*ctl = NULL;
	listener_close(&c->listener);
	while (c->askers != NULL)
		asker_close(c->askers);
	(void)unlink(c->path);
	mem_free(c);
}

/* --- the client --- */

static enum status talk(int fd, struct view command, struct buf *out, struct diag *why)
{
	struct buf line = buf_of(COMMAND_MAX);
	enum status st = buf_printf(&line, "%.*s\n", VIEW_ARG(command));
	ssize_t n = -1;

	if (st == ST_OK && send(fd, line.p, line.n, MSG_NOSIGNAL) == (ssize_t)line.n) {
		char piece[4096];

		while (st == ST_OK && (n = recv(fd, piece, sizeof(piece), 0)) > 0)
			st = buf_append(out, (struct view){ piece, (size_t)n });
	}
	buf_free(&line);
	if (st == ST_OK && n == 0)
		return ST_OK;
	diag_set(why, "the daemon gave no whole answer");
	return st == ST_OK ? ST_IO : st;
}

enum status ctl_ask(const char *dir, struct view command, struct buf *out, struct diag *why)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = ASK_LIMIT_S };
	enum status st = ST_OK;
	int fd;

	if (snprintf(a.sun_path, sizeof(a.sun_path), "%s/" CTL_SOCKET, dir) >=
	    (int)sizeof(a.sun_path)) {
		diag_set(why, "the path of %s/" CTL_SOCKET " is too long for a socket", dir);
		return ST_LIMIT;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) != 0 ||
	    connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
		st = status_of_errno(errno);
		diag_set(why, "no daemon answers on %s: %s", a.sun_path, strerror(errno));
	}
	if (st == ST_OK)
		st = talk(fd, command, out, why);
	if (fd >= 0)
		(void)close(fd);
	return st;
}
