/* What SpamAssassin said, in the headers of a message that is let in. */
#include "codec/spam_headers.h"
#include "conf/conf.h"
#include "milter/session.h"

/* All or none: a mail that is said to be spam in one header and not in another helps nobody. */
static enum status change(struct session *s, const struct spam_changes *changes)
{
	size_t was = s->answer.n;
	enum status st = ST_OK;

	for (size_t i = 0; i < changes->count && st == ST_OK; i++)
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
	st = spam_headers(m->mail, o->gather->rewritten, SPAM_SUBJECT, arena, &changes);
	if (st != ST_OK)
		log_warning(s->w->log,
		            "milter: headers X-Spam-... can't be deleted: there are too many");
	else if (change(s, &changes) != ST_OK)
		log_warning(s->w->log,
		            "milter: headers X-Spam-... can't be set: they are too long");
	arena_free(&arena);
	return st == ST_OK;
}
