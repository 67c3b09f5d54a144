#include "milter/filters.h"

#include <inttypes.h>
#include <stdio.h>

#include "child/chain.h"
#include "conf/options.h"
#include "milter/child_set.h"
#include "milter/session.h"
#include "milter/wish.h"
#include "session/decision_log.h"
#include "session/handover.h"
#include "session/sight.h"
#include "session/text.h"
#include "util/mem.h"

#define EARLY_STEPS (MILTER_NR_CONNECT | MILTER_NR_HELO | MILTER_NR_MAIL)
#define LATER_STEPS (MILTER_NO_DATA | MILTER_NO_UNKNOWN)

#define CHANGES_MAX     ((size_t)1 << 30) /* the chain bounds them */
#define MACRO_VALUE_MAX ((size_t)4096)
#define COMMAND_MAX     ((size_t)MILTER_HEAD + MILTER_DATA_MAX_1M)

struct filters {
	struct session *s;
	struct child_set *child_set;
	struct chain *chain;
	struct sight *sight;
	struct handover *handed[HANDOVERS]; /* for macros of our own */

	/* Conditions that have been looked at, those that hold, and who has seen a recipient. */
	uint64_t known, holds, seeing;

	/* What is asked. */
	struct buf command;
	enum milter_command_kind kind;
	bool due;     /* when the answer is written */
	bool refused; /* RCPT: by the MTA */
	bool choosing;
	size_t child; /* that is chosen */
	void (*then)(struct session *s);

	/* Of the message. */
	struct buf changes;
	struct milters_said said;
};

void filters_wish(struct worker *w, struct wish *wish)
{
	struct child_set *k = child_set_of(w);
	struct wish_sum sum;

	if (k == NULL)
		return;
	wish_sum_begin(&sum, k->children);
	wish->milter.actions |= sum.actions;
	wish->milter.steps |= sum.steps;
	/* Where no child has anything to say the MTA need not wait. Should one have changed its
	 * mind, what it says there counts for what comes next; but a mail it must see whole. */
	wish->milter.steps &= ~(EARLY_STEPS & ~sum.unanswered);
	wish->milter.steps &= ~(LATER_STEPS & ~sum.declined);
	wish->milter.steps &= ~(uint32_t)(MILTER_NO_HEADERS | MILTER_NO_BODY);
	for (unsigned i = 0; i < MILTER_STAGES; i++)
		wish_add_list(wish, (enum milter_stage)i, buf_view(&sum.macros[i]));
	wish_sum_end(&sum);
}

/* --- who may see it --- */

static enum acl_step step_of(enum milter_command_kind kind)
{
	if (kind == MILTER_CONNECT)
		return STEP_CONNECT;
	if (kind == MILTER_HELO)
		return STEP_HELO;
	if (kind == MILTER_RCPT)
		return STEP_RCPT;
	return STEP_MAIL;
}

static enum acl_step step_now(const struct filters *f)
{
	return f->kind == MILTER_EOB ? STEP_END : step_of(f->kind);
}

/* Those whose condition is known from a step between these two on. */
static uint64_t from_steps(const struct filters *f, enum acl_step first, enum acl_step last)
{
	uint64_t bits = 0;

	for (const struct conf_milter *c = f->child_set->conf->children; c != NULL; c = c->next)
		if (c->step >= first && c->step <= last)
			bits |= UINT64_C(1) << c->index;
	return bits;
}

/* A child that sees single recipients sees the message if it has seen one. */
static struct chain_sight sight_of(const struct filters *f)
{
	uint64_t by_recipient = from_steps(f, STEP_RCPT, STEP_RCPT) & f->known;
	struct chain_sight sight = { .see = f->known & f->holds,
		                     .never = f->known & ~f->holds,
		                     .refused = f->refused };

	/* Another HELO may come, after STARTTLS. */
	if (f->kind == MILTER_HELO)
		sight.never &= from_steps(f, STEP_CONNECT, STEP_CONNECT);
	if (f->kind != MILTER_RCPT) {
		sight.see = (sight.see & ~by_recipient) | f->seeing;
		sight.never = (sight.never & ~by_recipient) | (by_recipient & ~f->seeing);
	}
	return sight;
}

static struct view macros_at(const struct filters *f, enum milter_stage stage)
{
	return buf_view(&f->s->macros.packed[stage]);
}

static void ask_chain(struct filters *f)
{
	struct milter_packet packet;
	struct milter_command m;
	enum milter_stage stage;
	struct view macros = VIEW("");
	size_t used;

	if (milter_macro_stage((char)f->kind, &stage) == ST_OK)
		macros = macros_at(f, stage);
	if (milter_scan(buf_view(&f->command), MILTER_DATA_MAX_1M, &packet, &used) == ST_OK &&
	    milter_command_read(&packet, &m) == ST_OK)
		chain_ask(f->chain, &m, macros, sight_of(f));
}

static bool is_ready(struct filters *f)
{
	inquiry_free(&f->s->inquiry);
	return f->s->state == SESSION_ASK;
}

/* To these children. What was found at this step before stands. False: there is nothing to be
 * looked up. */
static bool hand_over(struct filters *f, enum acl_step step, uint64_t children,
                      void (*ready)(void *arg))
{
	struct session *s = f->s;
	struct handover *before = f->handed[step];
	struct view recipient = step == STEP_RCPT  ? buf_view(&s->recipient)
	                        : step == STEP_END ? envelope_sole_recipient(s)
	                                           : VIEW("");
	struct handover_question q = { .conf = f->child_set->conf,
		                       .step = step,
		                       .children = children };

	if (!handover_wanted(q.conf, step, children))
		return false;
	q.question = session_prepare(s, step == STEP_END ? STAGE_END : STAGE_RCPT, recipient);
	f->handed[step] = handover_start(s->w, &q, ready, f);
	handover_free(&before);
	return true;
}

static void on_ready(void *arg)
{
	struct filters *f = arg;

	if (is_ready(f))
		ask_chain(f);
}

/* Those that may see it, or may yet, and then are told of it. */
static void tell_chain(struct filters *f)
{
	bool told = f->kind != MILTER_DATA && f->kind != MILTER_UNKNOWN;

	if (!told || !hand_over(f, step_of(f->kind), ~f->known | f->holds, on_ready))
		ask_chain(f);
}

static void on_chosen_ready(void *arg)
{
	struct filters *f = arg;

	if (is_ready(f))
		chain_chosen(f->chain, true);
}

static void tell_chosen(struct filters *f, uint64_t child)
{
	if (child == 0)
		chain_chosen(f->chain, false);
	else if (!hand_over(f, STEP_END, child, on_chosen_ready))
		chain_chosen(f->chain, true);
}

static void on_seen(void *arg, uint64_t children)
{
	struct filters *f = arg;

	f->sight = NULL;
	inquiry_free(&f->s->inquiry);
	if (f->choosing) {
		f->choosing = false;
		tell_chosen(f, children);
		return;
	}
	f->holds |= children;
	if (f->kind == MILTER_RCPT)
		f->seeing |= children & from_steps(f, STEP_RCPT, STEP_RCPT);
	tell_chain(f);
}

static void look(struct filters *f, enum acl_step step, uint64_t children)
{
	struct session *s = f->s;
	struct view recipient = step == STEP_RCPT ? buf_view(&s->recipient) : VIEW("");
	const struct sight_question q = {
		.conf = f->child_set->conf,
		.question =
			session_prepare(s, step == STEP_END ? STAGE_END : STAGE_RCPT, recipient),
		.step = step,
		.children = children,
	};

	f->sight = sight_start(s->w, &q, on_seen, f);
}

/* Conditions of this step are looked at anew, and those of earlier ones that did not come. */
static void start(struct filters *f)
{
	enum acl_step step = step_of(f->kind);
	uint64_t wanted;

	session_enter(f->s, SESSION_ASK);
	if (f->kind != MILTER_DATA && f->kind != MILTER_UNKNOWN)
		f->known &= ~from_steps(f, step, STEP_END);
	wanted = from_steps(f, STEP_CONNECT, step) & ~f->known;
	f->known |= wanted;
	f->holds &= ~wanted;
	if (f->kind == MILTER_DATA || f->kind == MILTER_UNKNOWN || wanted == 0)
		tell_chain(f);
	else
		look(f, step, wanted);
}

/* Postfix has the address "unknown" for who has gone, or is not told by a proxy. libmilter hangs up
 * at what is none, which would be a failure of the child. */
static bool lacks_address(const struct milter_connect *c)
{
	return (c->family == MILTER_IPV4 || c->family == MILTER_IPV6) && c->ip.family == IP_NONE;
}

static void keep_command(struct filters *f, const struct milter_command *command)
{
	struct milter_command told = *command;

	if (told.kind == MILTER_CONNECT && lacks_address(&told.connect))
		told.connect.family = MILTER_UNKNOWN_FAMILY;
	buf_clear(&f->command);
	f->kind = told.kind;
	f->refused = false;
	(void)(milter_put_command(&f->command, &told) == ST_OK); /* it came in one */
}

/* --- the answers --- */

static bool refuses(const struct chain_answer *a)
{
	return a->kind != MILTER_CONTINUE && a->kind != MILTER_ACCEPT;
}

static void set_refusal(struct session *s, const struct chain_answer *a)
{
	const struct milter_reply r = { .kind = a->kind, .text = a->text };

	buf_clear(&s->answer);
	if (milter_put_mended(&s->answer, &r) != ST_OK)
		session_set_answer(s, MILTER_TEMPFAIL);
}

static void log_refusal(const struct session *s, const struct chain_answer *a)
{
	log_notice(s->w->log, "milter: %s is refused by %s", s->address,
	           a->child != NULL ? a->child : "its milters");
}

/* Neither MTA tells a client the text of a refusal at CONNECT; it counts at the next command too,
 * and is told there. */
static bool may_wait(const struct filters *f, const struct chain_answer *a)
{
	return f->kind == MILTER_CONNECT && a->text.n > 0;
}

static void answer_early(struct filters *f, const struct chain_answer *a)
{
	struct session *s = f->s;

	session_enter(s, SESSION_READ);
	if (!milter_awaits_answer(f->kind, s->terms.steps))
		return;
	session_set_answer(s, MILTER_CONTINUE);
	if (refuses(a) && !may_wait(f, a))
		set_refusal(s, a);
	session_write_answer(s);
}

/* The recipient was let in by our rules, and now is not. */
static void answer_late(struct filters *f, const struct chain_answer *a)
{
	struct session *s = f->s;

	if (refuses(a) && !f->refused) {
		if (f->kind == MILTER_RCPT)
			message_unaccept(&s->message);
		set_refusal(s, a);
	}
	session_write_answer(s);
}

static void note_what_was_said(struct filters *f)
{
	static const int8_t verdicts[] = {
		[SAID_NOTHING] = MILTER_SILENT,     [SAID_ACCEPT] = VERDICT_ACCEPT,
		[SAID_TEMPFAIL] = VERDICT_TEMPFAIL, [SAID_REJECT] = VERDICT_REJECT,
		[SAID_DISCARD] = VERDICT_DISCARD,   [SAID_FAULT] = MILTER_FAULT,
	};

	for (size_t i = 0; i < f->child_set->conf->child_count; i++)
		f->said.verdict[i] = verdicts[chain_said(f->chain, i)];
}

void filters_log(struct session *s, const char *refused_by)
{
	decision_log_milters(s->w->log, session_prepare(s, STAGE_END, envelope_sole_recipient(s)),
	                     refused_by);
	inquiry_free(&s->inquiry);
}

static void answer_end(struct filters *f, const struct chain_answer *a)
{
	struct session *s = f->s;

	note_what_was_said(f);
	if (refuses(a)) {
		filters_log(s, a->child != NULL ? a->child : "fallback");
		set_refusal(s, a);
		session_write_answer(s);
		return;
	}
	message_account(&s->message);
	s->message.body_changed = s->message.body_changed || a->new_body;
	buf_clear(&f->changes);
	if (buf_append(&f->changes, a->changes) == ST_OK)
		f->then(s);
	else
		session_close(s);
}

static void on_answered(void *arg, const struct chain_answer *a)
{
	struct filters *f = arg;
	struct session *s = f->s;

	if (refuses(a) && f->kind != MILTER_EOB)
		log_refusal(s, a);
	if (f->kind == MILTER_EOB)
		answer_end(f, a);
	else if (f->kind == MILTER_RCPT || f->kind == MILTER_DATA)
		answer_late(f, a);
	else
		answer_early(f, a);
	session_run(s);
}

/* Sendmail is told at the end of the message only. */
static void on_progress(void *arg)
{
	struct filters *f = arg;

	if (f->kind == MILTER_EOB ||
	    (session_is_postfix(f->s) && milter_awaits_answer(f->kind, f->s->terms.steps)))
		session_write_bare(f->s, MILTER_PROGRESS);
}

static void on_choose(void *arg, size_t child)
{
	struct filters *f = arg;
	uint64_t bit = UINT64_C(1) << child;

	if ((from_steps(f, STEP_END, STEP_END) & bit) == 0) {
		chain_chosen(f->chain, false);
		return;
	}
	note_what_was_said(f);
	f->choosing = true;
	look(f, STEP_END, bit);
}

/* --- macros of our own --- */

static const struct conf_milter *child_of(const struct filters *f, size_t place)
{
	const struct conf_milter *c = f->child_set->conf->children;

	while (c != NULL && c->index != place)
		c = c->next;
	return c;
}

/* By what is known now: a macro is told with the command at which its condition surely is. */
static bool applies(struct gather *g, const struct conf_child_macro *m)
{
	struct acl_need need, last = { FACTS, NULL };
	enum acl_answer answer =
		acl_condition_eval(g->conf->acl, m->when, m->step, &g->facts, &need);

	while (answer == ACL_PENDING && (need.fact != last.fact || need.object != last.object)) {
		last = need;
		gather_fact(g, need.fact);
		answer = acl_condition_eval(g->conf->acl, m->when, m->step, &g->facts, &need);
	}
	return answer == ACL_YES;
}

static enum status put_pair(struct buf *out, struct view name, struct view value)
{
	enum status st = buf_append(out, name);

	if (st == ST_OK)
		st = buf_append(out, MILTER_NUL);
	if (st == ST_OK)
		st = buf_append(out, value);
	return st == ST_OK ? buf_append(out, MILTER_NUL) : st;
}

/* In place of the MTA's of this name. */
static void set_macro(struct buf *pairs, struct view name, struct view value)
{
	struct milter_texts rest = { .packed = buf_view(pairs) };
	struct buf all = buf_of(pairs->max);
	struct view n, v;
	enum status st = ST_OK;

	while (st == ST_OK && milter_next(&rest, &n) && milter_next(&rest, &v))
		if (!view_eq(n, name))
			st = put_pair(&all, n, v);
	if (st == ST_OK)
		st = put_pair(&all, name, value);
	if (st == ST_OK) {
		buf_free(pairs);
		*pairs = all;
		return;
	}
	buf_free(&all); /* there is no room: it is told what the MTA said */
}

static void add_macro(struct gather *g, const struct conf_child_macro *m, struct buf *pairs)
{
	struct buf value = buf_of(MACRO_VALUE_MAX);

	if (text_expand(g, NULL, view_of(m->format), &value) == ST_OK &&
	    view_find(buf_view(&value), '\0') == VIEW_NONE)
		set_macro(pairs, view_of(m->name), buf_view(&value));
	buf_free(&value);
}

static void know_what_was_found(struct gather *g, struct filters *f)
{
	struct lookups none = { .gather = g, .w = f->s->w };

	handover_give_all(f->handed, &none);
}

/* Of a RCPT, which may be an earlier one; it lies in the packet. */
static struct view recipient_of(struct view command)
{
	struct milter_packet packet;
	struct milter_command m;
	size_t used;

	if (milter_scan(command, MILTER_DATA_MAX_1M, &packet, &used) != ST_OK ||
	    milter_command_read(&packet, &m) != ST_OK || m.kind != MILTER_RCPT)
		return VIEW("");
	return envelope_address(m.envelope.address);
}

/* No question is in the house while a child is told something. */
static void on_macros(void *arg, size_t child, enum milter_command_kind kind, struct view command,
                      struct buf *pairs)
{
	struct filters *f = arg;
	const struct conf_milter *c = child_of(f, child);
	bool at_end = kind == MILTER_EOB;
	enum acl_step step = at_end ? STEP_END : step_of(kind);
	struct view recipient = at_end ? envelope_sole_recipient(f->s) : recipient_of(command);
	struct gather g;

	if (c == NULL || c->macros == NULL || kind == MILTER_UNKNOWN || kind == MILTER_DATA ||
	    kind == MILTER_EOH)
		return;
	gather_begin(&g, session_prepare(f->s, at_end ? STAGE_END : STAGE_RCPT, recipient),
	             f->child_set->conf);
	know_what_was_found(&g, f);
	for (const struct conf_child_macro *m = c->macros; m != NULL; m = m->next)
		if (m->step == step && applies(&g, m))
			add_macro(&g, m, pairs);
	gather_end(&g);
	inquiry_free(&f->s->inquiry);
}

static const struct chain_events events = { on_answered, on_progress, on_choose, on_macros };

/* --- what the door asks --- */

void filters_begin(struct session *s)
{
	struct child_set *k = child_set_of(s->w);
	struct chain_setup setup = { .loop = s->w->loop, .log = s->w->log };
	struct filters *f;
	char id[64];

	filters_end(s);
	if (k == NULL)
		return;
	f = mem_new(struct filters);
	f->s = s;
	f->child_set = k;
	k->refs++;
	f->command = buf_of(COMMAND_MAX);
	f->changes = buf_of(CHANGES_MAX);
	f->said.conf = k->conf;
	memset(f->said.verdict, MILTER_SILENT, sizeof(f->said.verdict));
	(void)snprintf(id, sizeof(id), "milter.%" PRIx64 ".%u", s->serial, s->w->number);
	setup.children = k->children;
	setup.terms = (struct chain_terms){ s->offered, s->terms.actions };
	setup.id = id;
	setup.traced = k->conf->options->log_rules;
	f->chain = chain_new(&setup, &events, f);
	s->filters = f;
}

/* From this step on. */
static void forget_found(struct filters *f, enum acl_step step)
{
	for (unsigned i = step; i < HANDOVERS; i++)
		handover_free(&f->handed[i]);
}

void filters_end(struct session *s)
{
	struct filters *f = s->filters;

	if (f == NULL)
		return;
	s->filters = NULL;
	sight_cancel(&f->sight);
	forget_found(f, STEP_CONNECT);
	chain_free(&f->chain);
	buf_free(&f->command);
	buf_free(&f->changes);
	child_set_unref(f->child_set);
	mem_free(f);
}

void filters_ask(struct session *s, const struct milter_command *command)
{
	struct filters *f = s->filters;

	keep_command(f, command);
	if (f->kind == MILTER_MAIL)
		f->seeing = 0;
	s->at_end = false;
	start(f);
}

void filters_take(struct session *s, const struct milter_command *command)
{
	if (s->filters == NULL)
		return;
	keep_command(s->filters, command);
	s->filters->due = true;
}

bool filters_answer(struct session *s)
{
	struct filters *f = s->filters;
	bool due = f != NULL && f->due;

	if (!due)
		return false;
	f->due = false;
	if (s->answer.n != MILTER_HEAD || s->answer.p[MILTER_HEAD - 1] != MILTER_CONTINUE)
		return false;
	start(f);
	return true;
}

void filters_refused(struct session *s)
{
	s->filters->refused = true;
}

static void end_chain(struct filters *f)
{
	const struct chain_macros macros = { .data = macros_at(f, MILTER_AT_DATA),
		                             .eoh = macros_at(f, MILTER_AT_EOH),
		                             .end = macros_at(f, MILTER_AT_EOM) };
	struct session *s = f->s;

	message_make_room(&s->message);
	/* Another configuration, with children, came since the terms: no child is shown an empty
	 * mail. */
	if ((s->terms.steps & (MILTER_NO_HEADERS | MILTER_NO_BODY)) != 0)
		s->message.mail->cut = s->message.mail->full = true;
	chain_end(f->chain, s->message.mail, &macros, sight_of(f));
}

static void on_end_ready(void *arg)
{
	struct filters *f = arg;

	if (is_ready(f))
		end_chain(f);
}

void filters_finish(struct session *s, void (*then)(struct session *s))
{
	struct filters *f = s->filters;

	session_enter(s, SESSION_ASK);
	f->kind = MILTER_EOB;
	f->refused = false;
	f->then = then;
	if (!hand_over(f, STEP_END, sight_of(f).see, on_end_ready))
		end_chain(f);
}

struct view filters_changes(const struct session *s)
{
	return s->filters != NULL ? buf_view(&s->filters->changes) : VIEW("");
}

struct handover *const *filters_handed(const struct session *s)
{
	return s->filters != NULL ? s->filters->handed : NULL;
}

const struct milters_said *filters_said(const struct session *s)
{
	return s->filters != NULL ? &s->filters->said : NULL;
}

void filters_cancel(struct session *s)
{
	struct filters *f = s->filters;

	if (f == NULL || s->state != SESSION_ASK)
		return;
	sight_cancel(&f->sight);
	forget_found(f, step_now(f));
	f->choosing = false;
	chain_abort(f->chain);
}

void filters_give_up(struct session *s)
{
	struct filters *f = s->filters;

	if (f == NULL || s->state != SESSION_ASK || s->transaction != NULL)
		return;
	filters_cancel(s);
	inquiry_free(&s->inquiry);
	session_enter(s, SESSION_READ);
	if (f->kind == MILTER_EOB || milter_awaits_answer(f->kind, s->terms.steps)) {
		session_set_answer(s, MILTER_TEMPFAIL);
		session_write_answer(s);
	}
}

void filters_forget_message(struct session *s)
{
	struct filters *f = s->filters;

	if (f == NULL)
		return;
	filters_cancel(s);
	f->due = false;
	f->seeing = 0;
	forget_found(f, STEP_MAIL);
	buf_free(&f->changes);
	memset(f->said.verdict, MILTER_SILENT, sizeof(f->said.verdict));
	chain_abort(f->chain);
}
