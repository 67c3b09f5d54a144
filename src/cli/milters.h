/* The milters that are installed on a machine, and where they listen. */
#pragma once

#include "util/arena.h"

#define MILTERS_KNOWN 15u

/* A program that we know. */
struct milter_program {
	const char *name;          /* of its unit, its file of defaults, and for us */
	const char *programs[3];   /* where its file may lie: the last part of the path */
	const char *files[4];      /* its own configuration, the first that has the key counts */
	const char *key;           /* of the socket in there; NULL: milter-greylist's language */
	char option;               /* of its command line for the socket; '\0': it has none */
	const char *usual;         /* where it listens when nobody says, or NULL */
	const char *conditions[7]; /* under which milter-manager asks it, in its order */
};

struct milter_found {
	const struct milter_program *program;
	bool enabled;       /* it is started with the system */
	const char *socket; /* as in a statement `milter`; NULL: not known, or not valid */
	const char *from;   /* the file that says so, within the root; NULL: it is the usual one */
	const char *why;    /* it is not enabled, or has no socket, or NULL */
	int64_t tarpit_s;   /* the longest of a milter-greylist's rules; 0: none */
};

/* Looks below the root ("" for the machine itself) and fills found, in the order in which their
 * content changes belong; the texts lie in the arena. Returns how many. What can't be read counts
 * as missing. */
size_t milters_find(const char *root, struct arena *arena,
                    struct milter_found found[MILTERS_KNOWN]);
