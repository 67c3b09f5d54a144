/* Plays Postfix to a milter, many sessions at once over a UNIX-domain socket, each with a
 * connection of its own, and prints one line of JSON: how many sessions a second, how long they and
 * their answers took, and what the answers were. See README.md.
 *
 *   milter_load -u PATH [-k listed|known|new] [-c SESSIONS] [-d SECONDS | -N SESSIONS]
 *               [-K SET] [-s START]
 *   milter_load -u PATH -H SESSIONS     until the standard input ends
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "hist.h"
#include "milter_words.h"
#include "util/mem.h"

#define SESSIONS_MAX 60000
#define HOLD_AHEAD   200 /* sessions that are on their way to be held */
#define OUT_MAX      4096
#define IN_MAX       8192
#define EVENTS_MAX   256
#define SILENCE_MS   20000 /* no answer at all for so long ends it */
#define SECOND_NS    UINT64_C(1000000000)
#define BODY_SIZE    2000

enum kind { KIND_LISTED, KIND_KNOWN, KIND_NEW, KIND_HELD };

static const char *const kind_words[] = { "listed", "known", "new", "held" };

/* What is sent for one message, in this order; H: as many headers as a mail has. */
static const char steps[] = { MILTER_OPTNEG, MILTER_CONNECT, MILTER_HELO,   MILTER_MAIL,
	                      MILTER_RCPT,   MILTER_DATA,    MILTER_HEADER, MILTER_HEADER,
	                      MILTER_HEADER, MILTER_HEADER,  MILTER_HEADER, MILTER_HEADER,
	                      MILTER_EOH,    MILTER_BODY,    MILTER_EOB };
#define STEPS (sizeof(steps))

struct session {
	int fd; /* -1: none */
	unsigned step;
	bool waits; /* for the answer to steps[step] */
	uint32_t terms;
	uint64_t number;
	uint64_t begun_ns, asked_ns;
	size_t in_n;
	char *in; /* IN_MAX; not of those that are held */
};

struct load {
	const char *path;
	enum kind kind;
	unsigned count;
	uint64_t end_ns, left, next, set;
	uint64_t start; /* the number of the first */
	struct session *sessions;
	int epoll;
	unsigned open;
	unsigned held;
	struct hist whole, answers;
	uint64_t done, lost, malformed, progress, terms;
	uint64_t letters[256]; /* the answers to RCPT */
};

struct out {
	size_t n;
	char octets[OUT_MAX];
};

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

/* --- packets --- */

/* text may hold NULs. */
static void put(struct out *out, char letter, const char *text, size_t n)
{
	if (out->n + MILTER_HEAD + n > OUT_MAX)
		abort();
	milter_words_head(out->octets + out->n, letter, n);
	if (n > 0)
		memcpy(out->octets + out->n + MILTER_HEAD, text, n);
	out->n += MILTER_HEAD + n;
}

/* Each line of the text becomes one with a NUL. */
__attribute__((format(printf, 3, 4))) static void put_lines(struct out *out, char letter,
                                                            const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		abort();
	for (int i = 0; i < n; i++)
		if (text[i] == '\n')
			text[i] = '\0';
	put(out, letter, text, (size_t)n);
}

static void put_offer(struct out *out)
{
	char offer[12];

	milter_words_u32(offer, MILTER_VERSION_MAX);
	milter_words_u32(offer + 4, 0x1ff); /* Postfix 3.7 knows them all */
	milter_words_u32(offer + 8, 0x1fffff);
	put(out, MILTER_OPTNEG, offer, sizeof(offer));
}

static void put_connect(const struct load *l, const struct session *s, struct out *out)
{
	uint64_t n = s->number;
	char ip[64];
	uint16_t port = htons((uint16_t)(20000 + n % 40000));

	if (l->kind == KIND_LISTED)
		(void)snprintf(ip, sizeof(ip), "192.0.2.%u", (unsigned)(n % 250));
	else
		(void)snprintf(ip, sizeof(ip), "10.%u.%u.%u", (unsigned)(n >> 16 & 255),
		               (unsigned)(n >> 8 & 255), (unsigned)(n & 255));
	put_lines(out, MILTER_MACRO,
	          "Cj\nmx.example.org\n{daemon_name}\nmx.example.org\n{daemon_addr}\n"
	          "198.51.100.7\n{daemon_port}\n25\nv\nPostfix 3.7.11\n_\n"
	          "mail%u.sender.example [%s]\n",
	          (unsigned)n, ip);
	put_lines(out, MILTER_CONNECT, "mail%u.sender.example\n4..%s\n", (unsigned)n, ip);
	memcpy(out->octets + out->n - strlen(ip) - 3, &port, sizeof(port));
}

static void put_step(const struct load *l, const struct session *s, struct out *out)
{
	unsigned n = (unsigned)s->number;

	switch (steps[s->step]) {
	case MILTER_OPTNEG: put_offer(out); break;
	case MILTER_CONNECT: put_connect(l, s, out); break;
	case MILTER_HELO:
		put_lines(out, MILTER_MACRO, "H");
		put_lines(out, MILTER_HELO, "mail%u.sender.example\n", n);
		break;
	case MILTER_MAIL:
		put_lines(out, MILTER_MACRO,
		          "M{mail_addr}\nuser%u@sender.example\n{mail_host}\nsender.example\n"
		          "{mail_mailer}\nsmtp\n",
		          n);
		put_lines(out, MILTER_MAIL, "<user%u@sender.example>\nSIZE=2500\n", n);
		break;
	case MILTER_RCPT:
		put_lines(out, MILTER_MACRO,
		          "Ri\n4XyZ%x\n{rcpt_addr}\npostbox%u@example.org\n{rcpt_host}\n"
		          "example.org\n{rcpt_mailer}\nlocal\n",
		          n, n % 100);
		put_lines(out, MILTER_RCPT, "<postbox%u@example.org>\n", n % 100);
		break;
	case MILTER_DATA:
		put_lines(out, MILTER_MACRO, "Ti\n4XyZ%x\n", n);
		put(out, MILTER_DATA, NULL, 0);
		break;
	case MILTER_HEADER:
		put_lines(out, MILTER_HEADER, "X-Header-%u\nas long as a usual header of a mail\n",
		          s->step);
		break;
	case MILTER_EOH: put(out, MILTER_EOH, NULL, 0); break;
	case MILTER_BODY: {
		char body[BODY_SIZE];

		memset(body, 'x', sizeof(body));
		put(out, MILTER_BODY, body, sizeof(body));
		break;
	}
	default:
		put_lines(out, MILTER_MACRO, "Ei\n4XyZ%x\n", n);
		put(out, MILTER_EOB, NULL, 0);
		break;
	}
}

/* --- sessions --- */

static bool send_out(const struct session *s, const struct out *out)
{
	return send(s->fd, out->octets, out->n, MSG_NOSIGNAL) == (ssize_t)out->n;
}

static void drop(struct load *l, struct session *s)
{
	if (s->fd < 0)
		return;
	(void)close(s->fd);
	s->fd = -1;
	l->open--;
}

static void lose(struct load *l, struct session *s)
{
	l->lost++;
	drop(l, s);
}

/* Sends on until an answer is awaited. */
static void go_on(struct load *l, struct session *s)
{
	for (;; s->step++) {
		struct out out = { .n = 0 };
		char letter = steps[s->step];

		if ((s->terms & milter_words_unsent(letter)) != 0)
			continue;
		put_step(l, s, &out);
		s->waits = milter_words_answered(letter, s->terms);
		if (s->waits)
			s->asked_ns = now_ns();
		if (!send_out(s, &out)) {
			lose(l, s);
			return;
		}
		if (l->kind == KIND_HELD && letter == MILTER_RCPT)
			l->held++;
		if (s->waits)
			return;
	}
}

/* The listener's queue may be full: then this waits for the server. */
static void begin(struct load *l, struct session *s)
{
	struct sockaddr_un there = { .sun_family = AF_UNIX };
	char *in = s->in;

	memcpy(there.sun_path, l->path, strlen(l->path) + 1);
	*s = (struct session){ .number = l->start + (l->set > 0 ? l->next % l->set : l->next),
		               .begun_ns = now_ns(),
		               .in = in };
	l->next++;
	l->open++;
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || connect(s->fd, (struct sockaddr *)&there, sizeof(there)) != 0 ||
	    epoll_ctl(l->epoll, EPOLL_CTL_ADD, s->fd,
	              &(struct epoll_event){ .events = EPOLLIN, .data.ptr = s }) != 0) {
		perror("milter_load: connect");
		exit(EX_UNAVAILABLE);
	}
	go_on(l, s);
}

static bool may_begin(struct load *l)
{
	if (l->end_ns > 0)
		return now_ns() < l->end_ns;
	if (l->left == 0)
		return false;
	l->left--;
	return true;
}

static void finish(struct load *l, struct session *s, bool refused)
{
	struct out out = { .n = 0 };

	hist_add(&l->whole, now_ns() - s->begun_ns);
	l->done++;
	if (refused)
		put(&out, MILTER_ABORT, NULL, 0);
	put(&out, MILTER_QUIT, NULL, 0);
	(void)send_out(s, &out);
	drop(l, s);
	if (may_begin(l))
		begin(l, s);
}

/* --- answers --- */

static bool take_terms(struct load *l, struct session *s, struct view data)
{
	if (data.n < 12)
		return false;
	s->terms = milter_words_length(data.p + 8);
	l->terms = s->terms;
	return true;
}

/* False: no filter may say so here. */
static bool take(struct load *l, struct session *s, char letter, struct view data)
{
	bool end = steps[s->step] == MILTER_EOB;
	bool rcpt = steps[s->step] == MILTER_RCPT;

	if (!s->waits)
		return false;
	if (letter == 'p') {
		l->progress++;
		return true;
	}
	if (end && (letter == 'h' || letter == 'i'))
		return true;
	hist_add(&l->answers, now_ns() - s->asked_ns);
	s->waits = false;
	if (rcpt)
		l->letters[(unsigned char)letter]++;
	if (steps[s->step] == MILTER_OPTNEG) {
		if (letter != MILTER_OPTNEG || !take_terms(l, s, data))
			return false;
	} else if (letter != 'c' && !(rcpt && letter == 'y')) {
		return false;
	}
	if (letter == 'y' || end) {
		finish(l, s, !end);
		return true;
	}
	s->step++;
	go_on(l, s);
	return true;
}

static void take_all(struct load *l, struct session *s, struct view in)
{
	uint64_t number = s->number, begun = s->begun_ns;
	size_t at = 0;

	while (in.n - at >= MILTER_HEAD) {
		size_t n = milter_words_length(in.p + at);
		struct view data;

		if (n == 0 || n > IN_MAX - 4) {
			l->malformed++;
			lose(l, s);
			return;
		}
		if (in.n - at < 4 + n)
			break;
		data = (struct view){ in.p + at + MILTER_HEAD, n - 1 };
		at += 4 + n;
		if (!take(l, s, in.p[at - n], data)) {
			l->malformed++;
			lose(l, s);
		}
		if (s->fd < 0 || s->number != number || s->begun_ns != begun)
			return; /* it is another session now */
	}
	s->in_n = in.n - at;
	if (s->in_n > 0 && s->in == NULL)
		s->in = mem_alloc(IN_MAX);
	if (s->in_n > 0)
		memcpy(s->in, in.p + at, s->in_n);
}

static void serve(struct load *l, struct session *s)
{
	char in[IN_MAX];
	ssize_t n;

	if (s->fd < 0)
		return;
	if (s->in_n > 0)
		memcpy(in, s->in, s->in_n);
	n = recv(s->fd, in + s->in_n, IN_MAX - s->in_n, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		lose(l, s);
	else
		take_all(l, s, (struct view){ in, s->in_n + (size_t)n });
}

/* False: nothing came. */
static bool turn(struct load *l, int wait_ms)
{
	struct epoll_event events[EVENTS_MAX];
	int n = epoll_wait(l->epoll, events, EVENTS_MAX, wait_ms);

	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr != NULL)
			serve(l, events[i].data.ptr);
	}
	return n > 0;
}

/* --- runs --- */

static void print_result(const struct load *l, double seconds)
{
	bool more = false;

	(void)printf("{\"kind\": \"%s\", \"sessions\": %llu, \"seconds\": %.6f, "
	             "\"steps\": %llu, \"lost\": %llu, \"malformed\": %llu, \"progress\": %llu, "
	             "\"per_second\": %.1f, ",
	             kind_words[l->kind], (unsigned long long)l->done, seconds,
	             (unsigned long long)l->terms, (unsigned long long)l->lost,
	             (unsigned long long)l->malformed, (unsigned long long)l->progress,
	             seconds > 0 ? (double)l->done / seconds : 0);
	(void)printf("\"p50_us\": %.1f, \"p99_us\": %.1f, \"answer_p50_us\": %.1f, "
	             "\"answer_p99_us\": %.1f, \"held\": %u, \"rcpt\": {",
	             (double)hist_quantile(&l->whole, 500) / 1e3,
	             (double)hist_quantile(&l->whole, 990) / 1e3,
	             (double)hist_quantile(&l->answers, 500) / 1e3,
	             (double)hist_quantile(&l->answers, 990) / 1e3, l->held);
	for (unsigned i = 0; i < 256; i++) {
		if (l->letters[i] > 0) {
			(void)printf("%s\"%c\": %llu", more ? ", " : "", (char)i,
			             (unsigned long long)l->letters[i]);
			more = true;
		}
	}
	(void)printf("}}\n");
	(void)fflush(stdout);
}

static void measure(struct load *l, double seconds)
{
	uint64_t begun = now_ns();

	if (seconds > 0)
		l->end_ns = begun + (uint64_t)(seconds * 1e9);
	for (unsigned i = 0; i < l->count && may_begin(l); i++)
		begin(l, &l->sessions[i]);
	while (l->open > 0 && turn(l, SILENCE_MS))
		;
	l->lost += l->open;
	print_result(l, (double)(now_ns() - begun) / 1e9);
}

static void hold(struct load *l)
{
	uint64_t begun = now_ns();
	struct epoll_event no_more = { .events = EPOLLIN, .data.ptr = NULL };
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };

	while (l->held + l->lost < l->count) {
		while (l->next < l->count && l->open - l->held < HOLD_AHEAD)
			begin(l, &l->sessions[l->next]);
		if (!turn(l, SILENCE_MS))
			break;
	}
	print_result(l, (double)(now_ns() - begun) / 1e9);
	(void)epoll_ctl(l->epoll, EPOLL_CTL_ADD, STDIN_FILENO, &no_more);
	while (poll(&in, 1, 0) == 0)
		(void)turn(l, SILENCE_MS);
	print_result(l, (double)(now_ns() - begun) / 1e9); /* were they held all the time? */
}

/* --- the command line --- */

struct options {
	uint64_t count, set, sessions, held, start;
	double seconds;
};

static bool kind_of(struct view word, enum kind *out)
{
	for (unsigned i = 0; i < KIND_HELD; i++) {
		if (view_eq(word, view_of(kind_words[i]))) {
			*out = (enum kind)i;
			return true;
		}
	}
	return false;
}

static enum status read_option(struct load *l, struct options *o, int letter, const char *text)
{
	struct view v = view_of(text != NULL ? text : "");

	switch (letter) {
	case 'u':
		l->path = text;
		return v.n < sizeof(((struct sockaddr_un *)NULL)->sun_path) ? ST_OK : ST_LIMIT;
	case 'k': return kind_of(v, &l->kind) ? ST_OK : ST_INVALID;
	case 'c': return view_u64(v, SESSIONS_MAX, &o->count);
	case 'N': return view_u64(v, UINT32_MAX, &o->sessions);
	case 'K': return view_u64(v, UINT32_MAX, &o->set);
	case 's': return view_u64(v, UINT32_MAX, &o->start);
	case 'H': return view_u64(v, SESSIONS_MAX, &o->held);
	case 'd': o->seconds = strtod(v.p, NULL); return o->seconds > 0 ? ST_OK : ST_INVALID;
	default: return ST_INVALID;
	}
}

static void raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int main(int argc, char **argv)
{
	struct options o = { .count = 1 };
	struct load *l = mem_new(struct load);

	for (int c; (c = getopt(argc, argv, "u:k:c:N:K:s:H:d:")) != -1;) {
		if (read_option(l, &o, c, optarg) != ST_OK)
			l->path = NULL, optind = argc + 1;
	}
	if (l->path == NULL || optind != argc || o.count == 0 ||
	    (o.held == 0 && o.seconds <= 0 && o.sessions == 0)) {
		(void)fputs("usage: milter_load -u PATH [-k listed|known|new] [-c SESSIONS]\n"
		            "            [-d SECONDS | -N SESSIONS] [-K SET] [-s START]\n"
		            "       milter_load -u PATH -H SESSIONS\n",
		            stderr);
		return EX_USAGE;
	}
	raise_files();
	if (o.held > 0)
		l->kind = KIND_HELD;
	l->count = (unsigned)(o.held > 0 ? o.held : o.count);
	l->set = o.set;
	l->start = o.start;
	l->left = o.sessions;
	l->sessions = mem_array(l->count, sizeof(*l->sessions));
	for (unsigned i = 0; i < l->count; i++)
		l->sessions[i].fd = -1;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (o.held > 0)
		hold(l);
	else
		measure(l, o.seconds);
	return l->lost > 0 || l->malformed > 0 ? EX_PROTOCOL : EX_OK;
}
