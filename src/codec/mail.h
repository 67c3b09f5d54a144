/* One mail as a milter's MTA tells it: its headers in order and its body, kept within a bound, and
 * changed as a milter may change them (codec/milter_reply.h). Pure. */
#pragma once

#include "util/arena.h"
#include "util/buf.h"

#define MAIL_HEADERS_MAX  ((size_t)65536) /* that are kept of those that come */
#define MAIL_HEADERS_MORE ((size_t)1000)  /* that changes may add to so many */
#define MAIL_BEHIND_MAX   ((size_t)32768) /* octets of the names of headers that are not kept */

struct mail_header {
	struct view name;
	struct view value; /* folds are LF, or CR LF, and a blank, as they came */
};

/* One that was deleted, and that Sendmail still counts. */
struct mail_gone {
	struct view name;
	size_t before; /* so many of the mail's headers stand in front of it */
	bool now;      /* by whoever changes the mail now, who counts it too */
};

struct mail {
	struct arena *arena; /* of names and values; NULL until there is one */
	struct mail_header *headers;
	size_t header_count, header_room;
	size_t above;           /* so many of them stand above the MTA's own Received */
	struct mail_gone *gone; /* as they stood */
	size_t gone_count, gone_room;
	struct buf behind; /* names of headers behind what is kept; NUL behind each */
	struct buf body;   /* CR LF line ends */
	size_t limit;      /* octets that may be kept, of headers and body */
	size_t kept;       /* that are; a header counts its name, its value and 4 more */
	int64_t size;      /* of all that came: headers, the empty line, body, CR LF line ends */
	bool cut;          /* more came than is kept */
	bool full;         /* there was no room for it, and nothing behind it is kept */
	bool blanks;       /* values begin with what stood behind the colon (MILTER_WITH_BLANK) */
	bool sendmail;     /* changes are applied as by Sendmail, not as by Postfix */
	unsigned refs;     /* of mail_new's */
};

/* limit 0: nothing is kept, the size is counted. */
void mail_begin(struct mail *m, size_t limit, bool blanks);

/* Gives the memory back; the mail is zeroed. */
void mail_end(struct mail *m);

/* One that several hold, on one thread: the last mail_unref ends it. */
struct mail *mail_new(size_t limit, bool blanks);
struct mail *mail_ref(struct mail *m);
void mail_unref(struct mail **m); /* sets it to NULL; NULL does nothing */

/* What the MTA tells. Of a header that does not fit, and all behind it, nothing is kept; of the
 * body as much as fits. Of headers beyond MAIL_HEADERS_MAX none is, but the body is. Copies. */
void mail_take_header(struct mail *m, struct view name, struct view value);
void mail_take_body(struct mail *m, struct view octets);

/* Keeps in mind that the header that came last, and was not kept, has this name: where headers are
 * deleted, those count too. ST_LIMIT: there is no room for it. */
MUST_CHECK enum status mail_note_behind(struct mail *m, struct view name);
bool mail_has_behind(const struct mail *m, struct view name);

/* The nth header of this name, from 1, in any case; NULL: there are fewer. */
const struct mail_header *mail_find(const struct mail *m, struct view name, size_t nth);

/* The value without the blank that stood behind the colon. */
struct view mail_value(const struct mail *m, const struct mail_header *h);

/* Appends "Name: value" CR LF, with CR LF at each fold; the blank behind the colon as it came.
 * ST_LIMIT: `out` is full. */
MUST_CHECK enum status mail_put_header(const struct mail *m, const struct mail_header *h,
                                       struct buf *out);

/* Appends all headers, the empty line and the body. */
MUST_CHECK enum status mail_put(const struct mail *m, struct buf *out);

/* --- changes, as an MTA applies them. ST_LIMIT: it would be kept, but there is no room. Values
 * begin with their blank where m->blanks. --- */

/* At the end; by Sendmail in front of the first of its name. */
MUST_CHECK enum status mail_add_header(struct mail *m, struct view name, struct view value);

/* index as in INSHEADER: it counts all headers, and the MTA's own Received, which milters don't
 * see: 0 is above that and 1 below, and behind what is above it come those between. Beyond the end
 * appends. */
MUST_CHECK enum status mail_insert_header(struct mail *m, uint32_t index, struct view name,
                                          struct view value);

/* index as in CHGHEADER: the index-th of this name, 0 is as 1. An empty value deletes, and those
 * behind move up; by Sendmail once mail_changed was called. A changed one gets this name, and keeps
 * its own by Sendmail. Where there is none, a value is added and an empty one does nothing. */
MUST_CHECK enum status mail_change_header(struct mail *m, uint32_t index, struct view name,
                                          struct view value);

/* The index by which the MTA knows what index means in the mail, to be asked before the change. */
uint32_t mail_index_out(const struct mail *m, uint32_t index, struct view name);

/* Who changed the mail until now is through with it. */
void mail_changed(struct mail *m);

/* Deletes all headers of which drop(arg, header) is true. Who did so counts without them. */
void mail_drop_headers(struct mail *m, bool (*drop)(void *arg, const struct mail_header *h),
                       void *arg);

/* The new body comes in pieces: mail_clear_body, then each piece; then mail_end_body, since Postfix
 * gives its last line an end, for which MAIL_LINE_END octets may be kept. */
#define MAIL_LINE_END ((size_t)2)
void mail_clear_body(struct mail *m);
MUST_CHECK enum status mail_add_body(struct mail *m, struct view octets);
MUST_CHECK enum status mail_end_body(struct mail *m);
