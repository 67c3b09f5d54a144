#include "session/decision_log.h"

#include <inttypes.h>

#include "util/buf.h"
#include "util/escape.h"

/* Octets of one peer's text that are shown. */
#define SHOWN_MAX 1024

/* Five such texts fit, even if every octet is escaped: it is the log that cuts a line, and marks
 * it. */
#define LINE_ROOM (5 * ESCAPE_ROOM(SHOWN_MAX) + 1000)

struct line {
	struct buf text;
	enum status st;
};

static void put(struct line *l, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void put(struct line *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (l->st == ST_OK)
		l->st = buf_vprintf(&l->text, fmt, ap);
	va_end(ap);
}

static void put_peer(struct line *l, struct view v)
{
	if (l->st == ST_OK)
		l->st = escape_append(&l->text, v, SHOWN_MAX);
}

/* --- Postgrey's lines --- */

/* Perl takes "" and "0" for false; such a value is left out. */
static void put_pair(struct line *l, const char *name, struct view v)
{
	if (v.n == 0 || view_eq(v, VIEW("0")))
		return;
	put(l, ", %s=", name);
	put_peer(l, v);
}

static void put_postgrey_reason(struct line *l, const struct transaction_outcome *o,
                                const struct transaction_question *q)
{
	switch (o->reason) {
	case BY_CLIENT_LIST: put(l, "action=pass, reason=client whitelist"); return;
	case BY_RECIPIENT_LIST: put(l, "action=pass, reason=recipient whitelist"); return;
	case BY_AUTO_ALLOW: put(l, "action=pass, reason=client AWL"); return;
	case BY_STAYING: put(l, "action=pass, reason=tarpit"); return;
	case BY_NO_ADDRESS: put(l, "action=pass, reason=no client address"); return;
	case BY_NO_MEMORY: put(l, "action=pass, reason=store %s", status_text(o->trouble)); return;
	case BY_TUPLE: break;
	}
	if (o->verdict == DO_PASS)
		put(l, "action=pass, reason=triplet found");
	else if (o->verdict == DO_PASS_HEADER)
		put(l, "action=pass, reason=triplet found, delay=%" PRId64, o->grey.waited);
	else if (o->grey.next.first == q->now)
		put(l, "action=greylist, reason=new");
	else
		put(l, "action=greylist, reason=early-retry (%" PRId64 "s missing)",
		    o->grey.missing > 0 ? o->grey.missing : 0);
}

static void log_freed(struct log *log, const struct transaction_question *q)
{
	struct line l = { .text = buf_of(LINE_ROOM), .st = ST_OK };
	bool named = q->client_name.n > 0 && !view_eq(q->client_name, VIEW("0"));

	put(&l, q->stage == AT_DATA ? "tarpit whitelisted: " : "whitelisted: ");
	if (named) {
		put_peer(&l, q->client_name);
		put(&l, "[");
	}
	put_peer(&l, q->client_address);
	if (named)
		put(&l, "]");
	log_write(log, LOG_LEVEL_WARNING, buf_view(&l.text));
	buf_free(&l.text);
}

static void log_postgrey(struct log *log, const struct transaction_question *q,
                         const struct transaction_outcome *o)
{
	struct line l = { .text = buf_of(LINE_ROOM), .st = ST_OK };

	if (o->client_freed)
		log_freed(log, q);
	if (o->verdict == DO_HOLD || o->reason == BY_STAYING)
		return;
	if (o->reason == BY_TUPLE && o->grey.reason == GREY_FUTURE)
		log_warning(log, "correcting date for first seen in the future!");
	if (!log_takes(log, LOG_LEVEL_NOTICE))
		return;
	if (q->queue_id.n > 0 && !view_eq(q->queue_id, VIEW("0"))) {
		put_peer(&l, q->queue_id);
		put(&l, ": ");
	}
	put_postgrey_reason(&l, o, q);
	put_pair(&l, "client_name", q->client_name);
	put_pair(&l, "client_address", q->client_address);
	put_pair(&l, "sender", q->sender);
	put_pair(&l, "recipient", q->recipient);
	log_write(log, LOG_LEVEL_NOTICE, buf_view(&l.text));
	buf_free(&l.text);
}

/* --- our own --- */

static const char *word_of_grey(enum grey_reason r)
{
	switch (r) {
	case GREY_NEW: return "new";
	case GREY_FUTURE: return "first-seen-in-the-future";
	case GREY_LATE: return "came-back-too-late";
	case GREY_EXPIRED: return "forgotten";
	case GREY_EARLY: return "early-retry";
	case GREY_RETRIED: return "retried";
	case GREY_KNOWN: return "known";
	}
	return "?";
}

static const char *word_of_reason(const struct transaction_outcome *o)
{
	switch (o->reason) {
	case BY_CLIENT_LIST: return "client-list";
	case BY_RECIPIENT_LIST: return "recipient-list";
	case BY_AUTO_ALLOW: return "auto-allowed";
	case BY_STAYING: return "stayed";
	case BY_NO_ADDRESS: return "no-client-address";
	case BY_NO_MEMORY: return "no-memory";
	case BY_TUPLE: return word_of_grey(o->grey.reason);
	}
	return "?";
}

static const char *word_of_verdict(enum transaction_verdict v)
{
	switch (v) {
	case DO_PASS:
	case DO_PASS_HEADER: return "pass";
	case DO_DEFER: return "defer";
	case DO_HOLD: return "hold";
	}
	return "?";
}

static void log_greylag(struct log *log, const struct transaction_question *q,
                        const struct transaction_outcome *o)
{
	struct line l = { .text = buf_of(LINE_ROOM), .st = ST_OK };

	put(&l, "do=%s why=%s", word_of_verdict(o->verdict), word_of_reason(o));
	if (o->reason == BY_TUPLE && o->verdict == DO_DEFER)
		put(&l, " wait=%" PRId64, o->grey.missing);
	if (o->verdict == DO_PASS_HEADER)
		put(&l, " waited=%" PRId64, o->grey.waited);
	if (q->queue_id.n > 0) {
		put(&l, " id=");
		put_peer(&l, q->queue_id);
	}
	put(&l, " client=");
	put_peer(&l, q->client_address);
	put(&l, " name=");
	put_peer(&l, q->client_name);
	put(&l, " from=<");
	put_peer(&l, q->sender);
	put(&l, "> to=<");
	put_peer(&l, q->recipient);
	put(&l, ">");
	if (o->client_freed)
		put(&l, " auto-allowed-from-now-on");
	log_write(log, LOG_LEVEL_NOTICE, buf_view(&l.text));
	buf_free(&l.text);
}

void decision_log(struct log *log, const struct conf *conf,
                  const struct transaction_question *question,
                  const struct transaction_outcome *outcome)
{
	if (conf->face == CONF_POSTGREY)
		log_postgrey(log, question, outcome);
	else if (log_takes(log, LOG_LEVEL_NOTICE))
		log_greylag(log, question, outcome);
}
