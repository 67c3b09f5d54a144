#include "session/ahead.h"

#include "acl/eval.h"
#include "conf/conf.h"
#include "session/worker.h"
#include "util/mem.h"

struct ahead {
	struct worker *w;
	struct conf *conf;
	struct question question; /* its texts lie in the gathered facts' arena */
	struct gather gather;
	struct lookups lookups;
	int64_t begun_s;
};

static const uint64_t of_client = FACT_BIT(FACT_CLIENT_NAME) | FACT_BIT(FACT_RDNS) |
                                  FACT_BIT(FACT_DNSRBL) | FACT_BIT(FACT_P0F);

/* What the MTA has told by then, and what can be found of it. */
static const uint64_t told_at_connect =
	FACT_BIT(FACT_CLIENT) | FACT_BIT(FACT_CLIENT_NAME) | FACT_BIT(FACT_REVERSE_NAME) |
	FACT_BIT(FACT_RDNS) | FACT_BIT(FACT_TIME) | FACT_BIT(FACT_MACROS) | FACT_BIT(FACT_COUNTRY) |
	FACT_BIT(FACT_DNSRBL) | FACT_BIT(FACT_P0F);

static const uint64_t told_at_mail =
	FACT_BIT(FACT_HELO) | FACT_BIT(FACT_SENDER) | FACT_BIT(FACT_RAW_SENDER) |
	FACT_BIT(FACT_AUTH) | FACT_BIT(FACT_TLS) | FACT_BIT(FACT_SPF) | FACT_BIT(FACT_SPF_SELF) |
	FACT_BIT(FACT_MX) | FACT_BIT(FACT_SENDER_DOMAIN);

/* Nobody waits. */
static void on_found(void *arg)
{
	(void)arg;
}

/* A fact that something must be looked up for; the decision that needs none is at->verdict. */
static bool needs_lookup(struct ahead *a, struct acl_eval *at)
{
	struct facts *f = &a->gather.facts;

	while (acl_eval(a->conf->acl, ACL_RCPT, f, at, NULL) == ACL_NEED) {
		gather_fact(&a->gather, at->need);
		if (at->need_object == NULL && f->of[at->need].state != FACT_PENDING)
			continue;
		if (lookup_finds(at->need))
			return true;
		f->never |= FACT_BIT(at->need);
	}
	return false;
}

static bool asks_memory(const struct acl_verdict *v)
{
	bool tarpit = (v->reasons & REASON_BIT(REASON_TARPIT)) != 0;

	return v->action == ACL_GREYLIST || (v->action == ACL_WHITELIST && tarpit);
}

static void begin(struct ahead *a)
{
	struct acl_eval at = { .begun = false };

	if (a->conf->exempt_spf)
		(void)lookups_start(&a->lookups, ACL_RCPT, FACT_SPF, NULL);
	else if (needs_lookup(a, &at))
		(void)lookups_start(&a->lookups, ACL_RCPT, at.need, at.need_object);
	else if (asks_memory(&at.verdict))
		(void)lookups_identify(&a->lookups);
}

static void keep(struct ahead *a, const struct question *q)
{
	struct arena *arena = gather_arena(&a->gather);
	struct question *own = &a->question;

	*own = (struct question){ .now = q->now };
	own->client_address = arena_view(arena, q->client_address);
	own->client_name = arena_view(arena, q->client_name);
	own->reverse_name = arena_view(arena, q->reverse_name);
	own->helo = arena_view(arena, q->helo);
	own->sender = arena_view(arena, q->sender);
	a->gather.q = own;
	if (a->gather.facts.of[FACT_CLIENT_NAME].state != FACT_KNOWN)
		a->gather.facts.of[FACT_CLIENT_NAME].text = own->client_name;
}

static bool exempt(const struct conf *c, const struct question *q)
{
	return (c->exempt_auth && (q->auth.n > 0 || q->tls.n > 0)) ||
	       (q->milter != NULL && (q->milter->non_ip || q->milter->exempt));
}

static bool wants_any(const struct conf *c)
{
	return c->exempt_spf || c->sources != SOURCE_NET ||
	       (c->acl->wanted[ACL_RCPT] & (of_client | FACTS_OF_DNS)) != 0;
}

struct ahead *ahead_new(struct worker *w, const struct question *q, enum ahead_part part,
                        const struct ahead *client)
{
	uint64_t told = part == AHEAD_CLIENT ? told_at_connect : told_at_connect | told_at_mail;
	struct ahead *a;

	if (w->dns == NULL || w->leaving || !wants_any(w->conf) || exempt(w->conf, q))
		return NULL;
	a = mem_new(struct ahead);
	a->w = w;
	a->conf = conf_ref(w->conf);
	a->begun_s = loop_wall_s(w->loop);
	gather_begin(&a->gather, q, a->conf);
	a->gather.facts.never = ~told;
	a->lookups = (struct lookups){ .gather = &a->gather,
		                       .w = w,
		                       .only = part == AHEAD_CLIENT ? of_client
		                                                    : FACTS_OF_DNS & ~of_client,
		                       .found = on_found,
		                       .arg = a };
	if (client != NULL && client->conf == a->conf)
		lookups_give(&client->lookups, &a->lookups);
	begin(a);
	keep(a, q);
	return a;
}

struct ahead *ahead_message(struct worker *w, const struct question *q)
{
	struct ahead *a;

	if (w->dns == NULL || w->leaving || (conf_content(w->conf) & CONTENT_EXACT) == 0 ||
	    exempt(w->conf, q))
		return NULL;
	a = mem_new(struct ahead);
	a->w = w;
	a->conf = conf_ref(w->conf);
	a->begun_s = loop_wall_s(w->loop);
	gather_begin(&a->gather, q, a->conf);
	a->lookups = (struct lookups){ .gather = &a->gather,
		                       .w = w,
		                       .only = FACT_BIT(FACT_DKIM),
		                       .found = on_found,
		                       .arg = a,
		                       .begun = true };
	gather_fact(&a->gather, FACT_DKIM);
	(void)lookups_start(&a->lookups, ACL_DATA, FACT_DKIM, NULL);
	keep(a, q);
	return a;
}

void ahead_free(struct ahead **ahead)
{
	struct ahead *a = *ahead;

	if (a == NULL)
		return;
	*ahead = NULL;
	lookups_cancel(&a->lookups);
	gather_end(&a->gather);
	conf_unref(&a->conf);
	mem_free(a);
}

bool ahead_lasts(const struct ahead *a, const struct worker *w)
{
	int64_t age = loop_wall_s(w->loop) - a->begun_s;

	return a->conf == w->conf && age >= 0 && age <= AHEAD_AGE_S && !lookups_failed(&a->lookups);
}

void ahead_serve(struct ahead *a, struct lookups *to)
{
	if (a != NULL && a->conf == to->gather->conf)
		lookups_serve(&a->lookups, to);
}
