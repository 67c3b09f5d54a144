#include "milter/message.h"

#include "codec/bogosity.h"
#include "codec/spam_headers.h"
#include "conf/conf.h"
#include "conf/options.h"
#include "engine/source.h"
#include "session/reply.h"
#include "util/mem.h"

#define SENDER_MAX    ((size_t)65536)
#define MORE_MAX      ((size_t)2048)
#define LINES_MAX     ((size_t)1 << 20)
#define FORGED_MAX    ((size_t)1000 * sizeof(uint32_t)) /* each costs Postfix a look through all */
#define CHANGES_SPARE ((size_t)1 << 20)                 /* octets for what children add */

void message_begin(struct message *m, struct worker *w, bool blanks)
{
	*m = (struct message){
		.open = true,
		.sender = buf_of(SENDER_MAX),
		.accepted = buf_of(MESSAGE_RECIPIENTS_MAX),
		.unproven = buf_of(MESSAGE_RECIPIENTS_MAX),
		.late = buf_of(REPLY_TEXT_MAX * 8),
		.delayed = buf_of(REPLY_TEXT_MAX),
		.header = buf_of(REPLY_TEXT_MAX),
		.added = buf_of(REPLY_TEXT_MAX),
		.spf_domain = buf_of(SOURCE_NAME_MAX + 1),
		.spf_more = buf_of(MORE_MAX),
		.forged = buf_of(FORGED_MAX),
		.lines = buf_of(LINES_MAX),
		.added_index = ACL_UNSET,
		.unproven_keep = ACL_UNSET,
		.w = w,
		.content = conf_content(w->conf),
		.peek = -1,
		.strips = w->conf->options->authentication_results,
	};
	m->mail = mail_new(0, blanks);
}

void message_keep_all(struct message *m)
{
	m->content |= CONTENT_HEADERS | CONTENT_BODY;
	m->all = true;
}

static void count_content(struct message *m, size_t now)
{
	/* Less is more, modulo its width. */
	(void)atomic_fetch_add_explicit(&m->w->load->content, now - m->counted,
	                                memory_order_relaxed);
	m->counted = now;
}

void message_end(struct message *m)
{
	buf_free(&m->sender);
	buf_free(&m->accepted);
	buf_free(&m->unproven);
	buf_free(&m->late);
	buf_free(&m->delayed);
	buf_free(&m->header);
	buf_free(&m->added);
	buf_free(&m->spf_domain);
	buf_free(&m->spf_more);
	buf_free(&m->forged);
	buf_free(&m->lines);
	if (m->w != NULL)
		count_content(m, 0);
	mail_unref(&m->mail);
	*m = (struct message){ .open = false };
}

void message_fit(struct message *m)
{
	struct buf *const all[] = { &m->sender,   &m->accepted, &m->unproven, &m->late,
		                    &m->delayed,  &m->header,   &m->added,    &m->spf_domain,
		                    &m->spf_more, &m->forged,   &m->lines };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		buf_fit(all[i]);
}

/* --- content --- */

static void complain(struct message *m)
{
	if (log_due(&m->w->content_told_at, loop_wall_s(m->w->loop)))
		log_warning(m->w->log, "milter: messages take all of max_message_memory: rules "
		                       "can't look into some; raise it, or lower maxpeek");
}

/* Of all workers: a single mail may be as large as all of it, however many they are. */
static void set_room(struct message *m, size_t most)
{
	size_t all = m->w->conf->message_memory;
	size_t kept = atomic_load_explicit(&m->w->load->content, memory_order_relaxed);
	size_t room = kept < all ? all - kept : 0;

	m->mail->limit = room < SIZE_MAX - m->mail->kept ? m->mail->kept + room : SIZE_MAX;
	if (most < m->mail->limit)
		m->mail->limit = most;
	if (m->mail->limit < m->mail->kept) /* out of order: a recipient came behind headers */
		m->mail->limit = m->mail->kept;
	m->mail->body.max = m->mail->limit;
}

static size_t peek_of(const struct message *m)
{
	return m->all || m->peek < 0 || (uint64_t)m->peek > SIZE_MAX ? SIZE_MAX : (size_t)m->peek;
}

/* Thousands of headers may be of a few octets each. */
void message_account(struct message *m)
{
	size_t now = m->mail->kept + m->mail->header_room * sizeof(struct mail_header) +
	             m->mail->behind.n;

	count_content(m, now);
}

/* More was kept, or not all. */
static void settle(struct message *m)
{
	message_account(m);
	if (!m->mail->full || m->mail_short || m->mail->limit == 0 || m->mail->limit >= peek_of(m))
		return;
	m->mail_short = true;
	complain(m);
}

void message_make_room(struct message *m)
{
	message_account(m);
	set_room(m, SIZE_MAX);
	if (m->mail->limit < SIZE_MAX - CHANGES_SPARE)
		m->mail->limit += CHANGES_SPARE;
	m->mail->body.max = m->mail->limit;
}

void message_change(struct message *m)
{
	m->mail->limit = SIZE_MAX;
	m->mail->body.max = SIZE_MAX;
}

/* One that was not kept. */
static void note_behind(struct message *m, struct view name)
{
	if ((m->content & CONTENT_CHANGED_HEADERS) == 0 ||
	    (!spam_headers_matters(name) && !view_eq_nocase(name, BOGOSITY_HEADER)))
		return;
	if (mail_note_behind(m->mail, name) != ST_OK)
		m->behind_lost = true;
}

void message_take_header(struct message *m, struct view name, struct view value)
{
	bool keep = (m->content & (CONTENT_HEADERS | CONTENT_BODY)) != 0;
	size_t was;

	if (!m->open)
		return; /* out of order */
	was = m->mail->header_count;
	set_room(m, keep ? peek_of(m) : 0);
	mail_take_header(m->mail, name, value);
	if (m->mail->header_count == was)
		note_behind(m, name);
	settle(m);
}

void message_take_body(struct message *m, struct view octets)
{
	if (!m->open)
		return;
	if ((m->content & CONTENT_BODY) == 0) {
		m->mail->size += (int64_t)octets.n;
		return;
	}
	set_room(m, peek_of(m));
	mail_take_body(m->mail, octets);
	settle(m);
}

bool message_skip_rest(struct message *m)
{
	if (!m->open || !m->mail->full || (m->content & CONTENT_SIZE) != 0)
		return false;
	m->skipped = true;
	return true;
}

void message_drop_body(struct message *m)
{
	if (m->mail->refs > 1)
		return; /* somebody still looks into it */
	m->mail->kept -= m->mail->body.n;
	buf_free(&m->mail->body);
}

bool message_is_whole(const struct message *m)
{
	return (m->content & CONTENT_BODY) != 0 && !m->mail->cut;
}

/* The values of the recipient that was judged last are in force at the end. */
void message_values(struct message *m, const struct transaction_outcome *o)
{
	buf_clear(&m->added);
	m->added_index = o->rule != NULL ? o->rule->effects.addheader_index : ACL_UNSET;
	if (reply_rule_header(o, &m->added) != ST_OK)
		buf_clear(&m->added);
	m->by_default = o->rule != NULL && o->rule->by_default &&
	                o->rule->action == ACL_WHITELIST && o->verdict == DO_PASS;
}

static void add_more(struct message *m, struct view text)
{
	/* A bound that is never reached: SPF's own are lower. */
	if (buf_append(&m->spf_more, text) != ST_OK || buf_byte(&m->spf_more, '\0') != ST_OK)
		buf_clear(&m->spf_more);
}

struct fact_spf message_spf_more(const struct message *m)
{
	struct view rest = buf_view(&m->spf_more);
	struct fact_spf more = { .domain = VIEW("") };

	if (view_next(&rest, '\0', &more.domain) && view_next(&rest, '\0', &more.mechanism))
		(void)view_next(&rest, '\0', &more.problem);
	return more;
}

void message_spf(struct message *m, const struct gather *g)
{
	const struct fact_value *v = &g->facts.of[FACT_SPF];

	if (m->has_spf || v->state != FACT_KNOWN)
		return;
	m->has_spf = buf_append(&m->spf_domain, g->spf_domain) == ST_OK;
	m->spf_result = v->number;
	buf_clear(&m->spf_more);
	add_more(m, g->facts.spf.domain);
	add_more(m, g->facts.spf.mechanism);
	add_more(m, g->facts.spf.problem);
}

static void take_header(struct message *m, const struct transaction_outcome *o)
{
	int64_t waited = o->verdict == DO_PASS ? reply_waited(o) : 0;

	m->reported = reply_has_report(o);
	buf_clear(&m->header);
	if (reply_header_text(o, &m->header) != ST_OK)
		buf_clear(&m->header); /* too long to be told */
	if (waited <= m->delayed_s)
		return;
	m->delayed_s = waited;
	buf_clear(&m->delayed);
	if (buf_append(&m->delayed, buf_view(&m->header)) != ST_OK)
		buf_clear(&m->delayed);
}

void message_waited(struct message *m, const struct transaction_outcome *o)
{
	if (reply_waited(o) > m->delayed_s && (!m->reported || reply_has_report(o)))
		take_header(m, o); /* a rule's own text stays */
}

static enum status add_text(struct buf *list, struct view before, struct view text,
                            struct view behind)
{
	size_t was = list->n;
	enum status st = buf_append(list, before);

	if (st == ST_OK)
		st = buf_append(list, text);
	if (st == ST_OK)
		st = buf_append(list, behind);
	if (st != ST_OK)
		list->n = was;
	return st;
}

/* Of several recipients, as much as one of them wants. */
static void take_peek(struct message *m, const struct transaction_outcome *o)
{
	int64_t peek = o->rule != NULL ? o->rule->effects.maxpeek : -1;

	if (m->accepted_count == 0 || peek < 0 || (m->peek >= 0 && peek > m->peek))
		m->peek = peek;
}

enum status message_accept(struct message *m, struct view recipient,
                           const struct transaction_outcome *o)
{
	enum status st = add_text(&m->accepted, VIEW("<"), recipient, (struct view){ ">", 2 });

	if (st != ST_OK)
		return st;
	take_peek(m, o);
	m->accepted_last = m->accepted.n - recipient.n - 3;
	m->accepted_count++;
	m->lines_last = m->lines.n;
	take_header(m, o);
	message_values(m, o);
	return ST_OK;
}

void message_unaccept(struct message *m)
{
	if (m->accepted_count == 0)
		return;
	m->accepted.n = m->accepted_last;
	m->accepted_count--;
	m->lines.n = m->lines_last;
}

static void keep_line(struct message *m, struct view line)
{
	if (line.n + 1 > LINES_MAX - m->lines.n)
		message_write_lines(m); /* so many will hardly all be refused */
	m->lines_last = m->lines.n;
	(void)(add_text(&m->lines, VIEW(""), line, (struct view){ "", 1 }) == ST_OK);
}

void message_keep_line(struct message *m, const struct transaction_outcome *o)
{
	struct buf line = buf_of(REPLY_TEXT_MAX * 2);
	struct transaction_outcome let_in = *o;

	if (m->w->stat == NULL)
		return;
	let_in.verdict = DO_PASS; /* who is held has waited when it is written */
	if (reply_statistics(&let_in, &line) == ST_OK && line.n > 0)
		keep_line(m, buf_view(&line));
	buf_free(&line);
}

void message_write_lines(struct message *m)
{
	struct view rest = buf_view(&m->lines), line;

	while (m->w->stat != NULL && view_next(&rest, '\0', &line))
		statline_write(m->w->stat, line);
	buf_clear(&m->lines);
	m->lines_last = 0;
}

enum status message_unproven(struct message *m, struct view recipient,
                             const struct transaction_outcome *o)
{
	if (o->rule != NULL)
		m->unproven_keep = o->rule->effects.autowhite;
	return add_text(&m->unproven, VIEW(""), recipient, (struct view){ "", 1 });
}

struct view *message_recipients(const struct message *m)
{
	struct view *list, rest = buf_view(&m->accepted);
	size_t n = 0;

	if (m->accepted_count == 0)
		return NULL;
	list = mem_array(m->accepted_count, sizeof(*list));
	while (n < m->accepted_count && view_next(&rest, '\0', &list[n]))
		n++;
	return list;
}

struct view message_header(const struct message *m, const struct conf *conf)
{
	bool delayed = m->delayed_s > 0;

	if (!reply_reports(conf, delayed))
		return VIEW("");
	return buf_view(delayed && !m->reported ? &m->delayed : &m->header);
}
