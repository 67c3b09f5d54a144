/* Authentication-Results that others have written in our name go, and ours comes (RFC 8601 section
 * 5). Whose one is, is looked at as it comes in: what is kept of the message may be cut. */
#include "codec/authres.h"

#include "conf/options.h"
#include "milter/session.h"
#include "session/reply.h"

/* Eight signatures with names of full length, and the rest. */
#define AUTHRES_LINE_MAX ((size_t)32768)

static bool is_forged(const struct session *s, struct view value)
{
	struct view own = macros_value(&s->macros, VIEW("j"));

	return authres_owner_of(value, reply_authserv_id(s->w->conf, own)) != AUTHRES_OTHER;
}

void authres_take_header(struct session *s, struct view name, struct view value)
{
	struct message *m = &s->message;
	uint32_t index;

	if (!m->open || !m->strips || !authres_is_name(name))
		return;
	index = ++m->authres;
	if (is_forged(s, value))
		m->forged_lost = buf_append(&m->forged, (struct view){ (const char *)&index,
		                                                       sizeof(index) }) != ST_OK ||
		                 m->forged_lost;
}

static bool drop(void *arg, const struct mail_header *h)
{
	return authres_is_name(h->name) && is_forged(arg, h->value);
}

static bool may_strip(const struct session *s)
{
	return s->message.forged.n > 0 && (s->terms.actions & MILTER_MAY_CHANGE_HEADERS) != 0;
}

void authres_hide(struct session *s)
{
	struct message *m = &s->message;

	if (may_strip(s) && !m->forged_hidden)
		mail_drop_headers(m->mail, drop, s);
	m->forged_hidden = true;
}

/* From the last to the first, since Postfix counts anew after each. */
bool authres_strip(struct session *s)
{
	struct message *m = &s->message;
	struct milter_reply change = { .kind = MILTER_CHGHEADER,
		                       .name = VIEW("Authentication-Results") };
	enum status st = ST_OK;

	if (!may_strip(s))
		return !m->forged_lost;
	for (size_t at = m->forged.n; at > 0 && st == ST_OK; at -= sizeof(change.index)) {
		memcpy(&change.index, m->forged.p + at - sizeof(change.index),
		       sizeof(change.index));
		st = milter_put_reply(&s->answer, &change);
	}
	authres_hide(s);
	return st == ST_OK && !m->forged_lost;
}

/* At the very top, above the MTA's own Received: what stands below may have come with the message
 * (RFC 7208 section 9.1; RFC 8601 section 4.1). */
static void add_on_top(struct session *s, struct view line)
{
	size_t colon = view_find(line, ':');
	struct milter_reply change = { .kind = MILTER_INSHEADER,
		                       .index = 0,
		                       .name = view_first(line, colon) };

	if (colon == VIEW_NONE)
		return; /* nothing to tell */
	change.value = view_trim(view_from(line, colon + 1));
	if (envelope_change_header(s, &change) != ST_OK)
		log_warning(s->w->log, "milter: %.*s can't be added: it is too long",
		            VIEW_ARG(change.name));
}

void authres_add(struct session *s, const struct transaction_outcome *o)
{
	struct buf line = buf_of(AUTHRES_LINE_MAX);

	if (reply_received_spf(o, &line) == ST_OK)
		add_on_top(s, buf_view(&line));
	buf_clear(&line);
	if (reply_authentication(o, &line) == ST_OK)
		add_on_top(s, buf_view(&line));
	buf_free(&line);
}
