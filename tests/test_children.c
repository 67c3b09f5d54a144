#include "test.h"

#include <stdlib.h>

#include "conf/conf.h"
#include "conf/lex.h"
#include "conf/milter.h"
#include "conf/parse.h"

/* The files that the configurations here name: some by a path beside /etc/g/test.conf. */
static const struct {
	const char *path;
	const char *text;
} files[] = {
	{ "/etc/g/common", "condition \"calm\" not stress\nlist \"l\" addr { 10.0.0.0/8 }" },
	{ "/etc/g/sub/one", "include \"two\"\n" },
	{ "/etc/g/sub/two", "condition \"two\" stress\n" },
	{ "/etc/g/sub/bad", "# nothing\n\nracl whitelist dommain x\n" },
	{ "/etc/g/sub/deep", "\ninclude \"bad\"\n" },
	{ "/etc/g/sub/regex", "racl whitelist from /[/\n" },
	{ "/etc/g/sub/nofile", "racl whitelist clients file \"/nowhere\"\n" },
	{ "/etc/g/sub/warns", "quiet\npeer 192.0.2.1\n" },
	{ "/etc/g/self", "include \"self\"\n" },
	{ "/etc/g/a", "include \"b\"\n" },
	{ "/etc/g/b", "include \"a\"\n" },
	{ "/etc/g/me", "include \"test.conf\"\n" },
	{ "/etc/g/open", "milter \"o\" { socket \"/o\"\n" },
	{ "/abs", "condition \"abs\" stress\n" },
};

static unsigned dots(const char *path)
{
	unsigned n = 0;

	for (; *path != '\0'; path++)
		n += path[0] == '.' && path[1] == '/';
	return n;
}

static enum status read_file(void *arg, const char *path, struct buf *out, struct diag *why)
{
	(void)arg;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(files[i].path, path) == 0)
			return buf_append(out, view_of(files[i].text));
	/* One that has another name each time, and so ends by the depth alone. */
	if (dots(path) > 0 || strcmp(path, "/etc/g/dots") == 0)
		return buf_append(out, VIEW("include \"./dots\"\n"));
	if (strcmp(path, "/etc/g/wide") == 0) {
		for (unsigned i = 0; i < 300; i++)
			assert_int_equal(buf_append(out, VIEW("include \"wide2\"\n")), ST_OK);
		return ST_OK;
	}
	if (strcmp(path, "/etc/g/wide2") == 0)
		return buf_append(out, VIEW("include \"none\"\ninclude \"none\"\ninclude \"none\"\n"
		                            "include \"none\"\n"));
	if (strcmp(path, "/etc/g/none") == 0)
		return ST_OK;
	diag_set(why, "can't open %s", path);
	return ST_NOTFOUND;
}

static char last_warning[600];

static void take_warning(void *arg, const struct diag *warning)
{
	(void)arg;
	diag_format(warning, last_warning, sizeof(last_warning));
}

static enum status parse_view(struct view text, struct conf **out, struct diag *why)
{
	const struct conf_source source = { .text = text,
		                            .name = "/etc/g/test.conf",
		                            .read_file = read_file,
		                            .warn = take_warning };

	*out = NULL;
	return conf_parse(&source, out, why);
}

static struct conf *parse(const char *text)
{
	struct diag why = { .file = NULL };
	struct conf *c = NULL;

	if (parse_view(view_of(text), &c, &why) != ST_OK)
		fail_msg("%s\n%u:%u: %s", text, why.line, why.column, why.text);
	return c;
}

static void test_defaults(void **state)
{
	struct conf *c = parse("milter \"clam\" { socket \"unix:/run/clam\" }\n");
	const struct conf_milter *m = c->children;

	(void)state;
	assert_int_equal(c->child_count, 1);
	assert_string_equal(m->name, "clam");
	assert_int_equal(m->index, 0);
	assert_int_equal(m->socket->kind, CONF_UNIX);
	assert_string_equal(m->socket->path, "/run/clam");
	assert_null(m->when);
	assert_int_equal(m->step, STEP_CONNECT);
	assert_int_equal(m->fallback, FALLBACK_ACCEPT);
	assert_false(m->evaluation);
	assert_int_equal(m->connect_timeout_ms, 297000);
	assert_int_equal(m->write_timeout_ms, 7000);
	assert_int_equal(m->read_timeout_ms, 7000);
	assert_int_equal(m->end_timeout_ms, 297000);
	assert_null(m->macros);
	assert_int_equal(m->object->kind, OBJECT_MILTER);
	assert_null(m->next);
	conf_unref(&c);
}

static void test_all_that_can_be_said(void **state)
{
	struct conf *c =
		parse("milter \"a\" { socket \"/a\" }\n"
	              "milter \"b b\" \\\n{\n\n  socket \"inet:10025@[::1]\" # here\n"
	              "\tWHEN addr 10.0.0.0/8 \\\n   helo self; when rcpt a@b;\n"
	              "fallback tempfail;; evaluation yes\nconnect_timeout 1m\r\n"
	              "write_timeout 2\nread_timeout 3s\nend_of_message_timeout 1h\n"
	              "macro \"stress\" \"yes\" when stress or from a@b\nmacro \"i\" \"%i\"\n"
	              "macro \"{if_addr}\" \"\"}\n");
	const struct conf_milter *m = c->children->next;
	const struct conf_child_macro *x = m->macros;

	(void)state;
	assert_int_equal(c->child_count, 2);
	assert_int_equal(m->index, 1);
	assert_int_equal(m->line, 2);
	assert_string_equal(m->file, "/etc/g/test.conf");
	assert_int_equal(m->socket->kind, CONF_INET);
	assert_string_equal(m->socket->host, "::1");
	assert_string_equal(m->socket->port, "10025");
	assert_int_equal(m->step, STEP_RCPT);
	assert_non_null(m->when->clauses->next);
	assert_null(m->when->next->clauses->next);
	assert_null(m->when->next->next);
	assert_int_equal(m->fallback, FALLBACK_TEMPFAIL);
	assert_true(m->evaluation);
	assert_int_equal(m->connect_timeout_ms, 60000);
	assert_int_equal(m->write_timeout_ms, 2000);
	assert_int_equal(m->read_timeout_ms, 3000);
	assert_int_equal(m->end_timeout_ms, 3600000);
	assert_string_equal(x->name, "{stress}");
	assert_string_equal(x->format, "yes");
	assert_int_equal(x->step, STEP_MAIL);
	assert_non_null(x->when->next);
	assert_string_equal(x->next->name, "i");
	assert_null(x->next->when);
	assert_int_equal(x->next->step, STEP_CONNECT);
	assert_string_equal(x->next->next->name, "{if_addr}");
	assert_null(x->next->next->next);
	conf_unref(&c);
}

/* A value is told when all that it names can be known. */
static void test_steps_of_macros(void **state)
{
	static const struct {
		const char *macro;
		enum acl_step step;
	} cases[] = {
		{ "\"x\" \"%i %d %C %Fx %% %V\"", STEP_CONNECT },
		{ "\"x\" \"%M{auth_authen} %%f %%Hs %Q %\"", STEP_CONNECT },
		{ "\"x\" \"%h\"", STEP_HELO },
		{ "\"x\" \"a%sf\"", STEP_MAIL },
		{ "\"x\" \"%Qs\"", STEP_MAIL },
		{ "\"x\" \"%QS\"", STEP_MAIL },
		{ "\"x\" \"%f%mr\"", STEP_RCPT },
		{ "\"x\" \"%P{x}\"", STEP_RCPT },
		{ "\"x\" \"%Hs\"", STEP_END },
		{ "\"x\" \"%QA\"", STEP_END },
		{ "\"x\" \"%f\" when rcpt a@b", STEP_RCPT },
		{ "\"x\" \"%Qd\" when rcpt a@b", STEP_END },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[200];
		struct conf *c;

		(void)snprintf(text, sizeof(text), "milter \"a\" { socket \"/a\"; macro %s }\n",
		               cases[i].macro);
		c = parse(text);
		if (c->children->macros->step != cases[i].step)
			fail_msg("%s: %s", cases[i].macro,
			         acl_step_name(c->children->macros->step));
		conf_unref(&c);
	}
}

static void test_sockets(void **state)
{
	static const struct {
		const char *text, *host, *port, *path;
	} cases[] = {
		{ "/run/x", NULL, NULL, "/run/x" },
		{ "local:/run/x", NULL, NULL, "/run/x" },
		{ "inet:10025", "127.0.0.1", "10025", NULL },
		{ "inet:10025@mail.example", "mail.example", "10025", NULL },
		{ "inet:192.0.2.1:10025", "192.0.2.1", "10025", NULL },
		{ "inet6:10025@[2001:db8::1]", "2001:db8::1", "10025", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[200];
		struct conf *c;
		const struct conf_socket *s;

		(void)snprintf(text, sizeof(text), "milter \"x\" { socket \"%s\" }\n",
		               cases[i].text);
		c = parse(text);
		s = c->children->socket;
		assert_int_equal(s->kind, cases[i].path != NULL ? CONF_UNIX : CONF_INET);
		if (cases[i].path != NULL) {
			assert_string_equal(s->path, cases[i].path);
		} else {
			assert_string_equal(s->host, cases[i].host);
			assert_string_equal(s->port, cases[i].port);
		}
		conf_unref(&c);
	}
}

static const char whole[] =
	"include \"common\"\n"
	"condition \"S25R\" s25r except list \"l\" addr 0.0.0.0/0 or helo self\n"
	"milter \"one\" {\n\tsocket \"/one\"\n\twhen condition \"S25R\" or stress\n"
	"\tevaluation yes; macro \"x\" \"a \\\"b\\\"\" when stress or helo self }\n"
	"milter \"two\" { socket \"inet:1@localhost\"\n"
	"when not milter \"one\" reject\nfallback discard }\n"
	"dacl blacklist milter \"one\" tempfail condition \"calm\"\n";

static void test_print_is_a_fixed_point(void **state)
{
	struct buf one = buf_of(65536), two = buf_of(65536);
	struct conf *c = parse(whole);

	(void)state;
	assert_int_equal(conf_print(c, &one), ST_OK);
	conf_unref(&c);
	assert_null(strstr(buf_text(&one), "include"));
	c = parse(buf_text(&one));
	assert_int_equal(conf_print(c, &two), ST_OK);
	assert_string_equal(buf_text(&one), buf_text(&two));
	assert_non_null(strstr(buf_text(&two), "\twhen condition \"S25R\"\n\twhen stress\n"));
	assert_non_null(strstr(buf_text(&two), "macro \"x\" \"a \\\"b\\\"\" when stress or helo"));
	assert_non_null(strstr(buf_text(&two), "not milter \"one\" reject\n"));
	conf_unref(&c);
	buf_free(&one);
	buf_free(&two);
}

/* Each piece is taken or refused with a place in the text. */
static void test_cut_anywhere(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(whole); n++) {
		char *piece = malloc(n + 1);
		struct diag why = { .file = NULL };
		struct conf *c = NULL;

		assert_non_null(piece);
		memcpy(piece, whole, n);
		if (parse_view((struct view){ piece, n }, &c, &why) != ST_OK)
			assert_true(why.text[0] != '\0' && why.line > 0 && why.line <= 10);
		conf_unref(&c);
		free(piece);
	}
}

#define M "milter \"m\" { socket \"/m\"\n"

static void test_errors(void **state)
{
	static const struct {
		const char *text;
		unsigned line, column;
		const char *part;
	} cases[] = {
		{ "milter", 1, 7, "the \"name\" of a milter" },
		{ "milter m { socket \"/m\" }\n", 1, 8, "the \"name\" of a milter, not 'm'" },
		{ "milter \"\" { socket \"/m\" }\n", 1, 8, "of 1 to 64 letters" },
		{ "milter \" m\" { socket \"/m\" }\n", 1, 8, "of 1 to 64 letters" },
		{ "milter \"a\tb\" { socket \"/m\" }\n", 1, 8, "of 1 to 64 letters" },
		{ "milter \"m\" socket \"/m\"\n", 1, 12, "expected '{'" },
		{ "milter \"m\"\n{ socket \"/m\" }\n", 1, 11,
		  "expected '{', not the end of the line" },
		{ "milter \"m\" { }\n", 1, 8, "has no socket" },
		{ "milter \"m\" { when stress }\n", 1, 8, "has no socket" },
		{ M, 2, 1, "\"m\", begun at line 1, has no '}'" },
		{ M "racl whitelist default\n}\n", 2, 1, "begun at line 1, has no '}'" },
		{ M "milter \"n\" { socket \"/n\" }\n", 2, 1, "begun at line 1, has no '}'" },
		{ M "} quiet\n", 2, 3, "expected the end of the line" },
		{ M "socket \"/n\" }\n", 2, 1, "socket stands twice" },
		{ M "fallback accept; fallback accept }\n", 2, 18, "fallback stands twice" },
		{ M "wen stress }\n", 2, 1, "did you mean 'when'" },
		{ M "conect_timeout 5s }\n", 2, 1, "did you mean 'connect_timeout'" },
		{ M "\"x\" }\n", 2, 1, "expected socket, when" },
		{ M "when }\n", 2, 6, "expected a clause, not '}'" },
		{ M "when stress or\n}\n", 2, 15, "expected a clause, not the end of the line" },
		{ M "when or stress }\n", 2, 6, "clause" },
		{ M "when stres }\n", 2, 6, "did you mean 'stress'" },
		{ M "when stress fallback accept }\n", 2, 13, "clause" },
		{ M "when default }\n", 2, 6, "default stands alone" },
		{ M "when set $x = 1 }\n", 2, 6, "set stands in rules only" },
		{ M "when log \"x\" }\n", 2, 6, "log stands in rules only" },
		{ M "when tarpit 5s }\n", 2, 6, "tarpit stands in rules only" },
		{ M "when milter \"m\" reject }\n", 2, 13, "no milter \"m\" above" },
		{ M "when condition \"x\" }\n", 2, 16, "no condition \"x\" above" },
		{ M "fallback acept }\n", 2, 10, "did you mean 'accept'" },
		{ M "fallback }\n", 2, 10, "expected accept, tempfail, reject, discard" },
		{ M "evaluation maybe }\n", 2, 12, "expected no, yes" },
		{ M "read_timeout 0s }\n", 2, 14, "from 1s to 3600s" },
		{ M "read_timeout -5s }\n", 2, 14, "from 1s to 3600s" },
		{ M "end_of_message_timeout 2h }\n", 2, 24, "from 1s to 3600s" },
		{ M "write_timeout }\n", 2, 15, "expected a duration" },
		{ M "macro \"a b\" \"x\" }\n", 2, 7, "a macro is one letter" },
		{ M "macro \"{}\" \"x\" }\n", 2, 7, "a macro is one letter" },
		{ M "macro \"{a\" \"x\" }\n", 2, 7, "a macro is one letter" },
		{ M "macro \"a\" }\n", 2, 11, "a \"format\"" },
		{ M "macro \"a\" \"x\" if stress }\n", 2, 15,
		  "expected ';' or the end of the line" },
		{ "milter \"m\" { socket \"/m\"; racl whitelist default }\n", 1, 27,
		  "expected socket, when" },
		{ "milter \"m\" { socket \"foo\" }\n", 1, 21, "an address is expected" },
		{ "milter \"m\" { socket \"inet:x@h\" }\n", 1, 21, "a port is expected" },
		{ M "}\nmilter \"m\" { socket \"/n\" }\n", 3, 8,
		  "there is a milter \"m\" already" },
		{ M "}\ndacl blacklist milter \"m\" rejct\n", 3, 27, "did you mean 'reject'" },
		{ M "}\ndacl blacklist milter \"m\"\n", 3, 26, "expected accept" },
		{ M "}\nracl blacklist milter \"m\" reject\n", 3, 16, "only in dacl ones" },
		{ "condition \"x\"\n", 1, 14, "expected a clause, not the end" },
		{ "condition \"x\" stress;\n", 1, 21, "expected the end of the line" },
		{ "condition \"x\" stress\ncondition \"x\" stress\n", 2, 11, "already" },
		{ "condition \"x\" tarpit 5s\n", 1, 15, "stands in rules only" },
		{ "condition \"x\" header \"y\"\nracl whitelist condition \"x\"\n", 2, 16,
		  "only in dacl ones" },
		{ "include\n", 1, 8, "a file's name" },
		{ "include \"\"\n", 1, 9, "a file's name" },
		{ "include \"nope\"\n", 1, 9, "can't open /etc/g/nope" },
		{ "quiet\ninclude \"sub/bad\"\n", 2, 9,
		  "/etc/g/sub/bad:3:16: no clause is called 'dommain'" },
		{ "include \"sub/deep\"\n", 1, 9,
		  "/etc/g/sub/deep:2:9: /etc/g/sub/bad:3:16: no clause is called" },
		{ "include \"sub/regex\"\n", 1, 9, "/etc/g/sub/regex:1:" },
		{ "include \"sub/nofile\"\n", 1, 9, "/etc/g/sub/nofile:1:24: can't open /nowhere" },
		{ "include \"self\"\n", 1, 9, "/etc/g/self:1:9: /etc/g/self includes itself" },
		{ "include \"a\"\n", 1, 9, "/etc/g/a includes itself, by way of this file" },
		{ "include \"me\"\n", 1, 9, "/etc/g/test.conf includes itself, by way of" },
		{ "include \"dots\"\n", 1, 9, "dots:1:9: " },
		{ "include \"wide\"\n", 1, 9, "more than 1000 files are included" },
		{ "include \"open\"\n", 1, 9,
		  "/etc/g/open:2:1: the milter \"o\", begun at line 1" },
		{ "include \"common\"\ninclude \"common\"\n", 2, 9,
		  "/etc/g/common:1:11: there is a condition \"calm\" already" },
		{ "include \"common\" quiet\n", 1, 18, "expected the end of the line" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct diag why = { .file = NULL };
		struct conf *c = NULL;

		if (parse_view(view_of(cases[i].text), &c, &why) == ST_OK)
			fail_msg("taken: %s", cases[i].text);
		assert_string_equal(why.file, "/etc/g/test.conf");
		if (why.line != cases[i].line || why.column != cases[i].column ||
		    strstr(why.text, cases[i].part) == NULL)
			fail_msg("%s\n%u:%u: %s", cases[i].text, why.line, why.column, why.text);
	}
}

static void test_include(void **state)
{
	struct conf *c =
		parse("include \"common\"\ninclude \"sub/one\"\ninclude \"/abs\"\n"
	              "racl whitelist condition \"calm\" list \"l\" not condition \"two\"\n"
	              "racl whitelist condition \"abs\"\n");
	const struct acl_object *calm = acl_find_object(c->acl, OBJECT_CONDITION, VIEW("calm"));
	const struct acl_object *two = acl_find_object(c->acl, OBJECT_CONDITION, VIEW("two"));

	(void)state;
	assert_string_equal(calm->source, "/etc/g/common");
	assert_int_equal(calm->line, 1);
	assert_string_equal(two->source, "/etc/g/sub/two");
	assert_string_equal(c->acl->rules[ACL_RCPT]->file, "/etc/g/test.conf");
	assert_int_equal(c->acl->rules[ACL_RCPT]->line, 4);
	conf_unref(&c);
}

/* A warning names the file that it is about. */
static void test_warning_of_included(void **state)
{
	struct conf *c = parse("include \"sub/warns\"\n");

	(void)state;
	assert_non_null(strstr(last_warning, "/etc/g/sub/warns:2:1: peer has no effect"));
	conf_unref(&c);
	c = parse("include \"sub/one\"\npeer 192.0.2.1\n");
	assert_non_null(strstr(last_warning, "/etc/g/test.conf:2:1: peer has no effect"));
	conf_unref(&c);
}

static void test_too_many(void **state)
{
	struct buf text = buf_of((size_t)1 << 20);
	struct diag why = { .file = NULL };
	struct conf *c = NULL;

	(void)state;
	for (unsigned i = 0; i < CONF_CHILDREN_MAX; i++)
		assert_int_equal(buf_printf(&text, "milter \"%u\" { socket \"/%u\" }\n", i, i),
		                 ST_OK);
	c = parse(buf_text(&text));
	assert_int_equal(c->child_count, CONF_CHILDREN_MAX);
	conf_unref(&c);
	assert_int_equal(buf_append(&text, VIEW("milter \"x\" { socket \"/x\" }\n")), ST_OK);
	assert_int_equal(parse_view(buf_view(&text), &c, &why), ST_INVALID);
	assert_int_equal(why.line, CONF_CHILDREN_MAX + 1);
	assert_non_null(strstr(why.text, "more than 16 milters"));
	buf_clear(&text);
	assert_int_equal(buf_append(&text, VIEW("milter \"x\" { socket \"/x\"\n")), ST_OK);
	for (unsigned i = 0; i <= CONF_CHILD_MACROS_MAX; i++)
		assert_int_equal(buf_printf(&text, "macro \"m%u\" \"x\"\n", i), ST_OK);
	assert_int_equal(buf_append(&text, VIEW("}\n")), ST_OK);
	assert_int_equal(parse_view(buf_view(&text), &c, &why), ST_INVALID);
	assert_non_null(strstr(why.text, "more than 64 macros"));
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_all_that_can_be_said),
		cmocka_unit_test(test_steps_of_macros),
		cmocka_unit_test(test_sockets),
		cmocka_unit_test(test_print_is_a_fixed_point),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_include),
		cmocka_unit_test(test_warning_of_included),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
