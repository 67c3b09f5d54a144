#include "store/store.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "engine/tuple.h"
#include "store/writer.h"
#include "util/mem.h"

#define FLUSH_MS 1000 /* what may be written later waits no longer */

struct store {
	struct store_options options;
	char *dir;
	struct env env;
	struct writer *writer;
	struct {
		atomic_uint_least64_t asked, at_once, written, failed, timeouts;
	} count;
};

/* One question that is under way. While the writer has it (`job` is in its hands), the port only
 * looks at what stands below the job. */
struct store_call {
	struct job job;          /* first: what comes back is the call */
	struct store_call *next; /* in the port's list of waiting or of free ones */
	struct store_call *prev;
	struct soon soon;
	struct store_port *port;
	uint64_t due_ms;
	void (*answered)(void *arg, const struct store_answer *answer);
	void *arg;
	bool away; /* with the writer */
};

struct store_port {
	struct store *store;
	struct loop *loop;
	struct env_reader *reader;
	struct mailbox *mailbox;
	struct touches *touches;
	struct timer flush;
	struct timer timeout;
	struct store_call *oldest; /* that wait for the writer, in the order of asking */
	struct store_call *newest;
	struct store_call *free;
	unsigned away; /* calls that the writer has, abandoned ones too */
};

/* --- the store --- */

enum status store_open(const struct store_options *options, struct store **out, struct diag *why)
{
	struct store *s = mem_new(struct store);
	struct env_options env;
	enum status st;

	s->options = *options;
	s->dir = mem_text(view_of(options->dir));
	env = (struct env_options){
		.dir = s->dir,
		.log = options->log,
		.map_bytes = options->map_bytes > 0 ? options->map_bytes : STORE_MAP_BYTES,
		.shared = options->shared,
		.privacy = options->privacy,
	};
	st = env_open(&s->env, &env, why);
	if (st == ST_LOCKED || st == ST_NOTFOUND) {
		env_close(&s->env);
		mem_free(s->dir);
		mem_free(s);
		*out = NULL;
		return st;
	}
	s->writer = writer_new(&s->env, options);
	*out = s;
	return st;
}

void store_close(struct store **store)
{
	struct store *s = *store;

	if (s == NULL)
		return;
	*store = NULL;
	writer_free(&s->writer);
	env_close(&s->env);
	mem_free(s->dir);
	mem_free(s);
}

void store_set_expiry(struct store *store, const struct judge_policy *policy)
{
	writer_set_expiry(store->writer, policy);
}

static void add(atomic_uint_least64_t *counter)
{
	(void)atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

void store_count(struct store *store, struct store_counters *out)
{
	writer_count(store->writer, out);
	out->asked = atomic_load_explicit(&store->count.asked, memory_order_relaxed);
	out->at_once = atomic_load_explicit(&store->count.at_once, memory_order_relaxed);
	out->written = atomic_load_explicit(&store->count.written, memory_order_relaxed);
	out->failed = atomic_load_explicit(&store->count.failed, memory_order_relaxed);
	out->timeouts = atomic_load_explicit(&store->count.timeouts, memory_order_relaxed);
}

/* --- a port's calls --- */

static struct store_call *new_call(struct store_port *p)
{
	struct store_call *c = p->free;

	if (c == NULL)
		c = mem_new(struct store_call);
	else
		p->free = c->next;
	c->port = p;
	c->away = false;
	c->job.first_of_instance = false;
	c->job.test_clock = false;
	c->job.forget = false;
	c->job.forgotten = 0;
	c->job.gone = (struct tables_gone){ .tuples = 0 };
	c->job.judgement = (struct judgement){ .behind = false };
	return c;
}

static void free_call(struct store_call *c)
{
	struct store_port *p = c->port;

	mem_free(c->job.q.scan);
	c->job.q.scan = NULL;
	mem_free(c->job.q.long_text);
	c->job.q.long_text = NULL;
	c->job.q.long_size = 0;
	c->answered = NULL;
	c->next = p->free;
	p->free = c;
}

static void append(struct store_port *p, struct store_call *c)
{
	c->next = NULL;
	c->prev = p->newest;
	if (p->newest != NULL)
		p->newest->next = c;
	else
		p->oldest = c;
	p->newest = c;
}

static void take_out(struct store_port *p, struct store_call *c)
{
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		p->oldest = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	else
		p->newest = c->prev;
}

static void answer(struct store_call *c, enum status st)
{
	struct store_answer a = { .status = st };
	void (*answered)(void *arg, const struct store_answer *answer) = c->answered;

	if (st == ST_OK) { /* else the writer may still be at it */
		a.judgement = c->job.judgement;
		a.first_of_instance = c->job.first_of_instance;
		a.forgotten = c->job.forgotten;
	} else {
		add(&c->port->store->count.failed);
	}
	c->answered = NULL;
	if (answered != NULL)
		answered(c->arg, &a);
}

/* Answered without the writer: from the snapshot, or because the writer's queue is full. */
static void on_soon(void *arg)
{
	struct store_call *c = arg;

	answer(c, c->job.status);
	free_call(c);
}

static void on_letter(void *arg, struct letter *letter)
{
	struct store_port *p = arg;
	struct store_call *c = (struct store_call *)(void *)letter;

	p->away--;
	c->away = false;
	if (c->answered != NULL) {
		take_out(p, c);
		add(&p->store->count.written);
		answer(c, c->job.status);
	}
	free_call(c);
}

static void on_timeout(void *arg)
{
	struct store_port *p = arg;
	uint64_t now = loop_mono_ms(p->loop);

	while (p->oldest != NULL && p->oldest->due_ms <= now) {
		struct store_call *c = p->oldest;

		take_out(p, c);
		add(&p->store->count.timeouts);
		answer(c,
		       ST_TIMEOUT); /* it stays with the writer, and is freed when it comes back */
	}
	if (p->oldest != NULL)
		timer_start(p->loop, &p->timeout, p->oldest->due_ms - now, on_timeout, p);
}

static void send(struct store_port *p, struct store_call *c)
{
	enum status st;

	c->job.reply_to = p->mailbox;
	c->due_ms = loop_mono_ms(p->loop) + p->store->options.timeout_ms;
	st = writer_put(p->store->writer, &c->job); /* from here on the job is the writer's */
	if (st != ST_OK) {
		c->job.status = st;
		loop_soon(p->loop, &c->soon, on_soon, c);
		return;
	}
	c->away = true;
	p->away++;
	append(p, c);
	if (!timer_runs(&p->timeout))
		timer_start(p->loop, &p->timeout, p->store->options.timeout_ms, on_timeout, p);
}

/* --- what may be written later --- */

static void hand_over(struct store_port *p)
{
	if (p->touches == NULL || p->touches->count == 0)
		return;
	writer_put_touches(p->store->writer, p->touches);
	p->touches = NULL;
}

static void on_flush(void *arg)
{
	hand_over(arg);
}

static void touch(struct store_port *p, enum touch_kind kind, const struct store_key *key,
                  int64_t now)
{
	if (p->touches == NULL)
		p->touches = touches_new();
	if (!touches_add(p->touches, kind, key_view(key), now)) {
		hand_over(p);
		p->touches = touches_new();
		(void)touches_add(p->touches, kind, key_view(key), now);
	}
	if (!timer_runs(&p->flush))
		timer_start(p->loop, &p->flush, FLUSH_MS, on_flush, p);
}

static void touch_all(struct store_port *p, const struct tables_question *q,
                      const struct judgement *j)
{
	if (j->client_write != JUDGE_KEEP)
		touch(p, TOUCH_CLIENT, &q->client, q->judge.now);
	if (j->tuple_write != JUDGE_KEEP)
		touch(p, j->verdict == JUDGE_PASS ? TOUCH_PASS : TOUCH_EARLY,
		      tables_tuple_key(q, j), q->judge.now);
	if (j->mark_write != JUDGE_KEEP)
		touch(p, TOUCH_MARK, &q->mark, q->judge.now);
}

/* --- asking --- */

/* From the snapshot, when the outcome needs no writing that somebody must wait for. */
static bool look(struct store_port *p, struct store_call *c)
{
	struct env *env = &p->store->env;
	MDB_txn *txn;
	enum status st;

	if (c->job.test_clock || env_enter(env, p->reader, &txn) != ST_OK)
		return false;
	st = tables_judge(env, txn, &c->job.q, &c->job.judgement);
	env_leave(p->reader);
	if (st != ST_OK || !c->job.judgement.behind)
		return false;
	touch_all(p, &c->job.q, &c->job.judgement);
	return true;
}

static void make_better_keys(const struct store_question *question, const uint8_t *secret,
                             struct tables_question *q)
{
	struct view behind;

	q->betters = 0;
	for (unsigned i = 0; i < question->betters; i++) {
		if (key_of_tuple(question->better[i].tuple, secret, &q->better[q->betters],
		                 &behind) != ST_OK ||
		    behind.n > 0)
			continue;
		q->identity[q->betters++] = question->better[i].identity;
	}
}

static enum status make_keys(struct store *s, const struct store_question *question,
                             struct tables_question *q)
{
	const uint8_t *secret = NULL;
	struct view behind = { "", 0 };
	enum status st = env_secret(&s->env, &secret);

	q->judge = question->judge;
	q->policy = question->policy;
	if (st == ST_OK)
		st = key_of_text(question->client, secret, &q->client);
	if (st == ST_OK)
		st = key_of_text(question->mark, secret, &q->mark);
	q->tuple.n = 0;
	if (st == ST_OK && (question->tuple.n > 0 || question->judge.subject == JUDGE_TRIPLE))
		st = key_of_tuple(question->tuple, secret, &q->tuple, &behind);
	make_better_keys(question, secret, q);
	if (question->scan != NULL) {
		q->scan = mem_new(struct record_scan);
		*q->scan = *question->scan;
	}
	if (behind.n > 0) {
		q->long_text = mem_text(behind);
		q->long_size = behind.n;
	}
	q->tuple_digests.count = q->client_digests.count = 0;
	if (atomic_load_explicit(&s->env.digests, memory_order_relaxed)) {
		digests_of_client(question->client, &q->client_digests);
		if (question->tuple.n > 0)
			digests_of_tuple(question->tuple, &q->tuple_digests);
	}
	return st;
}

enum status store_peek(struct store_port *p, struct store_peek *peek)
{
	struct env *env = &p->store->env;
	struct store_key client, mark;
	const uint8_t *secret;
	MDB_txn *txn;
	enum status st = env_secret(env, &secret);

	peek->has_client = peek->has_mark = false;
	if (st == ST_OK)
		st = key_of_text(peek->client, secret, &client);
	if (st == ST_OK)
		st = key_of_text(peek->mark, secret, &mark);
	if (st == ST_OK)
		st = env_enter(env, p->reader, &txn);
	if (st != ST_OK)
		return st;
	st = tables_peek(env, txn, &client, &mark, peek);
	env_leave(p->reader);
	return st;
}

enum status store_peek_tuple(struct store_port *p, const struct store_question *question,
                             struct store_known *out)
{
	struct env *env = &p->store->env;
	struct store_question plain = *question;
	struct tables_question *q = mem_new(struct tables_question);
	MDB_txn *txn;
	enum status st;

	plain.scan = NULL;
	st = make_keys(p->store, &plain, q);
	if (st == ST_OK)
		st = env_enter(env, p->reader, &txn);
	if (st == ST_OK) {
		st = tables_peek_tuple(env, txn, q, out);
		env_leave(p->reader);
	}
	mem_free(q->long_text);
	mem_free(q);
	return st;
}

struct store_call *store_ask(struct store_port *p, const struct store_question *question,
                             void (*answered)(void *arg, const struct store_answer *answer),
                             void *arg)
{
	struct store_call *c = new_call(p);

	c->answered = answered;
	c->arg = arg;
	c->job.test_clock = question->test_clock;
	add(&p->store->count.asked);
	c->job.status = make_keys(p->store, question, &c->job.q);
	if (c->job.status == ST_OK && !look(p, c)) {
		send(p, c);
		return c;
	}
	if (c->job.status == ST_OK)
		add(&p->store->count.at_once);
	loop_soon(p->loop, &c->soon, on_soon, c);
	return c;
}

/* Marks of a sender begin with the network, where keys can be read. */
static enum status make_forget_keys(struct store *s, const struct store_forget *what,
                                    struct tables_question *q)
{
	const uint8_t *secret = NULL;
	enum status st = env_secret(&s->env, &secret);

	q->better[0].n = 0;
	if (st == ST_OK)
		st = key_of_source(what->net, secret, &q->tuple);
	if (st == ST_OK)
		st = key_of_text(what->net, secret, &q->mark);
	if (st == ST_OK)
		st = key_of_text(what->client, secret, &q->client);
	if (st == ST_OK && secret == NULL) {
		q->better[0] = q->tuple;
		q->better[0].p[q->better[0].n - 1] = MARK_SEPARATOR;
	}
	return st;
}

struct store_call *store_forget(struct store_port *p, const struct store_forget *what,
                                void (*answered)(void *arg, const struct store_answer *answer),
                                void *arg)
{
	struct store_call *c = new_call(p);

	c->answered = answered;
	c->arg = arg;
	c->job.forget = true;
	add(&p->store->count.asked);
	c->job.status = make_forget_keys(p->store, what, &c->job.q);
	if (c->job.status == ST_OK)
		send(p, c);
	else
		loop_soon(p->loop, &c->soon, on_soon, c);
	return c;
}

void store_cancel(struct store_call **call)
{
	struct store_call *c = *call;

	if (c == NULL)
		return;
	*call = NULL;
	c->answered = NULL;
	if (c->away) {
		take_out(c->port, c);
		return;
	}
	loop_not_soon(c->port->loop, &c->soon);
	free_call(c);
}

/* --- the port --- */

struct store_port *store_port_new(struct store *store, struct loop *loop)
{
	struct store_port *p = mem_new(struct store_port);

	p->store = store;
	p->loop = loop;
	p->reader = env_reader_new(&store->env);
	p->mailbox = mailbox_new(loop, on_letter, p);
	return p;
}

/* The writer may still have calls of ours: they come back before the mailbox goes. */
void store_port_free(struct store_port **port)
{
	struct store_port *p = *port;

	if (p == NULL)
		return;
	*port = NULL;
	hand_over(p);
	while (p->away > 0)
		loop_turn(p->loop, true);
	timer_stop(p->loop, &p->timeout);
	timer_stop(p->loop, &p->flush);
	mailbox_free(&p->mailbox);
	touches_free(&p->touches);
	for (struct store_call *c = p->free, *next; c != NULL; c = next) {
		next = c->next;
		mem_free(c);
	}
	mem_free(p);
}
