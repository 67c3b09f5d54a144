/* What the two forms of an export share: which columns a table has. */
#pragma once

#include "store/export.h"

#define EXPORT_WORD "greylag-export"
#define END_WORD    "end"

#define COLUMNS_MAX 14

enum column_kind {
	COLUMN_TEXT,     /* struct view */
	COLUMN_TIME,     /* int64_t */
	COLUMN_COUNT,    /* uint32_t */
	COLUMN_BIG,      /* uint64_t */
	COLUMN_IDENTITY, /* enum grey_identity */
	COLUMN_SCORE,    /* int64_t, tenths */
	COLUMN_VERDICT,  /* bool: spam */
	COLUMN_SYMBOLS,  /* struct spam_symbols */
};

struct column {
	const char *name;
	enum column_kind kind;
	size_t member; /* of struct browse_entry */
};

struct export_table {
	const char *name;
	enum browse_table table;
	unsigned columns;
	struct column column[COLUMNS_MAX];
	unsigned least; /* columns of version 1; 0: all */
	unsigned more;  /* columns behind the others that an entry has with a scan, and else not */
};

/* The table of this name, or NULL. */
const struct export_table *export_table_named(struct view name);
const struct export_table *export_table_of(enum browse_table table);

/* Appends a column's value in words or digits; texts escaped. */
MUST_CHECK enum status export_put_cell(const struct column *c, const struct browse_entry *e,
                                       struct buf *out);

/* An entry from its first cells, one a column, as export_put_cell writes them: so many as
 * export_columns says, and t->more or none. The column of why is the cell's number, from 1. */
MUST_CHECK enum status export_take_cells(const struct export_table *t, const struct view *cells,
                                         unsigned count, struct buf *room, struct browse_entry *out,
                                         struct diag *why);

/* The first line from its two texts; each may be "-" or empty. */
MUST_CHECK enum status export_take_head(struct view version, struct view id, struct view secret,
                                        struct export_row *out, struct diag *why);
void export_secret_hex(const struct export_row *row, char out[2 * BROWSE_SECRET_SIZE + 1]);

MUST_CHECK enum status export_write_json(const struct export_row *row, struct buf *out);
/* Columns of an entry. */
static inline unsigned export_columns_of(const struct export_table *t, const struct browse_entry *e)
{
	return t->columns + (e->scanned ? t->more : 0);
}

/* Columns that all entries of a table have in this text. */
unsigned export_columns(const struct export_text *text, const struct export_table *t);

MUST_CHECK enum status export_read_json(const struct export_text *text, struct view line,
                                        struct buf *room, struct export_row *out, struct diag *why);
