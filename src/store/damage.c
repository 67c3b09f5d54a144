/* The form of the file: LMDB 0.9, data version 1, as mdb.c of Debian 12's lmdb 0.9.24 writes it on
 * a 64-bit machine. */
#include "store/damage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/file.h"
#include "util/mem.h"

#define MAGIC        0xBEEFC0DEu
#define DATA_VERSION 1
#define HEADER_SIZE                                                                                \
	16 /* page number 8, padding 2, flags 2, lower 2, upper 2 (or overflow pages 4) */
#define NODE_SIZE     8  /* size or child low 2, high 2, flags or child top 2, key size 2 */
#define DEPTH_MAX     64 /* twice mdb.c's CURSOR_STACK: a table's tree hangs on the main one */
#define NO_PAGE       UINT64_MAX
#define FLAG_BRANCH   0x01
#define FLAG_LEAF     0x02
#define FLAG_OVERFLOW 0x04
#define FLAG_META     0x08
#define NODE_BIG      0x01 /* the value lies on overflow pages */
#define NODE_SUBDATA  0x02 /* the value is a data base's root */
#define TREE_SIZE                                                                                  \
	48 /* padding 4, flags 2, depth 2, branch 8, leaf 8, overflow 8, entries 8, root 8 */

struct file {
	const unsigned char *p;
	uint64_t pages;
	size_t page_size;
	uint8_t *visited; /* a bit a page: no page is reached twice */
	bool leaves;      /* look into leaf pages too */
	const char *wrong;
	uint64_t where;
};

static uint64_t le(const unsigned char *p, unsigned octets)
{
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

static bool visit(struct file *f, uint64_t page)
{
	if (page >= f->pages)
		return bad(f, page, "a page number is behind the end");
	if ((f->visited[page / 8] >> (page % 8) & 1) != 0)
		return bad(f, page, "a page is used twice");
	f->visited[page / 8] |= (uint8_t)(1u << (page % 8));
	return true;
}

static bool check_tree(struct file *f, uint64_t page, unsigned depth);

static bool check_overflow(struct file *f, uint64_t page, uint64_t size)
{
	const unsigned char *p = f->p + page * f->page_size;
	uint64_t count;

	if (page >= f->pages)
		return bad(f, page, "an overflow page is behind the end");
	count = le(p + 12, 4);
	if (le(p, 8) != page || (le(p + 10, 2) & FLAG_OVERFLOW) == 0)
		return bad(f, page, "an overflow page is none");
	if (count == 0 || count > f->pages - page || count * f->page_size < HEADER_SIZE + size)
		return bad(f, page, "an overflow run has a wrong length");
	for (uint64_t i = 0; i < count; i++)
		if (!visit(f, page + i))
			return false;
	return true;
}

static bool check_leaf_node(struct file *f, uint64_t page, const unsigned char *node, size_t room,
                            unsigned depth)
{
	uint64_t size = le(node, 4), key = le(node + 6, 2);
	unsigned flags = (unsigned)le(node + 4, 2);
	const unsigned char *data;
	uint64_t here = (flags & NODE_BIG) != 0 ? 8 : size;

	if (key == 0 || key > room - NODE_SIZE || here > room - NODE_SIZE - key)
		return bad(f, page, "an entry passes its page's end");
	data = node + NODE_SIZE + key;
	if ((flags & NODE_BIG) != 0)
		return check_overflow(f, le(data, 8), size);
	if ((flags & NODE_SUBDATA) != 0) {
		if (size != TREE_SIZE)
			return bad(f, page, "a table's root has a wrong size");
		return le(data + 40, 8) == NO_PAGE || check_tree(f, le(data + 40, 8), depth + 1);
	}
	return true;
}

static bool check_node(struct file *f, uint64_t page, const unsigned char *p, size_t i, bool leaf,
                       unsigned depth)
{
	size_t at = le(p + HEADER_SIZE + 2 * i, 2), upper = le(p + 14, 2);
	const unsigned char *node = p + at;

	if (at < upper || at > f->page_size - NODE_SIZE)
		return bad(f, page, "an entry's offset is wrong");
	if (leaf)
		return check_leaf_node(f, page, node, f->page_size - at, depth);
	if (le(node + 6, 2) > f->page_size - at - NODE_SIZE)
		return bad(f, page, "a key passes its page's end");
	return check_tree(f, le(node, 6), depth + 1);
}

static bool check_tree(struct file *f, uint64_t page, unsigned depth)
{
	const unsigned char *p;
	unsigned flags;
	size_t lower, upper;
	bool leaf;

	if (depth > DEPTH_MAX)
		return bad(f, page, "the tree is too deep");
	if (!visit(f, page))
		return false;
	p = f->p + page * f->page_size;
	flags = (unsigned)le(p + 10, 2);
	leaf = (flags & FLAG_LEAF) != 0;
	if (le(p, 8) != page || leaf == ((flags & FLAG_BRANCH) != 0) ||
	    (flags & (FLAG_OVERFLOW | FLAG_META)) != 0)
		return bad(f, page, "a page of the tree is none");
	lower = le(p + 12, 2);
	upper = le(p + 14, 2);
	if (lower < HEADER_SIZE || lower > upper || upper > f->page_size || lower % 2 != 0)
		return bad(f, page, "a page's bounds are wrong");
	if (!leaf && lower == HEADER_SIZE)
		return bad(f, page, "a branch has no children");
	if (leaf && !f->leaves && depth > 0)
		return true;
	for (size_t i = 0; i < (lower - HEADER_SIZE) / 2; i++)
		if (!check_node(f, page, p, i, leaf, depth))
			return false;
	return true;
}

/* meta at HEADER_SIZE: magic 4, version 4, address 8, map size 8, two trees, last page 8,
 * transaction 8 */
static bool check_meta(struct file *f, uint64_t page)
{
	const unsigned char *m = f->p + page * f->page_size + HEADER_SIZE;

	if (le(m, 4) != MAGIC)
		return bad(f, page, "it is no LMDB file");
	if (le(m + 4, 4) != DATA_VERSION)
		return bad(f, page, "it is of another LMDB version");
	if (le(m + 24, 4) != f->page_size)
		return bad(f, page, "it was made with another page size");
	return true;
}

static bool check_newest(struct file *f)
{
	const unsigned char *m[2] = { f->p + HEADER_SIZE, f->p + f->page_size + HEADER_SIZE };
	unsigned newest = le(m[0] + 128, 8) < le(m[1] + 128, 8) ? 1 : 0;

	/* The last page's number (at 120) is no bound: pages that were taken and given back within
	 * one transaction are counted there but were never written. */
	for (size_t tree = 0; tree < 2; tree++) {
		uint64_t root = le(m[newest] + 24 + tree * TREE_SIZE + 40, 8);

		if (root != NO_PAGE && !check_tree(f, root, 0))
			return false;
	}
	return true;
}

static void check_file(struct file *f, size_t size)
{
	f->page_size = (size_t)sysconf(_SC_PAGESIZE);
	f->pages = size / f->page_size;
	f->leaves = size <= DAMAGE_WHOLE_MAX;
	if (f->pages < 2) {
		(void)bad(f, 0, "it is too short");
		return;
	}
	f->visited = mem_alloc((size_t)(f->pages / 8 + 1));
	if (check_meta(f, 0) && check_meta(f, 1) && visit(f, 0) && visit(f, 1))
		(void)check_newest(f);
	mem_free(f->visited);
}

enum status damage_check(const char *path, struct diag *why)
{
	struct file f = { .wrong = NULL };
	struct stat st;
	void *map;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	why->file = NULL;
	if (fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0) {
		if (fd >= 0)
			(void)close(fd);
		return ST_OK; /* opening it will say what is the matter */
	}
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (map == MAP_FAILED) {
		diag_set(why, "can't map %s: %s", path, strerror(errno));
		return status_of_errno(errno);
	}
	f.p = map;
	check_file(&f, (size_t)st.st_size);
	(void)munmap(map, (size_t)st.st_size);
	if (f.wrong == NULL)
		return ST_OK;
	diag_set(why, "%s: %s (page %llu)", path, f.wrong, (unsigned long long)f.where);
	return ST_DAMAGED;
}
