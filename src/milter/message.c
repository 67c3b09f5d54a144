#include "milter/message.h"

#include "engine/source.h"
#include "session/reply.h"
#include "util/mem.h"

#define SENDER_MAX  ((size_t)65536)
#define SUBJECT_MAX ((size_t)65536) /* one packet */

void message_begin(struct message *m)
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
		.subject = buf_of(SUBJECT_MAX),
		.spf_domain = buf_of(SOURCE_NAME_MAX + 1),
		.added_index = ACL_UNSET,
		.unproven_keep = ACL_UNSET,
	};
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
	buf_free(&m->subject);
	buf_free(&m->spf_domain);
	*m = (struct message){ .open = false };
}

void message_fit(struct message *m)
{
	struct buf *const all[] = { &m->sender, &m->accepted, &m->unproven,
		                    &m->late,   &m->delayed,  &m->header,
		                    &m->added,  &m->subject,  &m->spf_domain };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		buf_fit(all[i]);
}

/* "Name: value" CR LF, and the CR that milters are not sent before a fold's LF. A CR that was sent
 * must not be sent back: it would go into the message. */
void message_take_header(struct message *m, struct view name, struct view value)
{
	bool subject = !m->has_subject && view_eq_nocase(name, VIEW("Subject"));
	size_t n = name.n + value.n + strlen(": \r\n");

	for (size_t i = 0; i < value.n; i++) {
		n += value.p[i] == '\n' && (i == 0 || value.p[i - 1] != '\r');
		if (subject && value.p[i] != '\r')
			(void)(buf_byte(&m->subject, value.p[i]) == ST_OK); /* a packet fits */
	}
	m->size += (int64_t)n;
	m->has_subject = m->has_subject || subject;
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

void message_spf(struct message *m, const struct gather *g)
{
	const struct fact_value *v = &g->facts.of[FACT_SPF];

	if (m->has_spf || v->state != FACT_KNOWN)
		return;
	m->has_spf = buf_append(&m->spf_domain, g->spf_domain) == ST_OK;
	m->spf_result = v->number;
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

enum status message_accept(struct message *m, struct view recipient,
                           const struct transaction_outcome *o)
{
	enum status st = add_text(&m->accepted, VIEW("<"), recipient, (struct view){ ">", 2 });

	if (st != ST_OK)
		return st;
	m->accepted_count++;
	take_header(m, o);
	message_values(m, o);
	return ST_OK;
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
