#include "scan/bogofilter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/spawn.h"
#include "net/watch.h"
#include "util/buf.h"
#include "util/mem.h"

#define REAP_MS      5 /* an exit closes the pipe a little before it can be waited for */
#define FREE_WAIT_MS 1000
#define WRITES_MAX   16 /* a turn */
#define FAILED_FROM  3  /* bogofilter(1), RETURN VALUES: 0 spam, 1 ham, 2 unsure, 3 trouble */

/* A process; it counts until it is waited for. */
struct child {
	struct child *next;
	struct bogofilter_scan *scan; /* NULL: it was given up, and killed */
	pid_t pid;
};

struct bogofilter {
	struct loop *loop;
	struct bogofilter_scan *waiting, **last;
	unsigned waits;
	struct child *children;
	struct bogofilter_scan *all; /* waiting or not */
	unsigned runs;
	bool ended;
	struct soon soon;    /* one may begin */
	struct timer reaper; /* a process is to end */
};

struct end {
	int fd; /* -1: closed */
	struct watch *watch;
};

struct bogofilter_scan {
	struct bogofilter_scan *next;          /* while it waits */
	struct bogofilter_scan *other, **link; /* of all */
	struct bogofilter *pool;
	struct child *child; /* NULL: it waits */
	char *command;
	unsigned children;
	struct end in, out; /* of the process */
	const struct view *pieces;
	size_t piece_count, piece, at;
	struct buf printed;
	struct timer deadline;
	void (*done)(void *arg, enum status st, const struct bogosity *b);
	void *arg;
};

/* --- ends of pipes --- */

static void close_end(struct end *e)
{
	watch_free(&e->watch);
	if (e->fd >= 0)
		(void)close(e->fd);
	e->fd = -1;
}

static bool watch_end(struct bogofilter_scan *s, struct end *e, unsigned events,
                      void (*ready)(void *arg, unsigned events))
{
	e->watch = watch_new(s->pool->loop, e->fd, ready, s);
	if (e->watch != NULL)
		watch_for(e->watch, events);
	return e->watch != NULL;
}

/* --- processes --- */

static void start_waiting(void *arg);
static void on_reap(void *arg);

static void reap_soon(struct bogofilter *p)
{
	if (!timer_runs(&p->reaper))
		timer_start(p->loop, &p->reaper, REAP_MS, on_reap, p);
}

/* It and all that it has started. */
static void give_up_child(struct bogofilter_scan *s)
{
	if (s->child == NULL)
		return;
	(void)kill(-s->child->pid, SIGKILL);
	s->child->scan = NULL;
	s->child = NULL;
	reap_soon(s->pool);
}

static void drop_child(struct bogofilter *p, struct child *c)
{
	struct child **at = &p->children;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	mem_free(c);
	p->runs--;
	loop_soon(p->loop, &p->soon, start_waiting, p);
}

/* --- the end of a scan --- */

static void unqueue(struct bogofilter_scan *s)
{
	struct bogofilter *p = s->pool;
	struct bogofilter_scan **at = &p->waiting;

	while (*at != NULL && *at != s)
		at = &(*at)->next;
	if (*at == NULL)
		return;
	*at = s->next;
	if (s->next == NULL)
		p->last = at;
	p->waits--;
}

static void release(struct bogofilter_scan *s)
{
	unqueue(s);
	*s->link = s->other;
	if (s->other != NULL)
		s->other->link = s->link;
	close_end(&s->in);
	close_end(&s->out);
	give_up_child(s);
	timer_stop(s->pool->loop, &s->deadline);
	buf_free(&s->printed);
	mem_free(s->command);
	mem_free(s);
}

static void tell(struct bogofilter_scan *s, enum status st)
{
	void (*done)(void *, enum status, const struct bogosity *) = s->done;
	struct bogosity b = { .header = { "", 0 } };
	struct buf printed = s->printed;
	void *arg = s->arg;

	s->printed = buf_of(0);
	if (st == ST_OK)
		st = bogosity_read(buf_view(&printed), &b);
	release(s);
	done(arg, st, &b);
	buf_free(&printed);
}

static void on_deadline(void *arg)
{
	tell(arg, ST_TIMEOUT);
}

/* The process has ended, or nobody can say how (-1). */
static void on_exit_of(struct bogofilter_scan *s, int status)
{
	bool good = status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) < FAILED_FROM;

	tell(s, good ? ST_OK : ST_UNAVAILABLE);
}

/* False: it runs on. A scan is over when it has ended and closed its output. */
static bool reap(struct bogofilter *p, struct child *c)
{
	struct bogofilter_scan *s = c->scan;
	int status = -1;

	if (s != NULL && s->out.fd >= 0)
		return false;
	if (waitpid(c->pid, &status, WNOHANG) == 0)
		return false;
	if (s != NULL)
		s->child = NULL;
	drop_child(p, c);
	if (s != NULL)
		on_exit_of(s, status);
	return true;
}

/* A callback may change the list. */
static void on_reap(void *arg)
{
	struct bogofilter *p = arg;
	struct child *c = p->children;
	bool more = false;

	while (c != NULL) {
		if (reap(p, c)) {
			c = p->children;
			more = false;
			continue;
		}
		more = more || c->scan == NULL || c->scan->out.fd < 0;
		c = c->next;
	}
	if (more)
		reap_soon(p);
}

/* --- a scan at work --- */

static bool next_piece(struct bogofilter_scan *s, struct view *out)
{
	while (s->piece < s->piece_count && s->at == s->pieces[s->piece].n) {
		s->piece++;
		s->at = 0;
	}
	if (s->piece == s->piece_count)
		return false;
	*out = view_from(s->pieces[s->piece], s->at);
	return true;
}

/* One that reads no more may have its answer ready. */
static void on_writable(void *arg, unsigned events)
{
	struct bogofilter_scan *s = arg;
	struct view piece;

	(void)events;
	for (unsigned i = 0; i < WRITES_MAX; i++) {
		ssize_t n;

		if (!next_piece(s, &piece)) {
			close_end(&s->in);
			return;
		}
		n = write(s->in.fd, piece.p, piece.n);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) {
			close_end(&s->in);
			return;
		}
		s->at += (size_t)n;
	}
}

static void on_readable(void *arg, unsigned events)
{
	struct bogofilter_scan *s = arg;
	char space[BOGOFILTER_PRINTED_MAX];
	ssize_t n = read(s->out.fd, space, sizeof(space));

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		if (buf_append(&s->printed, (struct view){ space, (size_t)n }) != ST_OK)
			tell(s, ST_INVALID);
		return;
	}
	close_end(&s->out);
	reap_soon(s->pool);
}

/* 0, or errno. */
static int make_pipes(struct bogofilter_scan *s, int theirs[2])
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) != 0)
		return errno;
	if (pipe2(out, O_CLOEXEC) != 0) {
		int error = errno;

		(void)close(in[0]);
		(void)close(in[1]);
		return error;
	}
	theirs[0] = in[0];
	theirs[1] = out[1];
	s->in.fd = in[1];
	s->out.fd = out[0];
	return 0;
}

static bool start(struct bogofilter_scan *s)
{
	struct bogofilter *p = s->pool;
	struct spawn what = { .command = s->command, .group = true };
	int theirs[2] = { -1, -1 };
	pid_t pid = 0;
	int error = make_pipes(s, theirs);

	if (error != 0)
		return false;
	what.input = theirs[0];
	what.output = theirs[1];
	error = spawn_command(&what, &pid);
	(void)close(theirs[0]);
	(void)close(theirs[1]);
	if (error != 0)
		return false;
	s->child = mem_new(struct child);
	*s->child = (struct child){ .next = p->children, .scan = s, .pid = pid };
	p->children = s->child;
	p->runs++;
	return watch_end(s, &s->in, WATCH_WRITE, on_writable) &&
	       watch_end(s, &s->out, WATCH_READ, on_readable);
}

static void start_waiting(void *arg)
{
	struct bogofilter *p = arg;

	while (p->waiting != NULL && p->runs < p->waiting->children) {
		struct bogofilter_scan *s = p->waiting;

		unqueue(s);
		if (!start(s))
			tell(s, ST_UNAVAILABLE);
	}
}

/* --- the pool --- */

struct bogofilter *bogofilter_new(struct loop *loop)
{
	struct bogofilter *p = mem_new(struct bogofilter);

	p->loop = loop;
	p->last = &p->waiting;
	return p;
}

void bogofilter_end(struct bogofilter *pool)
{
	pool->ended = true;
	for (struct bogofilter_scan *s = pool->all; s != NULL; s = s->other)
		timer_start(pool->loop, &s->deadline, 0, on_deadline, s);
}

void bogofilter_free(struct bogofilter **pool)
{
	struct bogofilter *p = *pool;

	*pool = NULL;
	if (p == NULL)
		return;
	for (unsigned ms = 0; p->children != NULL && ms < FREE_WAIT_MS; ms += REAP_MS) {
		on_reap(p);
		if (p->children != NULL)
			(void)poll(NULL, 0, REAP_MS);
	}
	while (p->children != NULL)
		drop_child(p, p->children);
	timer_stop(p->loop, &p->reaper);
	loop_not_soon(p->loop, &p->soon);
	mem_free(p);
}

static void on_too_many(void *arg)
{
	tell(arg, ST_LIMIT);
}

static unsigned between(unsigned n, unsigned least, unsigned most)
{
	return n < least ? least : n < most ? n : most;
}

struct bogofilter_scan *
bogofilter_scan(struct bogofilter *pool, const struct bogofilter_question *q,
                void (*done)(void *arg, enum status st, const struct bogosity *b), void *arg)
{
	struct bogofilter_scan *s = mem_new(struct bogofilter_scan);

	s->pool = pool;
	s->command = mem_text(view_of(q->command));
	s->children = between(q->children, 1, BOGOFILTER_CHILDREN_MAX);
	s->in.fd = s->out.fd = -1;
	s->pieces = q->pieces;
	s->piece_count = q->piece_count;
	s->printed = buf_of(BOGOFILTER_PRINTED_MAX);
	s->done = done;
	s->arg = arg;
	s->other = pool->all;
	s->link = &pool->all;
	if (s->other != NULL)
		s->other->link = &s->other;
	pool->all = s;
	if (pool->waits == BOGOFILTER_WAITING_MAX) {
		timer_start(pool->loop, &s->deadline, 0, on_too_many, s);
		return s;
	}
	timer_start(pool->loop, &s->deadline, pool->ended ? 0 : q->timeout_ms, on_deadline, s);
	*pool->last = s;
	pool->last = &s->next;
	pool->waits++;
	loop_soon(pool->loop, &pool->soon, start_waiting, pool);
	return s;
}

void bogofilter_cancel(struct bogofilter_scan **scan)
{
	if (*scan != NULL)
		release(*scan);
	*scan = NULL;
}
