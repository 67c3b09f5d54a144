/* What child milters are told of our own findings, in macros: what the values name is looked up
 * before the child is told them, and stays known for what comes after, so that nothing is asked
 * twice, and a message is scanned once. */
#pragma once

#include "acl/condition.h"
#include "session/lookup.h"

struct handover;

#define HANDOVERS (STEP_END + 1) /* of one session: one a step */

struct handover_question {
	struct conf *conf;               /* a reference is taken */
	const struct question *question; /* must stay as it is until it is ready */
	enum acl_step step;              /* macros that are told at this one, */
	uint64_t children;               /* to these, by bits */
};

/* Is there anything to be looked up? */
bool handover_wanted(const struct conf *conf, enum acl_step step, uint64_t children);

/* ready(arg) once, from the loop, later than this call: all is known, or known not to be found. */
struct handover *handover_start(struct worker *w, const struct handover_question *q,
                                void (*ready)(void *arg), void *arg);

/* Sets *h to NULL; ready will not run, and what was found is forgotten. *h may be NULL. */
void handover_free(struct handover **h);

/* What was found, in those that are ready: HANDOVERS, each of which may be NULL; or NULL. */
void handover_give_all(struct handover *const *all, struct lookups *to);

/* What has been looked up before of the question's client, sender and message goes to these
 * look-ups, or is waited for by them and not begun again: what was begun ahead (ahead.h), and what
 * was handed over. Of no milter's question: nothing. */
void handover_serve(const struct question *q, struct lookups *to);
