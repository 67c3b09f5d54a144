/* Regular expressions that a plain word could replace, and those that can't match. */
#include <stdio.h>

#include "conf/lint_checks.h"

#define LITERAL_MAX ((size_t)255) /* a DNS name's, RFC 1035 section 2.3.4 */
#define SHOWN_MAX   ((size_t)60)

/* An expression that is one text, at the beginning, at the end, or anywhere. */
struct literal {
	char text[LITERAL_MAX];
	size_t n;
	bool from_start, to_end;
};

static bool take(struct view *v, const char *prefix)
{
	if (!view_starts(*v, view_of(prefix)))
		return false;
	*v = view_from(*v, strlen(prefix));
	return true;
}

static bool plain_octet(char c)
{
	return ascii_alpha(c) || ascii_digit(c) || (c != '\0' && strchr("-_@<>]:", c) != NULL);
}

/* One octet that stands for itself; 0: none does. */
static char take_octet(struct view *v)
{
	char c = '\0';

	if (take(v, "\\.") || take(v, "[.]"))
		return '.';
	if (take(v, "\\["))
		return '[';
	if (take(v, "\\]"))
		return ']';
	if (take(v, "\\-"))
		return '-';
	if (v->n > 0 && plain_octet(v->p[0]))
		c = v->p[0];
	*v = view_from(*v, c != '\0' ? 1 : 0);
	return c;
}

/* False: it says more than one text. */
static bool read_literal(struct view v, struct literal *out)
{
	bool open_end = false;

	*out = (struct literal){ .from_start = take(&v, "^") };
	if (take(&v, ".*"))
		out->from_start = false;
	while (v.n > 0 && !view_eq(v, VIEW("$")) && !open_end) {
		char c = take_octet(&v);

		open_end = c == '\0' && (view_eq(v, VIEW(".*")) || view_eq(v, VIEW(".*$")));
		if ((c == '\0' && !open_end) || out->n == LITERAL_MAX)
			return false;
		if (c != '\0')
			out->text[out->n++] = c;
	}
	out->to_end = v.n > 0 && !open_end;
	return true;
}

/* The expression for people: its beginning, without what a terminal would obey. */
static const char *show(const struct operand *o, char out[SHOWN_MAX + 8])
{
	size_t n = o->text.n < SHOWN_MAX ? o->text.n : SHOWN_MAX;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)o->text.p[i];

		out[i] = (char)(c < ' ' || c > '~' ? '?' : c);
	}
	(void)snprintf(out + n, 8, "%s", n < o->text.n ? "..." : "");
	return out;
}

/* What is advised: text for the warning, after the expression. False: nothing is. */
struct advice {
	char text[400];
};

static bool advise(struct advice *out, const char *fmt, ...) PRINTF_LIKE(2, 3);

static bool advise(struct advice *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(out->text, sizeof(out->text), fmt, ap);
	va_end(ap);
	return true;
}

static bool is_name(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!ascii_alpha(v.p[i]) && !ascii_digit(v.p[i]) && strchr("._-", v.p[i]) == NULL)
			return false;
	return v.n > 1;
}

/* "192.0.2." or "192.0.2.1": the network. */
static bool read_quads(struct view v, bool whole, struct ip_net *out)
{
	char text[IP_TEXT_MAX];
	unsigned dots = 0;
	struct ip ip;

	for (size_t i = 0; i < v.n; i++) {
		if (!ascii_digit(v.p[i]) && v.p[i] != '.')
			return false;
		dots += v.p[i] == '.';
	}
	if (v.n == 0 || v.n > 15 || dots == 0 || dots > 3 || (v.p[v.n - 1] == '.') == whole)
		return false;
	if (whole && dots != 3)
		return false;
	(void)snprintf(text, sizeof(text), "%.*s%s", VIEW_ARG(v),
	               whole       ? ""
	               : dots == 3 ? "0"
	               : dots == 2 ? "0.0"
	                           : "0.0.0");
	if (ip_parse(view_of(text), &ip) != ST_OK)
		return false;
	*out = ip_mask(&ip, whole ? 32 : dots * 8);
	return true;
}

/* A name that looks like an address: "[192.0.2.1]", where the client has none. */
static bool advise_network(const struct literal *x, struct advice *out)
{
	struct view v = { x->text, x->n };
	bool bracket = take(&v, "[");
	bool closed = bracket && v.n > 0 && v.p[v.n - 1] == ']';
	char text[NET_TEXT_MAX];
	struct ip_net net;

	if (!x->from_start || (x->to_end && bracket && !closed))
		return false;
	if (closed)
		v = view_first(v, v.n - 1);
	/* Without brackets it may be meant for names such as 192.0.2.1.pool.example. */
	if ((!bracket && !x->to_end) || !read_quads(v, closed || x->to_end, &net))
		return false;
	net_format(&net, text);
	if (bracket)
		return advise(out,
		              "looks at the client's name, which is its address in brackets only "
		              "for clients without a name, and only at the milter door; to match "
		              "by address write \"addr %s\"",
		              text);
	return advise(out,
	              "never matches: the client's name never is a bare address; write \"addr "
	              "%s\"",
	              text);
}

static bool advise_domain(const struct lint *l, const struct operand *o, struct advice *out)
{
	struct literal x;
	struct view text;

	if (!read_literal(o->text, &x))
		return false;
	if (advise_network(&x, out))
		return true;
	text = (struct view){ x.text, x.n };
	if (x.from_start || !x.to_end || !is_name(text))
		return false;
	/* With domainexact only a suffix that brings its dot is just a suffix. */
	if (l->acl->globals.domainexact && x.text[0] != '.')
		return false;
	return advise(out, "says the same as \"domain %.*s\", which is found faster",
	              VIEW_ARG(text));
}

static bool word_octet(char c)
{
	return ascii_alpha(c) || ascii_digit(c);
}

static bool begins_with_word(struct view v)
{
	return v.n > 1 && v.p[0] == '^' && word_octet(v.p[1]) &&
	       (v.n == 2 || strchr("*?{\\", v.p[2]) == NULL);
}

static bool ends_with_word(struct view v)
{
	return v.n > 1 && v.p[v.n - 1] == '$' && word_octet(v.p[v.n - 2]);
}

/* Surely one alternative, of octets and sets; "\." and "\-" are octets. */
static bool has_one_way(struct view v)
{
	while (v.n > 0) {
		if (take(&v, "\\.") || take(&v, "\\-"))
			continue;
		if (strchr("|(\\", v.p[0]) != NULL)
			return false;
		v = view_from(v, 1);
	}
	return true;
}

static bool mail_octet(char c)
{
	return ascii_alpha(c) || ascii_digit(c) || strchr("._-@", c) != NULL;
}

/* <name@domain>, without the brackets. */
static bool is_mail(struct view v)
{
	size_t at;

	if (v.n < 5 || v.p[0] != '<' || v.p[v.n - 1] != '>')
		return false;
	v = (struct view){ v.p + 1, v.n - 2 };
	at = view_find(v, '@');
	for (size_t i = 0; i < v.n; i++)
		if (!mail_octet(v.p[i]))
			return false;
	return at != VIEW_NONE && at > 0 && at < v.n - 1 && view_rfind(v, '@') == at;
}

/* Addresses are matched within their angle brackets, which come with each: facts.h, fact_mail. */
static bool advise_mail(const struct clause_kind *kind, const struct operand *o, struct advice *out)
{
	struct literal x;
	struct view text;

	if (has_one_way(o->text) && begins_with_word(o->text))
		return advise(out, "never matches: addresses have angle brackets around them "
		                   "here; begin it with \"^<\"");
	if (has_one_way(o->text) && ends_with_word(o->text))
		return advise(out, "never matches: addresses have angle brackets around them "
		                   "here; end it in \">$\"");
	if (view_eq(o->text, VIEW("^$")))
		return advise(out, "never matches: the null sender is \"<>\" here; write /^<>$/");
	if (!read_literal(o->text, &x) || !x.from_start || !x.to_end)
		return false;
	text = (struct view){ x.text, x.n };
	if (!is_mail(text))
		return false;
	return advise(out, "says the same as \"%s %.*s\", which is found faster", kind->name,
	              (int)(x.n - 2), x.text + 1);
}

static bool advise_helo(const struct lint *l, const struct operand *o, struct advice *out)
{
	struct literal x;

	if (l->acl->globals.helo_within || !read_literal(o->text, &x) || !x.from_start ||
	    !x.to_end || !is_name((struct view){ x.text, x.n }))
		return false;
	return advise(out, "says the same as 'helo \"%.*s\"'", (int)x.n, x.text);
}

static bool advise_clause(const struct lint *l, const struct acl_clause *c, struct advice *out)
{
	if (c->operand.kind != OPERAND_REGEX)
		return false;
	switch ((int)c->kind->fact) {
	case FACT_CLIENT_NAME: return advise_domain(l, &c->operand, out);
	case FACT_SENDER:
	case FACT_RAW_SENDER:
	case FACT_RECIPIENT: return advise_mail(c->kind, &c->operand, out);
	case FACT_HELO: return advise_helo(l, &c->operand, out);
	default: return false;
	}
}

void lint_check_expressions(struct lint *l, const struct acl_rule *r)
{
	char shown[SHOWN_MAX + 8];
	struct advice advice;

	for (const struct acl_clause *c = r->clauses; c != NULL; c = c->next)
		if (advise_clause(l, c, &advice))
			lint_warn_rule(l, r, "%s /%s/ %s", c->kind->name, show(&c->operand, shown),
			               advice.text);
}

static void check_list(struct lint *l, const struct acl_object *list)
{
	const struct acl_clause *first = NULL;
	struct advice advice, other;
	char shown[SHOWN_MAX + 8], more[64] = "";
	size_t n = 0;

	for (const struct acl_clause *c = list->odd; c != NULL; c = c->next) {
		if (!advise_clause(l, c, first == NULL ? &advice : &other))
			continue;
		if (first == NULL)
			first = c;
		n++;
	}
	if (first == NULL)
		return;
	if (n > 1)
		(void)snprintf(more, sizeof(more), "; so with %zu more of this list", n - 1);
	lint_warn(l, list->source, list->line, "list \"%s\": %s /%s/ %s%s", list->name,
	          first->kind->name, show(&first->operand, shown), advice.text, more);
}

void lint_check_list_expressions(struct lint *l)
{
	for (const struct acl_object *o = l->acl->objects; o != NULL; o = o->next)
		if (o->kind == OBJECT_LIST)
			check_list(l, o);
}
