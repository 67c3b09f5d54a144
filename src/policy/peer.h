/* The policy door: one Postfix (or Exim) on one connection, many requests after each other. */
#pragma once

#include "session/worker.h"

/* What workers call. */
extern const struct worker_door policy_door;

/* A connection that was not accepted by a listener: standard input and output of a spawned process.
 */
void policy_serve_pair(struct worker *w, int in_fd, int out_fd);

#define PEER_IDLE_S 3600 /* without a request; Postfix itself closes after 300 s */
#define PEER_UNFINISHED_S                                                                          \
	100                 /* for the rest of a request that has begun; Postfix waits no longer */
#define PEER_GARBAGE_MAX 10 /* unreadable requests before the connection is closed */
#define PEER_INPUT_MAX   ((size_t)262144) /* octets that wait while a request is being answered */
