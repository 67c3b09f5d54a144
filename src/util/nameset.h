/* A set of names (domains, mail addresses), each with a number. ASCII letters are equal in either
 * case. Many threads may look up at once while nobody adds.
 *
 * Names are hashed from their end to their beginning, so one pass over a host name yields the hash
 * of every domain that it lies in: a look-up costs the length of the name, whatever the set holds.
 */
#pragma once

#include "util/view.h"

#define NAMESET_OCTETS_MAX ((size_t)1 << 30) /* all names together */

struct nameset;

struct nameset *nameset_new(void);
void nameset_free(struct nameset **set);

/* A name that is there already keeps its first value. ST_LIMIT: the set would pass its bound. */
MUST_CHECK enum status nameset_add(struct nameset *set, struct view name, uint32_t value);

/* Is head followed by tail a name of the set? value may be NULL, and is set only when found. */
bool nameset_find(const struct nameset *set, struct view head, struct view tail, uint32_t *value);

/* Is the name, or what follows one of its dots, in the set? The shortest that is gives the value.
 */
bool nameset_find_domain(const struct nameset *set, struct view name, uint32_t *value);

/* Does the name end in one of the set, wherever it begins? */
bool nameset_find_suffix(const struct nameset *set, struct view name);

/* The names one after another, in lower case, as they were added: `at` begins as 0. False behind
 * the last. */
bool nameset_next(const struct nameset *set, size_t *at, struct view *name);

/* Names in it; octets taken from the system. */
size_t nameset_count(const struct nameset *set);
size_t nameset_size(const struct nameset *set);
