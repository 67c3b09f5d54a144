#include "milter/door.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "conf/options.h"
#include "milter/answer.h"
#include "milter/macros.h"
#include "milter/message.h"
#include "milter/wish.h"
#include "net/conn.h"
#include "session/reply.h"
#include "util/escape.h"
#include "util/mem.h"

#define LEAVE_MESSAGE_MS 10000 /* for a message that has begun */
#define LINGER_MS        2000
#define LEAVE_MS         50 /* for packets that have just been sent when the daemon is to end */
#define NAME_MAX_        ((size_t)65536)
#define LETTER_AT        4u /* of a packet */
#define INSTANCE_MAX     80

enum session_state {
	SESSION_READ,  /* waiting for a packet */
	SESSION_ASK,   /* a question is in the house */
	SESSION_HOLD,  /* an answer is held */
	SESSION_PROVE, /* the memory is told of the recipients whose client stayed */
	SESSION_LAST,  /* the last answer is on its way; what comes in is dropped */
	SESSION_CLOSED /* nothing is running; memory goes at the end of this turn */
};

/* What comes when an answer is held no longer, and the memory knows who stayed. */
enum session_next { NEXT_ANSWER, NEXT_ASK_RCPT };

struct session {
	struct session *next; /* of the worker's list */
	struct session **at;
	struct worker *w;
	struct conn *conn;
	struct timer idle, hold;
	struct soon end, more;
	enum session_state state;
	uint64_t active_ms; /* last octet or answer */
	struct buf in;      /* octets not yet looked at begin at `start` */
	size_t start;
	uint64_t serial; /* with the number of the message it is the instance */
	unsigned messages;

	/* What was agreed on. */
	bool agreed;
	struct milter_terms terms;

	/* The client. */
	bool connected;
	bool non_ip;
	char address[IP_TEXT_MAX];
	struct buf host, helo;
	struct macros macros;
	int64_t waited_s, longest_s; /* in tarpits */

	/* The message, and the recipient that is asked about. */
	struct message message;
	struct buf recipient;

	/* The question that is in the house. */
	struct question question;
	struct question_milter milter;
	struct fact_pair *macro_list;
	struct view *recipient_list;
	char instance[INSTANCE_MAX];
	struct transaction *transaction;

	/* The answer that is held, or waits for the memory. */
	struct buf answer;
	enum session_next then;
	bool at_end; /* of the message */
	uint64_t hold_from_ms, hold_until_ms;
	size_t proven; /* octets of message.unproven that are done */
};

static void run(struct session *s);
static void prove(struct session *s);

static void enter(struct session *s, enum session_state state)
{
	s->state = state;
}

/* --- closing --- */

static void forget_question(struct session *s)
{
	mem_free(s->macro_list);
	mem_free(s->recipient_list);
	s->macro_list = NULL;
	s->recipient_list = NULL;
}

static void forget_message(struct session *s)
{
	budget_release(s->w->budget, &s->message.place);
	message_end(&s->message);
}

/* What is under way is given up; the client did not wait for it. A mark that the memory has of it
 * stays. */
static void cancel(struct session *s)
{
	transaction_cancel(&s->transaction);
	forget_question(s);
	timer_stop(s->w->loop, &s->hold);
	buf_free(&s->answer);
}

static void forget_client(struct session *s)
{
	forget_message(s);
	buf_free(&s->host);
	buf_free(&s->helo);
	buf_free(&s->recipient);
	macros_clear(&s->macros);
	s->address[0] = '\0';
	s->connected = false;
	s->non_ip = true;
	s->waited_s = 0;
	s->longest_s = 0;
}

static void destroy(void *arg)
{
	struct session *s = arg;
	struct worker *w = s->w;

	buf_free(&s->in);
	mem_free(s);
	worker_closed(w);
}

static void session_close(struct session *s)
{
	if (s->state == SESSION_CLOSED)
		return;
	cancel(s);
	forget_client(s);
	timer_stop(s->w->loop, &s->idle);
	loop_not_soon(s->w->loop, &s->more);
	conn_close(&s->conn);
	enter(s, SESSION_CLOSED);
	*s->at = s->next;
	if (s->next != NULL)
		s->next->at = s->at;
	loop_soon(s->w->loop, &s->end, destroy, s);
}

static void on_linger(void *arg)
{
	session_close(arg);
}

static void close_after_answers(struct session *s)
{
	if (conn_flush(s->conn)) {
		session_close(s);
		return;
	}
	enter(s, SESSION_LAST);
	buf_clear(&s->in);
	s->start = 0;
	conn_finish(s->conn);
	conn_resume(s->conn);
	timer_start(s->w->loop, &s->idle, LINGER_MS, on_linger, s);
}

static void refuse_peer(struct session *s, const char *what, struct view octets)
{
	char shown[ESCAPE_ROOM(100)], from[80];

	count(&s->w->counters, COUNT_GARBAGE);
	conn_peer(s->conn, from, sizeof(from));
	log_warning(s->w->log, "milter: %s: <%s> (peer %s): closed", what,
	            escape_text(view_first(octets, 100), shown, sizeof(shown)), from);
	session_close(s);
}

/* --- answers --- */

static void write_out(struct session *s, struct view packets)
{
	s->active_ms = loop_mono_ms(s->w->loop);
	if (conn_write(s->conn, packets) != ST_OK)
		session_close(s); /* it sends and sends, and reads nothing */
}

/* One of the letters without data. */
static void write_bare(struct session *s, enum milter_reply_kind kind)
{
	struct buf out = buf_of(MILTER_HEAD);

	if (answer_bare(kind, &out) == ST_OK)
		write_out(s, buf_view(&out));
	buf_free(&out);
}

static void go_on(struct session *s, enum milter_command_kind kind)
{
	if (milter_awaits_answer(kind, s->terms.steps))
		write_bare(s, MILTER_CONTINUE);
}

/* The answer that was prepared; the message is over with it, or goes on. */
static void write_answer(struct session *s)
{
	write_out(s, buf_view(&s->answer));
	if (s->state == SESSION_CLOSED)
		return;
	buf_free(&s->answer);
	if (s->at_end)
		forget_message(s);
	enter(s, SESSION_READ);
}

static void set_answer(struct session *s, enum milter_reply_kind kind)
{
	buf_clear(&s->answer);
	(void)(answer_bare(kind, &s->answer) == ST_OK);
}

/* --- held answers --- */

static bool is_postfix(const struct session *s)
{
	return view_starts(macros_value(&s->macros, VIEW("v")), VIEW("Postfix"));
}

/* 0: this MTA must not be told here. */
static uint64_t progress_ms(const struct session *s)
{
	if (s->at_end)
		return MILTER_PROGRESS_END_MS;
	return is_postfix(s) ? MILTER_PROGRESS_MS : 0;
}

static void hold_is_over(struct session *s)
{
	int64_t held_s = (int64_t)((loop_mono_ms(s->w->loop) - s->hold_from_ms) / 1000);

	timer_stop(s->w->loop, &s->hold);
	s->waited_s += held_s;
	if (held_s > s->longest_s)
		s->longest_s = held_s;
	if (s->at_end || s->message.rest_s == 0)
		budget_release(s->w->budget, &s->message.place);
	if (s->at_end)
		prove(s);
	else
		write_answer(s);
	run(s);
}

static void on_hold(void *arg);

static void wait_on(struct session *s)
{
	uint64_t now = loop_mono_ms(s->w->loop), every = progress_ms(s);
	uint64_t left = s->hold_until_ms > now ? s->hold_until_ms - now : 0;

	timer_start(s->w->loop, &s->hold, every > 0 && every < left ? every : left, on_hold, s);
}

static void on_hold(void *arg)
{
	struct session *s = arg;

	if (loop_mono_ms(s->w->loop) >= s->hold_until_ms) {
		hold_is_over(s);
		return;
	}
	write_bare(s, MILTER_PROGRESS);
	if (s->state != SESSION_CLOSED)
		wait_on(s);
}

static void hold(struct session *s, int64_t seconds)
{
	s->hold_from_ms = loop_mono_ms(s->w->loop);
	s->hold_until_ms = s->hold_from_ms + (uint64_t)seconds * 1000;
	enter(s, SESSION_HOLD);
	wait_on(s);
}

/* --- questions --- */

/* The reverse name is before the bracket of "_": "user@name [address] (may be forged)"; a client
 * without one is "unknown [address]" or "[address]" alone. */
static struct view reverse_name(const struct session *s)
{
	struct view name = macros_value(&s->macros, VIEW("{client_ptr}"));
	struct view line = macros_value(&s->macros, VIEW("_"));
	size_t at;

	if (name.n > 0)
		return name;
	name = view_first(line, view_find(line, ' '));
	at = view_rfind(name, '@');
	return at != VIEW_NONE ? view_from(name, at + 1) : name;
}

static bool exempt(const struct session *s, const struct conf *conf)
{
	struct view v = macros_value(&s->macros, VIEW("{greylist}"));

	return !conf->options->noaccessdb &&
	       (view_eq(v, VIEW("WHITE")) || view_eq(v, VIEW("RELAY")) || view_eq(v, VIEW("OK")));
}

static struct view or_empty(struct view v)
{
	return v.n > 0 ? v : VIEW("");
}

static void fill_milter(struct session *s, enum question_stage stage)
{
	struct question_milter *m = &s->milter;
	const struct message *message = &s->message;

	*m = (struct question_milter){
		.non_ip = s->non_ip,
		.exempt = stage == STAGE_RCPT && exempt(s, s->w->conf),
		.accepted = message->accepted_count,
		.size = -1,
		.own_name = macros_value(&s->macros, VIEW("j")),
		.own_address = macros_value(&s->macros, VIEW("{if_addr}")),
		.autowhite = message->unproven_keep,
		.waited_s = s->waited_s,
		.longest_s = s->longest_s,
	};
	s->macro_list = macros_list(&s->macros, &m->macro_count);
	m->macros = s->macro_list;
	if (stage != STAGE_END)
		return;
	s->recipient_list = message_recipients(message);
	m->recipients = s->recipient_list;
	m->refused = message->refused;
	m->missing = message->missing;
	m->by_default = message->by_default;
	if (s->agreed && (s->terms.steps & (MILTER_NO_HEADERS | MILTER_NO_BODY)) == 0)
		m->size = message->size + 2; /* the empty line */
}

static bool verified(const struct session *s)
{
	return view_eq(macros_value(&s->macros, VIEW("{verify}")), VIEW("OK"));
}

static void ask(struct session *s, enum question_stage stage, struct view recipient,
                void (*decided)(void *arg, const struct transaction_outcome *o))
{
	struct question *q = &s->question;

	fill_milter(s, stage);
	(void)snprintf(s->instance, sizeof(s->instance), "milter.%" PRIx64 ".%u.%u", s->serial,
	               s->w->number, s->messages);
	*q = (struct question){
		.stage = stage,
		.now = loop_wall_s(s->w->loop),
		.client_address = view_of(s->address),
		.client_name = buf_view(&s->host),
		.reverse_name = reverse_name(s),
		.helo = buf_view(&s->helo),
		.sender = or_empty(buf_view(&s->message.sender)),
		.recipient = recipient,
		.auth = macros_value(&s->macros, VIEW("{auth_authen}")),
		.instance = view_of(s->instance),
		.queue_id = macros_value(&s->macros, VIEW("i")),
		.milter = &s->milter,
	};
	q->wall = q->now;
	if (verified(s))
		q->tls = macros_value(&s->macros, VIEW("{cert_subject}"));
	s->transaction = transaction_start(s->w, q, decided, s);
}

static void end_question(struct session *s)
{
	s->transaction = NULL;
	forget_question(s);
}

/* --- who stayed --- */

static void on_proven(void *arg, const struct transaction_outcome *o)
{
	struct session *s = arg;

	(void)o; /* whatever the memory said, the client has waited */
	end_question(s);
	prove(s);
	run(s);
}

static void ask_rcpt(struct session *s);

/* One recipient after the other is let in for good; then what waits for that goes on. */
static void prove(struct session *s)
{
	struct view rest = view_from(buf_view(&s->message.unproven), s->proven), recipient;

	if (view_next(&rest, '\0', &recipient)) {
		s->proven += recipient.n + 1;
		enter(s, SESSION_PROVE);
		ask(s, STAGE_DATA, recipient, on_proven);
		return;
	}
	buf_free(&s->message.unproven);
	s->proven = 0;
	if (s->then == NEXT_ASK_RCPT)
		ask_rcpt(s);
	else
		write_answer(s);
}

static void prove_then(struct session *s, enum session_next then)
{
	s->then = then;
	s->proven = 0;
	prove(s);
}

static bool has_stayed(const struct session *s)
{
	return s->message.unproven.n > 0 && s->message.rest_s == 0;
}

/* --- a recipient --- */

/* What this MTA may be kept waiting for here; the rest is for the end of the message. */
static int64_t hold_now(const struct session *s, int64_t seconds)
{
	return is_postfix(s) || seconds < MILTER_HOLD_RCPT_S ? seconds : MILTER_HOLD_RCPT_S;
}

static void keep_rest(struct message *m, int64_t now_s, int64_t rest_s)
{
	m->rest_s = m->rest_s > now_s ? m->rest_s - now_s : 0;
	if (rest_s > m->rest_s)
		m->rest_s = rest_s;
}

/* The tarpit of a greylist rule: who sits it out is told to come back, without a text. */
static void hold_refusal(struct session *s, const struct transaction_outcome *o)
{
	message_values(&s->message, o);
	set_answer(s, MILTER_TEMPFAIL);
	hold(s, hold_now(s, o->hold_s));
}

static void hold_recipient(struct session *s, const struct transaction_outcome *o)
{
	struct message *m = &s->message;
	int64_t now_s = hold_now(s, o->hold_s);

	budget_release(s->w->budget, &m->place);
	m->place = o->place;
	if (o->then_defer) {
		hold_refusal(s, o);
		return;
	}
	set_answer(s, MILTER_CONTINUE);
	if (message_accept(m, buf_view(&s->recipient), o) != ST_OK ||
	    message_unproven(m, buf_view(&s->recipient), o) != ST_OK)
		set_answer(s, MILTER_TEMPFAIL);
	keep_rest(m, now_s, o->hold_s - now_s);
	if (now_s > 0)
		hold(s, now_s);
	else if (m->rest_s == 0)
		prove_then(s, NEXT_ANSWER); /* it has waited as long already */
	else
		write_answer(s);
}

/* The refusal of a null sender is kept for the end of its message. */
static void put_off(struct session *s, const struct transaction_outcome *o)
{
	struct transaction_outcome refusal = *o;
	struct message *m = &s->message;

	m->refused = true;
	if (o->grey.missing > m->missing)
		m->missing = o->grey.missing;
	refusal.verdict = DO_DEFER;
	buf_clear(&m->late);
	(void)(answer_refusal(&refusal, &m->late) == ST_OK);
}

static void accept_recipient(struct session *s, const struct transaction_outcome *o)
{
	struct message *m = &s->message;

	set_answer(s, MILTER_CONTINUE);
	if (o->reason == BY_NULL_SENDER)
		put_off(s, o);
	if (message_accept(m, buf_view(&s->recipient), o) != ST_OK)
		set_answer(s, MILTER_TEMPFAIL);
	/* Another recipient of a client that is still to wait for the first. */
	if (o->reason == BY_STAYING && m->rest_s > 0)
		(void)(message_unproven(m, buf_view(&s->recipient), o) == ST_OK);
	write_answer(s);
}

static void on_rcpt(void *arg, const struct transaction_outcome *o)
{
	struct session *s = arg;

	end_question(s);
	buf_clear(&s->answer);
	s->at_end = false;
	switch (o->verdict) {
	case DO_PASS: accept_recipient(s, o); break;
	case DO_HOLD: hold_recipient(s, o); break;
	case DO_DEFER:
	case DO_REJECT:
	case DO_TEMPFAIL:
		message_values(&s->message, o);
		if (answer_refusal(o, &s->answer) != ST_OK)
			set_answer(s, MILTER_TEMPFAIL);
		write_answer(s);
		break;
	}
	run(s);
}

static void ask_rcpt(struct session *s)
{
	struct view mailer = macros_value(&s->macros, VIEW("{rcpt_mailer}"));

	/* The MTA refuses it by itself. */
	if (view_eq(mailer, VIEW("error"))) {
		set_answer(s, MILTER_CONTINUE);
		write_answer(s);
		return;
	}
	enter(s, SESSION_ASK);
	ask(s, STAGE_RCPT, or_empty(buf_view(&s->recipient)), on_rcpt);
}

static struct view without_brackets(struct view address)
{
	bool has = address.n >= 2 && address.p[0] == '<' && address.p[address.n - 1] == '>';

	return has ? (struct view){ address.p + 1, address.n - 2 } : address;
}

static void take_rcpt(struct session *s, const struct milter_envelope *e)
{
	buf_clear(&s->recipient);
	s->at_end = false;
	if (!s->message.open || buf_append(&s->recipient, without_brackets(e->address)) != ST_OK) {
		go_on(s, MILTER_RCPT); /* out of order: no MTA does so, and none is left waiting */
		return;
	}
	if (has_stayed(s))
		prove_then(s, NEXT_ASK_RCPT);
	else
		ask_rcpt(s);
}

/* --- the end of the message --- */

static void add_header(struct session *s, struct view line, int64_t index)
{
	if (line.n == 0 || (s->terms.actions & MILTER_MAY_ADD_HEADERS) == 0)
		return;
	if (answer_header(line, index, &s->answer) != ST_OK)
		log_warning(s->w->log, "milter: a header can't be added: it is none, or too long");
}

/* In milter-greylist's order. */
static void add_headers(struct session *s, const struct transaction_outcome *o)
{
	struct message *m = &s->message;
	struct buf line = buf_of(REPLY_TEXT_MAX);

	if (o != NULL && o->rule != NULL && reply_rule_header(o, &line) == ST_OK)
		add_header(s, buf_view(&line), o->rule->effects.addheader_index);
	if (m->accepted_count > 0) {
		add_header(s, message_header(m, s->w->conf), ACL_UNSET);
		add_header(s, buf_view(&m->added), m->added_index);
	}
	buf_free(&line);
}

/* The message is let in; but first whoever was not held long enough is held for the rest. */
static void let_in(struct session *s, const struct transaction_outcome *o)
{
	int64_t rest_s = s->message.rest_s;

	buf_clear(&s->answer);
	add_headers(s, o);
	(void)(answer_bare(MILTER_CONTINUE, &s->answer) == ST_OK);
	s->then = NEXT_ANSWER;
	s->proven = 0;
	if (rest_s > 0)
		hold(s, rest_s < MILTER_HOLD_END_S ? rest_s : MILTER_HOLD_END_S);
	else
		prove(s);
}

static void on_end_decided(void *arg, const struct transaction_outcome *o)
{
	struct session *s = arg;

	end_question(s);
	if (o->verdict == DO_PASS) {
		let_in(s, o);
	} else {
		buf_clear(&s->answer);
		if (o->reason == BY_DELAYED && s->message.late.n > 0) {
			if (buf_append(&s->answer, buf_view(&s->message.late)) != ST_OK)
				set_answer(s, MILTER_TEMPFAIL);
		} else if (answer_refusal(o, &s->answer) != ST_OK) {
			set_answer(s, MILTER_TEMPFAIL);
		}
		write_answer(s);
	}
	run(s);
}

/* The one recipient of a message, for rules and the log. */
static struct view sole_recipient(const struct message *m)
{
	struct view all = buf_view(&m->accepted);

	return m->accepted_count == 1 ? (struct view){ all.p + 1, all.n - 3 } : VIEW("");
}

static void take_end(struct session *s, struct view body)
{
	s->at_end = true;
	s->message.size += (int64_t)body.n;
	if (!s->message.open) {
		write_bare(s, MILTER_CONTINUE);
	} else if (s->message.refused ||
	           (s->w->conf->acl->rules[ACL_DATA] != NULL && s->message.accepted_count > 0)) {
		enter(s, SESSION_ASK);
		ask(s, STAGE_END, sole_recipient(&s->message), on_end_decided);
	} else {
		let_in(s, NULL);
	}
}

/* --- the other packets --- */

static void take_offer(struct session *s, const struct milter_offer *offer)
{
	struct buf out = buf_of(ANSWER_MAX);
	struct wish wish;
	enum status st;

	wish_begin(&wish, s->w->conf);
	st = milter_negotiate(offer, &wish.milter, &s->terms);
	if (st == ST_OK)
		st = milter_put_terms(&out, &s->terms, &wish.milter);
	wish_end(&wish);
	s->agreed = st == ST_OK;
	if (st == ST_OK)
		write_out(s, buf_view(&out));
	else
		refuse_peer(s, "this version of the protocol is not spoken", VIEW(""));
	buf_free(&out);
}

static void take_connect(struct session *s, const struct milter_connect *c)
{
	buf_clear(&s->host);
	(void)(buf_append(&s->host, c->host) == ST_OK); /* a packet fits */
	s->connected = true;
	s->non_ip = c->family != MILTER_IPV4 && c->family != MILTER_IPV6;
	s->address[0] = '\0';
	if (c->ip.family != IP_NONE)
		ip_format(&c->ip, s->address);
	s->waited_s = 0;
	s->longest_s = 0;
}

static void take_mail(struct session *s, const struct milter_envelope *e)
{
	forget_message(s);
	message_begin(&s->message);
	s->messages++;
	(void)(buf_append(&s->message.sender, without_brackets(e->address)) == ST_OK);
}

static void take_data(struct session *s)
{
	s->at_end = false;
	if (!s->message.open || !milter_awaits_answer(MILTER_DATA, s->terms.steps)) {
		go_on(s, MILTER_DATA);
		return;
	}
	set_answer(s, MILTER_CONTINUE);
	if (has_stayed(s))
		prove_then(s, NEXT_ANSWER);
	else
		write_answer(s);
}

/* "Name: value" CR LF, and the CR that milters are not sent before a fold's LF. */
static void take_header(struct session *s, const struct milter_header *h)
{
	size_t n = h->name.n + h->value.n + strlen(": \r\n");

	for (size_t i = 0; i < h->value.n; i++)
		n += h->value.p[i] == '\n' && (i == 0 || h->value.p[i - 1] != '\r');
	s->message.size += (int64_t)n;
	go_on(s, MILTER_HEADER);
}

static void next_client(struct session *s)
{
	forget_client(s);
}

static void take_macros(struct session *s, const struct milter_macros *m)
{
	if (macros_add(&s->macros, m) == ST_LIMIT)
		log_warning(s->w->log, "milter: more than %zu octets of macros for one command",
		            MACROS_OCTETS_MAX);
}

static void take_command(struct session *s, const struct milter_command *c)
{
	enum milter_stage stage;

	if (c->kind != MILTER_MACRO && milter_macro_stage((char)c->kind, &stage) == ST_OK)
		macros_command(&s->macros, stage);
	switch (c->kind) {
	case MILTER_OPTNEG: take_offer(s, &c->offer); break;
	case MILTER_MACRO: take_macros(s, &c->macros); break;
	case MILTER_CONNECT: take_connect(s, &c->connect), go_on(s, c->kind); break;
	case MILTER_HELO:
		buf_clear(&s->helo);
		(void)(buf_append(&s->helo, c->text) == ST_OK);
		go_on(s, c->kind);
		break;
	case MILTER_MAIL: take_mail(s, &c->envelope), go_on(s, c->kind); break;
	case MILTER_RCPT: take_rcpt(s, &c->envelope); break;
	case MILTER_DATA: take_data(s); break;
	case MILTER_UNKNOWN: go_on(s, c->kind); break;
	case MILTER_HEADER: take_header(s, &c->header); break;
	case MILTER_EOH: go_on(s, c->kind); break;
	case MILTER_BODY:
		s->message.size += (int64_t)c->body.n;
		go_on(s, c->kind);
		break;
	case MILTER_EOB: take_end(s, c->body); break;
	case MILTER_ABORT: forget_message(s); break;
	case MILTER_QUIT: close_after_answers(s); break;
	case MILTER_QUIT_NC: next_client(s); break;
	}
}

/* --- packets --- */

static void drop_taken(struct session *s)
{
	buf_drop(&s->in, s->start);
	s->start = 0;
	if (s->in.n == 0)
		buf_free(&s->in);
}

/* False: there is no whole one. */
static bool next_packet(struct session *s)
{
	uint32_t most = s->agreed ? s->terms.max_data : MILTER_DATA_MAX;
	struct view in = view_from(buf_view(&s->in), s->start);
	struct milter_packet packet;
	struct milter_command command;
	size_t used = 0;
	enum status st = milter_scan(in, most, &packet, &used);

	if (st == ST_AGAIN) {
		drop_taken(s);
		return false;
	}
	if (st == ST_OK)
		st = milter_command_read(&packet, &command);
	if (st == ST_OK && !s->agreed && command.kind != MILTER_OPTNEG)
		st = ST_INVALID;
	if (st != ST_OK) {
		refuse_peer(s, "a packet that no MTA sends", in);
		return false;
	}
	s->start += used;
	take_command(s, &command);
	return true;
}

static void on_more(void *arg)
{
	run(arg);
}

static void run(struct session *s)
{
	for (unsigned n = 0; s->state == SESSION_READ; n++) {
		if (n == MILTER_PACKETS_A_TURN) {
			loop_soon(s->w->loop, &s->more, on_more, s);
			return;
		}
		if (!next_packet(s))
			break;
	}
	if (s->state == SESSION_READ && s->w->leaving && !s->message.open)
		close_after_answers(s);
}

/* An MTA that waits for an answer sends nothing; one that gives up on it may say so. */
static void mind_farewell(struct session *s)
{
	bool waits =
		s->state == SESSION_ASK || s->state == SESSION_HOLD || s->state == SESSION_PROVE;
	char letter = s->in.n > s->start + LETTER_AT ? s->in.p[s->start + LETTER_AT] : '\0';

	if (!waits || (letter != MILTER_ABORT && letter != MILTER_QUIT && letter != MILTER_QUIT_NC))
		return;
	cancel(s);
	enter(s, SESSION_READ);
	run(s);
}

/* --- what the connection says --- */

static void mind_input(struct session *s)
{
	if (s->state == SESSION_CLOSED)
		return;
	if (s->in.n - s->start > MILTER_INPUT_MAX / 2)
		conn_pause(s->conn);
	else
		conn_resume(s->conn);
}

static void on_data(void *arg, struct view octets)
{
	struct session *s = arg;

	if (s->state == SESSION_LAST || s->state == SESSION_CLOSED)
		return;
	s->active_ms = loop_mono_ms(s->w->loop);
	if (octets.n > MILTER_INPUT_MAX - s->in.n)
		drop_taken(s);
	if (buf_append(&s->in, octets) != ST_OK) {
		session_close(s);
		return;
	}
	run(s);
	mind_farewell(s);
	mind_input(s);
}

/* An MTA that has hung up wants no answer, whatever was under way. */
static void on_end(void *arg, bool broken)
{
	(void)broken;
	session_close(arg);
}

static void on_drained(void *arg)
{
	struct session *s = arg;

	if (s->state == SESSION_LAST)
		session_close(s);
	else
		mind_input(s);
}

static const struct conn_events events = { on_data, on_end, on_drained };

/* One timer a connection, looked at only when it may be due. */
static void on_idle(void *arg)
{
	struct session *s = arg;
	bool unfinished = s->in.n > s->start;
	uint64_t idle = loop_mono_ms(s->w->loop) - s->active_ms;
	uint64_t most = (unfinished ? MILTER_UNFINISHED_S : MILTER_IDLE_S) * UINT64_C(1000);

	if (s->state == SESSION_READ && idle >= most)
		session_close(s);
	else
		timer_start(s->w->loop, &s->idle, MILTER_UNFINISHED_S * UINT64_C(1000), on_idle, s);
}

/* --- what the worker says --- */

static void into_list(struct session *s)
{
	struct session *first = s->w->peers[WORKER_MILTER];

	s->next = first;
	s->at = (struct session **)(void *)&s->w->peers[WORKER_MILTER];
	if (first != NULL)
		first->at = &s->next;
	s->w->peers[WORKER_MILTER] = s;
}

static void milter_serve(struct worker *w, int fd)
{
	struct session *s = mem_new(struct session);

	s->w = w;
	s->conn = conn_new(w->loop, fd, fd, &events, s);
	count(&w->counters, COUNT_CONNECTIONS);
	w->open++;
	if (s->conn == NULL) {
		(void)close(fd);
		mem_free(s);
		worker_closed(w);
		return;
	}
	conn_ack_at_once(s->conn);
	s->in = buf_of(MILTER_INPUT_MAX);
	s->host = buf_of(NAME_MAX_);
	s->helo = buf_of(NAME_MAX_);
	s->recipient = buf_of(NAME_MAX_);
	s->answer = buf_of(ANSWER_MAX * 4);
	s->non_ip = true;
	s->serial = loop_mono_us() ^ (uint64_t)loop_wall_s(w->loop) << 24;
	macros_begin(&s->macros);
	s->active_ms = loop_mono_ms(w->loop);
	into_list(s);
	timer_start(w->loop, &s->idle, MILTER_UNFINISHED_S * UINT64_C(1000), on_idle, s);
	if (log_takes(w->log, LOG_LEVEL_INFO)) {
		char from[80];

		conn_peer(s->conn, from, sizeof(from));
		log_info(w->log, "CONNECT milter peer: %s", from);
	}
}

static void on_leave(void *arg)
{
	struct session *s = arg;

	if (s->state == SESSION_READ)
		close_after_answers(s);
}

/* Those that wait for an answer close when they have it and their message is over, see run(). A
 * held answer is not waited for: the client is asked to come back. */
static void leave(struct session *s)
{
	if (s->state == SESSION_HOLD) {
		timer_stop(s->w->loop, &s->hold);
		set_answer(s, MILTER_TEMPFAIL);
		write_answer(s);
	}
	if (s->state != SESSION_CLOSED)
		timer_start(s->w->loop, &s->idle, s->message.open ? LEAVE_MESSAGE_MS : LEAVE_MS,
		            on_leave, s);
}

static void milter_leave(struct worker *w)
{
	struct session *next;

	for (struct session *s = w->peers[WORKER_MILTER]; s != NULL; s = next) {
		next = s->next;
		leave(s);
	}
}

const struct worker_door milter_door = { milter_serve, milter_leave };
