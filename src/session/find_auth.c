/* Who answers for a message: DKIM, and the owner of its From header's domain. */
#include "codec/author.h"
#include "codec/mail.h"
#include "engine/dmarc.h"
#include "scan/dkim.h"
#include "session/find.h"
#include "spf/name.h"

/* --- DKIM --- */

static enum fact_result result_of(enum dkim_verdict v)
{
	static const enum fact_result results[] = {
		[DKIM_VERDICT_PASS] = RESULT_PASS,
		[DKIM_VERDICT_TEMPERROR] = RESULT_ERROR,
		[DKIM_VERDICT_NEUTRAL] = RESULT_NEUTRAL,
		[DKIM_VERDICT_FAIL] = RESULT_FAIL,
		[DKIM_VERDICT_PERMERROR] = RESULT_PERMERROR,
		[DKIM_VERDICT_NONE] = RESULT_NONE,
	};

	return results[v];
}

static void keep_signatures(struct gather *g, const struct dkim_result *r)
{
	struct arena *arena = gather_arena(g);
	struct fact_signature *list = arena_array(arena, r->count, sizeof(*list));

	for (size_t i = 0; i < r->count; i++) {
		const struct dkim_signature *s = &r->signature[i];

		list[i] = (struct fact_signature){
			.result = result_of(s->verdict),
			.why = view_of(s->why),
			.domain = arena_view(arena, view_of(s->domain)),
			.selector = arena_view(arena, view_of(s->selector)),
			.identity = arena_view(arena, view_of(s->identity)),
			.begin = arena_view(arena, view_of(s->begin)),
		};
	}
	g->facts.signatures = list;
	g->facts.signature_count = r->count;
}

static void on_dkim(void *arg, const struct dkim_result *r)
{
	struct lookup *k = arg;

	keep_signatures(k->all->gather, r);
	lookup_set(k, FACT_KNOWN, result_of(r->verdict));
	lookup_end(k);
}

static enum lookup_begun ask_dkim(struct lookup *k)
{
	struct worker *w = k->all->w;
	const struct gather *g = k->all->gather;

	if (w->dns == NULL)
		return LOOKUP_CANNOT;
	if (w->dkim == NULL)
		w->dkim = dkim_checker_new(w->loop);
	k->handle = dkim_check_start(w->dkim, w->dns, g->q->milter->mail, g->conf->dns_timeout_ms,
	                             on_dkim, k);
	return LOOKUP_RUNS;
}

/* --- DMARC --- */

struct author {
	struct lookup *k;
	struct dmarc dmarc;
	struct dns_call *call;
};

static bool is_result(const struct facts *f, enum fact fact, enum fact_result r)
{
	return f->of[fact].state == FACT_KNOWN && f->of[fact].number == (int64_t)r;
}

/* Nobody could look, or not at all of the mail. One that has too many headers is none that honest
 * people send: it is as without signatures. */
static bool is_unknown(const struct gather *g)
{
	const struct facts *f = &g->facts;

	if (f->of[FACT_SPF].state == FACT_FAILED || f->of[FACT_DKIM].state == FACT_FAILED)
		return true;
	return f->signature_count == 0 &&
	       (is_result(f, FACT_DKIM, RESULT_ERROR) ||
	        (is_result(f, FACT_DKIM, RESULT_NEUTRAL) && g->q->milter->mail->full));
}

/* It may pass another time, or would have if the mail had been kept as it came. */
static bool is_open(const struct gather *g, const struct fact_signature *s)
{
	return s->result == RESULT_ERROR ||
	       (s->result == RESULT_NEUTRAL && !g->q->milter->mail->blanks);
}

static enum fact_dmarc outcome_of(const struct dmarc_result *r)
{
	static const enum fact_dmarc fails[] = { [DMARC_POLICY_NONE] = AUTHOR_NONE,
		                                 [DMARC_POLICY_QUARANTINE] = AUTHOR_QUARANTINE,
		                                 [DMARC_POLICY_REJECT] = AUTHOR_REJECT };

	switch (r->verdict) {
	case DMARC_VERDICT_NONE: return AUTHOR_MISSING;
	case DMARC_VERDICT_PASS: return AUTHOR_PASS;
	case DMARC_VERDICT_FAIL: return fails[r->disposition];
	case DMARC_VERDICT_TEMPERROR: return AUTHOR_TEMPERROR;
	case DMARC_VERDICT_PERMERROR: break;
	}
	return AUTHOR_PERMERROR;
}

static void conclude(struct lookup *k, const struct dmarc *d)
{
	const struct gather *g = k->all->gather;
	struct facts *f = &k->all->gather->facts;
	struct view passed[DKIM_SIGNATURES_MAX], open[DKIM_SIGNATURES_MAX];
	struct dmarc_evidence e = { .dkim = passed, .dkim_open = open, .unknown = is_unknown(g) };
	struct dmarc_result r;

	if (is_result(f, FACT_SPF, RESULT_PASS))
		e.spf = f->spf.domain;
	if (is_result(f, FACT_SPF, RESULT_ERROR))
		e.spf_open = f->spf.domain;
	for (size_t i = 0; i < f->signature_count && i < DKIM_SIGNATURES_MAX; i++) {
		const struct fact_signature *s = &f->signatures[i];

		if (s->result == RESULT_PASS)
			passed[e.dkim_count++] = s->domain;
		else if (is_open(g, s))
			open[e.dkim_open_count++] = s->domain;
	}
	r = dmarc_judge(d, &e);
	if (d->step == DMARC_FOUND)
		f->author.published = dmarc_policy_text(r.published);
	lookup_set(k, FACT_KNOWN, outcome_of(&r));
}

static void on_record(void *arg, const struct dns_answer *answer);

/* False: there is nothing more to ask. */
static bool ask_record(struct author *a)
{
	const struct lookups *l = a->k->all;
	char name[DMARC_NAME_SIZE];

	if (!dmarc_wanted(&a->dmarc, name))
		return false;
	a->call = dns_ask(l->w->dns, view_of(name), DNS_TXT, l->gather->conf->dns_timeout_ms,
	                  on_record, a);
	return true;
}

static void on_record(void *arg, const struct dns_answer *answer)
{
	struct author *a = arg;
	struct lookup *k = a->k;
	struct view texts[DNS_RECORDS_MAX];
	bool failed = answer->cut || answer->status == DNS_FAILED || answer->status == DNS_TIMEOUT;

	a->call = NULL;
	for (size_t i = 0; i < answer->count; i++)
		texts[i] = answer->records[i].text;
	dmarc_answer(&a->dmarc, failed ? DMARC_DNS_FAILURE : DMARC_DNS_ANSWER, texts,
	             answer->count);
	if (ask_record(a))
		return;
	conclude(k, &a->dmarc);
	mem_free(a);
	lookup_end(k);
}

/* The one From header (RFC 5322 section 3.6); NULL: there is none, or several, and nobody can say
 * which of them a reader is shown. */
static const struct mail_header *from_of(const struct mail *m)
{
	const struct mail_header *found = NULL;

	for (size_t i = 0; i < m->header_count; i++) {
		if (!view_eq_nocase(view_trim(m->headers[i].name), VIEW("From")))
			continue;
		if (found != NULL)
			return NULL;
		found = &m->headers[i];
	}
	return found;
}

/* Its domain in A-labels; kept. */
static enum status begin_author(struct gather *g, struct dmarc *d)
{
	const struct mail_header *from = from_of(g->q->milter->mail);
	struct buf domain = buf_of(AUTHOR_DOMAIN_MAX);
	struct spf_name name;
	enum status st = ST_NOTFOUND;

	if (from != NULL)
		st = author_domain(from->value, &domain);
	if (st == ST_OK)
		st = spf_name_from_mail(&name, buf_view(&domain));
	if (st == ST_OK)
		st = dmarc_begin(d, spf_name_view(&name));
	if (st == ST_OK)
		g->facts.author.domain = arena_view(gather_arena(g), view_of(d->author));
	buf_free(&domain);
	return st;
}

/* SPF and DKIM come first. */
static bool waits(struct lookups *l)
{
	bool spf, dkim;

	gather_fact(l->gather, FACT_SPF);
	gather_fact(l->gather, FACT_DKIM);
	spf = lookups_start(l, ACL_DATA, FACT_SPF, NULL);
	dkim = lookups_start(l, ACL_DATA, FACT_DKIM, NULL);
	return spf || dkim;
}

static enum lookup_begun ask_dmarc(struct lookup *k)
{
	struct lookups *l = k->all;
	struct author *a;
	struct dmarc d;

	if (l->w->dns == NULL)
		return LOOKUP_CANNOT;
	if (waits(l))
		return LOOKUP_LATER;
	if (begin_author(l->gather, &d) != ST_OK) {
		/* Beyond what was kept there may be one. */
		lookup_set(k, FACT_KNOWN,
		           l->gather->q->milter->mail->full ? AUTHOR_TEMPERROR : AUTHOR_UNCLEAR);
		return LOOKUP_KNOWN;
	}
	a = mem_new(struct author);
	a->k = k;
	a->dmarc = d;
	k->handle = a;
	if (ask_record(a))
		return LOOKUP_RUNS;
	mem_free(a); /* can't be: there is a first question */
	return LOOKUP_NONE;
}

/* --- both --- */

static enum lookup_begun ask(struct lookup *k)
{
	return k->fact == FACT_DKIM ? ask_dkim(k) : ask_dmarc(k);
}

static void cancel(struct lookup *k)
{
	struct dkim_check *check = k->handle;
	struct author *a = k->handle;

	if (k->fact == FACT_DKIM) {
		dkim_check_cancel(&check);
		return;
	}
	dns_cancel(&a->call);
	mem_free(a);
}

const struct finder find_auth = { .facts = FACT_BIT(FACT_DKIM) | FACT_BIT(FACT_DMARC),
	                          .eager = false,
	                          .ask = ask,
	                          .cancel = cancel };
