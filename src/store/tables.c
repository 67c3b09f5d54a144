#include "store/tables.h"

#include "util/mem.h"

enum found { FOUND_NOT, FOUND, FOUND_BY_DIGEST };

/* Where a record may be. */
struct place {
	enum env_table table;
	const struct store_key *key;
	const struct digests *digests; /* NULL: no others */
};

static enum status get(const struct env *e, MDB_txn *txn, const struct place *p, struct view *value,
                       enum found *found)
{
	enum status st = env_get(e, txn, p->table, key_view(p->key), value);
	unsigned others = p->digests != NULL ? p->digests->count : 0;

	*found = st == ST_OK ? FOUND : FOUND_NOT;
	for (unsigned i = 0; st == ST_NOTFOUND && i < others; i++) {
		st = env_get(e, txn, p->table, digests_view(p->digests, i), value);
		*found = st == ST_OK ? FOUND_BY_DIGEST : FOUND_NOT;
	}
	return st == ST_NOTFOUND ? ST_OK : st;
}

/* A record of an unknown form is overwritten by the next write, not an error for the asker. */
static enum status get_client(const struct env *e, MDB_txn *txn, const struct tables_question *q,
                              struct client_record *out, enum found *found)
{
	const struct place p = { ENV_CLIENTS, &q->client, &q->client_digests };
	struct view value;
	enum status st = get(e, txn, &p, &value, found);

	if (st == ST_OK && *found != FOUND_NOT && record_get_client(value, out) != ST_OK)
		*found = FOUND_NOT;
	return st;
}

/* A tuple's record, and where it lies. */
struct tuple_seen {
	struct grey_record record;
	enum found found;
	unsigned at; /* which of the better keys, q->betters for the network's */
	bool scanned;
};

static enum status get_tuple_at(const struct env *e, MDB_txn *txn, const struct place *p,
                                struct tuple_seen *out)
{
	struct view value;
	enum status st = get(e, txn, p, &value, &out->found);

	if (st != ST_OK || out->found == FOUND_NOT)
		return st;
	if (record_get_tuple(value, &out->record, NULL) != ST_OK)
		out->found = FOUND_NOT;
	else
		out->scanned = value.p[0] == RECORD_VERSION_SCANNED;
	return ST_OK;
}

/* Under the best identity first. */
static enum status get_tuple(const struct env *e, MDB_txn *txn, const struct tables_question *q,
                             struct tuple_seen *out)
{
	const struct place net = { ENV_TUPLES, &q->tuple, &q->tuple_digests };
	enum status st = ST_OK;

	for (out->at = 0; out->at < q->betters; out->at++) {
		const struct place p = { ENV_TUPLES, &q->better[out->at], NULL };

		st = get_tuple_at(e, txn, &p, out);
		if (st != ST_OK || out->found != FOUND_NOT)
			return st;
	}
	return get_tuple_at(e, txn, &net, out);
}

const struct store_key *tables_tuple_key(const struct tables_question *q, const struct judgement *j)
{
	return j->place < q->betters ? &q->better[j->place] : &q->tuple;
}

/* What is new begins under the best identity; what passes under another is known there too. */
static void place_tuple(const struct tables_question *q, const struct tuple_seen *seen,
                        struct judgement *j)
{
	bool found = seen->found != FOUND_NOT;

	j->place = found ? seen->at : 0;
	j->scanned = found && seen->scanned;
	j->copy_up = found && seen->at > 0 && j->tuple_write != JUDGE_KEEP && j->tuple.passes > 0;
	if (j->copy_up)
		j->behind = false;
	if (!found && q->betters > 0)
		j->tuple.identity = q->identity[0];
}

static enum status get_mark(const struct env *e, MDB_txn *txn, const struct tables_question *q,
                            struct mark_record *out, enum found *found)
{
	const struct place p = { ENV_MARKS, &q->mark, NULL };
	struct view value;
	enum status st = get(e, txn, &p, &value, found);

	if (st == ST_OK && *found != FOUND_NOT && record_get_mark(value, out) != ST_OK)
		*found = FOUND_NOT;
	return st;
}

/* The client when it alone decides, else all three. */
static enum status judge_records(const struct env *e, MDB_txn *txn, const struct tables_question *q,
                                 const struct client_record *client, enum found *tuple_found,
                                 struct judgement *out)
{
	struct tuple_seen tuple = { .found = FOUND_NOT, .at = q->betters };
	struct mark_record mark;
	struct judge_seen seen = { .client = client };
	enum found found;
	enum status st = ST_OK;

	*out = judge_client(&q->policy, &q->judge, client);
	if (out->verdict == JUDGE_PASS_CLIENT)
		return ST_OK;
	if (q->tuple.n > 0) {
		st = get_tuple(e, txn, q, &tuple);
		*tuple_found = tuple.found;
		seen.tuple = st == ST_OK && tuple.found != FOUND_NOT ? &tuple.record : NULL;
	}
	if (st == ST_OK && (q->policy.targrey || q->policy.keep_mark)) {
		st = get_mark(e, txn, q, &mark, &found);
		seen.mark = st == ST_OK && found != FOUND_NOT ? &mark : NULL;
	}
	if (st == ST_OK) {
		*out = judge(&q->policy, &q->judge, &seen);
		place_tuple(q, &tuple, out);
	}
	return st;
}

enum status tables_judge(const struct env *e, MDB_txn *txn, const struct tables_question *q,
                         struct judgement *out)
{
	struct client_record client;
	enum found client_found = FOUND_NOT, tuple_found = FOUND_NOT;
	enum status st = ST_OK;

	if (q->policy.client.on)
		st = get_client(e, txn, q, &client, &client_found);
	if (st == ST_OK)
		st = judge_records(e, txn, q, client_found != FOUND_NOT ? &client : NULL,
		                   &tuple_found, out);
	if (st != ST_OK)
		return st;
	if (client_found == FOUND_BY_DIGEST && out->client_write == JUDGE_KEEP) {
		out->client_write = JUDGE_STORE;
		out->client = client;
	}
	if (client_found == FOUND_BY_DIGEST || tuple_found == FOUND_BY_DIGEST)
		out->behind = false;
	return st;
}

enum status tables_peek(const struct env *e, MDB_txn *txn, const struct store_key *client,
                        const struct store_key *mark, struct store_peek *out)
{
	struct view value;
	enum status st = env_get(e, txn, ENV_CLIENTS, key_view(client), &value);

	out->has_client = st == ST_OK && record_get_client(value, &out->client_record) == ST_OK;
	if (st == ST_OK || st == ST_NOTFOUND)
		st = env_get(e, txn, ENV_MARKS, key_view(mark), &value);
	out->has_mark = st == ST_OK && record_get_mark(value, &out->mark_record) == ST_OK;
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status tables_peek_tuple(const struct env *e, MDB_txn *txn, const struct tables_question *q,
                              struct store_known *out)
{
	struct tuple_seen seen = { .found = FOUND_NOT };
	enum status st = get_tuple(e, txn, q, &seen);
	struct view value;

	if (st != ST_OK || seen.found == FOUND_NOT)
		return st != ST_OK ? st : ST_NOTFOUND;
	*out = (struct store_known){ .record = seen.record };
	if (seen.scanned)
		st = env_get(e, txn, ENV_TUPLES,
		             key_view(seen.at < q->betters ? &q->better[seen.at] : &q->tuple),
		             &value);
	out->scanned = seen.scanned && st == ST_OK && record_get_scan(value, &out->scan) == ST_OK;
	return ST_OK;
}

static enum status delete_digests(const struct env *e, MDB_txn *txn, enum env_table table,
                                  const struct digests *digests)
{
	enum status st = ST_OK;

	for (unsigned i = 0; i < digests->count && st == ST_OK; i++)
		st = env_delete(e, txn, table, digests_view(digests, i));
	return st;
}

static enum status write_client(const struct env *e, MDB_txn *txn, const struct tables_question *q,
                                const struct judgement *j)
{
	uint8_t octets[CLIENT_RECORD_SIZE];
	enum status st;

	if (j->client_write == JUDGE_KEEP)
		return ST_OK;
	record_put_client(&j->client, octets);
	st = env_put(e, txn, ENV_CLIENTS, key_view(&q->client),
	             (struct view){ (const char *)octets, sizeof(octets) });
	return st == ST_OK ? delete_digests(e, txn, ENV_CLIENTS, &q->client_digests) : st;
}

enum status tables_put_tuple(const struct env *e, MDB_txn *txn, struct view key,
                             const struct grey_record *record, const struct record_scan *scan,
                             struct view behind)
{
	uint8_t head[TUPLE_RECORD_SIZE], scanned[RECORD_SCAN_MAX];
	size_t more = 0;
	char *whole;
	enum status st;

	record_put_tuple(record, head);
	if (scan != NULL)
		more = record_put_scan(scan, head, scanned);
	if (more + behind.n == 0)
		return env_put(e, txn, ENV_TUPLES, key,
		               (struct view){ (const char *)head, sizeof(head) });
	whole = mem_alloc(sizeof(head) + more + behind.n);
	memcpy(whole, head, sizeof(head));
	memcpy(whole + sizeof(head), scanned, more);
	if (behind.n > 0)
		memcpy(whole + sizeof(head) + more, behind.p, behind.n);
	st = env_put(e, txn, ENV_TUPLES, key,
	             (struct view){ whole, sizeof(head) + more + behind.n });
	mem_free(whole);
	return st;
}

/* Only the network's key may have text behind its record. */
static enum status put_tuple(const struct env *e, MDB_txn *txn, const struct tables_question *q,
                             const struct store_key *key, const struct grey_record *record,
                             const struct record_scan *scan)
{
	bool net = key == &q->tuple;

	return tables_put_tuple(e, txn, key_view(key), record, scan,
	                        (struct view){ net ? q->long_text : "", net ? q->long_size : 0 });
}

static bool begins(const struct tables_question *q, const struct judgement *j)
{
	if (q->judge.subject != JUDGE_TRIPLE)
		return false;
	switch (j->grey.reason) {
	case GREY_NEW:
	case GREY_FUTURE:
	case GREY_LATE:
	case GREY_EXPIRED: return true;
	case GREY_EARLY:
	case GREY_RETRIED:
	case GREY_KNOWN: break;
	}
	return false;
}

/* What is said of the mail stands with the tuple that begins by it, and stays until that begins
 * anew: but few tuples have it, so others are not read for it. */
static const struct record_scan *scan_of(const struct env *e, MDB_txn *txn,
                                         const struct tables_question *q, const struct judgement *j,
                                         struct record_scan *room)
{
	struct view value;

	if (begins(q, j))
		return q->scan;
	if (!j->scanned ||
	    env_get(e, txn, ENV_TUPLES, key_view(tables_tuple_key(q, j)), &value) != ST_OK)
		return NULL;
	return record_get_scan(value, room) == ST_OK ? room : NULL;
}

static enum status write_tuple(const struct env *e, MDB_txn *txn, const struct tables_question *q,
                               const struct judgement *j)
{
	struct grey_record best = j->tuple;
	struct record_scan room;
	const struct record_scan *scan;
	enum status st;

	if (j->tuple_write == JUDGE_KEEP)
		return ST_OK;
	scan = scan_of(e, txn, q, j, &room);
	st = put_tuple(e, txn, q, tables_tuple_key(q, j), &j->tuple, scan);
	best.identity = q->betters > 0 ? q->identity[0] : GREY_BY_NET;
	if (st == ST_OK && j->copy_up)
		st = put_tuple(e, txn, q, &q->better[0], &best, scan);
	return st == ST_OK ? delete_digests(e, txn, ENV_TUPLES, &q->tuple_digests) : st;
}

static enum status write_mark(const struct env *e, MDB_txn *txn, const struct tables_question *q,
                              const struct judgement *j)
{
	uint8_t octets[MARK_RECORD_SIZE];

	if (j->mark_write == JUDGE_KEEP)
		return ST_OK;
	if (j->mark_write == JUDGE_DELETE)
		return env_delete(e, txn, ENV_MARKS, key_view(&q->mark));
	record_put_mark(&j->mark, octets);
	return env_put(e, txn, ENV_MARKS, key_view(&q->mark),
	               (struct view){ (const char *)octets, sizeof(octets) });
}

enum status tables_write(const struct env *e, MDB_txn *txn, const struct tables_question *q,
                         const struct judgement *j)
{
	enum status st = write_client(e, txn, q, j);

	if (st == ST_OK)
		st = write_tuple(e, txn, q, j);
	if (st == ST_OK)
		st = write_mark(e, txn, q, j);
	return st;
}

/* A record of an unknown form is of no use to anybody. */
static bool too_old(enum env_table table, struct view value, const struct judge_policy *p,
                    int64_t now)
{
	struct grey_record tuple;
	struct client_record client;
	struct mark_record mark;

	if (table == ENV_TUPLES)
		return record_get_tuple(value, &tuple, NULL) != ST_OK ||
		       grey_expired(&p->grey, &tuple, now);
	if (table == ENV_CLIENTS)
		return record_get_client(value, &client) != ST_OK ||
		       client_expired(&p->client, &client, now);
	return record_get_mark(value, &mark) != ST_OK || now - mark.since > p->mark_age;
}

static int seek(MDB_cursor *cursor, const struct store_key *from, MDB_val *key, MDB_val *value)
{
	struct store_key start = *from;

	if (from->n == 0)
		return mdb_cursor_get(cursor, key, value, MDB_FIRST);
	*key = (MDB_val){ .mv_size = start.n, .mv_data = start.p };
	return mdb_cursor_get(cursor, key, value, MDB_SET_RANGE);
}

/* Deletes records whose keys begin so, at most *most, which counts down. */
static enum status delete_all(const struct env *e, MDB_txn *txn, enum env_table table,
                              const struct store_key *begin, unsigned *most)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	int error = mdb_cursor_open(txn, e->dbi[table], &cursor);

	if (error != MDB_SUCCESS)
		return env_status(error);
	error = seek(cursor, begin, &key, &value);
	while (error == MDB_SUCCESS && *most > 0 &&
	       view_starts((struct view){ key.mv_data, key.mv_size }, key_view(begin))) {
		error = mdb_cursor_del(cursor, 0);
		*most -= 1;
		if (error == MDB_SUCCESS)
			error = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	}
	mdb_cursor_close(cursor);
	return error == MDB_NOTFOUND ? ST_OK : env_status(error);
}

enum status tables_forget(const struct env *e, MDB_txn *txn, const struct tables_question *q,
                          unsigned most, struct tables_gone *out)
{
	unsigned left = most;
	enum status st = delete_all(e, txn, ENV_TUPLES, &q->tuple, &left);

	out->tuples = most - left;
	if (st == ST_OK && q->better[0].n > 0)
		st = delete_all(e, txn, ENV_MARKS, &q->better[0], &left);
	out->more = left == 0;
	if (st == ST_OK)
		st = env_delete(e, txn, ENV_MARKS, key_view(&q->mark));
	return st == ST_OK ? env_delete(e, txn, ENV_CLIENTS, key_view(&q->client)) : st;
}

enum status tables_expire(const struct env *e, MDB_txn *txn, const struct judge_policy *policy,
                          int64_t now, unsigned most, struct tables_walk *w)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	int error = mdb_cursor_open(txn, e->dbi[w->table], &cursor);

	if (error != MDB_SUCCESS)
		return env_status(error);
	error = seek(cursor, &w->from, &key, &value);
	for (unsigned i = 0; i < most && error == MDB_SUCCESS; i++) {
		struct view v = { value.mv_data, value.mv_size };

		if (too_old(w->table, v, policy, now)) {
			error = mdb_cursor_del(cursor, 0);
			w->forgotten += error == MDB_SUCCESS ? 1 : 0;
		}
		if (error == MDB_SUCCESS)
			error = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	}
	w->from.n = 0;
	if (error == MDB_SUCCESS) {
		w->from.n = key.mv_size;
		memcpy(w->from.p, key.mv_data, key.mv_size);
	}
	mdb_cursor_close(cursor);
	return error == MDB_NOTFOUND ? ST_OK : env_status(error);
}
