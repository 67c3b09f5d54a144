/* One question inside one LMDB transaction: the records looked up, judged, and what changes
 * written. */
#pragma once

#include "store/env.h"

/* A question that can leave its asker: the keys are made, the views are gone. */
struct tables_question {
	struct judge_question judge;
	struct judge_policy policy;
	struct store_key tuple;
	struct store_key client;
	struct store_key source;
	char *long_text; /* behind the tuple's record (see record.h), or NULL; owned */
	size_t long_size;
};

/* Looks up what the judgement needs, and judges. A record that can't be read counts as none. */
MUST_CHECK enum status tables_judge(const struct env *e, MDB_txn *txn,
                                    const struct tables_question *q, struct judgement *out);

/* Writes what the judgement says. */
MUST_CHECK enum status tables_write(const struct env *e, MDB_txn *txn,
                                    const struct tables_question *q, const struct judgement *j);

/* Forgets what is too old in the next `most` records of a table, from *from (at first: empty) on.
 * *from becomes empty at the table's end. */
MUST_CHECK enum status tables_expire(const struct env *e, MDB_txn *txn, enum env_table table,
                                     const struct judge_policy *policy, int64_t now,
                                     struct store_key *from, unsigned most, unsigned *forgotten);
