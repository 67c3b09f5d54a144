/* Texts of explain: what a rule and a clause say, and what would have to be for it to hold. */
#include "cli/explain.h"

#include <jansson.h>
#include <stdlib.h>

#include "conf/parse.h"
#include "util/escape.h"

#define TEXT_MAX ((size_t)1 << 20)
#define SAID_MAX 4000 /* octets of one text of a configuration */

const char *explain_text(struct arena *arena, const char *fmt, ...)
{
	struct buf text = buf_of(TEXT_MAX);
	const char *result = "...";
	va_list ap;

	va_start(ap, fmt);
	if (buf_vprintf(&text, fmt, ap) == ST_OK)
		result = arena_text(arena, buf_view(&text));
	va_end(ap);
	buf_free(&text);
	return result;
}

const char *explain_escaped(struct arena *arena, struct view v)
{
	struct buf text = buf_of(TEXT_MAX);
	const char *result = "...";

	if (escape_append(&text, v, EXPLAIN_SHOWN) == ST_OK)
		result = arena_text(arena, buf_view(&text));
	buf_free(&text);
	return result;
}

const char *explain_cut(struct arena *arena, struct view v, size_t max)
{
	size_t n = max;

	if (v.n <= max)
		return arena_text(arena, v);
	while (n > 0 && ((unsigned char)v.p[n] & 0xc0) == 0x80)
		n--;
	return explain_text(arena, "%.*s...", VIEW_ARG(view_first(v, n)));
}

static bool is_plain(struct view v)
{
	json_t *utf8 = json_stringn(v.n > 0 ? v.p : "", v.n); /* NULL for what is none */
	bool plain = utf8 != NULL;

	json_decref(utf8);
	for (size_t i = 0; i < v.n && plain; i++)
		plain = (unsigned char)v.p[i] >= ' ' && v.p[i] != 127;
	return plain;
}

static const char *said(struct arena *arena, enum status st, struct buf *text)
{
	struct view v = buf_view(text);
	const char *result;

	if (st != ST_OK)
		result = "(too long to show)";
	else
		result = is_plain(v) ? explain_cut(arena, v, SAID_MAX) : explain_escaped(arena, v);
	buf_free(text);
	return result;
}

const char *explain_rule_text(struct arena *arena, const struct acl_rule *rule)
{
	struct buf text = buf_of(TEXT_MAX);

	return said(arena, conf_print_rule(rule, &text), &text);
}

const char *explain_clause_text(struct arena *arena, const struct acl_clause *clause)
{
	struct buf text = buf_of(TEXT_MAX);

	return said(arena, conf_print_clause(clause, &text), &text);
}

const char *explain_place(struct arena *arena, const struct acl_rule *rule)
{
	if (rule->file == NULL)
		return explain_text(arena, "line %u of the daemon's options", rule->line);
	return explain_text(arena, "%s:%u", rule->file, rule->line);
}

/* --- what would have to be --- */

static const struct words {
	const char *clause;
	const char *subject; /* NULL: the fact's name */
	const char *yes;
	const char *no;
} words[] = {
	{ "domain", NULL, "ended in", "did not end in" },
	{ "addr", NULL, "were in", "were not in" },
	{ "rdns", "the check of its reverse name", "gave", "did not give" },
	{ "s25r", NULL, "looked like an end user's line", "did not look like an end user's line" },
	{ "known", "the client", "had earned auto-allow", "had not earned auto-allow" },
	{ "stress", "the MTA", "were short of processes", "were not short of processes" },
	{ "tarpit", "the client", "had not hung up on a tarpit", "had hung up on a tarpit" },
	{ "clients", "the client", "were in", "were not in" },
	{ "recipients", NULL, "were in", "were not in" },
	{ "list", NULL, "were in", "were not in" },
	{ "condition", "it", "met the condition", "did not meet the condition" },
	{ "time", NULL, "were within", "were not within" },
};

static const struct words *find_words(const char *clause)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].clause, clause) == 0)
			return &words[i];
	return NULL;
}

static const char *verb_of(const struct acl_clause *c, const struct words *w, bool yes)
{
	if (c->operand.kind == OPERAND_REGEX)
		return yes ? "matched" : "did not match";
	if (w == NULL)
		return yes ? "were" : "were not";
	return yes ? w->yes : w->no;
}

static const char *subject_of(const struct acl_clause *c, const struct words *w)
{
	const struct operand *o = &c->operand;

	if (w != NULL && w->subject != NULL)
		return w->subject;
	if (o->kind == OPERAND_OBJECT && o->object->kind == OBJECT_LIST)
		return o->object->of->fact < FACTS ? fact_name(o->object->of->fact) : "it";
	return c->kind->fact < FACTS ? fact_name(c->kind->fact) : "it";
}

/* The operand as the clause has it: all behind the clause's name. */
static struct view operand_of(const struct acl_clause *c, struct buf *room)
{
	size_t name = strlen(c->kind->name) + (c->negate ? strlen("not ") : 0);

	if (c->operand.kind == OPERAND_NONE || conf_print_clause(c, room) != ST_OK)
		return (struct view){ "", 0 };
	return room->n > SAID_MAX || !is_plain(buf_view(room)) ? VIEW(" ...")
	                                                       : view_from(buf_view(room), name);
}

void explain_words(const struct acl_clause *c, bool holds, struct buf *out)
{
	const struct words *w = find_words(c->kind->name);
	bool list = c->operand.kind == OPERAND_OBJECT && c->operand.object->kind == OBJECT_LIST;
	struct buf room = buf_of(TEXT_MAX);
	struct view operand = operand_of(c, &room);

	/* A full buffer shows: the sentence has no end. */
	(void)(buf_printf(out, "%s %s%s%.*s", subject_of(c, w), verb_of(c, w, holds != c->negate),
	                  list ? " list" : "", VIEW_ARG(operand)) == ST_OK);
	buf_free(&room);
}

const char *explain_value(struct explain *e, const struct acl_clause *c)
{
	const struct operand *o = &c->operand;
	enum fact fact = o->kind == OPERAND_OBJECT && o->object->kind == OBJECT_LIST
	                         ? o->object->of->fact
	                         : c->kind->fact;
	const struct fact_value *v = fact < FACTS ? &e->shown->gather.facts.of[fact] : NULL;
	char address[IP_TEXT_MAX];

	ip_format(&e->client, address);
	if (fact == FACT_CLIENT)
		return arena_text(e->arena, view_of(address));
	if (o->kind == OPERAND_FILE && fact == FACT_CLIENT_NAME)
		return explain_text(e->arena, "%s [%s]", explain_escaped(e->arena, v->text),
		                    address);
	if (v == NULL || (v->state == FACT_KNOWN && v->text.n == 0) || v->state == FACT_FAILED ||
	    v->state == FACT_NEVER || v->state == FACT_PENDING)
		return "";
	return v->state == FACT_ABSENT ? "none" : explain_escaped(e->arena, v->text);
}
