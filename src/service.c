#include "service.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "conf/options.h"
#include "ctl/ctl.h"
#include "dns/resolver.h"
#include "first_start.h"
#include "milter/child_set.h"
#include "milter/door.h"
#include "net/listener.h"
#include "net/loop.h"
#include "notify.h"
#include "policy/peer.h"
#include "process.h"
#include "session/limits.h"
#include "session/transaction.h"
#include "util/mem.h"

#define LISTENERS_MAX 64
#define WORKERS_MAX   256
#define RETRY_MS      100 /* when connections are full: look again */
#define STATS_MAX     32
#define LEAVE_LIMIT_S 30 /* for what is in flight at the end; then the system's alarm ends us */

struct entrance {
	struct service *s;
	enum worker_doors door;
	int fd; /* -1: its listener has it */
	struct listener *listener;
};

struct service {
	struct conf *conf; /* of now; the workers have references of their own */
	const struct origin *origin;
	struct log *log;
	struct loop *loop; /* accepts, hears signals, answers `greylag status` */
	struct store *store;
	struct resolver *resolver;
	struct limits *limits;
	struct load load;
	struct worker *worker[WORKERS_MAX];
	unsigned workers;
	unsigned next_worker;
	struct entrance entrance[LISTENERS_MAX];
	unsigned listeners;
	unsigned handed; /* the first of them: systemd's */
	unsigned umask;
	const char *unlink_at_end[LISTENERS_MAX];
	unsigned paths;
	struct ctl *ctl;
	struct signals *signals;
	struct timer full;
	/* The last is in use. One that a reload replaced stays until the end, since workers may
	 * still write to it. */
	struct statline *stat[STATS_MAX];
	unsigned stats;
	int64_t loaded_at;
	bool leaving;
};

/* --- sockets --- */

static void add_entrance(struct service *s, enum worker_doors door, int fd)
{
	s->entrance[s->listeners++] = (struct entrance){ .s = s, .door = door, .fd = fd };
}

static enum status bind_inet(struct service *s, enum worker_doors door, const struct conf_socket *c,
                             struct diag *why)
{
	int fd[LISTENERS_MAX];
	unsigned count = 0;
	enum status st;

	for (unsigned i = 0; i < s->handed; i++)
		if (s->entrance[i].door == door &&
		    listener_is_inet(s->entrance[i].fd, c->host, c->port))
			return ST_OK; /* systemd has bound it for us */
	st = listener_bind_inet(c->host, c->port, fd, LISTENERS_MAX - s->listeners, &count, why);
	for (unsigned i = 0; st == ST_OK && i < count; i++)
		add_entrance(s, door, fd[i]);
	return st;
}

static enum status bind_unix(struct service *s, enum worker_doors door, const struct conf_socket *c,
                             struct diag *why)
{
	struct listener_unix where = { .path = c->path, .mode = c->mode, .group = c->group };
	int fd = -1;
	enum status st;

	if (c->mode == CONF_MODE_UMASK)
		where.mode = 0777 & ~s->umask;
	st = listener_bind_unix(&where, &fd, why);
	if (st != ST_OK)
		return st;
	add_entrance(s, door, fd);
	s->unlink_at_end[s->paths++] = c->path;
	/* As Postgrey and milter-greylist, whose administrators count on it. */
	return process_give_socket(c->path, s->conf->user,
	                           c->group != NULL ? c->group : s->conf->group, why);
}

static enum status bind_all(struct service *s, enum worker_doors door, const struct conf_socket *c,
                            struct diag *why)
{
	enum status st = ST_OK;

	for (; c != NULL && st == ST_OK; c = c->next) {
		if (s->listeners == LISTENERS_MAX) {
			diag_set(why, "more than %d sockets to listen on", LISTENERS_MAX);
			return ST_LIMIT;
		}
		st = c->kind == CONF_INET ? bind_inet(s, door, c, why) : bind_unix(s, door, c, why);
	}
	return st;
}

static void take_handed(struct service *s)
{
	char **names = NULL;
	int handed = sd_listen_fds_with_names(1, &names);

	for (int i = 0; i < handed && s->listeners < LISTENERS_MAX; i++) {
		bool milter = names != NULL && view_eq(view_of(names[i]), VIEW("milter"));

		add_entrance(s, milter ? WORKER_MILTER : WORKER_POLICY, SD_LISTEN_FDS_START + i);
	}
	s->handed = s->listeners;
	for (int i = 0; names != NULL && names[i] != NULL; i++)
		free(names[i]);
	free(names);
}

enum status service_bind(const struct service_parts *parts, struct service **out, struct diag *why)
{
	struct service *s = mem_new(struct service);
	enum status st;

	s->conf = conf_ref(parts->conf);
	s->origin = parts->origin;
	s->log = parts->log;
	s->umask = parts->umask;
	take_handed(s);
	st = bind_all(s, WORKER_POLICY, s->conf->policy, why);
	if (st == ST_OK)
		st = bind_all(s, WORKER_MILTER, s->conf->milter, why);
	if (st != ST_OK)
		service_free(&s);
	*out = s;
	return st;
}

/* --- connections --- */

static uint64_t sum(const struct service *s, enum counter which)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < s->workers; i++)
		total += counted(&s->worker[i]->counters, which);
	return total;
}

static uint64_t open_connections(const struct service *s)
{
	return sum(s, COUNT_CONNECTIONS) - sum(s, COUNT_CLOSED);
}

static void on_full(void *arg)
{
	struct service *s = arg;

	if (s->leaving)
		return;
	if (open_connections(s) >= s->conf->max_connections) {
		timer_start(s->loop, &s->full, RETRY_MS, on_full, s);
		return;
	}
	for (unsigned i = 0; i < s->listeners; i++)
		listener_resume(s->entrance[i].listener);
}

static void on_accepted(void *arg, int fd)
{
	const struct entrance *e = arg;
	struct service *s = e->s;

	worker_serve(s->worker[s->next_worker], e->door, fd);
	s->next_worker = (s->next_worker + 1) % s->workers;
	if (open_connections(s) + 1 < s->conf->max_connections)
		return;
	log_warning(s->log, "%u connections are open, more wait until some close",
	            s->conf->max_connections);
	for (unsigned i = 0; i < s->listeners; i++)
		listener_pause(s->entrance[i].listener);
	timer_start(s->loop, &s->full, RETRY_MS, on_full, s);
}

/* --- what it says of itself --- */

static enum status put_status(struct service *s, struct buf *out)
{
	struct store_counters c;
	struct resolver_counters dns = { .asked = 0 };
	enum status st = ST_OK;

	store_count(s->store, &c);
	if (s->resolver != NULL)
		resolver_count(s->resolver, &dns);
	for (unsigned i = 0; i < COUNTERS && st == ST_OK; i++)
		st = buf_printf(out, "%s=%llu\n", counter_name((enum counter)i),
		                (unsigned long long)sum(s, (enum counter)i));
	if (st == ST_OK)
		st = buf_printf(
			out,
			"connections_open=%llu\nmilter_sessions=%u\nworkers=%u\nstore=%s\n"
			"store_tuples=%llu\n"
			"store_clients=%llu\nstore_marks=%llu\nstore_map_mib=%llu\n"
			"store_asked=%llu\nstore_at_once=%llu\nstore_written=%llu\n"
			"store_failed=%llu\nstore_timeouts=%llu\nstore_waiting=%llu\n"
			"store_commits=%llu\nstore_commit_failures=%llu\nstore_expired=%llu\n",
			(unsigned long long)open_connections(s),
			(unsigned)atomic_load_explicit(&s->load.sessions, memory_order_relaxed),
			s->workers, c.up ? "up" : "down", (unsigned long long)c.tuples,
			(unsigned long long)c.clients, (unsigned long long)c.marks,
			(unsigned long long)c.map_bytes >> 20, (unsigned long long)c.asked,
			(unsigned long long)c.at_once, (unsigned long long)c.written,
			(unsigned long long)c.failed, (unsigned long long)c.timeouts,
			(unsigned long long)c.waiting, (unsigned long long)c.commits,
			(unsigned long long)c.commit_failures, (unsigned long long)c.expired);
	if (st == ST_OK)
		st = buf_printf(
			out,
			"dns_asked=%llu\ndns_failed=%llu\ndns_timeouts=%llu\ndns_in_flight=%llu\n",
			(unsigned long long)dns.asked, (unsigned long long)dns.answered[DNS_FAILED],
			(unsigned long long)dns.answered[DNS_TIMEOUT],
			(unsigned long long)dns.in_flight);
	return st;
}

/* Where the configuration in force came from; behind the empty line, the statements that are in no
 * file. */
static enum status put_config(const struct service *s, struct buf *out)
{
	const struct origin *o = s->origin;
	const char *rest = o->file != NULL ? o->more : o->text;
	char here[PATH_MAX] = "";
	bool relative = o->file != NULL && o->file[0] != '/';

	/* Who asks may stand in another folder. */
	if (relative && getcwd(here, sizeof(here)) == NULL)
		here[0] = '\0';
	return buf_printf(out, "file=%s%s%s\nloaded=%lld\nhostname=%s\n\n%s", here,
	                  here[0] != '\0' ? "/" : "", o->file != NULL ? o->file : "",
	                  (long long)s->loaded_at, o->hostname != NULL ? o->hostname : "",
	                  rest != NULL ? rest : "");
}

static enum status on_command(void *arg, struct view command, struct buf *out)
{
	struct service *s = arg;

	if (view_eq(command, VIEW("config")))
		return put_config(s, out);
	if (view_eq(command, VIEW("milters")))
		return child_set_report(s->worker, s->workers, s->conf, loop_mono_ms(s->loop), out);
	if (!view_eq(command, VIEW("status")))
		return ST_NOTFOUND;
	if (buf_printf(out, "version=%s\npid=%ld\n", GREYLAG_VERSION, (long)getpid()) != ST_OK)
		return ST_LIMIT;
	return put_status(s, out);
}

static void log_counters(struct service *s)
{
	struct buf text = buf_of(LOG_LINE_MAX);

	if (put_status(s, &text) == ST_OK) {
		for (size_t i = 0; i < text.n; i++)
			if (text.p[i] == '\n')
				text.p[i] = ' ';
		log_notice(s->log, "counters: %s", buf_text(&text));
	}
	buf_free(&text);
}

/* --- signals --- */

static void log_warning_line(void *arg, const char *text)
{
	log_warning(arg, "%s", text);
}

static bool same_text(const char *a, const char *b)
{
	return view_eq(view_of(a), view_of(b));
}

static bool same_sockets(const struct conf_socket *a, const struct conf_socket *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next)
		if (a->kind != b->kind || a->mode != b->mode || !same_text(a->host, b->host) ||
		    !same_text(a->port, b->port) || !same_text(a->path, b->path) ||
		    !same_text(a->group, b->group))
			return false;
	return a == NULL && b == NULL;
}

static bool same_resolvers(const struct conf *a, const struct conf *b)
{
	bool same = a->resolver_recursive == b->resolver_recursive &&
	            a->resolver_count == b->resolver_count;

	for (size_t i = 0; same && i < a->resolver_count; i++)
		same = same_text(a->resolvers[i], b->resolvers[i]);
	return same;
}

/* What is settled at the start. */
static void tell_unchanged(const struct service *s, const struct conf *next)
{
	const struct conf *now = s->conf;
	const struct {
		const char *what;
		bool same;
	} fixed[] = {
		{ "policy", same_sockets(now->policy, next->policy) },
		{ "socket", same_sockets(now->milter, next->milter) },
		{ "store", same_text(now->store_dir, next->store_dir) },
		{ "privacy", now->privacy == next->privacy },
		{ "store_timeout", now->store_timeout_ms == next->store_timeout_ms },
		{ "resolver", same_resolvers(now, next) },
		{ "workers", now->workers == next->workers },
		{ "user", same_text(now->user, next->user) && same_text(now->group, next->group) },
		{ "pidfile", same_text(now->pidfile, next->pidfile) },
		{ "loglevel", now->log_level == next->log_level },
		{ "logfac", now->log_facility == next->log_facility },
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (!fixed[i].same)
			log_warning(s->log, "%s is changed by a restart only", fixed[i].what);
}

static struct statline *stat_of(const struct service *s)
{
	return s->stats > 0 ? s->stat[s->stats - 1] : NULL;
}

/* A destination that can't be opened is no reason to stop: mail flows, and the log says so. */
static void open_stat(struct service *s, const struct conf *conf)
{
	const char *to = conf->options->stat_to;
	struct statline *stat = NULL;
	struct diag why;

	if (s->stats == STATS_MAX) {
		log_warning(s->log, "stat is changed by a restart only, after %d changes",
		            STATS_MAX);
		return;
	}
	if (to != NULL && statline_open(to, s->log, NULL, &stat, &why) != ST_OK)
		log_error(s->log, "no statistics are written: %s", why.text);
	if (stat != NULL || s->stats > 0)
		s->stat[s->stats++] = stat;
}

static void adopt(struct service *s, struct conf *next)
{
	struct judge_policy expiry = gather_policy(next);

	tell_unchanged(s, next);
	if (!same_text(s->conf->options->stat_to, next->options->stat_to))
		open_stat(s, next);
	for (unsigned i = 0; i < s->workers; i++)
		worker_reload(s->worker[i], next, stat_of(s));
	if (s->store != NULL)
		store_set_expiry(s->store, &expiry);
	conf_unref(&s->conf);
	s->conf = next;
	s->loaded_at = loop_wall_s(s->loop);
}

/* Beside the old one, and swapped whole; or refused whole. */
static void reload(struct service *s)
{
	struct conf *next = NULL;
	struct diag why;
	char text[512];

	notify_manager("RELOADING=1");
	if (s->conf->face == CONF_POSTGREY)
		log_warning(s->log, "HUP received: reloading whitelists...");
	else
		log_notice(s->log, "HUP received: reading the configuration again");
	if (origin_load(s->origin, log_warning_line, s->log, &next, &why, NULL) == ST_OK) {
		adopt(s, next);
	} else {
		diag_format(&why, text, sizeof(text));
		log_error(s->log, "reload refused, the old configuration stays: %s", text);
	}
	notify_manager("READY=1");
}

static void leave(struct service *s)
{
	s->leaving = true;
	notify_manager("STOPPING=1");
	log_notice(s->log, "Server closing!");
	(void)alarm(LEAVE_LIMIT_S);
	loop_stop(s->loop);
}

static void on_signal(void *arg, int signo)
{
	struct service *s = arg;

	if (signo == SIGHUP)
		reload(s);
	else if (signo == SIGUSR1)
		log_counters(s);
	else if (!s->leaving)
		leave(s);
}

/* --- from start to end --- */

static unsigned cores(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? (unsigned)n : 1;
}

static struct store_options options_of(const struct conf *c, struct log *log)
{
	return (struct store_options){
		.dir = c->store_dir,
		.log = log,
		.timeout_ms = c->store_timeout_ms,
		.privacy = c->privacy,
		.expiry = gather_policy(c),
	};
}

static enum status open_store(struct service *s, struct diag *why)
{
	struct store_options options = options_of(s->conf, s->log);
	enum status st;

	first_start(s->conf, s->log);
	st = store_open(&options, &s->store, why);
	if (st == ST_OK || s->store == NULL)
		return st;
	log_error(s->log, "%s; until it can be opened, mail passes ungreylisted", why->text);
	return ST_OK;
}

/* Without the DNS a fact that it would tell is not known, and mail flows. */
static struct resolver *open_resolver(const struct conf *conf, struct log *log)
{
	const struct resolver_options options = { .recursive = conf->resolver_recursive,
		                                  .forward = conf->resolvers,
		                                  .forwards = conf->resolver_count,
		                                  .patient = true };
	struct resolver *resolver = NULL;
	struct diag why;

	if (resolver_new(&options, log, &resolver, &why) != ST_OK)
		log_error(log, "no look-ups in the DNS until a restart, and no rule by them: %s",
		          why.text);
	return resolver;
}

static enum status start_workers(struct service *s, struct diag *why)
{
	unsigned want = s->conf->workers > 0 ? s->conf->workers : cores();

	want = want < WORKERS_MAX ? want : WORKERS_MAX;
	for (; s->workers < want; s->workers++) {
		const struct worker_parts parts = {
			.store = s->store,
			.resolver = s->resolver,
			.log = s->log,
			.conf = s->conf,
			.stat = stat_of(s),
			.limits = s->limits,
			.load = &s->load,
			.door = { [WORKER_POLICY] = &policy_door, [WORKER_MILTER] = &milter_door },
			.number = s->workers,
			.count = want,
		};

		s->worker[s->workers] = worker_start(&parts);
	}
	for (unsigned i = 0; i < s->listeners; i++) {
		struct entrance *e = &s->entrance[i];

		e->listener = listener_new(s->loop, e->fd, s->conf->listen_backlog, on_accepted, e);
		if (e->listener == NULL) {
			diag_set(why, "can't listen on socket %u", i);
			return ST_IO;
		}
		e->fd = -1;
	}
	return ST_OK;
}

enum status service_start(struct service *s, struct diag *why)
{
	static const int heard[] = { SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, 0 };
	struct diag ignored;
	enum status st = open_store(s, why);

	if (st != ST_OK)
		return st;
	s->resolver = open_resolver(s->conf, s->log);
	s->limits = limits_new();
	open_stat(s, s->conf);
	s->loop = loop_new();
	s->loaded_at = loop_wall_s(s->loop);
	st = start_workers(s, why);
	if (st != ST_OK)
		return st;
	s->signals = signals_watch(s->loop, heard, on_signal, s);
	if (ctl_open(s->loop, s->conf->store_dir, on_command, s, &s->ctl, &ignored) != ST_OK)
		log_warning(s->log, "no control socket, so no `greylag status`: %s", ignored.text);
	return ST_OK;
}

void service_run(struct service *s)
{
	notify_manager("READY=1");
	loop_run(s->loop);
}

static void stop_workers(struct service *s)
{
	for (unsigned i = 0; i < s->workers; i++)
		worker_leave(s->worker[i]);
	for (unsigned i = 0; i < s->workers; i++)
		worker_free(&s->worker[i]);
	s->workers = 0;
}

void service_free(struct service **service)
{
	struct service *s = *service;

	if (s == NULL)
		return;
	*service = NULL;
	for (unsigned i = 0; i < s->listeners; i++) {
		listener_close(&s->entrance[i].listener);
		if (s->entrance[i].fd >= 0)
			(void)close(s->entrance[i].fd);
	}
	for (unsigned i = 0; i < s->paths; i++)
		(void)unlink(s->unlink_at_end[i]); /* may fail: the folder is not our user's */
	stop_workers(s);
	if (s->loop != NULL) {
		timer_stop(s->loop, &s->full);
		ctl_close(&s->ctl);
		signals_free(&s->signals);
		loop_free(&s->loop);
	}
	resolver_free(&s->resolver);
	store_close(&s->store);
	for (unsigned i = 0; i < s->stats; i++)
		statline_close(&s->stat[i]);
	limits_free(&s->limits);
	conf_unref(&s->conf);
	mem_free(s);
}

/* --- one connection on standard input and output --- */

enum status service_stdio(struct conf *conf, struct log *log, struct diag *why)
{
	struct store_options options = options_of(conf, log);
	struct worker_parts parts = { .log = log,
		                      .conf = conf,
		                      .door = { [WORKER_POLICY] = &policy_door } };
	struct worker *w;

	options.shared = true;
	if (store_open(&options, &parts.store, why) != ST_OK)
		log_error(log, "%s; mail passes ungreylisted", why->text);
	parts.resolver = open_resolver(conf, log);
	parts.limits = limits_new();
	parts.loop = loop_new();
	w = worker_new(&parts);
	w->single = true;
	policy_serve_pair(w, STDIN_FILENO, STDOUT_FILENO);
	if (w->open > 0)
		loop_run(parts.loop);
	worker_free(&w);
	loop_free(&parts.loop);
	limits_free(&parts.limits);
	resolver_free(&parts.resolver);
	store_close(&parts.store);
	return ST_OK;
}
