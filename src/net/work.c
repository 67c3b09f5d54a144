#include "net/work.h"

#include <stdlib.h>

#include "net/inside.h"
#include "util/mem.h"

struct work {
	uv_work_t request;
	void (*run)(void *arg);
	void (*done)(void *arg);
	void *arg;
};

static void on_run(uv_work_t *request)
{
	struct work *w = request->data;

	w->run(w->arg);
}

static void on_done(uv_work_t *request, int status)
{
	struct work *w = request->data;

	(void)status; /* nothing is ever cancelled */
	w->done(w->arg);
	mem_free(w);
}

void work_start(struct loop *loop, void (*run)(void *arg), void (*done)(void *arg), void *arg)
{
	struct work *w = mem_new(struct work);

	w->run = run;
	w->done = done;
	w->arg = arg;
	w->request.data = w;
	if (uv_queue_work(loop_uv(loop), &w->request, on_run, on_done) != 0)
		abort(); /* can't be: only a missing run is refused */
}
