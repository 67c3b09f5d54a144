#include "util/netset.h"

#include <stdlib.h>

#include "util/mem.h"

#define OCTETS_MAX 16

/* One network while the set is built; addresses are octets in network order, so memcmp orders them.
 */
struct range {
	enum ip_family family;
	uint8_t low[OCTETS_MAX];
	uint8_t high[OCTETS_MAX];
	uint32_t value;
};

struct netset_builder {
	struct range *ranges;
	size_t count;
	size_t room;
};

/* The ranges of one family. Columns, since the search touches low[] alone until its last step. */
struct family {
	size_t octets; /* of an address */
	size_t count;
	uint8_t *low;
	uint8_t *high;
	uint32_t *value;
};

struct netset {
	struct family v4;
	struct family v6;
};

static size_t octets_of(enum ip_family family)
{
	return family == IP_V4 ? 4 : OCTETS_MAX;
}

static struct ip last_of(const struct ip_net *net)
{
	struct ip last = net->base;

	for (unsigned i = 0; i < octets_of(last.family); i++) {
		unsigned fixed = net->bits > i * 8 ? net->bits - i * 8 : 0;

		if (fixed < 8)
			last.octet[i] |= (uint8_t)(0xffu >> fixed);
	}
	return last;
}

struct netset_builder *netset_builder_new(void)
{
	return mem_new(struct netset_builder);
}

void netset_builder_free(struct netset_builder **b)
{
	if (*b == NULL)
		return;
	mem_free((*b)->ranges);
	mem_free(*b);
	*b = NULL;
}

enum status netset_builder_add(struct netset_builder *b, const struct ip_net *net, uint32_t value)
{
	struct range r = { .family = net->base.family, .value = value };
	struct ip last;

	if (r.family == IP_NONE)
		return ST_INVALID;
	if (b->count == NETSET_MAX)
		return ST_LIMIT;
	memcpy(r.low, net->base.octet, sizeof(r.low));
	last = last_of(net);
	memcpy(r.high, last.octet, sizeof(r.high));
	if (b->count == b->room) {
		b->room = b->room > 0 ? b->room * 2 : 16;
		b->ranges = mem_resize(b->ranges, b->room, sizeof(*b->ranges));
	}
	b->ranges[b->count++] = r;
	return ST_OK;
}

/* By family, then by first address, the widest first, the lowest value first. */
static int compare(const void *left, const void *right)
{
	const struct range *a = left, *b = right;
	int order;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	order = memcmp(a->low, b->low, sizeof(a->low));
	if (order == 0)
		order = memcmp(b->high, a->high, sizeof(a->high));
	if (order == 0 && a->value != b->value)
		order = a->value < b->value ? -1 : 1;
	return order;
}

/* Is b the address behind a? Not for the last of all. */
static bool is_next(const uint8_t *a, const uint8_t *b, size_t octets)
{
	uint8_t next[OCTETS_MAX];

	memcpy(next, a, octets);
	for (size_t i = octets; i > 0; i--)
		if (++next[i - 1] != 0)
			return memcmp(next, b, octets) == 0;
	return false;
}

/* Two networks are apart or one holds the other, so whoever begins within its predecessor ends
 * there. */
static bool swallow(struct range *last, const struct range *r)
{
	if (last->family != r->family)
		return false;
	if (memcmp(r->low, last->high, sizeof(r->low)) <= 0)
		return true;
	if (last->value != r->value || !is_next(last->high, r->low, octets_of(r->family)))
		return false;
	memcpy(last->high, r->high, sizeof(r->high));
	return true;
}

static void merge(struct netset_builder *b)
{
	size_t kept = 0;

	if (b->count > 1)
		qsort(b->ranges, b->count, sizeof(*b->ranges), compare);
	for (size_t i = 0; i < b->count; i++)
		if (kept == 0 || !swallow(&b->ranges[kept - 1], &b->ranges[i]))
			b->ranges[kept++] = b->ranges[i];
	b->count = kept;
}

static struct family columns(const struct netset_builder *b, enum ip_family family)
{
	struct family f = { .octets = octets_of(family) };
	size_t count = 0;

	for (size_t i = 0; i < b->count; i++)
		count += b->ranges[i].family == family;
	f.low = mem_array(count, f.octets);
	f.high = mem_array(count, f.octets);
	f.value = mem_array(count, sizeof(*f.value));
	for (size_t i = 0; i < b->count; i++) {
		if (b->ranges[i].family != family)
			continue;
		memcpy(f.low + f.count * f.octets, b->ranges[i].low, f.octets);
		memcpy(f.high + f.count * f.octets, b->ranges[i].high, f.octets);
		f.value[f.count++] = b->ranges[i].value;
	}
	return f;
}

struct netset *netset_builder_finish(struct netset_builder **b)
{
	struct netset *set = mem_new(struct netset);

	merge(*b);
	set->v4 = columns(*b, IP_V4);
	set->v6 = columns(*b, IP_V6);
	netset_builder_free(b);
	return set;
}

static void free_columns(struct family *f)
{
	mem_free(f->low);
	mem_free(f->high);
	mem_free(f->value);
}

void netset_free(struct netset **set)
{
	if (*set == NULL)
		return;
	free_columns(&(*set)->v4);
	free_columns(&(*set)->v6);
	mem_free(*set);
	*set = NULL;
}

bool netset_find(const struct netset *set, const struct ip *ip, uint32_t *value)
{
	const struct family *f = ip->family == IP_V4 ? &set->v4 : &set->v6;
	size_t from = 0, to = f->count;

	if (ip->family == IP_NONE)
		return false;
	while (from <
	       to) { /* ranges before `from` begin at the address or below, those from `to` above */
		size_t middle = from + (to - from) / 2;

		if (memcmp(f->low + middle * f->octets, ip->octet, f->octets) <= 0)
			from = middle + 1;
		else
			to = middle;
	}
	if (from == 0 || memcmp(ip->octet, f->high + (from - 1) * f->octets, f->octets) > 0)
		return false;
	if (value != NULL)
		*value = f->value[from - 1];
	return true;
}

size_t netset_count(const struct netset *set)
{
	return set->v4.count + set->v6.count;
}

size_t netset_size(const struct netset *set)
{
	const size_t v4 = 2 * set->v4.octets + sizeof(*set->v4.value);
	const size_t v6 = 2 * set->v6.octets + sizeof(*set->v6.value);

	return sizeof(*set) + set->v4.count * v4 + set->v6.count * v6;
}

/* The widest network that begins at `from` and does not go beyond `high`. */
static struct ip_net widest(const struct ip *from, const uint8_t *high, size_t octets)
{
	struct ip_net net = { *from, ip_width(from) };

	for (unsigned bits = 0; bits < ip_width(from); bits++) {
		struct ip_net wide = ip_mask(from, bits);
		struct ip last = last_of(&wide);

		if (ip_compare(&wide.base, from) == 0 && memcmp(last.octet, high, octets) <= 0)
			return wide;
	}
	return net;
}

bool netset_next(const struct netset *set, struct netset_walk *walk, struct ip_net *out)
{
	bool v4 = walk->range < set->v4.count;
	const struct family *f = v4 ? &set->v4 : &set->v6;
	size_t i = v4 ? walk->range : walk->range - set->v4.count;

	if (i >= f->count)
		return false;
	if (!walk->within) {
		walk->from = (struct ip){ .family = v4 ? IP_V4 : IP_V6 };
		memcpy(walk->from.octet, f->low + i * f->octets, f->octets);
	}
	*out = widest(&walk->from, f->high + i * f->octets, f->octets);
	walk->from = last_of(out);
	walk->within = memcmp(walk->from.octet, f->high + i * f->octets, f->octets) != 0;
	if (!walk->within)
		walk->range++;
	for (size_t o = f->octets; walk->within && o > 0 && ++walk->from.octet[o - 1] == 0;)
		o--;
	return true;
}
