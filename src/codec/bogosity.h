/* What Bogofilter prints of a message: its header line (option -v), or a letter and a number (-T).
 */
#pragma once

#include "util/view.h"

#define BOGOSITY_HEADER   VIEW("X-Bogosity")
#define BOGOSITY_ONE      1000000 /* scores are millionths */
#define BOGOSITY_LINE_MAX 512u    /* octets of its header line */
#define BOGOSITY_TEXT_MAX 80u

enum bogosity_verdict { BOGOSITY_SPAM, BOGOSITY_HAM, BOGOSITY_UNSURE };

struct bogosity {
	enum bogosity_verdict verdict;
	int64_t score;      /* millionths, 0 to BOGOSITY_ONE, cut toward zero */
	struct view header; /* the value of its X-Bogosity, within what it printed; empty: it
	                       printed none */
};

/* ST_OK with the first line of either form; others are passed over. ST_INVALID: there is none, or
 * it says something else. */
MUST_CHECK enum status bogosity_read(struct view printed, struct bogosity *out);

/* "Spam, tests=bogofilter, spamicity=0.999000": the value of a header that Bogofilter did not
 * print. */
void bogosity_format(const struct bogosity *b, char out[BOGOSITY_TEXT_MAX]);
