/* The file in which milter-greylist keeps its memory, a line an entry:
 *
 *	ADDRESS <SENDER> <RECIPIENT> TIME [AUTO | SECONDS TARPIT] [# time for people]
 *
 * with TABs or blanks between the fields; empty lines and comments say nothing. An address is
 * without its brackets if the client left them out. Files of the versions before 4.3.2 have two
 * sections with the same lines. */
#pragma once

#include "util/buf.h"
#include "util/ip.h"

/* A longer line is none of milter-greylist's, whose addresses have no more octets than this, with
 * their brackets. */
#define MG_DUMP_LINE_MAX    ((size_t)4096)
#define MG_DUMP_ADDRESS_MAX ((size_t)324)

enum mg_dump_kind {
	MG_DUMP_PENDING, /* time: when it may pass */
	MG_DUMP_AUTO,    /* it has passed; time: when that is forgotten */
	MG_DUMP_TARPIT,  /* it was held; time: when the line was written */
	MG_DUMP_KINDS,
};

/* As read, views point into the line. */
struct mg_dump_entry {
	enum mg_dump_kind kind;
	struct ip client;
	struct view sender; /* without its brackets; empty: the null sender */
	struct view recipient;
	int64_t time;     /* Unix seconds, 0 to MG_DUMP_TIME_MAX */
	int64_t tarpit_s; /* MG_DUMP_TARPIT: the shortest that was not sat out */
};

#define MG_DUMP_TIME_MAX INT64_C(253402300799) /* the end of the year 9999 */

/* One line without its LF. ST_NOTFOUND: it says nothing. ST_INVALID, ST_LIMIT: why has text and
 * column, and *out is as before. */
MUST_CHECK enum status mg_dump_read(struct view line, struct mg_dump_entry *out, struct diag *why);

/* The lines before the first entry. program and when are for people. ST_LIMIT: out is full; so
 * below, and out is as before. */
MUST_CHECK enum status mg_dump_put_head(const char *program, const char *when, struct buf *out);

/* An entry's line, which milter-greylist 4.4 and 4.6 read; `when` tells its time to people, NULL:
 * left out. Blanks and control octets of addresses become "_", as milter-greylist has them.
 * ST_INVALID: an address holds what milter-greylist writes, but can't read back; ST_LIMIT: or is
 * too long for it. */
MUST_CHECK enum status mg_dump_put(const struct mg_dump_entry *e, const char *when,
                                   struct buf *out);

/* The last lines, by the number of entries of each kind. */
MUST_CHECK enum status mg_dump_put_end(const uint64_t counts[MG_DUMP_KINDS], struct buf *out);
