#include <stdlib.h>
#include <time.h>

#include "engine/merge.h"
#include "engine/tuple.h"
#include "store/browse_inside.h"
#include "store/digest.h"
#include "store/tables.h"
#include "util/mem.h"

#define SLICE_ENTRIES 1000

/* LMDB's write lock is not fair: without a rest the daemon's writer might never get it. */
#define REST_NS 2000000

struct browse_pending {
	enum browse_table table;
	enum browse_form form;
	struct store_key key;
	char *behind; /* owned, or NULL */
	size_t behind_size;
	struct grey_record tuple;
	bool scanned;
	struct record_scan scan;
	struct client_record client;
	struct mark_record mark;
};

void browse_drop_pending(struct browse *b)
{
	for (unsigned i = 0; i < b->waiting; i++)
		mem_free(b->pending[i].behind);
	b->waiting = 0;
}

/* --- one transaction --- */

static enum status begin(struct browse *b, MDB_txn **txn)
{
	int error;

	if (b->env.mdb == NULL)
		return ST_UNAVAILABLE;
	error = mdb_txn_begin(b->env.mdb, NULL, 0, txn);
	if (error == MDB_MAP_RESIZED) {
		if (env_adopt_map(&b->env) != ST_OK)
			return ST_UNAVAILABLE;
		error = mdb_txn_begin(b->env.mdb, NULL, 0, txn);
	}
	return env_status(error);
}

/* Runs change in a transaction of its own, again with a larger map when it was too small. */
static enum status change_store(struct browse *b,
                                enum status (*change)(struct browse *b, MDB_txn *txn, void *arg),
                                void *arg, struct diag *why)
{
	struct timespec rest = { .tv_nsec = REST_NS };
	enum status st;

	do {
		MDB_txn *txn;

		st = begin(b, &txn);
		if (st != ST_OK)
			break;
		st = change(b, txn, arg);
		if (st == ST_OK)
			st = env_status(mdb_txn_commit(txn));
		else
			mdb_txn_abort(txn);
		if (st != ST_LIMIT)
			break;
		st = env_grow(&b->env);
	} while (st == ST_OK);
	if (st != ST_OK)
		diag_set(why, "can't write the store in %s: %s", b->env.options.dir,
		         status_text(st));
	(void)nanosleep(&rest, NULL);
	return st;
}

/* --- forgetting --- */

struct keys {
	enum browse_table table;
	unsigned count;
	struct store_key key[SLICE_ENTRIES];
};

static enum status delete_keys(struct browse *b, MDB_txn *txn, void *arg)
{
	struct keys *keys = arg;
	enum status st = ST_OK;

	for (unsigned i = 0; i < keys->count && st == ST_OK; i++)
		st = env_delete(&b->env, txn, browse_env_table(keys->table),
		                key_view(&keys->key[i]));
	return st;
}

static enum status delete_slice(struct browse *b, struct keys *keys, uint64_t *gone,
                                struct diag *why)
{
	enum status st = ST_OK;

	if (keys->count > 0)
		st = change_store(b, delete_keys, keys, why);
	if (st == ST_OK)
		*gone += keys->count;
	keys->count = 0;
	return st;
}

enum status browse_forget(struct browse *b, enum browse_table table,
                          bool (*match)(void *arg, const struct browse_entry *e), void *arg,
                          uint64_t *gone, struct diag *why)
{
	struct browse_walk *w = browse_walk_new(b, table);
	struct keys *keys = mem_new(struct keys);
	struct browse_entry e;
	enum status st, wrote = ST_OK;

	keys->table = table;
	while ((st = browse_next(w, &e, why)) == ST_OK && wrote == ST_OK) {
		struct store_key *key = &keys->key[keys->count];

		if (!match(arg, &e))
			continue;
		key->n = e.key.n;
		memcpy(key->p, e.key.p, e.key.n);
		keys->count++;
		if (keys->count == SLICE_ENTRIES)
			wrote = delete_slice(b, keys, gone, why);
	}
	if (wrote == ST_OK && st == ST_NOTFOUND)
		wrote = delete_slice(b, keys, gone, why);
	mem_free(keys);
	browse_walk_free(&w);
	return wrote != ST_OK || st == ST_NOTFOUND ? wrote : st;
}

/* --- notes --- */

struct note {
	struct view name;
	struct view word;
};

static enum status put_note(struct browse *b, MDB_txn *txn, void *arg)
{
	const struct note *note = arg;

	return env_put(&b->env, txn, ENV_META, note->name, note->word);
}

enum status browse_note(struct browse *b, struct view name, struct view word, struct diag *why)
{
	struct note note = { name, word };

	return change_store(b, put_note, &note, why);
}

/* --- putting --- */

static enum status put_tuple(struct browse *b, MDB_txn *txn, const struct browse_pending *p,
                             bool *merged)
{
	struct grey_record old, next = p->tuple;
	struct record_scan room;
	const struct record_scan *scan = p->scanned ? &p->scan : NULL;
	struct view value;
	enum status st = env_get(&b->env, txn, ENV_TUPLES, key_view(&p->key), &value);

	if (st != ST_OK && st != ST_NOTFOUND)
		return st;
	*merged = st == ST_OK && record_get_tuple(value, &old, NULL) == ST_OK;
	if (*merged)
		next = grey_merge(&old, &next);
	if (*merged && record_get_scan(value, &room) == ST_OK)
		scan = &room;
	return tables_put_tuple(&b->env, txn, key_view(&p->key), &next, scan,
	                        (struct view){ p->behind, p->behind_size });
}

static enum status put_client(struct browse *b, MDB_txn *txn, const struct browse_pending *p,
                              bool *merged)
{
	uint8_t octets[CLIENT_RECORD_SIZE];
	struct client_record old, next = p->client;
	struct view value;
	enum status st = env_get(&b->env, txn, ENV_CLIENTS, key_view(&p->key), &value);

	if (st != ST_OK && st != ST_NOTFOUND)
		return st;
	*merged = st == ST_OK && record_get_client(value, &old) == ST_OK;
	if (*merged)
		next = client_merge(&old, &next);
	record_put_client(&next, octets);
	return env_put(&b->env, txn, ENV_CLIENTS, key_view(&p->key),
	               (struct view){ (const char *)octets, sizeof(octets) });
}

static enum status put_mark(struct browse *b, MDB_txn *txn, const struct browse_pending *p,
                            bool *merged)
{
	uint8_t octets[MARK_RECORD_SIZE];
	struct mark_record old, next = p->mark;
	struct view value;
	enum status st = env_get(&b->env, txn, ENV_MARKS, key_view(&p->key), &value);

	if (st != ST_OK && st != ST_NOTFOUND)
		return st;
	*merged = st == ST_OK && record_get_mark(value, &old) == ST_OK;
	if (*merged)
		next = mark_merge(&old, &next);
	record_put_mark(&next, octets);
	return env_put(&b->env, txn, ENV_MARKS, key_view(&p->key),
	               (struct view){ (const char *)octets, sizeof(octets) });
}

static enum status put_all(struct browse *b, MDB_txn *txn, void *arg)
{
	struct browse_put_counts *counts = arg;
	bool digests = false;
	enum status st = ST_OK;

	*counts = (struct browse_put_counts){ 0 };
	for (unsigned i = 0; i < b->waiting && st == ST_OK; i++) {
		const struct browse_pending *p = &b->pending[i];
		bool merged = false;

		switch (p->table) {
		case BROWSE_TUPLES: st = put_tuple(b, txn, p, &merged); break;
		case BROWSE_CLIENTS: st = put_client(b, txn, p, &merged); break;
		case BROWSE_MARKS:
		case BROWSE_TABLES: st = put_mark(b, txn, p, &merged); break;
		}
		counts->added += merged ? 0 : 1;
		counts->merged += merged ? 1 : 0;
		digests = digests || p->form == BROWSE_DIGEST;
	}
	if (st == ST_OK && digests)
		st = env_put(&b->env, txn, ENV_META, VIEW("digests"), VIEW("yes"));
	return st;
}

enum status browse_flush(struct browse *b, struct browse_put_counts *counts, struct diag *why)
{
	struct browse_put_counts now = { 0 };
	enum status st = ST_OK;

	if (b->waiting > 0)
		st = change_store(b, put_all, &now, why);
	browse_drop_pending(b);
	if (st == ST_OK) {
		b->counts.added += now.added;
		b->counts.merged += now.merged;
	}
	if (counts != NULL)
		*counts = b->counts;
	return st;
}

/* Checks that a key that is not readable is of the form that it is said to be. */
static enum status raw_key(struct browse *b, const struct browse_entry *e, struct store_key *key)
{
	if (e->text.n == 0 || e->text.n > KEY_MAX)
		return ST_LIMIT;
	if (browse_form_of(e->table, e->text) != e->form ||
	    (e->form == BROWSE_HASHED && browse_secret(b) == NULL))
		return ST_INVALID;
	key->n = e->text.n;
	memcpy(key->p, e->text.p, e->text.n);
	return ST_OK;
}

static enum status key_of(struct browse *b, const struct browse_entry *e, struct store_key *key,
                          struct view *behind)
{
	*behind = (struct view){ "", 0 };
	if (e->form != BROWSE_READABLE)
		return raw_key(b, e, key);
	if (e->table == BROWSE_TUPLES)
		return e->text.n <= TUPLE_TEXT_MAX + NET_TEXT_MAX
		               ? key_of_tuple(e->text, browse_secret(b), key, behind)
		               : ST_LIMIT;
	return key_of_text(e->text, browse_secret(b), key);
}

enum status browse_put(struct browse *b, const struct browse_entry *e, struct diag *why)
{
	struct browse_pending *p;
	struct view behind;
	enum status st;

	if (b->pending == NULL)
		b->pending = mem_array(SLICE_ENTRIES, sizeof(*b->pending));
	p = &b->pending[b->waiting];
	st = key_of(b, e, &p->key, &behind);
	if (st != ST_OK) {
		diag_set(why, "no key of this store: %s", status_text(st));
		return st;
	}
	p->table = e->table;
	p->form = e->form;
	p->behind = behind.n > 0 ? mem_text(behind) : NULL;
	p->behind_size = behind.n;
	p->tuple = e->tuple;
	p->scanned = e->scanned;
	p->scan = e->scan;
	p->client = e->client;
	p->mark = e->mark;
	b->waiting++;
	return b->waiting == SLICE_ENTRIES ? browse_flush(b, NULL, why) : ST_OK;
}
