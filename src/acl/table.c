#include "acl/table_parts.h"

#include "acl/client_list.h"
#include "acl/recipient_list.h"
#include "acl/rule.h"
#include "util/mem.h"
#include "util/nameset.h"
#include "util/netset.h"
#include "util/regex.h"

static void free_table(void *p)
{
	struct table *t = p;

	for (size_t i = 0; i < t->count; i++)
		regex_free(&t->rules[i].regex);
	mem_free(t->rules);
	client_list_free(&t->clients);
	recipient_list_free(&t->recipients);
	nameset_free(&t->names);
	netset_free(&t->nets);
	mem_free(t);
}

/* "regexp:/path" as kind and path. */
static const char *split_type(struct acl *acl, struct view operand, enum table_kind *kind)
{
	static const struct {
		const char *type;
		enum table_kind kind;
	} types[] = {
		{ "regexp:", TABLE_REGEXP }, { "pcre:", TABLE_PCRE },     { "cidr:", TABLE_CIDR },
		{ "hash:", TABLE_HASH },     { "texthash:", TABLE_HASH }, { "btree:", TABLE_HASH },
		{ "lmdb:", TABLE_HASH },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct view type = view_of(types[i].type);

		if (view_starts(operand, type)) {
			*kind = types[i].kind;
			operand = view_from(operand, type.n);
			break;
		}
	}
	return arena_text(acl->arena, operand);
}

/* Nobody misses a list of one's own that was never made (Postgrey 1.37). */
static void warn_missing(struct acl *acl, const char *path, enum status st, const struct diag *why)
{
	const struct view v = view_of(path), local = VIEW(".local");

	if (st != ST_NOTFOUND || v.n <= local.n || !view_eq(view_from(v, v.n - local.n), local))
		acl_warn(acl, "%s; going on without it", why->text);
}

static enum status build(struct acl *acl, struct acl_clause *c, enum table_kind plain,
                         struct diag *why)
{
	struct buf text = buf_of(LISTFILE_OCTETS_MAX);
	enum table_kind kind = plain;
	const char *path = split_type(acl, c->operand.text, &kind);
	enum status st = ST_UNAVAILABLE;

	if (acl->read_file != NULL)
		st = acl->read_file(acl->read_arg, path, &text, why);
	else
		diag_set(why, "no files can be read here");
	if (c->operand.optional && st != ST_OK && st != ST_LIMIT) {
		warn_missing(acl, path, st, why);
		st = ST_OK;
	}
	if (st == ST_OK) {
		struct table *t = mem_new(struct table);

		t->kind = kind;
		acl_own(acl, t, free_table);
		c->built = t;
		st = table_read(t, acl, path, buf_view(&text), why);
	}
	buf_free(&text);
	return st;
}

enum status table_build_clients(struct acl *acl, struct acl_clause *c, struct diag *why)
{
	return build(acl, c, TABLE_CLIENT_LIST, why);
}

enum status table_build_mails(struct acl *acl, struct acl_clause *c, struct diag *why)
{
	return build(acl, c, TABLE_RECIPIENT_LIST, why);
}

/* A network and an address of another family have nothing to say to each other, with '!' neither.
 */
static enum status rule_holds(const struct table_rule *rule, struct view key, const struct ip *ip,
                              bool *holds)
{
	enum status st;

	if (rule->regex == NULL) {
		*holds = ip != NULL && ip->family == rule->net.base.family &&
		         net_has(&rule->net, ip) != rule->negate;
		return ST_OK;
	}
	st = regex_match(rule->regex, key, NULL, 0);
	*holds = (st == ST_OK) != rule->negate;
	return st == ST_NOTFOUND ? ST_OK : st;
}

/* ST_OK and *member for the first entry that holds; ST_NOTFOUND. */
static enum status find_ordered(const struct table *t, struct view key, const struct ip *ip,
                                bool *member)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct table_rule *rule = &t->rules[i];
		bool holds = false;

		if (rule->what == RULE_ENDIF)
			continue;
		if (rule_holds(rule, key, ip, &holds) != ST_OK)
			return ST_LIMIT;
		if (holds && rule->what == RULE_ENTRY) {
			*member = rule->member;
			return ST_OK;
		}
		if (holds || rule->what == RULE_ENTRY)
			continue;
		if (rule->behind == 0)
			return ST_NOTFOUND; /* an if without endif goes to the end */
		i = rule->behind - 1;
	}
	return ST_NOTFOUND;
}

static bool find_name(const struct table *t, struct view key, uint32_t *value)
{
	return nameset_find(t->names, key, (struct view){ "", 0 }, value);
}

/* The name, then the domains that it lies in. */
static bool find_domain(const struct table *t, struct view name, uint32_t *value)
{
	while (name.n > 0) {
		size_t dot = view_find(name, '.');

		if (find_name(t, name, value))
			return true;
		name = dot != VIEW_NONE ? view_from(name, dot + 1) : view_from(name, name.n);
	}
	return false;
}

/* The address, then with one part less each. */
static bool find_address(const struct table *t, const struct ip *ip, uint32_t *value)
{
	char text[IP_TEXT_MAX];
	struct view key;

	if (ip == NULL || ip->family == IP_NONE)
		return false;
	ip_format(ip, text);
	key = view_of(text);
	for (;;) {
		if (key.n > 0 && find_name(t, key, value))
			return true;
		key.n = view_rfind(key, ip->family == IP_V4 ? '.' : ':');
		if (key.n == VIEW_NONE)
			return false;
	}
}

static enum acl_answer answer_of(enum status st, bool member)
{
	if (st == ST_OK)
		return member ? ACL_YES : ACL_NO;
	return st == ST_NOTFOUND ? ACL_NO : ACL_FAILED;
}

enum acl_answer table_has_client(const struct table *t, struct view name, const struct ip *address)
{
	char text[IP_TEXT_MAX] = "";
	enum status st = ST_NOTFOUND;
	uint32_t value = 0;
	bool member = false;

	if (name.n == 0 || name.p[0] == '[')
		name = VIEW("unknown");
	if (t->kind == TABLE_CLIENT_LIST)
		return client_list_has(t->clients, name, address) ? ACL_YES : ACL_NO;
	if (t->kind == TABLE_HASH) {
		bool found = find_domain(t, name, &value) || find_address(t, address, &value);

		return found && value != 0 ? ACL_YES : ACL_NO;
	}
	if (t->nets != NULL)
		return address != NULL && netset_find(t->nets, address, NULL) ? ACL_YES : ACL_NO;
	if (address != NULL)
		ip_format(address, text);
	if (t->kind != TABLE_CIDR)
		st = find_ordered(t, name, NULL, &member);
	if (st == ST_NOTFOUND && address != NULL)
		st = find_ordered(t, view_of(text), address, &member);
	return answer_of(st, member);
}

/* user+ext@domain, user@domain; the domain and those it lies in; user+ext@, user@. */
static bool find_mail(const struct table *t, struct view address, uint32_t *value)
{
	size_t at = view_rfind(address, '@');
	struct view local = view_first(address, at);
	struct view base = view_first(local, view_find(local, '+'));
	struct view domain = at != VIEW_NONE ? view_from(address, at) : (struct view){ "", 0 };

	if (address.n == 0)
		return find_name(t, VIEW("<>"), value);
	if (find_name(t, address, value) || nameset_find(t->names, base, domain, value))
		return true;
	if (at == VIEW_NONE)
		return false;
	return find_domain(t, view_from(domain, 1), value) ||
	       nameset_find(t->names, local, VIEW("@"), value) ||
	       nameset_find(t->names, base, VIEW("@"), value);
}

enum acl_answer table_has_mail(const struct table *t, struct view address)
{
	uint32_t value = 0;
	bool member = false;
	enum status st;

	if (t->kind == TABLE_RECIPIENT_LIST)
		return recipient_list_has(t->recipients, address) ? ACL_YES : ACL_NO;
	if (t->kind == TABLE_HASH)
		return find_mail(t, address, &value) && value != 0 ? ACL_YES : ACL_NO;
	if (t->kind == TABLE_CIDR)
		return ACL_NO;
	st = find_ordered(t, address, NULL, &member);
	return answer_of(st, member);
}

bool table_find_client(const struct table *t, struct view name, const struct ip *address,
                       struct list_place *where)
{
	if (t->kind != TABLE_CLIENT_LIST)
		return false;
	if (name.n > 0 && name.p[0] == '[')
		name = VIEW("unknown");
	return client_list_find(t->clients, name, address, where);
}

bool table_find_mail(const struct table *t, struct view address, struct list_place *where)
{
	return t->kind == TABLE_RECIPIENT_LIST &&
	       recipient_list_find(t->recipients, address, where);
}
