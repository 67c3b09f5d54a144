/* What may be written later: "seen again", gathered by key so that a busy tuple costs one write a
 * flush. */
#pragma once

#include "store/env.h"

enum touch_kind {
	TOUCH_PASS,   /* of a tuple: last, passes */
	TOUCH_EARLY,  /* of a tuple: last, early */
	TOUCH_CLIENT, /* of an auto-allowed client: last, count */
	TOUCH_MARK,   /* of a mark: since */
};

struct touch {
	enum touch_kind kind;
	uint32_t times;
	int64_t last;
	uint32_t key_at; /* in the table's keys */
	uint32_t key_n;
};

#define TOUCHES_MAX 16384 /* a full table is handed over at once */

/* Grows as it is filled. */
struct touches {
	uint32_t count;
	uint32_t slots; /* a power of two, at least twice the count */
	uint32_t *slot; /* open addressing; place in item plus one, 0: free */
	struct touch *item;
	struct buf keys;
};

struct touches *touches_new(void);
void touches_free(struct touches **t);

/* False when the table is full: hand it over and take a new one. */
bool touches_add(struct touches *t, enum touch_kind kind, struct view key, int64_t now);

/* Writes one into the store: a record that has gone, has changed its state since or can't be read
 * stays as it is. */
MUST_CHECK enum status touch_write(const struct env *e, MDB_txn *txn, const struct touches *all,
                                   const struct touch *t);
