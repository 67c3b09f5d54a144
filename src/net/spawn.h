/* Starts a command, by the shell, with its input and output at pipes of ours. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct spawn {
	char *command; /* for /bin/sh -c; is not written to */
	int input;     /* its standard input; stays the caller's */
	int output;    /* its standard output; -1: ours */
	bool group;    /* it leads a process group of its own, so that all of it can be killed */
};

/* 0, or errno. The command gets the usual signals, none blocked, and no descriptor but its three.
 * The caller waits until the shell has begun, not for what it does, and needs as much memory as
 * before (posix_spawn). */
int spawn_command(const struct spawn *s, pid_t *child);
