#include "store/env.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/damage.h"
#include "util/file.h"
#include "util/mem.h"

#define READERS_MAX 512
#define PATH_ROOM   4096
/* A map is grown up to this; then the store is full. */
#define MAP_LEAST ((size_t)1 << 20)
#define MAP_MAX   ((size_t)1 << 40)

static const char *const table_names[ENV_TABLES] = {
	[ENV_TUPLES] = "tuples",
	[ENV_CLIENTS] = "clients",
	[ENV_MARKS] = "marks",
	[ENV_META] = "meta",
};

enum status env_status(int error)
{
	switch (error) {
	case MDB_SUCCESS: return ST_OK;
	case MDB_NOTFOUND: return ST_NOTFOUND;
	case MDB_MAP_FULL: return ST_LIMIT;
	case MDB_MAP_RESIZED: return ST_AGAIN;
	case MDB_INVALID:
	case MDB_VERSION_MISMATCH:
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_INCOMPATIBLE: return ST_DAMAGED;
	case MDB_BAD_DBI:
	case MDB_BAD_VALSIZE: return ST_INVALID; /* our own bug: no reason to drop the store */
	case MDB_PANIC:
	case MDB_READERS_FULL: return ST_UNAVAILABLE;
	default: return error > 0 ? status_of_errno(error) : ST_IO;
	}
}

static MDB_val mdb_of(struct view v)
{
	union {
		const char *from;
		void *to;
	} p = { .from = v.p };

	return (MDB_val){ .mv_size = v.n, .mv_data = p.to };
}

enum status env_get(const struct env *e, MDB_txn *txn, enum env_table table, struct view key,
                    struct view *value)
{
	MDB_val k = mdb_of(key), v;
	int error = mdb_get(txn, e->dbi[table], &k, &v);

	if (error == MDB_SUCCESS)
		*value = (struct view){ v.mv_data, v.mv_size };
	return env_status(error);
}

enum status env_put(const struct env *e, MDB_txn *txn, enum env_table table, struct view key,
                    struct view value)
{
	MDB_val k = mdb_of(key), v = mdb_of(value);

	return env_status(mdb_put(txn, e->dbi[table], &k, &v, 0));
}

enum status env_delete(const struct env *e, MDB_txn *txn, enum env_table table, struct view key)
{
	MDB_val k = mdb_of(key);
	enum status st = env_status(mdb_del(txn, e->dbi[table], &k, NULL));

	return st == ST_NOTFOUND ? ST_OK : st;
}

/* --- the gate --- */

struct env_reader *env_reader_new(struct env *e)
{
	struct env_reader *r = mem_new(struct env_reader);

	r->next = atomic_load(&e->readers);
	while (!atomic_compare_exchange_weak(&e->readers, &r->next, r)) {
	}
	return r;
}

enum status env_enter(struct env *e, struct env_reader *r, MDB_txn **txn)
{
	int error;

	atomic_store(&r->inside, true);
	if (atomic_load(&e->shut)) {
		atomic_store(&r->inside, false);
		return ST_UNAVAILABLE;
	}
	error = r->txn != NULL ? mdb_txn_renew(r->txn)
	                       : mdb_txn_begin(e->mdb, NULL, MDB_RDONLY, &r->txn);
	if (error != MDB_SUCCESS) {
		atomic_store(&r->inside, false);
		return ST_UNAVAILABLE;
	}
	*txn = r->txn;
	return ST_OK;
}

void env_leave(struct env_reader *r)
{
	mdb_txn_reset(r->txn);
	atomic_store(&r->inside, false);
}

static void rest(long nanoseconds)
{
	struct timespec pause = { .tv_nsec = nanoseconds };

	(void)nanosleep(&pause, NULL);
}

/* A look takes microseconds; a page that must come from the disk, milliseconds. */
static void shut_gate(struct env *e)
{
	atomic_store(&e->shut, true);
	for (struct env_reader *r = atomic_load(&e->readers); r != NULL; r = r->next)
		while (atomic_load(&r->inside))
			rest(50000);
}

static void open_gate(struct env *e)
{
	atomic_store(&e->shut, false);
}

/* --- up and down --- */

static enum status take_lock(struct env *e, struct diag *why)
{
	char path[PATH_ROOM], pid[32];
	int n;

	if (snprintf(path, sizeof(path), "%s/greylag.lock", e->options.dir) >= (int)sizeof(path)) {
		diag_set(why, "the path of the store is too long: %s", e->options.dir);
		return ST_NOTFOUND;
	}
	e->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (e->lock_fd < 0) {
		diag_set(why, "can't open lock file: %s: %s", path, strerror(errno));
		return status_of_errno(errno);
	}
	if (flock(e->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		diag_set(why, "locked: %s (another greylagd uses this store)", path);
		(void)close(e->lock_fd);
		e->lock_fd = -1;
		return ST_LOCKED;
	}
	n = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	if (ftruncate(e->lock_fd, 0) != 0 || write(e->lock_fd, pid, (size_t)n) != n)
		log_warning(e->options.log, "can't write the pid into %s: %s", path,
		            strerror(errno));
	return ST_OK;
}

static enum status open_tables(struct env *e, MDB_txn *txn)
{
	unsigned flags = e->options.read_only ? 0 : MDB_CREATE;
	int error = MDB_SUCCESS;

	for (unsigned i = 0; i < ENV_TABLES && error == MDB_SUCCESS; i++)
		error = mdb_dbi_open(txn, table_names[i], flags, &e->dbi[i]);
	return env_status(error);
}

static enum status check_schema(struct env *e, MDB_txn *txn, struct diag *why)
{
	uint64_t version = 0;
	struct view text = VIEW("");
	enum status st = env_get(e, txn, ENV_META, VIEW("schema"), &text);

	if (st == ST_NOTFOUND && !e->options.read_only)
		return env_put(e, txn, ENV_META, VIEW("schema"), VIEW("1"));
	if (st != ST_OK)
		return st;
	if (view_u64(text, 1000000, &version) != ST_OK || version > ENV_SCHEMA) {
		diag_set(why, "the store in %s is of schema %.*s, this program knows up to %d",
		         e->options.dir, VIEW_ARG(view_first(text, 20)), ENV_SCHEMA);
		return ST_DAMAGED;
	}
	return ST_OK;
}

/* The secret is made once and stays, so that privacy can be switched off and on again, and a new
 * store in the place of a damaged one goes on with it: workers hold on to what they have read. */
static enum status load_secret(struct env *e, MDB_txn *txn)
{
	struct view secret = VIEW("");
	enum status st = env_get(e, txn, ENV_META, VIEW("secret"), &secret);

	if (!atomic_load(&e->hashed))
		return st == ST_NOTFOUND ? ST_OK : st;
	if (st == ST_OK && secret.n != sizeof(e->secret))
		return ST_DAMAGED;
	if (st == ST_NOTFOUND && !e->options.read_only) {
		if (!atomic_load(&e->keyed) && e->options.secret != NULL)
			memcpy(e->secret, e->options.secret, sizeof(e->secret));
		else if (!atomic_load(&e->keyed) &&
		         getrandom(e->secret, sizeof(e->secret), 0) != (ssize_t)sizeof(e->secret))
			return ST_IO;
		st = env_put(e, txn, ENV_META, VIEW("secret"),
		             (struct view){ (const char *)e->secret, sizeof(e->secret) });
	} else if (st == ST_OK && !atomic_load(&e->keyed)) {
		memcpy(e->secret, secret.p, sizeof(e->secret));
	}
	if (st == ST_OK)
		atomic_store(&e->keyed, true);
	return st;
}

/* Whoever looks from outside, or asks beside the daemon, learns here whether the keys are hashed.
 */
static enum status note_privacy(struct env *e, MDB_txn *txn)
{
	struct view text = VIEW("");
	enum status st = env_get(e, txn, ENV_META, VIEW("privacy"), &text);

	if (e->options.read_only || e->options.shared) {
		if (st == ST_OK)
			atomic_store(&e->hashed, view_eq(text, VIEW("on")));
		if (st != ST_NOTFOUND || e->options.read_only)
			return st == ST_NOTFOUND ? ST_OK : st;
	}
	return env_put(e, txn, ENV_META, VIEW("privacy"),
	               atomic_load(&e->hashed) ? VIEW("on") : VIEW("off"));
}

void env_look_again(struct env *e, MDB_txn *txn)
{
	struct view text;

	atomic_store(&e->digests, env_get(e, txn, ENV_META, VIEW("digests"), &text) == ST_OK);
}

static enum status set_up(struct env *e, struct diag *why)
{
	MDB_txn *txn;
	enum status st = env_status(
		mdb_txn_begin(e->mdb, NULL, e->options.read_only ? MDB_RDONLY : 0, &txn));

	if (st != ST_OK)
		return st;
	st = open_tables(e, txn);
	if (st == ST_OK)
		st = check_schema(e, txn, why);
	if (st == ST_OK)
		st = note_privacy(e, txn);
	if (st == ST_OK)
		st = load_secret(e, txn);
	if (st == ST_OK)
		env_look_again(e, txn);
	if (st != ST_OK) {
		mdb_txn_abort(txn);
		return st;
	}
	return env_status(mdb_txn_commit(txn));
}

/* What the file holds and a quarter more, in the steps in which the map grows: a store that has
 * outgrown the first map must have room for what is written when it is opened again. */
static size_t first_map(const struct env *e)
{
	char path[PATH_ROOM];
	size_t bytes = e->map_bytes > 0 ? e->map_bytes : MAP_LEAST;
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/data.mdb", e->options.dir);
	if (stat(path, &st) == 0)
		while (bytes < MAP_MAX && bytes - bytes / 4 < (size_t)st.st_size)
			bytes *= 2;
	return bytes;
}

static enum status open_mdb(struct env *e, struct diag *why)
{
	unsigned flags = MDB_NOTLS | MDB_NORDAHEAD | (e->options.read_only ? MDB_RDONLY : 0);
	int error = mdb_env_create(&e->mdb), dead = 0;
	enum status st;

	if (error == MDB_SUCCESS)
		error = mdb_env_set_maxdbs(e->mdb, ENV_TABLES);
	if (error == MDB_SUCCESS)
		error = mdb_env_set_maxreaders(e->mdb, READERS_MAX);
	if (error == MDB_SUCCESS)
		error = mdb_env_set_mapsize(e->mdb, first_map(e));
	if (error == MDB_SUCCESS)
		error = mdb_env_open(e->mdb, e->options.dir, flags, 0600);
	st = env_status(error);
	diag_set(why, "can't open the store in %s: %s", e->options.dir,
	         error > 0 ? strerror(error) : mdb_strerror(error));
	if (st == ST_OK) {
		(void)mdb_reader_check(e->mdb, &dead);
		why->text[0] = '\0';
		st = set_up(e, why);
		if (st != ST_OK && why->text[0] == '\0')
			diag_set(why, "can't read the store in %s: %s", e->options.dir,
			         status_text(st));
	}
	if (st != ST_OK && e->mdb != NULL) {
		mdb_env_close(e->mdb);
		e->mdb = NULL;
	}
	return st;
}

static enum status open_or_replace(struct env *e, struct diag *why)
{
	enum status st = damage_check(e->options.dir, why);

	if (st == ST_OK)
		st = open_mdb(e, why);
	if (st != ST_DAMAGED || e->options.read_only || e->options.shared)
		return st;
	env_set_aside(e, why->text);
	return open_mdb(e, why);
}

enum status env_up(struct env *e, struct diag *why)
{
	struct MDB_envinfo info;
	enum status st = ST_OK;

	if (e->lock_fd < 0 && !e->options.shared && !e->options.read_only)
		st = take_lock(e, why);
	if (st == ST_OK)
		st = open_or_replace(e, why);
	if (st != ST_OK)
		return st;
	(void)mdb_env_info(e->mdb, &info);
	e->map_bytes = info.me_mapsize;
	open_gate(e);
	return ST_OK;
}

enum status env_open(struct env *e, const struct env_options *options, struct diag *why)
{
	e->options = *options;
	e->lock_fd = -1;
	e->map_bytes = options->map_bytes;
	atomic_init(&e->shut, true);
	atomic_init(&e->keyed, false);
	atomic_init(&e->hashed, options->privacy);
	atomic_init(&e->digests, false);
	atomic_init(&e->readers, NULL);
	why->file = NULL;
	return env_up(e, why);
}

void env_down(struct env *e)
{
	shut_gate(e);
	for (struct env_reader *r = atomic_load(&e->readers); r != NULL; r = r->next) {
		if (r->txn != NULL)
			mdb_txn_abort(r->txn);
		r->txn = NULL;
	}
	if (e->mdb != NULL)
		mdb_env_close(e->mdb);
	e->mdb = NULL;
}

void env_close(struct env *e)
{
	env_down(e);
	for (struct env_reader *r = atomic_load(&e->readers), *next; r != NULL; r = next) {
		next = r->next;
		mem_free(r);
	}
	atomic_store(&e->readers, NULL);
	if (e->lock_fd >= 0)
		(void)close(e->lock_fd);
	e->lock_fd = -1;
}

void env_set_aside(struct env *e, const char *reason)
{
	char from[PATH_ROOM], to[PATH_ROOM + 64];
	struct timespec now;

	env_down(e);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)snprintf(from, sizeof(from), "%s/data.mdb", e->options.dir);
	(void)snprintf(to, sizeof(to), "%s.damaged-%lld-%03ld", from, (long long)now.tv_sec,
	               now.tv_nsec / 1000000);
	if (rename(from, to) == 0)
		log_error(e->options.log,
		          "the store is damaged (%s): moved aside to %s, a new one is begun; what "
		          "was "
		          "remembered is lost, so known senders are greylisted once more",
		          reason, to);
	else
		log_error(e->options.log, "the store is damaged (%s) and can't be moved aside: %s",
		          reason, strerror(errno));
	/* The lock file goes with its data; a damaged one would hang the next open. */
	(void)snprintf(from, sizeof(from), "%s/lock.mdb", e->options.dir);
	(void)unlink(from);
}

static enum status set_map(struct env *e, size_t bytes)
{
	struct MDB_envinfo info;
	int error;

	shut_gate(e);
	error = mdb_env_set_mapsize(e->mdb, bytes);
	if (error != MDB_SUCCESS) {
		env_down(
			e); /* LMDB has let go of the old map before it failed to get the new one */
		return ST_UNAVAILABLE;
	}
	(void)mdb_env_info(e->mdb, &info);
	e->map_bytes = info.me_mapsize;
	open_gate(e);
	return ST_OK;
}

enum status env_grow(struct env *e)
{
	size_t bytes = e->map_bytes * 2;
	enum status st = bytes <= MAP_MAX ? set_map(e, bytes) : ST_FULL;

	if (st == ST_OK)
		log_notice(e->options.log, "the store's map has grown to %zu MiB",
		           e->map_bytes >> 20);
	else if (st == ST_UNAVAILABLE)
		log_error(e->options.log, "the system gives no map of %zu MiB for the store",
		          bytes >> 20);
	return st;
}

enum status env_adopt_map(struct env *e)
{
	enum status st = set_map(e, 0);

	if (st != ST_OK)
		log_error(e->options.log, "can't take over the store's larger map");
	return st;
}
