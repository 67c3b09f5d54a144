/* Which entries list and forget mean. */
#pragma once

#include "cli/args.h"
#include "store/browse.h"
#include "util/ip.h"

#define CRITERIA_FORMS 3

/* Texts that a part of a key may equal: as typed, as folded; and what these hash to. */
struct criterion {
	bool given;
	struct buf form[CRITERIA_FORMS];
	char hash[CRITERIA_FORMS][BROWSE_HASH_SIZE];
	unsigned forms;
	struct view domain; /* "@example.org"; or empty */
	struct ip_net net;  /* IP_NONE: the text is no network */
};

struct criteria {
	struct criterion source;
	struct criterion sender;
	struct criterion recipient;
	struct criterion client;
	bool hashed; /* the store has hashes, so the criteria's are made */
};

/* As the options say, for this store. ST_INVALID, ST_LIMIT: why says what is wrong. */
MUST_CHECK enum status criteria_new(const struct args *a, const struct browse *b,
                                    struct criteria **out, struct diag *why);
void criteria_free(struct criteria **c);

/* Do all criteria that concern the entry's table match? With none every entry does. */
bool criteria_match(const struct criteria *c, const struct browse_entry *e);
