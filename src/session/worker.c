#include "session/worker.h"

#include <pthread.h>
#include <stdlib.h>

#include "util/mem.h"

struct worker_thread {
	pthread_t thread;
	struct mailbox *mailbox;
};

enum order_kind { ORDER_SERVE, ORDER_RELOAD, ORDER_LEAVE };

struct order {
	struct letter letter; /* first */
	enum order_kind kind;
	int fd;
	struct snapshot *snapshot;
};

static void end_if_empty(struct worker *w)
{
	if ((w->leaving || w->single) && w->open == 0)
		loop_stop(w->loop);
}

static void on_order(void *arg, struct letter *letter)
{
	struct worker *w = arg;
	struct order *o = (struct order *)(void *)letter;

	switch (o->kind) {
	case ORDER_SERVE: w->door->serve(w, o->fd); break;
	case ORDER_RELOAD:
		snapshot_unref(&w->snapshot);
		w->snapshot = o->snapshot;
		break;
	case ORDER_LEAVE:
		w->leaving = true;
		w->door->leave(w);
		end_if_empty(w);
		break;
	}
	mem_free(o);
}

static void send(struct worker *w, enum order_kind kind, int fd, struct snapshot *snapshot)
{
	struct order *o = mem_new(struct order);

	o->kind = kind;
	o->fd = fd;
	o->snapshot = snapshot;
	mailbox_post(w->thread->mailbox, &o->letter);
}

void worker_serve(struct worker *w, int fd)
{
	send(w, ORDER_SERVE, fd, NULL);
}

void worker_reload(struct worker *w, struct snapshot *snapshot)
{
	send(w, ORDER_RELOAD, -1, snapshot_ref(snapshot));
}

void worker_leave(struct worker *w)
{
	send(w, ORDER_LEAVE, -1, NULL);
}

void worker_closed(struct worker *w)
{
	w->open--;
	count(&w->counters, COUNT_CLOSED);
	end_if_empty(w);
}

struct worker *worker_new(struct loop *loop, struct store *store, struct log *log,
                          struct snapshot *snapshot, const struct worker_door *door)
{
	struct worker *w = mem_new(struct worker);

	w->loop = loop;
	w->store = store != NULL ? store_port_new(store, loop) : NULL;
	w->log = log;
	w->snapshot = snapshot_ref(snapshot);
	w->door = door;
	return w;
}

static void *run(void *arg)
{
	struct worker *w = arg;

	loop_run(w->loop);
	return NULL;
}

struct worker *worker_start(struct store *store, struct log *log, struct snapshot *snapshot,
                            const struct worker_door *door)
{
	struct worker *w = worker_new(loop_new(), store, log, snapshot, door);

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
	store_port_free(&w->store);
	snapshot_unref(&w->snapshot);
	if (w->thread != NULL)
		loop_free(&w->loop);
	mem_free(w->thread);
	mem_free(w);
}
