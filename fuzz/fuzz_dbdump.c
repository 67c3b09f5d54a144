/* Texts of db_dump, and what Postgrey's keys and values say. The first octet chooses the options.
 */
#include <stdlib.h>

#include "codec/pairs.h"
#include "codec/postgrey_entry.h"

static void check_inside(struct view part, struct view whole)
{
	if (part.n > 0 && (part.p < whole.p || part.p + part.n > whole.p + whole.n))
		abort();
}

static enum status take(void *arg, struct view key, struct view value)
{
	const struct postgrey_options *opt = arg;
	struct postgrey_entry e;
	enum postgrey_skip skip;

	if (postgrey_parse(opt, key, value, &e, &skip) != ST_OK) {
		if (skip == POSTGREY_USED || skip >= POSTGREY_SKIPS)
			abort();
		return ST_OK;
	}
	check_inside(e.sender, key);
	check_inside(e.recipient, key);
	check_inside(e.digest, key);
	if (e.first > opt->now || e.last > opt->now || e.first < 0 || e.last < 0)
		abort();
	if (e.kind == POSTGREY_TUPLE && (e.first > e.last || !net_has(&e.net, &e.address)))
		abort();
	return ST_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct postgrey_options opt = { .ipv4_bits = 24, .ipv6_bits = 64, .now = 1800000000 };
	struct diag why = { 0 };
	enum status st;

	if (size == 0)
		return 0;
	opt.file = (enum postgrey_file)(data[0] & 3);
	opt.targrey = (data[0] & 4) != 0;
	st = pairs_read((struct view){ (const char *)data + 1, size - 1 }, take, &opt, &why);
	if (st != ST_OK && why.text[0] == '\0')
		abort();
	return 0;
}
