#include "session/lookup.h"

#include "session/find.h"

static const struct finder *const finders[] = {
	&find_auth,  &find_bogofilter, &find_dns,   &find_ldap,
	&find_limit, &find_p0f,        &find_spamd, &find_url,
};

#define FINDERS (sizeof(finders) / sizeof(finders[0]))

static const struct finder *finder_of(enum fact fact)
{
	for (size_t i = 0; i < FINDERS; i++)
		if ((finders[i]->facts & FACT_BIT(fact)) != 0)
			return finders[i];
	return NULL;
}

bool lookup_finds(enum fact fact)
{
	return finder_of(fact) != NULL;
}

/* --- what is known of one --- */

static struct fact_value *value_of(const struct lookups *l, enum fact fact,
                                   const struct acl_object *object)
{
	struct facts *f = &l->gather->facts;

	return object == NULL ? &f->of[fact] : fact_answer_of(f, fact, object);
}

void lookup_set(struct lookup *k, enum fact_state state, int64_t number)
{
	*k->value = (struct fact_value){ .state = state, .number = number };
}

static void give_signatures(const struct facts *f, struct gather *to)
{
	struct arena *arena = gather_arena(to);
	struct fact_signature *list = arena_array(arena, f->signature_count, sizeof(*list));

	for (size_t i = 0; i < f->signature_count; i++) {
		const struct fact_signature *s = &f->signatures[i];

		list[i] = (struct fact_signature){ s->result,
			                           arena_view(arena, s->why),
			                           arena_view(arena, s->domain),
			                           arena_view(arena, s->selector),
			                           arena_view(arena, s->identity),
			                           arena_view(arena, s->begin) };
	}
	to->facts.signatures = list;
	to->facts.signature_count = f->signature_count;
}

/* Who gives may be gone before who takes. */
static void give_details(const struct gather *from, struct gather *to, enum fact fact)
{
	struct arena *arena = gather_arena(to);
	const struct facts *f = &from->facts;

	if (fact == FACT_MX && f->mx_count > 0) {
		struct ip *mx = arena_array(arena, f->mx_count, sizeof(*mx));

		memcpy(mx, f->mx, f->mx_count * sizeof(*mx));
		to->facts.mx = mx;
		to->facts.mx_count = f->mx_count;
	} else if (fact == FACT_SPF) {
		to->spf_domain = arena_view(arena, from->spf_domain);
		to->facts.spf = (struct fact_spf){ arena_view(arena, f->spf.domain),
			                           arena_view(arena, f->spf.mechanism),
			                           arena_view(arena, f->spf.problem) };
	} else if (fact == FACT_SPAMD_SCORE) {
		to->rewritten = arena_view(arena, from->rewritten);
	} else if (fact == FACT_DMARC) {
		to->facts.author = (struct fact_author){ arena_view(arena, f->author.domain),
			                                 f->author.published };
	} else if (fact == FACT_DKIM) {
		give_signatures(f, to);
	} else if (fact == FACT_RDNS || fact == FACT_CLIENT_NAME) {
		to->confirmed_name = arena_view(arena, from->confirmed_name);
	}
}

static void give(const struct lookups *from, struct lookups *to, enum fact fact,
                 const struct acl_object *object)
{
	const struct fact_value *v = value_of(from, fact, object);
	struct fact_value *mine = value_of(to, fact, object);

	if (v == NULL || v->state == FACT_PENDING)
		return;
	if (mine == NULL && object != NULL)
		mine = gather_answer(to->gather, fact, object);
	if (mine == NULL || mine->state != FACT_PENDING)
		return;
	*mine = *v;
	mine->text = arena_view(gather_arena(to->gather), v->text);
	give_details(from->gather, to->gather, fact);
}

void lookup_end(struct lookup *k)
{
	struct lookups *l = k->all, *waits = l->waits;

	*k->at = k->next;
	if (k->next != NULL)
		k->next->at = k->at;
	if (waits != NULL)
		give(l, waits, k->fact, k->object);
	mem_free(k);
	l->found(l->arg);
	if (waits != NULL)
		waits->found(waits->arg);
}

/* --- asking --- */

static struct lookup *running(const struct lookups *l, enum fact fact,
                              const struct acl_object *object)
{
	struct lookup *k = l->running;

	while (k != NULL && (k->fact != fact || k->object != object))
		k = k->next;
	return k;
}

static bool is_awaited(const struct lookups *l, enum fact fact, const struct acl_object *object)
{
	for (size_t i = 0; i < LOOKUPS_AHEAD; i++)
		if (l->ahead[i] != NULL && running(l->ahead[i], fact, object) != NULL)
			return true;
	return false;
}

static void into_list(struct lookups *l, struct lookup *k)
{
	k->next = l->running;
	k->at = &l->running;
	if (k->next != NULL)
		k->next->at = &k->next;
	l->running = k;
}

/* True: it runs. */
static bool start(struct lookups *l, const struct lookup *what)
{
	struct lookup *k = mem_new(struct lookup);

	*k = *what;
	switch (k->finder->ask(k)) {
	case LOOKUP_RUNS: into_list(l, k); return true;
	case LOOKUP_NONE: k->value->state = FACT_ABSENT; break;
	case LOOKUP_CANNOT: k->value->state = FACT_FAILED; break;
	case LOOKUP_KNOWN: break;
	case LOOKUP_LATER: mem_free(k); return true;
	}
	mem_free(k);
	return false;
}

/* True: it is under way. */
static bool begin(struct lookups *l, enum fact fact, const struct acl_object *object)
{
	const struct finder *finder = finder_of(fact);
	struct fact_value *v = value_of(l, fact, object);

	if (l->only != 0 && (l->only & FACT_BIT(fact)) == 0)
		return false;
	if (v == NULL && object != NULL)
		v = gather_answer(l->gather, fact, object);
	if (v == NULL || v->state != FACT_PENDING || finder == NULL)
		return false;
	if (running(l, fact, object) != NULL || is_awaited(l, fact, object))
		return true;
	return start(
		l,
		&(struct lookup){
			.all = l, .finder = finder, .fact = fact, .object = object, .value = v });
}

/* All that rules of the stage may want of those who answer for nothing. */
static void begin_all(struct lookups *l, enum acl_stage stage)
{
	const struct acl *acl = l->gather->conf->acl;

	for (enum fact fact = FACT_CLIENT; fact < FACTS; fact++) {
		const struct finder *finder = finder_of(fact);

		if ((acl->wanted[stage] & FACT_BIT(fact)) == 0 || finder == NULL || !finder->eager)
			continue;
		gather_fact(l->gather, fact);
		if (fact != FACT_DNSRBL)
			(void)begin(l, fact, NULL);
	}
	for (const struct acl_object *o = acl->objects; o != NULL; o = o->next)
		if (acl_wants_dns_list(acl, stage, o))
			(void)begin(l, FACT_DNSRBL, o);
}

bool lookups_identify(struct lookups *l)
{
	unsigned sources = l->gather->conf->sources;
	bool spf = (sources & SOURCE_SPF) != 0 && begin(l, FACT_SPF, NULL), name = false;

	if ((sources & SOURCE_RDNS) != 0) {
		gather_fact(l->gather, FACT_RDNS);
		name = begin(l, FACT_RDNS, NULL);
	}
	return spf || name;
}

bool lookups_start(struct lookups *l, enum acl_stage stage, enum fact need,
                   const struct acl_object *object)
{
	if (!l->begun && !finder_of(need)->at_once) {
		l->begun = true;
		begin_all(l, stage);
		(void)lookups_identify(l); /* the memory will want them */
	}
	return begin(l, need, object);
}

void lookups_give(const struct lookups *from, struct lookups *to)
{
	const struct facts *f = &from->gather->facts;

	for (enum fact fact = FACT_CLIENT; fact < FACTS; fact++)
		if ((from->only & FACT_BIT(fact)) != 0)
			give(from, to, fact, NULL);
	for (size_t i = 0; i < f->answer_count; i++)
		if ((from->only & FACT_BIT(f->answers[i].fact)) != 0)
			give(from, to, f->answers[i].fact, f->answers[i].object);
}

void lookups_serve(struct lookups *from, struct lookups *to)
{
	lookups_give(from, to);
	for (size_t i = 0; i < LOOKUPS_AHEAD && from->waits == NULL; i++) {
		if (to->ahead[i] != NULL)
			continue;
		to->ahead[i] = from;
		from->waits = to;
	}
}

static void part(struct lookups *from, struct lookups *to)
{
	for (size_t i = 0; i < LOOKUPS_AHEAD; i++)
		if (to->ahead[i] == from)
			to->ahead[i] = NULL;
	from->waits = NULL;
}

bool lookups_failed(const struct lookups *l)
{
	const struct facts *f = &l->gather->facts;

	for (enum fact fact = FACT_CLIENT; fact < FACTS; fact++)
		if ((l->only & FACT_BIT(fact)) != 0 && f->of[fact].state == FACT_FAILED)
			return true;
	for (size_t i = 0; i < f->answer_count; i++)
		if (f->answers[i].value.state == FACT_FAILED)
			return true;
	return false;
}

void lookups_cancel(struct lookups *l)
{
	for (struct lookup *k = l->running, *next; k != NULL; k = next) {
		next = k->next;
		k->finder->cancel(k);
		mem_free(k);
	}
	l->running = NULL;
	for (size_t i = 0; i < LOOKUPS_AHEAD; i++)
		if (l->ahead[i] != NULL)
			part(l->ahead[i], l);
	if (l->waits != NULL)
		part(l, l->waits);
}
