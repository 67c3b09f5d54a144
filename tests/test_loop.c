#include "net/loop.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "test.h"

#define WALL INT64_C(1700000000)

/* What ran, in its order: a letter each. */
struct order {
	char text[64];
	size_t n;
	struct loop *loop;
};

static void note(struct order *o, char c)
{
	assert_true(o->n + 1 < sizeof(o->text));
	o->text[o->n++] = c;
}

struct item {
	struct timer timer;
	struct soon soon;
	struct order *order;
	struct item *other;
	char name;
};

static void run_item(void *arg)
{
	struct item *it = arg;

	note(it->order, it->name);
}

/* --- soon and late --- */

static void run_and_queue(void *arg)
{
	struct item *it = arg;

	run_item(it);
	loop_soon(it->order->loop, &it->other->soon, run_item, it->other);
}

static void run_and_unqueue(void *arg)
{
	struct item *it = arg;

	run_item(it);
	loop_not_soon(it->order->loop, &it->other->soon);
}

static void test_soon(void **state)
{
	struct order o = { .loop = loop_new_fake(WALL) };
	struct item a = { .order = &o, .name = 'a' }, b = { .order = &o, .name = 'b' };
	struct item c = { .order = &o, .name = 'c' }, d = { .order = &o, .name = 'd' };

	(void)state;
	a.other = &d;
	loop_late(o.loop, &b.soon, run_item, &b);
	loop_soon(o.loop, &a.soon, run_and_queue, &a);
	loop_soon(o.loop, &c.soon, run_item, &c);
	loop_soon(o.loop, &c.soon, run_item, &c); /* once is enough */
	assert_string_equal(o.text, "");
	loop_turn(o.loop, false);
	assert_string_equal(o.text, "acdb");
	loop_free(&o.loop);
	assert_null(o.loop);
}

static void test_not_soon(void **state)
{
	struct order o = { .loop = loop_new_fake(WALL) };
	struct item a = { .order = &o, .name = 'a' }, b = { .order = &o, .name = 'b' };
	struct item c = { .order = &o, .name = 'c' };

	(void)state;
	loop_not_soon(o.loop, &a.soon); /* was not queued */
	loop_soon(o.loop, &a.soon, run_item, &a);
	loop_soon(o.loop, &b.soon, run_item, &b);
	loop_not_soon(o.loop, &b.soon); /* the last one: what follows must find the end */
	loop_soon(o.loop, &c.soon, run_item, &c);
	loop_turn(o.loop, false);
	assert_string_equal(o.text, "ac");
	a.other = &b;
	loop_soon(o.loop, &a.soon, run_and_unqueue, &a);
	loop_soon(o.loop, &b.soon, run_item, &b);
	loop_late(o.loop, &c.soon, run_item, &c);
	loop_turn(o.loop, false);
	assert_string_equal(o.text, "acac");
	a.other = &c;
	loop_late(o.loop, &c.soon, run_item, &c);
	loop_soon(o.loop, &a.soon, run_and_unqueue, &a);
	loop_turn(o.loop, false);
	assert_string_equal(o.text, "acaca");
	loop_free(&o.loop);
}

static void run_and_stop(void *arg)
{
	struct item *it = arg;

	run_item(it);
	loop_stop(it->order->loop);
}

/* The work of a real loop's first turn runs though nothing else is there to wake it. */
static void test_run(void **state)
{
	struct order o = { .loop = loop_new() };
	struct item a = { .order = &o, .name = 'a' }, b = { .order = &o, .name = 'b' };

	(void)state;
	timer_start(o.loop, &b.timer, 5, run_and_stop, &b);
	loop_soon(o.loop, &a.soon, run_item, &a);
	loop_run(o.loop);
	assert_string_equal(o.text, "ab");
	loop_free(&o.loop);
}

/* --- timers --- */

static void test_timers_in_order(void **state)
{
	enum { COUNT = 500 };
	static struct item items[COUNT];
	static uint64_t due[COUNT];
	struct loop *loop = loop_new_fake(WALL);
	uint64_t seed = 7, last = 0;
	struct order o = { .loop = loop };
	unsigned left = 0;

	(void)state;
	memset(items, 0, sizeof(items));
	for (unsigned i = 0; i < COUNT; i++) {
		items[i].order = &o;
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		due[i] = (seed >> 40) % 1000 + 1;
		timer_start(loop, &items[i].timer, due[i], run_item, &items[i]);
	}
	for (unsigned i = 0; i < COUNT; i += 3)
		timer_stop(loop, &items[i].timer);
	for (unsigned i = 1; i < COUNT; i += 3) { /* set anew */
		due[i] = due[i] / 2 + 1;
		timer_start(loop, &items[i].timer, due[i], run_item, &items[i]);
	}
	for (uint64_t t = 1; t <= 1000; t++) {
		o.n = 0;
		loop_advance(loop, 1);
		for (unsigned i = 0; i < COUNT; i++) {
			bool stopped = i % 3 == 0;

			assert_int_equal(timer_runs(&items[i].timer), !stopped && due[i] > t);
			left += !stopped && due[i] == t;
		}
		assert_int_equal(o.n, left);
		left = 0;
		last = t;
	}
	assert_int_equal(last, 1000);
	loop_free(&loop);
}

static void fire_and_stop(void *arg)
{
	struct item *it = arg;

	run_item(it);
	timer_stop(it->order->loop, &it->other->timer);
}

static void fire_again(void *arg)
{
	struct item *it = arg;

	run_item(it);
	timer_start(it->order->loop, &it->timer, 0, fire_again, it);
}

static void test_timers_in_callbacks(void **state)
{
	struct order o = { .loop = loop_new_fake(WALL) };
	struct item a = { .order = &o, .name = 'a' }, b = { .order = &o, .name = 'b' };

	(void)state;
	a.other = &b;
	b.other = &a;
	timer_start(o.loop, &a.timer, 10, fire_and_stop, &a);
	timer_start(o.loop, &b.timer, 10, fire_and_stop, &b); /* due at the same time */
	loop_advance(o.loop, 10);
	assert_int_equal(o.n, 1);
	assert_false(timer_runs(&a.timer) || timer_runs(&b.timer));
	timer_start(o.loop, &a.timer, 1, fire_again, &a); /* and again, but not for ever */
	loop_advance(o.loop, 5);
	assert_int_equal(o.n, 6);
	timer_stop(o.loop, &a.timer);
	timer_stop(o.loop, &a.timer);
	loop_advance(o.loop, 100);
	assert_int_equal(o.n, 6);
	loop_free(&o.loop);
}

static void fire_soon(void *arg)
{
	struct item *it = arg;

	run_item(it);
	loop_soon(it->order->loop, &it->soon, run_item, it);
}

static void test_fake_clock(void **state)
{
	struct order o = { .loop = loop_new_fake(WALL) };
	struct item a = { .order = &o, .name = 'a' }, b = { .order = &o, .name = 'b' };

	(void)state;
	assert_int_equal(loop_wall_s(o.loop), WALL);
	loop_advance(o.loop, 999);
	assert_int_equal(loop_wall_s(o.loop), WALL);
	loop_advance(o.loop, 1);
	assert_int_equal(loop_wall_s(o.loop), WALL + 1);
	assert_int_equal(loop_mono_ms(o.loop), 1000);
	timer_start(o.loop, &a.timer, 1000, fire_soon, &a);
	timer_start(o.loop, &b.timer, 1001, run_item, &b);
	loop_advance(o.loop, UINT64_C(3600000));
	assert_string_equal(o.text, "aab"); /* what a timer queues runs before the next timer */
	assert_int_equal(loop_wall_s(o.loop), WALL + 3601);
	loop_free(&o.loop);
}

static void test_real_timers(void **state)
{
	struct order o = { .loop = loop_new() };
	struct item a = { .order = &o, .name = 'a' }, b = { .order = &o, .name = 'b' };
	struct item c = { .order = &o, .name = 'c' };

	(void)state;
	timer_start(o.loop, &b.timer, 30, run_and_stop, &b);
	timer_start(o.loop, &a.timer, 10, run_item, &a);
	timer_start(o.loop, &c.timer, 1, run_item, &c);
	timer_stop(o.loop, &c.timer);
	loop_run(o.loop);
	assert_string_equal(o.text, "ab");
	loop_free(&o.loop);
}

/* --- letters --- */

#define LETTERS 20000
#define POSTERS 3

struct numbered {
	struct letter letter; /* first */
	unsigned poster, number;
};

struct reader {
	struct loop *loop;
	unsigned next[POSTERS];
	unsigned total;
	unsigned wrong;
};

static void read_letter(void *arg, struct letter *letter)
{
	struct reader *r = arg;
	struct numbered *n = (struct numbered *)(void *)letter;

	r->wrong += n->number != r->next[n->poster];
	r->next[n->poster] = n->number + 1;
	if (++r->total == LETTERS * POSTERS)
		loop_stop(r->loop);
}

struct poster {
	struct mailbox *box;
	struct numbered *letters;
	pthread_t thread;
	unsigned which;
};

static void *post_all(void *arg)
{
	struct poster *p = arg;

	for (unsigned i = 0; i < LETTERS; i++) {
		p->letters[i] = (struct numbered){ .poster = p->which, .number = i };
		if (i % 10 != 9) {
			mailbox_post(p->box, &p->letters[i].letter);
			continue;
		}
		/* A chain of two now and then. */
		p->letters[i].letter.next = NULL;
		if (i + 1 < LETTERS) {
			p->letters[i + 1] =
				(struct numbered){ .poster = p->which, .number = i + 1 };
			p->letters[i].letter.next = &p->letters[i + 1].letter;
		}
		mailbox_post_all(p->box, &p->letters[i].letter);
		i++;
	}
	return NULL;
}

static void test_mailbox(void **state)
{
	static struct numbered letters[POSTERS][LETTERS];
	struct reader r = { .loop = loop_new() };
	struct mailbox *box = mailbox_new(r.loop, read_letter, &r);
	struct poster posters[POSTERS];

	(void)state;
	for (unsigned i = 0; i < POSTERS; i++) {
		posters[i] = (struct poster){ .box = box, .letters = letters[i], .which = i };
		assert_int_equal(pthread_create(&posters[i].thread, NULL, post_all, &posters[i]),
		                 0);
	}
	loop_run(r.loop);
	for (unsigned i = 0; i < POSTERS; i++)
		(void)pthread_join(posters[i].thread, NULL);
	assert_int_equal(r.total, LETTERS * POSTERS);
	assert_int_equal(r.wrong, 0); /* each poster's letters came in its order */
	mailbox_free(&box);
	mailbox_free(&box);
	loop_free(&r.loop);
}

static void hear(void *arg, int signo)
{
	struct order *o = arg;

	note(o, signo == SIGUSR1 ? '1' : '2');
	if (signo == SIGUSR2)
		loop_stop(o->loop);
}

static void test_signals(void **state)
{
	static const int signos[] = { SIGUSR1, SIGUSR2, 0 };
	struct order o = { .loop = loop_new() };
	struct signals *s = signals_watch(o.loop, signos, hear, &o);

	(void)state;
	(void)kill(getpid(), SIGUSR1);
	loop_turn(o.loop, true);
	(void)kill(getpid(), SIGUSR2);
	loop_run(o.loop);
	assert_string_equal(o.text, "12");
	signals_free(&s);
	loop_free(&o.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_soon),
		cmocka_unit_test(test_not_soon),
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_timers_in_order),
		cmocka_unit_test(test_timers_in_callbacks),
		cmocka_unit_test(test_fake_clock),
		cmocka_unit_test(test_real_timers),
		cmocka_unit_test(test_mailbox),
		cmocka_unit_test(test_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
