/* What the DNS says: spf, dkim, dmarc, sender, mx, dnsrbl, dnswl, dnsbl. */
#include "acl/rule.h"

/* "unknown" is milter-greylist 4.4's word for all errors, "error" that of 4.6: both hold. */
static const char *const statuses[] = { "pass",    "fail",  "softfail", "neutral", "none",
	                                "unknown", "error", "self",     NULL };
static const char *const spf_words[] = { "pass",      "fail",      "softfail", "neutral",
	                                 "none",      "unknown",   "error",    "self",
	                                 "temperror", "permerror", NULL };

enum { WORD_UNKNOWN = 5, WORD_SELF = 7, WORD_TEMPERROR = 8, WORD_PERMERROR = 9 };

static const char *result_name(int64_t result)
{
	if (result == RESULT_PERMERROR)
		return "permerror";
	return result >= RESULT_PASS && result <= RESULT_NONE ? statuses[result] : "error";
}

static enum acl_answer match_result(const struct acl_clause *c, struct acl_look *look)
{
	unsigned word = c->operand.kind == OPERAND_WORD ? c->operand.word : RESULT_PASS;
	const struct fact_value *v;
	enum acl_answer known = acl_fact(look, c->kind->fact, &v);

	if (known != ACL_YES)
		return known;
	look->saw = view_of(result_name(v->number));
	if (word == WORD_TEMPERROR || word == WORD_PERMERROR)
		return (v->number == RESULT_PERMERROR) == (word == WORD_PERMERROR) &&
		                       v->number >= RESULT_ERROR
		               ? ACL_YES
		               : ACL_NO;
	if (word >= WORD_UNKNOWN)
		return v->number >= RESULT_ERROR ? ACL_YES : ACL_NO;
	return v->number == (int64_t)word ? ACL_YES : ACL_NO;
}

static enum acl_answer match_number(const struct acl_clause *c, struct acl_look *look,
                                    enum fact fact)
{
	const struct fact_value *v;
	enum acl_answer known = acl_fact(look, fact, &v);

	(void)c;
	if (known != ACL_YES)
		return known;
	acl_saw_number(look, v->number);
	return v->number != 0 ? ACL_YES : ACL_NO;
}

static enum acl_answer match_spf(const struct acl_clause *c, struct acl_look *look)
{
	if (c->operand.kind == OPERAND_WORD && c->operand.word == WORD_SELF)
		return match_number(c, look, FACT_SPF_SELF);
	return match_result(c, look);
}

/* softfail, neutral and self are words of the grammar that never hold; what could not be verified,
 * neutral in RFC 8601's words, is called unknown. */
static enum acl_answer match_dkim(const struct acl_clause *c, struct acl_look *look)
{
	static const int results[] = { RESULT_PASS, RESULT_FAIL,    -1,           -1,
		                       RESULT_NONE, RESULT_NEUTRAL, RESULT_ERROR, -1 };
	const struct fact_value *v;
	enum acl_answer known = acl_fact(look, FACT_DKIM, &v);

	if (known != ACL_YES)
		return known;
	look->saw = view_of(result_name(v->number));
	return v->number == results[c->operand.word] || (v->number == RESULT_PERMERROR &&
	                                                 results[c->operand.word] == RESULT_ERROR)
	               ? ACL_YES
	               : ACL_NO;
}

/* The first as in enum fact_dmarc. */
static const char *const dmarc_words[] = { "pass",    "none", "quarantine", "reject", "missing",
	                                   "unclear", "fail", "error",      NULL };

enum { DMARC_FAIL = AUTHOR_UNCLEAR + 1, DMARC_ERROR };

static enum acl_answer match_dmarc(const struct acl_clause *c, struct acl_look *look)
{
	const struct fact_value *v;
	enum acl_answer known = acl_fact(look, FACT_DMARC, &v);
	bool fails, error;

	if (known != ACL_YES)
		return known;
	fails = v->number >= AUTHOR_NONE && v->number <= AUTHOR_REJECT;
	error = v->number >= AUTHOR_TEMPERROR;
	look->saw = view_of(error ? "error" : dmarc_words[v->number]);
	if (c->operand.word == DMARC_FAIL)
		return fails ? ACL_YES : ACL_NO;
	if (c->operand.word == DMARC_ERROR)
		return error ? ACL_YES : ACL_NO;
	if (c->operand.word == AUTHOR_MISSING && v->number == AUTHOR_UNCLEAR)
		return ACL_YES; /* nobody asks for anything */
	return v->number == (int64_t)c->operand.word ? ACL_YES : ACL_NO;
}

static enum status build_spf(struct acl *acl, struct acl_clause *c, struct diag *why)
{
	(void)c;
	(void)why;
	acl->uses_spf = true;
	return ST_OK;
}

static const char *const sender_words[] = { "unresolvable", NULL };

static enum acl_answer match_sender(const struct acl_clause *c, struct acl_look *look)
{
	enum acl_answer resolves = match_number(c, look, FACT_SENDER_DOMAIN);

	if (resolves == ACL_YES || resolves == ACL_NO)
		return look->facts->of[FACT_SENDER_DOMAIN].state == FACT_KNOWN && resolves == ACL_NO
		               ? ACL_YES
		               : ACL_NO;
	return resolves;
}

/* A number that IPv4 can have was written with IPv4 in mind, and as a length of IPv6 would hold
 * whole registries: the neighbours of a host are its /64 then. */
static unsigned mx_bits(enum ip_family family, int64_t bits)
{
	if (family == IP_V4 || bits > 32)
		return (unsigned)bits;
	return bits == 32 ? 128 : 64;
}

static enum acl_answer match_mx(const struct acl_clause *c, struct acl_look *look)
{
	const struct facts *f = look->facts;
	const struct fact_value *v;
	enum acl_answer known = acl_fact(look, FACT_CLIENT, &v);

	if (known == ACL_YES)
		known = acl_fact(look, FACT_MX, &v);
	if (known != ACL_YES)
		return known;
	for (size_t i = 0; i < f->mx_count; i++) {
		struct ip_net net = ip_mask(&f->mx[i], mx_bits(f->mx[i].family, c->operand.number));

		if (net_has(&net, &f->client))
			return ACL_YES;
	}
	return ACL_NO;
}

static enum acl_answer match_dnsrbl(const struct acl_clause *c, struct acl_look *look)
{
	const struct fact_value *v;
	enum acl_answer known = acl_object_fact(look, FACT_DNSRBL, c->operand.object, &v);

	if (known != ACL_YES)
		return known;
	look->saw = v->text;
	return v->number != 0 ? ACL_YES : ACL_NO;
}

/* What is said of the client by all lists that have a weight. One that could not be asked says
 * nothing, but when none of them could be, nobody knows. */
static enum acl_answer find_score(struct acl_look *look, int64_t *score)
{
	bool failed = false, answered = false;

	*score = 0;
	for (const struct acl_object *o = look->acl->weighted; o != NULL; o = o->next_weighted) {
		const struct fact_value *v;
		enum acl_answer known = acl_object_fact(look, FACT_DNSRBL, o, &v);

		if (known == ACL_PENDING || known == ACL_NEVER)
			return known;
		if (known == ACL_YES && v->number != 0)
			*score += o->weight;
		failed = failed || known == ACL_FAILED;
		answered = answered || known != ACL_FAILED;
	}
	return failed && !answered ? ACL_FAILED : ACL_YES;
}

static enum acl_answer match_score(const struct acl_clause *c, struct acl_look *look)
{
	int64_t score, right;
	enum acl_answer known = find_score(look, &score);

	if (known == ACL_YES)
		known = acl_right_side(c, look, &right);
	if (known != ACL_YES)
		return known;
	acl_saw_number(look, score);
	return acl_compare(score, c->operand.compare, right) ? ACL_YES : ACL_NO;
}

static const struct clause_kind kinds[] = {
	{ .name = "spf",
	  .operands = OPERAND_NONE | OPERAND_WORD,
	  .words = spf_words,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_SPF,
	  .reason = REASON_SPF,
	  .match = match_spf,
	  .build = build_spf,
	  .synopsis =
	          "spf [pass|fail|softfail|neutral|none|unknown|error|temperror|permerror|self]",
	  .help = "the SPF result for the sender; alone it means pass" },
	{ .name = "dkim",
	  .operands = OPERAND_WORD,
	  .words = statuses,
	  .stages = AT_DATA,
	  .doors = DOOR_MILTERS,
	  .fact = FACT_DKIM,
	  .reason = REASON_DKIM,
	  .match = match_dkim,
	  .synopsis = "dkim pass|fail|none|unknown|error",
	  .help = "the DKIM result of the message" },
	{ .name = "dmarc",
	  .operands = OPERAND_WORD,
	  .words = dmarc_words,
	  .stages = AT_DATA,
	  .doors = DOOR_MILTERS,
	  .fact = FACT_DMARC,
	  .reason = REASON_OTHER,
	  .match = match_dmarc,
	  .synopsis = "dmarc pass|fail|none|quarantine|reject|missing|unclear|error",
	  .help = "how the message stands with the owner of its From header's domain" },
	{ .name = "sender",
	  .operands = OPERAND_WORD,
	  .words = sender_words,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_SENDER_DOMAIN,
	  .reason = REASON_FROM,
	  .match = match_sender,
	  .synopsis = "sender unresolvable",
	  .help = "the sender's domain has neither an MX nor an address" },
	{ .name = "mx",
	  .operands = OPERAND_BITS,
	  .once = OPERAND_BITS,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_MX,
	  .reason = REASON_MX,
	  .match = match_mx,
	  .synopsis = "mx /BITS",
	  .help = "the client is in a network of an MX of the sender's domain" },
	{ .name = "dnsrbl",
	  .operands = OPERAND_OBJECT,
	  .object = OBJECT_DNSRBL,
	  .list = OPERAND_OBJECT,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_DNSRBL,
	  .reason = REASON_DNSRBL,
	  .match = match_dnsrbl,
	  .synopsis = "dnsrbl \"NAME\"",
	  .help = "the client is listed" },
	{ .name = "dnswl",
	  .operands = OPERAND_OBJECT,
	  .object = OBJECT_DNSWL,
	  .list = OPERAND_OBJECT,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_DNSRBL,
	  .reason = REASON_DNSRBL,
	  .match = match_dnsrbl,
	  .synopsis = "dnswl \"NAME\"",
	  .help = "the client is on a list that speaks for it" },
	{ .name = "dnsbl",
	  .lead = "score",
	  .operands = OPERAND_COMPARE,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_DNSRBL,
	  .reason = REASON_OTHER,
	  .match = match_score,
	  .synopsis = "dnsbl score OP N|$PROPERTY",
	  .help = "the sum of the weights of the lists that have the client" },
};

const struct clause_family clauses_dns = { kinds, sizeof(kinds) / sizeof(kinds[0]) };
