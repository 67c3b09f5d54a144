/* A store looked at and changed from outside, while a daemon may run on it.
 *
 * All is done in slices: a long listing pins no old pages, a long change never keeps the daemon's
 * writer waiting, and between two slices entries may come and go. Not for several threads. */
#pragma once

#include "engine/judge.h"
#include "store/record.h"
#include "util/buf.h"

struct browse;

enum browse_table { BROWSE_TUPLES, BROWSE_CLIENTS, BROWSE_MARKS, BROWSE_TABLES };

/* What an entry's key is. */
enum browse_form {
	BROWSE_READABLE,
	BROWSE_HASHED, /* keyed hashes of the parts (privacy) */
	BROWSE_DIGEST, /* of a tuple or a client, taken over from Postgrey: store/digest.h */
};

struct browse_entry {
	enum browse_table table;
	enum browse_form form;
	bool damaged;    /* no record that we know: tuple and what stands behind it are not set */
	struct view key; /* as it lies in the store */
	/* A tuple's text, a client's address, a mark's text; a key as it lies in the store where
	 * it is not readable. */
	struct view text;
	struct view source; /* all tables; text in the table of clients, and for a digest */
	struct view sender; /* tuples */
	struct view recipient;
	struct grey_record tuple;
	bool scanned;
	struct record_scan scan;
	struct client_record client;
	struct mark_record mark;
};

/* The form of a key by its text. */
enum browse_form browse_form_of(enum browse_table table, struct view text);

struct browse_options {
	const char *dir; /* borrowed */
	bool change;     /* else nothing can be written */
	/* Only for a store that has to be made, so with change. */
	bool privacy;
	const uint8_t *secret; /* BROWSE_SECRET_SIZE octets for it, or NULL */
};

#define BROWSE_SECRET_SIZE ((size_t)32)
#define BROWSE_ID_SIZE     16 /* hex digits by which a secret is known without being told */

/* ST_NOTFOUND: no such folder, or (without change) no store in it. */
MUST_CHECK enum status browse_open(const struct browse_options *options, struct browse **out,
                                   struct diag *why);
void browse_close(struct browse **b);

/* Entries in a table now; 0 if nobody can tell. */
uint64_t browse_count(struct browse *b, enum browse_table table);

/* With privacy: the secret of its hashes, or NULL; and its id, or "". */
const uint8_t *browse_secret(const struct browse *b);
const char *browse_secret_id(const struct browse *b);
void browse_id_of(const uint8_t secret[BROWSE_SECRET_SIZE], char out[BROWSE_ID_SIZE + 1]);

/* A part of a tuple as a store with privacy has it. */
#define BROWSE_HASH_SIZE 24
void browse_hash(const uint8_t secret[BROWSE_SECRET_SIZE], struct view part,
                 char out[BROWSE_HASH_SIZE]);

/* The entry that the daemon would find for a tuple's text, a client's address, a mark's network.
 * Its views hold until the next call; ST_NOTFOUND. */
MUST_CHECK enum status browse_find(struct browse *b, enum browse_table table, struct view text,
                                   struct browse_entry *out, struct diag *why);

/* A word that is kept beside the tables, under a name of its own. ST_NOTFOUND: none, or another. */
MUST_CHECK enum status browse_noted(struct browse *b, struct view name, struct view word,
                                    struct diag *why);
MUST_CHECK enum status browse_note(struct browse *b, struct view name, struct view word,
                                   struct diag *why);

/* All entries of a table in the order of their keys. */
struct browse_walk;

struct browse_walk *browse_walk_new(struct browse *b, enum browse_table table);
void browse_walk_free(struct browse_walk **w);

/* The next entry; its views hold until the next call. ST_NOTFOUND: that was all. */
MUST_CHECK enum status browse_next(struct browse_walk *w, struct browse_entry *out,
                                   struct diag *why);

/* Deletes those entries of a table that match, and adds their number to *gone; what is gone stays
 * so after an error. */
MUST_CHECK enum status browse_forget(struct browse *b, enum browse_table table,
                                     bool (*match)(void *arg, const struct browse_entry *e),
                                     void *arg, uint64_t *gone, struct diag *why);

struct browse_put_counts {
	uint64_t added;
	uint64_t merged; /* with one that was there */
};

/* Adds an entry, or merges it with the one that is there (engine/merge.h). Of the entry form,
 * table, text and the table's record are looked at; a readable text is hashed where the store does
 * so. It is written with others, at the latest by browse_flush. ST_INVALID, ST_LIMIT: text is no
 * key. */
MUST_CHECK enum status browse_put(struct browse *b, const struct browse_entry *e, struct diag *why);

/* Writes what waits; counts is of all puts so far and may be NULL. */
MUST_CHECK enum status browse_flush(struct browse *b, struct browse_put_counts *counts,
                                    struct diag *why);
