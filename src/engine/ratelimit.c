#include "engine/ratelimit.h"

#include "util/mem.h"

#define NONE       UINT32_MAX
#define ROOM_FIRST 16
#define SWEEP      2 /* windows that are looked at for their age, each time */

/* A place that is taken has a text: the limit's name, NUL, and the key. */
struct window {
	char *text;
	size_t size;
	uint64_t hash;
	uint64_t slot_ms;
	uint64_t newest; /* the number of the slot that is counted in */
	uint64_t slot[RATELIMIT_SLOTS];
	uint32_t next;         /* in its bucket, or of the free places */
	uint32_t older, newer; /* in the order of counting */
};

struct ratelimit {
	uint64_t seed;
	size_t most;
	size_t room; /* never 0; as many buckets */
	size_t used;
	size_t hand; /* where the next sweep begins */
	struct window *windows;
	uint32_t *buckets;
	uint32_t free;
	uint32_t oldest, newest;
};

/* FNV-1a, and the finalizer of SplitMix64, since the low bits of FNV see little of the octets that
 * came last. */
uint64_t ratelimit_hash(struct view limit, struct view key, uint64_t seed)
{
	uint64_t h = 0xcbf29ce484222325u ^ seed;

	key = view_first(key, RATELIMIT_KEY_MAX);
	for (size_t i = 0; i < limit.n; i++)
		h = (h ^ (unsigned char)limit.p[i]) * 0x100000001b3u;
	h *= 0x100000001b3u; /* the NUL */
	for (size_t i = 0; i < key.n; i++)
		h = (h ^ (unsigned char)key.p[i]) * 0x100000001b3u;
	h += seed;
	h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9u;
	h = (h ^ h >> 27) * 0x94d049bb133111ebu;
	return h ^ h >> 31;
}

static bool is_of(const struct window *w, const struct ratelimit_count *c, struct view key)
{
	struct view text = { w->text, w->size };

	return w->size == c->limit.n + 1 + key.n && view_starts(text, c->limit) &&
	       text.p[c->limit.n] == '\0' && view_eq(view_from(text, c->limit.n + 1), key);
}

static uint32_t *bucket_of(const struct ratelimit *r, uint64_t hash)
{
	return &r->buckets[(hash >> 32) * r->room >> 32];
}

static uint32_t find(const struct ratelimit *r, const struct ratelimit_count *c, struct view key,
                     uint64_t hash)
{
	uint32_t at = *bucket_of(r, hash);

	while (at != NONE && (r->windows[at].hash != hash || !is_of(&r->windows[at], c, key)))
		at = r->windows[at].next;
	return at;
}

/* --- the order of counting --- */

static void take_out(struct ratelimit *r, uint32_t at)
{
	const struct window *w = &r->windows[at];

	*(w->older != NONE ? &r->windows[w->older].newer : &r->oldest) = w->newer;
	*(w->newer != NONE ? &r->windows[w->newer].older : &r->newest) = w->older;
}

static void put_newest(struct ratelimit *r, uint32_t at)
{
	struct window *w = &r->windows[at];

	w->older = r->newest;
	w->newer = NONE;
	*(r->newest != NONE ? &r->windows[r->newest].newer : &r->oldest) = at;
	r->newest = at;
}

/* --- places --- */

static void drop(struct ratelimit *r, uint32_t at)
{
	struct window *w = &r->windows[at];
	uint32_t *link = bucket_of(r, w->hash);

	while (*link != at)
		link = &r->windows[*link].next;
	*link = w->next;
	take_out(r, at);
	mem_free(w->text);
	w->text = NULL;
	w->next = r->free;
	r->free = at;
	r->used--;
}

static void grow(struct ratelimit *r)
{
	size_t old = r->room, room = old > 0 ? old * 2 : ROOM_FIRST;

	r->room = room < r->most ? room : r->most;
	r->windows = mem_resize(r->windows, r->room, sizeof(r->windows[0]));
	r->buckets = mem_resize(r->buckets, r->room, sizeof(r->buckets[0]));
	for (size_t i = 0; i < r->room; i++)
		r->buckets[i] = NONE;
	for (uint32_t i = 0; i < old; i++) { /* all are taken */
		uint32_t *bucket = bucket_of(r, r->windows[i].hash);

		r->windows[i].next = *bucket;
		*bucket = i;
	}
	for (size_t i = r->room; i > old; i--) {
		r->windows[i - 1] = (struct window){ .next = r->free };
		r->free = (uint32_t)(i - 1);
	}
}

static uint32_t take(struct ratelimit *r, const struct ratelimit_count *c, struct view key,
                     uint64_t hash)
{
	uint32_t at, *bucket;
	struct window *w;

	if (r->free == NONE && r->room < r->most)
		grow(r);
	else if (r->free == NONE)
		drop(r, r->oldest);
	at = r->free;
	w = &r->windows[at];
	r->free = w->next;
	r->used++;
	*w = (struct window){ .hash = hash, .size = c->limit.n + 1 + key.n };
	w->text = mem_alloc(w->size);
	if (c->limit.n > 0)
		memcpy(w->text, c->limit.p, c->limit.n);
	if (key.n > 0)
		memcpy(w->text + c->limit.n + 1, key.p, key.n);
	bucket = bucket_of(r, hash);
	w->next = *bucket;
	*bucket = at;
	put_newest(r, at);
	return at;
}

/* A few at a time, round and round: those that are over go. */
static void sweep(struct ratelimit *r, uint64_t now_ms)
{
	for (unsigned i = 0; i < SWEEP; i++) {
		const struct window *w;

		r->hand = (r->hand + 1) % r->room;
		w = &r->windows[r->hand];
		if (w->text != NULL && now_ms / w->slot_ms >= w->newest + RATELIMIT_SLOTS)
			drop(r, (uint32_t)r->hand);
	}
}

/* --- counting --- */

static uint64_t add(uint64_t a, uint64_t b)
{
	return b < UINT64_MAX - a ? a + b : UINT64_MAX;
}

/* The slots between the last count and now are empty. */
static void go_on(struct window *w, uint64_t slot_ms, uint64_t now_ms)
{
	uint64_t now = now_ms / slot_ms;

	if (w->slot_ms != slot_ms || now >= w->newest + RATELIMIT_SLOTS) {
		memset(w->slot, 0, sizeof(w->slot));
		w->newest = now;
	}
	w->slot_ms = slot_ms;
	while (w->newest < now)
		w->slot[++w->newest % RATELIMIT_SLOTS] = 0;
}

uint64_t ratelimit_add(struct ratelimit *r, const struct ratelimit_count *c, uint64_t now_ms)
{
	int64_t period_s = c->period_s < RATELIMIT_PERIOD_MAX ? c->period_s : RATELIMIT_PERIOD_MAX;
	struct view key = view_first(c->key, RATELIMIT_KEY_MAX);
	uint64_t hash = ratelimit_hash(c->limit, key, r->seed), sum = 0;
	struct window *w;
	uint32_t at;

	sweep(r, now_ms);
	at = find(r, c, key, hash);
	if (at == NONE) {
		at = take(r, c, key, hash);
	} else {
		take_out(r, at);
		put_newest(r, at);
	}
	w = &r->windows[at];
	go_on(w, (uint64_t)(period_s > 0 ? period_s : 1) * (1000 / RATELIMIT_SLOTS), now_ms);
	w->slot[w->newest % RATELIMIT_SLOTS] = add(w->slot[w->newest % RATELIMIT_SLOTS], c->add);
	for (unsigned i = 0; i < RATELIMIT_SLOTS; i++)
		sum = add(sum, w->slot[i]);
	return sum;
}

size_t ratelimit_windows(const struct ratelimit *r)
{
	return r->used;
}

struct ratelimit *ratelimit_new(size_t most, uint64_t seed)
{
	struct ratelimit *r = mem_new(struct ratelimit);

	r->seed = seed;
	r->most = most < 1 ? 1 : most < NONE ? most : NONE;
	r->free = r->oldest = r->newest = NONE;
	grow(r);
	return r;
}

void ratelimit_free(struct ratelimit **r)
{
	if (*r == NULL)
		return;
	for (size_t i = 0; i < (*r)->room; i++)
		mem_free((*r)->windows[i].text);
	mem_free((*r)->windows);
	mem_free((*r)->buckets);
	mem_free(*r);
	*r = NULL;
}
