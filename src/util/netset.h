/* An immutable set of IP networks of both families, each with a number: disjoint ranges in order,
 * found by binary search. Any number of threads may look up at once.
 *
 * What lies within another network is dropped, and neighbours with the same value become one range,
 * so a range costs 12 octets for IPv4 and 36 for IPv6, and never more ranges than networks. */
#pragma once

#include "util/ip.h"

#define NETSET_MAX ((size_t)1 << 24) /* networks */

struct netset;
struct netset_builder;

struct netset_builder *netset_builder_new(void);
void netset_builder_free(struct netset_builder **b);

/* ST_LIMIT: NETSET_MAX are in. ST_INVALID: a network of no family. */
MUST_CHECK enum status netset_builder_add(struct netset_builder *b, const struct ip_net *net,
                                          uint32_t value);

/* The set of what was added; frees the builder. */
struct netset *netset_builder_finish(struct netset_builder **b);
void netset_free(struct netset **set);

/* Is the address in one of the networks? The value is that of the widest, of equal ones the lowest;
 * it may be NULL, and is set only when found. An address of no family is in none. */
bool netset_find(const struct netset *set, const struct ip *ip, uint32_t *value);

/* The ranges as networks, in order: as few as cover them. Begins zeroed; false behind the last. */
struct netset_walk {
	size_t range;
	bool within; /* the range is covered up to `from` */
	struct ip from;
};

bool netset_next(const struct netset *set, struct netset_walk *walk, struct ip_net *out);

/* Ranges after merging; octets taken from the system. */
size_t netset_count(const struct netset *set);
size_t netset_size(const struct netset *set);
