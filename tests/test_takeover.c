/* What goes wrong while a dump is taken over, and what never ends; tests/cli/test_dumpfile.py has
 * what goes well. */
#include "test.h"

#include "conf/conf.h"
#include "conf/parse.h"
#include "folder.h"
#include "takeover.h"

#define NOW 1800000000

struct rig {
	char folder[FOLDER_MAX];
	struct takeover t;
	struct diag why;
	unsigned told;
	struct diag last;
};

static void tell(void *arg, const struct diag *bad)
{
	struct rig *r = arg;

	r->told++;
	r->last = *bad;
}

static struct conf *parse(const char *text)
{
	struct conf_source source = { .text = view_of(text) };
	struct conf *conf = NULL;
	struct diag why;

	if (conf_parse(&source, &conf, &why) != ST_OK)
		fail_msg("%s", why.text);
	return conf;
}

static void begin(struct rig *r, const char *statements)
{
	struct browse_options o = { .dir = r->folder, .change = true };

	*r = (struct rig){ .t = { .conf = parse(statements), .now = NOW, .tell = tell, .arg = r } };
	folder_new(r->folder);
	assert_int_equal(browse_open(&o, &r->t.store, &r->why), ST_OK);
}

static void end(struct rig *r)
{
	struct conf *conf = (struct conf *)(uintptr_t)r->t.conf;

	browse_close(&r->t.store);
	conf_unref(&conf);
	folder_free(r->folder);
}

static enum status take(struct rig *r, struct view text)
{
	FILE *file = fmemopen((void *)(uintptr_t)text.p, text.n, "r");
	enum status st;

	assert_non_null(file);
	st = takeover_dump(&r->t, file, &r->why);
	(void)fclose(file);
	return st;
}

static void test_counts_go_on(void **state)
{
	struct rig r;

	(void)state;
	begin(&r, "racl greylist default\n");
	assert_int_equal(take(&r, VIEW("# x\n192.0.2.1 <a@b> <c@d> 1800000100 AUTO\nx\n\n")),
	                 ST_OK);
	assert_int_equal(r.t.read, 2);
	assert_int_equal(r.t.added, 1);
	assert_int_equal(r.t.bad, 1);
	assert_int_equal(r.told, 1);
	assert_int_equal(r.last.line, 3);
	assert_int_equal(r.last.column, 1);
	assert_int_equal(take(&r, VIEW("192.0.2.1 <a@b> <c@d> 1800000100 AUTO\n"
	                               "192.0.2.1 <a@b> <c@d> 1800000100 AUT")),
	                 ST_OK);
	assert_int_equal(r.t.read, 4);
	assert_int_equal(r.t.added, 1);
	assert_int_equal(r.t.merged, 1);
	assert_int_equal(r.t.bad, 2);
	assert_int_equal(r.last.line, 2);
	end(&r);
}

/* A tuple of both kinds counts as one that has passed, in either order, as milter-greylist has it
 * for a while. */
static void test_both_kinds(void **state)
{
	static const char *const orders[] = {
		"192.0.2.1 <a@b> <c@d> 1800000100\n192.0.2.1 <a@b> <c@d> 1800000200 AUTO\n",
		"192.0.2.1 <a@b> <c@d> 1800000200 AUTO\n192.0.2.1 <a@b> <c@d> 1800000100\n",
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct browse_entry e;
		struct rig r;

		begin(&r, "racl greylist default\n");
		assert_int_equal(take(&r, view_of(orders[i])), ST_OK);
		assert_int_equal(browse_find(r.t.store, BROWSE_TUPLES,
		                             VIEW("192.0.2.1/32\ta@b\tc@d"), &e, &r.why),
		                 ST_OK);
		assert_int_equal(e.tuple.passes, 1);
		assert_int_equal(e.tuple.last + e.tuple.keep, 1800000200);
		end(&r);
	}
}

static void test_marks(void **state)
{
	static const struct {
		const char *statements;
		const char *key;
	} cases[] = {
		{ "style milter-greylist\nsubnetmatch /24\nracl greylist default\n",
		  "192.0.2.0/24 rin@b" },
		{ "style postgrey\nracl greylist default\n", "192.0.2.1/32" },
		{ "racl greylist default\n", "192.0.2.1/32" },
		{ "racl greylist default\n", "192.0.2.1/32 rin@b" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct browse_entry e;
		struct rig r;

		begin(&r, cases[i].statements);
		assert_int_equal(take(&r, VIEW("192.0.2.1 <7=Rin@b> <c@d> 1799999990 0 TARPIT\n"
		                               "192.0.2.9 <a@b> <c@d> 1799999990 20 TARPIT\n"
		                               "192.0.2.9 <a@b> <c@d> 1700000000 0 TARPIT\n")),
		                 ST_OK);
		assert_int_equal(
			browse_find(r.t.store, BROWSE_MARKS, view_of(cases[i].key), &e, &r.why),
			ST_OK);
		assert_int_equal(e.mark.since, NOW - 10);
		assert_int_equal(r.t.no_use, 1);
		assert_int_equal(r.t.too_old, 1);
		end(&r);
	}
}

/* A line without an end is read in constant memory, and for a limited time. */
static void test_endless(void **state)
{
	FILE *zero = fopen("/dev/zero", "re");
	struct rig r;

	(void)state;
	assert_non_null(zero);
	begin(&r, "racl greylist default\n");
	r.t.seconds_max = 1;
	assert_int_equal(takeover_dump(&r.t, zero, &r.why), ST_OK);
	assert_true(r.t.cut);
	assert_int_equal(r.t.read, 0);
	end(&r);
	(void)fclose(zero);
}

static void test_a_file_that_fails(void **state)
{
	struct rig r;
	FILE *folder;

	(void)state;
	begin(&r, "racl greylist default\n");
	folder = fopen(r.folder, "re"); /* opens, but can't be read */
	assert_non_null(folder);
	assert_int_equal(takeover_dump(&r.t, folder, &r.why), ST_IO);
	assert_non_null(strstr(r.why.text, "can't read"));
	end(&r);
	(void)fclose(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts_go_on),
		cmocka_unit_test(test_both_kinds),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_a_file_that_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
