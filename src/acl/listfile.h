/* What Postgrey's lists of clients and of recipients share: how a text falls into words, the
 * expressions among them, and where an entry stands.
 *
 * One entry a line, from '#' on a comment, blanks around it do not count. "/.../" is an expression,
 * and keeps a '#' that it can't do without: "/a#b/" is whole, "/a/ # b" and "/a/#b" are "/a/". */
#pragma once

#include "util/view.h"

/* Octets of all texts of one list: so many hold fewer names and networks than nameset.h and
 * netset.h do. */
#define LISTFILE_OCTETS_MAX ((size_t)32 << 20)
#define LISTFILE_REGEX_MAX  10000          /* expressions of one list: each is tried in turn */
#define LISTFILE_WORD_MAX   ((size_t)1024) /* octets; no address is as long (RFC 5321 4.5.3.1) */
#define LISTFILE_SHOWN      100            /* room for a word in a warning, escaped */

/* Takes what is odd but no reason to refuse the list; the warning lives until the call returns. */
struct list_warnings {
	void (*take)(void *arg, const struct diag *warning);
	void *arg;
};

/* Where an entry stands; file lives as long as the list. */
struct list_place {
	const char *file;
	unsigned line;
};

struct listfile;

struct listfile *listfile_new(void);
void listfile_free(struct listfile **f);

/* One text while it is read; all is borrowed. */
struct list_reader {
	struct listfile *to;
	struct view rest;
	const char *file;
	unsigned line;
	const struct list_warnings *warnings; /* or NULL */
	struct diag *why;
};

/* A line's word: no blanks, no expression, 1 to LISTFILE_WORD_MAX octets. */
struct list_word {
	struct view text; /* within the text that is read */
	uint32_t entry;   /* for listfile_place */
	unsigned line;
	unsigned column;
};

/* Begins a text. ST_LIMIT: more than LISTFILE_OCTETS_MAX. */
MUST_CHECK enum status listfile_read(struct listfile *f, struct list_reader *r, struct view text);

/* The next word; expressions are taken into the list on the way, and lines of several words get a
 * warning. ST_NOTFOUND at the end. ST_INVALID or ST_LIMIT for an expression that can't be: *why
 * names file, line and column, and the list is of no more use. */
MUST_CHECK enum status listfile_next(struct list_reader *r, struct list_word *out);

/* Sends the warning `"word" <text>`. */
void listfile_warn(const struct list_reader *r, const struct list_word *word, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* Warns about the mistakes that people make with names of hosts and domains, of which `host` is one
 * (all of the word, or the end of it), and says what to write. True when it found one. */
bool listfile_check_host(const struct list_reader *r, const struct list_word *word,
                         struct view host);

/* Does an expression of the list match? In the order of the lines; one that reaches its limits
 * counts as no match. */
bool listfile_match(const struct listfile *f, struct view subject, uint32_t *entry);

struct list_place listfile_place(const struct listfile *f, uint32_t entry);
