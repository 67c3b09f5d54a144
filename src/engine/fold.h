/* Normal forms of addresses, so that a retry is recognised although its sender has changed. */
#pragma once

#include "util/buf.h"

enum fold_options {
	FOLD_POSTGREY = 0, /* VERP and BATV, exactly as Postgrey 1.37 */
	FOLD_SRS = 1,      /* besides: the hash and day of SRS0 and SRS1 addresses */
	FOLD_EQUALS = 2,   /* besides: all up to the last "=", as milter-greylist */
};

/* Appends the normal form of a sender to out: on the local part (up to the first "@"; without one
 * the text is taken as it is) a BATV tag is dropped (prvs=TAG=LOCAL, and prvs=LOCAL=TAG), the
 * extension from the first "+" too, and every run of digits that stands alone becomes one "#". Case
 * is kept. ST_LIMIT when out is full. */
MUST_CHECK enum status fold_sender(struct view sender, enum fold_options options, struct buf *out);
