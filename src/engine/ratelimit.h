/* How much was counted lately, by key: what the limits of the rules ask. Pure: the time is an
 * argument.
 *
 * Each key of each limit has a window as long as the limit's period, cut into slots that are
 * dropped one by one as time goes on (milter-greylist has ten as well; here they are tenths of any
 * period, so that one of a second has slots of 100 ms). */
#pragma once

#include "util/view.h"

#define RATELIMIT_SLOTS      10
#define RATELIMIT_KEY_MAX    ((size_t)256) /* octets of a key that tell it from others */
#define RATELIMIT_PERIOD_MAX (INT64_C(1) << 40)

struct ratelimit;

/* Keeps at most so many windows (at least 1): when a new key comes then, the one that was counted
 * in longest ago is dropped. The seed should be a secret, for keys are chosen by strangers. */
struct ratelimit *ratelimit_new(size_t most, uint64_t seed);
void ratelimit_free(struct ratelimit **r);

/* The same for a key and its limit; for who spreads them over several tables. */
uint64_t ratelimit_hash(struct view limit, struct view key, uint64_t seed);

struct ratelimit_count {
	struct view limit; /* its name: two limits share no window */
	struct view key;
	int64_t period_s; /* another than before: the window begins anew */
	uint64_t add;     /* may be 0: only asks */
};

/* Adds to the window, and returns what is in it then. A clock that steps back stands still; sums
 * end at UINT64_MAX. The work is bounded, a few windows that are over are dropped on the way. */
uint64_t ratelimit_add(struct ratelimit *r, const struct ratelimit_count *c, uint64_t now_ms);

/* Windows that are kept now. */
size_t ratelimit_windows(const struct ratelimit *r);
