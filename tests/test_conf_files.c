#include "test.h"

#include <dirent.h>
#include <stdlib.h>

#include "acl/eval.h"
#include "acl/format.h"
#include "conf/conf.h"
#include "conf/lex.h"
#include "conf/parse.h"
#include "util/file.h"

/* Whole configurations, as administrators write them: tests/data/greylist-conf/good must be taken,
 * bad must be refused. What is expected of a file stands in its comments:
 *
 *	#= ADDRESS NAME FROM TO [KEY=VALUE ...] -> ACTION @ID      at RCPT; ID is that or the line
 *	#=d ...                                                    at the end of the message
 *	#! LINE: part of the message */

#define FOLDER TEST_DATA "/greylist-conf/"

static unsigned complaints;

/* All of them are worth seeing at once. */
static void complain(const char *fmt, ...) PRINTF_LIKE(1, 2);

static void complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	complaints++;
}

static enum status no_file(void *arg, const char *path, struct buf *out, struct diag *why)
{
	(void)arg;
	(void)out;
	diag_set(why, "%s: no such file", path);
	return ST_NOTFOUND;
}

#define WORDS_MAX 32

struct question {
	struct arena *arena;
	struct facts facts;
	enum acl_stage stage;
	struct view yes; /* names of objects that say yes, separated by commas */
	struct fact_answer answers[16];
	struct fact_pair macros[4];
	struct view recipient, header;
};

static int64_t number_of(struct view v)
{
	int64_t x = 0;

	assert_int_equal(view_i64(v, &x), ST_OK);
	return x;
}

/* '_' stands for a blank. */
static struct view spaced(struct arena *arena, struct view v)
{
	char *p = arena_alloc(arena, v.n + 1);

	for (size_t i = 0; i < v.n; i++)
		p[i] = (char)(v.p[i] == '_' ? ' ' : v.p[i]);
	return (struct view){ p, v.n };
}

static void set_time(struct facts *f, struct view v)
{
	int *fields[] = { &f->clock.minute, &f->clock.hour, &f->clock.day, &f->clock.month,
		          &f->clock.weekday };
	struct view part;

	for (size_t i = 0; i < 5; i++) {
		assert_true(view_next(&v, ',', &part));
		*fields[i] = (int)number_of(part);
	}
	fact_set_state(f, FACT_TIME, FACT_KNOWN);
}

static int64_t result_of(struct view v)
{
	static const char *const words[] = {
		"pass", "fail", "softfail", "neutral", "none", "error"
	};

	for (int64_t i = 0; i < 6; i++)
		if (view_eq(v, view_of(words[i])))
			return i;
	fail_msg("unknown result %.*s", VIEW_ARG(v));
	return 0;
}

static bool set_number(struct facts *f, struct view key, struct view value)
{
	static const struct {
		const char *key;
		enum fact fact;
	} keys[] = {
		{ "gaveup", FACT_GAVE_UP },    { "count", FACT_RCPT_COUNT },
		{ "spamd", FACT_SPAMD_SCORE }, { "selfpass", FACT_SPF_SELF },
		{ "size", FACT_SIZE },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (view_eq(key, view_of(keys[i].key))) {
			fact_set_number(f, keys[i].fact, number_of(value));
			return true;
		}
	}
	return false;
}

static void set_fact(struct question *q, struct view key, struct view value)
{
	struct facts *f = &q->facts;

	if (set_number(f, key, value))
		return;
	if (key.p[0] == '{')
		q->macros[f->macro_count++] = (struct fact_pair){ key, value };
	else if (view_eq(key, VIEW("yes")))
		q->yes = value;
	else if (view_eq(key, VIEW("time")))
		set_time(f, value);
	else if (view_eq(key, VIEW("spf")) || view_eq(key, VIEW("dkim")))
		fact_set_number(f, key.p[0] == 's' ? FACT_SPF : FACT_DKIM, result_of(value));
	else if (view_eq(key, VIEW("helo")))
		fact_set_text(f, FACT_HELO, value);
	else if (view_eq(key, VIEW("auth")))
		fact_set_text(f, FACT_AUTH, value);
	else if (view_eq(key, VIEW("country")))
		fact_set_text(f, FACT_COUNTRY, value);
	else if (view_eq(key, VIEW("p0f")))
		fact_set_text(f, FACT_P0F, spaced(q->arena, value));
	else if (view_eq(key, VIEW("body")))
		fact_set_text(f, FACT_BODY, spaced(q->arena, value));
	else if (view_eq(key, VIEW("header")))
		q->header = spaced(q->arena, value);
	else
		fail_msg("unknown fact %.*s", VIEW_ARG(key));
}

/* All that a session knows or can find out. */
static void ask_about(struct question *q, const struct view *words, size_t count)
{
	struct facts *f = &q->facts;
	struct ip ip;

	assert_true(count >= 4);
	for (unsigned i = 0; i < FACTS; i++)
		fact_set_state(f, (enum fact)i, FACT_ABSENT);
	assert_int_equal(ip_parse(words[0], &ip), ST_OK);
	fact_set_client(f, &ip);
	fact_set_text(f, FACT_CLIENT_NAME, words[1]);
	fact_set_text(f, FACT_SENDER, fact_mail(q->arena, words[2], MAIL_SENDER));
	fact_set_text(f, FACT_RAW_SENDER, fact_mail(q->arena, words[2], MAIL_AS_IT_IS));
	q->recipient = fact_mail(q->arena, words[3], MAIL_PRINTABLE);
	fact_set_text(f, FACT_RECIPIENT, q->recipient);
	fact_set_text(f, FACT_HELO, VIEW("helo.example"));
	fact_set_number(f, FACT_RCPT_COUNT, 0);
	fact_set_number(f, FACT_GAVE_UP, 0);
	fact_set_state(f, FACT_MACROS, FACT_KNOWN);
	fact_set_state(f, FACT_PROPERTIES, FACT_KNOWN);
	f->recipients = &q->recipient;
	f->recipient_count = 1;
	f->macros = q->macros;
	f->answers = q->answers;
	for (size_t i = 4; i < count; i++) {
		size_t equals = view_find(words[i], '=');

		assert_int_not_equal(equals, VIEW_NONE);
		set_fact(q, view_first(words[i], equals), view_from(words[i], equals + 1));
	}
	if (q->header.n > 0) {
		f->headers = &q->header;
		f->header_count = 1;
		fact_set_state(f, FACT_HEADERS, FACT_KNOWN);
	}
}

static void answer(struct question *q, enum fact fact, const struct acl_object *object)
{
	struct view names = q->yes, name;
	int64_t yes = 0;

	assert_non_null(object);
	assert_true(q->facts.answer_count < 16);
	while (view_next(&names, ',', &name))
		yes += view_eq(name, view_of(object->name));
	q->answers[q->facts.answer_count++] =
		(struct fact_answer){ fact, object, { FACT_KNOWN, { "", 0 }, yes } };
}

static void decide(const struct conf *c, struct question *q, struct acl_eval *at)
{
	enum acl_result result;

	while ((result = acl_eval(c->acl, q->stage, &q->facts, at, NULL)) == ACL_NEED)
		answer(q, at->need, at->need_object);
	assert_int_equal(result, ACL_DECIDED);
}

static void check_verdict(const char *file, const struct conf *c, struct view line,
                          enum acl_stage stage)
{
	struct question q = { .arena = arena_new(), .stage = stage };
	struct view words[WORDS_MAX], rest = line, word;
	struct acl_eval at = { 0 };
	struct buf got = buf_of(300), want = buf_of(300);
	size_t n = 0;

	while (view_next(&rest, ' ', &word) && !view_eq(word, VIEW("->")))
		if (word.n > 0 && n < WORDS_MAX)
			words[n++] = word;
	ask_about(&q, words, n);
	decide(c, &q, &at);
	assert_int_equal(buf_printf(&got, "%s @", acl_action_name(at.verdict.action)), ST_OK);
	assert_int_equal(
		format_expand(VIEW("%a"),
	                      &(struct format_context){ .facts = &q.facts, .verdict = &at.verdict },
	                      &got),
		ST_OK);
	assert_int_equal(buf_append(&want, view_trim(rest)), ST_OK);
	if (!view_eq(buf_view(&got), buf_view(&want)))
		complain("%s: %.*s: %s", file, VIEW_ARG(line), buf_text(&got));
	arena_free(&q.arena);
	buf_free(&got);
	buf_free(&want);
}

static void check_good(const char *file, struct view text, unsigned *verdicts)
{
	const struct conf_source source = { .text = text, .name = file, .read_file = no_file };
	struct buf one = buf_of(CONF_TEXT_MAX), two = buf_of(CONF_TEXT_MAX);
	struct diag why = { 0 };
	struct conf *c = NULL, *again = NULL;
	struct view rest = text, line;

	if (conf_parse(&source, &c, &why) != ST_OK) {
		complain("%s:%u:%u: %s", file, why.line, why.column, why.text);
		return;
	}
	c->acl->never = 0;
	while (view_next(&rest, '\n', &line)) {
		if (view_starts(line, VIEW("#= ")))
			check_verdict(file, c, view_from(line, 3), ACL_RCPT);
		else if (view_starts(line, VIEW("#=d ")))
			check_verdict(file, c, view_from(line, 4), ACL_DATA);
		else
			continue;
		*verdicts += 1;
	}
	/* What is printed means the same, so it prints the same. */
	assert_int_equal(conf_print(c, &one), ST_OK);
	if (conf_parse(&(struct conf_source){ .text = buf_view(&one), .name = "printed" }, &again,
	               &why) != ST_OK)
		fail_msg("%s printed:%u:%u: %s", file, why.line, why.column, why.text);
	assert_int_equal(conf_print(again, &two), ST_OK);
	assert_string_equal(buf_text(&one), buf_text(&two));
	conf_unref(&c);
	conf_unref(&again);
	buf_free(&one);
	buf_free(&two);
}

/* "#! LINE: part" in the first line. */
static void check_bad(const char *file, struct view text, unsigned *checked)
{
	const struct conf_source source = { .text = text, .name = file, .read_file = no_file };
	struct view rest = text, line;
	struct diag why = { 0 };
	struct conf *c = NULL;
	char part[200];
	size_t colon;

	assert_true(view_next(&rest, '\n', &line) && view_starts(line, VIEW("#! ")));
	line = view_from(line, 3);
	colon = view_find(line, ':');
	(void)snprintf(part, sizeof(part), "%.*s", VIEW_ARG(view_trim(view_from(line, colon + 1))));
	if (conf_parse(&source, &c, &why) == ST_OK)
		complain("%s: taken", file);
	else if (why.line != number_of(view_first(line, colon)) || strstr(why.text, part) == NULL ||
	         why.column == 0)
		complain("%s:%u:%u: %s", file, why.line, why.column, why.text);
	conf_unref(&c);
	*checked += 1;
}

static unsigned for_all(const char *folder, void (*check)(const char *, struct view, unsigned *),
                        unsigned *checked)
{
	DIR *d = opendir(folder);
	unsigned files = 0;

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		struct buf text = buf_of(CONF_TEXT_MAX);
		struct diag why = { 0 };
		char path[600];
		char *copy;

		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		assert_int_equal(file_read(path, &text, &why), ST_OK);
		/* Of its own size, so that a read behind the end is seen. */
		copy = malloc(text.n);
		assert_non_null(copy);
		memcpy(copy, text.p, text.n);
		check(e->d_name, (struct view){ copy, text.n }, checked);
		free(copy);
		buf_free(&text);
		files++;
	}
	(void)closedir(d);
	return files;
}

static void test_good(void **state)
{
	unsigned verdicts = 0;

	(void)state;
	assert_true(for_all(FOLDER "good", check_good, &verdicts) >= 20);
	assert_true(verdicts >= 80);
	assert_int_equal(complaints, 0);
}

static void test_bad(void **state)
{
	unsigned checked = 0;

	(void)state;
	assert_true(for_all(FOLDER "bad", check_bad, &checked) >= 30);
	assert_true(checked >= 30);
	assert_int_equal(complaints, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
