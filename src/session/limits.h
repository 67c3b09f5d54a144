/* What the rate limits have counted: one for the whole daemon, so that a limit is not multiplied by
 * the number of workers. It knows limits by their names, and so lives over a reload.
 *
 * Workers meet here under a lock, held for a count; there are several, by key, so that they seldom
 * do. */
#pragma once

#include "engine/ratelimit.h"

#define LIMITS_LOCKS       16
#define LIMITS_WINDOWS_MAX ((size_t)65536) /* keys of all limits; about 200 octets each */

struct limits;

struct limits *limits_new(void);
void limits_free(struct limits **l);

/* ratelimit_add(), from any thread. now_ms is of a clock that all of them share. */
uint64_t limits_add(struct limits *l, const struct ratelimit_count *c, uint64_t now_ms);
