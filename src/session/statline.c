#include "session/statline.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "net/spawn.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/mem.h"

#define SLICE_MS   100 /* how long a pipe is waited for before the end is looked for */
#define REAP_MS    20  /* an exit closes the pipe a little before it can be waited for */
#define FILE_MODE  0640
#define DEST_SHOWN 100 /* octets of DEST in the log */

struct statline {
	char *dest;
	char *command; /* within dest; NULL: a file */
	struct statline_times times;
	pthread_mutex_t lock;
	pthread_cond_t wake;  /* the queue got its first line, or the end is asked for */
	pthread_cond_t ended; /* the writer is done */

	/* under the lock */
	struct log *log;    /* NULL once the owner has let go */
	struct buf queue;   /* the length of a line, its octets; again and again */
	unsigned refs;      /* the owner and the writer */
	bool ending, done;  /* asked for; seen to */
	uint64_t deadline;  /* of the end */
	uint64_t dropped;   /* in all */
	uint64_t unsaid;    /* of these, not yet logged */
	uint64_t first_ms;  /* when the first of them was dropped */
	uint64_t report_ms; /* not before this */
	char trouble[200];  /* what went wrong; empty when it is logged */

	/* the writer's */
	struct buf batch;
	size_t at;   /* of the line that is next, its length in front */
	size_t sent; /* octets of that line */
	int fd;      /* -1: the command is to be started */
	pid_t child; /* 0: none */
	uint64_t started_ms;
	uint64_t again_ms; /* not before this */
};

enum write_state {
	LINE_DONE,
	LINE_WAIT, /* for the pipe's reader */
	LINE_LATER /* at again_ms */
};

static uint64_t clock_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --- what is said ---------------------------------------------------------------------------- */

static void count_dropped(struct statline *s, uint64_t lines)
{
	if (lines > 0 && s->unsaid == 0)
		s->first_ms = clock_ms();
	s->dropped += lines;
	s->unsaid += lines;
}

static void say(struct statline *s)
{
	const char *what = s->trouble[0] != '\0' ? s->trouble : "it is not written fast enough";

	if (s->unsaid > 0)
		log_warning(s->log, "stat \"%.*s\": %s; %llu lines were dropped", DEST_SHOWN,
		            s->dest, what, (unsigned long long)s->unsaid);
	else
		log_warning(s->log, "stat \"%.*s\": %s", DEST_SHOWN, s->dest, what);
	s->trouble[0] = '\0';
	s->unsaid = 0;
	s->report_ms = clock_ms() + s->times.report_ms;
}

/* Under the lock. Drops alone are told when it goes on, or after a while; trouble at once. */
static void report(struct statline *s, bool goes_on)
{
	uint64_t now = clock_ms();
	bool due = s->trouble[0] != '\0' ||
	           (s->unsaid > 0 && (goes_on || now >= s->first_ms + s->times.report_ms));

	if (due && now >= s->report_ms)
		say(s);
}

static void PRINTF_LIKE(2, 3) trouble(struct statline *s, const char *fmt, ...)
{
	va_list ap;

	(void)pthread_mutex_lock(&s->lock);
	va_start(ap, fmt);
	(void)vsnprintf(s->trouble, sizeof(s->trouble), fmt, ap);
	va_end(ap);
	report(s, false);
	(void)pthread_mutex_unlock(&s->lock);
}

/* --- the command ----------------------------------------------------------------------------- */

/* 0, or errno. */
static int start_command(struct statline *s)
{
	struct spawn command = { .command = s->command, .output = -1 };
	int ends[2];
	int error;

	s->started_ms = clock_ms();
	if (pipe2(ends, O_CLOEXEC) != 0)
		return errno;
	command.input = ends[0];
	error = fcntl(ends[1], F_SETFL, O_NONBLOCK) != 0 ? errno
	                                                 : spawn_command(&command, &s->child);
	(void)close(ends[0]);
	if (error == 0)
		s->fd = ends[1];
	else
		(void)close(ends[1]);
	return error;
}

/* True when there is no command (any more). */
static bool command_ended(struct statline *s)
{
	int status = 0;
	pid_t pid;

	if (s->child == 0)
		return true;
	pid = waitpid(s->child, &status, WNOHANG);
	if (pid == 0)
		return false;
	s->child = 0;
	if (pid < 0)
		trouble(s, "the command ended");
	else if (WIFSIGNALED(status))
		trouble(s, "the command was ended by signal %d", WTERMSIG(status));
	else
		trouble(s, "the command ended with status %d", WEXITSTATUS(status));
	return true;
}

/* Nobody reads any more. */
static void hang_up(struct statline *s)
{
	(void)close(s->fd);
	s->fd = -1;
	s->sent = 0;
	s->again_ms = clock_ms() + REAP_MS;
}

/* False: not before again_ms. */
static bool have_command(struct statline *s)
{
	uint64_t now = clock_ms();
	uint64_t next = s->started_ms + s->times.restart_ms;
	int error;

	if (s->fd >= 0)
		return true;
	if (!command_ended(s)) {
		trouble(s, "the command reads no more, but has not ended");
		s->again_ms = now + s->times.retry_ms;
		return false;
	}
	s->again_ms = next;
	if (now < next)
		return false;
	error = start_command(s);
	if (error == 0)
		return true;
	trouble(s, "the command can't be started: %s", strerror(error));
	s->again_ms = now + s->times.restart_ms;
	return false;
}

/* While there is nothing to write: a command that has ended is noticed, and waited for. */
static void look_after_command(struct statline *s)
{
	struct pollfd end = { .fd = s->fd };

	if (s->command == NULL)
		return;
	if (s->fd >= 0 && poll(&end, 1, 0) > 0 && (end.revents & POLLERR) != 0)
		hang_up(s);
	if (s->fd < 0)
		(void)command_ended(s);
}

/* --- the writer ------------------------------------------------------------------------------ */

static struct view line_at(const struct buf *b, size_t at)
{
	uint32_t n;

	memcpy(&n, b->p + at, sizeof(n));
	return (struct view){ b->p + at + sizeof(n), n };
}

static uint64_t lines_from(const struct buf *b, size_t at)
{
	uint64_t lines = 0;

	for (; at < b->n; at += sizeof(uint32_t) + line_at(b, at).n)
		lines++;
	return lines;
}

/* What is left of the line that is next. */
static enum write_state write_line(struct statline *s)
{
	struct view line = line_at(&s->batch, s->at);

	if (clock_ms() < s->again_ms || (s->command != NULL && !have_command(s)))
		return LINE_LATER;
	while (s->sent < line.n) {
		ssize_t n = write(s->fd, line.p + s->sent, line.n - s->sent);

		if (n > 0) {
			s->sent += (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			return LINE_WAIT;
		} else if (n < 0 && errno == EPIPE && s->command != NULL) {
			hang_up(s);
			return LINE_LATER;
		} else if (n == 0 || errno != EINTR) {
			trouble(s, "%s", n == 0 ? "nothing is taken" : strerror(errno));
			s->again_ms = clock_ms() + s->times.retry_ms;
			return LINE_LATER;
		}
	}
	s->at += sizeof(uint32_t) + line.n;
	s->sent = 0;
	return LINE_DONE;
}

/* Waits until then, or until it is woken. Under the lock. */
static void doze(struct statline *s, pthread_cond_t *cond, uint64_t until_ms)
{
	struct timespec until = { (time_t)(until_ms / 1000), (long)(until_ms % 1000) * 1000000 };

	(void)pthread_cond_timedwait(cond, &s->lock, &until);
}

/* Before the next try of a line. False: there is no time for another. */
static bool pause_writer(struct statline *s, enum write_state state)
{
	bool more;

	if (state == LINE_WAIT)
		(void)poll(&(struct pollfd){ .fd = s->fd, .events = POLLOUT }, 1, SLICE_MS);
	(void)pthread_mutex_lock(&s->lock);
	while (state == LINE_LATER && !s->ending && clock_ms() < s->again_ms) {
		doze(s, &s->wake, s->again_ms);
		report(s, false);
	}
	report(s, false);
	/* what is broken will not be mended in the little time that is left */
	more = !s->ending || (state != LINE_LATER && clock_ms() < s->deadline);
	(void)pthread_mutex_unlock(&s->lock);
	return more;
}

/* True when all of the batch is written. */
static bool write_batch(struct statline *s)
{
	while (s->at < s->batch.n) {
		enum write_state state = write_line(s);

		if (state != LINE_DONE && !pause_writer(s, state))
			return false;
	}
	return true;
}

/* Waits for lines and takes them all. False: none, and none will come. */
static bool next_batch(struct statline *s)
{
	struct buf empty = s->batch;

	buf_clear(&empty);
	(void)pthread_mutex_lock(&s->lock);
	report(s, true);
	while (s->queue.n == 0 && !s->ending) {
		doze(s, &s->wake, clock_ms() + s->times.restart_ms);
		report(s, true);
		(void)pthread_mutex_unlock(&s->lock);
		look_after_command(s);
		(void)pthread_mutex_lock(&s->lock);
	}
	s->batch = s->queue;
	s->queue = empty;
	s->at = s->sent = 0;
	(void)pthread_mutex_unlock(&s->lock);
	return s->batch.n > 0;
}

/* Gives up one of the two references; the last one frees. Called with the lock, and unlocks. */
static void let_go(struct statline *s)
{
	bool last = --s->refs == 0;

	(void)pthread_mutex_unlock(&s->lock);
	if (!last)
		return;
	(void)pthread_cond_destroy(&s->wake);
	(void)pthread_cond_destroy(&s->ended);
	(void)pthread_mutex_destroy(&s->lock);
	buf_free(&s->queue);
	buf_free(&s->batch);
	mem_free(s->dest);
	mem_free(s);
}

/* Closes the output and waits for the command as long as there is time, without the lock. */
static void finish(struct statline *s, uint64_t deadline)
{
	if (s->fd >= 0)
		(void)close(s->fd);
	s->fd = -1;
	while (s->child != 0 && clock_ms() < deadline) {
		if (waitpid(s->child, NULL, WNOHANG) != 0)
			s->child = 0;
		else
			(void)poll(NULL, 0, REAP_MS);
	}
}

static void *run(void *arg)
{
	struct statline *s = arg;
	uint64_t deadline;

	while (next_batch(s) && write_batch(s))
		;
	(void)pthread_mutex_lock(&s->lock);
	count_dropped(s, lines_from(&s->batch, s->at) + lines_from(&s->queue, 0));
	buf_clear(&s->queue);
	deadline = s->deadline;
	(void)pthread_mutex_unlock(&s->lock);
	finish(s, deadline);
	(void)pthread_mutex_lock(&s->lock);
	if (s->unsaid > 0 || s->trouble[0] != '\0')
		say(s);
	s->done = true;
	(void)pthread_cond_broadcast(&s->ended);
	(void)pthread_mutex_unlock(&s->lock);
	if (s->child != 0)
		(void)waitpid(s->child, NULL, 0);
	(void)pthread_mutex_lock(&s->lock);
	let_go(s);
	return NULL;
}

/* --- the owner's side ------------------------------------------------------------------------ */

static enum status open_dest(struct statline *s, struct diag *why)
{
	struct view dest = view_of(s->dest);
	bool append = view_starts(dest, VIEW(">>"));
	char *what = s->dest + (append ? 2 : 1);
	int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	int error;

	if (dest.n == 0 || (dest.p[0] != '>' && dest.p[0] != '|')) {
		diag_set(why, "a statistics output is \">>FILE\", \">FILE\" or \"|COMMAND\"");
		return ST_INVALID;
	}
	what += strspn(what, " \t");
	if (*what == '\0') {
		diag_set(why, "no %s behind \"%s\"", dest.p[0] == '|' ? "command" : "file",
		         s->dest);
		return ST_INVALID;
	}
	if (dest.p[0] == '|') {
		s->command = what;
		error = start_command(s);
	} else {
		s->fd = open(what, flags | (append ? 0 : O_TRUNC), FILE_MODE);
		error = s->fd < 0 ? errno : 0;
	}
	if (error == 0)
		return ST_OK;
	diag_set(why, "%.*s: %s", DEST_SHOWN, what, strerror(error));
	return status_of_errno(error);
}

static void init_locks(struct statline *s)
{
	pthread_condattr_t attr;

	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_cond_init(&s->wake, &attr);
	(void)pthread_cond_init(&s->ended, &attr);
	(void)pthread_condattr_destroy(&attr);
}

static enum status start_writer(struct statline *s, struct diag *why)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, run, s);

	if (error != 0) {
		diag_set(why, "no thread for statistics: %s", strerror(error));
		return status_of_errno(error);
	}
	(void)pthread_detach(thread);
	return ST_OK;
}

static unsigned or_usual(unsigned given, unsigned usual)
{
	return given > 0 ? given : usual;
}

enum status statline_open(const char *dest, struct log *log, const struct statline_times *times,
                          struct statline **out, struct diag *why)
{
	struct statline *s = mem_new(struct statline);
	enum status st;

	if (times != NULL)
		s->times = *times;
	s->times.restart_ms = or_usual(s->times.restart_ms, STATLINE_RESTART_MS);
	s->times.retry_ms = or_usual(s->times.retry_ms, STATLINE_RETRY_MS);
	s->times.report_ms = or_usual(s->times.report_ms, STATLINE_REPORT_MS);
	s->dest = mem_text(view_of(dest));
	s->log = log;
	s->queue = buf_of(STATLINE_QUEUE_MAX);
	s->batch = buf_of(STATLINE_QUEUE_MAX);
	s->fd = -1;
	s->refs = 2;
	init_locks(s);
	st = open_dest(s, why);
	if (st == ST_OK)
		st = start_writer(s, why);
	if (st != ST_OK) {
		finish(s, clock_ms() + STATLINE_FLUSH_MS);
		(void)pthread_mutex_lock(&s->lock);
		s->refs = 1;
		let_go(s);
		return st;
	}
	*out = s;
	return ST_OK;
}

void statline_write(struct statline *s, struct view line)
{
	uint32_t n = (uint32_t)line.n;
	size_t start;

	if (line.n == 0)
		return;
	(void)pthread_mutex_lock(&s->lock);
	start = s->queue.n;
	if (line.n > STATLINE_QUEUE_MAX ||
	    buf_append(&s->queue, (struct view){ (const char *)&n, sizeof(n) }) != ST_OK ||
	    buf_append(&s->queue, line) != ST_OK) {
		s->queue.n = start;
		count_dropped(s, 1);
	} else if (start == 0) {
		(void)pthread_cond_signal(&s->wake);
	}
	(void)pthread_mutex_unlock(&s->lock);
}

uint64_t statline_dropped(struct statline *s)
{
	uint64_t dropped;

	(void)pthread_mutex_lock(&s->lock);
	dropped = s->dropped;
	(void)pthread_mutex_unlock(&s->lock);
	return dropped;
}

void statline_close(struct statline **sp)
{
	struct statline *s = *sp;
	uint64_t latest;

	if (s == NULL)
		return;
	(void)pthread_mutex_lock(&s->lock);
	s->ending = true;
	s->deadline = clock_ms() + STATLINE_FLUSH_MS;
	(void)pthread_cond_broadcast(&s->wake);
	/* the writer sees the deadline itself, unless a write hangs */
	latest = s->deadline + SLICE_MS;
	while (!s->done && clock_ms() < latest)
		doze(s, &s->ended, latest);
	s->log = NULL;
	let_go(s);
	*sp = NULL;
}
