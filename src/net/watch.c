#include "net/watch.h"

#include "net/inside.h"
#include "util/mem.h"

struct watch {
	uv_poll_t poll;
	void (*ready)(void *arg, unsigned events);
	void *arg;
};

static void on_ready(uv_poll_t *h, int status, int events)
{
	struct watch *w = h->data;
	unsigned e = status < 0 ? WATCH_READ | WATCH_WRITE : 0u;

	if ((events & UV_READABLE) != 0)
		e |= WATCH_READ;
	if ((events & UV_WRITABLE) != 0)
		e |= WATCH_WRITE;
	w->ready(w->arg, e);
}

struct watch *watch_new(struct loop *loop, int fd, void (*ready)(void *arg, unsigned events),
                        void *arg)
{
	struct watch *w = mem_new(struct watch);

	if (uv_poll_init(loop_uv(loop), &w->poll, fd) != 0) {
		mem_free(w);
		return NULL;
	}
	w->poll.data = w;
	w->ready = ready;
	w->arg = arg;
	return w;
}

void watch_for(struct watch *w, unsigned events)
{
	int want = 0;

	if ((events & WATCH_READ) != 0)
		want |= UV_READABLE;
	if ((events & WATCH_WRITE) != 0)
		want |= UV_WRITABLE;
	if (want == 0)
		(void)uv_poll_stop(&w->poll);
	else
		(void)uv_poll_start(&w->poll, want, on_ready);
}

static void on_closed(uv_handle_t *h)
{
	mem_free(h->data);
}

void watch_free(struct watch **watch)
{
	struct watch *w = *watch;

	*watch = NULL;
	if (w != NULL)
		uv_close((uv_handle_t *)&w->poll, on_closed);
}
