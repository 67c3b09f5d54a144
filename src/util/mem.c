#include "util/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static void *or_die(void *p, size_t size)
{
	if (p == NULL) {
		(void)fprintf(stderr, "greylag: out of memory (%zu octets)\n", size);
		abort();
	}
	return p;
}

void *mem_alloc(size_t size)
{
	return or_die(calloc(1, size > 0 ? size : 1), size);
}

void *mem_array(size_t count, size_t size)
{
	return or_die(calloc(count > 0 ? count : 1, size > 0 ? size : 1), count);
}

void *mem_resize(void *p, size_t count, size_t size)
{
	if (size > 0 && count > SIZE_MAX / size)
		abort();
	return or_die(realloc(p, count * size > 0 ? count * size : 1), count * size);
}

char *mem_text(struct view v)
{
	char *s = or_die(malloc(v.n + 1), v.n);

	if (v.n > 0)
		memcpy(s, v.p, v.n);
	s[v.n] = '\0';
	return s;
}

void mem_free(void *p)
{
	free(p);
}
