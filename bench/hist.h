/* A histogram of times: every one is counted, none is kept. A power of two is cut into 64 buckets,
 * so a quantile is at most 1.6 % too high; the maximum is exact. */
#pragma once

#include <stdint.h>

#define HIST_SUB_BITS 6
#define HIST_SUB      (1U << HIST_SUB_BITS)
#define HIST_TOP_BITS 40 /* 18 minutes in nanoseconds; what is longer goes into the last bucket */
#define HIST_BUCKETS  ((HIST_TOP_BITS - HIST_SUB_BITS + 1) * HIST_SUB)

struct hist {
	uint64_t count;
	uint64_t sum;
	uint64_t max;
	uint64_t bucket[HIST_BUCKETS];
};

static inline unsigned hist_index(uint64_t value)
{
	unsigned shift;

	if (value < HIST_SUB)
		return (unsigned)value;
	if (value >> HIST_TOP_BITS != 0)
		return HIST_BUCKETS - 1;
	shift = 63U - (unsigned)__builtin_clzll(value) - HIST_SUB_BITS;
	return (shift + 1) * HIST_SUB + (unsigned)((value >> shift) & (HIST_SUB - 1));
}

/* The largest value that belongs to the bucket. */
static inline uint64_t hist_upper(unsigned index)
{
	unsigned shift;

	if (index < HIST_SUB)
		return index;
	shift = index / HIST_SUB - 1;
	return (((uint64_t)HIST_SUB + index % HIST_SUB + 1) << shift) - 1;
}

static inline void hist_add(struct hist *h, uint64_t value)
{
	h->count++;
	h->sum += value;
	if (value > h->max)
		h->max = value;
	h->bucket[hist_index(value)]++;
}

/* The value that `permille` of a thousand do not exceed; 0 when nothing was counted. */
static inline uint64_t hist_quantile(const struct hist *h, unsigned permille)
{
	uint64_t rank = (h->count * permille + 999) / 1000;
	uint64_t below = 0;

	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		below += h->bucket[i];
		if (below >= rank && below > 0)
			return hist_upper(i) < h->max ? hist_upper(i) : h->max;
	}
	return h->max;
}
