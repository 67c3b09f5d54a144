#include "policy/peer.h"

#include <stdio.h>
#include <unistd.h>

#include "net/conn.h"
#include "policy/answer.h"
#include "util/escape.h"
#include "util/mem.h"

#define LINGER_MS     2000 /* for a peer to read its last answer */
#define LEAVE_MS      50   /* for requests that have just been sent when the daemon is to end */
#define IDLE_SIZE     ((size_t)16384)        /* of the input's memory, kept by an idle connection */
#define TEST_TIME_MAX UINT64_C(253402300799) /* the end of the year 9999 */

enum peer_state {
	PEER_READ,  /* collecting lines until the empty one */
	PEER_ASK,   /* a request is in the house */
	PEER_LAST,  /* the last answer is on its way; what comes in is dropped */
	PEER_CLOSED /* nothing is running; memory goes at the end of this turn */
};

struct peer {
	struct peer *next; /* of the worker's list */
	struct peer **at;
	struct worker *w;
	struct conn *conn;
	struct timer timer;
	struct soon end;
	enum peer_state state;
	bool ended;       /* the peer sends no more */
	bool full;        /* requests wait until answers have left */
	bool complained;  /* one line of garbage a connection is logged */
	unsigned garbage; /* unreadable requests */
	struct buf in;    /* octets not yet looked at begin at `start` */
	size_t start;
	struct policy_scan scan;
	struct buf text; /* the request that is in the house; `request` points into it */
	struct policy_request request;
	struct transaction *transaction;
	uint64_t active_ms; /* last octet or answer */
	/* What is kept of the message between its questions. */
	struct {
		uint64_t instance; /* 0: not known */
		bool asked;        /* at RCPT */
		bool accepted;     /* a recipient */
		struct properties properties;
	} message;
};

static void run(struct peer *p);

static void enter(struct peer *p, enum peer_state state)
{
	p->state = state;
}

/* --- closing --- */

static void destroy(void *arg)
{
	struct peer *p = arg;
	struct worker *w = p->w;

	buf_free(&p->in);
	buf_free(&p->text);
	properties_clear(&p->message.properties);
	mem_free(p);
	worker_closed(w);
}

static void peer_close(struct peer *p)
{
	if (p->state == PEER_CLOSED)
		return;
	transaction_cancel(&p->transaction);
	timer_stop(p->w->loop, &p->timer);
	conn_close(&p->conn);
	enter(p, PEER_CLOSED);
	*p->at = p->next;
	if (p->next != NULL)
		p->next->at = p->at;
	loop_soon(p->w->loop, &p->end, destroy, p);
}

static void on_linger(void *arg)
{
	peer_close(arg);
}

/* The peer reads the end behind the last answer. It is waited for, since a close with octets of its
 * own unread would take the answer away from it. */
static void linger(struct peer *p)
{
	enter(p, PEER_LAST);
	buf_clear(&p->in);
	p->start = 0;
	conn_finish(p->conn);
	conn_resume(p->conn);
	timer_start(p->w->loop, &p->timer, LINGER_MS, on_linger, p);
}

/* Closes as soon as all answers have left. */
static void close_after_answers(struct peer *p)
{
	if (conn_flush(p->conn))
		peer_close(p);
	else
		linger(p);
}

/* --- requests --- */

static void complain(struct peer *p, const char *what, struct view octets)
{
	char shown[ESCAPE_ROOM(100)], from[80];

	count(&p->w->counters, COUNT_GARBAGE);
	if (p->complained)
		return;
	p->complained = true;
	conn_peer(p->conn, from, sizeof(from));
	log_warning(p->w->log, "%s: <%s> (peer %s; further ones of this connection are not logged)",
	            what, escape_text(view_first(octets, 100), shown, sizeof(shown)), from);
}

static void write_action(struct peer *p, struct view action)
{
	struct buf out = buf_of(ANSWER_MAX + 16);

	if (policy_answer(&out, action) != ST_OK || conn_write(p->conn, buf_view(&out)) != ST_OK)
		peer_close(p); /* it sends and sends, and reads nothing */
	buf_free(&out);
}

static void on_decided(void *arg, const struct transaction_outcome *outcome)
{
	struct peer *p = arg;
	bool exim = outcome->conf->exim;
	struct buf action = buf_of(ANSWER_MAX);

	p->transaction = NULL;
	if (outcome->verdict == DO_PASS)
		p->message.accepted = true;
	if (answer_text(&p->request, outcome, &action) == ST_OK) {
		write_action(p, buf_view(&action));
	} else {
		log_warning(p->w->log, "an answer is longer than %d octets: DUNNO instead",
		            ANSWER_MAX);
		write_action(p, VIEW("DUNNO"));
	}
	buf_free(&action);
	if (p->state == PEER_CLOSED)
		return;
	p->active_ms = loop_mono_ms(p->w->loop);
	enter(p, PEER_READ);
	if (exim)
		close_after_answers(p);
	else
		run(p);
}

/* In Postgrey's order. */
static const char *missing_attribute(const struct policy_request *r)
{
	static const enum policy_attribute needed[] = { POLICY_CLIENT_ADDRESS, POLICY_CLIENT_NAME,
		                                        POLICY_RECIPIENT, POLICY_SENDER };

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!policy_has(r, needed[i]))
			return policy_attribute_name(needed[i]);
	return NULL;
}

/* A time that no clock shows is left alone. */
static bool has_test_time(const struct peer *p, int64_t *out)
{
	uint64_t t;

	if (!p->w->conf->test_clock || !policy_has(&p->request, POLICY_TEST_TIME) ||
	    view_u64(p->request.value[POLICY_TEST_TIME], TEST_TIME_MAX, &t) != ST_OK)
		return false;
	*out = (int64_t)t;
	return true;
}

static enum question_stage stage_of(struct view state)
{
	if (view_eq(state, VIEW("DATA")))
		return STAGE_DATA;
	return view_eq(state, VIEW("END-OF-MESSAGE")) ? STAGE_END : STAGE_RCPT;
}

/* An MTA's process asks about one message after the other. */
static void know_message(struct peer *p, struct question *q)
{
	uint64_t instance = question_instance(q);

	if (instance == 0 || instance != p->message.instance) {
		properties_clear(&p->message.properties);
		p->message.asked = p->message.accepted = false;
	}
	p->message.instance = instance;
	q->counted = q->stage != STAGE_RCPT && p->message.asked;
	q->accepted = p->message.accepted;
	q->properties = &p->message.properties;
	p->message.asked = p->message.asked || q->stage == STAGE_RCPT;
}

/* Postfix says "unknown" for a client without a name, for one whose name could not be looked up
 * just now, and for all when it asks nobody (smtpd_peer.c). Empty, for our own look-up, where there
 * is one to be had: who can't be asked for his name is not nameless. */
static struct view reverse_name(const struct worker *w, const struct policy_request *r)
{
	struct view told = r->value[POLICY_REVERSE_CLIENT_NAME];

	return w->dns != NULL && view_eq_nocase(told, VIEW("unknown")) ? VIEW("") : told;
}

static void start(struct peer *p)
{
	const struct policy_request *r = &p->request;
	struct question q = {
		.stage = stage_of(r->value[POLICY_PROTOCOL_STATE]),
		.now = loop_wall_s(p->w->loop),
		.client_address = r->value[POLICY_CLIENT_ADDRESS],
		.client_name = r->value[POLICY_CLIENT_NAME],
		.reverse_name = reverse_name(p->w, r),
		.helo = r->value[POLICY_HELO_NAME],
		.auth = r->value[POLICY_SASL_USERNAME],
		.tls = r->value[POLICY_CCERT_SUBJECT],
		.stress = r->value[POLICY_STRESS].n > 0,
		.sender = r->value[POLICY_SENDER],
		.recipient = r->value[POLICY_RECIPIENT],
		.instance = r->value[POLICY_INSTANCE],
		.queue_id = r->value[POLICY_QUEUE_ID],
		.own_address = r->value[POLICY_SERVER_ADDRESS],
	};

	q.wall = q.now;
	q.test_clock = has_test_time(p, &q.now);
	know_message(p, &q);
	enter(p, PEER_ASK);
	p->transaction = transaction_start(p->w, &q, on_decided, p);
}

/* A request that can't be asked further: the mail goes through. */
static void answer_dunno(struct peer *p)
{
	write_action(p, VIEW("DUNNO"));
	if (p->state != PEER_CLOSED && (p->w->conf->exim || p->garbage > PEER_GARBAGE_MAX))
		close_after_answers(p);
}

static void take_request(struct peer *p)
{
	enum status st = policy_parse(buf_view(&p->text), &p->request);
	const char *missing = missing_attribute(&p->request);

	if (p->request.garbage > 0)
		complain(p, "ignoring garbage", p->request.first_garbage);
	if (st != ST_OK) {
		p->garbage++;
		complain(p, "unrecognized request type", p->request.value[POLICY_REQUEST]);
		answer_dunno(p);
	} else if (missing != NULL) {
		count(&p->w->counters, COUNT_GARBAGE);
		log_warning(p->w->log, "attribute missing: %s", missing); /* Postgrey's line */
		answer_dunno(p);
	} else {
		start(p);
	}
}

/* Requests that were taken make room; a burst's memory does not stay with an idle connection. */
static void drop_taken(struct peer *p)
{
	buf_drop(&p->in, p->start);
	p->start = 0;
	if (p->in.n == 0 && p->in.size > IDLE_SIZE)
		buf_free(&p->in);
}

/* Takes the next whole request out of what came in. False: there is none. */
static bool next_request(struct peer *p)
{
	struct view in = view_from(buf_view(&p->in), p->start);
	size_t used = 0;
	enum status st = policy_scan(&p->scan, in, &used);

	if (st == ST_AGAIN) {
		drop_taken(p);
		return false;
	}
	buf_clear(&p->text);
	if (st == ST_OK)
		st = buf_append(&p->text, view_first(in, used));
	if (st != ST_OK) {
		complain(p, "a request or a line of it is too long", in);
		write_action(p, VIEW("DUNNO"));
		if (p->state != PEER_CLOSED)
			linger(p);
		return false;
	}
	p->start += used;
	p->scan = (struct policy_scan){ .seen = 0 };
	take_request(p);
	return true;
}

static void run(struct peer *p)
{
	while (p->state == PEER_READ) {
		p->full = conn_unsent(p->conn) > CONN_OUT_PAUSE;
		if (p->full)
			return; /* on_drained goes on */
		if (!next_request(p))
			break;
	}
	if (p->state == PEER_READ && (p->ended || p->w->leaving))
		close_after_answers(p);
}

/* --- what the connection says --- */

/* Half of the room is for what one reading brings. */
static void mind_input(struct peer *p)
{
	if (p->state == PEER_CLOSED)
		return;
	if (p->in.n - p->start > PEER_INPUT_MAX / 2)
		conn_pause(p->conn);
	else
		conn_resume(p->conn);
}

static void on_data(void *arg, struct view octets)
{
	struct peer *p = arg;

	if (p->state == PEER_LAST || p->state == PEER_CLOSED)
		return;
	p->active_ms = loop_mono_ms(p->w->loop);
	if (octets.n > PEER_INPUT_MAX - p->in.n)
		drop_taken(p);
	if (buf_append(&p->in, octets) != ST_OK) {
		peer_close(p);
		return;
	}
	run(p);
	mind_input(p);
}

static void on_end(void *arg, bool broken)
{
	struct peer *p = arg;

	p->ended = true;
	if (broken || (p->state == PEER_LAST && conn_unsent(p->conn) == 0))
		peer_close(p);
	else
		run(p);
}

static void on_drained(void *arg)
{
	struct peer *p = arg;

	if (p->state == PEER_LAST && p->ended) {
		peer_close(p);
	} else {
		if (p->full)
			run(p);
		mind_input(p);
	}
}

static const struct conn_events events = { on_data, on_end, on_drained };

/* One timer a connection, looked at only when it may be due. */
static void on_idle(void *arg)
{
	struct peer *p = arg;
	bool unfinished = p->in.n > p->start;
	uint64_t idle = loop_mono_ms(p->w->loop) - p->active_ms;
	uint64_t most = (unfinished ? PEER_UNFINISHED_S : PEER_IDLE_S) * UINT64_C(1000);

	if (p->state == PEER_READ && idle >= most)
		peer_close(p);
	else
		timer_start(p->w->loop, &p->timer, PEER_UNFINISHED_S * UINT64_C(1000), on_idle, p);
}

/* --- what the worker says --- */

static void serve(struct worker *w, int in_fd, int out_fd)
{
	struct peer *p = mem_new(struct peer);
	struct peer *first = w->peers[WORKER_POLICY];

	p->w = w;
	p->conn = conn_new(w->loop, in_fd, out_fd, &events, p);
	count(&w->counters, COUNT_CONNECTIONS);
	w->open++;
	if (p->conn == NULL) {
		(void)close(in_fd);
		mem_free(p);
		worker_closed(w);
		return;
	}
	p->in = buf_of(PEER_INPUT_MAX);
	p->text = buf_of(POLICY_REQUEST_MAX);
	p->active_ms = loop_mono_ms(w->loop);
	p->next = first;
	p->at = (struct peer **)(void *)&w->peers[WORKER_POLICY];
	if (first != NULL)
		first->at = &p->next;
	w->peers[WORKER_POLICY] = p;
	timer_start(w->loop, &p->timer, PEER_UNFINISHED_S * UINT64_C(1000), on_idle, p);
	if (log_takes(w->log, LOG_LEVEL_INFO)) {
		char from[80];

		conn_peer(p->conn, from, sizeof(from));
		log_info(w->log, "CONNECT policy peer: %s", from);
	}
}

void policy_serve_pair(struct worker *w, int in_fd, int out_fd)
{
	serve(w, in_fd, out_fd);
}

static void policy_serve(struct worker *w, int fd)
{
	serve(w, fd, fd);
}

static void on_leave(void *arg)
{
	struct peer *p = arg;

	if (p->state == PEER_READ)
		close_after_answers(p);
}

/* Those that wait for an answer close when they have it, see run(). */
static void policy_leave(struct worker *w)
{
	for (struct peer *p = w->peers[WORKER_POLICY]; p != NULL; p = p->next)
		if (p->state == PEER_READ)
			timer_start(w->loop, &p->timer, LEAVE_MS, on_leave, p);
}

const struct worker_door policy_door = { policy_serve, policy_leave };
