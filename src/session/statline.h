/* Where statistics lines go: stat "DEST" "FORMAT" of the configuration.
 *
 *	>>PATH		appended
 *	>PATH		the file is emptied when it is opened
 *	|COMMAND	into the standard input of a command run by /bin/sh
 *
 * A line is taken into a bounded queue and written by a thread of its own, each by one write(2) and
 * without an end of line added. So neither a full disk nor a command that does not read holds up an
 * answer: lines wait, and when the queue is full they are dropped, whole ones, and counted.
 *
 * - A command that ended is started again when there is a line for it, at most once in
 *   STATLINE_RESTART_MS; the line that it did not take goes to the next one. What it had been given
 *   and did not use is lost, and not counted. One that closed its input and goes on is waited for.
 * - A write that fails is tried again each STATLINE_RETRY_MS, from the octet where it failed.
 * - What went wrong and how many lines were dropped is logged at most once in STATLINE_REPORT_MS.
 *
 * SIGPIPE must be ignored by the process. The command gets the usual signals, and has the rights,
 * the folder and the standard output of this process. */
#pragma once

#include "util/log.h"

#define STATLINE_QUEUE_MAX  ((size_t)1 << 20) /* octets that wait; as many may be in writing */
#define STATLINE_RESTART_MS 10000
#define STATLINE_RETRY_MS   1000
#define STATLINE_REPORT_MS  60000
#define STATLINE_FLUSH_MS   2000

struct statline;

/* For tests; zero: the value above. */
struct statline_times {
	unsigned restart_ms;
	unsigned retry_ms;
	unsigned report_ms;
};

/* Opens the file (a new one gets mode 0640) or starts the command. Blanks behind the sign do not
 * count. times may be NULL. ST_INVALID: dest is none of the three; else what the system says; why
 * has the words. May block on the disk. It starts a thread, so a process that
 * goes to the background does that first. */
MUST_CHECK enum status statline_open(const char *dest, struct log *log,
                                     const struct statline_times *times, struct statline **out,
                                     struct diag *why);

/* From any thread; never waits for the file or the command. A line longer than the queue is
 * dropped. */
void statline_write(struct statline *s, struct view line);

/* Lines dropped so far. */
uint64_t statline_dropped(struct statline *s);

/* Writes what waits and lets the command end, at most STATLINE_FLUSH_MS long; what is left is
 * dropped and logged. The command is not killed: one that does not end with its input keeps a
 * thread here that waits for it. Nothing is logged after the return. */
void statline_close(struct statline **s);
