/* The mails are signed by tests/data/dkim/make.py, which knows nothing of what is tested here. */
#include "dns_rig.h"

#include "scan/dkim.h"
#include "util/file.h"

#define KEY_MS   600
#define MAIL_MAX ((size_t)1 << 20)

struct heard {
	unsigned times;
	struct dkim_result result;
	size_t deciding; /* which; SIZE_MAX: none */
};

static void on_result(void *arg, const struct dkim_result *r)
{
	struct heard *h = arg;

	h->times++;
	h->result = *r;
	h->deciding = r->deciding != NULL ? (size_t)(r->deciding - r->signature) : SIZE_MAX;
}

static void read_file(const char *name, struct buf *out)
{
	struct diag why = { .text = "" };
	char path[300];

	(void)snprintf(path, sizeof(path), "%s/dkim/%s", TEST_DATA, name);
	*out = buf_of(MAIL_MAX);
	if (file_read(path, out, &why) != ST_OK)
		fail_msg("%s", why.text);
}

/* The end of a header that may be folded: its CR. */
static size_t header_end(struct view text)
{
	for (size_t i = 0; i + 1 < text.n; i++)
		if (text.p[i] == '\r' && text.p[i + 1] == '\n' &&
		    (i + 2 == text.n || (text.p[i + 2] != ' ' && text.p[i + 2] != '\t')))
			return i;
	return text.n;
}

/* As Postfix tells it: folds without CR, the blank behind the colon stays. */
static void take_header(struct mail *m, struct view line)
{
	size_t colon = view_find(line, ':');
	struct buf value = buf_of(MAIL_MAX);

	for (size_t i = colon + 1; i < line.n; i++)
		if (line.p[i] != '\r')
			assert_int_equal(buf_byte(&value, line.p[i]), ST_OK);
	mail_take_header(m, view_first(line, colon), buf_view(&value));
	buf_free(&value);
}

static void read_mail(struct mail *m, struct view text, size_t limit)
{
	mail_begin(m, limit, true);
	while (text.n > 0 && !view_starts(text, VIEW("\r\n"))) {
		size_t end = header_end(text);

		take_header(m, view_first(text, end));
		text = view_from(text, end + 2);
	}
	mail_take_body(m, view_from(text, 2));
}

static void load(struct mail *m, const char *name, size_t limit)
{
	struct buf text;
	char file[100];

	(void)snprintf(file, sizeof(file), "%s.eml", name);
	read_file(file, &text);
	read_mail(m, buf_view(&text), limit);
	buf_free(&text);
}

struct house {
	struct rig rig;
	struct dkim_checker *checker;
	struct buf zone;
};

static void begin(struct house *h)
{
	read_file("zone", &h->zone);
	rig_begin(&h->rig, buf_text(&h->zone));
	h->checker = dkim_checker_new(h->rig.loop);
}

static void end(struct house *h)
{
	dkim_checker_free(&h->checker);
	rig_end(&h->rig);
	buf_free(&h->zone);
}

static struct dkim_check *start(struct house *h, const struct mail *m, struct heard *heard)
{
	return dkim_check_start(h->checker, h->rig.port, m, KEY_MS, on_result, heard);
}

/* The mail is gone as soon as its check has begun. */
static struct heard check(struct house *h, struct mail *m)
{
	struct heard heard = { .times = 0 };

	assert_non_null(start(h, m, &heard));
	mail_end(m);
	assert_int_equal(heard.times, 0);
	rig_turn_until(&h->rig, &heard.times, 1);
	return heard;
}

static void test_verdicts(void **state)
{
	static const struct {
		const char *name;
		enum dkim_verdict verdict;
		const char *why; /* NULL: any */
	} cases[] = {
		{ "simple-simple", DKIM_VERDICT_PASS, "" },
		{ "simple-relaxed", DKIM_VERDICT_PASS, "" },
		{ "relaxed-simple", DKIM_VERDICT_PASS, "" },
		{ "relaxed-relaxed", DKIM_VERDICT_PASS, "" },
		{ "altered-body", DKIM_VERDICT_FAIL, "body was changed" },
		{ "altered-header", DKIM_VERDICT_FAIL, "bad signature" },
		{ "altered-blanks", DKIM_VERDICT_PASS, "" },
		{ "altered-blanks-simple", DKIM_VERDICT_FAIL, "bad signature" },
		{ "altered-fold-simple", DKIM_VERDICT_FAIL, "bad signature" },
		{ "expired", DKIM_VERDICT_NEUTRAL, "signature expired" },
		{ "expires-late", DKIM_VERDICT_PASS, "" },
		{ "future", DKIM_VERDICT_NEUTRAL, "signature from the future" },
		{ "length-whole", DKIM_VERDICT_PASS, "" },
		{ "length-part", DKIM_VERDICT_NEUTRAL, "only a part of the body is signed" },
		{ "length-whole-relaxed", DKIM_VERDICT_PASS, "" },
		{ "length-part-relaxed", DKIM_VERDICT_NEUTRAL,
		  "only a part of the body is signed" },
		{ "length-none", DKIM_VERDICT_NEUTRAL, "only a part of the body is signed" },
		{ "length-added", DKIM_VERDICT_NEUTRAL, "only a part of the body is signed" },
		{ "sha1", DKIM_VERDICT_PERMERROR, "rsa-sha1 is not taken" },
		{ "no-body", DKIM_VERDICT_PASS, "" },
		{ "no-body-relaxed", DKIM_VERDICT_PASS, "" },
		{ "no-line-end", DKIM_VERDICT_PASS, "" },
		{ "bits", DKIM_VERDICT_PASS, "" },
		{ "no-signature", DKIM_VERDICT_NONE, "" },
		{ "no-from", DKIM_VERDICT_PERMERROR, NULL },
		{ "oversigned", DKIM_VERDICT_PASS, "" },
		{ "oversigned-added", DKIM_VERDICT_FAIL, "bad signature" },
		{ "identity", DKIM_VERDICT_PASS, "" },
		{ "identity-strict", DKIM_VERDICT_PERMERROR, NULL },
		{ "identity-other", DKIM_VERDICT_PERMERROR, NULL },
		{ "missing-v", DKIM_VERDICT_PERMERROR, NULL },
		{ "missing-a", DKIM_VERDICT_PERMERROR, NULL },
		{ "missing-d", DKIM_VERDICT_PERMERROR, NULL },
		{ "missing-s", DKIM_VERDICT_PERMERROR, NULL },
		{ "missing-h", DKIM_VERDICT_PERMERROR, NULL },
		{ "missing-bh", DKIM_VERDICT_PERMERROR, NULL },
		{ "missing-c", DKIM_VERDICT_FAIL, NULL },
		{ "odd-algorithm", DKIM_VERDICT_PERMERROR, NULL },
		{ "odd-domain", DKIM_VERDICT_PERMERROR, NULL },
		{ "garbage", DKIM_VERDICT_PERMERROR, NULL },
		{ "empty", DKIM_VERDICT_PERMERROR, NULL },
		{ "key-bare", DKIM_VERDICT_PASS, "" },
		{ "key-tiny", DKIM_VERDICT_PASS, "" },
		{ "key-two", DKIM_VERDICT_PASS, "" },
		{ "key-slow", DKIM_VERDICT_PASS, "" },
		{ "key-strict", DKIM_VERDICT_PASS, "" },
		{ "key-ed", DKIM_VERDICT_PASS, "" },
		{ "key-wrong", DKIM_VERDICT_FAIL, "bad signature" },
		{ "key-test", DKIM_VERDICT_NEUTRAL, "bad signature with a test's key" },
		{ "key-revoked", DKIM_VERDICT_FAIL, "key revoked" },
		{ "key-nothing", DKIM_VERDICT_PERMERROR, "no key" },
		{ "key-nodata", DKIM_VERDICT_PERMERROR, "no key" },
		{ "key-nonsense", DKIM_VERDICT_PERMERROR, NULL },
		{ "key-octets", DKIM_VERDICT_PERMERROR, NULL },
		{ "key-huge", DKIM_VERDICT_PERMERROR, "key too long" },
		{ "key-small", DKIM_VERDICT_PERMERROR, "key too small" },
		{ "key-web", DKIM_VERDICT_PERMERROR, NULL },
		{ "key-sha1", DKIM_VERDICT_PERMERROR, NULL },
		{ "key-servfail", DKIM_VERDICT_TEMPERROR, "key unavailable" },
		{ "key-silent", DKIM_VERDICT_TEMPERROR, "key unavailable" },
		{ "bad-then-good", DKIM_VERDICT_PASS, "" },
		{ "good-then-bad", DKIM_VERDICT_PASS, "" },
		{ "bad-then-silent", DKIM_VERDICT_TEMPERROR, "key unavailable" },
		{ "silent-then-good", DKIM_VERDICT_PASS, "" },
		{ "many", DKIM_VERDICT_FAIL, "bad signature" },
		{ "ninth-is-good", DKIM_VERDICT_FAIL, "bad signature" },
		{ "long-header", DKIM_VERDICT_PASS, "" },
	};
	struct house h;
	unsigned wrong = 0;

	(void)state;
	begin(&h);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mail m;
		struct heard got;

		load(&m, cases[i].name, MAIL_MAX);
		got = check(&h, &m);
		if (got.result.verdict == cases[i].verdict &&
		    (cases[i].why == NULL || strcmp(cases[i].why, got.result.why) == 0))
			continue;
		wrong++;
		print_message("%s: %s (%s)\n", cases[i].name, dkim_verdict_text(got.result.verdict),
		              got.result.why);
	}
	end(&h);
	assert_int_equal(wrong, 0);
}

static void test_what_is_told(void **state)
{
	struct house h;
	struct mail m;
	struct heard got;

	(void)state;
	begin(&h);
	load(&m, "good-then-bad", MAIL_MAX);
	got = check(&h, &m);
	assert_int_equal(got.result.count, 2);
	assert_false(got.result.more);
	assert_int_equal(got.deciding, 0);
	assert_string_equal(got.result.signature[0].domain, "other.example");
	assert_string_equal(got.result.signature[0].selector, "s");
	assert_string_equal(got.result.signature[0].identity, "@other.example");
	assert_int_equal(strlen(got.result.signature[0].begin), 8);
	assert_int_equal(got.result.signature[1].verdict, DKIM_VERDICT_FAIL);
	assert_string_equal(got.result.signature[1].domain, "shop.example");
	assert_string_equal(got.result.signature[1].selector, "wrong");
	assert_string_not_equal(got.result.signature[0].begin, got.result.signature[1].begin);
	load(&m, "identity", MAIL_MAX);
	got = check(&h, &m);
	assert_string_equal(got.result.signature[0].identity, "rin@mail.shop.example");
	load(&m, "many", MAIL_MAX);
	got = check(&h, &m);
	assert_int_equal(got.result.count, DKIM_SIGNATURES_MAX);
	assert_true(got.result.more);
	load(&m, "no-signature", MAIL_MAX);
	got = check(&h, &m);
	assert_int_equal(got.result.count, 0);
	assert_int_equal(got.deciding, SIZE_MAX);
	end(&h);
}

/* What is not whole can't be verified, and nobody asks for keys. */
static void test_mails_that_are_too_large(void **state)
{
	struct house h;
	struct mail m;

	(void)state;
	begin(&h);
	load(&m, "relaxed-relaxed", 600);
	assert_true(m.cut);
	assert_int_equal(check(&h, &m).result.verdict, DKIM_VERDICT_NEUTRAL);
	load(&m, "relaxed-relaxed", MAIL_MAX);
	while (m.header_count < DKIM_HEADERS_MAX)
		mail_take_header(&m, VIEW("X-Many"), VIEW(" 1"));
	assert_int_equal(fake_dns_asked(h.rig.server), 0);
	assert_int_equal(check(&h, &m).result.verdict, DKIM_VERDICT_PASS);
	load(&m, "relaxed-relaxed", MAIL_MAX);
	while (m.header_count <= DKIM_HEADERS_MAX)
		mail_take_header(&m, VIEW("X-Many"), VIEW(" 1"));
	assert_int_equal(check(&h, &m).result.verdict, DKIM_VERDICT_NEUTRAL);
	end(&h);
}

/* An MTA that takes the blanks off may alter what is signed in simple form. */
static void test_without_blanks(void **state)
{
	static const struct {
		const char *name;
		enum dkim_verdict verdict;
	} cases[] = {
		{ "simple-simple", DKIM_VERDICT_NEUTRAL },
		{ "altered-header", DKIM_VERDICT_FAIL },
		{ "altered-body", DKIM_VERDICT_FAIL },
		{ "relaxed-relaxed", DKIM_VERDICT_PASS },
	};
	struct house h;

	(void)state;
	begin(&h);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mail m, without;

		load(&m, cases[i].name, MAIL_MAX);
		mail_begin(&without, MAIL_MAX, false);
		for (size_t k = 0; k < m.header_count; k++)
			mail_take_header(&without, m.headers[k].name,
			                 mail_value(&m, &m.headers[k]));
		mail_take_body(&without, buf_view(&m.body));
		mail_end(&m);
		assert_int_equal(check(&h, &without).result.verdict, cases[i].verdict);
	}
	end(&h);
}

/* At every step; and what runs on goes on. */
static void test_cancel(void **state)
{
	struct house h;

	(void)state;
	for (unsigned turns = 0; turns < 40; turns++) {
		struct heard gone = { .times = 0 }, stays = { .times = 0 };
		struct dkim_check *a, *b;
		struct mail m;

		begin(&h);
		load(&m, "key-slow", MAIL_MAX);
		a = start(&h, &m, &gone);
		b = start(&h, &m, &stays);
		assert_non_null(b);
		mail_end(&m);
		for (unsigned i = 0; i < turns && gone.times == 0; i++)
			loop_turn(h.rig.loop, i % 2 == 1);
		if (gone.times > 0) {
			rig_turn_until(&h.rig, &stays.times, 1);
			end(&h);
			break;
		}
		dkim_check_cancel(&a);
		assert_null(a);
		dkim_check_cancel(&a);
		rig_turn_until(&h.rig, &stays.times, 1);
		assert_int_equal(gone.times, 0);
		assert_int_equal(stays.result.verdict, DKIM_VERDICT_PASS);
		end(&h);
	}
}

/* The checker goes while the pool is at work. */
static void test_cancel_and_free(void **state)
{
	struct house h;
	struct heard heard = { .times = 0 };

	(void)state;
	begin(&h);
	for (unsigned i = 0; i < 20; i++) {
		struct dkim_check *c;
		struct mail m;

		load(&m, "long-header", MAIL_MAX);
		c = start(&h, &m, &heard);
		mail_end(&m);
		dkim_check_cancel(&c);
	}
	end(&h);
	assert_int_equal(heard.times, 0);
}

/* Many at once, on all threads of the pool; those beyond the bound are told so. */
static void test_many_at_once(void **state)
{
	enum { MAILS = DKIM_CHECKS_MAX + 10 };
	static const char *const names[] = { "relaxed-relaxed", "altered-body", "bits", "key-ed" };
	static struct heard heard[MAILS];
	struct house h;
	unsigned no_place = 0;

	(void)state;
	begin(&h);
	memset(heard, 0, sizeof(heard));
	for (size_t i = 0; i < MAILS; i++) {
		struct mail m;

		load(&m, names[i % 4], MAIL_MAX);
		(void)start(&h, &m, &heard[i]);
		mail_end(&m);
	}
	for (size_t i = 0; i < MAILS; i++) {
		rig_turn_until(&h.rig, &heard[i].times, 1);
		if (strcmp(heard[i].result.why, "no place") == 0)
			no_place++;
		else
			assert_int_equal(heard[i].result.verdict,
			                 i % 4 == 1 ? DKIM_VERDICT_FAIL : DKIM_VERDICT_PASS);
	}
	assert_int_equal(no_place, 10);
	end(&h);
}

/* However a signature is cut, there is a verdict, and it is no pass. */
static void test_every_cut(void **state)
{
	struct buf text;
	struct house h;
	struct view whole;
	size_t end_of_signature;

	(void)state;
	begin(&h);
	read_file("relaxed-relaxed.eml", &text);
	whole = buf_view(&text);
	end_of_signature = header_end(whole);
	for (size_t n = strlen("DKIM-Signature:"); n < end_of_signature; n += 3) {
		struct mail m;
		struct heard got;

		mail_begin(&m, MAIL_MAX, true);
		take_header(&m, view_first(whole, n));
		take_header(&m, VIEW("From: Rin <rin@shop.example>"));
		mail_take_body(&m, VIEW("Dear Bob\r\n"));
		got = check(&h, &m);
		assert_true(got.result.verdict == DKIM_VERDICT_PERMERROR ||
		            got.result.verdict == DKIM_VERDICT_FAIL);
	}
	buf_free(&text);
	end(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_what_is_told),
		cmocka_unit_test(test_mails_that_are_too_large),
		cmocka_unit_test(test_without_blanks),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_cancel_and_free),
		cmocka_unit_test(test_many_at_once),
		cmocka_unit_test(test_every_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
