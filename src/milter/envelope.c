#include "milter/session.h"

#include "conf/options.h"
#include "milter/answer.h"
#include "milter/filters.h"
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
	s->accepted = true;
	if (message_accept(m, buf_view(&s->recipient), o) != ST_OK ||
	    message_unproven(m, buf_view(&s->recipient), o) != ST_OK)
		session_set_answer(s, MILTER_TEMPFAIL);
	else
		message_keep_line(m, o);
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
	s->accepted = true;
	if (o->reason == BY_NULL_SENDER)
		put_off(s, o);
	if (message_accept(m, buf_view(&s->recipient), o) != ST_OK)
		session_set_answer(s, MILTER_TEMPFAIL);
	else
		message_keep_line(m, o);
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
		if (s->filters != NULL)
			filters_refused(s);
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
	filters_take(s, &(struct milter_command){ .kind = MILTER_RCPT, .envelope = *e });
	if (tarpit_has_stayed(s))
		tarpit_prove_then(s, NEXT_ASK_RCPT);
	else
		envelope_ask_rcpt(s);
}

/* --- the end of the message --- */

/* The blank behind the colon is ours to write where that was agreed on (mfapi.h,
 * SMFIP_HDR_LEADSPC). */
static enum status with_blank(const struct milter_reply *r, struct buf *value)
{
	enum status st = r->value.n > 0 ? buf_byte(value, ' ') : ST_OK;

	return st == ST_OK ? buf_append(value, r->value) : st;
}

/* The copy that is kept of the message changes as the MTA's does. One that has no room for more of
 * them stays behind; the MTA takes the change all the same. */
static void change_kept(struct message *m, const struct milter_reply *r)
{
	if ((m->content & CONTENT_HEADERS) == 0)
		return;
	message_change(m);
	if (r->kind == MILTER_ADDHEADER)
		(void)(mail_add_header(m->mail, r->name, r->value) == ST_OK);
	else if (r->kind == MILTER_INSHEADER)
		(void)(mail_insert_header(m->mail, r->index, r->name, r->value) == ST_OK);
	else if (r->kind == MILTER_CHGHEADER)
		(void)(mail_change_header(m->mail, r->index, r->name, r->value) == ST_OK);
}

enum status envelope_change_header(struct session *s, const struct milter_reply *change)
{
	struct message *m = &s->message;
	struct milter_reply r = *change;
	struct buf value = buf_of(ANSWER_MAX);
	enum status st = ST_OK;

	if ((s->terms.actions & milter_reply_action(r.kind)) == 0)
		return ST_OK; /* the MTA does not let us */
	if (r.kind == MILTER_CHGHEADER)
		r.index = mail_index_out(m->mail, r.index, r.name);
	if (m->mail->blanks) {
		st = with_blank(&r, &value);
		r.value = buf_view(&value);
	}
	if (st == ST_OK)
		st = milter_put_reply(&s->answer, &r);
	r.index = change->index;
	if (st == ST_OK)
		change_kept(m, &r);
	buf_free(&value);
	return st;
}

static void add_header(struct session *s, struct view line, int64_t index)
{
	struct milter_reply change;

	if (line.n == 0)
		return;
	if (answer_header(line, index, &change) != ST_OK ||
	    envelope_change_header(s, &change) != ST_OK)
		log_warning(s->w->log, "milter: a header can't be added: it is none, or too long");
}

/* A CR that was sent must not be sent back: it would go into the message. */
static enum status append_value(struct buf *out, struct view value)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < value.n && st == ST_OK; i++)
		if (value.p[i] != '\r')
			st = buf_byte(out, value.p[i]);
	return st;
}

static void complain_of_subject(const struct session *s)
{
	log_warning(s->w->log, "milter: the subject can't be changed: it is too long");
}

/* In front of the subject, unless it has it already. value: the tag, and then the whole. */
static void tag_subject(struct session *s, struct buf *value)
{
	const struct mail *mail = s->message.mail;
	const struct mail_header *h = mail_find(mail, VIEW("Subject"), 1);
	struct view subject = h != NULL ? mail_value(mail, h) : VIEW("");
	struct milter_reply change = { .kind = MILTER_CHGHEADER,
		                       .index = 1,
		                       .name = VIEW("Subject") };
	enum status st = ST_OK;

	if (h != NULL && value->n > 0 &&
	    (subject.n == 0 || memmem(subject.p, subject.n, value->p, value->n) == NULL)) {
		st = append_value(value, subject);
		change.value = buf_view(value);
		if (st == ST_OK)
			st = envelope_change_header(s, &change);
	}
	if (st != ST_OK)
		complain_of_subject(s);
}

/* As lines behind the body, which ends in one. */
static enum status add_lines(struct mail *mail, struct view text)
{
	struct view body = buf_view(&mail->body), line;
	enum status st = ST_OK;

	if (body.n > 0 && body.p[body.n - 1] != '\n')
		st = mail_add_body(mail, VIEW("\r\n"));
	while (st == ST_OK && view_next(&text, '\n', &line)) {
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		st = mail_add_body(mail, line);
		if (st == ST_OK)
			st = mail_add_body(mail, VIEW("\r\n"));
	}
	return st;
}

/* Of a message that was not kept whole nothing would be left but what was. */
static void add_footer(struct session *s, const struct transaction_outcome *o)
{
	struct message *m = &s->message;
	struct buf text = buf_of(REPLY_TEXT_MAX);
	enum status st = reply_footer(o, &text);

	if (text.n > 0 && st == ST_OK && message_is_whole(m) &&
	    (s->terms.actions & MILTER_MAY_CHANGE_BODY) != 0) {
		size_t was = m->mail->body.n;

		message_change(m);
		st = add_lines(m->mail, buf_view(&text));
		m->body_changed = m->body_changed || st == ST_OK;
		if (st != ST_OK) {
			m->mail->kept -= m->mail->body.n - was;
			m->mail->body.n = was;
		}
	}
	if (st != ST_OK || (text.n > 0 && !m->body_changed))
		log_warning(s->w->log,
		            "milter: no footer is added: the message was not kept whole");
	buf_free(&text);
}

/* In one run: Postfix takes none of it behind another change. */
static void put_body(struct session *s)
{
	struct message *m = &s->message;
	struct milter_reply body = { .kind = MILTER_REPLBODY, .body = buf_view(&m->mail->body) };

	if (!m->body_changed)
		return;
	if (milter_put_reply(&s->answer, &body) != ST_OK)
		log_warning(s->w->log, "milter: the body can't be changed: it is too long");
	message_drop_body(m);
}

/* All changes in milter-greylist's order; behind what others said. A footer moves the body, where
 * what an expression has found in it lies: texts that may tell of that are made before. */
static void add_headers(struct session *s, const struct transaction_outcome *o)
{
	struct message *m = &s->message;
	struct buf line = buf_of(REPLY_TEXT_MAX), subject = buf_of(ANSWER_MAX);

	if (o != NULL && reply_subject_tag(o, &subject) != ST_OK) {
		complain_of_subject(s);
		buf_clear(&subject);
	}
	if (o != NULL && o->rule != NULL && reply_rule_header(o, &line) == ST_OK)
		add_header(s, buf_view(&line), o->rule->effects.addheader_index);
	if (o != NULL)
		add_footer(s, o);
	put_body(s);
	tag_subject(s, &subject);
	if (m->accepted_count > 0) {
		add_header(s, message_header(m, s->w->conf), ACL_UNSET);
		add_header(s, buf_view(&m->added), m->added_index);
	}
	buf_free(&subject);
	buf_free(&line);
}

/* No header stays that is forged in the name of ours, and ours come. First of all what counts its
 * headers: one that is added counts. False: there are more than can be dealt with. */
static bool make_true(struct session *s, const struct transaction_outcome *o)
{
	if (!authres_strip(s)) {
		log_warning(s->w->log,
		            "milter: Authentication-Results in our name can't be deleted: there "
		            "are too many");
		return false;
	}
	if (buf_append(&s->answer, filters_changes(s)) != ST_OK)
		log_warning(s->w->log, "milter: what the child milters change is too long");
	return o == NULL || (envelope_tell_spam(s, o) && envelope_tell_bogosity(s, o));
}

/* The message is let in; but first whoever was not held long enough is held for the rest. */
static void let_in(struct session *s, const struct transaction_outcome *o)
{
	int64_t rest_s = s->message.rest_s;

	buf_clear(&s->answer);
	if (!make_true(s, o)) {
		session_set_answer(s, MILTER_TEMPFAIL);
		session_write_answer(s);
		return;
	}
	add_headers(s, o);
	if (o != NULL)
		authres_add(s, o);
	(void)(answer_bare(MILTER_CONTINUE, &s->answer) == ST_OK);
	s->message.let_in = true;
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
		message_waited(&s->message, o);
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

struct view envelope_sole_recipient(const struct session *s)
{
	struct view all = buf_view(&s->message.accepted);

	return s->message.accepted_count == 1 ? (struct view){ all.p + 1, all.n - 3 } : VIEW("");
}

static bool asks_at_end(const struct conf *conf)
{
	return conf->acl->rules[ACL_DATA] != NULL || conf_told(conf) != 0;
}

static void ask_at_end(struct session *s)
{
	if (s->message.refused || (asks_at_end(s->w->conf) && s->message.accepted_count > 0)) {
		session_enter(s, SESSION_ASK);
		session_ask(s, STAGE_END, envelope_sole_recipient(s), on_end_decided);
	} else {
		if (s->filters != NULL)
			filters_log(s, NULL);
		let_in(s, NULL);
	}
}

/* They may change what is signed. */
static void ask_filters(struct session *s)
{
	session_message_ahead(s);
	authres_hide(s); /* it is deleted before their changes are made */
	filters_finish(s, ask_at_end);
}

/* What was put off needs no look at the message. */
void envelope_end(struct session *s, struct view body)
{
	s->at_end = true;
	message_take_body(&s->message, body);
	if (!s->message.open)
		session_write_bare(s, MILTER_CONTINUE);
	else if (s->filters != NULL && !s->message.refused && s->message.accepted_count > 0)
		ask_filters(s);
	else
		ask_at_end(s);
}
