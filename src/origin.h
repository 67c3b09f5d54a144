/* Where the configuration comes from: a file, or what a command line says; read at the start and
 * again for each reload. */
#pragma once

#include "conf/parse.h"
#include "util/log.h"

struct conf;

enum origin_background { BACKGROUND_BY_FILE, BACKGROUND_NO, BACKGROUND_YES };

/* Texts are borrowed for as long as the daemon runs. */
struct origin {
	const char *file;     /* NULL: there is none */
	const char *text;     /* without a file: statements that a front end made */
	const char *more;     /* statements that win over the file, or NULL */
	const char *hostname; /* when the statements have none */
	bool stdio;
	enum origin_background background;
};

#define ORIGIN_FILE "/etc/greylag/greylag.conf"

/* Reads all files, so it blocks. warn(arg, text) for each thing that is odd. Not ST_OK: nothing is
 * changed; *why places the error, and *shown (which may be NULL) gets it with the line and a caret.
 */
MUST_CHECK enum status origin_load(const struct origin *o,
                                   void (*warn)(void *arg, const char *text), void *arg,
                                   struct conf **out, struct diag *why, struct buf *shown);
