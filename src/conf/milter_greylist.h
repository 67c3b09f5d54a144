/* milter-greylist's command line. Nothing is read, written or ended here: the answer is a value,
 * and main does what it says.
 *
 * What the options say of the configuration becomes a text in its own language (parse.h), to be
 * parsed behind the file at every load: of a statement that stands twice the last one counts, so
 * the options win. */
#pragma once

#include "util/buf.h"

/* What -r tells beside our own: the release whose language and options these are. */
#define MILTER_GREYLIST_VERSION "4.6.4"

#define MILTER_GREYLIST_FILE "/etc/mail/greylist.conf"

#define MILTER_GREYLIST_EXIT_USAGE 64 /* EX_USAGE of sysexits.h */

/* An option's value that is longer is refused. */
#define MILTER_GREYLIST_VALUE_MAX ((size_t)4096)

enum milter_greylist_outcome {
	MILTER_GREYLIST_RUN,    /* start with file and statements */
	MILTER_GREYLIST_CHECK,  /* parse both, tell, and end */
	MILTER_GREYLIST_STDOUT, /* print text on standard output, exit with exit_code */
	MILTER_GREYLIST_STDERR, /* the same on standard error */
};

struct milter_greylist_command {
	enum milter_greylist_outcome outcome;
	int exit_code;          /* 0 for RUN and CHECK */
	const char *text;       /* whole lines; "" for RUN and CHECK */
	const char *file;       /* as given; may hold any octet but NUL */
	const char *statements; /* one a line, in a fixed order; "" for no options */
	bool log_rules;         /* -l: log how the rules are evaluated */
	struct arena *arena;    /* owns all texts */
};

/* argv[0] is skipped. The words are read as getopt(3) does: letters in clusters, a value glued or
 * in the next word, "--" ends the options; of an option given twice the last counts. The first
 * error, -h or -r ends the reading. Always fills *out, for milter_greylist_free. */
void milter_greylist_read(int argc, char *const *argv, struct milter_greylist_command *out);
void milter_greylist_free(struct milter_greylist_command *command);

/* Appends the usage, which is also what to say when neither file nor options name a socket (exit
 * MILTER_GREYLIST_EXIT_USAGE then). ST_LIMIT: the buffer is full. */
MUST_CHECK enum status milter_greylist_usage(struct buf *out);
