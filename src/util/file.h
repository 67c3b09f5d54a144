/* Whole files. Blocks on the disk: never from a worker. */
#pragma once

#include "util/buf.h"

/* Appends the file's octets to out. ST_NOTFOUND, ST_DENIED, ST_LIMIT (longer than the buffer's
 * bound), ST_INVALID (a directory) or ST_IO; why says more. */
MUST_CHECK enum status file_read(const char *path, struct buf *out, struct diag *why);

/* Writes the octets as a new file of this mode, or over an old one. */
MUST_CHECK enum status file_write(const char *path, struct view text, unsigned mode,
                                  struct diag *why);

/* The status that fits errno. */
enum status status_of_errno(int error);
