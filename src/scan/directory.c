/* The loop's side: who waits for which search, and how long. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "scan/directory_inside.h"
#include "util/mem.h"

#define FREE_WAIT_S 2

/* Shared by the loop and its threads; the last one frees it. */
struct directory_pool {
	struct loop *loop;
	struct directory_search *all; /* the loop's */
	bool out_of_time;
	pthread_mutex_t lock;
	pthread_cond_t work;  /* there is some, or it is the end */
	pthread_cond_t ended; /* a thread has */

	/* under the lock */
	struct mailbox *mailbox;             /* NULL: nobody reads any more */
	struct directory_job *first, **last; /* that wait */
	struct directory_job *back;          /* that are done, the last one first */
	struct letter bell;
	bool rung;
	unsigned waiting, threads, idle;
	bool ending;
};

/* Threads that nobody has waited for to the end. */
static atomic_uint left_behind;

struct directory_search {
	struct directory_search *next, **link; /* of all */
	struct directory_pool *pool;
	struct directory_job *job; /* NULL: too many wait */
	struct timer deadline;
	void (*done)(void *arg, enum status st, const struct directory_found *found);
	void *arg;
};

uint64_t directory_clock_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void free_job(struct directory_job *j)
{
	arena_free(&j->arena);
	mem_free(j);
}

/* Called with the lock. */
static struct directory_job *take_job(struct directory_pool *p, struct directory_job *wanted)
{
	struct directory_job **at = &p->first, *j;

	while (*at != NULL && wanted != NULL && *at != wanted)
		at = &(*at)->next;
	j = *at;
	if (j == NULL)
		return NULL;
	*at = j->next;
	if (j->next == NULL)
		p->last = at;
	p->waiting--;
	return j;
}

/* --- a thread --- */

/* Called with the lock, and unlocks. */
static void let_go(struct directory_pool *p)
{
	bool last = p->threads == 0 && p->mailbox == NULL && p->ending;

	(void)pthread_cond_broadcast(&p->ended);
	(void)pthread_mutex_unlock(&p->lock);
	if (!last)
		return;
	(void)pthread_cond_destroy(&p->work);
	(void)pthread_cond_destroy(&p->ended);
	(void)pthread_mutex_destroy(&p->lock);
	mem_free(p);
}

/* Called with the lock. */
static void bring_back(struct directory_pool *p, struct directory_job *j)
{
	if (p->mailbox == NULL) {
		free_job(j);
		return;
	}
	j->next = p->back;
	p->back = j;
	if (!p->rung)
		mailbox_post(p->mailbox, &p->bell);
	p->rung = true;
}

static void *run(void *arg)
{
	struct directory_pool *p = arg;
	struct directory_line line = { .ld = NULL };

	directory_set_up();
	(void)pthread_mutex_lock(&p->lock);
	while (!p->ending) {
		struct directory_job *j = take_job(p, NULL);

		if (j == NULL) {
			p->idle++;
			(void)pthread_cond_wait(&p->work, &p->lock);
			p->idle--;
			continue;
		}
		(void)pthread_mutex_unlock(&p->lock);
		directory_run_job(j, &line);
		(void)pthread_mutex_lock(&p->lock);
		bring_back(p, j);
	}
	(void)pthread_mutex_unlock(&p->lock);
	directory_line_close(&line);
	(void)pthread_mutex_lock(&p->lock);
	p->threads--;
	if (p->mailbox == NULL)
		(void)atomic_fetch_sub(&left_behind, 1);
	let_go(p);
	return NULL;
}

/* Signals are the main thread's. Called with the lock. */
static void start_thread(struct directory_pool *p)
{
	sigset_t all, old;
	pthread_t thread;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	if (pthread_create(&thread, NULL, run, p) == 0) {
		(void)pthread_detach(thread);
		p->threads++;
	}
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* --- the loop's side --- */

static void release(struct directory_search *s)
{
	struct directory_pool *p = s->pool;
	bool waited = false;

	timer_stop(p->loop, &s->deadline);
	*s->link = s->next;
	if (s->next != NULL)
		s->next->link = s->link;
	if (s->job != NULL) {
		s->job->search = NULL;
		(void)pthread_mutex_lock(&p->lock);
		waited = take_job(p, s->job) != NULL;
		(void)pthread_mutex_unlock(&p->lock);
		if (waited)
			free_job(s->job); /* else it comes back */
	}
	mem_free(s);
}

static void tell(struct directory_search *s, enum status st, const struct directory_found *found)
{
	void (*done)(void *, enum status, const struct directory_found *) = s->done;
	void *arg = s->arg;

	release(s);
	done(arg, st, found);
}

static void tell_failure(struct directory_search *s, enum status st)
{
	static const struct directory_found nothing = { .entries = 0 };

	tell(s, st, &nothing);
}

static void on_deadline(void *arg)
{
	tell_failure(arg, ST_TIMEOUT);
}

static void on_too_many(void *arg)
{
	tell_failure(arg, ST_LIMIT);
}

static void deliver(struct directory_job *j)
{
	struct directory_search *s = j->search;

	if (s != NULL) {
		s->job = NULL;
		if (j->st == ST_OK)
			tell(s, ST_OK, &j->found);
		else
			tell_failure(s, j->st);
	}
	free_job(j);
}

static struct directory_job *take_back(struct directory_pool *p)
{
	struct directory_job *all;

	(void)pthread_mutex_lock(&p->lock);
	all = p->back;
	p->back = NULL;
	p->rung = false;
	(void)pthread_mutex_unlock(&p->lock);
	return all;
}

static void on_bell(void *arg, struct letter *letter)
{
	struct directory_job *j = take_back(arg);

	(void)letter;
	while (j != NULL) {
		struct directory_job *next = j->next;

		deliver(j);
		j = next;
	}
}

struct directory_pool *directory_pool_new(struct loop *loop)
{
	struct directory_pool *p = mem_new(struct directory_pool);
	pthread_condattr_t attr;

	p->loop = loop;
	p->last = &p->first;
	p->mailbox = mailbox_new(loop, on_bell, p);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->work, &attr);
	(void)pthread_cond_init(&p->ended, &attr);
	(void)pthread_condattr_destroy(&attr);
	return p;
}

/* Those that are at work for somebody who gave up are not worth a longer wait. */
static void wait_for_threads(struct directory_pool *p)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += FREE_WAIT_S;
	while (p->threads > 0)
		if (pthread_cond_timedwait(&p->ended, &p->lock, &until) != 0)
			break;
}

void directory_pool_end(struct directory_pool *pool)
{
	pool->out_of_time = true;
	for (struct directory_search *s = pool->all; s != NULL; s = s->next)
		timer_start(pool->loop, &s->deadline, 0, on_deadline, s);
}

void directory_pool_free(struct directory_pool **pool)
{
	struct directory_pool *p = *pool;
	struct mailbox *mailbox;
	struct directory_job *j;

	*pool = NULL;
	if (p == NULL)
		return;
	(void)pthread_mutex_lock(&p->lock);
	while ((j = take_job(p, NULL)) != NULL)
		free_job(j);
	p->ending = true;
	(void)pthread_cond_broadcast(&p->work);
	wait_for_threads(p);
	mailbox = p->mailbox;
	p->mailbox = NULL;
	while ((j = p->back) != NULL) {
		p->back = j->next;
		free_job(j);
	}
	mailbox_free(&mailbox);
	(void)atomic_fetch_add(&left_behind, p->threads);
	let_go(p);
}

bool directory_threads_left(void)
{
	return atomic_load(&left_behind) > 0;
}

static struct directory_job *make_job(const struct directory_question *q)
{
	struct directory_job *j = mem_new(struct directory_job);
	struct directory_server *servers;

	j->arena = arena_new();
	j->until_ms = directory_clock_ms() + q->timeout_ms;
	j->url = arena_text(j->arena, view_of(q->url));
	j->server_count =
		q->server_count < DIRECTORY_SERVERS_MAX ? q->server_count : DIRECTORY_SERVERS_MAX;
	servers = arena_array(j->arena, j->server_count, sizeof(*servers));
	for (size_t i = 0; i < j->server_count; i++) {
		const struct directory_server *s = &q->servers[i];

		servers[i].uri = arena_text(j->arena, view_of(s->uri));
		servers[i].timeout_ms = s->timeout_ms;
		if (s->binddn != NULL && s->bindpw != NULL) {
			servers[i].binddn = arena_text(j->arena, view_of(s->binddn));
			servers[i].bindpw = arena_text(j->arena, view_of(s->bindpw));
		}
	}
	j->servers = servers;
	return j;
}

/* False: too many wait. */
static bool enqueue(struct directory_pool *p, struct directory_job *j)
{
	bool room;

	(void)pthread_mutex_lock(&p->lock);
	if (p->waiting >= p->idle && p->threads < DIRECTORY_THREADS)
		start_thread(p);
	room = p->waiting < DIRECTORY_QUEUE_MAX && p->threads > 0;
	if (room) {
		*p->last = j;
		p->last = &j->next;
		p->waiting++;
		(void)pthread_cond_signal(&p->work);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return room;
}

struct directory_search *
directory_search(struct directory_pool *pool, const struct directory_question *q,
                 void (*done)(void *arg, enum status st, const struct directory_found *found),
                 void *arg)
{
	struct directory_search *s = mem_new(struct directory_search);
	struct directory_job *j = make_job(q);

	s->pool = pool;
	s->done = done;
	s->arg = arg;
	s->next = pool->all;
	s->link = &pool->all;
	if (s->next != NULL)
		s->next->link = &s->next;
	pool->all = s;
	j->search = s;
	if (enqueue(pool, j)) {
		s->job = j;
		timer_start(pool->loop, &s->deadline, pool->out_of_time ? 0 : q->timeout_ms,
		            on_deadline, s);
	} else {
		free_job(j);
		timer_start(pool->loop, &s->deadline, 0, on_too_many, s);
	}
	return s;
}

void directory_cancel(struct directory_search **search)
{
	if (*search != NULL)
		release(*search);
	*search = NULL;
}
