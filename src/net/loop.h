/* One thread's event loop: time, timers, work for the end of the turn, letters from other threads.
 *
 * A loop belongs to the thread that runs it; only mailbox_post may be called from another. Objects
 * that are named "intrusive" lie inside the caller's own structure, zeroed before their first use.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;

/* A real loop, or one for tests: its clocks stand still until loop_advance moves them. */
struct loop *loop_new(void);
struct loop *loop_new_fake(int64_t wall_s);

/* Everything on the loop must have been closed; closing callbacks that are due are run. */
void loop_free(struct loop **loop);

/* Runs until loop_stop. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* One turn without waiting (or waiting for an event when `wait`). For tests and for shutting down.
 */
void loop_turn(struct loop *loop, bool wait);

/* A fake loop's clocks go on by ms; due timers run. */
void loop_advance(struct loop *loop, uint64_t ms);

int64_t loop_wall_s(struct loop *loop);         /* Unix seconds, the same during one turn */
uint64_t loop_mono_ms(const struct loop *loop); /* never goes back */
uint64_t loop_mono_us(void);                    /* for measuring; not the fake clock */

/* --- work for the end of this turn (intrusive) --- */

struct soon {
	struct soon *next;
	void (*run)(void *arg);
	void *arg;
	bool queued;
};

/* run(arg) is called once, from the loop, before it waits again; never from inside this call. A
 * second call before that changes nothing. */
void loop_soon(struct loop *loop, struct soon *soon, void (*run)(void *arg), void *arg);

/* The same, after all that is to be done soon is done: for what gathers work, as writing does. */
void loop_late(struct loop *loop, struct soon *soon, void (*run)(void *arg), void *arg);

/* Takes it off again, from either. */
void loop_not_soon(struct loop *loop, struct soon *soon);

/* --- timers (intrusive) --- */

struct timer {
	uint64_t due_ms;
	void (*fire)(void *arg);
	void *arg;
	size_t slot; /* place in the loop's heap plus one; 0: not running */
};

/* fire(arg) once, after at least `ms`. A running timer is set anew. */
void timer_start(struct loop *loop, struct timer *timer, uint64_t ms, void (*fire)(void *arg),
                 void *arg);
void timer_stop(struct loop *loop, struct timer *timer);

static inline bool timer_runs(const struct timer *timer)
{
	return timer->slot != 0;
}

/* --- letters from other threads --- */

struct letter {
	struct letter *next;
};

struct mailbox;

/* read(arg, letter) runs on the loop's thread, in the order of posting. */
struct mailbox *mailbox_new(struct loop *loop, void (*read)(void *arg, struct letter *letter),
                            void *arg);

/* Letters not yet read are dropped: nobody may post any more. */
void mailbox_free(struct mailbox **mailbox);

/* From any thread. The letter belongs to the reader then. */
void mailbox_post(struct mailbox *mailbox, struct letter *letter);

/* A chain of letters (next of the last is NULL) at once, in its order. */
void mailbox_post_all(struct mailbox *mailbox, struct letter *first);

/* --- signals --- */

struct signals;

/* heard(arg, signo) on the loop's thread. The list ends with 0. */
struct signals *signals_watch(struct loop *loop, const int *signos,
                              void (*heard)(void *arg, int signo), void *arg);
void signals_free(struct signals **signals);
