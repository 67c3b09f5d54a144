/* The content of a mail, told to one child from DATA to the end of the message. */
#pragma once

#include "child/link.h"
#include "codec/mail.h"

enum play_at { PLAY_HEADERS, PLAY_EOH, PLAY_BODY, PLAY_END };

struct play {
	struct link *link;
	const struct mail *mail;
	struct view macros_eoh, macros_end; /* packets */
	enum play_at at;
	size_t next; /* header, or octet of the body */
};

/* Tells the first command; mail and macros must stay as they are until it is over. */
void play_start(struct play *p);

/* The link's answer to the last one. True: that was the child's answer for the message; it has come
 * to PLAY_END, or the child did not want to see the rest. Else the next command has been told. */
bool play_answered(struct play *p, const struct child_answer *a);

/* A header's value as a child with these steps is to see it, or, the other way round, the value of
 * its change as the mail has it: with the blank behind the colon (MILTER_WITH_BLANK) or without.
 * Appended to `out`. */
MUST_CHECK enum status play_value_out(const struct mail *m, uint32_t steps, struct view value,
                                      struct buf *out);
MUST_CHECK enum status play_value_in(const struct mail *m, uint32_t steps, struct view value,
                                     struct buf *out);
