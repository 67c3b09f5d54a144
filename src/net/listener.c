#include "net/listener.h"

#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/inside.h"
#include "util/file.h"
#include "util/mem.h"

/* Connections taken in one turn: new ones may not starve those that are in. */
#define ACCEPTS_A_TURN 64
/* Out of descriptors: look again after so long. */
#define RETRY_MS 100

struct listener {
	uv_poll_t poll;
	struct loop *loop;
	struct timer retry;
	void (*accepted)(void *arg, int fd);
	void *arg;
	int fd;
	bool paused;
};

static enum status fail(struct diag *why, const char *what, int error)
{
	diag_set(why, "can't listen on %s: %s", what, strerror(error));
	return error == EADDRINUSE ? ST_LOCKED : status_of_errno(error);
}

static int bind_one(const struct addrinfo *a)
{
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (a->ai_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, a->ai_addr, a->ai_addrlen) != 0) {
		int error = errno;

		(void)close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

/* A host without IPv6 still resolves "localhost" to ::1: that one may fail when another is bound.
 */
static bool no_such_family(int error)
{
	return error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
}

enum status listener_bind_inet(const char *host, const char *port, int *fds, unsigned max,
                               unsigned *count, struct diag *why)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC,
		                  .ai_socktype = SOCK_STREAM,
		                  .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *all = NULL;
	int error = getaddrinfo(host, port, &hints, &all), refused = 0;
	char what[300];

	(void)snprintf(what, sizeof(what), "[%s]:%s", host != NULL ? host : "*", port);
	*count = 0;
	if (error != 0) {
		diag_set(why, "can't listen on %s: %s", what, gai_strerror(error));
		return ST_NOTFOUND;
	}
	for (struct addrinfo *a = all; a != NULL && *count < max; a = a->ai_next) {
		int fd = bind_one(a);

		if (fd >= 0)
			fds[(*count)++] = fd;
		else if (refused == 0 || no_such_family(refused))
			refused = errno;
	}
	freeaddrinfo(all);
	if (*count > 0 && (refused == 0 || no_such_family(refused)))
		return ST_OK;
	while (*count > 0)
		(void)close(fds[--*count]);
	return fail(why, what, refused);
}

bool listener_is_inet(int fd, const char *host, const char *port)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC,
		                  .ai_socktype = SOCK_STREAM,
		                  .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct sockaddr_storage is = { .ss_family = AF_UNSPEC };
	socklen_t size = sizeof(is);
	struct addrinfo *all = NULL;
	bool same = false;

	if (getsockname(fd, (struct sockaddr *)&is, &size) != 0 ||
	    getaddrinfo(host, port, &hints, &all) != 0)
		return false;
	for (const struct addrinfo *a = all; a != NULL; a = a->ai_next)
		same = same || (a->ai_addrlen == size && memcmp(a->ai_addr, &is, size) == 0);
	freeaddrinfo(all);
	return same;
}

static bool somebody_answers(const struct sockaddr_un *a)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes = fd >= 0 && connect(fd, (const struct sockaddr *)a, sizeof(*a)) == 0;

	if (fd >= 0)
		(void)close(fd);
	return yes;
}

/* What may be removed: a socket nobody serves, and the empty plain file that Postgrey replaces too.
 */
static enum status clear_path(const struct sockaddr_un *a, struct diag *why)
{
	struct stat st;

	if (lstat(a->sun_path, &st) != 0)
		return ST_OK;
	if (S_ISSOCK(st.st_mode) && somebody_answers(a))
		return fail(why, a->sun_path, EADDRINUSE);
	if (!S_ISSOCK(st.st_mode) && !(S_ISREG(st.st_mode) && st.st_size == 0)) {
		diag_set(why, "can't listen on %s: it is no socket and stays", a->sun_path);
		return ST_INVALID;
	}
	return unlink(a->sun_path) == 0 ? ST_OK : fail(why, a->sun_path, errno);
}

static enum status set_group(const struct listener_unix *where, struct diag *why)
{
	const struct group *g;
	char *rest;
	unsigned long number;

	if (where->group == NULL)
		return ST_OK;
	g = getgrnam(where->group);
	number = strtoul(where->group, &rest, 10);
	if (g == NULL && (rest == where->group || *rest != '\0')) {
		diag_set(why, "no such group: %s", where->group);
		return ST_NOTFOUND;
	}
	if (chown(where->path, (uid_t)-1, g != NULL ? g->gr_gid : (gid_t)number) != 0)
		return fail(why, where->path, errno);
	return ST_OK;
}

enum status listener_bind_unix(const struct listener_unix *where, int *out, struct diag *why)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	size_t n = strlen(where->path);
	enum status st;
	int fd;

	if (n >= sizeof(a.sun_path))
		return fail(why, where->path, ENAMETOOLONG);
	memcpy(a.sun_path, where->path, n);
	st = clear_path(&a, why);
	if (st != ST_OK)
		return st;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(why, where->path, errno);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 || chmod(where->path, where->mode) != 0)
		st = fail(why, where->path, errno);
	else
		st = set_group(where, why);
	if (st != ST_OK)
		(void)close(fd);
	else
		*out = fd;
	return st;
}

static void on_retry(void *arg)
{
	struct listener *l = arg;

	if (!l->paused)
		listener_resume(l);
}

static void on_ready(uv_poll_t *h, int status, int events)
{
	struct listener *l = h->data;

	(void)events;
	for (unsigned i = 0; status == 0 && i < ACCEPTS_A_TURN && !l->paused; i++) {
		int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			l->accepted(l->arg, fd);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		           errno == ENOMEM) {
			(void)uv_poll_stop(&l->poll);
			timer_start(l->loop, &l->retry, RETRY_MS, on_retry, l);
			return;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			return;
		}
	}
}

struct listener *listener_new(struct loop *loop, int fd, unsigned backlog,
                              void (*accepted)(void *arg, int fd), void *arg)
{
	struct listener *l;

	if (listen(fd, backlog > 0 ? (int)backlog : SOMAXCONN) != 0)
		return NULL;
	l = mem_new(struct listener);
	if (uv_poll_init(loop_uv(loop), &l->poll, fd) != 0) {
		mem_free(l);
		return NULL;
	}
	l->poll.data = l;
	l->loop = loop;
	l->accepted = accepted;
	l->arg = arg;
	l->fd = fd;
	listener_resume(l);
	return l;
}

void listener_pause(struct listener *l)
{
	l->paused = true;
	(void)uv_poll_stop(&l->poll);
}

void listener_resume(struct listener *l)
{
	l->paused = false;
	(void)uv_poll_start(&l->poll, UV_READABLE, on_ready);
}

static void on_closed(uv_handle_t *h)
{
	struct listener *l = h->data;

	(void)close(l->fd);
	mem_free(l);
}

void listener_close(struct listener **listener)
{
	struct listener *l = *listener;

	if (l == NULL)
		return;
	*listener = NULL;
	timer_stop(l->loop, &l->retry);
	uv_close((uv_handle_t *)&l->poll, on_closed);
}
