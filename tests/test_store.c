#include "store/store.h"

#include <errno.h>
#include <lmdb.h>
#include <pthread.h>
#include <sys/resource.h>
#include <time.h>

#include "folder.h"
#include "store/env.h"
#include "util/file.h"

#define T0    INT64_C(1700000000)
#define DELAY 300
#define DAY   86400

static const struct judge_policy policy = {
	.grey = { .delay = DELAY, .retry_window = 2 * DAY, .max_age = 35 * DAY, .retry_count = 1 },
	.client = { .on = true, .after = 5, .interval_s = 3600, .max_age = 35 * DAY },
	.mark_age = 2 * DAY,
};

/* --- one store with one port, and questions that wait for their answer --- */

struct rig {
	char dir[FOLDER_MAX];
	struct store_options options;
	struct store *store;
	struct loop *loop;
	struct store_port *port;
};

static enum status rig_open(struct rig *r)
{
	struct diag why;
	enum status st;

	r->options.dir = r->dir;
	if (r->options.expiry.mark_age == 0)
		r->options.expiry = (struct judge_policy){
			.grey = { .retry_window = INT64_C(1) << 40, .max_age = INT64_C(1) << 40 },
			.client = { .max_age = INT64_C(1) << 40 },
			.mark_age = INT64_C(1) << 40
		}; /* T0 is long ago by the true clock */
	if (r->options.timeout_ms == 0)
		r->options.timeout_ms = 10000;
	st = store_open(&r->options, &r->store, &why);
	if (r->store == NULL)
		return st;
	r->loop = loop_new();
	r->port = store_port_new(r->store, r->loop);
	return st;
}

static void rig_close(struct rig *r)
{
	store_port_free(&r->port);
	loop_free(&r->loop);
	store_close(&r->store);
}

static void rig_begin(struct rig *r)
{
	folder_new(r->dir);
	assert_int_equal(rig_open(r), ST_OK);
}

static void rig_end(struct rig *r)
{
	rig_close(r);
	folder_free(r->dir);
}

struct heard {
	struct store_answer answer;
	unsigned times;
};

static void on_answer(void *arg, const struct store_answer *answer)
{
	struct heard *h = arg;

	h->answer = *answer;
	h->times++;
}

static struct store_question question(const char *tuple, int64_t now)
{
	return (struct store_question){
		/* the view is used during the asking only */
		.judge = { .subject = JUDGE_TRIPLE, .now = now },
		.policy = policy,
		.tuple = view_of(tuple),
		.client = VIEW("203.0.113.9"),
		.mark = VIEW("203.0.113.0/24"),
	};
}

/* What is done soon is done before a turn waits. */
static void turn_until(struct rig *r, const unsigned *times, unsigned wanted)
{
	for (bool wait = false; *times < wanted; wait = true)
		loop_turn(r->loop, wait);
}

static struct heard wait_for(struct rig *r, const struct store_question *q)
{
	struct heard h = { .times = 0 };

	(void)store_ask(r->port, q, on_answer, &h);
	if (h.times != 0) /* not inside the call */
		return (struct heard){ .times = 99 };
	turn_until(r, &h.times, 1);
	return h;
}

static struct heard ask(struct rig *r, const char *tuple, int64_t now)
{
	struct store_question q = question(tuple, now);

	return wait_for(r, &q);
}

#define TUPLE "203.0.113.0/24\ta@example.net\tb@example.org"

static void check(const char *name, struct heard h, enum judge_verdict verdict,
                  enum grey_reason reason)
{
	if (h.answer.status != ST_OK || h.answer.judgement.verdict != verdict ||
	    h.answer.judgement.grey.reason != reason || h.times != 1)
		fail_msg("%s: %s, verdict %d, reason %d, %u times", name,
		         status_text(h.answer.status), h.answer.judgement.verdict,
		         h.answer.judgement.grey.reason, h.times);
}

static struct store_counters counters(struct rig *r)
{
	struct store_counters c;

	store_count(r->store, &c);
	return c;
}

/* --- the ordinary life of a tuple --- */

static void test_life(void **state)
{
	struct rig r = { .store = NULL };
	struct store_counters c;

	(void)state;
	rig_begin(&r);
	check("new", ask(&r, TUPLE, T0), JUDGE_DEFER, GREY_NEW);
	check("early", ask(&r, TUPLE, T0 + 299), JUDGE_DEFER, GREY_EARLY);
	check("in time", ask(&r, TUPLE, T0 + 300), JUDGE_PASS, GREY_RETRIED);
	check("known", ask(&r, TUPLE, T0 + 301), JUDGE_PASS, GREY_KNOWN);
	check("another", ask(&r, TUPLE "x", T0 + 301), JUDGE_DEFER, GREY_NEW);
	check("at the end of its age", ask(&r, TUPLE, T0 + 300 + 35 * DAY), JUDGE_PASS, GREY_KNOWN);
	check("older, by what was touched", ask(&r, TUPLE, T0 + 302 + 70 * DAY), JUDGE_DEFER,
	      GREY_EXPIRED);
	c = counters(&r);
	assert_int_equal(c.asked, 7);
	assert_int_equal(c.at_once + c.written, 7);
	assert_int_equal(c.failed, 0);
	/* A pass is posted before its commit: the question after it may still see the old snapshot.
	 */
	assert_true(c.at_once == 2 || c.at_once == 3);
	rig_end(&r);
}

/* Each question of a new tuple is in a file before it is answered. */
static int defer_and_die(void *arg)
{
	struct rig *r = arg;

	if (rig_open(r) != ST_OK || ask(r, TUPLE, T0).answer.judgement.verdict != JUDGE_DEFER)
		return 1;
	return raise(SIGKILL);
}

static void test_durable(void **state)
{
	struct rig r = { .store = NULL };

	(void)state;
	folder_new(r.dir);
	assert_int_equal(in_child(defer_and_die, &r, 20), -SIGKILL);
	assert_int_equal(rig_open(&r), ST_OK);
	check("after the kill", ask(&r, TUPLE, T0 + 300), JUDGE_PASS, GREY_RETRIED);
	rig_end(&r);
}

static void test_written_behind(void **state)
{
	static char long_tuple[3000] = "203.0.113.0/24\ta@example.net\t";
	const char *const tuples[] = { TUPLE, long_tuple };
	struct rig r = { .store = NULL };
	struct heard h;

	(void)state;
	memset(long_tuple + strlen(long_tuple), 'x', sizeof(long_tuple) - 1 - strlen(long_tuple));
	rig_begin(&r);
	for (size_t i = 0; i < 2; i++) {
		(void)ask(&r, tuples[i], T0);
		(void)ask(&r, tuples[i], T0 + 300);
		for (unsigned k = 0; k < 3; k++)
			check("known", ask(&r, tuples[i], T0 + 400 + k), JUDGE_PASS, GREY_KNOWN);
	}
	rig_close(&r);
	assert_int_equal(rig_open(&r), ST_OK);
	for (size_t i = 0; i < 2; i++) {
		h = ask(&r, tuples[i], T0 + 500);
		check("still known", h, JUDGE_PASS, GREY_KNOWN);
		assert_int_equal(h.answer.judgement.grey.next.passes, 5);
	}
	rig_end(&r);
}

static void test_instances(void **state)
{
	struct rig r = { .store = NULL };
	struct store_question a = question(TUPLE, T0), b = question(TUPLE "2", T0);

	(void)state;
	rig_begin(&r);
	(void)wait_for(&r, &a);
	(void)wait_for(&r, &b);
	a.judge.now = b.judge.now = T0 + 300;
	a.judge.instance = b.judge.instance = 77;
	assert_true(wait_for(&r, &a).answer.first_of_instance);
	assert_false(wait_for(&r, &b).answer.first_of_instance);
	rig_end(&r);
}

/* --- several at once --- */

struct asker {
	struct store *store;
	pthread_t thread;
	unsigned news, bad;
};

#define SAME_TUPLES 1000

static void *ask_all(void *arg)
{
	struct asker *a = arg;
	struct rig r = { .store = a->store, .loop = loop_new() };

	r.port = store_port_new(a->store, r.loop);
	for (unsigned i = 0; i < SAME_TUPLES; i++) {
		char tuple[100];
		struct heard h;

		(void)snprintf(tuple, sizeof(tuple), TUPLE "%u", i);
		h = ask(&r, tuple, T0);
		a->bad += h.answer.status != ST_OK;
		a->news += h.answer.judgement.grey.reason == GREY_NEW;
	}
	store_port_free(&r.port);
	loop_free(&r.loop);
	return NULL;
}

/* And the map grows under their hands. */
static void test_ports(void **state)
{
	struct rig r = { .options = { .map_bytes = (size_t)64 << 10 } };
	struct asker askers[3];
	unsigned news = 0;

	(void)state;
	rig_begin(&r);
	for (unsigned i = 0; i < 3; i++) {
		askers[i] = (struct asker){ .store = r.store };
		assert_int_equal(pthread_create(&askers[i].thread, NULL, ask_all, &askers[i]), 0);
	}
	for (unsigned i = 0; i < 3; i++) {
		(void)pthread_join(askers[i].thread, NULL);
		assert_int_equal(askers[i].bad, 0);
		news += askers[i].news;
	}
	assert_int_equal(news, SAME_TUPLES); /* each was the first of somebody once */
	rig_end(&r);
}

struct canceller {
	struct store_call *victim;
	unsigned answers;
};

static void cancel_other(void *arg, const struct store_answer *answer)
{
	struct canceller *c = arg;

	(void)answer;
	c->answers++;
	store_cancel(&c->victim);
}

static void never(void *arg, const struct store_answer *answer)
{
	(void)answer;
	*(bool *)arg = true;
}

static void test_cancel(void **state)
{
	struct rig r = { .store = NULL };
	struct store_question q = question(TUPLE, T0);
	struct store_question odd = question("none", T0);
	struct canceller c = { .answers = 0 };
	struct store_call *call;
	bool heard = false;

	(void)state;
	rig_begin(&r);
	call = store_ask(r.port, &odd, never, &heard); /* answered without the writer */
	store_cancel(&call);
	assert_null(call);
	store_cancel(&call);
	for (unsigned i = 0; i < 50; i++) { /* at the writer */
		call = store_ask(r.port, &q, never, &heard);
		store_cancel(&call);
	}
	(void)store_ask(r.port, &q, cancel_other, &c);
	c.victim = store_ask(r.port, &q, never, &heard);
	turn_until(&r, &c.answers, 1);
	(void)store_ask(r.port, &odd, cancel_other, &c);
	c.victim = store_ask(r.port, &odd, never, &heard);
	turn_until(&r, &c.answers, 2);
	check("remembered all the same", ask(&r, TUPLE, T0 + 10), JUDGE_DEFER, GREY_EARLY);
	for (unsigned i = 0; i < 50; i++) { /* and the port goes while they are on their way */
		q = question(TUPLE "y", T0 + i);
		call = store_ask(r.port, &q, never, &heard);
		store_cancel(&call);
	}
	rig_end(&r);
	assert_false(heard);
}

/* --- another process --- */

struct holder {
	char dir[FOLDER_MAX];
	int ready[2];
	int release[2];
};

/* Begins a writing transaction and sits on it: the daemon's writer waits. */
static int hold(struct holder *h)
{
	MDB_env *env;
	MDB_txn *txn;
	char c;

	if (mdb_env_create(&env) != 0 || mdb_env_open(env, h->dir, MDB_NOTLS, 0600) != 0 ||
	    mdb_txn_begin(env, NULL, 0, &txn) != 0 || write(h->ready[1], "r", 1) != 1)
		return 1;
	(void)alarm(30);
	if (read(h->release[0], &c, 1) < 0)
		return 1;
	mdb_txn_abort(txn);
	mdb_env_close(env);
	return 0;
}

static pid_t holder_begin(struct holder *h, const char *dir)
{
	pid_t pid;
	char c;

	memcpy(h->dir, dir, FOLDER_MAX);
	assert_int_equal(pipe(h->ready), 0);
	assert_int_equal(pipe(h->release), 0);
	pid = fork();
	if (pid == 0) {
		(void)close(h->release[1]);
		_exit(hold(h));
	}
	(void)close(h->ready[1]);
	(void)close(h->release[0]);
	assert_int_equal(read(h->ready[0], &c, 1), 1);
	return pid;
}

static void holder_end(struct holder *h, pid_t pid)
{
	int result;

	(void)close(h->release[1]);
	(void)close(h->ready[0]);
	assert_int_equal(waitpid(pid, &result, 0), pid);
	assert_int_equal(result, 0);
}

/* Made by a daemon before; then a child holds the writing lock, and then the daemon comes again:
 * forking is done while we have no threads. */
static void test_stalled(void **state)
{
	struct rig r = { .options = { .timeout_ms = 150 } };
	struct holder h;
	struct timespec from, to;
	pid_t pid;
	struct store_question q = question(TUPLE "cancelled", T0);
	struct store_call *call;
	bool heard = false;

	(void)state;
	rig_begin(&r);
	check("new", ask(&r, TUPLE, T0), JUDGE_DEFER, GREY_NEW);
	check("in time", ask(&r, TUPLE, T0 + 300), JUDGE_PASS, GREY_RETRIED);
	pid = holder_begin(&h, r.dir);
	check("known, needs no writer", ask(&r, TUPLE, T0 + 301), JUDGE_PASS, GREY_KNOWN);
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	assert_int_equal(ask(&r, TUPLE "new", T0).answer.status, ST_TIMEOUT);
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	assert_true(to.tv_sec - from.tv_sec <= 2);
	assert_int_equal(ask(&r, TUPLE "new", T0 + 1).answer.status, ST_TIMEOUT);
	assert_int_equal(counters(&r).timeouts, 2);
	assert_int_equal(counters(&r).failed, 2);
	call = store_ask(r.port, &q, never, &heard);
	store_cancel(&call);
	holder_end(&h, pid);
	for (unsigned i = 0; i < 50 && counters(&r).commits < 3; i++)
		(void)usleep(20000);
	check("it was remembered all the same", ask(&r, TUPLE "new", T0 + 10), JUDGE_DEFER,
	      GREY_EARLY);
	rig_end(&r);
	assert_false(heard);
}

static int fill_shared(void *arg)
{
	struct rig r = *(struct rig *)arg;

	r.options.shared = true;
	r.store = NULL;
	if (rig_open(&r) != ST_OK)
		return 1;
	if (ask(&r, TUPLE, T0 + 300).answer.judgement.verdict != JUDGE_PASS)
		return 2;
	for (unsigned i = 0; i < 3000; i++) {
		char tuple[100];

		(void)snprintf(tuple, sizeof(tuple), TUPLE "%u", i);
		if (ask(&r, tuple, T0).answer.judgement.verdict != JUDGE_DEFER)
			return 3;
	}
	rig_close(&r);
	return 0;
}

/* The other process has grown the map: neither readers nor the writer may be stuck with it. */
static void test_shared(void **state)
{
	struct rig r = { .options = { .map_bytes = (size_t)256 << 10 } };

	(void)state;
	rig_begin(&r);
	check("new", ask(&r, TUPLE, T0), JUDGE_DEFER, GREY_NEW);
	assert_int_equal(in_child(fill_shared, &r, 60), 0);
	check("passed in the other process", ask(&r, TUPLE, T0 + 301), JUDGE_PASS, GREY_KNOWN);
	check("seen there", ask(&r, TUPLE "2999", T0 + 1), JUDGE_DEFER, GREY_EARLY);
	check("and written here", ask(&r, TUPLE "here", T0 + 1), JUDGE_DEFER, GREY_NEW);
	check("which is read again", ask(&r, TUPLE "here", T0 + 2), JUDGE_DEFER, GREY_EARLY);
	assert_int_equal(counters(&r).failed, 0);
	rig_end(&r);
}

static void test_lock(void **state)
{
	struct rig r = { .store = NULL }, second = { .store = NULL };

	(void)state;
	rig_begin(&r);
	memcpy(second.dir, r.dir, sizeof(r.dir));
	assert_int_equal(rig_open(&second), ST_LOCKED);
	assert_null(second.store);
	memcpy(second.dir, "/nonexistent/folder", sizeof("/nonexistent/folder"));
	assert_int_equal(rig_open(&second), ST_NOTFOUND);
	assert_null(second.store);
	rig_end(&r);
}

/* --- privacy --- */

static bool file_has(const char *dir, const char *text)
{
	char path[FOLDER_MAX * 2];
	struct buf file = buf_of((size_t)1 << 28);
	struct diag why;
	bool has;

	folder_path(path, dir, "data.mdb");
	assert_int_equal(file_read(path, &file, &why), ST_OK);
	has = memmem(file.p, file.n, text, strlen(text)) != NULL;
	buf_free(&file);
	return has;
}

static void test_privacy(void **state)
{
	struct rig r = { .options = { .privacy = true } };

	(void)state;
	rig_begin(&r);
	check("new", ask(&r, TUPLE, T0), JUDGE_DEFER, GREY_NEW);
	check("in time", ask(&r, TUPLE, T0 + 300), JUDGE_PASS, GREY_RETRIED);
	rig_close(&r);
	assert_false(file_has(r.dir, "203.0.113"));
	assert_false(file_has(r.dir, "example.net"));
	assert_int_equal(rig_open(&r), ST_OK);
	check("the secret is the same", ask(&r, TUPLE, T0 + 301), JUDGE_PASS, GREY_KNOWN);
	rig_close(&r);
	r.options.privacy = false;
	assert_int_equal(rig_open(&r), ST_OK);
	check("other keys", ask(&r, TUPLE, T0 + 302), JUDGE_DEFER, GREY_NEW);
	rig_close(&r);
	assert_true(file_has(r.dir, "203.0.113"));
	r.options.privacy = true;
	assert_int_equal(rig_open(&r), ST_OK);
	check("and on again", ask(&r, TUPLE, T0 + 302), JUDGE_PASS, GREY_KNOWN);
	rig_end(&r);
}

/* --- forgetting a client --- */

#define OTHER     "203.0.114.0/24\ta@example.net\tb@example.org"
#define MANY      10000
#define MARKED    "203.0.113.0/24 a@example.net"
#define UNMARKED  "203.0.113.0/245 a@example.net"
#define NEIGHBOUR "203.0.113.0/240\ta@example.net\tb@example.org"

static struct heard forget(struct rig *r, const char *net, const char *client)
{
	const struct store_forget what = { view_of(net), view_of(client) };
	struct heard h = { .times = 0 };

	(void)store_forget(r->port, &what, on_answer, &h);
	if (h.times != 0)
		return (struct heard){ .times = 99 };
	turn_until(r, &h.times, 1);
	return h;
}

static void put_mark(struct rig *r, const char *mark)
{
	struct store_question q = question(OTHER, T0);

	q.policy.targrey = true;
	q.mark = view_of(mark);
	(void)wait_for(r, &q);
}

static bool has_mark(struct rig *r, const char *mark)
{
	struct store_peek peek = { .client = VIEW("none"), .mark = view_of(mark) };

	assert_int_equal(store_peek(r->port, &peek), ST_OK);
	return peek.has_mark;
}

static void test_forget(void **state)
{
	for (unsigned privacy = 0; privacy < 2; privacy++) {
		struct rig r = { .options = { .privacy = privacy == 1 } };
		struct store_peek peek = { .client = VIEW("203.0.113.9"), .mark = VIEW("x") };
		struct heard h;

		(void)state;
		rig_begin(&r);
		check("new", ask(&r, TUPLE, T0), JUDGE_DEFER, GREY_NEW);
		check("passes", ask(&r, TUPLE, T0 + DELAY), JUDGE_PASS, GREY_RETRIED);
		check("another network", ask(&r, OTHER, T0), JUDGE_DEFER, GREY_NEW);
		check("and one more", ask(&r, NEIGHBOUR, T0), JUDGE_DEFER, GREY_NEW);
		put_mark(&r, "203.0.113.0/24");
		put_mark(&r, MARKED);
		put_mark(&r, UNMARKED);
		assert_int_equal(store_peek(r.port, &peek), ST_OK);
		assert_true(peek.has_client);

		h = forget(&r, "203.0.113.0/24", "203.0.113.9");
		assert_int_equal(h.answer.status, ST_OK);
		assert_int_equal(h.answer.forgotten, 1);
		assert_int_equal(store_peek(r.port, &peek), ST_OK);
		assert_false(peek.has_client);
		assert_false(has_mark(&r, "203.0.113.0/24"));
		assert_int_equal(has_mark(&r, MARKED), privacy == 1); /* nobody can tell whose */
		assert_true(has_mark(&r, UNMARKED));
		check("is new again", ask(&r, TUPLE, T0 + DELAY), JUDGE_DEFER, GREY_NEW);
		check("not the other", ask(&r, OTHER, T0 + 1), JUDGE_DEFER, GREY_EARLY);
		check("nor that", ask(&r, NEIGHBOUR, T0 + 1), JUDGE_DEFER, GREY_EARLY);
		h = forget(&r, "198.51.100.0/24", "198.51.100.1");
		assert_int_equal(h.answer.status, ST_OK);
		assert_int_equal(h.answer.forgotten, 0);
		assert_int_equal(forget(&r, "", "").answer.status, ST_LIMIT);
		rig_end(&r);
	}
}

/* More than one transaction forgets; a question that comes meanwhile is answered in between. */
static void test_forget_many(void **state)
{
	struct rig r = { .options = { .timeout_ms = 60000 } };
	struct store_question q = question(TUPLE, T0);
	const struct store_forget what = { VIEW("203.0.113.0/24"), VIEW("203.0.113.9") };
	struct heard h = { .times = 0 }, other = { .times = 0 };
	char tuple[100];

	(void)state;
	rig_begin(&r);
	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(tuple, sizeof(tuple), "203.0.113.0/24\ta%u@example.net\tb@c", i);
		q.tuple = view_of(tuple);
		(void)store_ask(r.port, &q, on_answer, &h);
	}
	turn_until(&r, &h.times, MANY);
	h.times = 0;
	(void)store_forget(r.port, &what, on_answer, &h);
	q = question(OTHER, T0);
	(void)store_ask(r.port, &q, on_answer, &other);
	turn_until(&r, &other.times, 1);
	turn_until(&r, &h.times, 1);
	assert_int_equal(h.answer.status, ST_OK);
	assert_int_equal(h.answer.forgotten, MANY);
	check("gone", ask(&r, tuple, T0 + 1), JUDGE_DEFER, GREY_NEW);
	rig_end(&r);
}

static void test_forget_cancelled(void **state)
{
	struct rig r = { .options = { .shared = false } };
	const struct store_forget what = { VIEW("203.0.113.0/24"), VIEW("203.0.113.9") };
	struct store_call *call;

	(void)state;
	rig_begin(&r);
	check("new", ask(&r, TUPLE, T0), JUDGE_DEFER, GREY_NEW);
	call = store_forget(r.port, &what, never, NULL);
	store_cancel(&call);
	assert_null(call);
	assert_int_equal(forget(&r, "198.51.100.0/24", "x").answer.status, ST_OK); /* behind it */
	check("it is forgotten all the same", ask(&r, TUPLE, T0 + 1), JUDGE_DEFER, GREY_NEW);
	rig_end(&r);
}

/* --- a test's clock --- */

static void test_clock(void **state)
{
	struct rig r = { .options = { .expiry = policy } };
	struct heard heard[40];
	struct store_question q = question(TUPLE, T0);

	(void)state;
	rig_begin(&r);
	q.test_clock = true;
	memset(heard, 0, sizeof(heard));
	for (unsigned i = 0; i < 40; i++) { /* all at once: judged in the order of asking */
		q.judge.now = T0 + 10 * i;
		(void)store_ask(r.port, &q, on_answer, &heard[i]);
	}
	for (unsigned i = 0; i < 40; i++) /* a pass overtakes the deferrals of its batch */
		turn_until(&r, &heard[i].times, 1);
	for (unsigned i = 0; i < 40; i++)
		check("in order", heard[i], i < 30 ? JUDGE_DEFER : JUDGE_PASS,
		      i == 0    ? GREY_NEW
		      : i < 30  ? GREY_EARLY
		      : i == 30 ? GREY_RETRIED
		                : GREY_KNOWN);
	assert_int_equal(counters(&r).at_once, 0);
	q.tuple = VIEW(TUPLE "other");
	q.judge.now = T0 + 40 * DAY; /* now the first is forgotten, within a few ticks */
	(void)wait_for(&r, &q);
	for (unsigned i = 0; i < 400 && counters(&r).expired < 2; i++)
		(void)usleep(50000);
	assert_int_equal(counters(&r).expired, 2); /* the tuple and the client's count */
	rig_end(&r);
}

/* --- growing, and no room --- */

static void test_growing(void **state)
{
	struct rig r = { .options = { .map_bytes = (size_t)64 << 10 } };
	char tuple[200];

	(void)state;
	rig_begin(&r);
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 1500; i++) {
			(void)snprintf(tuple, sizeof(tuple), TUPLE "%u-%u", round, i);
			check("new", ask(&r, tuple, T0), JUDGE_DEFER, GREY_NEW);
		}
		rig_close(&r); /* the next one begins with the small map again */
		assert_int_equal(rig_open(&r), ST_OK);
		check("still there", ask(&r, TUPLE "0-0", T0 + 1), JUDGE_DEFER, GREY_EARLY);
	}
	for (unsigned i = 0; i < 100 && counters(&r).map_bytes == 0; i++)
		(void)usleep(20000);
	assert_true(counters(&r).map_bytes > (size_t)64 << 10);
	rig_end(&r);
}

/* All questions of one turn in one transaction, which must be tried again with a larger map. */
static void test_growing_in_a_batch(void **state)
{
	struct rig r = { .options = { .map_bytes = (size_t)64 << 10 } };
	static struct heard heard[3000];
	char tuple[200];

	(void)state;
	rig_begin(&r);
	memset(heard, 0, sizeof(heard));
	for (unsigned i = 0; i < 3000; i++) {
		struct store_question q;

		(void)snprintf(tuple, sizeof(tuple), TUPLE "%u", i);
		q = question(tuple, T0);
		(void)store_ask(r.port, &q, on_answer, &heard[i]);
	}
	for (unsigned i = 0; i < 3000; i++) {
		turn_until(&r, &heard[i].times, 1);
		check("new", heard[i], JUDGE_DEFER, GREY_NEW);
	}
	check("there", ask(&r, TUPLE "0", T0 + 1), JUDGE_DEFER, GREY_EARLY);
	rig_end(&r);
}

static int fill_the_disk(void *arg)
{
	struct rig *r = arg;
	struct rlimit small = { 400 << 10, RLIM_INFINITY }, none = { RLIM_INFINITY, RLIM_INFINITY };
	char tuple[200];
	unsigned failed = 0;

	(void)signal(SIGXFSZ, SIG_IGN);
	if (rig_open(r) != ST_OK || ask(r, TUPLE, T0).answer.judgement.verdict != JUDGE_DEFER ||
	    setrlimit(RLIMIT_FSIZE, &small) != 0)
		return 1;
	for (unsigned i = 0; i < 6000 && failed < 5; i++) {
		(void)snprintf(tuple, sizeof(tuple), TUPLE "%u", i);
		failed += ask(r, tuple, T0).answer.status != ST_OK;
	}
	if (failed < 5)
		return 2;
	if (ask(r, TUPLE, T0 + 1).answer.judgement.verdict != JUDGE_DEFER)
		return 3; /* what is there is read */
	if (setrlimit(RLIMIT_FSIZE, &none) != 0)
		return 4;
	for (unsigned i = 0; i < 300; i++) {
		struct heard h = ask(r, TUPLE "again", T0);

		if (h.answer.status == ST_OK && h.answer.judgement.verdict == JUDGE_DEFER) {
			rig_close(r);
			return 0;
		}
		(void)usleep(50000);
	}
	return 5;
}

static void test_disk_full(void **state)
{
	struct rig r = { .store = NULL };

	(void)state;
	folder_new(r.dir);
	assert_int_equal(in_child(fill_the_disk, &r, 60), 0);
	assert_int_equal(folder_count(r.dir, "data.mdb."), 0);
	assert_int_equal(rig_open(&r), ST_OK);
	check("nothing was lost", ask(&r, TUPLE, T0 + 300), JUDGE_PASS, GREY_RETRIED);
	rig_end(&r);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static int outgrow_the_memory(void *arg)
{
	struct rig *r = arg;
	struct rlimit limit = { 0, RLIM_INFINITY }, none = { RLIM_INFINITY, RLIM_INFINITY };
	char tuple[200];
	unsigned failed = 0;

	r->options.map_bytes = (size_t)4 << 20;
	if (rig_open(r) != ST_OK)
		return 1;
	/* The map of 4 MiB is let go of before the one of 8 MiB is asked for; 3 are too few. */
	{
		FILE *f = fopen("/proc/self/statm", "r");
		unsigned long pages = 0;

		if (f == NULL || fscanf(f, "%lu", &pages) != 1)
			return 2;
		(void)fclose(f);
		limit.rlim_cur = (rlim_t)pages * 4096 + ((rlim_t)3 << 20);
	}
	if (setrlimit(RLIMIT_AS, &limit) != 0)
		return 3;
	for (unsigned i = 0; i < 60000 && failed < 3; i++) {
		(void)snprintf(tuple, sizeof(tuple), TUPLE "%u", i);
		failed += ask(r, tuple, T0).answer.status != ST_OK;
	}
	if (failed < 3)
		return 4;
	if (setrlimit(RLIMIT_AS, &none) != 0)
		return 5;
	rig_close(r);
	return 0;
}

static void test_map_refused(void **state)
{
	struct rig r = { .store = NULL };

	(void)state;
	if (SANITIZED)
		skip();
	folder_new(r.dir);
	assert_int_equal(in_child(outgrow_the_memory, &r, 60), 0);
	folder_free(r.dir);
}

/* --- what lies there is of no use --- */

static void test_damaged(void **state)
{
	static const char *const texts[] = { "x", "this is no store" };
	struct rig r = { .store = NULL };
	char path[FOLDER_MAX * 2];
	struct diag why;

	(void)state;
	folder_new(r.dir);
	folder_path(path, r.dir, "data.mdb");
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(file_write(path, view_of(texts[i]), 0600, &why), ST_OK);
		assert_int_equal(rig_open(&r), ST_OK);
		assert_int_equal(folder_count(r.dir, "data.mdb.damaged-"), i + 1);
		check("new", ask(&r, TUPLE, T0), JUDGE_DEFER, GREY_NEW);
		rig_close(&r);
	}
	folder_free(r.dir);
}

/* Behind the store's back, while it is closed. */
static void overwrite(const char *dir, const char *table, const char *key, const char *value)
{
	char k[200], v[200];
	MDB_val mk = { strlen(key), k }, mv = { strlen(value), v };
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;

	(void)snprintf(k, sizeof(k), "%s", key);
	(void)snprintf(v, sizeof(v), "%s", value);
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_maxdbs(env, 4), 0);
	assert_int_equal(mdb_env_open(env, dir, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, table, 0, &dbi), 0);
	assert_int_equal(mdb_put(txn, dbi, &mk, &mv, 0), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

/* A newer program's store is not thrown away without a trace either. */
static void test_newer_schema(void **state)
{
	struct rig r = { .store = NULL };

	(void)state;
	rig_begin(&r);
	rig_close(&r);
	overwrite(r.dir, "meta", "schema", "99");
	assert_int_equal(rig_open(&r), ST_OK);
	assert_int_equal(folder_count(r.dir, "data.mdb.damaged-"), 1);
	rig_end(&r);
}

static int ask_as_nobody(void *arg)
{
	struct rig *r = arg;

	if (setgid(65534) != 0 || setuid(65534) != 0)
		return 1;
	if (rig_open(r) != ST_DENIED || r->store == NULL)
		return 2;
	for (unsigned i = 0; i < 200; i++)
		if (ask(r, TUPLE, T0).answer.status != ST_UNAVAILABLE)
			return 3;
	if (counters(r).up || counters(r).failed != 200)
		return 4;
	rig_close(r);
	return 0;
}

static void test_read_only(void **state)
{
	struct rig r = { .store = NULL };

	(void)state;
	if (geteuid() != 0)
		skip();
	folder_new(r.dir);
	assert_int_equal(chmod(r.dir, 0755), 0);
	assert_int_equal(in_child(ask_as_nobody, &r, 30), 0);
	folder_free(r.dir);
}

/* One record that can't be read is one tuple forgotten, not a store moved aside. */
static void test_bad_record(void **state)
{
	struct rig r = { .store = NULL };

	(void)state;
	rig_begin(&r);
	(void)ask(&r, TUPLE, T0);
	(void)ask(&r, TUPLE, T0 + 300);
	check("known", ask(&r, TUPLE, T0 + 301), JUDGE_PASS, GREY_KNOWN); /* leaves a touch */
	rig_close(&r);
	overwrite(r.dir, "tuples", TUPLE, "abc");
	assert_int_equal(rig_open(&r), ST_OK);
	check("as new", ask(&r, TUPLE, T0 + 302), JUDGE_DEFER, GREY_NEW);
	assert_int_equal(folder_count(r.dir, "data.mdb.damaged-"), 0);
	rig_end(&r);
}

/* A pool whose machines take turns: one retry is enough, from whichever of them. */
static void test_identities(void **state)
{
	static const char *const nets[] = { "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24" };
	static const enum grey_reason reasons[] = { GREY_NEW, GREY_RETRIED, GREY_KNOWN };
	char text[200];
	struct rig r = { .dir = "" };

	(void)state;
	rig_begin(&r);
	for (unsigned i = 0; i < 3; i++) {
		struct store_question q;

		(void)snprintf(text, sizeof(text), "%s\ta@shop.example\tb@example.org", nets[i]);
		q = question(text, T0 + (int64_t)i * 400);
		q.better[0] = (struct store_better){
			GREY_BY_SPF, VIEW("spf:shop.example\ta@shop.example\tb@example.org")
		};
		q.better[1] = (struct store_better){
			GREY_BY_RDNS, VIEW("rdns:pool.example\ta@shop.example\tb@example.org")
		};
		q.betters = 2;
		check("the pool", wait_for(&r, &q), i == 0 ? JUDGE_DEFER : JUDGE_PASS, reasons[i]);
	}
	/* Without its names it is a stranger. */
	check("by its network alone", ask(&r, text, T0 + 1300), JUDGE_DEFER, GREY_NEW);
	rig_end(&r);
}

/* First known by its network; once it has passed, by its name too. */
static void test_copied_up(void **state)
{
	struct store_question q = question(TUPLE, T0);
	struct rig r = { .dir = "" };

	(void)state;
	rig_begin(&r);
	check("nameless", wait_for(&r, &q), JUDGE_DEFER, GREY_NEW);
	q.better[0] =
		(struct store_better){ GREY_BY_RDNS,
		                       VIEW("rdns:pool.example\ta@example.net\tb@example.org") };
	q.betters = 1;
	q.judge.now = T0 + 10;
	check("early, with a name", wait_for(&r, &q), JUDGE_DEFER, GREY_EARLY);
	q.judge.now = T0 + 400;
	check("in time, with a name", wait_for(&r, &q), JUDGE_PASS, GREY_RETRIED);
	q.tuple = VIEW("198.51.100.0/24\ta@example.net\tb@example.org");
	q.judge.now = T0 + 500;
	check("from elsewhere", wait_for(&r, &q), JUDGE_PASS, GREY_KNOWN);
	q.betters = 0;
	q.tuple = VIEW(TUPLE);
	q.judge.now = T0 + 600;
	check("and by its network still", wait_for(&r, &q), JUDGE_PASS, GREY_KNOWN);
	rig_end(&r);
}

/* What was said of the mail stays with the tuple that began by it, until that begins anew. */
static void expect_scan(const char *name, struct rig *r, const struct store_question *q,
                        int64_t score, const char *symbols)
{
	struct store_known known;

	print_message("%s\n", name);
	assert_int_equal(store_peek_tuple(r->port, q, &known), ST_OK);
	assert_int_equal(known.scanned, symbols != NULL);
	if (symbols == NULL)
		return;
	assert_int_equal(known.scan.score_tenths, score);
	assert_view(spam_symbols_view(&known.scan.symbols), symbols);
}

static void test_scans(void **state)
{
	struct record_scan first = { .score_tenths = 75, .spam = true },
			   other = { .score_tenths = 90 };
	struct store_question q = question(TUPLE, T0);
	struct rig r = { .dir = "" };
	struct store_known known;

	(void)state;
	rig_begin(&r);
	spam_symbols_of_list(VIEW("BAYES_99,URIBL_BLACK"), &first.symbols);
	spam_symbols_of_list(VIEW("OTHER"), &other.symbols);
	assert_int_equal(store_peek_tuple(r.port, &q, &known), ST_NOTFOUND);
	q.scan = &first;
	check("new", wait_for(&r, &q), JUDGE_DEFER, GREY_NEW);
	expect_scan("new", &r, &q, 75, "BAYES_99,URIBL_BLACK");
	q.scan = &other;
	q.judge.now = T0 + 10;
	check("early", wait_for(&r, &q), JUDGE_DEFER, GREY_EARLY);
	rig_close(&r); /* writes what was seen */
	assert_int_equal(rig_open(&r), ST_OK);
	assert_int_equal(store_peek_tuple(r.port, &q, &known), ST_OK);
	assert_int_equal(known.record.early, 1);
	expect_scan("early", &r, &q, 75, "BAYES_99,URIBL_BLACK");
	q.better[0] =
		(struct store_better){ GREY_BY_RDNS,
		                       VIEW("rdns:pool.example\ta@example.net\tb@example.org") };
	q.betters = 1;
	q.judge.now = T0 + 400;
	check("in time", wait_for(&r, &q), JUDGE_PASS, GREY_RETRIED);
	expect_scan("copied up", &r, &q, 75, "BAYES_99,URIBL_BLACK");
	q.betters = 0;
	expect_scan("in time", &r, &q, 75, "BAYES_99,URIBL_BLACK");
	q.judge.now = T0 + 60 * DAY;
	check("anew", wait_for(&r, &q), JUDGE_DEFER, GREY_EXPIRED);
	expect_scan("anew", &r, &q, 90, "OTHER");
	q.scan = NULL;
	q.judge.now = T0 + 120 * DAY;
	check("anew, not scanned", wait_for(&r, &q), JUDGE_DEFER, GREY_LATE);
	expect_scan("anew, not scanned", &r, &q, 0, NULL);
	rig_end(&r);
}

/* The text of a long tuple stands behind what was said. */
static void test_scan_of_a_long_tuple(void **state)
{
	struct record_scan scan = { .score_tenths = 75, .symbols = { 1, "A" } };
	char text[700] = "203.0.113.0/24\ta@example.net\t";
	struct store_question q = question(text, T0);
	struct rig r = { .dir = "" };

	(void)state;
	rig_begin(&r);
	memset(text + strlen(text), 'x', sizeof(text) - 1 - strlen(text));
	q.tuple = view_of(text);
	q.scan = &scan;
	check("new", wait_for(&r, &q), JUDGE_DEFER, GREY_NEW);
	q.judge.now = T0 + 400;
	check("in time", wait_for(&r, &q), JUDGE_PASS, GREY_RETRIED);
	q.judge.now = T0 + 500;
	check("known", wait_for(&r, &q), JUDGE_PASS, GREY_KNOWN);
	expect_scan("long", &r, &q, 75, "A");
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identities),
		cmocka_unit_test(test_copied_up),
		cmocka_unit_test(test_scans),
		cmocka_unit_test(test_scan_of_a_long_tuple),
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_durable),
		cmocka_unit_test(test_written_behind),
		cmocka_unit_test(test_instances),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_stalled),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_privacy),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_forget_many),
		cmocka_unit_test(test_forget_cancelled),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_growing),
		cmocka_unit_test(test_growing_in_a_batch),
		cmocka_unit_test(test_disk_full),
		cmocka_unit_test(test_map_refused),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_newer_schema),
		cmocka_unit_test(test_read_only),
		cmocka_unit_test(test_bad_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
