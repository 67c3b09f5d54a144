/* Listening sockets. Accepting is all they do; what becomes of a connection, the callback decides.
 */
#pragma once

#include "net/loop.h"
#include "util/status.h"

struct listener;

/* Sockets are bound (and, for a path, given their mode and group) first, with the privileges of the
 * start, and served later. On success *fds has 1 to `max` descriptors, non-blocking and
 * close-on-exec: a name may stand for several addresses. host NULL: all addresses. why names the
 * address and the system's reason. */
MUST_CHECK enum status listener_bind_inet(const char *host, const char *port, int *fds,
                                          unsigned max, unsigned *count, struct diag *why);

/* Does this bound socket listen there already? Of a name its first address counts. */
bool listener_is_inet(int fd, const char *host, const char *port);

struct listener_unix {
	const char *path;
	unsigned mode;     /* permission bits */
	const char *group; /* name or number, or NULL */
};

/* A stale socket in the way (nobody answers there) or a plain empty file is replaced; a living one
 * is ST_LOCKED. */
MUST_CHECK enum status listener_bind_unix(const struct listener_unix *where, int *fd,
                                          struct diag *why);

/* Serves a bound socket, which it will close. accepted(arg, fd): the new connection is the
 * callee's. While paused, connections wait in the system's queue of `backlog`. NULL when the system
 * refuses. */
struct listener *listener_new(struct loop *loop, int fd, unsigned backlog,
                              void (*accepted)(void *arg, int fd), void *arg);
void listener_pause(struct listener *l);
void listener_resume(struct listener *l);
void listener_close(struct listener **l);
