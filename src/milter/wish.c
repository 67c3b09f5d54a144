#include "milter/wish.h"

#include "conf/milter.h"
#include "conf/options.h"

#define LIST_MAX ((size_t)8192)

/* A list takes the place of the MTA's own, so each repeats what Postfix (milter_*_macros) and
 * Sendmail (confMILTER_MACROS_*) send by themselves, and goes on with what we look at besides. */
static const char *const usual[MILTER_STAGES][2] = {
	[MILTER_AT_CONNECT] = { "j _ {daemon_name} {daemon_addr} {if_name} {if_addr} v",
	                        "{client_ptr} {client_resolve} {daemon_port}" },
	[MILTER_AT_HELO] = { "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}",
	                     NULL },
	[MILTER_AT_MAIL] = { "i {auth_type} {auth_authen} {auth_author} {mail_mailer} {mail_host}",
	                     "{mail_addr} {verify} {cert_subject}" },
	[MILTER_AT_RCPT] = { "i {rcpt_mailer} {rcpt_host} {rcpt_addr}", "{greylist}" },
	[MILTER_AT_DATA] = { "i", NULL },
	[MILTER_AT_EOH] = { "i", NULL },
	[MILTER_AT_EOM] = { "i {msg_id}", NULL },
};

static bool has_name(struct view list, struct view name)
{
	struct view word;

	while (view_next(&list, ' ', &word))
		if (view_eq(word, name))
			return true;
	return false;
}

static unsigned count_names(struct view list)
{
	struct view word;
	unsigned n = 0;

	while (view_next(&list, ' ', &word))
		n++;
	return n;
}

static bool is_name(struct view name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] <= ' ' || (unsigned char)name.p[i] >= 127)
			return false;
	return name.n > 0;
}

void wish_add_list(struct wish *w, enum milter_stage stage, struct view names)
{
	struct buf *list = &w->list[stage];
	struct view name;

	while (view_next(&names, ' ', &name))
		if (is_name(name) && !has_name(buf_view(list), name) &&
		    count_names(buf_view(list)) < MILTER_MACRO_NAMES_MAX)
			(void)(buf_printf(list, " %.*s", VIEW_ARG(name)) == ST_OK);
	w->milter.macros[stage] = buf_view(list);
}

/* At which stage the MTA has it, nobody knows here. What does not fit is not asked for. */
static void add_macro(struct wish *w, struct view name)
{
	for (unsigned i = 0; i < MILTER_STAGES; i++) {
		struct buf *list = &w->list[i];

		if (!is_name(name) || has_name(buf_view(list), name) ||
		    count_names(buf_view(list)) >= MILTER_MACRO_NAMES_MAX)
			continue;
		(void)(buf_printf(list, " %.*s", VIEW_ARG(name)) == ST_OK);
	}
}

/* "%M{name}" and "%Mx" of a format. */
static void add_macros_of(struct wish *w, struct view format)
{
	for (size_t i = 0; i + 2 < format.n; i++) {
		struct view name = view_from(format, i + 2);

		if (format.p[i] != '%' || format.p[i + 1] != 'M')
			continue;
		if (name.p[0] != '{')
			add_macro(w, view_first(name, 1));
		else if (view_find(name, '}') != VIEW_NONE)
			add_macro(w, view_first(name, view_find(name, '}') + 1));
	}
}

static void add_rule(struct wish *w, const struct acl_rule *r)
{
	const char *const formats[] = { r->set.msg, r->set.report, r->set.addheader, r->set.subjtag,
		                        r->set.addfooter };

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		add_macros_of(w, view_of(formats[i]));
	for (const struct acl_clause *c = r->clauses; c != NULL; c = c->next)
		if (c->operand.kind == OPERAND_STRING || c->operand.kind == OPERAND_ASSIGN)
			add_macros_of(w, c->operand.text);
	if (r->set.addheader != NULL)
		w->milter.actions |= MILTER_MAY_ADD_HEADERS;
}

/* Keys, URLs and the like; the name itself is what a definition of a macro says first. */
static void add_object(struct wish *w, const struct acl_object *o)
{
	if (o->kind == OBJECT_MACRO)
		add_macro(w, view_of(o->text));
	add_macros_of(w, view_of(o->text));
	add_macros_of(w, view_of(o->text2));
	add_macros_of(w, view_of(o->update.rname));
	add_macros_of(w, view_of(o->update.rvalue));
}

static void add_rules(struct wish *w, const struct acl *acl)
{
	for (unsigned stage = 0; stage < ACL_STAGES; stage++)
		for (const struct acl_rule *r = acl->rules[stage]; r != NULL; r = r->next)
			add_rule(w, r);
	for (const struct acl_object *o = acl->objects; o != NULL; o = o->next)
		add_object(w, o);
}

static void add_children(struct wish *w, const struct conf_milter *children)
{
	for (const struct conf_milter *c = children; c != NULL; c = c->next)
		for (const struct conf_child_macro *m = c->macros; m != NULL; m = m->next)
			add_macros_of(w, view_of(m->format));
}

/* Has a recipient's rule a bound for what is kept? */
static bool has_peek(const struct acl *acl)
{
	for (const struct acl_rule *r = acl->rules[ACL_RCPT]; r != NULL; r = r->next)
		if (r->peek >= 0 || r->set.maxpeek >= 0)
			return true;
	return false;
}

/* The rest of a body of which only the beginning is kept need not be sent, unless it is counted.
 * For that each piece is answered. milter-greylist takes the whole body. */
static void add_skip(struct wish *w, const struct conf *conf, unsigned content)
{
	if (conf->face == CONF_MILTER_GREYLIST)
		return;
	if ((content & CONTENT_BODY) == 0 || (content & CONTENT_SIZE) != 0 || !has_peek(conf->acl))
		return;
	w->milter.steps |= MILTER_WITH_SKIP;
	w->milter.steps &= ~MILTER_NR_BODY;
}

/* The steps and changes that the end of the message needs. */
static void add_content(struct wish *w, unsigned content)
{
	if ((content & (CONTENT_SIZE | CONTENT_HEADERS)) != 0)
		w->milter.steps &= ~MILTER_NO_HEADERS;
	if ((content & (CONTENT_SIZE | CONTENT_BODY)) != 0)
		w->milter.steps &= ~MILTER_NO_BODY;
	if ((content & CONTENT_CHANGED_HEADERS) != 0)
		w->milter.actions |= MILTER_MAY_CHANGE_HEADERS;
	if ((content & CONTENT_CHANGED_BODY) != 0)
		w->milter.actions |= MILTER_MAY_CHANGE_BODY;
	if ((content & CONTENT_EXACT) != 0)
		w->milter.steps |= MILTER_WITH_BLANK;
}

/* Nothing is said before the recipients; and what is only counted needs no answer. milter-greylist
 * answers every command, and who knows it may count on that. */
static uint32_t steps_of(const struct conf *conf)
{
	uint32_t steps = MILTER_NO_HEADERS | MILTER_NO_BODY | MILTER_NO_EOH | MILTER_NO_UNKNOWN |
	                 MILTER_WITH_REJECTED;

	if (conf->face != CONF_MILTER_GREYLIST)
		steps |= MILTER_NR_CONNECT | MILTER_NR_HELO | MILTER_NR_MAIL | MILTER_NR_HEADER |
		         MILTER_NR_BODY;
	if (!conf->acl->holds)
		steps |= MILTER_NO_DATA;
	return steps;
}

void wish_begin(struct wish *w, const struct conf *conf)
{
	unsigned content = conf_content(conf);

	*w = (struct wish){ .milter = { .steps = steps_of(conf) } };
	if (conf->options->report != REPORT_NONE || conf->spamd_headers ||
	    conf->options->authentication_results || conf->options->received_spf)
		w->milter.actions |= MILTER_MAY_ADD_HEADERS;
	if (conf->options->bogofilter_headers)
		w->milter.actions |= MILTER_MAY_ADD_HEADERS;
	for (unsigned i = 0; i < MILTER_STAGES; i++) {
		w->list[i] = buf_of(LIST_MAX);
		(void)(buf_append(&w->list[i], view_of(usual[i][0])) == ST_OK);
		if (usual[i][1] != NULL)
			(void)(buf_printf(&w->list[i], " %s", usual[i][1]) == ST_OK);
	}
	add_macros_of(w, view_of(conf->options->stat_format));
	add_rules(w, conf->acl);
	add_children(w, conf->children);
	add_content(w, content);
	add_skip(w, conf, content);
	for (unsigned i = 0; i < MILTER_STAGES; i++)
		w->milter.macros[i] = buf_view(&w->list[i]);
}

void wish_end(struct wish *w)
{
	for (unsigned i = 0; i < MILTER_STAGES; i++)
		buf_free(&w->list[i]);
}
