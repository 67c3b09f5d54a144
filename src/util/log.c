#include "util/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/mem.h"

struct log {
	char *program;
	enum log_sink sink;
	enum log_level most;
	pthread_t writer;
	pthread_mutex_t lock;
	pthread_cond_t wake;    /* the queue got its first line, or the end is asked for */
	pthread_cond_t drained; /* all that was taken is written */
	/* under the lock */
	struct buf queue; /* a level octet, the text, LF; again and again */
	size_t dropped;
	bool writing;
	bool ending;
};

static int syslog_priority(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_CRIT: return LOG_CRIT;
	case LOG_LEVEL_ERROR: return LOG_ERR;
	case LOG_LEVEL_WARNING: return LOG_WARNING;
	case LOG_LEVEL_NOTICE: return LOG_NOTICE;
	case LOG_LEVEL_INFO: return LOG_INFO;
	case LOG_LEVEL_DEBUG: return LOG_DEBUG;
	}
	return LOG_ERR;
}

static void write_all(struct view v)
{
	while (v.n > 0) {
		ssize_t n = write(STDERR_FILENO, v.p, v.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return; /* nowhere left to complain */
		v = view_from(v, (size_t)n);
	}
}

/* Lines of one batch go out in one write, but each to syslog by itself. */
static void write_lines(const struct log *log, struct view lines)
{
	struct buf out = buf_of(LOG_QUEUE_MAX * 2);
	struct view line;
	enum status st = ST_OK;

	while (st == ST_OK && view_next(&lines, '\n', &line)) {
		int priority = syslog_priority((enum log_level)(line.p[0] - '0'));
		struct view text = view_from(line, 1);

		if (log->sink == LOG_SINK_SYSLOG)
			syslog(priority, "%.*s", VIEW_ARG(text));
		else if (log->sink == LOG_SINK_JOURNAL)
			st = buf_printf(&out, "<%d>%.*s\n", priority, VIEW_ARG(text));
		else
			st = buf_printf(&out, "%.*s\n", VIEW_ARG(text));
	}
	write_all(buf_view(&out));
	buf_free(&out);
}

static void *write_queue(void *arg)
{
	struct log *log = arg;
	struct buf mine = buf_of(LOG_QUEUE_MAX);

	(void)pthread_mutex_lock(&log->lock);
	for (;;) {
		struct buf full;

		while (log->queue.n == 0 && !log->ending) {
			(void)pthread_cond_broadcast(&log->drained);
			(void)pthread_cond_wait(&log->wake, &log->lock);
		}
		if (log->queue.n == 0)
			break;
		if (log->dropped > 0 && buf_printf(&log->queue, "%d%zu log lines were dropped\n",
		                                   LOG_LEVEL_WARNING, log->dropped) == ST_OK)
			log->dropped = 0;
		full = log->queue;
		log->queue = mine;
		log->writing = true;
		(void)pthread_mutex_unlock(&log->lock);
		write_lines(log, buf_view(&full));
		buf_clear(&full);
		mine = full;
		(void)pthread_mutex_lock(&log->lock);
		log->writing = false;
	}
	(void)pthread_cond_broadcast(&log->drained);
	(void)pthread_mutex_unlock(&log->lock);
	buf_free(&mine);
	return NULL;
}

struct log *log_new(const struct log_options *options)
{
	struct log *log = mem_new(struct log);

	log->program = mem_text(view_of(options->program));
	log->sink = options->sink;
	log->most = options->most;
	log->queue = buf_of(LOG_QUEUE_MAX);
	if (log->sink == LOG_SINK_SYSLOG)
		openlog(log->program, LOG_PID | LOG_NDELAY, options->facility);
	(void)pthread_mutex_init(&log->lock, NULL);
	(void)pthread_cond_init(&log->wake, NULL);
	(void)pthread_cond_init(&log->drained, NULL);
	if (pthread_create(&log->writer, NULL, write_queue, log) != 0)
		abort();
	return log;
}

void log_free(struct log **log)
{
	struct log *l = *log;

	if (l == NULL)
		return;
	(void)pthread_mutex_lock(&l->lock);
	l->ending = true;
	(void)pthread_cond_signal(&l->wake);
	(void)pthread_mutex_unlock(&l->lock);
	(void)pthread_join(l->writer, NULL);
	if (l->sink == LOG_SINK_SYSLOG)
		closelog();
	(void)pthread_cond_destroy(&l->drained);
	(void)pthread_cond_destroy(&l->wake);
	(void)pthread_mutex_destroy(&l->lock);
	buf_free(&l->queue);
	mem_free(l->program);
	mem_free(l);
	*log = NULL;
}

bool log_takes(const struct log *log, enum log_level level)
{
	return log != NULL && level <= log->most;
}

void log_write(struct log *log, enum log_level level, struct view line)
{
	bool cut = line.n > LOG_LINE_MAX;
	size_t start;

	if (!log_takes(log, level))
		return;
	line = view_first(line, LOG_LINE_MAX);
	(void)pthread_mutex_lock(&log->lock);
	start = log->queue.n;
	if (buf_byte(&log->queue, (char)('0' + (int)level)) != ST_OK ||
	    buf_append(&log->queue, line) != ST_OK ||
	    buf_append(&log->queue, cut ? VIEW("...\n") : VIEW("\n")) != ST_OK) {
		log->queue.n = start;
		log->dropped++;
	} else {
		for (size_t i = start; i + 1 < log->queue.n; i++)
			if (log->queue.p[i] == '\n' || log->queue.p[i] == '\0')
				log->queue.p[i] = '?';
		if (start == 0)
			(void)pthread_cond_signal(&log->wake);
	}
	(void)pthread_mutex_unlock(&log->lock);
}

static void log_format(struct log *log, enum log_level level, const char *fmt, va_list ap)
	PRINTF_LIKE(3, 0);

static void log_format(struct log *log, enum log_level level, const char *fmt, va_list ap)
{
	struct buf text = buf_of((size_t)LOG_LINE_MAX * 2);

	if (!log_takes(log, level))
		return;
	if (buf_vprintf(&text, fmt, ap) == ST_OK)
		log_write(log, level, buf_view(&text));
	else
		log_write(log, level, view_of(fmt));
	buf_free(&text);
}

#define LOG_FUNCTION(name, level)                                                                  \
	void name(struct log *log, const char *fmt, ...)                                           \
	{                                                                                          \
		va_list ap;                                                                        \
		va_start(ap, fmt);                                                                 \
		log_format(log, level, fmt, ap);                                                   \
		va_end(ap);                                                                        \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_notice, LOG_LEVEL_NOTICE)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)

bool log_due(int64_t *told_at, int64_t now)
{
	if (now - *told_at < LOG_DUE_S && now >= *told_at)
		return false;
	*told_at = now;
	return true;
}

void log_flush(struct log *log, unsigned timeout_ms)
{
	struct timespec until;

	if (log == NULL)
		return;
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += timeout_ms / 1000;
	until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	(void)pthread_mutex_lock(&log->lock);
	while (log->queue.n > 0 || log->writing)
		if (pthread_cond_timedwait(&log->drained, &log->lock, &until) != 0)
			break;
	(void)pthread_mutex_unlock(&log->lock);
}

struct word {
	const char *name;
	int value;
};

static enum status find_word(const struct word *words, size_t count, struct view name, int *out)
{
	for (size_t i = 0; i < count; i++) {
		if (view_eq_nocase(view_of(words[i].name), name)) {
			*out = words[i].value;
			return ST_OK;
		}
	}
	return ST_NOTFOUND;
}

enum status log_level_parse(struct view word, enum log_level *out)
{
	static const struct word levels[] = {
		{ "crit", LOG_LEVEL_CRIT },       { "error", LOG_LEVEL_ERROR },
		{ "warning", LOG_LEVEL_WARNING }, { "notice", LOG_LEVEL_NOTICE },
		{ "info", LOG_LEVEL_INFO },       { "debug", LOG_LEVEL_DEBUG },
	};
	int value = 0;
	enum status st = find_word(levels, sizeof(levels) / sizeof(levels[0]), word, &value);

	if (st == ST_OK)
		*out = (enum log_level)value;
	return st;
}

static const struct word facilities[] = {
	{ "auth", LOG_AUTH },     { "authpriv", LOG_AUTHPRIV }, { "cron", LOG_CRON },
	{ "daemon", LOG_DAEMON }, { "ftp", LOG_FTP },           { "kern", LOG_KERN },
	{ "lpr", LOG_LPR },       { "mail", LOG_MAIL },         { "news", LOG_NEWS },
	{ "syslog", LOG_SYSLOG }, { "user", LOG_USER },         { "uucp", LOG_UUCP },
	{ "local0", LOG_LOCAL0 }, { "local1", LOG_LOCAL1 },     { "local2", LOG_LOCAL2 },
	{ "local3", LOG_LOCAL3 }, { "local4", LOG_LOCAL4 },     { "local5", LOG_LOCAL5 },
	{ "local6", LOG_LOCAL6 }, { "local7", LOG_LOCAL7 },
};

enum status log_facility_parse(struct view word, int *out)
{
	if (view_starts(word, VIEW("log_")) || view_starts(word, VIEW("LOG_")))
		word = view_from(word, 4);
	return find_word(facilities, sizeof(facilities) / sizeof(facilities[0]), word, out);
}

const char *log_facility_text(int facility)
{
	for (size_t i = 0; i < sizeof(facilities) / sizeof(facilities[0]); i++)
		if (facilities[i].value == facility)
			return facilities[i].name;
	return NULL;
}
