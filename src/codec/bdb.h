/* Reads a Berkeley DB B-tree file from memory, key by key, in the file's order.
 *
 * Not libdb, for two reasons: it trusts what stands in the file, and it wants to open the
 * environment beside it, which belongs to a running Postgrey. A file alone is whole only after its
 * owner stopped cleanly or wrote a checkpoint; before that the newest pages are elsewhere, and
 * nothing in the file tells so.
 *
 * Read are both byte orders, versions 8 and 9, pages of 512 to 65536 octets. Refused are checksums,
 * encryption, several data bases in one file, duplicates, record numbers and compression (Postgrey
 * uses none of them), and what is no B-tree.
 *
 * All in the file may be hostile: the work is linear in the file's size, since no page is visited
 * twice, and memory is taken only in the two rooms, up to their bounds. */
#pragma once

#include "util/buf.h"

/* The file's octets are borrowed. */
struct bdb {
	struct view file;
	bool big_endian;
	uint32_t page_size;
	uint32_t pages; /* whole pages in the file, the first one (0) describes it */
	uint32_t root;
};

/* ST_INVALID: not such a file, or a kind that is refused. why has a text only. */
MUST_CHECK enum status bdb_open(struct view file, struct bdb *out, struct diag *why);

/* A walk over the records. The fields are the walk's own. */
struct bdb_walk {
	const struct bdb *db;
	struct buf *key_room;
	struct buf *value_room;
	uint32_t page; /* the leaf; 0 before the first */
	uint32_t next; /* the leaf after it */
	unsigned index;
	unsigned count;
	size_t taken;           /* octets of the leaf that its entries have used */
	uint32_t pages_left;    /* inner pages and leaves that may still be visited */
	uint32_t overflow_left; /* overflow pages, likewise */
	enum status end;        /* ST_OK while there is more */
};

/* Borrows all three as long as the walk goes on. The rooms hold keys and values that span several
 * pages; their bounds are the longest that is read. */
struct bdb_walk bdb_walk_of(const struct bdb *db, struct buf *key_room, struct buf *value_room);

/* The next record; its views point into the file or into the rooms and hold until the next call.
 * ST_NOTFOUND: that was all. ST_DAMAGED: a page can't be right, why names it. ST_LIMIT: a key or
 * value is longer than its room may become. After an error the walk is over; the records delivered
 * before it are good, those after it are lost. */
MUST_CHECK enum status bdb_next(struct bdb_walk *w, struct view *key, struct view *value,
                                struct diag *why);
