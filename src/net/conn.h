/* One connected stream: octets in by a callback, octets out through a bounded buffer. */
#pragma once

#include "net/loop.h"
#include "util/view.h"

struct conn;

struct conn_events {
	/* Octets came; the view is valid during the call only. */
	void (*data)(void *arg, struct view octets);
	/* The peer sends no more (it may still read), or the connection broke: then nothing can be
	 * sent either. Called once. */
	void (*end)(void *arg, bool broken);
	/* All that was written has left. May be NULL. */
	void (*drained)(void *arg);
};

#define CONN_OUT_MAX   ((size_t)1 << 20) /* octets that wait for a peer that doesn't read */
#define CONN_OUT_PAUSE ((size_t)65536)   /* above this, nothing more is read from it */

/* Takes the socket (or pipe) fd, which it will close. out_fd is fd itself, or another one for what
 * is written; that one stays the caller's. NULL when the system refuses. No callback runs before
 * the next turn, and none after conn_close. */
struct conn *conn_new(struct loop *loop, int fd, int out_fd, const struct conn_events *events,
                      void *arg);

/* Queues octets; they leave at the end of this turn, in one write when the system takes it.
 * ST_LIMIT: the peer doesn't read; nothing was queued. */
MUST_CHECK enum status conn_write(struct conn *c, struct view octets);

/* On TCP: what comes is acknowledged at once, and not 40 ms later, for a peer that writes little
 * pieces and waits for that before the next (Nagle's algorithm). */
void conn_ack_at_once(struct conn *c);

/* Nothing more will be written: the peer reads the end as soon as all has left. */
void conn_finish(struct conn *c);

/* Octets that wait to be sent. */
size_t conn_unsent(const struct conn *c);

/* Sends what waits now, without waiting for it. True when nothing is left to be sent. */
bool conn_flush(struct conn *c);

/* Nothing is to be sent for long: gives back the memory for it. */
void conn_fit(struct conn *c);

/* No data callback until conn_resume. */
void conn_pause(struct conn *c);
void conn_resume(struct conn *c);

/* Sets *c to NULL. What is unsent is tried once more without waiting. */
void conn_close(struct conn **c);

/* "192.0.2.1:1234", "unix", ... of the peer. */
void conn_peer(const struct conn *c, char *out, size_t size);
