/* Memory that is dropped whole: one configuration, one message. Zeroed, aligned for any type. */
#pragma once

#include <stddef.h>

#include "util/view.h"

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena **a);

/* Never NULL; lives as long as the arena. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_array(struct arena *a, size_t count, size_t size);

#define arena_one(a, type) ((type *)arena_alloc((a), sizeof(type)))

/* A NUL-ended copy. */
char *arena_text(struct arena *a, struct view v);
struct view arena_view(struct arena *a, struct view v);

/* Octets taken from the system so far. */
size_t arena_size(const struct arena *a);
