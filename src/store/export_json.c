#include <jansson.h>
#include <stdlib.h>

#include "store/export_inside.h"
#include "util/mem.h"

#define NUMBER_MAX 24

/* --- writing --- */

/* What is escaped has no octet but printable ASCII, so a quote and a backslash are all that JSON
 * minds. */
static enum status put_string(struct view v, struct buf *out)
{
	enum status st = buf_byte(out, '"');

	for (size_t i = 0; i < v.n && st == ST_OK; i++) {
		if (v.p[i] == '"' || v.p[i] == '\\')
			st = buf_byte(out, '\\');
		if (st == ST_OK)
			st = buf_byte(out, v.p[i]);
	}
	return st == ST_OK ? buf_byte(out, '"') : st;
}

static bool is_number(enum column_kind kind)
{
	return kind == COLUMN_TIME || kind == COLUMN_COUNT || kind == COLUMN_SCORE;
}

static enum status put_cell(const struct column *c, const struct browse_entry *e, struct buf *cell,
                            struct buf *out)
{
	enum status st;

	buf_clear(cell);
	st = export_put_cell(c, e, cell);
	if (st == ST_OK)
		st = buf_printf(out, ",\"%s\":", c->name);
	if (st != ST_OK)
		return st;
	return is_number(c->kind) ? buf_append(out, buf_view(cell))
	                          : put_string(buf_view(cell), out);
}

static enum status write_entry(const struct browse_entry *e, struct buf *out)
{
	const struct export_table *t = export_table_of(e->table);
	struct buf cell = buf_of(EXPORT_LINE_MAX);
	enum status st = buf_printf(out, "{\"table\":\"%s\"", t->name);

	for (unsigned i = 0; i < export_columns_of(t, e) && st == ST_OK; i++)
		st = put_cell(&t->column[i], e, &cell, out);
	buf_free(&cell);
	return st == ST_OK ? buf_append(out, VIEW("}\n")) : st;
}

static enum status write_head(const struct export_row *row, struct buf *out)
{
	char secret[2 * BROWSE_SECRET_SIZE + 1];
	enum status st = buf_printf(out, "{\"" EXPORT_WORD "\":%d", EXPORT_VERSION);

	if (st == ST_OK && row->secret_id[0] != '\0')
		st = buf_printf(out, ",\"secret_id\":\"%s\"", row->secret_id);
	if (st == ST_OK && row->has_secret) {
		export_secret_hex(row, secret);
		st = buf_printf(out, ",\"secret\":\"%s\"", secret);
	}
	return st == ST_OK ? buf_append(out, VIEW("}\n")) : st;
}

enum status export_write_json(const struct export_row *row, struct buf *out)
{
	switch (row->kind) {
	case EXPORT_HEAD: return write_head(row, out);
	case EXPORT_ENTRY: return write_entry(&row->entry, out);
	case EXPORT_END: break;
	}
	return buf_printf(out, "{\"" END_WORD "\":%llu}\n", (unsigned long long)row->count);
}

/* --- reading --- */

#define REAL_MAX 1e9 /* far above all scores */

/* A member as the text form has it; empty when it is none of string and number. */
static struct view cell_of(const json_t *object, const char *name, char number[NUMBER_MAX])
{
	const json_t *v = json_object_get(object, name);
	int n;

	if (json_is_string(v))
		return (struct view){ json_string_value(v), json_string_length(v) };
	if (json_is_real(v) && json_real_value(v) < REAL_MAX && json_real_value(v) > -REAL_MAX)
		n = snprintf(number, NUMBER_MAX, "%.1f", json_real_value(v));
	else if (json_is_integer(v))
		n = snprintf(number, NUMBER_MAX, "%lld", (long long)json_integer_value(v));
	else
		return (struct view){ "", 0 };
	return (struct view){ number, (size_t)n };
}

static enum status read_entry(const struct export_text *text, const json_t *object,
                              struct buf *room, struct export_row *out, struct diag *why)
{
	char number[COLUMNS_MAX][NUMBER_MAX];
	struct view cell[COLUMNS_MAX] = { { "", 0 } };
	struct export_row row = { .kind = EXPORT_ENTRY };
	const struct export_table *t = export_table_named(cell_of(object, "table", number[0]));
	unsigned count = 0;
	enum status st;

	if (t == NULL) {
		diag_set(why, "table: tuple, client or mark is expected");
		return ST_INVALID;
	}
	count = export_columns(text, t);
	if (text->version > 2 && t->more > 0 &&
	    json_object_get(object, t->column[count].name) != NULL)
		count += t->more;
	for (unsigned i = 0; i < count; i++) {
		cell[i] = cell_of(object, t->column[i].name, number[i]);
		if (json_object_get(object, t->column[i].name) == NULL) {
			diag_set(why, "%s: it is missing", t->column[i].name);
			return ST_INVALID;
		}
	}
	st = export_take_cells(t, cell, count, room, &row.entry, why);
	if (st == ST_OK)
		*out = row;
	else
		why->column = 0; /* the text names the member */
	return st;
}

static enum status read_end(const json_t *count, struct export_row *out, struct diag *why)
{
	struct export_row row = { .kind = EXPORT_END };

	if (!json_is_integer(count) || json_integer_value(count) < 0) {
		diag_set(why, END_WORD ": a number is expected");
		return ST_INVALID;
	}
	row.count = (uint64_t)json_integer_value(count);
	*out = row;
	return ST_OK;
}

static enum status read_object(const struct export_text *text, const json_t *object,
                               struct buf *room, struct export_row *out, struct diag *why)
{
	char number[3][NUMBER_MAX];
	const json_t *count = json_object_get(object, END_WORD);

	if (!json_is_object(object)) {
		diag_set(why, "an object is expected");
		return ST_INVALID;
	}
	if (json_object_get(object, EXPORT_WORD) != NULL)
		return export_take_head(cell_of(object, EXPORT_WORD, number[0]),
		                        cell_of(object, "secret_id", number[1]),
		                        cell_of(object, "secret", number[2]), out, why);
	if (count != NULL)
		return read_end(count, out, why);
	return read_entry(text, object, room, out, why);
}

enum status export_read_json(const struct export_text *text, struct view line, struct buf *room,
                             struct export_row *out, struct diag *why)
{
	json_error_t error;
	json_t *object =
		json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	enum status st;

	if (object == NULL) {
		diag_at(why, 0, error.column > 0 ? (unsigned)error.column : 0, "%s", error.text);
		return ST_INVALID;
	}
	st = read_object(text, object, room, out, why);
	json_decref(object);
	return st;
}
