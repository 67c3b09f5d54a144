/* The form of the file: LMDB 0.9, data version 1, as mdb.c of Debian 12's lmdb 0.9.24 writes it on
 * a 64-bit machine. What is checked is what that program relies on without looking: each check
 * stands for a signal or an assertion of its own, or for pages that would be given out twice. */
#include "store/damage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/file.h"
#include "util/mem.h"

#define MAGIC        0xBEEFC0DEu
#define DATA_VERSION 1
/* page number 8, padding 2, flags 2, lower 2, upper 2 (or overflow pages 4) */
#define HEADER_SIZE ((size_t)16)
/* size, or child's low 32 bits, 4; flags, or child's next 16 bits, 2; key size 2 */
#define NODE_SIZE ((size_t)8)
/* padding 4, flags 2, depth 2, branch 8, leaf 8, overflow 8, entries 8, root 8 */
#define TREE_SIZE ((size_t)48)
/* magic 4, version 4, address 8, map size 8, two trees, last page 8, transaction 8 */
#define META_SIZE     (24 + 2 * TREE_SIZE + 16)
#define PAGE_SIZE_MAX ((size_t)65536)
#define KEY_SIZE_MAX  511
#define DEPTH_MAX     32 /* mdb.c's CURSOR_STACK */
#define NO_PAGE       UINT64_MAX
#define FLAG_BRANCH   0x01
#define FLAG_LEAF     0x02
#define FLAG_OVERFLOW 0x04
#define NODE_BIG      0x01 /* the value lies on overflow pages */
#define NODE_SUBDATA  0x02 /* the value is a table's root */
#define FREE_FLAGS    0x08 /* MDB_INTEGERKEY */
/* A larger map is none of ours. */
#define MAP_MAX ((uint64_t)1 << 40)
/* Somebody else may write while we look: then once more. */
#define LOOKS 5

enum tree_kind { TREE_FREE, TREE_MAIN, TREE_TABLE };

struct file {
	const unsigned char *p;
	uint64_t pages; /* whole ones in the file */
	uint64_t last;  /* the last page's number that was ever given out */
	size_t page_size;
	uint8_t *used; /* a bit for each page up to `last` */
	bool leaves;   /* look into the tables' leaf pages too */
	const char *wrong;
	uint64_t where;
};

struct tree {
	enum tree_kind kind;
	unsigned depth;
};

/* Keys of a page lie between these; p is NULL for no bound. */
struct range {
	struct view low;  /* inclusive */
	struct view high; /* exclusive */
};

struct node {
	const unsigned char *p;
	size_t size; /* with key and value; even */
	struct view key;
	unsigned flags;
	uint64_t child;
	struct view value;   /* or the overflow page's number */
	uint64_t value_size; /* as the node says */
};

static uint64_t le(const void *from, unsigned octets)
{
	const unsigned char *p = from;
	uint64_t x = 0;

	for (unsigned i = octets; i > 0; i--)
		x = x << 8 | p[i - 1];
	return x;
}

static bool bad(struct file *f, uint64_t page, const char *what)
{
	if (f->wrong == NULL) {
		f->wrong = what;
		f->where = page;
	}
	return false;
}

static bool use(struct file *f, uint64_t page)
{
	if (page > f->last)
		return bad(f, page, "a page number is behind the end");
	if ((f->used[page / 8] >> (page % 8) & 1) != 0)
		return bad(f, page, "a page is used twice");
	f->used[page / 8] |= (uint8_t)(1u << (page % 8));
	return true;
}

static bool use_stored(struct file *f, uint64_t page)
{
	return page < f->pages ? use(f, page) : bad(f, page, "a page is behind the file's end");
}

static bool check_tree(struct file *f, enum tree_kind kind, const void *record);

/* --- entries --- */

static bool read_overflow(struct file *f, struct node *n, bool claim)
{
	uint64_t page = le(n->value.p, 8), count;
	const unsigned char *p = f->p + page * f->page_size;

	if (page >= f->pages)
		return bad(f, page, "an overflow page is behind the end");
	count = le(p + 12, 4);
	if (le(p, 8) != page || le(p + 10, 2) != FLAG_OVERFLOW)
		return bad(f, page, "an overflow page is none");
	if (count == 0 || count > f->pages - page ||
	    count * f->page_size < HEADER_SIZE + n->value_size)
		return bad(f, page, "an overflow run has a wrong length");
	for (uint64_t i = 0; claim && i < count; i++)
		if (!use_stored(f, page + i))
			return false;
	n->value = (struct view){ (const char *)p + HEADER_SIZE, n->value_size };
	return true;
}

/* A list of free pages: their number, then the pages, from the highest to the lowest. */
static bool check_free_list(struct file *f, uint64_t page, const struct node *n)
{
	uint64_t count, before = f->last + 1;

	if (n->key.n != 8 || n->value.n < 8)
		return bad(f, page, "a list of free pages is none");
	count = le(n->value.p, 8);
	if (count > n->value.n / 8 - 1)
		return bad(f, page, "a list of free pages passes its end");
	for (uint64_t i = 1; i <= count; i++) {
		uint64_t it = le(n->value.p + 8 * i, 8);

		if (it >= before)
			return bad(f, page, "a list of free pages is out of order");
		if (!use(f, it))
			return false;
		before = it;
	}
	return true;
}

static bool check_value(struct file *f, const struct tree *t, uint64_t page, struct node *n)
{
	unsigned expected = t->kind == TREE_MAIN ? NODE_SUBDATA : n->flags & NODE_BIG;

	if (n->flags != expected)
		return bad(f, page, "an entry is of a wrong kind");
	if ((n->flags & NODE_BIG) != 0 && !read_overflow(f, n, true))
		return false;
	if (t->kind == TREE_FREE)
		return check_free_list(f, page, n);
	if (t->kind == TREE_TABLE)
		return true;
	if (n->value_size != TREE_SIZE)
		return bad(f, page, "a table's root has a wrong size");
	return check_tree(f, TREE_TABLE, n->value.p);
}

/* Reads the node at the page's i-th offset; all of it lies within the page. */
static bool read_node(struct file *f, uint64_t page, size_t i, bool leaf, struct node *n)
{
	const unsigned char *p = f->p + page * f->page_size;
	size_t at = le(p + HEADER_SIZE + 2 * i, 2), upper = le(p + 14, 2), room;
	uint64_t here;

	if (at < upper || at > f->page_size - NODE_SIZE || at % 2 != 0)
		return bad(f, page, "an entry's offset is wrong");
	*n = (struct node){ .p = p + at };
	room = f->page_size - at - NODE_SIZE;
	n->key = (struct view){ (const char *)n->p + NODE_SIZE, le(n->p + 6, 2) };
	n->flags = leaf ? (unsigned)le(n->p + 4, 2) : 0;
	n->child = le(n->p, 6);
	n->value_size = leaf ? le(n->p, 4) : 0;
	here = (n->flags & NODE_BIG) != 0 ? 8 : n->value_size;
	if (n->key.n > KEY_SIZE_MAX || n->key.n > room || here > room - n->key.n)
		return bad(f, page, "an entry passes its page's end");
	n->value = (struct view){ n->key.p + n->key.n, here };
	n->size = (NODE_SIZE + n->key.n + here + 1) & ~(size_t)1;
	/* Two entries fit on every page; a longer one lies on overflow pages. */
	if (leaf && n->size > (((f->page_size - HEADER_SIZE) / 2) & ~(size_t)1) - 2)
		return bad(f, page, "an entry is too long for its page");
	return true;
}

/* --- pages --- */

static int compare(enum tree_kind kind, struct view a, struct view b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n > 0 ? memcmp(a.p, b.p, n) : 0;

	if (kind == TREE_FREE && a.n == 8 && b.n == 8)
		return le(a.p, 8) < le(b.p, 8) ? -1 : le(a.p, 8) > le(b.p, 8) ? 1 : 0;
	return order != 0 ? order : a.n < b.n ? -1 : a.n > b.n ? 1 : 0;
}

static bool in_order(struct file *f, const struct tree *t, uint64_t page, struct view key,
                     const struct range *r)
{
	if (key.n == 0 || (t->kind == TREE_FREE && key.n != 8))
		return bad(f, page, "a key has a wrong size");
	if ((r->low.p != NULL && compare(t->kind, key, r->low) < 0) ||
	    (r->high.p != NULL && compare(t->kind, key, r->high) >= 0))
		return bad(f, page, "a key is out of order");
	return true;
}

/* Entries lie side by side from `upper` to the page's end: LMDB moves them together by their sizes
 * when one goes. */
static bool take_place(struct file *f, uint64_t page, const struct node *n, uint8_t *taken)
{
	size_t at = (size_t)(n->p - (f->p + page * f->page_size));

	for (size_t i = at / 2; i < (at + n->size) / 2; i++) {
		if ((taken[i / 8] >> (i % 8) & 1) != 0)
			return bad(f, page, "entries lie over each other");
		taken[i / 8] |= (uint8_t)(1u << (i % 8));
	}
	return true;
}

static bool check_places(struct file *f, uint64_t page, size_t count, bool leaf)
{
	uint8_t taken[PAGE_SIZE_MAX / 16] = { 0 };
	size_t sum = 0, upper = le(f->p + page * f->page_size + 14, 2);
	struct node n = { .p = NULL };

	for (size_t i = 0; i < count; i++) {
		if (!read_node(f, page, i, leaf, &n) || !take_place(f, page, &n, taken))
			return false;
		sum += n.size;
	}
	return sum == f->page_size - upper || bad(f, page, "there are gaps between entries");
}

static bool check_page(struct file *f, const struct tree *t, uint64_t page, unsigned level,
                       struct range range);

/* The first key of a branch page is not looked at by LMDB, and often empty: its child begins where
 * the page begins. */
static bool check_branch(struct file *f, const struct tree *t, uint64_t page, size_t count,
                         unsigned level, struct range range)
{
	struct node n = { .p = NULL }, next = { .p = NULL };

	if (!read_node(f, page, 0, false, &n))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct range child = range;

		if (i + 1 < count) {
			if (!read_node(f, page, i + 1, false, &next) ||
			    !in_order(f, t, page, next.key, &range))
				return false;
			child.high = next.key;
		}
		if (!check_page(f, t, n.child, level + 1, child))
			return false;
		n = next;
		range.low = child.high;
	}
	return true;
}

static bool check_leaf(struct file *f, const struct tree *t, uint64_t page, size_t count,
                       struct range range)
{
	struct view before = { NULL, 0 };
	struct node n = { .p = NULL };

	for (size_t i = 0; i < count; i++) {
		if (!read_node(f, page, i, true, &n) || !in_order(f, t, page, n.key, &range))
			return false;
		if (before.p != NULL && compare(t->kind, before, n.key) >= 0)
			return bad(f, page, "keys are out of order");
		before = n.key;
		if (!check_value(f, t, page, &n))
			return false;
	}
	return true;
}

/* All leaves are equally deep, so the level tells what a page must be. */
static bool check_page(struct file *f, const struct tree *t, uint64_t page, unsigned level,
                       struct range range)
{
	bool leaf = level + 1 == t->depth;
	const unsigned char *p;
	size_t lower, upper, count;

	if (!use_stored(f, page))
		return false;
	if (leaf && t->kind == TREE_TABLE && !f->leaves)
		return true;
	p = f->p + page * f->page_size;
	if (le(p, 8) != page || le(p + 10, 2) != (leaf ? FLAG_LEAF : FLAG_BRANCH))
		return bad(f, page, "a page of a tree is none");
	lower = le(p + 12, 2);
	upper = le(p + 14, 2);
	if (lower < HEADER_SIZE || lower > upper || upper > f->page_size || lower % 2 != 0)
		return bad(f, page, "a page's bounds are wrong");
	count = (lower - HEADER_SIZE) / 2;
	/* The list of free pages may have a branch with one child (LMDB's ITS#8336). */
	if (count < (leaf || t->kind == TREE_FREE ? 1u : 2u))
		return bad(f, page, "a page has too few entries");
	if (!check_places(f, page, count, leaf))
		return false;
	return leaf ? check_leaf(f, t, page, count, range)
	            : check_branch(f, t, page, count, level, range);
}

static bool check_tree(struct file *f, enum tree_kind kind, const void *record)
{
	const unsigned char *r = record;
	struct tree t = { .kind = kind, .depth = (unsigned)le(r + 6, 2) };
	struct range all = { .low = { NULL, 0 } };
	uint64_t root = le(r + 40, 8);

	if (le(r + 4, 2) != (kind == TREE_FREE ? FREE_FLAGS : 0))
		return bad(f, root, "a table is of another kind");
	if (t.depth > DEPTH_MAX || (t.depth == 0) != (root == NO_PAGE))
		return bad(f, root, "a table's depth is wrong");
	return root == NO_PAGE || check_page(f, &t, root, 0, all);
}

/* --- the whole --- */

static const unsigned char *meta(const struct file *f, unsigned which)
{
	return f->p + which * f->page_size + HEADER_SIZE;
}

static uint64_t transaction_of(const struct file *f, unsigned which)
{
	return le(meta(f, which) + META_SIZE - 8, 8);
}

static bool check_meta(struct file *f, unsigned which)
{
	const unsigned char *m = meta(f, which);

	if (le(m, 4) != MAGIC || (le(m - 6, 2) & 0x08) == 0)
		return bad(f, which, "it is no LMDB file");
	if (le(m + 4, 4) != DATA_VERSION)
		return bad(f, which, "it is of another LMDB version");
	if (le(m + 24, 4) != f->page_size)
		return bad(f, which, "it was made with another page size");
	return true;
}

/* Transactions write the two meta pages in turn, and LMDB finds the newest by that. */
static bool find_newest(struct file *f, const unsigned char **newest)
{
	unsigned which = transaction_of(f, 0) < transaction_of(f, 1) ? 1 : 0;
	uint64_t map = le(meta(f, which) + 16, 8);

	*newest = meta(f, which);
	f->last = le(*newest + META_SIZE - 16, 8);
	if (transaction_of(f, which) % 2 != which)
		return bad(f, which, "the transactions' numbers are wrong");
	/* The last page may lie behind the file's end: pages that were taken and given back within
	 * one transaction are counted there but were never written. */
	if (map > MAP_MAX || f->last < 1 || f->last >= map / f->page_size)
		return bad(f, which, "the last page's number is wrong");
	return true;
}

static void check_trees(struct file *f)
{
	const unsigned char *m;

	if (!check_meta(f, 0) || !check_meta(f, 1) || !find_newest(f, &m))
		return;
	f->used = mem_alloc((size_t)(f->last / 8 + 1));
	if (use(f, 0) && use(f, 1) && check_tree(f, TREE_MAIN, m + 24 + TREE_SIZE))
		(void)check_tree(f, TREE_FREE, m + 24);
	mem_free(f->used);
}

static uint64_t newest_transaction(const struct file *f)
{
	uint64_t a = transaction_of(f, 0), b = transaction_of(f, 1);

	return a > b ? a : b;
}

/* ST_AGAIN: somebody has written meanwhile, so what was seen may be a mixture. */
static enum status check_file(struct file *f, size_t size)
{
	uint64_t transaction;

	f->page_size = (size_t)sysconf(_SC_PAGESIZE);
	f->pages = size / f->page_size;
	f->leaves = size <= DAMAGE_WHOLE_MAX;
	if (f->pages < 2) {
		(void)bad(f, 0, "it is too short");
		return ST_DAMAGED;
	}
	transaction = newest_transaction(f);
	check_trees(f);
	if (f->wrong == NULL)
		return ST_OK;
	return newest_transaction(f) == transaction ? ST_DAMAGED : ST_AGAIN;
}

static enum status look(const char *path, struct diag *why)
{
	struct file f = { .wrong = NULL };
	struct stat s;
	enum status st;
	void *map;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &s) != 0 || s.st_size == 0) {
		if (fd >= 0)
			(void)close(fd);
		return ST_OK; /* opening it will say what is the matter */
	}
	map = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (map == MAP_FAILED) {
		diag_set(why, "can't map %s: %s", path, strerror(errno));
		return status_of_errno(errno);
	}
	f.p = map;
	st = check_file(&f, (size_t)s.st_size);
	(void)munmap(map, (size_t)s.st_size);
	if (f.wrong != NULL)
		diag_set(why, "%s: %s (page %llu)", path, f.wrong, (unsigned long long)f.where);
	return st;
}

/* Who has an LMDB file open holds a lock on the first octet of its lock file. */
static bool open_elsewhere(const char *dir)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
	char path[4096];
	bool yes;
	int fd;

	if (snprintf(path, sizeof(path), "%s/lock.mdb", dir) >= (int)sizeof(path))
		return false;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	yes = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	(void)close(fd);
	return yes;
}

enum status damage_check(const char *dir, struct diag *why)
{
	char path[4096];
	enum status st = ST_AGAIN;

	why->file = NULL;
	if (snprintf(path, sizeof(path), "%s/data.mdb", dir) >= (int)sizeof(path)) {
		diag_set(why, "the path of the store is too long: %s", dir);
		return ST_LIMIT;
	}
	for (unsigned i = 0; i < LOOKS && st == ST_AGAIN; i++) {
		if (open_elsewhere(dir))
			return ST_OK;
		st = look(path, why);
	}
	if (st == ST_AGAIN || (st == ST_DAMAGED && open_elsewhere(dir)))
		return ST_OK;
	return st;
}
