/* Dumps of milter-greylist, line by line: what is read can be written, and is read again as it was.
 */
#include <stdlib.h>

#include "codec/mg_dump.h"

static void check_inside(struct view part, struct view whole)
{
	if (part.n > 0 && (part.p < whole.p || part.p + part.n > whole.p + whole.n))
		abort();
}

static bool plain(struct view address)
{
	for (size_t i = 0; i < address.n; i++)
		if (address.p[i] <= ' ')
			return false;
	return true;
}

static void check_back(const struct mg_dump_entry *e)
{
	struct buf out = buf_of(MG_DUMP_LINE_MAX);
	struct mg_dump_entry back;
	struct diag why = { .line = 1 };

	if (mg_dump_put(e, "2025-03-03 09:15:00", &out) == ST_OK) {
		if (mg_dump_read(view_first(buf_view(&out), out.n - 1), &back, &why) != ST_OK)
			abort();
		if (back.kind != e->kind || ip_compare(&back.client, &e->client) != 0 ||
		    back.time != e->time || back.tarpit_s != e->tarpit_s)
			abort();
		if (plain(e->sender) && !view_eq(back.sender, e->sender))
			abort();
		if (plain(e->recipient) && !view_eq(back.recipient, e->recipient))
			abort();
	} else if (out.n != 0) {
		abort();
	}
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view rest = { (const char *)data, size }, line;

	while (view_next(&rest, '\n', &line)) {
		struct mg_dump_entry e;
		struct diag why = { .line = 1 };
		enum status st = mg_dump_read(line, &e, &why);

		if (st == ST_OK) {
			check_inside(e.sender, line);
			check_inside(e.recipient, line);
			if (e.time < 0 || e.time > MG_DUMP_TIME_MAX)
				abort();
			check_back(&e);
		} else if (st != ST_NOTFOUND &&
		           (why.text[0] == '\0' || why.column < 1 || why.column > line.n + 1)) {
			abort();
		}
	}
	return 0;
}
