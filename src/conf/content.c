/* What the end of a message needs of it. */
#include "acl/format.h"
#include "acl/rule.h"
#include "conf/milter.h"
#include "conf/options.h"

static const struct {
	enum fact fact;
	unsigned content; /* enum conf_content */
} needs[] = {
	{ FACT_SIZE, CONTENT_SIZE },
	{ FACT_HEADERS, CONTENT_HEADERS },
	{ FACT_BODY, CONTENT_BODY },
	{ FACT_SPAMD_SCORE, CONTENT_HEADERS | CONTENT_BODY },
	{ FACT_DKIM, CONTENT_HEADERS | CONTENT_BODY | CONTENT_EXACT },
	{ FACT_DMARC, CONTENT_HEADERS | CONTENT_BODY | CONTENT_EXACT },
	{ FACT_BOGOSITY, CONTENT_HEADERS | CONTENT_BODY },
};

static unsigned of_facts(uint64_t wanted)
{
	unsigned content = 0;

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if ((wanted & FACT_BIT(needs[i].fact)) != 0)
			content |= needs[i].content;
	return content;
}

static unsigned of_effects(const struct acl_effects *e)
{
	unsigned content = 0;

	if (e->addfooter != NULL)
		content |= CONTENT_BODY | CONTENT_CHANGED_BODY;
	if (e->subjtag != NULL)
		content |= CONTENT_HEADERS | CONTENT_CHANGED_HEADERS;
	return content;
}

uint64_t conf_told(const struct conf *c)
{
	uint64_t told = c->spamd_headers ? FACT_BIT(FACT_SPAMD_SCORE) : 0;

	if (c->options->authentication_results)
		told |= FACT_BIT(FACT_RDNS) | FACT_BIT(FACT_SPF) | FACT_BIT(FACT_DKIM) |
		        FACT_BIT(FACT_DMARC);
	if (c->options->received_spf)
		told |= FACT_BIT(FACT_SPF);
	if (c->options->bogofilter_headers)
		told |= FACT_BIT(FACT_BOGOSITY);
	return told;
}

/* What is told to child milters, in macros. */
static uint64_t facts_of_macros(const struct conf_milter *children)
{
	uint64_t facts = 0;

	for (const struct conf_milter *c = children; c != NULL; c = c->next)
		for (const struct conf_child_macro *m = c->macros; m != NULL; m = m->next)
			facts |= format_facts(view_of(m->format));
	return facts;
}

unsigned conf_content(const struct conf *c)
{
	unsigned content =
		of_facts(c->acl->wanted[ACL_DATA] | conf_told(c) | facts_of_macros(c->children));

	if (c->spamd_headers || c->options->bogofilter_headers)
		content |= CONTENT_CHANGED_HEADERS;
	for (const struct acl_object *o = c->acl->objects; o != NULL; o = o->next)
		if (o->kind == OBJECT_URLCHECK && (o->flags & CHECK_POSTMSG) != 0 &&
		    (o->named & AT_DATA) != 0)
			content |= CONTENT_HEADERS | CONTENT_BODY;
	for (const struct acl_rule *r = c->acl->rules[ACL_DATA]; r != NULL; r = r->next)
		content |= of_effects(&r->set);
	if (c->options->authentication_results)
		content |= CONTENT_CHANGED_HEADERS; /* forged ones go */
	if (c->children != NULL)
		content |= CONTENT_SIZE | CONTENT_HEADERS | CONTENT_BODY;
	return content;
}
