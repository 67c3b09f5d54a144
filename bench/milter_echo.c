/* The bound for a milter: it reads the lengths of packets, negotiates, and answers CONTINUE where
 * an answer is awaited; one write for all that one read brought. It looks at nothing else.
 *
 *   milter_echo -u PATH [-t THREADS] [-s STEPS]
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "milter_words.h"
#include "util/mem.h"

#define INPUT_MAX   (MILTER_HEAD + MILTER_DATA_MAX)
#define OUTPUT_MAX  4096
#define EVENTS_MAX  256
#define THREADS_MAX 64

struct peer {
	int fd;
	size_t n; /* octets in `in` */
	char in[INPUT_MAX];
};

struct worker {
	pthread_t thread;
	int listener;
	int epoll;
	uint32_t steps;
};

struct output {
	size_t n;
	char octets[OUTPUT_MAX];
};

static bool put(struct output *out, char letter, const char *data, size_t n)
{
	if (n > OUTPUT_MAX - MILTER_HEAD || out->n > OUTPUT_MAX - MILTER_HEAD - n)
		return false;
	milter_words_head(out->octets + out->n, letter, n);
	if (n > 0)
		memcpy(out->octets + out->n + MILTER_HEAD, data, n);
	out->n += MILTER_HEAD + n;
	return true;
}

static bool put_terms(const struct worker *w, struct output *out)
{
	char terms[12];

	milter_words_u32(terms, MILTER_VERSION_MAX);
	milter_words_u32(terms + 4, MILTER_MAY_ADD_HEADERS);
	milter_words_u32(terms + 8, w->steps);
	return put(out, MILTER_OPTNEG, terms, sizeof(terms));
}

/* False when the connection should end. */
static bool take(const struct worker *w, char letter, struct output *out)
{
	if (letter == MILTER_QUIT)
		return false;
	if (letter == MILTER_OPTNEG)
		return put_terms(w, out);
	return !milter_words_answered(letter, w->steps) || put(out, 'c', NULL, 0);
}

static bool answer(const struct worker *w, struct peer *p)
{
	struct output out = { .n = 0 };
	size_t from = 0;

	while (p->n - from >= MILTER_HEAD) {
		size_t n = milter_words_length(p->in + from);

		if (n == 0 || n > INPUT_MAX - 4)
			return false;
		if (p->n - from < 4 + n)
			break;
		if (!take(w, p->in[from + 4], &out))
			return false;
		from += 4 + n;
	}
	p->n -= from;
	memmove(p->in, p->in + from, p->n);
	return out.n == 0 || write(p->fd, out.octets, out.n) == (ssize_t)out.n;
}

static bool serve(const struct worker *w, struct peer *p)
{
	ssize_t n = read(p->fd, p->in + p->n, INPUT_MAX - p->n);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		return false;
	p->n += (size_t)n;
	return answer(w, p);
}

static void forget(struct peer *p)
{
	(void)close(p->fd);
	mem_free(p);
}

/* One at a time, so that the other threads get theirs. */
static void take_one(const struct worker *w)
{
	int fd = accept4(w->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct peer *p;

	if (fd < 0)
		return;
	p = mem_resize(NULL, 1, sizeof(*p)); /* not zeroed: most of it is never used */
	p->fd = fd;
	p->n = 0;
	if (epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd,
	              &(struct epoll_event){ .events = EPOLLIN, .data.ptr = p }) != 0)
		forget(p);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct epoll_event events[EVENTS_MAX];

	for (;;) {
		int n = epoll_wait(w->epoll, events, EVENTS_MAX, -1);

		for (int i = 0; i < n; i++) {
			struct peer *p = events[i].data.ptr;

			if (p == NULL)
				take_one(w);
			else if (!serve(w, p))
				forget(p);
		}
	}
	return NULL;
}

static int listen_at(const char *path)
{
	struct sockaddr_un here = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(here.sun_path))
		return -1;
	memcpy(here.sun_path, path, strlen(path) + 1);
	if (bind(fd, (struct sockaddr *)&here, sizeof(here)) != 0 || listen(fd, SOMAXCONN) != 0)
		return -1;
	return fd;
}

static bool start(struct worker *w, int listener, uint32_t steps)
{
	struct epoll_event accepting = { .events = EPOLLIN | EPOLLEXCLUSIVE, .data.ptr = NULL };

	w->listener = listener;
	w->steps = steps;
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	return w->epoll >= 0 && epoll_ctl(w->epoll, EPOLL_CTL_ADD, listener, &accepting) == 0 &&
	       pthread_create(&w->thread, NULL, work, w) == 0;
}

int main(int argc, char **argv)
{
	struct worker workers[THREADS_MAX];
	uint64_t threads = 1, steps = MILTER_WORDS_STEPS;
	const char *path = NULL;
	int listener;

	for (int c; (c = getopt(argc, argv, "u:t:s:")) != -1;) {
		enum status st = ST_OK;

		switch (c) {
		case 'u': path = optarg; break;
		case 't': st = view_u64(view_of(optarg), THREADS_MAX, &threads); break;
		case 's': st = view_u64(view_of(optarg), UINT32_MAX, &steps); break;
		default: st = ST_INVALID; break;
		}
		if (st != ST_OK || threads == 0)
			path = NULL, optind = argc + 1;
	}
	if (path == NULL || optind != argc) {
		(void)fputs("usage: milter_echo -u PATH [-t THREADS] [-s STEPS]\n", stderr);
		return EX_USAGE;
	}
	listener = listen_at(path);
	for (uint64_t i = 0; i < threads; i++) {
		if (listener < 0 || !start(&workers[i], listener, (uint32_t)steps)) {
			perror("milter_echo");
			return EX_OSERR;
		}
	}
	(void)pthread_join(workers[0].thread, NULL); /* until a signal ends the process */
	return 0;
}
