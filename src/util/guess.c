#include "util/guess.h"

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

static bool same(char a, char b)
{
	return ascii_lower(a) == ascii_lower(b);
}

/* Octets to insert, delete, replace, or swap with a neighbour (Damerau 1964); both have at most
 * WORD_MAX. */
static unsigned distance(struct view a, struct view b)
{
	unsigned rows[3][WORD_MAX + 1];

	for (unsigned j = 0; j <= b.n; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3],
			 *two_above = rows[(i + 1) % 3];

		row[0] = i;
		for (unsigned j = 1; j <= b.n; j++) {
			row[j] = least(above[j] + 1, row[j - 1] + 1,
			               above[j - 1] + (same(a.p[i - 1], b.p[j - 1]) ? 0 : 1));
			if (i > 1 && j > 1 && same(a.p[i - 1], b.p[j - 2]) &&
			    same(a.p[i - 2], b.p[j - 1]))
				row[j] = least(row[j], row[j], two_above[j - 2] + 1);
		}
	}
	return rows[a.n % 3][b.n];
}

void guess_try(struct guess *g, const char *candidate)
{
	struct view v = view_of(candidate);
	unsigned d;

	if (v.n > WORD_MAX || g->word.n > WORD_MAX)
		return;
	d = g->word.n > 2 && view_starts(v, g->word) ? 1 : distance(g->word, v);
	/* "autowhitelist" for "autowhite" */
	if (d > 2 && v.n > 3 && view_starts(g->word, v))
		d = 2;
	if (d < g->distance) {
		g->distance = d;
		g->best = candidate;
	}
}
