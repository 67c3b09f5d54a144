/* Asks p0f, on its unix socket, which system a client runs. */
#pragma once

#include "net/loop.h"
#include "util/ip.h"

struct p0f_lookup;

/* told(arg, st, text) once, from the loop, later than this call; the text is lent for the time of
 * the call, and the handle is gone when it begins. ST_NOTFOUND: p0f does not know; ST_TIMEOUT after
 * timeout_ms; ST_UNAVAILABLE: nobody answers; ST_INVALID: garbage. The address has a family. */
struct p0f_lookup *p0f_lookup(struct loop *loop, const char *path, const struct ip *client,
                              unsigned timeout_ms,
                              void (*told)(void *arg, enum status st, struct view text), void *arg);

/* Sets *lookup to NULL; told will not run. */
void p0f_cancel(struct p0f_lookup **lookup);
