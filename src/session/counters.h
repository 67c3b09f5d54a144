/* What a worker counts. Only the worker writes; anybody may read. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

enum counter {
	COUNT_CONNECTIONS, /* accepted */
	COUNT_CLOSED,
	COUNT_REQUESTS,
	COUNT_PASS_CLIENT,    /* by a rule about its name or address: a list of clients */
	COUNT_PASS_RECIPIENT, /* by one about the recipient */
	COUNT_PASS_RULE,      /* by another rule */
	COUNT_PASS_AUTH,      /* authenticated, or with a certificate */
	COUNT_PASS_SPF,       /* SPF passes */
	COUNT_PASS_AUTO,      /* the client is auto-allowed */
	COUNT_PASS_FIRST,     /* a tuple came back in time */
	COUNT_PASS_KNOWN,
	COUNT_PASS_STAYED,  /* sat through a tarpit */
	COUNT_PASS_UNASKED, /* the memory gave no answer, or the request no address */
	COUNT_DEFER_NEW,
	COUNT_DEFER_EARLY,
	COUNT_HOLD,         /* tarpit */
	COUNT_REJECT,       /* by a blacklist rule */
	COUNT_TEMPFAIL,     /* a fact could not be found */
	COUNT_GARBAGE,      /* requests or lines that could not be read */
	COUNT_SPAMD_SCANS,  /* mails that spamd was asked about */
	COUNT_SPAMD_FAILED, /* of them: no answer */
	COUNT_SPAMD_SPARED, /* early retries that it was not asked about again */
	COUNTERS
};

struct counters {
	atomic_uint_least64_t n[COUNTERS];
};

static inline void count(struct counters *c, enum counter which)
{
	uint64_t n = atomic_load_explicit(&c->n[which], memory_order_relaxed);

	atomic_store_explicit(&c->n[which], n + 1, memory_order_relaxed);
}

static inline uint64_t counted(const struct counters *c, enum counter which)
{
	return atomic_load_explicit(&c->n[which], memory_order_relaxed);
}

/* The word that stands for it in status reports. */
const char *counter_name(enum counter which);
