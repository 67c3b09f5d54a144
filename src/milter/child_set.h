/* The child milters of a worker: those of its configuration, and what it has learned of each, which
 * it keeps over reloads. For the milter door, and for the daemon, which sums up for
 * `greylag milters`. */
#pragma once

#include "child/children.h"
#include "session/worker.h"

/* The children of one configuration, as one worker asks them. */
struct child_set {
	unsigned refs;
	struct conf *conf;
	struct child_conf *confs;
	struct children *children;
};

/* Those of the worker's configuration of now, until child_set_unref by the worker; NULL: there are
 * none. Whoever keeps it longer takes a reference. */
struct child_set *child_set_of(struct worker *w);
void child_set_unref(struct child_set *k);

/* From any thread: for each child of this configuration lines "key=value", and an empty one behind.
 * Counters are summed over the workers; now_ms as loop_mono_ms. ST_LIMIT. */
MUST_CHECK enum status child_set_report(struct worker *const *workers, unsigned count,
                                        const struct conf *conf, uint64_t now_ms, struct buf *out);
