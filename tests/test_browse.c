/* A store in a folder of its own, looked at and changed from outside. */
#include "test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/tuple.h"
#include "store/browse.h"
#include "store/digest.h"
#include "store/env.h"
#include "store/tables.h"

#define NOW 1800000000

struct place {
	char dir[64];
	struct diag why;
};

static struct place place_new(void)
{
	struct place p = { .dir = "/tmp/greylag-test-XXXXXX", .why = { .file = NULL } };

	assert_non_null(mkdtemp(p.dir));
	return p;
}

static void place_free(struct place *p)
{
	static const char *const names[] = { "data.mdb", "lock.mdb", "greylag.lock" };
	char path[128];

	for (unsigned i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", p->dir, names[i]);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(p->dir), 0);
}

static struct browse *open_store(struct place *p, bool change, bool privacy)
{
	struct browse_options o = { .dir = p->dir, .change = change, .privacy = privacy };
	struct browse *b = NULL;

	assert_int_equal(browse_open(&o, &b, &p->why), ST_OK);
	return b;
}

static struct browse_entry tuple(const char *text, int64_t first, int64_t last, uint32_t passes)
{
	return (struct browse_entry){ .table = BROWSE_TUPLES,
		                      .text = view_of(text),
		                      .tuple = { .first = first, .last = last, .passes = passes } };
}

static struct browse_entry client(const char *text, uint32_t count, int64_t last)
{
	return (struct browse_entry){ .table = BROWSE_CLIENTS,
		                      .text = view_of(text),
		                      .client = { .count = count, .last = last } };
}

static void put(struct browse *b, struct browse_entry e)
{
	struct diag why = { .file = NULL };

	assert_int_equal(browse_put(b, &e, &why), ST_OK);
}

static struct browse_put_counts flush(struct browse *b)
{
	struct browse_put_counts counts;
	struct diag why = { .file = NULL };

	assert_int_equal(browse_flush(b, &counts, &why), ST_OK);
	return counts;
}

static unsigned count_walk(struct browse *b, enum browse_table table)
{
	struct browse_walk *w = browse_walk_new(b, table);
	struct browse_entry e;
	struct diag why = { .file = NULL };
	char before[600] = "";
	unsigned n = 0;

	while (browse_next(w, &e, &why) == ST_OK) {
		char key[600];

		assert_false(e.damaged);
		(void)snprintf(key, sizeof(key), "%.*s", VIEW_ARG(e.key));
		assert_true(strcmp(before, key) < 0);
		memcpy(before, key, sizeof(key));
		n++;
	}
	browse_walk_free(&w);
	return n;
}

static void nothing_there(void **state)
{
	struct place p = place_new();
	struct browse_options o = { .dir = p.dir };
	struct browse *b = NULL;

	(void)state;
	assert_int_equal(browse_open(&o, &b, &p.why), ST_NOTFOUND);
	assert_null(b);
	assert_non_null(strstr(p.why.text, "no store"));
	place_free(&p); /* so nothing was made in it */
	o.dir = "/nonexistent/greylag";
	o.change = true;
	assert_int_equal(browse_open(&o, &b, &p.why), ST_NOTFOUND);
}

/* More than two slices, and an open walk while entries come and go. */
static void many_entries(void **state)
{
	struct place p = place_new();
	struct browse *b = open_store(&p, true, false);
	char text[64];

	(void)state;
	for (unsigned i = 0; i < 2500; i++) {
		(void)snprintf(text, sizeof(text), "10.%u.%u.0/24\ta@b\tc@d", i / 250, i % 250);
		put(b, tuple(text, NOW, NOW, 0));
	}
	assert_int_equal(flush(b).added, 2500);
	assert_int_equal(browse_count(b, BROWSE_TUPLES), 2500);
	assert_int_equal(count_walk(b, BROWSE_TUPLES), 2500);
	assert_int_equal(count_walk(b, BROWSE_CLIENTS), 0);
	browse_close(&b);
	b = open_store(&p, false, false);
	assert_int_equal(count_walk(b, BROWSE_TUPLES), 2500);
	browse_close(&b);
	place_free(&p);
}

/* What was said of the mail comes with an import, but what is there stays. */
static void scans(void **state)
{
	struct place p = place_new();
	struct browse *b = open_store(&p, true, false);
	struct browse_entry e = tuple("203.0.113.0/24\ta@b\tc@d", NOW, NOW, 0);
	struct browse_entry found;

	(void)state;
	e.scanned = true;
	e.scan = (struct record_scan){ .score_tenths = 75, .symbols = { 3, "A,B" } };
	put(b, e);
	assert_int_equal(flush(b).added, 1);
	e.scan = (struct record_scan){ .score_tenths = 90 };
	put(b, e);
	e.scanned = false;
	put(b, e);
	assert_int_equal(flush(b).merged, 2);
	assert_int_equal(browse_find(b, BROWSE_TUPLES, e.text, &found, &p.why), ST_OK);
	assert_true(found.scanned);
	assert_int_equal(found.scan.score_tenths, 75);
	assert_view(spam_symbols_view(&found.scan.symbols), "A,B");
	assert_view(found.recipient, "c@d");
	browse_close(&b);
	place_free(&p);
}

static bool odd(void *arg, const struct browse_entry *e)
{
	(*(unsigned *)arg)++;
	return (e->text.p[e->text.n - 1] - '0') % 2 == 1;
}

static bool any(void *arg, const struct browse_entry *e)
{
	(void)arg;
	(void)e;
	return true;
}

static void forgetting(void **state)
{
	struct place p = place_new();
	struct browse *b = open_store(&p, true, false);
	unsigned asked = 0;
	uint64_t gone = 0;
	char text[64];

	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		(void)snprintf(text, sizeof(text), "10.0.0.0/24\ta@b\tc%u", i);
		put(b, tuple(text, NOW, NOW, 0));
	}
	(void)flush(b);
	assert_int_equal(browse_forget(b, BROWSE_TUPLES, odd, &asked, &gone, &p.why), ST_OK);
	assert_int_equal(asked, 3000);
	assert_int_equal(gone, 1500);
	assert_int_equal(browse_count(b, BROWSE_TUPLES), 1500);
	browse_close(&b);
	b = open_store(&p, false, false);
	assert_int_not_equal(browse_forget(b, BROWSE_TUPLES, any, NULL, &gone, &p.why), ST_OK);
	assert_int_equal(browse_count(b, BROWSE_TUPLES), 1500);
	browse_close(&b);
	place_free(&p);
}

static void merging(void **state)
{
	static const char text[] = "203.0.113.0/24\ta@b\tc@d";
	struct place p = place_new();
	struct browse *b = open_store(&p, true, false);
	struct browse_entry e;
	struct browse_put_counts counts;

	(void)state;
	put(b, tuple(text, NOW - 100, NOW - 50, 0));
	put(b, tuple(text, NOW - 200, NOW - 150, 0));
	put(b, client("203.0.113.9", 3, NOW));
	counts = flush(b);
	assert_int_equal(counts.added, 2);
	assert_int_equal(counts.merged, 1);
	assert_int_equal(browse_find(b, BROWSE_TUPLES, VIEW(text), &e, &p.why), ST_OK);
	assert_int_equal(e.tuple.first, NOW - 200);
	assert_int_equal(e.tuple.last, NOW - 50);
	put(b, tuple(text, NOW - 500, NOW - 400, 7));
	put(b, client("203.0.113.9", 2, NOW + 5));
	(void)flush(b);
	assert_int_equal(browse_find(b, BROWSE_TUPLES, VIEW(text), &e, &p.why), ST_OK);
	assert_int_equal(e.tuple.passes, 7);
	assert_int_equal(e.tuple.last, NOW - 400);
	assert_int_equal(browse_find(b, BROWSE_CLIENTS, VIEW("203.0.113.9"), &e, &p.why), ST_OK);
	assert_int_equal(e.client.count, 3);
	assert_int_equal(e.client.last, NOW + 5);
	assert_int_equal(browse_find(b, BROWSE_CLIENTS, VIEW("203.0.113.8"), &e, &p.why),
	                 ST_NOTFOUND);
	browse_close(&b);
	place_free(&p);
}

/* A key above LMDB's bound is hashed, and its text comes back whole. */
static void long_text(void **state)
{
	struct place p = place_new();
	struct browse *b = open_store(&p, true, false);
	struct browse_entry e;
	char text[2000];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "203.0.113.0/24\t", 15);
	text[1000] = '\t';
	text[sizeof(text) - 1] = '\0';
	put(b, tuple(text, NOW, NOW, 0));
	put(b, tuple(text, NOW, NOW + 9, 0));
	assert_int_equal(flush(b).merged, 1);
	assert_int_equal(browse_find(b, BROWSE_TUPLES, view_of(text), &e, &p.why), ST_OK);
	assert_view(e.text, text);
	assert_true(e.key.n < 512);
	assert_view(e.source, "203.0.113.0/24");
	assert_int_equal(e.sender.n, 1000 - 15);
	assert_int_equal(e.tuple.last, NOW + 9);
	browse_close(&b);
	place_free(&p);
}

static void with_privacy(void **state)
{
	static const char text[] = "203.0.113.0/24\ta@b\tc@d";
	struct place p = place_new();
	struct browse *b = open_store(&p, true, true);
	char id[BROWSE_ID_SIZE + 1], hash[BROWSE_HASH_SIZE], key[3 * BROWSE_HASH_SIZE + 2];
	struct browse_entry e, hashed;

	(void)state;
	assert_non_null(browse_secret(b));
	put(b, tuple(text, NOW, NOW, 0));
	(void)flush(b);
	memcpy(id, browse_secret_id(b), sizeof(id));
	browse_close(&b);

	b = open_store(&p, true, false); /* the store says it itself */
	assert_string_equal(browse_secret_id(b), id);
	assert_int_equal(browse_find(b, BROWSE_TUPLES, VIEW(text), &e, &p.why), ST_OK);
	assert_int_equal(e.form, BROWSE_HASHED);
	browse_hash(browse_secret(b), VIEW("a@b"), hash);
	assert_memory_equal(e.sender.p, hash, sizeof(hash));
	assert_int_equal(e.text.n, sizeof(key));
	memcpy(key, e.text.p, sizeof(key));
	hashed = e;
	hashed.text.p = key; /* for longer than the store is open */
	put(b, hashed);      /* as an import of hashes does */
	assert_int_equal(flush(b).merged, 1);
	hashed.text.n--;
	assert_int_equal(browse_put(b, &hashed, &p.why), ST_INVALID);
	browse_close(&b);
	place_free(&p);

	p = place_new();
	b = open_store(&p, true, false);
	hashed.text.n++;
	assert_int_equal(browse_put(b, &hashed, &p.why), ST_INVALID);
	assert_null(browse_secret(b));
	assert_string_equal(browse_secret_id(b), "");
	browse_close(&b);
	place_free(&p);
}

/* --- digests --- */

static void digest_forms(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		unsigned which;
		const char *key; /* sha1sum of the text behind it */
	} cases[] = {
		{ "1.37", "203.0.113.0/24\ta@example.net\tb@example.org", 0,
		  /* 203.0.113.0/a@example.net/b@example.org */
		  "sha1:60906df9bfce08e3664df4e82d39ed9a25a99bf2" },
		{ "1.36", "203.0.113.0/24\ta@example.net\tb@example.org", 1,
		  /* 203.0.113.0/24/a@example.net/b@example.org */
		  "sha1:e8a1ec21cc80431963413be5e0b4d2686a8691b3" },
		{ "IPv6", "2001:db8:1:2::/64\ta@example.net\tb@example.org", 0,
		  /* 2001:db8:1:2:0:0:0:0/a@example.net/b@example.org */
		  "sha1:222054ef1d53d735d66adbda7b0778d26a7e24f7" },
		{ "IPv6 by host, 1.37", "2001:db8:1:2:3::9/128\t\tb@example.org", 1,
		  /* 2001:db8:1:2:3:0:0:9/128//b@example.org */
		  "sha1:f2bc6c6ec85c764cff212cb5edf33031bf85aa60" },
		{ "IPv6 by host, 1.35", "2001:db8:1:2:3::9/128\t\tb@example.org", 2,
		  /* 2001:db8:1:2:3::9//b@example.org */
		  "sha1:0b1bce4811ee656cc0b2a487fc28f488122888f2" },
	};
	struct digests d;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		digests_of_tuple(view_of(cases[i].text), &d);
		assert_true(cases[i].which < d.count);
		assert_view(digests_view(&d, cases[i].which), cases[i].key);
		assert_true(digest_is(digests_view(&d, cases[i].which)));
	}
	digests_of_tuple(VIEW("spf:example.net\ta@b\tc@d"), &d);
	assert_int_equal(d.count, 0);
	digests_of_client(VIEW("203.0.113.9"), &d);
	assert_int_equal(d.count, 1);
	assert_view(digests_view(&d, 0), "sha1:a7cd483b603362ea1fa39d12686e7d8e7aecec65");
	digests_of_client(VIEW("2001:db8::ab"), &d);
	assert_int_equal(d.count, 2);
	assert_view(digests_view(&d, 1),
	            "sha1:9c7f0024b7dd36a58eb7c2203ba6fecf8f5703c2"); /* 2001:DB8:0:0:0:0:0:AB */
	assert_false(digest_is(VIEW("sha1:60906DF9bfce08e3664df4e82d39ed9a25a99bf2")));
	assert_false(digest_is(VIEW("sha1:")));
}

static struct tables_question question(void)
{
	static const struct view text = VIEW_INIT("203.0.113.0/24\ta@example.net\tb@example.org");
	struct tables_question q = {
		.judge = { .subject = JUDGE_TRIPLE, .now = NOW },
		.policy = { .grey = { 300, 172800, 35 * 86400, 1 },
		            .client = { true, 5, 3600, 35 * 86400 } },
	};
	struct view behind;

	assert_int_equal(key_of_tuple(text, NULL, &q.tuple, &behind), ST_OK);
	assert_int_equal(key_of_text(VIEW("203.0.113.9"), NULL, &q.client), ST_OK);
	digests_of_tuple(text, &q.tuple_digests);
	digests_of_client(VIEW("203.0.113.9"), &q.client_digests);
	return q;
}

/* One question, as the daemon's writer asks it. */
static void ask(struct place *p, struct judgement *j)
{
	struct env_options o = { .dir = p->dir, .shared = true, .map_bytes = 1 << 20 };
	struct tables_question q = question();
	struct env e;
	MDB_txn *txn;

	assert_int_equal(env_open(&e, &o, &p->why), ST_OK);
	if (!atomic_load(&e.digests))
		q.tuple_digests.count = q.client_digests.count = 0;
	assert_int_equal(mdb_txn_begin(e.mdb, NULL, 0, &txn), 0);
	assert_int_equal(tables_judge(&e, txn, &q, j), ST_OK);
	assert_int_equal(tables_write(&e, txn, &q, j), ST_OK);
	assert_int_equal(mdb_txn_commit(txn), 0);
	env_close(&e);
}

static void digests_are_found(void **state)
{
	static const char tuple_key[] = "sha1:60906df9bfce08e3664df4e82d39ed9a25a99bf2";
	static const char client_key[] = "sha1:a7cd483b603362ea1fa39d12686e7d8e7aecec65";
	struct place p = place_new();
	struct browse *b = open_store(&p, true, false);
	struct browse_entry e = tuple(tuple_key, NOW - 1000, NOW - 500, 1);
	struct judgement j;

	(void)state;
	e.form = BROWSE_DIGEST;
	put(b, e);
	(void)flush(b);
	assert_int_equal(browse_find(b, BROWSE_TUPLES,
	                             VIEW("203.0.113.0/24\ta@example.net\tb@example.org"), &e,
	                             &p.why),
	                 ST_OK);
	assert_int_equal(e.form, BROWSE_DIGEST);
	browse_close(&b);
	ask(&p, &j);
	assert_int_equal(j.verdict, JUDGE_PASS);
	assert_int_equal(j.grey.reason, GREY_KNOWN);
	assert_false(j.behind);

	b = open_store(&p, true, false); /* it has moved */
	assert_int_equal(browse_count(b, BROWSE_TUPLES), 1);
	assert_int_equal(browse_find(b, BROWSE_TUPLES,
	                             VIEW("203.0.113.0/24\ta@example.net\tb@example.org"), &e,
	                             &p.why),
	                 ST_OK);
	assert_int_equal(e.form, BROWSE_READABLE);
	assert_int_equal(e.tuple.passes, 2);
	assert_int_equal(e.tuple.first, NOW - 1000);
	e = client(client_key, 5, NOW - 10);
	e.form = BROWSE_DIGEST;
	put(b, e);
	(void)flush(b);
	browse_close(&b);
	ask(&p, &j);
	assert_int_equal(j.verdict, JUDGE_PASS_CLIENT);
	assert_false(j.behind);

	b = open_store(&p, false, false);
	assert_int_equal(browse_count(b, BROWSE_CLIENTS), 1);
	assert_int_equal(browse_find(b, BROWSE_CLIENTS, VIEW("203.0.113.9"), &e, &p.why), ST_OK);
	assert_int_equal(e.form, BROWSE_READABLE);
	assert_int_equal(e.client.count, 5);
	assert_int_equal(e.client.last, NOW - 10);
	browse_close(&b);
	place_free(&p);
}

/* The daemon's first look tells it whether there is anything to look for. */
static void digests_are_noted(void **state)
{
	struct place p = place_new();
	struct browse *b = open_store(&p, true, false);
	struct judgement j;

	(void)state;
	put(b, tuple("203.0.113.0/24\tother@example.net\tb@example.org", NOW, NOW, 0));
	(void)flush(b);
	browse_close(&b);
	ask(&p, &j);
	assert_int_equal(j.grey.reason, GREY_NEW);
	place_free(&p);
}

static void test_notes(void **state)
{
	struct place p = place_new();
	struct browse *b = open_store(&p, true, false);

	(void)state;
	assert_int_equal(browse_noted(b, VIEW("x"), VIEW("begun"), &p.why), ST_NOTFOUND);
	assert_int_equal(browse_note(b, VIEW("x"), VIEW("begun"), &p.why), ST_OK);
	browse_close(&b);
	b = open_store(&p, true, false);
	assert_int_equal(browse_noted(b, VIEW("x"), VIEW("begun"), &p.why), ST_OK);
	assert_int_equal(browse_note(b, VIEW("x"), VIEW("finished"), &p.why), ST_OK);
	assert_int_equal(browse_noted(b, VIEW("x"), VIEW("begun"), &p.why), ST_NOTFOUND);
	assert_int_equal(browse_noted(b, VIEW("y"), VIEW("begun"), &p.why), ST_NOTFOUND);
	browse_close(&b);
	place_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_there),
		cmocka_unit_test(many_entries),
		cmocka_unit_test(forgetting),
		cmocka_unit_test(merging),
		cmocka_unit_test(long_text),
		cmocka_unit_test(with_privacy),
		cmocka_unit_test(digest_forms),
		cmocka_unit_test(digests_are_found),
		cmocka_unit_test(digests_are_noted),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(scans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
