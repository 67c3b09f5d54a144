/* A worker's side: who waits for which question, and how long. */
#include <search.h>
#include <stdlib.h>

#include "dns/inside.h"
#include "util/mem.h"

struct dns_port {
	struct resolver *resolver;
	struct loop *loop;
	struct mailbox *mailbox;
	void *questions; /* a balanced tree (tsearch): strangers choose the names */
	unsigned away;
	unsigned calls;
	bool ended;
};

struct dns_call {
	struct dns_call *next, *prev; /* of the same question */
	struct dns_port *port;
	struct question *question; /* NULL: it is answered soon, without one */
	struct soon soon;
	struct timer timer;
	const char *why; /* the failure that is told soon */
	void (*answered)(void *arg, const struct dns_answer *answer);
	void *arg;
};

/* --- a question and its calls --- */

static int compare(const void *a, const void *b)
{
	const struct question *x = a, *y = b;

	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	if (x->name.n != y->name.n)
		return x->name.n < y->name.n ? -1 : 1;
	return memcmp(x->name.text, y->name.text, x->name.n);
}

static void set_idle(struct question *q, bool idle)
{
	atomic_store_explicit(&q->idle, idle, memory_order_relaxed);
}

static void join(struct question *q, struct dns_call *c)
{
	c->question = q;
	c->next = q->calls;
	c->prev = NULL;
	if (c->next != NULL)
		c->next->prev = c;
	q->calls = c;
	set_idle(q, false);
}

static void part(struct dns_call *c)
{
	struct question *q = c->question;

	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		q->calls = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	c->question = NULL;
	if (q->calls == NULL)
		set_idle(q, true); /* it may be in the hands of the thread still */
}

static void free_call(struct dns_call *c)
{
	struct dns_port *p = c->port;

	p->calls--;
	timer_stop(p->loop, &c->timer);
	loop_not_soon(p->loop, &c->soon);
	if (c->question != NULL)
		part(c);
	mem_free(c);
}

/* The handle is gone before the callback begins. */
static void answer(struct dns_call *c, const struct dns_answer *a)
{
	void (*answered)(void *arg, const struct dns_answer *answer) = c->answered;
	void *arg = c->arg;

	resolver_add(c->port->resolver, COUNT_ANSWERED + (unsigned)a->status);
	free_call(c);
	answered(arg, a);
}

static void on_soon(void *arg)
{
	struct dns_call *c = arg;
	struct dns_answer a = { .status = DNS_FAILED, .why = c->why };

	answer(c, &a);
}

static void on_timeout(void *arg)
{
	struct dns_answer a = { .status = DNS_TIMEOUT, .why = "time-out" };

	answer(arg, &a);
}

static void drop_question(struct dns_port *p, struct question *q)
{
	resolver_leave(p->resolver);
	answer_box_free(&q->answer);
	mem_free(q);
}

/* A question that was not asked because nobody waited may have got a call meanwhile. */
static void on_letter(void *arg, struct letter *letter)
{
	struct dns_port *p = arg;
	struct question *q = (struct question *)(void *)letter;

	if (q->answer == NULL && q->calls != NULL) {
		resolver_put(p->resolver, q);
		return;
	}
	p->away--;
	(void)tdelete(q, &p->questions, compare);
	/* A callback may ask the same again, or cancel others of these calls. */
	while (q->calls != NULL)
		answer(q->calls, answer_box_look(q->answer));
	drop_question(p, q);
}

/* --- asking --- */

/* The question in flight that is the same, or a new one, which is put. NULL: there are too many. */
static struct question *find_question(struct dns_port *p, const struct dns_name *name,
                                      enum dns_type type)
{
	struct question *q = mem_new(struct question);
	struct question *const *found;

	q->name = *name;
	q->type = type;
	found = tfind(q, &p->questions, compare);
	if (found != NULL) {
		mem_free(q);
		resolver_add(p->resolver, COUNT_SHARED);
		return *found;
	}
	if (!resolver_enter(p->resolver)) {
		mem_free(q);
		return NULL;
	}
	q->resolver = p->resolver;
	q->reply_to = p->mailbox;
	if (tsearch(q, &p->questions, compare) == NULL)
		abort(); /* no memory */
	p->away++;
	resolver_put(p->resolver, q);
	return q;
}

static struct dns_call *fail_soon(struct dns_call *c, enum resolver_counter counter,
                                  const char *why)
{
	resolver_add(c->port->resolver, counter);
	c->why = why;
	loop_soon(c->port->loop, &c->soon, on_soon, c);
	return c;
}

struct dns_call *dns_ask(struct dns_port *p, struct view name, enum dns_type type,
                         unsigned timeout_ms,
                         void (*answered)(void *arg, const struct dns_answer *answer), void *arg)
{
	struct dns_call *c = mem_new(struct dns_call);
	struct dns_name asked;
	struct question *q;

	*c = (struct dns_call){ .port = p, .answered = answered, .arg = arg };
	p->calls++;
	resolver_add(p->resolver, COUNT_ASKED);
	if (p->ended)
		return fail_soon(c, COUNT_REFUSED, "the daemon ends");
	if (dns_name_set(&asked, name) != ST_OK)
		return fail_soon(c, COUNT_JUNK, "no such name can be");
	q = p->calls <= DNS_CALLS_MAX ? find_question(p, &asked, type) : NULL;
	if (q == NULL)
		return fail_soon(c, COUNT_REFUSED, "too many questions");
	timer_start(p->loop, &c->timer, timeout_ms, on_timeout, c);
	join(q, c);
	return c;
}

void dns_cancel(struct dns_call **call)
{
	struct dns_call *c = *call;

	if (c == NULL)
		return;
	*call = NULL;
	resolver_add(c->port->resolver, COUNT_CANCELLED);
	free_call(c);
}

/* --- the port --- */

struct dns_port *dns_port_new(struct resolver *resolver, struct loop *loop)
{
	struct dns_port *p = mem_new(struct dns_port);

	p->resolver = resolver;
	p->loop = loop;
	p->mailbox = mailbox_new(loop, on_letter, p);
	return p;
}

static void end_calls(const void *node, VISIT visit, void *arg)
{
	struct dns_port *p = arg;
	const struct question *q = *(struct question *const *)node;

	if (visit != postorder && visit != leaf)
		return; /* each is met once so */
	for (struct dns_call *c = q->calls; c != NULL; c = c->next)
		timer_start(p->loop, &c->timer, 0, on_timeout, c);
}

void dns_port_end(struct dns_port *p)
{
	p->ended = true;
	twalk_r(p->questions, end_calls, p);
}

void dns_port_free(struct dns_port **port)
{
	struct dns_port *p = *port;

	if (p == NULL)
		return;
	*port = NULL;
	resolver_recall(p->resolver, p->mailbox);
	while (p->away > 0)
		loop_turn(p->loop, true);
	mailbox_free(&p->mailbox);
	mem_free(p);
}

struct loop *dns_port_loop(const struct dns_port *p)
{
	return p->loop;
}
