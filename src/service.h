/* The running daemon: listeners, workers, store, signals, put together and taken apart. */
#pragma once

#include "conf/conf.h"
#include "origin.h"
#include "util/log.h"

struct service;

/* Binds the configuration's sockets and those that systemd hands over; no thread is started yet.
 * origin is borrowed, for reloads. */
MUST_CHECK enum status service_bind(struct conf *conf, const struct origin *origin, struct log *log,
                                    struct service **out, struct diag *why);

/* Opens the store, starts the workers. Only then connections are accepted. */
MUST_CHECK enum status service_start(struct service *s, struct diag *why);

/* Until TERM, INT or QUIT; then finishes what is in flight. */
void service_run(struct service *s);

void service_free(struct service **s);

/* One connection on standard input and output, beside a daemon that may be running on the same
 * store; returns when it is closed. */
MUST_CHECK enum status service_stdio(struct conf *conf, struct log *log, struct diag *why);
