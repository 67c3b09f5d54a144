#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "acl/condition.h"
#include "conf/conf.h"
#include "conf/milter.h"
#include "conf/milter_manager.h"
#include "conf/parse.h"
#include "util/file.h"

#define SHOW_CONFIG TEST_DATA "/milter-manager/show-config.txt"

/* The conditions that are shipped, with the place where they get installed. */
static enum status read_conditions(void *arg, const char *path, struct buf *out, struct diag *why)
{
	(void)arg;
	assert_string_equal(path, "/share/conditions.conf");
	return file_read("packaging/conditions.conf", out, why);
}

static struct conf *parse(const struct buf *text)
{
	const struct conf_source source = { .text = buf_view(text),
		                            .name = "made.conf",
		                            .read_file = read_conditions };
	struct diag why = { .file = NULL };
	struct conf *c = NULL;

	if (conf_parse(&source, &c, &why) != ST_OK)
		fail_msg("%.*s\n%u:%u: %s", VIEW_ARG(buf_view(text)), why.line, why.column,
		         why.text);
	return c;
}

static enum status import(struct view text, struct buf *out, struct diag *why)
{
	*why = (struct diag){ .file = NULL };
	return milter_manager_read(text, "/share/conditions.conf", out, why);
}

static void import_well(const char *text, struct buf *out)
{
	struct diag why;

	buf_clear(out);
	if (import(view_of(text), out, &why) != ST_OK)
		fail_msg("%s\n%u: %s", text, why.line, why.text);
}

static void test_show_config(void **state)
{
	struct buf text = buf_of(65536), out = buf_of(65536);
	struct diag why;
	struct conf *c;
	const struct conf_milter *m;

	(void)state;
	assert_int_equal(file_read(SHOW_CONFIG, &text, &why), ST_OK);
	import_well(buf_text(&text), &out);
	c = parse(&out);
	assert_string_equal(c->milter->path,
	                    "/var/spool/postfix/milter-manager/milter-manager.sock");
	assert_int_equal(c->milter->mode, 0660);
	assert_string_equal(c->milter->group, "postfix");
	assert_int_equal(c->child_count, 2);
	m = c->children;
	assert_string_equal(m->name, "milter-greylist");
	assert_string_equal(m->socket->port, "11125");
	assert_int_equal(m->write_timeout_ms, 132000);
	assert_int_equal(m->read_timeout_ms, 133000); /* 132.5 */
	assert_int_equal(m->end_timeout_ms, 297000);
	assert_int_equal(m->step, STEP_MAIL);
	assert_string_equal(m->macros->name, "{stress}");
	assert_int_equal(m->macros->step, STEP_CONNECT);
	m = m->next;
	assert_string_equal(m->name, "clamav-milter");
	assert_null(m->when);
	assert_int_equal(m->fallback, FALLBACK_TEMPFAIL);
	assert_true(m->evaluation);
	/* What milter-manager lets in, its successor must not greylist. */
	assert_int_equal(c->acl->rules[ACL_RCPT]->action, ACL_WHITELIST);
	conf_unref(&c);
	buf_free(&text);
	buf_free(&out);
}

#define DEF(items) "define_milter(\"m\") do |milter|\n" items "end\n"

static void test_pieces(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		const char *part;
	} cases[] = {
		{ "a password", "database.password = \"s3cret\"\n" DEF(""),
		  "# Not carried over: database.password = ...: " },
		{ "no socket", DEF(""), "# It has no socket.\n# milter \"m\" {\n" },
		{ "a socket of nil", DEF("milter.connection_spec = nil\n"),
		  "# It has no socket.\n" },
		{ "one that is none", DEF("milter.connection_spec = \"inet:x@y\"\n"),
		  "# Not carried over: milter.connection_spec = \"inet:x@y\": this is no "
		  "socket\n" },
		{ "one that would end the string",
		  DEF("milter.connection_spec = \"/x\\\"\\nracl blacklist default\"\n"),
		  "this is no socket" },
		{ "IPv6", DEF("milter.connection_spec = \"inet6:9@[::1]\"\n"),
		  "\tsocket \"inet6:9@[::1]\"\n" },
		{ "conditions of one line",
		  DEF("milter.connection_spec = \"/m\"\n"
		      "milter.applicable_conditions = [\"S25R\", \"Unauthenticated\"]\n"),
		  "\twhen condition \"S25R\" condition \"Unauthenticated\"\n" },
		{ "conditions that are added",
		  DEF("milter.connection_spec = \"/m\"\n"
		      "milter.add_applicable_condition(\"No Stress\")\n"),
		  "\twhen condition \"No Stress\"\n" },
		{ "a condition twice",
		  DEF("milter.connection_spec = \"/m\"\n"
		      "milter.applicable_conditions = [\"S25R\",\n\"S25R\"]\n"),
		  "\twhen condition \"S25R\"\n" },
		{ "one that somebody wrote",
		  DEF("milter.connection_spec = \"/m\"\n"
		      "milter.applicable_conditions = [\n# x.conf:1\n\"My\\n own\",\n]\n"),
		  "# Not carried over: its condition \"My\\x0a own\", which is a program" },
		{ "DNS lists",
		  DEF("milter.connection_spec = \"/m\"\n"
		      "milter.applicable_conditions = [\"Not DNSBL Listed\"]\n"),
		  "\twhen condition \"Not DNSBL Listed\"\n" },
		{ "a time too long", DEF("milter.reading_timeout = 86400.0\n"),
		  "milter.reading_timeout = 86400.0: times are from 1s to 3600s\n" },
		{ "no time at all", DEF("milter.writing_timeout = \"long\"\n"), "this is no time" },
		{ "nothing",
		  DEF("milter.connection_spec = \"/m\"\nmilter.connection_timeout = 0.0\n"),
		  "\tconnect_timeout 1s\n" },
		{ "whole seconds without a dot",
		  DEF("milter.connection_spec = \"/m\"\nmilter.end_of_message_timeout = 60\n"),
		  "\tend_of_message_timeout 60s\n" },
		{ "an answer that is none", DEF("milter.fallback_status = \"maybe\"\n"),
		  "no such answer is known" },
		{ "switched by a word", DEF("milter.enabled = \"no\"\n"),
		  "neither true nor false" },
		{ "what is new", DEF("milter.colour = \"red\"\n"),
		  "# Not carried over: milter.colour = \"red\": there is no counterpart\n" },
		{ "where it was set", "# /etc/x.conf:7\nmanager.n_workers = 2\n" DEF(""),
		  "manager.n_workers = 2 (/etc/x.conf:7): see the statement workers" },
		{ "no comment above", "manager.n_workers = 2\n" DEF(""),
		  "manager.n_workers = 2: see" },
		{ "its own default socket", DEF(""),
		  "socket \"inet:10025@[127.0.0.1]\" # milter-manager's default\n" },
		{ "a mode that ours has not", "manager.unix_socket_mode = 0640\n" DEF(""),
		  "# Not carried over: manager.unix_socket_mode = 0640" },
		{ "lines that end in CR LF", "define_milter(\"m\") do |milter|\r\nend\r\n",
		  "milter \"m\"" },
		{ "no line end", "define_milter(\"m\") do |milter|\nend", "milter \"m\"" },
	};
	struct buf out = buf_of(65536);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf *c;

		import_well(cases[i].text, &out);
		if (strstr(buf_text(&out), cases[i].part) == NULL)
			fail_msg("%s:\n%s", cases[i].name, buf_text(&out));
		c = parse(&out);
		conf_unref(&c);
	}
	import_well("# default\nmanager.n_workers = 0\n" DEF(""), &out);
	assert_null(strstr(buf_text(&out), "n_workers"));
	buf_free(&out);
}

static void test_errors(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *part;
		unsigned column; /* 0: not looked at */
	} cases[] = {
		{ "", 0, "no milter is defined" },
		{ "# default\npackage.platform = \"debian\"\n", 0, "no milter is defined" },
		{ "# -*- ruby -*-\n\nload_default\n", 3, "its file is a program" },
		{ "defined_milters.each do |name|\n", 1,
		  "'defined_milters.each do |name|' is not of" },
		{ "define_milter(\"m\") do |milter|\n", 1, "has no 'end': is the text cut off?" },
		{ "\ndefine_applicable_condition(\"x\") do |condition|\n", 2, "has no 'end'" },
		{ "define_milter(\"m\") do |milter|\ndefine_milter(\"n\") do |milter|\n", 2,
		  "the block above has no 'end'" },
		{ "define_milter(\"m\n", 1, "a string has no '\"'" },
		{ "define_milter(\"m\")\n", 1, "') do |...|' is expected" },
		{ "define_milter(\"m\\\"x\") do |milter|\nend\n", 1,
		  "this name can't be carried over" },
		{ "define_milter(\"\") do |milter|\nend\n", 1, "this name can't be carried over" },
		{ DEF("") DEF(""), 3, "was defined above" },
		{ "  end\n", 1, "without a beginning", 3 },
		{ "define_milter(\"m\") do |milter|\n  milter.connection_spec = \"unix\n", 2,
		  "a string has no '\"'" },
		{ "define_milter(\"m\") do |milter|\n  milter.enabled =\n", 2,
		  "a value is missing" },
		{ DEF("milter.applicable_conditions = [\n\"S25R\",\n"), 4, "a list of \"names\"" },
		{ "define_milter(\"m\") do |milter|\nmilter.applicable_conditions = [\n\"S25R\",\n",
		  3, "a list has no ']'" },
		{ DEF("milter.applicable_conditions = [\"a\"] x\n"), 2, "stands behind the list" },
		{ DEF("milter.name = \"a\" + \"b\"\n"), 2, "stands behind the string", 18 },
		{ DEF("\tmilter.name = \"a\n"), 2, "a string has no '\"'", 16 },
		{ DEF("milter.enabled = true\r\n  milter.enabled\n"), 3, "is not of what", 3 },
		{ DEF("milter.applicable_conditions = [\"a\", b]\n"), 2, "a list of \"names\"",
		  38 },
		{ DEF("manager.daemon = true\n"), 2, "does not belong into the block" },
		{ DEF("milter.add_applicable_condition(\"a\"\n"), 2, "')' is expected" },
		{ "racl whitelist default\n", 1, "is not of what" },
		{ "\x01\x02\xff\n", 1, "'\\x01\\x02\\xff' is not of what" },
	};
	struct buf out = buf_of(65536);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct diag why;

		if (import(view_of(cases[i].text), &out, &why) != ST_INVALID)
			fail_msg("taken: %s", cases[i].text);
		assert_int_equal(out.n, 0);
		if (why.line != cases[i].line || strstr(why.text, cases[i].part) == NULL)
			fail_msg("%s\n%u: %s", cases[i].text, why.line, why.text);
		if (cases[i].column != 0)
			assert_int_equal(why.column, cases[i].column);
	}
	buf_free(&out);
}

/* A piece of a text is refused with a line, or is the text up to the end of a block. */
static void test_cut_anywhere(void **state)
{
	struct buf text = buf_of(65536), out = buf_of(65536);
	struct diag why;

	(void)state;
	assert_int_equal(file_read(SHOW_CONFIG, &text, &why), ST_OK);
	for (size_t n = 0; n < text.n; n++) {
		char *piece = malloc(n + 1);
		struct conf *c;

		assert_non_null(piece);
		memcpy(piece, text.p, n);
		buf_clear(&out);
		if (import((struct view){ piece, n }, &out, &why) == ST_OK) {
			c = parse(&out);
			conf_unref(&c);
		} else {
			assert_true(why.text[0] != '\0' && out.n == 0);
		}
		free(piece);
	}
	buf_free(&text);
	buf_free(&out);
}

static void test_bounds(void **state)
{
	struct buf text = buf_of((size_t)8 << 20), out = buf_of((size_t)8 << 20);
	struct diag why;

	(void)state;
	for (unsigned i = 0; i <= CONF_CHILDREN_MAX; i++)
		assert_int_equal(buf_printf(&text,
		                            "define_milter(\"%u\") do |milter|\n"
		                            "milter.connection_spec = \"/%u\"\nend\n",
		                            i, i),
		                 ST_OK);
	assert_int_equal(import(buf_view(&text), &out, &why), ST_LIMIT);
	assert_int_equal(why.line, CONF_CHILDREN_MAX * 3 + 1);
	assert_non_null(strstr(why.text, "more than 16 milters"));
	buf_clear(&text);
	for (unsigned i = 0; i <= MILTER_MANAGER_MILTERS_MAX; i++)
		assert_int_equal(buf_printf(&text, "define_milter(\"%u\") do |milter|\nend\n", i),
		                 ST_OK);
	assert_int_equal(import(buf_view(&text), &out, &why), ST_INVALID);
	assert_non_null(strstr(why.text, "more than 256 milters"));
	buf_clear(&text);
	while (text.n <= MILTER_MANAGER_LINE_MAX)
		assert_int_equal(buf_append(&text, VIEW("# a long line ")), ST_OK);
	assert_int_equal(import(buf_view(&text), &out, &why), ST_LIMIT);
	assert_int_equal(why.line, 1);
	buf_clear(&text);
	while (text.n <= MILTER_MANAGER_TEXT_MAX)
		assert_int_equal(buf_append(&text, VIEW("# a line\n")), ST_OK);
	assert_int_equal(import(buf_view(&text), &out, &why), ST_LIMIT);
	assert_int_equal(import(VIEW("# a \0 in it\n"), &out, &why), ST_INVALID);
	buf_free(&text);
	buf_free(&out);
}

/* Each condition by its name, as a migrated site has it. */
static void test_shipped_conditions(void **state)
{
	static const struct {
		const char *name;
		enum acl_step step;
	} cases[] = {
		{ "S25R", STEP_CONNECT },         { "Remote Network", STEP_CONNECT },
		{ "Authenticated", STEP_MAIL },   { "Unauthenticated", STEP_MAIL },
		{ "No Stress", STEP_CONNECT },    { "Stress Notify", STEP_CONNECT },
		{ "Trust", STEP_MAIL },           { "Sendmail Compatible", STEP_CONNECT },
		{ "DNSBL Listed", STEP_CONNECT }, { "Not DNSBL Listed", STEP_CONNECT },
	};
	struct buf text = buf_of(256);
	struct conf *c;

	(void)state;
	assert_int_equal(buf_append(&text, VIEW("include \"/share/conditions.conf\"\n")), ST_OK);
	c = parse(&text);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct acl_object *o =
			acl_find_object(c->acl, OBJECT_CONDITION, view_of(cases[i].name));

		assert_non_null(o);
		if (acl_condition_step(o->condition) != cases[i].step)
			fail_msg("%s: %s", cases[i].name,
			         acl_step_name(acl_condition_step(o->condition)));
	}
	assert_int_equal(c->acl->wanted[ACL_RCPT], 0); /* nothing is asked because it is included */
	conf_unref(&c);
	buf_free(&text);
}

static enum acl_answer ask(const struct conf *c, const char *name, const struct facts *f)
{
	struct acl_need need;

	return acl_condition_eval(
		c->acl, acl_find_object(c->acl, OBJECT_CONDITION, view_of(name))->condition,
		STEP_END, f, &need);
}

static void test_s25r_and_remote(void **state)
{
	static const struct {
		const char *address; /* NULL: a socket */
		const char *name;
		enum acl_answer s25r, remote;
	} cases[] = {
		{ "203.0.113.9", "p1-2.dyn.example.jp", ACL_YES, ACL_YES },
		{ "203.0.113.9", "[203.0.113.9]", ACL_YES, ACL_YES },
		{ "203.0.113.9", "mail.example.jp", ACL_NO, ACL_YES },
		{ "209.85.1.1", "mail-wr1-f12345.google.com", ACL_NO, ACL_YES },
		{ "2001:db8::1", "p1-2.dyn.example.jp", ACL_NO, ACL_YES },
		{ "192.168.1.2", "[192.168.1.2]", ACL_YES, ACL_NO },
		{ "127.0.0.1", "localhost", ACL_NO, ACL_NO },
		{ "::1", "localhost", ACL_NO, ACL_NO },
		{ "fe80::1", "x.example", ACL_NO, ACL_NO },
		{ "172.31.255.255", "x.example", ACL_NO, ACL_NO },
		{ "172.32.0.1", "x.example", ACL_NO, ACL_YES },
		{ NULL, "localhost", ACL_NO, ACL_NO },
	};
	struct buf text = buf_of(256);
	struct conf *c;

	(void)state;
	assert_int_equal(buf_append(&text, VIEW("include \"/share/conditions.conf\"\n")), ST_OK);
	c = parse(&text);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct facts f = { .own_name = VIEW("mx.example") };
		struct ip ip = { .family = IP_NONE };

		if (cases[i].address != NULL)
			assert_int_equal(ip_parse(view_of(cases[i].address), &ip), ST_OK);
		fact_set_client(&f, &ip);
		fact_set_text(&f, FACT_CLIENT_NAME, view_of(cases[i].name));
		if (ask(c, "S25R", &f) != cases[i].s25r ||
		    ask(c, "Remote Network", &f) != cases[i].remote)
			fail_msg("%s %s", cases[i].address, cases[i].name);
	}
	conf_unref(&c);
	buf_free(&text);
}

static void test_senders(void **state)
{
	struct buf text = buf_of(256);
	struct facts f = { .own_name = VIEW("mx.example") };
	struct conf *c;

	(void)state;
	assert_int_equal(buf_append(&text, VIEW("include \"/share/conditions.conf\"\n")), ST_OK);
	c = parse(&text);
	fact_set_state(&f, FACT_AUTH, FACT_ABSENT);
	assert_int_equal(ask(c, "Authenticated", &f), ACL_NO);
	assert_int_equal(ask(c, "Unauthenticated", &f), ACL_YES);
	fact_set_text(&f, FACT_AUTH, VIEW("rin"));
	assert_int_equal(ask(c, "Authenticated", &f), ACL_YES);
	assert_int_equal(ask(c, "Unauthenticated", &f), ACL_NO);
	fact_set_text(&f, FACT_SENDER, VIEW("<rin@gmail.com>"));
	assert_int_equal(ask(c, "Trust", &f), ACL_YES);
	fact_set_text(&f, FACT_SENDER, VIEW("<rin@notgmail.com>"));
	assert_int_equal(ask(c, "Trust", &f), ACL_NO);
	fact_set_text(&f, FACT_SENDER, VIEW("<rin@gmail.com.example>"));
	assert_int_equal(ask(c, "Trust", &f), ACL_NO);
	fact_set_number(&f, FACT_STRESS, 1);
	assert_int_equal(ask(c, "No Stress", &f), ACL_NO);
	assert_int_equal(ask(c, "Stress Notify", &f), ACL_YES);
	conf_unref(&c);
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_show_config),     cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_errors),          cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_bounds),          cmocka_unit_test(test_shipped_conditions),
		cmocka_unit_test(test_s25r_and_remote), cmocka_unit_test(test_senders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
