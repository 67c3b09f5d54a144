/* Times of small works: each in turn, round by round, so that whatever else the machine does hits
 * all alike; ratios are taken within a round. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "util/view.h"

#define MEASURE_ROUNDS_MAX 101
#define MEASURE_FIRST      64 /* works in the first try of how many fill the time */

struct measure_row {
	const char *title;
	/* The i-th work; what it returns is added up, so that no compiler leaves it out. */
	uint64_t (*work)(void *arg, size_t i);
	void *arg;
	int bound;   /* the row that does only what nobody can leave out; -1: it is one itself */
	size_t done; /* works so far: each run goes on where the last one stopped */
	size_t count;
	double ns[MEASURE_ROUNDS_MAX]; /* of one work */
};

static volatile uint64_t measure_sum;

static inline double measure_now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Nanoseconds for row->count works. */
static inline double measure_once(struct measure_row *row)
{
	double begun = measure_now_ns();
	uint64_t sum = 0;

	for (size_t i = 0; i < row->count; i++)
		sum += row->work(row->arg, row->done + i);
	measure_sum = measure_sum + sum;
	row->done += row->count;
	return measure_now_ns() - begun;
}

/* Warms up, and finds how many works fill the time. */
static inline void measure_warm(struct measure_row *row, double cell_ns)
{
	double took;

	for (row->count = MEASURE_FIRST; (took = measure_once(row)) < cell_ns / 8;)
		row->count *= 2;
	row->count = (size_t)((double)row->count * cell_ns / took) + 1;
}

static inline void measure_round(struct measure_row *rows, size_t count, unsigned round)
{
	for (size_t i = 0; i < count; i++)
		rows[i].ns[round] = measure_once(&rows[i]) / (double)rows[i].count;
}

static inline int measure_compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static inline double measure_median(const double *values, unsigned rounds)
{
	double sorted[MEASURE_ROUNDS_MAX];

	memcpy(sorted, values, rounds * sizeof(*values));
	qsort(sorted, rounds, sizeof(*sorted), measure_compare);
	return rounds % 2 == 1 ? sorted[rounds / 2]
	                       : (sorted[rounds / 2 - 1] + sorted[rounds / 2]) / 2;
}

static inline double measure_least(const double *values, unsigned rounds)
{
	double least = values[0];

	for (unsigned i = 1; i < rounds; i++)
		least = values[i] < least ? values[i] : least;
	return least;
}

/* The median of the rounds' own ratios. */
static inline double measure_ratio(const double *values, const double *to, unsigned rounds)
{
	double ratios[MEASURE_ROUNDS_MAX];

	for (unsigned i = 0; i < rounds; i++)
		ratios[i] = values[i] / to[i];
	return measure_median(ratios, rounds);
}
