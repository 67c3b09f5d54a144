#include "child/chain_inside.h"

#include <inttypes.h>
#include <stdio.h>

#include "util/escape.h"

#define TEXT_SHOWN 200u   /* octets of an answer's text in the log */
#define TELL_MS    60000u /* between two words in the log about one child's failures */

/* --- its answer --- */

static enum rank rank_of(const struct child_answer *a)
{
	switch (a->kind) {
	case MILTER_ACCEPT: return RANK_ACCEPT;
	case MILTER_REJECT: return RANK_REJECT;
	case MILTER_TEMPFAIL: return RANK_TEMPFAIL;
	case MILTER_DISCARD: return RANK_DISCARD;
	case MILTER_REPLYCODE:
		return a->text.n > 0 && a->text.p[0] == '5' ? RANK_REJECT : RANK_TEMPFAIL;
	case MILTER_CONTINUE:
	case MILTER_SKIP:
	case MILTER_SHUTDOWN:
	case MILTER_CONN_FAIL:
	case MILTER_PROGRESS:
	case MILTER_ADDHEADER:
	case MILTER_INSHEADER:
	case MILTER_CHGHEADER:
	case MILTER_REPLBODY:
	case MILTER_ADDRCPT:
	case MILTER_ADDRCPT_PAR:
	case MILTER_DELRCPT:
	case MILTER_CHGFROM:
	case MILTER_QUARANTINE: break;
	}
	return RANK_CONTINUE;
}

static const char *rank_text(enum rank rank)
{
	switch (rank) {
	case RANK_ACCEPT: return "accept";
	case RANK_CONTINUE: return "continue";
	case RANK_TEMPFAIL: return "tempfail";
	case RANK_REJECT: return "reject";
	case RANK_DISCARD: return "discard";
	}
	return "?";
}

static bool refuses(enum rank rank)
{
	return rank > RANK_CONTINUE;
}

static void set_verdict(struct member *m, enum rank rank, struct view text)
{
	m->rank = rank;
	buf_clear(&m->text);
	(void)(buf_append(&m->text, text) == ST_OK); /* a packet fits */
}

static enum chain_said said_of(enum rank rank)
{
	switch (rank) {
	case RANK_ACCEPT: return SAID_ACCEPT;
	case RANK_CONTINUE: break;
	case RANK_TEMPFAIL: return SAID_TEMPFAIL;
	case RANK_REJECT: return SAID_REJECT;
	case RANK_DISCARD: return SAID_DISCARD;
	}
	return SAID_NOTHING;
}

/* A refused recipient says nothing of the message, unless the child goes no further. */
static void note(struct member *m, enum milter_command_kind kind, enum rank rank)
{
	enum chain_said said = said_of(rank);

	if (kind == MILTER_CONNECT || kind == MILTER_HELO) {
		m->said_of_client = said;
		return;
	}
	if (kind == MILTER_EOB && said == SAID_NOTHING)
		said = SAID_ACCEPT;
	if (kind == MILTER_UNKNOWN || said == SAID_NOTHING ||
	    (kind == MILTER_RCPT && (said == SAID_TEMPFAIL || said == SAID_REJECT)))
		return;
	m->said = said;
}

static void count_answer(struct member *m, enum rank rank)
{
	if (rank == RANK_DISCARD)
		child_count(m->child, CHILD_DISCARDED, 1);
	else if (rank == RANK_REJECT)
		child_count(m->child, CHILD_REJECTED, 1);
	else if (rank == RANK_TEMPFAIL)
		child_count(m->child, CHILD_TEMPFAILED, 1);
}

static const char *kind_text(enum milter_command_kind kind)
{
	switch ((int)kind) {
	case MILTER_CONNECT: return "connect";
	case MILTER_HELO: return "helo";
	case MILTER_MAIL: return "mail";
	case MILTER_RCPT: return "rcpt";
	case MILTER_DATA: return "data";
	case MILTER_EOB: return "end";
	default: return "unknown command";
	}
}

/* Each answer with `log_rules`. Without, what a child under evaluation would have refused before
 * the end: at the end it stands in the decision's line. */
static void log_answer(const struct member *m, enum milter_command_kind kind, enum rank rank,
                       struct view text)
{
	bool watched = m->child->conf->evaluation && refuses(rank);
	char shown[ESCAPE_ROOM(TEXT_SHOWN)];
	struct log *log = m->chain->log;
	enum log_level level = watched && kind != MILTER_EOB ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG;
	struct buf line = buf_of(LOG_LINE_MAX);
	uint64_t ms = (loop_mono_us() - m->asked_us) / 1000;

	if ((level == LOG_LEVEL_DEBUG && !m->chain->traced) || !log_takes(log, level))
		return;
	(void)escape_text(view_first(text, TEXT_SHOWN), shown, sizeof(shown));
	if (buf_printf(&line, "%s: milter %s: %s: %s%s%s%s%s, after %" PRIu64 " ms", m->chain->id,
	               m->child->conf->name, kind_text(kind), watched ? "would " : "",
	               rank_text(rank), text.n > 0 ? " <" : "", shown, text.n > 0 ? ">" : "",
	               ms) == ST_OK)
		log_write(log, level, buf_view(&line));
	buf_free(&line);
}

static void take_verdict(struct member *m, enum milter_command_kind kind,
                         const struct child_answer *a)
{
	enum rank rank = rank_of(a);

	count_answer(m, rank);
	note(m, kind, rank);
	log_answer(m, kind, rank, a->kind == MILTER_REPLYCODE ? a->text : VIEW(""));
	if (m->child->conf->evaluation && refuses(rank)) /* it is watched, and has no say */
		set_verdict(m, RANK_ACCEPT, VIEW(""));
	else
		set_verdict(m, rank, a->kind == MILTER_REPLYCODE ? a->text : VIEW(""));
}

static void hold(struct member *m, enum hold how)
{
	if (refuses(m->rank) && m->hold < how)
		m->hold = how;
}

static void good(struct member *m)
{
	if (m->leave != BREAKER_NO && breaker_good(&m->child->known->breaker, m->leave))
		log_notice(m->chain->log, "milter %s: is asked again", m->child->conf->name);
	child_history_tell(m->child->known);
	m->leave = m->leave == BREAKER_TRY ? BREAKER_YES : m->leave;
}

/* --- its connection --- */

static void drop_link(struct member *m)
{
	if (m->link != NULL)
		breaker_unknown(&m->child->known->breaker, m->leave);
	link_close(&m->link);
	m->leave = BREAKER_NO;
	m->busy = false;
	m->open = false;
	m->pos = 0;
}

/* It has said all that it will: no client, or no more, for it. */
static void quit(struct member *m)
{
	good(m);
	drop_link(m);
	m->out = true;
}

void member_close(struct member *m)
{
	if (m->link != NULL && !m->busy && link_idle(m->link) && m->pos > 0)
		good(m);
	drop_link(m);
	buf_free(&m->text);
	buf_free(&m->refusal);
}

/* Once a minute a child; with `log_rules`, each. */
static void log_fault(struct member *m, enum child_fault fault, uint64_t now_ms)
{
	struct child_history *known = m->child->known;
	char more[40] = "";

	if (!m->chain->traced && known->told_ms != 0 && now_ms - known->told_ms < TELL_MS) {
		known->untold++;
		return;
	}
	if (known->untold > 0)
		(void)snprintf(more, sizeof(more), "; %u more since the last word", known->untold);
	log_warning(m->chain->log, "%s: milter %s: %s: counts as %s%s", m->chain->id,
	            m->child->conf->name, child_fault_text(fault), rank_text(m->rank), more);
	known->told_ms = now_ms > 0 ? now_ms : 1;
	known->untold = 0;
}

/* Whoever sends mails may not have a child left out for all. So it is not at fault when a mail has
 * no room for what it adds, nor when it takes too long over one, and meanwhile answers the same to
 * others: a filter may ask name servers of the sender's. */
static bool is_its_fault(const struct member *m, enum child_fault fault)
{
	return !m->chain->no_room &&
	       (fault != FAULT_TIMEOUT || !child_heard_since(m->child, m->asked, m->asked_us));
}

/* That it is left out is told once, when that begins. */
static void take_fault(struct member *m, enum child_fault fault)
{
	struct breaker *b = &m->child->known->breaker;
	uint64_t now_ms = loop_mono_ms(m->chain->loop);

	if (fault == FAULT_LEFT_OUT)
		return;
	log_fault(m, fault, now_ms);
	if (!is_its_fault(m, fault))
		return;
	if (breaker_failed(b, m->leave, now_ms))
		log_warning(m->chain->log,
		            "milter %s: failed %u times in a row: is left out for %u s",
		            m->child->conf->name, b->failures, b->out_ms / 1000);
	child_history_tell(m->child->known);
	m->leave = BREAKER_NO;
}

static void fall_back(struct member *m, enum child_fault fault, enum hold how)
{
	static const enum rank ranks[] = {
		[CHILD_ACCEPT] = RANK_ACCEPT,
		[CHILD_TEMPFAIL] = RANK_TEMPFAIL,
		[CHILD_REJECT] = RANK_REJECT,
		[CHILD_DISCARD] = RANK_DISCARD,
	};
	const struct child_conf *conf = m->child->conf;

	set_verdict(m, conf->evaluation ? RANK_ACCEPT : ranks[conf->fallback], VIEW(""));
	hold(m, how);
	m->said = SAID_FAULT;
	child_count(m->child, (enum child_count)(CHILD_FAULT + (unsigned)fault), 1);
}

/* It is not the child's fault, which goes on with the next message. */
void member_spare(struct member *m)
{
	fall_back(m, FAULT_LIMIT, HOLD_MESSAGE);
	log_warning(m->chain->log, "%s: milter %s: the mail is too large to be kept: counts as %s",
	            m->chain->id, m->child->conf->name, rank_text(m->rank));
	member_end_message(m);
}

void member_fail(struct member *m, enum child_fault fault)
{
	fall_back(m, fault, HOLD_SESSION);
	take_fault(m, fault);
	drop_link(m);
	m->out = true;
}

/* --- what the link says --- */

static void on_agreed(void *arg, const struct milter_agreed *terms)
{
	struct member *m = arg;

	child_count(m->child, CHILD_SESSIONS, 1);
	wishes_learn(&m->child->known->wishes, terms);
}

static enum status on_change(void *arg, const struct milter_reply *r)
{
	struct member *m = arg;

	return changes_collect(m->chain, r, link_steps(m->link));
}

static void on_progress(void *arg)
{
	struct member *m = arg;

	chain_progress(m->chain);
}

static void on_done(void *arg, const struct child_answer *a)
{
	struct member *m = arg;

	chain_done(m, a);
}

static const struct link_events events = { on_agreed, on_change, on_progress, on_done };

/* False: it is left out. */
static bool connect_it(struct member *m)
{
	struct chain *c = m->chain;
	const struct milter_offer offer = {
		.version = MILTER_VERSION_MAX,
		.actions = c->terms.offered,
		.steps = MILTER_WITH_BLANK * 2 - 1, /* all up to the last one */
	};

	m->leave = breaker_ask(&m->child->known->breaker, loop_mono_ms(c->loop));
	if (m->leave == BREAKER_NO)
		return false;
	m->pos = 0;
	m->link = link_new(c->loop, m->child->conf, &offer, &events, m);
	return true;
}

/* --- what it is told --- */

void member_end_message(struct member *m)
{
	if (m->open && m->link != NULL && !m->busy && link_idle(m->link))
		link_abort(m->link);
	m->open = false;
	m->sits_out = true;
}

void member_abort(struct member *m)
{
	if (m->busy)
		drop_link(m); /* its answer is still to come, and would be taken for another's */
	else
		member_end_message(m);
}

void member_forget_message(struct member *m)
{
	struct script *s = &m->chain->script;

	m->sits_out = false;
	m->open = false;
	m->said = m->out && m->said == SAID_FAULT ? SAID_FAULT : SAID_NOTHING;
	m->recipients = 0;
	m->accepted = false;
	buf_free(&m->refusal);
	if (m->pos > s->session)
		m->pos = s->session;
	if (m->hold == HOLD_MESSAGE)
		m->hold = HOLD_NOT;
}

void member_put_macros(struct member *m, enum milter_command_kind kind, struct view command,
                       struct view pairs, struct buf *out)
{
	struct chain *c = m->chain;
	struct milter_command packet = { .kind = MILTER_MACRO };
	struct buf own = buf_of(CHAIN_MACROS_MAX);

	if (c->events->macros != NULL && buf_append(&own, pairs) == ST_OK) {
		c->events->macros(c->arg, m->place, kind, command, &own);
		pairs = buf_view(&own);
	}
	packet.macros.command = (char)kind;
	packet.macros.pairs.packed = pairs;
	if (pairs.n > 0 && milter_put_command(out, &packet) != ST_OK)
		log_warning(c->log, "%s: milter %s: its macros can't be told: too many", c->id,
		            m->child->conf->name);
	buf_free(&own);
}

static void tell(struct member *m, const struct entry *e)
{
	const struct script *s = &m->chain->script;
	struct buf macros = buf_of(MILTER_HEAD + MILTER_DATA_MAX);

	m->busy = true;
	m->asked_us = loop_mono_us();
	m->asked = (char)e->kind;
	member_put_macros(m, e->kind, script_command(s, e), script_macros(s, e), &macros);
	link_command(m->link, e->kind, buf_view(&macros), script_command(s, e));
	buf_free(&macros);
}

static bool is_for(const struct member *m, const struct entry *e)
{
	if ((e->never & m->bit) != 0)
		return false;
	return !e->refused || (link_steps(m->link) & MILTER_WITH_REJECTED) != 0;
}

/* All that it would have seen of this message was refused, or hidden from it. */
static void leave_message(struct member *m)
{
	enum rank rank = RANK_ACCEPT;
	struct view text = buf_view(&m->refusal);

	if (text.n > 0)
		rank = text.p[0] == '5' ? RANK_REJECT : RANK_TEMPFAIL;
	set_verdict(m, rank, text.n > 3 ? text : VIEW(""));
	hold(m, HOLD_MESSAGE);
	member_end_message(m);
}

bool member_go(struct member *m)
{
	const struct script *s = &m->chain->script;

	if (m->link != NULL && link_failed(m->link) && !m->open)
		drop_link(m); /* it has hung up between two messages: that is its right */
	while (!m->out && !m->sits_out && (m->link == NULL || m->pos < s->count)) {
		const struct entry *e;

		if (m->link == NULL && !connect_it(m)) {
			member_fail(m, FAULT_LEFT_OUT);
			break;
		}
		e = &s->entry[m->pos];
		if (e->kind == MILTER_DATA && m->recipients == 0) {
			leave_message(m);
			break;
		}
		if (is_for(m, e)) {
			tell(m, e);
			return true;
		}
		m->pos++;
	}
	return false;
}

/* --- what follows of its answers --- */

static void take_client(struct member *m)
{
	hold(m, HOLD_SESSION);
	if (m->rank != RANK_CONTINUE)
		quit(m);
}

static void take_message(struct member *m)
{
	m->open = m->rank == RANK_CONTINUE;
	if (m->open)
		return;
	hold(m, HOLD_MESSAGE);
	m->sits_out = true;
	good(m);
}

/* Its refusal is of this recipient alone; of one that has been let in already nothing but the
 * memory stays. */
static void take_recipient(struct member *m, const struct entry *e, const struct child_answer *a)
{
	bool late = m->pos + 1 < m->chain->script.count || m->chain->kind != MILTER_RCPT;
	enum rank said = rank_of(a);

	m->accepted = false;
	if (said == RANK_ACCEPT || said == RANK_DISCARD) {
		m->open = false;
		m->sits_out = true;
		if (e->refused)
			set_verdict(m, RANK_ACCEPT, VIEW(""));
		hold(m, HOLD_MESSAGE);
		good(m);
	} else if (e->refused) {
		set_verdict(m, RANK_CONTINUE, VIEW(""));
	} else if (said == RANK_CONTINUE) {
		m->accepted = true;
		m->recipients++;
	} else if (late && refuses(m->rank)) {
		struct view text = m->text.n > 0         ? buf_view(&m->text)
		                   : said == RANK_REJECT ? VIEW("5")
		                                         : VIEW("4");

		buf_clear(&m->refusal);
		(void)(buf_append(&m->refusal, text) == ST_OK);
		set_verdict(m, RANK_CONTINUE, VIEW(""));
	}
}

void member_take(struct member *m, enum milter_command_kind kind, const struct child_answer *a)
{
	const struct entry *e = &m->chain->script.entry[m->pos];

	child_answered(m->child, loop_mono_us() - m->asked_us);
	m->busy = false;
	if (a->fault != FAULT_NONE) {
		member_fail(m, a->fault);
		return;
	}
	child_heard(m->child, (char)kind, loop_mono_us());
	take_verdict(m, kind, a);
	if (kind == MILTER_CONNECT || kind == MILTER_HELO)
		take_client(m);
	else if (kind == MILTER_MAIL || kind == MILTER_DATA)
		take_message(m);
	else if (kind == MILTER_RCPT)
		take_recipient(m, e, a);
	m->pos++;
}

void member_finished(struct member *m, const struct child_answer *a)
{
	m->open = false;
	m->sits_out = true;
	child_heard(m->child, MILTER_EOB, loop_mono_us());
	take_verdict(m, MILTER_EOB, a);
	hold(m, HOLD_MESSAGE);
	if (!refuses(rank_of(a)))
		child_count(m->child, CHILD_ACCEPTED, 1);
	good(m);
}

enum rank member_rank(const struct member *m)
{
	if (m->hold != HOLD_NOT)
		return m->rank;
	if (m->seeing)
		return m->rank;
	return m->out || m->sits_out ? RANK_ACCEPT : RANK_CONTINUE;
}
