/* Properties: values that rules and look-ups leave, for the rules that come later in the same
 * session. A door keeps them, and gives them to each question of the session. Zeroed they are none.
 *
 * A name may have several values. Names compare without case. */
#pragma once

#include "util/view.h"

#define PROPERTIES_MAX        128             /* values */
#define PROPERTIES_OCTETS_MAX ((size_t)16384) /* of all names and values */

struct property {
	char *text; /* the name and, behind it, the value; owned */
	struct view name, value;
	bool passing; /* forgotten before the next recipient */
};

struct properties {
	struct property *of; /* in the order of setting */
	size_t count, room;
	size_t octets;
};

/* Puts this value in the place of all others of the name. ST_LIMIT: a bound would be passed;
 * nothing is changed. */
MUST_CHECK enum status properties_set(struct properties *p, struct view name, struct view value,
                                      bool passing);

/* One more value of the name. Likewise. */
MUST_CHECK enum status properties_add(struct properties *p, struct view name, struct view value,
                                      bool passing);

/* Its first value, or NULL. */
const struct property *properties_find(const struct properties *p, struct view name);

void properties_remove(struct properties *p, struct view name);

/* Forgets what was set with `passing`. */
void properties_next_recipient(struct properties *p);

/* Forgets all, and frees the memory. */
void properties_clear(struct properties *p);
