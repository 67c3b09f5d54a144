/* What is known of child milters is kept over configurations, and read by other threads. */
#include <pthread.h>
#include <stdio.h>

#include "child/children.h"
#include "test.h"

#define NAMES 200u
#define TURNS 2000u

static struct child_conf conf_of(const char *name, const char *path)
{
	return (struct child_conf){ .name = name, .address = { .path = path } };
}

static void test_kept(void **state)
{
	struct child_histories all = { NULL };
	struct child_conf a = conf_of("a", "/a"), same = conf_of("a", "/a"),
			  moved = conf_of("a", "/b"), far = { .name = "a" };
	struct child_history *known = child_history_of(&all, &a);
	struct children *c;

	(void)state;
	far.address = (struct dial_address){ .host = "::1", .port = "25" };
	assert_ptr_equal(child_history_of(&all, &same), known);
	assert_ptr_not_equal(child_history_of(&all, &moved), known);
	assert_ptr_not_equal(child_history_of(&all, &far), known);
	assert_string_equal(child_history_of(&all, &far)->socket, "inet:25@::1");
	assert_ptr_equal(child_history_find(&all, "a", "unix:/a"), known);
	assert_null(child_history_find(&all, "b", "unix:/a"));

	c = children_new(&all, &a, 1);
	child_count(&c->child[0], CHILD_ACCEPTED, 3);
	c->child[0].known->breaker.failures = 2;
	children_unref(&c);
	c = children_new(&all, &same, 1);
	assert_int_equal(child_counted(&c->child[0], CHILD_ACCEPTED), 3);
	assert_int_equal(c->child[0].known->breaker.failures, 2);
	children_unref(&c);
	child_histories_free(&all);
	assert_null(child_history_find(&all, "a", "unix:/a"));
}

static void test_breaker_is_told(void **state)
{
	struct child_histories all = { NULL };
	struct child_conf a = conf_of("a", "/a");
	struct child_history *known = child_history_of(&all, &a);

	(void)state;
	for (unsigned i = 0; i < BREAKER_FAILURES; i++) {
		child_history_tell(known);
		assert_int_equal(known->out_until_ms, 0);
		(void)breaker_failed(&known->breaker, BREAKER_YES, 1000);
	}
	child_history_tell(known);
	assert_int_equal(known->out_until_ms, 1000 + BREAKER_OUT_MS);
	child_histories_free(&all);
}

static void *meet(void *arg)
{
	struct child_histories *all = arg;

	for (unsigned i = 0; i < TURNS; i++) {
		char name[32];
		struct child_conf conf = { .name = name, .address = { .path = "/x" } };
		struct children *c;

		(void)snprintf(name, sizeof(name), "%u", i % NAMES);
		c = children_new(all, &conf, 1);
		child_answered(&c->child[0], i);
		(void)breaker_failed(&c->child[0].known->breaker, BREAKER_YES, i);
		child_history_tell(c->child[0].known);
		children_unref(&c);
	}
	return NULL;
}

/* For the thread sanitizer, too. */
static void test_read_by_others(void **state)
{
	struct child_histories all = { NULL };
	uint64_t before = 0, now = 0;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, meet, &all), 0);
	while (now < TURNS) {
		now = 0;
		for (unsigned i = 0; i < NAMES; i++) {
			const struct child_history *a;
			char name[32];

			(void)snprintf(name, sizeof(name), "%u", i);
			a = child_history_find(&all, name, "unix:/x");
			now += a != NULL ? child_history_counted(a, CHILD_ANSWERS) : 0;
			assert_true(a == NULL || atomic_load(&a->out_until_ms) < UINT32_MAX);
		}
		assert_true(now >= before);
		before = now;
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(now, TURNS);
	child_histories_free(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_breaker_is_told),
		cmocka_unit_test(test_read_by_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
