#include "milter/door.h"

#include <unistd.h>

#include "conf/conf.h"
#include "milter/answer.h"
#include "milter/filters.h"
#include "milter/session.h"
#include "milter/wish.h"
#include "util/mem.h"

#define LEAVE_MS         50    /* for packets that have just been sent when the daemon is to end */
#define LEAVE_MESSAGE_MS 10000 /* for a message that has begun */
#define NAME_MAX_        ((size_t)65536)
#define ANSWER_MAX_ALL   ((size_t)1 << 30) /* a message's new body is bounded by its memory */
#define LETTER_AT        4u                /* of a packet */

/* --- the other packets --- */

static void take_offer(struct session *s, const struct milter_offer *offer)
{
	struct buf out = buf_of(ANSWER_MAX);
	struct wish wish;
	enum status st;

	wish_begin(&wish, s->w->conf);
	filters_wish(s->w, &wish);
	s->offered = offer->actions;
	st = milter_negotiate(offer, &wish.milter, &s->terms);
	if (st == ST_OK)
		st = milter_put_terms(&out, &s->terms, &wish.milter);
	wish_end(&wish);
	s->agreed = st == ST_OK;
	if (st == ST_OK)
		session_write(s, buf_view(&out));
	else
		session_refuse(s, "this version of the protocol is not spoken", VIEW(""));
	buf_free(&out);
}

static void take_connect(struct session *s, const struct milter_connect *c)
{
	buf_clear(&s->host);
	(void)(buf_append(&s->host, c->host) == ST_OK); /* a packet fits */
	s->non_ip = c->family != MILTER_IPV4 && c->family != MILTER_IPV6;
	s->port = c->port;
	s->address[0] = '\0';
	if (c->ip.family != IP_NONE)
		ip_format(&c->ip, s->address);
	s->waited_s = 0;
	s->longest_s = 0;
	session_client_ahead(s);
	filters_begin(s);
}

static void take_mail(struct session *s, const struct milter_envelope *e)
{
	session_forget_message(s);
	message_begin(&s->message, s->w, (s->terms.steps & MILTER_WITH_BLANK) != 0);
	s->message.mail->sendmail = !session_is_postfix(s);
	if (s->filters != NULL)
		message_keep_all(&s->message);
	s->messages++;
	(void)(buf_append(&s->message.sender, envelope_address(e->address)) == ST_OK);
	session_sender_ahead(s);
}

static void take_data(struct session *s)
{
	s->at_end = false;
	if (!s->message.open || !milter_awaits_answer(MILTER_DATA, s->terms.steps)) {
		session_go_on(s, MILTER_DATA);
		return;
	}
	session_set_answer(s, MILTER_CONTINUE);
	filters_take(s, &(struct milter_command){ .kind = MILTER_DATA });
	if (tarpit_has_stayed(s))
		tarpit_prove_then(s, NEXT_ANSWER);
	else
		session_write_answer(s);
}

static void take_macros(struct session *s, const struct milter_macros *m)
{
	if (macros_add(&s->macros, m) == ST_LIMIT)
		log_warning(s->w->log, "milter: more than %zu octets of macros for one command",
		            MACROS_OCTETS_MAX);
}

/* The child milters are asked, if there are any; else there is nothing to say yet. */
static void go_on(struct session *s, const struct milter_command *c)
{
	if (s->filters != NULL)
		filters_ask(s, c);
	else
		session_go_on(s, c->kind);
}

static bool may_skip(const struct session *s)
{
	return (s->terms.steps & MILTER_WITH_SKIP) != 0 && s->filters == NULL &&
	       milter_awaits_answer(MILTER_BODY, s->terms.steps);
}

static void take_body(struct session *s, struct view octets)
{
	message_take_body(&s->message, octets);
	if (may_skip(s) && message_skip_rest(&s->message))
		session_write_bare(s, MILTER_SKIP);
	else
		session_go_on(s, MILTER_BODY);
}

static void take_command(struct session *s, const struct milter_command *c)
{
	enum milter_stage stage;

	if (c->kind != MILTER_MACRO && milter_macro_stage((char)c->kind, &stage) == ST_OK)
		macros_command(&s->macros, stage);
	switch (c->kind) {
	case MILTER_OPTNEG: take_offer(s, &c->offer); break;
	case MILTER_MACRO: take_macros(s, &c->macros); break;
	case MILTER_CONNECT:
		take_connect(s, &c->connect);
		go_on(s, c);
		break;
	case MILTER_HELO:
		buf_clear(&s->helo);
		(void)(buf_append(&s->helo, c->text) == ST_OK);
		go_on(s, c);
		break;
	case MILTER_MAIL:
		take_mail(s, &c->envelope);
		go_on(s, c);
		break;
	case MILTER_RCPT: envelope_rcpt(s, &c->envelope); break;
	case MILTER_DATA: take_data(s); break;
	case MILTER_UNKNOWN: go_on(s, c); break;
	case MILTER_HEADER:
		authres_take_header(s, c->header.name, c->header.value);
		message_take_header(&s->message, c->header.name, c->header.value);
		session_go_on(s, c->kind);
		break;
	case MILTER_EOH: session_go_on(s, c->kind); break;
	case MILTER_BODY: take_body(s, c->body); break;
	case MILTER_EOB: envelope_end(s, c->body); break;
	case MILTER_ABORT: session_forget_message(s); break;
	case MILTER_QUIT: session_finish(s); break;
	case MILTER_QUIT_NC: session_forget_client(s); break;
	}
}

/* --- packets --- */

/* libmilter passes over macros that it can't read, since nobody waits for an answer to them. */
static bool may_be_left_out(const struct session *s, const struct milter_packet *packet)
{
	return s->agreed && packet->letter == MILTER_MACRO && packet->data.n > 0;
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
		session_drop_taken(s);
		return false;
	}
	if (st == ST_OK) {
		st = milter_command_read(&packet, &command);
		if (st != ST_OK && may_be_left_out(s, &packet)) {
			count(&s->w->counters, COUNT_GARBAGE);
			s->start += used;
			return true;
		}
	}
	if (st == ST_OK && !s->agreed && command.kind != MILTER_OPTNEG)
		st = ST_INVALID;
	if (st != ST_OK) {
		session_refuse(s, "a packet that no MTA sends", in);
		return false;
	}
	s->start += used;
	take_command(s, &command);
	return true;
}

static void on_more(void *arg)
{
	session_run(arg);
}

void session_run(struct session *s)
{
	for (unsigned n = 0; s->state == SESSION_READ; n++) {
		if (n == MILTER_PACKETS_A_TURN) {
			loop_soon(s->w->loop, &s->more, on_more, s);
			return;
		}
		if (!next_packet(s))
			break;
	}
	if (s->state == SESSION_READ && s->w->leaving && (!s->message.open || s->overdue))
		session_finish(s);
}

static bool says_farewell(const struct session *s)
{
	size_t at = s->start + LETTER_AT;

	return at < s->in.n && (s->in.p[at] == MILTER_ABORT || s->in.p[at] == MILTER_QUIT ||
	                        s->in.p[at] == MILTER_QUIT_NC);
}

/* An MTA that waits for an answer sends nothing; one that gives up on it may say so. */
static void mind_farewell(struct session *s)
{
	bool waits =
		s->state == SESSION_ASK || s->state == SESSION_HOLD || s->state == SESSION_PROVE;

	if (!waits || !says_farewell(s))
		return;
	session_cancel(s);
	session_enter(s, SESSION_READ);
	session_run(s);
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
		session_drop_taken(s);
	if (buf_append(&s->in, octets) != ST_OK) {
		session_close(s);
		return;
	}
	session_run(s);
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
	else if (s->state == SESSION_WRITE && session_write_on(s))
		session_run(s);
	mind_input(s);
}

static const struct conn_events events = { on_data, on_end, on_drained };

/* One timer a connection, looked at only when it may be due. */
static void on_idle(void *arg)
{
	struct session *s = arg;
	bool unfinished = s->in.n > s->start || s->state == SESSION_WRITE;
	uint64_t idle = loop_mono_ms(s->w->loop) - s->active_ms;
	uint64_t most = (unfinished ? MILTER_UNFINISHED_S : MILTER_IDLE_S) * UINT64_C(1000);

	if ((s->state == SESSION_READ || s->state == SESSION_WRITE) && idle >= most)
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
	s->answer = buf_of(ANSWER_MAX_ALL);
	s->non_ip = true;
	s->serial = loop_mono_us() ^ (uint64_t)loop_wall_s(w->loop) << 24;
	macros_begin(&s->macros);
	s->active_ms = loop_mono_ms(w->loop);
	into_list(s);
	(void)atomic_fetch_add_explicit(&w->load->sessions, 1, memory_order_relaxed);
	timer_start(w->loop, &s->idle, MILTER_UNFINISHED_S * UINT64_C(1000), on_idle, s);
	if (log_takes(w->log, LOG_LEVEL_INFO)) {
		char from[80];

		conn_peer(s->conn, from, sizeof(from));
		log_info(w->log, "CONNECT milter peer: %s", from);
	}
}

/* An MTA that does not read its answer is not waited for twice. */
static void on_leave(void *arg)
{
	struct session *s = arg;
	bool again = s->overdue;

	s->overdue = true;
	filters_give_up(s);
	if (s->state == SESSION_READ)
		session_finish(s);
	else if (again && s->state == SESSION_WRITE)
		session_close(s);
	else
		timer_start(s->w->loop, &s->idle, LEAVE_MESSAGE_MS, on_leave, s);
}

/* Those that wait for an answer close when they have it and their message is over, or its time, see
 * session_run(). */
static void leave(struct session *s)
{
	if (s->state == SESSION_HOLD)
		tarpit_give_up(s);
	if (s->state != SESSION_CLOSED && s->state != SESSION_LAST)
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
