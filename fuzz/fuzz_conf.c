/* The whole reader of configurations: nothing may crash, what is taken must print, and what is
 * printed must be taken and print the same. */
#include <stdlib.h>

#include "acl/condition.h"
#include "acl/eval.h"
#include "conf/conf.h"
#include "conf/lint.h"
#include "conf/milter.h"
#include "conf/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool yes)
{
	if (!yes)
		abort();
}

/* Lines of rules that are said to be never reached. In other files there are the same lines again.
 */
struct unreached {
	bool other_files;
	size_t count;
	unsigned line[LINT_WARNINGS_MAX + 1];
};

/* A file's text is its name: what the configuration says it is. */
static enum status read_file(void *arg, const char *path, struct buf *out, struct diag *why)
{
	struct unreached *u = arg;

	(void)why;
	u->other_files = true;
	for (const char *p = path; *p != '\0'; p++)
		if (buf_byte(out, *p == '|' ? '\n' : *p) != ST_OK)
			return ST_LIMIT;
	return ST_OK;
}

static void take_warning(void *arg, const struct diag *warning)
{
	struct unreached *u = arg;

	must(warning->text[0] != '\0' && (warning->line > 0 || warning->file == NULL));
	if (strstr(warning->text, "this rule is never reached") != NULL)
		u->line[u->count++] = warning->line;
}

static void must_be_reachable(const struct unreached *u, const struct acl_rule *r)
{
	for (size_t i = 0; i < u->count; i++)
		must(u->other_files || u->line[i] != r->line);
}

#define ANSWERS 64

/* False: there is no room for more answers. */
static bool give(struct facts *facts, enum fact need, const void *object)
{
	if (need < FACT_DNSRBL)
		fact_set_text(facts, need, VIEW("<x@y>"));
	else if (facts->answer_count < ANSWERS)
		facts->answers[facts->answer_count++] =
			(struct fact_answer){ need, object, { FACT_KNOWN, VIEW(""), 1 } };
	else
		return false;
	return true;
}

/* A condition that is told all that it asks for has an answer, and asks for nothing before its
 * step that comes later. */
static void ask_condition(const struct acl *acl, const struct acl_condition *condition,
                          struct facts facts)
{
	struct acl_need need;
	enum acl_answer answer;

	while ((answer = acl_condition_eval(acl, condition, STEP_END, &facts, &need)) ==
	       ACL_PENDING) {
		must((acl_condition_facts(condition) & FACT_BIT(need.fact)) != 0 ||
		     need.fact == FACT_CLIENT || need.fact == FACT_CLIENT_NAME);
		if (!give(&facts, need.fact, need.object))
			break;
	}
}

static void ask_children(const struct conf *c, const struct facts *told)
{
	unsigned n = 0;

	for (const struct conf_milter *m = c->children; m != NULL; m = m->next) {
		struct fact_answer answers[ANSWERS];
		struct facts facts = *told;

		must(m->index == n++ && m->socket != NULL);
		facts.answers = answers;
		facts.answer_count = 0;
		ask_condition(c->acl, m->when, facts);
		for (const struct conf_child_macro *x = m->macros; x != NULL; x = x->next) {
			facts.answer_count = 0;
			ask_condition(c->acl, x->when, facts);
		}
	}
	must(n == c->child_count && n <= CONF_CHILDREN_MAX);
}

static void evaluate(const struct conf *c, const struct unreached *u)
{
	struct fact_answer answers[ANSWERS];
	struct facts facts = { .own_name = VIEW("mx.example"), .answers = answers };
	struct ip ip;

	c->acl->never = 0;
	must(ip_parse(VIEW("192.0.2.1"), &ip) == ST_OK);
	fact_set_client(&facts, &ip);
	fact_set_text(&facts, FACT_CLIENT_NAME, VIEW("p1-2.dyn.example"));
	fact_set_text(&facts, FACT_SENDER, VIEW("<a@example.com>"));
	ask_children(c, &facts);
	for (unsigned stage = 0; stage < ACL_STAGES; stage++) {
		struct acl_eval at = { 0 };
		enum acl_result result;

		while ((result = acl_eval(c->acl, (enum acl_stage)stage, &facts, &at, NULL)) ==
		       ACL_NEED) {
			if (!give(&facts, at.need, at.need_object))
				break;
		}
		must(result != ACL_TEMPFAIL || c->acl->globals.tempfail);
		if (result == ACL_DECIDED && at.verdict.rule != NULL)
			must_be_reachable(u, at.verdict.rule);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct unreached unreached = { .count = 0 };
	struct conf_source source = { .text = { (const char *)data, size },
		                      .name = "fuzz.conf",
		                      .read_file = read_file,
		                      .arg = &unreached };
	struct buf one = buf_of((size_t)1 << 22), two = buf_of((size_t)1 << 22);
	struct diag why = { 0 };
	struct conf *c = NULL;

	if (conf_parse(&source, &c, &why) != ST_OK) {
		must(c == NULL && why.text[0] != '\0');
		must(conf_explain(&source, &why, &one) == ST_OK);
		buf_free(&one);
		return 0;
	}
	must(conf_print(c, &one) == ST_OK);
	conf_lint(c, take_warning, &unreached);
	evaluate(c, &unreached);
	conf_unref(&c);
	source.text = buf_view(&one);
	must(conf_parse(&source, &c, &why) == ST_OK);
	must(conf_print(c, &two) == ST_OK);
	must(view_eq(buf_view(&one), buf_view(&two)));
	conf_unref(&c);
	buf_free(&one);
	buf_free(&two);
	return 0;
}
