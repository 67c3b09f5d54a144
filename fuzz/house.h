/* What the targets share that run a whole worker. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/store.h"

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* One store for all inputs; where the system has memory for files. Its files have no names any more
 * when it is open, so nothing is left behind. */
static struct store *the_store(void)
{
	static const char *const names[] = { "data.mdb", "lock.mdb", "greylag.lock", "" };
	static struct store *store;
	char dir[] = "/dev/shm/greylag-fuzz-XXXXXX", path[100];
	struct store_options o = { .dir = dir, .timeout_ms = 2000 };
	struct diag why;

	if (store != NULL || mkdtemp(dir) == NULL)
		return store;
	check(store_open(&o, &store, &why) == ST_OK);
	for (unsigned i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		(void)remove(path);
	}
	return store;
}
