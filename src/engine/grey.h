/* The greylist decision: a value computed from the stored record, the rule's times and now. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Which identity of the client stands in the tuple, best last. */
enum grey_identity { GREY_BY_NET, GREY_BY_RDNS, GREY_BY_SPF };

/* What the memory knows of one tuple. Times are Unix seconds. */
struct grey_record {
	int64_t first;    /* start of the wait */
	int64_t last;     /* last seen */
	int64_t wait;     /* seconds of waiting that were promised; 0: none was */
	int64_t keep;     /* seconds that a pass was promised to be remembered; 0: none was */
	uint32_t passes;  /* times let through; 0: still waiting */
	uint32_t early;   /* tries before the wait was over */
	uint32_t retries; /* tries after it (Postgrey with taRgrey asks for several) */
	enum grey_identity identity;
};

/* Seconds, but for retry_count. */
struct grey_policy {
	int64_t delay;        /* the wait; 0 or less: the first try passes */
	int64_t retry_window; /* a retry counts up to so long after the first try */
	int64_t max_age;      /* a pass is remembered so long after it was last used */
	int64_t retry_count;  /* tries after the wait that are needed to pass; at least 1 */
	/* What a record was promised counts, whatever rule meets it later (milter-greylist): it
	 * passes after its own wait, the window is as much longer than that as retry_window is than
	 * delay, and a pass lives as long as the rule said that let it in last. Else today's times
	 * count (Postgrey). */
	bool promised;
};

enum grey_verdict { GREY_DEFER, GREY_PASS };

enum grey_reason {
	GREY_NEW,     /* never seen */
	GREY_FUTURE,  /* first seen in the future: a clock went back; as new */
	GREY_LATE,    /* came back after the retry window; as new */
	GREY_EXPIRED, /* passed once, but too long ago; as new */
	GREY_EARLY,   /* came back before the wait was over, or not often enough */
	GREY_RETRIED, /* came back in time: its first pass */
	GREY_KNOWN,   /* passed before */
};

struct grey_decision {
	enum grey_verdict verdict;
	enum grey_reason reason;
	int64_t missing;         /* GREY_DEFER: seconds still to wait */
	int64_t waited;          /* GREY_RETRIED, GREY_EARLY: seconds since the first try */
	struct grey_record next; /* to be stored */
};

/* seen is NULL for a tuple that the store does not know. Does no I/O. */
struct grey_decision grey_decide(const struct grey_policy *p, const struct grey_record *seen,
                                 int64_t now);

/* May the record be forgotten: the window is over without a pass, or the pass is older than
 * max_age? */
bool grey_expired(const struct grey_policy *p, const struct grey_record *r, int64_t now);
