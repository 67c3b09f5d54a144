/* What was meant: the nearest of some words, in either case. */
#pragma once

#include "util/view.h"

struct guess {
	struct view word;
	unsigned distance; /* of the best one */
	const char *best;  /* NULL: none is near */
};

struct guess guess_of(struct view word);

/* Keeps the candidate (borrowed) if it is nearer than those before. */
void guess_try(struct guess *g, const char *candidate);
