/* What SpamAssassin said, in the headers of a message that is let in. */
#include "codec/spam_headers.h"
#include "conf/conf.h"
#include "milter/session.h"

/* Those that are set, each the first of its name, are at the end of the list. */
struct set {
	const struct spam_changes *changes;
	size_t first;
	uint32_t seen; /* bit 1 << place behind the first */
};

static bool is_deletion(const struct milter_reply *r)
{
	return r->kind == MILTER_CHGHEADER && r->value.n == 0;
}

static bool is_deleted(void *arg, const struct mail_header *h)
{
	struct set *set = arg;

	if (!spam_headers_has(h->name))
		return false;
	for (size_t i = set->first; i < set->changes->count; i++) {
		uint32_t bit = (uint32_t)1 << (i - set->first);
		bool again = (set->seen & bit) != 0;

		if (!view_eq_nocase(h->name, set->changes->list[i].name))
			continue;
		set->seen |= bit;
		return again;
	}
	return true;
}

/* From the copy that is kept all go at once: to seek each of a thousand takes long where there are
 * tens of thousands of others. */
static enum status delete_forged(struct session *s, struct set *set)
{
	const struct spam_changes *c = set->changes;
	bool may = (s->terms.actions & MILTER_MAY_CHANGE_HEADERS) != 0;
	enum status st = ST_OK;

	for (; set->first < c->count && is_deletion(&c->list[set->first]); set->first++) {
		struct milter_reply gone = c->list[set->first];

		gone.index = mail_index_out(s->message.mail, gone.index, gone.name);
		if (may && st == ST_OK)
			st = milter_put_reply(&s->answer, &gone);
	}
	if (may && st == ST_OK && set->first > 0)
		mail_drop_headers(s->message.mail, is_deleted, set);
	return st;
}

/* All or none: a mail that is said to be spam in one header and not in another helps nobody. */
static enum status change(struct session *s, const struct spam_changes *changes)
{
	struct set set = { .changes = changes };
	size_t was = s->answer.n;
	enum status st = delete_forged(s, &set);

	for (size_t i = set.first; i < changes->count && st == ST_OK; i++)
		st = envelope_change_header(s, &changes->list[i]);
	if (st != ST_OK)
		s->answer.n = was;
	return st;
}

bool envelope_tell_spam(struct session *s, const struct transaction_outcome *o)
{
	const struct message *m = &s->message;
	struct spam_changes changes;
	struct arena *arena;
	enum status st;

	if (!o->conf->spamd_headers || (m->content & CONTENT_HEADERS) == 0)
		return true;
	arena = arena_new();
	st = m->behind_lost
	             ? ST_LIMIT
	             : spam_headers(m->mail, o->gather->rewritten, SPAM_SUBJECT, arena, &changes);
	if (st != ST_OK)
		log_warning(s->w->log,
		            "milter: headers X-Spam-... can't be deleted: there are too many");
	else if (change(s, &changes) != ST_OK)
		log_warning(s->w->log,
		            "milter: headers X-Spam-... can't be set: they are too long");
	arena_free(&arena);
	return st == ST_OK;
}
