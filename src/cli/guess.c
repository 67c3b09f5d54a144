#include "cli/guess.h"

#define WORD_MAX 32

struct guess guess_of(struct view word)
{
	/* Two mistakes, or one in a short word. */
	return (struct guess){ .word = word, .distance = word.n > 4 ? 3 : 2, .best = NULL };
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Octets to insert, delete or replace (Levenshtein 1966); both have at most WORD_MAX. */
static unsigned distance(struct view a, struct view b)
{
	unsigned row[WORD_MAX + 1];

	for (unsigned j = 0; j <= b.n; j++)
		row[j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= b.n; j++) {
			unsigned up = row[j];

			row[j] = least(up + 1, row[j - 1] + 1,
			               diagonal + (a.p[i - 1] == b.p[j - 1] ? 0 : 1));
			diagonal = up;
		}
	}
	return row[b.n];
}

void guess_try(struct guess *g, const char *candidate)
{
	struct view v = view_of(candidate);
	unsigned d;

	if (v.n > WORD_MAX || g->word.n > WORD_MAX)
		return;
	d = g->word.n > 2 && view_starts(v, g->word) ? 1 : distance(g->word, v);
	if (d < g->distance) {
		g->distance = d;
		g->best = candidate;
	}
}
