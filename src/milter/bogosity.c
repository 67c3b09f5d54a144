/* What Bogofilter said, in the header that it would have added itself (option -p). */
#include "conf/options.h"
#include "milter/session.h"

#define NAME VIEW("X-Bogosity")

static size_t count_of(const struct mail *mail)
{
	size_t n = 0;

	while (mail_find(mail, NAME, n + 1) != NULL)
		n++;
	return n;
}

/* The last one first: those behind one that goes would move up. */
static enum status remove_all(struct session *s)
{
	enum status st = ST_OK;

	for (size_t n = count_of(s->message.mail); n > 0 && st == ST_OK; n--)
		st = envelope_change_header(s, &(struct milter_reply){ .kind = MILTER_CHGHEADER,
		                                                       .index = (uint32_t)n,
		                                                       .name = NAME });
	return st;
}

void envelope_tell_bogosity(struct session *s, const struct transaction_outcome *o)
{
	const struct fact_value *v = &o->gather->facts.of[FACT_BOGOSITY];
	const struct milter_reply add = { .kind = MILTER_ADDHEADER,
		                          .name = NAME,
		                          .value = v->text };
	enum status st;

	if (!o->conf->options->bogofilter_headers || (s->message.content & CONTENT_HEADERS) == 0)
		return;
	st = remove_all(s);
	if (st == ST_OK && v->state == FACT_KNOWN)
		st = envelope_change_header(s, &add);
	if (st != ST_OK)
		log_warning(s->w->log, "milter: X-Bogosity can't be set: there are too many");
}
