/* What milter-greylist knew, taken from its dump file into a store: a tuple lies under the key that
 * a daemon with this configuration asks for, passes when it would have passed, and is forgotten
 * when it would have been. Blocks on the disk. */
#pragma once

#include <stdio.h>

#include "store/browse.h"

struct conf;

#define TAKEOVER_BAD_TOLD 10 /* of the bad lines, the first so many are told one by one */

struct takeover {
	/* Set before; borrowed. */
	const struct conf *conf;
	struct browse *store; /* opened for changes */
	int64_t now;          /* Unix seconds */
	unsigned seconds_max; /* 0: as long as it takes */
	void (*tell)(void *arg, const struct diag *bad);
	void *arg;

	/* Counted. */
	uint64_t read; /* entries, the bad lines among them */
	uint64_t added;
	uint64_t merged; /* with what was there */
	uint64_t too_old;
	uint64_t no_use; /* marks of tarpits that were not refused for: milter-greylist ignores them
	                  */
	uint64_t too_long;
	uint64_t bad; /* lines */
	bool cut;     /* seconds_max were over before the end */
};

/* Bad lines are told, counted and skipped, and entries stay that were taken before an error. Not
 * ST_OK: the file can't be read, or the store not be written. The counters go on from file to file.
 */
MUST_CHECK enum status takeover_dump(struct takeover *t, FILE *file, struct diag *why);
