/* Who finds facts that take time: each part of the house that can be asked is a finder. For the
 * files session/find_*.c and lookup.c alone. */
#pragma once

#include "conf/conf.h"
#include "session/gather.h"
#include "session/lookup.h"
#include "session/worker.h"
#include "util/mem.h"

/* One fact that is being looked up; zeroed but for what is told here. */
struct lookup {
	struct lookup *next;
	struct lookup **at;
	struct lookups *all;
	const struct finder *finder;
	enum fact fact;
	const struct acl_object *object; /* NULL for facts that have none */
	struct fact_value *value;        /* where it is told */
	void *handle;                    /* the finder's own: what runs */
};

enum lookup_begun {
	LOOKUP_RUNS,   /* lookup_end(k) will be called, later than this call */
	LOOKUP_NONE,   /* there is nothing to ask about: the fact is absent */
	LOOKUP_CANNOT, /* there is nobody to ask: the fact could not be found */
	LOOKUP_KNOWN,  /* lookup_set was called */
	LOOKUP_LATER,  /* others are looked up for it: it is asked again when one is found */
};

struct finder {
	uint64_t facts; /* FACT_BIT of each that it finds */
	/* Begun with the first of its kind, because the rules may want it; else when they ask. */
	bool eager;
	bool at_once; /* it never waits, and so is no reason to begin others */
	enum lookup_begun (*ask)(struct lookup *k);
	/* What runs is given up. */
	void (*cancel)(struct lookup *k);
};

extern const struct finder find_auth, find_bogofilter, find_dns, find_ldap, find_limit, find_p0f,
	find_spamd, find_url;

/* What spamd's failures are told to; its argument is the worker. */
extern const struct spamd_events find_spamd_events;

/* What was found, and then that it was: the lookup is freed, and the rules are asked again. */
void lookup_set(struct lookup *k, enum fact_state state, int64_t number);
void lookup_end(struct lookup *k);
