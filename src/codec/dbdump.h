/* Reads the text that Berkeley DB's db_dump writes, with and without -p: header lines up to
 * HEADER=END, then lines of keys and values in turn, up to DATA=END; several data bases may follow
 * each other.
 *
 * Lenient where a text suffers on its way: CR LF, a last line without LF, and the blank before each
 * line may be missing (web pages drop it). Header lines without a meaning here are skipped. Work is
 * linear in the text. */
#pragma once

#include "util/buf.h"

/* A walk over the records of a text. The fields are the walk's own. */
struct dbdump_walk {
	struct view rest;
	struct buf *key_room;
	struct buf *value_room;
	unsigned line;
	bool data; /* behind a HEADER=END */
	bool hex;  /* format=bytevalue */
	bool any;  /* a header was read */
	enum status end;
};

/* Does it begin as such a text does? Blanks before it don't count. */
bool dbdump_is(struct view text);

/* Borrows all three as long as the walk goes on. The rooms hold what had to be decoded; their
 * bounds are the longest key and value that are read. */
struct dbdump_walk dbdump_walk_of(struct view text, struct buf *key_room, struct buf *value_room);

/* The next record; its views point into the text or into the rooms and hold until the next call.
 * ST_NOTFOUND: that was all. ST_INVALID, ST_LIMIT: why has text, line and sometimes column. After
 * an error the walk is over; the records delivered before it are good. A text that ends before its
 * DATA=END was cut short and is an error, too. */
MUST_CHECK enum status dbdump_next(struct dbdump_walk *w, struct view *key, struct view *value,
                                   struct diag *why);
