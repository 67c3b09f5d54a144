/* Asks a policy server on the loopback, many times over many connections, and prints one line of
 * JSON: how many answers a second, how long each took, and what they were. See README.md.
 *
 *   load -p PORT -k KIND [-c CONNECTIONS] [-w IN-FLIGHT] [-d SECONDS | -N REQUESTS]
 *        [-P PAUSE-MS] [-K SET] [-s START] [-l [-T | -S SECONDS]] [-D DELAY] [-A VISITS]
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "hist.h"
#include "tuple.h"
#include "util/mem.h"

#define CONNECTIONS_MAX 2000
#define WINDOW_MAX      64
#define ANSWER_MAX      4096
#define EVENTS_MAX      256
#define WORDS_MAX       16
#define WORD_MAX        32
#define SILENCE_MS      20000 /* no answer at all for so long ends a phase */
#define SECOND_NS       1000000000U

struct options {
	uint16_t port;
	unsigned connections;
	unsigned window;      /* requests in flight on a connection */
	uint64_t duration_ns; /* 0: by number */
	uint64_t requests;
	enum tuple_kind kind;
	uint64_t set;     /* how many tuples (or clients) of the kind there are */
	uint64_t start;   /* number of the first new tuple */
	bool learn;       /* first teach the set */
	bool test_time;   /* teach with policy_test_time instead of waiting */
	unsigned pause;   /* seconds between first try and retry without it */
	int64_t delay;    /* the server's, in seconds */
	uint64_t rest_ns; /* of a connection, between an answer and its next request */
	unsigned visits;  /* passes that make a client known */
};

struct conn {
	int fd; /* -1: lost */
	uint64_t rests_until;
	struct conn *next_rested;
	bool blocked;
	unsigned first;  /* ring of send times: the oldest, */
	unsigned flying; /* and how many */
	uint64_t sent[WINDOW_MAX];
	char *out;
	size_t out_at;
	size_t out_n;
	size_t in_n;
	char in[ANSWER_MAX];
};

struct word {
	char text[WORD_MAX];
	uint64_t count;
};

struct tally {
	struct hist latency;
	uint64_t malformed;  /* not "action=WORD...", empty line */
	uint64_t unanswered; /* in flight on a connection that ended or fell silent */
	unsigned words_n;
	struct word words[WORDS_MAX];
};

/* A stretch of requests that ends when all are answered. */
struct phase {
	uint64_t left;   /* requests that may still be sent */
	uint64_t end_ns; /* none is sent from then on; 0: no end */
	unsigned window;
	bool in_order;     /* the set from first to last; else at random */
	unsigned visit;    /* which mail of the client; counts for TUPLE_AUTO only */
	int64_t test_time; /* 0: none */
	uint64_t rest_ns;
};

struct load {
	const struct options *o;
	struct conn *conns;
	unsigned alive;
	unsigned lost;
	int epoll;
	struct phase phase;
	uint64_t sequence; /* requests of this lesson, or since the last one */
	uint64_t serial;   /* requests of this process, in any phase */
	uint64_t random;
	uint64_t flying;
	struct conn *rested, **rested_end; /* all rest for the same time: in the order of waking */
	struct tally tally;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

/* xorshift64: the same order in every run. */
static uint64_t next_random(struct load *l)
{
	l->random ^= l->random << 13;
	l->random ^= l->random >> 7;
	l->random ^= l->random << 17;
	return l->random;
}

static void next_tuple(struct load *l, struct tuple *t)
{
	const struct options *o = l->o;
	uint64_t n = l->sequence++;
	uint64_t member = l->phase.in_order ? n % o->set : next_random(l) % o->set;

	switch (o->kind) {
	case TUPLE_NEW:
	case TUPLE_FRESH: tuple_make(t, o->kind, o->start + n); return;
	case TUPLE_AUTO:
		/* Mails of lessons stand apart from those that are only asked for later. */
		if (l->phase.in_order)
			n = ((uint64_t)1 << 47) + member * o->visits + l->phase.visit;
		tuple_make_mail(t, o->kind, member, n);
		return;
	case TUPLE_KNOWN:
	case TUPLE_LISTED:
	case TUPLE_DOMAIN:
	case TUPLE_EARLY: tuple_make(t, o->kind, member); return;
	}
}

static void lose(struct load *l, struct conn *c)
{
	if (c->fd < 0)
		return;
	(void)close(c->fd);
	c->fd = -1;
	l->alive--;
	l->lost++;
	l->flying -= c->flying;
	l->tally.unanswered += c->flying;
	c->flying = 0;
}

static void watch(struct load *l, struct conn *c, bool blocked)
{
	struct epoll_event want = { .events = EPOLLIN | (blocked ? (uint32_t)EPOLLOUT : 0U),
		                    .data.ptr = c };

	if (blocked != c->blocked && epoll_ctl(l->epoll, EPOLL_CTL_MOD, c->fd, &want) != 0)
		lose(l, c);
	c->blocked = blocked;
}

static void flush(struct load *l, struct conn *c)
{
	while (c->out_at < c->out_n) {
		ssize_t n = write(c->fd, c->out + c->out_at, c->out_n - c->out_at);

		if (n >= 0) {
			c->out_at += (size_t)n;
		} else if (errno == EAGAIN) {
			watch(l, c, true);
			return;
		} else if (errno != EINTR) {
			lose(l, c);
			return;
		}
	}
	c->out_at = c->out_n = 0;
	watch(l, c, false);
}

/* Sends as many requests as the window and the phase allow, in one write. */
static void top_up(struct load *l, struct conn *c)
{
	struct phase *ph = &l->phase;
	uint64_t now = c->flying < ph->window && ph->left > 0 ? now_ns() : 0;

	if (c->out_at > 0) {
		memmove(c->out, c->out + c->out_at, c->out_n - c->out_at);
		c->out_n -= c->out_at;
		c->out_at = 0;
	}
	while (c->flying < ph->window && ph->left > 0 && (ph->end_ns == 0 || now < ph->end_ns)) {
		struct tuple t;

		next_tuple(l, &t);
		c->out_n += tuple_request(&t, l->serial++, ph->test_time, c->out + c->out_n);
		c->sent[(c->first + c->flying) % WINDOW_MAX] = now;
		c->flying++;
		l->flying++;
		ph->left--;
	}
	flush(l, c);
}

static bool word_octet(char c)
{
	return ascii_alpha(c) || ascii_digit(c) || c == '_';
}

static void count_word(struct tally *t, struct view word)
{
	unsigned i = 0;

	while (i < t->words_n && !view_eq(view_of(t->words[i].text), word))
		i++;
	if (i == t->words_n) {
		if (i == WORDS_MAX || word.n >= WORD_MAX) {
			t->malformed++;
			return;
		}
		memcpy(t->words[i].text, word.p, word.n);
		t->words_n++;
	}
	t->words[i].count++;
}

/* `line` is what stands before the empty line. */
static void count_answer(struct tally *t, struct view line, uint64_t took_ns)
{
	struct view head = VIEW("action=");
	struct view rest = view_from(line, head.n);
	struct view word = rest;

	word.n = 0;
	while (word.n < rest.n && word_octet(rest.p[word.n]))
		word.n++;
	hist_add(&t->latency, took_ns);
	if (!view_starts(line, head) || view_find(line, '\n') != VIEW_NONE || word.n == 0 ||
	    (word.n < rest.n && rest.p[word.n] != ' '))
		t->malformed++;
	else
		count_word(t, word);
}

/* False when the server sends what it wasn't asked for, or an answer without an end. */
static bool take_answers(struct load *l, struct conn *c, uint64_t now)
{
	size_t from = 0;

	for (char *end; (end = memmem(c->in + from, c->in_n - from, "\n\n", 2)) != NULL;) {
		struct view line = { c->in + from, (size_t)(end - c->in) - from };

		if (c->flying == 0) {
			l->tally.malformed++;
			return false;
		}
		count_answer(&l->tally, line, now - c->sent[c->first]);
		c->first = (c->first + 1) % WINDOW_MAX;
		c->flying--;
		l->flying--;
		from += line.n + 2;
	}
	c->in_n -= from;
	memmove(c->in, c->in + from, c->in_n);
	return c->in_n < ANSWER_MAX;
}

static void rest(struct load *l, struct conn *c, uint64_t until)
{
	c->rests_until = until;
	c->next_rested = NULL;
	*l->rested_end = c;
	l->rested_end = &c->next_rested;
}

/* Returns how long to wait for an answer, until the next one wakes, or the phase ends. */
static int wake(struct load *l)
{
	struct conn *c;
	uint64_t now = now_ns(), next;

	while ((c = l->rested) != NULL &&
	       (c->rests_until <= now || (l->phase.end_ns > 0 && now >= l->phase.end_ns))) {
		l->rested = c->next_rested;
		if (l->rested == NULL)
			l->rested_end = &l->rested;
		if (c->fd >= 0)
			top_up(l, c);
	}
	if (c == NULL)
		return SILENCE_MS;
	next = l->phase.end_ns > 0 && l->phase.end_ns < c->rests_until ? l->phase.end_ns
	                                                               : c->rests_until;
	return (int)((next - now) / 1000000U) + 1;
}

static void hear(struct load *l, struct conn *c)
{
	ssize_t n = read(c->fd, c->in + c->in_n, ANSWER_MAX - c->in_n);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		lose(l, c);
		return;
	}
	c->in_n += (size_t)n;
	if (!take_answers(l, c, now_ns()))
		lose(l, c);
	else if (l->phase.rest_ns == 0)
		top_up(l, c);
	else if (c->flying == 0)
		rest(l, c, now_ns() + l->phase.rest_ns);
}

static void run_phase(struct load *l, const struct phase *ph)
{
	struct epoll_event events[EVENTS_MAX];

	l->phase = *ph;
	l->rested = NULL;
	l->rested_end = &l->rested;
	for (unsigned i = 0; i < l->o->connections; i++)
		rest(l, &l->conns[i], now_ns() + ph->rest_ns * i / l->o->connections);
	for (int wait; wait = wake(l), l->flying > 0 || l->rested != NULL;) {
		int n = epoll_wait(l->epoll, events, EVENTS_MAX, wait);

		for (int i = 0; i < n; i++) {
			struct conn *c = events[i].data.ptr;

			if (c->fd >= 0 && (events[i].events & EPOLLOUT))
				flush(l, c);
			if (c->fd >= 0 && (events[i].events & ~(uint32_t)EPOLLOUT))
				hear(l, c);
		}
		if (n == 0 && wait == SILENCE_MS) {
			for (unsigned i = 0; i < l->o->connections; i++)
				lose(l, &l->conns[i]);
		}
	}
}

/* What went wrong is kept: it counts in whatever phase it was. */
static void tally_clear(struct tally *t)
{
	*t = (struct tally){ .malformed = t->malformed, .unanswered = t->unanswered };
}

/* Every member of the set once. With -T it is `ago` seconds ago, else now. */
static void lesson(struct load *l, unsigned visit, int64_t ago)
{
	struct phase ph = { .left = l->o->set,
		            .window = l->o->window,
		            .in_order = true,
		            .visit = visit,
		            .test_time = l->o->test_time ? (int64_t)time(NULL) - ago : 0 };

	l->sequence = 0;
	run_phase(l, &ph);
}

/* First tries and retries until the server knows what the kind says. Auto-allow counts a client at
 * most once an hour (Postgrey 1.37), hence the distance between visits. */
static void learn(struct load *l)
{
	const struct options *o = l->o;
	unsigned visits = o->kind == TUPLE_AUTO ? o->visits : 1;

	if (o->kind == TUPLE_NEW || o->kind == TUPLE_FRESH || o->kind == TUPLE_LISTED)
		return;
	if (o->kind == TUPLE_EARLY || o->kind == TUPLE_DOMAIN) {
		lesson(l, 0, 1);
		return;
	}
	for (unsigned v = 0; v < visits; v++) {
		int64_t retry = 120 + 3700 * (int64_t)(visits - 1 - v);

		lesson(l, v, retry + o->delay + 60);
		if (!o->test_time)
			(void)sleep(o->pause);
		lesson(l, v, retry);
	}
}

static enum status connect_one(struct load *l, struct conn *c)
{
	struct sockaddr_in there = { .sin_family = AF_INET,
		                     .sin_port = htons(l->o->port),
		                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event want = { .events = EPOLLIN, .data.ptr = c };
	int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	c->fd = -1;
	c->out = mem_array(l->o->window, TUPLE_REQUEST_MAX);
	if (fd < 0)
		return ST_IO;
	if (connect(fd, (struct sockaddr *)&there, sizeof(there)) != 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
	    epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &want) != 0) {
		(void)close(fd);
		return ST_IO;
	}
	c->fd = fd;
	l->alive++;
	return ST_OK;
}

static double cpu_seconds(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double micro(uint64_t ns)
{
	return (double)ns / 1e3;
}

static void print_result(const struct load *l, double seconds, double cpu)
{
	const struct hist *h = &l->tally.latency;

	(void)printf("{\"kind\":\"%s\",\"connections\":%u,\"window\":%u,\"requests\":%llu,"
	             "\"seconds\":%.6f,\"per_second\":%.1f,",
	             tuple_kind_name(l->o->kind), l->o->connections, l->o->window,
	             (unsigned long long)h->count, seconds,
	             seconds > 0 ? (double)h->count / seconds : 0.0);
	(void)printf("\"mean_us\":%.1f,\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,"
	             "\"max_us\":%.1f,",
	             h->count > 0 ? micro(h->sum) / (double)h->count : 0.0,
	             micro(hist_quantile(h, 500)), micro(hist_quantile(h, 900)),
	             micro(hist_quantile(h, 990)), micro(h->max));
	(void)printf("\"load_cpu_seconds\":%.3f,\"errors\":%llu,\"lost\":%u,\"malformed\":%llu,"
	             "\"answers\":{",
	             cpu, (unsigned long long)l->tally.unanswered, l->lost,
	             (unsigned long long)l->tally.malformed);
	for (unsigned i = 0; i < l->tally.words_n; i++)
		(void)printf("%s\"%s\":%llu", i > 0 ? "," : "", l->tally.words[i].text,
		             (unsigned long long)l->tally.words[i].count);
	(void)printf("}}\n");
}

/* The first answer of every connection isn't counted: taking connections is not what is measured.
 */
static void measure(struct load *l)
{
	struct phase warm = { .left = l->o->connections, .window = 1 };
	struct phase counted = { .left = UINT64_MAX,
		                 .window = l->o->window,
		                 .rest_ns = l->o->rest_ns };
	uint64_t began;
	double cpu;

	run_phase(l, &warm);
	tally_clear(&l->tally);
	began = now_ns();
	cpu = cpu_seconds();
	if (l->o->duration_ns > 0)
		counted.end_ns = began + l->o->duration_ns;
	else
		counted.left = l->o->requests;
	run_phase(l, &counted);
	print_result(l, (double)(now_ns() - began) / SECOND_NS, cpu_seconds() - cpu);
}

static enum status read_seconds(const char *text, uint64_t *ns)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end != '\0' || !(value > 0 && value < 86400))
		return ST_INVALID;
	*ns = (uint64_t)(value * SECOND_NS);
	return ST_OK;
}

static enum status read_unsigned(const char *text, unsigned max, unsigned *out)
{
	uint64_t value;
	enum status st = view_u64(view_of(text), max, &value);

	if (st == ST_OK)
		*out = (unsigned)value;
	return st;
}

static enum status read_option(struct options *o, int option, const char *text)
{
	uint64_t value;
	enum status st = ST_OK;

	switch (option) {
	case 'p':
		st = view_u64(view_of(text), UINT16_MAX, &value);
		if (st == ST_OK)
			o->port = (uint16_t)value;
		return st;
	case 'D':
		st = view_u64(view_of(text), 86400, &value);
		if (st == ST_OK)
			o->delay = (int64_t)value;
		return st;
	case 'P':
		st = view_u64(view_of(text), 10000, &value);
		if (st == ST_OK)
			o->rest_ns = value * 1000000U;
		return st;
	case 'k': return tuple_kind_of(text, &o->kind) ? ST_OK : ST_INVALID;
	case 'c': return read_unsigned(text, CONNECTIONS_MAX, &o->connections);
	case 'w': return read_unsigned(text, WINDOW_MAX, &o->window);
	case 'd': return read_seconds(text, &o->duration_ns);
	case 'N': return view_u64(view_of(text), UINT32_MAX, &o->requests);
	case 'K': return view_u64(view_of(text), UINT32_MAX, &o->set);
	case 's': return view_u64(view_of(text), UINT64_MAX, &o->start);
	case 'l': o->learn = true; return ST_OK;
	case 'T': o->test_time = true; return ST_OK;
	case 'S': return read_unsigned(text, 3600, &o->pause);
	case 'A': return read_unsigned(text, 100, &o->visits);
	default: return ST_INVALID;
	}
}

static int usage(void)
{
	(void)fputs(
		"usage: load -p PORT -k known|listed|auto|new|early|domain|fresh\n"
		"            [-c CONNECTIONS] [-w IN-FLIGHT] [-P PAUSE-MS] [-d SECONDS | -N "
		"REQUESTS] [-K SET] [-s START]\n"
		"            [-l [-T | -S PAUSE]] [-D DELAY] [-A VISITS]\n"
		"-l teaches the set first (alone: only that); -T does it with policy_test_time,\n"
		"else the retry comes after PAUSE seconds\n",
		stderr);
	return EX_USAGE;
}

int main(int argc, char **argv)
{
	struct options o = { .connections = 1,
		             .window = 1,
		             .kind = TUPLE_KNOWN,
		             .set = 1000,
		             .start = (uint64_t)time(NULL) << 20,
		             .pause = 2,
		             .delay = 300,
		             .visits = 5 };
	struct load *l;

	for (int c; (c = getopt(argc, argv, "p:k:c:w:d:N:K:s:lTS:D:A:P:")) != -1;) {
		if (read_option(&o, c, optarg) != ST_OK)
			return usage();
	}
	if (o.port == 0 || o.connections == 0 || o.window == 0 || o.set == 0 || o.visits == 0 ||
	    optind < argc || (o.duration_ns == 0 && o.requests == 0 && !o.learn))
		return usage();
	l = mem_new(struct load);
	l->o = &o;
	l->random = 88172645463325252U;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->conns = mem_array(o.connections, sizeof(*l->conns));
	l->serial = o.start;
	for (unsigned i = 0; i < o.connections; i++) {
		if (connect_one(l, &l->conns[i]) != ST_OK) {
			perror("load: connect");
			return EX_UNAVAILABLE;
		}
	}
	if (o.learn)
		learn(l);
	l->sequence = 0;
	if (o.duration_ns > 0 || o.requests > 0)
		measure(l);
	else
		print_result(l, 0, 0);
	return l->lost > 0 || l->tally.malformed > 0 ? EX_PROTOCOL : EX_OK;
}
