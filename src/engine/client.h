/* Auto-allow: a client that has passed often enough is not greylisted (Postgrey's automatic white
 * list of clients). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct client_record {
	int64_t last;   /* Unix seconds of the last count */
	uint32_t count; /* passes that were counted */
};

struct client_policy {
	bool on;
	int64_t after;      /* counted passes that free a client */
	int64_t interval_s; /* a client is counted at most once in so long */
	int64_t max_age;    /* and is forgotten so long after the last count */
};

enum client_event {
	CLIENT_SEEN, /* it is here again: counts only for one that is free already, to keep it so */
	CLIENT_PASSED, /* it has shown that it retries, or waits */
};

struct client_decision {
	bool free;  /* no greylisting */
	bool freed; /* this pass made it so */
	bool store; /* next differs from what was seen */
	struct client_record next;
};

/* seen is NULL for a client that the store does not know. A count from the future is due again when
 * CLIENT_SEEN, but holds back CLIENT_PASSED, as in Postgrey 1.37. */
struct client_decision client_decide(const struct client_policy *p,
                                     const struct client_record *seen, enum client_event event,
                                     int64_t now);

static inline bool client_expired(const struct client_policy *p, const struct client_record *r,
                                  int64_t now)
{
	return now - r->last > p->max_age;
}
