/* Doors and files: socket, policy, store, dumpfile. */
#include "conf/statements.h"

#include <stdio.h>

#define POLICY_MAX  64u
#define MILTER_MAX  64u
#define POLICY_MODE 0666u /* any MTA may ask, as with Postgrey */

/* A socket of either door: "/path", "unix:/path", "local:/path", "inet:PORT", "inet:PORT@HOST" as
 * milters write it, "inet:HOST:PORT" as Postfix does, "inet6:" likewise. */
static bool split_inet(struct view v, struct view *host, struct view *port)
{
	size_t at = view_find(v, '@');
	size_t colon = view_rfind(v, ':');

	if (at != VIEW_NONE) {
		*port = view_first(v, at);
		*host = view_from(v, at + 1);
	} else if (colon != VIEW_NONE) {
		*host = view_first(v, colon);
		*port = view_from(v, colon + 1);
	} else {
		*host = (struct view){ "", 0 };
		*port = v;
	}
	if (host->n > 1 && host->p[0] == '[' && host->p[host->n - 1] == ']')
		*host = (struct view){ host->p + 1, host->n - 2 };
	return port->n > 0;
}

static bool take_prefix(struct view *v, const char *prefix)
{
	if (!view_starts(*v, view_of(prefix)))
		return false;
	*v = view_from(*v, strlen(prefix));
	return true;
}

/* An IP address, or what may be a host's name. */
static bool valid_host(struct view host)
{
	struct ip ip;

	if (ip_parse(host, &ip) == ST_OK)
		return true;
	for (size_t i = 0; i < host.n; i++)
		if (!ascii_alpha(host.p[i]) && !ascii_digit(host.p[i]) && host.p[i] != '.' &&
		    host.p[i] != '-' && host.p[i] != '_')
			return false;
	return true;
}

const char *conf_socket_read(struct arena *arena, struct view v, struct conf_socket *s)
{
	struct view host, port;
	uint64_t number;

	if (take_prefix(&v, "inet:") || take_prefix(&v, "inet6:")) {
		if (!split_inet(v, &host, &port) || view_u64(port, 65535, &number) != ST_OK)
			return "a port is expected: \"inet:HOST:PORT\" or \"inet:PORT@HOST\"";
		if (!valid_host(host))
			return "what stands for the host is neither an address nor a name";
		s->kind = CONF_INET;
		s->host = host.n > 0 ? arena_text(arena, host) : NULL;
		s->port = arena_text(arena, port);
		return NULL;
	}
	if (!take_prefix(&v, "unix:"))
		(void)take_prefix(&v, "local:");
	if (v.n == 0 || v.p[0] != '/')
		return "an address is expected: \"inet:HOST:PORT\" or \"unix:/PATH\"";
	s->kind = CONF_UNIX;
	s->path = arena_text(arena, v);
	return NULL;
}

enum status statement_socket_address(struct parser *p, const struct token *t, struct view v,
                                     struct conf_socket *s)
{
	const char *wrong = conf_socket_read(p->arena, v, s);

	return wrong == NULL ? ST_OK : parser_refuse(p, t, "%s", wrong);
}

/* Octal digits, as for chmod. */
static enum status read_mode(struct parser *p, int64_t *out)
{
	struct token t;
	int64_t mode = 0;
	enum status st = parser_peek(p, LEX_WORD, &t);

	if (st != ST_OK)
		return st;
	for (size_t i = 0; i < t.text.n; i++) {
		if (t.text.p[i] < '0' || t.text.p[i] > '7' || mode > 0777)
			return parser_expected(p, &t, "a mode as 660");
		mode = mode * 8 + (t.text.p[i] - '0');
	}
	if (mode > 0777)
		return parser_expected(p, &t, "a mode as 660");
	lex_take(&p->lex, &t);
	*out = mode;
	return ST_OK;
}

static enum status read_socket(struct parser *p, struct conf_socket **out, const char **text)
{
	struct conf_socket *s = arena_one(p->arena, struct conf_socket);
	int64_t mode = CONF_MODE_UMASK;
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	if (st == ST_OK)
		st = parser_string(p, "an address as \"inet:HOST:PORT\" or \"unix:/PATH\"", text);
	if (st == ST_OK)
		st = statement_socket_address(p, &t, view_of(*text), s);
	if (st == ST_OK && parser_at_number(p))
		st = read_mode(p, &mode);
	s->mode = (unsigned)mode;
	if (st == ST_OK && parser_accept(p, "group"))
		st = parser_string(p, "a group", &s->group);
	*out = s;
	return st;
}

/* In place of the file's. milter-greylist's -p says where, and the file's socket goes on saying
 * with which mode. */
static void replace_milters(struct parser *p, struct conf_socket *s)
{
	const struct conf_socket *last = p->options->milter;

	while (last != NULL && last->next != NULL)
		last = last->next;
	if (last != NULL && s->mode == CONF_MODE_UMASK)
		s->mode = last->mode;
	if (last != NULL && s->group == NULL)
		s->group = last->group;
	p->milter_from_command_line = true;
	p->options->milter = NULL;
	p->milter_tail = &p->options->milter;
	p->milter_count = 0;
}

enum status statement_read_milter(struct parser *p, const struct token *word)
{
	struct conf_socket *s = NULL;
	const char *text = NULL;
	enum status st = read_socket(p, &s, &text);

	if (st != ST_OK)
		return st;
	/* milter-greylist knows these; to open it to the world by mistake is easy. */
	if (s->mode != CONF_MODE_UMASK && s->mode != 0666 && s->mode != 0660 && s->mode != 0600)
		return parser_refuse(p, word, "the mode of a milter socket is 666, 660 or 600");
	if (p->at_command_line && !p->milter_from_command_line)
		replace_milters(p, s);
	if (p->milter_count == MILTER_MAX)
		return parser_refuse(p, word, "more than %u milter doors", MILTER_MAX);
	*p->milter_tail = s;
	p->milter_tail = &s->next;
	p->milter_count++;
	return ST_OK;
}

enum status statement_read_policy(struct parser *p, const struct token *word)
{
	struct conf_socket *s = NULL;
	const char *text = NULL;
	enum status st = read_socket(p, &s, &text);

	if (st == ST_OK && p->policy_count == POLICY_MAX)
		return parser_refuse(p, word, "more than %u policy doors", POLICY_MAX);
	if (st == ST_OK) {
		if (s->mode == CONF_MODE_UMASK)
			s->mode = POLICY_MODE;
		*p->policy_tail = s;
		p->policy_tail = &s->next;
		p->policy_count++;
	}
	return st;
}

#define SOCKET_TEXT_MAX (CONF_STRING_MAX + 16)

enum status statement_print_socket(const char *name, const struct conf_socket *s, struct buf *out)
{
	bool v6 = s->kind == CONF_INET && s->host != NULL && strchr(s->host, ':') != NULL;
	struct buf text = buf_of(SOCKET_TEXT_MAX);
	enum status st;

	if (s->kind == CONF_UNIX)
		st = buf_printf(&text, "unix:%s", s->path);
	else if (s->host == NULL)
		st = buf_printf(&text, "inet:%s", s->port);
	else
		st = buf_printf(&text, "inet:%s%s%s:%s", v6 ? "[" : "", s->host, v6 ? "]" : "",
		                s->port);
	if (st == ST_OK)
		st = buf_printf(out, "%s ", name);
	if (st == ST_OK)
		st = print_string(out, buf_view(&text));
	if (st == ST_OK && s->kind == CONF_UNIX && s->mode != CONF_MODE_UMASK)
		st = buf_printf(out, " %03o", s->mode);
	if (st == ST_OK && s->group != NULL)
		st = buf_append(out, VIEW(" group "));
	if (st == ST_OK && s->group != NULL)
		st = print_string(out, view_of(s->group));
	buf_free(&text);
	return st == ST_OK ? buf_byte(out, '\n') : st;
}

enum status statement_print_milter(const struct conf_options *o, struct buf *out)
{
	enum status st = ST_OK;

	for (const struct conf_socket *s = o->milter; s != NULL && st == ST_OK; s = s->next)
		st = statement_print_socket("socket", s, out);
	return st;
}

enum status statement_print_policy(const struct conf_options *o, struct buf *out)
{
	enum status st = ST_OK;

	for (const struct conf_socket *s = o->policy; s != NULL && st == ST_OK; s = s->next)
		st = statement_print_socket("policy", s, out);
	return st;
}

enum status statement_read_store(struct parser *p, const struct token *word)
{
	struct token t;
	const char *text;
	enum status st = parser_peek(p, LEX_WORD, &t);

	(void)word;
	if (st != ST_OK)
		return st;
	if (parser_accept(p, "lmdb"))
		return parser_string(p, "a folder", &p->options->store_dir);
	if (!parser_accept(p, "redis"))
		return parser_expected(p, &t, "lmdb or redis");
	st = parser_string(p, "an address as \"redis://HOST:PORT/0\"", &text);
	return st == ST_OK ? parser_refuse(p, &t, "redis is not built in") : st;
}

enum status statement_print_store(const struct conf_options *o, struct buf *out)
{
	enum status st = buf_append(out, VIEW("store lmdb "));

	if (o->store_dir == NULL) {
		out->n -= st == ST_OK ? strlen("store lmdb ") : 0;
		return ST_OK;
	}
	if (st == ST_OK)
		st = print_string(out, view_of(o->store_dir));
	return st == ST_OK ? buf_byte(out, '\n') : st;
}

enum status statement_read_dumpfile(struct parser *p, const struct token *word)
{
	enum status st = parser_string(p, "a file's name", &p->options->dumpfile);

	(void)word;
	p->options->dumpfile_mode = ACL_UNSET;
	if (st == ST_OK && parser_at_number(p))
		st = read_mode(p, &p->options->dumpfile_mode);
	return st;
}

enum status statement_print_dumpfile(const struct conf_options *o, struct buf *out)
{
	enum status st;

	if (o->dumpfile == NULL)
		return ST_OK;
	st = buf_append(out, VIEW("dumpfile "));
	if (st == ST_OK)
		st = print_string(out, view_of(o->dumpfile));
	if (st == ST_OK && o->dumpfile_mode != ACL_UNSET)
		st = buf_printf(out, " %llo", (unsigned long long)o->dumpfile_mode);
	return st == ST_OK ? buf_byte(out, '\n') : st;
}
