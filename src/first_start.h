/* The first start in milter-greylist's place: what it knew is in its dump file. */
#pragma once

struct conf;
struct log;

/* Takes the file that the statement dumpfile names into a store that is new, before anybody has
 * opened that: once, and what happens is told in the log. As the daemon's user; at most
 * FIRST_START_SECONDS, and nothing that goes wrong stops the start. */
void first_start(const struct conf *conf, struct log *log);

/* systemd waits 90 s for a daemon to be ready (DefaultTimeoutStartSec=). */
#define FIRST_START_SECONDS 45
