/* Every case of tests/data/spf/public.json; what the file means stands in the README beside it. */
#include "test.h"

#include <jansson.h>

#include "spf_zone.h"
#include "util/mem.h"

#define SUITE        TEST_DATA "/spf/public.json"
#define ROWS_MAX     256
#define STRINGS_MAX  16
#define CASES_AT_ALL 96

struct loaded {
	struct zone_row row[ROWS_MAX];
	struct view strings[ROWS_MAX][STRINGS_MAX];
	struct zone zone;
};

static struct view text_of(const json_t *object, const char *key)
{
	const json_t *s = json_object_get(object, key);

	return (struct view){ json_string_value(s), json_string_length(s) };
}

static enum zone_type type_of(struct view word)
{
	static const struct {
		const char *word;
		enum zone_type type;
	} words[] = {
		{ "A", ZONE_A },       { "AAAA", ZONE_AAAA },       { "MX", ZONE_MX },
		{ "PTR", ZONE_PTR },   { "TXT", ZONE_TXT },         { "CNAME", ZONE_CNAME },
		{ "SPF", ZONE_OTHER }, { "TIMEOUT", ZONE_FAILURE }, { "SERVFAIL", ZONE_FAILURE },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (view_eq(word, view_of(words[i].word)))
			return words[i].type;
	fail_msg("unknown type %.*s", VIEW_ARG(word));
	return ZONE_OTHER;
}

static void load_row(struct loaded *out, const char *name, const json_t *record)
{
	size_t at = out->zone.n++;
	struct zone_row *row = &out->row[at];
	const json_t *strings = json_object_get(record, "strings");

	assert_true(at < ROWS_MAX);
	*row = (struct zone_row){ .name = name, .type = type_of(text_of(record, "type")) };
	row->text = text_of(record, row->type == ZONE_MX ? "host" : "data");
	if (strings == NULL)
		return;
	assert_true(json_array_size(strings) <= STRINGS_MAX);
	for (size_t i = 0; i < json_array_size(strings); i++) {
		const json_t *s = json_array_get(strings, i);

		out->strings[at][i] = (struct view){ json_string_value(s), json_string_length(s) };
	}
	row->strings = out->strings[at];
	row->strings_count = json_array_size(strings);
}

static void load_zone(struct loaded *out, json_t *zonedata)
{
	const char *name;
	json_t *records, *record;
	size_t i;

	out->zone = (struct zone){ out->row, 0 };
	json_object_foreach(zonedata, name, records) json_array_foreach(records, i, record)
		load_row(out, name, record);
}

static bool acceptable(const json_t *test, enum spf_verdict verdict)
{
	const json_t *results = json_object_get(test, "result");

	for (size_t i = 0; i < json_array_size(results); i++)
		if (strcmp(json_string_value(json_array_get(results, i)),
		           spf_verdict_text(verdict)) == 0)
			return true;
	return false;
}

/* Whether the verdict is one of those; a line on what was wrong if it is not. */
static bool run_case(const char *scenario, const char *name, const json_t *test,
                     const struct zone *zone)
{
	struct spf_question q = {
		.helo = text_of(test, "helo"),
		.mail_from = text_of(test, "mailfrom"),
		.receiver = text_of(test, "receiver"),
	};
	const struct spf_result *r;
	struct view explanation = text_of(test, "explanation");
	struct spf_check *c;
	bool ok;

	assert_int_equal(ip_parse(text_of(test, "host"), &q.client), ST_OK);
	c = zone_check(zone, &q);
	r = spf_result(c);
	ok = acceptable(test, r->verdict) && r->questions <= SPF_QUESTIONS_MAX;
	if (explanation.n > 0 && !view_eq(explanation, VIEW("DEFAULT")))
		ok = ok && view_eq(explanation, r->explanation);
	if (!ok)
		print_error("%s, %s: %s (%s) \"%.*s\"\n", scenario, name,
		            spf_verdict_text(r->verdict), r->why.text, VIEW_ARG(r->explanation));
	spf_free(&c);
	return ok;
}

static void test_suite(void **state)
{
	json_t *suite = json_load_file(SUITE, 0, NULL);
	struct loaded *loaded = mem_new(struct loaded);
	size_t i, cases = 0, wrong = 0;
	json_t *scenario;

	(void)state;
	assert_non_null(suite);
	json_array_foreach(json_object_get(suite, "scenarios"), i, scenario)
	{
		const char *id = json_string_value(json_object_get(scenario, "id")), *name;
		json_t *test;

		load_zone(loaded, json_object_get(scenario, "zonedata"));
		json_object_foreach(json_object_get(scenario, "tests"), name, test)
		{
			cases++;
			wrong += run_case(id, name, test, &loaded->zone) ? 0 : 1;
		}
	}
	mem_free(loaded);
	json_decref(suite);
	assert_int_equal(cases, CASES_AT_ALL);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
