/* Berkeley DB files: the walk ends, and delivers no more than a file of its size can hold. */
#include <stdlib.h>

#include "codec/dbdump.h"
#include "codec/pairs.h"
#include "codec/postgrey_entry.h"

struct seen {
	size_t pairs;
	size_t octets;
};

static enum status take(void *arg, struct view key, struct view value)
{
	static const struct postgrey_options opt = { .ipv4_bits = 24,
		                                     .ipv6_bits = 64,
		                                     .now = INT64_MAX };
	struct seen *seen = arg;
	struct postgrey_entry e;
	enum postgrey_skip skip;

	seen->pairs++;
	seen->octets += key.n + value.n;
	if (postgrey_parse(&opt, key, value, &e, &skip) == ST_OK && skip != POSTGREY_USED)
		abort();
	return ST_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view file = { (const char *)data, size };
	struct seen seen = { 0, 0 };
	struct diag why = { 0 };
	enum status st;

	if (dbdump_is(file))
		return 0;
	st = pairs_read(file, take, &seen, &why);
	/* A pair takes two indexes and two heads of entries. */
	if (seen.pairs > size / 10 || seen.octets > size)
		abort();
	if (st != ST_OK && why.text[0] == '\0')
		abort();
	return 0;
}
