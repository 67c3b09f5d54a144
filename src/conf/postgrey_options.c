#include "conf/postgrey_options.h"

#include <stddef.h>
#include <stdio.h>

#include "util/escape.h"
#include "util/ip.h"

/* What is later than this is never: a hundred years. */
#define SECONDS_MAX ((int64_t)36500 * 86400)
#define DAY_S       ((int64_t)86400)
#define HOUR_S      ((int64_t)3600)

#define COUNT_MAX       1000000000
#define WORKERS_MAX     256
#define LISTEN_MAX      999 /* Postgrey 1.37's own bound */
#define SOCKET_MODE     0666u
#define SOCKET_MODE_MAX 07777u

#define TARPIT_S         65  /* taRgrey 0.31: --tarpit without a value */
#define TARPIT_TARGREY_S 125 /* and --targrey without --tarpit */
#define TARPIT_MAX_S     3600
#define RCPT_TIMEOUT_S                                                                             \
	300 /* RFC 5321 section 4.5.3.2.3: a client waits so long for RCPT's answer */

#define SHOWN    160  /* room for a value in a text for people */
#define TEXT_MAX 1024 /* room for such a text */

static void warn(struct option_reading *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void fail(struct option_reading *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

static const char *say(struct option_reading *r, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

static const char *say(struct option_reading *r, const char *fmt, va_list ap)
{
	struct buf text = buf_of(TEXT_MAX);
	const char *kept = "";

	if (buf_vprintf(&text, fmt, ap) == ST_OK)
		kept = arena_text(r->arena, buf_view(&text));
	buf_free(&text);
	return kept;
}

static void warn(struct option_reading *r, const char *fmt, ...)
{
	struct postgrey_warning *w = arena_one(r->arena, struct postgrey_warning);
	va_list ap;

	va_start(ap, fmt);
	w->text = say(r, fmt, ap);
	va_end(ap);
	*r->warnings_end = w;
	r->warnings_end = &w->next;
}

static void fail(struct option_reading *r, const char *fmt, ...)
{
	va_list ap;

	if (r->error != NULL)
		return;
	va_start(ap, fmt);
	r->error = say(r, fmt, ap);
	va_end(ap);
}

static const char *keep(struct option_reading *r, struct view v)
{
	return arena_text(r->conf->arena, v);
}

static bool is_number(struct view v)
{
	uint64_t x;

	return view_u64(v, UINT64_MAX, &x) != ST_INVALID;
}

/* n units as seconds, at most SECONDS_MAX either way. */
static int64_t seconds(struct option_reading *r, const char *name, int64_t n, int64_t unit)
{
	if (n <= SECONDS_MAX / unit && n >= -(SECONDS_MAX / unit))
		return n * unit;
	warn(r, "--%s is out of range: taken as a hundred years", name);
	return n > 0 ? SECONDS_MAX : -SECONDS_MAX;
}

/* Listeners. */

static void add_socket(struct option_reading *r, const struct conf_socket *like)
{
	struct conf_socket *s;

	for (size_t i = 0; i < r->socket_count; i++) {
		const struct conf_socket *old = r->sockets[i];

		/* A start script and the administrator may both name the usual port. */
		if (old->kind == like->kind && view_eq(view_of(old->host), view_of(like->host)) &&
		    view_eq(view_of(old->port), view_of(like->port)) &&
		    view_eq(view_of(old->path), view_of(like->path)))
			return;
	}
	if (r->socket_count == OPTION_SOCKETS_MAX) {
		fail(r, "ERROR: more than %d of --inet and --unix\n", OPTION_SOCKETS_MAX);
		return;
	}
	s = arena_one(r->conf->arena, struct conf_socket);
	*s = *like;
	r->sockets[r->socket_count++] = s;
}

static bool host_is_sane(struct view host)
{
	struct ip ip;

	if (view_find(host, ':') != VIEW_NONE)
		return ip_parse(view_first(host, view_find(host, '%')), &ip) == ST_OK;
	for (size_t i = 0; i < host.n; i++) {
		char c = host.p[i];

		if (!ascii_alpha(c) && !ascii_digit(c) && c != '.' && c != '-' && c != '_')
			return false;
	}
	return true;
}

/* [HOST:]PORT. What stands before the last colon is the host, so that ::1:10023 is one too. */
static void set_inet(struct option_reading *r, const struct option_value *v)
{
	struct conf_socket s = { .kind = CONF_INET };
	struct view host = VIEW("localhost"), port = v->text;
	size_t colon = view_rfind(v->text, ':');
	char shown[SHOWN], decimal[24];
	uint64_t number = 0;

	if (v->text.n == 0)
		return;
	r->listener_given = true;
	(void)escape_text(v->text, shown, sizeof(shown));
	if (colon != VIEW_NONE) {
		host = view_first(v->text, colon);
		port = view_from(v->text, colon + 1);
	}
	if (view_u64(port, 65535, &number) != ST_OK || number == 0) {
		fail(r, "ERROR: --inet=%s: the port must be a number from 1 to 65535\n", shown);
		return;
	}
	if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = (struct view){ host.p + 1, host.n - 2 };
	if (view_eq(host, VIEW("0")))
		host = VIEW("0.0.0.0");
	if (!view_eq(host, VIEW("*")) && !host_is_sane(host)) {
		fail(r, "ERROR: --inet=%s: neither a host name nor an address\n", shown);
		return;
	}
	if (host.n > 0 && !view_eq(host, VIEW("*")))
		s.host = keep(r, host);
	(void)snprintf(decimal, sizeof(decimal), "%u", (unsigned)number);
	s.port = keep(r, view_of(decimal));
	add_socket(r, &s);
}

static void set_unix(struct option_reading *r, const struct option_value *v)
{
	struct conf_socket s = { .kind = CONF_UNIX };

	if (v->text.n == 0)
		return;
	r->listener_given = true;
	s.path = keep(r, v->text);
	add_socket(r, &s);
}

static void set_socketmode(struct option_reading *r, const struct option_value *v)
{
	char shown[SHOWN];
	unsigned mode = 0;

	for (size_t i = 0; i < v->text.n; i++) {
		char c = v->text.p[i];

		if (c < '0' || c > '7' || mode > SOCKET_MODE_MAX >> 3) {
			fail(r, "ERROR: --socketmode=%s: an octal number up to 7777 is expected\n",
			     escape_text(v->text, shown, sizeof(shown)));
			return;
		}
		mode = mode << 3 | (unsigned)(c - '0');
	}
	r->socket_mode = mode;
}

static void set_socketgroup(struct option_reading *r, const struct option_value *v)
{
	r->socket_group = keep(r, v->text);
}

static void set_listen_queue(struct option_reading *r, const struct option_value *v)
{
	if (v->number < 0) {
		warn(r, "--listen-queue-size is out of range: the system's default is taken");
		return;
	}
	if (v->number > LISTEN_MAX)
		warn(r, "--listen-queue-size is out of range: taken as %d", LISTEN_MAX);
	r->conf->listen_backlog = (unsigned)(v->number > LISTEN_MAX ? LISTEN_MAX : v->number);
}

/* The process. */

static void set_verbose(struct option_reading *r, const struct option_value *v)
{
	(void)v;
	if (r->conf->log_level != LOG_LEVEL_WARNING) /* --quiet wins */
		r->conf->log_level = LOG_LEVEL_INFO;
}

static void set_quiet(struct option_reading *r, const struct option_value *v)
{
	(void)v;
	r->conf->log_level = LOG_LEVEL_WARNING;
}

/* Not an error: without --daemonize Postgrey never looks at it. */
static void set_facility(struct option_reading *r, const struct option_value *v)
{
	char shown[SHOWN];

	if (log_facility_parse(v->text, &r->conf->log_facility) != ST_OK)
		warn(r, "--syslog-facility=%s is unknown: %s is taken",
		     escape_text(v->text, shown, sizeof(shown)),
		     log_facility_text(r->conf->log_facility));
}

static void set_foreground(struct option_reading *r, const struct option_value *v)
{
	(void)v;
	r->foreground = true;
}

static void set_workers(struct option_reading *r, const struct option_value *v)
{
	if (v->number < 0 || v->number > WORKERS_MAX)
		fail(r, "ERROR: --workers must be a number from 0 to %d\n", WORKERS_MAX);
	else
		r->conf->workers = (unsigned)v->number;
}

/* Greylisting. */

static void set_delay(struct option_reading *r, const struct option_value *v)
{
	if (v->number == 0)
		warn(r,
		     "--delay=0 means the default of %lld seconds, as in Postgrey; "
		     "--delay=-1 says no wait",
		     (long long)r->conf->delay);
	else
		r->conf->delay = seconds(r, "delay", v->number, 1);
}

static void set_max_age(struct option_reading *r, const struct option_value *v)
{
	long long days = r->conf->max_age / DAY_S;

	if (v->number == 0)
		warn(r,
		     "--max-age=0 means the default of %lld days, as in Postgrey; --max-age=36500 "
		     "says for ever",
		     days);
	else if (v->number < 0)
		warn(r, "--max-age is out of range: the default of %lld days is taken", days);
	else
		r->conf->max_age = seconds(r, "max-age", v->number, DAY_S);
}

/* Days, or hours with h. */
static void set_retry_window(struct option_reading *r, const struct option_value *v)
{
	bool hours = v->text.n > 0 && ascii_lower(v->text.p[v->text.n - 1]) == 'h';
	struct view digits = view_first(v->text, v->text.n - (hours ? 1 : 0));
	uint64_t n = 0;
	enum status st = view_u64(digits, INT64_MAX, &n);

	if (v->text.n == 0)
		return;
	if (st == ST_INVALID) {
		fail(r, "ERROR: --retry-window must be either a number of days or a number\n"
		        "       followed by 'h' for hours ('6h' for example).\n");
		return;
	}
	r->conf->retry_window = seconds(r, "retry-window", st == ST_LIMIT ? INT64_MAX : (int64_t)n,
	                                hours ? HOUR_S : DAY_S);
}

static void set_header(struct option_reading *r, const struct option_value *v)
{
	size_t colon = view_find(v->text, ':');
	struct view name = view_first(v->text, colon);

	if (colon == VIEW_NONE || name.n == 0 || view_find(name, ' ') != VIEW_NONE)
		warn(r, "--x-greylist-header is no header (NAME: VALUE): Postfix will ignore it");
	r->conf->header = keep(r, v->text);
}

static void set_bits(struct option_reading *r, const char *name, int64_t n, unsigned most,
                     unsigned *bits)
{
	if (n == 0)
		warn(r,
		     "--%s=0 means the default of %u bits, as in Postgrey; one network for all "
		     "can't be said",
		     name, *bits);
	else if (n < 0)
		warn(r, "--%s is out of range: the default of %u bits is taken", name, *bits);
	else if (n > most)
		warn(r, "--%s is out of range: taken as %u, which is the whole address", name,
		     most);
	if (n > 0)
		*bits = n > most ? most : (unsigned)n;
}

static void set_ipv4cidr(struct option_reading *r, const struct option_value *v)
{
	set_bits(r, "ipv4cidr", v->number, 32, &r->conf->ipv4_bits);
}

static void set_ipv6cidr(struct option_reading *r, const struct option_value *v)
{
	set_bits(r, "ipv6cidr", v->number, 128, &r->conf->ipv6_bits);
}

static void set_by_host(struct option_reading *r, const struct option_value *v)
{
	(void)v;
	r->by_host = true;
}

static void set_fold_srs(struct option_reading *r, const struct option_value *v)
{
	(void)v;
	r->fold_srs = true;
}

/* The number at the start of a text as Perl reads it: 0 if there is none. */
static int64_t leading_number(struct view v)
{
	size_t n = 0;
	int64_t x = 0;

	v = view_trim(v);
	if (v.n > 0 && (v.p[0] == '-' || v.p[0] == '+'))
		n++;
	while (n < v.n && ascii_digit(v.p[n]))
		n++;
	if (view_i64(view_first(v, n), &x) == ST_LIMIT)
		x = v.p[0] == '-' ? -COUNT_MAX - 1 : COUNT_MAX + 1;
	return x;
}

/* Off only by the text 0. Other texts that are no positive number leave it on in Postgrey, and then
 * every client that has an entry at all, so passed once, is free. */
static void set_auto_allow(struct option_reading *r, const struct option_value *v)
{
	int64_t n = leading_number(v->text);
	char shown[SHOWN];

	if (v->text.n == 0)
		return;
	if (view_eq(v->text, VIEW("0"))) {
		r->conf->auto_allow = false;
		return;
	}
	r->conf->auto_allow_after = n < 1 ? 1 : n < COUNT_MAX ? n : COUNT_MAX;
	if (n < 1 || n > COUNT_MAX || !is_number(v->text))
		warn(r,
		     "--auto-whitelist-clients=%s is out of range: taken as %lld, as Postgrey does",
		     escape_text(v->text, shown, sizeof(shown)),
		     (long long)r->conf->auto_allow_after);
}

static void add_file(struct option_reading *r, struct view path, const struct option_file ***end)
{
	struct option_file *f = arena_one(r->conf->arena, struct option_file);

	f->path = keep(r, path);
	**end = f;
	*end = &f->next;
}

static void set_client_list(struct option_reading *r, const struct option_value *v)
{
	r->client_lists_given = true;
	if (v->text.n > 0)
		add_file(r, v->text, &r->client_lists_end);
	else
		warn(r, "--whitelist-clients names no file: the default lists are not read");
}

static void set_recipient_list(struct option_reading *r, const struct option_value *v)
{
	r->recipient_lists_given = true;
	if (v->text.n > 0)
		add_file(r, v->text, &r->recipient_lists_end);
	else
		warn(r, "--whitelist-recipients names no file: the default lists are not read");
}

/* taRgrey. */

static void set_tarpit(struct option_reading *r, const struct option_value *v)
{
	char shown[SHOWN];
	uint64_t n = 0;
	enum status st = view_u64(v->text, TARPIT_MAX_S, &n);

	r->tarpit_given = true;
	r->tarpit_s = st == ST_OK ? (int64_t)n : TARPIT_MAX_S;
	if (v->text.n == 0)
		r->tarpit_s = TARPIT_S;
	else if (st == ST_INVALID)
		fail(r, "ERROR: --tarpit=%s: a number of seconds is expected\n",
		     escape_text(v->text, shown, sizeof(shown)));
	else if (st == ST_LIMIT)
		warn(r, "--tarpit is out of range: taken as %d seconds", TARPIT_MAX_S);
	if (r->tarpit_s > RCPT_TIMEOUT_S)
		warn(r, "--tarpit: clients need not wait longer than %d seconds, and most don't",
		     RCPT_TIMEOUT_S);
}

static void set_targrey(struct option_reading *r, const struct option_value *v)
{
	(void)v;
	r->targrey = true;
}

static void set_retry_count(struct option_reading *r, const struct option_value *v)
{
	if (v->number < 1 || v->number > COUNT_MAX)
		warn(r, "--retry-count is out of range: taken as %d",
		     v->number < 1 ? 1 : COUNT_MAX);
	r->conf->retry_count = v->number < 1 ? 1 : v->number < COUNT_MAX ? v->number : COUNT_MAX;
}

static void set_auto_delay(struct option_reading *r, const struct option_value *v)
{
	if (v->number == 0)
		warn(r,
		     "--auto-whitelist-delay=0 means the default of %lld seconds, as in taRgrey; "
		     "--auto-whitelist-delay=-1 says that every pass counts",
		     (long long)r->conf->auto_allow_interval_s);
	else
		r->conf->auto_allow_interval_s =
			v->number < 0 ? 0 : seconds(r, "auto-whitelist-delay", v->number, 1);
}

/* Rows without a setter of their own put their value into this member. */
#define MEMBER(name)     .member = offsetof(struct conf, name)
#define FALSE_IS_DEFAULT .false_is_default = true
#define ADDS             .adds = true

/* One row an option; the usage prints them in this order. */
/* clang-format off */
static const struct option_row rows[] = {
	{ { "help", "h" }, OPTION_SWITCH, ASK_HELP, .help = "print this text" },
	{ { "man" }, OPTION_SWITCH, ASK_MAN, .help = "print this text; the manual is postgrey(8)" },
	{ { "version" }, OPTION_SWITCH, ASK_VERSION, .help = "print the version" },
	{ { "noaction", "no-action", "n" }, OPTION_SWITCH, ASK_NO_ACTION, .help = "refused" },
	{ { "print-config" }, OPTION_SWITCH, ASK_PRINT,
	  .help = "print the effective settings instead of starting (new)" },

	{ { "inet", "i" }, OPTION_TEXT, ADDS, .set = set_inet, .value = "[HOST:]PORT",
	  .help = "listen on a TCP port, of localhost if there is no HOST" },
	{ { "unix", "u" }, OPTION_TEXT, ADDS, .set = set_unix, .value = "PATH",
	  .help = "listen on a UNIX-domain socket" },
	{ { "socketmode" }, OPTION_TEXT, FALSE_IS_DEFAULT, .set = set_socketmode, .value = "MODE",
	  .help = "its permission bits, octal (0666)" },
	{ { "socketgroup" }, OPTION_TEXT, FALSE_IS_DEFAULT, .set = set_socketgroup, .value = "GROUP",
	  .help = "its group (new)" },
	{ { "stdio" }, OPTION_SWITCH, MEMBER(stdio),
	  .help = "answer on standard input and output, listen nowhere (new)" },
	{ { "listen-queue-size" }, OPTION_NUMBER, .set = set_listen_queue, .value = "N",
	  .help = "connections that may wait to be accepted, at most 999" },
	{ { "exim" }, OPTION_SWITCH, MEMBER(exim), .help = "close after each answer" },

	{ { "daemonize", "d" }, OPTION_SWITCH, MEMBER(daemonize),
	  .help = "go to the background and log to syslog" },
	{ { "foreground" }, OPTION_SWITCH, .set = set_foreground,
	  .help = "stay in the foreground, whatever --daemonize says (new)" },
	{ { "pidfile" }, OPTION_TEXT, FALSE_IS_DEFAULT, MEMBER(pidfile), .value = "PATH",
	  .help = "write the process number here; only with --daemonize" },
	{ { "user" }, OPTION_TEXT, FALSE_IS_DEFAULT, MEMBER(user), .value = "USER",
	  .help = "run as USER (postgrey)" },
	{ { "group" }, OPTION_TEXT, FALSE_IS_DEFAULT, MEMBER(group), .value = "GROUP",
	  .help = "run as GROUP" },
	{ { "verbose", "v" }, OPTION_SWITCH, .set = set_verbose, .help = "log connections too" },
	{ { "quiet", "q" }, OPTION_SWITCH, .set = set_quiet, .help = "log warnings only" },
	{ { "syslog-facility", "facility", "syslogfacility" }, OPTION_TEXT, FALSE_IS_DEFAULT,
	  .set = set_facility, .value = "NAME", .help = "with --daemonize (mail)" },
	{ { "workers" }, OPTION_NUMBER, .set = set_workers, .value = "N",
	  .help = "threads that answer; 0: one for each processor (0) (new)" },
	{ { "test-clock" }, OPTION_SWITCH, MEMBER(test_clock),
	  .help = "let requests set the time by policy_test_time (new)" },

	{ { "dbdir" }, OPTION_TEXT, FALSE_IS_DEFAULT, MEMBER(store_dir), .value = "PATH",
	  .help = "the folder of the data base" },
	{ { "privacy" }, OPTION_SWITCH, MEMBER(privacy), .help = "store hashes, not addresses" },
	{ { "fold-srs" }, OPTION_SWITCH, .set = set_fold_srs,
	  .help = "a forwarder's SRS sender counts as the same from day to day (new)" },

	{ { "delay" }, OPTION_NUMBER, .set = set_delay, .value = "N",
	  .help = "seconds to wait; negative: none (300)" },
	{ { "retry-window" }, OPTION_TEXT, .set = set_retry_window, .value = "N[h]",
	  .help = "days, or hours, in which the retry must come (2)" },
	{ { "max-age" }, OPTION_NUMBER, .set = set_max_age, .value = "N",
	  .help = "days after which what is not seen is forgotten (35)" },
	{ { "lookup-by-subnet" }, OPTION_SWITCH, .help = "the default" },
	{ { "lookup-by-host" }, OPTION_SWITCH, .set = set_by_host,
	  .help = "remember whole addresses, not their networks" },
	{ { "ipv4cidr" }, OPTION_NUMBER, .set = set_ipv4cidr, .value = "N",
	  .help = "bits of an IPv4 address that make its network (24)" },
	{ { "ipv6cidr" }, OPTION_NUMBER, .set = set_ipv6cidr, .value = "N",
	  .help = "the same for IPv6 (64)" },

	{ { "greylist-action" }, OPTION_TEXT, FALSE_IS_DEFAULT, MEMBER(greylist_action),
	  .value = "A", .help = "action that makes Postfix defer (DEFER_IF_PERMIT)" },
	{ { "greylist-text" }, OPTION_TEXT, FALSE_IS_DEFAULT, MEMBER(greylist_text),
	  .value = "TXT", .help = "text behind it; %s seconds missing, %r recipient's domain" },
	{ { "x-greylist-header" }, OPTION_TEXT, FALSE_IS_DEFAULT, .set = set_header,
	  .value = "TXT", .help = "header of delayed mail; %t seconds, %v version, %d date, %h host" },
	{ { "hostname" }, OPTION_TEXT, MEMBER(hostname), .value = "NAME",
	  .help = "for %h (the system's host name)" },

	{ { "whitelist-clients" }, OPTION_TEXT, ADDS, .set = set_client_list, .value = "FILE",
	  .help = "instead of the default lists; may be repeated" },
	{ { "whitelist-recipients" }, OPTION_TEXT, ADDS, .set = set_recipient_list,
	  .value = "FILE", .help = "likewise" },
	{ { "auto-whitelist-clients" }, OPTION_MAYBE, .set = set_auto_allow, .value = "N",
	  .help = "passes after which a client is free; 0: never (5)" },

	{ { "tarpit" }, OPTION_MAYBE, .set = set_tarpit, .value = "N",
	  .help = "hold instead of greylisting, 65 seconds (taRgrey)" },
	{ { "targrey" }, OPTION_SWITCH, .set = set_targrey,
	  .help = "hold first, 125 seconds; greylist who hangs up (taRgrey)" },
	{ { "retry-count" }, OPTION_NUMBER, .set = set_retry_count, .value = "N",
	  .help = "retries after the delay that are needed (1) (taRgrey)" },
	{ { "auto-whitelist-delay" }, OPTION_NUMBER, .set = set_auto_delay, .value = "N",
	  .help = "seconds in which passes count once (3600) (taRgrey)" },
};
/* clang-format on */

#define ROWS (sizeof(rows) / sizeof(rows[0]))

const struct option_row *option_find(struct view name)
{
	for (size_t i = 0; i < ROWS; i++)
		for (size_t j = 0; j < OPTION_NAMES && rows[i].names[j] != NULL; j++)
			if (view_eq(view_of(rows[i].names[j]), name))
				return &rows[i];
	return NULL;
}

const struct option_row *option_rows(size_t *count)
{
	*count = ROWS;
	return rows;
}

void option_apply(struct option_reading *r, const struct option_row *row,
                  const struct option_value *v)
{
	char *member = (char *)r->conf + row->member;

	if (row->false_is_default && (v->text.n == 0 || view_eq(v->text, VIEW("0"))))
		return;
	if (row->set != NULL)
		row->set(r, v);
	else if (row->member > 0 && row->kind == OPTION_SWITCH)
		*(bool *)member = true;
	else if (row->member > 0)
		*(const char **)(void *)member = keep(r, v->text);
}

void option_begin(struct option_reading *r, struct arena *arena, const struct postgrey_defaults *d,
                  struct conf *conf)
{
	*r = (struct option_reading){ .defaults = d, .arena = arena, .conf = conf };
	r->warnings_end = &r->warnings;
	r->client_lists_end = &r->client_lists;
	r->recipient_lists_end = &r->recipient_lists;
	r->socket_mode = SOCKET_MODE;
	conf->user = "postgrey";
	conf->group = keep(r, view_of(d->group));
	conf->store_dir = keep(r, view_of(d->store_dir));
	if (d->hostname != NULL)
		conf->hostname = keep(r, view_of(d->hostname));
	conf->greylist_text = "Greylisted for %s seconds";
	conf->header = "X-Greylist: delayed %t seconds by greylag-%v at %h; %d";
	if (d->face != CONF_POSTGREY)
		return;
	conf->face = CONF_POSTGREY;
	conf->greylist_text = "Greylisted, see http://postgrey.schweikert.ch/help/%r.html";
	conf->header = "X-Greylist: delayed %t seconds by postgrey-%v at %h; %d";
}

static void finish_sockets(struct option_reading *r)
{
	struct conf *c = r->conf;
	const struct conf_socket **end = &c->policy;

	for (size_t i = 0; i < r->socket_count; i++) {
		struct conf_socket *s = r->sockets[i];

		if (s->kind == CONF_UNIX)
			s->mode = r->socket_mode;
		s->group = r->socket_group;
		*end = s;
		end = &s->next;
	}
	if (r->socket_count > 1)
		warn(r,
		     "all %zu of --inet and --unix are listened on; Postgrey takes the last --inet "
		     "alone",
		     r->socket_count);
	if (c->stdio && (r->listener_given || c->daemonize))
		fail(r, "ERROR: --stdio goes with none of --inet, --unix and --daemonize\n");
}

static void finish_lists(struct option_reading *r)
{
	const struct postgrey_defaults *d = r->defaults;

	for (size_t i = 0; i < 2; i++) {
		if (!r->client_lists_given && d->client_lists[i] != NULL)
			add_file(r, view_of(d->client_lists[i]), &r->client_lists_end);
		if (!r->recipient_lists_given && d->recipient_lists[i] != NULL)
			add_file(r, view_of(d->recipient_lists[i]), &r->recipient_lists_end);
	}
}

void option_finish(struct option_reading *r)
{
	struct conf *c = r->conf;

	if (!r->listener_given && !c->stdio) /* Postgrey looks at this before it looks at values */
		r->error = "ERROR: --unix or --inet must be specified\n";
	if (r->foreground)
		c->daemonize = false;
	if (!c->daemonize)
		c->pidfile = NULL;
	finish_sockets(r);
	finish_lists(r);
	if (r->by_host) {
		c->ipv4_bits = 32;
		c->ipv6_bits = 128;
	}
	if (r->targrey) {
		r->tarpit = TARPIT_TARGREY;
		r->tarpit_s = r->tarpit_given ? r->tarpit_s : TARPIT_TARGREY_S;
		if (r->tarpit_s == 0)
			warn(r, "--targrey with --tarpit=0 holds nobody");
	} else if (r->tarpit_s > 0) {
		r->tarpit = TARPIT_ALL;
	}
	if (c->delay > c->retry_window)
		warn(r, "no mail can pass: --delay is %lld seconds, --retry-window only %lld",
		     (long long)c->delay, (long long)c->retry_window);
}
