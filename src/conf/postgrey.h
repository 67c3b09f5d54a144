/* Postgrey's command line, and taRgrey's, option for option, as text of the configuration language.
 *
 * Nothing is read, written or ended here: the answer is a value, and main does what it says. Exact
 * texts and exit codes are those of Postgrey 1.37, as far as a script can see them;
 * docs/postgrey.md lists what differs and why. */
#pragma once

#include "conf/conf.h"
#include "util/buf.h"

/* The release whose options these are. */
#define POSTGREY_VERSION "1.37"

/* An option's value that is longer is refused. */
#define POSTGREY_VALUE_MAX 4096

/* Whose default paths and group: the released program's, or those of Debian's package. */
enum postgrey_layout { POSTGREY_UPSTREAM, POSTGREY_DEBIAN };

/* The folder whose presence tells Debian's layout. */
#define POSTGREY_DEBIAN_FOLDER "/etc/postgrey"

/* Defaults that the system decides. Texts are borrowed for the call. */
struct postgrey_defaults {
	enum conf_face face;  /* CONF_GREYLAG: the same options, our own texts and log lines */
	const char *hostname; /* NULL: "localhost" */
	const char *group;
	const char *store_dir;
	const char *client_lists[2]; /* NULL: no such */
	const char *recipient_lists[2];
};

struct postgrey_defaults postgrey_defaults(enum postgrey_layout layout, enum conf_face face,
                                           const char *hostname);

enum postgrey_outcome {
	POSTGREY_RUN,    /* start with the configuration that text is (parse.h) */
	POSTGREY_STDOUT, /* print text on standard output, exit with exit_code */
	POSTGREY_STDERR, /* the same on standard error */
};

struct postgrey_warning {
	const struct postgrey_warning *next;
	const char *text; /* one line, printable */
};

struct postgrey_result {
	enum postgrey_outcome outcome;
	int exit_code;    /* 0 for POSTGREY_RUN */
	const char *text; /* whole lines */
	bool stdio;       /* POSTGREY_RUN: answer on standard input and output, and end with them */
	const struct postgrey_warning *warnings; /* to be logged at the start */
	struct arena *arena;                     /* owns text and warnings */
};

/* argv[0] is skipped. Always fills *out, for postgrey_result_free. */
void postgrey_conf(int argc, char *const *argv, const struct postgrey_defaults *d,
                   struct postgrey_result *out);

void postgrey_result_free(struct postgrey_result *result);
