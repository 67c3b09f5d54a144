#include "milter/session.h"

/* --- held answers --- */

bool session_is_postfix(const struct session *s)
{
	return view_starts(macros_value(&s->macros, VIEW("v")), VIEW("Postfix"));
}

/* 0: this MTA must not be told here. */
static uint64_t progress_ms(const struct session *s)
{
	if (s->at_end)
		return MILTER_PROGRESS_END_MS;
	return session_is_postfix(s) ? MILTER_PROGRESS_MS : 0;
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
		tarpit_prove_then(s, NEXT_ANSWER);
	else
		session_write_answer(s);
	session_run(s);
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
	session_write_bare(s, MILTER_PROGRESS);
	if (s->state != SESSION_CLOSED)
		wait_on(s);
}

/* Thousands may be held at once. */
static void fit(struct session *s)
{
	macros_fit(&s->macros);
	message_fit(&s->message);
	buf_fit(&s->host);
	buf_fit(&s->helo);
	buf_fit(&s->recipient);
	buf_fit(&s->answer);
	conn_fit(s->conn);
}

void tarpit_hold(struct session *s, int64_t seconds)
{
	s->hold_from_ms = loop_mono_ms(s->w->loop);
	s->hold_until_ms = s->hold_from_ms + (uint64_t)seconds * 1000;
	fit(s);
	session_enter(s, SESSION_HOLD);
	wait_on(s);
}

/* --- who stayed --- */

static void prove(struct session *s);

static void on_proven(void *arg, const struct transaction_outcome *o)
{
	struct session *s = arg;
	struct inquiry *done = session_decided(s);

	(void)o; /* whatever the memory said, the client has waited */
	prove(s);
	inquiry_free(&done);
	session_run(s);
}

/* One recipient after the other is let in for good; then what waits for that goes on. */
static void prove(struct session *s)
{
	struct view rest = view_from(buf_view(&s->message.unproven), s->proven), recipient;

	if (view_next(&rest, '\0', &recipient)) {
		s->proven += recipient.n + 1;
		session_enter(s, SESSION_PROVE);
		session_ask(s, STAGE_DATA, recipient, on_proven);
		return;
	}
	buf_free(&s->message.unproven);
	s->proven = 0;
	if (s->then == NEXT_ASK_RCPT)
		envelope_ask_rcpt(s);
	else
		session_write_answer(s);
}

void tarpit_prove_then(struct session *s, enum session_next then)
{
	s->then = then;
	s->proven = 0;
	prove(s);
}

bool tarpit_has_stayed(const struct session *s)
{
	return s->message.unproven.n > 0 && s->message.rest_s == 0;
}
