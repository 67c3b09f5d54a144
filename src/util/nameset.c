#include "util/nameset.h"

#include "util/mem.h"

#define SLOTS_FIRST  ((size_t)16)
#define OCTETS_FIRST ((size_t)256)

/* Open addressing: a name lies in the first free slot from its hash on. */
struct slot {
	uint32_t hash;
	uint32_t at; /* of the name in octets[], plus 1; 0: free */
	uint32_t n;
	uint32_t value;
};

struct nameset {
	struct slot *slots;
	size_t slot_count; /* a power of two, at least twice the names */
	size_t names;
	char *octets; /* all names, in lower case, each behind its length (put_length) */
	size_t used;
	size_t room;
};

/* FNV-1a, 64 bits */
#define HASH_EMPTY 0xcbf29ce484222325u
#define HASH_PRIME 0x100000001b3u

static uint64_t hash_octet(uint64_t h, char c)
{
	return (h ^ (unsigned char)ascii_lower(c)) * HASH_PRIME;
}

static uint64_t hash_back(uint64_t h, struct view v)
{
	for (size_t i = v.n; i > 0; i--)
		h = hash_octet(h, v.p[i - 1]);
	return h;
}

/* The low bits of FNV see little of the octets that came last. */
static uint32_t finish(uint64_t h)
{
	h ^= h >> 32;
	h *= 0x9e3779b97f4a7c15u;
	return (uint32_t)(h >> 32);
}

struct nameset *nameset_new(void)
{
	struct nameset *set = mem_new(struct nameset);

	set->slot_count = SLOTS_FIRST;
	set->slots = mem_array(set->slot_count, sizeof(*set->slots));
	return set;
}

void nameset_free(struct nameset **set)
{
	if (*set == NULL)
		return;
	mem_free((*set)->slots);
	mem_free((*set)->octets);
	mem_free(*set);
	*set = NULL;
}

size_t nameset_count(const struct nameset *set)
{
	return set->names;
}

size_t nameset_size(const struct nameset *set)
{
	return sizeof(*set) + set->slot_count * sizeof(*set->slots) + set->room;
}

static bool same(const struct nameset *set, const struct slot *s, struct view head,
                 struct view tail)
{
	struct view name = { set->octets + s->at - 1, s->n };

	return name.n == head.n + tail.n && view_eq_nocase(view_first(name, head.n), head) &&
	       view_eq_nocase(view_from(name, head.n), tail);
}

/* The slot of the name, or the free one where it would go. */
static struct slot *slot_of(const struct nameset *set, uint32_t hash, struct view head,
                            struct view tail)
{
	size_t mask = set->slot_count - 1;

	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		struct slot *s = &set->slots[i];

		if (s->at == 0 || (s->hash == hash && same(set, s, head, tail)))
			return s;
	}
}

static void double_slots(struct nameset *set)
{
	size_t count = set->slot_count * 2;
	struct slot *slots = mem_array(count, sizeof(*slots));

	for (size_t i = 0; i < set->slot_count; i++) {
		size_t to = set->slots[i].hash & (count - 1);

		if (set->slots[i].at == 0)
			continue;
		while (slots[to].at != 0)
			to = (to + 1) & (count - 1);
		slots[to] = set->slots[i];
	}
	mem_free(set->slots);
	set->slots = slots;
	set->slot_count = count;
}

#define LENGTH_MAX 5 /* octets of a length: seven bits each, the last one without its top bit */

static size_t put_length(char *p, size_t n)
{
	size_t used = 0;

	for (; n > 0x7f; n >>= 7)
		p[used++] = (char)(n | 0x80);
	p[used++] = (char)n;
	return used;
}

static size_t get_length(const char *p, size_t *n)
{
	size_t used = 0;

	*n = 0;
	do
		*n |= ((size_t)(unsigned char)p[used] & 0x7f) << (7 * used);
	while (((unsigned char)p[used++] & 0x80) != 0);
	return used;
}

static uint32_t keep_octets(struct nameset *set, struct view name)
{
	size_t room = set->room > 0 ? set->room : OCTETS_FIRST;
	size_t at;

	while (room < set->used + LENGTH_MAX + name.n)
		room *= 2;
	if (room != set->room) {
		set->octets = mem_resize(set->octets, room, 1);
		set->room = room;
	}
	set->used += put_length(set->octets + set->used, name.n);
	at = set->used;
	for (size_t i = 0; i < name.n; i++)
		set->octets[at + i] = ascii_lower(name.p[i]);
	set->used += name.n;
	return (uint32_t)at + 1;
}

enum status nameset_add(struct nameset *set, struct view name, uint32_t value)
{
	const struct view none = { "", 0 };
	uint32_t hash = finish(hash_back(HASH_EMPTY, name));
	struct slot *s = slot_of(set, hash, name, none);

	if (s->at != 0)
		return ST_OK;
	if (name.n + LENGTH_MAX > NAMESET_OCTETS_MAX - set->used)
		return ST_LIMIT;
	if ((set->names + 1) * 2 > set->slot_count) {
		double_slots(set);
		s = slot_of(set, hash, name, none);
	}
	*s = (struct slot){ hash, keep_octets(set, name), (uint32_t)name.n, value };
	set->names++;
	return ST_OK;
}

static bool find(const struct nameset *set, uint64_t hash, struct view head, struct view tail,
                 uint32_t *value)
{
	const struct slot *s = slot_of(set, finish(hash), head, tail);

	if (s->at == 0)
		return false;
	if (value != NULL)
		*value = s->value;
	return true;
}

bool nameset_find(const struct nameset *set, struct view head, struct view tail, uint32_t *value)
{
	return find(set, hash_back(hash_back(HASH_EMPTY, tail), head), head, tail, value);
}

bool nameset_find_domain(const struct nameset *set, struct view name, uint32_t *value)
{
	const struct view none = { "", 0 };
	uint64_t hash = HASH_EMPTY;

	for (size_t i = name.n; i > 0; i--) {
		if (name.p[i - 1] == '.' && find(set, hash, view_from(name, i), none, value))
			return true;
		hash = hash_octet(hash, name.p[i - 1]);
	}
	return find(set, hash, name, none, value);
}

bool nameset_find_suffix(const struct nameset *set, struct view name)
{
	const struct view none = { "", 0 };
	uint64_t hash = HASH_EMPTY;

	for (size_t i = name.n; i > 0; i--) {
		hash = hash_octet(hash, name.p[i - 1]);
		if (find(set, hash, view_from(name, i - 1), none, NULL))
			return true;
	}
	return false;
}

bool nameset_next(const struct nameset *set, size_t *at, struct view *name)
{
	if (*at >= set->used)
		return false;
	*at += get_length(set->octets + *at, &name->n);
	name->p = set->octets + *at;
	*at += name->n;
	return true;
}
