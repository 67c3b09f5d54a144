/* What the memory keeps of a tuple, a client and a mark, in lines for people: "label  value". */
#pragma once

#include "engine/judge.h"
#include "store/browse.h"

struct record_teller {
	struct judge_policy policy;
	bool by_record; /* a wait that the record was promised counts, not policy's */
	int64_t now;
	bool epoch;
	const char *address; /* the client's */
};

/* "label  TIME (3 min ago)" */
void record_tell_moment(const struct record_teller *t, const char *label, int64_t at);

void record_tell_tuple(const struct record_teller *t, const struct browse_entry *e);
void record_tell_client(const struct record_teller *t, const struct client_record *r);

/* Of a tuple that waits: when it passes, and until when. */
int64_t record_passes_from(const struct record_teller *t, const struct grey_record *r);
int64_t record_passes_until(const struct record_teller *t, const struct grey_record *r);

/* Of one that has passed: when it is forgotten, unless it is seen again. */
int64_t record_kept_until(const struct record_teller *t, const struct grey_record *r);
