#include "policy/answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "session/reply.h"

/* Replaces the first "%c" from `start` on, if there is one. What was put in stays open to the next
 * replacement, as in Postgrey, where they follow each other. */
static enum status replace(struct buf *b, size_t start, char c, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

static enum status replace(struct buf *b, size_t start, char c, const char *fmt, ...)
{
	struct buf tail = buf_of(ANSWER_MAX);
	enum status st = ST_OK;
	va_list ap;

	for (size_t i = start; i + 1 < b->n; i++) {
		if (b->p[i] != '%' || b->p[i + 1] != c)
			continue;
		st = buf_append(&tail, view_from(buf_view(b), i + 2));
		b->n = i;
		va_start(ap, fmt);
		if (st == ST_OK)
			st = buf_vprintf(b, fmt, ap);
		va_end(ap);
		if (st == ST_OK)
			st = buf_append(b, buf_view(&tail));
		break;
	}
	buf_free(&tail);
	return st;
}

/* The part behind the last "@", or all of it. */
static struct view domain_of(struct view recipient)
{
	size_t at = view_rfind(recipient, '@');

	return at == VIEW_NONE ? recipient : view_from(recipient, at + 1);
}

/* "ACTION TEXT". Exchange took the 4.7.1 that Postfix puts before a text without a code for
 * permanent; a Postfix that sends etrn_domain (2.3 and later) takes the code from the text. */
static enum status greylist_text(const struct conf *conf, const struct policy_request *request,
                                 int64_t missing, struct buf *out)
{
	const char *text = conf->greylist_text;
	bool code = policy_has(request, POLICY_ETRN_DOMAIN) && !ascii_digit(text[0]);
	enum status st = buf_printf(out, "%s ", conf->greylist_action);
	size_t start = out->n;

	if (st == ST_OK)
		st = buf_printf(out, "%s%s", code ? "4.2.0 " : "", text);
	if (st == ST_OK)
		st = replace(out, start, 's', "%" PRId64, missing > 0 ? missing : 0);
	if (st == ST_OK) {
		struct view domain = domain_of(request->value[POLICY_RECIPIENT]);

		st = replace(out, start, 'r', "%.*s", VIEW_ARG(domain));
	}
	return st;
}

/* "Sun, 22 Nov 2026 03:57:11 UTC", in English whatever the locale. */
static void format_date(int64_t date_s, char *out, size_t size)
{
	static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
		                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t t = (time_t)date_s;
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL) {
		out[0] = '\0';
		return;
	}
	(void)snprintf(out, size, "%s, %02d %s %d %02d:%02d:%02d %s", days[tm.tm_wday], tm.tm_mday,
	               months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec,
	               tm.tm_zone);
}

static enum status header_text(const struct conf *conf, int64_t waited, int64_t date_s,
                               struct buf *out)
{
	enum status st = buf_append(out, VIEW("PREPEND "));
	size_t start = out->n;
	char date[64];

	format_date(date_s, date, sizeof(date));
	if (st == ST_OK)
		st = buf_printf(out, "%s", conf->header);
	if (st == ST_OK)
		st = replace(out, start, 't', "%" PRId64, waited);
	if (st == ST_OK)
		st = replace(out, start, 'v', "%s", conf->version);
	if (st == ST_OK)
		st = replace(out, start, 'd', "%s", date);
	if (st == ST_OK)
		st = replace(out, start, 'h', "%s", conf->hostname);
	return st;
}

/* "CODE ECODE TEXT" when the rule names a code. Else the action that defers, so that what follows
 * in Postfix's restrictions may still refuse for good; Postfix before 2.3 (which sends no
 * etrn_domain) knows no enhanced codes there. */
static enum status refusal(const struct conf *conf, const struct policy_request *request,
                           const struct transaction_outcome *o, struct buf *out)
{
	struct reply r;
	enum status st = reply_refusal(o, &r);
	bool enhanced = r.code != NULL || policy_has(request, POLICY_ETRN_DOMAIN);

	if (st == ST_OK)
		st = buf_printf(out, "%s ", r.code != NULL ? r.code : conf->greylist_action);
	if (st == ST_OK && enhanced)
		st = buf_printf(out, "%s ", r.ecode);
	if (st == ST_OK)
		st = buf_append(out, buf_view(&r.text));
	reply_free(&r);
	return st;
}

static enum status deferral(const struct policy_request *request,
                            const struct transaction_outcome *o, struct buf *out)
{
	bool by_rule =
		o->rule != NULL && (o->rule->effects.msg != NULL || o->rule->effects.code != NULL);

	if (o->conf->greylist_text != NULL && !by_rule)
		return greylist_text(o->conf, request, o->grey.missing, out);
	return refusal(o->conf, request, o, out);
}

static enum status pass(const struct transaction_outcome *o, struct buf *out)
{
	size_t before = out->n;
	enum status st;

	if (o->conf->header != NULL && o->reason == BY_TUPLE && o->first &&
	    o->grey.reason == GREY_RETRIED)
		return header_text(o->conf, o->grey.waited, o->gather->q->wall, out);
	st = buf_append(out, VIEW("PREPEND "));
	if (st == ST_OK)
		st = reply_added_header(o, out);
	if (st == ST_OK && out->n == before + strlen("PREPEND ") && o->first)
		st = reply_received_spf(o, out);
	if (st == ST_OK && out->n == before + strlen("PREPEND ") && o->conf->header == NULL)
		st = reply_header(o, out);
	if (st != ST_OK || out->n > before + strlen("PREPEND "))
		return st;
	out->n = before;
	return buf_append(out, VIEW("DUNNO"));
}

/* What follows the wait of a greylist rule is the greylist action without a text, as in taRgrey. */
static enum status hold(const struct transaction_outcome *o, struct buf *out)
{
	if (o->then_defer)
		return buf_printf(out, "SLEEP %" PRId64 ", %s", o->hold_s,
		                  o->conf->greylist_action);
	return buf_printf(out, "SLEEP %" PRId64, o->hold_s);
}

enum status answer_text(const struct policy_request *request,
                        const struct transaction_outcome *outcome, struct buf *out)
{
	switch (outcome->verdict) {
	case DO_PASS: return pass(outcome, out);
	case DO_DEFER: return deferral(request, outcome, out);
	case DO_HOLD: return hold(outcome, out);
	case DO_REJECT:
	case DO_TEMPFAIL: return refusal(outcome->conf, request, outcome, out);
	}
	return ST_INVALID;
}
