#include "store/damage.h"

#include <errno.h>
#include <lmdb.h>
#include <sys/mman.h>

#include "folder.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/mem.h"

#define TABLES 3

static const char *const table_names[TABLES] = { "tuples", "clients", "marks" };

/* The same numbers in every run: a failure can be repeated. */
struct dice {
	uint64_t state;
};

static uint32_t roll(struct dice *d, uint32_t sides)
{
	d->state = d->state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(d->state >> 33) % sides;
}

/* --- stores as LMDB makes them --- */

struct store {
	char dir[FOLDER_MAX];
	char path[FOLDER_MAX * 2];
	MDB_env *env;
	MDB_dbi dbi[TABLES];
};

/* LMDB's error, 0 for none: a child gives up with it, a test fails. */
static int open_env(struct store *s)
{
	MDB_txn *txn;
	int error = mdb_env_create(&s->env);

	if (error == 0)
		error = mdb_env_set_maxdbs(s->env, 4);
	if (error == 0)
		error = mdb_env_set_mapsize(s->env, (size_t)64 << 20);
	if (error == 0)
		error = mdb_env_open(s->env, s->dir, MDB_NOSYNC | MDB_NOTLS, 0600);
	if (error == 0)
		error = mdb_txn_begin(s->env, NULL, 0, &txn);
	if (error != 0)
		return error;
	for (unsigned i = 0; i < TABLES && error == 0; i++)
		error = mdb_dbi_open(txn, table_names[i], MDB_CREATE, &s->dbi[i]);
	if (error == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return error;
}

static void store_begin(struct store *s)
{
	folder_new(s->dir);
	folder_path(s->path, s->dir, "data.mdb");
	assert_int_equal(open_env(s), 0);
}

static void store_end(struct store *s)
{
	if (s->env != NULL)
		mdb_env_close(s->env);
	s->env = NULL;
	folder_free(s->dir);
}

static size_t key_of(unsigned n, char *out)
{
	/* Lengths differ, so that pages split and merge in all places. */
	return (size_t)snprintf(out, 400, "203.0.%u.0/24\tsender%0*u@example.net\trcpt@example.org",
	                        n % 250, (int)(n % 7 == 0 ? 200 : n % 40), n);
}

static int put(struct store *s, MDB_txn *txn, unsigned n, size_t octets)
{
	static char value[20000];
	char key[400];
	MDB_val k = { key_of(n, key), key }, v = { octets, value };

	return mdb_put(txn, s->dbi[n % TABLES], &k, &v, 0);
}

static int del(struct store *s, MDB_txn *txn, unsigned n)
{
	char key[400];
	MDB_val k = { key_of(n, key), key };
	int error = mdb_del(txn, s->dbi[n % TABLES], &k, NULL);

	return error == MDB_NOTFOUND ? 0 : error;
}

struct shape {
	const char *name;
	unsigned put;         /* entries */
	unsigned del;         /* so many of them go again, in another order */
	unsigned long_values; /* every so manieth value lies on overflow pages; 0: none */
	unsigned commit;      /* entries of one transaction */
	unsigned rounds;
};

/* Every store of the table is checked after every commit. */
static const struct shape shapes[] = {
	{ "nothing in it", 0, 0, 0, 1, 1 },
	{ "one entry", 1, 0, 0, 1, 1 },
	{ "one leaf", 20, 5, 0, 3, 2 },
	{ "all gone again", 400, 400, 9, 20, 2 },
	{ "two levels", 1500, 700, 0, 60, 2 },
	{ "overflow pages", 900, 500, 5, 30, 3 },
	{ "to be garbled", 1200, 300, 60, 100, 1 },
	{ "three levels", 30000, 22000, 50, 3000, 2 },
};

static void check_sound(struct store *s, const char *name)
{
	struct diag why;

	if (damage_check(s->dir, &why) != ST_OK)
		fail_msg("%s: %s", name, why.text);
}

static void fill_round(struct store *s, const struct shape *h, struct dice *d)
{
	MDB_txn *txn;

	for (unsigned done = 0; done < h->put + h->del;) {
		assert_int_equal(mdb_txn_begin(s->env, NULL, 0, &txn), 0);
		for (unsigned i = 0; i < h->commit && done < h->put + h->del; i++, done++) {
			unsigned n = roll(d, h->put);
			size_t octets = h->long_values > 0 && n % h->long_values == 0
			                        ? 3000 + roll(d, 16000)
			                        : 16 + roll(d, 48);

			if (done < h->put)
				assert_int_equal(put(s, txn, n, octets), 0);
			else if (h->del == h->put)
				assert_int_equal(del(s, txn, done - h->put), 0);
			else
				assert_int_equal(del(s, txn, n), 0);
		}
		assert_int_equal(mdb_txn_commit(txn), 0);
		check_sound(s, h->name);
	}
}

static void fill(struct store *s, const struct shape *h)
{
	struct dice d = { 42 };

	store_begin(s);
	check_sound(s, h->name);
	for (unsigned i = 0; i < h->rounds; i++)
		fill_round(s, h, &d);
}

/* This process has the store open itself: its own locks are none for the check. */
static void test_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct store s = { .env = NULL };

		fill(&s, &shapes[i]);
		store_end(&s);
	}
}

/* --- and a daemon beside it that goes on writing --- */

static int write_for_ever(void *arg)
{
	struct store *s = arg;
	struct dice d = { 7 };
	MDB_txn *txn;

	if (open_env(s) != 0)
		return 1;
	for (;;) {
		if (mdb_txn_begin(s->env, NULL, 0, &txn) != 0)
			return 1;
		for (unsigned i = 0; i < 20; i++)
			if (put(s, txn, roll(&d, 3000), 16 + roll(&d, 5000)) != 0 ||
			    del(s, txn, roll(&d, 3000)) != 0)
				return 1;
		if (mdb_txn_commit(txn) != 0)
			return 1;
	}
}

static void test_beside_a_writer(void **state)
{
	struct store s = { .env = NULL };
	struct diag why;
	pid_t child;
	unsigned bad = 0;

	(void)state;
	fill(&s, &shapes[4]);
	mdb_env_close(s.env);
	s.env = NULL;
	child = fork();
	if (child == 0) {
		(void)alarm(60);
		_exit(write_for_ever(&s));
	}
	(void)usleep(50000);
	for (unsigned i = 0; i < 300; i++)
		bad += damage_check(s.dir, &why) != ST_OK;
	(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
	if (bad > 0)
		fail_msg("%u of 300 looks, the last: %s", bad, why.text);
	store_end(&s);
}

/* --- damage --- */

static void write_file(const char *path, const char *p, size_t n)
{
	struct diag why;

	if (file_write(path, (struct view){ p, n }, 0600, &why) != ST_OK)
		fail_msg("%s", why.text);
}

static int walk(struct store *s)
{
	MDB_txn *txn;
	int error = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn);
	unsigned long octets = 0;

	for (unsigned i = 0; i < TABLES && error == 0; i++) {
		MDB_cursor *c;
		MDB_val k, v;

		error = mdb_cursor_open(txn, s->dbi[i], &c);
		for (int e = mdb_cursor_get(c, &k, &v, MDB_FIRST); e == 0;
		     e = mdb_cursor_get(c, &k, &v, MDB_NEXT)) {
			for (size_t o = 0; o < v.mv_size; o++)
				octets += ((unsigned char *)v.mv_data)[o];
			octets += k.mv_size;
		}
		for (int e = mdb_cursor_get(c, &k, &v, MDB_LAST); e == 0;
		     e = mdb_cursor_get(c, &k, &v, MDB_PREV))
			octets += k.mv_size;
		mdb_cursor_close(c);
	}
	mdb_txn_abort(txn);
	return octets == 1 ? 1 : error;
}

/* Opens the store and uses it as the daemon does: reads all, writes, deletes. An error is fine. */
static int use(void *arg)
{
	struct store *s = arg;
	struct dice d = { 99 };

	if (freopen("/dev/null", "w", stderr) == NULL || open_env(s) != 0 || walk(s) != 0)
		return 1;
	for (unsigned i = 0; i < 12; i++) {
		MDB_txn *txn;
		int error = mdb_txn_begin(s->env, NULL, 0, &txn);

		for (unsigned k = 0; k < 150 && error == 0; k++) {
			error = put(s, txn, roll(&d, 1500), k % 20 == 0 ? 6000 : 16 + roll(&d, 48));
			if (error == 0)
				error = del(s, txn, roll(&d, 1500));
		}
		if (error != 0)
			mdb_txn_abort(txn);
		else
			error = mdb_txn_commit(txn);
		if (error != 0)
			return 1;
	}
	if (walk(s) != 0)
		return 1;
	mdb_env_close(s->env);
	return 0;
}

struct garbling {
	struct store store;
	char *whole;
	size_t n;
	size_t page;
	uint32_t *used; /* pages that matter */
	uint32_t used_count;
};

/* Which pages does the newest state reach? Those that may not be zeros. */
static void find_used(struct garbling *g)
{
	char *p = mem_alloc(g->n);
	struct diag why;

	memcpy(p, g->whole, g->n);
	g->used = mem_array(g->n / g->page, sizeof(*g->used));
	for (uint32_t i = 0; i < g->n / g->page; i++) {
		memset(p + i * g->page, 0, g->page);
		write_file(g->store.path, p, g->n);
		if (damage_check(g->store.dir, &why) == ST_DAMAGED)
			g->used[g->used_count++] = i;
		memcpy(p + i * g->page, g->whole + i * g->page, g->page);
	}
	mem_free(p);
	assert_true(g->used_count > 20);
}

static void garbling_begin(struct garbling *g)
{
	struct buf text = buf_of((size_t)1 << 26);
	struct diag why;

	*g = (struct garbling){ .page = (size_t)sysconf(_SC_PAGESIZE) };
	fill(&g->store, &shapes[6]);
	mdb_env_close(g->store.env);
	g->store.env = NULL;
	assert_int_equal(file_read(g->store.path, &text, &why), ST_OK);
	g->n = text.n;
	g->whole = mem_alloc(text.n);
	memcpy(g->whole, text.p, text.n);
	buf_free(&text);
	find_used(g);
}

static void garbling_end(struct garbling *g)
{
	mem_free(g->used);
	mem_free(g->whole);
	store_end(&g->store);
}

/* 1 when the check lets it through, and minus a signal when it then crashes. */
static int try_file(struct garbling *g, const char *p, size_t n)
{
	char lock[FOLDER_MAX * 2];
	struct diag why;
	int end;

	write_file(g->store.path, p, n);
	if (damage_check(g->store.dir, &why) != ST_OK)
		return 0;
	folder_path(lock, g->store.dir, "lock.mdb");
	(void)unlink(lock);
	end = in_child(use, &g->store, 10);
	return end < 0 ? end : 1;
}

static void test_truncated(void **state)
{
	struct garbling g;
	unsigned crashes = 0;

	(void)state;
	garbling_begin(&g);
	for (size_t n = 1; n < g.n; n += n < 3 * g.page ? g.page / 4 : g.page * 7)
		crashes += try_file(&g, g.whole, n) < 0;
	assert_int_equal(crashes, 0);
	garbling_end(&g);
}

enum way { FLIP_HEAD, FLIP_ANY, ZERO_PAGE, NOISE_PAGE, SWAP_PAGES, OLD_META, META, WAYS };

static const char *const way_names[WAYS] = {
	"octet of a page's head or offsets",
	"octet anywhere",
	"page of zeros",
	"page of noise",
	"page in another's place",
	"two octets of a meta page",
	"octet of a meta page",
};

static void garble(char *p, const struct garbling *g, enum way way, struct dice *d)
{
	char *page = p + g->used[roll(d, g->used_count)] * g->page;
	char *other = p + g->used[roll(d, g->used_count)] * g->page;

	switch (way) {
	case FLIP_HEAD: page[roll(d, 120)] ^= (char)(1u << roll(d, 8)); break;
	case FLIP_ANY: page[roll(d, (uint32_t)g->page)] = (char)roll(d, 256); break;
	case ZERO_PAGE: memset(page, 0, g->page); break;
	case NOISE_PAGE:
		for (size_t i = 16; i < g->page; i++)
			page[i] = (char)roll(d, 256);
		break;
	case SWAP_PAGES:
		memcpy(page + 8, other + 8, g->page - 8); /* with the right number on it */
		break;
	case OLD_META:
		for (unsigned i = 0; i < 2; i++)
			p[roll(d, 2) * g->page + 10 + roll(d, 150)] = (char)roll(d, 256);
		break;
	case META: p[roll(d, 2) * g->page + 10 + roll(d, 150)] = (char)roll(d, 256); break;
	case WAYS: break;
	}
}

/* GREYLAG_GARBLE=N tries more of them, and tells how many were let through. */
static void test_garbled(void **state)
{
	const char *wish = getenv("GREYLAG_GARBLE");
	unsigned tries = wish != NULL ? (unsigned)strtoul(wish, NULL, 10) : 40;
	unsigned all = 0;
	struct dice d = { 1 };
	struct garbling g;
	char *p;

	(void)state;
	garbling_begin(&g);
	p = mem_alloc(g.n);
	for (unsigned way = 0; way < WAYS; way++) {
		unsigned through = 0, crashes = 0;

		for (unsigned i = 0; i < tries; i++) {
			int end;

			memcpy(p, g.whole, g.n);
			garble(p, &g, (enum way)way, &d);
			end = try_file(&g, p, g.n);
			through += end != 0;
			crashes += end < 0;
		}
		if (wish != NULL || crashes > 0)
			print_message("%s: %u of %u let through, %u crash\n", way_names[way],
			              through, tries, crashes);
		all += crashes;
	}
	mem_free(p);
	garbling_end(&g);
	assert_int_equal(all, 0);
}

static void test_no_store(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		size_t n;
		enum status st;
	} cases[] = {
		{ "empty", "", 0, ST_OK },
		{ "one octet", "x", 1, ST_DAMAGED },
		{ "a text file", "hello\n", 6, ST_DAMAGED },
	};
	char dir[FOLDER_MAX], path[FOLDER_MAX * 2];
	struct diag why;

	(void)state;
	folder_new(dir);
	folder_path(path, dir, "data.mdb");
	assert_int_equal(damage_check(dir, &why), ST_OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_file(path, cases[i].text, cases[i].n);
		if (damage_check(dir, &why) != cases[i].st)
			fail_msg("%s", cases[i].name);
	}
	folder_free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),     cmocka_unit_test(test_beside_a_writer),
		cmocka_unit_test(test_truncated), cmocka_unit_test(test_garbled),
		cmocka_unit_test(test_no_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
