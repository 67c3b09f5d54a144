/* A name server on the loopback, for asking about fresh names by the thousand: every answer comes
 * after the same time, so a line of them needs no sorting. UDP alone. See README.md.
 *
 *   names [-D MILLISECONDS] [-p PORT]     prints 127.0.0.1@PORT
 *
 * Below silent.example nothing is answered. An address below wl.example is 127.0.0.2, any other
 * address is NXDOMAIN; TXT is an SPF record for all networks that the questions of tuple.h come
 * from; all else is NODATA. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "util/mem.h"
#include "util/view.h"

#define MESSAGE_MAX 512 /* RFC 1035 section 4.2.1 */
#define WAITING_MAX 65536
#define HEAD        12
#define TYPE_A      1
#define TYPE_TXT    16
#define NXDOMAIN    3

/* Pointers to the question's name; times to live of an hour. */
#define ADDRESS "\300\014\0\1\0\1\0\0\016\020\0\4\177\0\0\2"
#define SPF     "\300\014\0\020\0\1\0\0\016\020\0\032\031v=spf1 ip4:8.0.0.0/5 -all"
#define SOA                                                                                        \
	"\0\0\6\0\1\0\0\016\020\0\026\0\0\0\0\0\1\0\0\016\020\0\0\016\020\0\0\016\020\0\0\016\020"

struct waiting {
	uint64_t due_ns;
	struct sockaddr_in peer;
	uint16_t n;
	uint8_t message[MESSAGE_MAX];
};

struct server {
	int fd;
	uint64_t delay_ns;
	struct waiting *line; /* a ring, the first to go first */
	unsigned first, count;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

/* Behind the name, or 0. */
static size_t name_end(const uint8_t *m, size_t n)
{
	size_t at = HEAD;

	while (at < n && m[at] > 0)
		at += 1U + m[at];
	return at < n ? at + 1 : 0;
}

static bool ends_in(const uint8_t *m, size_t end, struct view tail)
{
	return end >= HEAD + tail.n && memcmp(m + end - tail.n, tail.p, tail.n) == 0;
}

/* The question becomes its answer; 0: it gets none. */
static size_t answer(uint8_t *m, size_t n)
{
	static const struct view welcome = { "\2wl\7example", 12 };
	static const struct view silent = { "\6silent\7example", 16 };
	size_t end = n > HEAD ? name_end(m, n) : 0;
	struct view record = { SOA, sizeof(SOA) - 1 };
	unsigned type, rcode = 0;
	bool found = true;

	if (end == 0 || end + 4 + sizeof(SPF) > MESSAGE_MAX || end + 4 > n ||
	    ends_in(m, end, silent))
		return 0;
	type = (unsigned)m[end] << 8 | m[end + 1];
	if (type == TYPE_TXT) {
		record = (struct view){ SPF, sizeof(SPF) - 1 };
	} else if (type == TYPE_A && ends_in(m, end, welcome)) {
		record = (struct view){ ADDRESS, sizeof(ADDRESS) - 1 };
	} else {
		found = false;
		rcode = type == TYPE_A ? NXDOMAIN : 0;
	}
	m[2] |= 0x84; /* an answer, of an authority */
	m[3] = (uint8_t)(0x80 | rcode);
	memset(m + 4, 0, 8);
	m[5] = 1;                                /* the question */
	m[found ? 7 : 9] = 1;                    /* an answer, or the authority's SOA */
	memcpy(m + end + 4, record.p, record.n); /* what else was asked (EDNS) goes */
	return end + 4 + record.n;
}

static void send_due(struct server *s, uint64_t now)
{
	for (; s->count > 0 && s->line[s->first].due_ns <= now; s->count--) {
		const struct waiting *w = &s->line[s->first];

		(void)sendto(s->fd, w->message, w->n, 0, (const struct sockaddr *)&w->peer,
		             sizeof(w->peer));
		s->first = (s->first + 1) % WAITING_MAX;
	}
}

/* False when nothing lies there, or the line is full. */
static bool take(struct server *s, uint64_t now)
{
	struct waiting *w = &s->line[(s->first + s->count) % WAITING_MAX];
	socklen_t size = sizeof(w->peer);
	ssize_t n;

	if (s->count == WAITING_MAX)
		return false;
	n = recvfrom(s->fd, w->message, sizeof(w->message), MSG_DONTWAIT,
	             (struct sockaddr *)&w->peer, &size);
	if (n < 0)
		return false;
	w->n = (uint16_t)answer(w->message, (size_t)n);
	w->due_ns = now + s->delay_ns;
	s->count += w->n > 0;
	return true;
}

static void serve(struct server *s)
{
	for (;;) {
		struct pollfd p = { .fd = s->fd, .events = POLLIN };
		uint64_t now = now_ns(), due = s->count > 0 ? s->line[s->first].due_ns : 0;
		uint64_t left = due > now ? due - now : 0;
		struct timespec wait = { .tv_sec = (time_t)(left / 1000000000U),
			                 .tv_nsec = (long)(left % 1000000000U) };

		if (ppoll(&p, 1, s->count > 0 ? &wait : NULL, NULL) < 0 && errno != EINTR)
			return;
		now = now_ns();
		while (take(s, now))
			;
		send_due(s, now_ns());
	}
}

static int bind_to(uint16_t port)
{
	struct sockaddr_in here = { .sin_family = AF_INET,
		                    .sin_port = htons(port),
		                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(here);
	int room = 8 << 20; /* a burst of a thousand questions must not be lost */
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof(here)) != 0 ||
	    getsockname(fd, (struct sockaddr *)&here, &size) != 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	(void)printf("127.0.0.1@%u\n", (unsigned)ntohs(here.sin_port));
	(void)fflush(stdout);
	return fd;
}

int main(int argc, char **argv)
{
	struct server s = { .delay_ns = 0 };
	uint64_t port = 0, ms = 0;
	enum status st = ST_OK;

	for (int c; st == ST_OK && (c = getopt(argc, argv, "p:D:")) != -1;) {
		if (c == 'p')
			st = view_u64(view_of(optarg), UINT16_MAX, &port);
		else
			st = c == 'D' ? view_u64(view_of(optarg), 60000, &ms) : ST_INVALID;
	}
	if (st != ST_OK || optind < argc) {
		(void)fputs("usage: names [-D MILLISECONDS] [-p PORT]\n", stderr);
		return EX_USAGE;
	}
	s.delay_ns = ms * 1000000U;
	s.line = mem_array(WAITING_MAX, sizeof(*s.line));
	s.fd = bind_to((uint16_t)port);
	if (s.fd < 0) {
		perror("names");
		return EX_UNAVAILABLE;
	}
	serve(&s);
	return EX_OSERR;
}
