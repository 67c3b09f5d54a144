#include "milter/session.h"

#include <inttypes.h>
#include <stdio.h>

#include "conf/options.h"
#include "milter/answer.h"
#include "milter/filters.h"
#include "session/ahead.h"
#include "util/escape.h"
#include "util/mem.h"

#define LINGER_MS    2000
#define INSTANCE_MAX 80
#define UNASKED_MAX  8 /* who sends more senders without a recipient may wait with the first */
#define WRITE_MAX    (CONN_OUT_MAX / 2)

/* What a question needs beside the session; its views point there. */
struct inquiry {
	struct question question;
	struct question_milter milter;
	struct spf_said spf;
	struct fact_pair *macros;
	struct view *recipients;
	char instance[INSTANCE_MAX];
};

void session_enter(struct session *s, enum session_state state)
{
	s->state = state;
}

/* --- closing --- */

void inquiry_free(struct inquiry **inquiry)
{
	struct inquiry *i = *inquiry;

	if (i == NULL)
		return;
	*inquiry = NULL;
	mem_free(i->macros);
	mem_free(i->recipients);
	mem_free(i);
}

void session_forget_message(struct session *s)
{
	budget_release(s->w->budget, &s->message.place);
	ahead_free(&s->sender_ahead);
	ahead_free(&s->message_ahead);
	filters_forget_message(s);
	message_end(&s->message);
}

/* What is under way is given up; the client did not wait for it. A mark that the memory has of it
 * stays. */
void session_cancel(struct session *s)
{
	filters_cancel(s);
	transaction_cancel(&s->transaction);
	inquiry_free(&s->inquiry);
	timer_stop(s->w->loop, &s->hold);
	buf_free(&s->answer);
	s->written = 0;
}

void session_forget_client(struct session *s)
{
	session_forget_message(s);
	filters_end(s);
	ahead_free(&s->ahead);
	buf_free(&s->host);
	buf_free(&s->helo);
	buf_free(&s->recipient);
	macros_clear(&s->macros);
	s->address[0] = '\0';
	s->non_ip = true;
	s->port = 0;
	s->waited_s = 0;
	s->longest_s = 0;
	s->accepted = false;
	properties_clear(&s->properties);
}

static void destroy(void *arg)
{
	struct session *s = arg;
	struct worker *w = s->w;

	buf_free(&s->in);
	mem_free(s);
	worker_closed(w);
}

void session_drop_taken(struct session *s)
{
	buf_drop(&s->in, s->start);
	s->start = 0;
	if (s->in.n == 0)
		buf_free(&s->in);
}

void session_close(struct session *s)
{
	if (s->state == SESSION_CLOSED)
		return;
	session_cancel(s);
	session_forget_client(s);
	timer_stop(s->w->loop, &s->idle);
	loop_not_soon(s->w->loop, &s->more);
	conn_close(&s->conn);
	session_enter(s, SESSION_CLOSED);
	(void)atomic_fetch_sub_explicit(&s->w->load->sessions, 1, memory_order_relaxed);
	*s->at = s->next;
	if (s->next != NULL)
		s->next->at = s->at;
	loop_soon(s->w->loop, &s->end, destroy, s);
}

static void on_linger(void *arg)
{
	session_close(arg);
}

void session_finish(struct session *s)
{
	if (conn_flush(s->conn)) {
		session_close(s);
		return;
	}
	session_enter(s, SESSION_LAST);
	buf_clear(&s->in);
	s->start = 0;
	conn_finish(s->conn);
	conn_resume(s->conn);
	timer_start(s->w->loop, &s->idle, LINGER_MS, on_linger, s);
}

void session_refuse(struct session *s, const char *what, struct view octets)
{
	char shown[ESCAPE_ROOM(100)], from[80];

	count(&s->w->counters, COUNT_GARBAGE);
	conn_peer(s->conn, from, sizeof(from));
	log_warning(s->w->log, "milter: %s: <%s> (peer %s): closed", what,
	            escape_text(view_first(octets, 100), shown, sizeof(shown)), from);
	session_close(s);
}

/* --- answers --- */

void session_write(struct session *s, struct view packets)
{
	s->active_ms = loop_mono_ms(s->w->loop);
	if (conn_write(s->conn, packets) != ST_OK)
		session_close(s); /* it sends and sends, and reads nothing */
}

/* One of the letters without data. */
void session_write_bare(struct session *s, enum milter_reply_kind kind)
{
	struct buf out = buf_of(MILTER_HEAD);

	if (answer_bare(kind, &out) == ST_OK)
		session_write(s, buf_view(&out));
	buf_free(&out);
}

void session_go_on(struct session *s, enum milter_command_kind kind)
{
	if (milter_awaits_answer(kind, s->terms.steps))
		session_write_bare(s, MILTER_CONTINUE);
}

/* In one write, but for the rest of a body, which follows as the MTA reads. True: all has been
 * written. */
bool session_write_on(struct session *s)
{
	struct view rest = view_from(buf_view(&s->answer), s->written);
	struct view piece = view_first(rest, WRITE_MAX);

	s->written += piece.n;
	session_write(s, piece);
	if (s->state == SESSION_CLOSED || s->written < s->answer.n)
		return false;
	buf_free(&s->answer);
	s->written = 0;
	if (s->at_end && s->message.let_in)
		message_write_lines(&s->message);
	if (s->at_end)
		session_forget_message(s);
	session_enter(s, SESSION_READ);
	return true;
}

/* The answer that was prepared, if the child milters have nothing against it; the message is over
 * with it, or goes on. */
void session_write_answer(struct session *s)
{
	if (filters_answer(s))
		return;
	session_enter(s, SESSION_WRITE);
	(void)session_write_on(s);
}

void session_set_answer(struct session *s, enum milter_reply_kind kind)
{
	buf_clear(&s->answer);
	(void)(answer_bare(kind, &s->answer) == ST_OK);
}

/* --- questions --- */

/* The reverse name is before the bracket of "_": "user@name [address] (may be forged)"; a client
 * without one is "unknown [address]" or "[address]" alone. Empty when the MTA says nothing of it,
 * as when its look-up has failed, which only {client_resolve} tells. */
static struct view reverse_name(const struct session *s)
{
	struct view name = macros_value(&s->macros, VIEW("{client_ptr}"));
	struct view line = macros_value(&s->macros, VIEW("_"));
	size_t at;

	if (view_eq(macros_value(&s->macros, VIEW("{client_resolve}")), VIEW("TEMP")))
		return VIEW("");
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

/* Another configuration, which wants more, may have come since the connection or the message began:
 * then what was kept is no mail to look into. */
static bool is_told_of_content(const struct session *s)
{
	unsigned kept = s->message.content, wanted = conf_content(s->w->conf);

	if ((s->terms.steps & MILTER_NO_HEADERS) != 0)
		kept &= ~(unsigned)CONTENT_HEADERS;
	if ((s->terms.steps & MILTER_NO_BODY) != 0)
		kept &= ~(unsigned)CONTENT_BODY;
	return (kept & (CONTENT_HEADERS | CONTENT_BODY)) != 0 &&
	       (wanted & ~kept & (CONTENT_HEADERS | CONTENT_BODY)) == 0;
}

static void fill_milter(struct session *s, enum question_stage stage)
{
	struct inquiry *i = s->inquiry;
	struct question_milter *m = &i->milter;
	const struct message *message = &s->message;

	*m = (struct question_milter){
		.non_ip = s->non_ip,
		.exempt = stage == STAGE_RCPT && exempt(s, s->w->conf),
		.client_ahead = s->ahead,
		.sender_ahead = s->sender_ahead,
		.message_ahead = s->message_ahead,
		.handed = filters_handed(s),
		.accepted = message->accepted_count,
		.size = -1,
		.own_name = macros_value(&s->macros, VIEW("j")),
		.autowhite = message->unproven_keep,
		.waited_s = s->waited_s,
		.longest_s = s->longest_s,
	};
	if (message->has_spf) {
		i->spf = (struct spf_said){ message->spf_result, buf_view(&message->spf_domain),
			                    message_spf_more(message) };
		m->spf = &i->spf;
	}
	i->macros = macros_list(&s->macros, &m->macro_count);
	m->macros = i->macros;
	if (stage != STAGE_END)
		return;
	i->recipients = message_recipients(message);
	m->recipients = i->recipients;
	m->refused = message->refused;
	m->missing = message->missing;
	m->by_default = message->by_default;
	if ((s->terms.steps & (MILTER_NO_HEADERS | MILTER_NO_BODY)) == 0 && !message->skipped)
		m->size = message->mail->size;
	if (is_told_of_content(s))
		m->mail = message->mail;
	m->mail_short = message->mail_short;
	m->said = filters_said(s);
}

/* Postfix has no {verify}; it tells the subject of certificates only that it trusts
 * (smtpd_milter.c). */
static bool verified(const struct session *s)
{
	struct view verify;

	if (!macros_find(&s->macros, VIEW("{verify}"), &verify))
		return session_is_postfix(s);
	return view_eq(verify, VIEW("OK"));
}

const struct question *session_prepare(struct session *s, enum question_stage stage,
                                       struct view recipient)
{
	struct inquiry *i = mem_new(struct inquiry);
	struct question *q = &i->question;

	s->inquiry = i;
	fill_milter(s, stage);
	(void)snprintf(i->instance, sizeof(i->instance), "milter.%" PRIx64 ".%u.%u", s->serial,
	               s->w->number, s->messages);
	*q = (struct question){
		.stage = stage,
		.now = loop_wall_s(s->w->loop),
		.client_address = view_of(s->address),
		.client_name = buf_view(&s->host),
		.reverse_name = reverse_name(s),
		.helo = buf_view(&s->helo),
		.sender = or_empty(buf_view(&s->message.sender)),
		.recipient = or_empty(recipient),
		.auth = macros_value(&s->macros, VIEW("{auth_authen}")),
		.instance = view_of(i->instance),
		.queue_id = macros_value(&s->macros, VIEW("i")),
		.own_address = macros_value(&s->macros, VIEW("{if_addr}")),
		.stress = worker_stress(s->w),
		.accepted = s->accepted,
		.properties = &s->properties,
		.milter = &i->milter,
	};
	q->wall = q->now;
	if (verified(s))
		q->tls = macros_value(&s->macros, VIEW("{cert_subject}"));
	return q;
}

/* Who has come by the ports of RFC 8314 section 3.3 and RFC 6409 section 3.1 is yet to
 * authenticate, and then exempt from all. */
static bool is_submission(const struct session *s)
{
	struct view port = macros_value(&s->macros, VIEW("{daemon_port}"));

	return view_eq(port, VIEW("587")) || view_eq(port, VIEW("465"));
}

void session_drop_ahead(struct session *s)
{
	ahead_free(&s->sender_ahead);
	ahead_free(&s->ahead);
}

void session_client_ahead(struct session *s)
{
	session_drop_ahead(s);
	if (is_submission(s))
		return;
	s->ahead = ahead_new(s->w, session_prepare(s, STAGE_RCPT, VIEW("")), AHEAD_CLIENT, NULL);
	inquiry_free(&s->inquiry);
}

void session_message_ahead(struct session *s)
{
	ahead_free(&s->message_ahead);
	s->message_ahead = ahead_message(s->w, session_prepare(s, STAGE_END, VIEW("")));
	inquiry_free(&s->inquiry);
}

void session_sender_ahead(struct session *s)
{
	const struct question *q;

	if (s->unasked == UNASKED_MAX)
		return;
	s->unasked++;
	q = session_prepare(s, STAGE_RCPT, VIEW(""));
	if (s->ahead != NULL && !ahead_lasts(s->ahead, s->w))
		ahead_free(&s->ahead);
	if (s->ahead == NULL)
		s->ahead = ahead_new(s->w, q, AHEAD_CLIENT, NULL);
	s->sender_ahead = ahead_new(s->w, q, AHEAD_SENDER, s->ahead);
	inquiry_free(&s->inquiry);
}

void session_ask(struct session *s, enum question_stage stage, struct view recipient,
                 void (*decided)(void *arg, const struct transaction_outcome *o))
{
	s->unasked = 0;
	s->transaction = transaction_start(s->w, session_prepare(s, stage, recipient), decided, s);
}

struct inquiry *session_decided(struct session *s)
{
	struct inquiry *i = s->inquiry;

	s->transaction = NULL;
	s->inquiry = NULL;
	return i;
}
