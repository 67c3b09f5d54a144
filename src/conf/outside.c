/* What is outside of us: DNS, spamd, DRAC, our own address, peers, LDAP. */
#include "conf/statements.h"

#include <stdio.h>

#include "codec/spamc.h"

#define SPAMD_HOST_MAX 255u
#define SPAMD_PATH_MAX 107u /* unix(7) */

static enum status add_server(struct parser *p, const struct token *t, const char *text)
{
	struct conf_options *o = p->options;

	if (!ip_is_name_server(view_of(text)))
		return parser_refuse(p, t,
		                     "an address is expected: \"ADDRESS\" or \"ADDRESS@PORT\"");
	if (o->resolver_count == CONF_RESOLVERS_MAX)
		return parser_refuse(p, t, "more than %d servers", CONF_RESOLVERS_MAX);
	o->resolvers[o->resolver_count++] = text;
	return ST_OK;
}

/* The one excludes the other: who recurses asks no server. */
enum status statement_read_resolver(struct parser *p, const struct token *word)
{
	const char *text = NULL;
	struct token t = parser_here(p);
	enum status st = ST_OK;

	if (parser_accept(p, "recursive")) {
		p->options->resolver_recursive = true;
	} else {
		st = parser_string(p, "recursive or a server \"ADDRESS@PORT\"", &text);
		if (st == ST_OK)
			st = add_server(p, &t, text);
	}
	if (st == ST_OK && p->options->resolver_recursive && p->options->resolver_count > 0)
		return parser_refuse(p, word, "the resolver is recursive or has servers, not both");
	return st;
}

enum status statement_print_resolver(const struct conf_options *o, struct buf *out)
{
	enum status st = o->resolver_recursive ? buf_printf(out, "resolver recursive\n") : ST_OK;

	for (size_t i = 0; i < o->resolver_count && st == ST_OK; i++)
		st = statement_print_strings(out, "resolver", o->resolvers[i], NULL);
	return st;
}

/* "HOST:PORT", "[ADDRESS]:PORT", or a host alone: then the port is spamd's own. */
static bool split_spamd(struct arena *arena, struct view text, struct conf_spamd *out)
{
	bool bracket = text.n > 0 && text.p[0] == '[';
	size_t close = bracket ? view_find(text, ']') : 0;
	struct view rest = view_from(text, close);
	size_t colon = view_find(rest, ':');
	struct view host = view_first(text, colon == VIEW_NONE ? text.n : close + colon);
	struct view port = colon == VIEW_NONE ? VIEW("783") : view_from(rest, colon + 1);
	uint64_t number;

	if (bracket && (close == VIEW_NONE || host.n != close + 1))
		return false;
	if (bracket)
		host = (struct view){ host.p + 1, host.n - 2 };
	if (host.n == 0 || host.n > SPAMD_HOST_MAX || view_u64(port, 65535, &number) != ST_OK ||
	    number == 0)
		return false;
	*out = (struct conf_spamd){ .host = arena_text(arena, host),
		                    .port = arena_text(arena, port) };
	return true;
}

static enum status add_spamd(struct parser *p, bool is_path)
{
	struct conf_options *o = p->options;
	struct token t = parser_here(p);
	const char *text = NULL;
	enum status st = parser_string(p, "\"HOST:PORT\" or \"PATH\"", &text);
	struct conf_spamd *s = &o->spamd[o->spamd_count];

	if (st != ST_OK)
		return st;
	if (o->spamd_count == CONF_SPAMD_MAX)
		return parser_refuse(p, &t, "more than %d servers", CONF_SPAMD_MAX);
	*s = (struct conf_spamd){ .path = is_path ? text : NULL };
	if (is_path ? text[0] != '/' || strlen(text) > SPAMD_PATH_MAX
	            : !split_spamd(p->arena, view_of(text), s))
		return parser_refuse(p, &t,
		                     is_path ? "a path is expected: \"/PATH\""
		                             : "a server is expected: \"HOST:PORT\"");
	o->spamd_count++;
	return ST_OK;
}

/* One server a statement, or several. */
enum status statement_read_spamdsock(struct parser *p, const struct token *word)
{
	static const char *const words[] = { "inet", "unix", NULL };
	unsigned i = 0;
	enum status st = statement_choice(p, words, &i);

	(void)word;
	if (st == ST_OK)
		st = add_spamd(p, i == 1);
	while (st == ST_OK && parser_here(p).kind == TOKEN_STRING)
		st = add_spamd(p, i == 1);
	return st;
}

enum status statement_print_spamdsock(const struct conf_options *o, struct buf *out)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < o->spamd_count && st == ST_OK; i++) {
		const struct conf_spamd *s = &o->spamd[i];
		bool colons = s->path == NULL && strchr(s->host, ':') != NULL;

		if (s->path != NULL)
			st = statement_print_strings(out, "spamdsock unix", s->path, NULL);
		else
			st = buf_printf(out, "spamdsock inet \"%s%s%s:%s\"\n", colons ? "[" : "",
			                s->host, colons ? "]" : "", s->port);
	}
	return st;
}

static const char *const spamd_users[] = { "none", "recipient", "local", NULL };

enum status statement_read_spamd_user(struct parser *p, const struct token *word)
{
	struct conf_options *o = p->options;
	struct token t;
	unsigned i = 0;
	enum status st = statement_choice(p, spamd_users, &i);

	(void)word;
	o->spamd_user = (enum conf_spamd_user)i;
	o->spamd_user_else = NULL;
	t = parser_here(p);
	if (st != ST_OK || t.kind != TOKEN_STRING)
		return st;
	st = parser_string(p, "the \"name\" of a user", &o->spamd_user_else);
	if (st == ST_OK && !spamc_is_user(view_of(o->spamd_user_else)))
		return parser_refuse(p, &t, "the name of a user is expected, without blanks");
	return st;
}

enum status statement_print_spamd_user(const struct conf_options *o, struct buf *out)
{
	char statement[32];

	if (o->spamd_user == SPAMD_USER_NONE && o->spamd_user_else == NULL)
		return ST_OK;
	(void)snprintf(statement, sizeof(statement), "spamd_user %s", spamd_users[o->spamd_user]);
	if (o->spamd_user_else == NULL)
		return buf_printf(out, "%s\n", statement);
	return statement_print_strings(out, statement, o->spamd_user_else, NULL);
}

enum status statement_read_bogofilter(struct parser *p, const struct token *word)
{
	struct conf_options *o = p->options;
	struct token t;
	enum status st = parser_string(p, "a \"command\"", &o->bogofilter);

	(void)word;
	while (st == ST_OK) {
		if (parser_accept(p, "children")) {
			t = parser_here(p);
			st = parser_number(p, "a number of processes", CONF_BOGOFILTER_CHILDREN_MAX,
			                   &o->bogofilter_children);
			if (st == ST_OK && o->bogofilter_children == 0)
				st = parser_refuse(p, &t, "at least one process is needed");
		} else if (parser_accept(p, "timeout")) {
			st = parser_duration(p, "a duration (10s, 1m)", &o->bogofilter_timeout);
		} else {
			break;
		}
	}
	return st;
}

enum status statement_print_bogofilter(const struct conf_options *o, struct buf *out)
{
	enum status st;

	if (o->bogofilter == NULL)
		return ST_OK;
	st = buf_append(out, VIEW("bogofilter "));
	if (st == ST_OK)
		st = print_string(out, view_of(o->bogofilter));
	return st == ST_OK ? buf_printf(out, " children %lld timeout %llds\n",
	                                (long long)o->bogofilter_children,
	                                (long long)o->bogofilter_timeout)
	                   : st;
}

enum status statement_read_drac(struct parser *p, const struct token *word)
{
	enum status st = parser_expect(p, "db");

	(void)word;
	return st == ST_OK ? parser_string(p, "a file's name", &p->options->drac_db) : st;
}

enum status statement_print_drac(const struct conf_options *o, struct buf *out)
{
	return statement_print_strings(out, "drac db", o->drac_db, NULL);
}

enum status statement_read_localaddr(struct parser *p, const struct token *word)
{
	char text[IP_TEXT_MAX];
	struct ip ip;
	enum status st = parser_address(p, &ip);

	(void)word;
	if (st == ST_OK) {
		ip_format(&ip, text);
		p->options->localaddr = arena_text(p->arena, view_of(text));
	}
	return st;
}

enum status statement_print_localaddr(const struct conf_options *o, struct buf *out)
{
	return o->localaddr != NULL ? buf_printf(out, "localaddr %s\n", o->localaddr) : ST_OK;
}

/* An address, or "*" as NULL. */
static enum status read_host(struct parser *p, bool name_too, const char **out)
{
	char text[IP_TEXT_MAX];
	struct token t;
	struct ip ip;
	enum status st;

	*out = NULL;
	if (!name_too && parser_accept(p, "*"))
		return ST_OK;
	st = parser_peek(p, LEX_ADDRESS, &t);
	if (st == ST_OK && name_too && ip_parse(t.text, &ip) != ST_OK) {
		st = parser_peek(p, LEX_PATTERN, &t);
		if (st == ST_OK && t.kind != TOKEN_WORD)
			return parser_expected(p, &t, "a host");
		if (st == ST_OK) {
			*out = arena_text(p->arena, t.text);
			lex_take(&p->lex, &t);
		}
		return st;
	}
	if (st == ST_OK)
		st = parser_address(p, &ip);
	if (st == ST_OK) {
		ip_format(&ip, text);
		*out = arena_text(p->arena, view_of(text));
	}
	return st;
}

static enum status read_sync(struct parser *p, const struct conf_peer **out)
{
	struct conf_peer *a = arena_one(p->arena, struct conf_peer);
	enum status st = read_host(p, false, &a->host);

	if (st == ST_OK && parser_accept(p, "port"))
		st = parser_number(p, "a port", 65535, &a->port);
	*out = a;
	return st;
}

enum status statement_read_syncaddr(struct parser *p, const struct token *word)
{
	return read_sync(p, token_is(word, "syncaddr") ? &p->options->syncaddr
	                                               : &p->options->syncsrcaddr);
}

static enum status print_sync(const char *name, const struct conf_peer *a, struct buf *out)
{
	enum status st;

	if (a == NULL)
		return ST_OK;
	st = buf_printf(out, "%s %s", name, a->host != NULL ? a->host : "*");
	if (st == ST_OK && a->port != 0)
		st = buf_printf(out, " port %lld", (long long)a->port);
	return st == ST_OK ? buf_byte(out, '\n') : st;
}

enum status statement_print_syncaddr(const struct conf_options *o, struct buf *out)
{
	enum status st = print_sync("syncaddr", o->syncaddr, out);

	return st == ST_OK ? print_sync("syncsrcaddr", o->syncsrcaddr, out) : st;
}

#define PEER_TIMEOUT_S 3

enum status statement_read_peer(struct parser *p, const struct token *word)
{
	struct conf_peer **tail = &p->options->peers;
	struct conf_peer *peer = arena_one(p->arena, struct conf_peer);
	enum status st = read_host(p, true, &peer->host);
	unsigned count = 0;

	peer->timeout_s = PEER_TIMEOUT_S;
	if (st == ST_OK && parser_accept(p, "timeout"))
		st = parser_duration(p, "a duration", &peer->timeout_s);
	while (*tail != NULL && ++count)
		tail = &(*tail)->next;
	if (st == ST_OK && count >= 256)
		return parser_refuse(p, word, "more than 256 peers");
	*tail = peer;
	return st;
}

enum status statement_print_peers(const struct conf_options *o, struct buf *out)
{
	enum status st = ST_OK;

	for (const struct conf_peer *p = o->peers; p != NULL && st == ST_OK; p = p->next)
		st = buf_printf(out, "peer %s timeout %llds\n", p->host, (long long)p->timeout_s);
	return st;
}

/* A bare number behind the URLs is seconds too: the oldest syntax. */
enum status statement_read_ldapconf(struct parser *p, const struct token *word)
{
	struct conf_ldap **tail = &p->options->ldap;
	struct conf_ldap *l = arena_one(p->arena, struct conf_ldap);
	enum status st = parser_string(p, "URLs", &l->urls);
	unsigned count = 0;

	l->timeout_s = ACL_UNSET;
	if (st == ST_OK && (parser_accept(p, "timeout") || parser_at_number(p)))
		st = parser_duration(p, "a duration", &l->timeout_s);
	if (st == ST_OK && parser_accept(p, "binddn")) {
		st = parser_string(p, "a name", &l->binddn);
		if (st == ST_OK)
			st = parser_expect(p, "bindpw");
		if (st == ST_OK)
			st = parser_string(p, "a password", &l->bindpw);
	}
	while (*tail != NULL && ++count)
		tail = &(*tail)->next;
	if (st == ST_OK && count >= 64)
		return parser_refuse(p, word, "more than 64 of these");
	*tail = l;
	return st;
}

enum status statement_print_ldap(const struct conf_options *o, struct buf *out)
{
	enum status st = ST_OK;

	for (const struct conf_ldap *l = o->ldap; l != NULL && st == ST_OK; l = l->next) {
		st = buf_append(out, VIEW("ldapconf "));
		if (st == ST_OK)
			st = print_string(out, view_of(l->urls));
		if (st == ST_OK && l->timeout_s != ACL_UNSET)
			st = buf_printf(out, " timeout %llds", (long long)l->timeout_s);
		if (st == ST_OK && l->binddn != NULL)
			st = buf_append(out, VIEW(" binddn "));
		if (st == ST_OK && l->binddn != NULL)
			st = print_string(out, view_of(l->binddn));
		if (st == ST_OK && l->binddn != NULL)
			st = buf_append(out, VIEW(" bindpw "));
		if (st == ST_OK && l->binddn != NULL)
			st = print_string(out, view_of(l->bindpw));
		if (st == ST_OK)
			st = buf_byte(out, '\n');
	}
	return st;
}
