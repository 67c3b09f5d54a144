#include <stdlib.h>

#include "test.h"

#include "codec/bdb.h"
#include "codec/pairs.h"
#include "util/file.h"

#define FOLDER   TEST_DATA "/postgrey/"
#define FILE_MAX ((size_t)1 << 20)

static struct buf load(const char *name)
{
	struct buf b = buf_of(FILE_MAX);
	struct diag why = { 0 };
	char path[512];

	(void)snprintf(path, sizeof(path), FOLDER "%s", name);
	if (file_read(path, &b, &why) != ST_OK)
		fail_msg("%s", why.text);
	return b;
}

/* As db_dump -p writes it. */
static void print_item(struct buf *out, struct view v)
{
	assert_int_equal(buf_byte(out, ' '), ST_OK);
	for (size_t i = 0; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if (c == '\\')
			assert_int_equal(buf_append(out, VIEW("\\\\")), ST_OK);
		else if (c >= 0x20 && c < 0x7f)
			assert_int_equal(buf_byte(out, (char)c), ST_OK);
		else
			assert_int_equal(buf_printf(out, "\\%02x", c), ST_OK);
	}
	assert_int_equal(buf_byte(out, '\n'), ST_OK);
}

static enum status print_pair(void *arg, struct view key, struct view value)
{
	print_item(arg, key);
	print_item(arg, value);
	return ST_OK;
}

static void assert_same(struct view got, struct view want, const char *name)
{
	if (!view_eq(got, want))
		fail_msg("%s: read as\n%.*s\nbut it is\n%.*s", name, VIEW_ARG(got), VIEW_ARG(want));
}

/* The records of a text of db_dump -p, without its head and end. */
static struct view body(struct view text)
{
	static const char head[] = "HEADER=END\n", tail[] = "DATA=END\n";
	const char *start = memmem(text.p, text.n, head, sizeof(head) - 1);

	assert_non_null(start);
	start += sizeof(head) - 1;
	text.n -= (size_t)(start - text.p);
	assert_true(text.n >= sizeof(tail) - 1);
	return (struct view){ start, text.n - (sizeof(tail) - 1) };
}

static const char *const good_files[] = {
	"plain-postgrey",
	"plain-postgrey_clients",
	"privacy-postgrey",
	"privacy-postgrey_clients",
	"host-postgrey",
	"host-postgrey_clients",
	"tree",
	"overflow",
	"swapped",
	"deleted",
	"empty",
};
#define GOOD_FILES (sizeof(good_files) / sizeof(good_files[0]))

static struct buf load_as(const char *name, const char *ending)
{
	char file[64];

	(void)snprintf(file, sizeof(file), "%s.%s", name, ending);
	return load(file);
}

static void test_same_as_db_dump(void **state)
{
	(void)state;
	for (size_t i = 0; i < GOOD_FILES; i++) {
		struct buf db = load_as(good_files[i], "db");
		struct buf text = load_as(good_files[i], "print");
		struct buf got = buf_of(FILE_MAX);
		struct diag why = { 0 };

		if (pairs_read(buf_view(&db), print_pair, &got, &why) != ST_OK)
			fail_msg("%s: %s", good_files[i], why.text);
		assert_same(buf_view(&got), body(buf_view(&text)), good_files[i]);
		buf_clear(&got);
		if (pairs_read(buf_view(&text), print_pair, &got, &why) != ST_OK)
			fail_msg("%s: line %u: %s", good_files[i], why.line, why.text);
		assert_same(buf_view(&got), body(buf_view(&text)), good_files[i]);
		buf_free(&db);
		buf_free(&text);
		buf_free(&got);
	}
}

static void test_old_version(void **state)
{
	struct buf db = load("overflow.db"), text = load("overflow.print"), got = buf_of(FILE_MAX);
	struct diag why = { 0 };

	(void)state;
	db.p[16] = 8;
	assert_int_equal(pairs_read(buf_view(&db), print_pair, &got, &why), ST_OK);
	assert_same(buf_view(&got), body(buf_view(&text)), "version 8");
	buf_free(&db);
	buf_free(&text);
	buf_free(&got);
}

/* While Postgrey runs, the file has no records yet, and nothing shows it. */
static void test_copied_while_running(void **state)
{
	struct buf db = load("running.db"), got = buf_of(FILE_MAX);
	struct diag why = { 0 };

	(void)state;
	assert_int_equal(pairs_read(buf_view(&db), print_pair, &got, &why), ST_OK);
	assert_int_equal(got.n, 0);
	buf_free(&db);
	buf_free(&got);
}

static void test_refused_files(void **state)
{
	static const struct {
		const char *name;
		const char *text; /* is in the message */
	} cases[] = {
		{ "checksum.db", "checksums" },  { "encrypted.db", "encrypted" },
		{ "hash.db", "hash data base" }, { "twice.db", "duplicates" },
		{ "named.db", "several" },       { "make.sh", "neither" },
	};
	struct diag why = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf db = load(cases[i].name), got = buf_of(FILE_MAX);

		assert_int_equal(pairs_read(buf_view(&db), print_pair, &got, &why), ST_INVALID);
		assert_int_equal(got.n, 0);
		if (strstr(why.text, cases[i].text) == NULL)
			fail_msg("%s: %s", cases[i].name, why.text);
		buf_free(&db);
		buf_free(&got);
	}
	assert_int_equal(pairs_read((struct view){ NULL, 0 }, print_pair, NULL, &why), ST_INVALID);
	assert_string_equal(why.text, "the file is empty");
}

/* Octets of overflow.db (little endian, 512 to a page; page 1 is inner, 2 is a leaf). */
struct patch {
	size_t at;
	uint16_t value;
	unsigned octets;
};

#define PAGE(n, at) ((size_t)(n)*512 + (at))

static void apply(struct buf *db, const struct patch *p)
{
	for (unsigned i = 0; i < p->octets; i++)
		db->p[p->at + i] = (char)(p->value >> 8 * i);
}

static uint16_t peek(const struct buf *db, size_t at)
{
	return (uint16_t)((unsigned char)db->p[at] | (unsigned char)db->p[at + 1] << 8);
}

/* Page number of the n-th page (from 0) of this type. */
static size_t page_of_type(const struct buf *db, int type, int n)
{
	for (size_t page = 1; page < db->n / 512; page++)
		if (db->p[PAGE(page, 25)] == type && n-- == 0)
			return page;
	fail_msg("no page of type %d", type);
	return 0;
}

static void assert_damaged(struct buf *db, const char *name, const char *words)
{
	struct buf got = buf_of(FILE_MAX);
	struct diag why = { 0 };
	enum status st = pairs_read(buf_view(db), print_pair, &got, &why);

	if (st != ST_DAMAGED || strstr(why.text, words) == NULL)
		fail_msg("%s: %s: %s", name, status_text(st), why.text);
	buf_free(&got);
}

static void test_meta_page(void **state)
{
	static const struct {
		const char *name;
		struct patch patch;
		enum status want;
		const char *words;
	} cases[] = {
		{ "version 7", { 16, 7, 1 }, ST_INVALID, "version 7" },
		{ "version 10", { 16, 10, 1 }, ST_INVALID, "version 10" },
		{ "page of 256", { 20, 256, 4 }, ST_INVALID, "page size 256" },
		{ "page of 768", { 20, 768, 4 }, ST_INVALID, "page size 768" },
		{ "page of 0", { 20, 0, 4 }, ST_INVALID, "page size 0" },
		{ "another type", { 25, 5, 1 }, ST_INVALID, "page 0" },
		{ "record numbers", { 48, 2, 1 }, ST_INVALID, "record numbers" },
		{ "compressed", { 48, 0x80, 1 }, ST_INVALID, "compressed" },
		{ "root is page 0", { 88, 0, 4 }, ST_DAMAGED, "page 0:" },
		{ "root outside", { 88, 14, 4 }, ST_DAMAGED, "page 14: is named by another" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf db = load("overflow.db"), got = buf_of(FILE_MAX);
		struct diag why = { 0 };
		enum status st;

		apply(&db, &cases[i].patch);
		st = pairs_read(buf_view(&db), print_pair, &got, &why);
		if (st != cases[i].want || strstr(why.text, cases[i].words) == NULL)
			fail_msg("%s: %s: %s", cases[i].name, status_text(st), why.text);
		buf_free(&db);
		buf_free(&got);
	}
}

static void test_circles(void **state)
{
	struct buf db = load("tree.db");
	size_t inner = page_of_type(&db, 3, 0), leaf, child;

	(void)state;
	assert_int_equal(peek(&db, 88), inner);
	child = PAGE(inner, peek(&db, PAGE(inner, 26)) + 4);
	apply(&db, &(struct patch){ child, (uint16_t)inner, 4 });
	assert_damaged(&db, "inner page is its own child", "circle");
	buf_free(&db);

	db = load("deleted.db");
	leaf = page_of_type(&db, 5, 3);
	apply(&db, &(struct patch){ PAGE(leaf, 16), (uint16_t)leaf, 4 });
	apply(&db, &(struct patch){ PAGE(leaf, 12), (uint16_t)leaf, 4 });
	apply(&db, &(struct patch){ 88, (uint16_t)leaf, 4 });
	assert_damaged(&db, "leaf with one before it", "does not lead back");
	apply(&db, &(struct patch){ PAGE(leaf, 12), 0, 4 });
	assert_damaged(&db, "leaf is its own next", "does not lead back");
	buf_free(&db);
}

static void test_overflow_pages(void **state)
{
	static const struct {
		const char *name;
		size_t at;
		uint16_t value;
		unsigned octets;
		const char *words;
	} cases[] = {
		{ "next is itself", 16, 0 /* page */, 4, "more octets" },
		{ "next is a leaf", 16, 2, 4, "page 2: is no overflow page" },
		{ "next outside", 16, 400, 4, "page 400: is named" },
		{ "end too early", 16, 0, 4, "end is missing" },
		{ "too many octets", 22, 487, 2, "more octets" },
		{ "no octets", 22, 0, 2, "end is missing" },
		{ "another number", 8, 3000, 4, "bears another number" },
		{ "another type", 25, 5, 1, "is no overflow page" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf db = load("overflow.db");
		size_t page = page_of_type(&db, 7, 0);
		struct patch p = { PAGE(page, cases[i].at), cases[i].value, cases[i].octets };

		while (peek(&db, PAGE(page, 16)) == 0) /* the last of a chain won't do */
			page++;
		p.at = PAGE(page, cases[i].at);
		if (i == 0)
			p.value = (uint16_t)page;
		apply(&db, &p);
		assert_damaged(&db, cases[i].name, cases[i].words);
		buf_free(&db);
	}
}

/* Each long entry of a leaf starts where the longest does. */
static void test_shared_overflow_pages(void **state)
{
	struct buf db = load("overflow.db");
	size_t longest = 0;

	(void)state;
	for (int pass = 0; pass < 2; pass++)
		for (size_t page = 1; page < db.n / 512; page++) {
			size_t count = db.p[PAGE(page, 25)] == 5 ? peek(&db, PAGE(page, 20)) : 0;

			for (size_t i = 0; i < count; i++) {
				size_t at = PAGE(page, peek(&db, PAGE(page, 26 + 2 * i)));

				if (db.p[at + 2] != 3)
					continue;
				if (pass == 1)
					memcpy(db.p + at, db.p + longest, 12);
				else if (longest == 0 || peek(&db, at + 8) > peek(&db, longest + 8))
					longest = at;
			}
		}
	assert_damaged(&db, "one chain for all", "used twice");
	buf_free(&db);
}

/* The walk on its own: small rooms, calls after the end, deletion marks. */
static void test_walk(void **state)
{
	struct buf file = load("overflow.db"), key_room = buf_of(100), value_room = buf_of(100);
	struct diag why = { 0 };
	struct view key, value;
	struct bdb db;
	struct bdb_walk w;
	enum status st;
	int n = 0;

	(void)state;
	assert_int_equal(bdb_open(buf_view(&file), &db, &why), ST_OK);
	assert_int_equal(db.page_size, 512);
	assert_false(db.big_endian);
	w = bdb_walk_of(&db, &key_room, &value_room);
	while ((st = bdb_next(&w, &key, &value, &why)) == ST_OK)
		n++;
	assert_int_equal(st, ST_LIMIT);
	assert_non_null(strstr(why.text, "100 are read at most"));
	assert_int_equal(bdb_next(&w, &key, &value, &why), ST_LIMIT);
	assert_int_equal(key_room.n, 0);
	key_room.max = value_room.max = 2100;
	w = bdb_walk_of(&db, &key_room, &value_room);
	for (n = 0; (st = bdb_next(&w, &key, &value, &why)) == ST_OK; n++)
		;
	assert_int_equal(st, ST_NOTFOUND);
	assert_int_equal(n, 11);
	assert_int_equal(bdb_next(&w, &key, &value, &why), ST_NOTFOUND);
	buf_free(&file);
	buf_free(&key_room);
	buf_free(&value_room);
}

static enum status count_pair(void *arg, struct view key, struct view value)
{
	size_t *left = arg;

	(void)key;
	(void)value;
	if (*left == 0)
		return ST_FULL;
	(*left)--;
	return ST_OK;
}

static void test_leaf_entries(void **state)
{
	struct buf db = load("host-postgrey_clients.db");
	size_t leaf = 4096, first = leaf + peek(&db, leaf + 26), second = leaf + 30;
	struct diag why = { 0 };
	size_t left = 9;

	(void)state;
	assert_int_equal(pairs_read(buf_view(&db), count_pair, &left, &why), ST_OK);
	assert_int_equal(left, 7);
	db.p[first + 2] = (char)0x81; /* the first key is deleted */
	assert_int_equal(pairs_read(buf_view(&db), count_pair, &left, &why), ST_OK);
	assert_int_equal(left, 6);
	left = 0;
	assert_int_equal(pairs_read(buf_view(&db), count_pair, &left, &why), ST_FULL);
	db.p[first + 2] = 2;
	assert_damaged(&db, "off-page duplicates", "page 1: has an entry of unknown type");
	db.p[first + 2] = 1;
	apply(&db, &(struct patch){ first, 4000, 2 });
	assert_damaged(&db, "entry too long", "outside of the page");
	apply(&db, &(struct patch){ first, 12, 2 });
	apply(&db, &(struct patch){ second, 20, 2 });
	assert_damaged(&db, "entry in the head", "has an entry");
	apply(&db, &(struct patch){ second, 4095, 2 });
	assert_damaged(&db, "entry at the end", "has an entry");
	db.p[leaf + 20] = 3;
	assert_damaged(&db, "a key without a value", "number of entries");
	apply(&db, &(struct patch){ leaf + 20, 4000, 2 });
	assert_damaged(&db, "more entries than fit", "number of entries");
	buf_free(&db);
}

/* 1000 pairs that are one and the same long entry. */
static void test_overlapping_entries(void **state)
{
	struct buf db = load("host-postgrey_clients.db");
	size_t leaf = 4096;
	size_t left = 2000;
	struct diag why = { 0 };

	(void)state;
	apply(&db, &(struct patch){ leaf + 20, 1000, 2 });
	for (size_t i = 0; i < 1000; i++)
		apply(&db, &(struct patch){ leaf + 26 + 2 * i, 2100, 2 });
	apply(&db, &(struct patch){ leaf + 2100, 900, 2 });
	db.p[leaf + 2102] = 1;
	assert_int_equal(pairs_read(buf_view(&db), count_pair, &left, &why), ST_DAMAGED);
	assert_string_equal(why.text, "page 1: has entries that overlap");
	assert_int_equal(left, 1999);
	buf_free(&db);
}

/* 64 KiB, where the start of the data does not fit its 16 bits. */
static void test_largest_page(void **state)
{
	static char file[2 * 65536];
	struct buf db = { file, sizeof(file), 0, sizeof(file) };
	static const char entries[14] = {
		3, 0, 1, 'k', 'e', 'y', 5, 0, 1, 'v', 'a', 'l', 'u', 'e'
	};
	static const struct patch patches[] = {
		{ 12, 0x3162, 2 },
		{ 14, 5, 2 },
		{ 16, 9, 4 },
		{ 22, 1, 2 },
		{ 25, 9, 1 },
		{ 88, 1, 4 },
		{ 65536 + 8, 1, 4 },
		{ 65536 + 20, 2, 2 },
		{ 65536 + 24, 0x501, 2 },
		{ 65536 + 26, 65522, 2 },
		{ 65536 + 28, 65528, 2 },
	};
	struct buf got = buf_of(FILE_MAX);
	struct diag why = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(patches) / sizeof(patches[0]); i++)
		apply(&db, &patches[i]);
	memcpy(file + sizeof(file) - sizeof(entries), entries, sizeof(entries));
	assert_int_equal(pairs_read(buf_view(&db), print_pair, &got, &why), ST_OK);
	assert_view(buf_view(&got), " key\n value\n");
	buf_free(&got);
}

static void test_cut_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < GOOD_FILES; i++) {
		struct buf db = load_as(good_files[i], "db"),
			   text = load_as(good_files[i], "print");
		struct view want = body(buf_view(&text));

		for (size_t n = 0; n < db.n; n += 64) {
			struct buf got = buf_of(FILE_MAX);
			struct diag why = { 0 };
			char *copy = malloc(n > 0 ? n : 1); /* so that a sanitizer sees its end */
			enum status st;

			assert_non_null(copy);
			memcpy(copy, db.p, n);
			st = pairs_read((struct view){ copy, n }, print_pair, &got, &why);
			assert_true(st == ST_OK || st == ST_INVALID || st == ST_DAMAGED);
			assert_true(st != ST_OK || got.n == want.n);
			assert_true(view_starts(want, buf_view(&got)));
			free(copy);
			buf_free(&got);
		}
		buf_free(&db);
		buf_free(&text);
	}
}

static void test_garbled_files(void **state)
{
	static const char *const names[] = { "overflow.db", "swapped.db", "tree.db",
		                             "plain-postgrey_clients.db" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct buf db = load(names[i]);

		for (size_t n = 0; n < db.n; n++) {
			size_t left = db.n / 10; /* two indexes and two heads are ten octets */
			struct diag why = { 0 };
			enum status st;

			db.p[n] = (char)~db.p[n];
			st = pairs_read(buf_view(&db), count_pair, &left, &why);
			if (st == ST_FULL || (st != ST_OK && why.text[0] == '\0'))
				fail_msg("%s: octet %zu: %s", names[i], n, status_text(st));
			db.p[n] = (char)~db.p[n];
		}
		buf_free(&db);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_as_db_dump),
		cmocka_unit_test(test_old_version),
		cmocka_unit_test(test_copied_while_running),
		cmocka_unit_test(test_refused_files),
		cmocka_unit_test(test_meta_page),
		cmocka_unit_test(test_circles),
		cmocka_unit_test(test_overflow_pages),
		cmocka_unit_test(test_shared_overflow_pages),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_leaf_entries),
		cmocka_unit_test(test_overlapping_entries),
		cmocka_unit_test(test_largest_page),
		cmocka_unit_test(test_cut_files),
		cmocka_unit_test(test_garbled_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
