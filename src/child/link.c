#include "child/link.h"

#include <unistd.h>

#include "net/conn.h"
#include "util/mem.h"

enum link_state {
	LINK_DIAL,   /* the connection is being made */
	LINK_OFFER,  /* the answer to our offer is awaited */
	LINK_IDLE,   /* nothing is awaited */
	LINK_LEAVE,  /* a command that gets no answer is on its way out */
	LINK_AWAIT,  /* the answer to a command is awaited */
	LINK_TELL,   /* an answer, or a failure, is told at the end of the turn */
	LINK_FAILED, /* of no use any more; the next command is told so */
	LINK_CLOSED, /* memory goes at the end of the turn */
};

/* A whole packet, and what the last read brought beyond it. */
#define IN_MAX ((size_t)MILTER_HEAD + MILTER_DATA_MAX_1M + ((size_t)1 << 17))
/* A command and its macros. */
#define PENDING_MAX ((size_t)4 * (MILTER_HEAD + MILTER_DATA_MAX))

/* The 421 that Postfix makes of a filter's SHUTDOWN. */
#define SHUTDOWN_TEXT VIEW("421 4.7.0 Service is shutting down")

struct link {
	struct loop *loop;
	const struct child_conf *conf;
	const struct link_events *events;
	void *arg;
	enum link_state state;
	struct milter_offer offer;
	struct dial *dial;
	struct conn *conn;
	struct timer timer;
	struct soon soon;
	struct buf in;

	/* The terms. */
	bool agreed;
	uint32_t actions, steps;

	/* The command that is told, or waits for the terms. */
	bool asked;
	enum milter_command_kind kind;
	struct buf pending; /* macros, then from command_at on the command */
	size_t command_at;
	bool left; /* it has been sent whole */
	uint64_t asked_ms;
	unsigned replies;
	size_t reply_octets;

	struct child_answer answer;
	struct buf text;
};

const char *child_fault_text(enum child_fault fault)
{
	switch (fault) {
	case FAULT_NONE: return "none";
	case FAULT_CONNECT: return "can't be reached";
	case FAULT_TIMEOUT: return "timed out";
	case FAULT_CLOSED: return "hung up";
	case FAULT_TERMS: return "no terms to agree on";
	case FAULT_GARBAGE: return "an answer that is none";
	case FAULT_LIMIT: return "too much";
	case FAULT_LEFT_OUT: return "left out after failures";
	case FAULTS: break;
	}
	return "?";
}

/* The one place that changes the state. */
static void enter(struct link *l, enum link_state state)
{
	l->state = state;
}

static void tell(void *arg)
{
	struct link *l = arg;
	struct child_answer told = l->answer;

	l->asked = false;
	enter(l, l->conn != NULL ? LINK_IDLE : LINK_FAILED);
	/* An answer that was there counts; whoever asks next learns that the child has hung up. */
	if (l->conn == NULL && told.fault == FAULT_NONE)
		l->answer =
			(struct child_answer){ .fault = FAULT_CLOSED, .kind = MILTER_CONN_FAIL };
	l->events->done(l->arg, &told);
}

static void tell_soon(struct link *l)
{
	timer_stop(l->loop, &l->timer);
	enter(l, LINK_TELL);
	loop_soon(l->loop, &l->soon, tell, l);
}

/* Who was asked is told; else whoever asks next. */
static void fail(struct link *l, enum child_fault fault)
{
	dial_cancel(&l->dial);
	conn_close(&l->conn);
	timer_stop(l->loop, &l->timer);
	l->answer = (struct child_answer){ .fault = fault, .kind = MILTER_CONN_FAIL };
	if (l->asked)
		tell_soon(l);
	else
		enter(l, LINK_FAILED);
}

static void on_timeout(void *arg)
{
	fail(arg, FAULT_TIMEOUT);
}

static void await(struct link *l)
{
	uint32_t ms = !l->left ? l->conf->write_ms : l->conf->read_ms;

	if (l->left && l->kind == MILTER_EOB)
		ms = l->conf->end_ms;
	timer_start(l->loop, &l->timer, ms, on_timeout, l);
}

/* --- commands --- */

/* The step by which a filter declines it; 0: it can't. */
static uint32_t declining(enum milter_command_kind kind)
{
	switch (kind) {
	case MILTER_CONNECT: return MILTER_NO_CONNECT;
	case MILTER_HELO: return MILTER_NO_HELO;
	case MILTER_MAIL: return MILTER_NO_MAIL;
	case MILTER_RCPT: return MILTER_NO_RCPT;
	case MILTER_DATA: return MILTER_NO_DATA;
	case MILTER_UNKNOWN: return MILTER_NO_UNKNOWN;
	case MILTER_HEADER: return MILTER_NO_HEADERS;
	case MILTER_EOH: return MILTER_NO_EOH;
	case MILTER_BODY: return MILTER_NO_BODY;
	case MILTER_OPTNEG:
	case MILTER_MACRO:
	case MILTER_EOB:
	case MILTER_ABORT:
	case MILTER_QUIT:
	case MILTER_QUIT_NC: break;
	}
	return 0;
}

bool link_wants(const struct link *l, enum milter_command_kind kind)
{
	return (l->steps & declining(kind)) == 0;
}

uint32_t link_steps(const struct link *l)
{
	return l->steps;
}

bool link_idle(const struct link *l)
{
	return l->state == LINK_IDLE;
}

bool link_failed(const struct link *l)
{
	return l->state == LINK_FAILED;
}

static void settle(struct link *l, enum milter_reply_kind kind)
{
	l->answer = (struct child_answer){ .kind = kind };
	tell_soon(l);
}

/* Who sends on without waiting for answers waits for the child to read. */
static void mind_left(struct link *l)
{
	if (l->state == LINK_LEAVE && conn_unsent(l->conn) <= CONN_OUT_PAUSE / 2)
		settle(l, MILTER_CONTINUE);
}

static void begin(struct link *l)
{
	bool wanted = link_wants(l, l->kind);
	struct view octets = buf_view(&l->pending);

	l->left = false;
	l->replies = 0;
	l->reply_octets = 0;
	if (!wanted)
		octets = view_first(octets, l->command_at);
	if (octets.n > 0 && conn_write(l->conn, octets) != ST_OK) {
		fail(l, FAULT_LIMIT);
		return;
	}
	buf_clear(&l->pending);
	if (wanted && milter_awaits_answer(l->kind, l->steps)) {
		enter(l, LINK_AWAIT);
		await(l);
	} else {
		enter(l, LINK_LEAVE);
		timer_start(l->loop, &l->timer, l->conf->write_ms, on_timeout, l);
		mind_left(l);
	}
}

void link_command(struct link *l, enum milter_command_kind kind, struct view macros,
                  struct view command)
{
	enum status st;

	l->asked = true;
	l->kind = kind;
	l->asked_ms = loop_mono_ms(l->loop);
	buf_clear(&l->pending);
	st = buf_append(&l->pending, macros);
	l->command_at = l->pending.n;
	if (st == ST_OK)
		st = buf_append(&l->pending, command);
	if (l->state == LINK_FAILED)
		tell_soon(l);
	else if (st != ST_OK || command.n == 0)
		fail(l, FAULT_LIMIT);
	else if (l->state == LINK_IDLE)
		begin(l);
}

void link_abort(struct link *l)
{
	const struct milter_command abort = { .kind = MILTER_ABORT };
	struct buf out = buf_of(MILTER_HEAD);

	if (milter_put_command(&out, &abort) == ST_OK &&
	    conn_write(l->conn, buf_view(&out)) != ST_OK)
		fail(l, FAULT_LIMIT);
	buf_free(&out);
}

/* --- answers --- */

static void take_terms(struct link *l, const struct milter_packet *packet)
{
	struct milter_agreed a;

	if (milter_agree(packet, &l->offer, &a) != ST_OK) {
		fail(l, FAULT_TERMS);
		return;
	}
	timer_stop(l->loop, &l->timer);
	l->agreed = true;
	l->actions = a.actions;
	l->steps = a.steps;
	enter(l, LINK_IDLE);
	l->events->agreed(l->arg, &a);
	if (l->state == LINK_IDLE && l->asked)
		begin(l);
}

static bool for_client(enum milter_command_kind kind)
{
	return kind == MILTER_CONNECT || kind == MILTER_HELO || kind == MILTER_UNKNOWN;
}

static bool may_skip(enum milter_command_kind kind)
{
	return kind == MILTER_HEADER || kind == MILTER_BODY;
}

static void settle_with_text(struct link *l, struct view text)
{
	buf_clear(&l->text);
	(void)(buf_append(&l->text, text) == ST_OK); /* a packet fits */
	settle(l, MILTER_REPLYCODE);
	l->answer.text = buf_view(&l->text);
}

static void take_final(struct link *l, const struct milter_reply *r)
{
	enum milter_reply_kind kind = r->kind;

	if (kind == MILTER_CONN_FAIL)
		fail(l, FAULT_CLOSED);
	else if (kind == MILTER_SKIP && (l->steps & MILTER_WITH_SKIP) == 0)
		fail(l, FAULT_GARBAGE);
	else if (kind == MILTER_REPLYCODE)
		settle_with_text(l, r->text);
	else if (kind == MILTER_SHUTDOWN)
		settle_with_text(l, SHUTDOWN_TEXT);
	else if ((kind == MILTER_SKIP && !may_skip(l->kind)) ||
	         (kind == MILTER_DISCARD && for_client(l->kind)) ||
	         (kind == MILTER_ACCEPT && l->kind == MILTER_UNKNOWN))
		settle(l, MILTER_CONTINUE);
	else
		settle(l, kind);
}

static void take_change(struct link *l, const struct milter_reply *r)
{
	enum status st = ST_INVALID;

	if (l->state == LINK_AWAIT && l->kind == MILTER_EOB &&
	    (l->actions & milter_reply_action(r->kind)) != 0)
		st = l->events->change(l->arg, r);
	if (st != ST_OK && l->state != LINK_CLOSED)
		fail(l, st == ST_LIMIT ? FAULT_LIMIT : FAULT_GARBAGE);
}

/* A child that does not answer may tell of it late: that is no answer to anything. */
static void take_progress(struct link *l)
{
	if (l->state != LINK_AWAIT)
		return;
	if (loop_mono_ms(l->loop) - l->asked_ms > LINK_ANSWER_MAX_MS) {
		fail(l, FAULT_TIMEOUT);
		return;
	}
	await(l);
	l->events->progress(l->arg);
}

static void take_reply(struct link *l, const struct milter_packet *packet)
{
	struct milter_reply r;

	l->reply_octets += packet->data.n;
	if (++l->replies > LINK_REPLIES_MAX || l->reply_octets > LINK_REPLY_OCTETS_MAX) {
		fail(l, FAULT_LIMIT);
		return;
	}
	if (milter_reply_read(packet, &r) != ST_OK) {
		fail(l, FAULT_GARBAGE);
		return;
	}
	if (r.kind == MILTER_PROGRESS)
		take_progress(l);
	else if (milter_reply_action(r.kind) != 0)
		take_change(l, &r);
	else if (l->state == LINK_AWAIT)
		take_final(l, &r);
	else
		fail(l, FAULT_GARBAGE); /* nobody asked */
}

/* After an answer that is still to be told, too: a second one in the same breath belongs to no
 * command. */
static bool reads(const struct link *l)
{
	switch (l->state) {
	case LINK_OFFER:
	case LINK_IDLE:
	case LINK_LEAVE:
	case LINK_AWAIT: return true;
	case LINK_TELL: return l->conn != NULL;
	case LINK_DIAL:
	case LINK_FAILED:
	case LINK_CLOSED: break;
	}
	return false;
}

static void take_packets(struct link *l)
{
	size_t start = 0, used = 0;

	while (reads(l)) {
		struct milter_packet packet;
		enum status st = milter_scan(view_from(buf_view(&l->in), start), MILTER_DATA_MAX_1M,
		                             &packet, &used);

		if (st == ST_AGAIN)
			break;
		if (st != ST_OK) {
			fail(l, l->agreed ? FAULT_GARBAGE : FAULT_TERMS);
			break;
		}
		start += used;
		if (l->state == LINK_OFFER)
			take_terms(l, &packet);
		else
			take_reply(l, &packet);
	}
	buf_drop(&l->in, start);
	if (l->in.n == 0)
		buf_free(&l->in);
}

/* --- what the connection says --- */

static void on_data(void *arg, struct view octets)
{
	struct link *l = arg;

	if (buf_append(&l->in, octets) == ST_OK)
		take_packets(l);
	else
		fail(l, FAULT_LIMIT);
}

static void on_end(void *arg, bool broken)
{
	struct link *l = arg;

	(void)broken;
	if (l->state == LINK_TELL)
		conn_close(&l->conn);
	else
		fail(l, FAULT_CLOSED);
}

static void on_drained(void *arg)
{
	struct link *l = arg;

	mind_left(l);
	if (l->state == LINK_AWAIT && !l->left) {
		l->left = true;
		await(l);
	}
}

static const struct conn_events conn_events = { on_data, on_end, on_drained };

static void on_connected(void *arg, int fd, enum status st)
{
	struct link *l = arg;
	struct milter_command offer = { .kind = MILTER_OPTNEG, .offer = l->offer };
	struct buf out = buf_of(64);

	l->dial = NULL;
	if (st != ST_OK) {
		fail(l, st == ST_TIMEOUT ? FAULT_TIMEOUT : FAULT_CONNECT);
		return;
	}
	l->conn = conn_new(l->loop, fd, fd, &conn_events, l);
	if (l->conn == NULL) {
		(void)close(fd);
		fail(l, FAULT_CONNECT);
		return;
	}
	conn_ack_at_once(l->conn);
	enter(l, LINK_OFFER);
	if (milter_put_command(&out, &offer) != ST_OK ||
	    conn_write(l->conn, buf_view(&out)) != ST_OK)
		fail(l, FAULT_LIMIT);
	buf_free(&out);
}

/* --- its life --- */

struct link *link_new(struct loop *loop, const struct child_conf *conf,
                      const struct milter_offer *offer, const struct link_events *events, void *arg)
{
	struct link *l = mem_new(struct link);

	l->loop = loop;
	l->conf = conf;
	l->offer = *offer;
	l->events = events;
	l->arg = arg;
	l->in = buf_of(IN_MAX);
	l->pending = buf_of(PENDING_MAX);
	l->text = buf_of(MILTER_DATA_MAX_1M);
	timer_start(loop, &l->timer, conf->connect_ms, on_timeout, l);
	l->dial = dial_start(loop, &conf->address, conf->connect_ms, on_connected, l);
	return l;
}

static void destroy(void *arg)
{
	struct link *l = arg;

	buf_free(&l->in);
	buf_free(&l->pending);
	buf_free(&l->text);
	mem_free(l);
}

void link_close(struct link **link)
{
	const struct milter_command quit = { .kind = MILTER_QUIT };
	struct link *l = *link;
	struct buf out = buf_of(MILTER_HEAD);

	*link = NULL;
	if (l == NULL)
		return;
	if (l->state == LINK_IDLE && milter_put_command(&out, &quit) == ST_OK)
		(void)(conn_write(l->conn, buf_view(&out)) == ST_OK);
	buf_free(&out);
	dial_cancel(&l->dial);
	conn_close(&l->conn);
	timer_stop(l->loop, &l->timer);
	loop_not_soon(l->loop, &l->soon);
	enter(l, LINK_CLOSED);
	loop_soon(l->loop, &l->soon, destroy, l);
}
