#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "cli/commands.h"
#include "cli/tell.h"
#include "store/export.h"
#include "util/file.h"

struct input {
	const struct args *a;
	FILE *file;
	struct export_text text; /* of the input */
	struct buf line;
	struct buf room;
	struct diag *why;
	struct browse *b;
	char secret_id[BROWSE_ID_SIZE + 1];
	unsigned number; /* of the line */
	uint64_t read;
	uint64_t foreign; /* hashed by another secret */
};

/* The next line without its end. ST_NOTFOUND: that was all. */
static enum status next_line(struct input *in)
{
	enum status st = ST_OK;
	int c;

	buf_clear(&in->line);
	in->number++;
	while (st == ST_OK && (c = getc(in->file)) != EOF && c != '\n')
		st = buf_byte(&in->line, (char)c);
	if (st != ST_OK) {
		diag_at(in->why, in->number, 0, "the line is longer than %zu octets", in->line.max);
		return st;
	}
	if (ferror(in->file)) {
		diag_set(in->why, "can't read: %s", strerror(errno));
		return ST_IO;
	}
	if (in->line.n > 0 && in->line.p[in->line.n - 1] == '\r')
		in->line.n--;
	return c == EOF && in->line.n == 0 ? ST_NOTFOUND : ST_OK;
}

static enum status next_row(struct input *in, struct export_row *row)
{
	enum status st = next_line(in);

	while (st == ST_OK && in->line.n == 0)
		st = next_line(in);
	if (st != ST_OK)
		return st;
	st = export_read(&in->text, buf_view(&in->line), &in->room, row, in->why);
	in->why->file = in->a->word[0];
	in->why->line = in->number;
	return st;
}

/* The head decides how a store that has to be made hashes its keys. */
static enum status begin(struct input *in)
{
	struct browse_options o = { .dir = in->a->dbdir, .change = true };
	struct export_row row;
	enum status st = next_line(in);

	if (st == ST_IO || st == ST_LIMIT)
		return st;
	if (st == ST_NOTFOUND || export_form_of(buf_view(&in->line), &in->text.form) != ST_OK) {
		diag_at(in->why, 1, 0,
		        "this is no export of greylag (Postgrey's files: `greylag import "
		        "postgrey')");
		return ST_INVALID;
	}
	st = export_read(&in->text, buf_view(&in->line), &in->room, &row, in->why);
	in->why->line = 1;
	if (st != ST_OK)
		return st;
	if (row.kind != EXPORT_HEAD) {
		diag_at(in->why, 1, 0, "the first line is not the head of an export");
		return ST_INVALID;
	}
	in->text.version = row.version;
	memcpy(in->secret_id, row.secret_id, sizeof(in->secret_id));
	o.privacy = in->a->privacy || row.has_secret;
	o.secret = row.has_secret ? row.secret : NULL;
	in->why->line = 0;
	in->why->file = NULL;
	return tell_open(&o, &in->b, in->why);
}

static enum status take(struct input *in, const struct browse_entry *e)
{
	enum status st;

	in->read++;
	if (e->form == BROWSE_HASHED &&
	    (browse_secret(in->b) == NULL || strcmp(in->secret_id, browse_secret_id(in->b)) != 0)) {
		in->foreign++;
		return ST_OK;
	}
	st = browse_put(in->b, e, in->why);
	if (st == ST_INVALID || st == ST_LIMIT)
		in->why->line = in->number;
	else if (st != ST_OK)
		in->why->file = NULL;
	return st;
}

static enum status take_all(struct input *in)
{
	struct export_row row;
	enum status st;

	while ((st = next_row(in, &row)) == ST_OK) {
		if (row.kind == EXPORT_ENTRY)
			st = take(in, &row.entry);
		if (st != ST_OK)
			return st;
		if (row.kind != EXPORT_END)
			continue;
		if (row.count == in->read)
			return ST_OK;
		diag_at(in->why, in->number, 0, "%llu entries were announced, %llu are here",
		        (unsigned long long)row.count, (unsigned long long)in->read);
		return ST_INVALID;
	}
	if (st != ST_NOTFOUND)
		return st;
	diag_at(in->why, in->number, 0, "the export was cut short: its last line is missing");
	return ST_INVALID;
}

/* What was read before an error stays. */
static int import(struct input *in)
{
	struct browse_put_counts counts = { 0 };
	struct diag later = { .file = NULL };
	enum status st = begin(in), wrote;

	if (st != ST_OK)
		return tell_why(st, in->why);
	st = take_all(in);
	wrote = browse_flush(in->b, &counts, &later);
	(void)printf("read %llu entries: %llu new, %llu merged, %llu skipped\n",
	             (unsigned long long)in->read, (unsigned long long)counts.added,
	             (unsigned long long)counts.merged, (unsigned long long)in->foreign);
	if (in->foreign > 0)
		(void)printf("  %llu: hashed with a secret that this store has not\n",
		             (unsigned long long)in->foreign);
	if (st == ST_OK && wrote != ST_OK)
		return tell_why(wrote, &later);
	return st == ST_OK ? tell_end() : tell_why(st, in->why);
}

int cli_import(const struct args *a)
{
	bool named = strcmp(a->word[0], "-") != 0;
	struct diag why = { .file = a->word[0] };
	struct input in = { .a = a,
		            .file = named ? fopen(a->word[0], "re") : stdin,
		            .line = buf_of(EXPORT_LINE_MAX),
		            .room = buf_of(EXPORT_LINE_MAX),
		            .why = &why };
	int code;

	if (in.file == NULL)
		return tell_fail(EX_NOINPUT, "can't open %s: %s", a->word[0], strerror(errno));
	code = import(&in);
	browse_close(&in.b);
	buf_free(&in.line);
	buf_free(&in.room);
	if (named)
		(void)fclose(in.file);
	return code;
}
