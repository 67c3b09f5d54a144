#include "conf/parse.h"

#include <stdio.h>

#include "conf/parser.h"
#include "engine/fold.h"
#include "util/escape.h"

void parser_warn(struct parser *p, const char *fmt, ...)
{
	struct diag d = { .file = p->file };
	va_list ap;

	if (p->source->warn == NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(d.text, sizeof(d.text), fmt, ap);
	va_end(ap);
	if (d.file != NULL) {
		d.line = p->line;
		d.column = p->column;
	}
	p->source->warn(p->source->arg, &d);
}

static void acl_warning(void *arg, const char *text)
{
	parser_warn(arg, "%s", text);
}

enum status parser_refuse(struct parser *p, const struct token *t, const char *fmt, ...)
{
	char text[sizeof(p->why->text)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_at(p->why, t->line, t->column, "%s", text);
	return ST_INVALID;
}

enum status parser_expected(struct parser *p, const struct token *t, const char *what)
{
	char text[ESCAPE_ROOM(40)];

	if (t->kind == TOKEN_END)
		return parser_refuse(p, t, "expected %s, not the end of the file", what);
	if (t->kind == TOKEN_NEWLINE)
		return parser_refuse(p, t, "expected %s, not the end of the line", what);
	escape_text(view_first(t->text, 40), text, sizeof(text));
	switch (t->kind) {
	case TOKEN_STRING: return parser_refuse(p, t, "expected %s, not \"%s\"", what, text);
	case TOKEN_REGEX: return parser_refuse(p, t, "expected %s, not /%s/", what, text);
	case TOKEN_PROPERTY: return parser_refuse(p, t, "expected %s, not $%s", what, text);
	case TOKEN_END:
	case TOKEN_NEWLINE:
	case TOKEN_WORD:
	case TOKEN_ADDRESS:
	case TOKEN_MAIL:
	case TOKEN_MARK: break;
	}
	return parser_refuse(p, t, "expected %s, not '%s'", what, text);
}

enum status parser_place(struct parser *p, const struct token *t, enum status st)
{
	char text[sizeof(p->why->text)];

	if (st == ST_OK) {
		p->why->file = p->file;
		return st;
	}
	if (p->why->file == p->file)
		p->why->file = NULL;
	if (p->why->file != NULL) {
		diag_format(p->why, text, sizeof(text));
		diag_set(p->why, "%s", text);
	}
	if (p->file == NULL) { /* nobody knows that text: the file that it names is enough */
		p->why->file = NULL;
		p->why->line = p->why->column = 0;
		return st;
	}
	p->why->file = p->file;
	p->why->line = t->line;
	p->why->column = t->column;
	return st;
}

enum status parser_peek(struct parser *p, enum lex_want want, struct token *t)
{
	return lex_peek(&p->lex, want, t, p->why);
}

struct token parser_here(struct parser *p)
{
	struct token t;

	if (lex_peek(&p->lex, LEX_WORD, &t, &(struct diag){ 0 }) != ST_OK)
		t.kind = TOKEN_MARK; /* of which only line and column count */
	return t;
}

bool parser_accept(struct parser *p, const char *word)
{
	struct token t;

	if (lex_peek(&p->lex, LEX_WORD, &t, &(struct diag){ 0 }) != ST_OK || !token_is(&t, word))
		return false;
	lex_take(&p->lex, &t);
	return true;
}

enum status parser_expect(struct parser *p, const char *word)
{
	struct token t;
	char text[64];
	enum status st = parser_peek(p, LEX_WORD, &t);

	if (st != ST_OK)
		return st;
	(void)snprintf(text, sizeof(text), "'%s'", word);
	if (!token_is(&t, word))
		return parser_expected(p, &t, text);
	lex_take(&p->lex, &t);
	return ST_OK;
}

enum status parser_string(struct parser *p, const char *what, const char **out)
{
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	if (st != ST_OK)
		return st;
	if (t.kind != TOKEN_STRING)
		return parser_expected(p, &t, what);
	*out = arena_text(p->arena, t.text);
	lex_take(&p->lex, &t);
	return ST_OK;
}

bool parser_at_number(struct parser *p)
{
	struct token t;

	if (lex_peek(&p->lex, LEX_WORD, &t, &(struct diag){ 0 }) != ST_OK || t.kind != TOKEN_WORD)
		return false;
	return ascii_digit(t.text.p[t.text.p[0] == '-' && t.text.n > 1 ? 1 : 0]);
}

static enum status number_error(struct parser *p, const struct token *t, enum status st,
                                const char *what)
{
	if (st == ST_LIMIT)
		return parser_refuse(p, t, "'%.*s' is too large",
		                     VIEW_ARG(view_first(t->text, 40)));
	return parser_expected(p, t, what);
}

enum status parser_number(struct parser *p, const char *what, int64_t max, int64_t *out)
{
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	if (st != ST_OK)
		return st;
	st = t.kind == TOKEN_WORD ? lex_number(t.text, max, out) : ST_INVALID;
	if (st != ST_OK)
		return number_error(p, &t, st, what);
	lex_take(&p->lex, &t);
	return ST_OK;
}

enum status parser_duration(struct parser *p, const char *what, int64_t *out)
{
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	if (st != ST_OK)
		return st;
	st = t.kind == TOKEN_WORD ? lex_duration(t.text, out) : ST_INVALID;
	/* "1k" is a number in milter-greylist's statements. */
	if (st == ST_INVALID && t.kind == TOKEN_WORD) {
		st = lex_number(t.text, CONF_DURATION_MAX, out);
		if (st == ST_OK)
			parser_warn(p,
			            "\"%.*s\" is %lld seconds: k and M multiply; minutes are "
			            "written as 30m",
			            VIEW_ARG(t.text), (long long)*out);
	}
	if (st != ST_OK)
		return number_error(p, &t, st, what);
	lex_take(&p->lex, &t);
	return ST_OK;
}

static enum status not_an_address(struct parser *p, const struct token *t)
{
	bool quad = t->kind == TOKEN_ADDRESS;

	for (size_t i = 0; i < t->text.n; i++)
		quad = quad && (ascii_digit(t->text.p[i]) || t->text.p[i] == '.');
	if (quad)
		return parser_refuse(p, t,
		                     "'%.*s' is no IP address: four numbers up to 255 are "
		                     "expected, as in 10.0.0.0/8",
		                     VIEW_ARG(view_first(t->text, 40)));
	if (token_is(t, "{"))
		return parser_refuse(p, t,
		                     "a list stands in a statement of its own, list \"NAME\" "
		                     "addr { ... }; here list \"NAME\" names it");
	return parser_expected(p, t, "an IP address");
}

enum status parser_address(struct parser *p, struct ip *out)
{
	struct token t;
	enum status st = parser_peek(p, LEX_ADDRESS, &t);

	if (st != ST_OK)
		return st;
	/* The zone of fe80::1%eth0 says nothing to a rule. */
	if (t.kind != TOKEN_ADDRESS ||
	    ip_parse(view_first(t.text, view_find(t.text, '%')), out) != ST_OK)
		return not_an_address(p, &t);
	lex_take(&p->lex, &t);
	return ST_OK;
}

enum status parser_bits(struct parser *p, int64_t max, int64_t *out)
{
	struct token t;
	enum status st = parser_expect(p, "/");

	if (st == ST_OK)
		st = parser_peek(p, LEX_WORD, &t);
	if (st != ST_OK)
		return st;
	if (t.kind == TOKEN_WORD && view_u64(t.text, 999, (uint64_t *)out) == ST_OK && *out > max)
		return parser_refuse(p, &t, "a network has at most %lld bits here", (long long)max);
	return parser_number(p, "a number of bits", max, out);
}

void parser_item(struct parser *p, const struct conf_item *item)
{
	struct conf_item *copy = arena_one(p->arena, struct conf_item);

	*copy = *item;
	copy->next = NULL;
	*p->items_tail = copy;
	p->items_tail = &copy->next;
}

static enum status unknown_statement(struct parser *p, const struct token *t)
{
	struct guess g = guess_of(t->text);

	for (size_t i = 0; conf_statement_name(i) != NULL; i++)
		guess_try(&g, conf_statement_name(i));
	if (t->kind == TOKEN_WORD && g.best != NULL)
		return parser_refuse(p, t, "no statement is called '%.*s'; did you mean '%s'?",
		                     VIEW_ARG(view_first(t->text, 40)), g.best);
	return parser_expected(p, t, "a statement");
}

static enum status end_of_statement(struct parser *p)
{
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	if (st != ST_OK)
		return st;
	if (t.kind != TOKEN_NEWLINE && t.kind != TOKEN_END)
		return parser_expected(p, &t, "the end of the line");
	lex_take(&p->lex, &t);
	return ST_OK;
}

static enum status read_statement(struct parser *p, const struct token *word)
{
	const struct statement *s = word->kind == TOKEN_WORD ? statement_find(word->text) : NULL;
	enum status st;

	if (s == NULL)
		return unknown_statement(p, word);
	p->line = word->line;
	p->column = word->column;
	lex_take(&p->lex, word);
	st = statement_read(s, p, word);
	return st == ST_OK ? end_of_statement(p) : st;
}

enum status parser_statements(struct parser *p)
{
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	while (st == ST_OK && t.kind != TOKEN_END) {
		if (t.kind == TOKEN_NEWLINE)
			lex_take(&p->lex, &t);
		else
			st = read_statement(p, &t);
		if (st == ST_OK)
			st = parser_peek(p, LEX_WORD, &t);
	}
	return st;
}

/* The defaults of milter-greylist, where they are not those of struct conf. */
static void set_defaults(struct conf_options *o)
{
	o->greylist = (int64_t)30 * 60;
	o->autowhite = (int64_t)24 * 3600;
	o->timeout = (int64_t)5 * 86400;
	o->dumpfreq = 600;
	o->tarpit = ACL_UNSET;
	o->subnetmatch = 32;
	o->subnetmatch6 = 128;
	o->syncmaxqlen = 1024;
	o->tarpit_scope = ACL_SCOPE_SESSION;
	o->report = REPORT_ALL;
	o->source = SOURCE_NET;
	o->dumpfile_mode = ACL_UNSET;
	o->retry_window = ACL_UNSET;
	o->store_timeout = CONF_STORE_TIMEOUT_MS / 1000;
	o->dns_timeout = CONF_DNS_TIMEOUT_MS / 1000;
	o->spamd_timeout = CONF_SPAMD_TIMEOUT_MS / 1000;
	o->urlcheck_timeout = CONF_URL_TIMEOUT_MS / 1000;
	o->bogofilter_timeout = CONF_BOGOFILTER_TIMEOUT_MS / 1000;
	o->bogofilter_children = CONF_BOGOFILTER_CHILDREN;
	o->max_connections = CONF_MAX_CONNECTIONS;
	o->max_message_memory = (int64_t)CONF_MESSAGE_MEMORY;
	o->stress = CONF_STRESS;
	o->autowhite_every = 3600;
	o->retries = 1;
	o->log_level = -1;
}

static void apply_user(struct conf *c, struct arena *arena, const char *user)
{
	struct view v = view_of(user);
	size_t colon = view_find(v, ':');

	if (user == NULL)
		return;
	c->user = arena_text(arena, view_first(v, colon));
	if (colon != VIEW_NONE)
		c->group = arena_text(arena, view_from(v, colon + 1));
}

static void apply_face(struct conf *c, const struct conf_options *o)
{
	static const struct {
		const char *program, *version;
	} faces[] = {
		[CONF_GREYLAG] = { "greylagd", GREYLAG_VERSION },
		/* Their last releases: header and log parsers were written for those. */
		[CONF_POSTGREY] = { "postgrey", "1.37" },
		[CONF_MILTER_GREYLIST] = { "milter-greylist", "4.6.4" },
	};

	c->face = o->face;
	c->program = faces[o->face].program;
	c->version = faces[o->face].version;
	if (o->hostname != NULL)
		c->hostname = o->hostname;
	if (o->greylist_action != NULL)
		c->greylist_action = o->greylist_action;
	c->greylist_text = o->greylist_text;
	c->header = o->greylist_header;
}

static void apply_process(struct conf *c, const struct conf_options *o)
{
	c->pidfile = o->pidfile;
	c->daemonize = !o->nodetach;
	c->workers = (unsigned)o->workers;
	c->max_connections = o->max_connections > 0 ? (unsigned)o->max_connections : 1;
	c->listen_backlog = (unsigned)o->listen_backlog;
	c->message_memory = (size_t)o->max_message_memory;
	c->policy = o->policy;
	c->milter = o->milter;
	c->exim = o->exim;
	c->test_clock = o->test_clock;
	c->resolver_recursive = o->resolver_recursive;
	c->resolvers = o->resolvers;
	c->resolver_count = o->resolver_count;
	if (o->log_level >= 0)
		c->log_level = (enum log_level)o->log_level;
	else if (o->verbose)
		c->log_level = LOG_LEVEL_DEBUG;
	else if (o->face == CONF_MILTER_GREYLIST)
		c->log_level = LOG_LEVEL_INFO; /* that of its lines about decisions */
	if (o->logfac != NULL && !o->no_syslog)
		(void)(log_facility_parse(view_of(o->logfac), &c->log_facility) == ST_OK);
}

#define TIMEOUT_MAX_S 60

static unsigned bounded_ms(int64_t s)
{
	s = s < TIMEOUT_MAX_S ? s : TIMEOUT_MAX_S;
	return s > 0 ? (unsigned)s * 1000 : 100;
}

/* A lazy autowhite is one for the client alone, from its first pass on. */
static void apply_memory(struct conf *c, const struct conf_options *o)
{
	c->store_dir = o->store_dir != NULL ? o->store_dir : CONF_STORE_DIR;
	c->store_timeout_ms = bounded_ms(o->store_timeout);
	c->privacy = o->privacy;
	c->delay = o->greylist;
	c->retry_window = o->retry_window != ACL_UNSET ? o->retry_window : o->greylist + o->timeout;
	c->max_age = o->autowhite;
	c->ipv4_bits = (unsigned)o->subnetmatch;
	c->ipv6_bits = (unsigned)o->subnetmatch6;
	c->auto_allow = o->lazyaw || o->autowhite_clients > 0;
	c->auto_allow_after = o->lazyaw ? 1 : o->autowhite_clients;
	c->auto_allow_interval_s = o->lazyaw ? 0 : o->autowhite_every;
	c->retry_count = o->retries > 0 ? o->retries : 1;
	c->sources = o->source;
	c->promised = o->face != CONF_POSTGREY;
	c->fold = (o->fold_srs ? FOLD_SRS : 0u) | (o->face != CONF_POSTGREY ? FOLD_EQUALS : 0u);
}

static void apply_spamd(struct conf *c, const struct conf_options *o)
{
	const int64_t most_s = CONF_SPAMD_TIMEOUT_MAX_MS / 1000;

	c->spamd = o->spamd;
	c->spamd_count = o->spamd_count;
	c->spamd_headers = o->spamd_headers && o->spamd_count > 0;
	c->spamd_user = o->spamd_user;
	c->spamd_user_else = o->spamd_user_else;
	if (o->spamd_timeout > 0)
		c->spamd_timeout_ms =
			1000u * (unsigned)(o->spamd_timeout < most_s ? o->spamd_timeout : most_s);
}

/* Rules about a program that no statement names. */
static void apply_programs(struct parser *p)
{
	struct conf_options *o = p->options;
	uint64_t wanted = p->acl->wanted[ACL_RCPT] | p->acl->wanted[ACL_DATA];

	p->conf->bogofilter_timeout_ms = bounded_ms(o->bogofilter_timeout);
	p->line = p->column = 0;
	if ((wanted & FACT_BIT(FACT_P0F)) != 0 && o->p0fsock == NULL)
		parser_warn(p, "without a statement p0fsock \"PATH\" p0f is not asked");
	if ((wanted & FACT_BIT(FACT_LDAPCHECK)) != 0 && o->ldap == NULL)
		parser_warn(p, "without a statement ldapconf \"URL\" no directory is asked");
	if (o->bogofilter != NULL)
		return;
	if ((wanted & FACTS_OF_BOGOFILTER) != 0 || o->bogofilter_headers)
		parser_warn(p,
		            "without a statement bogofilter \"COMMAND\" Bogofilter is not asked");
	p->acl->never |= FACTS_OF_BOGOFILTER;
	o->bogofilter_headers = false;
}

/* What the rest of the daemon reads. */
static void apply(struct parser *p)
{
	struct conf_options *o = p->options;
	struct conf *c = p->conf;
	struct acl_globals *g = &p->acl->globals;

	/* Who writes rules about these does not want the blanket exemptions. */
	o->noauth = o->noauth || p->acl->uses_auth;
	o->nospf = o->nospf || p->acl->uses_spf;
	apply_user(c, p->arena, o->user);
	apply_face(c, o);
	apply_process(c, o);
	apply_memory(c, o);
	c->exempt_auth = !o->noauth;
	c->exempt_spf = !o->nospf;
	c->dns_timeout_ms = bounded_ms(o->dns_timeout);
	apply_spamd(c, o);
	c->url_timeout_ms = bounded_ms(o->urlcheck_timeout);
	apply_programs(p);
	c->delayed_reject = o->delayedreject;
	c->tarpit_budget = o->tarpit_budget;
	c->stress = o->stress;
	g->delay = o->greylist;
	g->autowhite = o->autowhite;
	g->tarpit_scope = o->tarpit_scope;
	g->testmode = o->testmode;
	g->domainexact = o->domainexact;
	g->helo_within = o->helo_substring;
	g->tempfail = o->tempfail;
	g->lenient = o->face == CONF_MILTER_GREYLIST ? FACTS_THAT_MAY_FAIL : 0;
	p->acl->warn = NULL;
	p->acl->read_file = NULL;
}

/* The command line's statements: in no file, and the line says which it is. */
static enum status read_more(struct parser *p)
{
	char text[sizeof(p->why->text)];
	enum status st;

	if (p->source->more.n == 0)
		return ST_OK;
	p->at_command_line = true;
	p->file = NULL;
	st = lex_begin(&p->lex, p->source->more, p->arena, p->why);
	if (st == ST_OK)
		st = parser_statements(p);
	if (st == ST_OK)
		return st;
	(void)snprintf(text, sizeof(text), "on the command line: %.360s", p->why->text);
	diag_at(p->why, 0, 0, "%s", text);
	return st;
}

enum status conf_parse(const struct conf_source *source, struct conf **out, struct diag *why)
{
	struct parser p = {
		.source = source, .file = source->name, .why = why, .maxpeek = -1, .line = 1
	};
	enum status st;

	why->file = source->name;
	p.conf = conf_new();
	p.arena = p.conf->arena;
	p.acl = acl_new(p.arena);
	p.conf->acl = p.acl;
	p.options = arena_one(p.arena, struct conf_options);
	p.conf->options = p.options;
	p.items_tail = &p.options->items;
	p.policy_tail = &p.options->policy;
	p.milter_tail = &p.options->milter;
	p.children_tail = &p.conf->children;
	p.acl->warn = acl_warning;
	p.acl->warn_arg = &p;
	p.acl->read_file = source->read_file;
	p.acl->read_arg = source->arg;
	set_defaults(p.options);
	st = lex_begin(&p.lex, source->text, p.arena, why);
	if (st == ST_OK)
		st = parser_statements(&p);
	if (st == ST_OK)
		st = read_more(&p);
	if (source->name != NULL)
		why->file = source->name;
	if (st != ST_OK) {
		conf_unref(&p.conf);
		return st;
	}
	apply(&p);
	*out = p.conf;
	return ST_OK;
}

#define SHOWN_MAX 160 /* octets of a line in a message */

/* The line, and a caret under the column; a long line from a little before the place. */
static enum status show_line(struct view line, unsigned column, struct buf *out)
{
	size_t from = column > SHOWN_MAX ? column - SHOWN_MAX / 2 : 0;
	struct view shown = view_first(view_from(line, from), SHOWN_MAX);
	enum status st = buf_append(out, VIEW("  "));

	for (size_t i = 0; i < shown.n && st == ST_OK; i++) {
		unsigned char c = (unsigned char)shown.p[i];

		st = buf_byte(out, (char)(c < ' ' || c == 127 ? ' ' : c));
	}
	if (st == ST_OK)
		st = buf_append(out, VIEW("\n  "));
	for (size_t i = from + 1; i < column && i <= line.n && st == ST_OK; i++)
		if ((line.p[i - 1] & 0xc0) != 0x80) /* one place for each character of UTF-8 */
			st = buf_byte(out, ' ');
	return st == ST_OK ? buf_append(out, VIEW("^\n")) : st;
}

enum status conf_explain(const struct conf_source *source, const struct diag *why, struct buf *out)
{
	struct view rest = source->text, line = { "", 0 };
	char text[sizeof(why->text) + 512];
	size_t before = out->n;
	enum status st;

	diag_format(why, text, sizeof(text));
	st = buf_printf(out, "%s\n", text);
	for (unsigned n = 0; n < why->line; n++)
		if (!view_next(&rest, '\n', &line))
			line = (struct view){ "", 0 };
	if (st == ST_OK && why->line > 0 && why->column > 0)
		st = show_line(line, why->column, out);
	if (st != ST_OK)
		out->n = before;
	return st;
}
