/* Lists of the DNS that can have nobody. */
#include "conf/lint_checks.h"

#include "spf/name.h"

static bool within(const struct ip_net *net, const char *text, unsigned bits)
{
	struct ip base;

	return ip_parse(view_of(text), &base) == ST_OK && net->bits >= bits &&
	       net_has(&(struct ip_net){ base, bits }, &net->base);
}

/* Does it have an address that a list may answer with (RFC 5782 section 2.1)? */
static bool has_codes(const struct ip_net *net)
{
	struct ip first;

	return within(net, "127.0.0.0", 8) ||
	       (ip_parse(VIEW("127.0.0.0"), &first) == ST_OK && net_has(net, &first));
}

static bool is_error(const struct ip_net *net)
{
	return within(net, "127.255.255.0", 24) || within(net, "127.0.0.255", 32);
}

static void check_list(struct lint *l, const struct acl_object *o)
{
	struct spf_name zone;

	if (spf_name_set(&zone, view_of(o->text)) != ST_OK)
		lint_warn(l, o->source, o->line,
		          "\"%s\" never has anybody: its zone is no name of the DNS", o->name);
	else if (!has_codes(&o->net))
		lint_warn(l, o->source, o->line,
		          "\"%s\" never has anybody: what lists answer is in 127.0.0.0/8", o->name);
	else if (is_error(&o->net))
		lint_warn(l, o->source, o->line,
		          "\"%s\" never has anybody: by such an answer lists refuse to tell",
		          o->name);
}

void lint_check_dns_lists(struct lint *l)
{
	for (const struct acl_object *o = l->acl->objects; o != NULL; o = o->next)
		if (o->kind == OBJECT_DNSRBL || o->kind == OBJECT_DNSWL)
			check_list(l, o);
}
