/* What all commands say in the same way: errors, exit codes, times. */
#pragma once

#include <stdio.h>

#include "cli/args.h"
#include "engine/judge.h"
#include "store/browse.h"

/* "greylag: TEXT" on standard error; gives the code back. */
int tell_fail(int code, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The same with a code of sysexits.h that fits the status. */
int tell_why(enum status st, const struct diag *why);

/* Flushes standard output: 0, or an exit code after telling why it failed. */
int tell_end(void);

#define TELL_TIME_MAX 40

/* "2026-11-23T10:00:00+0100", or Unix seconds. Returns out. */
const char *tell_time(int64_t t, bool epoch, char out[TELL_TIME_MAX]);

/* "2 d 3 h", two units at most. Returns out. */
const char *tell_span(int64_t seconds, char out[TELL_TIME_MAX]);

/* Writes octets that may be anybody's. */
void tell_escaped(FILE *to, struct view v);

/* browse_open, as the user that owns the folder when we are root: what is made is then the
 * daemon's. */
MUST_CHECK enum status tell_open(const struct browse_options *options, struct browse **out,
                                 struct diag *why);

/* A new file, for its owner alone since addresses of people stand in it, or an old one emptied.
 * NULL: errno says why. */
FILE *tell_create(const char *path);

/* The times and counts of the options. */
struct judge_policy tell_policy(const struct args *a);
