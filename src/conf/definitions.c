/* The statements that define what clauses name: list, condition, dnsrbl, dnswl, sm_macro,
 * ratelimit, urlcheck, ldapcheck, tsig, nsupdate. */
#include "codec/dnsupdate.h"
#include "conf/parser.h"
#include "util/posix_regex.h"

static struct acl_object *new_object(struct parser *p, enum acl_object_kind kind, const char *name)
{
	struct acl_object *o = arena_one(p->arena, struct acl_object);

	o->kind = kind;
	o->name = name;
	return o;
}

/* Networks and names go into the list's sets as they are read. *plain: it was one of them. */
static enum status read_plain(struct parser *p, struct acl_object *list, bool *plain)
{
	unsigned mask = list->of->list;
	struct operand o = { .kind = OPERAND_NONE };
	struct token t = parser_here(p);
	enum status st = ST_OK;

	*plain = (mask & OPERAND_NET) != 0;
	if (*plain) {
		st = parser_operand(p, list->of, OPERAND_NET, &o);
		return st == ST_OK ? parser_place(p, &t, acl_list_add_net(list, &o.net)) : st;
	}
	if ((mask & (OPERAND_NAME | OPERAND_MAIL)) == 0)
		return ST_OK;
	st = parser_peek(p, (mask & OPERAND_MAIL) != 0 ? LEX_MAIL : LEX_PATTERN, &t);
	*plain = st == ST_OK && t.kind == ((mask & OPERAND_MAIL) != 0 ? TOKEN_MAIL : TOKEN_WORD);
	if (!*plain)
		return st;
	lex_take(&p->lex, &t);
	return parser_place(p, &t, acl_list_add_name(list, t.text));
}

static enum status read_item(struct parser *p, struct acl_object *list)
{
	struct acl_clause *c = NULL;
	struct token t;
	bool plain;
	enum status st;

	if (list->count == ACL_ITEMS_MAX) {
		t = parser_here(p);
		return parser_refuse(p, &t, "more than %zu items in a list", ACL_ITEMS_MAX);
	}
	st = read_plain(p, list, &plain);
	if (st == ST_OK && !plain)
		st = parser_build(p, list->of, list->of->list, &c);
	if (st == ST_OK && !plain)
		acl_list_add_clause(list, c);
	return st;
}

static enum status unclosed(struct parser *p, const struct acl_object *list, unsigned begun,
                            const struct token *at)
{
	return parser_refuse(p, at, "the list \"%s\", begun at line %u, has no '}' at its end",
	                     list->name, begun);
}

/* Items up to '}'. Line feeds between them do not count: milter-greylist wants backslashes there,
 * and is only fussy. But a line that begins with a statement shows that the list's end is missing;
 * it would make a domain of each word else. */
static enum status read_items(struct parser *p, struct acl_object *list)
{
	struct token t, line_end = { .kind = TOKEN_END };
	unsigned begun = p->line;
	enum status st = ST_OK;

	for (bool fresh = false; st == ST_OK;) {
		/* What is no word may be an address. */
		bool word = lex_peek(&p->lex, LEX_WORD, &t, &(struct diag){ 0 }) == ST_OK;

		if (word && token_is(&t, "}")) {
			lex_take(&p->lex, &t);
			break;
		}
		if (word && (t.kind == TOKEN_END ||
		             (fresh && t.kind == TOKEN_WORD && statement_find(t.text) != NULL)))
			return unclosed(p, list, begun, fresh ? &line_end : &t);
		if (word && t.kind == TOKEN_NEWLINE) {
			line_end = fresh ? line_end : t;
			fresh = true;
			lex_take(&p->lex, &t);
			continue;
		}
		if (word && token_is(&t, ","))
			return parser_refuse(p, &t,
			                     "blanks separate the items of a list, not commas");
		fresh = false;
		st = read_item(p, list);
	}
	return st;
}

/* Items up to the end of the text, one or more a line. */
static enum status read_lines(struct parser *p, struct acl_object *list)
{
	struct token t;
	enum status st = ST_OK;

	while (st == ST_OK) {
		bool word = lex_peek(&p->lex, LEX_WORD, &t, &(struct diag){ 0 }) == ST_OK;

		if (word && t.kind == TOKEN_END)
			break;
		if (word && t.kind == TOKEN_NEWLINE)
			lex_take(&p->lex, &t);
		else
			st = read_item(p, list);
	}
	return st;
}

/* file "x": the same items. */
static enum status read_file_items(struct parser *p, struct acl_object *list)
{
	struct buf text = buf_of(CONF_TEXT_MAX);
	struct lex outer;
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	if (st == ST_OK)
		st = parser_string(p, "a file's name", &list->file);
	if (st != ST_OK)
		return st;
	if (p->source->read_file == NULL)
		return parser_refuse(p, &t, "no files can be read here");
	st = parser_place(p, &t, p->source->read_file(p->source->arg, list->file, &text, p->why));
	outer = p->lex;
	if (st == ST_OK)
		st = lex_begin(&p->lex, buf_view(&text), p->arena, p->why);
	if (st == ST_OK) {
		st = read_lines(p, list);
		p->why->file = list->file;
		st = parser_place(p, &t, st);
	}
	p->lex = outer;
	buf_free(&text);
	return st;
}

static enum status read_list_type(struct parser *p, struct acl_object *list)
{
	const struct clause_kind *k;
	struct guess g;
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	if (st != ST_OK)
		return st;
	list->of = t.kind == TOKEN_WORD ? clause_find(t.text) : NULL;
	if (list->of != NULL && list->of->list != 0) {
		lex_take(&p->lex, &t);
		return ST_OK;
	}
	g = guess_of(t.text);
	for (size_t i = 0; (k = clause_at(i)) != NULL; i++)
		if (k->list != 0)
			guess_try(&g, k->name);
	if (t.kind == TOKEN_WORD && g.best != NULL)
		return parser_refuse(p, &t, "there are no lists of '%.*s'; did you mean '%s'?",
		                     VIEW_ARG(t.text), g.best);
	return parser_expected(p, &t, "what the list is of (addr, domain, from, rcpt ...)");
}

static enum status read_list(struct parser *p, struct acl_object *list)
{
	struct token t;
	enum status st = read_list_type(p, list);

	if (st != ST_OK || list->of == NULL)
		return st;
	acl_list_begin(p->acl, list);
	if (parser_accept(p, "file")) {
		st = read_file_items(p, list);
	} else {
		st = parser_expect(p, "{");
		if (st == ST_OK)
			st = read_items(p, list);
		t = parser_here(p);
		if (st == ST_OK && list->count == 0)
			return parser_refuse(p, &t, "the list \"%s\" is empty", list->name);
	}
	if (st == ST_OK)
		acl_list_seal(list);
	return st;
}

/* A list that speaks for the client counts against the others. */
static enum status read_weight(struct parser *p, struct acl_object *o)
{
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	if (st == ST_OK)
		st = parser_number(p, "a weight from 1 on", ACL_WEIGHT_MAX, &o->weight);
	if (st == ST_OK && o->weight == 0)
		st = parser_refuse(p, &t, "a weight is a number from 1 to %d", ACL_WEIGHT_MAX);
	if (st == ST_OK && p->acl->weight_count == ACL_WEIGHTS_MAX)
		st = parser_refuse(p, &t, "more than %zu lists have a weight", ACL_WEIGHTS_MAX);
	if (o->kind == OBJECT_DNSWL)
		o->weight = -o->weight;
	return st;
}

static enum status read_dnsrbl(struct parser *p, struct acl_object *o)
{
	struct ip ip;
	struct token t;
	int64_t bits;
	enum status st = parser_peek(p, LEX_PATTERN, &t);

	if (st != ST_OK)
		return st;
	if (t.kind != TOKEN_WORD)
		return parser_expected(p, &t, "the zone of the list, without quotes");
	o->text = arena_text(p->arena, t.text);
	lex_take(&p->lex, &t);
	st = parser_address(p, &ip);
	if (st != ST_OK)
		return st;
	bits = ip_width(&ip);
	st = parser_peek(p, LEX_WORD, &t);
	if (st == ST_OK && token_is(&t, "/"))
		st = parser_bits(p, bits, &bits);
	o->number = bits;
	o->net = ip_mask(&ip, (unsigned)bits);
	if (st == ST_OK && parser_accept(p, "weight"))
		st = read_weight(p, o);
	return st;
}

/* Their expressions know no lines (compiled without REG_NEWLINE). */
static enum status read_macro(struct parser *p, struct acl_object *o)
{
	struct token t;
	enum status st = parser_string(p, "a macro as \"{name}\"", &o->text);

	if (st == ST_OK)
		st = parser_peek(p, LEX_PATTERN, &t);
	if (st != ST_OK)
		return st;
	if (token_is(&t, "unset"))
		o->unset = true;
	else if (t.kind == TOKEN_STRING || t.kind == TOKEN_REGEX)
		o->text2 = arena_text(p->arena, t.text);
	else
		return parser_expected(p, &t, "a \"string\", a /regular expression/ or unset");
	lex_take(&p->lex, &t);
	if (t.kind != TOKEN_REGEX)
		return ST_OK;
	o->extended = p->extended;
	st = acl_add_regex(p->acl, t.text, p->extended ? POSIX_EXTENDED : POSIX_BASIC, &o->regex,
	                   p->why);
	if (st != ST_OK) {
		p->why->line = t.line;
		p->why->column += t.column;
	}
	return st;
}

static enum status read_ratelimit(struct parser *p, struct acl_object *o)
{
	static const char *const words[] = { "rcpt", "session", "data" };
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);
	unsigned i = 0;

	if (st != ST_OK)
		return st;
	while (i < 3 && !token_is(&t, words[i]))
		i++;
	if (i == 3)
		return parser_expected(p, &t, "rcpt, session or data");
	lex_take(&p->lex, &t);
	o->count_by = (enum acl_count)i;
	o->text = "%i";
	st = parser_number(p, "how many", INT64_MAX / 1024, &o->number);
	if (st == ST_OK)
		st = parser_expect(p, "/");
	if (st == ST_OK)
		st = parser_peek(p, LEX_WORD, &t);
	if (st == ST_OK)
		st = parser_duration(p, "a duration (1m, 1h)", &o->period_s);
	if (st == ST_OK && o->period_s <= 0)
		return parser_refuse(p, &t, "a duration longer than nothing is expected");
	if (st == ST_OK && parser_accept(p, "key"))
		st = parser_string(p, "a \"string\"", &o->text);
	return st;
}

static enum status read_flags(struct parser *p, struct acl_object *o, const char *const *words,
                              const unsigned *bits)
{
	for (size_t i = 0; words[i] != NULL; i++) {
		if (parser_accept(p, words[i])) {
			o->flags |= bits[i];
			i = SIZE_MAX; /* from the first word again */
		}
	}
	return ST_OK;
}

static enum status read_urlcheck(struct parser *p, struct acl_object *o)
{
	static const char *const words[] = {
		"postmsg", "noencode", "fork", "getprop", "clear", NULL
	};
	static const unsigned bits[] = { CHECK_POSTMSG, CHECK_NOENCODE, CHECK_FORK, CHECK_GETPROP,
		                         CHECK_CLEAR };
	enum status st = parser_string(p, "a URL", &o->text);

	if (st == ST_OK)
		st = parser_number(p, "a number of connections", INT32_MAX, &o->number);
	return st == ST_OK ? read_flags(p, o, words, bits) : st;
}

static enum status read_ldapcheck(struct parser *p, struct acl_object *o)
{
	static const char *const words[] = { "clear", "domatch", "noescape", NULL };
	static const unsigned bits[] = { CHECK_CLEAR, CHECK_DOMATCH, CHECK_NOESCAPE };
	enum status st = parser_string(p, "a URL", &o->text);

	return st == ST_OK ? read_flags(p, o, words, bits) : st;
}

/* milter-greylist takes any; with one that can't be, no server takes an update. */
static enum status read_tsig(struct parser *p, struct acl_object *o)
{
	struct dnsupdate_key key;
	enum status st = parser_string(p, "an algorithm", &o->text);

	if (st == ST_OK)
		st = parser_string(p, "a key in base64", &o->text2);
	if (st == ST_OK && dnsupdate_key_read(view_of(o->name), view_of(o->text), view_of(o->text2),
	                                      &key) != ST_OK)
		parser_warn(p,
		            "the tsig \"%s\" is not used: its name is that of a key, the "
		            "algorithm hmac-md5, hmac-sha1 or hmac-sha256, the key base64",
		            o->name);
	return st;
}

static enum status read_update_field(struct parser *p, struct acl_object *o)
{
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	if (st != ST_OK)
		return st;
	if (parser_accept(p, "servers"))
		return parser_string(p, "servers", &o->update.servers);
	if (parser_accept(p, "rname"))
		return parser_string(p, "a name", &o->update.rname);
	if (parser_accept(p, "rvalue"))
		return parser_string(p, "a value", &o->update.rvalue);
	if (parser_accept(p, "ttl"))
		return parser_duration(p, "a duration", &o->update.ttl);
	if (parser_accept(p, "class"))
		return parser_number(p, "a class", UINT16_MAX, &o->update.dns_class);
	if (parser_accept(p, "type"))
		return parser_number(p, "a type", UINT16_MAX, &o->update.type);
	if (!parser_accept(p, "tsig"))
		return parser_expected(p, &t,
		                       "servers, rname, rvalue, ttl, class, type, tsig or '}'");
	st = parser_peek(p, LEX_WORD, &t);
	if (st == ST_OK)
		st = parser_string(p, "the name of a tsig", &o->update.tsig);
	if (st == ST_OK && acl_find_object(p->acl, OBJECT_TSIG, view_of(o->update.tsig)) == NULL)
		st = parser_refuse(p, &t, "there is no tsig \"%s\" above this line",
		                   o->update.tsig);
	return st;
}

static void warn_update(struct parser *p, const struct acl_object *o)
{
	const char *lacks = o->update.servers == NULL  ? "servers"
	                    : o->update.rname == NULL  ? "rname"
	                    : o->update.rvalue == NULL ? "rvalue"
	                                               : NULL;

	if (lacks != NULL)
		parser_warn(p, "the nsupdate \"%s\" can't be sent: it has no %s", o->name, lacks);
	if (o->update.type != ACL_UNSET && !dnsupdate_knows(o->update.type))
		parser_warn(p,
		            "the nsupdate \"%s\" can't be sent: the type %lld is not one of 1 (A), "
		            "2 (NS), 5 (CNAME), 12 (PTR), 16 (TXT) and 28 (AAAA)",
		            o->name, (long long)o->update.type);
	if (o->update.ttl != ACL_UNSET && (o->update.ttl < 0 || o->update.ttl > INT32_MAX))
		parser_warn(p, "the nsupdate \"%s\" has a ttl that the DNS does not have", o->name);
}

static enum status read_nsupdate(struct parser *p, struct acl_object *o)
{
	enum status st = parser_expect(p, "{");
	struct token t;

	o->update.ttl = o->update.dns_class = o->update.type = ACL_UNSET;
	while (st == ST_OK && !parser_accept(p, "}")) {
		st = parser_peek(p, LEX_WORD, &t);
		if (st == ST_OK && t.kind == TOKEN_NEWLINE)
			lex_take(&p->lex, &t);
		else if (st == ST_OK)
			st = read_update_field(p, o);
	}
	if (st == ST_OK)
		warn_update(p, o);
	return st;
}

static const struct definition {
	const char *word;
	enum acl_object_kind kind;
	enum status (*read)(struct parser *p, struct acl_object *o);
	bool once; /* milter-greylist refuses a second one of the name */
} definitions[] = {
	{ "list", OBJECT_LIST, read_list, true },
	{ "condition", OBJECT_CONDITION, parser_named_condition, true },
	{ "dnsrbl", OBJECT_DNSRBL, read_dnsrbl, true },
	{ "dnswl", OBJECT_DNSWL, read_dnsrbl, true },
	{ "sm_macro", OBJECT_MACRO, read_macro, false },
	{ "ratelimit", OBJECT_RATELIMIT, read_ratelimit, true },
	{ "urlcheck", OBJECT_URLCHECK, read_urlcheck, true },
	{ "ldapcheck", OBJECT_LDAPCHECK, read_ldapcheck, false },
	{ "tsig", OBJECT_TSIG, read_tsig, false },
	{ "nsupdate", OBJECT_NSUPDATE, read_nsupdate, false },
};

enum status parser_definition(struct parser *p, const struct token *word)
{
	const struct definition *d = definitions;
	struct acl_object *o;
	const char *name = NULL;
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	while (!token_is(word, d->word))
		d++;
	if (st == ST_OK)
		st = parser_string(p, "the \"name\" of what is defined", &name);
	if (st != ST_OK)
		return st;
	if (acl_find_object(p->acl, d->kind, view_of(name)) != NULL) {
		if (d->once)
			return parser_refuse(p, &t, "there is a %s \"%s\" already", d->word, name);
		parser_warn(p, "there is a %s \"%s\" already: this one counts from here on",
		            d->word, name);
	}
	o = new_object(p, d->kind, name);
	o->source = p->file;
	o->line = word->line;
	st = d->read(p, o);
	if (st == ST_OK && acl_add_object(p->acl, o) != ST_OK)
		st = parser_refuse(p, &t, "more than %zu definitions", ACL_OBJECTS_MAX);
	if (st == ST_OK) {
		struct conf_item item = { .kind = ITEM_OBJECT, .object = o };

		parser_item(p, &item);
	}
	return st;
}
