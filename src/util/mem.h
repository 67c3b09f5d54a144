/* Memory for sizes that are ours or already bounded: a failure ends the process, so no caller
 * checks. */
#pragma once

#include <stddef.h>

#include "util/view.h"

/* Zeroed memory; never NULL. Free with mem_free. */
void *mem_alloc(size_t size);
void *mem_array(size_t count, size_t size);

/* Grows (or shrinks) an array; what is new is not zeroed. */
void *mem_resize(void *p, size_t count, size_t size);

/* A NUL-ended copy of the view (a NUL inside it stays, and ends the C string early). */
char *mem_text(struct view v);

void mem_free(void *p);

#define mem_new(type) ((type *)mem_alloc(sizeof(type)))
