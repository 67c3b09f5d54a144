/* The statements about rules: racl, dacl, acl, the old lines, and the sugar for files. */
#include <stddef.h>

#include "conf/parser.h"

#define AT(field) offsetof(struct acl_effects, field)

static const struct rule_value values[] = {
	{ "delay", VALUE_TIME, AT(delay), "the wait, instead of the statement greylist" },
	{ "autowhite", VALUE_TIME, AT(autowhite), "how long a pass is remembered; 0: not at all" },
	{ "tarpit_scope", VALUE_SCOPE, AT(tarpit_scope), "session or command" },
	{ "code", VALUE_TEXT, AT(code), "the SMTP code" },
	{ "ecode", VALUE_TEXT, AT(ecode), "the enhanced code" },
	{ "msg", VALUE_TEXT, AT(msg), "the text of the reply; a format" },
	{ "report", VALUE_TEXT, AT(report), "the text of the X-Greylist header; a format" },
	{ "addfooter", VALUE_TEXT, AT(addfooter), "a text at the end of the body; a format" },
	{ "subjtag", VALUE_TEXT, AT(subjtag), "a text in front of the subject; a format" },
	{ "addheader", VALUE_HEADER, AT(addheader),
	  "\"Name: value\"[, PLACE]: a header; a format" },
	{ "flushaddr", VALUE_FLAG, AT(flushaddr), "forget all tuples of the client" },
	{ "nolog", VALUE_FLAG, AT(nolog), "no log line for this decision" },
	{ "maxpeek", VALUE_NUMBER, AT(maxpeek), "octets of the message that are looked at" },
};

#define VALUES (sizeof(values) / sizeof(values[0]))

const struct rule_value *rule_value_at(size_t i)
{
	return i < VALUES ? &values[i] : NULL;
}

const char *conf_value_name(size_t i)
{
	return i < VALUES ? values[i].name : NULL;
}

const char *conf_value_help(size_t i)
{
	return i < VALUES ? values[i].help : NULL;
}

static const struct rule_value *find_value(const struct token *t)
{
	for (size_t i = 0; i < VALUES; i++)
		if (t->kind == TOKEN_WORD && token_is(t, values[i].name))
			return &values[i];
	return NULL;
}

static struct acl_rule *new_rule(struct parser *p, enum acl_stage stage, enum acl_action action)
{
	struct acl_rule *r = arena_one(p->arena, struct acl_rule);

	r->stage = stage;
	r->action = action;
	r->file = p->file;
	r->peek = p->maxpeek;
	r->set.delay = r->set.autowhite = r->set.maxpeek = r->set.addheader_index = ACL_UNSET;
	return r;
}

/* The file is taken, as milter-greylist takes it; there the MTA gets an answer without any text. */
static void check_code(struct parser *p, const struct acl_rule *r)
{
	if (!acl_code_valid(r->set.code))
		parser_warn(p, "\"%s\" is no SMTP code from 400 to 599: the usual one is sent",
		            r->set.code);
	else if (r->action == ACL_GREYLIST && r->set.code[0] == '5')
		parser_warn(p,
		            "a greylist rule can't answer with the code %s: the usual one is sent",
		            r->set.code);
}

static enum status read_scope(struct parser *p, enum acl_scope *out)
{
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	if (st != ST_OK)
		return st;
	/* milter-greylist's lexers know only the misspelt word. */
	if (token_is(&t, "session"))
		*out = ACL_SCOPE_SESSION;
	else if (token_is(&t, "command") || token_is(&t, "comand"))
		*out = ACL_SCOPE_COMMAND;
	else
		return parser_expected(p, &t, "session or command");
	lex_take(&p->lex, &t);
	return ST_OK;
}

static enum status read_time(struct parser *p, const struct rule_value *v, int64_t *out)
{
	enum status st = parser_duration(p, "a duration (30s, 5m, 2h)", out);

	if (st == ST_OK && *out < 0) {
		parser_warn(p, "%s is less than nothing, and is taken as 0s", v->name);
		*out = 0;
	}
	return st;
}

static enum status read_value(struct parser *p, const struct rule_value *v, struct acl_rule *r)
{
	char *base = (char *)&r->set + v->at;
	enum status st = ST_OK;

	switch (v->form) {
	case VALUE_TEXT: return parser_string(p, "a \"string\"", (const char **)(void *)base);
	case VALUE_TIME: return read_time(p, v, (int64_t *)(void *)base);
	case VALUE_NUMBER:
		return parser_number(p, "a number of octets", INT64_MAX / 1024,
		                     (int64_t *)(void *)base);
	case VALUE_SCOPE: return read_scope(p, (enum acl_scope *)(void *)base);
	case VALUE_FLAG: *(bool *)base = true; return ST_OK;
	case VALUE_HEADER:
		st = parser_string(p, "a header as \"Name: value\"", &r->set.addheader);
		if (st == ST_OK && parser_accept(p, ","))
			st = parser_number(p, "the header's place", INT32_MAX,
			                   &r->set.addheader_index);
		return st;
	}
	return st;
}

/* Values to the end of the statement, each once. */
static enum status read_values(struct parser *p, struct acl_rule *r)
{
	bool seen[VALUES] = { false };
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	while (st == ST_OK && t.kind != TOKEN_NEWLINE && t.kind != TOKEN_END) {
		const struct rule_value *v = find_value(&t);

		if (v == NULL && t.kind == TOKEN_WORD && clause_find(t.text) != NULL)
			return parser_refuse(p, &t, "'%.*s' is a clause: those stand before values",
			                     VIEW_ARG(t.text));
		if (v == NULL)
			return parser_expected(p, &t,
			                       "a value (delay, msg, code ...) or the end of the "
			                       "line");
		if (seen[v - values] && v->form != VALUE_FLAG)
			return parser_refuse(p, &t, "%s stands twice in this rule", v->name);
		seen[v - values] = true;
		lex_take(&p->lex, &t);
		st = read_value(p, v, r);
		if (st == ST_OK && v->at == AT(code))
			check_code(p, r);
		if (st == ST_OK)
			st = parser_peek(p, LEX_WORD, &t);
	}
	return st;
}

static const char *stage_name(enum acl_stage stage)
{
	return stage == ACL_RCPT ? "racl" : "dacl";
}

static enum status check_clause(struct parser *p, const struct token *t, const struct acl_rule *r,
                                const struct acl_clause *c)
{
	if ((acl_clause_stages(c) & 1u << r->stage) == 0)
		return parser_refuse(p, t, "this can't be known in %s rules, only in %s ones",
		                     stage_name(r->stage),
		                     stage_name(r->stage == ACL_RCPT ? ACL_DATA : ACL_RCPT));
	if (c->kind->reason == REASON_TARPIT && r->stage == ACL_DATA)
		parser_warn(p, "a tarpit in a dacl rule holds nobody");
	if ((c->kind->once & c->operand.kind) == 0)
		return ST_OK;
	for (const struct acl_clause *o = r->clauses; o != NULL; o = o->next)
		if (o->kind == c->kind && o->operand.kind == c->operand.kind)
			return parser_refuse(p, t,
			                     "%s stands twice in this rule: both would have to "
			                     "hold; use a list",
			                     c->kind->name);
	return ST_OK;
}

/* At least one clause, up to the first value or the end of the line. */
static enum status read_clauses(struct parser *p, struct acl_rule *r)
{
	struct acl_clause *first = NULL, **tail = &first;
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	for (size_t n = 0; st == ST_OK; n++) {
		struct acl_clause *c = NULL;

		if (n > 0 &&
		    (t.kind == TOKEN_NEWLINE || t.kind == TOKEN_END || find_value(&t) != NULL))
			return ST_OK;
		if (n == ACL_CLAUSES_MAX)
			return parser_refuse(p, &t, "more than %zu clauses", ACL_CLAUSES_MAX);
		st = parser_clause(p, &c);
		if (st == ST_OK)
			st = check_clause(p, &t, r, c);
		if (st != ST_OK)
			return st;
		*tail = c;
		tail = &c->next;
		r->clauses = first;
		st = parser_peek(p, LEX_WORD, &t);
	}
	return st;
}

/* The line on which the statement ends names a rule that has no id, as in milter-greylist. */
static enum status add_rule(struct parser *p, struct acl_rule *r, bool at_head)
{
	struct conf_item item = { .kind = ITEM_RULE, .rule = r };
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	if (st != ST_OK)
		return st;
	r->line = t.line;
	if (acl_add_rule(p->acl, r, at_head) != ST_OK)
		return parser_refuse(p, &t, "more than %zu rules", ACL_RULES_MAX);
	parser_item(p, &item);
	return ST_OK;
}

static enum status read_action(struct parser *p, bool may_continue, enum acl_action *out)
{
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);
	struct guess g = guess_of(t.text);

	if (st != ST_OK)
		return st;
	for (enum acl_action a = ACL_GREYLIST; a <= (may_continue ? ACL_CONTINUE : ACL_BLACKLIST);
	     a++) {
		guess_try(&g, acl_action_name(a));
		if (token_is(&t, acl_action_name(a))) {
			lex_take(&p->lex, &t);
			*out = a;
			return ST_OK;
		}
	}
	if (t.kind == TOKEN_WORD && g.best != NULL)
		return parser_refuse(p, &t, "no action is called '%.*s'; did you mean '%s'?",
		                     VIEW_ARG(t.text), g.best);
	return parser_expected(p, &t,
	                       may_continue ? "greylist, whitelist, blacklist or continue"
	                                    : "greylist, whitelist or blacklist");
}

enum status parser_rule(struct parser *p, const struct token *word)
{
	bool old = token_is(word, "acl");
	enum acl_action action = ACL_GREYLIST;
	const char *id = NULL;
	struct acl_rule *r;
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	if (st == ST_OK && !old && t.kind == TOKEN_STRING)
		st = parser_string(p, "a \"string\"", &id);
	if (st == ST_OK)
		st = read_action(p, !old, &action);
	if (st != ST_OK)
		return st;
	r = new_rule(p, token_is(word, "dacl") ? ACL_DATA : ACL_RCPT, action);
	r->set.id = id;
	r->is_default = parser_accept(p, "default");
	if (!r->is_default)
		st = read_clauses(p, r);
	if (st == ST_OK)
		st = read_values(p, r);
	return st == ST_OK ? add_rule(p, r, false) : st;
}

/* An old line without "acl" is evaluated before all others; rcpt lines turn round in test mode. */
enum status parser_legacy(struct parser *p, const struct token *word)
{
	const struct clause_kind *kind = clause_find(word->text);
	bool turned = p->options->testmode && token_is(word, "rcpt");
	struct acl_rule *r = new_rule(p, ACL_RCPT, turned ? ACL_GREYLIST : ACL_WHITELIST);
	struct acl_clause *c = NULL;
	enum status st = parser_build(p, kind, kind->operands, &c);

	r->legacy = true;
	r->clauses = c;
	return st == ST_OK ? add_rule(p, r, true) : st;
}

/* clients file "x" alone is short for racl whitelist clients file "x". */
enum status parser_file_rule(struct parser *p, const struct token *word)
{
	const struct clause_kind *kind = clause_find(word->text);
	struct acl_rule *r = new_rule(p, ACL_RCPT, ACL_WHITELIST);
	struct acl_clause *c = NULL;
	enum status st = parser_build(p, kind, kind->operands, &c);

	r->clauses = c;
	return st == ST_OK ? add_rule(p, r, false) : st;
}
