#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "session/properties.h"
#include "util/buf.h"
#include "util/mem.h"

static void expect(const struct properties *p, const char *want)
{
	struct buf text = buf_of(4096);
	size_t octets = 0;

	for (size_t i = 0; i < p->count; i++) {
		assert_int_equal(buf_printf(&text, "%s%.*s=%.*s", i > 0 ? " " : "",
		                            VIEW_ARG(p->of[i].name), VIEW_ARG(p->of[i].value)),
		                 ST_OK);
		octets += p->of[i].name.n + p->of[i].value.n;
	}
	assert_string_equal(buf_text(&text), want);
	assert_int_equal(octets, p->octets);
	buf_free(&text);
}

static void set(struct properties *p, const char *name, const char *value, bool passing)
{
	assert_int_equal(properties_set(p, view_of(name), view_of(value), passing), ST_OK);
}

static void add(struct properties *p, const char *name, const char *value, bool passing)
{
	assert_int_equal(properties_add(p, view_of(name), view_of(value), passing), ST_OK);
}

static void test_life(void **state)
{
	struct properties p = { .of = NULL };

	(void)state;
	expect(&p, "");
	properties_next_recipient(&p);
	properties_remove(&p, VIEW("a"));
	assert_null(properties_find(&p, VIEW("a")));
	set(&p, "a", "1", false);
	add(&p, "b", "2", true);
	add(&p, "A", "3", false);
	add(&p, "c", "", false);
	expect(&p, "a=1 b=2 A=3 c=");
	assert_true(view_eq(properties_find(&p, VIEW("A"))->value, VIEW("1")));
	/* one value takes the place of all */
	set(&p, "a", "4", false);
	expect(&p, "a=4 b=2 c=");
	set(&p, "c", "5", true);
	expect(&p, "a=4 b=2 c=5");
	properties_next_recipient(&p);
	expect(&p, "a=4");
	set(&p, "a", "6", true);
	properties_next_recipient(&p);
	expect(&p, "");
	properties_clear(&p);
	properties_clear(&p);
}

/* Also from its own text. */
static void test_own_value(void **state)
{
	struct properties p = { .of = NULL };

	(void)state;
	set(&p, "a", "value", false);
	assert_int_equal(properties_set(&p, p.of[0].name, view_from(p.of[0].value, 2), false),
	                 ST_OK);
	expect(&p, "a=lue");
	properties_clear(&p);
}

static void test_bounds(void **state)
{
	struct properties p = { .of = NULL };
	char *long_text = mem_alloc(PROPERTIES_OCTETS_MAX + 2);
	char name[16];

	(void)state;
	for (int i = 0; i < PROPERTIES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "p%d", i);
		set(&p, name, "v", false);
	}
	assert_int_equal(properties_set(&p, VIEW("more"), VIEW("v"), false), ST_LIMIT);
	assert_int_equal(properties_add(&p, VIEW("p1"), VIEW("v"), false), ST_LIMIT);
	set(&p, "p1", "w", false);
	assert_int_equal(p.count, PROPERTIES_MAX);
	properties_clear(&p);

	memset(long_text, 'x', PROPERTIES_OCTETS_MAX);
	assert_int_equal(properties_set(&p, VIEW("a"), view_of(long_text), false), ST_LIMIT);
	assert_int_equal(p.count, 0);
	set(&p, "a", long_text + 1, false);
	assert_int_equal(properties_set(&p, VIEW("b"), VIEW(""), false), ST_LIMIT);
	set(&p, "a", long_text + 1, false);
	set(&p, "a", "", false);
	set(&p, "b", long_text + 2, false);
	properties_clear(&p);
	mem_free(long_text);
}

/* Whatever is done to them in whatever order, bounds and sums hold, and they are as a list that
 * does it plainly. */
static void test_torture(void **state)
{
	struct properties p = { .of = NULL };
	uint64_t x = 1;
	char value[400], name[2] = "a";

	(void)state;
	memset(value, 'v', sizeof(value));
	for (unsigned i = 0; i < 200000; i++) {
		struct view v = { value, 0 };
		size_t count = p.count, octets = p.octets;
		enum status st = ST_OK;

		x = x * 6364136223846793005u + 1442695040888963407u;
		name[0] = (char)("aAbcdefghijklmnopqrstuvwxyz"[(x >> 33) % 27]);
		v.n = (x >> 40) % sizeof(value);
		switch ((x >> 50) % 16) {
		case 0: properties_next_recipient(&p); break;
		case 1: properties_remove(&p, view_of(name)); break;
		case 2:
		case 3:
		case 4: st = properties_set(&p, view_of(name), v, (x >> 60) % 2 == 0); break;
		default: st = properties_add(&p, view_of(name), v, (x >> 60) % 4 == 0); break;
		}
		assert_true(p.count <= PROPERTIES_MAX && p.octets <= PROPERTIES_OCTETS_MAX);
		if (st != ST_OK) {
			assert_int_equal(p.count, count);
			assert_int_equal(p.octets, octets);
		}
		octets = 0;
		for (size_t k = 0; k < p.count; k++)
			octets += p.of[k].name.n + p.of[k].value.n;
		assert_int_equal(octets, p.octets);
	}
	properties_clear(&p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_own_value),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_torture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
