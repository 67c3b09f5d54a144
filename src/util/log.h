/* Where the daemon says what it does: one queue, one thread that writes.
 *
 * A line is copied into a bounded queue and written by a thread of its own, so that a syslog that
 * hangs can't hold up an answer. When the queue is full, lines are dropped and their number is
 * logged as soon as there is room again. All functions may be called from any thread. */
#pragma once

#include "util/view.h"

struct log;

enum log_level {
	LOG_LEVEL_CRIT,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

enum log_sink {
	LOG_SINK_STDERR,  /* bare lines */
	LOG_SINK_JOURNAL, /* stderr with "<N>" in front, as systemd reads it (sd-daemon(3)) */
	LOG_SINK_SYSLOG,
};

struct log_options {
	const char *program; /* syslog's tag; kept by the log as a copy */
	enum log_sink sink;
	enum log_level most; /* lines above this level are not taken */
	int facility;        /* LOG_MAIL ... of syslog.h */
};

#define LOG_LINE_MAX  8192              /* a longer line ends in "..." */
#define LOG_QUEUE_MAX ((size_t)1 << 20) /* octets that wait to be written */

struct log *log_new(const struct log_options *options);

/* Writes what waits, then ends the thread. */
void log_free(struct log **log);

/* Is a line of this level taken? For callers that would build it in vain. */
bool log_takes(const struct log *log, enum log_level level);

/* One line; a NUL or LF in it is written as "?". log may be NULL: the line goes nowhere. */
void log_write(struct log *log, enum log_level level, struct view line);

void log_error(struct log *log, const char *fmt, ...) PRINTF_LIKE(2, 3);
void log_warning(struct log *log, const char *fmt, ...) PRINTF_LIKE(2, 3);
void log_notice(struct log *log, const char *fmt, ...) PRINTF_LIKE(2, 3);
void log_info(struct log *log, const char *fmt, ...) PRINTF_LIKE(2, 3);
void log_debug(struct log *log, const char *fmt, ...) PRINTF_LIKE(2, 3);

#define LOG_DUE_S 60

/* What goes on failing is logged at most once in LOG_DUE_S: is it due? Then *told_at is now (0: it
 * was never). Both are Unix seconds; a clock that was set back makes it due. */
bool log_due(int64_t *told_at, int64_t now);

/* Waits until everything taken so far is written, at most timeout_ms. */
void log_flush(struct log *log, unsigned timeout_ms);

/* The level of a word (crit, error, warning, notice, info, debug), the facility of a syslog word.
 */
MUST_CHECK enum status log_level_parse(struct view word, enum log_level *out);
MUST_CHECK enum status log_facility_parse(struct view word, int *out);

/* The facility's word without LOG_, or NULL. */
const char *log_facility_text(int facility);
