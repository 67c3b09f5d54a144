#include "store/browse_inside.h"

#include <errno.h>
#include <nettle/hmac.h>
#include <stdio.h>
#include <sys/stat.h>

#include "engine/tuple.h"
#include "store/digest.h"
#include "store/store.h"
#include "util/file.h"
#include "util/mem.h"

/* A slice of a walk. */
#define SLICE_ENTRIES 1000
#define SLICE_OCTETS  ((size_t)1 << 20)
#define VALUE_MAX     ((size_t)1 << 16) /* a longer one is none of ours */

/* --- opening --- */

static enum status look_for(const struct browse_options *o, bool *there, struct diag *why)
{
	char path[4096];
	struct stat st;

	*there = false;
	why->file = NULL;
	if (stat(o->dir, &st) != 0 || !S_ISDIR(st.st_mode)) {
		diag_set(why, "no folder %s", o->dir);
		return errno == EACCES ? ST_DENIED : ST_NOTFOUND;
	}
	if (snprintf(path, sizeof(path), "%s/data.mdb", o->dir) >= (int)sizeof(path)) {
		diag_set(why, "the path of the store is too long");
		return ST_NOTFOUND;
	}
	*there = stat(path, &st) == 0;
	if (*there || o->change)
		return ST_OK;
	diag_set(why, "no store in %s: %s", o->dir, strerror(errno));
	return errno == EACCES ? ST_DENIED : ST_NOTFOUND;
}

enum status browse_open(const struct browse_options *o, struct browse **out, struct diag *why)
{
	struct browse *b;
	bool there;
	enum status st = look_for(o, &there, why);
	struct env_options env = { .dir = o->dir,
		                   .shared = o->change,
		                   .read_only = !o->change,
		                   .privacy = !there && o->privacy,
		                   .secret = there ? NULL : o->secret,
		                   .map_bytes = STORE_MAP_BYTES };

	if (st != ST_OK)
		return st;
	b = mem_new(struct browse);
	st = env_open(&b->env, &env, why);
	b->reader = env_reader_new(&b->env);
	b->found = buf_of(SLICE_OCTETS);
	if (st != ST_OK)
		browse_close(&b);
	else if (browse_secret(b) != NULL)
		browse_id_of(b->env.secret, b->secret_id);
	*out = b;
	return st;
}

void browse_close(struct browse **browse)
{
	struct browse *b = *browse;

	if (b == NULL)
		return;
	*browse = NULL;
	env_close(&b->env);
	buf_free(&b->found);
	browse_drop_pending(b);
	mem_free(b->pending);
	mem_free(b);
}

const uint8_t *browse_secret(const struct browse *b)
{
	const uint8_t *secret;

	return env_secret(&b->env, &secret) == ST_OK ? secret : NULL;
}

const char *browse_secret_id(const struct browse *b)
{
	return b->secret_id;
}

static void keyed_hash(const uint8_t *secret, struct view v, char *out, size_t digits)
{
	static const char hex[] = "0123456789abcdef";
	struct hmac_sha256_ctx ctx;
	uint8_t digest[SHA256_DIGEST_SIZE];

	hmac_sha256_set_key(&ctx, BROWSE_SECRET_SIZE, secret);
	hmac_sha256_update(&ctx, v.n, (const uint8_t *)v.p);
	hmac_sha256_digest(&ctx, sizeof(digest), digest);
	for (size_t i = 0; i < digits; i++)
		out[i] = hex[i % 2 == 0 ? digest[i / 2] >> 4 : digest[i / 2] & 15];
}

void browse_hash(const uint8_t secret[BROWSE_SECRET_SIZE], struct view part,
                 char out[BROWSE_HASH_SIZE])
{
	keyed_hash(secret, part, out, BROWSE_HASH_SIZE);
}

/* No address and no network can be this text, so it gives no key away. */
void browse_id_of(const uint8_t secret[BROWSE_SECRET_SIZE], char out[BROWSE_ID_SIZE + 1])
{
	keyed_hash(secret, VIEW("the id of this secret"), out, BROWSE_ID_SIZE);
	out[BROWSE_ID_SIZE] = '\0';
}

/* --- what stands there --- */

static bool is_hash(struct view v)
{
	if (v.n != BROWSE_HASH_SIZE)
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (!ascii_digit(v.p[i]) && (v.p[i] < 'a' || v.p[i] > 'f'))
			return false;
	return true;
}

enum browse_form browse_form_of(enum browse_table table, struct view text)
{
	struct view a, b, c;

	if (table != BROWSE_MARKS && digest_is(text))
		return BROWSE_DIGEST;
	if (table != BROWSE_TUPLES)
		return is_hash(text) ? BROWSE_HASHED : BROWSE_READABLE;
	return tuple_split(text, &a, &b, &c) == ST_OK && is_hash(a) && is_hash(b) && is_hash(c)
	               ? BROWSE_HASHED
	               : BROWSE_READABLE;
}

static void decode_tuple(struct view value, struct browse_entry *e)
{
	struct view behind = { "", 0 };

	e->damaged = record_get_tuple(value, &e->tuple, &behind) != ST_OK;
	if (!e->damaged && behind.n > 0)
		e->text = behind;
	e->scanned = !e->damaged && record_get_scan(value, &e->scan) == ST_OK;
	if (e->form != BROWSE_DIGEST &&
	    tuple_split(e->text, &e->source, &e->sender, &e->recipient) != ST_OK)
		e->damaged = true;
}

/* A mark is of a network, or of one sender from there. */
static void decode_mark(struct view value, struct browse_entry *e)
{
	e->damaged = record_get_mark(value, &e->mark) != ST_OK;
	e->source = view_first(e->text, view_find(e->text, MARK_SEPARATOR));
}

void browse_decode(enum browse_table table, struct view key, struct view value,
                   struct browse_entry *out)
{
	*out = (struct browse_entry){ .table = table,
		                      .form = browse_form_of(table, key),
		                      .key = key,
		                      .text = key,
		                      .source = key,
		                      .sender = { "", 0 },
		                      .recipient = { "", 0 } };
	if (table == BROWSE_TUPLES)
		decode_tuple(value, out);
	else if (table == BROWSE_CLIENTS)
		out->damaged = record_get_client(value, &out->client) != ST_OK;
	else
		decode_mark(value, out);
}

/* --- looking --- */

/* The daemon may have grown its map since. */
static enum status enter(struct browse *b, MDB_txn **txn, struct diag *why)
{
	enum status st = env_enter(&b->env, b->reader, txn);

	if (st == ST_UNAVAILABLE && b->env.mdb != NULL) {
		st = env_adopt_map(&b->env);
		if (st == ST_OK)
			st = env_enter(&b->env, b->reader, txn);
	}
	if (st != ST_OK)
		diag_set(why, "can't read the store in %s", b->env.options.dir);
	return st;
}

uint64_t browse_count(struct browse *b, enum browse_table table)
{
	MDB_txn *txn;
	MDB_stat stat = { .ms_entries = 0 };
	struct diag why;

	if (enter(b, &txn, &why) != ST_OK)
		return 0;
	if (mdb_stat(txn, b->env.dbi[browse_env_table(table)], &stat) != MDB_SUCCESS)
		stat.ms_entries = 0;
	env_leave(b->reader);
	return stat.ms_entries;
}

static enum status copy_found(struct browse *b, struct view key, struct view value)
{
	enum status st;

	buf_clear(&b->found);
	st = buf_append(&b->found, key);
	return st == ST_OK ? buf_append(&b->found, value) : st;
}

static enum status find_key(struct browse *b, MDB_txn *txn, enum browse_table table,
                            struct view key, struct view *value)
{
	enum status st = env_get(&b->env, txn, browse_env_table(table), key, value);

	return st == ST_OK ? copy_found(b, key, *value) : st;
}

enum status browse_find(struct browse *b, enum browse_table table, struct view text,
                        struct browse_entry *out, struct diag *why)
{
	struct store_key key;
	struct digests digests = { 0 };
	struct view behind, value = { "", 0 };
	size_t key_size;
	MDB_txn *txn;
	enum status st = table == BROWSE_TUPLES
	                         ? key_of_tuple(text, browse_secret(b), &key, &behind)
	                         : key_of_text(text, browse_secret(b), &key);

	if (st == ST_OK)
		st = enter(b, &txn, why);
	else
		diag_set(why, "no key of the store: %s", status_text(st));
	if (st != ST_OK)
		return st;
	if (table == BROWSE_TUPLES)
		digests_of_tuple(text, &digests);
	else if (table == BROWSE_CLIENTS)
		digests_of_client(text, &digests);
	st = find_key(b, txn, table, key_view(&key), &value);
	key_size = key.n;
	for (unsigned i = 0; st == ST_NOTFOUND && i < digests.count; i++) {
		st = find_key(b, txn, table, digests_view(&digests, i), &value);
		key_size = DIGEST_KEY_SIZE;
	}
	env_leave(b->reader);
	if (st == ST_OK)
		browse_decode(table, view_first(buf_view(&b->found), key_size),
		              view_from(buf_view(&b->found), key_size), out);
	else
		diag_set(why, "not in the store: %s", status_text(st));
	return st;
}

enum status browse_noted(struct browse *b, struct view name, struct view word, struct diag *why)
{
	struct view value;
	MDB_txn *txn;
	enum status st = enter(b, &txn, why);

	if (st != ST_OK)
		return st;
	st = env_get(&b->env, txn, ENV_META, name, &value);
	if (st == ST_OK && !view_eq(value, word))
		st = ST_NOTFOUND;
	env_leave(b->reader);
	if (st != ST_OK)
		diag_set(why, "not noted in the store: %s", status_text(st));
	return st;
}

/* --- walking --- */

struct size_pair {
	size_t key;
	size_t value;
};

struct browse_walk {
	struct browse *b;
	enum browse_table table;
	struct buf slice; /* a size_pair, the key, the value, and so on */
	size_t at;
	struct store_key last; /* of the slice before; empty at first */
	bool end;
};

struct browse_walk *browse_walk_new(struct browse *b, enum browse_table table)
{
	struct browse_walk *w = mem_new(struct browse_walk);

	w->b = b;
	w->table = table;
	w->slice = buf_of(SLICE_OCTETS);
	return w;
}

void browse_walk_free(struct browse_walk **w)
{
	if (*w == NULL)
		return;
	buf_free(&(*w)->slice);
	mem_free(*w);
	*w = NULL;
}

/* To the first entry behind the last one that was seen. */
static int seek(MDB_cursor *cursor, const struct store_key *last, MDB_val *key, MDB_val *value)
{
	struct store_key start = *last;
	int error;

	if (last->n == 0)
		return mdb_cursor_get(cursor, key, value, MDB_FIRST);
	*key = (MDB_val){ .mv_size = start.n, .mv_data = start.p };
	error = mdb_cursor_get(cursor, key, value, MDB_SET_RANGE);
	if (error == MDB_SUCCESS &&
	    view_eq((struct view){ key->mv_data, key->mv_size }, key_view(last)))
		error = mdb_cursor_get(cursor, key, value, MDB_NEXT);
	return error;
}

/* False: the slice is full. */
static bool take(struct browse_walk *w, const MDB_val *key, const MDB_val *value)
{
	struct size_pair size = { key->mv_size, value->mv_size <= VALUE_MAX ? value->mv_size : 0 };

	if (w->slice.n + sizeof(size) + size.key + size.value > SLICE_OCTETS)
		return false;
	if (buf_append(&w->slice, (struct view){ (const char *)&size, sizeof(size) }) != ST_OK ||
	    buf_append(&w->slice, (struct view){ key->mv_data, size.key }) != ST_OK ||
	    buf_append(&w->slice, (struct view){ value->mv_data, size.value }) != ST_OK)
		return false;
	w->last.n = size.key < KEY_MAX ? size.key : KEY_MAX;
	memcpy(w->last.p, key->mv_data, w->last.n);
	return true;
}

static enum status fill(struct browse_walk *w, struct diag *why)
{
	MDB_txn *txn;
	MDB_cursor *cursor;
	MDB_val key, value;
	enum status st = enter(w->b, &txn, why);
	int error;

	if (st != ST_OK)
		return st;
	w->at = 0;
	buf_clear(&w->slice);
	error = mdb_cursor_open(txn, w->b->env.dbi[browse_env_table(w->table)], &cursor);
	if (error == MDB_SUCCESS) {
		error = seek(cursor, &w->last, &key, &value);
		for (unsigned i = 0; i < SLICE_ENTRIES && error == MDB_SUCCESS; i++) {
			if (!take(w, &key, &value))
				break;
			error = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
		}
		mdb_cursor_close(cursor);
	}
	env_leave(w->b->reader);
	w->end = error == MDB_NOTFOUND;
	if (error == MDB_SUCCESS || error == MDB_NOTFOUND)
		return ST_OK;
	diag_set(why, "can't read the store in %s: %s", w->b->env.options.dir,
	         error > 0 ? strerror(error) : mdb_strerror(error));
	return env_status(error);
}

enum status browse_next(struct browse_walk *w, struct browse_entry *out, struct diag *why)
{
	struct size_pair size;
	struct view key, value;

	while (w->at == w->slice.n) {
		enum status st = w->end ? ST_NOTFOUND : fill(w, why);

		if (st != ST_OK)
			return st;
	}
	memcpy(&size, w->slice.p + w->at, sizeof(size));
	w->at += sizeof(size);
	key = (struct view){ w->slice.p + w->at, size.key };
	w->at += size.key;
	value = (struct view){ w->slice.p + w->at, size.value };
	w->at += size.value;
	browse_decode(w->table, key, value, out);
	return ST_OK;
}
