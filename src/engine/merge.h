/* Records that come from elsewhere, and what remains when two of them meet. */
#pragma once

#include "engine/judge.h"

/* A tuple of which another greylister knows these two times, first <= last. It counts as passed
 * once if they are p->delay or more apart: Postgrey passes no try earlier and keeps no flag of its
 * own. retries is taRgrey's count of tries after the delay, which must have reached p->retry_count,
 * too; -1: not counted there. */
struct grey_record grey_of_times(int64_t first, int64_t last, int64_t retries,
                                 const struct grey_policy *p);

/* One that has passed wins over one that waits; else the earliest first and the latest last. The
 * order of the two does not matter, nor does it if one is merged again. */
struct grey_record grey_merge(const struct grey_record *a, const struct grey_record *b);

/* The larger count and the latest time. */
struct client_record client_merge(const struct client_record *a, const struct client_record *b);

/* The younger one. */
struct mark_record mark_merge(const struct mark_record *a, const struct mark_record *b);
