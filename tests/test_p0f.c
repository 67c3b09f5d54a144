#include "codec/p0f.h"

#include "fake_server.h"
#include "folder.h"
#include "scan/p0f.h"

#define WAIT_MS 5000u

/* --- octets --- */

struct answer {
	uint32_t magic, status;
	const char *name, *flavour;
};

static size_t make_answer(char out[P0F_ANSWER_SIZE], const struct answer *a)
{
	memset(out, 0, P0F_ANSWER_SIZE);
	memcpy(out, &a->magic, 4);
	memcpy(out + 4, &a->status, 4);
	memcpy(out + 40, a->name, strlen(a->name));
	memcpy(out + 72, a->flavour, strlen(a->flavour));
	return P0F_ANSWER_SIZE;
}

static const struct answer linux_answer = { 0x50304602, 0x10, "Linux", "3.11 and newer" };

static void test_query(void **state)
{
	unsigned char out[P0F_QUERY_SIZE];
	const uint32_t magic = 0x50304601;
	struct ip ip;

	(void)state;
	assert_int_equal(ip_parse(VIEW("192.0.2.77"), &ip), ST_OK);
	p0f_query(&ip, out);
	assert_memory_equal(out, &magic, 4);
	assert_memory_equal(out + 4, "\4\300\0\2\115\0\0\0\0\0\0\0\0\0\0\0\0", 17);
	assert_int_equal(ip_parse(VIEW("2001:db8::ff01"), &ip), ST_OK);
	p0f_query(&ip, out);
	assert_memory_equal(out + 4, "\6\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\xff\1", 17);
}

static void test_answers(void **state)
{
	static const char x31[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
	static const struct {
		const char *what;
		struct answer a;
		enum status st;
		const char *text;
	} cases[] = {
		{ "a system", { 0x50304602, 0x10, "Linux", "3.x" }, ST_OK, "Linux 3.x" },
		{ "no flavour", { 0x50304602, 0x10, "Windows", "" }, ST_OK, "Windows" },
		{ "as long as can be",
		  { 0x50304602, 0x10, x31, x31 },
		  ST_OK,
		  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" },
		{ "line feeds", { 0x50304602, 0x10, "a\nb", "\r\x80" }, ST_OK, "a?b ??" },
		{ "seen, not known", { 0x50304602, 0x10, "", "3.x" }, ST_NOTFOUND, "" },
		{ "not seen", { 0x50304602, 0x20, "", "" }, ST_NOTFOUND, "" },
		{ "bad query", { 0x50304602, 0, "", "" }, ST_INVALID, "" },
		{ "another status", { 0x50304602, 0x11, "a", "b" }, ST_INVALID, "" },
		{ "our own magic", { 0x50304601, 0x10, "a", "b" }, ST_INVALID, "" },
		{ "a name without end",
		  { 0x50304602, 0x10, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "" },
		  ST_INVALID,
		  "" },
		{ "a flavour without end",
		  { 0x50304602, 0x10, "a", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" },
		  ST_INVALID,
		  "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char octets[P0F_ANSWER_SIZE], text[P0F_TEXT_MAX + 1] = "";
		size_t n = make_answer(octets, &cases[i].a);
		enum status st = p0f_answer((struct view){ octets, n }, text);

		if (st != cases[i].st || strcmp(text, cases[i].text) != 0)
			fail_msg("%s: %s, \"%s\"", cases[i].what, status_text(st), text);
	}
}

static void test_cuts(void **state)
{
	char octets[P0F_ANSWER_SIZE + 1] = "", text[P0F_TEXT_MAX + 1];

	(void)state;
	(void)make_answer(octets, &linux_answer);
	for (size_t n = 0; n <= P0F_ANSWER_SIZE + 1; n++)
		assert_int_equal(p0f_answer((struct view){ octets, n }, text),
		                 n == P0F_ANSWER_SIZE ? ST_OK : ST_INVALID);
}

/* --- a server --- */

struct rig {
	struct loop *loop;
	char folder[FOLDER_MAX], path[FOLDER_MAX * 2];
	struct fake_server server;
	char octets[P0F_ANSWER_SIZE * 2];
	struct ip client;
	struct p0f_lookup *lookup;
	unsigned calls;
	enum status st;
	char text[P0F_TEXT_MAX + 1];
};

static void rig_begin(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	r->loop = loop_new();
	folder_new(r->folder);
	folder_path(r->path, r->folder, "s");
	r->server.octets = P0F_QUERY_SIZE;
	r->server.answer = (struct view){ r->octets, make_answer(r->octets, &linux_answer) };
	fake_start_path(&r->server, r->loop, r->path);
	assert_int_equal(ip_parse(VIEW("192.0.2.77"), &r->client), ST_OK);
}

static void rig_end(struct rig *r)
{
	p0f_cancel(&r->lookup);
	fake_stop(&r->server);
	loop_free(&r->loop);
	folder_free(r->folder);
}

static void on_told(void *arg, enum status st, struct view text)
{
	struct rig *r = arg;

	r->lookup = NULL;
	r->calls++;
	r->st = st;
	assert_true(text.n < sizeof(r->text));
	(void)snprintf(r->text, sizeof(r->text), "%.*s", VIEW_ARG(text));
}

static void ask(struct rig *r, const char *path, unsigned timeout_ms)
{
	r->calls = 0;
	r->lookup = p0f_lookup(r->loop, path, &r->client, timeout_ms, on_told, r);
	assert_int_equal(r->calls, 0); /* never inside the call */
	while (r->calls == 0)
		loop_turn(r->loop, true);
}

static void test_asked(void **state)
{
	static const size_t pieces[] = { 0, 1, 231 };
	unsigned char query[P0F_QUERY_SIZE];
	struct rig r;

	(void)state;
	rig_begin(&r);
	p0f_query(&r.client, query);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		r.server.piece = pieces[i];
		buf_clear(&r.server.heard);
		ask(&r, r.path, WAIT_MS);
		assert_int_equal(r.st, ST_OK);
		assert_string_equal(r.text, "Linux 3.11 and newer");
		assert_int_equal(r.server.heard.n, sizeof(query));
		assert_memory_equal(r.server.heard.p, query, sizeof(query));
	}
	rig_end(&r);
}

static void test_failures(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r);
	ask(&r, "/nonexistent/p0f", WAIT_MS);
	assert_int_equal(r.st, ST_UNAVAILABLE);
	r.server.answer.n = 0; /* silent */
	ask(&r, r.path, 50);
	assert_int_equal(r.st, ST_TIMEOUT);
	r.server.close = true; /* hangs up */
	ask(&r, r.path, WAIT_MS);
	assert_int_equal(r.st, ST_UNAVAILABLE);
	r.server.answer.n = P0F_ANSWER_SIZE - 1; /* too short, then the end */
	ask(&r, r.path, WAIT_MS);
	assert_int_equal(r.st, ST_UNAVAILABLE);
	r.server.answer.n = P0F_ANSWER_SIZE + 1; /* too long */
	ask(&r, r.path, WAIT_MS);
	assert_int_equal(r.st, ST_INVALID);
	r.octets[0]++; /* garbage */
	r.server.answer.n = P0F_ANSWER_SIZE;
	ask(&r, r.path, WAIT_MS);
	assert_int_equal(r.st, ST_INVALID);
	rig_end(&r);
}

/* Given up at each moment. */
static void test_cancel(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r);
	r.server.piece = 40;
	for (unsigned turns = 0; turns < 12; turns++) {
		r.lookup = p0f_lookup(r.loop, r.path, &r.client, WAIT_MS, on_told, &r);
		for (unsigned n = 0; n < turns && r.lookup != NULL; n++)
			loop_turn(r.loop, false);
		r.calls = 0;
		p0f_cancel(&r.lookup);
		assert_null(r.lookup);
		for (unsigned n = 0; n < 4; n++)
			loop_turn(r.loop, false);
		assert_int_equal(r.calls, 0);
	}
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_query),    cmocka_unit_test(test_answers),
		cmocka_unit_test(test_cuts),     cmocka_unit_test(test_asked),
		cmocka_unit_test(test_failures), cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
