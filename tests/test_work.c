#include "test.h"

#include <stdatomic.h>
#include <unistd.h>

#include "net/work.h"

#define JOBS 50

struct job {
	atomic_uint *running;
	atomic_uint *most;
	unsigned *done;
	bool ran;
};

static void run(void *arg)
{
	struct job *j = arg;
	unsigned now = atomic_fetch_add(j->running, 1) + 1, most = atomic_load(j->most);

	while (now > most && !atomic_compare_exchange_weak(j->most, &most, now))
		;
	(void)usleep(2000);
	j->ran = true;
	atomic_fetch_sub(j->running, 1);
}

static void done(void *arg)
{
	struct job *j = arg;

	assert_true(j->ran);
	(*j->done)++;
}

/* The loop goes on while several run; each is done once, on the loop's thread, and a loop that is
 * freed waits for those that are left. */
static void test_jobs(void **state)
{
	struct loop *loop = loop_new();
	atomic_uint running = 0, most = 0;
	unsigned count = 0;
	struct job jobs[JOBS];

	(void)state;
	for (unsigned i = 0; i < JOBS; i++) {
		jobs[i] = (struct job){ .running = &running, .most = &most, .done = &count };
		work_start(loop, run, done, &jobs[i]);
	}
	assert_int_equal(count, 0);
	while (count < JOBS / 2)
		loop_turn(loop, true);
	loop_free(&loop);
	assert_int_equal(count, JOBS);
	assert_true(atomic_load(&most) >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_jobs) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
