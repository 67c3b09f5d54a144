#include "session/decision_log.h"

#include <inttypes.h>

#include "conf/milter.h"
#include "session/reply.h"
#include "util/escape.h"

/* Octets of one peer's text that are shown. */
#define SHOWN_MAX 1024

/* Recipients of one message that are logged each with a line of its own. */
#define DEFERRED_SHOWN_MAX 100

/* Of the child milters: a name, its verdict, marks. */
#define MILTERS_ROOM (CONF_CHILDREN_MAX * (CONF_CHILD_NAME_MAX + 16))

/* Five such texts fit, even if every octet is escaped: it is the log that cuts a line, and marks
 * it. */
#define LINE_ROOM (5 * ESCAPE_ROOM(SHOWN_MAX) + 1000 + MILTERS_ROOM)

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

/* A rule that lets in a client or a recipient is one of Postgrey's lists. */
static const char *postgrey_reason(const struct transaction_outcome *o)
{
	switch (o->reason) {
	case BY_RULE:
		return o->rule != NULL && (o->rule->reasons & REASON_BIT(REASON_RCPT)) != 0
		               ? "recipient whitelist"
		               : "client whitelist";
	case BY_AUTH: return "authenticated";
	case BY_TLS: return "certificate";
	case BY_SPF: return "SPF";
	case BY_MACRO: return "access data base";
	case BY_NON_IP: return "no internet address";
	case BY_AUTO_ALLOW: return "client AWL";
	case BY_STAYING: return "tarpit";
	case BY_NULL_SENDER:
	case BY_DELAYED: return "null sender";
	case BY_LATE_STAGE: return "late stage";
	case BY_NO_ADDRESS: return "no client address";
	case BY_FAILED_FACT: return "look-up failed";
	case BY_TUPLE:
	case BY_NO_MEMORY: break;
	}
	return "triplet found";
}

static void put_postgrey_reason(struct line *l, const struct transaction_outcome *o,
                                const struct question *q)
{
	if (o->verdict == DO_REJECT || o->verdict == DO_TEMPFAIL)
		put(l, "action=%s", o->verdict == DO_REJECT ? "reject" : "tempfail");
	else if (o->reason == BY_NO_MEMORY)
		put(l, "action=pass, reason=store %s", status_text(o->trouble));
	else if (o->reason != BY_TUPLE)
		put(l, "action=%s, reason=%s", o->verdict == DO_PASS ? "pass" : "greylist",
		    postgrey_reason(o));
	else if (o->verdict == DO_PASS && o->first && o->grey.reason == GREY_RETRIED)
		put(l, "action=pass, reason=triplet found, delay=%" PRId64, o->grey.waited);
	else if (o->verdict == DO_PASS)
		put(l, "action=pass, reason=triplet found");
	else if (o->grey.next.first == q->now)
		put(l, "action=greylist, reason=new");
	else
		put(l, "action=greylist, reason=early-retry (%" PRId64 "s missing)",
		    o->grey.missing > 0 ? o->grey.missing : 0);
}

static void log_freed(struct log *log, const struct question *q)
{
	struct line l = { .text = buf_of(LINE_ROOM), .st = ST_OK };
	bool named = q->client_name.n > 0 && !view_eq(q->client_name, VIEW("0"));

	put(&l, q->stage == STAGE_DATA ? "tarpit whitelisted: " : "whitelisted: ");
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

static void log_postgrey(struct log *log, const struct question *q,
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
	case BY_RULE: return "rule";
	case BY_AUTH: return "authenticated";
	case BY_TLS: return "certificate";
	case BY_SPF: return "spf";
	case BY_MACRO: return "access-data-base";
	case BY_NON_IP: return "no-internet-address";
	case BY_AUTO_ALLOW: return "auto-allowed";
	case BY_STAYING: return "stayed";
	case BY_NULL_SENDER: return "null-sender-put-off";
	case BY_DELAYED: return "null-sender";
	case BY_LATE_STAGE: return "asked-at-rcpt";
	case BY_NO_ADDRESS: return "no-client-address";
	case BY_NO_MEMORY: return "no-memory";
	case BY_FAILED_FACT: return "look-up-failed";
	case BY_TUPLE: return word_of_grey(o->grey.reason);
	}
	return "?";
}

static const char *word_of_verdict(enum transaction_verdict v)
{
	switch (v) {
	case DO_PASS: return "pass";
	case DO_DEFER: return "defer";
	case DO_HOLD: return "hold";
	case DO_REJECT: return "reject";
	case DO_TEMPFAIL: return "tempfail";
	}
	return "?";
}

static void put_rule(struct line *l, const struct transaction_outcome *o)
{
	char room[16];
	const char *id = reply_rule_id(o, room);

	if (id[0] == '\0')
		return;
	put(l, strchr(id, ' ') != NULL ? " rule=\"" : " rule=");
	put_peer(l, view_of(id));
	put(l, strchr(id, ' ') != NULL ? "\"" : "");
}

static void put_score(struct line *l, const struct gather *g, bool recalled)
{
	const struct fact_value *v;
	int64_t tenths;

	if (g == NULL)
		return;
	v = &g->facts.of[FACT_SPAMD_SCORE];
	tenths = v->number < 0 ? -v->number : v->number;
	if (v->state == FACT_KNOWN)
		put(l, " spamd=%s%" PRId64 ".%" PRId64, v->number < 0 ? "-" : "", tenths / 10,
		    tenths % 10);
	if (recalled)
		put(l, " scan=remembered");
}

static const char *word_of_said(int verdict)
{
	if (verdict == MILTER_FAULT)
		return "fault";
	return verdict >= 0 ? acl_verdict_words[verdict] : NULL;
}

/* What the child milters have said of the message; a star: and it does not count. */
static bool put_milters(struct line *l, const struct milters_said *said)
{
	const struct conf_milter *c =
		said != NULL && said->conf != NULL ? said->conf->children : NULL;
	bool any = false;

	for (; c != NULL; c = c->next) {
		const char *word = word_of_said(said->verdict[c->index]);
		const char *quote = strchr(c->name, ' ') != NULL ? "\"" : "";

		if (word == NULL)
			continue;
		put(l, "%s%s%s%s:%s%s", any ? "," : " milters=", quote, c->name, quote, word,
		    c->evaluation ? "*" : "");
		any = true;
	}
	return any;
}

static const struct milters_said *said_at_end(const struct question *q)
{
	return q->stage == STAGE_END && q->milter != NULL ? q->milter->said : NULL;
}

static void put_mail(struct line *l, const struct question *q)
{
	if (q->queue_id.n > 0) {
		put(l, " id=");
		put_peer(l, q->queue_id);
	}
	put(l, " client=");
	put_peer(l, q->client_address);
	put(l, " name=");
	put_peer(l, q->client_name);
	put(l, " from=<");
	put_peer(l, q->sender);
	put(l, "> to=<");
	put_peer(l, q->recipient);
	put(l, ">");
}

void decision_log_milters(struct log *log, const struct question *question, const char *refused_by)
{
	struct line l = { .text = buf_of(LINE_ROOM), .st = ST_OK };
	enum log_level level = refused_by != NULL ? LOG_LEVEL_NOTICE : LOG_LEVEL_INFO;

	if (!log_takes(log, level))
		return;
	if (refused_by != NULL)
		put(&l, "refused by milter %s:", refused_by);
	else
		put(&l, "asked milters:");
	if (put_milters(&l, said_at_end(question))) {
		put_mail(&l, question);
		log_write(log, level, buf_view(&l.text));
	}
	buf_free(&l.text);
}

static void log_greylag(struct log *log, const struct question *q,
                        const struct transaction_outcome *o)
{
	struct line l = { .text = buf_of(LINE_ROOM), .st = ST_OK };

	put(&l, "do=%s why=%s", word_of_verdict(o->verdict), word_of_reason(o));
	put_rule(&l, o);
	if (o->verdict == DO_DEFER)
		put(&l, " wait=%" PRId64, o->grey.missing);
	if (o->verdict == DO_HOLD)
		put(&l, " hold=%" PRId64, o->hold_s);
	if (o->reason == BY_TUPLE && o->grey.reason == GREY_RETRIED)
		put(&l, " waited=%" PRId64, o->grey.waited);
	if (o->reason == BY_FAILED_FACT)
		put(&l, " fact=\"%s\"", fact_name(o->failed));
	put_score(&l, o->gather, o->recalled);
	(void)put_milters(&l, said_at_end(q));
	put_mail(&l, q);
	if (o->client_freed)
		put(&l, " auto-allowed-from-now-on");
	log_write(log, LOG_LEVEL_NOTICE, buf_view(&l.text));
	buf_free(&l.text);
}

/* --- milter-greylist's --- */

static void put_duration(struct line *l, int64_t s)
{
	s = s > 0 ? s : 0;
	put(l, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, s / 3600, s / 60 % 60, s % 60);
}

/* NAME[ADDRESS] */
static void put_host(struct line *l, const struct question *q)
{
	put_peer(l, q->client_name);
	put(l, "[");
	put_peer(l, q->client_address);
	put(l, "]");
}

static void put_addresses(struct line *l, const struct question *q)
{
	put(l, "addr ");
	put_host(l, q);
	put(l, " from <");
	put_peer(l, q->sender);
	put(l, "> ");
}

static void put_envelope(struct line *l, const struct question *q)
{
	put_addresses(l, q);
	put(l, "to <");
	put_peer(l, q->recipient);
	put(l, "> ");
}

/* The rule's clause of this name, a negated one first. NULL: it has none. */
static const struct acl_clause *find_clause(const struct transaction_outcome *o, const char *name)
{
	const struct acl_clause *found = NULL;

	if (o->rule == NULL || o->rule->rule == NULL)
		return NULL;
	for (const struct acl_clause *c = o->rule->rule->clauses; c != NULL; c = c->next)
		if (strcmp(c->kind->name, name) == 0 && (found == NULL || c->negate))
			found = c;
	return found;
}

static const char *if_negated(const struct transaction_outcome *o, const char *clause,
                              const char *yes, const char *no)
{
	const struct acl_clause *c = find_clause(o, clause);

	return c != NULL && c->negate ? yes : no;
}

static bool has_reason(const struct transaction_outcome *o, enum acl_reason reason)
{
	return o->rule != NULL && (o->rule->reasons & REASON_BIT(reason)) != 0;
}

static void put_reason(struct line *l, const char *before, struct view text, const char *behind)
{
	put(l, "%s", before);
	put_peer(l, text);
	put(l, "%s, ", behind);
}

static void put_client_reasons(struct line *l, const struct transaction_outcome *o,
                               const struct question *q)
{
	if (has_reason(o, REASON_ADDR))
		put_reason(l, "address ", q->client_address, " is whitelisted");
	if (has_reason(o, REASON_DNSRBL))
		put_reason(l, "address ", q->client_address,
		           if_negated(o, "dnsrbl", " is not in DNSRBL", " is in DNSRBL"));
	if (has_reason(o, REASON_MX))
		put_reason(l, "address ", q->client_address,
		           if_negated(o, "mx", " does not match MX record", " matches MX record"));
	if (has_reason(o, REASON_URLCHECK))
		put(l, "URL check%s passed, ", if_negated(o, "urlcheck", " not", ""));
	if (has_reason(o, REASON_DOMAIN))
		put_reason(l, "sender DNS name ", q->client_name, " is whitelisted");
}

static void put_country_reason(struct line *l, const struct transaction_outcome *o)
{
	struct view country = VIEW("");

	if (find_clause(o, "geoip") == NULL)
		return;
	if (o->gather != NULL && o->gather->facts.of[FACT_COUNTRY].state == FACT_KNOWN)
		country = o->gather->facts.of[FACT_COUNTRY].text;
	put_reason(l, "geoip ccode ", country,
	           if_negated(o, "geoip", " is not whitelisted", " is whitelisted"));
}

/* In the order of milter-greylist's log lines; clauses without a text give none. */
static void put_skip_reasons(struct line *l, const struct transaction_outcome *o,
                             const struct question *q)
{
	put_client_reasons(l, o, q);
	if (has_reason(o, REASON_FROM))
		put_reason(l, "sender <", q->sender, "> is whitelisted");
	if (has_reason(o, REASON_RCPT) && q->recipient.n > 0)
		put_reason(l, "recipient <", q->recipient, "> is whitelisted");
	else if (has_reason(o, REASON_RCPT))
		put(l, "at least one recipient is whitelisted, ");
	if (find_clause(o, "sm_macro") != NULL)
		put(l, "macro rule is%s satisfied, ", if_negated(o, "sm_macro", " not", ""));
	put_country_reason(l, o);
	if (has_reason(o, REASON_SPF))
		put(l, "sender is%s SPF-compliant, ", if_negated(o, "spf", " not", ""));
	if (has_reason(o, REASON_DKIM))
		put(l, "sender is%s DKIM-compliant, ", if_negated(o, "dkim", " not", ""));
	if (has_reason(o, REASON_TARPIT))
		put(l, "tarpit is%s requested, ", if_negated(o, "tarpit", " not", ""));
	if (has_reason(o, REASON_DEFAULT))
		put(l, "this is the default action, ");
}

static void put_skipped(struct line *l, const struct question *q,
                        const struct transaction_outcome *o, const char *id)
{
	put(l, "skipping greylist because ");
	put_skip_reasons(l, o, q);
	put(l, "(from=<");
	put_peer(l, q->sender);
	put(l, ">, rcpt=<");
	put_peer(l, q->recipient);
	put(l, ">, addr=");
	put_host(l, q);
	put(l, ") ACL %s", id);
}

/* Once a message, at its first recipient; at its end it has been said. */
static bool put_spf_exemption(struct line *l, const struct question *q)
{
	if (q->stage != STAGE_RCPT || (q->milter != NULL && q->milter->accepted > 0))
		return false;
	put(l, "Sender IP ");
	put_peer(l, q->client_address);
	put(l, " and address <");
	put_peer(l, q->sender);
	put(l, "> are SPF-compliant, bypassing greylist");
	return true;
}

/* Of what else exempts: log_exemption(); a tuple whose time has come leaves no line. */
static bool put_milter_greylist(struct line *l, const struct question *q,
                                const struct transaction_outcome *o)
{
	char room[16];
	const char *id = reply_rule_id(o, room);

	if (o->verdict == DO_DEFER) {
		put_envelope(l, q);
		put(l, o->reason == BY_DELAYED ? "delayed after DATA phase for " : "delayed for ");
		put_duration(l, o->grey.missing);
		put(l, " (ACL %s)", id);
	} else if (o->verdict == DO_REJECT) {
		if (q->stage == STAGE_END && q->milter != NULL)
			put_addresses(l, q); /* the message is, with all its recipients */
		else
			put_envelope(l, q);
		put(l, "blacklisted (ACL %s)", id);
	} else if (o->verdict == DO_TEMPFAIL) {
		put(l, "ACL evaluation failure");
	} else if (o->reason == BY_RULE || o->verdict == DO_HOLD) {
		put_skipped(l, q, o, id);
	} else if (o->reason == BY_SPF) {
		return put_spf_exemption(l, q);
	} else if (o->reason == BY_AUTO_ALLOW ||
	           (o->reason == BY_TUPLE && o->grey.reason == GREY_KNOWN)) {
		put(l, "addr ");
		put_peer(l, q->client_address);
		put(l, " from <");
		put_peer(l, q->sender);
		put(l, "> rcpt <");
		put_peer(l, q->recipient);
		put(l, ">: autowhitelisted for another ");
		put_duration(l, o->rule != NULL ? o->rule->effects.autowhite : o->conf->max_age);
	} else {
		return false;
	}
	return true;
}

static void put_queue_id(struct line *l, const struct question *q)
{
	if (q->queue_id.n > 0)
		put_peer(l, q->queue_id);
	else
		put(l, "(unknown id)");
	put(l, ": ");
}

/* What exempts the message, of which milter-greylist speaks only when it is verbose. */
static void log_exemption(struct log *log, const struct question *q,
                          const struct transaction_outcome *o)
{
	struct line l = { .text = buf_of(LINE_ROOM), .st = ST_OK };
	bool first = q->stage == STAGE_RCPT && (q->milter == NULL || q->milter->accepted == 0);

	if (o->reason == BY_AUTH && first) {
		put(&l, "User ");
		put_peer(&l, q->auth);
		put(&l, " authenticated, bypassing greylisting");
	} else if (o->reason == BY_TLS && first) {
		put(&l, "STARTTLS succeeded for DN=\"");
		put_peer(&l, q->tls);
		put(&l, "\", bypassing greylisting");
	} else if (o->reason == BY_MACRO) {
		put(&l, "whitelisted by {greylist}");
	}
	if (l.text.n > 0)
		log_write(log, LOG_LEVEL_DEBUG, buf_view(&l.text));
	buf_free(&l.text);
}

static void log_milter_greylist_one(struct log *log, const struct question *q,
                                    const struct transaction_outcome *o)
{
	struct line l = { .text = buf_of(LINE_ROOM), .st = ST_OK };

	put_queue_id(&l, q);
	if (put_milter_greylist(&l, q, o))
		log_write(log, LOG_LEVEL_INFO, buf_view(&l.text));
	buf_free(&l.text);
}

/* A message that has to come again at its end does so for each of its recipients; of many the
 * first few are told. */
static void log_milter_greylist(struct log *log, const struct question *q,
                                const struct transaction_outcome *o)
{
	struct question one = *q;

	if (log_takes(log, LOG_LEVEL_DEBUG))
		log_exemption(log, q, o);
	if (o->verdict != DO_DEFER || q->stage != STAGE_END || q->milter == NULL ||
	    q->milter->accepted < 2) {
		log_milter_greylist_one(log, q, o);
		return;
	}
	for (size_t i = 0; i < q->milter->accepted && i < DEFERRED_SHOWN_MAX; i++) {
		one.recipient = mail_bare(q->milter->recipients[i]);
		log_milter_greylist_one(log, &one, o);
	}
}

/* --- what the rules look at --- */

static const char *word_of_answer(enum acl_answer a)
{
	switch (a) {
	case ACL_NO: return "no";
	case ACL_YES: return "yes";
	case ACL_PENDING: return "not known yet";
	case ACL_FAILED: return "look-up failed";
	case ACL_NEVER: return "can't be known here";
	}
	return "?";
}

static void on_clause(void *arg, const struct acl_rule *rule, const struct acl_clause *clause,
                      enum acl_answer answer, struct view saw)
{
	struct line l = { .text = buf_of(LINE_ROOM), .st = ST_OK };

	put(&l, "rule at line %u: %s%s: %s, saw \"", rule->line, clause->negate ? "not " : "",
	    clause->kind->name, word_of_answer(answer));
	put_peer(&l, saw);
	put(&l, "\"");
	log_write(arg, LOG_LEVEL_DEBUG, buf_view(&l.text));
	buf_free(&l.text);
}

static void on_rule(void *arg, const struct acl_rule *rule, enum acl_answer answer)
{
	log_debug(arg, "rule at line %u: %s: %s", rule->line, acl_action_name(rule->action),
	          answer == ACL_YES ? "it holds" : word_of_answer(answer));
}

struct acl_trace decision_trace(struct log *log)
{
	return (struct acl_trace){ .arg = log, .clause = on_clause, .rule = on_rule };
}

void decision_log(struct log *log, const struct question *question,
                  const struct transaction_outcome *outcome)
{
	const struct acl_verdict *v = outcome->rule;
	bool silent = v != NULL && !v->log;
	bool wanted = silent && v->rule != NULL; /* that it is: nolog */

	if (!wanted && (silent || outcome->conf->face != CONF_GREYLAG) &&
	    said_at_end(question) != NULL)
		decision_log_milters(log, question, NULL);
	if (silent)
		return;
	switch (outcome->conf->face) {
	case CONF_POSTGREY: log_postgrey(log, question, outcome); return;
	case CONF_GREYLAG:
		if (log_takes(log, LOG_LEVEL_NOTICE))
			log_greylag(log, question, outcome);
		return;
	case CONF_MILTER_GREYLIST:
		if (log_takes(log, LOG_LEVEL_INFO))
			log_milter_greylist(log, question, outcome);
		return;
	}
}

void decision_log_flushed(struct log *log, const struct question *question,
                          const struct acl_verdict *rule, const struct transaction_outcome *outcome,
                          uint64_t tuples)
{
	bool old = outcome->conf->face == CONF_MILTER_GREYLIST;
	struct transaction_outcome o = { .conf = outcome->conf, .rule = rule };
	struct line l = { .text = buf_of(LINE_ROOM), .st = ST_OK };
	char room[16];

	put_queue_id(&l, question);
	put(&l, "addr ");
	put_peer(&l, question->client_address);
	put(&l, " flushed, removed %" PRIu64 " grey and autowhite (ACL %s)", tuples,
	    reply_rule_id(&o, room));
	log_write(log, old ? LOG_LEVEL_INFO : LOG_LEVEL_NOTICE, buf_view(&l.text));
	buf_free(&l.text);
}
