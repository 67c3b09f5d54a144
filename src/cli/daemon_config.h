/* Where the running daemon has its configuration from, as it tells at its control socket. */
#pragma once

#include "util/buf.h"
#include "util/status.h"

#define DAEMON_CONFIG_MAX ((size_t)4 << 20) /* octets of what it tells */

struct daemon_config {
	struct view file;       /* its path; empty: the statements are all */
	struct view hostname;   /* empty: its own */
	int64_t loaded;         /* Unix seconds */
	struct view statements; /* of the command line, behind the file's */
};

/* Asks the daemon that runs on the folder. What is told lies in `answer`, a new buffer of
 * DAEMON_CONFIG_MAX, which the caller frees. Blocks, as ctl_ask does, and fails as that;
 * ST_INVALID: what it says can't be read. */
MUST_CHECK enum status daemon_config_ask(const char *dbdir, struct buf *answer,
                                         struct daemon_config *out, struct diag *why);
