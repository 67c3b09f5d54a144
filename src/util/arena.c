#include "util/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

#include "util/mem.h"

#define BLOCK_SIZE ((size_t)16384)

struct block {
	struct block *next;
	size_t used;
	size_t size;
	alignas(max_align_t) unsigned char data[];
};

struct arena {
	struct block *blocks; /* the newest first */
	size_t size;
};

static struct block *add_block(struct arena *a, size_t least)
{
	size_t size = least > BLOCK_SIZE ? least : BLOCK_SIZE;
	struct block *b = mem_alloc(sizeof(*b) + size);

	b->size = size;
	b->next = a->blocks;
	a->blocks = b;
	a->size += sizeof(*b) + size;
	return b;
}

struct arena *arena_new(void)
{
	return mem_new(struct arena);
}

void arena_free(struct arena **a)
{
	if (*a == NULL)
		return;
	for (struct block *b = (*a)->blocks, *next; b != NULL; b = next) {
		next = b->next;
		mem_free(b);
	}
	mem_free(*a);
	*a = NULL;
}

void *arena_alloc(struct arena *a, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct block *b = a->blocks;
	void *p;

	if (size > SIZE_MAX / 2)
		abort();
	size = (size + align - 1) / align * align;
	if (b == NULL || b->size - b->used < size)
		b = add_block(a, size);
	p = b->data + b->used;
	b->used += size;
	return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	if (size > 0 && count > SIZE_MAX / 2 / size)
		abort();
	return arena_alloc(a, count * size);
}

char *arena_text(struct arena *a, struct view v)
{
	char *s = arena_alloc(a, v.n + 1);

	if (v.n > 0)
		memcpy(s, v.p, v.n);
	return s;
}

struct view arena_view(struct arena *a, struct view v)
{
	return (struct view){ arena_text(a, v), v.n };
}

size_t arena_size(const struct arena *a)
{
	return a->size;
}
