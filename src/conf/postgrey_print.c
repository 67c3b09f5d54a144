#include "conf/postgrey.h"

#define DAY_S  86400
#define HOUR_S 3600

/* Remembers the first overrun, so that it is checked once. */
struct printer {
	struct buf *out;
	enum status st;
};

static void text(struct printer *p, const char *name, const char *value)
{
	if (p->st == ST_OK && value != NULL)
		p->st = buf_printf(p->out, "%s %s\n", name, value);
}

static void number(struct printer *p, const char *name, int64_t value)
{
	if (p->st == ST_OK)
		p->st = buf_printf(p->out, "%s %lld\n", name, (long long)value);
}

static void flag(struct printer *p, const char *name, bool on)
{
	if (p->st == ST_OK && on)
		p->st = buf_printf(p->out, "%s\n", name);
}

static void print_socket(struct printer *p, const struct conf_socket *s)
{
	if (s->kind == CONF_UNIX)
		text(p, "unix", s->path);
	else if (p->st == ST_OK && s->host != NULL && strchr(s->host, ':') != NULL)
		p->st = buf_printf(p->out, "inet [%s]:%s\n", s->host, s->port);
	else if (p->st == ST_OK)
		p->st = buf_printf(p->out, "inet %s:%s\n", s->host != NULL ? s->host : "*",
		                   s->port);
}

static void print_doors(struct printer *p, const struct conf *c)
{
	const struct conf_socket *any_unix = NULL;

	for (const struct conf_socket *s = c->policy; s != NULL; s = s->next) {
		print_socket(p, s);
		if (s->kind == CONF_UNIX)
			any_unix = s;
	}
	if (p->st == ST_OK && any_unix != NULL)
		p->st = buf_printf(p->out, "socketmode %04o\n", any_unix->mode);
	if (any_unix != NULL && any_unix->group != NULL)
		text(p, "socketgroup", any_unix->group);
	flag(p, "stdio", c->stdio);
	if (c->listen_backlog > 0)
		number(p, "listen-queue-size", c->listen_backlog);
	flag(p, "exim", c->exim);
}

static void print_process(struct printer *p, const struct conf *c)
{
	flag(p, "daemonize", c->daemonize);
	text(p, "pidfile", c->pidfile);
	text(p, "user", c->user);
	text(p, "group", c->group);
	flag(p, "verbose", c->log_level >= LOG_LEVEL_INFO);
	flag(p, "quiet", c->log_level <= LOG_LEVEL_WARNING);
	text(p, "syslog-facility", log_facility_text(c->log_facility));
	number(p, "workers", c->workers);
	flag(p, "test-clock", c->test_clock);
}

static void print_greylisting(struct printer *p, const struct conf *c)
{
	text(p, "dbdir", c->store_dir);
	flag(p, "privacy", c->privacy);
	flag(p, "fold-srs", c->fold_srs);
	number(p, "delay", c->delay);
	if (c->retry_window % DAY_S == 0)
		number(p, "retry-window", c->retry_window / DAY_S);
	else if (p->st == ST_OK)
		p->st = buf_printf(p->out, "retry-window %lldh\n",
		                   (long long)(c->retry_window / HOUR_S));
	number(p, "max-age", c->max_age / DAY_S);
	number(p, "ipv4cidr", c->ipv4_bits);
	number(p, "ipv6cidr", c->ipv6_bits);
	text(p, "greylist-action", c->greylist_action);
	text(p, "greylist-text", c->greylist_text);
	text(p, "x-greylist-header", c->header);
	text(p, "hostname", c->hostname);
}

enum status postgrey_print(const struct conf *c, struct buf *out)
{
	struct printer p = { out, ST_OK };

	print_doors(&p, c);
	print_process(&p, c);
	print_greylisting(&p, c);
	for (const struct conf_file *f = c->client_lists; f != NULL; f = f->next)
		text(&p, "whitelist-clients", f->path);
	for (const struct conf_file *f = c->recipient_lists; f != NULL; f = f->next)
		text(&p, "whitelist-recipients", f->path);
	number(&p, "auto-whitelist-clients", c->auto_allow ? c->auto_allow_after : 0);
	/* 0 seconds can be meant (every pass counts), but the option's 0 is the default. */
	number(&p, "auto-whitelist-delay",
	       c->auto_allow_interval_s > 0 ? c->auto_allow_interval_s : -1);
	if (c->tarpit != CONF_TARPIT_NONE)
		number(&p, "tarpit", c->tarpit_s);
	flag(&p, "targrey", c->tarpit == CONF_TARPIT_TARGREY);
	number(&p, "retry-count", c->retry_count);
	return p.st;
}
