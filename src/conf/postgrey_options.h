/* The options of Postgrey's command line as a table; for postgrey.c alone. */
#pragma once

#include "conf/postgrey.h"

enum option_kind {
	OPTION_SWITCH,
	OPTION_NUMBER, /* an optional sign and digits */
	OPTION_TEXT,
	OPTION_MAYBE, /* a text, or nothing when an option or the end follows */
};

/* Options that ask for something else than to run; the greatest asked wins, in Postgrey's order. */
enum option_ask { ASK_NOTHING, ASK_PRINT, ASK_NO_ACTION, ASK_VERSION, ASK_MAN, ASK_HELP };

#define OPTION_NAMES 3

/* Far more listeners than a site has. */
#define OPTION_SOCKETS_MAX 64

/* A list that the command line names. */
struct option_file {
	const struct option_file *next;
	const char *path;
};

enum option_tarpit {
	TARPIT_NONE,
	TARPIT_ALL,     /* taRgrey's --tarpit alone: hold, and greylist then */
	TARPIT_TARGREY, /* hold first; who hangs up and comes back is greylisted */
};

/* What is collected while the options are read. */
struct option_reading {
	const struct postgrey_defaults *defaults;
	struct arena *arena; /* for texts that go with the result */
	struct conf *conf;   /* a draft: what it has no member for stands here */
	bool fold_srs;
	enum option_tarpit tarpit;
	int64_t tarpit_s;
	const struct option_file *client_lists;
	const struct option_file *recipient_lists;

	const struct postgrey_warning *warnings;
	const struct postgrey_warning **warnings_end;
	const char *error; /* the first one, whole lines: it sticks, so setters need no result */

	struct conf_socket *sockets[OPTION_SOCKETS_MAX];
	size_t socket_count;
	bool listener_given;
	unsigned socket_mode;
	const char *socket_group; /* NULL: as it is */
	const struct option_file **client_lists_end;
	const struct option_file **recipient_lists_end;
	bool client_lists_given;
	bool recipient_lists_given;
	bool by_host;
	bool foreground;
	bool targrey;
	bool tarpit_given;
};

struct option_value {
	struct view text; /* empty for a switch, and for OPTION_MAYBE without a value */
	int64_t number;   /* OPTION_NUMBER; what is out of int64_t's range is its end */
};

struct option_row {
	const char *names[OPTION_NAMES]; /* the first is the one to show; NULL fills up */
	enum option_kind kind;
	enum option_ask ask;
	bool adds;             /* every occurrence counts, else the last */
	bool false_is_default; /* the texts "" and "0" (false to Perl) mean the default */
	/* What to do with it, or the member of struct conf (a bool, or a text) that takes it as it
	 * is; neither: it is only looked at. */
	void (*set)(struct option_reading *r, const struct option_value *v);
	size_t member;
	const char *value; /* in the usage */
	const char *help;
};

/* The row whose name is exactly this one, or NULL. */
const struct option_row *option_find(struct view name);

/* All of them. */
const struct option_row *option_rows(size_t *count);

/* Ready to be filled, and conf given the defaults that do not wait for the end. */
void option_begin(struct option_reading *r, struct arena *arena, const struct postgrey_defaults *d,
                  struct conf *conf);

/* Gives the value of one option its effect; a false value that means the default has none. */
void option_apply(struct option_reading *r, const struct option_row *row,
                  const struct option_value *v);

/* After the last option: defaults that depend on others, and what can't go together. */
void option_finish(struct option_reading *r);

/* Appends what was read as text of the configuration language, which says the same. ST_LIMIT: the
 * buffer is full. */
MUST_CHECK enum status postgrey_print(const struct option_reading *r, struct buf *out);
