/* The LMDB environment: opening, moving a bad one aside, growing its map, and the gate that keeps
 * readers out while that is done. Only the writer thread changes it. */
#pragma once

#include <lmdb.h>
#include <stdatomic.h>

#include "store/record.h"
#include "util/log.h"

#define ENV_SCHEMA 1 /* version of the whole; kept in the table "meta" */

enum env_table { ENV_TUPLES, ENV_CLIENTS, ENV_MARKS, ENV_META, ENV_TABLES };

struct env_options {
	const char *dir; /* borrowed for as long as the environment lives */
	struct log *log; /* may be NULL */
	size_t map_bytes;
	bool shared;    /* no daemon's lock */
	bool read_only; /* for looking: nothing is made, mended or moved aside */
	bool privacy;
	const uint8_t *secret; /* for the keyed hashes of a store that has none yet; NULL: chance */
};

/* A reader's place: a transaction that is renewed for each look, and the flag that the gate waits
 * for. */
struct env_reader {
	struct env_reader *next;
	MDB_txn *txn; /* NULL: none yet. Touched by the reader inside, by the writer behind a shut
	                 gate */
	atomic_bool inside;
};

struct env {
	struct env_options options;
	int lock_fd;  /* of the daemon's lock; -1 */
	MDB_env *mdb; /* NULL: down */
	MDB_dbi dbi[ENV_TABLES];
	size_t map_bytes;
	uint8_t secret[PRIVACY_SECRET_SIZE]; /* for keyed hashes; set once, before `keyed` */
	atomic_bool keyed;
	atomic_bool hashed;  /* privacy, by our own option or, when shared, by the store's note */
	atomic_bool digests; /* entries were taken over under digests: store/digest.h */
	atomic_bool shut;
	struct env_reader *_Atomic readers; /* only ever added to while the gate is open */
};

/* Takes the lock (unless shared) and opens what lies in the folder. ST_LOCKED, ST_NOTFOUND: nothing
 * is held. Anything else but ST_OK: the environment is down, and env_up may be tried. */
MUST_CHECK enum status env_open(struct env *e, const struct env_options *options, struct diag *why);

/* Brings a down environment up; takes the lock if it isn't held yet. */
MUST_CHECK enum status env_up(struct env *e, struct diag *why);

/* Takes it down; readers are kept out. */
void env_down(struct env *e);

/* Down, lock released, readers' places freed. */
void env_close(struct env *e);

/* The file can't be what we wrote: takes it down and moves data.mdb aside, so that env_up makes a
 * new one. */
void env_set_aside(struct env *e, const char *reason);

/* Reads again what another process may have noted since: the digests. */
void env_look_again(struct env *e, MDB_txn *txn);

/* Twice the map. ST_FULL: it is as large as it may be. ST_UNAVAILABLE: the system gives no such
 * map; the environment is down then. */
MUST_CHECK enum status env_grow(struct env *e);

/* Takes over a map that another process has grown. */
MUST_CHECK enum status env_adopt_map(struct env *e);

/* What keys are made with: *secret is NULL for readable ones. ST_UNAVAILABLE: hashed, but the store
 * has not been up yet, so nobody knows how. */
static inline enum status env_secret(const struct env *e, const uint8_t **secret)
{
	*secret = atomic_load(&e->hashed) ? e->secret : NULL;
	return *secret == NULL || atomic_load(&e->keyed) ? ST_OK : ST_UNAVAILABLE;
}

struct env_reader *env_reader_new(struct env *e);

/* Between these two the reader sees one snapshot. ST_UNAVAILABLE: the gate is shut or the store is
 * down; ask the writer. Never waits. */
MUST_CHECK enum status env_enter(struct env *e, struct env_reader *r, MDB_txn **txn);
void env_leave(struct env_reader *r);

/* The status of an LMDB or system error. */
enum status env_status(int error);

/* ST_NOTFOUND, or the value, valid until the transaction ends. */
MUST_CHECK enum status env_get(const struct env *e, MDB_txn *txn, enum env_table table,
                               struct view key, struct view *value);
MUST_CHECK enum status env_put(const struct env *e, MDB_txn *txn, enum env_table table,
                               struct view key, struct view value);
/* Deleting what is not there is ST_OK. */
MUST_CHECK enum status env_delete(const struct env *e, MDB_txn *txn, enum env_table table,
                                  struct view key);
