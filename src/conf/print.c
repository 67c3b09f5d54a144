/* The configuration as text again: statements in the order of their table, then rules, definitions
 * and the switches between them in the order of the file. */
#include "conf/parser.h"
#include "util/nameset.h"
#include "util/netset.h"

struct printer {
	struct buf *out;
	enum status st;
};

static void put(struct printer *p, const char *text)
{
	if (p->st == ST_OK)
		p->st = buf_append(p->out, view_of(text));
}

static void put_number(struct printer *p, const char *before, int64_t number, const char *behind)
{
	if (p->st == ST_OK)
		p->st = buf_printf(p->out, "%s%lld%s", before, (long long)number, behind);
}

static enum status print_quoted(struct buf *out, struct view text, char quote)
{
	enum status st = buf_byte(out, quote);

	for (size_t i = 0; i < text.n && st == ST_OK; i++) {
		if (text.p[i] == quote)
			st = buf_byte(out, '\\');
		if (st == ST_OK)
			st = buf_byte(out, text.p[i]);
	}
	return st == ST_OK ? buf_byte(out, quote) : st;
}

enum status print_string(struct buf *out, struct view text)
{
	return print_quoted(out, text, '"');
}

static void put_view(struct printer *p, struct view v)
{
	if (p->st == ST_OK)
		p->st = buf_append(p->out, v);
}

static void put_string(struct printer *p, const char *before, struct view text)
{
	put(p, before);
	if (p->st == ST_OK)
		p->st = print_string(p->out, text);
}

static void put_regex(struct printer *p, struct view text)
{
	if (p->st == ST_OK)
		p->st = print_quoted(p->out, text, '/');
}

static void put_net(struct printer *p, const struct ip_net *net, bool full)
{
	char text[NET_TEXT_MAX];

	if (full)
		ip_format(&net->base, text);
	else
		net_format(net, text);
	put(p, text);
}

static void put_property(struct printer *p, struct view name)
{
	put(p, "$");
	put_view(p, name);
}

static void put_side(struct printer *p, const struct operand *o)
{
	if (o->property2.n > 0)
		put_property(p, o->property2);
	else
		put_number(p, "", o->number, "");
}

static void put_assign(struct printer *p, const struct operand *o)
{
	char mark[4] = { o->assign, o->assign == '=' ? '\0' : '=', '\0', '\0' };

	put_property(p, o->property);
	put(p, " ");
	put(p, mark);
	put(p, " ");
	if (o->property2.n == 0 && !o->has_number)
		put_string(p, "", o->text);
	else
		put_side(p, o);
}

static void put_operand(struct printer *p, const struct operand *o)
{
	switch (o->kind) {
	case OPERAND_NONE: break;
	case OPERAND_NET: put_net(p, &o->net, o->net.bits == ip_width(&o->net.base)); break;
	case OPERAND_NAME:
	case OPERAND_MAIL:
	case OPERAND_WORD: put_view(p, o->text); break;
	case OPERAND_STRING: put_string(p, "", o->text); break;
	case OPERAND_REGEX: put_regex(p, o->text); break;
	case OPERAND_PROPERTY: put_property(p, o->property); break;
	case OPERAND_BITS: put_number(p, "/", o->number, ""); break;
	case OPERAND_COMPARE:
		put(p, compare_marks[o->compare]);
		put(p, " ");
		put_side(p, o);
		break;
	case OPERAND_DECIMAL:
		put(p, compare_marks[o->compare]);
		put_number(p, " ", o->number / 1000000, ".");
		if (p->st == ST_OK)
			p->st = buf_printf(p->out, "%06d", (int)(o->number % 1000000));
		break;
	case OPERAND_TIME: put_number(p, "", o->number, "s"); break;
	case OPERAND_OBJECT: put_string(p, "", view_of(o->object->name)); break;
	case OPERAND_NUMBER: put_number(p, "", o->number, ""); break;
	case OPERAND_EXCEPT:
		if (o->has_number)
			put_number(p, "", o->number, " ");
		put_string(p, "except list ", view_of(o->object->name));
		break;
	case OPERAND_FILE:
		put_string(p, "file ", o->text);
		put(p, o->optional ? " optional" : "");
		break;
	case OPERAND_ASSIGN: put_assign(p, o); break;
	case OPERAND_VERDICT:
		put_string(p, "", view_of(o->object->name));
		put(p, " ");
		put(p, acl_verdict_words[o->word]);
		break;
	}
}

static void put_clause(struct printer *p, const struct acl_clause *c)
{
	const char *name = c->kind->name;

	put(p, c->negate ? "not " : "");
	put(p, name);
	if (name[0] == '$' || name[0] == '*')
		put_view(p, c->operand.property);
	put(p, c->kind->lead != NULL ? " " : "");
	put(p, c->kind->lead != NULL ? c->kind->lead : "");
	if (c->operand.kind != OPERAND_NONE)
		put(p, " ");
	put_operand(p, &c->operand);
}

static void put_value(struct printer *p, const struct rule_value *v, const struct acl_effects *e)
{
	const void *at = (const char *)e + v->at;
	const char *text =
		v->form == VALUE_TEXT || v->form == VALUE_HEADER ? *(const char *const *)at : NULL;
	const char *name = v->name;

	switch (v->form) {
	case VALUE_TEXT:
	case VALUE_HEADER:
		if (text == NULL)
			return;
		put(p, " ");
		put(p, name);
		put_string(p, " ", view_of(text));
		if (v->form == VALUE_HEADER && e->addheader_index != ACL_UNSET)
			put_number(p, ", ", e->addheader_index, "");
		return;
	case VALUE_TIME:
	case VALUE_NUMBER:
		if (*(const int64_t *)at == ACL_UNSET)
			return;
		put(p, " ");
		put(p, name);
		put_number(p, " ", *(const int64_t *)at, v->form == VALUE_TIME ? "s" : "");
		return;
	case VALUE_SCOPE:
		if (*(const enum acl_scope *)at != ACL_SCOPE_UNSET)
			put(p, *(const enum acl_scope *)at == ACL_SCOPE_COMMAND
			               ? " tarpit_scope command"
			               : " tarpit_scope session");
		return;
	case VALUE_FLAG:
		put(p, *(const bool *)at ? " " : "");
		put(p, *(const bool *)at ? name : "");
		return;
	}
}

static void put_rule(struct printer *p, const struct acl_rule *r)
{
	if (!r->legacy) {
		put(p, r->stage == ACL_RCPT ? "racl " : "dacl ");
		if (r->set.id != NULL) {
			put_string(p, "", view_of(r->set.id));
			put(p, " ");
		}
		put(p, acl_action_name(r->action));
		put(p, r->is_default ? " default" : "");
	}
	for (const struct acl_clause *c = r->clauses; c != NULL; c = c->next) {
		put(p, r->legacy ? "" : " ");
		put_clause(p, c);
	}
	for (size_t i = 0; rule_value_at(i) != NULL; i++)
		put_value(p, rule_value_at(i), &r->set);
}

enum status conf_print_rule(const struct acl_rule *r, struct buf *out)
{
	struct printer p = { .out = out, .st = ST_OK };
	size_t before = out->n;

	put_rule(&p, r);
	if (p.st != ST_OK)
		out->n = before;
	return p.st;
}

enum status conf_print_clause(const struct acl_clause *c, struct buf *out)
{
	struct printer p = { .out = out, .st = ST_OK };
	size_t before = out->n;

	put_clause(&p, c);
	if (p.st != ST_OK)
		out->n = before;
	return p.st;
}

#define ITEM_BEGINS " \\\n\t"

/* What lies in sets first: in the order of the addresses, merged, and in lower case. */
static void put_items(struct printer *p, const struct acl_object *list)
{
	struct netset_walk walk = { 0 };
	struct ip_net net;
	struct view name;

	while (p->st == ST_OK && netset_next(list->nets, &walk, &net)) {
		put(p, ITEM_BEGINS);
		put_net(p, &net, net.bits == ip_width(&net.base));
	}
	for (size_t at = 0; p->st == ST_OK && nameset_next(list->names, &at, &name);) {
		put(p, ITEM_BEGINS);
		put_view(p, name);
	}
	for (const struct acl_clause *c = list->odd; c != NULL; c = c->next) {
		put(p, ITEM_BEGINS);
		put_operand(p, &c->operand);
	}
}

static void put_list(struct printer *p, const struct acl_object *o)
{
	put_string(p, "list ", view_of(o->name));
	put(p, " ");
	put(p, o->of->name);
	if (o->file != NULL) {
		put_string(p, " file ", view_of(o->file));
		return;
	}
	put(p, " {");
	put_items(p, o);
	put(p, " \\\n}");
}

static void put_flags(struct printer *p, unsigned flags)
{
	static const struct {
		unsigned bit;
		const char *text;
	} words[] = {
		{ CHECK_POSTMSG, " postmsg" },   { CHECK_NOENCODE, " noencode" },
		{ CHECK_FORK, " fork" },         { CHECK_GETPROP, " getprop" },
		{ CHECK_CLEAR, " clear" },       { CHECK_DOMATCH, " domatch" },
		{ CHECK_NOESCAPE, " noescape" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		put(p, (flags & words[i].bit) != 0 ? words[i].text : "");
}

static void put_update_text(struct printer *p, const char *name, const char *text)
{
	if (text == NULL)
		return;
	put(p, name);
	put_string(p, " ", view_of(text));
}

static void put_update(struct printer *p, const struct acl_object *o)
{
	put_string(p, "nsupdate ", view_of(o->name));
	put(p, " {");
	put_update_text(p, " servers", o->update.servers);
	put_update_text(p, " rname", o->update.rname);
	put_update_text(p, " rvalue", o->update.rvalue);
	if (o->update.ttl != ACL_UNSET)
		put_number(p, " ttl ", o->update.ttl, "s");
	if (o->update.dns_class != ACL_UNSET)
		put_number(p, " class ", o->update.dns_class, "");
	if (o->update.type != ACL_UNSET)
		put_number(p, " type ", o->update.type, "");
	put_update_text(p, " tsig", o->update.tsig);
	put(p, " }");
}

static void put_macro(struct printer *p, const struct acl_object *o)
{
	put_string(p, "sm_macro ", view_of(o->name));
	put_string(p, " ", view_of(o->text));
	put(p, o->unset ? " unset" : " ");
	if (o->regex != NULL)
		put_regex(p, view_of(o->text2));
	else if (!o->unset)
		put_string(p, "", view_of(o->text2));
}

static void put_dns_list(struct printer *p, const struct acl_object *o)
{
	put_string(p, o->kind == OBJECT_DNSWL ? "dnswl " : "dnsrbl ", view_of(o->name));
	put(p, " ");
	put(p, o->text);
	put(p, " ");
	put_net(p, &o->net, o->net.bits == ip_width(&o->net.base));
	if (o->weight != 0)
		put_number(p, " weight ", o->weight < 0 ? -o->weight : o->weight, "");
}

static void put_object(struct printer *p, const struct acl_object *o)
{
	static const char *const counts[] = { " rcpt ", " session ", " data " };

	switch (o->kind) {
	case OBJECT_LIST: put_list(p, o); break;
	case OBJECT_DNSRBL:
	case OBJECT_DNSWL: put_dns_list(p, o); break;
	case OBJECT_MACRO: put_macro(p, o); break;
	case OBJECT_RATELIMIT:
		put_string(p, "ratelimit ", view_of(o->name));
		put(p, counts[o->count_by]);
		put_number(p, "", o->number, " / ");
		put_number(p, "", o->period_s, "s");
		put_string(p, " key ", view_of(o->text));
		break;
	case OBJECT_URLCHECK:
		put_string(p, "urlcheck ", view_of(o->name));
		put_string(p, " ", view_of(o->text));
		put_number(p, " ", o->number, "");
		put_flags(p, o->flags);
		break;
	case OBJECT_LDAPCHECK:
		put_string(p, "ldapcheck ", view_of(o->name));
		put_string(p, " ", view_of(o->text));
		put_flags(p, o->flags);
		break;
	case OBJECT_TSIG:
		put_string(p, "tsig ", view_of(o->name));
		put_string(p, " ", view_of(o->text));
		put_string(p, " ", view_of(o->text2));
		break;
	case OBJECT_NSUPDATE: put_update(p, o); break;
	case OBJECT_CONDITION:
		put_string(p, "condition ", view_of(o->name));
		put(p, " ");
		if (p->st == ST_OK)
			p->st = print_condition(o->condition, " or ", p->out);
		break;
	case OBJECT_MILTER: /* an item of its own */
	case OBJECT_KINDS: break;
	}
	put(p, "\n");
}

enum status conf_print(const struct conf *c, struct buf *out)
{
	struct printer p = { .out = out, .st = ST_OK };
	size_t before = out->n;

	if (c->options == NULL)
		return ST_INVALID;
	p.st = statements_print(c->options, out);
	for (const struct conf_item *i = c->options->items; i != NULL && p.st == ST_OK;
	     i = i->next) {
		switch (i->kind) {
		case ITEM_RULE:
			put_rule(&p, i->rule);
			put(&p, "\n");
			break;
		case ITEM_OBJECT: put_object(&p, i->object); break;
		case ITEM_MILTER:
			if (p.st == ST_OK)
				p.st = print_child(i->child, out);
			break;
		case ITEM_EXTENDED: put(&p, "extendedregex\n"); break;
		case ITEM_TESTMODE: put(&p, "testmode\n"); break;
		case ITEM_MAXPEEK: put_number(&p, "maxpeek ", i->number, "\n"); break;
		}
	}
	if (p.st != ST_OK)
		out->n = before;
	return p.st;
}
