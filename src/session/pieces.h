/* A message as it is given to others: without a second copy of its body. */
#pragma once

#include "codec/mail.h"

enum { PIECE_HEAD, PIECE_BODY, PIECES };

struct pieces {
	struct buf head; /* the header lines and the empty one */
	struct view list[PIECES];
};

/* The mail is borrowed. pieces_end in any case. */
MUST_CHECK enum status pieces_of(const struct mail *m, struct pieces *out);
void pieces_end(struct pieces *p);
