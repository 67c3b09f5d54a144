#include "child/children.h"

#include "codec/milter_negotiate.h"
#include "test.h"

/* --- who fails again and again --- */

static void fails(struct breaker *b, unsigned times, uint64_t now_ms)
{
	for (unsigned i = 0; i < times; i++) {
		assert_int_equal(breaker_ask(b, now_ms), BREAKER_YES);
		assert_false(breaker_failed(b, BREAKER_YES, now_ms));
	}
}

static void test_failures(void **state)
{
	struct breaker b = { .failures = 0 };
	uint64_t now = 1000;

	(void)state;
	fails(&b, BREAKER_FAILURES - 1, now);
	assert_false(breaker_good(&b, BREAKER_YES)); /* not in a row */
	fails(&b, BREAKER_FAILURES - 1, now);
	assert_true(breaker_failed(&b, BREAKER_YES, now));
	assert_int_equal(breaker_ask(&b, now), BREAKER_NO);
	/* those that had begun before */
	assert_false(breaker_failed(&b, BREAKER_YES, now));
	assert_false(breaker_good(&b, BREAKER_YES));
	assert_int_equal(breaker_ask(&b, now + BREAKER_OUT_MS - 1), BREAKER_NO);
	/* one alone tries */
	assert_int_equal(breaker_ask(&b, now + BREAKER_OUT_MS), BREAKER_TRY);
	assert_int_equal(breaker_ask(&b, now + BREAKER_OUT_MS), BREAKER_NO);
	/* it ends before it can tell: the next */
	breaker_unknown(&b, BREAKER_YES);
	assert_int_equal(breaker_ask(&b, now + BREAKER_OUT_MS), BREAKER_NO);
	breaker_unknown(&b, BREAKER_TRY);
	assert_int_equal(breaker_ask(&b, now + BREAKER_OUT_MS), BREAKER_TRY);
	assert_true(breaker_good(&b, BREAKER_TRY));
	fails(&b, BREAKER_FAILURES - 1, now);
}

static void test_longer_and_longer(void **state)
{
	static const uint32_t out_s[] = { 30, 60, 120, 240, 300, 300 };
	struct breaker b = { .failures = BREAKER_FAILURES - 1 };
	enum breaker_leave leave = BREAKER_YES;
	uint64_t now = 1000;

	(void)state;
	for (size_t i = 0; i < sizeof(out_s) / sizeof(out_s[0]); i++) {
		assert_int_equal(breaker_failed(&b, leave, now), i == 0); /* said once */
		assert_int_equal(b.out_ms, out_s[i] * 1000);
		now += b.out_ms - 1;
		assert_int_equal(breaker_ask(&b, now), BREAKER_NO);
		leave = breaker_ask(&b, ++now);
		assert_int_equal(leave, BREAKER_TRY);
	}
}

/* --- what they wish --- */

static const struct child_conf confs[2] = { { .name = "a" }, { .name = "b" } };

static struct child_histories known;

static void learn(struct children *c, size_t i, uint32_t actions, uint32_t steps,
                  const char *connect)
{
	struct milter_agreed a = { 6, actions, steps, { { NULL, 0 } } };

	if (connect != NULL)
		a.macros[MILTER_AT_CONNECT] = view_of(connect);
	wishes_learn(&c->child[i].known->wishes, &a);
}

static const struct {
	const char *name;
	uint32_t actions, steps; /* of the first */
	const char *list;
	bool second; /* it is known: wants 0x10, NO_BODY | NO_HELO, j */
	uint32_t sum, declined, unanswered, with;
	bool own;
	const char *macros;
} wishes[] = {
	{ "of one nothing is known", 0x01, MILTER_NO_BODY, "i", false, 0xff, 0, 0,
	  MILTER_WITH_REJECTED | MILTER_WITH_BLANK, true, "i" },
	{ "both", 0x01, MILTER_NO_BODY | MILTER_NO_MAIL | MILTER_WITH_BLANK, "i", true, 0x11,
	  MILTER_NO_BODY, 0, MILTER_WITH_BLANK, false, "i j" },
	{ "one takes what comes", 0x01, 0, NULL, true, 0x11, 0, 0, 0, true, "j" },
	{ "the same name twice", 0x01, 0, "j i j", true, 0x11, 0, 0, 0, false, "j i" },
	{ "lists are no change", 0x101, 0, "", true, 0x11, 0, 0, 0, false, "j" },
	{ "one declines, and one does not answer", 0x01, MILTER_NR_HELO | MILTER_NR_MAIL, "", true,
	  0x11, 0, MILTER_NR_HELO, 0, false, "j" },
};

static void test_wishes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
		struct children *c = children_new(&known, confs, 2);
		struct wish_sum sum;

		print_message("%s\n", wishes[i].name);
		learn(c, 0, 0x3f, 0x7f, "x y z"); /* the last counts */
		learn(c, 0, wishes[i].actions, wishes[i].steps, wishes[i].list);
		if (wishes[i].second)
			learn(c, 1, 0x10, MILTER_NO_BODY | MILTER_NO_HELO, "j");
		wish_sum_begin(&sum, c);
		assert_int_equal(sum.actions, wishes[i].sum);
		assert_int_equal(sum.declined, wishes[i].declined);
		assert_int_equal(sum.unanswered, wishes[i].unanswered);
		assert_int_equal(sum.steps, wishes[i].with);
		assert_int_equal(sum.own[MILTER_AT_CONNECT], wishes[i].own);
		assert_view(buf_view(&sum.macros[MILTER_AT_CONNECT]), wishes[i].macros);
		wish_sum_end(&sum);
		children_unref(&c);
		child_histories_free(&known);
	}
}

static void test_many_names(void **state)
{
	struct children *c = children_new(&known, confs, 1);
	struct buf names = buf_of(10000);
	struct wish_sum sum;
	unsigned count = 0;
	struct view rest, name;

	(void)state;
	for (unsigned i = 0; i < 60; i++)
		assert_int_equal(buf_printf(&names, "{n%u} ", i), ST_OK);
	learn(c, 0, 0, 0, buf_text(&names));
	wish_sum_begin(&sum, c);
	rest = buf_view(&sum.macros[MILTER_AT_CONNECT]);
	while (view_next(&rest, ' ', &name))
		count++;
	assert_int_equal(count, MILTER_MACRO_NAMES_MAX);
	wish_sum_end(&sum);
	for (unsigned i = 0; i < 2000; i++)
		assert_int_equal(buf_printf(&names, "x"), ST_OK);
	for (unsigned i = 0; i < 2000; i++)
		assert_int_equal(buf_printf(&names, "y "), ST_OK);
	learn(c, 0, 0, 0, buf_text(&names)); /* more than anybody needs */
	assert_false(c->child[0].known->wishes.listed[MILTER_AT_CONNECT]);
	buf_free(&names);
	children_unref(&c);
	child_histories_free(&known);
}

static void test_counters(void **state)
{
	struct children *c = children_new(&known, confs, 1);
	struct children *again = children_ref(c);

	(void)state;
	child_answered(&c->child[0], 5);
	child_answered(&c->child[0], 3);
	children_unref(&again);
	assert_null(again);
	assert_int_equal(child_counted(&c->child[0], CHILD_ANSWERS), 2);
	assert_int_equal(child_counted(&c->child[0], CHILD_US), 8);
	assert_int_equal(child_counted(&c->child[0], CHILD_MOST_US), 5);
	for (unsigned i = 0; i < CHILD_COUNTS; i++)
		assert_true(i == CHILD_FAULT || child_count_name((enum child_count)i)[0] != '?');
	children_unref(&c);
	children_unref(&c);
	child_histories_free(&known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failures), cmocka_unit_test(test_longer_and_longer),
		cmocka_unit_test(test_wishes),   cmocka_unit_test(test_many_names),
		cmocka_unit_test(test_counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
