#include "store/writer.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "util/mem.h"

#define BATCH_MAX      8192 /* jobs of one transaction */
#define TOUCHES_QUEUE  256  /* tables that wait */
#define TICK_MS        1000
#define EXPIRE_A_TICK  1000 /* records looked at for their age */
#define EXPIRE_CYCLE_S 600  /* the whole store at most so often */
#define REOPEN_S       10   /* a store that is down is tried again */
#define FORGET_MAX     4096 /* records of one job in one transaction */
#define INSTANCES      1024 /* messages whose header was given; Postgrey remembers ten */

struct touch_queue {
	struct touches *table[TOUCHES_QUEUE];
	unsigned count;
};

struct writer {
	struct env *env;
	struct log *log;
	pthread_t thread;
	bool shared;

	pthread_mutex_t lock;
	pthread_cond_t wake;
	/* under the lock */
	struct letter *first; /* of jobs */
	struct letter **last;
	unsigned waiting;
	struct touch_queue touches;
	struct judge_policy expiry;
	struct store_counters counters;
	bool ending;

	/* the thread's own */
	uint64_t instance[INSTANCES];
	unsigned next_instance;
	int64_t test_now; /* of the newest question with a test's clock; 0: there was none */
	int64_t complained;
	int64_t tried_open;
	struct tables_walk expire;
	int64_t expire_rest_until;
};

static int64_t wall(void)
{
	return (int64_t)time(NULL);
}

/* --- the queue --- */

static struct job *job_of(struct letter *letter)
{
	return (struct job *)(void *)letter; /* its first member */
}

enum status writer_put(struct writer *w, struct job *job)
{
	enum status st = ST_OK;

	job->letter.next = NULL;
	(void)pthread_mutex_lock(&w->lock);
	if (w->waiting >= STORE_QUEUE_MAX) {
		st = ST_FULL;
	} else {
		if (w->waiting++ == 0)
			(void)pthread_cond_signal(&w->wake);
		*w->last = &job->letter;
		w->last = &job->letter.next;
	}
	(void)pthread_mutex_unlock(&w->lock);
	return st;
}

void writer_put_touches(struct writer *w, struct touches *touches)
{
	(void)pthread_mutex_lock(&w->lock);
	if (w->touches.count < TOUCHES_QUEUE) {
		w->touches.table[w->touches.count++] = touches;
		touches = NULL;
	}
	(void)pthread_mutex_unlock(&w->lock);
	touches_free(&touches);
}

void writer_set_expiry(struct writer *w, const struct judge_policy *policy)
{
	(void)pthread_mutex_lock(&w->lock);
	w->expiry = *policy;
	(void)pthread_mutex_unlock(&w->lock);
}

void writer_count(struct writer *w, struct store_counters *out)
{
	(void)pthread_mutex_lock(&w->lock);
	*out = w->counters;
	out->waiting = w->waiting;
	(void)pthread_mutex_unlock(&w->lock);
}

/* Up to BATCH_MAX jobs off the queue, a NULL-ended chain. */
static struct letter *take_jobs(struct writer *w)
{
	struct letter *first = w->first, *end = first;
	unsigned n = 1;

	if (first == NULL)
		return NULL;
	for (; n < BATCH_MAX && end->next != NULL; n++)
		end = end->next;
	w->first = end->next;
	if (w->first == NULL)
		w->last = &w->first;
	end->next = NULL;
	w->waiting -= n;
	return first;
}

/* --- one batch --- */

/* The header goes on a message once, though it has many recipients. */
static bool first_of_instance(struct writer *w, uint64_t instance)
{
	if (instance == 0)
		return true;
	for (unsigned i = 0; i < INSTANCES; i++)
		if (w->instance[i] == instance)
			return false;
	w->instance[w->next_instance] = instance;
	w->next_instance = (w->next_instance + 1) % INSTANCES;
	return true;
}

static enum status do_job(struct writer *w, MDB_txn *txn, struct job *job)
{
	struct judgement j;
	enum status st;

	if (job->forget)
		return tables_forget(w->env, txn, &job->q, FORGET_MAX, &job->gone);
	st = tables_judge(w->env, txn, &job->q, &j);

	if (st == ST_OK)
		st = tables_write(w->env, txn, &job->q, &j);
	if (st == ST_OK)
		job->judgement = j;
	if (job->test_clock)
		w->test_now = job->q.judge.now;
	return st;
}

static enum status do_all(struct writer *w, MDB_txn *txn, struct letter *jobs,
                          const struct touch_queue *touches)
{
	enum status st = ST_OK;

	for (struct letter *l = jobs; l != NULL && st == ST_OK; l = l->next)
		st = do_job(w, txn, job_of(l));
	for (unsigned i = 0; i < touches->count; i++)
		for (unsigned k = 0; k < touches->table[i]->count && st == ST_OK; k++)
			st = touch_write(w->env, txn, touches->table[i],
			                 &touches->table[i]->item[k]);
	return st;
}

static void post(struct job *job, enum status st)
{
	job->status = st;
	mailbox_post(job->reply_to, &job->letter);
}

/* A mark that goes is seen by the session's next question, so that waits too. */
static bool may_be_lost(const struct job *job)
{
	return !job->forget && job->judgement.verdict != JUDGE_DEFER &&
	       job->judgement.verdict != JUDGE_HOLD && job->judgement.mark_write != JUDGE_DELETE;
}

/* Passes need not wait for the disk. What remains is the chain of those that do. */
static struct letter *post_passes(struct writer *w, struct letter *jobs)
{
	struct letter *rest = NULL, **last = &rest;

	while (jobs != NULL) {
		struct letter *next = jobs->next;
		struct job *job = job_of(jobs);

		if (!job->forget && job->judgement.verdict == JUDGE_PASS)
			job->first_of_instance = first_of_instance(w, job->q.judge.instance);
		if (may_be_lost(job)) {
			post(job, ST_OK);
		} else {
			*last = jobs;
			last = &jobs->next;
		}
		jobs = next;
	}
	*last = NULL;
	return rest;
}

/* What is not forgotten yet takes its place behind all that waits. */
static void put_back(struct writer *w, struct job *job)
{
	job->letter.next = NULL;
	(void)pthread_mutex_lock(&w->lock);
	w->waiting++;
	*w->last = &job->letter;
	w->last = &job->letter.next;
	(void)pthread_mutex_unlock(&w->lock);
}

static void post_all(struct writer *w, struct letter *jobs, enum status st)
{
	while (jobs != NULL) {
		struct letter *next = jobs->next;
		struct job *job = job_of(jobs);

		job->forgotten += st == ST_OK ? job->gone.tuples : 0;
		if (st == ST_OK && job->forget && job->gone.more)
			put_back(w, job);
		else
			post(job, st);
		jobs = next;
	}
}

static void complain(struct writer *w, const char *what, enum status st)
{
	if (log_due(&w->complained, wall()))
		log_error(w->log,
		          "the store can't be written (%s: %s): until it can, mail passes "
		          "ungreylisted",
		          what, status_text(st));
}

/* After a failed transaction: what must be done before the next one? */
static void recover(struct writer *w, enum status st)
{
	struct diag why;

	if (w->env->mdb == NULL && wall() - w->tried_open < REOPEN_S && wall() >= w->tried_open)
		return; /* it is down already, and tried again every few seconds */
	if (st == ST_DAMAGED && !w->shared) {
		env_set_aside(w->env, "LMDB says so");
	} else if (st == ST_DAMAGED || st == ST_UNAVAILABLE || st == ST_IO) {
		env_down(w->env);
	} else {
		return;
	}
	w->tried_open = wall();
	if (env_up(w->env, &why) != ST_OK)
		log_error(w->log, "%s", why.text);
}

static enum status begin(struct writer *w, MDB_txn **txn)
{
	int error;

	if (w->env->mdb == NULL)
		return ST_UNAVAILABLE;
	error = mdb_txn_begin(w->env->mdb, NULL, 0, txn);
	if (error == MDB_MAP_RESIZED) {
		if (env_adopt_map(w->env) != ST_OK)
			return ST_UNAVAILABLE;
		error = mdb_txn_begin(w->env->mdb, NULL, 0, txn);
	}
	return env_status(error);
}

/* Into one transaction, once more with a larger map when it was too small. *jobs loses those that
 * were posted on the way; what they wrote is lost when only the commit finds the map too small. */
static enum status write_batch(struct writer *w, struct letter **jobs,
                               const struct touch_queue *touches)
{
	enum status st;

	for (;;) {
		MDB_txn *txn;

		st = begin(w, &txn);
		if (st != ST_OK)
			return st;
		st = do_all(w, txn, *jobs, touches);
		if (st == ST_OK) {
			*jobs = post_passes(w, *jobs);
			st = env_status(mdb_txn_commit(txn));
			if (st != ST_LIMIT)
				return st;
		} else {
			mdb_txn_abort(txn);
		}
		if (st == ST_LIMIT)
			st = env_grow(w->env);
		if (st != ST_OK)
			return st;
	}
}

static void count_entries(struct writer *w, struct store_counters *c)
{
	uint64_t *const entries[] = { &c->tuples, &c->clients, &c->marks };
	MDB_txn *txn;
	MDB_stat stat;

	c->up = w->env->mdb != NULL;
	c->map_bytes = w->env->map_bytes;
	if (!c->up || mdb_txn_begin(w->env->mdb, NULL, MDB_RDONLY, &txn) != MDB_SUCCESS)
		return;
	for (unsigned i = 0; i < 3; i++)
		if (mdb_stat(txn, w->env->dbi[i], &stat) == MDB_SUCCESS)
			*entries[i] = stat.ms_entries;
	env_look_again(w->env, txn);
	mdb_txn_abort(txn);
}

static void run_batch(struct writer *w, struct letter *jobs, struct touch_queue *touches)
{
	enum status st;

	if (jobs == NULL && touches->count == 0)
		return;
	st = write_batch(w, &jobs, touches);
	post_all(w, jobs, st);
	for (unsigned i = 0; i < touches->count; i++)
		touches_free(&touches->table[i]);
	touches->count = 0;
	(void)pthread_mutex_lock(&w->lock);
	if (st == ST_OK)
		w->counters.commits++;
	else
		w->counters.commit_failures++;
	(void)pthread_mutex_unlock(&w->lock);
	if (st != ST_OK) {
		complain(w, "commit", st);
		recover(w, st);
	}
}

/* --- every second --- */

static void expire_next_table(struct writer *w)
{
	if (w->expire.table != ENV_MARKS) {
		w->expire.table++;
		return;
	}
	if (w->expire.forgotten > 0)
		log_info(w->log, "forgot %u records that were too old", w->expire.forgotten);
	w->expire = (struct tables_walk){ .table = ENV_TUPLES };
	w->expire_rest_until = wall() + EXPIRE_CYCLE_S;
}

static void expire_slice(struct writer *w)
{
	unsigned before = w->expire.forgotten, now_gone;
	struct judge_policy policy;
	MDB_txn *txn;
	enum status st = begin(w, &txn);

	if (st != ST_OK)
		return;
	(void)pthread_mutex_lock(&w->lock);
	policy = w->expiry;
	(void)pthread_mutex_unlock(&w->lock);
	st = tables_expire(w->env, txn, &policy, w->test_now != 0 ? w->test_now : wall(),
	                   EXPIRE_A_TICK, &w->expire);
	now_gone = w->expire.forgotten - before;
	if (st == ST_OK && now_gone > 0)
		st = env_status(mdb_txn_commit(txn));
	else
		mdb_txn_abort(txn);
	if (st != ST_OK) {
		w->expire = (struct tables_walk){ .table = ENV_TUPLES };
		return;
	}
	if (w->expire.from.n == 0)
		expire_next_table(w);
	(void)pthread_mutex_lock(&w->lock);
	w->counters.expired += now_gone;
	(void)pthread_mutex_unlock(&w->lock);
}

static void tick(struct writer *w)
{
	struct store_counters now = { 0 };
	int64_t t = wall();

	if (w->env->mdb == NULL && (t - w->tried_open >= REOPEN_S || t < w->tried_open)) {
		struct diag why;

		w->tried_open = t;
		if (env_up(w->env, &why) == ST_OK)
			log_notice(w->log, "the store is back");
	}
	if (w->env->mdb != NULL && !w->shared && (t >= w->expire_rest_until || w->test_now != 0))
		expire_slice(w);
	count_entries(w, &now);
	(void)pthread_mutex_lock(&w->lock);
	w->counters.up = now.up;
	w->counters.map_bytes = now.map_bytes;
	w->counters.tuples = now.tuples;
	w->counters.clients = now.clients;
	w->counters.marks = now.marks;
	(void)pthread_mutex_unlock(&w->lock);
}

/* --- the thread --- */

static void deadline(struct timespec *at)
{
	(void)clock_gettime(CLOCK_MONOTONIC, at);
	at->tv_sec += TICK_MS / 1000;
	at->tv_nsec += (long)(TICK_MS % 1000) * 1000000;
	if (at->tv_nsec >= 1000000000) {
		at->tv_sec++;
		at->tv_nsec -= 1000000000;
	}
}

static void *run(void *arg)
{
	struct writer *w = arg;
	struct touch_queue touches = { .count = 0 };
	struct timespec at;
	bool ending = false;

	tick(w);
	deadline(&at);
	while (!ending) {
		struct timespec now;
		struct letter *jobs;

		(void)pthread_mutex_lock(&w->lock);
		while (w->first == NULL && !w->ending &&
		       pthread_cond_timedwait(&w->wake, &w->lock, &at) == 0) {
		}
		jobs = take_jobs(w);
		touches = w->touches;
		w->touches.count = 0;
		ending = w->ending && jobs == NULL && touches.count == 0;
		(void)pthread_mutex_unlock(&w->lock);
		run_batch(w, jobs, &touches);
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec > at.tv_sec ||
		    (now.tv_sec == at.tv_sec && now.tv_nsec >= at.tv_nsec)) {
			tick(w);
			deadline(&at);
		}
	}
	return NULL;
}

struct writer *writer_new(struct env *env, const struct store_options *options)
{
	struct writer *w = mem_new(struct writer);
	pthread_condattr_t attr;

	w->env = env;
	w->log = options->log;
	w->shared = options->shared;
	w->expiry = options->expiry;
	w->last = &w->first;
	w->tried_open = wall();
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_cond_init(&w->wake, &attr);
	(void)pthread_condattr_destroy(&attr);
	if (pthread_create(&w->thread, NULL, run, w) != 0)
		abort();
	return w;
}

void writer_free(struct writer **writer)
{
	struct writer *w = *writer;

	if (w == NULL)
		return;
	*writer = NULL;
	(void)pthread_mutex_lock(&w->lock);
	w->ending = true;
	(void)pthread_cond_signal(&w->wake);
	(void)pthread_mutex_unlock(&w->lock);
	(void)pthread_join(w->thread, NULL);
	(void)pthread_cond_destroy(&w->wake);
	(void)pthread_mutex_destroy(&w->lock);
	mem_free(w);
}
