/* The macros that an MTA sends: kept by stage, and dropped as libmilter drops them. Those of
 * connect and helo hold for the connection, of mail for the message, of rcpt for one recipient. */
#pragma once

#include "acl/facts.h"
#include "codec/milter.h"

#define MACROS_OCTETS_MAX ((size_t)65536) /* of one stage */
#define MACROS_PAIRS_MAX  ((size_t)256)   /* that the rules see */

struct macros {
	struct buf packed[MILTER_STAGES]; /* name NUL value NUL ... */
	bool fresh[MILTER_STAGES];        /* their command is still to come */
};

void macros_begin(struct macros *m);
void macros_clear(struct macros *m);

/* Takes no more memory than it needs. */
void macros_fit(struct macros *m);

/* Several may precede one command. ST_NOTFOUND: macros of no stage (Postfix sends some with headers
 * and body), ST_LIMIT: too many; nothing was added. */
MUST_CHECK enum status macros_add(struct macros *m, const struct milter_macros *more);

/* The command of this stage has come: what was kept of later stages goes, and what an earlier
 * command of this one left. */
void macros_command(struct macros *m, enum milter_stage stage);

/* Looks from the last stage backwards. False: the MTA has sent none of this name. */
bool macros_find(const struct macros *m, struct view name, struct view *out);

/* The same, but p is NULL when there is none. */
struct view macros_value(const struct macros *m, struct view name);

/* In that order; the array is the caller's to mem_free, the views point into m. */
struct fact_pair *macros_list(const struct macros *m, size_t *count);
