#include "milter/session.h"
#include "net/tcp_peers.h"

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

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void wait_on(struct session *s)
{
	uint64_t now = loop_mono_ms(s->w->loop);
	uint64_t due = sooner(s->hold_until_ms, sooner(s->progress_at_ms, s->look_at_ms));

	timer_start(s->w->loop, &s->hold, due > now ? due - now : 0, on_hold, s);
}

static uint64_t next_progress(const struct session *s, uint64_t now)
{
	uint64_t every = progress_ms(s);

	return every > 0 ? now + every : UINT64_MAX;
}

/* The MTA sees nothing while it waits for us, but its kernel does. Who is not seen at first may
 * come through a proxy: then nothing is to be learnt. */
static bool has_hung_up(struct session *s)
{
	struct tcp_pair pair = { .client_port = s->port };
	uint64_t port = 0;

	if (s->port == 0 ||
	    view_u64(macros_value(&s->macros, VIEW("{daemon_port}")), 65535, &port) != ST_OK ||
	    ip_parse(gather_plain_address(macros_value(&s->macros, VIEW("{daemon_addr}"))),
	             &pair.own) != ST_OK ||
	    ip_parse(view_of(s->address), &pair.client) != ST_OK)
		return false;
	pair.own_port = (uint16_t)port;
	if (s->w->tcp == NULL)
		s->w->tcp = tcp_peers_new();
	if (s->w->tcp == NULL)
		return false;
	switch (tcp_peers_look(s->w->tcp, &pair)) {
	case TCP_PEER_THERE: s->seen = true; return false;
	case TCP_PEER_GONE: return true;
	case TCP_PEER_NO_CONNECTION: return s->seen;
	case TCP_PEER_UNKNOWN: break;
	}
	return false;
}

/* Nobody is there to read it, but the MTA is free again. What the client had sent ahead proves
 * nothing. */
static void let_go(struct session *s)
{
	log_info(s->w->log, "milter: %s hung up after %llu s of its tarpit", s->address,
	         (unsigned long long)(loop_mono_ms(s->w->loop) - s->hold_from_ms) / 1000);
	budget_release(s->w->budget, &s->message.place);
	buf_free(&s->message.unproven);
	s->message.rest_s = 0;
	s->message.let_in = false;
	session_set_answer(s, MILTER_TEMPFAIL);
	session_write_answer(s);
	session_run(s);
}

static void on_hold(void *arg)
{
	struct session *s = arg;
	uint64_t now = loop_mono_ms(s->w->loop);
	bool over = now >= s->hold_until_ms;

	/* Also at the very end: it may be the end of a message, which the MTA has already. */
	if (over || now >= s->look_at_ms) {
		s->look_at_ms = now + MILTER_LOOK_MS;
		if (has_hung_up(s)) {
			let_go(s);
			return;
		}
	}
	if (over) {
		hold_is_over(s);
		return;
	}
	if (now >= s->progress_at_ms) {
		s->progress_at_ms = next_progress(s, now);
		session_write_bare(s, MILTER_PROGRESS);
	}
	if (s->state != SESSION_CLOSED)
		wait_on(s);
}

/* Thousands may be held at once. */
static void fit(struct session *s)
{
	session_drop_taken(s);
	buf_fit(&s->in);
	macros_fit(&s->macros);
	message_fit(&s->message);
	session_drop_ahead(s);
	buf_fit(&s->host);
	buf_fit(&s->helo);
	buf_fit(&s->recipient);
	buf_fit(&s->answer);
	conn_fit(s->conn);
}

/* It did not stay, so nothing is proven; whose wait is left for the end of the message is to be
 * held there. */
void tarpit_give_up(struct session *s)
{
	timer_stop(s->w->loop, &s->hold);
	budget_release(s->w->budget, &s->message.place);
	buf_free(&s->message.unproven);
	s->message.let_in = false;
	session_set_answer(s, MILTER_TEMPFAIL);
	session_write_answer(s);
}

void tarpit_hold(struct session *s, int64_t seconds)
{
	uint64_t now = loop_mono_ms(s->w->loop);

	if (s->w->leaving) {
		tarpit_give_up(s);
		return;
	}
	s->hold_from_ms = now;
	s->hold_until_ms = now + (uint64_t)seconds * 1000;
	s->progress_at_ms = next_progress(s, now);
	s->look_at_ms = now;
	s->seen = false;
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
