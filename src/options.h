/* The daemon's command lines: our own, Postgrey's and milter-greylist's. All come to the same:
 * where the configuration is, and how this run goes about it. */
#pragma once

#include "origin.h"

struct option_warning {
	const struct option_warning *next;
	const char *text;
};

struct options {
	struct origin origin;
	bool check;       /* the configuration, and end */
	const char *text; /* to be printed instead of all else; NULL: to be run */
	bool to_stderr;   /* where it goes */
	int exit_code;    /* with text */
	const struct option_warning *warnings;
	struct arena *arena; /* owns all texts */
};

/* Always fills *out, for options_free. */
void options_read(int argc, char **argv, const char *hostname, struct options *out);
void options_free(struct options *o);
