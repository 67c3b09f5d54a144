/* Which child milters may see a command: whether their conditions hold, once all that is looked up
 * for them is known. */
#pragma once

#include "acl/condition.h"
#include "session/gather.h"

struct sight;
struct worker;

struct sight_question {
	struct conf *conf;               /* a reference is taken */
	const struct question *question; /* must stay as it is until it is answered */
	enum acl_step step;              /* what is told only at later ones can't be known */
	uint64_t children;               /* whose conditions are to be looked at, by bits */
};

/* seen(arg, children) once, from the loop, later than this call: those whose conditions hold. What
 * could not be found counts as no. */
struct sight *sight_start(struct worker *w, const struct sight_question *q,
                          void (*seen)(void *arg, uint64_t children), void *arg);

/* Sets *s to NULL; seen will not run. */
void sight_cancel(struct sight **s);
