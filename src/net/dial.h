/* A connection to a server, made without waiting: by address, by name, or by path. */
#pragma once

#include "net/loop.h"
#include "util/status.h"

struct dial;

#define DIAL_HOST_MAX 255u
#define DIAL_PORT_MAX 31u  /* a number, or a service's name */
#define DIAL_PATH_MAX 107u /* of a unix socket (unix(7)) */

/* Where a server listens. A host or a path, and no more than one of them. */
struct dial_address {
	const char *host; /* an address, or a name that the system resolves (hosts file, DNS) */
	const char *port;
	const char *path;
};

/* connected(arg, fd, ST_OK) once, from the loop, later than this call: the descriptor is the
 * callee's, non-blocking and close-on-exec. Or fd is -1: ST_TIMEOUT after timeout_ms, which bounds
 * the name's resolution and all its addresses (each is tried, in order) together; ST_INVALID: the
 * address is none; ST_UNAVAILABLE: nobody listens there, or the name is unknown. The texts are
 * copied. */
struct dial *dial_start(struct loop *loop, const struct dial_address *to, uint64_t timeout_ms,
                        void (*connected)(void *arg, int fd, enum status st), void *arg);

/* Sets *d to NULL; connected will not run. */
void dial_cancel(struct dial **d);
