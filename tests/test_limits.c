#include "test.h"

#include <pthread.h>
#include <stdio.h>

#include "session/limits.h"

#define THREADS 4
#define COUNTS  20000

static uint64_t add(struct limits *l, const char *limit, const char *key, uint64_t n)
{
	return limits_add(l, &(struct ratelimit_count){ view_of(limit), view_of(key), 60, n },
	                  1000);
}

static void *count(void *arg)
{
	char key[16];

	for (unsigned i = 0; i < COUNTS; i++) {
		(void)snprintf(key, sizeof(key), "%u", i % 100);
		(void)add(arg, "each", key, 1);
		(void)add(arg, "all", "", 2);
	}
	return NULL;
}

/* Each count of each thread is there, once. */
static void test_threads(void **state)
{
	struct limits *l = limits_new();
	pthread_t thread[THREADS];
	char key[16];

	(void)state;
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, count, l), 0);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	assert_int_equal(add(l, "all", "", 0), 2 * THREADS * COUNTS);
	for (unsigned i = 0; i < 100; i++) {
		(void)snprintf(key, sizeof(key), "%u", i);
		assert_int_equal(add(l, "each", key, 0), THREADS * COUNTS / 100);
	}
	limits_free(&l);
	assert_null(l);
	limits_free(&l);
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(test_threads) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
