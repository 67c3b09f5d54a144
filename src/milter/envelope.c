#include "milter/session.h"

#include "conf/options.h"
#include "milter/answer.h"
#include "session/reply.h"
#include "util/mem.h"

/* --- a recipient --- */

/* What this MTA may be kept waiting for here; the rest is for the end of the message. */
static int64_t hold_now(const struct session *s, int64_t seconds)
{
	return session_is_postfix(s) || seconds < MILTER_HOLD_RCPT_S ? seconds : MILTER_HOLD_RCPT_S;
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
	session_set_answer(s, MILTER_TEMPFAIL);
	tarpit_hold(s, hold_now(s, o->hold_s));
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
	session_set_answer(s, MILTER_CONTINUE);
	if (message_accept(m, buf_view(&s->recipient), o) != ST_OK ||
	    message_unproven(m, buf_view(&s->recipient), o) != ST_OK)
		session_set_answer(s, MILTER_TEMPFAIL);
	keep_rest(m, now_s, o->hold_s - now_s);
	if (now_s > 0)
		tarpit_hold(s, now_s);
	else if (m->rest_s == 0)
		tarpit_prove_then(s, NEXT_ANSWER); /* it has waited as long already */
	else
		session_write_answer(s);
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

	session_set_answer(s, MILTER_CONTINUE);
	if (o->reason == BY_NULL_SENDER)
		put_off(s, o);
	if (message_accept(m, buf_view(&s->recipient), o) != ST_OK)
		session_set_answer(s, MILTER_TEMPFAIL);
	/* Another recipient of a client that is still to wait for the first. */
	if (o->reason == BY_STAYING && m->rest_s > 0)
		(void)(message_unproven(m, buf_view(&s->recipient), o) == ST_OK);
	session_write_answer(s);
}

static void on_rcpt(void *arg, const struct transaction_outcome *o)
{
	struct session *s = arg;
	struct inquiry *done = session_decided(s);

	buf_clear(&s->answer);
	s->at_end = false;
	message_spf(&s->message, o->gather);
	switch (o->verdict) {
	case DO_PASS: accept_recipient(s, o); break;
	case DO_HOLD: hold_recipient(s, o); break;
	case DO_DEFER:
	case DO_REJECT:
	case DO_TEMPFAIL:
		message_values(&s->message, o);
		if (answer_refusal(o, &s->answer) != ST_OK)
			session_set_answer(s, MILTER_TEMPFAIL);
		session_write_answer(s);
		break;
	}
	inquiry_free(&done);
	session_run(s);
}

void envelope_ask_rcpt(struct session *s)
{
	struct view mailer = macros_value(&s->macros, VIEW("{rcpt_mailer}"));

	/* The MTA refuses it by itself. */
	if (view_eq(mailer, VIEW("error"))) {
		session_set_answer(s, MILTER_CONTINUE);
		session_write_answer(s);
		return;
	}
	session_enter(s, SESSION_ASK);
	session_ask(s, STAGE_RCPT, buf_view(&s->recipient), on_rcpt);
}

struct view envelope_address(struct view address)
{
	bool has = address.n >= 2 && address.p[0] == '<' && address.p[address.n - 1] == '>';

	return has ? (struct view){ address.p + 1, address.n - 2 } : address;
}

void envelope_rcpt(struct session *s, const struct milter_envelope *e)
{
	buf_clear(&s->recipient);
	s->at_end = false;
	if (!s->message.open || buf_append(&s->recipient, envelope_address(e->address)) != ST_OK) {
		/* out of order: no MTA does so, and none is left waiting */
		session_go_on(s, MILTER_RCPT);
		return;
	}
	if (tarpit_has_stayed(s))
		tarpit_prove_then(s, NEXT_ASK_RCPT);
	else
		envelope_ask_rcpt(s);
}

/* --- the end of the message --- */

static void add_header(struct session *s, struct view line, int64_t index)
{
	if (line.n == 0 || (s->terms.actions & MILTER_MAY_ADD_HEADERS) == 0)
		return;
	if (answer_header(line, index, &s->answer) != ST_OK)
		log_warning(s->w->log, "milter: a header can't be added: it is none, or too long");
}

/* In front of the subject, unless it has it already. */
static void tag_subject(struct session *s, const struct transaction_outcome *o)
{
	const struct message *m = &s->message;
	struct milter_reply change = { .kind = MILTER_CHGHEADER,
		                       .index = 1,
		                       .name = VIEW("Subject") };
	struct buf value = buf_of(ANSWER_MAX);
	enum status st = reply_subject_tag(o, &value);

	if (m->has_subject && st == ST_OK && value.n > 0 &&
	    (s->terms.actions & MILTER_MAY_CHANGE_HEADERS) != 0 &&
	    (m->subject.n == 0 || memmem(m->subject.p, m->subject.n, value.p, value.n) == NULL)) {
		st = buf_append(&value, buf_view(&m->subject));
		change.value = buf_view(&value);
		if (st == ST_OK)
			st = milter_put_reply(&s->answer, &change);
	}
	if (st != ST_OK)
		log_warning(s->w->log, "milter: the subject can't be changed: it is too long");
	buf_free(&value);
}

/* In milter-greylist's order. */
static void add_headers(struct session *s, const struct transaction_outcome *o)
{
	struct message *m = &s->message;
	struct buf line = buf_of(REPLY_TEXT_MAX);

	if (o != NULL && o->rule != NULL && reply_rule_header(o, &line) == ST_OK)
		add_header(s, buf_view(&line), o->rule->effects.addheader_index);
	if (o != NULL)
		tag_subject(s, o);
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
	if (rest_s > 0)
		tarpit_hold(s, rest_s < MILTER_HOLD_END_S ? rest_s : MILTER_HOLD_END_S);
	else
		tarpit_prove_then(s, NEXT_ANSWER);
}

static void on_end_decided(void *arg, const struct transaction_outcome *o)
{
	struct session *s = arg;
	struct inquiry *done = session_decided(s);

	if (o->verdict == DO_PASS) {
		let_in(s, o);
	} else {
		buf_clear(&s->answer);
		if (o->reason == BY_DELAYED && s->message.late.n > 0) {
			if (buf_append(&s->answer, buf_view(&s->message.late)) != ST_OK)
				session_set_answer(s, MILTER_TEMPFAIL);
		} else if (answer_refusal(o, &s->answer) != ST_OK) {
			session_set_answer(s, MILTER_TEMPFAIL);
		}
		session_write_answer(s);
	}
	inquiry_free(&done);
	session_run(s);
}

/* The one recipient of a message, for rules and the log. */
static struct view sole_recipient(const struct message *m)
{
	struct view all = buf_view(&m->accepted);

	return m->accepted_count == 1 ? (struct view){ all.p + 1, all.n - 3 } : VIEW("");
}

void envelope_end(struct session *s, struct view body)
{
	s->at_end = true;
	s->message.size += (int64_t)body.n;
	if (!s->message.open) {
		session_write_bare(s, MILTER_CONTINUE);
	} else if (s->message.refused ||
	           (s->w->conf->acl->rules[ACL_DATA] != NULL && s->message.accepted_count > 0)) {
		session_enter(s, SESSION_ASK);
		session_ask(s, STAGE_END, sole_recipient(&s->message), on_end_decided);
	} else {
		let_in(s, NULL);
	}
}
