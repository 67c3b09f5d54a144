/* The client's address and name: addr, s25r, rdns, geoip, p0f. */
#include <stdio.h>

#include "acl/rule.h"
#include "engine/s25r.h"

static void saw_client(struct acl_look *look)
{
	char text[IP_TEXT_MAX];
	int n;

	if (!look->told)
		return;
	ip_format(&look->facts->client, text);
	n = snprintf(look->saw_text, sizeof(look->saw_text), "%s", text);
	look->saw = (struct view){ look->saw_text, n > 0 ? (size_t)n : 0 };
}

static enum acl_answer match_addr(const struct acl_clause *c, struct acl_look *look)
{
	const struct fact_value *v;
	enum acl_answer known = acl_fact(look, FACT_CLIENT, &v);

	if (known != ACL_YES)
		return known;
	saw_client(look);
	return net_has(&c->operand.net, &look->facts->client) ? ACL_YES : ACL_NO;
}

/* s25r, s25r N, and either with a list of those that look like end users and are none. The rule's
 * number is %g{\1}. */
static enum acl_answer match_s25r(const struct acl_clause *c, struct acl_look *look)
{
	static const struct view numbers[S25R_RULES] = {
		VIEW_INIT("0"), VIEW_INIT("1"), VIEW_INIT("2"), VIEW_INIT("3"),
		VIEW_INIT("4"), VIEW_INIT("5"), VIEW_INIT("6"),
	};
	const struct operand *o = &c->operand;
	bool one = o->kind == OPERAND_NUMBER || (o->kind == OPERAND_EXCEPT && o->has_number);
	const struct fact_value *v;
	enum acl_answer answer = acl_fact(look, FACT_CLIENT_NAME, &v);
	unsigned rules;

	if (answer == ACL_PENDING || answer == ACL_FAILED || answer == ACL_NEVER)
		return answer;
	look->saw = v->text;
	rules = s25r_match(v->text);
	if (one ? (rules >> o->number & 1) == 0 : rules == 0)
		return ACL_NO;
	if (o->kind == OPERAND_EXCEPT) {
		answer = acl_list_match(o->object, look);
		if (answer != ACL_NO)
			return answer == ACL_YES ? ACL_NO : answer;
	}
	acl_keep_groups(look, &numbers[one ? o->number : s25r_first(rules)], 1);
	return ACL_YES;
}

static enum status build_s25r(struct acl *acl, struct acl_clause *c, struct diag *why)
{
	const struct operand *o = &c->operand;

	(void)acl;
	if (o->kind != OPERAND_NONE && o->number >= S25R_RULES) {
		diag_set(why, "the S25R rules have the numbers 0 to 6");
		return ST_INVALID;
	}
	return ST_OK;
}

static const char *const rdns_words[] = { "confirmed", "unconfirmed", "none", NULL };

static enum acl_answer match_rdns(const struct acl_clause *c, struct acl_look *look)
{
	const struct fact_value *v;
	enum acl_answer known = acl_fact(look, FACT_RDNS, &v);

	if (known != ACL_YES)
		return known;
	if (v->number >= RDNS_CONFIRMED && v->number <= RDNS_NONE)
		look->saw = view_of(rdns_words[v->number]);
	return v->number == (int64_t)c->operand.word ? ACL_YES : ACL_NO;
}

/* milter-greylist's code for an address that is not in the data base. */
#define NO_COUNTRY VIEW("ZZ")

static enum acl_answer match_geoip(const struct acl_clause *c, struct acl_look *look)
{
	const struct fact_value *v;
	enum acl_answer known = acl_fact(look, FACT_COUNTRY, &v);

	if (known != ACL_YES && known != ACL_NO)
		return known;
	look->saw = known == ACL_YES ? v->text : NO_COUNTRY;
	return view_eq(look->saw, c->operand.text) ? ACL_YES : ACL_NO;
}

static bool has_nocase(struct view text, struct view part)
{
	for (size_t i = 0; i + part.n <= text.n; i++)
		if (view_eq_nocase((struct view){ text.p + i, part.n }, part))
			return true;
	return false;
}

static enum acl_answer match_p0f(const struct acl_clause *c, struct acl_look *look)
{
	const struct fact_value *v;
	enum acl_answer known = acl_fact(look, FACT_P0F, &v);

	if (known != ACL_YES)
		return known;
	if (c->operand.kind == OPERAND_REGEX)
		return acl_regex(look, c->operand.regex, v->text);
	look->saw = v->text;
	return has_nocase(v->text, c->operand.text) ? ACL_YES : ACL_NO;
}

static const struct clause_kind kinds[] = {
	{ .name = "addr",
	  .operands = OPERAND_NET,
	  .once = OPERAND_NET,
	  .list = OPERAND_NET,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_CLIENT,
	  .reason = REASON_ADDR,
	  .match = match_addr,
	  .synopsis = "addr ADDRESS[/BITS]",
	  .help = "the client's address is in this network" },
	{ .name = "s25r",
	  .operands = OPERAND_NONE | OPERAND_NUMBER | OPERAND_EXCEPT,
	  .object = OBJECT_LIST,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_CLIENT_NAME,
	  .reason = REASON_DOMAIN,
	  .match = match_s25r,
	  .build = build_s25r,
	  .synopsis = "s25r [N] [except list \"NAME\"]",
	  .help = "the client's name looks like an end user's line, by one of the S25R rules or by "
	          "rule N" },
	{ .name = "rdns",
	  .operands = OPERAND_WORD,
	  .words = rdns_words,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_RDNS,
	  .reason = REASON_DOMAIN,
	  .match = match_rdns,
	  .synopsis = "rdns none|unconfirmed|confirmed",
	  .help = "the address has no name, has one that does not lead back to it, or one that "
	          "does" },
	{ .name = "geoip",
	  .operands = OPERAND_STRING,
	  .list = OPERAND_STRING,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_COUNTRY,
	  .reason = REASON_OTHER,
	  .match = match_geoip,
	  .synopsis = "geoip \"CC\"",
	  .help = "the country of the client's address" },
	{ .name = "p0f",
	  .operands = OPERAND_STRING | OPERAND_REGEX,
	  .once = OPERAND_REGEX,
	  .list = OPERAND_STRING | OPERAND_REGEX,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_P0F,
	  .reason = REASON_OTHER,
	  .match = match_p0f,
	  .synopsis = "p0f \"TEXT\"|/REGEX/",
	  .help = "what p0f says of the client's operating system" },
};

const struct clause_family clauses_net = { kinds, sizeof(kinds) / sizeof(kinds[0]) };
