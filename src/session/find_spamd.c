/* What SpamAssassin thinks of the message: one scan, whoever asks for it. */
#include "codec/mail.h"
#include "codec/spam_headers.h"
#include "codec/spam_symbols.h"
#include "engine/tuple.h"
#include "scan/spamd.h"
#include "session/find.h"

#include <time.h>

#define HEADERS_OF_HONEST ((size_t)32768)
#define TRACE_MAX         ((size_t)4096)
#define TRACE_WORD        255u /* octets of a name, or an address, in it */

enum { PIECE_TRACE, PIECE_HEADERS, PIECE_EMPTY_LINE, PIECE_BODY, PIECES };

/* What spamd's client borrows while it is at work. */
struct scan {
	struct spamd_scan *running;
	struct dial_address servers[CONF_SPAMD_MAX];
	struct buf trace, headers;
	struct view pieces[PIECES];
};

_Static_assert(CONF_SPAMD_MAX <= SPAMD_SERVERS_MAX, "servers");

/* --- the trace of the client's connection --- */

/* In a trace header that others read: no blank, and nothing that has a meaning there. */
static enum status put_word(struct buf *out, struct view v)
{
	enum status st = ST_OK;

	v = view_first(v, TRACE_WORD);
	for (size_t i = 0; i < v.n && st == ST_OK; i++) {
		bool bad = v.p[i] <= ' ' || v.p[i] > '~' || strchr("()<>;,\"\\", v.p[i]) != NULL;

		st = buf_byte(out, (char)(bad ? '_' : v.p[i]));
	}
	return st;
}

/* "from HELO (NAME [ADDRESS])"; without a name, or where it is the address, the latter alone. */
static enum status put_client(const struct gather *g, struct buf *out)
{
	struct view name = g->q->client_name;
	char address[IP_TEXT_MAX];
	bool named = name.n > 0 && name.p[0] != '[' && !view_eq_nocase(name, VIEW("unknown"));
	enum status st = buf_append(out, VIEW("Received: from "));

	ip_format(&g->facts.client, address);
	if (st == ST_OK)
		st = put_word(out, g->q->helo.n > 0 ? g->q->helo : VIEW("unknown"));
	if (st == ST_OK)
		st = buf_append(out, VIEW(" ("));
	if (st == ST_OK && named)
		st = put_word(out, name);
	if (st == ST_OK)
		st = buf_printf(out, "%s[%s%s])\r\n", named ? " " : "",
		                g->facts.client.family == IP_V6 ? "IPv6:" : "", address);
	return st;
}

/* "by NAME (greylag VERSION) with ESMTP id QUEUEID"; the A says that the client authenticated
 * (RFC 3848). */
static enum status put_us(const struct gather *g, struct buf *out)
{
	enum status st = buf_append(out, VIEW("\tby "));

	if (st == ST_OK)
		st = put_word(out, g->facts.own_name);
	if (st == ST_OK)
		st = buf_printf(out, " (greylag %s) with ESMTP%s", g->conf->version,
		                g->q->auth.n > 0 ? "A" : "");
	if (st == ST_OK && g->q->queue_id.n > 0)
		st = buf_append(out, VIEW(" id "));
	return st == ST_OK ? put_word(out, g->q->queue_id) : st;
}

static enum status put_date(int64_t unix_s, struct buf *out)
{
	static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
		                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t t = (time_t)unix_s;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL)
		return ST_INVALID;
	return buf_printf(out, "%s, %02d %s %d %02d:%02d:%02d +0000", days[tm.tm_wday], tm.tm_mday,
	                  months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* "for <RECIPIENT>; DATE (envelope-from <SENDER>)"; several recipients are not told. */
static enum status put_envelope(const struct gather *g, struct buf *out)
{
	struct view recipient = g->q->recipient;
	enum status st = ST_OK;

	if (recipient.n > 0)
		st = buf_append(out, VIEW("\r\n\tfor <"));
	if (st == ST_OK)
		st = put_word(out, recipient);
	if (st == ST_OK)
		st = buf_append(out, recipient.n > 0 ? VIEW(">; ") : VIEW(";\r\n\t"));
	if (st == ST_OK)
		st = put_date(g->q->wall, out);
	if (st == ST_OK)
		st = buf_append(out, VIEW("\r\n\t(envelope-from <"));
	if (st == ST_OK)
		st = put_word(out, g->q->sender);
	return st == ST_OK ? buf_append(out, VIEW(">)\r\n")) : st;
}

/* The MTA's own Received is not told to milters, and SpamAssassin looks for the client in it. */
static enum status put_trace(const struct gather *g, struct buf *out)
{
	enum status st = put_client(g, out);

	if (st == ST_OK)
		st = put_us(g, out);
	return st == ST_OK ? put_envelope(g, out) : st;
}

/* --- the scan --- */

static void free_scan(struct scan *s)
{
	buf_free(&s->trace);
	buf_free(&s->headers);
	mem_free(s);
}

static enum status put_headers(const struct mail *mail, struct buf *out)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < mail->header_count && st == ST_OK; i++)
		if (!spam_headers_has(mail->headers[i].name))
			st = mail_put_header(mail, &mail->headers[i], out);
	return st;
}

/* The body, most of the mail, is not copied. */
static enum status fill(struct scan *s, const struct gather *g)
{
	const struct mail *mail = g->q->milter->mail;
	enum status st = put_trace(g, &s->trace);

	if (st == ST_OK)
		st = put_headers(mail, &s->headers);
	s->pieces[PIECE_TRACE] = buf_view(&s->trace);
	s->pieces[PIECE_HEADERS] = buf_view(&s->headers);
	s->pieces[PIECE_EMPTY_LINE] = VIEW("\r\n");
	s->pieces[PIECE_BODY] = buf_view(&mail->body);
	for (size_t i = 0; i < g->conf->spamd_count; i++)
		s->servers[i] = (struct dial_address){ .host = g->conf->spamd[i].host,
			                               .port = g->conf->spamd[i].port,
			                               .path = g->conf->spamd[i].path };
	return st;
}

static void know(struct gather *g, const struct spamd_result *result)
{
	struct facts *f = &g->facts;
	struct spam_symbols symbols;

	if (result->outcome != SPAMD_ANSWERED) {
		fact_set_state(f, FACT_SPAMD_SCORE, FACT_FAILED);
		fact_set_state(f, FACT_SPAMD_VERDICT, FACT_FAILED);
		return;
	}
	if (g->conf->spamd_headers)
		spam_symbols_of_headers(result->reply.body, &symbols);
	else
		spam_symbols_of_list(result->reply.body, &symbols);
	fact_set_number(f, FACT_SPAMD_SCORE, result->reply.score_tenths);
	f->of[FACT_SPAMD_SCORE].text = arena_view(gather_arena(g), spam_symbols_view(&symbols));
	fact_set_number(f, FACT_SPAMD_VERDICT, result->reply.spam ? 1 : 0);
	if (g->conf->spamd_headers)
		g->rewritten = arena_view(gather_arena(g), result->reply.body);
}

static void on_done(void *arg, const struct spamd_result *result)
{
	struct lookup *k = arg;

	if (result->outcome != SPAMD_ANSWERED)
		count(&k->all->w->counters, COUNT_SPAMD_FAILED);
	know(k->all->gather, result);
	free_scan(k->handle);
	lookup_end(k);
}

/* Of headers alone SpamAssassin says that the message is empty, or worse. Who writes more of them
 * than Sendmail takes (MaxHeadersLength) would like to have nothing else looked at. */
static bool is_stump(const struct mail *mail)
{
	return mail->full && mail->body.n == 0 && mail->kept <= HEADERS_OF_HONEST;
}

/* Of several recipients none is named; a local part ends before its detail, as spamass-milter's. */
static struct view user_of(const struct gather *g)
{
	struct view user = g->q->recipient;
	size_t n = 0;

	switch (g->conf->spamd_user) {
	case SPAMD_USER_NONE: user = VIEW(""); break;
	case SPAMD_USER_RECIPIENT: break;
	case SPAMD_USER_LOCAL:
		while (n < user.n && user.p[n] != '@' && user.p[n] != '+')
			n++;
		user = view_first(user, n);
		break;
	}
	return spamc_is_user(user) ? user : view_of(g->conf->spamd_user_else);
}

static enum lookup_begun ask(struct lookup *k)
{
	struct gather *g = k->all->gather;
	const struct conf *conf = g->conf;
	struct spamd_question q = { .server_count = conf->spamd_count,
		                    .command = conf->spamd_headers ? SPAMC_HEADERS : SPAMC_SYMBOLS,
		                    .piece_count = PIECES,
		                    .timeout_ms = conf->spamd_timeout_ms };
	struct scan *s;

	if (conf->spamd_count == 0)
		return LOOKUP_CANNOT;
	if (is_stump(g->q->milter->mail)) {
		fact_set_state(&g->facts, FACT_SPAMD_SCORE, FACT_NEVER);
		fact_set_state(&g->facts, FACT_SPAMD_VERDICT, FACT_NEVER);
		return LOOKUP_KNOWN;
	}
	s = mem_new(struct scan);
	s->trace = buf_of(TRACE_MAX);
	s->headers = buf_of(SIZE_MAX); /* no more than is kept of the mail, and its folds' CRs */
	count(&k->all->w->counters, COUNT_SPAMD_SCANS);
	if (fill(s, g) != ST_OK) {
		free_scan(s);
		return LOOKUP_CANNOT;
	}
	q.servers = s->servers;
	q.pieces = s->pieces;
	q.echoed = s->trace.n + s->headers.n;
	q.user = user_of(g);
	s->running = spamd_scan(k->all->w->spamd, &q, on_done, k);
	k->handle = s;
	return LOOKUP_RUNS;
}

static void cancel(struct lookup *k)
{
	struct scan *s = k->handle;

	spamd_scan_cancel(&s->running);
	free_scan(s);
}

const struct finder find_spamd = { .facts = FACTS_OF_SPAMD, .ask = ask, .cancel = cancel };

/* --- what goes wrong --- */

static void on_failed(void *arg, const char *server, enum spamd_outcome outcome, uint32_t code)
{
	struct worker *w = arg;

	if (outcome == SPAMD_REFUSED)
		log_warning(w->log, "spamd %s: refused with code %u", server, (unsigned)code);
	else
		log_warning(w->log, "spamd%s%s: %s", server[0] != '\0' ? " " : "", server,
		            spamd_outcome_text(outcome));
}

const struct spamd_events find_spamd_events = { on_failed };
