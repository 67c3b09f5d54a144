/* Lines of an export, in both forms; what is read is written and read again. */
#include <stdlib.h>

#include "store/export.h"

static bool same(const struct browse_entry *a, const struct browse_entry *b)
{
	return a->table == b->table && a->form == b->form && view_eq(a->text, b->text) &&
	       a->tuple.first == b->tuple.first && a->tuple.last == b->tuple.last &&
	       a->scanned == b->scanned && a->scan.score_tenths == b->scan.score_tenths &&
	       a->scan.spam == b->scan.spam &&
	       view_eq(spam_symbols_view(&a->scan.symbols), spam_symbols_view(&b->scan.symbols)) &&
	       a->tuple.wait == b->tuple.wait && a->tuple.passes == b->tuple.passes &&
	       a->client.last == b->client.last && a->client.count == b->client.count &&
	       a->mark.since == b->mark.since && a->mark.instance == b->mark.instance;
}

static void again(enum export_form form, const struct export_row *row, struct buf *line)
{
	struct buf room = buf_of(EXPORT_LINE_MAX);
	struct export_row second;
	struct diag why = { 0 };

	buf_clear(line);
	if (export_write(form, row, line) != ST_OK)
		abort();
	if (export_read(&(struct export_text){ form, EXPORT_VERSION },
	                view_first(buf_view(line), line->n - 1), &room, &second, &why) != ST_OK)
		abort();
	if (second.kind != row->kind || second.count != row->count ||
	    !same(&row->entry, &second.entry))
		abort();
	buf_free(&room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view text = { (const char *)data, size }, line;
	struct buf room = buf_of(EXPORT_LINE_MAX), out = buf_of(EXPORT_LINE_MAX);
	enum export_form form;

	if (export_form_of(text, &form) != ST_OK)
		form = EXPORT_TEXT;
	while (view_next(&text, '\n', &line)) {
		struct export_row row;
		struct diag why = { 0 };

		if (export_read(&(struct export_text){ form, EXPORT_VERSION }, line, &room, &row,
		                &why) == ST_OK) {
			again(EXPORT_TEXT, &row, &out);
			if (row.kind != EXPORT_END || row.count <= INT64_MAX)
				again(EXPORT_JSON, &row, &out);
		} else if (why.text[0] == '\0') {
			abort();
		}
	}
	buf_free(&room);
	buf_free(&out);
	return 0;
}
