#include "acl/format.h"

#include <stdio.h>
#include <time.h>

#include "acl/eval.h"
#include "acl/told.h"

struct expander {
	const struct format_context *ctx;
	struct view fmt; /* what is left of it, behind '%' while a sequence is read */
	struct buf *out;
	enum status st;
};

/* Never the end of a line: what strangers sent is in it. */
static char harmless(char c)
{
	return (char)(c == '\r' || c == '\n' || c == '\0' ? '?' : c);
}

static bool is_plain(enum format_encoding encode, char c)
{
	const char *others = encode == FORMAT_URL ? "-_.~" : "-_.@";

	return ascii_alpha(c) || ascii_digit(c) || (c != '\0' && strchr(others, c) != NULL);
}

static void put_octet(struct expander *e, char c)
{
	enum format_encoding encode = e->ctx->encode;

	if (encode == FORMAT_PLAIN)
		e->st = buf_byte(e->out, harmless(c));
	else if (is_plain(encode, c))
		e->st = buf_byte(e->out, c);
	else
		e->st = buf_printf(e->out, encode == FORMAT_URL ? "%%%02X" : "%%5c%02x",
		                   (unsigned)(unsigned char)c);
}

static void put(struct expander *e, struct view v)
{
	for (size_t i = 0; i < v.n && e->st == ST_OK; i++)
		put_octet(e, v.p[i]);
}

static void put_text(struct expander *e, const char *text)
{
	put(e, view_of(text));
}

static struct view fact_text(const struct expander *e, enum fact fact)
{
	const struct fact_value *v = &e->ctx->facts->of[fact];

	/* A client's name that is not looked up to the end is as the MTA gave it. */
	return v->state == FACT_KNOWN || (v->state == FACT_PENDING && v->text.n > 0)
	               ? v->text
	               : (struct view){ "", 0 };
}

/* Drops n octets of the format. */
static bool took(struct expander *e, size_t n)
{
	e->fmt = view_from(e->fmt, n);
	return true;
}

static char peek(const struct expander *e, size_t i)
{
	return (char)(i < e->fmt.n ? e->fmt.p[i] : '\0');
}

/* "{...}" at offset i. */
static bool braces(const struct expander *e, size_t i, struct view *inside, size_t *end)
{
	struct view rest = view_from(e->fmt, i);
	size_t close = view_find(rest, '}');

	if (rest.n == 0 || rest.p[0] != '{' || close == VIEW_NONE)
		return false;
	*inside = (struct view){ rest.p + 1, close - 1 };
	*end = i + close + 1;
	return true;
}

static void put_client(struct expander *e, unsigned bits)
{
	const struct ip *ip = &e->ctx->facts->client;
	struct ip_net net;
	char text[IP_TEXT_MAX];

	if (ip->family == IP_NONE)
		return;
	net = ip_mask(ip, bits);
	ip_format(&net.base, text);
	put_text(e, text);
}

/* 192.0.2.1 as 1.2.0.192, IPv6 as nibbles. */
static void put_reversed(struct expander *e)
{
	const struct ip *ip = &e->ctx->facts->client;
	char text[4 * 32 + 1] = "";
	size_t n = 0;

	if (ip->family == IP_V4)
		(void)snprintf(text, sizeof(text), "%u.%u.%u.%u", ip->octet[3], ip->octet[2],
		               ip->octet[1], ip->octet[0]);
	for (int i = 15; ip->family == IP_V6 && i >= 0; i--)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%x.%x", n > 0 ? "." : "",
		                      ip->octet[i] & 15u, ip->octet[i] >> 4);
	put_text(e, text);
}

/* The part before (m) or behind (s) the first `sep`; all of it when there is none, as with
 * milter-greylist: "root" is the recipient, its local part and its domain. */
static struct view part(struct view v, char sep, char which)
{
	size_t at = view_find(v, sep);

	if (at == VIEW_NONE)
		return v;
	return which == 'm' ? view_first(v, at) : view_from(v, at + 1);
}

/* %d %f %r, and %m and %s in front of those. */
static bool names(struct expander *e)
{
	char which = peek(e, 0);
	bool partial = which == 'm' || which == 's';
	char letter = peek(e, partial ? 1 : 0);
	struct view v;

	switch (letter) {
	case 'd': v = fact_text(e, FACT_CLIENT_NAME); break;
	case 'f': v = mail_bare(fact_text(e, FACT_SENDER)); break;
	case 'r': v = mail_bare(fact_text(e, FACT_RECIPIENT)); break;
	default: return false;
	}
	put(e, partial ? part(v, letter == 'd' ? '.' : '@', which) : v);
	return took(e, partial ? 2 : 1);
}

/* %E and %R with h, m, s, t or nothing. */
static bool durations(struct expander *e)
{
	char letter = peek(e, 0);
	int64_t s = letter == 'E' ? e->ctx->waited_s : e->ctx->left_s;
	char text[64];
	long long whole;

	if (letter != 'E' && letter != 'R')
		return false;
	whole = s > 0 ? (long long)s : 0;
	switch (peek(e, 1)) {
	case 'h': (void)snprintf(text, sizeof(text), "%lld", whole / 3600); break;
	case 'm': (void)snprintf(text, sizeof(text), "%lld", whole / 60 % 60); break;
	case 's': (void)snprintf(text, sizeof(text), "%lld", whole % 60); break;
	case 't': (void)snprintf(text, sizeof(text), "%lld", whole); break;
	default:
		(void)snprintf(text, sizeof(text), "%02lld:%02lld:%02lld", whole / 3600,
		               whole / 60 % 60, whole % 60);
		put_text(e, text);
		return took(e, 1);
	}
	put_text(e, text);
	return took(e, 2);
}

/* Where there is no rule a line is "(none)", and an ID nothing. */
static void put_line(struct expander *e, const struct acl_rule *rule, bool id)
{
	char line[32];

	(void)snprintf(line, sizeof(line), "%s", id ? "" : "(none)");
	if (rule != NULL)
		(void)snprintf(line, sizeof(line), "%u", rule->line);
	put_text(e, line);
}

static void put_rule(struct expander *e, bool id)
{
	const struct acl_verdict *v = e->ctx->verdict;

	if (v != NULL && id && v->effects.id != NULL)
		put_text(e, v->effects.id);
	else
		put_line(e, v != NULL ? v->rule : NULL, id);
}

/* The one that is being looked at; behind the decision that is the one that decided. */
static void put_current(struct expander *e, bool id)
{
	const struct acl_rule *rule = e->ctx->current;

	if (rule == NULL)
		put_rule(e, id);
	else if (id && rule->set.id != NULL)
		put_text(e, rule->set.id);
	else
		put_line(e, rule, id);
}

static int day_of_year(const struct fact_clock *c)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	bool leap = (c->year % 4 == 0 && c->year % 100 != 0) || c->year % 400 == 0;

	if (c->month < 1 || c->month > 12)
		return 0;
	return before[c->month - 1] + c->day - 1 + (leap && c->month > 2 ? 1 : 0);
}

static struct tm tm_of(const struct fact_clock *c)
{
	struct tm tm = { .tm_sec = (int)(c->unix_s % 60),
		         .tm_min = c->minute,
		         .tm_hour = c->hour,
		         .tm_mday = c->day,
		         .tm_mon = c->month - 1,
		         .tm_year = c->year - 1900,
		         .tm_wday = c->weekday,
		         .tm_yday = day_of_year(c),
		         .tm_gmtoff = c->offset_s,
		         .tm_zone = c->zone != NULL ? c->zone : "" };

	return tm;
}

static void put_time(struct expander *e, struct view fmt)
{
	struct tm tm = tm_of(&e->ctx->facts->clock);
	char pattern[256], text[512];

	if (e->ctx->facts->of[FACT_TIME].state != FACT_KNOWN || fmt.n == 0 ||
	    fmt.n >= sizeof(pattern) || tm.tm_mon < 0 || tm.tm_mon > 11 || tm.tm_wday < 0 ||
	    tm.tm_wday > 6)
		return;
	memcpy(pattern, fmt.p, fmt.n);
	pattern[fmt.n] = '\0';
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	if (strftime(text, sizeof(text), pattern, &tm) > 0)
#pragma GCC diagnostic pop
		put_text(e, text);
}

/* milter-greylist-VERSION (HOST [ADDR]); date. The MTA's word for the address is repeated:
 * Sendmail writes "IPv6:2001:db8:0:0:0:0:0:1". */
static void put_version(struct expander *e)
{
	const struct facts *f = e->ctx->facts;
	const struct fact_pair *told = fact_macro(f, VIEW("{if_addr}"));
	char address[IP_TEXT_MAX] = "0.0.0.0";

	if (f->own_address.family != IP_NONE)
		ip_format(&f->own_address, address);
	put_text(e, e->ctx->program);
	put_text(e, " (");
	put(e, f->own_name);
	put_text(e, " [");
	put(e, told != NULL && told->value.n > 0 ? told->value : view_of(address));
	put_text(e, "]); ");
	put_time(e, VIEW("%a, %d %b %Y %H:%M:%S %z (%Z)"));
}

/* "/24" of %I{/24}, "\1" of %g{\1}: the number behind the mark. */
static bool marked_number(struct view inside, char mark, uint64_t max, uint64_t *out)
{
	return inside.n > 1 && inside.p[0] == mark &&
	       view_u64(view_from(inside, 1), max, out) == ST_OK;
}

/* %I{/n}, %g{\n}, %M{name}, %Mx, %P{name}, %T{fmt} */
static bool with_braces(struct expander *e)
{
	const struct acl_verdict *v = e->ctx->verdict;
	const struct fact_pair *pair = NULL;
	char letter = peek(e, 0);
	struct view inside;
	size_t end;
	uint64_t n;

	if (letter == 'M' && peek(e, 1) != '{' && peek(e, 1) != '\0') {
		inside = (struct view){ e->fmt.p + 1, 1 };
		pair = fact_macro(e->ctx->facts, inside);
		put(e, pair != NULL ? pair->value : (struct view){ "", 0 });
		return took(e, 2);
	}
	if (letter == '\0' || strchr("IgMPT", letter) == NULL || !braces(e, 1, &inside, &end))
		return false;
	switch (letter) {
	case 'I':
		if (!marked_number(inside, '/', 128, &n))
			return false;
		put_client(e, (unsigned)n);
		break;
	case 'g':
		if (!marked_number(inside, '\\', 999, &n))
			return false;
		if (v != NULL && n >= 1 && n <= v->group_count)
			put(e, v->groups[n - 1]);
		break;
	case 'M': pair = fact_macro(e->ctx->facts, (struct view){ e->fmt.p + 1, end - 1 }); break;
	case 'P': pair = fact_property(e->ctx->facts, inside); break;
	default: put_time(e, inside); break;
	}
	if (pair != NULL)
		put(e, pair->value);
	return took(e, end);
}

static bool replies(struct expander *e)
{
	if (peek(e, 0) != 'X')
		return false;
	switch (peek(e, 1)) {
	case 'm': put_text(e, e->ctx->reply_text); break;
	case 'c': put_text(e, e->ctx->reply_code); break;
	case 'e': put_text(e, e->ctx->reply_ecode); break;
	case 'h': put_text(e, e->ctx->header); break;
	default: return false;
	}
	return took(e, 2);
}

static void put_tenths(struct expander *e, const struct fact_value *v)
{
	char text[40];
	long long n = (long long)v->number;

	if (v->state != FACT_KNOWN)
		return;
	if (n % 10 == 0)
		(void)snprintf(text, sizeof(text), "%lld", n / 10);
	else
		(void)snprintf(text, sizeof(text), "%s%lld.%lld", n < 0 ? "-" : "",
		               (n < 0 ? -n : n) / 10, (n < 0 ? -n : n) % 10);
	put_text(e, text);
}

static void put_number(struct expander *e, int64_t number)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%lld", (long long)number);
	put_text(e, text);
}

/* The DNS lists that had the client, by name; not those that speak for it. */
static void put_lists(struct expander *e)
{
	const struct facts *f = e->ctx->facts;
	const char *sep = "";

	for (size_t i = 0; i < f->answer_count; i++) {
		const struct fact_answer *a = &f->answers[i];
		const struct acl_object *list = a->object;

		if (a->fact != FACT_DNSRBL || a->value.state != FACT_KNOWN ||
		    a->value.number == 0 || list->kind != OBJECT_DNSRBL)
			continue;
		put_text(e, sep);
		put_text(e, list->name);
		sep = ",";
	}
}

static bool simple(struct expander *e)
{
	const struct format_context *c = e->ctx;

	switch (peek(e, 0)) {
	case 'h': put(e, fact_text(e, FACT_HELO)); break;
	case 'i': put_client(e, 128); break;
	case 'j': put_reversed(e); break;
	case 'S': put_text(e, c->outcome); break;
	case 'A': put_rule(e, false); break;
	case 'a': put_rule(e, true); break;
	case 'D': put_lists(e); break;
	case 'C': put(e, fact_text(e, FACT_COUNTRY)); break;
	case 't': put_number(e, c->verdict != NULL ? c->verdict->tarpit_s : 0); break;
	case 'v': put_text(e, c->version); break;
	case 'G': put_time(e, VIEW("%z")); break;
	case 'V': put_version(e); break;
	case '%': e->st = buf_byte(e->out, '%'); break;
	default: return false;
	}
	return took(e, 1);
}

static const char *known_word(struct expander *e, enum fact fact)
{
	const struct fact_value *v = &e->ctx->facts->of[fact];

	return v->state == FACT_KNOWN ? told_word((enum fact_result)v->number) : NULL;
}

/* %Qs %Qd %QS %QA */
static bool results(struct expander *e)
{
	if (peek(e, 0) != 'Q')
		return false;
	switch (peek(e, 1)) {
	case 's': put_text(e, known_word(e, FACT_SPF)); break;
	case 'd': put_text(e, known_word(e, FACT_DKIM)); break;
	case 'S':
		if (e->st == ST_OK)
			e->st = told_received_spf(e->ctx->facts, e->out);
		break;
	case 'A':
		if (e->st == ST_OK)
			e->st = told_authentication(e->ctx->facts, e->ctx->facts->own_name,
			                            AUTHRES_ONE_LINE, e->out);
		break;
	default: return false;
	}
	return took(e, 2);
}

/* %pr %pn %pv: the recipient; name and value of the property that matched. */
static bool property(struct expander *e)
{
	const struct acl_verdict *v = e->ctx->verdict;
	char which = peek(e, 1);

	if (peek(e, 0) != 'p' || (which != 'r' && which != 'n' && which != 'v'))
		return false;
	if (which == 'r')
		put(e, mail_bare(fact_text(e, FACT_RECIPIENT)));
	else if (v != NULL)
		put(e, which == 'n' ? v->property.name : v->property.value);
	return took(e, 2);
}

static bool two_letters(struct expander *e)
{
	char a = peek(e, 0), b = peek(e, 1);

	if (a == 'c' && (b == 'A' || b == 'a'))
		put_current(e, b == 'a');
	else if (a == 'F' && b == 'x')
		put(e, fact_text(e, FACT_P0F));
	else if (a == 'H' && b == 's')
		put_tenths(e, &e->ctx->facts->of[FACT_SPAMD_SCORE]);
	else if (a == 'H' && b == 'y')
		put(e, fact_text(e, FACT_SPAMD_SCORE));
	else
		return false;
	return took(e, 2);
}

/* Digits of an octet's number: at most `most` of this base. */
static bool octet_number(struct expander *e, unsigned base, size_t most, char *out)
{
	unsigned x = 0;
	size_t n = 0;

	for (; n < most && n < e->fmt.n; n++) {
		char c = ascii_lower(e->fmt.p[n]);
		unsigned digit = ascii_digit(c)         ? (unsigned)(c - '0')
		                 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
		                                        : base;

		if (digit >= base)
			break;
		x = x * base + digit;
	}
	if (n == 0)
		return false;
	*out = (char)x;
	return took(e, n);
}

/* Behind a backslash. As C has them; an unknown one loses the backslash. */
static void escape(struct expander *e)
{
	static const char letters[] = "abfnrtv", octets[] = "\a\b\f\n\r\t\v";
	char c = peek(e, 0);
	const char *known = c != '\0' ? strchr(letters, c) : NULL;

	if (known != NULL) {
		c = octets[known - letters];
		(void)took(e, 1);
	} else if (c == 'x') {
		(void)took(e, 1);
		if (!octet_number(e, 16, 2, &c))
			c = 'x';
	} else if (!octet_number(e, 8, 3, &c)) {
		c = (char)(e->fmt.n > 0 ? c : '\\');
		(void)took(e, 1);
	}
	e->st = buf_byte(e->out, (char)(c == '\0' ? '?' : c));
}

static bool sequence(struct expander *e)
{
	return names(e) || durations(e) || with_braces(e) || replies(e) || results(e) ||
	       property(e) || two_letters(e) || simple(e);
}

enum status format_expand(struct view fmt, const struct format_context *ctx, struct buf *out)
{
	struct expander e = { .ctx = ctx, .fmt = fmt, .out = out, .st = ST_OK };
	size_t before = out->n;

	while (e.fmt.n > 0 && e.st == ST_OK) {
		char c = e.fmt.p[0];

		e.fmt = view_from(e.fmt, 1);
		if (c == '\\' && ctx->escapes)
			escape(&e);
		else if (c != '%')
			e.st = buf_byte(out, harmless(c));
		else if (!sequence(&e))
			e.st = buf_byte(out, '%');
	}
	if (e.st != ST_OK)
		out->n = before;
	return e.st;
}

/* --- what a format asks for --- */

uint64_t format_facts(struct view fmt)
{
	static const struct {
		const char *letters;
		uint64_t facts;
	} sequences[] = {
		{ "%", 0 },
		{ "d", FACT_BIT(FACT_CLIENT_NAME) },
		{ "md", FACT_BIT(FACT_CLIENT_NAME) },
		{ "sd", FACT_BIT(FACT_CLIENT_NAME) },
		{ "f", FACT_BIT(FACT_SENDER) },
		{ "mf", FACT_BIT(FACT_SENDER) },
		{ "sf", FACT_BIT(FACT_SENDER) },
		{ "r", FACT_BIT(FACT_RECIPIENT) },
		{ "mr", FACT_BIT(FACT_RECIPIENT) },
		{ "sr", FACT_BIT(FACT_RECIPIENT) },
		{ "pr", FACT_BIT(FACT_RECIPIENT) },
		{ "h", FACT_BIT(FACT_HELO) },
		{ "C", FACT_BIT(FACT_COUNTRY) },
		{ "P{", FACT_BIT(FACT_PROPERTIES) },
		{ "Fx", FACT_BIT(FACT_P0F) },
		{ "Hs", FACT_BIT(FACT_SPAMD_SCORE) },
		{ "Hy", FACT_BIT(FACT_SPAMD_SCORE) },
		{ "Qs", FACT_BIT(FACT_SPF) },
		{ "QS", FACT_BIT(FACT_SPF) | FACT_BIT(FACT_HELO) },
		{ "Qd", FACT_BIT(FACT_DKIM) },
		{ "QA", FACT_BIT(FACT_SPF) | FACT_BIT(FACT_DKIM) | FACT_BIT(FACT_DMARC) |
		                FACT_BIT(FACT_RDNS) },
	};
	uint64_t facts = 0;
	size_t at;

	while ((at = view_find(fmt, '%')) != VIEW_NONE) {
		fmt = view_from(fmt, at + 1);
		for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
			struct view letters = view_of(sequences[i].letters);

			if (!view_starts(fmt, letters))
				continue;
			facts |= sequences[i].facts;
			fmt = view_from(fmt, letters.n);
			break;
		}
	}
	return facts;
}
