/* The tarpit's budget: how many answers may be held at once. A held answer occupies one process of
 * the MTA (an smtpd of Postfix), so whoever could make us hold answers without a bound could shut
 * the site's door. What finds no room is greylisted at once instead.
 *
 * Rooms are shared by network, /24 for IPv4 and /64 for IPv6; clients without an address are one
 * network. A network may take another place while the answers it holds are fewer than the places
 * that are still free, and its first one while any is free. So with L places
 *
 *	- a network alone gets L/2 of them, rounded up;
 *	- k networks that want all they can get come to L/(k+1) each, and as many stay free for who
 *	  comes next: it takes L networks to use up the budget, not one and not a few;
 *	- nobody is thrown out: who has more than the share of today gets no more until it has less.
 *
 * (The rule is known from switches whose ports share one memory: a queue may grow while it is
 * shorter than what is left.) Many networks with a client each can use it up, and are meant to: by
 * then nothing tells them from a busy day.
 *
 * One thread uses a budget; each worker has its own, with its share of the whole. Times are a
 * monotonic clock's milliseconds. A clock that steps back stretches no hold: its length counts from
 * where the clock stands then. All calls cost O(log L), the end of holds spread over the calls that
 * began them. Memory follows the most that were ever held, at most some 64 octets for each of
 * BUDGET_HOLDS_MAX. */
#pragma once

#include "util/ip.h"

/* More than any machine has processes for an MTA: what "no bound" comes to. */
#define BUDGET_HOLDS_MAX ((size_t)1 << 17)

#define BUDGET_IPV4_BITS 24
#define BUDGET_IPV6_BITS 64

/* Until budget_release. */
#define BUDGET_UNTIL_RELEASED UINT64_MAX

struct budget;

/* The part of worker 0, 1 ... workers-1 in a total; the parts add up to it, so with a total below
 * the number of workers some may hold nothing. */
struct budget_share {
	size_t total; /* 0: no bound, and no sharing by network */
	unsigned workers;
	unsigned worker;
};

/* A hold that may be given back; zeroed: none. */
struct budget_hold {
	uint64_t serial;
	uint32_t index;
};

/* seed: any random number, so that nobody can choose networks that are slow to find. */
struct budget *budget_new(const struct budget_share *share, uint64_t seed);
void budget_free(struct budget **b);

/* Another share from now on (a reload). What is held stays held. */
void budget_change(struct budget *b, const struct budget_share *share);

/* May an answer to this client be held until then? True: it counts until budget_release(*hold), or
 * until the time comes, whichever is first. hold may be NULL: the time alone ends it (a policy
 * door, whose MTA waits by itself and never says when it gave up). False: *hold is none. */
bool budget_take(struct budget *b, const struct ip *client, uint64_t now_ms, uint64_t until_ms,
                 struct budget_hold *hold);

/* The hold is over. Harmless for one whose time came, and for none; leaves none. */
void budget_release(struct budget *b, struct budget_hold *hold);

/* Answers held now. */
size_t budget_held(struct budget *b, uint64_t now_ms);

/* Places; octets taken from the system. */
size_t budget_limit(const struct budget *b);
size_t budget_size(const struct budget *b);
