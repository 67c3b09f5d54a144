#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "cli/commands.h"
#include "cli/tell.h"
#include "store/export.h"

struct output {
	FILE *file;
	enum export_form form;
	struct buf line;
	uint64_t entries;
};

static enum status put(struct output *o, const struct export_row *row)
{
	enum status st;

	buf_clear(&o->line);
	st = export_write(o->form, row, &o->line);
	if (st == ST_OK && fwrite(o->line.p, 1, o->line.n, o->file) != o->line.n)
		st = ST_IO;
	return st;
}

static enum status put_table(struct output *o, struct browse *b, enum browse_table table,
                             struct diag *why)
{
	struct browse_walk *w = browse_walk_new(b, table);
	struct export_row row = { .kind = EXPORT_ENTRY };
	enum status st, wrote = ST_OK;

	while (wrote == ST_OK && (st = browse_next(w, &row.entry, why)) == ST_OK) {
		if (row.entry.damaged)
			continue;
		wrote = put(o, &row);
		o->entries++;
	}
	browse_walk_free(&w);
	if (wrote != ST_OK)
		diag_set(why, "can't write: %s", strerror(errno));
	return wrote != ST_OK ? wrote : st == ST_NOTFOUND ? ST_OK : st;
}

static enum status put_all(struct output *o, struct browse *b, bool with_secret, struct diag *why)
{
	struct export_row row = { .kind = EXPORT_HEAD };
	enum status st;

	memcpy(row.secret_id, browse_secret_id(b), strlen(browse_secret_id(b)) + 1);
	row.has_secret = with_secret && browse_secret(b) != NULL;
	if (row.has_secret)
		memcpy(row.secret, browse_secret(b), sizeof(row.secret));
	diag_set(why, "can't write the export");
	st = put(o, &row);
	for (unsigned i = 0; i < BROWSE_TABLES && st == ST_OK; i++)
		st = put_table(o, b, (enum browse_table)i, why);
	if (st != ST_OK)
		return st;
	row = (struct export_row){ .kind = EXPORT_END, .count = o->entries };
	st = put(o, &row);
	if (st == ST_OK && fflush(o->file) != 0)
		st = ST_IO;
	if (st != ST_OK)
		diag_set(why, "can't write: %s", strerror(errno));
	return st;
}

int cli_export(const struct args *a)
{
	struct browse_options options = { .dir = a->dbdir };
	bool named = a->words > 0 && strcmp(a->word[0], "-") != 0;
	struct output o = { .file = stdout,
		            .form = a->json ? EXPORT_JSON : EXPORT_TEXT,
		            .line = buf_of(EXPORT_LINE_MAX) };
	struct browse *b = NULL;
	struct diag why = { .file = NULL };
	enum status st = tell_open(&options, &b, &why);

	if (st != ST_OK)
		return tell_why(st, &why);
	if (named)
		o.file = tell_create(a->word[0]);
	if (o.file != NULL) {
		st = put_all(&o, b, a->with_secret, &why);
	} else {
		st = ST_FULL;
		diag_set(&why, "can't write %s: %s", a->word[0], strerror(errno));
	}
	if (named && o.file != NULL && fclose(o.file) != 0 && st == ST_OK) {
		st = ST_IO;
		diag_set(&why, "can't write %s: %s", a->word[0], strerror(errno));
	}
	buf_free(&o.line);
	browse_close(&b);
	return st == ST_OK ? EX_OK : tell_why(st, &why);
}
