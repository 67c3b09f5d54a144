/* What Bogofilter said, in the header that it would have added itself (option -p). */
#include "codec/bogosity.h"

#include "conf/options.h"
#include "milter/session.h"

/* Postfix looks through all headers for each one that goes (cleanup_milter.c), and no honest mail
 * has so many. */
#define FORGED_MAX 1000u

static bool is_forged(void *arg, const struct mail_header *h)
{
	(void)arg;
	return view_eq_nocase(h->name, BOGOSITY_HEADER);
}

static size_t count_of(const struct mail *mail)
{
	struct view behind = buf_view(&mail->behind), name;
	size_t n = 0;

	for (size_t i = 0; i < mail->header_count; i++)
		n += is_forged(NULL, &mail->headers[i]);
	while (view_next(&behind, '\0', &name))
		n += view_eq_nocase(name, BOGOSITY_HEADER);
	return n;
}

/* The last one first: those behind one that goes would move up. From the copy that is kept all go
 * at once, as there may be tens of thousands. */
static enum status remove_all(struct session *s)
{
	size_t n = count_of(s->message.mail);
	enum status st = n > FORGED_MAX || s->message.behind_lost ? ST_LIMIT : ST_OK;

	if ((s->terms.actions & MILTER_MAY_CHANGE_HEADERS) == 0)
		return ST_OK;
	for (; n > 0 && st == ST_OK; n--) {
		const struct milter_reply gone = {
			.kind = MILTER_CHGHEADER,
			.index = mail_index_out(s->message.mail, (uint32_t)n, BOGOSITY_HEADER),
			.name = BOGOSITY_HEADER,
		};

		st = milter_put_reply(&s->answer, &gone);
	}
	if (st == ST_OK)
		mail_drop_headers(s->message.mail, is_forged, NULL);
	return st;
}

bool envelope_tell_bogosity(struct session *s, const struct transaction_outcome *o)
{
	const struct fact_value *v = &o->gather->facts.of[FACT_BOGOSITY];
	const struct milter_reply add = { .kind = MILTER_ADDHEADER,
		                          .name = BOGOSITY_HEADER,
		                          .value = v->text };
	enum status st;

	if (!o->conf->options->bogofilter_headers || (s->message.content & CONTENT_HEADERS) == 0)
		return true;
	st = remove_all(s);
	if (st != ST_OK)
		log_warning(s->w->log, "milter: X-Bogosity can't be deleted: there are too many");
	else if (v->state == FACT_KNOWN && envelope_change_header(s, &add) != ST_OK)
		log_warning(s->w->log, "milter: X-Bogosity can't be set: it is too long");
	return st == ST_OK;
}
