#include "net/dial.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/inside.h"
#include "util/mem.h"

struct dial {
	uv_getaddrinfo_t lookup;
	uv_poll_t *poll; /* of the attempt that is under way */
	struct loop *loop;
	struct timer timeout;
	struct soon soon;
	struct addrinfo *all, *next;
	int fd; /* -1: none */
	enum status st;
	bool resolving; /* its memory is libuv's until the answer comes */
	void (*connected)(void *arg, int fd, enum status st); /* NULL once it is cancelled */
	void *arg;
};

static void free_poll(uv_handle_t *h)
{
	mem_free(h->data);
}

/* The attempt's handle goes, in the loop's own time; its descriptor is the caller's. */
static void stop_poll(struct dial *d)
{
	if (d->poll != NULL) {
		d->poll->data = d->poll;
		uv_close((uv_handle_t *)d->poll, free_poll);
	}
	d->poll = NULL;
}

static void release(struct dial *d)
{
	stop_poll(d);
	timer_stop(d->loop, &d->timeout);
	loop_not_soon(d->loop, &d->soon);
	if (d->fd >= 0)
		(void)close(d->fd);
	d->fd = -1;
	if (d->all != NULL)
		uv_freeaddrinfo(d->all);
	d->all = NULL;
	d->connected = NULL;
	if (d->resolving)
		(void)uv_cancel((uv_req_t *)&d->lookup); /* on_resolved comes in any case */
	else
		mem_free(d);
}

static void finish(void *arg)
{
	struct dial *d = arg;
	void (*connected)(void *, int, enum status) = d->connected;
	void *to = d->arg;
	int fd = d->st == ST_OK ? d->fd : -1;
	enum status st = d->st;

	if (fd >= 0)
		d->fd = -1;
	release(d);
	connected(to, fd, st);
}

static void finish_soon(struct dial *d, enum status st)
{
	d->st = st;
	timer_stop(d->loop, &d->timeout);
	loop_soon(d->loop, &d->soon, finish, d);
}

static void on_timeout(void *arg)
{
	struct dial *d = arg;

	stop_poll(d);
	if (d->fd >= 0)
		(void)close(d->fd);
	d->fd = -1;
	d->st = ST_TIMEOUT;
	finish(d);
}

static void try_next(struct dial *d);

static void on_writable(uv_poll_t *h, int status, int events)
{
	struct dial *d = h->data;
	int error = 0;
	socklen_t n = sizeof(error);

	(void)events;
	stop_poll(d);
	if (status == 0 && getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && error == 0) {
		finish_soon(d, ST_OK);
		return;
	}
	(void)close(d->fd);
	d->fd = -1;
	try_next(d);
}

static bool wait_writable(struct dial *d)
{
	uv_poll_t *poll = mem_new(uv_poll_t);

	if (uv_poll_init(loop_uv(d->loop), poll, d->fd) != 0) {
		mem_free(poll);
		return false;
	}
	poll->data = d;
	d->poll = poll;
	return uv_poll_start(poll, UV_WRITABLE, on_writable) == 0;
}

/* True: it is connected, or under way. */
static bool try_one(struct dial *d, const struct sockaddr *to, socklen_t n)
{
	d->fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (d->fd < 0)
		return false;
	if (connect(d->fd, to, n) == 0) {
		finish_soon(d, ST_OK);
		return true;
	}
	if (errno == EINPROGRESS && wait_writable(d))
		return true;
	stop_poll(d);
	(void)close(d->fd);
	d->fd = -1;
	return false;
}

static void try_next(struct dial *d)
{
	while (d->next != NULL) {
		const struct addrinfo *a = d->next;

		d->next = a->ai_next;
		if (try_one(d, a->ai_addr, a->ai_addrlen))
			return;
	}
	finish_soon(d, ST_UNAVAILABLE);
}

static void on_resolved(uv_getaddrinfo_t *r, int status, struct addrinfo *all)
{
	struct dial *d = r->data;

	d->resolving = false;
	if (d->connected == NULL) {
		uv_freeaddrinfo(all);
		mem_free(d);
		return;
	}
	d->all = all;
	d->next = status == 0 ? all : NULL;
	try_next(d);
}

static void start_path(struct dial *d, const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	if (strlen(path) > DIAL_PATH_MAX) {
		finish_soon(d, ST_INVALID);
		return;
	}
	memcpy(to.sun_path, path, strlen(path) + 1);
	if (!try_one(d, (const struct sockaddr *)&to, sizeof(to)))
		finish_soon(d, ST_UNAVAILABLE);
}

/* Plain addresses need no other thread. */
static void start_host(struct dial *d, const char *host, const char *port)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct addrinfo plain = hints;

	if (strlen(host) > DIAL_HOST_MAX || strlen(port) > DIAL_PORT_MAX) {
		finish_soon(d, ST_INVALID);
		return;
	}
	plain.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
	if (getaddrinfo(host, port, &plain, &d->all) == 0) {
		d->next = d->all;
		try_next(d);
		return;
	}
	d->all = NULL;
	d->lookup.data = d;
	d->resolving =
		uv_getaddrinfo(loop_uv(d->loop), &d->lookup, on_resolved, host, port, &hints) == 0;
	if (!d->resolving)
		finish_soon(d, ST_UNAVAILABLE);
}

struct dial *dial_start(struct loop *loop, const struct dial_address *to, uint64_t timeout_ms,
                        void (*connected)(void *arg, int fd, enum status st), void *arg)
{
	struct dial *d = mem_new(struct dial);

	d->loop = loop;
	d->fd = -1;
	d->connected = connected;
	d->arg = arg;
	timer_start(loop, &d->timeout, timeout_ms, on_timeout, d);
	if (to->path != NULL)
		start_path(d, to->path);
	else if (to->host != NULL && to->port != NULL)
		start_host(d, to->host, to->port);
	else
		finish_soon(d, ST_INVALID);
	return d;
}

void dial_cancel(struct dial **dial)
{
	struct dial *d = *dial;

	*dial = NULL;
	if (d != NULL)
		release(d);
}
