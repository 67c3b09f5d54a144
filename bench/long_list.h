/* Lists of many networks and of many domains, in several forms: as plainly as can be, as sets, and
 * as configurations with one rule; and their loading. */
#pragma once

#include "ask.h"
#include "measure.h"
#include "util/buf.h"

struct netset;
struct nameset;

#define LONG_NETWORKS  200000
#define LONG_DOMAINS   100000
#define LONG_QUESTIONS 65536

/* A list's text, what is asked of it, and how it is when it is loaded as plainly as can be. */
struct long_list {
	const char *kind; /* of the list in the language */
	size_t items;
	struct buf text; /* one item a line */
	struct ip *addresses;
	struct view *names; /* of the clients that are asked for; half of them are in the list */
	struct buf octets;  /* of the names */

	uint32_t *nets; /* sorted: the plain way */
	struct view *domains;
};

/* Networks /24 that are all over the place, and domains. */
struct long_list *long_networks(void);
struct long_list *long_domains(void);

/* The plain way; and whether the i-th question's client is in it: for rows of measure.h. */
void long_load_plain(struct long_list *l);
uint64_t long_plain_net_work(void *arg, size_t i);
uint64_t long_plain_name_work(void *arg, size_t i);

/* The sets alone, as the lists build them. */
struct long_set {
	const struct long_list *of;
	struct netset *nets;
	struct nameset *names;
};

struct long_set *long_set_new(const struct long_list *l);
uint64_t long_netset_work(void *arg, size_t i);
uint64_t long_nameset_work(void *arg, size_t i);

/* The work must be right about all questions. */
void long_expect(uint64_t (*work)(void *arg, size_t i), void *arg, const char *what);

enum long_form {
	LONG_PLAIN,  /* no configuration: long_load_plain */
	LONG_LIST,   /* list "l" KIND { ... } */
	LONG_EXACT,  /* the same with domainexact */
	LONG_CLIENTS /* clients file "..." */
};

/* The rules, which were seen to be right about all questions. */
struct asked *long_rules(struct long_list *l, enum long_form form);

struct load_row {
	const char *title;
	struct long_list *list;
	enum long_form form;
	int bound;
	size_t octets; /* of memory, when it is loaded */
	double ms[MEASURE_ROUNDS_MAX];
};

/* Loads and frees it; sets octets, and ms of this round. */
void long_load(struct load_row *row, unsigned round);
