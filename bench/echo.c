/* The bound for a policy server: it reads requests to their empty line and answers DUNNO. With a
 * store (-l) it first looks up the request's tuple, which is what a pass of a known one needs.
 *
 *   echo -p PORT [-t THREADS] [-l FOLDER -n TUPLES]
 */
#include <errno.h>
#include <lmdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "tuple.h"
#include "util/mem.h"

#define INPUT_MAX   16384
#define EVENTS_MAX  256
#define THREADS_MAX 64
#define VALUE_SIZE  40

#define ANSWER      "action=DUNNO\n\n"
#define ANSWER_4    ANSWER ANSWER ANSWER ANSWER
#define ANSWER_16   ANSWER_4 ANSWER_4 ANSWER_4 ANSWER_4
#define ANSWER_SIZE (sizeof(ANSWER) - 1)

static const char answers[] = ANSWER_16 ANSWER_16 ANSWER_16 ANSWER_16;

struct peer {
	int fd;
	size_t n;    /* octets in `in` */
	size_t seen; /* of these, how many hold no end of a request */
	size_t owed; /* octets of answers that are not yet written */
	char in[INPUT_MAX];
};

struct store {
	MDB_env *env;
	MDB_dbi dbi;
};

struct worker {
	pthread_t thread;
	int listener;
	int epoll;
	const struct store *store; /* NULL: only echo */
	MDB_txn *txn;
};

static struct view attribute(struct view request, struct view name)
{
	for (struct view line; view_next(&request, '\n', &line);) {
		if (view_starts(line, name))
			return view_from(line, name.n);
	}
	return (struct view){ NULL, 0 };
}

/* False when the tuple is not there: a bound that found nothing would be none. */
static bool look_up(struct worker *w, struct view request)
{
	char text[TUPLE_KEY_MAX];
	size_t n = tuple_key(attribute(request, VIEW("client_address=")),
	                     attribute(request, VIEW("sender=")),
	                     attribute(request, VIEW("recipient=")), text);
	MDB_val key = { n, text };
	MDB_val value;
	char record[VALUE_SIZE];
	bool found;

	if (n == 0 || mdb_txn_renew(w->txn) != 0)
		return false;
	found = mdb_get(w->txn, w->store->dbi, &key, &value) == 0 && value.mv_size == VALUE_SIZE;
	if (found)
		memcpy(record, value.mv_data, VALUE_SIZE);
	mdb_txn_reset(w->txn);
	return found && record[0] == 'r';
}

static void forget(struct peer *p)
{
	(void)close(p->fd);
	mem_free(p);
}

/* Answers all that is complete. False when the connection should end. */
static bool answer(struct worker *w, struct peer *p)
{
	size_t from = 0;
	size_t look = p->seen;

	for (char *end; (end = memmem(p->in + look, p->n - look, "\n\n", 2)) != NULL;) {
		size_t next = (size_t)(end - p->in) + 2;

		if (w->store != NULL && !look_up(w, (struct view){ p->in + from, next - from }))
			return false;
		p->owed += ANSWER_SIZE;
		from = look = next;
	}
	p->n -= from;
	memmove(p->in, p->in + from, p->n);
	p->seen = p->n > 0 ? p->n - 1 : 0;
	return p->n < INPUT_MAX;
}

/* Writes what is owed; waits for room, and reads no more, if it can't. */
static bool pay(struct worker *w, struct peer *p, bool waited)
{
	struct epoll_event want = { .events = EPOLLOUT, .data.ptr = p };

	while (p->owed > 0) {
		size_t at = (ANSWER_SIZE - p->owed % ANSWER_SIZE) % ANSWER_SIZE;
		size_t room = sizeof(answers) - 1 - at;
		ssize_t n = write(p->fd, answers + at, p->owed < room ? p->owed : room);

		if (n < 0 && errno == EAGAIN)
			return waited || epoll_ctl(w->epoll, EPOLL_CTL_MOD, p->fd, &want) == 0;
		if (n < 0 && errno != EINTR)
			return false;
		p->owed -= n > 0 ? (size_t)n : 0;
	}
	want.events = EPOLLIN;
	return !waited || epoll_ctl(w->epoll, EPOLL_CTL_MOD, p->fd, &want) == 0;
}

static bool serve(struct worker *w, struct peer *p, uint32_t events)
{
	ssize_t n;

	if (events & EPOLLOUT)
		return pay(w, p, true);
	n = read(p->fd, p->in + p->n, INPUT_MAX - p->n);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		return false;
	p->n += (size_t)n;
	return answer(w, p) && pay(w, p, false);
}

static void take_all(struct worker *w)
{
	for (;;) {
		int fd = accept4(w->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct peer *p;

		if (fd < 0)
			return;
		p = mem_new(struct peer);
		p->fd = fd;
		if (epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd,
		              &(struct epoll_event){ .events = EPOLLIN, .data.ptr = p }) != 0)
			forget(p);
	}
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
				take_all(w);
			else if (!serve(w, p, events[i].events))
				forget(p);
		}
	}
	return NULL;
}

static enum status worker_start(struct worker *w, uint16_t port, const struct store *store)
{
	struct sockaddr_in here = { .sin_family = AF_INET,
		                    .sin_port = htons(port),
		                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event accepting = { .events = EPOLLIN, .data.ptr = NULL };
	int on = 1;

	w->store = store;
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	w->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (w->epoll < 0 || w->listener < 0)
		return ST_IO;
	if (setsockopt(w->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    setsockopt(w->listener, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0 ||
	    bind(w->listener, (struct sockaddr *)&here, sizeof(here)) != 0 ||
	    listen(w->listener, SOMAXCONN) != 0 ||
	    epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->listener, &accepting) != 0)
		return ST_IO;
	if (store != NULL && mdb_txn_begin(store->env, NULL, MDB_RDONLY, &w->txn) != 0)
		return ST_IO;
	if (store != NULL)
		mdb_txn_reset(w->txn);
	return pthread_create(&w->thread, NULL, work, w) == 0 ? ST_OK : ST_IO;
}

/* Fills a new store with the first n known tuples. Returns LMDB's code. */
static int store_fill(struct store *s, const char *folder, uint64_t n)
{
	char record[VALUE_SIZE] = "record";
	MDB_val value = { sizeof(record), record };
	MDB_txn *txn = NULL;
	int rc = mdb_env_create(&s->env);

	if (rc != 0 || (rc = mdb_env_set_mapsize(s->env, ((size_t)64 << 20) + n * 1024)) != 0 ||
	    (rc = mdb_env_open(s->env, folder, MDB_NOSYNC | MDB_NOTLS, 0600)) != 0 ||
	    (rc = mdb_txn_begin(s->env, NULL, 0, &txn)) != 0 ||
	    (rc = mdb_dbi_open(txn, NULL, 0, &s->dbi)) != 0)
		return rc;
	for (uint64_t i = 0; i < n && rc == 0; i++) {
		char text[TUPLE_KEY_MAX];
		struct tuple t;
		MDB_val key = { 0, text };

		tuple_make(&t, TUPLE_KNOWN, i);
		key.mv_size = tuple_key(view_of(t.address), view_of(t.sender), view_of(t.recipient),
		                        text);
		rc = mdb_put(txn, s->dbi, &key, &value, 0);
	}
	return rc != 0 ? rc : mdb_txn_commit(txn);
}

static int usage(void)
{
	(void)fputs("usage: echo -p PORT [-t THREADS] [-l FOLDER -n TUPLES]\n", stderr);
	return EX_USAGE;
}

int main(int argc, char **argv)
{
	uint64_t port = 0;
	uint64_t threads = 1;
	uint64_t tuples = 10000;
	const char *folder = NULL;
	struct store store = { 0 };
	struct worker *workers;

	for (int c; (c = getopt(argc, argv, "p:t:l:n:")) != -1;) {
		enum status st = ST_OK;

		switch (c) {
		case 'p': st = view_u64(view_of(optarg), UINT16_MAX, &port); break;
		case 't': st = view_u64(view_of(optarg), THREADS_MAX, &threads); break;
		case 'n': st = view_u64(view_of(optarg), 100000000, &tuples); break;
		case 'l': folder = optarg; break;
		default: st = ST_INVALID; break;
		}
		if (st != ST_OK)
			return usage();
	}
	if (port == 0 || threads == 0 || optind < argc)
		return usage();
	if (folder != NULL) {
		int rc = store_fill(&store, folder, tuples);

		if (rc != 0) {
			(void)fprintf(stderr, "echo: %s: %s\n", folder, mdb_strerror(rc));
			return EX_CANTCREAT;
		}
	}
	workers = mem_array(threads, sizeof(*workers));
	for (uint64_t i = 0; i < threads; i++) {
		if (worker_start(&workers[i], (uint16_t)port, folder != NULL ? &store : NULL) !=
		    ST_OK) {
			perror("echo");
			return EX_OSERR;
		}
	}
	(void)pthread_join(workers[0].thread, NULL); /* until a signal ends the process */
	return 0;
}
