/* milter "NAME" { ... }: a child milter, and the printing of it and of conditions. */
#include "conf/milter.h"

#include <stddef.h>
#include <stdio.h>

#include "acl/format.h"
#include "conf/statements.h"

static const char *const fallback_words[] = { "accept", "tempfail", "reject", "discard", NULL };
static const char *const yes_words[] = { "no", "yes", NULL };

const char *conf_fallback_name(enum conf_fallback fallback)
{
	return fallback_words[fallback];
}

/* A child that is being read: what has been said already is refused a second time. */
struct reading {
	struct conf_milter *child;
	struct acl_condition *when;
	const struct conf_child_macro **macros_tail;
	unsigned macro_count;
	unsigned seen; /* a bit a row of items */
};

struct item {
	const char *name;
	enum status (*read)(struct parser *p, struct reading *r, const struct item *i);
	size_t at; /* read_timeout: within struct conf_milter */
	bool repeats;
};

static enum status read_socket(struct parser *p, struct reading *r, const struct item *i)
{
	struct conf_socket *s = arena_one(p->arena, struct conf_socket);
	const char *text = NULL;
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	(void)i;
	s->mode = CONF_MODE_UMASK;
	r->child->socket = s;
	if (st == ST_OK)
		st = parser_string(p, "an address as \"unix:/PATH\" or \"inet:PORT@HOST\"", &text);
	if (st == ST_OK)
		st = statement_socket_address(p, &t, view_of(text), s);
	/* milter-manager's "inet:10025" is a port of this machine. */
	if (st == ST_OK && s->kind == CONF_INET && s->host == NULL)
		s->host = "127.0.0.1";
	return st;
}

static enum status read_when(struct parser *p, struct reading *r, const struct item *i)
{
	(void)i;
	return parser_condition(p, &r->when);
}

static enum status read_fallback(struct parser *p, struct reading *r, const struct item *i)
{
	unsigned word = FALLBACK_ACCEPT;
	enum status st = statement_choice(p, fallback_words, &word);

	(void)i;
	r->child->fallback = (enum conf_fallback)word;
	return st;
}

static enum status read_evaluation(struct parser *p, struct reading *r, const struct item *i)
{
	unsigned word = 0;
	enum status st = statement_choice(p, yes_words, &word);

	(void)i;
	r->child->evaluation = word == 1;
	return st;
}

static enum status read_timeout(struct parser *p, struct reading *r, const struct item *i)
{
	unsigned *out = (unsigned *)(void *)((char *)r->child + i->at);
	int64_t seconds = 0;
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	if (st == ST_OK)
		st = parser_duration(p, "a duration (7s, 5m)", &seconds);
	if (st == ST_OK && (seconds < 1 || seconds > CONF_CHILD_TIMEOUT_MAX))
		st = parser_refuse(p, &t, "%s is from 1s to %ds", i->name, CONF_CHILD_TIMEOUT_MAX);
	if (st == ST_OK)
		*out = (unsigned)seconds * 1000;
	return st;
}

/* "{name}", or one letter; the braces of longer names may be left out. NULL: neither. */
static const char *macro_name(struct parser *p, struct view v)
{
	char *text;

	if (v.n > 2 && v.p[0] == '{' && v.p[v.n - 1] == '}')
		v = (struct view){ v.p + 1, v.n - 2 };
	if (v.n == 0 || v.n > CONF_CHILD_NAME_MAX)
		return NULL;
	for (size_t i = 0; i < v.n; i++)
		if (!ascii_alpha(v.p[i]) && !ascii_digit(v.p[i]) && v.p[i] != '_')
			return NULL;
	if (v.n == 1)
		return arena_text(p->arena, v);
	text = arena_alloc(p->arena, v.n + 3);
	(void)snprintf(text, v.n + 3, "{%.*s}", VIEW_ARG(v));
	return text;
}

static enum status read_macro(struct parser *p, struct reading *r, const struct item *i)
{
	struct conf_child_macro *m = arena_one(p->arena, struct conf_child_macro);
	struct acl_condition *when = NULL;
	const char *name = NULL;
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	(void)i;
	if (st == ST_OK)
		st = parser_string(p, "a macro as \"{name}\"", &name);
	if (st != ST_OK)
		return st;
	m->name = macro_name(p, view_of(name));
	if (m->name == NULL)
		return parser_refuse(p, &t,
		                     "a macro is one letter, or letters, digits and '_' in braces: "
		                     "\"{name}\"");
	if (r->macro_count == CONF_CHILD_MACROS_MAX)
		return parser_refuse(p, &t, "more than %u macros", CONF_CHILD_MACROS_MAX);
	st = parser_string(p, "the macro's value, a \"format\"", &m->format);
	if (st == ST_OK && parser_accept(p, "when"))
		st = parser_condition(p, &when);
	m->when = when;
	m->step = acl_facts_step(format_facts(view_of(m->format)));
	if (m->step < acl_condition_step(when))
		m->step = acl_condition_step(when);
	*r->macros_tail = m;
	r->macros_tail = &m->next;
	r->macro_count++;
	return st;
}

#define AT(field) offsetof(struct conf_milter, field)

static const struct item items[] = {
	{ "socket", read_socket, 0, false },
	{ "when", read_when, 0, true },
	{ "fallback", read_fallback, 0, false },
	{ "evaluation", read_evaluation, 0, false },
	{ "connect_timeout", read_timeout, AT(connect_timeout_ms), false },
	{ "write_timeout", read_timeout, AT(write_timeout_ms), false },
	{ "read_timeout", read_timeout, AT(read_timeout_ms), false },
	{ "end_of_message_timeout", read_timeout, AT(end_timeout_ms), false },
	{ "macro", read_macro, 0, true },
};

#define ITEMS (sizeof(items) / sizeof(items[0]))

static enum status unknown_item(struct parser *p, const struct token *t)
{
	struct guess g = guess_of(t->text);

	for (size_t i = 0; i < ITEMS; i++)
		guess_try(&g, items[i].name);
	if (t->kind == TOKEN_WORD && g.best != NULL)
		return parser_refuse(p, t,
		                     "nothing of a milter is called '%.*s'; did you mean '%s'?",
		                     VIEW_ARG(view_first(t->text, 40)), g.best);
	return parser_expected(p, t, "socket, when, fallback, evaluation, a timeout, macro or '}'");
}

/* ';', the end of the line or the brace that closes the block ends an item. */
static enum status end_of_item(struct parser *p)
{
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	if (st != ST_OK || t.kind == TOKEN_NEWLINE || t.kind == TOKEN_END || token_is(&t, ";") ||
	    token_is(&t, "}"))
		return st;
	return parser_expected(p, &t, "';' or the end of the line");
}

static enum status read_item(struct parser *p, struct reading *r, const struct token *t)
{
	enum status st;
	size_t n = 0;

	while (n < ITEMS && !(t->kind == TOKEN_WORD && token_is(t, items[n].name)))
		n++;
	if (n == ITEMS)
		return unknown_item(p, t);
	if (!items[n].repeats && (r->seen & 1u << n) != 0)
		return parser_refuse(p, t, "%s stands twice in this milter", items[n].name);
	r->seen |= 1u << n;
	lex_take(&p->lex, t);
	st = items[n].read(p, r, &items[n]);
	return st == ST_OK ? end_of_item(p) : st;
}

/* A statement of the language at the beginning of a line, which is no item, shows that the brace is
 * missing, as in a list. */
static bool is_unclosed(const struct token *t, bool fresh)
{
	if (t->kind == TOKEN_END)
		return true;
	if (!fresh || t->kind != TOKEN_WORD || statement_find(t->text) == NULL)
		return false;
	for (size_t i = 0; i < ITEMS; i++)
		if (token_is(t, items[i].name))
			return false;
	return true;
}

static enum status read_block(struct parser *p, struct reading *r, unsigned begun)
{
	bool fresh = false;
	struct token t;
	enum status st = parser_expect(p, "{");

	while (st == ST_OK) {
		st = parser_peek(p, LEX_WORD, &t);
		if (st != ST_OK)
			return st;
		if (is_unclosed(&t, fresh))
			return parser_refuse(
				p, &t,
				"the milter \"%s\", begun at line %u, has no '}' at its "
				"end",
				r->child->name, begun);
		if (t.kind == TOKEN_NEWLINE || token_is(&t, ";") || token_is(&t, "}")) {
			lex_take(&p->lex, &t);
			if (token_is(&t, "}"))
				return ST_OK;
			fresh = t.kind == TOKEN_NEWLINE;
			continue;
		}
		fresh = false;
		st = read_item(p, r, &t);
	}
	return st;
}

/* It goes into logs, counters and commands as it is. */
static enum status check_name(struct parser *p, const struct token *t, struct view name)
{
	bool plain = name.n > 0 && name.p[0] != ' ' && name.p[name.n - 1] != ' ';

	for (size_t i = 0; i < name.n; i++)
		plain = plain && name.p[i] >= ' ' && name.p[i] <= '~' && name.p[i] != '"';
	if (!plain || name.n > CONF_CHILD_NAME_MAX)
		return parser_refuse(
			p, t,
			"the name of a milter is of 1 to %u letters, digits, marks and "
			"blanks",
			CONF_CHILD_NAME_MAX);
	if (acl_find_object(p->acl, OBJECT_MILTER, name) != NULL)
		return parser_refuse(p, t, "there is a milter \"%.*s\" already", VIEW_ARG(name));
	if (p->conf->child_count == CONF_CHILDREN_MAX)
		return parser_refuse(p, t, "more than %u milters", CONF_CHILDREN_MAX);
	return ST_OK;
}

static enum status add_child(struct parser *p, const struct token *t, struct conf_milter *child)
{
	struct acl_object *o = arena_one(p->arena, struct acl_object);
	const struct conf_item item = { .kind = ITEM_MILTER, .child = child };

	o->kind = OBJECT_MILTER;
	o->name = child->name;
	o->number = child->index;
	o->source = child->file;
	o->line = child->line;
	child->object = o;
	if (acl_add_object(p->acl, o) != ST_OK)
		return parser_refuse(p, t, "more than %zu definitions", ACL_OBJECTS_MAX);
	*p->children_tail = child;
	p->children_tail = &child->next;
	p->conf->child_count++;
	parser_item(p, &item);
	return ST_OK;
}

enum status statement_read_child(struct parser *p, const struct token *word)
{
	struct conf_milter *child = arena_one(p->arena, struct conf_milter);
	struct reading r = { .child = child };
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	if (st == ST_OK)
		st = parser_string(p, "the \"name\" of a milter", &child->name);
	if (st == ST_OK)
		st = check_name(p, &t, view_of(child->name));
	if (st != ST_OK)
		return st;
	child->index = p->conf->child_count;
	child->file = p->file;
	child->line = word->line;
	child->connect_timeout_ms = CONF_CHILD_CONNECT_MS;
	child->write_timeout_ms = CONF_CHILD_WRITE_MS;
	child->read_timeout_ms = CONF_CHILD_READ_MS;
	child->end_timeout_ms = CONF_CHILD_END_MS;
	r.macros_tail = &child->macros;
	st = read_block(p, &r, word->line);
	child->when = r.when;
	child->step = acl_condition_step(r.when);
	if (st == ST_OK && child->socket == NULL)
		st = parser_refuse(p, &t, "the milter \"%s\" has no socket", child->name);
	return st == ST_OK ? add_child(p, &t, child) : st;
}

/* --- printing --- */

enum status print_condition(const struct acl_condition *condition, const char *sep, struct buf *out)
{
	enum status st = ST_OK;

	for (const struct acl_condition *part = condition; part != NULL; part = part->next) {
		for (const struct acl_clause *c = part->clauses; c != NULL && st == ST_OK;
		     c = c->next) {
			st = conf_print_clause(c, out);
			if (st == ST_OK && c->next != NULL)
				st = buf_byte(out, ' ');
		}
		if (st == ST_OK && part->next != NULL)
			st = buf_append(out, view_of(sep));
	}
	return st;
}

enum status conf_print_condition(const struct acl_condition *condition, struct buf *out)
{
	return print_condition(condition, " or ", out);
}

static enum status print_timeout(const struct item *i, const struct conf_milter *child,
                                 struct buf *out)
{
	const unsigned *ms = (const unsigned *)(const void *)((const char *)child + i->at);

	return buf_printf(out, "\t%s %us\n", i->name, *ms / 1000);
}

static enum status print_macros(const struct conf_milter *child, struct buf *out)
{
	enum status st = ST_OK;

	for (const struct conf_child_macro *m = child->macros; m != NULL && st == ST_OK;
	     m = m->next) {
		st = buf_printf(out, "\tmacro \"%s\" ", m->name);
		if (st == ST_OK)
			st = print_string(out, view_of(m->format));
		if (st == ST_OK && m->when != NULL)
			st = buf_append(out, VIEW(" when "));
		if (st == ST_OK && m->when != NULL)
			st = print_condition(m->when, " or ", out);
		if (st == ST_OK)
			st = buf_byte(out, '\n');
	}
	return st;
}

enum status print_child(const struct conf_milter *child, struct buf *out)
{
	enum status st = buf_printf(out, "milter \"%s\" {\n\t", child->name);

	if (st == ST_OK)
		st = statement_print_socket("socket", child->socket, out);
	if (st == ST_OK && child->when != NULL)
		st = buf_append(out, VIEW("\twhen "));
	if (st == ST_OK && child->when != NULL)
		st = print_condition(child->when, "\n\twhen ", out);
	if (st == ST_OK && child->when != NULL)
		st = buf_byte(out, '\n');
	if (st == ST_OK)
		st = buf_printf(out, "\tfallback %s\n\tevaluation %s\n",
		                conf_fallback_name(child->fallback), yes_words[child->evaluation]);
	for (size_t i = 0; i < ITEMS && st == ST_OK; i++)
		if (items[i].read == read_timeout)
			st = print_timeout(&items[i], child, out);
	if (st == ST_OK)
		st = print_macros(child, out);
	return st == ST_OK ? buf_append(out, VIEW("}\n")) : st;
}
