#include "session/lookup.h"

#include "conf/conf.h"
#include "spf/name.h"
#include "util/mem.h"

struct lookup {
	struct lookup *next;
	struct lookup **at;
	struct lookups *all;
	enum fact fact;
	const struct acl_object *object;
	struct fact_value *value; /* where it is told */
	struct dns_lookup *dns;
	struct spf_lookup *spf;
};

bool lookup_finds(enum fact fact)
{
	return (FACT_BIT(fact) & (FACTS_OF_DNS | FACT_BIT(FACT_RDNS))) != 0;
}

/* --- what is known of one --- */

static struct fact_value *value_of(struct lookups *l, enum fact fact,
                                   const struct acl_object *object)
{
	struct facts *f = &l->gather->facts;

	return object == NULL ? &f->of[fact] : fact_answer_of(f, fact, object);
}

/* A place for what is found of a named object. */
static struct fact_value *new_answer(struct lookups *l, enum fact fact,
                                     const struct acl_object *object)
{
	struct gather *g = l->gather;
	struct facts *f = &g->facts;
	struct fact_answer *a;

	if (f->answers == NULL) {
		l->answers_room = g->conf->acl->object_count;
		f->answers = arena_array(gather_arena(g), l->answers_room, sizeof(*f->answers));
	}
	if (f->answer_count == l->answers_room)
		return NULL; /* can't be: each object has its place */
	a = &f->answers[f->answer_count++];
	a->fact = fact;
	a->object = object;
	return &a->value;
}

static void set(struct lookup *k, enum fact_state state, int64_t number)
{
	*k->value = (struct fact_value){ .state = state, .number = number };
}

/* It is known: off the list, and the asker is told. */
static void end(struct lookup *k)
{
	struct lookups *l = k->all;

	*k->at = k->next;
	if (k->next != NULL)
		k->next->at = k->at;
	mem_free(k);
	l->found(l->arg);
}

/* --- the DNS's answers --- */

static void on_reverse(void *arg, const struct dns_reverse *result)
{
	static const enum fact_rdns states[] = { [REVERSE_CONFIRMED] = RDNS_CONFIRMED,
		                                 [REVERSE_UNCONFIRMED] = RDNS_UNCONFIRMED,
		                                 [REVERSE_NONE] = RDNS_NONE };
	struct lookup *k = arg;

	if (result->status == REVERSE_FAILED)
		set(k, FACT_FAILED, 0);
	else
		set(k, FACT_KNOWN, states[result->status]);
	end(k);
}

static void on_mail(void *arg, enum mail_status result)
{
	struct lookup *k = arg;

	set(k, result == MAIL_FAILED ? FACT_FAILED : FACT_KNOWN, result == MAIL_RESOLVES ? 1 : 0);
	end(k);
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
	set(k,
	    result->status == DNS_OK || result->status == DNS_NODATA ||
	                    result->status == DNS_NXDOMAIN
	            ? FACT_KNOWN
	            : FACT_FAILED,
	    0);
	end(k);
}

/* Any answer that the definition means. */
static void on_list(void *arg, const struct dns_list *result)
{
	struct lookup *k = arg;
	bool listed = false;

	for (size_t i = 0; result->status == LIST_LISTED && i < result->count; i++)
		listed = listed || net_has(&k->object->net, &result->codes[i]);
	set(k, result->status == LIST_FAILED ? FACT_FAILED : FACT_KNOWN, listed ? 1 : 0);
	end(k);
}

#define WIDE_IPV4_BITS 12 /* the widest honest ones that we know of are /14 (2026) */
#define WIDE_IPV6_BITS 24

/* A pass that says something: not for everybody, not for a quarter of the net, and not by a
 * mechanism of which nobody can say for whom. */
static bool is_narrow(const struct spf_result *r)
{
	const struct ip_net *net = &r->match.net;

	if (!r->match.any || net->base.family == IP_NONE)
		return false;
	return net->bits >= (net->base.family == IP_V4 ? WIDE_IPV4_BITS : WIDE_IPV6_BITS);
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
		set(k, FACT_KNOWN, r->verdict == SPF_PASS ? 1 : 0);
	} else {
		set(k, FACT_KNOWN, results[r->verdict]);
		if (r->verdict == SPF_PASS && is_narrow(r))
			g->spf_domain = arena_view(gather_arena(g), view_of(r->domain));
	}
	end(k);
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

static void ask_spf(struct lookup *k, const struct ip *client)
{
	const struct gather *g = k->all->gather;
	const struct question *q = g->q;
	const struct spf_question question = { .client = *client,
		                               .helo = q->helo,
		                               .mail_from = q->sender,
		                               .receiver = g->facts.own_name,
		                               .now = q->now };

	k->spf = spf_lookup(k->all->dns, &question, k->all->timeout_ms, on_spf, k);
}

static void ask_domain(struct lookup *k, const struct ip *client)
{
	struct lookups *l = k->all;
	struct spf_name name;
	struct view domain = sender_domain(l->gather->q, &name);

	if (domain.n == 0)
		return;
	if (k->fact == FACT_MX)
		k->dns = dns_mx(l->dns, domain, client->family, l->timeout_ms, on_mx, k);
	else
		k->dns = dns_mail_domain(l->dns, domain, l->timeout_ms, on_mail, k);
}

/* What can't be asked about is absent: no address, no domain. */
static bool ask(struct lookup *k)
{
	struct lookups *l = k->all;
	const struct facts *f = &l->gather->facts;
	bool client = f->of[FACT_CLIENT].state == FACT_KNOWN;
	unsigned ms = l->timeout_ms;

	switch ((int)k->fact) {
	case FACT_RDNS:
		if (client)
			k->dns = dns_reverse(l->dns, &f->client, ms, on_reverse, k);
		break;
	case FACT_SENDER_DOMAIN: ask_domain(k, NULL); break;
	case FACT_MX:
		if (client)
			ask_domain(k, &f->client);
		break;
	case FACT_SPF:
		if (client)
			ask_spf(k, &f->client);
		break;
	case FACT_SPF_SELF:
		if (f->own_address.family != IP_NONE)
			ask_spf(k, &f->own_address);
		break;
	case FACT_DNSRBL:
		if (client)
			k->dns = dns_list(l->dns, &f->client, view_of(k->object->text), ms, on_list,
			                  k);
		break;
	default: break;
	}
	return k->dns != NULL || k->spf != NULL;
}

/* True: it is under way. */
static bool begin(struct lookups *l, enum fact fact, const struct acl_object *object)
{
	struct fact_value *v = value_of(l, fact, object);
	struct lookup *k;

	if (v == NULL && object != NULL)
		v = new_answer(l, fact, object);
	if (v == NULL || v->state != FACT_PENDING)
		return false;
	for (k = l->running; k != NULL; k = k->next)
		if (k->fact == fact && k->object == object)
			return true;
	if (l->dns == NULL) {
		v->state = FACT_FAILED;
		return false;
	}
	k = mem_new(struct lookup);
	k->all = l;
	k->fact = fact;
	k->object = object;
	k->value = v;
	if (!ask(k)) {
		v->state = FACT_ABSENT;
		mem_free(k);
		return false;
	}
	k->next = l->running;
	k->at = &l->running;
	if (k->next != NULL)
		k->next->at = &k->next;
	l->running = k;
	return true;
}

static void begin_all(struct lookups *l, enum acl_stage stage)
{
	const struct acl *acl = l->gather->conf->acl;

	for (enum fact fact = FACT_CLIENT; fact < FACTS; fact++) {
		if ((acl->wanted[stage] & FACT_BIT(fact)) == 0 || !lookup_finds(fact))
			continue;
		gather_fact(l->gather, fact);
		if (fact != FACT_DNSRBL)
			(void)begin(l, fact, NULL);
	}
	for (const struct acl_object *o = acl->objects; o != NULL; o = o->next)
		if (acl_wants_dns_list(acl, stage, o))
			(void)begin(l, FACT_DNSRBL, o);
}

bool lookups_start(struct lookups *l, enum acl_stage stage, enum fact need,
                   const struct acl_object *object)
{
	if (!l->begun) {
		l->begun = true;
		begin_all(l, stage);
		if ((l->gather->conf->sources & SOURCE_SPF) != 0) /* the memory will want it */
			(void)begin(l, FACT_SPF, NULL);
	}
	return begin(l, need, object);
}

void lookups_cancel(struct lookups *l)
{
	for (struct lookup *k = l->running, *next; k != NULL; k = next) {
		next = k->next;
		dns_lookup_cancel(&k->dns);
		spf_lookup_cancel(&k->spf);
		mem_free(k);
	}
	l->running = NULL;
}
