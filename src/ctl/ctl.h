/* The control socket: `greylag status` asks, the daemon answers in text. */
#pragma once

#include "net/loop.h"
#include "util/buf.h"

struct ctl;

#define CTL_SOCKET "control" /* its name in the store's folder */

/* Listens on DIR/CTL_SOCKET, for the daemon's own user alone. answer(arg, command, out) appends the
 * answer to a one-line command; ST_NOTFOUND for an unknown one. */
MUST_CHECK enum status ctl_open(struct loop *loop, const char *dir,
                                enum status (*answer)(void *arg, struct view command,
                                                      struct buf *out),
                                void *arg, struct ctl **out, struct diag *why);
void ctl_close(struct ctl **ctl);

/* The client's side: sends the command, appends what comes until the end. Blocks. */
MUST_CHECK enum status ctl_ask(const char *dir, struct view command, struct buf *out,
                               struct diag *why);
