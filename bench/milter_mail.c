/* Plays Postfix to one milter, or to several one after the other, with whole mails; prints one line
 * of JSON. A thread a session, as Postfix has a process, and all of it waits where Postfix waits.
 * What a milter adds at the end is part of the mail for the next one. See README.md.
 *
 *   milter_mail -u PATH [-u PATH ...] -f FILE [-c SESSIONS] [-d SECONDS | -N MAILS]
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "codec/milter_mta.h"
#include "hist.h"
#include "milter_words.h"
#include "util/buf.h"
#include "util/mem.h"

#define MILTERS_MAX  16
#define SESSIONS_MAX 4000
#define MAIL_MAX     ((size_t)64 << 20)
#define COMMANDS_MAX 2000
#define STACK_SIZE   ((size_t)256 << 10)
#define WAIT_S       60 /* for an answer */
#define ACTIONS      0x1ffU
#define STEPS        0x1fffffU /* Postfix 3.7 knows them all */
#define SECOND_NS    UINT64_C(1000000000)

/* A packet of the mail's content; the same for all sessions. */
struct piece {
	enum milter_command_kind kind;
	size_t at, n;
};

struct load {
	const char *path[MILTERS_MAX];
	unsigned paths;
	struct buf octets;
	struct piece *piece;
	size_t pieces;
	size_t size;           /* of the mail */
	uint64_t end_ns, left; /* the latter with __atomic */
	uint64_t next;
};

struct answers {
	size_t from, n;
	char octets[MILTER_HEAD + MILTER_DATA_MAX];
};

struct milter {
	int fd;
	uint32_t steps;
	struct answers in;
};

struct session {
	pthread_t thread;
	struct load *load;
	struct milter milter[MILTERS_MAX];
	struct buf out, added; /* added: headers, as packets */
	uint64_t number;
	struct hist whole;
	uint64_t done, lost, changes;
	uint32_t steps; /* of the first milter */
};

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

/* --- the mail --- */

static void add_piece(struct load *l, const struct milter_command *c)
{
	size_t at = l->octets.n;

	if (l->pieces == COMMANDS_MAX || milter_put_command(&l->octets, c) != ST_OK) {
		(void)fputs("milter_mail: the mail can't be told\n", stderr);
		exit(EX_DATAERR);
	}
	l->piece[l->pieces++] = (struct piece){ c->kind, at, l->octets.n - at };
}

/* The next header with its folds, which Postfix tells as LF. */
static bool next_header(struct view *rest, struct buf *line)
{
	struct view one;

	buf_clear(line);
	while (view_next(rest, '\n', &one)) {
		if (one.n > 0 && one.p[one.n - 1] == '\r')
			one.n--;
		if (one.n == 0 && line->n == 0)
			return false;
		if (line->n > 0 && buf_byte(line, '\n') != ST_OK)
			return false;
		if (buf_append(line, one) != ST_OK)
			return false;
		if (rest->n == 0 || (rest->p[0] != ' ' && rest->p[0] != '\t'))
			return true;
	}
	return false;
}

static void take_mail(struct load *l, struct view rest)
{
	struct buf line = buf_of(MILTER_DATA_MAX);

	l->octets = buf_of(2 * MAIL_MAX);
	l->piece = mem_array(COMMANDS_MAX, sizeof(*l->piece));
	while (next_header(&rest, &line)) {
		struct view v = buf_view(&line);
		size_t colon = view_find(v, ':');
		struct milter_command c = { .kind = MILTER_HEADER };

		if (colon == VIEW_NONE)
			break;
		c.header.name = view_first(v, colon);
		c.header.value = view_from(v, colon + 1);
		add_piece(l, &c);
	}
	buf_free(&line);
	add_piece(l, &(struct milter_command){ .kind = MILTER_EOH });
	while (rest.n > 0) {
		struct view body = view_first(rest, MILTER_DATA_MAX);

		add_piece(l, &(struct milter_command){ .kind = MILTER_BODY, .body = body });
		rest = view_from(rest, body.n);
	}
}

static void read_mail(struct load *l, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st = { .st_size = 0 };
	size_t n = 0;
	char *text;

	if (fd < 0 || fstat(fd, &st) != 0 || st.st_size <= 0 || (size_t)st.st_size > MAIL_MAX) {
		perror(path);
		exit(EX_NOINPUT);
	}
	text = mem_alloc((size_t)st.st_size);
	while (n < (size_t)st.st_size) {
		ssize_t got = read(fd, text + n, (size_t)st.st_size - n);

		if (got <= 0)
			exit(EX_IOERR);
		n += (size_t)got;
	}
	(void)close(fd);
	l->size = n;
	take_mail(l, (struct view){ text, n });
	mem_free(text);
}

/* --- one packet, one answer --- */

static bool send_all(int fd, struct view v)
{
	while (v.n > 0) {
		ssize_t n = send(fd, v.p, v.n, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		v = view_from(v, (size_t)n);
	}
	return true;
}

/* The view lasts until the next call. */
static bool read_answer(struct milter *m, char *letter, struct view *data)
{
	struct answers *in = &m->in;

	for (;;) {
		size_t have = in->n - in->from;
		size_t need = MILTER_HEAD;
		ssize_t n;

		if (have >= MILTER_HEAD)
			need = 4 + milter_words_length(in->octets + in->from);
		if (need < MILTER_HEAD || need > sizeof(in->octets))
			return false;
		if (have >= MILTER_HEAD && have >= need) {
			*letter = in->octets[in->from + 4];
			*data = (struct view){ in->octets + in->from + MILTER_HEAD,
				               need - MILTER_HEAD };
			in->from += need;
			return true;
		}
		memmove(in->octets, in->octets + in->from, have);
		in->from = 0;
		in->n = have;
		n = recv(m->fd, in->octets + have, sizeof(in->octets) - have, 0);
		if (n <= 0)
			return false;
		in->n += (size_t)n;
	}
}

/* A header that is added, or put somewhere, is one for the next milter; where, does not matter. */
static bool take_change(struct session *s, char letter, struct view data)
{
	size_t index = letter == 'i' ? 4 : 0;

	s->changes++;
	if ((letter != 'h' && letter != 'i') || data.n < index)
		return true;
	data = view_from(data, index);
	return milter_put_packet(&s->added, MILTER_HEADER, &data, 1) == ST_OK;
}

/* True: the milter lets it go on. */
static bool await(struct session *s, struct milter *m, enum milter_command_kind kind)
{
	char letter = 0;
	struct view data;

	do {
		if (!read_answer(m, &letter, &data))
			return false;
		if (kind == MILTER_EOB && strchr("himbe+2-q", letter) != NULL &&
		    !take_change(s, letter, data))
			return false;
	} while (letter == 'p' || (kind == MILTER_EOB && strchr("himbe+2-q", letter) != NULL));
	return letter == 'c' || letter == 'a';
}

static bool tell(struct session *s, struct milter *m, enum milter_command_kind kind)
{
	bool sent = send_all(m->fd, buf_view(&s->out));

	buf_clear(&s->out);
	if (!sent)
		return false;
	return !milter_words_answered((char)kind, m->steps) || await(s, m, kind);
}

/* --- a session --- */

static bool put(struct session *s, const struct milter_command *c)
{
	return milter_put_command(&s->out, c) == ST_OK;
}

/* Each line of the text becomes one with a NUL. */
static bool put_macros(struct session *s, enum milter_command_kind of, char *text)
{
	struct milter_command c = { .kind = MILTER_MACRO, .macros.command = (char)of };
	struct view v = view_of(text);

	for (char *at = text; *at != '\0'; at++)
		if (*at == '\n')
			*at = '\0';
	c.macros.pairs.packed = v;
	return put(s, &c);
}

static bool step(struct session *s, struct milter *m, const struct milter_command *c, char *macros)
{
	if ((m->steps & milter_words_unsent((char)c->kind)) != 0)
		return true;
	return put_macros(s, c->kind, macros) && put(s, c) && tell(s, m, c->kind);
}

static bool open_milter(struct session *s, unsigned i)
{
	struct sockaddr_un there = { .sun_family = AF_UNIX };
	struct milter *m = &s->milter[i];
	struct timeval limit = { .tv_sec = WAIT_S };
	const struct milter_command offer = { .kind = MILTER_OPTNEG,
		                              .offer = { MILTER_VERSION_MAX, ACTIONS, STEPS } };
	char letter = 0;
	struct view data;

	memcpy(there.sun_path, s->load->path[i], strlen(s->load->path[i]) + 1);
	m->in.from = m->in.n = 0;
	m->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (m->fd < 0 || connect(m->fd, (struct sockaddr *)&there, sizeof(there)) != 0)
		return false;
	(void)setsockopt(m->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(m->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	m->steps = 0;
	if (!put(s, &offer) || !send_all(m->fd, buf_view(&s->out)) ||
	    !read_answer(m, &letter, &data) || letter != MILTER_OPTNEG || data.n < 12)
		return false;
	buf_clear(&s->out);
	m->steps = milter_words_length(data.p + 8);
	return true;
}

static bool tell_client(struct session *s, struct milter *m)
{
	unsigned n = (unsigned)(s->number % 250);
	struct milter_command c = { .kind = MILTER_CONNECT,
		                    .connect = { .family = MILTER_IPV4, .port = 25000 } };
	char host[80], address[40], macros[400];

	(void)snprintf(host, sizeof(host), "mail%u.sender.example", n);
	(void)snprintf(address, sizeof(address), "192.0.2.%u", n);
	(void)snprintf(macros, sizeof(macros),
	               "j\nmx.example.org\n{daemon_name}\nmx.example.org\n{daemon_addr}\n"
	               "198.51.100.7\n{daemon_port}\n25\nv\nPostfix 3.7.11\n_\n%s [%s]\n",
	               host, address);
	c.connect.host = view_of(host);
	c.connect.address = view_of(address);
	return step(s, m, &c, macros);
}

static bool tell_helo(struct session *s, struct milter *m)
{
	const struct milter_command c = { .kind = MILTER_HELO,
		                          .text = VIEW("mail.sender.example") };
	char none[] = "";

	return step(s, m, &c, none);
}

static bool tell_sender(struct session *s, struct milter *m)
{
	struct milter_command c = { .kind = MILTER_MAIL,
		                    .envelope.address = VIEW("<rin@sender.example>") };
	char macros[] = "{mail_addr}\nrin@sender.example\n{mail_host}\nsender.example\n"
			"{mail_mailer}\nsmtp\n";
	char size[40];
	int n = snprintf(size, sizeof(size), "SIZE=%zu", s->load->size);

	c.envelope.arguments.packed = (struct view){ size, (size_t)n + 1 };
	return step(s, m, &c, macros);
}

static bool tell_recipient(struct session *s, struct milter *m)
{
	const struct milter_command c = { .kind = MILTER_RCPT,
		                          .envelope.address = VIEW("<bob@example.org>") };
	char macros[] = "i\n4XyZ\n{rcpt_addr}\nbob@example.org\n{rcpt_host}\nexample.org\n"
			"{rcpt_mailer}\nlocal\n";

	return step(s, m, &c, macros);
}

static bool tell_data(struct session *s, struct milter *m)
{
	const struct milter_command c = { .kind = MILTER_DATA };
	char macros[] = "i\n4XyZ\n";

	return step(s, m, &c, macros);
}

/* What others have added, each with its answer if one is due. */
static bool tell_added(struct session *s, struct milter *m)
{
	struct view rest = buf_view(&s->added);

	if ((m->steps & MILTER_NO_HEADERS) != 0)
		return true;
	while (rest.n > 0) {
		size_t n = 4 + milter_words_length(rest.p);

		if (buf_append(&s->out, view_first(rest, n)) != ST_OK || !tell(s, m, MILTER_HEADER))
			return false;
		rest = view_from(rest, n);
	}
	return true;
}

/* In as few writes as there are answers to wait for. */
static bool tell_content(struct session *s, struct milter *m)
{
	const struct load *l = s->load;
	const char *p = l->octets.p;
	size_t from = 0, to = 0;

	for (size_t i = 0; i < l->pieces; i++) {
		const struct piece *piece = &l->piece[i];
		bool added = piece->kind == MILTER_EOH && s->added.n > 0;
		bool unsent = (m->steps & milter_words_unsent((char)piece->kind)) != 0;

		if (added || unsent) {
			if (!send_all(m->fd, (struct view){ p + from, to - from }) ||
			    (added && !tell_added(s, m)))
				return false;
			from = to = piece->at + (unsent ? piece->n : 0);
		}
		if (unsent)
			continue;
		to = piece->at + piece->n;
		if (!milter_words_answered((char)piece->kind, m->steps))
			continue;
		if (!send_all(m->fd, (struct view){ p + from, to - from }) ||
		    !await(s, m, piece->kind))
			return false;
		from = to;
	}
	return send_all(m->fd, (struct view){ p + from, to - from });
}

static bool tell_mail(struct session *s, struct milter *m)
{
	const struct milter_command end = { .kind = MILTER_EOB };
	char macros[] = "i\n4XyZ\n";

	return tell_content(s, m) && step(s, m, &end, macros);
}

/* A milter that has seen the client sees the sender when the others have seen the client, too. */
static bool play(struct session *s)
{
	static bool (*const steps[])(struct session * s,
	                             struct milter * m) = { tell_client,    tell_helo, tell_sender,
		                                            tell_recipient, tell_data, tell_mail };
	unsigned n = s->load->paths;

	for (unsigned i = 0; i < n; i++)
		if (!open_milter(s, i))
			return false;
	for (size_t k = 0; k < sizeof(steps) / sizeof(steps[0]); k++)
		for (unsigned i = 0; i < n; i++)
			if (!steps[k](s, &s->milter[i]))
				return false;
	return true;
}

static void run_one(struct session *s)
{
	const struct milter_command quit = { .kind = MILTER_QUIT };
	uint64_t begun = now_ns();
	bool good;

	for (unsigned i = 0; i < s->load->paths; i++)
		s->milter[i].fd = -1;
	buf_clear(&s->added);
	buf_clear(&s->out);
	good = play(s);
	if (good) {
		hist_add(&s->whole, now_ns() - begun);
		s->done++;
		s->steps = s->milter[0].steps;
	} else {
		s->lost++;
	}
	buf_clear(&s->out);
	good = put(s, &quit) && good;
	for (unsigned i = 0; i < s->load->paths; i++) {
		if (good)
			(void)send_all(s->milter[i].fd, buf_view(&s->out));
		if (s->milter[i].fd >= 0)
			(void)close(s->milter[i].fd);
	}
}

static bool may_begin(struct load *l)
{
	if (l->end_ns > 0)
		return now_ns() < l->end_ns;
	return (int64_t)__atomic_fetch_sub(&l->left, 1, __ATOMIC_RELAXED) > 0;
}

static void *run(void *arg)
{
	struct session *s = arg;

	while (s->lost == 0 && may_begin(s->load)) {
		s->number = __atomic_fetch_add(&s->load->next, 1, __ATOMIC_RELAXED);
		run_one(s);
	}
	return NULL;
}

/* --- all of them --- */

static void add_hist(struct hist *to, const struct hist *from)
{
	to->count += from->count;
	to->sum += from->sum;
	to->max = from->max > to->max ? from->max : to->max;
	for (unsigned i = 0; i < HIST_BUCKETS; i++)
		to->bucket[i] += from->bucket[i];
}

static bool measure(struct load *l, unsigned count, double seconds)
{
	struct session *all = mem_array(count, sizeof(*all));
	struct session *sum = mem_new(struct session);
	pthread_attr_t small;
	uint64_t begun = now_ns();
	double took;

	(void)pthread_attr_init(&small);
	(void)pthread_attr_setstacksize(&small, STACK_SIZE);
	if (seconds > 0)
		l->end_ns = begun + (uint64_t)(seconds * 1e9);
	for (unsigned i = 0; i < count; i++) {
		all[i].load = l;
		all[i].out = buf_of(2 * (size_t)MILTER_DATA_MAX);
		all[i].added = buf_of(MILTER_DATA_MAX);
		if (pthread_create(&all[i].thread, &small, run, &all[i]) != 0)
			exit(EX_OSERR);
	}
	for (unsigned i = 0; i < count; i++) {
		(void)pthread_join(all[i].thread, NULL);
		add_hist(&sum->whole, &all[i].whole);
		sum->done += all[i].done;
		sum->lost += all[i].lost;
		sum->changes += all[i].changes;
		sum->steps |= all[i].steps;
	}
	took = (double)(now_ns() - begun) / 1e9;
	(void)printf("{\"sessions\": %llu, \"lost\": %llu, \"changes\": %llu, \"steps\": %lu, "
	             "\"seconds\": %.6f, \"per_second\": %.2f, \"p50_us\": %.1f, "
	             "\"p99_us\": %.1f}\n",
	             (unsigned long long)sum->done, (unsigned long long)sum->lost,
	             (unsigned long long)sum->changes, (unsigned long)sum->steps, took,
	             (double)sum->done / took, (double)hist_quantile(&sum->whole, 500) / 1e3,
	             (double)hist_quantile(&sum->whole, 990) / 1e3);
	return sum->lost == 0;
}

static bool add_path(struct load *l, const char *path)
{
	if (l->paths == MILTERS_MAX || strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return false;
	l->path[l->paths++] = path;
	return true;
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
	struct load *l = mem_new(struct load);
	const char *file = NULL;
	uint64_t count = 1;
	double seconds = 0;
	bool good = true;

	for (int c; (c = getopt(argc, argv, "u:f:c:d:N:")) != -1;) {
		switch (c) {
		case 'u': good = add_path(l, optarg) && good; break;
		case 'f': file = optarg; break;
		case 'c':
			good = view_u64(view_of(optarg), SESSIONS_MAX, &count) == ST_OK && good;
			break;
		case 'd': seconds = strtod(optarg, NULL); break;
		case 'N':
			good = view_u64(view_of(optarg), UINT32_MAX, &l->left) == ST_OK && good;
			break;
		default: good = false; break;
		}
	}
	if (!good || file == NULL || l->paths == 0 || count == 0 || optind != argc ||
	    (seconds <= 0 && l->left == 0)) {
		(void)fputs("usage: milter_mail -u PATH [-u PATH ...] -f FILE [-c SESSIONS]\n"
		            "            [-d SECONDS | -N MAILS]\n",
		            stderr);
		return EX_USAGE;
	}
	raise_files();
	read_mail(l, file);
	return measure(l, (unsigned)count, seconds) ? EX_OK : EX_PROTOCOL;
}
