#include "session/handover.h"

#include "acl/format.h"
#include "conf/conf.h"
#include "conf/milter.h"
#include "session/ahead.h"
#include "session/worker.h"
#include "util/mem.h"

/* What may be looked up for a format's sake: lists and checks are asked when a rule or a condition
 * names them. */
static const uint64_t of_formats = FACT_BIT(FACT_CLIENT_NAME) | FACT_BIT(FACT_RDNS) |
                                   FACT_BIT(FACT_P0F) | FACT_BIT(FACT_SPF) | FACT_BIT(FACT_DKIM) |
                                   FACT_BIT(FACT_DMARC) | FACTS_OF_SPAMD;

static const uint64_t kept = FACT_BIT(FACT_CLIENT_NAME) | FACT_BIT(FACT_RDNS) | FACT_BIT(FACT_P0F) |
                             FACTS_OF_DNS | FACT_BIT(FACT_DKIM) | FACT_BIT(FACT_DMARC) |
                             FACTS_OF_SPAMD | FACTS_OF_BOGOFILTER;

struct handover {
	struct worker *w;
	struct conf *conf;
	struct gather gather;
	struct lookups lookups;
	struct soon soon;
	enum acl_step step;
	uint64_t children;
	bool is_ready;
	void (*ready)(void *arg);
	void *arg;
};

static uint64_t facts_of(const struct conf_child_macro *m)
{
	return (format_facts(view_of(m->format)) & of_formats) |
	       (acl_condition_facts(m->when) & kept);
}

bool handover_wanted(const struct conf *conf, enum acl_step step, uint64_t children)
{
	for (const struct conf_milter *c = conf->children; c != NULL; c = c->next)
		for (const struct conf_child_macro *m = c->macros; m != NULL; m = m->next)
			if ((children >> c->index & 1) != 0 && m->step == step && facts_of(m) != 0)
				return true;
	return false;
}

/* True: it is under way. */
static bool look_up(struct handover *h, enum fact fact, const struct acl_object *object)
{
	gather_fact(&h->gather, fact);
	return lookup_finds(fact) &&
	       lookups_start(&h->lookups, h->step == STEP_END ? ACL_DATA : ACL_RCPT, fact, object);
}

/* Whether it is told; ACL_PENDING: something is under way that will say. What another child will
 * have said is not known yet: it may hold. */
static enum acl_answer applies(struct handover *h, const struct conf_child_macro *m)
{
	struct acl_need need, last = { FACTS, NULL, STEP_CONNECT };
	enum acl_answer answer;

	if ((acl_condition_facts(m->when) & FACT_BIT(FACT_MILTER)) != 0)
		return ACL_YES;
	for (;;) {
		answer =
			acl_condition_eval(h->conf->acl, m->when, h->step, &h->gather.facts, &need);
		if (answer != ACL_PENDING)
			return answer;
		if (need.step > h->step || (need.fact == last.fact && need.object == last.object))
			return ACL_NEVER;
		last = need;
		if (look_up(h, need.fact, need.object))
			return ACL_PENDING;
	}
}

/* True: something of it is under way. */
static bool find(struct handover *h, const struct conf_child_macro *m)
{
	uint64_t facts = format_facts(view_of(m->format)) & of_formats;
	enum acl_answer answer = applies(h, m);
	bool waits = answer == ACL_PENDING;

	for (enum fact fact = 0; fact < FACTS && answer == ACL_YES; fact++)
		if ((facts & FACT_BIT(fact)) != 0)
			waits = look_up(h, fact, NULL) || waits;
	return waits;
}

static void end(void *arg)
{
	struct handover *h = arg;

	lookups_cancel(&h->lookups);
	gather_own(&h->gather);
	h->is_ready = true;
	h->ready(h->arg);
}

static void run(void *arg)
{
	struct handover *h = arg;
	bool waits = false;

	for (const struct conf_milter *c = h->conf->children; c != NULL; c = c->next)
		for (const struct conf_child_macro *m = c->macros; m != NULL; m = m->next)
			if ((h->children >> c->index & 1) != 0 && m->step == h->step)
				waits = find(h, m) || waits;
	if (!waits)
		loop_soon(h->w->loop, &h->soon, end, h);
}

struct handover *handover_start(struct worker *w, const struct handover_question *q,
                                void (*ready)(void *arg), void *arg)
{
	struct handover *h = mem_new(struct handover);

	h->w = w;
	h->conf = conf_ref(q->conf);
	h->step = q->step;
	h->children = q->children;
	h->ready = ready;
	h->arg = arg;
	gather_begin(&h->gather, q->question, h->conf);
	h->lookups = (struct lookups){ .gather = &h->gather,
		                       .w = w,
		                       .found = run,
		                       .arg = h,
		                       .begun = true /* nothing that only the rules want */ };
	handover_serve(q->question, &h->lookups);
	loop_soon(w->loop, &h->soon, run, h);
	return h;
}

void handover_free(struct handover **handover)
{
	struct handover *h = *handover;

	if (h == NULL)
		return;
	*handover = NULL;
	lookups_cancel(&h->lookups);
	loop_not_soon(h->w->loop, &h->soon);
	gather_end(&h->gather);
	conf_unref(&h->conf);
	mem_free(h);
}

static void give(const struct handover *h, struct lookups *to)
{
	struct lookups from;

	if (h == NULL || !h->is_ready || h->conf != to->gather->conf)
		return;
	from = h->lookups;
	from.only = kept;
	lookups_give(&from, to);
}

void handover_give_all(struct handover *const *all, struct lookups *to)
{
	for (unsigned i = 0; i < HANDOVERS && all != NULL; i++)
		give(all[i], to);
}

void handover_serve(const struct question *q, struct lookups *to)
{
	const struct question_milter *m = q->milter;

	if (m == NULL)
		return;
	handover_give_all(m->handed, to);
	ahead_serve(m->client_ahead, to);
	ahead_serve(m->sender_ahead, to);
	ahead_serve(m->message_ahead, to);
}
