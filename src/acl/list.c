/* Named lists: plain items lie in sets, expressions are tried in turn. */
#include "acl/rule.h"
#include "util/nameset.h"
#include "util/netset.h"

static void drop_list(void *p)
{
	struct acl_object *list = p;

	netset_builder_free(&list->building);
	netset_free(&list->nets);
	nameset_free(&list->names);
}

void acl_list_begin(struct acl *acl, struct acl_object *list)
{
	list->building = netset_builder_new();
	list->names = nameset_new();
	list->odd_tail = &list->odd;
	acl_own(acl, list, drop_list);
}

enum status acl_list_add_net(struct acl_object *list, const struct ip_net *net)
{
	list->count++;
	return netset_builder_add(list->building, net, 0);
}

enum status acl_list_add_name(struct acl_object *list, struct view name)
{
	list->count++;
	return nameset_add(list->names, name, 0);
}

void acl_list_add_clause(struct acl_object *list, struct acl_clause *c)
{
	list->count++;
	*list->odd_tail = c;
	list->odd_tail = &c->next;
}

void acl_list_seal(struct acl_object *list)
{
	list->nets = netset_builder_finish(&list->building);
}

/* A domain is a suffix of the name, with domainexact at the border of a label. */
static bool names_have_domain(const struct nameset *names, struct view name, bool exact)
{
	if (!exact)
		return nameset_find_suffix(names, name);
	if (nameset_find_domain(names, name, NULL))
		return true;
	/* ".example" */
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] == '.' &&
		    nameset_find(names, view_from(name, i), (struct view){ "", 0 }, NULL))
			return true;
	return false;
}

static bool names_have_mail(const struct nameset *names, struct view bracketed)
{
	return nameset_find(names, mail_bare(bracketed), (struct view){ "", 0 }, NULL);
}

static enum acl_answer match_names(const struct acl_object *list, struct acl_look *look)
{
	const struct fact_value *v;
	enum acl_answer known;

	if (list->of->fact == FACT_RECIPIENT && look->stage == ACL_DATA) {
		for (size_t i = 0; i < look->facts->recipient_count; i++)
			if (names_have_mail(list->names, look->facts->recipients[i]))
				return ACL_YES;
		return ACL_NO;
	}
	known = acl_fact(look, list->of->fact, &v);
	if (known != ACL_YES)
		return known;
	look->saw = v->text;
	if (list->of->fact == FACT_CLIENT_NAME)
		return names_have_domain(list->names, v->text, look->acl->globals.domainexact)
		               ? ACL_YES
		               : ACL_NO;
	return names_have_mail(list->names, v->text) ? ACL_YES : ACL_NO;
}

static enum acl_answer match_nets(const struct acl_object *list, struct acl_look *look)
{
	const struct fact_value *v;
	enum acl_answer known = acl_fact(look, FACT_CLIENT, &v);

	if (known != ACL_YES)
		return known;
	return netset_find(list->nets, &look->facts->client, NULL) ? ACL_YES : ACL_NO;
}

/* A list says yes as soon as an item does; else the weightiest of what its items said. */
static enum acl_answer either(enum acl_answer so_far, enum acl_answer answer)
{
	return so_far == ACL_NO ? answer : so_far;
}

enum acl_answer acl_list_match(const struct acl_object *list, struct acl_look *look)
{
	enum acl_answer all = ACL_NO;

	if (netset_count(list->nets) > 0)
		all = match_nets(list, look);
	else if (nameset_count(list->names) > 0)
		all = match_names(list, look);
	if (all == ACL_YES || all == ACL_PENDING)
		return all;
	for (const struct acl_clause *c = list->odd; c != NULL; c = c->next) {
		enum acl_answer answer = c->kind->match(c, look);

		if (answer == ACL_YES || answer == ACL_PENDING)
			return answer;
		all = either(all, answer);
	}
	return all;
}

struct acl_item_walk acl_items(const struct acl_object *list)
{
	return (struct acl_item_walk){ .list = list,
		                       .odd = list->odd,
		                       .item = { .kind = list->of } };
}

const struct acl_clause *acl_next_item(struct acl_item_walk *w)
{
	const struct acl_clause *c = w->odd;
	struct operand *o = &w->item.operand;

	*o = (struct operand){ .kind = OPERAND_NET };
	if (netset_next(w->list->nets, &w->nets, &o->net))
		return &w->item;
	o->kind = (w->list->of->operands & OPERAND_MAIL) != 0 ? OPERAND_MAIL : OPERAND_NAME;
	if (nameset_next(w->list->names, &w->names, &o->text))
		return &w->item;
	w->odd = c != NULL ? c->next : NULL;
	return c;
}
