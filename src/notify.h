/* Words to the service manager (sd_notify(3)). */
#pragma once

/* state: assignments, a line each, such as "READY=1". To the socket that the environment's
 * NOTIFY_SOCKET names; without one nothing is done. Never waits, which sd_notify(3) does while the
 * manager does not read (pid 1 that has crashed, say): what finds no room is dropped. */
void notify_manager(const char *state);
