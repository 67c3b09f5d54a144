#include "engine/judge.h"

#include "test.h"

#define T0    INT64_C(1700000000)
#define DELAY 300
#define HOUR  3600
#define DAY   86400

static const struct judge_policy plain = {
	.grey = { .delay = DELAY, .retry_window = 2 * DAY, .max_age = 35 * DAY, .retry_count = 1 },
	.client = { .on = true, .after = 5, .interval_s = HOUR, .max_age = 35 * DAY },
	.mark_age = 2 * DAY,
};

static struct judge_policy targrey(int64_t retry_count)
{
	struct judge_policy p = plain;

	p.targrey = true;
	p.grey.retry_count = retry_count;
	return p;
}

/* What the store has: age in seconds before T0; count 0, since NONE: it has nothing. */
#define NONE INT64_MIN

struct known {
	int64_t tuple_age; /* since first */
	uint32_t passes;
	uint32_t retries;
	int64_t client_age;
	uint32_t client_count;
	int64_t mark_age;
	uint64_t mark_instance;
};

#define NOTHING .tuple_age = NONE, .client_age = NONE, .mark_age = NONE

struct expected {
	enum judge_verdict verdict;
	bool behind;
	enum judge_write client, tuple, mark;
	uint32_t count;         /* of the client, when written */
	uint64_t mark_instance; /* when written */
	bool freed;
};

static const struct row {
	const char *name;
	bool targrey;
	int64_t retry_count;
	enum judge_subject subject;
	uint64_t instance;
	struct known known;
	struct expected expected;
} rows[] = {
	{ "never seen",
	  false,
	  1,
	  JUDGE_TRIPLE,
	  7,
	  { NOTHING },
	  { JUDGE_DEFER, false, JUDGE_KEEP, JUDGE_STORE, JUDGE_KEEP } },
	{ "one second early",
	  false,
	  1,
	  JUDGE_TRIPLE,
	  7,
	  { .tuple_age = 299, .client_age = NONE, .mark_age = NONE },
	  { JUDGE_DEFER, true, JUDGE_KEEP, JUDGE_STORE, JUDGE_KEEP } },
	{ "on the dot: counts for the client",
	  false,
	  1,
	  JUDGE_TRIPLE,
	  7,
	  { .tuple_age = 300, .client_age = NONE, .mark_age = NONE },
	  { JUDGE_PASS, false, JUDGE_STORE, JUDGE_STORE, JUDGE_KEEP, 1 } },
	{ "in time, the client was counted this hour",
	  false,
	  1,
	  JUDGE_TRIPLE,
	  7,
	  { .tuple_age = 300, .client_age = 3599, .client_count = 3, .mark_age = NONE },
	  { JUDGE_PASS, false, JUDGE_KEEP, JUDGE_STORE, JUDGE_KEEP } },
	{ "the fifth count frees the client",
	  false,
	  1,
	  JUDGE_TRIPLE,
	  7,
	  { .tuple_age = 300, .client_age = 3600, .client_count = 4, .mark_age = NONE },
	  { JUDGE_PASS, false, JUDGE_STORE, JUDGE_STORE, JUDGE_KEEP, 5, .freed = true } },
	{ "known: nobody need wait",
	  false,
	  1,
	  JUDGE_TRIPLE,
	  7,
	  { .tuple_age = 5000, .passes = 1, .client_age = 10, .client_count = 1, .mark_age = NONE },
	  { JUDGE_PASS, true, JUDGE_KEEP, JUDGE_STORE, JUDGE_KEEP } },
	{ "a freed client, counted this hour",
	  false,
	  1,
	  JUDGE_TRIPLE,
	  7,
	  { .tuple_age = NONE, .client_age = 3599, .client_count = 5, .mark_age = NONE },
	  { JUDGE_PASS_CLIENT, true, JUDGE_KEEP, JUDGE_KEEP, JUDGE_KEEP } },
	{ "a freed client, an hour later",
	  false,
	  1,
	  JUDGE_TRIPLE,
	  7,
	  { .tuple_age = NONE, .client_age = 3600, .client_count = 5, .mark_age = NONE },
	  { JUDGE_PASS_CLIENT, true, JUDGE_STORE, JUDGE_KEEP, JUDGE_KEEP, 6 } },
	{ "a freed client that was away too long",
	  false,
	  1,
	  JUDGE_TRIPLE,
	  7,
	  { .tuple_age = NONE, .client_age = 35 * DAY + 1, .client_count = 5, .mark_age = NONE },
	  { JUDGE_DEFER, false, JUDGE_KEEP, JUDGE_STORE, JUDGE_KEEP } },
	{ "DATA, and it counts without a tarpit too",
	  false,
	  1,
	  JUDGE_STAYED,
	  7,
	  { NOTHING },
	  { JUDGE_PASS_STAYED, false, JUDGE_STORE, JUDGE_KEEP, JUDGE_KEEP, 1 } },

	{ "taRgrey: first contact is held",
	  true,
	  1,
	  JUDGE_TRIPLE,
	  7,
	  { NOTHING },
	  { JUDGE_HOLD, false, JUDGE_KEEP, JUDGE_STORE, JUDGE_STORE, .mark_instance = 7 } },
	{ "taRgrey: held, the same session's second recipient",
	  true,
	  1,
	  JUDGE_TRIPLE,
	  7,
	  { .tuple_age = NONE, .client_age = NONE, .mark_age = 125, .mark_instance = 7 },
	  { JUDGE_PASS_HELD, false, JUDGE_KEEP, JUDGE_STORE, JUDGE_KEEP } },
	{ "taRgrey: hung up and came back, another recipient",
	  true,
	  1,
	  JUDGE_TRIPLE,
	  8,
	  { .tuple_age = NONE, .client_age = NONE, .mark_age = 125, .mark_instance = 7 },
	  { JUDGE_DEFER, false, JUDGE_KEEP, JUDGE_STORE, JUDGE_KEEP } },
	{ "taRgrey: hung up and came back early",
	  true,
	  1,
	  JUDGE_TRIPLE,
	  8,
	  { .tuple_age = 125, .client_age = NONE, .mark_age = 125, .mark_instance = 7 },
	  { JUDGE_DEFER, true, JUDGE_KEEP, JUDGE_STORE, JUDGE_KEEP } },
	{ "taRgrey: an older mark is made young again",
	  true,
	  1,
	  JUDGE_TRIPLE,
	  8,
	  { .tuple_age = 299, .client_age = NONE, .mark_age = 300, .mark_instance = 7 },
	  { JUDGE_DEFER, true, JUDGE_KEEP, JUDGE_STORE, JUDGE_STORE, .mark_instance = 7 } },
	{ "taRgrey: came back after the delay",
	  true,
	  1,
	  JUDGE_TRIPLE,
	  8,
	  { .tuple_age = 300, .client_age = NONE, .mark_age = 300, .mark_instance = 7 },
	  { JUDGE_PASS, false, JUDGE_STORE, JUDGE_STORE, JUDGE_KEEP, 1 } },
	{ "taRgrey: an instance of zero is nobody's",
	  true,
	  1,
	  JUDGE_TRIPLE,
	  0,
	  { .tuple_age = NONE, .client_age = NONE, .mark_age = 10, .mark_instance = 0 },
	  { JUDGE_DEFER, false, JUDGE_KEEP, JUDGE_STORE, JUDGE_KEEP } },
	{ "taRgrey: the mark is from the future",
	  true,
	  1,
	  JUDGE_TRIPLE,
	  8,
	  { .tuple_age = NONE, .client_age = NONE, .mark_age = -10, .mark_instance = 7 },
	  { JUDGE_HOLD, false, JUDGE_KEEP, JUDGE_STORE, JUDGE_STORE, .mark_instance = 8 } },
	{ "taRgrey: the mark's last second",
	  true,
	  1,
	  JUDGE_TRIPLE,
	  8,
	  { .tuple_age = NONE, .client_age = NONE, .mark_age = 2 * DAY, .mark_instance = 7 },
	  { JUDGE_DEFER, false, JUDGE_KEEP, JUDGE_STORE, JUDGE_STORE, .mark_instance = 7 } },
	{ "taRgrey: the mark is too old",
	  true,
	  1,
	  JUDGE_TRIPLE,
	  8,
	  { .tuple_age = NONE, .client_age = NONE, .mark_age = 2 * DAY + 1, .mark_instance = 7 },
	  { JUDGE_HOLD, false, JUDGE_KEEP, JUDGE_STORE, JUDGE_STORE, .mark_instance = 8 } },
	{ "taRgrey: DATA, it stayed",
	  true,
	  1,
	  JUDGE_STAYED,
	  7,
	  { .tuple_age = NONE, .client_age = NONE, .mark_age = 125, .mark_instance = 7 },
	  { JUDGE_PASS_STAYED, false, JUDGE_STORE, JUDGE_KEEP, JUDGE_DELETE, 1 } },
	{ "taRgrey: DATA without a mark",
	  true,
	  1,
	  JUDGE_STAYED,
	  7,
	  { NOTHING },
	  { JUDGE_PASS_STAYED, false, JUDGE_STORE, JUDGE_KEEP, JUDGE_KEEP, 1 } },
	{ "taRgrey: DATA again within the hour",
	  true,
	  1,
	  JUDGE_STAYED,
	  7,
	  { .tuple_age = NONE, .client_age = 10, .client_count = 2, .mark_age = NONE },
	  { JUDGE_PASS_STAYED, false, JUDGE_KEEP, JUDGE_KEEP, JUDGE_KEEP } },
	{ "taRgrey: the fifth patient hour frees the client",
	  true,
	  1,
	  JUDGE_STAYED,
	  7,
	  { .tuple_age = NONE, .client_age = HOUR, .client_count = 4, .mark_age = NONE },
	  { JUDGE_PASS_STAYED, false, JUDGE_STORE, JUDGE_KEEP, JUDGE_KEEP, 5, .freed = true } },
	{ "taRgrey: a freed client at DATA",
	  true,
	  1,
	  JUDGE_STAYED,
	  7,
	  { .tuple_age = NONE, .client_age = 10, .client_count = 5, .mark_age = 10 },
	  { JUDGE_PASS_CLIENT, true, JUDGE_KEEP, JUDGE_KEEP, JUDGE_KEEP } },
	{ "two retries wanted: the first is counted, durably",
	  true,
	  2,
	  JUDGE_TRIPLE,
	  8,
	  { .tuple_age = 300, .client_age = NONE, .mark_age = 100, .mark_instance = 7 },
	  { JUDGE_DEFER, false, JUDGE_KEEP, JUDGE_STORE, JUDGE_KEEP } },
	{ "two retries wanted: the second passes, and counts",
	  true,
	  2,
	  JUDGE_TRIPLE,
	  8,
	  { .tuple_age = 400,
	    .retries = 1,
	    .client_age = NONE,
	    .mark_age = 100,
	    .mark_instance = 7 },
	  { JUDGE_PASS, false, JUDGE_STORE, JUDGE_STORE, JUDGE_KEEP, 1 } },
};

static struct judgement judge_row(const struct row *r)
{
	const struct judge_policy p = r->targrey ? targrey(r->retry_count) : plain;
	const struct known *k = &r->known;
	struct judge_question q = { .subject = r->subject, .now = T0, .instance = r->instance };
	struct client_record client = { .last = T0, .count = k->client_count };
	struct grey_record tuple = {
		.first = T0, .last = T0, .wait = DELAY, .passes = k->passes, .retries = k->retries
	};
	struct mark_record mark = { .since = T0, .instance = k->mark_instance };
	struct judge_seen seen = { .client = NULL };

	if (k->client_age != NONE) {
		client.last -= k->client_age;
		seen.client = &client;
	}
	if (k->tuple_age != NONE) {
		tuple.first -= k->tuple_age;
		tuple.last = tuple.first;
		seen.tuple = &tuple;
	}
	if (k->mark_age != NONE) {
		mark.since -= k->mark_age;
		seen.mark = &mark;
	}
	return judge(&p, &q, &seen);
}

static bool same(const struct judgement *j, const struct expected *e)
{
	return j->verdict == e->verdict && j->behind == e->behind && j->client_write == e->client &&
	       j->tuple_write == e->tuple && j->mark_write == e->mark &&
	       j->client_freed == e->freed &&
	       (e->client != JUDGE_STORE ||
	        (j->client.count == e->count && j->client.last == T0)) &&
	       (e->mark != JUDGE_STORE ||
	        (j->mark.since == T0 && j->mark.instance == e->mark_instance));
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct judgement j = judge_row(&rows[i]);

		if (!same(&j, &rows[i].expected))
			fail_msg("%s: verdict %d, behind %d, writes %d %d %d, count %u, mark %u, "
			         "freed %d",
			         rows[i].name, j.verdict, j.behind, j.client_write, j.tuple_write,
			         j.mark_write, j.client.count, (unsigned)j.mark.instance,
			         j.client_freed);
	}
}

/* Whatever need not be waited for must change nothing that a later decision depends on but times
 * and counters: the store writes such a record behind the answer, or loses it. */
static void test_behind_changes_little(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct judgement j = judge_row(&rows[i]);

		if (!j.behind || j.tuple_write != JUDGE_STORE)
			continue;
		assert_int_equal(j.tuple.first, T0 - rows[i].known.tuple_age);
		assert_int_equal(j.tuple.passes > 0, rows[i].known.passes > 0);
		assert_int_equal(j.tuple.retries, rows[i].known.retries);
		assert_int_not_equal(j.mark_write, JUDGE_DELETE);
	}
}

static void test_switched_off(void **state)
{
	struct judge_policy p = plain;
	struct judge_question q = { .now = T0 };
	struct client_record client = { .last = T0, .count = 100 };
	struct judge_seen seen = { .client = &client };

	(void)state;
	p.client.on = false;
	assert_int_equal(judge(&p, &q, &seen).verdict, JUDGE_DEFER);
	p.grey.delay = 0;
	assert_int_equal(judge(&p, &q, &seen).verdict, JUDGE_PASS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_behind_changes_little),
		cmocka_unit_test(test_switched_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
