#include "child/chain.h"

#include "fake_child.h"
#include "net/loop.h"

#define KIDS 3u

/* Three children on one session, by their letters: a, b, c. */
struct rig {
	char folder[FOLDER_MAX];
	struct loop *loop;
	struct fake_child kid[KIDS];
	struct child_conf conf[KIDS];
	struct child_histories known;
	struct children *children;
	struct chain *chain;
	struct chain_terms terms;
	struct mail mail;
	unsigned answered, progress;
	struct chain_answer answer;
	char text[200], child[20];
	struct buf changes; /* letters, and what matters */
	uint64_t see;
	bool free_on_answer;
	unsigned chosen; /* bits of those that `choose` was asked about */
	uint64_t choice; /* and who sees the content then */
	bool choose_later;
	enum chain_said said[KIDS]; /* at the last one */
};

static void show_change(struct buf *out, const struct milter_reply *r)
{
	assert_int_equal(buf_printf(out, "%s%c", out->n > 0 ? " " : "", (char)r->kind), ST_OK);
	if (r->kind == MILTER_INSHEADER || r->kind == MILTER_CHGHEADER)
		assert_int_equal(buf_printf(out, "%u", r->index), ST_OK);
	assert_int_equal(buf_printf(out, "%.*s=%.*s%.*s%.*s", VIEW_ARG(r->name), VIEW_ARG(r->value),
	                            VIEW_ARG(r->address), VIEW_ARG(r->text)),
	                 ST_OK);
}

static void show_changes(struct buf *out, struct view packets)
{
	struct milter_packet packet;
	struct milter_reply r;
	size_t used;

	buf_clear(out);
	while (milter_scan(packets, MILTER_DATA_MAX, &packet, &used) == ST_OK) {
		assert_int_equal(milter_reply_read(&packet, &r), ST_OK);
		show_change(out, &r);
		packets = view_from(packets, used);
	}
	assert_int_equal(packets.n, 0);
}

static void on_answered(void *arg, const struct chain_answer *a)
{
	struct rig *r = arg;

	r->answered++;
	r->answer = *a;
	(void)snprintf(r->text, sizeof(r->text), "%.*s", VIEW_ARG(a->text));
	(void)snprintf(r->child, sizeof(r->child), "%s", a->child != NULL ? a->child : "");
	show_changes(&r->changes, a->changes);
	if (r->free_on_answer)
		chain_free(&r->chain);
}

static void on_progress(void *arg)
{
	struct rig *r = arg;

	r->progress++;
}

static void on_choose(void *arg, size_t child)
{
	struct rig *r = arg;

	r->chosen |= 1u << child;
	for (size_t i = 0; i < KIDS; i++)
		r->said[i] = chain_said(r->chain, i);
	if (!r->choose_later)
		chain_chosen(r->chain, (r->choice >> child & 1) != 0);
}

/* The second child is told of something of its own with MAIL, instead of what the MTA said. */
static void on_macros(void *arg, size_t child, enum milter_command_kind kind, struct view command,
                      struct buf *pairs)
{
	(void)arg;
	assert_true(kind == MILTER_EOH || kind == MILTER_EOB || command.n >= MILTER_HEAD);
	if (child != 1 || kind != MILTER_MAIL)
		return;
	buf_clear(pairs);
	assert_int_equal(buf_append(pairs, (struct view){ "{x}\0own", 8 }), ST_OK);
}

static const struct chain_events events = { on_answered, on_progress, NULL, NULL };
static const struct chain_events more_events = { on_answered, on_progress, on_choose, on_macros };

static void rig_begin(struct rig *r)
{
	static const char *const names[KIDS] = { "a", "b", "c" };

	*r = (struct rig){ .loop = loop_new_fake(1000),
		           .terms = { 0x1ff, 0x1ff },
		           .changes = buf_of(ROOM),
		           .see = 7 };
	folder_new(r->folder);
	for (size_t i = 0; i < KIDS; i++) {
		fake_begin(&r->kid[i], r->folder, names[i]);
		r->conf[i] = (struct child_conf){ .name = names[i],
			                          .connect_ms = 10000,
			                          .write_ms = 1000,
			                          .read_ms = 2000,
			                          .end_ms = 5000 };
		r->conf[i].address.path = r->kid[i].path;
	}
	mail_begin(&r->mail, ROOM, false);
	mail_take_header(&r->mail, VIEW("S"), VIEW("1"));
	mail_take_header(&r->mail, VIEW("T"), VIEW("2"));
	mail_take_body(&r->mail, VIEW("body\r\n"));
}

static void turns(struct rig *r)
{
	for (unsigned i = 0; i < 25; i++) {
		loop_turn(r->loop, false);
		for (size_t k = 0; k < KIDS; k++)
			fake_turn(&r->kid[k]);
	}
	loop_turn(r->loop, false);
}

static void start_with(struct rig *r, const struct chain_events *e)
{
	struct chain_setup setup = { .loop = r->loop, .terms = r->terms, .id = "test" };

	if (r->children == NULL)
		r->children = children_new(&r->known, r->conf, KIDS);
	setup.children = r->children;
	r->chain = chain_new(&setup, e, r);
}

static void start_session(struct rig *r)
{
	start_with(r, &events);
}

static void end_session(struct rig *r)
{
	chain_free(&r->chain);
	chain_free(&r->chain);
	turns(r);
}

static void rig_end(struct rig *r)
{
	end_session(r);
	children_unref(&r->children);
	child_histories_free(&r->known);
	for (size_t i = 0; i < KIDS; i++)
		fake_end(&r->kid[i]);
	mail_end(&r->mail);
	buf_free(&r->changes);
	loop_free(&r->loop);
	folder_free(r->folder);
}

static void ask(struct rig *r, const char *line, struct chain_sight sight, struct view macros)
{
	struct milter_command m = { .kind = (enum milter_command_kind)line[0] };
	struct view text = view_of(line + 1);
	unsigned before = r->answered;

	if (m.kind == MILTER_CONNECT)
		m.connect = (struct milter_connect){
			text, MILTER_IPV4, 25, VIEW("192.0.2.1"), { .family = IP_NONE }
		};
	else if (m.kind == MILTER_HELO || m.kind == MILTER_UNKNOWN)
		m.text = text;
	else if (m.kind == MILTER_MAIL || m.kind == MILTER_RCPT)
		m.envelope.address = text;
	chain_ask(r->chain, &m, macros, sight);
	assert_int_equal(r->answered, before); /* never inside the call */
}

static void end(struct rig *r, struct chain_sight sight)
{
	const struct chain_macros macros = { .end = VIEW("i\0Q1") };
	struct chain_macros m = macros;

	m.end.n++; /* with its NUL */
	chain_end(r->chain, &r->mail, &m, sight);
}

/* A letter and a text: C H M R T U, E for the end; A is told at once. The answer's letter, or "?"
 * when there is none yet. */
static char say_to(struct rig *r, const char *line, struct chain_sight sight)
{
	unsigned before = r->answered;

	if (line[0] == 'A') {
		chain_abort(r->chain);
		turns(r);
		return 'A';
	}
	if (line[0] == 'E')
		end(r, sight);
	else
		ask(r, line, sight, VIEW(""));
	turns(r);
	assert_true(r->answered <= before + 1);
	return r->answered > before ? (char)r->answer.kind : '?';
}

static char say(struct rig *r, const char *line)
{
	return say_to(r, line, (struct chain_sight){ .see = r->see });
}

/* A session in words; the letters of the answers. */
static void play(struct rig *r, const char *lines, char *answers)
{
	struct view rest = view_of(lines), line;
	char one[100];
	size_t n = 0;

	while (view_next(&rest, ' ', &line)) {
		(void)snprintf(one, sizeof(one), "%.*s", VIEW_ARG(line));
		answers[n++] = say(r, one);
	}
	answers[n] = '\0';
}

static void assert_seen(struct rig *r, size_t kid, const char *seen)
{
	assert_string_equal(buf_text(&r->kid[kid].seen), seen);
}

#define SESSION "Chost Hhelo M<s> R<r> T E"
#define WHOLE   "O Chost Hhelo M<s> R<r> T LS=1 LT=2 N Bbody\r\n DE,i,Q1 E"

/* A rule for each child, in the order a, b, c, with blanks between; "." is none. Answers to a whole
 * session, who decided, and with what text. */
static const struct {
	const char *name;
	const char *rules;
	const char *answers, *child, *text;
} merges[] = {
	{ "all go on", ". . .", "cccccc", "", "" },
	{ "one accepts the client", "C:a . .", "cccccc", "", "" },
	{ "all accept the client", "C:a C:a C:a", "aaaaac", "", "" },
	{ "all accept the message", "M:a M:a M:a", "ccaaac", "", "" },
	{ "one refuses the client", ". C:r .", "rrrrrr", "b", "" },
	{ "one puts the client off", ". H:t .", "cttttt", "b", "" },
	{ "discarding a client is discarding nothing", "C:d . .", "cccccc", "", "" },
	{ "the stronger of two", "R:t R:r .", "cccrac", "", "" },
	{ "discard is the strongest", "R:r R:d .", "cccddd", "b", "" },
	{ "of equal ones the first", "R:y450_a| R:y450_b| .", "cccyac", "", "" },
	{ "a text of a weaker one is not used", "R:y450_a| R:r .", "cccrac", "", "" },
	{ "a text", "M:y550_5.7.1_no| . .", "ccyyyy", "a", "550_5.7.1_no" },
	{ "at DATA", ". T:y451_4.7.1_hm| .", "ccccyy", "b", "451_4.7.1_hm" },
	{ "one accepts at DATA, the others go on", "T:a . .", "cccccc", "", "" },
	{ "at a header", ". L:r .", "cccccr", "b", "" },
	{ "at the end", ". . E:y550_x|", "cccccy", "c", "550_x" },
	{ "discarded at the end", ". E:d .", "cccccd", "b", "" },
};

static void add_rules(struct rig *r, const char *rules)
{
	static char texts[KIDS][100];
	struct view rest = view_of(rules), rule;

	for (size_t i = 0; view_next(&rest, ' ', &rule); i++) {
		if (rule.n < 2)
			continue;
		(void)snprintf(texts[i], sizeof(texts[i]), "%.*s", (int)(rule.n - 2), rule.p + 2);
		fake_says(&r->kid[i], rule.p[0], texts[i]);
	}
}

static void test_merge(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(merges); i++) {
		char answers[10];
		struct rig r;

		print_message("%s\n", merges[i].name);
		rig_begin(&r);
		add_rules(&r, merges[i].rules);
		start_session(&r);
		play(&r, SESSION, answers);
		assert_string_equal(answers, merges[i].answers);
		assert_string_equal(r.child, merges[i].child);
		assert_string_equal(r.text, merges[i].text);
		rig_end(&r);
	}
}

/* What each is told when others have their say. */
static void test_dialogue(void **state)
{
	char answers[10];
	struct rig r;

	(void)state;
	rig_begin(&r);
	fake_says(&r.kid[0], 'C', "a");
	fake_says(&r.kid[1], 'E', "r");
	start_session(&r);
	play(&r, SESSION, answers);
	assert_string_equal(answers, "cccccr");
	assert_string_equal(r.child, "b");
	assert_seen(&r, 0, "O Chost Q");
	assert_seen(&r, 1, WHOLE);
	assert_seen(&r, 2, "O Chost Hhelo M<s> R<r> T A"); /* never saw the content */
	assert_int_equal(say(&r, "A"), 'A');
	play(&r, "M<s2> R<r2> T E", answers);
	assert_string_equal(answers, "cccr");
	end_session(&r);
	assert_seen(&r, 2, "O Chost Hhelo M<s> R<r> T A M<s2> R<r2> T A Q");
	rig_end(&r);
}

/* Each recipient by itself; a child that has none left, or was shown none, sits out. */
static void test_recipients(void **state)
{
	char answers[10];
	struct rig r;

	(void)state;
	rig_begin(&r);
	fake_says(&r.kid[0], 'R', "c/y550 5.1.1 who|/c");
	fake_says(&r.kid[1], 'R', "r");
	start_session(&r);
	play(&r, "Chost Hhelo M<s>", answers);
	assert_int_equal(say_to(&r, "R<1>", (struct chain_sight){ .see = 1, .never = 6 }), 'c');
	assert_int_equal(say_to(&r, "R<2>", (struct chain_sight){ .see = 1, .never = 6 }), 'y');
	assert_string_equal(r.text, "550 5.1.1 who");
	assert_int_equal(say_to(&r, "R<3>", (struct chain_sight){ .see = 3, .never = 4 }), 'r');
	play(&r, "T E", answers);
	assert_string_equal(answers, "cc");
	assert_seen(&r, 0, "O Chost Hhelo M<s> R<1> R<2> R<3> T LS=1 LT=2 N Bbody\r\n DE,i,Q1 E");
	assert_seen(&r, 1, "O Chost Hhelo M<s> R<3> A");
	assert_seen(&r, 2, "O Chost Hhelo M<s> A");
	rig_end(&r);
}

/* What one lets in and another refuses is in nobody's message. */
static void test_recipient_refused_by_another(void **state)
{
	char answers[10];
	struct rig r;

	(void)state;
	rig_begin(&r);
	fake_says(&r.kid[1], 'R', "r");
	start_session(&r);
	play(&r, "Chost Hhelo M<s> R<1> T", answers);
	assert_string_equal(answers, "cccra");
	assert_seen(&r, 0, "O Chost Hhelo M<s> R<1> A");
	rig_end(&r);
}

/* Told only to who asked for it, without effect. */
static void test_refused_recipients(void **state)
{
	struct chain_sight sight = { .see = 7, .refused = true };
	char answers[10];
	struct rig r;

	(void)state;
	rig_begin(&r);
	r.kid[1].steps = MILTER_WITH_REJECTED;
	fake_says(&r.kid[1], 'R', "r/c");
	start_session(&r);
	play(&r, "Chost Hhelo M<s>", answers);
	assert_int_equal(say_to(&r, "R<no>", sight), 'c');
	play(&r, "R<r> T", answers);
	assert_string_equal(answers, "cc");
	assert_seen(&r, 0, "O Chost Hhelo M<s> R<r> T");
	assert_seen(&r, 1, "O Chost Hhelo M<s> R<no> R<r> T");
	rig_end(&r);
}

/* --- late children --- */

static void test_late(void **state)
{
	struct chain_sight nobody = { .see = 0 }, a = { .see = 1, .never = 4 };
	struct rig r;

	(void)state;
	rig_begin(&r);
	start_session(&r);
	ask(&r, "Chost", nobody, VIEW("j\0mx\0"));
	turns(&r);
	assert_int_equal(r.answer.kind, MILTER_CONTINUE);
	assert_int_equal(r.kid[0].connections, 0);
	assert_int_equal(say_to(&r, "Hold", nobody), 'c');
	assert_int_equal(say_to(&r, "Hnew", nobody), 'c');
	assert_int_equal(say_to(&r, "M<s>", nobody), 'c');
	assert_int_equal(say_to(&r, "R<1>", a), 'c');
	assert_seen(&r, 0, "O DC,j,mx Chost Hnew M<s> R<1>");
	assert_int_equal(say_to(&r, "T", a), 'c');
	a.see = 3; /* the other one joins in with all that it missed */
	assert_int_equal(say_to(&r, "E", a), 'c');
	assert_seen(&r, 1, "O DC,j,mx Chost Hnew M<s> R<1> T LS=1 LT=2 N Bbody\r\n DE,i,Q1 E");
	assert_int_equal(r.kid[2].connections, 0);
	rig_end(&r);
}

/* What it would have said in time counts when it comes late. */
static const struct {
	const char *name, *rule, *text;
	char at_rcpt, at_end;
} lates[] = {
	{ "the client is refused", "C:y550_c|", "550_c", 'y', 'y' },
	{ "the client is fine", "H:a", "", 'c', 'c' },
	{ "the sender is refused", "M:y450_m|", "450_m", 'y', 'y' },
	{ "the recipient is refused, too late for itself", "R:y450_r|", "450_r", 'y', 'y' },
	{ "a bare refusal of it", "R:r", "", 'r', 'r' },
	{ "discarded", "R:d", "", 'd', 'd' },
	{ "the message is fine", "R:a", "", 'c', 'c' },
};

static void test_late_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lates); i++) {
		for (unsigned at_end = 0; at_end < 2; at_end++) {
			struct chain_sight nobody = { .see = 0 };
			struct rig r;

			print_message("%s\n", lates[i].name);
			rig_begin(&r);
			add_rules(&r, lates[i].rule);
			start_session(&r);
			(void)say_to(&r, "Chost", nobody);
			(void)say_to(&r, "Hhelo", nobody);
			(void)say_to(&r, "M<s>", nobody);
			if (at_end) {
				(void)say_to(&r, "R<r>", nobody);
				(void)say_to(&r, "T", nobody);
				assert_int_equal(say(&r, "E"), lates[i].at_end);
			} else {
				assert_int_equal(say(&r, "R<r>"), lates[i].at_rcpt);
			}
			assert_string_equal(r.text, lates[i].text);
			rig_end(&r);
		}
	}
}

/* A refusal of the client, or the sender, holds for all that follows. */
static void test_late_refusal_holds(void **state)
{
	struct chain_sight nobody = { .see = 0 };
	char answers[20];
	struct rig r;

	(void)state;
	rig_begin(&r);
	fake_says(&r.kid[1], 'M', "r/c");
	start_session(&r);
	(void)say_to(&r, "Chost", nobody);
	(void)say_to(&r, "M<s>", nobody);
	play(&r, "R<1> R<2> A M<s2> R<1> R<2>", answers);
	assert_string_equal(answers, "rrAccc");
	assert_seen(&r, 1, "O Chost M<s> M<s2> R<1> R<2>");
	rig_end(&r);
}

/* --- content --- */

static void test_changes(void **state)
{
	char answers[10];
	struct buf whole = buf_of(ROOM);
	struct rig r;

	(void)state;
	rig_begin(&r);
	fake_says(&r.kid[0], 'E', "hX|a|;m#1S||;bnew ;bbody;+<x>|;e<a>|;qa|;c");
	fake_says(&r.kid[1], 'E', "p;i#0Y|b|;m#1X|c|;-<r>|;e<b>|;qb|;a");
	start_session(&r);
	play(&r, SESSION, answers);
	assert_string_equal(answers, "cccccc");
	assert_seen(&r, 0, WHOLE);
	assert_seen(&r, 1, "O Chost Hhelo M<s> R<r> T LT=2 LX=a N Bnew body\r\n DE,i,Q1 E");
	assert_seen(&r, 2, "O Chost Hhelo M<s> R<r> T LY=b LT=2 LX=c N Bnew body\r\n DE,i,Q1 E");
	assert_string_equal(buf_text(&r.changes), "hX=a m1S= +=<x> i0Y=b m1X=c -=<r> e=<b> q=b");
	assert_true(r.answer.new_body);
	assert_int_equal(mail_put(&r.mail, &whole), ST_OK);
	assert_view(buf_view(&whole), "Y: b\r\nT: 2\r\nX: c\r\n\r\nnew body\r\n");
	assert_int_equal(child_counted(&r.children->child[0], CHILD_CHANGES), 7);
	assert_int_equal(child_counted(&r.children->child[0], CHILD_ACCEPTED), 1);
	assert_int_equal(child_counted(&r.children->child[0], CHILD_SESSIONS), 1);
	buf_free(&whole);
	rig_end(&r);
}

/* Changes of who refuses, fails, is only watched, or is not allowed to are void. */
static const struct {
	const char *name, *says;
	enum child_fallback fallback;
	bool evaluation;
	uint32_t actions;
	char answer;
	const char *changes;
} voids[] = {
	{ "they count", "hX|a|;c", CHILD_ACCEPT, false, 0x1ff, 'c', "hX=a" },
	{ "it refuses", "hX|a|;r", CHILD_ACCEPT, false, 0x1ff, 'r', "" },
	{ "it fails", "hX|a|;!", CHILD_ACCEPT, false, 0x1ff, 'c', "" },
	{ "garbage follows", "hX|a|;z", CHILD_TEMPFAIL, false, 0x1ff, 't', "" },
	{ "a header that is none", "hX|a|;hY:|a|;c", CHILD_REJECT, false, 0x1ff, 'r', "" },
	{ "it is watched", "hX|a|;r", CHILD_ACCEPT, true, 0x1ff, 'c', "" },
	{ "it is watched and content", "hX|a|;c", CHILD_ACCEPT, true, 0x1ff, 'c', "" },
	{ "it is watched, and fails", "hX|a|;!", CHILD_REJECT, true, 0x1ff, 'c', "" },
	{ "not agreed with our MTA", "hX|a|;+<a>|;c", CHILD_ACCEPT, false, MILTER_MAY_ADD_RCPT, 'c',
	  "+=<a>" },
	{ "a CR, and a LF without its blank", "hX|a\r\nb|;c", CHILD_ACCEPT, false, 0x1ff, 'c',
	  "hX=a\n\tb" },
};

static void test_void_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(voids); i++) {
		char answers[10];
		struct rig r;

		print_message("%s\n", voids[i].name);
		rig_begin(&r);
		r.terms.actions = voids[i].actions;
		r.conf[0].fallback = voids[i].fallback;
		r.conf[0].evaluation = voids[i].evaluation;
		r.see = 3;
		fake_says(&r.kid[0], 'E', voids[i].says);
		start_session(&r);
		play(&r, SESSION, answers);
		assert_int_equal(answers[5], voids[i].answer);
		assert_string_equal(buf_text(&r.changes), voids[i].changes);
		if (voids[i].answer == 'c') {
			bool has = mail_find(&r.mail, VIEW("X"), 1) != NULL;

			assert_int_equal(has, strstr(voids[i].changes, "hX") != NULL);
			assert_int_equal(r.kid[1].rule[0].times, 0);
			assert_non_null(strstr(buf_text(&r.kid[1].seen), " E"));
		}
		rig_end(&r);
	}
}

static void test_skip(void **state)
{
	char answers[10];
	struct rig r;

	(void)state;
	rig_begin(&r);
	mail_clear_body(&r.mail);
	for (unsigned i = 0; i < 5; i++) {
		static char octets[MILTER_DATA_MAX];

		mail_take_body(&r.mail, (struct view){ octets, sizeof(octets) });
	}
	r.see = 3;
	for (size_t i = 0; i < 2; i++) {
		r.kid[i].steps = MILTER_WITH_SKIP;
		fake_says(&r.kid[i], i == 0 ? 'B' : 'L', "s");
	}
	start_session(&r);
	play(&r, SESSION, answers);
	assert_string_equal(answers, "cccccc");
	assert_int_equal(r.kid[0].rule[0].times, 1);
	assert_int_equal(r.kid[1].rule[0].times, 1);
	assert_non_null(strstr(buf_text(&r.kid[1].seen), "LS=1 N B"));
	rig_end(&r);
}

/* Steps that a child declines, or does not answer; old versions. */
static const struct {
	const char *name;
	uint32_t version, steps;
	const char *seen;
} steps[] = {
	{ "all", 6, 0, WHOLE },
	{ "version 2: no DATA", 2, 0, "O Chost Hhelo M<s> R<r> LS=1 LT=2 N Bbody\r\n DE,i,Q1 E" },
	{ "nothing but the end", 6, 0x37f & ~(uint32_t)MILTER_NR_HEADER, "O DE,i,Q1 E" },
	{ "no content", 6, MILTER_NO_HEADERS | MILTER_NO_EOH | MILTER_NO_BODY,
	  "O Chost Hhelo M<s> R<r> T DE,i,Q1 E" },
	{ "no answers but to the end", 6, 0xff080, WHOLE },
	{ "blanks", 6, MILTER_WITH_BLANK,
	  "O Chost Hhelo M<s> R<r> T LS= 1 LT= 2 N Bbody\r\n DE,i,Q1 E" },
};

static void test_steps(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++) {
		char answers[10];
		struct rig r;

		print_message("%s\n", steps[i].name);
		rig_begin(&r);
		r.see = 1;
		r.kid[0].version = steps[i].version;
		r.kid[0].steps = steps[i].steps;
		r.kid[0].actions = 0x3f;
		start_session(&r);
		play(&r, SESSION, answers);
		assert_string_equal(answers, "cccccc");
		assert_seen(&r, 0, steps[i].seen);
		assert_true(r.children->child[0].known->wishes.known);
		assert_int_equal(r.children->child[0].known->wishes.steps & 0xff,
		                 steps[i].steps & 0xff);
		rig_end(&r);
	}
}

/* Values with the blank behind the colon, and without: the child's way is not our MTA's. */
static void test_blanks(void **state)
{
	char answers[10];
	struct rig r;

	(void)state;
	rig_begin(&r);
	mail_end(&r.mail);
	mail_begin(&r.mail, ROOM, true);
	mail_take_header(&r.mail, VIEW("S"), VIEW(" 1"));
	mail_take_header(&r.mail, VIEW("T"), VIEW("\n 2"));
	mail_take_header(&r.mail, VIEW("U"), VIEW("  3"));
	r.see = 3;
	r.kid[1].steps = MILTER_WITH_BLANK;
	fake_says(&r.kid[0], 'E', "hX|a|;m#1S||;hY||;c");
	fake_says(&r.kid[1], 'E', "hZ| b|;c");
	start_session(&r);
	play(&r, SESSION, answers);
	assert_seen(&r, 0, "O Chost Hhelo M<s> R<r> T LS=1 LT=\n 2 LU= 3 N DE,i,Q1 E");
	assert_seen(&r, 1, "O Chost Hhelo M<s> R<r> T LT=\n 2 LU=  3 LX= a LY= N DE,i,Q1 E");
	assert_string_equal(buf_text(&r.changes), "hX= a m1S= hY= hZ= b");
	rig_end(&r);
	rig_begin(&r); /* and the other way round */
	r.see = 3;
	r.kid[0].steps = MILTER_WITH_BLANK;
	fake_says(&r.kid[0], 'E', "hX| a|;hY|b|;m#1S| |;m#1T||;c");
	start_session(&r);
	play(&r, SESSION, answers);
	assert_string_equal(buf_text(&r.changes), "hX=a hY=b m1S=  m1T=");
	rig_end(&r);
}

static void test_progress(void **state)
{
	struct rig r;
	char answers[10];

	(void)state;
	rig_begin(&r);
	r.see = 1;
	fake_says(&r.kid[0], 'E', "");
	start_session(&r);
	play(&r, SESSION, answers);
	assert_string_equal(answers, "ccccc?");
	for (unsigned i = 0; i < 20; i++) {
		fake_script(&r.kid[0], VIEW("p;p"));
		turns(&r);
		loop_advance(r.loop, 500);
	}
	assert_int_equal(r.progress, 10);
	fake_script(&r.kid[0], VIEW("c"));
	turns(&r);
	assert_int_equal(r.answered, 6);
	rig_end(&r);
}

/* A mail that was too large to be kept is shown to nobody. */
static void test_cut_mail(void **state)
{
	char answers[20];
	struct rig r;

	(void)state;
	rig_begin(&r);
	r.mail.cut = r.mail.full = true;
	r.conf[1].fallback = CHILD_TEMPFAIL;
	start_session(&r);
	play(&r, SESSION, answers);
	assert_string_equal(answers, "ccccct");
	r.mail.full = false;                  /* there were only too many headers */
	play(&r, "A M<s> R<r> T E", answers); /* it was not the children's fault */
	assert_string_equal(answers, "Acccc");
	rig_end(&r);
}

/* That is the mail's doing: however often, the child is asked again. */
static void test_changes_without_room(void **state)
{
	char answers[10];
	struct rig r;

	(void)state;
	rig_begin(&r);
	r.see = 1;
	r.mail.limit = r.mail.kept + 10;
	r.conf[0].fallback = CHILD_TEMPFAIL;
	fake_says(&r.kid[0], 'E', "hX|123456789|;c");
	for (unsigned i = 0; i < 2 * BREAKER_FAILURES; i++) {
		start_session(&r);
		play(&r, SESSION, answers);
		assert_string_equal(answers, "ccccct");
		assert_null(mail_find(&r.mail, VIEW("X"), 1));
		end_session(&r);
	}
	assert_int_equal(r.kid[0].connections, 2 * BREAKER_FAILURES);
	rig_end(&r);
}

/* What changes many headers of tens of thousands gives others their turns; and may be given up in
 * between. */
static void test_slices(void **state)
{
	static const char says[] = "m#1F||;m#1F||;m#1F||;m#1F||;m#1F||;m#1F||;m#1F||;m#1F||;"
				   "m#1F||;m#1F||;m#1F||;m#1F||;m#1F||;m#1F||;m#1F||;m#1F||;c";

	(void)state;
	for (unsigned how = 0; how < 3; how++) {
		char answers[10];
		struct rig r;

		rig_begin(&r);
		r.see = 1;
		r.kid[0].steps = MILTER_NO_HEADERS;
		r.kid[0].actions = 0x3f;
		r.mail.limit = SIZE_MAX;
		for (unsigned i = 0; i < 60000; i++)
			mail_take_header(&r.mail, VIEW("F"), VIEW("x"));
		fake_says(&r.kid[0], 'E', says);
		start_session(&r);
		play(&r, SESSION, answers);
		assert_string_equal(answers, "ccccc?");
		assert_int_equal(r.mail.header_count, 60002 - 9);
		if (how == 0) {
			loop_advance(r.loop, 1);
			turns(&r);
			assert_int_equal(r.answered, 6);
			assert_int_equal(r.mail.header_count, 60002 - 16);
		} else if (how == 1) {
			chain_abort(r.chain);
			loop_advance(r.loop, 1);
			turns(&r);
			assert_int_equal(r.answered, 5);
			assert_int_equal(r.mail.header_count, 60002 - 9);
		}
		rig_end(&r);
	}
}

/* Who sees the content is known when those before have had their say. */
static const struct {
	const char *name, *rules;
	bool evaluation; /* of the first */
	uint64_t choice;
	char answer;
	enum chain_said said;
} choices[] = {
	{ "it does not see it", ". . .", false, 0, 'c', SAID_ACCEPT },
	{ "it does", ". . .", false, 2, 'c', SAID_ACCEPT },
	{ "it refuses", ". E:r .", false, 2, 'r', SAID_ACCEPT },
	{ "it refuses the client", ". C:r .", false, 2, 'r', SAID_ACCEPT },
	{ "it fails", ". M:! .", false, 2, 'c', SAID_ACCEPT },
	{ "it accepts the client", ". H:a .", false, 2, 'c', SAID_ACCEPT },
	{ "the first would have refused", "E:r . .", true, 2, 'c', SAID_REJECT },
	{ "the first would have discarded the recipient", "R:d . .", true, 2, 'c', SAID_DISCARD },
	{ "the first accepts the client", "C:a . .", false, 2, 'c', SAID_ACCEPT },
	{ "the first fails", "L:! . .", false, 2, 'c', SAID_FAULT },
	{ "nobody is chosen when the first refuses", "E:r . .", false, 2, 'r', SAID_NOTHING },
};

static void test_choose(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(choices); i++) {
		bool plays = choices[i].said != SAID_NOTHING;
		char answers[10];
		struct rig r;

		print_message("%s\n", choices[i].name);
		rig_begin(&r);
		r.see = 5; /* of the second it is not known */
		r.choice = choices[i].choice;
		r.choose_later = i % 2 == 0;
		r.conf[0].evaluation = choices[i].evaluation;
		add_rules(&r, choices[i].rules);
		start_with(&r, &more_events);
		play(&r, SESSION, answers);
		assert_int_equal(r.chosen, plays ? 2 : 0);
		if (r.choose_later && plays) {
			assert_int_equal(answers[5], '?');
			chain_chosen(r.chain, (r.choice & 2) != 0);
			turns(&r);
			answers[5] = (char)r.answer.kind;
		}
		assert_int_equal(answers[5], choices[i].answer);
		assert_int_equal(r.said[0], choices[i].said);
		assert_int_equal(r.kid[1].connections, plays && r.choice != 0 ? 1 : 0);
		if (choices[i].answer == 'c')
			assert_non_null(strstr(buf_text(&r.kid[2].seen), " E"));
		rig_end(&r);
	}
}

static void test_choice_is_given_up(void **state)
{
	char answers[20];
	struct rig r;

	(void)state;
	rig_begin(&r);
	r.see = 5;
	r.choose_later = true;
	start_with(&r, &more_events);
	play(&r, SESSION, answers);
	assert_string_equal(answers, "ccccc?");
	r.see = 7;
	play(&r, "A M<s> R<r> T E", answers);
	assert_string_equal(answers, "Acccc");
	rig_end(&r);
}

static void test_own_macros(void **state)
{
	char answers[10];
	struct rig r;

	(void)state;
	rig_begin(&r);
	r.see = 3;
	start_with(&r, &more_events);
	play(&r, "Chost", answers);
	ask(&r, "M<s>", (struct chain_sight){ .see = 3 }, VIEW("i\0Q1\0"));
	turns(&r);
	assert_seen(&r, 0, "O Chost DM,i,Q1 M<s>");
	assert_seen(&r, 1, "O Chost DM,{x},own M<s>");
	rig_end(&r);
}

/* --- failures --- */

/* Each child's step, what it does there, and whether that passes by itself or after a time. */
static const struct {
	const char *name;
	const char *says;
} faults[] = {
	{ "hangs up", "!" },
	{ "freezes", "" },
	{ "garbage", "z" },
	{ "two answers", "c;c" },
	{ "says it can't", "f" },
	{ "a change in between", "hX|a|" },
	{ "another's answer", "O#6#0#0" },
};

static const char stages[] = "OCHMRTLNBE";
static const char fallback_letters[] = { 'c', 't', 'r', 'd' };

/* At O and C the fallback discard can't be told; the client's messages are. */
static char expected(char stage, enum child_fallback fallback)
{
	bool of_client = strchr("OCH", stage) != NULL;

	return fallback == CHILD_DISCARD && of_client ? 'c' : fallback_letters[fallback];
}

static void fail_at(char stage, const char *says, enum child_fallback fallback)
{
	static const char *const lines[] = { "Chost", "Hhelo", "M<s>", "R<r>", "T", "E" };
	static const char envelope[] = "CHMRT";
	size_t at = stage == 'O' ? 0 : 5;
	char got = '?';
	struct rig r;

	if (strchr(envelope, stage) != NULL)
		at = (size_t)(strchr(envelope, stage) - envelope);
	rig_begin(&r);
	r.see = 3;
	r.conf[0].fallback = fallback;
	/* At the end a change is none of the faults. */
	r.kid[0].actions = 0;
	fake_says(&r.kid[0], stage, says);
	start_session(&r);
	for (size_t i = 0; i <= at; i++) {
		got = say(&r, lines[i]);
		if (i < at)
			assert_int_equal(got, 'c');
	}
	if (got == '?') {
		loop_advance(r.loop, stage == 'O' ? 10000 : stage == 'E' ? 5000 : 2000);
		turns(&r);
		got = (char)r.answer.kind;
	}
	assert_int_equal(r.answered, at + 1);
	assert_int_equal(got, expected(stage, fallback));
	/* the other one goes on, in the next message at the latest */
	(void)say(&r, "A");
	got = say(&r, "M<s2>");
	assert_int_equal(got, fallback_letters[fallback]);
	assert_int_equal(r.kid[0].connections, 1);
	if (fallback == CHILD_ACCEPT) {
		assert_int_equal(say(&r, "R<r>"), 'c');
		assert_int_equal(say(&r, "E"), 'c');
		assert_non_null(strstr(buf_text(&r.kid[1].seen), "M<s2> R<r> T LS=1"));
	}
	rig_end(&r);
}

static void test_faults(void **state)
{
	(void)state;
	for (size_t f = 0; f < COUNT(faults); f++) {
		for (size_t s = 0; stages[s] != '\0'; s++) {
			if (stages[s] == 'O' && faults[f].says[0] == 'O')
				continue;
			for (unsigned b = 0; b < COUNT(fallback_letters); b++)
				fail_at(stages[s], faults[f].says, (enum child_fallback)b);
		}
		print_message("%s: at each of %zu stages\n", faults[f].name, strlen(stages));
	}
}

static void test_nobody_listens(void **state)
{
	char answers[20];
	struct rig r;

	(void)state;
	rig_begin(&r);
	(void)unlink(r.kid[0].path);
	(void)unlink(r.kid[2].path);
	start_session(&r);
	play(&r, SESSION, answers);
	assert_string_equal(answers, "cccccc");
	assert_seen(&r, 1, WHOLE);
	assert_int_equal(child_counted(&r.children->child[0], CHILD_FAULT + FAULT_CONNECT), 1);
	rig_end(&r);
}

/* It is left out after five failures, with its fallback, and then tried by one session. */
static void test_breaker(void **state)
{
	char answers[20];
	struct rig r;

	(void)state;
	rig_begin(&r);
	r.see = 1;
	r.conf[0].fallback = CHILD_TEMPFAIL;
	fake_says(&r.kid[0], 'M', "!");
	for (unsigned i = 0; i < 8; i++) {
		start_session(&r);
		play(&r, "Chost M<s>", answers);
		assert_string_equal(answers, i < 5 ? "ct" : "tt");
		end_session(&r);
	}
	assert_int_equal(r.kid[0].connections, 5);
	assert_int_equal(child_counted(&r.children->child[0], CHILD_FAULT + FAULT_LEFT_OUT), 3);
	loop_advance(r.loop, BREAKER_OUT_MS);
	r.kid[0].rules = 0;
	for (unsigned i = 0; i < 2; i++) {
		start_session(&r);
		play(&r, SESSION, answers);
		assert_string_equal(answers, "cccccc");
		end_session(&r);
	}
	assert_int_equal(r.kid[0].connections, 7);
	rig_end(&r);
}

/* Silence to one, while others have their answers, is the mail's doing: a sender's slow name
 * servers do not take a child from all. */
static void test_slow_for_one(void **state)
{
	static const struct {
		const char *name, *lines;
		char silent, heard;
		unsigned wait_ms, connections;
	} cases[] = {
		{ "others are answered the same", "Chost M<s>", 'M', 'M', 2000, 8 },
		{ "others are answered something else", "Chost M<s>", 'M', 'C', 2000, 5 },
		{ "others have their mails", "Chost M<s> R<r> T E", 'L', 'E', 2000, 8 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct rig r;

		print_message("%s\n", cases[i].name);
		rig_begin(&r);
		r.see = 1;
		fake_says(&r.kid[0], cases[i].silent, "");
		for (unsigned n = 0; n < 8; n++) {
			char answers[20];

			start_session(&r);
			play(&r, cases[i].lines, answers);
			child_heard(&r.children->child[0], cases[i].heard, loop_mono_us() + 1);
			loop_advance(r.loop, cases[i].wait_ms);
			turns(&r);
			end_session(&r);
		}
		assert_int_equal(r.kid[0].connections, cases[i].connections);
		rig_end(&r);
	}
}

/* Between two messages a child may hang up. */
static void test_hangs_up_in_between(void **state)
{
	char answers[20];
	struct rig r;

	(void)state;
	rig_begin(&r);
	r.see = 1;
	r.conf[0].fallback = CHILD_TEMPFAIL;
	fake_says(&r.kid[0], 'E', "c;!/c");
	start_session(&r);
	play(&r, "Chost Hhelo M<s> R<r> T E A M<s> R<r> T E", answers);
	assert_string_equal(answers, "ccccccAcccc");
	assert_int_equal(r.kid[0].connections, 2);
	rig_end(&r);
}

/* --- given up --- */

/* At each step, and after each number of turns: nothing is told, and the next message is as new. */
static void test_cancel(void **state)
{
	static const char *const lines[] = { "Chost", "Hhelo", "M<s>", "R<r>", "T", "E" };

	(void)state;
	for (size_t at = 0; at < COUNT(lines); at++) {
		for (unsigned n = 0; n < 16; n++) {
			char answers[20];
			unsigned before;
			struct rig r;

			rig_begin(&r);
			start_session(&r);
			for (size_t i = 0; i < at; i++)
				assert_int_equal(say(&r, lines[i]), 'c');
			if (at == 5)
				end(&r, (struct chain_sight){ .see = 7 });
			else
				ask(&r, lines[at], (struct chain_sight){ .see = 7 }, VIEW(""));
			for (unsigned i = 0; i < n; i++) {
				loop_turn(r.loop, false);
				for (size_t k = 0; k < KIDS; k++)
					fake_turn(&r.kid[k]);
			}
			before = r.answered;
			if (n % 2 == 0) {
				chain_abort(r.chain);
				turns(&r);
				assert_int_equal(r.answered, before);
				play(&r, "M<s> R<r> T E", answers);
				assert_string_equal(answers, "cccc");
			}
			before = r.answered;
			end_session(&r);
			assert_int_equal(r.answered, before);
			rig_end(&r);
		}
	}
}

static void test_freed_by_the_answer(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r);
	r.free_on_answer = true;
	start_session(&r);
	(void)say(&r, "Chost");
	assert_int_equal(r.answered, 1);
	assert_null(r.chain);
	rig_end(&r);
}

/* STARTTLS: another HELO; and a command that the MTA does not know. */
static void test_odd_orders(void **state)
{
	char answers[20];
	struct rig r;

	(void)state;
	rig_begin(&r);
	r.see = 1;
	fake_says(&r.kid[0], 'U', "c/r/a");
	start_session(&r);
	play(&r, "Chost Ux Ha Hb Ux M<1> Ux M<2> R<r> Hc M<3> R<r> T E", answers);
	assert_string_equal(answers, "ccccrccccccccc");
	assert_seen(&r, 0,
	            "O Chost Ux Ha Hb Ux M<1> Ux A M<2> R<r> A Hc M<3> R<r> T LS=1 LT=2 N "
	            "Bbody\r\n DE,i,Q1 E");
	rig_end(&r);
}

static void test_no_children(void **state)
{
	char answers[10];
	struct rig r;

	(void)state;
	rig_begin(&r);
	r.children = children_new(&r.known, r.conf, 0);
	start_session(&r);
	play(&r, SESSION, answers);
	assert_string_equal(answers, "aaaaac");
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_dialogue),
		cmocka_unit_test(test_recipients),
		cmocka_unit_test(test_recipient_refused_by_another),
		cmocka_unit_test(test_refused_recipients),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_late_answers),
		cmocka_unit_test(test_late_refusal_holds),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_void_changes),
		cmocka_unit_test(test_skip),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_blanks),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_cut_mail),
		cmocka_unit_test(test_changes_without_room),
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_choice_is_given_up),
		cmocka_unit_test(test_own_macros),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_breaker),
		cmocka_unit_test(test_slow_for_one),
		cmocka_unit_test(test_hangs_up_in_between),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_freed_by_the_answer),
		cmocka_unit_test(test_odd_orders),
		cmocka_unit_test(test_no_children),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
