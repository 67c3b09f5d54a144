/* The beginning of a milter connection, the filter's side: from what the MTA offers and what the
 * filter wishes to the terms that hold from then on. Pure. */
#pragma once

#include "codec/milter.h"

/* Names in one list of macros: Sendmail takes no more (sendmail/milter.c, MAXFILTERMACROS). */
#define MILTER_MACRO_NAMES_MAX 50u

struct milter_wish {
	uint32_t actions; /* changes that the filter may want to make */
	uint32_t steps;   /* NO_, NR_ and the others, as they would stand in the answer */
	/* Names with a blank between them, long ones in braces. A list replaces the MTA's own, so
	 * it must repeat what is still wanted of that; the empty view leaves the MTA's. A list for
	 * one of EOM and EOH alone is sent for both: Sendmail 8.17 takes EOM's only if there is
	 * one for EOH, and sends none at EOM if there is only that. */
	struct view macros[MILTER_STAGES];
};

struct milter_terms {
	uint32_t version;
	uint32_t actions;         /* of the wished ones, those that were offered */
	uint32_t missing_actions; /* the others */
	uint32_t steps;           /* of the wished ones, those that were offered */
	uint32_t missing_steps;
	bool macro_lists;  /* the lists go into the answer */
	uint32_t max_data; /* for milter_scan from now on */
};

/* Version: the smaller of theirs and ours. Actions and steps: what is wished and offered; an offer
 * of none at all means what version 1 had, as in libmilter. A step counts as offered only if the
 * agreed version has it, whatever the offer says (Postfix offers all with every version): a step
 * that the peer doesn't know would leave it waiting. Lists need version 6 and the MTA's consent.
 * ST_INVALID: a version below MILTER_VERSION_MIN; libmilter closes then. */
MUST_CHECK enum status milter_negotiate(const struct milter_offer *offer,
                                        const struct milter_wish *wish, struct milter_terms *out);

/* Appends the OPTNEG that answers the offer. ST_INVALID: a list with control octets, ST_LIMIT: one
 * with more than MILTER_MACRO_NAMES_MAX names, or `out` is full; nothing was added then. */
MUST_CHECK enum status milter_put_terms(struct buf *out, const struct milter_terms *terms,
                                        const struct milter_wish *wish);
