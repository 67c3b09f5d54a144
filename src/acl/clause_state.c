/* What we remember or count ourselves: known, stress, tarpit, rcptcount, ratelimit. */
#include "acl/rule.h"

static enum acl_answer match_flag(const struct acl_clause *c, struct acl_look *look)
{
	const struct fact_value *v;
	enum acl_answer known = acl_fact(look, c->kind->fact, &v);

	if (known != ACL_YES)
		return known;
	acl_saw_number(look, v->number);
	return v->number != 0 ? ACL_YES : ACL_NO;
}

/* True for whoever has not hung up on a tarpit before; so the rule behind it gets those that did.
 */
static enum acl_answer match_tarpit(const struct acl_clause *c, struct acl_look *look)
{
	enum acl_answer gave_up;

	/* milter-greylist takes it there too, but nobody is held behind the message. */
	if (look->stage == ACL_DATA)
		return ACL_YES;
	gave_up = match_flag(c, look);
	if (gave_up == ACL_YES || gave_up == ACL_NO)
		return gave_up == ACL_YES ? ACL_NO : ACL_YES;
	return gave_up;
}

static enum status build_tarpit(struct acl *acl, struct acl_clause *c, struct diag *why)
{
	(void)why;
	if (c->operand.number < 0) {
		acl_warn(acl, "a tarpit can't be shorter than nothing, and is taken as 0s");
		c->operand.number = 0;
	}
	return ST_OK;
}

static enum acl_answer match_ratelimit(const struct acl_clause *c, struct acl_look *look)
{
	const struct fact_value *v;
	enum acl_answer known = acl_object_fact(look, FACT_RATELIMIT, c->operand.object, &v);

	if (known != ACL_YES)
		return known;
	return v->number != 0 ? ACL_YES : ACL_NO;
}

static const struct clause_kind kinds[] = {
	{ .name = "known",
	  .operands = OPERAND_NONE,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_KNOWN_SOURCE,
	  .reason = REASON_AUTOWHITE,
	  .match = match_flag,
	  .synopsis = "known",
	  .help = "the client has earned auto-allow" },
	{ .name = "stress",
	  .operands = OPERAND_NONE,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_STRESS,
	  .reason = REASON_OTHER,
	  .match = match_flag,
	  .synopsis = "stress",
	  .help = "more than the set share of the MTA's connections are held" },
	{ .name = "tarpit",
	  .operands = OPERAND_TIME,
	  .once = OPERAND_TIME,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_GAVE_UP,
	  .reason = REASON_TARPIT,
	  .match = match_tarpit,
	  .build = build_tarpit,
	  .synopsis = "tarpit DURATION",
	  .help = "hold the answer so long; not for those that once hung up on it" },
	{ .name = "ratelimit",
	  .operands = OPERAND_OBJECT,
	  .object = OBJECT_RATELIMIT,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_RATELIMIT,
	  .reason = REASON_OTHER,
	  .match = match_ratelimit,
	  .synopsis = "ratelimit \"NAME\"",
	  .help = "counts, and is true above the limit" },
};

const struct clause_family clauses_state = { kinds, sizeof(kinds) / sizeof(kinds[0]) };
