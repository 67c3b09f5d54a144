#include "engine/budget.h"

#include "util/mem.h"

#define ROOM_FIRST ((size_t)16) /* a power of two */
#define NONE       UINT32_MAX

/* A place: taken, or in the chain of free ones. */
struct place {
	uint64_t until;
	uint64_t serial; /* 0: free */
	uint32_t net;
	uint32_t at; /* taken: in the heap; free: the next free one */
};

/* A network that holds something, or a free entry. */
struct network {
	uint64_t prefix;
	enum ip_family family;
	uint32_t held; /* 0: free */
	uint32_t next; /* in the chain of its bucket, or of the free ones */
};

struct budget {
	size_t limit;
	bool bounded;
	uint64_t seed;
	uint64_t serial; /* of the last hold */
	uint64_t last;   /* what the caller's clock said */
	uint64_t lag;    /* by how much it stepped back, all in all */
	size_t held;
	size_t room; /* of each array; twice as many buckets */
	struct place *places;
	uint32_t *heap; /* taken places: the one whose time comes first is [0] */
	struct network *nets;
	uint32_t *buckets;
	uint32_t free_place;
	uint32_t free_net;
};

/* --- networks -------------------------------------------------------------------------------- */

static struct network network_of(const struct ip *client)
{
	struct ip_net net =
		ip_mask(client, client->family == IP_V4 ? BUDGET_IPV4_BITS : BUDGET_IPV6_BITS);
	struct network n = { .family = client->family };

	for (size_t i = 0; i < BUDGET_IPV6_BITS / 8 && client->family != IP_NONE; i++)
		n.prefix = n.prefix << 8 | net.base.octet[i];
	return n;
}

/* The finalizer of SplitMix64, twice, with the seed in between. */
static uint64_t scatter(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static uint32_t *bucket_of(const struct budget *b, const struct network *n)
{
	uint64_t hash = scatter(scatter(n->prefix ^ b->seed) + b->seed + n->family);

	return &b->buckets[hash & (2 * b->room - 1)];
}

/* Where the network's index stands, or the end of the chain, where it would stand. */
static uint32_t *find_network(const struct budget *b, const struct network *n)
{
	uint32_t *at = bucket_of(b, n);

	while (*at != NONE &&
	       (b->nets[*at].prefix != n->prefix || b->nets[*at].family != n->family))
		at = &b->nets[*at].next;
	return at;
}

/* --- room ------------------------------------------------------------------------------------ */

static void chain_free(struct budget *b, size_t from)
{
	for (size_t i = b->room; i > from; i--) {
		b->places[i - 1] = (struct place){ .at = b->free_place };
		b->nets[i - 1] = (struct network){ .next = b->free_net };
		b->free_place = b->free_net = (uint32_t)(i - 1);
	}
}

static void fill_buckets(struct budget *b)
{
	for (size_t i = 0; i < 2 * b->room; i++)
		b->buckets[i] = NONE;
	for (size_t i = 0; i < b->room; i++) {
		if (b->nets[i].held > 0) {
			uint32_t *bucket = bucket_of(b, &b->nets[i]);

			b->nets[i].next = *bucket;
			*bucket = (uint32_t)i;
		}
	}
}

/* Only when every place is taken. Entries of networks may be free even then; they stay chained. */
static void grow(struct budget *b)
{
	size_t from = b->room;

	b->room = from > 0 ? from * 2 : ROOM_FIRST;
	b->places = mem_resize(b->places, b->room, sizeof(*b->places));
	b->heap = mem_resize(b->heap, b->room, sizeof(*b->heap));
	b->nets = mem_resize(b->nets, b->room, sizeof(*b->nets));
	b->buckets = mem_resize(b->buckets, b->room * 2, sizeof(*b->buckets));
	chain_free(b, from);
	fill_buckets(b);
}

struct budget *budget_new(const struct budget_share *share, uint64_t seed)
{
	struct budget *b = mem_new(struct budget);

	b->seed = seed;
	b->free_place = b->free_net = NONE;
	budget_change(b, share);
	grow(b);
	return b;
}

void budget_free(struct budget **b)
{
	if (*b == NULL)
		return;
	mem_free((*b)->places);
	mem_free((*b)->heap);
	mem_free((*b)->nets);
	mem_free((*b)->buckets);
	mem_free(*b);
	*b = NULL;
}

void budget_change(struct budget *b, const struct budget_share *share)
{
	size_t workers = share->workers > 0 ? share->workers : 1;
	size_t part = share->total / workers + (share->worker < share->total % workers ? 1 : 0);

	b->bounded = share->total > 0;
	b->limit = !b->bounded || part > BUDGET_HOLDS_MAX ? BUDGET_HOLDS_MAX : part;
}

/* --- the heap -------------------------------------------------------------------------------- */

static void put(struct budget *b, size_t at, uint32_t place)
{
	b->heap[at] = place;
	b->places[place].at = (uint32_t)at;
}

static uint64_t until_at(const struct budget *b, size_t at)
{
	return b->places[b->heap[at]].until;
}

/* Puts the place into the gap at `at`, which moves up or down until the order is right. */
static void settle(struct budget *b, size_t at, uint32_t place)
{
	uint64_t until = b->places[place].until;

	while (at > 0 && until_at(b, (at - 1) / 2) > until) {
		put(b, at, b->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	for (size_t child; (child = 2 * at + 1) < b->held; at = child) {
		if (child + 1 < b->held && until_at(b, child + 1) < until_at(b, child))
			child++;
		if (until_at(b, child) >= until)
			break;
		put(b, at, b->heap[child]);
	}
	put(b, at, place);
}

/* --- holds ----------------------------------------------------------------------------------- */

static void end_hold(struct budget *b, uint32_t index)
{
	struct place *p = &b->places[index];
	struct network *n = &b->nets[p->net];
	size_t gap = p->at;

	b->held--;
	if (gap < b->held)
		settle(b, gap, b->heap[b->held]);
	if (--n->held == 0) {
		uint32_t *at = find_network(b, n);

		*at = n->next;
		n->next = b->free_net;
		b->free_net = p->net;
	}
	*p = (struct place){ .at = b->free_place };
	b->free_place = index;
}

static uint64_t later(uint64_t time, uint64_t by)
{
	return by < UINT64_MAX - time ? time + by : UINT64_MAX;
}

/* The time by a clock that never goes back; ends what is over by then. */
static uint64_t advance(struct budget *b, uint64_t now_ms)
{
	uint64_t now;

	if (now_ms < b->last)
		b->lag = later(b->lag, b->last - now_ms);
	b->last = now_ms;
	now = later(now_ms, b->lag);
	while (b->held > 0 && until_at(b, 0) <= now && until_at(b, 0) != BUDGET_UNTIL_RELEASED)
		end_hold(b, b->heap[0]);
	return now;
}

/* The header's rule. */
static bool may_take(const struct budget *b, uint32_t own)
{
	size_t left = b->held < b->limit ? b->limit - b->held : 0;

	return left > 0 && (!b->bounded || own == 0 || own < left);
}

/* The network's index; it gets an entry when it has none. */
static uint32_t join_network(struct budget *b, const struct network *key)
{
	uint32_t *at = find_network(b, key);

	if (*at == NONE) {
		uint32_t fresh = b->free_net;

		b->free_net = b->nets[fresh].next;
		b->nets[fresh] = *key;
		b->nets[fresh].next = NONE;
		*at = fresh;
	}
	return *at;
}

static struct budget_hold begin_hold(struct budget *b, const struct network *key, uint64_t until)
{
	struct budget_hold hold = { .serial = ++b->serial };
	struct place *p;

	if (b->free_place == NONE)
		grow(b);
	hold.index = b->free_place;
	p = &b->places[hold.index];
	b->free_place = p->at;
	p->until = until;
	p->serial = hold.serial;
	p->net = join_network(b, key);
	b->nets[p->net].held++;
	b->held++;
	settle(b, b->held - 1, hold.index);
	return hold;
}

bool budget_take(struct budget *b, const struct ip *client, uint64_t now_ms, uint64_t until_ms,
                 struct budget_hold *hold)
{
	uint64_t now = advance(b, now_ms);
	uint64_t until = until_ms > now_ms ? later(now, until_ms - now_ms) : now;
	struct network key = network_of(client);
	uint32_t known = *find_network(b, &key);
	bool taken = may_take(b, known != NONE ? b->nets[known].held : 0);
	struct budget_hold mine = { 0 };

	if (until_ms == BUDGET_UNTIL_RELEASED)
		until = BUDGET_UNTIL_RELEASED;
	if (taken)
		mine = begin_hold(b, &key, until);
	if (hold != NULL)
		*hold = mine;
	return taken;
}

void budget_release(struct budget *b, struct budget_hold *hold)
{
	if (hold->serial != 0 && hold->index < b->room &&
	    b->places[hold->index].serial == hold->serial)
		end_hold(b, hold->index);
	*hold = (struct budget_hold){ 0 };
}

size_t budget_held(struct budget *b, uint64_t now_ms)
{
	(void)advance(b, now_ms);
	return b->held;
}

size_t budget_limit(const struct budget *b)
{
	return b->limit;
}

size_t budget_size(const struct budget *b)
{
	return sizeof(*b) + b->room * (sizeof(*b->places) + sizeof(*b->heap) + sizeof(*b->nets) +
	                               2 * sizeof(*b->buckets));
}
