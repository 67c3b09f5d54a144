/* Records that come from elsewhere, and what remains when two of them meet. */
#pragma once

#include "engine/judge.h"

/* A tuple of which another greylister knows these two times, first <= last. It counts as passed
 * once if they are p->delay or more apart: Postgrey passes no try earlier and keeps no flag of its
 * own. retries is taRgrey's count of tries after the delay, which must have reached p->retry_count,
 * too; -1: not counted there. */
struct grey_record grey_of_times(int64_t first, int64_t last, int64_t retries,
                                 const struct grey_policy *p);

/* Tuples of which milter-greylist knows one moment: when one that waits may pass, and when a pass
 * is forgotten. The record is as the policy would have it; if it would then be of the future, it
 * was begun or last seen now, and promised so much more. Moments are from 0 on. */
struct grey_record grey_of_due(int64_t due, int64_t now, const struct grey_policy *p);
struct grey_record grey_of_end(int64_t end, int64_t now, const struct grey_policy *p);

/* One that has passed wins over one that waits; else the earliest first and the latest last. Of
 * what was promised the better counts: a wait is over when the first of the two is, a pass lives as
 * long as the longer one. Without a promise a wait says nothing of that, and a pass undoes the
 * other's. The order of the two does not matter, nor does it if one is merged again. */
struct grey_record grey_merge(const struct grey_record *a, const struct grey_record *b);

/* The larger count and the latest time. */
struct client_record client_merge(const struct client_record *a, const struct client_record *b);

/* The younger one. */
struct mark_record mark_merge(const struct mark_record *a, const struct mark_record *b);
