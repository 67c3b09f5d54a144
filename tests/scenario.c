/* Plays a dialogue from a text file against the doors, a worker and a store, with a clock that
 * stands still until the file lets it go on. A file is a list of commands, one a line:
 *
 *   # ...                    remark
 *   conf --delay=300 ...     the command line; first of all. "postgrey ..." for Postgrey's face
 *   rules                    the configuration, up to a single "."; instead of conf
 *   dns                      before conf: a DNS server by a table up to a single ".", see
 * fake_dns.h store none | down        before conf: no memory at all, or one that can't be opened on
 * NAME                  the connection that is meant from here on; a new one is opened mta NAME the
 * same, but a new one is an MTA's to the milter door offer V [STEPS]          the MTA's offer, of
 * all actions and steps; an answer comes terms V ACTIONS STEPS    that answer said so put L TEXT a
 * packet with this letter is sent get L TEXT               and this one comes pieces N what is sent
 * goes in pieces of N octets; 0: whole send                     the lines up to one of a single "."
 * are sent, each with its line end expect                   exactly these lines come ask A=V "B=V
 * W" ...      sends a request; what is not named stays as in the last one answer TEXT "action=TEXT"
 * comes, and an empty line silence                  nothing comes, and the connection stays open
 *   end                      the connection is closed after all that was expected
 *   reload                   another configuration, as rules
 *   shut | gone              we send no more | we close
 *   flood N TEXT             TEXT, N times; a @ in it is the time's number
 *   take N TEXT              "action=TEXT", N times
 *   advance 300s | 50ms      time passes
 *   flushed                  the store's thread has written what it may write later
 *   leave                    the worker is to end
 *   log TEXT | no-log TEXT   a line with this text was logged since the last conf or log; or none
 *   count NAME N             a counter of the worker
 *   spamd                    before rules: a server as of fake_spamd.h, which they name last
 *   scanned N [TEXT]         so often it was asked, and the last time with this text
 *   asked NAME N             so often the DNS server was asked for a name of its table
 *
 * In texts: \0, \n, \r, \t, \\, \xNN, and \c at a line's end for no line end. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "codec/milter.h"
#include "codec/policy.h"
#include "conf/parse.h"
#include "conf/postgrey.h"
#include "dns/resolver.h"
#include "fake_dns.h"
#include "fake_spamd.h"
#include "folder.h"
#include "geo/geo.h"
#include "milter/door.h"
#include "policy/peer.h"
#include "session/limits.h"
#include "session/transaction.h"
#include "util/escape.h"
#include "util/file.h"
#include "util/mem.h"

#define START      INT64_C(1795319831) /* Sun, 22 Nov 2026 03:57:11 UTC */
#define TEXT_MAX   ((size_t)1 << 24)
#define WORDS_MAX  64
#define CONNS_MAX  128
#define PATIENCE_S 10 /* of real time, for an answer by the store's thread */

struct client {
	char name[32];
	int fd; /* -1: closed by us */
	struct buf in;
	bool ended;
};

struct play {
	const char *file;
	unsigned line;
	struct view rest;
	char dir[FOLDER_MAX];
	FILE *logged;
	struct log *log;
	struct loop *loop;
	struct store *store;
	struct conf *conf;
	struct fake_dns *dns;
	struct fake_spamd *spamd;
	struct resolver *resolver;
	struct worker *worker;
	struct limits *limits;
	struct client client[CONNS_MAX];
	unsigned clients;
	struct client *on;
	size_t pieces;
	uint32_t terms[3];
	bool no_store;
	struct buf attribute[POLICY_ATTRIBUTES];
	bool named[POLICY_ATTRIBUTES];
};

static void die(const struct play *p, const char *fmt, ...) PRINTF_LIKE(2, 3)
	__attribute__((noreturn));

static void die(const struct play *p, const char *fmt, ...)
{
	va_list ap;

	(void)printf("%s:%u: ", p->file, p->line);
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)printf("\n");
	(void)fflush(stdout);
	folder_free(p->dir);
	_exit(1);
}

static void must(const struct play *p, bool holds, const char *what)
{
	if (!holds)
		die(p, "%s", what);
}

/* --- texts --- */

static int hex(char c)
{
	const char *digits = "0123456789abcdef", *at = strchr(digits, ascii_lower(c));

	return c != '\0' && at != NULL ? (int)(at - digits) : -1;
}

static char plain_escape(char c)
{
	static const char letters[] = "nrt0", octets[] = "\n\r\t"; /* and its NUL */
	const char *at = c != '\0' ? strchr(letters, c) : NULL;

	if (at != NULL)
		return octets[at - letters];
	return c;
}

/* Appends the text with its escapes undone. False: it ends in \c. */
static bool unescape(const struct play *p, struct view v, struct buf *out)
{
	for (size_t i = 0; i < v.n; i++) {
		char c = v.p[i];

		if (c == '\\' && i + 1 < v.n) {
			c = v.p[++i];
			if (c == 'c')
				return false;
			if (c == 'x') {
				must(p, i + 2 < v.n && hex(v.p[i + 1]) >= 0 && hex(v.p[i + 2]) >= 0,
				     "\\x wants two digits");
				c = (char)(hex(v.p[i + 1]) * 16 + hex(v.p[i + 2]));
				i += 2;
			} else {
				c = plain_escape(c);
			}
		}
		must(p, buf_byte(out, c) == ST_OK, "too long");
	}
	return true;
}

static bool next_line(struct play *p, struct view *line)
{
	p->line++;
	return view_next(&p->rest, '\n', line);
}

/* The lines up to the single dot. */
static void block(struct play *p, struct buf *out)
{
	struct view line;

	while (next_line(p, &line)) {
		if (view_eq(line, VIEW(".")))
			return;
		if (unescape(p, line, out))
			must(p, buf_byte(out, '\n') == ST_OK, "too long");
	}
	die(p, "the block has no end");
}

/* Words parted by blanks, in double quotes when they have some. */
static int words(struct view v, char **out, int max)
{
	int n = 0;

	while (v = view_trim(v), v.n > 0 && n < max) {
		struct buf word = buf_of(TEXT_MAX);
		bool quoted = false;
		size_t i = 0;

		for (; i < v.n && (quoted || !ascii_blank(v.p[i])); i++) {
			if (v.p[i] == '"')
				quoted = !quoted;
			else if (buf_byte(&word, v.p[i]) != ST_OK)
				break;
		}
		out[n++] = mem_text(buf_view(&word));
		buf_free(&word);
		v = view_from(v, i);
	}
	return n;
}

static uint64_t number(const struct play *p, struct view v)
{
	uint64_t n = 0;

	must(p, view_u64(v, UINT32_MAX, &n) == ST_OK, "a number is wanted");
	return n;
}

static struct view first_word(struct view *rest)
{
	struct view word;

	*rest = view_trim(*rest);
	return view_next(rest, ' ', &word) ? word : VIEW("");
}

/* --- the house --- */

static void open_log(struct play *p, struct conf *conf)
{
	struct log_options o = { .program = "scenario",
		                 .sink = LOG_SINK_STDERR,
		                 .most = conf->log_level };

	p->logged = tmpfile();
	must(p, p->logged != NULL && dup2(fileno(p->logged), STDERR_FILENO) >= 0, "no log");
	p->log = log_new(&o);
}

static void open_store(struct play *p, const struct conf *conf)
{
	const int64_t never = INT64_C(1) << 40; /* START may be long ago by the true clock */
	struct store_options o = {
		.dir = p->dir,
		.log = p->log,
		.timeout_ms = conf->store_timeout_ms,
		.privacy = conf->privacy,
		.expiry = { .grey = { .retry_window = never, .max_age = never },
		            .client = { .max_age = never },
		            .mark_age = never },
	};
	struct diag why;

	if (!p->no_store && store_open(&o, &p->store, &why) != ST_OK && p->store == NULL)
		die(p, "%s", why.text);
}

static enum status read_file(void *arg, const char *path, struct buf *out, struct diag *why)
{
	(void)arg;
	return file_read(path, out, why);
}

static void begin(struct play *p, struct view text, const char *name)
{
	struct conf_source source = { .text = text, .name = name, .read_file = read_file };
	struct worker_parts parts = {
		.door = { [WORKER_POLICY] = &policy_door, [WORKER_MILTER] = &milter_door }
	};
	struct diag why = { .file = NULL };

	must(p, p->worker == NULL, "conf comes once");
	if (conf_parse(&source, &p->conf, &why) != ST_OK)
		die(p, "%u:%u: %s", why.line, why.column, why.text);
	open_log(p, p->conf);
	if (geo_attach(p->conf, &why) != ST_OK)
		log_warning(p->log, "%s", why.text);
	open_store(p, p->conf);
	p->loop = loop_new_fake(START);
	parts.loop = p->loop;
	parts.resolver = p->resolver;
	parts.store = p->store;
	parts.log = p->log;
	parts.conf = p->conf;
	p->limits = limits_new();
	parts.limits = p->limits;
	p->worker = worker_new(&parts);
}

static void do_conf(struct play *p, struct view rest, enum conf_face face)
{
	struct postgrey_defaults d = postgrey_defaults(POSTGREY_UPSTREAM, face, "mx.example.org");
	struct postgrey_result r;
	char *argv[WORDS_MAX] = { mem_text(VIEW("scenario")) };
	int argc;

	argc = 1 + words(rest, argv + 1, WORDS_MAX - 2);
	argv[argc++] = mem_text(VIEW("--inet=10023"));
	memset(d.client_lists, 0, sizeof(d.client_lists));
	memset(d.recipient_lists, 0, sizeof(d.recipient_lists));
	postgrey_conf(argc, argv, &d, &r);
	if (r.outcome != POSTGREY_RUN)
		die(p, "%s", r.text);
	begin(p, view_of(r.text), NULL);
	for (int i = 0; i < argc; i++)
		mem_free(argv[i]);
	postgrey_result_free(&r);
}

static void do_dns(struct play *p, struct view text)
{
	char *table = mem_text(text);
	const char *forward;
	struct resolver_options options = { .forward = &forward, .forwards = 1 };
	struct diag why;

	must(p, p->dns == NULL && p->worker == NULL, "dns comes once, before conf");
	p->dns = fake_dns_new(table);
	forward = fake_dns_forward(p->dns);
	if (resolver_new(&options, NULL, &p->resolver, &why) != ST_OK)
		die(p, "%s", why.text);
	mem_free(table);
}

static struct buf with_spamd(struct play *p, struct view text)
{
	struct buf all = buf_of(TEXT_MAX);

	must(p, buf_append(&all, text) == ST_OK, "too long");
	if (p->spamd != NULL)
		must(p,
		     buf_printf(&all, "\nspamdsock inet \"127.0.0.1:%s\"\n",
		                fake_spamd_port(p->spamd)) == ST_OK,
		     "too long");
	return all;
}

static void do_rules(struct play *p, struct view text)
{
	struct buf all = with_spamd(p, text);

	begin(p, buf_view(&all), "rules");
	buf_free(&all);
}

static void do_reload(struct play *p, struct view text)
{
	struct buf all = with_spamd(p, text);
	struct conf_source source = { .text = buf_view(&all),
		                      .name = "reload",
		                      .read_file = read_file };
	struct conf *next = NULL;
	struct diag why = { .file = NULL };

	must(p, p->worker != NULL, "conf comes first");
	if (conf_parse(&source, &next, &why) != ST_OK)
		die(p, "%u:%u: %s", why.line, why.column, why.text);
	conf_unref(&p->worker->conf);
	p->worker->conf = next;
	buf_free(&all);
}

static void hear(struct client *c)
{
	char piece[65536];
	ssize_t n = 1;

	while (c->fd >= 0 && !c->ended && n > 0) {
		n = read(c->fd, piece, sizeof(piece));
		if (n > 0 && buf_append(&c->in, (struct view){ piece, (size_t)n }) != ST_OK)
			break;
		if (n == 0 || (n < 0 && errno != EAGAIN))
			c->ended = true;
	}
}

static void turns(struct play *p, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		loop_turn(p->loop, false);
}

/* Long enough for the store's thread to say something. */
static void settle(struct play *p)
{
	for (unsigned i = 0; i < 20; i++) {
		turns(p, 2);
		(void)usleep(1000);
	}
	turns(p, 2);
}

#define ANSWERS_MS 200 /* for a machine that is busy; what is silent takes all of them */

/* Time does not pass before the answers of the DNS that are on their way, by real threads. */
static void settle_answers(struct play *p)
{
	struct resolver_counters n = { .in_flight = 0 };

	settle(p);
	for (unsigned i = 0; i < ANSWERS_MS / 20 && p->resolver != NULL; i++) {
		resolver_count(p->resolver, &n);
		if (n.in_flight == 0)
			break;
		settle(p);
	}
	turns(p, 2);
}

static struct client *here(struct play *p)
{
	must(p, p->worker != NULL, "conf comes first");
	must(p, p->on != NULL, "which connection?");
	return p->on;
}

static void do_on(struct play *p, struct view name, const struct worker_door *door)
{
	struct client *c = p->client;
	int fd[2];

	for (; c < p->client + p->clients; c++) {
		if (view_eq(view_of(c->name), name)) {
			p->on = c;
			return;
		}
	}
	must(p, p->worker != NULL, "conf comes first");
	must(p, p->clients < CONNS_MAX && name.n < sizeof(c->name), "no more connections");
	must(p, socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd) == 0,
	     "no socket");
	*c = (struct client){ .fd = fd[0], .in = buf_of(TEXT_MAX) };
	memcpy(c->name, name.p, name.n);
	p->clients++;
	p->on = c;
	door->serve(p->worker, fd[1]);
}

static void send_all(struct play *p, struct view v)
{
	struct client *c = here(p);
	unsigned full = 0;

	while (v.n > 0) {
		size_t most = p->pieces > 0 && p->pieces < v.n ? p->pieces : v.n;
		ssize_t n = write(c->fd, v.p, most);

		if (n > 0)
			v = view_from(v, (size_t)n);
		else if (errno != EAGAIN)
			return; /* it has closed; what follows in the file will notice */
		else if (++full % 100 == 0)
			hear(c); /* as late as can be */
		turns(p, p->pieces > 0 || n < 0 ? 2 : 0);
	}
	turns(p, 3);
}

static void expect(struct play *p, struct view wanted)
{
	struct client *c = here(p);
	time_t until = time(NULL) + PATIENCE_S;

	while (hear(c), c->in.n < wanted.n && !c->ended && time(NULL) < until) {
		turns(p, 2);
		(void)usleep(200);
	}
	if (!view_starts(buf_view(&c->in), wanted)) {
		char shown[ESCAPE_ROOM(1000)];

		die(p, "got \"%s\"%s",
		    escape_text(view_first(buf_view(&c->in), 1000), shown, sizeof(shown)),
		    c->ended ? " and the end" : "");
	}
	buf_drop(&c->in, wanted.n);
}

static void expect_action(struct play *p, struct view text, unsigned times)
{
	struct buf out = buf_of(TEXT_MAX), once = buf_of(TEXT_MAX);

	must(p, buf_append(&once, VIEW("action=")) == ST_OK, "too long");
	(void)unescape(p, text, &once);
	must(p, buf_append(&once, VIEW("\n\n")) == ST_OK, "too long");
	for (unsigned i = 0; i < times; i++)
		must(p, buf_append(&out, buf_view(&once)) == ST_OK, "too long");
	expect(p, buf_view(&out));
	buf_free(&once);
	buf_free(&out);
}

/* --- commands --- */

static void do_block(struct play *p, void (*use)(struct play *p, struct view v))
{
	struct buf text = buf_of(TEXT_MAX);

	block(p, &text);
	use(p, buf_view(&text));
	buf_free(&text);
}

static enum policy_attribute attribute_of(const struct play *p, struct view name)
{
	for (unsigned a = 0; a < POLICY_ATTRIBUTES; a++)
		if (view_eq(view_of(policy_attribute_name((enum policy_attribute)a)), name))
			return (enum policy_attribute)a;
	die(p, "no such attribute: %.*s", VIEW_ARG(name));
}

static void set_attribute(struct play *p, enum policy_attribute a, struct view value)
{
	p->attribute[a].max = TEXT_MAX;
	buf_clear(&p->attribute[a]);
	(void)unescape(p, value, &p->attribute[a]);
	p->named[a] = true;
}

static void do_ask(struct play *p, struct view rest)
{
	struct buf text = buf_of(TEXT_MAX);
	char *word[WORDS_MAX];
	int n = words(rest, word, WORDS_MAX);

	for (int i = 0; i < n; i++) {
		struct view v = view_of(word[i]);
		size_t equals = view_find(v, '=');

		if (equals == VIEW_NONE) /* a name alone: without it */
			p->named[attribute_of(p, v)] = false;
		else
			set_attribute(p, attribute_of(p, view_first(v, equals)),
			              view_from(v, equals + 1));
		mem_free(word[i]);
	}
	for (unsigned a = 0; a < POLICY_ATTRIBUTES; a++)
		if (p->named[a])
			must(p,
			     buf_printf(&text, "%s=",
			                policy_attribute_name((enum policy_attribute)a)) == ST_OK &&
			             buf_append(&text, buf_view(&p->attribute[a])) == ST_OK &&
			             buf_byte(&text, '\n') == ST_OK,
			     "too long");
	must(p, buf_byte(&text, '\n') == ST_OK, "too long");
	send_all(p, buf_view(&text));
	buf_free(&text);
}

/* --- packets --- */

static void with_packet(struct play *p, struct view rest, void (*use)(struct play *, struct view))
{
	struct buf data = buf_of(TEXT_MAX), packet = buf_of(TEXT_MAX);
	struct view letter = first_word(&rest), part;

	must(p, letter.n == 1, "a letter is wanted");
	rest = view_from(rest, rest.n > 0 && rest.p[0] == ' ' ? 1 : 0);
	(void)unescape(p, rest, &data);
	part = buf_view(&data);
	must(p, milter_put_packet(&packet, letter.p[0], &part, 1) == ST_OK, "too long");
	use(p, buf_view(&packet));
	buf_free(&data);
	buf_free(&packet);
}

static uint32_t number_at(struct view v, size_t at)
{
	uint32_t x = 0;

	for (size_t i = at; i < at + 4; i++)
		x = x << 8 | (unsigned char)v.p[i];
	return x;
}

static void do_offer(struct play *p, struct view rest)
{
	uint64_t version = number(p, first_word(&rest));
	struct buf packet = buf_of(TEXT_MAX);
	char words[12];
	struct view part = { words, sizeof(words) }, steps = first_word(&rest);
	struct client *c = here(p);
	struct milter_packet got;
	size_t used = 0;

	milter_number((uint32_t)version, words);
	milter_number(0x1ff, words + 4);
	milter_number(steps.n > 0 ? (uint32_t)strtoul(steps.p, NULL, 16) : 0x1fffff, words + 8);
	must(p, milter_put_packet(&packet, MILTER_OPTNEG, &part, 1) == ST_OK, "too long");
	send_all(p, buf_view(&packet));
	buf_free(&packet);
	turns(p, 3);
	hear(c);
	must(p,
	     milter_scan(buf_view(&c->in), MILTER_DATA_MAX, &got, &used) == ST_OK &&
	             got.letter == MILTER_OPTNEG && got.data.n >= 12,
	     "no answer to the offer");
	for (unsigned i = 0; i < 3; i++)
		p->terms[i] = number_at(got.data, (size_t)4 * i);
	buf_drop(&c->in, used);
}

static void do_terms(struct play *p, struct view rest)
{
	for (unsigned i = 0; i < 3; i++) {
		struct view word = first_word(&rest);
		char text[20] = "";

		must(p, word.n > 0 && word.n < sizeof(text), "three numbers");
		memcpy(text, word.p, word.n);
		if (strtoul(text, NULL, 16) != p->terms[i])
			die(p, "terms are %x %x %x", p->terms[0], p->terms[1], p->terms[2]);
	}
}

static void do_silence(struct play *p)
{
	struct client *c = here(p);

	settle(p);
	hear(c);
	if (c->in.n > 0 || c->ended)
		die(p, "got \"%.*s\"%s", VIEW_ARG(view_first(buf_view(&c->in), 1000)),
		    c->ended ? " and the end" : "");
}

static void do_end(struct play *p)
{
	struct client *c = here(p);

	settle(p);
	hear(c);
	if (c->in.n > 0 || !c->ended)
		die(p, "no end, but \"%.*s\"", VIEW_ARG(view_first(buf_view(&c->in), 1000)));
}

static void do_flood(struct play *p, struct view rest)
{
	uint64_t n = number(p, first_word(&rest));
	struct buf once = buf_of(TEXT_MAX), all = buf_of(TEXT_MAX);

	(void)unescape(p, rest, &once);
	for (uint64_t i = 0; i < n; i++) {
		struct view left = buf_view(&once), part;

		while (view_next(&left, '@', &part))
			must(p,
			     buf_append(&all, part) == ST_OK &&
			             (left.n == 0 ||
			              buf_printf(&all, "%llu", (unsigned long long)i) == ST_OK),
			     "too long");
	}
	send_all(p, buf_view(&all));
	buf_free(&once);
	buf_free(&all);
}

static void do_advance(struct play *p, struct view v)
{
	bool ms = view_ends_nocase(v, VIEW("ms"));
	uint64_t n;

	must(p, ms || view_ends_nocase(v, VIEW("s")), "seconds or ms");
	n = number(p, view_first(v, v.n - (ms ? 2 : 1)));
	settle_answers(p);
	loop_advance(p->loop, ms ? n : n * 1000);
	settle(p);
}

static void do_log(struct play *p, struct view wanted, bool is_there)
{
	struct buf text = buf_of(TEXT_MAX), all = buf_of(TEXT_MAX);
	char piece[4096];
	off_t at = 0;
	bool found;

	settle(p);
	log_flush(p->log, 5000);
	for (ssize_t n; (n = pread(fileno(p->logged), piece, sizeof(piece), at)) > 0; at += n)
		must(p, buf_append(&all, (struct view){ piece, (size_t)n }) == ST_OK, "too long");
	(void)unescape(p, wanted, &text);
	found = all.n > 0 && memmem(all.p, all.n, text.p, text.n) != NULL;
	if (found != is_there)
		die(p, "the log is: %s", buf_text(&all));
	must(p, ftruncate(fileno(p->logged), 0) == 0 && lseek(fileno(p->logged), 0, SEEK_SET) == 0,
	     "no log");
	buf_free(&text);
	buf_free(&all);
}

static void do_asked(struct play *p, struct view rest)
{
	char *name = mem_text(first_word(&rest));
	unsigned n, wanted = (unsigned)number(p, view_trim(rest));

	settle(p);
	must(p, p->dns != NULL, "there is no DNS server");
	n = fake_dns_asked_for(p->dns, name);
	/* A question that is just being asked is on its way, on the resolver's threads. */
	for (unsigned i = 0; i < 200 && n < wanted; i++) {
		(void)usleep(10000);
		settle(p);
		n = fake_dns_asked_for(p->dns, name);
	}
	if (n != wanted)
		die(p, "%u times", n);
	mem_free(name);
}

static void do_scanned(struct play *p, struct view rest)
{
	unsigned n = (unsigned)number(p, first_word(&rest));
	struct buf text = buf_of(TEXT_MAX);

	(void)unescape(p, rest, &text);
	settle(p);
	must(p, p->spamd != NULL, "there is no spamd");
	if (fake_spamd_asked(p->spamd) != n)
		die(p, "%u times", fake_spamd_asked(p->spamd));
	must(p, fake_spamd_got(p->spamd, buf_text(&text)), "it was sent something else");
	buf_free(&text);
}

static void do_count(struct play *p, struct view rest)
{
	struct view name = first_word(&rest);
	uint64_t n = number(p, view_trim(rest));

	settle(p);
	for (unsigned i = 0; i < COUNTERS; i++) {
		uint64_t is = counted(&p->worker->counters, (enum counter)i);

		if (!view_eq(view_of(counter_name((enum counter)i)), name))
			continue;
		if (is != n)
			die(p, "it is %llu", (unsigned long long)is);
		return;
	}
	die(p, "no such counter");
}

static void do_store(struct play *p, struct view how)
{
	char path[FOLDER_MAX * 2];

	if (view_eq(how, VIEW("none"))) {
		p->no_store = true;
		return;
	}
	folder_path(path, p->dir, "data.mdb"); /* a folder in its place */
	must(p, view_eq(how, VIEW("down")) && mkdir(path, 0700) == 0, "none or down?");
}

static void do_leave(struct play *p)
{
	p->worker->leaving = true;
	policy_door.leave(p->worker);
	milter_door.leave(p->worker);
	settle(p);
}

static void do_gone(struct play *p)
{
	struct client *c = here(p);

	(void)close(c->fd);
	c->fd = -1;
	settle(p);
}

/* Commands with a text behind them. */
static bool do_with_text(struct play *p, struct view word, struct view rest)
{
	if (view_eq(word, VIEW("conf")))
		do_conf(p, rest, CONF_GREYLAG);
	else if (view_eq(word, VIEW("postgrey")))
		do_conf(p, rest, CONF_POSTGREY);
	else if (view_eq(word, VIEW("store")))
		do_store(p, rest);
	else if (view_eq(word, VIEW("on")))
		do_on(p, rest, &policy_door);
	else if (view_eq(word, VIEW("mta")))
		do_on(p, rest, &milter_door);
	else if (view_eq(word, VIEW("pieces")))
		p->pieces = number(p, rest);
	else if (view_eq(word, VIEW("ask")))
		do_ask(p, rest);
	else if (view_eq(word, VIEW("answer")))
		expect_action(p, rest, 1);
	else if (view_eq(word, VIEW("put")))
		with_packet(p, rest, send_all);
	else if (view_eq(word, VIEW("get")))
		with_packet(p, rest, expect);
	else if (view_eq(word, VIEW("offer")))
		do_offer(p, rest);
	else if (view_eq(word, VIEW("terms")))
		do_terms(p, rest);
	else if (view_eq(word, VIEW("flood")))
		do_flood(p, rest);
	else if (view_eq(word, VIEW("advance")))
		do_advance(p, rest);
	else if (view_eq(word, VIEW("log")) || view_eq(word, VIEW("no-log")))
		do_log(p, rest, view_eq(word, VIEW("log")));
	else if (view_eq(word, VIEW("count")))
		do_count(p, rest);
	else if (view_eq(word, VIEW("asked")))
		do_asked(p, rest);
	else if (view_eq(word, VIEW("scanned")))
		do_scanned(p, rest);
	else
		return false;
	return true;
}

static void do_line(struct play *p, struct view line)
{
	struct view rest = line, word = first_word(&rest);

	if (word.n == 0 || word.p[0] == '#')
		return;
	if (do_with_text(p, word, rest))
		return;
	if (view_eq(word, VIEW("rules")))
		do_block(p, do_rules);
	else if (view_eq(word, VIEW("reload")))
		do_block(p, do_reload);
	else if (view_eq(word, VIEW("dns")))
		do_block(p, do_dns);
	else if (view_eq(word, VIEW("spamd")))
		p->spamd = fake_spamd_new();
	else if (view_eq(word, VIEW("send")))
		do_block(p, send_all);
	else if (view_eq(word, VIEW("expect")))
		do_block(p, expect);
	else if (view_eq(word, VIEW("silence")))
		do_silence(p);
	else if (view_eq(word, VIEW("end")))
		do_end(p);
	else if (view_eq(word, VIEW("shut")))
		(void)shutdown(here(p)->fd, SHUT_WR);
	else if (view_eq(word, VIEW("gone")))
		do_gone(p);
	else if (view_eq(word, VIEW("flushed")))
		(void)usleep(1200000); /* its tick is a true second */
	else if (view_eq(word, VIEW("leave")))
		do_leave(p);
	else if (view_eq(word, VIEW("take")))
		word = first_word(&rest), expect_action(p, rest, (unsigned)number(p, word));
	else
		die(p, "what is \"%.*s\"?", VIEW_ARG(word));
}

/* Nothing may be left unexpected, and all must come apart without harm. */
static void finish(struct play *p)
{
	char path[FOLDER_MAX * 2];

	settle(p);
	for (unsigned i = 0; i < p->clients; i++) {
		struct client *c = &p->client[i];

		hear(c);
		if (c->in.n > 0)
			die(p, "left over on %s: \"%.*s\"", c->name, VIEW_ARG(buf_view(&c->in)));
		if (c->fd >= 0)
			(void)close(c->fd);
		buf_free(&c->in);
	}
	settle(p);
	loop_advance(p->loop, 10000); /* those that linger */
	settle(p);
	if (p->worker->open != 0)
		die(p, "%u connections are left", p->worker->open);
	if (p->worker->load->content != 0)
		die(p, "%zu octets of messages are left", (size_t)p->worker->load->content);
	worker_free(&p->worker);
	limits_free(&p->limits);
	loop_free(&p->loop);
	resolver_free(&p->resolver);
	fake_dns_free(&p->dns);
	fake_spamd_free(&p->spamd);
	store_close(&p->store);
	conf_unref(&p->conf);
	log_free(&p->log);
	(void)fclose(p->logged);
	for (unsigned a = 0; a < POLICY_ATTRIBUTES; a++)
		buf_free(&p->attribute[a]);
	folder_path(path, p->dir, "data.mdb");
	(void)rmdir(path);
	folder_free(p->dir);
}

static void first_request(struct play *p)
{
	set_attribute(p, POLICY_REQUEST, VIEW("smtpd_access_policy"));
	set_attribute(p, POLICY_PROTOCOL_STATE, VIEW("RCPT"));
	set_attribute(p, POLICY_PROTOCOL_NAME, VIEW("ESMTP"));
	set_attribute(p, POLICY_CLIENT_ADDRESS, VIEW("203.0.113.9"));
	set_attribute(p, POLICY_CLIENT_NAME, VIEW("mx.example.net"));
	set_attribute(p, POLICY_SENDER, VIEW("a@example.net"));
	set_attribute(p, POLICY_RECIPIENT, VIEW("b@example.org"));
	set_attribute(p, POLICY_INSTANCE, VIEW("i1"));
}

int main(int argc, char **argv)
{
	struct play p = { .file = argc > 1 ? argv[1] : "?" };
	struct buf text = buf_of(TEXT_MAX);
	struct view line;
	struct diag why;

	(void)setenv("TZ", "UTC", 1);
	tzset();
	(void)signal(SIGPIPE, SIG_IGN);
	folder_new(p.dir);
	must(&p, argc == 2 && file_read(argv[1], &text, &why) == ST_OK, "one file to play");
	first_request(&p);
	p.rest = buf_view(&text);
	while (next_line(&p, &line))
		do_line(&p, line);
	must(&p, p.worker != NULL, "no conf");
	finish(&p);
	buf_free(&text);
	return 0;
}
