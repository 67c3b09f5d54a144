#include "session/limits.h"

#include <pthread.h>
#include <sys/random.h>
#include <time.h>

#include "util/mem.h"

struct part {
	pthread_mutex_t lock;
	struct ratelimit *windows;
};

struct limits {
	uint64_t seed; /* another than that of the parts: else a part had but one bucket in 16 */
	struct part part[LIMITS_LOCKS];
};

static uint64_t chance(void)
{
	uint64_t seed = 0;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed))
		seed = (uint64_t)time(NULL);
	return seed;
}

struct limits *limits_new(void)
{
	struct limits *l = mem_new(struct limits);

	l->seed = chance();
	for (unsigned i = 0; i < LIMITS_LOCKS; i++) {
		(void)pthread_mutex_init(&l->part[i].lock, NULL);
		l->part[i].windows = ratelimit_new(LIMITS_WINDOWS_MAX / LIMITS_LOCKS, chance());
	}
	return l;
}

void limits_free(struct limits **limits)
{
	struct limits *l = *limits;

	if (l == NULL)
		return;
	*limits = NULL;
	for (unsigned i = 0; i < LIMITS_LOCKS; i++) {
		ratelimit_free(&l->part[i].windows);
		(void)pthread_mutex_destroy(&l->part[i].lock);
	}
	mem_free(l);
}

uint64_t limits_add(struct limits *l, const struct ratelimit_count *c, uint64_t now_ms)
{
	struct part *p = &l->part[ratelimit_hash(c->limit, c->key, l->seed) % LIMITS_LOCKS];
	uint64_t sum;

	(void)pthread_mutex_lock(&p->lock);
	sum = ratelimit_add(p->windows, c, now_ms);
	(void)pthread_mutex_unlock(&p->lock);
	return sum;
}
