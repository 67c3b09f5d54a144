/* The thread that talks with libunbound, and alone does so: putting a question into its pipe may
 * wait, which a worker must not. */
#include "dns/resolver.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unbound.h>
#include <unistd.h>

#include "dns/context.h"
#include "dns/inside.h"
#include "dns/watch.h"
#include "util/mem.h"

#define CLASS_IN 1 /* RFC 1035 section 3.2.4 */

#define SHARES 1024

/* The questions of one zone, or of several that fell together. */
struct share {
	struct question_list waiting; /* until there is room in libunbound */
	unsigned inside;              /* libunbound has them */
	struct share *next;           /* in its turn */
	bool in_turn;
};

/* A port that wants its questions back; lies on its caller's stack. */
struct recall {
	struct recall *next;
	const struct mailbox *of;
	bool done; /* under the lock */
};

struct resolver {
	struct log *log;
	struct ub_ctx *ctx; /* NULL: nobody can be asked yet */
	pthread_t thread;
	int bell; /* an eventfd: something lies under the lock */

	pthread_mutex_t lock;
	pthread_cond_t recalled;
	struct question_list put; /* by ports, not yet taken */
	struct recall *recalls;
	bool stop;

	/* The thread's own. */
	struct share *shares;
	struct share *turn, *turn_end; /* those that may give libunbound one more */
	uint32_t seed;                 /* strangers choose the names */
	struct question_list inside;   /* libunbound has them */
	unsigned inside_count;
	bool broken;                     /* libunbound's thread is gone */
	struct resolver_options options; /* only what the file of the servers needs */
	struct watch watch;
	uint64_t look_at_ms;
	bool complained; /* that the file can't be read */

	atomic_uint in_flight;
	atomic_uint_least64_t count[COUNTERS];
};

/* --- lists and counters --- */

static void append(struct question_list *l, struct question *q)
{
	q->next = NULL;
	q->prev = l->last;
	if (l->last != NULL)
		l->last->next = q;
	else
		l->first = q;
	l->last = q;
}

static void take_out(struct question_list *l, struct question *q)
{
	if (q->prev != NULL)
		q->prev->next = q->next;
	else
		l->first = q->next;
	if (q->next != NULL)
		q->next->prev = q->prev;
	else
		l->last = q->prev;
}

void resolver_add(struct resolver *r, unsigned counter)
{
	(void)atomic_fetch_add_explicit(&r->count[counter], 1, memory_order_relaxed);
}

bool resolver_enter(struct resolver *r)
{
	if (atomic_fetch_add_explicit(&r->in_flight, 1, memory_order_relaxed) < DNS_IN_FLIGHT_MAX)
		return true;
	resolver_leave(r);
	return false;
}

void resolver_leave(struct resolver *r)
{
	(void)atomic_fetch_sub_explicit(&r->in_flight, 1, memory_order_relaxed);
}

static uint64_t counted(const struct resolver *r, unsigned counter)
{
	return atomic_load_explicit(&r->count[counter], memory_order_relaxed);
}

void resolver_count(const struct resolver *r, struct resolver_counters *out)
{
	*out = (struct resolver_counters){
		.asked = counted(r, COUNT_ASKED),
		.cancelled = counted(r, COUNT_CANCELLED),
		.junk = counted(r, COUNT_JUNK),
		.refused = counted(r, COUNT_REFUSED),
		.shared = counted(r, COUNT_SHARED),
		.questions = counted(r, COUNT_QUESTIONS),
		.cut = counted(r, COUNT_CUT),
		.in_flight = atomic_load_explicit(&r->in_flight, memory_order_relaxed),
	};
	for (unsigned i = 0; i < DNS_STATUSES; i++)
		out->answered[i] = counted(r, COUNT_ANSWERED + i);
}

/* --- shares --- */

static void post(struct question *q, struct answer_box *answer)
{
	q->answer = answer;
	mailbox_post(q->reply_to, &q->letter);
}

/* An octet or a nibble of an address, in the name of a list. */
static bool of_address(struct view label)
{
	for (size_t i = 0; i < label.n; i++)
		if (!ascii_digit(label.p[i]) && !(label.p[i] >= 'a' && label.p[i] <= 'f'))
			return false;
	return label.n <= 3;
}

/* A list's zone is what is left without the address; of another name of three labels or more, all
 * but the first. Reverse names have servers of their own for each network: without two labels it is
 * an IPv4 /16. */
static struct view zone_of(const struct dns_name *name)
{
	struct view zone = dns_name_view(name), rest = zone, label;
	unsigned most = view_ends_nocase(zone, VIEW(".arpa")) ? 2 : 32;

	for (unsigned i = 0; i < most && view_next(&rest, '.', &label); i++) {
		if (view_find(rest, '.') == VIEW_NONE || (i > 0 && !of_address(label)))
			break;
		zone = rest;
		if (!of_address(label))
			break;
	}
	return zone;
}

/* FNV-1a. */
static struct share *share_of(const struct resolver *r, const struct dns_name *name)
{
	struct view zone = zone_of(name);
	uint32_t hash = r->seed;

	for (size_t i = 0; i < zone.n; i++)
		hash = (hash ^ (uint8_t)zone.p[i]) * 16777619U;
	return &r->shares[(hash ^ hash >> 16) % SHARES];
}

/* Those in front for which nobody waits any more; they came first, so that they are in front. */
static void drop_idle(struct share *s)
{
	struct question *q;

	while ((q = s->waiting.first) != NULL &&
	       atomic_load_explicit(&q->idle, memory_order_relaxed)) {
		take_out(&s->waiting, q);
		post(q, NULL);
	}
}

/* Behind the others in turn, when it has something and room for it. */
static void take_turn(struct resolver *r, struct share *s)
{
	if (s->in_turn || s->waiting.first == NULL || s->inside >= RESOLVER_SHARE_MAX)
		return;
	s->in_turn = true;
	s->next = NULL;
	if (r->turn != NULL)
		r->turn_end->next = s;
	else
		r->turn = s;
	r->turn_end = s;
}

static struct share *next_turn(struct resolver *r)
{
	struct share *s = r->turn;

	r->turn = s->next;
	s->in_turn = false;
	return s;
}

static void enter_inside(struct resolver *r, struct question *q)
{
	append(&r->inside, q);
	r->inside_count++;
	q->share->inside++;
}

static void leave_inside(struct resolver *r, struct question *q)
{
	take_out(&r->inside, q);
	r->inside_count--;
	q->share->inside--;
	take_turn(r, q->share);
}

/* --- libunbound's answers --- */

/* RFC 1035 section 4.1.1 */
enum rcode { NOERROR = 0, SERVFAIL = 2, NXDOMAIN = 3 };

/* A record without octets libunbound can't hand over, and says SERVFAIL of its own; what was
 * answered is there all the same, and its code too. */
static bool hides_answer(const struct ub_result *result)
{
	const unsigned char *message = result->answer_packet;

	return result->rcode == SERVFAIL && message != NULL && result->answer_len > 3 &&
	       (message[3] & 15) == NOERROR;
}

static struct answer_box *read_result(enum dns_type type, const struct ub_result *result)
{
	static const char *const codes[] = { "NOERROR",  "FORMERR", "SERVFAIL",
		                             "NXDOMAIN", "NOTIMP",  "REFUSED" };
	enum { CODES = sizeof(codes) / sizeof(codes[0]) };

	if (result == NULL)
		return answer_box_new(DNS_FAILED, "resolver");
	if (result->bogus)
		return answer_box_new(DNS_FAILED, "bogus");
	if (type == DNS_TXT && hides_answer(result))
		return answer_box_decode_texts(
			(struct view){ result->answer_packet, (size_t)result->answer_len });
	if (result->rcode == NXDOMAIN)
		return answer_box_new(DNS_NXDOMAIN, "NXDOMAIN");
	if (result->rcode != NOERROR)
		return answer_box_new(DNS_FAILED, result->rcode > 0 && result->rcode < CODES
		                                          ? codes[result->rcode]
		                                          : "error code");
	if (!result->havedata)
		return answer_box_new(DNS_NODATA, "no data");
	return answer_box_decode(type, result->data, result->len);
}

static void on_result(void *arg, int err, struct ub_result *result)
{
	struct question *q = arg;
	struct answer_box *answer = read_result(q->type, err == 0 ? result : NULL);
	struct resolver *r = q->resolver;

	ub_resolve_free(result);
	if (answer_box_look(answer)->cut)
		resolver_add(r, COUNT_CUT);
	leave_inside(r, q);
	post(q, answer);
}

/* --- the thread --- */

static void feed_one(struct resolver *r, struct question *q)
{
	char name[DNS_ESCAPED_MAX];
	int err;

	dns_name_escape(&q->name, name);
	err = r->broken || r->ctx == NULL ? UB_PIPE
	                                  : ub_resolve_async(r->ctx, name, (int)q->type, CLASS_IN,
	                                                     q, on_result, &q->id);
	if (err != 0) {
		post(q, answer_box_new(DNS_FAILED, "resolver"));
		return;
	}
	resolver_add(r, COUNT_QUESTIONS);
	enter_inside(r, q);
}

static void feed(struct resolver *r)
{
	while (r->turn != NULL && r->inside_count < RESOLVER_INSIDE_MAX) {
		struct share *s = next_turn(r);
		struct question *q;

		drop_idle(s);
		q = s->waiting.first;
		if (q == NULL)
			continue;
		take_out(&s->waiting, q);
		feed_one(r, q);
		take_turn(r, s);
	}
}

/* of: those of this port only, unanswered. */
static void give_back(struct resolver *r, const struct mailbox *of)
{
	for (struct question *q = r->inside.first, *next; q != NULL; q = next) {
		next = q->next;
		if (of != NULL && q->reply_to != of)
			continue;
		leave_inside(r, q);
		(void)ub_cancel(r->ctx, q->id); /* on_result does not run */
		post(q, of != NULL ? NULL : answer_box_new(DNS_FAILED, "resolver"));
	}
}

static void give_back_waiting(struct share *s, const struct mailbox *of)
{
	for (struct question *q = s->waiting.first, *next; q != NULL; q = next) {
		next = q->next;
		if (q->reply_to != of)
			continue;
		take_out(&s->waiting, q);
		post(q, NULL);
	}
}

static void distribute(struct resolver *r, struct question *first)
{
	for (struct question *q = first, *next; q != NULL; q = next) {
		struct share *s = share_of(r, &q->name);

		next = q->next;
		q->share = s;
		append(&s->waiting, q);
		drop_idle(s); /* or a silent zone's would pile up here; q may be gone then */
		take_turn(r, s);
	}
}

/* All that was put comes to its share before a port's questions are called back: so none is
 * overlooked. The mailbox is not touched any more once `done` can be seen. */
static bool take(struct resolver *r)
{
	struct question *put;
	struct recall *recalls;
	bool stop;

	(void)pthread_mutex_lock(&r->lock);
	put = r->put.first;
	r->put = (struct question_list){ NULL, NULL };
	recalls = r->recalls;
	r->recalls = NULL;
	stop = r->stop;
	(void)pthread_mutex_unlock(&r->lock);
	distribute(r, put);
	for (struct recall *c = recalls, *next; c != NULL; c = next) {
		next = c->next;
		for (unsigned i = 0; i < SHARES; i++)
			give_back_waiting(&r->shares[i], c->of);
		give_back(r, c->of);
		(void)pthread_mutex_lock(&r->lock);
		c->done = true;
		(void)pthread_cond_broadcast(&r->recalled);
		(void)pthread_mutex_unlock(&r->lock);
	}
	return !stop;
}

static void process(struct resolver *r)
{
	int err = ub_process(r->ctx);

	if (err == 0)
		return;
	log_error(r->log, "resolver: %s; no names are looked up any more", ub_strerror(err));
	r->broken = true;
	give_back(r, NULL);
}

/* What the old servers have not answered the new ones are asked. */
static void adopt(struct resolver *r, struct ub_ctx *next)
{
	struct ub_ctx *before = r->ctx;

	for (struct question *q = r->inside.first, *after; q != NULL; q = after) {
		after = q->next;
		(void)ub_cancel(before, q->id);
		leave_inside(r, q);
		append(&q->share->waiting, q);
		take_turn(r, q->share);
	}
	r->ctx = next;
	ub_ctx_delete(before);
}

static void complain(struct resolver *r, const char *why)
{
	if (!r->complained && r->ctx != NULL)
		log_warning(r->log, "%s: the servers that it named are asked on", why);
	else if (!r->complained)
		log_error(r->log,
		          "no look-ups in the DNS, and no rule by them, until it is there: %s",
		          why);
	r->complained = true;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* At the file of the servers. One that is there and can't be read is tried each time. */
static void look(struct resolver *r)
{
	struct diag why = { .text = "" };
	struct ub_ctx *next = NULL;
	uint64_t now = now_ms();

	if (r->watch.path == NULL || r->broken || now < r->look_at_ms)
		return;
	r->look_at_ms = now + r->options.look_ms;
	if (!watch_changed(&r->watch) && r->watch.there && !r->complained)
		return;
	if (context_new(&r->options, &next, &why) != ST_OK) {
		complain(r, why.text);
		return;
	}
	log_notice(r->log, "resolver: the servers of %s are asked from now on", r->watch.path);
	r->complained = false;
	adopt(r, next);
}

static int patience(const struct resolver *r)
{
	uint64_t now = now_ms();

	if (r->watch.path == NULL || r->broken)
		return -1;
	return r->look_at_ms > now ? (int)(r->look_at_ms - now) : 0;
}

static void *run(void *arg)
{
	struct resolver *r = arg;
	struct pollfd fds[] = { { .fd = r->bell, .events = POLLIN }, { .events = POLLIN } };
	uint64_t rung;

	while (take(r)) {
		look(r);
		feed(r);
		fds[1].fd = r->broken || r->ctx == NULL ? -1 : ub_fd(r->ctx);
		fds[1].revents = 0;
		if (poll(fds, 2, patience(r)) < 0 && errno != EINTR)
			abort();
		if (fds[0].revents != 0 && read(r->bell, &rung, sizeof(rung)) < 0 &&
		    errno != EAGAIN && errno != EINTR)
			abort();
		if (fds[1].revents != 0)
			process(r);
	}
	return NULL;
}

static void ring(struct resolver *r)
{
	static const uint64_t one = 1;

	if (write(r->bell, &one, sizeof(one)) < 0 && errno != EAGAIN)
		abort();
}

void resolver_put(struct resolver *r, struct question *q)
{
	bool first;

	(void)pthread_mutex_lock(&r->lock);
	first = r->put.first == NULL;
	append(&r->put, q);
	(void)pthread_mutex_unlock(&r->lock);
	if (first)
		ring(r);
}

void resolver_recall(struct resolver *r, const struct mailbox *of)
{
	struct recall c = { .of = of };

	(void)pthread_mutex_lock(&r->lock);
	c.next = r->recalls;
	r->recalls = &c;
	ring(r);
	while (!c.done)
		(void)pthread_cond_wait(&r->recalled, &r->lock);
	(void)pthread_mutex_unlock(&r->lock);
}

/* --- begin and end --- */

static enum status start(struct resolver *r, struct diag *why)
{
	sigset_t all, before;
	int err;

	r->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->bell < 0) {
		diag_set(why, "resolver: %s", strerror(errno));
		return ST_UNAVAILABLE;
	}
	(void)sigfillset(&all); /* signals are the main thread's */
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&r->thread, NULL, run, r);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err != 0) {
		diag_set(why, "resolver: %s", strerror(err));
		(void)close(r->bell);
		return ST_UNAVAILABLE;
	}
	return ST_OK;
}

static void begin_watch(struct resolver *r, const struct resolver_options *o)
{
	r->options = (struct resolver_options){
		.look_ms = o->look_ms > 0 ? o->look_ms : RESOLVER_LOOK_MS,
		.cache_bytes = o->cache_bytes,
	};
	r->look_at_ms = now_ms() + r->options.look_ms;
	watch_begin(&r->watch, context_file(o));
	r->options.resolv_conf = r->watch.path;
	if (r->watch.path != NULL)
		(void)watch_changed(&r->watch);
}

enum status resolver_new(const struct resolver_options *options, struct log *log,
                         struct resolver **out, struct diag *why)
{
	struct resolver *r = mem_new(struct resolver);
	enum status st;

	*out = NULL;
	r->log = log;
	(void)pthread_mutex_init(&r->lock, NULL);
	(void)pthread_cond_init(&r->recalled, NULL);
	r->shares = mem_array(SHARES, sizeof(*r->shares));
	if (getrandom(&r->seed, sizeof(r->seed), 0) < 0)
		r->seed = (uint32_t)(uintptr_t)r;
	begin_watch(r, options);
	st = context_new(options, &r->ctx, why);
	if (st == ST_NOTFOUND && options->patient) {
		complain(r, why->text);
		st = ST_OK;
	}
	if (st == ST_OK)
		st = start(r, why);
	if (st == ST_OK) {
		*out = r;
		return ST_OK;
	}
	ub_ctx_delete(r->ctx);
	watch_end(&r->watch);
	mem_free(r->shares);
	mem_free(r);
	return st;
}

void resolver_free(struct resolver **resolver)
{
	struct resolver *r = *resolver;

	if (r == NULL)
		return;
	*resolver = NULL;
	(void)pthread_mutex_lock(&r->lock);
	r->stop = true;
	(void)pthread_mutex_unlock(&r->lock);
	ring(r);
	(void)pthread_join(r->thread, NULL);
	ub_ctx_delete(r->ctx);
	watch_end(&r->watch);
	(void)close(r->bell);
	(void)pthread_cond_destroy(&r->recalled);
	(void)pthread_mutex_destroy(&r->lock);
	mem_free(r->shares);
	mem_free(r);
}
