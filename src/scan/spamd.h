/* Questions to SpamAssassin's daemon, without waiting: one worker's pool of connections. */
#pragma once

#include "codec/spamc.h"
#include "net/dial.h"

struct spamd;
struct spamd_scan;

#define SPAMD_SERVERS_MAX 16u

/* spamd takes one question a connection, and answers as many at once as it has children: 5, unless
 * it is told otherwise (spamd(8), --max-children). What is beyond waits as well here as there. */
#define SPAMD_CONNECTIONS 16u
#define SPAMD_WAITING_MAX 1000u

#define SPAMD_CONNECT_MS ((uint64_t)5000)  /* for one server's connection */
#define SPAMD_SHUN_MS    ((uint64_t)30000) /* a server that failed is left out so long */
#define SPAMD_TELL_MS    ((uint64_t)60000) /* between two words about the same server */

enum spamd_outcome {
	SPAMD_ANSWERED,
	SPAMD_TOO_MANY, /* the queue is full */
	SPAMD_TIMEOUT,  /* while it waited, or a server was silent or slow */
	SPAMD_DEAD,     /* no connection */
	SPAMD_CUT,      /* the connection ended before the reply did */
	SPAMD_GARBAGE,  /* no reply of spamd's, or one beyond all bounds */
	SPAMD_REFUSED,  /* spamd's code says why */
};

/* A few English words for logs. */
const char *spamd_outcome_text(enum spamd_outcome outcome);

/* All that it points to stays until the scan is over. */
struct spamd_question {
	const struct dial_address *servers; /* are tried in this order */
	size_t server_count;                /* 1 to SPAMD_SERVERS_MAX */
	enum spamc_command command;
	struct view user;          /* as in struct spamc_request */
	const struct view *pieces; /* the mail */
	size_t piece_count;
	size_t echoed;       /* octets of its headers */
	uint64_t timeout_ms; /* for waiting, connecting, all servers and the scan together */
};

struct spamd_result {
	enum spamd_outcome outcome; /* of the last server that was tried */
	struct spamc_reply reply;   /* ANSWERED, REFUSED; the body is valid during the call only */
};

/* What is to be told of a server: at most once in SPAMD_TELL_MS for each of its failures. `server`
 * is "inet:HOST:PORT" or "unix:PATH"; "": what failed was not one of them, but too many mails wait.
 */
struct spamd_events {
	void (*failed)(void *arg, const char *server, enum spamd_outcome outcome, uint32_t code);
};

/* connections, waiting: see above. events may be NULL. */
struct spamd *spamd_new(struct loop *loop, unsigned connections, unsigned waiting,
                        const struct spamd_events *events, void *arg);

/* The daemon ends: all that runs fails soon, and what is asked later too (SPAMD_TIMEOUT). */
void spamd_end(struct spamd *pool);

/* Sets *pool to NULL. No scan may be left. */
void spamd_free(struct spamd **pool);

/* done(arg, result) once, from the loop, later than this call; the handle is gone by then. A server
 * that fails is followed by the next, as long as there is time; afterwards it is left out for
 * SPAMD_SHUN_MS, unless all others have failed too. */
struct spamd_scan *spamd_scan(struct spamd *pool, const struct spamd_question *q,
                              void (*done)(void *arg, const struct spamd_result *result),
                              void *arg);

/* Sets *scan to NULL; done will not run. Its connection is closed. */
void spamd_scan_cancel(struct spamd_scan **scan);
