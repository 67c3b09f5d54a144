/* A package's text as a unit, a file of defaults and a command line: nothing is read beyond its
 * end, and views lie within it. */
#include <stdlib.h>

#include "cli/service_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_within(struct view v, struct view text)
{
	check(v.n == 0 || (v.p >= text.p && v.p + v.n <= text.p + text.n));
}

static void read_text(struct view text)
{
	struct buf out = buf_of(4096);
	struct view v;

	if (service_value(text, "ExecStart", &v)) {
		check_within(v, text);
		if (service_expand(v, text, &out) == ST_OK &&
		    service_option(buf_view(&out), 'p', &v))
			check_within(v, buf_view(&out));
	}
	if (service_value(text, "SOCKET", &v))
		check_within(v, text);
	if (service_value(text, "Environment", &v)) {
		buf_clear(&out);
		check(service_assignments(v, &out) == ST_OK || v.n > 4096 - 1);
	}
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view text = { (const char *)data, size };
	struct buf copy = buf_of((size_t)1 << 20);

	read_text(text);
	if (buf_append(&copy, text) == ST_OK) {
		service_join_lines(&copy);
		check(copy.n == size);
		read_text(buf_view(&copy));
	}
	buf_free(&copy);
	return 0;
}
