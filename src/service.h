/* The running daemon: listeners, workers, store, signals, put together and taken apart. */
#pragma once

#include "conf/conf.h"
#include "origin.h"
#include "util/log.h"

struct service;

struct service_parts {
	struct conf *conf;           /* gets a reference */
	const struct origin *origin; /* borrowed, for reloads */
	struct log *log;
	unsigned umask; /* that of whoever started us: what a socket without a mode gets */
};

/* Binds the configuration's sockets and those that systemd hands over (by the name "milter" for
 * the milter door, any other for the policy door); no thread is started yet. */
MUST_CHECK enum status service_bind(const struct service_parts *parts, struct service **out,
                                    struct diag *why);

/* Opens the store, starts the workers. Only then connections are accepted. */
MUST_CHECK enum status service_start(struct service *s, struct diag *why);

/* Until TERM, INT or QUIT; then finishes what is in flight. */
void service_run(struct service *s);

void service_free(struct service **s);

/* One connection on standard input and output, beside a daemon that may be running on the same
 * store; returns when it is closed. */
MUST_CHECK enum status service_stdio(struct conf *conf, struct log *log, struct diag *why);
