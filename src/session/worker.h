/* One worker: a thread with a loop and connections of its own. What it shares with the others is
 * the configuration, the store, the log and the statistics file. */
#pragma once

#include <stdatomic.h>

#include "conf/conf.h"
#include "dns/resolver.h"
#include "engine/budget.h"
#include "net/loop.h"
#include "session/counters.h"
#include "session/instances.h"
#include "session/statline.h"
#include "store/store.h"

struct bogofilter;
struct directory_pool;
struct dkim_checker;
struct limits;
struct nsupdates;
struct spamd;
struct tcp_peers;
struct url_client;
struct worker;

/* How busy the house is, over all workers; any thread's. */
struct load {
	atomic_uint_least32_t sessions; /* of SMTP, that MTAs tell the milter door of */
	atomic_size_t content;          /* octets of messages that are kept */
};

enum worker_doors { WORKER_POLICY, WORKER_MILTER, WORKER_DOORS };

/* What a door must be able to do for the workers. Called on the worker's thread. */
struct worker_door {
	/* A new connection; the descriptor is the door's. */
	void (*serve)(struct worker *w, int fd);
	/* Finish what is in flight and close the rest. */
	void (*leave)(struct worker *w);
};

/* Everything is the worker thread's own, but for `counters`, `child_memory` and the functions
 * below. */
struct worker {
	struct loop *loop;
	struct store_port *store; /* NULL: no memory at all; everything passes */
	struct dns_port *dns;     /* NULL: nothing can be looked up */
	struct spamd *spamd;
	struct timer lookups_end;
	bool lookups_over;                  /* it was: what is made from now on has no time */
	struct url_client *url;             /* made by who asks first; NULL: not yet */
	struct directory_pool *directories; /* likewise */
	struct bogofilter *bogofilter;      /* likewise */
	int64_t bogofilter_told_at;         /* when its failure was last logged */
	struct log *log;
	struct conf *conf; /* of now; a transaction takes its own reference */
	struct counters counters;
	struct instances *instances;
	struct budget *budget;     /* its part of tarpit_budget */
	int64_t content_told_at;   /* when it was last logged that they were too many */
	struct statline *stat;     /* NULL: no statistics are written */
	struct dkim_checker *dkim; /* made by whoever has the first signature; NULL: not yet */
	struct limits *limits;     /* of all workers */
	struct load *load;         /* likewise; or own_load, */
	struct load own_load;      /* of a worker that is alone */
	struct nsupdates *nsupdates;
	/* The milter door's: what it knows of child milters (milter/child_set.h); or NULL. Others
	 * may read it: it is set once. */
	_Atomic(void *) child_memory;
	void (*drop_child_memory)(void *child_memory); /* set with it */
	struct tcp_peers *tcp; /* opened by whoever looks first; NULL: not yet */
	const struct worker_door *door[WORKER_DOORS];
	void *peers[WORKER_DOORS]; /* each door's list of its open connections */
	unsigned open;             /* how many they are; the doors count */
	bool leaving;              /* no more requests than those that are in */
	bool single;               /* the loop ends with the last connection */
	int64_t complained_at;     /* when the memory's silence was last logged */
	unsigned number;           /* of `count` workers, from 0 */
	unsigned count;
	/* The worker's own: */
	struct worker_thread *thread;
};

struct worker_parts {
	struct loop *loop;         /* worker_start makes its own */
	struct store *store;       /* or NULL */
	struct resolver *resolver; /* or NULL */
	struct log *log;
	struct conf *conf;     /* gets a reference */
	struct statline *stat; /* or NULL; must outlive the worker */
	struct limits *limits; /* likewise; NULL: no rate limit is ever passed */
	struct load *load;     /* likewise; NULL: the worker counts for itself */
	const struct worker_door *door[WORKER_DOORS]; /* NULL: not open */
	unsigned number;
	unsigned count; /* 0: 1 */
};

/* Makes the parts of a worker that runs on the calling thread's loop (tests, --stdio), or starts a
 * thread for it. */
struct worker *worker_new(const struct worker_parts *parts);
struct worker *worker_start(const struct worker_parts *parts);

/* From any thread, to one that was started: */
void worker_serve(struct worker *w, enum worker_doors door, int fd);
/* Takes a reference to the configuration; stat as in worker_parts. */
void worker_reload(struct worker *w, struct conf *conf, struct statline *stat);
void worker_leave(struct worker *w); /* it ends when the last connection is closed */

/* On its own thread: is so much going on that the MTA may soon be short of processes? By the number
 * of sessions (statement `stress`), or when three quarters of its part of tarpit_budget are held.
 */
bool worker_stress(const struct worker *w);

/* The door says so for each connection that it closes; ends the loop of a worker that leaves. */
void worker_closed(struct worker *w);

/* After worker_leave: waits for the end, frees all. For worker_new's: frees at once. */
void worker_free(struct worker **w);
