#include "child/chain_inside.h"

#include <stdio.h>

#include "util/mem.h"

/* The one place that changes the state. */
static void enter(struct chain *c, enum chain_state state)
{
	c->state = state;
}

/* For each of them, in the order of the configuration. */
static struct member *first(struct chain *c)
{
	return c->children->count > 0 ? c->member : NULL;
}

static struct member *next(struct member *m)
{
	struct chain *c = m->chain;

	return ++m < c->member + c->children->count ? m : NULL;
}

/* --- the answer --- */

static void forget_mail(struct chain *c)
{
	c->ending = false;
	c->mail = NULL;
	c->new_body = false;
	changes_forget(c);
	buf_free(&c->packets);
	buf_free(&c->from);
	buf_free(&c->quarantine);
	buf_free(&c->macros_eoh);
	buf_free(&c->macros_end);
	buf_free(&c->play_eoh);
	buf_free(&c->play_end);
}

static void end_message(struct chain *c)
{
	for (struct member *m = first(c); m != NULL; m = next(m))
		member_end_message(m);
	script_cut(&c->script, c->script.session);
}

static void tell(void *arg)
{
	struct chain *c = arg;
	struct chain_answer told = c->answer;
	struct buf packets = c->packets;

	c->packets = buf_of(0);
	enter(c, CHAIN_IDLE);
	forget_mail(c);
	c->events->answered(c->arg, &told);
	buf_free(&packets);
}

static enum milter_reply_kind bare(enum rank rank)
{
	switch (rank) {
	case RANK_ACCEPT: return MILTER_ACCEPT;
	case RANK_CONTINUE: return MILTER_CONTINUE;
	case RANK_TEMPFAIL: return MILTER_TEMPFAIL;
	case RANK_REJECT: return MILTER_REJECT;
	case RANK_DISCARD: return MILTER_DISCARD;
	}
	return MILTER_CONTINUE;
}

/* An SMTP client can't be discarded; its messages will be. */
static enum rank rank_here(const struct chain *c, const struct member *m)
{
	enum rank rank = member_rank(m);
	bool of_client =
		c->kind == MILTER_CONNECT || c->kind == MILTER_HELO || c->kind == MILTER_UNKNOWN;

	return rank == RANK_DISCARD && of_client ? RANK_CONTINUE : rank;
}

static void answer_of(struct chain *c, const struct member *m, enum rank rank)
{
	c->answer = (struct chain_answer){ .kind = bare(rank) };
	if (rank <= RANK_CONTINUE)
		return;
	c->answer.child = m->child->conf->name;
	c->answer.text = buf_view(&m->text);
	if (c->answer.text.n > 0)
		c->answer.kind = MILTER_REPLYCODE;
}

/* The strongest, and of equal ones the first. */
static enum rank merge(struct chain *c)
{
	enum rank rank = RANK_ACCEPT;

	c->answer = (struct chain_answer){ .kind = MILTER_ACCEPT };
	for (struct member *m = first(c); m != NULL; m = next(m)) {
		if (rank_here(c, m) > rank) {
			rank = rank_here(c, m);
			answer_of(c, m, rank);
		}
	}
	return rank;
}

static void tell_soon(struct chain *c)
{
	enter(c, CHAIN_TELL);
	loop_soon(c->loop, &c->soon, tell, c);
}

/* Refused for all: nobody has it any more, and nobody who comes late is told of it. */
static void refuse_recipient(struct chain *c)
{
	c->script.entry[c->script.count - 1].never = UINT64_MAX;
	for (struct member *m = first(c); m != NULL; m = next(m)) {
		m->recipients -= m->accepted;
		m->accepted = false;
	}
}

/* What the answer of all means for what they have been told. */
static void settle(struct chain *c)
{
	enum rank rank = merge(c);
	struct script *s = &c->script;

	if (c->kind == MILTER_UNKNOWN) {
		script_cut(s, s->count - 1);
		for (struct member *m = first(c); m != NULL; m = next(m))
			m->pos = m->pos < s->count ? m->pos : s->count;
	} else if (c->kind == MILTER_RCPT && (rank == RANK_REJECT || rank == RANK_TEMPFAIL)) {
		refuse_recipient(c);
	} else if (rank > RANK_CONTINUE && s->count > s->session) {
		end_message(c);
	}
	tell_soon(c);
}

/* --- the content --- */

static bool may_play(const struct chain *c, const struct member *m)
{
	return (c->sight.see & m->bit) != 0 && m->open && !m->sits_out && !m->out;
}

static void finish(struct chain *c)
{
	enum rank rank = merge(c);

	end_message(c);
	if (rank <= RANK_CONTINUE) {
		/* Nobody has refused; who has more to say than that does not matter now. */
		c->answer = (struct chain_answer){ .kind = MILTER_CONTINUE };
		if (changes_finish(c) == ST_OK) {
			c->answer.changes = buf_view(&c->packets);
			c->answer.new_body = c->new_body;
		}
	}
	tell_soon(c);
}

static void play_to(struct chain *c, struct member *m)
{
	c->playing = m->place;
	changes_forget(c);
	c->play_eoh.max = MILTER_HEAD + MILTER_DATA_MAX;
	c->play_end.max = MILTER_HEAD + MILTER_DATA_MAX;
	buf_clear(&c->play_eoh);
	buf_clear(&c->play_end);
	member_put_macros(m, MILTER_EOH, VIEW(""), buf_view(&c->macros_eoh), &c->play_eoh);
	member_put_macros(m, MILTER_EOB, VIEW(""), buf_view(&c->macros_end), &c->play_end);
	c->play = (struct play){ .link = m->link,
		                 .mail = c->mail,
		                 .macros_eoh = buf_view(&c->play_eoh),
		                 .macros_end = buf_view(&c->play_end) };
	enter(c, CHAIN_PLAY);
	m->busy = true;
	m->asked_us = loop_mono_us();
	m->asked = (char)MILTER_EOB;
	play_start(&c->play);
}

static bool is_unknown(const struct chain *c, const struct member *m)
{
	return c->events->choose != NULL && ((c->sight.see | c->sight.never) & m->bit) == 0 &&
	       !m->sits_out && !m->out;
}

static void choose(void *arg)
{
	struct chain *c = arg;

	c->events->choose(c->arg, c->playing);
}

/* The next child, from this one on. */
static void play_from(struct chain *c, size_t from)
{
	for (size_t i = from; i < c->children->count; i++) {
		struct member *m = &c->member[i];

		if (is_unknown(c, m)) {
			c->playing = i;
			enter(c, CHAIN_CHOOSE);
			loop_soon(c->loop, &c->soon, choose, c);
			return;
		}
		if (!may_play(c, m))
			continue;
		m->seeing = true;
		if (!c->mail->full) {
			play_to(c, m);
			return;
		}
		member_spare(m);
	}
	finish(c);
}

/* It has been told all up to the content, or has had enough before. */
static void joined(struct chain *c, const struct member *m)
{
	if (member_rank(m) > RANK_CONTINUE)
		finish(c);
	else
		play_from(c, c->playing + (may_play(c, m) ? 0 : 1));
}

void chain_chosen(struct chain *c, bool see)
{
	struct member *m = &c->member[c->playing];

	if (!see) {
		c->sight.never |= m->bit;
		play_from(c, c->playing + 1);
		return;
	}
	c->sight.see |= m->bit;
	m->seeing = true;
	enter(c, CHAIN_JOIN);
	if (!member_go(m))
		joined(c, m);
}

enum chain_said chain_said(const struct chain *c, size_t child)
{
	const struct member *m = &c->member[child];

	return m->said != SAID_NOTHING ? m->said : m->said_of_client;
}

static void start_content(struct chain *c)
{
	if (merge(c) > RANK_CONTINUE)
		finish(c);
	else
		play_from(c, 0);
}

static void play_next(struct chain *c, const struct member *m)
{
	changes_forget(c);
	if (member_rank(m) > RANK_CONTINUE)
		finish(c);
	else
		play_from(c, c->playing + 1);
}

static void apply(void *arg)
{
	struct chain *c = arg;
	struct member *m = &c->member[c->playing];
	enum status st = changes_apply(c, m->child);

	if (st == ST_AGAIN) {
		timer_start(c->loop, &c->slice, 0, apply, c);
		return;
	}
	if (st != ST_OK)
		member_fail(m, FAULT_LIMIT);
	play_next(c, m);
}

static void played(struct chain *c, struct member *m, const struct child_answer *a)
{
	bool to_the_end = c->play.at == PLAY_END;

	if (!play_answered(&c->play, a))
		return;
	child_answered(m->child, loop_mono_us() - m->asked_us);
	m->busy = false;
	if (a->fault != FAULT_NONE)
		member_fail(m, a->fault);
	else
		member_finished(m, a);
	if (a->fault == FAULT_NONE && to_the_end && member_rank(m) <= RANK_CONTINUE) {
		enter(c, CHAIN_APPLY);
		apply(c);
	} else {
		play_next(c, m);
	}
}

/* --- a round --- */

static void round_over(struct chain *c)
{
	for (struct member *m = first(c); m != NULL; m = next(m))
		if (m->busy)
			return;
	if (c->ending)
		start_content(c);
	else
		settle(c);
}

void chain_done(struct member *m, const struct child_answer *a)
{
	struct chain *c = m->chain;

	if (c->state == CHAIN_PLAY) {
		played(c, m, a);
		return;
	}
	member_take(m, c->script.entry[m->pos].kind, a);
	if (member_go(m))
		return;
	if (c->state == CHAIN_JOIN)
		joined(c, m);
	else
		round_over(c);
}

void chain_progress(struct chain *c)
{
	uint64_t now = loop_mono_ms(c->loop);

	if (c->state == CHAIN_IDLE || c->state == CHAIN_TELL)
		return;
	if (now < c->progress_ms)
		return;
	c->progress_ms = now + CHAIN_PROGRESS_MS;
	c->events->progress(c->arg);
}

static void mind_never(struct chain *c, struct member *m)
{
	if ((c->sight.never & m->bit) == 0)
		return;
	if (c->kind == MILTER_CONNECT || c->kind == MILTER_HELO) {
		member_close(m);
		m->out = true;
	} else if (c->kind != MILTER_RCPT && c->kind != MILTER_UNKNOWN) {
		member_end_message(m);
	}
}

static void begin_round(struct chain *c)
{
	enter(c, CHAIN_ASK);
	for (struct member *m = first(c); m != NULL; m = next(m)) {
		m->accepted = false;
		if (m->hold == HOLD_NOT) {
			m->rank = RANK_CONTINUE;
			buf_clear(&m->text);
		}
		mind_never(c, m);
		m->seeing = (c->sight.see & m->bit) != 0 && !m->out && !m->sits_out;
	}
	for (struct member *m = first(c); m != NULL; m = next(m))
		if (m->seeing)
			(void)member_go(m);
	round_over(c);
}

static void start_over(struct chain *c)
{
	for (struct member *m = first(c); m != NULL; m = next(m)) {
		member_close(m);
		m->out = false;
		m->hold = HOLD_NOT;
		m->said = SAID_NOTHING;
		m->said_of_client = SAID_NOTHING;
		member_forget_message(m);
	}
}

static void begin_message(struct chain *c)
{
	for (struct member *m = first(c); m != NULL; m = next(m)) {
		member_end_message(m);
		member_forget_message(m);
	}
}

/* False: it can't be told to anybody. */
static bool add_to_script(struct chain *c, const struct milter_command *command, struct view macros)
{
	struct script *s = &c->script;

	if (script_add(s, command, macros) != ST_OK) {
		log_warning(c->log, "%s: milters: too much to tell them", c->id);
		return false;
	}
	for (struct member *m = first(c); m != NULL; m = next(m))
		m->pos = m->pos < s->count ? m->pos : s->count - 1;
	s->entry[s->count - 1].never = command->kind == MILTER_RCPT ? c->sight.never : 0;
	s->entry[s->count - 1].refused = c->sight.refused;
	return true;
}

void chain_ask(struct chain *c, const struct milter_command *command, struct view macros,
               struct chain_sight sight)
{
	c->kind = command->kind;
	c->sight = sight;
	if (c->kind == MILTER_CONNECT)
		start_over(c);
	else if (c->kind == MILTER_HELO || c->kind == MILTER_MAIL)
		begin_message(c);
	if (add_to_script(c, command, macros)) {
		begin_round(c);
		return;
	}
	c->answer = (struct chain_answer){ .kind = MILTER_TEMPFAIL };
	tell_soon(c);
}

static bool knows_data(const struct script *s)
{
	return s->count > 0 && s->entry[s->count - 1].kind == MILTER_DATA;
}

void chain_end(struct chain *c, struct mail *mail, const struct chain_macros *macros,
               struct chain_sight sight)
{
	const struct milter_command data = { .kind = MILTER_DATA };

	forget_mail(c);
	c->kind = MILTER_DATA;
	c->sight = sight;
	c->sight.refused = false;
	c->ending = true;
	c->mail = mail;
	c->macros_eoh.max = CHAIN_MACROS_MAX;
	c->macros_end.max = CHAIN_MACROS_MAX;
	if (buf_append(&c->macros_eoh, macros->eoh) != ST_OK ||
	    buf_append(&c->macros_end, macros->end) != ST_OK)
		log_warning(c->log, "%s: milters: more macros than can be told", c->id);
	if (knows_data(&c->script) || add_to_script(c, &data, macros->data)) {
		begin_round(c);
		return;
	}
	c->answer = (struct chain_answer){ .kind = MILTER_TEMPFAIL };
	tell_soon(c);
}

void chain_abort(struct chain *c)
{
	loop_not_soon(c->loop, &c->soon);
	timer_stop(c->loop, &c->slice);
	for (struct member *m = first(c); m != NULL; m = next(m))
		member_abort(m);
	script_cut(&c->script, c->script.session);
	forget_mail(c);
	enter(c, CHAIN_IDLE);
}

/* --- its life --- */

struct chain *chain_new(const struct chain_setup *setup, const struct chain_events *events,
                        void *arg)
{
	struct chain *c = mem_new(struct chain);

	c->loop = setup->loop;
	c->log = setup->log;
	c->children = children_ref(setup->children);
	c->terms = setup->terms;
	c->events = events;
	c->arg = arg;
	c->traced = setup->traced;
	c->script.octets = buf_of(CHAIN_SCRIPT_MAX);
	(void)snprintf(c->id, sizeof(c->id), "%s", setup->id);
	c->member = mem_array(c->children->count, sizeof(*c->member));
	for (size_t i = 0; i < c->children->count; i++) {
		struct member *m = &c->member[i];

		m->chain = c;
		m->child = &c->children->child[i];
		m->place = i;
		m->bit = UINT64_C(1) << i;
		m->text = buf_of(MILTER_DATA_MAX_1M);
		m->refusal = buf_of(MILTER_DATA_MAX_1M);
	}
	return c;
}

static void destroy(void *arg)
{
	struct chain *c = arg;

	children_unref(&c->children);
	mem_free(c->member);
	mem_free(c);
}

void chain_free(struct chain **chain)
{
	struct chain *c = *chain;

	*chain = NULL;
	if (c == NULL)
		return;
	loop_not_soon(c->loop, &c->soon);
	timer_stop(c->loop, &c->slice);
	for (struct member *m = first(c); m != NULL; m = next(m))
		member_close(m);
	forget_mail(c);
	script_free(&c->script);
	enter(c, CHAIN_CLOSED);
	loop_soon(c->loop, &c->soon, destroy, c);
}
