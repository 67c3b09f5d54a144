/* A store as lines: a first one with the version, one an entry, a last one with their number, so
 * that a text that was cut short is noticed. greylag(1) describes both forms.
 *
 * Of texts backslash, control octets and octets above 126 are written as \xNN, in the JSON form
 * too, so that octets that are no UTF-8 survive. */
#pragma once

#include "store/browse.h"

#define EXPORT_VERSION 3 /* 1: tuples had no `keep`; 2: nor what spamd said */

/* A longer line is refused. */
#define EXPORT_LINE_MAX ((size_t)131072)

enum export_form {
	EXPORT_TEXT, /* fields with a TAB between them */
	EXPORT_JSON, /* an object a line */
};

enum export_kind { EXPORT_HEAD, EXPORT_ENTRY, EXPORT_END };

struct export_row {
	enum export_kind kind;
	unsigned version; /* EXPORT_HEAD */
	/* EXPORT_HEAD: whose keyed hashes stand in the text; "" when there are none. */
	char secret_id[BROWSE_ID_SIZE + 1];
	bool has_secret;
	uint8_t secret[BROWSE_SECRET_SIZE];
	struct browse_entry entry; /* EXPORT_ENTRY: key and damaged are not looked at */
	uint64_t count;            /* EXPORT_END */
};

/* Appends the row's line with its LF. ST_LIMIT: out is full. */
MUST_CHECK enum status export_write(enum export_form form, const struct export_row *row,
                                    struct buf *out);

/* The form of a text by its first octets; ST_INVALID: neither. */
MUST_CHECK enum status export_form_of(struct view text, enum export_form *out);

/* What a text is written in. */
struct export_text {
	enum export_form form;
	unsigned version; /* of its head; EXPORT_VERSION until that was read */
};

/* Reads a line (without its LF). Texts of the entry lie in room and hold until the next call.
 * ST_INVALID, ST_LIMIT: why has text and column, where there is one. */
MUST_CHECK enum status export_read(const struct export_text *text, struct view line,
                                   struct buf *room, struct export_row *out, struct diag *why);
