/* Names and addresses of the dialogue: domain, from, rawfrom, rcpt, helo, auth, tls. */
#include <stdio.h>

#include "acl/format.h"
#include "acl/rule.h"
#include "util/regex.h"

static enum acl_answer yes_if(bool yes)
{
	return yes ? ACL_YES : ACL_NO;
}

static bool ends_in_domain(struct view name, struct view domain, bool exact)
{
	size_t before;

	if (!view_ends_nocase(name, domain))
		return false;
	before = name.n - domain.n;
	return !exact || before == 0 || name.p[before - 1] == '.' || domain.p[0] == '.';
}

/* Of a client without a name Postfix says "unknown" in policy questions and "[address]" to milters:
 * expressions written for the one (S25R's rule 0) must hold at the other door too. */
static enum acl_answer match_nameless(const struct acl_clause *c, struct acl_look *look)
{
	const struct ip *ip = &look->facts->client;
	char text[IP_TEXT_MAX];
	enum status st;
	int n;

	if (ip->family == IP_NONE)
		return ACL_NO;
	ip_format(ip, text);
	n = snprintf(look->saw_text, sizeof(look->saw_text), "[%s%s]",
	             ip->family == IP_V6 ? "IPv6:" : "", text);
	look->saw = (struct view){ look->saw_text, n > 0 ? (size_t)n : 0 };
	/* No groups: this text does not live as long as they. */
	st = regex_match(c->operand.regex, look->saw, NULL, 0);
	if (st == ST_OK || st == ST_NOTFOUND)
		return yes_if(st == ST_OK);
	return ACL_FAILED;
}

static enum acl_answer match_domain(const struct acl_clause *c, struct acl_look *look)
{
	const struct fact_value *v;
	enum acl_answer known = acl_fact(look, FACT_CLIENT_NAME, &v);

	if (known != ACL_YES)
		return known;
	if (c->operand.kind == OPERAND_REGEX) {
		known = acl_regex(look, c->operand.regex, v->text);
		if (known == ACL_NO && view_eq_nocase(v->text, VIEW("unknown")))
			return match_nameless(c, look);
		return known;
	}
	look->saw = v->text;
	return yes_if(ends_in_domain(v->text, c->operand.text, look->acl->globals.domainexact));
}

/* An address without its brackets and as a whole, an expression over the brackets too. */
static enum acl_answer match_one_mail(const struct acl_clause *c, struct acl_look *look,
                                      struct view mail)
{
	if (c->operand.kind == OPERAND_REGEX)
		return acl_regex(look, c->operand.regex, mail);
	look->saw = mail;
	return yes_if(view_eq_nocase(mail_bare(mail), c->operand.text));
}

static enum acl_answer match_mail(const struct acl_clause *c, struct acl_look *look)
{
	const struct fact_value *v;
	enum acl_answer known = acl_fact(look, c->kind->fact, &v);

	return known == ACL_YES ? match_one_mail(c, look, v->text) : known;
}

/* At the end of the message: any of its recipients. */
static enum acl_answer match_rcpt(const struct acl_clause *c, struct acl_look *look)
{
	if (look->stage == ACL_RCPT)
		return match_mail(c, look);
	for (size_t i = 0; i < look->facts->recipient_count; i++) {
		enum acl_answer answer = match_one_mail(c, look, look->facts->recipients[i]);

		if (answer != ACL_NO)
			return answer;
	}
	return ACL_NO;
}

static const char *const helo_words[] = { "invalid", "nonfqdn", "self", "literal", NULL };

enum helo_word { HELO_INVALID, HELO_NONFQDN, HELO_SELF, HELO_LITERAL };

#define LABEL_MAX 63 /* octets, RFC 1035 section 2.3.4 */
#define NAME_MAX_ 255

static bool valid_label(struct view v)
{
	if (v.n == 0 || v.n > LABEL_MAX || v.p[0] == '-' || v.p[v.n - 1] == '-')
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (!ascii_alpha(v.p[i]) && !ascii_digit(v.p[i]) && v.p[i] != '-' && v.p[i] != '_')
			return false;
	return true;
}

/* The root's dot says nothing. */
static struct view without_dot(struct view name)
{
	return name.n > 0 && name.p[name.n - 1] == '.' ? view_first(name, name.n - 1) : name;
}

/* As Postfix takes it: '_' is let through, a name of digits and dots alone is not one. */
static bool valid_name(struct view name)
{
	bool letters = false;
	struct view label;

	if (name.n > NAME_MAX_)
		return false;
	name = without_dot(name);
	if (name.n == 0 || name.p[name.n - 1] == '.') /* view_next would not show what is behind */
		return false;
	for (size_t i = 0; i < name.n; i++)
		letters = letters || !(ascii_digit(name.p[i]) || name.p[i] == '.');
	while (view_next(&name, '.', &label))
		if (!valid_label(label))
			return false;
	return letters;
}

/* The address in "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 section 4.1.3). */
static bool literal_address(struct view helo, struct ip *out)
{
	if (helo.n < 2 || helo.p[0] != '[' || helo.p[helo.n - 1] != ']')
		return false;
	helo = (struct view){ helo.p + 1, helo.n - 2 };
	if (helo.n > 5 && view_eq_nocase(view_first(helo, 5), VIEW("ipv6:")))
		helo = view_from(helo, 5);
	return ip_parse(helo, out) == ST_OK;
}

static bool helo_is(struct view helo, enum helo_word what, const struct facts *facts)
{
	struct ip ip;
	bool literal = literal_address(helo, &ip);
	bool bare = !literal && ip_parse(helo, &ip) == ST_OK;

	switch (what) {
	case HELO_INVALID: return !literal && !valid_name(helo);
	case HELO_NONFQDN:
		return !literal && (!valid_name(helo) || view_find(helo, '.') >= helo.n - 1);
	case HELO_LITERAL: return literal || bare;
	case HELO_SELF:
		if (literal || bare)
			return facts->own_address.family != IP_NONE &&
			       ip_compare(&ip, &facts->own_address) == 0;
		helo = without_dot(helo);
		return helo.n > 0 && view_eq_nocase(helo, without_dot(facts->own_name));
	}
	return false;
}

#define HELO_TEXT_MAX ((size_t)4096)

static bool has_part(struct view text, struct view part)
{
	return part.n == 0 || (text.n > 0 && memmem(text.p, text.n, part.p, part.n) != NULL);
}

static enum acl_answer match_helo_text(const struct acl_clause *c, struct acl_look *look,
                                       struct view helo)
{
	struct buf text = buf_of(HELO_TEXT_MAX);
	enum acl_answer answer = ACL_NO;

	if (look->acl->globals.helo_within)
		return yes_if(has_part(helo, c->operand.text));
	if (format_expand(c->operand.text, &(struct format_context){ .facts = look->facts },
	                  &text) == ST_OK)
		answer = yes_if(view_eq_nocase(helo, buf_view(&text)));
	buf_free(&text);
	return answer;
}

static enum acl_answer match_helo(const struct acl_clause *c, struct acl_look *look)
{
	const struct fact_value *v;
	enum acl_answer known = acl_fact(look, FACT_HELO, &v);

	if (known != ACL_YES)
		return known;
	if (c->operand.kind == OPERAND_REGEX)
		return acl_regex(look, c->operand.regex, v->text);
	look->saw = v->text;
	if (c->operand.kind == OPERAND_WORD)
		return yes_if(helo_is(v->text, (enum helo_word)c->operand.word, look->facts));
	return match_helo_text(c, look, v->text);
}

/* auth, tls: exact, with case. */
static enum acl_answer match_exact(const struct acl_clause *c, struct acl_look *look)
{
	const struct fact_value *v;
	enum acl_answer known = acl_fact(look, c->kind->fact, &v);

	if (known != ACL_YES)
		return known;
	if (c->operand.kind == OPERAND_REGEX)
		return acl_regex(look, c->operand.regex, v->text);
	look->saw = v->text;
	return yes_if(view_eq(v->text, c->operand.text));
}

static enum status build_auth(struct acl *acl, struct acl_clause *c, struct diag *why)
{
	(void)c;
	(void)why;
	acl->uses_auth = true;
	return ST_OK;
}

#define MAILS (OPERAND_MAIL | OPERAND_REGEX)
#define TEXTS (OPERAND_STRING | OPERAND_REGEX)

static const struct clause_kind kinds[] = {
	{ .name = "domain",
	  .operands = OPERAND_NAME | OPERAND_REGEX,
	  .once = OPERAND_NAME | OPERAND_REGEX,
	  .list = OPERAND_NAME | OPERAND_REGEX,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_CLIENT_NAME,
	  .reason = REASON_DOMAIN,
	  .match = match_domain,
	  .synopsis = "domain NAME|/REGEX/",
	  .help = "the client's name ends in this one" },
	{ .name = "from",
	  .operands = MAILS,
	  .once = MAILS,
	  .list = MAILS,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_SENDER,
	  .reason = REASON_FROM,
	  .match = match_mail,
	  .synopsis = "from ADDRESS|/REGEX/",
	  .help = "the envelope sender, cleaned of tags" },
	{ .name = "rawfrom",
	  .operands = MAILS,
	  .once = MAILS,
	  .list = MAILS,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_RAW_SENDER,
	  .reason = REASON_FROM,
	  .match = match_mail,
	  .synopsis = "rawfrom ADDRESS|/REGEX/",
	  .help = "the envelope sender as received" },
	{ .name = "rcpt",
	  .operands = MAILS,
	  .list = MAILS,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_RECIPIENT,
	  .reason = REASON_RCPT,
	  .match = match_rcpt,
	  .synopsis = "rcpt ADDRESS|/REGEX/",
	  .help = "the recipient; at the end of the message any of them" },
	{ .name = "helo",
	  .operands = TEXTS | OPERAND_WORD,
	  .once = TEXTS,
	  .list = TEXTS,
	  .words = helo_words,
	  .stages = AT_RCPT,
	  .doors = DOOR_ALL,
	  .fact = FACT_HELO,
	  .reason = REASON_OTHER,
	  .match = match_helo,
	  .synopsis = "helo \"NAME\"|/REGEX/|invalid|nonfqdn|self|literal",
	  .help = "the HELO name: this one, no name at all, not a full name, our own, or an "
	          "address" },
	{ .name = "auth",
	  .operands = TEXTS,
	  .list = TEXTS,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_AUTH,
	  .reason = REASON_AUTH,
	  .match = match_exact,
	  .build = build_auth,
	  .synopsis = "auth \"NAME\"|/REGEX/",
	  .help = "the name that authenticated" },
	{ .name = "tls",
	  .operands = TEXTS,
	  .list = TEXTS,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_TLS,
	  .reason = REASON_TLS,
	  .match = match_exact,
	  .build = build_auth,
	  .synopsis = "tls \"SUBJECT\"|/REGEX/",
	  .help = "the subject of the client's verified certificate" },
};

const struct clause_family clauses_text = { kinds, sizeof(kinds) / sizeof(kinds[0]) };
