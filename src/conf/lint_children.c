/* What is odd about child milters. */
#include "conf/lint_checks.h"
#include "conf/milter.h"

/* --- where they listen --- */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool is_loopback(const char *host)
{
	struct ip ip, six;

	if (strcmp(host, "localhost") == 0)
		return true;
	if (ip_parse(view_of(host), &ip) != ST_OK || ip_parse(VIEW("::1"), &six) != ST_OK)
		return false;
	return (ip.family == IP_V4 && ip.octet[0] == 127) || ip_compare(&ip, &six) == 0;
}

/* A door without a host has all addresses of this machine. */
static bool same_host(const char *child, const char *other)
{
	if (other == NULL || (is_loopback(child) && is_loopback(other)))
		return is_loopback(child);
	return same_text(child, other);
}

static bool same_socket(const struct conf_socket *child, const struct conf_socket *other)
{
	if (child->kind != other->kind)
		return false;
	if (child->kind == CONF_UNIX)
		return same_text(child->path, other->path);
	return same_text(child->port, other->port) && same_host(child->host, other->host);
}

static bool is_door(const struct conf_socket *child, const struct conf_socket *doors)
{
	for (const struct conf_socket *s = doors; s != NULL; s = s->next)
		if (same_socket(child, s))
			return true;
	return false;
}

/* Private, of the link, or of this machine: RFC 1918, RFC 3927, RFC 4193, RFC 4291. A name may be
 * anything. */
static bool is_public(const char *host)
{
	static const char *const nets[] = { "127.0.0.0/8",    "10.0.0.0/8",     "172.16.0.0/12",
		                            "192.168.0.0/16", "169.254.0.0/16", "fc00::/7",
		                            "fe80::/10",      "::1/128" };
	struct ip ip;
	struct ip_net net;

	if (ip_parse(view_of(host), &ip) != ST_OK)
		return false;
	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++)
		if (net_parse(view_of(nets[i]), &net) == ST_OK && net_has(&net, &ip))
			return false;
	return true;
}

static void check_socket(struct lint *l, const struct conf_milter *m)
{
	for (const struct conf_milter *o = l->conf->children; o != m; o = o->next)
		if (same_socket(m->socket, o->socket))
			lint_warn(l, m->file, m->line,
			          "the milter \"%s\" has the socket of \"%s\": the same filter is "
			          "asked twice",
			          m->name, o->name);
	if (is_door(m->socket, l->options->milter) || is_door(m->socket, l->options->policy))
		lint_warn(l, m->file, m->line,
		          "the milter \"%s\" has a socket of our own: we would ask ourselves",
		          m->name);
	if (m->socket->kind == CONF_INET && is_public(m->socket->host))
		lint_warn(l, m->file, m->line,
		          "the milter \"%s\" is at a public address, %s: mail and answers go there "
		          "in the clear, and whoever can reach its port can ask it",
		          m->name, m->socket->host);
}

/* --- conditions --- */

/* Words of which one at most is true. */
static bool one_at_most(const struct acl_clause *c)
{
	return c->operand.kind == OPERAND_VERDICT ||
	       (c->operand.kind == OPERAND_WORD && c->kind->fact == FACT_RDNS);
}

static bool never_both(const struct acl_clause *a, const struct acl_clause *b)
{
	const struct operand *x = &a->operand, *y = &b->operand;

	if (a->kind != b->kind || x->kind != y->kind)
		return false;
	if (a->negate != b->negate)
		return lint_same_operand(x, y);
	if (a->negate)
		return false;
	if (x->kind == OPERAND_NET)
		return !net_has(&x->net, &y->net.base) && !net_has(&y->net, &x->net.base);
	return one_at_most(a) && x->object == y->object && x->word != y->word;
}

static const struct acl_clause *find_opposite(const struct acl_clause *clauses)
{
	for (const struct acl_clause *a = clauses; a != NULL; a = a->next)
		for (const struct acl_clause *b = clauses; b != a; b = b->next)
			if (never_both(a, b))
				return a;
	return NULL;
}

/* A verdict other than accept ends the message, unless that milter is under evaluation. */
static const struct acl_clause *find_end(const struct lint *l, const struct acl_clause *clauses)
{
	for (const struct acl_clause *c = clauses; c != NULL; c = c->next) {
		if (c->operand.kind != OPERAND_VERDICT || c->negate ||
		    c->operand.word == VERDICT_ACCEPT)
			continue;
		for (const struct conf_milter *m = l->conf->children; m != NULL; m = m->next)
			if (m->object == c->operand.object && !m->evaluation)
				return c;
	}
	return NULL;
}

#define PART_MAX 64 /* clauses that are compared with each other */

static void check_part(struct lint *l, const struct conf_milter *m, const struct acl_clause *part)
{
	const struct acl_clause *c;
	size_t n = 0;

	for (c = part; c != NULL; c = c->next)
		n++;
	c = n <= PART_MAX ? find_opposite(part) : NULL;
	if (c != NULL)
		lint_warn(l, m->file, m->line,
		          "a condition of the milter \"%s\" never holds: its clause %s contradicts "
		          "another one",
		          m->name, c->kind->name);
	c = find_end(l, part);
	if (c != NULL)
		lint_warn(l, m->file, m->line,
		          "a condition of the milter \"%s\" never holds: when \"%s\" says %s the "
		          "message has ended, unless it is under evaluation",
		          m->name, c->operand.object->name, acl_verdict_words[c->operand.word]);
}

static void check_conditions(struct lint *l, const struct conf_milter *m)
{
	for (const struct acl_condition *part = m->when; part != NULL; part = part->next)
		check_part(l, m, part->clauses);
	for (const struct conf_child_macro *x = m->macros; x != NULL; x = x->next)
		for (const struct acl_condition *part = x->when; part != NULL; part = part->next)
			check_part(l, m, part->clauses);
}

void lint_check_children(struct lint *l)
{
	const struct conf_milter *first = l->conf->children;

	if (first != NULL && l->doors == DOOR_POLICY)
		lint_warn(
			l, first->file, first->line,
			"no milter is ever asked: the policy door, the only one here, does not see "
			"the message; open a milter door (socket)");
	for (const struct conf_milter *m = first; m != NULL; m = m->next) {
		check_socket(l, m);
		check_conditions(l, m);
	}
}
