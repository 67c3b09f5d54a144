#include "child/link.h"

#include "fake_child.h"
#include "net/loop.h"

/* One link on a loop whose clock stands still, and the child at its other end. */
struct rig {
	char folder[FOLDER_MAX];
	struct loop *loop;
	struct fake_child child;
	struct child_conf conf;
	struct link *link;
	unsigned agreed, progress, done;
	struct milter_agreed terms;
	struct buf changes;
	struct child_answer answer;
	char text[100];
	bool close_on_agreed, close_on_change, close_on_done, refuse_changes;
};

static void on_agreed(void *arg, const struct milter_agreed *terms)
{
	struct rig *r = arg;

	r->agreed++;
	r->terms = *terms;
	if (r->close_on_agreed)
		link_close(&r->link);
}

static enum status on_change(void *arg, const struct milter_reply *change)
{
	struct rig *r = arg;

	assert_int_equal(buf_byte(&r->changes, (char)change->kind), ST_OK);
	if (r->close_on_change)
		link_close(&r->link);
	return r->refuse_changes ? ST_LIMIT : ST_OK;
}

static void on_progress(void *arg)
{
	struct rig *r = arg;

	r->progress++;
}

static void on_done(void *arg, const struct child_answer *answer)
{
	struct rig *r = arg;

	r->done++;
	r->answer = *answer;
	(void)snprintf(r->text, sizeof(r->text), "%.*s", VIEW_ARG(answer->text));
	if (r->close_on_done)
		link_close(&r->link);
}

static const struct link_events events = { on_agreed, on_change, on_progress, on_done };
static const struct milter_offer offer = { 6, 0x1ff, 0x1fffff };

static void rig_begin(struct rig *r)
{
	*r = (struct rig){ .loop = loop_new_fake(1000), .changes = buf_of(ROOM) };
	folder_new(r->folder);
	fake_begin(&r->child, r->folder, "s");
	r->conf = (struct child_conf){ .name = "fake",
		                       .connect_ms = 10000,
		                       .write_ms = 1000,
		                       .read_ms = 2000,
		                       .end_ms = 5000 };
	r->conf.address.path = r->child.path;
}

static void turns(struct rig *r)
{
	for (unsigned i = 0; i < 8; i++) {
		loop_turn(r->loop, false);
		fake_turn(&r->child);
	}
	loop_turn(r->loop, false);
}

static void start(struct rig *r)
{
	r->link = link_new(r->loop, &r->conf, &offer, &events, r);
}

static void rig_end(struct rig *r)
{
	link_close(&r->link);
	link_close(&r->link);
	turns(r);
	fake_end(&r->child);
	buf_free(&r->changes);
	loop_free(&r->loop);
	folder_free(r->folder);
}

static void say(struct rig *r, enum milter_command_kind kind)
{
	struct milter_command m = { .kind = kind };
	struct buf out = buf_of(ROOM);
	unsigned before = r->done;

	if (kind == MILTER_CONNECT)
		m.connect = (struct milter_connect){
			VIEW("x"), MILTER_UNKNOWN_FAMILY, 0, VIEW(""), { .family = IP_NONE }
		};
	else if (kind == MILTER_HELO || kind == MILTER_UNKNOWN)
		m.text = VIEW("x");
	else if (kind == MILTER_HEADER)
		m.header.name = VIEW("X");
	else if (kind == MILTER_BODY)
		m.body = VIEW("x");
	else if (kind == MILTER_MAIL || kind == MILTER_RCPT)
		m.envelope.address = VIEW("<>");
	assert_int_equal(milter_put_command(&out, &m), ST_OK);
	link_command(r->link, kind, VIEW(""), buf_view(&out));
	assert_int_equal(r->done, before); /* never inside the call */
	buf_free(&out);
	turns(r);
}

static void test_terms(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r);
	r.child.steps = MILTER_NO_HELO | MILTER_NR_MAIL;
	r.child.lists = "00000000 6a00";
	start(&r);
	assert_int_equal(r.agreed, 0);
	say(&r, MILTER_CONNECT);
	assert_int_equal(r.agreed, 1);
	assert_int_equal(r.terms.version, 6);
	assert_int_equal(r.done, 1);
	assert_int_equal(r.answer.kind, MILTER_CONTINUE);
	say(&r, MILTER_HELO); /* not told */
	assert_int_equal(r.done, 2);
	say(&r, MILTER_MAIL); /* not answered */
	assert_int_equal(r.done, 3);
	assert_true(link_idle(r.link));
	link_abort(r.link);
	turns(&r);
	link_close(&r.link);
	turns(&r);
	assert_string_equal(buf_text(&r.child.seen), "O Cx M<> A Q");
	rig_end(&r);
}

/* What a child says to a command, and what it means. */
static const struct {
	const char *name;
	enum milter_command_kind kind;
	const char *says;
	enum child_fault fault;
	enum milter_reply_kind answer;
	const char *text;
} answers[] = {
	{ "CONTINUE", MILTER_RCPT, "c", FAULT_NONE, MILTER_CONTINUE, "" },
	{ "ACCEPT", MILTER_RCPT, "a", FAULT_NONE, MILTER_ACCEPT, "" },
	{ "REJECT", MILTER_RCPT, "r", FAULT_NONE, MILTER_REJECT, "" },
	{ "TEMPFAIL", MILTER_RCPT, "t", FAULT_NONE, MILTER_TEMPFAIL, "" },
	{ "DISCARD", MILTER_RCPT, "d", FAULT_NONE, MILTER_DISCARD, "" },
	{ "a text", MILTER_RCPT, "y550 5.7.1 No|", FAULT_NONE, MILTER_REPLYCODE, "550 5.7.1 No" },
	{ "a text without its NUL", MILTER_RCPT, "y450 Hm", FAULT_NONE, MILTER_REPLYCODE,
	  "450 Hm" },
	{ "SHUTDOWN is 421", MILTER_RCPT, "4", FAULT_NONE, MILTER_REPLYCODE,
	  "421 4.7.0 Service is shutting down" },
	{ "progress first", MILTER_RCPT, "p;p;c", FAULT_NONE, MILTER_CONTINUE, "" },
	{ "SKIP to a piece of body", MILTER_BODY, "s", FAULT_NONE, MILTER_SKIP, "" },
	{ "SKIP to a header", MILTER_HEADER, "s", FAULT_NONE, MILTER_SKIP, "" },
	{ "SKIP to a recipient", MILTER_RCPT, "s", FAULT_NONE, MILTER_CONTINUE, "" },
	{ "DISCARD to CONNECT", MILTER_CONNECT, "d", FAULT_NONE, MILTER_CONTINUE, "" },
	{ "ACCEPT to UNKNOWN", MILTER_UNKNOWN, "a", FAULT_NONE, MILTER_CONTINUE, "" },
	{ "changes at the end", MILTER_EOB, "hX|1|;+<a>|;c", FAULT_NONE, MILTER_CONTINUE, "" },
	{ "an answer, and then it hangs up", MILTER_RCPT, "a;!", FAULT_NONE, MILTER_ACCEPT, "" },

	{ "it hangs up", MILTER_RCPT, "!", FAULT_CLOSED, MILTER_CONN_FAIL, "" },
	{ "it can't go on", MILTER_RCPT, "f", FAULT_CLOSED, MILTER_CONN_FAIL, "" },
	{ "two answers", MILTER_RCPT, "c;c", FAULT_GARBAGE, MILTER_CONN_FAIL, "" },
	{ "no such letter", MILTER_RCPT, "z", FAULT_GARBAGE, MILTER_CONN_FAIL, "" },
	{ "an answer with data", MILTER_RCPT, "c|", FAULT_GARBAGE, MILTER_CONN_FAIL, "" },
	{ "another offer", MILTER_RCPT, "O#6#0#0", FAULT_GARBAGE, MILTER_CONN_FAIL, "" },
	{ "a text that is no refusal", MILTER_RCPT, "y250 Ok|", FAULT_GARBAGE, MILTER_CONN_FAIL,
	  "" },
	{ "a change before the end", MILTER_BODY, "hX|1|;c", FAULT_GARBAGE, MILTER_CONN_FAIL, "" },
	{ "quarantine before the end", MILTER_RCPT, "qx|;c", FAULT_GARBAGE, MILTER_CONN_FAIL, "" },
	{ "a change behind the answer", MILTER_EOB, "c;hX|1|", FAULT_GARBAGE, MILTER_CONN_FAIL,
	  "" },
	{ "a change that it never announced", MILTER_EOB, "2<a>|;c", FAULT_GARBAGE,
	  MILTER_CONN_FAIL, "" },
	{ "a header without a value", MILTER_EOB, "hX|;c", FAULT_GARBAGE, MILTER_CONN_FAIL, "" },
	{ "silence", MILTER_RCPT, "", FAULT_TIMEOUT, MILTER_CONN_FAIL, "" },
	{ "silence at the end", MILTER_EOB, "hX|1|", FAULT_TIMEOUT, MILTER_CONN_FAIL, "" },
};

static void test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		char letter = (char)answers[i].kind;
		struct rig r;

		print_message("%s\n", answers[i].name);
		rig_begin(&r);
		r.child.actions = 0x7f;
		r.child.steps = MILTER_WITH_SKIP;
		fake_says(&r.child, letter, answers[i].says);
		start(&r);
		say(&r, answers[i].kind);
		if (answers[i].fault == FAULT_TIMEOUT) {
			assert_int_equal(r.done, 0);
			loop_advance(r.loop, answers[i].kind == MILTER_EOB ? 4999 : 1999);
			assert_int_equal(r.done, 0);
			loop_advance(r.loop, 1);
		}
		assert_int_equal(r.done, 1);
		assert_int_equal(r.answer.fault, answers[i].fault);
		assert_int_equal(r.answer.kind, answers[i].answer);
		assert_string_equal(r.text, answers[i].text);
		/* who failed, or has hung up, fails from then on */
		if (r.answer.fault != FAULT_NONE || strchr(answers[i].says, '!') != NULL) {
			assert_true(link_failed(r.link));
			say(&r, MILTER_RCPT);
			assert_int_equal(r.done, 2);
			assert_true(r.answer.fault != FAULT_NONE);
		}
		rig_end(&r);
	}
}

static void test_skip_was_not_agreed(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r);
	fake_says(&r.child, 'B', "s");
	start(&r);
	say(&r, MILTER_BODY);
	assert_int_equal(r.answer.fault, FAULT_GARBAGE);
	rig_end(&r);
}

/* Before there are terms. */
static const struct {
	const char *name;
	const char *says; /* NULL: nobody listens; "x" is silence */
	enum child_fault fault;
} beginnings[] = {
	{ "nobody listens", NULL, FAULT_CONNECT },
	{ "silence", "", FAULT_TIMEOUT },
	{ "it hangs up", "!", FAULT_CLOSED },
	{ "an answer that is none", "c", FAULT_TERMS },
	{ "an action that nobody knows", "O#6#\xff#0", FAULT_TERMS },
	{ "version 1", "O#1#0#0", FAULT_TERMS },
	{ "too short", "O#6#0", FAULT_TERMS },
	{ "progress", "p", FAULT_TERMS },
	{ "two answers", "O#6#0#0;O#6#0#0", FAULT_GARBAGE },
};

static void test_beginnings(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(beginnings); i++) {
		struct rig r;

		print_message("%s\n", beginnings[i].name);
		rig_begin(&r);
		if (beginnings[i].says == NULL)
			(void)unlink(r.child.path);
		else
			fake_says(&r.child, 'O', beginnings[i].says);
		start(&r);
		say(&r, MILTER_CONNECT);
		if (beginnings[i].fault == FAULT_TIMEOUT) {
			loop_advance(r.loop, 9999);
			assert_int_equal(r.done, 0);
			loop_advance(r.loop, 1);
		}
		assert_int_equal(r.done, 1);
		assert_int_equal(r.answer.fault, beginnings[i].fault);
		rig_end(&r);
	}
}

static void test_lengths_that_are_none(void **state)
{
	static const char *const octets[] = { "00000000", "ffffffff 63", "7fffffff 63",
		                              "01000000 63" };

	(void)state;
	for (size_t i = 0; i < COUNT(octets); i++) {
		struct buf out = buf_of(ROOM);
		struct rig r;

		rig_begin(&r);
		fake_says(&r.child, 'R', "");
		start(&r);
		say(&r, MILTER_RCPT);
		put_hex(&out, octets[i]);
		fake_write(&r.child, buf_view(&out));
		turns(&r);
		assert_int_equal(r.done, 1);
		assert_int_equal(r.answer.fault, FAULT_GARBAGE);
		buf_free(&out);
		rig_end(&r);
	}
}

/* An answer that comes octet by octet. */
static void test_pieces(void **state)
{
	struct buf out = buf_of(ROOM);
	struct rig r;

	(void)state;
	rig_begin(&r);
	fake_says(&r.child, 'R', "");
	start(&r);
	say(&r, MILTER_RCPT);
	put_hex(&out, "00000011 79 34353120342e372e31204c6174657200");
	for (size_t i = 0; i < out.n; i++) {
		assert_int_equal(r.done, 0);
		fake_write(&r.child, (struct view){ out.p + i, 1 });
		turns(&r);
	}
	assert_int_equal(r.done, 1);
	assert_string_equal(r.text, "451 4.7.1 Later");
	buf_free(&out);
	rig_end(&r);
}

/* It is waited for as long as it tells of progress, but not for ever. */
static void test_progress(void **state)
{
	struct rig r;
	unsigned n = 0;

	(void)state;
	rig_begin(&r);
	fake_says(&r.child, 'E', "");
	start(&r);
	say(&r, MILTER_EOB);
	for (; n < 1000 && r.done == 0; n++) {
		loop_advance(r.loop, 4999);
		fake_script(&r.child, VIEW("p"));
		turns(&r);
		assert_true(r.progress == n + 1 || r.done == 1);
	}
	assert_int_equal(r.answer.fault, FAULT_TIMEOUT);
	assert_int_equal(n, LINK_ANSWER_MAX_MS / 4999 + 1);
	rig_end(&r);
}

/* It says nothing for its NR_ steps; late progress is no answer to anything. */
static void test_progress_unasked(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r);
	r.child.steps = MILTER_NR_RCPT;
	fake_says(&r.child, 'R', "p");
	start(&r);
	say(&r, MILTER_RCPT);
	assert_int_equal(r.done, 1);
	say(&r, MILTER_BODY);
	assert_int_equal(r.done, 2);
	assert_int_equal(r.answer.fault, FAULT_NONE);
	fake_script(&r.child, VIEW("c"));
	turns(&r);
	assert_true(link_failed(r.link));
	rig_end(&r);
}

static void test_endless_changes(void **state)
{
	struct buf out = buf_of(ROOM);
	struct rig r;

	(void)state;
	rig_begin(&r);
	fake_says(&r.child, 'E', "");
	start(&r);
	say(&r, MILTER_EOB);
	for (unsigned i = 0; i < 1000; i++)
		put_hex(&out, "00000007 68 582d41003100");
	for (unsigned i = 0; i < LINK_REPLIES_MAX / 1000 + 1; i++) {
		fake_write(&r.child, buf_view(&out));
		turns(&r);
	}
	assert_int_equal(r.done, 1);
	assert_int_equal(r.answer.fault, FAULT_LIMIT);
	assert_int_equal(r.changes.n, LINK_REPLIES_MAX);
	buf_free(&out);
	rig_end(&r);
}

static void test_changes_refused(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r);
	r.refuse_changes = true;
	fake_says(&r.child, 'E', "hX|1|;c");
	start(&r);
	say(&r, MILTER_EOB);
	assert_int_equal(r.done, 1);
	assert_int_equal(r.answer.fault, FAULT_LIMIT);
	rig_end(&r);
}

/* A child that does not read. */
static void test_write_timeout(void **state)
{
	static char octets[MILTER_DATA_MAX];
	struct milter_command m = { .kind = MILTER_BODY, .body = { octets, sizeof(octets) } };
	struct buf out = buf_of(ROOM);
	struct rig r;

	(void)state;
	rig_begin(&r);
	r.child.steps = MILTER_NR_BODY;
	start(&r);
	say(&r, MILTER_CONNECT);
	assert_int_equal(milter_put_command(&out, &m), ST_OK);
	for (unsigned before = 0; r.done > before;) {
		before = r.done;
		link_command(r.link, MILTER_BODY, VIEW(""), buf_view(&out));
		for (unsigned i = 0; i < 5; i++)
			loop_turn(r.loop, false);
		assert_true(r.done < 100);
	}
	loop_advance(r.loop, 999);
	assert_int_equal(r.answer.fault, FAULT_NONE);
	loop_advance(r.loop, 1);
	assert_int_equal(r.answer.fault, FAULT_TIMEOUT);
	buf_free(&out);
	rig_end(&r);
}

/* Closed in each callback, and after each number of turns. */
static void test_close_at_any_moment(void **state)
{
	(void)state;
	for (unsigned which = 0; which < 3; which++) {
		struct rig r;

		rig_begin(&r);
		r.close_on_agreed = which == 0;
		r.close_on_change = which == 1;
		r.close_on_done = which == 2;
		fake_says(&r.child, 'E', "hX|1|;hX|1|;c");
		start(&r);
		say(&r, MILTER_EOB);
		assert_int_equal(r.done, which == 2);
		assert_int_equal(r.changes.n, which);
		assert_null(r.link);
		rig_end(&r);
	}
	for (unsigned n = 0; n < 12; n++) {
		struct rig r;

		rig_begin(&r);
		start(&r);
		link_command(r.link, MILTER_EOB, VIEW(""), VIEW("\0\0\0\1E"));
		for (unsigned i = 0; i < n; i++) {
			loop_turn(r.loop, false);
			fake_turn(&r.child);
		}
		link_close(&r.link);
		r.done = 0;
		turns(&r);
		assert_int_equal(r.done, 0);
		rig_end(&r);
	}
}

static void test_nothing_to_tell(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r);
	start(&r);
	link_command(r.link, MILTER_HEADER, VIEW(""), VIEW(""));
	turns(&r);
	assert_int_equal(r.answer.fault, FAULT_LIMIT);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_terms),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_skip_was_not_agreed),
		cmocka_unit_test(test_beginnings),
		cmocka_unit_test(test_lengths_that_are_none),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_progress_unasked),
		cmocka_unit_test(test_endless_changes),
		cmocka_unit_test(test_changes_refused),
		cmocka_unit_test(test_write_timeout),
		cmocka_unit_test(test_close_at_any_moment),
		cmocka_unit_test(test_nothing_to_tell),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
