/* The daemon as a process: going into the background, the pid file, giving up privileges. */
#pragma once

#include <stdbool.h>

#include "util/status.h"

/* Forks; the parent waits until the child says that it is ready and exits 0, or exits with the
 * child's code when it ends before that. Returns in the child: *ready_fd is for process_ready. */
MUST_CHECK enum status process_daemonize(int *ready_fd, struct diag *why);

/* The waiting parent may go. Harmless with -1. */
void process_ready(int *ready_fd);

/* ST_LOCKED when the file names a living process. The file is made with mode 0644 and given to the
 * user. */
MUST_CHECK enum status process_write_pid(const char *path, const char *user, struct diag *why);

/* A socket that root has made becomes the user's, and the group's or else the user's own group's,
 * so that who is in it may connect. Nothing happens for others than root, or without a user.
 * ST_NOTFOUND: there is no such user or group. */
MUST_CHECK enum status process_give_socket(const char *path, const char *user, const char *group,
                                           struct diag *why);

/* Makes the folder, but not those above it, and gives it to the user (NULL: it stays ours); nothing
 * where it is there. */
MUST_CHECK enum status process_make_folder(const char *path, unsigned mode, const char *user,
                                           struct diag *why);

/* Names or numbers; NULL: stay, or the user's own group. The group is the only one kept. Does
 * nothing but check the names when the process isn't root's: *kept says so. ST_NOTFOUND: no such
 * user or group. */
MUST_CHECK enum status process_drop(const char *user, const char *group, bool *kept,
                                    struct diag *why);

/* As many descriptors as `most` and some more, as far as the system allows. Gives the number. */
unsigned process_raise_files(unsigned most);
