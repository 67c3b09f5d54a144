#include "net/loop.h"

#include <stdlib.h>
#include <time.h>

#include "net/inside.h"
#include "util/mem.h"

struct loop {
	uv_loop_t uv;
	uv_prepare_t before; /* the loop is about to wait */
	uv_check_t after;    /* it has just run the events */
	uv_idle_t busy;      /* active while there is work left: then the loop doesn't wait */
	uv_timer_t alarm;    /* for the earliest of our timers */
	struct queue {
		struct soon *first;
		struct soon **last;
	} soon, late;
	struct timer **heap; /* heap[0] is due first */
	size_t timers;
	size_t heap_size;
	bool fake;
	int64_t fake_wall_ms;
	uint64_t fake_mono_ms;
	int64_t wall_s;
	bool wall_known; /* in this turn */
	char *read_space;
};

/* So many pieces of work run before the loop looks at its sockets again. */
#define SOON_A_TURN 100000

static void do_nothing(uv_idle_t *idle)
{
	(void)idle;
}

static struct soon *take_first(struct queue *q)
{
	struct soon *s = q->first;

	if (s == NULL)
		return NULL;
	q->first = s->next;
	if (q->first == NULL)
		q->last = &q->first;
	s->queued = false;
	return s;
}

static void run_soon(struct loop *loop)
{
	struct soon *s = NULL;

	for (unsigned i = 0; i < SOON_A_TURN; i++) {
		s = take_first(&loop->soon);
		if (s == NULL)
			s = take_first(&loop->late);
		if (s == NULL)
			break;
		s->run(s->arg);
	}
	if (s != NULL)
		(void)uv_idle_start(&loop->busy, do_nothing);
	else
		(void)uv_idle_stop(&loop->busy);
}

static void on_before(uv_prepare_t *h)
{
	struct loop *loop = h->data;

	run_soon(loop);
	loop->wall_known = false;
}

static void on_after(uv_check_t *h)
{
	run_soon(h->data);
}

/* --- timers: a binary heap --- */

static void put(struct loop *loop, size_t at, struct timer *t)
{
	loop->heap[at] = t;
	t->slot = at + 1;
}

static void rise(struct loop *loop, size_t at, struct timer *t)
{
	while (at > 0 && loop->heap[(at - 1) / 2]->due_ms > t->due_ms) {
		put(loop, at, loop->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	put(loop, at, t);
}

static void sink(struct loop *loop, size_t at, struct timer *t)
{
	for (;;) {
		size_t child = at * 2 + 1;

		if (child >= loop->timers)
			break;
		if (child + 1 < loop->timers &&
		    loop->heap[child + 1]->due_ms < loop->heap[child]->due_ms)
			child++;
		if (loop->heap[child]->due_ms >= t->due_ms)
			break;
		put(loop, at, loop->heap[child]);
		at = child;
	}
	put(loop, at, t);
}

static void fire_due(struct loop *loop);

static void on_alarm(uv_timer_t *h)
{
	fire_due(h->data);
}

static void set_alarm(struct loop *loop)
{
	uint64_t now = loop_mono_ms(loop);

	if (loop->fake)
		return;
	if (loop->timers == 0)
		(void)uv_timer_stop(&loop->alarm);
	else
		(void)uv_timer_start(&loop->alarm, on_alarm,
		                     loop->heap[0]->due_ms > now ? loop->heap[0]->due_ms - now : 0,
		                     0);
}

static void take_off(struct loop *loop, struct timer *t)
{
	size_t at = t->slot - 1;
	struct timer *moved = loop->heap[--loop->timers];

	t->slot = 0;
	if (moved == t)
		return;
	if (at > 0 && loop->heap[(at - 1) / 2]->due_ms > moved->due_ms)
		rise(loop, at, moved);
	else
		sink(loop, at, moved);
}

/* A timer that its own callback starts again is due later than now, so this comes to an end. */
static void fire_due(struct loop *loop)
{
	uint64_t now = loop_mono_ms(loop);

	while (loop->timers > 0 && loop->heap[0]->due_ms <= now) {
		struct timer *t = loop->heap[0];

		take_off(loop, t);
		t->fire(t->arg);
	}
	set_alarm(loop);
}

void timer_start(struct loop *loop, struct timer *timer, uint64_t ms, void (*fire)(void *arg),
                 void *arg)
{
	if (timer_runs(timer))
		take_off(loop, timer);
	timer->due_ms = loop_mono_ms(loop) + (ms > 0 ? ms : 1);
	timer->fire = fire;
	timer->arg = arg;
	if (loop->timers == loop->heap_size) {
		loop->heap_size = loop->heap_size > 0 ? loop->heap_size * 2 : 64;
		loop->heap = mem_resize(loop->heap, loop->heap_size, sizeof(struct timer *));
	}
	rise(loop, loop->timers++, timer);
	if (timer->slot == 1)
		set_alarm(loop);
}

void timer_stop(struct loop *loop, struct timer *timer)
{
	if (timer_runs(timer))
		take_off(loop, timer);
}

/* --- the loop --- */

static struct loop *new_loop(bool fake)
{
	struct loop *loop = mem_new(struct loop);

	if (uv_loop_init(&loop->uv) != 0 || uv_prepare_init(&loop->uv, &loop->before) != 0 ||
	    uv_check_init(&loop->uv, &loop->after) != 0 ||
	    uv_idle_init(&loop->uv, &loop->busy) != 0 ||
	    uv_timer_init(&loop->uv, &loop->alarm) != 0)
		abort();
	loop->fake = fake;
	loop->soon.last = &loop->soon.first;
	loop->late.last = &loop->late.first;
	loop->before.data = loop;
	loop->after.data = loop;
	loop->alarm.data = loop;
	(void)uv_prepare_start(&loop->before, on_before);
	(void)uv_check_start(&loop->after, on_after);
	/* They count as open: a loop without sockets still has work to do soon, and runs until it
	 * is stopped. */
	return loop;
}

struct loop *loop_new(void)
{
	return new_loop(false);
}

struct loop *loop_new_fake(int64_t wall_s)
{
	struct loop *loop = new_loop(true);

	loop->fake_wall_ms = wall_s * 1000;
	return loop;
}

void loop_free(struct loop **loop)
{
	struct loop *l = *loop;

	if (l == NULL)
		return;
	uv_close((uv_handle_t *)&l->before, NULL);
	uv_close((uv_handle_t *)&l->after, NULL);
	uv_close((uv_handle_t *)&l->busy, NULL);
	uv_close((uv_handle_t *)&l->alarm, NULL);
	/* Once more after a loop_stop that no run has seen. */
	if (uv_run(&l->uv, UV_RUN_DEFAULT) != 0)
		(void)uv_run(&l->uv, UV_RUN_DEFAULT);
	if (uv_loop_close(&l->uv) != 0)
		abort(); /* something was left open */
	mem_free(l->heap);
	mem_free(l->read_space);
	mem_free(l);
	*loop = NULL;
}

void loop_run(struct loop *loop)
{
	(void)uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
	uv_stop(&loop->uv);
}

void loop_turn(struct loop *loop, bool wait)
{
	(void)uv_run(&loop->uv, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
}

void loop_advance(struct loop *loop, uint64_t ms)
{
	uint64_t until = loop->fake_mono_ms + ms;

	while (loop->timers > 0 && loop->heap[0]->due_ms <= until) {
		uint64_t step = loop->heap[0]->due_ms - loop->fake_mono_ms;

		loop->fake_mono_ms += step;
		loop->fake_wall_ms += (int64_t)step;
		fire_due(loop);
		run_soon(loop);
	}
	loop->fake_wall_ms += (int64_t)(until - loop->fake_mono_ms);
	loop->fake_mono_ms = until;
}

int64_t loop_wall_s(struct loop *loop)
{
	struct timespec now;

	if (loop->fake)
		return loop->fake_wall_ms / 1000;
	if (!loop->wall_known && clock_gettime(CLOCK_REALTIME_COARSE, &now) == 0) {
		loop->wall_s = now.tv_sec;
		loop->wall_known = true;
	}
	return loop->wall_s;
}

uint64_t loop_mono_ms(const struct loop *loop)
{
	return loop->fake ? loop->fake_mono_ms : uv_now(&loop->uv);
}

uint64_t loop_mono_us(void)
{
	return uv_hrtime() / 1000;
}

uv_loop_t *loop_uv(struct loop *loop)
{
	return &loop->uv;
}

char *loop_read_space(struct loop *loop)
{
	if (loop->read_space == NULL)
		loop->read_space = mem_alloc(LOOP_READ_SIZE);
	return loop->read_space;
}

static void append(struct queue *q, struct soon *soon, void (*run)(void *arg), void *arg)
{
	if (soon->queued)
		return;
	*soon = (struct soon){ .run = run, .arg = arg, .queued = true };
	*q->last = soon;
	q->last = &soon->next;
}

void loop_soon(struct loop *loop, struct soon *soon, void (*run)(void *arg), void *arg)
{
	append(&loop->soon, soon, run, arg);
}

void loop_late(struct loop *loop, struct soon *soon, void (*run)(void *arg), void *arg)
{
	append(&loop->late, soon, run, arg);
}

static bool take_off_queue(struct queue *q, struct soon *soon)
{
	for (struct soon **at = &q->first; *at != NULL; at = &(*at)->next) {
		if (*at != soon)
			continue;
		*at = soon->next;
		if (soon->next == NULL)
			q->last = at;
		return true;
	}
	return false;
}

void loop_not_soon(struct loop *loop, struct soon *soon)
{
	if (soon->queued && !take_off_queue(&loop->soon, soon))
		(void)take_off_queue(&loop->late, soon);
	soon->queued = false;
}
