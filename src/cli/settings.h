/* The times and networks by which what the memory holds is read. */
#pragma once

#include "cli/args.h"
#include "engine/judge.h"

struct settings {
	struct judge_policy policy;
	bool by_record; /* a wait that a record was promised counts, not policy's */
	unsigned ipv4_bits;
	unsigned ipv6_bits;
};

/* Those of the daemon that runs on the folder: it is asked where its configuration came from, and
 * that is read. Those of the options (their defaults) where one of them is given, no daemon
 * answers, or its configuration can't be read any more. Blocks. Before tell_open, which gives up
 * root's rights. */
void settings_find(const struct args *a, struct settings *out);
