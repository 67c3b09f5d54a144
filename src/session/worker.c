#include "session/worker.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#include "net/tcp_peers.h"
#include "scan/bogofilter.h"
#include "scan/directory.h"
#include "scan/dkim.h"
#include "scan/spamd.h"
#include "scan/url.h"
#include "session/find.h"
#include "session/nsupdate.h"
#include "util/mem.h"

#define LEAVE_LOOKUPS_MS                                                                           \
	15000 /* for look-ups when the daemon is to end; service.c's alarm is at 30 s */

struct worker_thread {
	pthread_t thread;
	struct mailbox *mailbox;
};

enum order_kind { ORDER_SERVE, ORDER_RELOAD, ORDER_LEAVE };

struct order {
	struct letter letter; /* first */
	enum order_kind kind;
	enum worker_doors door; /* ORDER_SERVE, as fd */
	int fd;
	struct conf *conf; /* ORDER_RELOAD, as stat */
	struct statline *stat;
};

static void end_if_empty(struct worker *w)
{
	if ((w->leaving || w->single) && w->open == 0)
		loop_stop(w->loop);
}

static void share_budget(struct worker *w)
{
	const struct budget_share share = { .total = (size_t)w->conf->tarpit_budget,
		                            .workers = w->count,
		                            .worker = w->number };
	uint64_t seed = 0;

	if (w->budget != NULL) {
		budget_change(w->budget, &share);
		return;
	}
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed))
		seed = loop_mono_us();
	w->budget = budget_new(&share, seed);
}

static void on_lookups_end(void *arg)
{
	struct worker *w = arg;

	if (w->dns != NULL)
		dns_port_end(w->dns);
	spamd_end(w->spamd);
	w->lookups_over = true;
	if (w->url != NULL)
		url_client_end(w->url);
	if (w->bogofilter != NULL)
		bogofilter_end(w->bogofilter);
	if (w->directories != NULL)
		directory_pool_end(w->directories);
}

static void end_work(struct worker *w)
{
	w->leaving = true;
	timer_start(w->loop, &w->lookups_end, LEAVE_LOOKUPS_MS, on_lookups_end, w);
	for (unsigned i = 0; i < WORKER_DOORS; i++)
		if (w->door[i] != NULL)
			w->door[i]->leave(w);
	end_if_empty(w);
}

static void on_order(void *arg, struct letter *letter)
{
	struct worker *w = arg;
	struct order *o = (struct order *)(void *)letter;

	switch (o->kind) {
	case ORDER_SERVE: w->door[o->door]->serve(w, o->fd); break;
	case ORDER_RELOAD:
		conf_unref(&w->conf);
		w->conf = o->conf;
		w->stat = o->stat;
		share_budget(w);
		break;
	case ORDER_LEAVE: end_work(w); break;
	}
	mem_free(o);
}

static void send(struct worker *w, const struct order *order)
{
	struct order *o = mem_new(struct order);

	*o = *order;
	mailbox_post(w->thread->mailbox, &o->letter);
}

void worker_serve(struct worker *w, enum worker_doors door, int fd)
{
	send(w, &(struct order){ .kind = ORDER_SERVE, .door = door, .fd = fd });
}

void worker_reload(struct worker *w, struct conf *conf, struct statline *stat)
{
	send(w, &(struct order){ .kind = ORDER_RELOAD, .conf = conf_ref(conf), .stat = stat });
}

void worker_leave(struct worker *w)
{
	send(w, &(struct order){ .kind = ORDER_LEAVE });
}

bool worker_stress(const struct worker *w)
{
	int64_t sessions = atomic_load_explicit(&w->load->sessions, memory_order_relaxed);
	size_t places = w->conf->tarpit_budget > 0 ? budget_limit(w->budget) : 0;

	if (w->conf->stress > 0 && sessions >= w->conf->stress)
		return true;
	return places > 0 && budget_held(w->budget, loop_mono_ms(w->loop)) >= places - places / 4;
}

void worker_closed(struct worker *w)
{
	w->open--;
	count(&w->counters, COUNT_CLOSED);
	end_if_empty(w);
}

struct worker *worker_new(const struct worker_parts *parts)
{
	struct worker *w = mem_new(struct worker);

	w->loop = parts->loop;
	w->store = parts->store != NULL ? store_port_new(parts->store, parts->loop) : NULL;
	w->dns = parts->resolver != NULL ? dns_port_new(parts->resolver, parts->loop) : NULL;
	w->spamd =
		spamd_new(parts->loop, SPAMD_CONNECTIONS, SPAMD_WAITING_MAX, &find_spamd_events, w);
	w->log = parts->log;
	w->conf = conf_ref(parts->conf);
	w->stat = parts->stat;
	w->limits = parts->limits;
	w->load = parts->load != NULL ? parts->load : &w->own_load;
	w->nsupdates = nsupdates_new(parts->loop, parts->log);
	memcpy(w->door, parts->door, sizeof(w->door));
	w->number = parts->number;
	w->count = parts->count > 0 ? parts->count : 1;
	w->instances = instances_new();
	share_budget(w);
	return w;
}

static void *run(void *arg)
{
	struct worker *w = arg;

	loop_run(w->loop);
	return NULL;
}

struct worker *worker_start(const struct worker_parts *parts)
{
	struct worker_parts own = *parts;
	struct worker *w;

	own.loop = loop_new();
	w = worker_new(&own);
	w->thread = mem_new(struct worker_thread);
	w->thread->mailbox = mailbox_new(w->loop, on_order, w);
	if (pthread_create(&w->thread->thread, NULL, run, w) != 0)
		abort();
	return w;
}

void worker_free(struct worker **worker)
{
	struct worker *w = *worker;

	if (w == NULL)
		return;
	*worker = NULL;
	if (w->thread != NULL) {
		(void)pthread_join(w->thread->thread, NULL);
		mailbox_free(&w->thread->mailbox);
	}
	timer_stop(w->loop, &w->lookups_end);
	dkim_checker_free(&w->dkim);
	store_port_free(&w->store);
	dns_port_free(&w->dns);
	spamd_free(&w->spamd);
	url_client_free(&w->url);
	bogofilter_free(&w->bogofilter);
	nsupdates_free(&w->nsupdates);
	directory_pool_free(&w->directories);
	instances_free(&w->instances);
	budget_free(&w->budget);
	tcp_peers_free(&w->tcp);
	if (w->child_memory != NULL)
		w->drop_child_memory(w->child_memory);
	conf_unref(&w->conf);
	if (w->thread != NULL)
		loop_free(&w->loop);
	mem_free(w->thread);
	mem_free(w);
}
