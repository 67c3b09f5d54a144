#include "ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "conf/parse.h"
#include "util/mem.h"

void die(const char *what, const char *why)
{
	(void)fprintf(stderr, "rules: %s: %s\n", what, why);
	exit(EX_SOFTWARE);
}

void must(enum status st, const char *what)
{
	if (st != ST_OK)
		die(what, status_text(st));
}

static enum status read_list(void *arg, const char *path, struct buf *out, struct diag *why)
{
	const struct view *text = arg;

	(void)why;
	return text != NULL && strcmp(path, ASK_FILE) == 0 ? buf_append(out, *text) : ST_NOTFOUND;
}

struct conf *ask_parse(struct view text, struct view *list)
{
	struct conf_source source = {
		.text = text, .name = "bench", .read_file = read_list, .arg = list
	};
	struct diag why = { 0 };
	struct conf *c = NULL;

	if (conf_parse(&source, &c, &why) != ST_OK) {
		(void)fprintf(stderr, "rules: line %u, column %u\n", why.line, why.column);
		die("a configuration", why.text);
	}
	return c;
}

static void known_facts(struct facts *f)
{
	struct ip ip;

	must(ip_parse(VIEW("192.0.2.1"), &ip), "an address");
	fact_set_client(f, &ip);
	fact_set_text(f, FACT_CLIENT_NAME, VIEW("mx.last.example"));
	fact_set_text(f, FACT_HELO, VIEW("mx.last.example"));
	fact_set_text(f, FACT_SENDER, VIEW("<somebody@sender.example>"));
	fact_set_text(f, FACT_RAW_SENDER, VIEW("<somebody@sender.example>"));
	fact_set_text(f, FACT_RECIPIENT, VIEW("<somebody@here.example>"));
	fact_set_state(f, FACT_AUTH, FACT_ABSENT);
	fact_set_state(f, FACT_TLS, FACT_ABSENT);
	fact_set_number(f, FACT_RCPT_COUNT, 0);
}

struct asked *ask_about(const struct conf *c, const struct view *names, const struct ip *addresses,
                        size_t count)
{
	struct asked *a = mem_new(struct asked);

	*a = (struct asked){
		.acl = c->acl, .names = names, .addresses = addresses, .count = count
	};
	known_facts(&a->facts);
	return a;
}

static struct acl_eval evaluate(struct asked *a, size_t i)
{
	struct acl_eval at = { 0 };

	if (a->names != NULL)
		a->facts.of[FACT_CLIENT_NAME].text = a->names[i % a->count];
	if (a->addresses != NULL)
		a->facts.client = a->addresses[i % a->count];
	if (acl_eval(a->acl, ACL_RCPT, &a->facts, &at, NULL) != ACL_DECIDED)
		die("an evaluation lacks", fact_name(at.need));
	return at;
}

uint64_t ask_work(void *arg, size_t i)
{
	return (uint64_t)evaluate(arg, i).verdict.action;
}

/* The text of the rule that decides the i-th question; "" when it has none. */
static const char *decider(struct asked *a, size_t i)
{
	const struct acl_rule *rule = evaluate(a, i).verdict.rule;

	return rule != NULL && rule->set.msg != NULL ? rule->set.msg : "";
}

void ask_expect(struct asked *a, size_t i, const char *want, const char *what)
{
	const char *got = decider(a, i);

	if (strcmp(got, want) != 0) {
		(void)fprintf(stderr, "rules: question %zu: \"%s\" instead of \"%s\"\n", i, got,
		              want);
		die(what, "the wrong rule decides");
	}
}
