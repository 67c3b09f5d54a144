#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "folder.h"
#include "session/statline.h"
#include "stderr_lines.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/mem.h"

#define DEST_MAX 1200
#define TEXT_MAX 65536

static const struct statline_times quick = { .restart_ms = 200, .retry_ms = 20, .report_ms = 0 };

static uint64_t clock_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void sleep_ms(unsigned ms)
{
	(void)nanosleep(&(struct timespec){ ms / 1000, (long)(ms % 1000) * 1000000 }, NULL);
}

static struct statline *open_stat(const char *dest, struct log *log)
{
	struct statline *s = NULL;
	struct diag why = { 0 };

	if (statline_open(dest, log, &quick, &s, &why) != ST_OK)
		fail_msg("%s: %s", dest, why.text);
	return s;
}

static void write_text(struct statline *s, const char *text)
{
	statline_write(s, view_of(text));
}

/* "" when there is no such file. */
static void read_text(const char *path, char out[TEXT_MAX])
{
	struct buf b = buf_of(TEXT_MAX - 1);
	struct diag why;
	enum status st = file_read(path, &b, &why);

	assert_true(st == ST_OK || st == ST_NOTFOUND);
	(void)snprintf(out, TEXT_MAX, "%s", st == ST_OK ? buf_text(&b) : "");
	buf_free(&b);
}

static void assert_file(const char *path, const char *want)
{
	char text[TEXT_MAX];

	read_text(path, text);
	assert_string_equal(text, want);
}

/* Waits until the file holds this, at most five seconds. */
static void await_file(const char *path, const char *want)
{
	char text[TEXT_MAX] = "";

	for (unsigned i = 0; i < 500; i++) {
		read_text(path, text);
		if (strcmp(text, want) == 0)
			return;
		sleep_ms(10);
	}
	assert_string_equal(text, want);
}

static unsigned times_in(const char *text, const char *word)
{
	unsigned n = 0;

	while ((text = strstr(text, word)) != NULL) {
		text += strlen(word);
		n++;
	}
	return n;
}

struct place {
	char folder[FOLDER_MAX];
	char path[FOLDER_MAX * 2];
	char dest[DEST_MAX];
};

static void place_new(struct place *p)
{
	folder_new(p->folder);
	folder_path(p->path, p->folder, "out");
}

static void test_what_is_no_output(void **state)
{
	static const struct {
		const char *dest;
		enum status want;
		const char *says;
	} cases[] = {
		{ "", ST_INVALID, "\"|COMMAND\"" },
		{ "/var/log/stat", ST_INVALID, "\">>FILE\"" },
		{ " >/var/log/stat", ST_INVALID, "\">>FILE\"" },
		{ ">", ST_INVALID, "no file behind \">\"" },
		{ ">> ", ST_INVALID, "no file behind" },
		{ "| \t", ST_INVALID, "no command behind" },
		{ ">>/no/such/folder/x", ST_NOTFOUND, "/no/such/folder/x: No such file" },
		{ ">>/", ST_INVALID, "directory" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct statline *s = NULL;
		struct diag why = { 0 };

		assert_int_equal(statline_open(cases[i].dest, NULL, NULL, &s, &why), cases[i].want);
		assert_null(s);
		if (strstr(why.text, cases[i].says) == NULL)
			fail_msg("\"%s\": %s", cases[i].dest, why.text);
	}
}

static void test_nobody_reads_a_fifo(void **state)
{
	struct place p;
	struct statline *s = NULL;
	struct diag why = { 0 };

	(void)state;
	place_new(&p);
	assert_int_equal(mkfifo(p.path, 0600), 0);
	(void)snprintf(p.dest, sizeof(p.dest), ">>%s", p.path);
	assert_int_equal(statline_open(p.dest, NULL, NULL, &s, &why), ST_IO);
	folder_free(p.folder);
}

static void test_files(void **state)
{
	static const struct {
		const char *sign, *want;
	} cases[] = {
		{ ">>", "old\none\ntwo, without an end" },
		{ ">> ", "old\none\ntwo, without an end" },
		{ ">", "one\ntwo, without an end" },
	};
	struct place p;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct statline *s;
		struct diag why;
		struct stat is;

		place_new(&p);
		assert_int_equal(file_write(p.path, VIEW("old\n"), 0600, &why), ST_OK);
		(void)snprintf(p.dest, sizeof(p.dest), "%s%s", cases[i].sign, p.path);
		s = open_stat(p.dest, NULL);
		write_text(s, "one\n");
		write_text(s, "");
		write_text(s, "two, without an end");
		statline_close(&s);
		assert_null(s);
		statline_close(&s);
		assert_file(p.path, cases[i].want);
		(void)unlink(p.path);
		(void)umask(0);
		s = open_stat(p.dest, NULL);
		(void)umask(022);
		statline_close(&s);
		assert_int_equal(stat(p.path, &is), 0);
		assert_int_equal(is.st_mode & 07777, 0640);
		folder_free(p.folder);
	}
}

/* The last lines are there when close returns, since it waits for the command. */
static void test_command(void **state)
{
	struct place p;
	struct statline *s;
	char want[TEXT_MAX];
	size_t n = 0;

	(void)state;
	place_new(&p);
	(void)snprintf(p.dest, sizeof(p.dest), "| cat >%s; sleep 0.1; echo end >>%s", p.path,
	               p.path);
	s = open_stat(p.dest, NULL);
	for (unsigned i = 0; i < 1000; i++) {
		int k = snprintf(want + n, sizeof(want) - n, "line %u\n", i);

		statline_write(s, (struct view){ want + n, (size_t)k });
		n += (size_t)k;
	}
	(void)snprintf(want + n, sizeof(want) - n, "end\n");
	statline_close(&s);
	assert_file(p.path, want);
	folder_free(p.folder);
}

/* What we ignore ends the command as usual, and nothing of ours stays open in it. */
static void test_command_is_clean(void **state)
{
	struct place p;
	struct statline *other, *s;
	int careless; /* as a library that knows nothing of O_CLOEXEC */

	(void)state;
	place_new(&p);
	(void)snprintf(p.dest, sizeof(p.dest), ">>%s.other", p.path);
	other = open_stat(p.dest, NULL);
	(void)snprintf(p.dest, sizeof(p.dest), "%s.other", p.path);
	careless = open(p.dest, O_RDWR | O_CREAT, 0600);
	assert_true(careless >= 0);
	(void)snprintf(p.dest, sizeof(p.dest),
	               "|exec 2>/dev/null; ls -l /proc/self/fd | grep -c out.other >%s; "
	               "sh -c 'kill -PIPE $$; echo ignored >>%s'",
	               p.path, p.path);
	s = open_stat(p.dest, NULL);
	statline_close(&s);
	statline_close(&other);
	(void)close(careless);
	assert_file(p.path, "0\n");
	folder_free(p.folder);
}

/* All that the log says of lines that were dropped. */
static uint64_t dropped_in(const char *text)
{
	struct view rest = view_of(text), line;
	uint64_t sum = 0, n;

	while (view_next(&rest, '\n', &line)) {
		size_t at = view_rfind(line, ';');

		if (at == VIEW_NONE)
			continue;
		line = view_from(line, at + 2);
		assert_int_equal(view_u64(view_first(line, view_find(line, ' ')), 100000, &n),
		                 ST_OK);
		sum += n;
	}
	return sum;
}

static void test_nobody_reads(void **state)
{
	struct stderr_lines err;
	char line[1000], text[TEXT_MAX];
	struct statline *s;
	uint64_t begun;

	(void)state;
	memset(line, 'x', sizeof(line));
	stderr_begin(&err, LOG_LEVEL_WARNING);
	s = open_stat("|sleep 5", err.log);
	begun = clock_ms();
	for (unsigned i = 0; i < 10000; i++)
		statline_write(s, (struct view){ line, sizeof(line) });
	assert_in_range(clock_ms() - begun, 0, 4500); /* less than the command sleeps */
	/* a pipe takes 64 KiB, and there is one queue that waits and one in writing */
	assert_in_range(statline_dropped(s), 10000 - (2 * STATLINE_QUEUE_MAX + 65536) / 1000, 9000);
	begun = clock_ms();
	statline_close(&s);
	assert_in_range(clock_ms() - begun, STATLINE_FLUSH_MS - 100, STATLINE_FLUSH_MS + 2500);
	stderr_take(&err, text, sizeof(text));
	assert_non_null(strstr(text, "stat \"|sleep 5\": it is not written fast enough; "));
	assert_in_range(dropped_in(text), 10000 - 66, 10000);
	/* at the end; before, if it went on in the midst of it */
	assert_in_range(times_in(text, "\n"), 1, 2);
	stderr_end(&err);
}

/* Drops are told when the command reads on. Every line that came through is whole. */
static void test_slow_reader(void **state)
{
	struct stderr_lines err;
	struct place p;
	char line[1001], text[TEXT_MAX];
	struct statline_times times = quick;
	struct statline *s;
	struct diag why;
	uint64_t dropped, told = 0;

	(void)state;
	memset(line, 'x', sizeof(line));
	line[1000] = '\n';
	place_new(&p);
	(void)snprintf(p.dest, sizeof(p.dest), "|sleep 0.5; grep -c '^x\\{1000\\}$' >%s", p.path);
	stderr_begin(&err, LOG_LEVEL_WARNING);
	times.report_ms = 1;
	assert_int_equal(statline_open(p.dest, err.log, &times, &s, &why), ST_OK);
	for (unsigned i = 0; i < 10000; i++)
		statline_write(s, (struct view){ line, sizeof(line) });
	dropped = statline_dropped(s);
	assert_in_range(dropped, 5000, 9000);
	for (unsigned i = 0; i < 250 && told < dropped; i++) {
		sleep_ms(20);
		stderr_take(&err, text, sizeof(text));
		told += dropped_in(text);
	}
	assert_int_equal(told, dropped);
	statline_close(&s);
	(void)snprintf(line, sizeof(line), "%llu\n", (unsigned long long)(10000 - dropped));
	assert_file(p.path, line);
	stderr_end(&err);
	folder_free(p.folder);
}

/* It takes a line and ends; the next line starts it again and is not lost. */
static void test_command_that_ends(void **state)
{
	struct stderr_lines err;
	struct place p;
	char text[TEXT_MAX];
	struct statline *s;

	(void)state;
	place_new(&p);
	(void)snprintf(p.dest, sizeof(p.dest), "|echo start >>%s; read x; echo got $x >>%s; exit 7",
	               p.path, p.path);
	stderr_begin(&err, LOG_LEVEL_WARNING);
	s = open_stat(p.dest, err.log);
	write_text(s, "a\n");
	await_file(p.path, "start\ngot a\n");
	sleep_ms(100);
	write_text(s, "b\n");
	await_file(p.path, "start\ngot a\nstart\ngot b\n");
	sleep_ms(100);
	write_text(s, "c\n");
	await_file(p.path, "start\ngot a\nstart\ngot b\nstart\ngot c\n");
	assert_int_equal(statline_dropped(s), 0);
	stderr_take(&err, text, sizeof(text));
	assert_int_equal(times_in(text, "the command ended with status 7\n"), 1);
	assert_int_equal(times_in(text, "\n"), 1);
	statline_close(&s);
	stderr_end(&err);
	folder_free(p.folder);
}

static void test_command_that_can_not_be(void **state)
{
	struct stderr_lines err;
	struct place p;
	char text[TEXT_MAX];
	struct statline *s;

	(void)state;
	place_new(&p);
	(void)snprintf(p.dest, sizeof(p.dest), "|echo start >>%s; kill -9 $$", p.path);
	stderr_begin(&err, LOG_LEVEL_WARNING);
	s = open_stat(p.dest, err.log);
	for (unsigned i = 0; i < 100; i++) {
		write_text(s, "a\n");
		sleep_ms(10);
	}
	read_text(p.path, text);
	/* in a second, and each 200 ms at most */
	assert_in_range(times_in(text, "start\n"), 2, 7);
	statline_close(&s);
	stderr_take(&err, text, sizeof(text));
	/* at first, and what is left to say at the end */
	assert_in_range(times_in(text, "the command was ended by signal 9"), 1, 2);
	assert_in_range(times_in(text, "\n"), 1, 2);
	stderr_end(&err);
	folder_free(p.folder);
}

static void test_command_that_closes_its_input(void **state)
{
	struct stderr_lines err;
	struct place p;
	char text[TEXT_MAX];
	struct statline *s;

	(void)state;
	place_new(&p);
	(void)snprintf(p.dest, sizeof(p.dest), "|echo start >>%s; exec <&-; exec sleep 2", p.path);
	stderr_begin(&err, LOG_LEVEL_WARNING);
	s = open_stat(p.dest, err.log);
	await_file(p.path, "start\n");
	for (unsigned i = 0; i < 40; i++) {
		write_text(s, "a\n");
		sleep_ms(10);
	}
	assert_file(p.path, "start\n"); /* one at a time */
	stderr_take(&err, text, sizeof(text));
	assert_non_null(strstr(text, "the command reads no more, but has not ended\n"));
	statline_close(&s);
	stderr_end(&err);
	folder_free(p.folder);
}

static void test_full_disk(void **state)
{
	struct stderr_lines err;
	char text[TEXT_MAX];
	struct statline *s;

	(void)state;
	stderr_begin(&err, LOG_LEVEL_WARNING);
	s = open_stat(">>/dev/full", err.log);
	for (unsigned i = 0; i < 50; i++) {
		write_text(s, "a\n");
		sleep_ms(5);
	}
	stderr_take(&err, text, sizeof(text));
	assert_string_equal(text, "stat \">>/dev/full\": No space left on device\n");
	assert_int_equal(statline_dropped(s), 0);
	statline_close(&s);
	stderr_take(&err, text, sizeof(text));
	assert_string_equal(text, "stat \">>/dev/full\": No space left on device; "
	                          "50 lines were dropped\n");
	stderr_end(&err);
}

static void limit_files(rlim_t size)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The line that was cut goes on where it was cut, as soon as there is room. */
static void test_room_comes_back(void **state)
{
	struct place p;
	struct statline *s;

	(void)state;
	place_new(&p);
	(void)snprintf(p.dest, sizeof(p.dest), ">%s", p.path);
	s = open_stat(p.dest, NULL);
	limit_files(10);
	write_text(s, "first\n");
	write_text(s, "second\n");
	write_text(s, "third\n");
	await_file(p.path, "first\nseco");
	limit_files(RLIM_INFINITY);
	await_file(p.path, "first\nsecond\nthird\n");
	assert_int_equal(statline_dropped(s), 0);
	statline_close(&s);
	folder_free(p.folder);
}

static void test_longest_line(void **state)
{
	struct place p;
	struct statline *s;
	char *octets = mem_alloc(STATLINE_QUEUE_MAX + 1);
	struct view line = { octets, STATLINE_QUEUE_MAX + 1 };
	struct stat is;

	(void)state;
	place_new(&p);
	(void)snprintf(p.dest, sizeof(p.dest), ">%s", p.path);
	s = open_stat(p.dest, NULL);
	statline_write(s, line);
	assert_int_equal(statline_dropped(s), 1);
	line.n = STATLINE_QUEUE_MAX; /* with its length it is too long as well */
	statline_write(s, line);
	assert_int_equal(statline_dropped(s), 2);
	line.n -= sizeof(uint32_t);
	statline_write(s, line);
	statline_close(&s);
	assert_int_equal(stat(p.path, &is), 0);
	assert_int_equal(is.st_size, STATLINE_QUEUE_MAX - sizeof(uint32_t));
	mem_free(octets);
	folder_free(p.folder);
}

#define THREADS 4
#define EACH    2000

static void *write_many(void *arg)
{
	struct statline *s = arg;

	for (unsigned i = 0; i < EACH; i++)
		write_text(s, "all of it\n");
	return NULL;
}

static void test_many_threads(void **state)
{
	struct place p;
	pthread_t threads[THREADS];
	struct statline *s;
	struct buf b = buf_of((size_t)1 << 20);
	struct diag why;

	(void)state;
	place_new(&p);
	(void)snprintf(p.dest, sizeof(p.dest), "|cat >%s", p.path);
	s = open_stat(p.dest, NULL);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_many, s), 0);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(statline_dropped(s), 0);
	statline_close(&s);
	assert_int_equal(file_read(p.path, &b, &why), ST_OK);
	assert_int_equal(b.n, THREADS * EACH * strlen("all of it\n"));
	assert_int_equal(times_in(buf_text(&b), "all of it\n"), THREADS * EACH);
	buf_free(&b);
	folder_free(p.folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_reads), /* first: its sleep ends during the others */
		cmocka_unit_test(test_what_is_no_output),
		cmocka_unit_test(test_nobody_reads_a_fifo),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_command),
		cmocka_unit_test(test_command_is_clean),
		cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_command_that_ends),
		cmocka_unit_test(test_command_that_can_not_be),
		cmocka_unit_test(test_command_that_closes_its_input),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_room_comes_back),
		cmocka_unit_test(test_longest_line),
		cmocka_unit_test(test_many_threads),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
