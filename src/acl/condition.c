#include "acl/condition.h"

/* From no to yes. Of clauses that must all hold the lowest counts, of alternatives the highest. */
static int rank(enum acl_answer answer)
{
	switch (answer) {
	case ACL_NO: return 0;
	case ACL_NEVER: return 1;
	case ACL_FAILED: return 2;
	case ACL_PENDING: return 3;
	case ACL_YES: return 4;
	}
	return 0;
}

enum acl_step acl_fact_step(enum fact fact)
{
	switch (fact) {
	case FACT_CLIENT:
	case FACT_CLIENT_NAME:
	case FACT_REVERSE_NAME:
	case FACT_RDNS:
	case FACT_TIME:
	case FACT_COUNTRY:
	case FACT_P0F:
	case FACT_STRESS:
	case FACT_DNSRBL:
	case FACTS: return STEP_CONNECT;
	case FACT_HELO:
	case FACT_TLS: return STEP_HELO;
	case FACT_SENDER:
	case FACT_RAW_SENDER:
	case FACT_AUTH:
	case FACT_MACROS: /* {auth_type} and its like come with MAIL */
	case FACT_SPF:
	case FACT_SPF_SELF:
	case FACT_SENDER_DOMAIN:
	case FACT_MX:
	case FACT_KNOWN_SOURCE: /* a client may be known by SPF, for its sender's domain */
		return STEP_MAIL;
	case FACT_RECIPIENT:
	case FACT_RCPT_COUNT:
	case FACT_PROPERTIES: /* rules of the recipients set them */
	case FACT_GAVE_UP:
	case FACT_RATELIMIT:
	case FACT_URLCHECK:
	case FACT_LDAPCHECK: return STEP_RCPT;
	case FACT_DKIM:
	case FACT_DMARC:
	case FACT_SIZE:
	case FACT_HEADERS:
	case FACT_BODY:
	case FACT_SPAMD_SCORE:
	case FACT_SPAMD_VERDICT:
	case FACT_BOGOSITY:
	case FACT_BOGOSITY_VERDICT:
	case FACT_MILTER: return STEP_END;
	}
	return STEP_END;
}

uint64_t acl_condition_facts(const struct acl_condition *condition)
{
	uint64_t facts = 0;

	for (const struct acl_condition *part = condition; part != NULL; part = part->next)
		for (const struct acl_clause *c = part->clauses; c != NULL; c = c->next)
			facts |= acl_clause_facts(c);
	return facts;
}

/* When Sendmail and Postfix have sent a macro, where that is not with MAIL. A session keeps those
 * of CONNECT. */
static enum acl_step macro_step(struct view name)
{
	static const struct {
		const char *name;
		enum acl_step step;
	} early[] = {
		{ "v", STEP_CONNECT },
		{ "j", STEP_CONNECT },
		{ "_", STEP_CONNECT },
		{ "{daemon_name}", STEP_CONNECT },
		{ "{daemon_addr}", STEP_CONNECT },
		{ "{daemon_port}", STEP_CONNECT },
		{ "{if_name}", STEP_CONNECT },
		{ "{if_addr}", STEP_CONNECT },
		{ "{client_addr}", STEP_CONNECT },
		{ "{client_name}", STEP_CONNECT },
		{ "{client_port}", STEP_CONNECT },
		{ "{client_ptr}", STEP_CONNECT },
		{ "{client_resolve}", STEP_CONNECT },
		{ "{client_connections}", STEP_CONNECT },
		{ "{tls_version}", STEP_HELO },
		{ "{cipher}", STEP_HELO },
		{ "{cipher_bits}", STEP_HELO },
		{ "{cert_subject}", STEP_HELO },
		{ "{cert_issuer}", STEP_HELO },
		{ "{verify}", STEP_HELO },
		{ "{rcpt_addr}", STEP_RCPT },
		{ "{rcpt_host}", STEP_RCPT },
		{ "{rcpt_mailer}", STEP_RCPT },
		{ "{msg_id}", STEP_END },
	};

	for (size_t i = 0; i < sizeof(early) / sizeof(early[0]); i++)
		if (view_eq(view_of(early[i].name), name))
			return early[i].step;
	return STEP_MAIL;
}

static enum acl_step later(enum acl_step a, enum acl_step b)
{
	return a > b ? a : b;
}

enum acl_step acl_facts_step(uint64_t facts)
{
	enum acl_step last = STEP_CONNECT;

	for (enum fact fact = 0; fact < FACTS; fact++)
		if ((facts & FACT_BIT(fact)) != 0)
			last = later(last, acl_fact_step(fact));
	return last;
}

static enum acl_step clause_step(const struct acl_clause *c)
{
	const struct acl_object *o = c->operand.object;
	enum acl_step last = STEP_CONNECT;

	if (o != NULL && o->kind == OBJECT_CONDITION)
		return acl_condition_step(o->condition);
	if (o != NULL && o->kind == OBJECT_MACRO)
		return macro_step(view_of(o->text));
	if (o == NULL || o->kind != OBJECT_LIST || o->of->object != OBJECT_MACRO)
		return acl_facts_step(acl_clause_facts(c));
	for (const struct acl_clause *item = o->odd; item != NULL; item = item->next)
		last = later(last, clause_step(item));
	return last;
}

enum acl_step acl_condition_step(const struct acl_condition *condition)
{
	enum acl_step last = STEP_CONNECT;

	for (const struct acl_condition *part = condition; part != NULL; part = part->next)
		for (const struct acl_clause *c = part->clauses; c != NULL; c = c->next)
			last = later(last, clause_step(c));
	return last;
}

/* An answer, and the fact that it comes from. */
struct finding {
	enum acl_answer answer;
	enum fact need;
	const void *object;
	enum acl_step step;
};

static enum fact first_fact(const struct acl_clause *c)
{
	uint64_t facts = acl_clause_facts(c);
	enum fact fact = 0;

	while (fact < FACTS && (facts & FACT_BIT(fact)) == 0)
		fact++;
	return fact;
}

/* A clause is not asked before its step: what it would see then may change. A condition asks its
 * own clauses. */
static enum acl_answer ask(const struct acl_clause *c, struct acl_look *look)
{
	enum acl_step step;

	if (c->operand.object != NULL && c->operand.object->kind == OBJECT_CONDITION)
		return acl_negate(c->kind->match(c, look), c->negate);
	step = clause_step(c);
	look->need_step = step;
	if ((unsigned)step + look->to_come <= STEP_END)
		return acl_negate(c->kind->match(c, look), c->negate);
	look->need = first_fact(c);
	look->need_object = NULL;
	return ACL_PENDING;
}

static struct finding all_of(const struct acl_clause *clauses, struct acl_look *look)
{
	struct finding all = { .answer = ACL_YES };

	for (const struct acl_clause *c = clauses; c != NULL && all.answer != ACL_NO; c = c->next) {
		enum acl_answer answer = ask(c, look);

		if (rank(answer) < rank(all.answer))
			all = (struct finding){ answer, look->need, look->need_object,
				                look->need_step };
	}
	return all;
}

/* What a part misses that can't hold any more is not asked for. */
enum acl_answer acl_condition_look(const struct acl_condition *condition, struct acl_look *look)
{
	struct finding any = { .answer = ACL_NO };

	if (condition == NULL)
		return ACL_YES;
	for (const struct acl_condition *part = condition; part != NULL && any.answer != ACL_YES;
	     part = part->next) {
		struct finding all = all_of(part->clauses, look);

		if (rank(all.answer) > rank(any.answer))
			any = all;
	}
	look->need = any.need;
	look->need_object = any.object;
	look->need_step = any.step;
	return any.answer;
}

enum acl_answer acl_condition_eval(const struct acl *acl, const struct acl_condition *condition,
                                   enum acl_step step, const struct facts *facts,
                                   struct acl_need *need)
{
	struct acl_look look = { .acl = acl,
		                 .facts = facts,
		                 .stage = step == STEP_END ? ACL_DATA : ACL_RCPT,
		                 .to_come = (unsigned)(STEP_END - step) };
	enum acl_answer answer = acl_condition_look(condition, &look);

	if (answer == ACL_PENDING)
		*need = (struct acl_need){ look.need, look.need_object, look.need_step };
	return answer;
}

size_t acl_condition_cost(const struct acl_condition *condition)
{
	size_t cost = 0;

	for (const struct acl_condition *part = condition; part != NULL; part = part->next)
		for (const struct acl_clause *c = part->clauses; c != NULL; c = c->next)
			cost += 1 + (c->operand.object != NULL ? c->operand.object->cost : 0);
	return cost;
}

unsigned acl_condition_stages(const struct acl_condition *condition)
{
	unsigned stages = AT_BOTH;

	for (const struct acl_condition *part = condition; part != NULL; part = part->next)
		for (const struct acl_clause *c = part->clauses; c != NULL; c = c->next)
			stages &= acl_clause_stages(c);
	return stages;
}

const char *acl_step_name(enum acl_step step)
{
	static const char *const names[] = { "connect", "helo", "mail", "rcpt", "end" };

	return names[step];
}

const char *const acl_verdict_words[] = { "accept", "reject", "tempfail", "discard", NULL };
