/* Letters between threads: posting is one exchange on a stack, reading takes the stack whole. */
#include <stdatomic.h>
#include <stdlib.h>

#include "net/inside.h"
#include "util/mem.h"

struct mailbox {
	uv_async_t bell;
	_Atomic(struct letter *) newest;
	void (*read)(void *arg, struct letter *letter);
	void *arg;
};

static struct letter *oldest_first(struct letter *newest)
{
	struct letter *list = NULL;

	while (newest != NULL) {
		struct letter *next = newest->next;

		newest->next = list;
		list = newest;
		newest = next;
	}
	return list;
}

static void on_bell(uv_async_t *h)
{
	struct mailbox *m = h->data;
	struct letter *l =
		oldest_first(atomic_exchange_explicit(&m->newest, NULL, memory_order_acquire));

	while (l != NULL) {
		struct letter *next = l->next;

		m->read(m->arg, l);
		l = next;
	}
}

struct mailbox *mailbox_new(struct loop *loop, void (*read)(void *arg, struct letter *letter),
                            void *arg)
{
	struct mailbox *m = mem_new(struct mailbox);

	if (uv_async_init(loop_uv(loop), &m->bell, on_bell) != 0)
		abort();
	m->bell.data = m;
	m->read = read;
	m->arg = arg;
	return m;
}

static void on_closed(uv_handle_t *h)
{
	mem_free(h->data);
}

void mailbox_free(struct mailbox **mailbox)
{
	if (*mailbox == NULL)
		return;
	uv_close((uv_handle_t *)&(*mailbox)->bell, on_closed);
	*mailbox = NULL;
}

void mailbox_post_all(struct mailbox *mailbox, struct letter *first)
{
	struct letter *newest = oldest_first(first); /* turned round: last .. first */
	struct letter *end = first;
	struct letter *old = atomic_load_explicit(&mailbox->newest, memory_order_relaxed);

	do {
		end->next = old;
	} while (!atomic_compare_exchange_weak_explicit(
		&mailbox->newest, &old, newest, memory_order_release, memory_order_relaxed));
	if (old == NULL)
		(void)uv_async_send(&mailbox->bell);
}

void mailbox_post(struct mailbox *mailbox, struct letter *letter)
{
	letter->next = NULL;
	mailbox_post_all(mailbox, letter);
}
