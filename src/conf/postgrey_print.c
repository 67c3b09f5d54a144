/* Postgrey's options as text of the configuration language: what --print-config prints is what
 * runs. */
#include "acl/rule.h"
#include "conf/postgrey_options.h"

#define SOCKET_MODE_BITS 0777u

/* Remembers the first overrun, so that it is checked once. */
struct printer {
	struct buf *out;
	enum status st;
};

static void put(struct printer *p, const char *text)
{
	if (p->st == ST_OK)
		p->st = buf_append(p->out, view_of(text));
}

/* Within quotes; what can't stand there was refused when the option was read. */
static void escaped(struct printer *p, const char *text)
{
	for (; p->st == ST_OK && *text != '\0'; text++) {
		if (*text == '"')
			put(p, "\\");
		if (p->st == ST_OK)
			p->st = buf_byte(p->out, *text);
	}
}

static void quoted(struct printer *p, const char *text)
{
	put(p, "\"");
	escaped(p, text);
	put(p, "\"");
}

static void text(struct printer *p, const char *name, const char *value)
{
	if (value == NULL)
		return;
	put(p, name);
	put(p, " ");
	quoted(p, value);
	put(p, "\n");
}

static void number(struct printer *p, const char *before, int64_t value, const char *behind)
{
	if (p->st == ST_OK)
		p->st = buf_printf(p->out, "%s%lld%s", before, (long long)value, behind);
}

static void flag(struct printer *p, const char *name, bool on)
{
	put(p, on ? name : "");
	put(p, on ? "\n" : "");
}

static void print_socket(struct printer *p, const struct conf_socket *s)
{
	bool v6 = s->kind == CONF_INET && s->host != NULL && strchr(s->host, ':') != NULL;

	if (s->kind == CONF_UNIX) {
		put(p, "policy \"unix:");
		escaped(p, s->path);
		if (p->st == ST_OK)
			p->st = buf_printf(p->out, "\" %03o", s->mode & SOCKET_MODE_BITS);
		if (s->group != NULL) {
			put(p, " group ");
			quoted(p, s->group);
		}
	} else {
		put(p, "policy \"inet:");
		put(p, v6 ? "[" : "");
		put(p, s->host != NULL ? s->host : "");
		put(p, v6 ? "]" : "");
		put(p, s->host != NULL ? ":" : "");
		put(p, s->port);
		put(p, "\"");
	}
	put(p, "\n");
}

static void print_process(struct printer *p, const struct conf *c)
{
	flag(p, "style postgrey", c->face == CONF_POSTGREY);
	flag(p, "exim", c->exim);
	flag(p, "nodetach", !c->daemonize);
	text(p, "pidfile", c->pidfile);
	put(p, "user \"");
	escaped(p, c->user);
	put(p, ":");
	escaped(p, c->group);
	put(p, "\"\n");
	flag(p, "loglevel info", c->log_level == LOG_LEVEL_INFO);
	flag(p, "loglevel warning", c->log_level == LOG_LEVEL_WARNING);
	put(p, "logfac ");
	put(p, log_facility_text(c->log_facility));
	number(p, "\nworkers ", c->workers, "\n");
	if (c->listen_backlog > 0)
		number(p, "listen_backlog ", c->listen_backlog, "\n");
	flag(p, "test_clock", c->test_clock);
}

static void print_greylisting(struct printer *p, const struct option_reading *r)
{
	const struct conf *c = r->conf;

	text(p, "store lmdb", c->store_dir);
	flag(p, "privacy", c->privacy);
	flag(p, "fold_srs", r->fold_srs);
	number(p, "greylist ", c->delay > 0 ? c->delay : 0, "s\n");
	number(p, "retry_window ", c->retry_window, "s\n");
	number(p, "retries ", c->retry_count, "\n");
	number(p, "autowhite ", c->max_age, "s\n");
	number(p, "autowhite clients ", c->auto_allow ? c->auto_allow_after : 0, "");
	number(p, " every ", c->auto_allow_interval_s, "s\n");
	number(p, "subnetmatch /", c->ipv4_bits, "\n");
	number(p, "subnetmatch6 /", c->ipv6_bits, "\n");
	flag(p, "noauth", true);
	flag(p, "nospf", true);
	text(p, "greylist_action", c->greylist_action);
	text(p, "greylist_text", c->greylist_text);
	text(p, "greylist_header", c->header);
	text(p, "hostname", c->hostname);
}

static void print_rules(struct printer *p, const struct option_reading *r)
{
	for (const struct option_file *f = r->client_lists; f != NULL; f = f->next) {
		put(p, "racl whitelist clients file ");
		quoted(p, f->path);
		put(p, " optional\n");
	}
	for (const struct option_file *f = r->recipient_lists; f != NULL; f = f->next) {
		put(p, "racl whitelist recipients file ");
		quoted(p, f->path);
		put(p, " optional\n");
	}
	if (r->tarpit == TARPIT_TARGREY)
		number(p, "racl whitelist tarpit ", r->tarpit_s, "s\n");
	if (r->tarpit == TARPIT_ALL)
		number(p, "racl greylist tarpit ", r->tarpit_s, "s\n");
	else
		put(p, "racl greylist default\n");
}

enum status postgrey_print(const struct option_reading *r, struct buf *out)
{
	struct printer p = { out, ST_OK };

	for (const struct conf_socket *s = r->conf->policy; s != NULL; s = s->next)
		print_socket(&p, s);
	print_process(&p, r->conf);
	print_greylisting(&p, r);
	print_rules(&p, r);
	return p.st;
}
