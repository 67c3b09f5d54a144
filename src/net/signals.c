#include <stdlib.h>

#include "net/inside.h"
#include "util/mem.h"

#define SIGNALS_MAX 8

struct signals {
	uv_signal_t watch[SIGNALS_MAX];
	unsigned count;
	unsigned open;
	void (*heard)(void *arg, int signo);
	void *arg;
};

static void on_signal(uv_signal_t *h, int signo)
{
	struct signals *s = h->data;

	s->heard(s->arg, signo);
}

struct signals *signals_watch(struct loop *loop, const int *signos,
                              void (*heard)(void *arg, int signo), void *arg)
{
	struct signals *s = mem_new(struct signals);

	s->heard = heard;
	s->arg = arg;
	for (; signos[s->count] != 0 && s->count < SIGNALS_MAX; s->count++) {
		uv_signal_t *h = &s->watch[s->count];

		if (uv_signal_init(loop_uv(loop), h) != 0 ||
		    uv_signal_start(h, on_signal, signos[s->count]) != 0)
			abort();
		h->data = s;
	}
	s->open = s->count;
	return s;
}

static void on_closed(uv_handle_t *h)
{
	struct signals *s = h->data;

	if (--s->open == 0)
		mem_free(s);
}

void signals_free(struct signals **signals)
{
	struct signals *s = *signals;

	*signals = NULL;
	for (unsigned i = 0; s != NULL && i < s->count; i++)
		uv_close((uv_handle_t *)&s->watch[i], on_closed);
}
