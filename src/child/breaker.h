/* A child that fails again and again is left out for a while, and then tried by one session alone.
 * One thread's: each worker has its own. Pure; the clock is the caller's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define BREAKER_FAILURES 5u      /* in a row */
#define BREAKER_OUT_MS   30000u  /* doubled with each failed try, */
#define BREAKER_MOST_MS  300000u /* up to this */

struct breaker {
	unsigned failures; /* in a row */
	uint32_t out_ms;   /* 0: it is not left out */
	uint64_t until_ms; /* then one session may try it */
	bool tried;        /* one does */
};

/* What a session may do, and tells again with how that went. */
enum breaker_leave { BREAKER_NO, BREAKER_YES, BREAKER_TRY };

/* After BREAKER_TRY comes one of the three below; else they may come. */
enum breaker_leave breaker_ask(struct breaker *b, uint64_t now_ms);

/* The child does what it should. True: it had been left out, and is asked again from now on. */
bool breaker_good(struct breaker *b, enum breaker_leave leave);

/* True: it was asked until now, and is left out from now on, for b->out_ms. */
bool breaker_failed(struct breaker *b, enum breaker_leave leave, uint64_t now_ms);

/* The session ended before it could tell; the next one may try. */
void breaker_unknown(struct breaker *b, enum breaker_leave leave);
