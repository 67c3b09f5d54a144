#include "milter/child_set.h"

#include "conf/milter.h"
#include "conf/parse.h"
#include "util/escape.h"
#include "util/mem.h"

#define CONDITION_MAX   ((size_t)65536)
#define CONDITION_SHOWN ((size_t)500) /* octets of it in a report */

/* A worker's, from the first child that is configured to its end. */
struct child_memory {
	struct child_histories known;
	struct child_set *now;
};

static void fill_address(struct dial_address *to, const struct conf_socket *s)
{
	if (s->kind == CONF_UNIX)
		to->path = s->path;
	else
		*to = (struct dial_address){ .host = s->host, .port = s->port };
}

static void fill_conf(struct child_conf *to, const struct conf_milter *c)
{
	static const enum child_fallback fallbacks[] = {
		[FALLBACK_ACCEPT] = CHILD_ACCEPT,
		[FALLBACK_TEMPFAIL] = CHILD_TEMPFAIL,
		[FALLBACK_REJECT] = CHILD_REJECT,
		[FALLBACK_DISCARD] = CHILD_DISCARD,
	};

	*to = (struct child_conf){ .name = c->name,
		                   .fallback = fallbacks[c->fallback],
		                   .evaluation = c->evaluation,
		                   .connect_ms = c->connect_timeout_ms,
		                   .write_ms = c->write_timeout_ms,
		                   .read_ms = c->read_timeout_ms,
		                   .end_ms = c->end_timeout_ms };
	fill_address(&to->address, c->socket);
}

static struct child_set *child_set_new(struct conf *conf, struct child_histories *known)
{
	struct child_set *k = mem_new(struct child_set);

	k->refs = 1;
	k->conf = conf_ref(conf);
	k->confs = mem_array(conf->child_count, sizeof(*k->confs));
	for (const struct conf_milter *c = conf->children; c != NULL; c = c->next)
		fill_conf(&k->confs[c->index], c);
	k->children = children_new(known, k->confs, conf->child_count);
	return k;
}

void child_set_unref(struct child_set *k)
{
	if (--k->refs > 0)
		return;
	children_unref(&k->children);
	conf_unref(&k->conf);
	mem_free(k->confs);
	mem_free(k);
}

static void drop_memory(void *child_memory)
{
	struct child_memory *k = child_memory;

	if (k->now != NULL)
		child_set_unref(k->now);
	child_histories_free(&k->known);
	mem_free(k);
}

static struct child_memory *memory_of(struct worker *w)
{
	struct child_memory *k = atomic_load_explicit(&w->child_memory, memory_order_relaxed);

	if (k != NULL || w->conf->children == NULL)
		return k;
	k = mem_new(struct child_memory);
	w->drop_child_memory = drop_memory;
	atomic_store_explicit(&w->child_memory, k, memory_order_release);
	return k;
}

struct child_set *child_set_of(struct worker *w)
{
	struct child_memory *k = memory_of(w);

	if (k == NULL)
		return NULL;
	if (k->now != NULL && k->now->conf != w->conf) {
		child_set_unref(k->now);
		k->now = NULL;
	}
	if (k->now == NULL && w->conf->children != NULL)
		k->now = child_set_new(w->conf, &k->known);
	return k->now;
}

/* --- what is known of them, by all workers --- */

struct sum {
	uint64_t n[CHILD_COUNTS];
	unsigned out;    /* workers that leave it out, */
	uint64_t out_ms; /* for so long at most; 0: it may be tried */
};

static void add(struct sum *sum, const struct child_history *a, uint64_t now_ms)
{
	uint64_t until_ms = atomic_load_explicit(&a->out_until_ms, memory_order_relaxed);

	for (unsigned i = 0; i < CHILD_COUNTS; i++) {
		uint64_t n = child_history_counted(a, (enum child_count)i);

		if (i != CHILD_MOST_US)
			sum->n[i] += n;
		else if (n > sum->n[i])
			sum->n[i] = n;
	}
	sum->out += until_ms != 0;
	if (until_ms > now_ms && until_ms - now_ms > sum->out_ms)
		sum->out_ms = until_ms - now_ms;
}

static struct sum sum_of(struct worker *const *workers, unsigned count, const char *name,
                         const char *socket, uint64_t now_ms)
{
	struct sum sum = { .out = 0 };

	for (unsigned i = 0; i < count; i++) {
		const struct child_memory *k =
			atomic_load_explicit(&workers[i]->child_memory, memory_order_acquire);
		const struct child_history *a =
			k != NULL ? child_history_find(&k->known, name, socket) : NULL;

		if (a != NULL)
			add(&sum, a, now_ms);
	}
	return sum;
}

static enum status put_condition(const struct conf_milter *c, struct buf *out)
{
	struct buf text = buf_of(CONDITION_MAX);
	enum status st = buf_append(out, VIEW("when="));

	if (conf_print_condition(c->when, &text) != ST_OK)
		buf_clear(&text);
	if (st == ST_OK)
		st = escape_append(out, buf_view(&text), CONDITION_SHOWN);
	buf_free(&text);
	return st == ST_OK ? buf_byte(out, '\n') : st;
}

static enum status put_child(const struct conf_milter *c, const char *socket, const struct sum *sum,
                             struct buf *out)
{
	enum status st = buf_printf(out, "milter=%s\nsocket=%s\nevaluation=%d\nstep=%s\n", c->name,
	                            socket, c->evaluation ? 1 : 0, acl_step_name(c->step));

	if (st == ST_OK)
		st = put_condition(c, out);
	if (st == ST_OK)
		st = buf_printf(out, "left_out_workers=%u\nleft_out_ms=%llu\n", sum->out,
		                (unsigned long long)sum->out_ms);
	for (unsigned i = 0; i < CHILD_COUNTS && st == ST_OK; i++)
		if (i != CHILD_FAULT + FAULT_NONE)
			st = buf_printf(out, "%s=%llu\n", child_count_name((enum child_count)i),
			                (unsigned long long)sum->n[i]);
	return st == ST_OK ? buf_byte(out, '\n') : st;
}

enum status child_set_report(struct worker *const *workers, unsigned count, const struct conf *conf,
                             uint64_t now_ms, struct buf *out)
{
	enum status st = ST_OK;

	for (const struct conf_milter *c = conf->children; c != NULL && st == ST_OK; c = c->next) {
		char socket[CHILD_SOCKET_TEXT_MAX];
		struct dial_address address = { .host = NULL };
		struct sum sum;

		fill_address(&address, c->socket);
		child_socket_text(&address, socket);
		sum = sum_of(workers, count, c->name, socket, now_ms);
		st = put_child(c, socket, &sum, out);
	}
	return st;
}
