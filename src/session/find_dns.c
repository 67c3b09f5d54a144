/* What only the DNS tells: names of addresses, domains of senders, lists, SPF. */
#include "dns/lookups.h"
#include "dns/spf_lookup.h"
#include "session/find.h"
#include "spf/name.h"

/* --- answers --- */

static void keep_name(struct gather *g, const struct dns_reverse *r)
{
	if (r->status == REVERSE_CONFIRMED && g->confirmed_name.n == 0)
		g->confirmed_name = arena_view(gather_arena(g), r->name);
}

static void on_reverse(void *arg, const struct dns_reverse *result)
{
	static const enum fact_rdns states[] = { [REVERSE_CONFIRMED] = RDNS_CONFIRMED,
		                                 [REVERSE_UNCONFIRMED] = RDNS_UNCONFIRMED,
		                                 [REVERSE_NONE] = RDNS_NONE };
	struct lookup *k = arg;

	keep_name(k->all->gather, result);
	if (result->status == REVERSE_FAILED)
		lookup_set(k, FACT_FAILED, 0);
	else
		lookup_set(k, FACT_KNOWN, states[result->status]);
	lookup_end(k);
}

/* A name that nobody confirms, or that nobody can tell, does not take the place of "[address]". */
static void on_name(void *arg, const struct dns_reverse *result)
{
	struct lookup *k = arg;
	struct gather *g = k->all->gather;

	keep_name(g, result);
	if (result->status == REVERSE_CONFIRMED)
		fact_set_text(&g->facts, FACT_CLIENT_NAME, g->confirmed_name);
	else
		gather_given_name(g);
	lookup_end(k);
}

static void on_mail(void *arg, enum mail_status result)
{
	struct lookup *k = arg;

	lookup_set(k, result == MAIL_FAILED ? FACT_FAILED : FACT_KNOWN,
	           result == MAIL_RESOLVES ? 1 : 0);
	lookup_end(k);
}

static void on_mx(void *arg, const struct dns_mx *result)
{
	struct lookup *k = arg;
	struct gather *g = k->all->gather;
	struct ip *copy;

	if (result->status == DNS_OK) {
		copy = arena_array(gather_arena(g), result->count, sizeof(*copy));
		memcpy(copy, result->addresses, result->count * sizeof(*copy));
		g->facts.mx = copy;
		g->facts.mx_count = result->count;
	}
	lookup_set(k,
	           result->status == DNS_OK || result->status == DNS_NODATA ||
	                           result->status == DNS_NXDOMAIN
	                   ? FACT_KNOWN
	                   : FACT_FAILED,
	           0);
	lookup_end(k);
}

/* Any answer that the definition means. */
static void on_list(void *arg, const struct dns_list *result)
{
	struct lookup *k = arg;
	bool listed = false;

	for (size_t i = 0; result->status == LIST_LISTED && i < result->count; i++)
		listed = listed || net_has(&k->object->net, &result->codes[i]);
	lookup_set(k, result->status == LIST_FAILED ? FACT_FAILED : FACT_KNOWN, listed ? 1 : 0);
	lookup_end(k);
}

static void keep_spf(struct gather *g, const struct spf_result *r)
{
	struct arena *arena = gather_arena(g);
	bool error = r->verdict == SPF_TEMPERROR || r->verdict == SPF_PERMERROR;

	g->facts.spf = (struct fact_spf){ .domain = arena_view(arena, view_of(r->domain)) };
	if (r->match.any)
		g->facts.spf.mechanism = arena_view(arena, view_of(r->match.term));
	if (error)
		g->facts.spf.problem = arena_view(arena, view_of(r->why.text));
	if (r->verdict == SPF_PASS && spf_match_tells(&r->match))
		g->spf_domain = g->facts.spf.domain;
}

static void on_spf(void *arg, const struct spf_result *r)
{
	static const enum fact_result results[] = {
		[SPF_NONE] = RESULT_NONE,           [SPF_NEUTRAL] = RESULT_NEUTRAL,
		[SPF_PASS] = RESULT_PASS,           [SPF_FAIL] = RESULT_FAIL,
		[SPF_SOFTFAIL] = RESULT_SOFTFAIL,   [SPF_TEMPERROR] = RESULT_ERROR,
		[SPF_PERMERROR] = RESULT_PERMERROR,
	};
	struct lookup *k = arg;
	struct gather *g = k->all->gather;

	if (k->fact == FACT_SPF_SELF) {
		lookup_set(k, FACT_KNOWN, r->verdict == SPF_PASS ? 1 : 0);
	} else {
		lookup_set(k, FACT_KNOWN, results[r->verdict]);
		keep_spf(g, r);
	}
	lookup_end(k);
}

/* --- asking --- */

/* As the DNS has it: labels in UTF-8 as A-labels. Empty when there is none, or nobody could be
 * asked for it, as for "[192.0.2.1]": to try again would be of no use. */
static struct view sender_domain(const struct question *q, struct spf_name *name)
{
	size_t at = view_rfind(q->sender, '@');

	if (at == VIEW_NONE || spf_name_from_mail(name, view_from(q->sender, at + 1)) != ST_OK ||
	    name->text[0] == '[')
		return VIEW("");
	return spf_name_view(name);
}

/* There is one, and no such name can be: nobody gets mail there, as Postfix has it too. */
static bool domain_cannot_be(const struct question *q)
{
	size_t at = view_rfind(q->sender, '@');
	struct view domain = at != VIEW_NONE ? view_from(q->sender, at + 1) : VIEW("");
	struct spf_name name;

	return domain.n > 0 && domain.p[0] != '[' && sender_domain(q, &name).n == 0;
}

static struct spf_lookup *ask_spf(struct lookup *k, const struct ip *client)
{
	const struct lookups *l = k->all;
	const struct gather *g = l->gather;
	const struct question *q = g->q;
	const struct spf_question question = { .client = *client,
		                               .helo = q->helo,
		                               .mail_from = q->sender,
		                               .receiver = g->facts.own_name,
		                               .now = q->now,
		                               .unexplained = true };

	return spf_lookup(l->w->dns, &question, g->conf->dns_timeout_ms, on_spf, k);
}

static struct dns_lookup *ask_domain(struct lookup *k, const struct ip *client)
{
	const struct gather *g = k->all->gather;
	unsigned ms = g->conf->dns_timeout_ms;
	struct spf_name name;
	struct view domain = sender_domain(g->q, &name);

	if (domain.n == 0)
		return NULL;
	return k->fact == FACT_MX ? dns_mx(k->all->w->dns, domain, client->family, ms, on_mx, k)
	                          : dns_mail_domain(k->all->w->dns, domain, ms, on_mail, k);
}

static bool is_spf(enum fact fact)
{
	return fact == FACT_SPF || fact == FACT_SPF_SELF;
}

/* About the client, or its sender. */
static void *ask_about(struct lookup *k, const struct ip *client)
{
	struct dns_port *dns = k->all->w->dns;
	unsigned ms = k->all->gather->conf->dns_timeout_ms;

	switch ((int)k->fact) {
	case FACT_RDNS: return dns_reverse(dns, client, ms, on_reverse, k);
	case FACT_CLIENT_NAME: return dns_reverse(dns, client, ms, on_name, k);
	case FACT_MX: return ask_domain(k, client);
	case FACT_SPF: return ask_spf(k, client);
	case FACT_DNSRBL: return dns_list(dns, client, view_of(k->object->text), ms, on_list, k);
	default: return NULL;
	}
}

static enum lookup_begun ask(struct lookup *k)
{
	const struct facts *f = &k->all->gather->facts;

	if (k->all->w->dns == NULL && k->fact == FACT_CLIENT_NAME) {
		gather_given_name(k->all->gather);
		return LOOKUP_KNOWN;
	}
	if (k->all->w->dns == NULL)
		return LOOKUP_CANNOT;
	if (k->fact == FACT_SENDER_DOMAIN && domain_cannot_be(k->all->gather->q)) {
		lookup_set(k, FACT_KNOWN, 0);
		return LOOKUP_KNOWN;
	}
	if (k->fact == FACT_SENDER_DOMAIN)
		k->handle = ask_domain(k, NULL);
	else if (k->fact == FACT_SPF_SELF && f->own_address.family != IP_NONE)
		k->handle = ask_spf(k, &f->own_address);
	else if (k->fact != FACT_SPF_SELF && f->of[FACT_CLIENT].state == FACT_KNOWN)
		k->handle = ask_about(k, &f->client);
	return k->handle != NULL ? LOOKUP_RUNS : LOOKUP_NONE;
}

static void cancel(struct lookup *k)
{
	struct spf_lookup *spf = k->handle;
	struct dns_lookup *dns = k->handle;

	if (is_spf(k->fact))
		spf_lookup_cancel(&spf);
	else
		dns_lookup_cancel(&dns);
}

const struct finder find_dns = { .facts = FACTS_OF_DNS | FACT_BIT(FACT_RDNS) |
	                                  FACT_BIT(FACT_CLIENT_NAME),
	                         .eager = true,
	                         .ask = ask,
	                         .cancel = cancel };
