#include "codec/bogosity.h"

#include <errno.h>
#include <stdlib.h>

#include "folder.h"
#include "scan/bogofilter.h"

#define WAIT_MS 8000u
#define SPAM    "X-Bogosity: Spam, tests=bogofilter, spamicity=0.999000, version=1.2.5"

/* --- what it prints --- */

static void test_printed(void **state)
{
	static const struct {
		const char *text;
		enum status st;
		enum bogosity_verdict verdict;
		int64_t score;
		const char *header;
	} cases[] = {
		{ SPAM "\n", ST_OK, BOGOSITY_SPAM, 999000,
		  "Spam, tests=bogofilter, spamicity=0.999000, version=1.2.5" },
		{ "x-bogosity:Ham, spamicity=0.000000\r\n", ST_OK, BOGOSITY_HAM, 0,
		  "Ham, spamicity=0.000000" },
		{ "noise\nX-Bogosity: Unsure, spamicity=0.52", ST_OK, BOGOSITY_UNSURE, 520000,
		  "Unsure, spamicity=0.52" },
		{ "X-Bogosity: Yes, spamicity=1\n", ST_OK, BOGOSITY_SPAM, 1000000,
		  "Yes, spamicity=1" },
		{ "X-Bogosity: No, spamicity=1e-3\n", ST_OK, BOGOSITY_HAM, 1000,
		  "No, spamicity=1e-3" },
		{ "S 1\n", ST_OK, BOGOSITY_SPAM, 1000000, "" },
		{ "H 3.33067e-16\n", ST_OK, BOGOSITY_HAM, 0, "" },
		{ "U 0.52\n", ST_OK, BOGOSITY_UNSURE, 520000, "" },
		{ "S 0.9999999\n", ST_OK, BOGOSITY_SPAM, 999999, "" },
		{ "H 9.5e-01\n", ST_OK, BOGOSITY_HAM, 950000, "" },
		{ "", ST_INVALID, 0, 0, "" },
		{ "S 1.000001\n", ST_INVALID, 0, 0, "" },
		{ "S 2\n", ST_INVALID, 0, 0, "" },
		{ "S -1\n", ST_INVALID, 0, 0, "" },
		{ "S nan\n", ST_INVALID, 0, 0, "" },
		{ "S 1e5\n", ST_INVALID, 0, 0, "" },
		{ "S 1e\n", ST_INVALID, 0, 0, "" },
		{ "X 0.5\n", ST_INVALID, 0, 0, "" },
		{ "0.5\n", ST_INVALID, 0, 0, "" },
		{ "X-Bogosity: Spam\n", ST_INVALID, 0, 0, "" },
		{ "X-Bogosity: Maybe, spamicity=0.5\n", ST_INVALID, 0, 0, "" },
		{ "X-Bogosity: Spam, spamicity=7\n", ST_INVALID, 0, 0, "" },
		{ "X-Bogosity: Spam, x=\x01, spamicity=0.5\n", ST_INVALID, 0, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bogosity b = { .header = { "", 0 } };
		enum status st = bogosity_read(view_of(cases[i].text), &b);

		if (st != cases[i].st || b.verdict != cases[i].verdict ||
		    b.score != cases[i].score || !view_eq(b.header, view_of(cases[i].header)))
			fail_msg("%s: %s, %d, %lld", cases[i].text, status_text(st), (int)b.verdict,
			         (long long)b.score);
	}
}

/* Cut in its score or before, it is none; cut there it may be a smaller one, never another word. */
static void test_printed_cut(void **state)
{
	struct view whole = VIEW(SPAM);
	struct view scored = VIEW("X-Bogosity: Spam, tests=bogofilter, spamicity=");

	(void)state;
	for (size_t n = 0; n < whole.n; n++) {
		struct bogosity b;
		enum status st = bogosity_read(view_first(whole, n), &b);

		assert_true((st == ST_OK) == (n > scored.n));
		assert_true(st != ST_OK || b.verdict == BOGOSITY_SPAM);
	}
}

static void test_written(void **state)
{
	struct bogosity b = { .verdict = BOGOSITY_UNSURE, .score = 520001 };
	char text[BOGOSITY_TEXT_MAX];

	(void)state;
	bogosity_format(&b, text);
	assert_string_equal(text, "Unsure, tests=bogofilter, spamicity=0.520001");
	b = (struct bogosity){ .verdict = BOGOSITY_SPAM, .score = BOGOSITY_ONE };
	bogosity_format(&b, text);
	assert_string_equal(text, "Spam, tests=bogofilter, spamicity=1.000000");
}

/* --- processes --- */

struct rig {
	struct loop *loop;
	struct bogofilter *pool;
	struct bogofilter_scan *scan;
	unsigned calls;
	enum status st;
	struct bogosity b;
	char header[200];
};

static const struct view message[] = { { "Subject: x\r\n\r\n", 14 }, { "", 0 }, { "body\r\n", 6 } };

static void rig_begin(struct rig *r)
{
	(void)signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	*r = (struct rig){ .loop = loop_new() };
	r->pool = bogofilter_new(r->loop);
}

/* Nobody is left behind. */
static void rig_end(struct rig *r)
{
	bogofilter_cancel(&r->scan);
	bogofilter_free(&r->pool);
	loop_free(&r->loop);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void on_done(void *arg, enum status st, const struct bogosity *b)
{
	struct rig *r = arg;

	r->scan = NULL;
	r->calls++;
	r->st = st;
	r->b = *b;
	(void)snprintf(r->header, sizeof(r->header), "%.*s", VIEW_ARG(b->header));
}

static struct bogofilter_question question(const char *command, unsigned timeout_ms)
{
	return (struct bogofilter_question){ .command = command,
		                             .children = 2,
		                             .pieces = message,
		                             .piece_count = 3,
		                             .timeout_ms = timeout_ms };
}

static void turn(struct rig *r)
{
	loop_turn(r->loop, false);
	(void)usleep(500);
}

static void ask(struct rig *r, const struct bogofilter_question *q)
{
	r->calls = 0;
	r->scan = bogofilter_scan(r->pool, q, on_done, r);
	assert_int_equal(r->calls, 0); /* never inside the call */
	while (r->calls == 0)
		turn(r);
	assert_int_equal(r->calls, 1);
}

static void test_commands(void **state)
{
	static const struct {
		const char *command;
		enum status st;
	} cases[] = {
		{ "cat >/dev/null; echo '" SPAM "'", ST_OK },
		{ "echo '" SPAM "'; exit 1", ST_OK }, /* reads nothing */
		{ "cat >/dev/null; echo U 0.5; exit 2", ST_OK },
		{ "exec 0<&- ; sleep 0.1; echo S 1", ST_OK },
		{ "echo S 1; exec 1>&-; sleep 0.1; exit 3", ST_UNAVAILABLE },
		{ "cat >/dev/null; echo S 1; exit 3", ST_UNAVAILABLE },
		{ "cat >/dev/null; exit 0", ST_INVALID },
		{ "echo S 1; kill -SEGV $$", ST_UNAVAILABLE },
		{ "no-such-command-of-ours 2>/dev/null", ST_UNAVAILABLE },
		{ "yes", ST_INVALID },
		{ "true", ST_INVALID },
		{ "sleep 20", ST_TIMEOUT },
		{ "echo S 1; sleep 20 & wait", ST_TIMEOUT },
		{ "trap '' TERM HUP; echo S 1; exec 1>&-; sleep 20", ST_TIMEOUT },
	};
	struct rig r;

	(void)state;
	rig_begin(&r);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bogofilter_question q =
			question(cases[i].command, cases[i].st == ST_TIMEOUT ? 150 : WAIT_MS);

		ask(&r, &q);
		if (r.st != cases[i].st)
			fail_msg("%s: %s", cases[i].command, status_text(r.st));
	}
	rig_end(&r);
}

/* All of it arrives, and nothing of ours is open there but the three. */
static void test_message(void **state)
{
	static char large[3000000];
	struct view pieces[] = { VIEW("a"), { large, sizeof(large) } };
	struct bogofilter_question q =
		question("n=$(wc -c); [ $n = 3000001 ] && echo S 1 || echo H 0", WAIT_MS);
	struct rig r;
	int fd;

	(void)state;
	memset(large, 'x', sizeof(large));
	rig_begin(&r);
	q.pieces = pieces;
	q.piece_count = 2;
	ask(&r, &q);
	assert_int_equal(r.st, ST_OK);
	assert_int_equal(r.b.score, BOGOSITY_ONE);
	fd = open("/dev/null", O_RDONLY); /* not close-on-exec */
	q = question("cat >/dev/null; for f in /proc/$$/fd/*; do [ ! -e $f ] || case $f in "
	             "*/[012]) ;; *) echo H 0; exit 1;; esac; done; echo S 1",
	             WAIT_MS);
	ask(&r, &q);
	assert_int_equal(r.st, ST_OK);
	assert_int_equal(r.b.score, BOGOSITY_ONE);
	(void)close(fd);
	rig_end(&r);
}

/* One that was killed and is not waited for yet, does not. */
static bool is_running(const char *path)
{
	char name[64], state = 'Z';
	FILE *f = fopen(path, "r");
	int pid = 0;

	if (f == NULL)
		return false;
	if (fscanf(f, "%d", &pid) != 1)
		pid = 0;
	(void)fclose(f);
	(void)snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	f = pid > 0 ? fopen(name, "r") : NULL;
	if (f == NULL)
		return false;
	if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 'Z';
	(void)fclose(f);
	return state != 'Z';
}

/* Given up at each moment; and what the command has started ends with it. */
static void test_cancel(void **state)
{
	char folder[FOLDER_MAX], path[FOLDER_MAX * 2], command[FOLDER_MAX * 3];
	struct bogofilter_question q = question("cat >/dev/null; echo S 1", WAIT_MS);
	struct rig r;

	(void)state;
	folder_new(folder);
	folder_path(path, folder, "pid");
	rig_begin(&r);
	for (unsigned turns = 0; turns < 30; turns++) {
		r.scan = bogofilter_scan(r.pool, &q, on_done, &r);
		for (unsigned n = 0; n < turns && r.scan != NULL; n++)
			turn(&r);
		r.calls = 0;
		bogofilter_cancel(&r.scan);
		turn(&r);
		assert_int_equal(r.calls, 0);
	}
	(void)snprintf(command, sizeof(command), "cd %s; sleep 30 & echo $! >new; mv new pid; wait",
	               folder);
	q = question(command, WAIT_MS);
	r.scan = bogofilter_scan(r.pool, &q, on_done, &r);
	while (!is_running(path))
		turn(&r);
	bogofilter_cancel(&r.scan);
	for (unsigned n = 0; n < 1000 && is_running(path); n++)
		turn(&r);
	assert_false(is_running(path));
	rig_end(&r);
	folder_free(folder);
}

struct many {
	struct rig *rig;
	struct bogofilter_scan *scan;
	enum status st;
};

static void on_one(void *arg, enum status st, const struct bogosity *b)
{
	struct many *m = arg;

	(void)b;
	m->scan = NULL;
	m->st = st;
	m->rig->calls++;
}

/* Two run at once, the others wait; too many are refused; the deadline counts the waiting. */
static void test_bounds(void **state)
{
	static struct many all[BOGOFILTER_WAITING_MAX + 10];
	char folder[FOLDER_MAX], command[FOLDER_MAX * 3];
	struct bogofilter_question q = question(command, WAIT_MS);
	unsigned n = 0, most = 0, refused = 0;
	struct rig r;

	(void)state;
	folder_new(folder);
	(void)snprintf(command, sizeof(command),
	               "f=%s/$$; : >$f; cat >/dev/null; sleep 0.02; rm $f; echo S 1", folder);
	rig_begin(&r);
	for (n = 0; n < 12; n++) {
		all[n] = (struct many){ .rig = &r };
		all[n].scan = bogofilter_scan(r.pool, &q, on_one, &all[n]);
	}
	while (r.calls < 12) {
		unsigned now = folder_count(folder, "");

		most = now > most ? now : most;
		turn(&r);
	}
	for (n = 0; n < 12; n++)
		assert_int_equal(all[n].st, ST_OK);
	assert_int_equal(most, 2);
	r.calls = 0;
	q = question("sleep 10", 100);
	for (n = 0; n < sizeof(all) / sizeof(all[0]); n++) {
		all[n].rig = &r;
		all[n].scan = bogofilter_scan(r.pool, &q, on_one, &all[n]);
	}
	while (r.calls < n)
		turn(&r);
	for (n = 0; n < sizeof(all) / sizeof(all[0]); n++)
		refused += all[n].st == ST_LIMIT;
	assert_int_equal(refused, 10);
	rig_end(&r);
	folder_free(folder);
}

/* The daemon ends: what runs or waits is over, and what is asked later too. */
static void test_end(void **state)
{
	struct bogofilter_question q = question("sleep 30", WAIT_MS);
	struct many all[4];
	struct rig r;

	(void)state;
	rig_begin(&r);
	for (unsigned i = 0; i < 4; i++) {
		all[i] = (struct many){ .rig = &r };
		all[i].scan = bogofilter_scan(r.pool, &q, on_one, &all[i]);
	}
	for (unsigned n = 0; n < 20; n++)
		turn(&r);
	assert_int_equal(r.calls, 0);
	bogofilter_end(r.pool);
	while (r.calls < 4)
		turn(&r);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(all[i].st, ST_TIMEOUT);
	ask(&r, &q);
	assert_int_equal(r.st, ST_TIMEOUT);
	rig_end(&r);
}

static void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("%s", command);
}

/* Bogofilter itself, with words of its own. */
static void test_bogofilter(void **state)
{
	static const struct view spam[] = { { "Subject: pills\n\ncheap pills buy now\n", 35 } };
	static const struct view ham[] = { { "Subject: lunch\n\nlunch tomorrow at noon\n", 39 } };
	char folder[FOLDER_MAX], command[FOLDER_MAX * 3];
	struct bogofilter_question q = question(command, WAIT_MS);
	struct rig r;

	(void)state;
	if (system("command -v bogofilter >/dev/null") != 0)
		skip();
	folder_new(folder);
	rig_begin(&r);
	for (unsigned i = 0; i < 4; i++) {
		(void)snprintf(
			command, sizeof(command),
			"printf 'Subject: pills\\n\\ncheap pills buy now\\n' | bogofilter -d %s "
			"-s",
			folder);
		run(command);
		(void)snprintf(
			command, sizeof(command),
			"printf 'Subject: lunch\\n\\nlunch tomorrow at noon\\n' | bogofilter -d "
			"%s -n",
			folder);
		run(command);
	}
	(void)snprintf(command, sizeof(command), "exec bogofilter -v -d %s", folder);
	q.piece_count = 1;
	q.pieces = spam;
	ask(&r, &q);
	assert_int_equal(r.st, ST_OK);
	assert_int_equal(r.b.verdict, BOGOSITY_SPAM);
	assert_true(r.b.score > 990000);
	assert_int_equal(strncmp(r.header, "Spam, tests=bogofilter, spamicity=", 34), 0);
	q.pieces = ham;
	ask(&r, &q);
	assert_int_equal(r.st, ST_OK);
	assert_int_equal(r.b.verdict, BOGOSITY_HAM);
	assert_true(r.b.score < 10000);
	(void)snprintf(command, sizeof(command), "exec bogofilter -T -d %s", folder);
	q.pieces = message;
	ask(&r, &q);
	assert_int_equal(r.st, ST_OK);
	assert_int_equal(r.b.verdict, BOGOSITY_UNSURE);
	(void)snprintf(command, sizeof(command), "exec bogofilter -v -d %s/x/y 2>/dev/null",
	               folder);
	ask(&r, &q);
	assert_int_equal(r.st, ST_UNAVAILABLE);
	rig_end(&r);
	folder_free(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_printed), cmocka_unit_test(test_printed_cut),
		cmocka_unit_test(test_written), cmocka_unit_test(test_commands),
		cmocka_unit_test(test_message), cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_bounds),  cmocka_unit_test(test_bogofilter),
		cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
