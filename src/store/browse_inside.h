/* What browse.c and browse_change.c share. */
#pragma once

#include "store/browse.h"
#include "store/env.h"

struct browse_pending;

struct browse {
	struct env env;
	struct env_reader *reader;
	struct buf found; /* key and value of browse_find */
	char secret_id[BROWSE_ID_SIZE + 1];

	struct browse_pending *pending;
	unsigned waiting;
	struct browse_put_counts counts;
};

/* What a key and its value say; the views point into them. */
void browse_decode(enum browse_table table, struct view key, struct view value,
                   struct browse_entry *out);

static inline enum env_table browse_env_table(enum browse_table table)
{
	switch (table) {
	case BROWSE_CLIENTS: return ENV_CLIENTS;
	case BROWSE_MARKS: return ENV_MARKS;
	case BROWSE_TUPLES:
	case BROWSE_TABLES: break;
	}
	return ENV_TUPLES;
}

/* The texts that were put and not written. */
void browse_drop_pending(struct browse *b);
