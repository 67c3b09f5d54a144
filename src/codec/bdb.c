#include "codec/bdb.h"

#include "util/cursor.h"

#define MAGIC_BTREE 0x053162u
#define VERSION_MIN 8
#define VERSION_MAX 9
#define PAGE_MIN    512u
#define PAGE_MAX    65536u

/* Page 0. */
#define META_MAGIC      12
#define META_VERSION    16
#define META_PAGE_SIZE  20
#define META_ENCRYPTION 24
#define META_TYPE       25
#define META_CHECKS     26
#define META_FLAGS      48
#define META_ROOT       88
#define META_SIZE       92
#define CHECKSUMS       0x01u

/* The head of all other pages. */
#define PAGE_NUMBER   8
#define PAGE_PREVIOUS 12
#define PAGE_NEXT     16
#define PAGE_ENTRIES  20
#define PAGE_LENGTH   22 /* of an overflow page's octets; elsewhere the start of the data */
#define PAGE_TYPE     25
#define PAGE_HEAD     26

enum page_type { PAGE_INNER = 3, PAGE_LEAF = 5, PAGE_OVERFLOW = 7, PAGE_META = 9 };

/* An entry: length (16 bit), type, then its octets; or page and length of a longer one. */
#define ENTRY_TYPE      2
#define ENTRY_HEAD      3
#define ENTRY_PAGE      4
#define ENTRY_TOTAL     8
#define ENTRY_LONG_SIZE 12

enum entry_type { ENTRY_PLAIN = 1, ENTRY_LONG = 3 };

#define ENTRY_DELETED 0x80u

static const struct {
	size_t at;
	uint32_t magic;
	const char *text;
} other_files[] = {
	{ META_MAGIC, 0x061561, "a hash data base; only B-trees are read" },
	{ META_MAGIC, 0x042253, "a queue data base; only B-trees are read" },
	{ META_MAGIC, 0x074582, "a heap data base; only B-trees are read" },
	{ META_MAGIC, 0x040988, "a Berkeley DB log, not a data base" },
	{ 0, 0x053162, "a B-tree of Berkeley DB 1.85; dump it with its own tools" },
	{ 0, 0x061561, "a hash data base of Berkeley DB 1.85; only B-trees are read" },
};

static const struct {
	uint32_t flag;
	const char *text;
} refused_flags[] = {
	{ 0x20, "it holds several data bases" },
	{ 0x01 | 0x40, "its keys may have duplicates" },
	{ 0x02 | 0x08, "its keys are record numbers" },
	{ 0x80, "it is compressed" },
};

/* The number at this offset; zero where that is outside. */
static uint32_t number(bool big_endian, struct view v, size_t at, unsigned octets)
{
	struct cursor c = cursor_of(view_from(v, at));

	return (uint32_t)(big_endian ? cur_be(&c, octets) : cur_le(&c, octets));
}

static uint32_t field(const struct bdb *db, struct view page, size_t at, unsigned octets)
{
	return number(db->big_endian, page, at, octets);
}

static enum status no_btree(struct view file, struct diag *why)
{
	if (file.n == 0) {
		diag_set(why, "the file is empty");
		return ST_INVALID;
	}
	for (size_t i = 0; i < sizeof(other_files) / sizeof(other_files[0]); i++)
		for (int big = 0; big <= 1; big++)
			if (number(big != 0, file, other_files[i].at, 4) == other_files[i].magic) {
				diag_set(why, "this is %s", other_files[i].text);
				return ST_INVALID;
			}
	diag_set(why, "neither a Berkeley DB B-tree nor a text of db_dump");
	return ST_INVALID;
}

static enum status check_kind(const struct bdb *db, struct diag *why)
{
	uint32_t version = field(db, db->file, META_VERSION, 4);
	uint32_t flags = field(db, db->file, META_FLAGS, 4);

	if (version < VERSION_MIN || version > VERSION_MAX) {
		diag_set(why,
		         "B-tree of version %lu; versions %d and %d are read. Dump it with db_dump "
		         "and "
		         "read the text",
		         (unsigned long)version, VERSION_MIN, VERSION_MAX);
		return ST_INVALID;
	}
	if (field(db, db->file, META_ENCRYPTION, 1) != 0) {
		diag_set(why, "the data base is encrypted; dump it with db_dump and read the text");
		return ST_INVALID;
	}
	if ((field(db, db->file, META_CHECKS, 1) & CHECKSUMS) != 0) {
		diag_set(why,
		         "the data base has checksums; dump it with db_dump and read the text");
		return ST_INVALID;
	}
	for (size_t i = 0; i < sizeof(refused_flags) / sizeof(refused_flags[0]); i++)
		if ((flags & refused_flags[i].flag) != 0) {
			diag_set(why, "this is no data base of Postgrey: %s",
			         refused_flags[i].text);
			return ST_INVALID;
		}
	return ST_OK;
}

enum status bdb_open(struct view file, struct bdb *out, struct diag *why)
{
	struct bdb db = { .file = file };
	enum status st;

	if (file.n < META_SIZE)
		return no_btree(file, why);
	db.big_endian = number(true, file, META_MAGIC, 4) == MAGIC_BTREE;
	if (field(&db, file, META_MAGIC, 4) != MAGIC_BTREE)
		return no_btree(file, why);
	st = check_kind(&db, why);
	if (st != ST_OK)
		return st;
	db.page_size = field(&db, file, META_PAGE_SIZE, 4);
	if (field(&db, file, META_TYPE, 1) != PAGE_META || db.page_size < PAGE_MIN ||
	    db.page_size > PAGE_MAX || (db.page_size & (db.page_size - 1)) != 0) {
		diag_set(why, "page 0 does not describe a B-tree (page size %lu)",
		         (unsigned long)db.page_size);
		return ST_INVALID;
	}
	db.pages =
		file.n / db.page_size < UINT32_MAX ? (uint32_t)(file.n / db.page_size) : UINT32_MAX;
	db.root = field(&db, file, META_ROOT, 4);
	*out = db;
	return ST_OK;
}

struct bdb_walk bdb_walk_of(const struct bdb *db, struct buf *key_room, struct buf *value_room)
{
	return (struct bdb_walk){ .db = db,
		                  .key_room = key_room,
		                  .value_room = value_room,
		                  .pages_left = db->pages,
		                  .overflow_left = db->pages };
}

static enum status damaged(uint32_t page, const char *text, struct diag *why)
{
	diag_set(why, "page %lu: %s", (unsigned long)page, text);
	return ST_DAMAGED;
}

/* The octets of a page, which must be there and bear its own number. */
static enum status page_at(const struct bdb *db, uint32_t page, struct view *out, struct diag *why)
{
	struct view v;

	if (page == 0 || page >= db->pages)
		return damaged(page, "is named by another, but is not in the file (cut short?)",
		               why);
	v = view_first(view_from(db->file, (size_t)page * db->page_size), db->page_size);
	if (field(db, v, PAGE_NUMBER, 4) != page)
		return damaged(page, "bears another number", why);
	*out = v;
	return ST_OK;
}

/* The same for a page of the tree. A walk that needs more pages than there are goes in a circle. */
static enum status visit(struct bdb_walk *w, uint32_t page, struct view *out, struct diag *why)
{
	if (w->pages_left == 0)
		return damaged(page, "the chain of pages is a circle", why);
	w->pages_left--;
	return page_at(w->db, page, out, why);
}

static enum status enter_leaf(struct bdb_walk *w, uint32_t page, struct view v, struct diag *why)
{
	unsigned count = field(w->db, v, PAGE_ENTRIES, 2);

	if (field(w->db, v, PAGE_TYPE, 1) != PAGE_LEAF)
		return damaged(page, "is no leaf of a B-tree", why);
	if (field(w->db, v, PAGE_PREVIOUS, 4) != w->page)
		return damaged(page, "does not lead back to the page before it", why);
	if (count % 2 != 0 || PAGE_HEAD + 2 * (size_t)count > v.n)
		return damaged(page, "has an impossible number of entries", why);
	w->page = page;
	w->next = field(w->db, v, PAGE_NEXT, 4);
	w->index = 0;
	w->count = count;
	w->taken = PAGE_HEAD + 2 * (size_t)count;
	return ST_OK;
}

/* From the root down to the leaf with the smallest key. */
static enum status first_leaf(struct bdb_walk *w, struct diag *why)
{
	uint32_t page = w->db->root;
	struct view v = { "", 0 };
	enum status st = visit(w, page, &v, why);

	while (st == ST_OK && field(w->db, v, PAGE_TYPE, 1) == PAGE_INNER) {
		size_t at = field(w->db, v, PAGE_HEAD, 2);

		if (field(w->db, v, PAGE_ENTRIES, 2) == 0 || at < PAGE_HEAD + 2 ||
		    at + ENTRY_LONG_SIZE > v.n)
			return damaged(page, "has no first entry", why);
		page = field(w->db, v, at + ENTRY_PAGE, 4);
		st = visit(w, page, &v, why);
	}
	return st == ST_OK ? enter_leaf(w, page, v, why) : st;
}

static enum status next_leaf(struct bdb_walk *w, struct diag *why)
{
	struct view v = { "", 0 };
	enum status st;

	if (w->page == 0)
		return first_leaf(w, why);
	if (w->next == 0)
		return ST_NOTFOUND;
	st = visit(w, w->next, &v, why);
	return st == ST_OK ? enter_leaf(w, w->next, v, why) : st;
}

struct entry {
	unsigned type;
	bool deleted;
	struct view octets; /* ENTRY_PLAIN */
	uint32_t page;      /* ENTRY_LONG: its first overflow page */
	uint32_t total;     /* ENTRY_LONG: its length */
};

static enum status entry_at(struct bdb_walk *w, struct view leaf, unsigned index, struct entry *out,
                            struct diag *why)
{
	size_t at = field(w->db, leaf, PAGE_HEAD + 2 * (size_t)index, 2);
	uint32_t type = field(w->db, leaf, at + ENTRY_TYPE, 1);
	struct entry e = { .type = type & ~ENTRY_DELETED, .deleted = (type & ENTRY_DELETED) != 0 };
	size_t length = field(w->db, leaf, at, 2);
	size_t size = e.type == ENTRY_LONG ? ENTRY_LONG_SIZE : ENTRY_HEAD + length;

	if (e.type != ENTRY_PLAIN && e.type != ENTRY_LONG)
		return damaged(w->page, "has an entry of unknown type", why);
	if (at < PAGE_HEAD + 2 * (size_t)w->count || at + size > leaf.n)
		return damaged(w->page, "has an entry outside of the page", why);
	/* Else a page could hold the same octets thousands of times. */
	w->taken += size;
	if (w->taken > leaf.n)
		return damaged(w->page, "has entries that overlap", why);
	e.octets = view_first(view_from(leaf, at + ENTRY_HEAD), length);
	e.page = field(w->db, leaf, at + ENTRY_PAGE, 4);
	e.total = field(w->db, leaf, at + ENTRY_TOTAL, 4);
	*out = e;
	return ST_OK;
}

static enum status gather(struct bdb_walk *w, const struct entry *e, struct buf *room,
                          struct diag *why)
{
	uint32_t page = e->page;

	buf_clear(room);
	if (e->total > room->max) {
		diag_set(why, "page %lu: an entry of %lu octets; %zu are read at most",
		         (unsigned long)w->page, (unsigned long)e->total, room->max);
		return ST_LIMIT;
	}
	while (page != 0) {
		struct view v = { "", 0 };
		enum status st = page_at(w->db, page, &v, why);
		size_t n;

		if (st != ST_OK)
			return st;
		n = field(w->db, v, PAGE_LENGTH, 2);
		if (w->overflow_left == 0)
			return damaged(page, "overflow pages are used twice", why);
		w->overflow_left--;
		if (field(w->db, v, PAGE_TYPE, 1) != PAGE_OVERFLOW)
			return damaged(page, "is no overflow page", why);
		if (n > v.n - PAGE_HEAD || n > e->total - room->n)
			return damaged(page, "has more octets than its entry", why);
		st = buf_append(room, view_first(view_from(v, PAGE_HEAD), n));
		if (st != ST_OK)
			return st;
		page = field(w->db, v, PAGE_NEXT, 4);
	}
	return room->n == e->total ? ST_OK
	                           : damaged(w->page, "has an entry whose end is missing", why);
}

static enum status fetch(struct bdb_walk *w, const struct entry *e, struct buf *room,
                         struct view *out, struct diag *why)
{
	enum status st;

	if (e->type == ENTRY_PLAIN) {
		*out = e->octets;
		return ST_OK;
	}
	st = gather(w, e, room, why);
	if (st == ST_OK)
		*out = buf_view(room);
	return st;
}

/* The pair at the walk's place; ST_AGAIN when it is marked as deleted. */
static enum status pair_here(struct bdb_walk *w, struct view *key, struct view *value,
                             struct diag *why)
{
	struct view leaf = { "", 0 };
	struct entry k, v;
	enum status st = page_at(w->db, w->page, &leaf, why);

	if (st == ST_OK)
		st = entry_at(w, leaf, w->index, &k, why);
	if (st == ST_OK)
		st = entry_at(w, leaf, w->index + 1, &v, why);
	if (st != ST_OK)
		return st;
	w->index += 2;
	if (k.deleted || v.deleted)
		return ST_AGAIN;
	st = fetch(w, &k, w->key_room, key, why);
	return st == ST_OK ? fetch(w, &v, w->value_room, value, why) : st;
}

enum status bdb_next(struct bdb_walk *w, struct view *key, struct view *value, struct diag *why)
{
	enum status st = w->end;

	if (st != ST_OK)
		return st;
	do {
		st = w->index < w->count ? ST_OK : next_leaf(w, why);
		if (st == ST_OK && w->index < w->count)
			st = pair_here(w, key, value, why);
		else if (st == ST_OK)
			st = ST_AGAIN;
	} while (st == ST_AGAIN);
	w->end = st;
	return st;
}
