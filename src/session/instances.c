#include "session/instances.h"

#include <stddef.h>

#include "util/mem.h"

struct instance {
	uint64_t hash; /* 0: free */
	bool said;
	bool refused;
	int64_t missing;
	int64_t held_s;
};

struct instances {
	unsigned next;
	struct instance of[INSTANCES_MAX];
};

struct instances *instances_new(void)
{
	return mem_new(struct instances);
}

void instances_free(struct instances **i)
{
	mem_free(*i);
	*i = NULL;
}

/* From the newest on: that is where a message's questions are found. */
static struct instance *find(struct instances *i, uint64_t hash)
{
	for (unsigned n = 1; n <= INSTANCES_MAX; n++) {
		struct instance *at = &i->of[(i->next + INSTANCES_MAX - n) % INSTANCES_MAX];

		if (at->hash == hash)
			return at;
		if (at->hash == 0)
			return NULL;
	}
	return NULL;
}

static struct instance *take(struct instances *i, uint64_t hash)
{
	struct instance *at = find(i, hash);

	if (at != NULL)
		return at;
	at = &i->of[i->next];
	i->next = (i->next + 1) % INSTANCES_MAX;
	*at = (struct instance){ .hash = hash };
	return at;
}

bool instances_first(struct instances *i, uint64_t instance)
{
	struct instance *at;
	bool first;

	if (instance == 0)
		return true;
	at = take(i, instance);
	first = !at->said;
	at->said = true;
	return first;
}

void instances_hold(struct instances *i, uint64_t instance, int64_t seconds)
{
	if (instance != 0)
		take(i, instance)->held_s = seconds;
}

int64_t instances_held(struct instances *i, uint64_t instance)
{
	const struct instance *at = instance != 0 ? find(i, instance) : NULL;

	return at != NULL ? at->held_s : 0;
}

void instances_refuse(struct instances *i, uint64_t instance, int64_t missing)
{
	struct instance *at;

	if (instance == 0)
		return;
	at = take(i, instance);
	at->refused = true;
	at->missing = missing;
}

bool instances_refused(struct instances *i, uint64_t instance, int64_t *missing)
{
	const struct instance *at = instance != 0 ? find(i, instance) : NULL;

	if (at == NULL || !at->refused)
		return false;
	*missing = at->missing;
	return true;
}
