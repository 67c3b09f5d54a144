/* The DNS, asked without waiting: one libunbound context for the process.
 *
 * A worker asks through its own port and is called back on its own loop. Identical questions that
 * are in flight are asked once; what was answered is remembered by libunbound, as long and as much
 * as its cache allows. Nothing is validated: a forwarder that validates says SERVFAIL for what is
 * bogus. /etc/hosts is not read. */
#pragma once

#include "dns/answer.h"
#include "net/loop.h"
#include "util/log.h"

struct resolver;
struct dns_port;
struct dns_call;

struct resolver_options {
	bool recursive; /* ask the authorities ourselves, from the root on */
	/* "ADDRESS" or "ADDRESS@PORT", to whom all is forwarded; none: the servers of resolv_conf,
	 * which is read again when it has changed, as the C library does (one without a server is
	 * 127.0.0.1, resolv.conf(5)). What was in the cache goes then. While it can't be read those
	 * stay that it named. */
	const char *const *forward;
	size_t forwards;
	const char *resolv_conf; /* NULL: /etc/resolv.conf */
	bool patient;            /* resolv_conf may come later; until then all is DNS_FAILED */
	unsigned look_ms;        /* at resolv_conf, so often; 0: RESOLVER_LOOK_MS */
	size_t cache_bytes;      /* 0: RESOLVER_CACHE_BYTES */
	/* For tests, with `recursive`: "ADDRESS@PORT" of a server that knows who serves the root;
	 * all may be on the loopback then. NULL: the world's. */
	const char *root;
};

#define RESOLVER_LOOK_MS 10000

#define RESOLVER_FORWARDS_MAX 16
#define RESOLVER_CACHE_BYTES  ((size_t)24 << 20)

/* Questions of all ports that are in flight, identical ones counted once. */
#define DNS_IN_FLIGHT_MAX 16384

/* Calls of one port that wait for an answer, identical ones too. */
#define DNS_CALLS_MAX 65536

/* So many of the questions libunbound has at once (some 40 KiB each); others wait before it. */
#define RESOLVER_INSIDE_MAX 1024

/* Of those so many for the names of one zone, as far as a name shows it: a list whose servers are
 * silent holds each question for seconds, and must not keep the others from being asked. */
#define RESOLVER_SHARE_MAX (RESOLVER_INSIDE_MAX / 4)

/* Sockets of UDP that are open at once: silent names can't take them from the others. */
#define RESOLVER_SOCKETS RESOLVER_INSIDE_MAX

/* Starts a thread, and libunbound one more with the first question: call it after the process has
 * gone to the background. ST_INVALID: an option that libunbound refuses, as *why says. ST_NOTFOUND:
 * resolv_conf can't be read, and nobody is patient. ST_UNAVAILABLE: the system refuses. */
MUST_CHECK enum status resolver_new(const struct resolver_options *options, struct log *log,
                                    struct resolver **out, struct diag *why);

/* All ports must be gone. What is still in flight is given up. */
void resolver_free(struct resolver **resolver);

/* On the thread of the loop, as all below but for resolver_count. */
struct dns_port *dns_port_new(struct resolver *resolver, struct loop *loop);

/* Nobody can wait any more: what is open is a time-out soon, and nothing is asked. */
void dns_port_end(struct dns_port *port);

/* Calls that are open must have been cancelled. Turns the loop until all questions are back, which
 * is soon: it does not wait for the servers. */
void dns_port_free(struct dns_port **port);

struct loop *dns_port_loop(const struct dns_port *port);

/* answered(arg, answer) once, from the loop, later than this call, at the latest after timeout_ms;
 * the answer is lent for the time of the call, and the handle is gone when it begins. The name is
 * used only during this call. A name that dns_name_set refuses, and what is beyond the bounds
 * above, is DNS_FAILED and never asked. */
struct dns_call *dns_ask(struct dns_port *port, struct view name, enum dns_type type,
                         unsigned timeout_ms,
                         void (*answered)(void *arg, const struct dns_answer *answer), void *arg);

/* Sets *call to NULL; answered will not run. */
void dns_cancel(struct dns_call **call);

/* Counters of all ports, from any thread. libunbound does not tell what came from its cache. */
struct resolver_counters {
	uint64_t asked;                  /* calls */
	uint64_t answered[DNS_STATUSES]; /* calls, by enum dns_status; time-outs among them */
	uint64_t cancelled;              /* calls */
	uint64_t junk;                   /* calls for names that are none; among the failed ones */
	uint64_t refused;                /* calls beyond a bound; among the failed ones */
	uint64_t shared;                 /* calls that joined a question in flight */
	uint64_t questions;              /* given to libunbound */
	uint64_t cut;                    /* answers with more records than we take */
	uint64_t in_flight;              /* questions, now */
};
void resolver_count(const struct resolver *resolver, struct resolver_counters *out);
