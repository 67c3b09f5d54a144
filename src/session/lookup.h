/* Facts that take time to find. All that the rules may ask the DNS are looked up together, as soon
 * as they miss one of them, so that a question waits for the slowest and not for their sum; what
 * costs more, such as a scan of the message, only when they ask. Who finds what: find.h. */
#pragma once

#include "acl/rule.h"
#include "session/gather.h"

struct lookup;
struct worker;

#define LOOKUPS_AHEAD 3

/* A transaction's own. The gathered facts, and by them the configuration with its objects, must
 * outlive it; a reload does not touch them. */
struct lookups {
	struct gather *gather; /* what is found lies in its arena */
	struct worker *w;
	void (*found)(void *arg);
	void *arg;
	struct lookup *running;
	uint64_t only; /* FACT_BIT of those that it may look up; 0: all */
	bool begun;
	/* Others that look for us, too: what runs there is waited for, and not begun again. */
	struct lookups *ahead[LOOKUPS_AHEAD];
	struct lookups *waits; /* who waits for what we find; NULL: nobody */
};

/* Is it a fact of ours? */
bool lookup_finds(enum fact fact);

/* Looks the fact up, of this object where it has one; and at the first call (but for one that is
 * known at once) all others that rules of the stage may want and that cost little. True: found(arg)
 * will run, from the loop, each time that one is known, or known to have failed. False: this one is
 * known now, and nothing else need be waited for. */
bool lookups_start(struct lookups *l, enum acl_stage stage, enum fact need,
                   const struct acl_object *object);

/* The same for all that says who the client is to the memory, beside its network: SPF, its name. */
bool lookups_identify(struct lookups *l);

/* What has been found is copied to another one about the same client and sender, with the same
 * configuration. What that knows by itself stays. */
void lookups_give(const struct lookups *from, struct lookups *to);

/* The same, and what is still to be found will be, until one of them is cancelled: then nothing
 * more comes. One can wait at a time. */
void lookups_serve(struct lookups *from, struct lookups *to);

/* Was one of them in vain? */
bool lookups_failed(const struct lookups *l);

/* found will not run any more, and nothing is kept. What is under way in the DNS goes into the
 * cache. */
void lookups_cancel(struct lookups *l);
