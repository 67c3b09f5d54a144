/* One question inside one LMDB transaction: the records looked up, judged, and what changes
 * written. */
#pragma once

#include "store/digest.h"
#include "store/env.h"
#include "store/store.h"

/* A question that can leave its asker: the keys are made, the views are gone. */
struct tables_question {
	struct judge_question judge;
	struct judge_policy policy;
	struct store_key tuple;                    /* empty: the question is not about one */
	struct store_key better[STORE_BETTER_MAX]; /* the same tuple, by better identities */
	enum grey_identity identity[STORE_BETTER_MAX];
	unsigned betters;
	struct store_key client;
	struct store_key mark;
	struct record_scan *scan; /* of the mail, for a tuple that begins to wait, or NULL; owned */
	char *long_text;          /* behind the tuple's record (see record.h), or NULL; owned */
	size_t long_size;
	struct digests tuple_digests; /* none: they need not be looked for */
	struct digests client_digests;
};

/* Looks up what the judgement needs, and judges. A record that can't be read counts as none; one
 * that is found by its digest is to be written, so that it moves. */
MUST_CHECK enum status tables_judge(const struct env *e, MDB_txn *txn,
                                    const struct tables_question *q, struct judgement *out);

/* The key under which a judgement's tuple lies. */
const struct store_key *tables_tuple_key(const struct tables_question *q,
                                         const struct judgement *j);

/* Fills in what is found under the two keys. */
MUST_CHECK enum status tables_peek(const struct env *e, MDB_txn *txn,
                                   const struct store_key *client, const struct store_key *mark,
                                   struct store_peek *out);

/* What is known of the tuple, under whichever key. ST_NOTFOUND: nothing. */
MUST_CHECK enum status tables_peek_tuple(const struct env *e, MDB_txn *txn,
                                         const struct tables_question *q, struct store_known *out);

/* Writes what the judgement says. */
MUST_CHECK enum status tables_write(const struct env *e, MDB_txn *txn,
                                    const struct tables_question *q, const struct judgement *j);

/* What is to be forgotten: q->tuple is how the keys of tuples begin, q->better[0] how those of
 * marks do (empty: none), and q->mark and q->client are keys. */
struct tables_gone {
	uint64_t tuples;
	bool more; /* the bound was reached */
};
MUST_CHECK enum status tables_forget(const struct env *e, MDB_txn *txn,
                                     const struct tables_question *q, unsigned most,
                                     struct tables_gone *out);

/* One record; scan may be NULL; behind is the text behind it (record.h), or empty. */
MUST_CHECK enum status tables_put_tuple(const struct env *e, MDB_txn *txn, struct view key,
                                        const struct grey_record *record,
                                        const struct record_scan *scan, struct view behind);

/* A walk through a table in slices. */
struct tables_walk {
	enum env_table table;
	struct store_key from; /* where the next slice begins; empty: at the table's start */
	unsigned forgotten;    /* so far */
};

/* Forgets what is too old in the next `most` records. w->from is empty again at the table's end. */
MUST_CHECK enum status tables_expire(const struct env *e, MDB_txn *txn,
                                     const struct judge_policy *policy, int64_t now, unsigned most,
                                     struct tables_walk *w);
