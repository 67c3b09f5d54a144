#include "spf/record.h"

#include <arpa/inet.h>

#include "spf/macro.h"
#include "util/escape.h"

#define VERSION_TEXT "v=spf1"
#define SHOWN_MAX    80

enum domain_need { NO_DOMAIN, MAY_DOMAIN, MUST_DOMAIN, NETWORK };
enum cidr_form { NO_CIDR, CIDR_4, CIDR_6, CIDR_DUAL };

struct mechanism {
	struct view name;
	enum spf_kind kind;
	enum domain_need domain;
	enum cidr_form cidr;
};

/* Section 12; names compare without case, as all literals of ABNF do. */
static const struct mechanism mechanisms[] = {
	{ VIEW_INIT("all"), SPF_ALL, NO_DOMAIN, NO_CIDR },
	{ VIEW_INIT("include"), SPF_INCLUDE, MUST_DOMAIN, NO_CIDR },
	{ VIEW_INIT("a"), SPF_A, MAY_DOMAIN, CIDR_DUAL },
	{ VIEW_INIT("mx"), SPF_MX, MAY_DOMAIN, CIDR_DUAL },
	{ VIEW_INIT("ptr"), SPF_PTR, MAY_DOMAIN, NO_CIDR },
	{ VIEW_INIT("ip4"), SPF_IP4, NETWORK, CIDR_4 },
	{ VIEW_INIT("ip6"), SPF_IP6, NETWORK, CIDR_6 },
	{ VIEW_INIT("exists"), SPF_EXISTS, MUST_DOMAIN, NO_CIDR },
};

#define MECHANISMS (sizeof(mechanisms) / sizeof(mechanisms[0]))

bool spf_kind_asks(enum spf_kind kind)
{
	return kind == SPF_INCLUDE || kind == SPF_A || kind == SPF_MX || kind == SPF_PTR ||
	       kind == SPF_EXISTS || kind == SPF_REDIRECT;
}

const char *spf_kind_text(enum spf_kind kind)
{
	switch (kind) {
	case SPF_ALL: return "all";
	case SPF_INCLUDE: return "include";
	case SPF_A: return "a";
	case SPF_MX: return "mx";
	case SPF_PTR: return "ptr";
	case SPF_IP4: return "ip4";
	case SPF_IP6: return "ip6";
	case SPF_EXISTS: return "exists";
	case SPF_REDIRECT: return "redirect";
	case SPF_EXP: return "exp";
	case SPF_UNKNOWN_MODIFIER: return "unknown modifier";
	}
	return "unknown";
}

bool spf_record_is(struct view text)
{
	struct view version = VIEW(VERSION_TEXT);

	return view_eq_nocase(view_first(text, version.n), version) &&
	       (text.n == version.n || text.p[version.n] == ' ');
}

struct spf_reader spf_record_read(struct view record)
{
	return (struct spf_reader){ record, sizeof(VERSION_TEXT) - 1 };
}

/* at is the wrong piece of the term; the message shows how it begins. */
static enum status wrong(struct diag *why, struct view term, struct view at, const char *what)
{
	char shown[SHOWN_MAX];

	diag_at(why, 1, (unsigned)(at.p - term.p) + 1, "%s: \"%s\"", what,
	        escape_text(at, shown, sizeof(shown)));
	return ST_INVALID;
}

static bool name_octet(char c)
{
	return ascii_alpha(c) || ascii_digit(c) || c == '-' || c == '_' || c == '.';
}

static size_t name_length(struct view v)
{
	size_t n = 0;

	if (v.n == 0 || !ascii_alpha(v.p[0]))
		return 0;
	while (n < v.n && name_octet(v.p[n]))
		n++;
	return n;
}

/* A macro string inside the term: the place of an error is moved to the term's. */
static enum status check_spec(struct view term, struct view spec, enum spf_macro_use use,
                              struct diag *why)
{
	struct diag inner = { 0 };
	struct view at;
	enum status st = spf_macro_check(spec, use, &inner);

	if (st == ST_OK)
		return st;
	at = view_from(spec, inner.column - 1);
	return wrong(why, term, at, inner.text);
}

/* "0", or digits without a zero in front (section 12, ip4-cidr-length). */
static enum status prefix_length(struct view digits, unsigned width, unsigned *out)
{
	uint64_t bits;

	if (digits.n > 1 && digits.p[0] == '0')
		return ST_INVALID;
	if (view_u64(digits, width, &bits) != ST_OK)
		return ST_INVALID;
	*out = (unsigned)bits;
	return ST_OK;
}

/* cidr is all from the first slash on: "/24", "/24//64" or "//64". */
static enum status take_cidr(const struct mechanism *m, struct view cidr, struct spf_term *out)
{
	struct view v6 = { NULL, 0 };
	struct view v4 = cidr;
	enum status st = ST_OK;

	if (m->cidr == CIDR_6) {
		v6 = cidr;
		v4.n = 0;
	}
	for (size_t i = 0; m->cidr == CIDR_DUAL && i + 1 < cidr.n; i++) {
		if (cidr.p[i] != '/' || cidr.p[i + 1] != '/')
			continue;
		v4 = view_first(cidr, i);
		v6 = view_from(cidr, i + 1);
		break;
	}
	if (v4.n > 0)
		st = prefix_length(view_from(v4, 1), 32, &out->bits4);
	if (st == ST_OK && v6.n > 0)
		st = prefix_length(view_from(v6, 1), 128, &out->bits6);
	return st;
}

/* Where the prefix lengths begin: a slash behind which only digits and slashes stand. No domain
 * ends so (its top label has no slash), so anything like it is meant for one. */
static size_t find_cidr(struct view v)
{
	size_t i = v.n, slash = v.n;

	while (i > 0 && (ascii_digit(v.p[i - 1]) || v.p[i - 1] == '/')) {
		i--;
		if (v.p[i] == '/')
			slash = i;
	}
	return slash;
}

static enum status take_network(const struct mechanism *m, struct view text, struct spf_term *out)
{
	bool v4 = m->kind == SPF_IP4;
	struct ip ip = { v4 ? IP_V4 : IP_V6, { 0 } };
	char s[IP_TEXT_MAX];

	if (text.n == 0 || text.n >= sizeof(s) || view_find(text, '\0') != VIEW_NONE)
		return ST_INVALID;
	memcpy(s, text.p, text.n);
	s[text.n] = '\0';
	/* Not ip_parse: it would make an IPv4 address of a mapped one, which "ip6" must not match.
	 */
	if (inet_pton(v4 ? AF_INET : AF_INET6, s, ip.octet) != 1)
		return ST_INVALID;
	out->net = ip_mask(&ip, v4 ? out->bits4 : out->bits6);
	return ST_OK;
}

/* What is behind the mechanism's name: [":" argument] [prefix lengths] */
static enum status take_argument(const struct mechanism *m, struct view rest, struct spf_term *out,
                                 struct diag *why)
{
	struct view term = out->text, cidr, argument;
	bool colon = rest.n > 0 && rest.p[0] == ':';
	size_t slash = m->cidr != NO_CIDR ? find_cidr(rest) : rest.n;

	out->bits4 = 32;
	out->bits6 = 128;
	cidr = view_from(rest, slash);
	argument = view_first(rest, slash);
	if (cidr.n > 0 && take_cidr(m, cidr, out) != ST_OK)
		return wrong(why, term, cidr, "this is no prefix length here");
	if (!colon) {
		if (argument.n > 0)
			return wrong(why, term, argument, "this can't follow the mechanism");
		if (m->domain == MUST_DOMAIN || m->domain == NETWORK)
			return wrong(why, term, term, "the mechanism lacks its \":\"");
		return ST_OK;
	}
	if (m->domain == NO_DOMAIN)
		return wrong(why, term, argument, "the mechanism takes nothing");
	argument = view_from(argument, 1);
	if (m->domain == NETWORK) {
		if (take_network(m, argument, out) != ST_OK)
			return wrong(why, term, argument, "no such network");
		return ST_OK;
	}
	out->spec = argument;
	return check_spec(term, argument, SPF_MACRO_DOMAIN, why);
}

static enum status take_modifier(struct view name, struct view value, struct spf_term *out,
                                 struct diag *why)
{
	enum spf_macro_use use = SPF_MACRO_DOMAIN;

	if (view_eq_nocase(name, VIEW("redirect"))) {
		out->kind = SPF_REDIRECT;
	} else if (view_eq_nocase(name, VIEW("exp"))) {
		out->kind = SPF_EXP;
	} else {
		out->kind = SPF_UNKNOWN_MODIFIER;
		use = SPF_MACRO_MODIFIER;
	}
	out->spec = value;
	return check_spec(out->text, value, use, why);
}

static enum status take_term(struct view term, struct spf_term *out, struct diag *why)
{
	bool qualified = strchr("+-?~", term.p[0]) != NULL && term.p[0] != '\0';
	struct view body = view_from(term, qualified ? 1 : 0);
	struct view name = view_first(body, name_length(body));
	struct view rest = view_from(body, name.n);

	*out = (struct spf_term){ .text = term, .qualifier = '+' };
	if (qualified)
		out->qualifier = term.p[0];
	if (!qualified && name.n > 0 && rest.n > 0 && rest.p[0] == '=')
		return take_modifier(name, view_from(rest, 1), out, why);
	for (size_t i = 0; i < MECHANISMS; i++) {
		if (!view_eq_nocase(name, mechanisms[i].name))
			continue;
		out->kind = mechanisms[i].kind;
		return take_argument(&mechanisms[i], rest, out, why);
	}
	return wrong(why, term, body, "unknown mechanism");
}

enum status spf_record_next(struct spf_reader *r, struct spf_term *out, struct diag *why)
{
	struct view rest = view_from(r->record, r->at);
	struct view term;
	enum status st;

	while (rest.n > 0 && rest.p[0] == ' ')
		rest = view_from(rest, 1);
	if (rest.n == 0)
		return ST_NOTFOUND;
	term = view_first(rest, view_find(rest, ' '));
	r->at = (size_t)(term.p - r->record.p) + term.n;
	st = take_term(term, out, why);
	if (st != ST_OK)
		why->column += (unsigned)(term.p - r->record.p);
	return st;
}

static enum status note(const struct spf_term *t, struct view record, struct view *seen,
                        struct diag *why)
{
	if (seen->n > 0)
		return wrong(why, record, t->text, "the modifier occurs twice");
	*seen = t->spec; /* a domain-spec is never empty */
	return ST_OK;
}

enum status spf_record_check(struct view record, struct spf_modifiers *out, struct diag *why)
{
	struct spf_reader r = spf_record_read(record);
	struct spf_modifiers found = { { NULL, 0 }, { NULL, 0 } };
	struct spf_term t;
	enum status st;

	if (record.n > SPF_RECORD_MAX) {
		diag_at(why, 1, SPF_RECORD_MAX + 1, "the record is longer than %d octets",
		        SPF_RECORD_MAX);
		return ST_LIMIT;
	}
	while ((st = spf_record_next(&r, &t, why)) == ST_OK) {
		if (t.kind == SPF_REDIRECT)
			st = note(&t, record, &found.redirect, why);
		else if (t.kind == SPF_EXP)
			st = note(&t, record, &found.exp, why);
		if (st != ST_OK)
			return st;
	}
	if (st != ST_NOTFOUND)
		return st;
	*out = found;
	return ST_OK;
}
