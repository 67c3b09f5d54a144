/* The bound for tuples that must be durable before they are answered: clients that each hand in one
 * record and wait until it is committed, and one writer that puts all that is waiting into one
 * transaction. Prints one line of JSON.
 *
 *   lmdb_commit -l FOLDER [-c CLIENTS] [-m MILLISECONDS] [-k KEY-OCTETS] [-v VALUE-OCTETS] [-s
 * START]
 */
#include <lmdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "hist.h"
#include "tuple.h"
#include "util/mem.h"

#define CLIENTS_MAX 2000
#define VALUE_MAX   1024
#define KEY_MAX     511               /* LMDB's own, as it is built by default */
#define MAP_SIZE    ((size_t)8 << 30) /* address space, not disk */
#define SECOND_NS   1000000000U

struct op {
	struct op *next;
	uint64_t since_ns;
	size_t key_n;
	char key[KEY_MAX];
};

struct bound {
	MDB_env *env;
	MDB_dbi dbi;
	size_t value_n;
	pthread_mutex_t lock;
	pthread_cond_t work;
	pthread_cond_t done;
	struct op *waiting;   /* under lock */
	struct op *committed; /* under lock */
	bool stop;            /* under lock */
	int rc;               /* under lock: LMDB's first error */
	uint64_t commits;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

static int commit(struct bound *b, const struct op *list)
{
	char record[VALUE_MAX] = "record";
	MDB_val value = { b->value_n, record };
	MDB_txn *txn;
	int rc = mdb_txn_begin(b->env, NULL, 0, &txn);

	if (rc != 0)
		return rc;
	for (const struct op *op = list; op != NULL; op = op->next) {
		char text[KEY_MAX];
		MDB_val key = { op->key_n, memcpy(text, op->key, op->key_n) };

		rc = mdb_put(txn, b->dbi, &key, &value, 0);
		if (rc != 0) {
			mdb_txn_abort(txn);
			return rc;
		}
	}
	return mdb_txn_commit(txn);
}

static void *write_all(void *arg)
{
	struct bound *b = arg;

	(void)pthread_mutex_lock(&b->lock);
	while (!b->stop && b->rc == 0) {
		struct op *list = b->waiting;
		int rc;

		if (list == NULL) {
			(void)pthread_cond_wait(&b->work, &b->lock);
			continue;
		}
		b->waiting = NULL;
		(void)pthread_mutex_unlock(&b->lock);
		rc = commit(b, list);
		(void)pthread_mutex_lock(&b->lock);
		b->rc = rc;
		b->commits++;
		b->committed = list;
		(void)pthread_cond_signal(&b->done);
	}
	(void)pthread_mutex_unlock(&b->lock);
	return NULL;
}

/* The key of the new tuple of that number, or as many scattered octets as asked for. */
static void set_key(struct op *op, uint64_t number, size_t key_n)
{
	struct tuple t;
	char text[TUPLE_KEY_MAX];

	tuple_make(&t, TUPLE_NEW, number);
	op->key_n = tuple_key(view_of(t.address), view_of(t.sender), view_of(t.recipient), text);
	memcpy(op->key, text, op->key_n);
	while (op->key_n < key_n)
		op->key[op->key_n++] = 'x';
	if (key_n > 0)
		op->key_n = key_n;
}

/* The clients, all at once: each hands in its next record and waits. Clients need no time between
 * an answer and their next question here, so every transaction holds one record of each: the best
 * case. */
static enum status round_trip(struct bound *b, struct op *ops, unsigned clients,
                              struct hist *latency)
{
	struct op *done;
	uint64_t now = now_ns();

	for (unsigned i = 0; i < clients; i++) {
		ops[i].since_ns = now;
		ops[i].next = i + 1 < clients ? &ops[i + 1] : NULL;
	}
	(void)pthread_mutex_lock(&b->lock);
	b->waiting = ops;
	(void)pthread_cond_signal(&b->work);
	while (b->committed == NULL && b->rc == 0)
		(void)pthread_cond_wait(&b->done, &b->lock);
	done = b->rc == 0 ? b->committed : NULL;
	b->committed = NULL;
	(void)pthread_mutex_unlock(&b->lock);
	now = now_ns();
	for (struct op *op = done; op != NULL; op = op->next)
		hist_add(latency, now - op->since_ns);
	return done != NULL ? ST_OK : ST_IO;
}

static int open_store(struct bound *b, const char *folder)
{
	MDB_txn *txn = NULL;
	int rc = mdb_env_create(&b->env);

	if (rc != 0 || (rc = mdb_env_set_mapsize(b->env, MAP_SIZE)) != 0 ||
	    (rc = mdb_env_open(b->env, folder, 0, 0600)) != 0 ||
	    (rc = mdb_txn_begin(b->env, NULL, 0, &txn)) != 0 ||
	    (rc = mdb_dbi_open(txn, NULL, 0, &b->dbi)) != 0)
		return rc;
	return mdb_txn_commit(txn);
}

struct options {
	const char *folder;
	uint64_t clients;
	uint64_t duration_ns;
	uint64_t key_n; /* 0: as long as the tuples' keys are */
	uint64_t value_n;
	uint64_t start;
};

static void print_result(const struct bound *b, const struct options *o, const struct hist *h,
                         double seconds)
{
	(void)printf("{\"connections\":%llu,\"requests\":%llu,\"seconds\":%.6f,\"per_second\":%.1f,"
	             "\"commits\":%llu,",
	             (unsigned long long)o->clients, (unsigned long long)h->count, seconds,
	             (double)h->count / seconds, (unsigned long long)b->commits);
	(void)printf("\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f}\n",
	             (double)hist_quantile(h, 500) / 1e3, (double)hist_quantile(h, 900) / 1e3,
	             (double)hist_quantile(h, 990) / 1e3, (double)h->max / 1e3);
}

static int run(struct bound *b, const struct options *o)
{
	struct hist *latency = mem_new(struct hist);
	struct op *ops = mem_array(o->clients, sizeof(*ops));
	uint64_t number = o->start;
	uint64_t began = now_ns();
	pthread_t writer;

	if (pthread_create(&writer, NULL, write_all, b) != 0)
		return EX_OSERR;
	do {
		for (uint64_t i = 0; i < o->clients; i++)
			set_key(&ops[i], number++, o->key_n);
	} while (round_trip(b, ops, (unsigned)o->clients, latency) == ST_OK &&
	         now_ns() < began + o->duration_ns);
	print_result(b, o, latency, (double)(now_ns() - began) / SECOND_NS);
	(void)pthread_mutex_lock(&b->lock);
	b->stop = true;
	(void)pthread_cond_signal(&b->work);
	(void)pthread_mutex_unlock(&b->lock);
	(void)pthread_join(writer, NULL);
	mem_free(ops);
	mem_free(latency);
	if (b->rc == 0)
		return EX_OK;
	(void)fprintf(stderr, "lmdb_commit: %s\n", mdb_strerror(b->rc));
	return EX_IOERR;
}

static enum status read_option(struct options *o, int option, const char *text)
{
	uint64_t ms;
	enum status st;

	switch (option) {
	case 'l': o->folder = text; return ST_OK;
	case 'c': return view_u64(view_of(text), CLIENTS_MAX, &o->clients);
	case 'k': return view_u64(view_of(text), KEY_MAX, &o->key_n);
	case 'v': return view_u64(view_of(text), VALUE_MAX, &o->value_n);
	case 's': return view_u64(view_of(text), UINT64_MAX, &o->start);
	case 'm':
		st = view_u64(view_of(text), 86400000, &ms);
		if (st == ST_OK)
			o->duration_ns = ms * 1000000U;
		return st;
	default: return ST_INVALID;
	}
}

int main(int argc, char **argv)
{
	struct options o = { .clients = 1, .duration_ns = SECOND_NS, .value_n = 40 };
	struct bound b = { .lock = PTHREAD_MUTEX_INITIALIZER,
		           .work = PTHREAD_COND_INITIALIZER,
		           .done = PTHREAD_COND_INITIALIZER };
	bool wrong = false;
	int rc;

	for (int c; (c = getopt(argc, argv, "l:c:k:v:s:m:")) != -1;) {
		if (read_option(&o, c, optarg) != ST_OK)
			wrong = true; /* leads to the usage below */
	}
	if (wrong || o.folder == NULL || o.clients == 0 || o.value_n < sizeof("record") ||
	    optind < argc) {
		(void)fputs("usage: lmdb_commit -l FOLDER [-c CLIENTS] [-m MILLISECONDS]\n"
		            "                   [-k KEY-OCTETS] [-v VALUE-OCTETS] [-s START]\n",
		            stderr);
		return EX_USAGE;
	}
	b.value_n = o.value_n;
	rc = open_store(&b, o.folder);
	if (rc != 0) {
		(void)fprintf(stderr, "lmdb_commit: %s: %s\n", o.folder, mdb_strerror(rc));
		return EX_CANTCREAT;
	}
	rc = run(&b, &o);
	mdb_env_close(b.env);
	return rc;
}
