/* Requests in any cut: the incremental scan must agree with a scan of the whole. */
#include <stdint.h>
#include <stdlib.h>

#include "codec/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view in = { (const char *)data, size };
	struct policy_scan step = { 0 }, whole = { 0 };
	struct policy_request request;
	size_t used = 0, used_whole = 0, n = 0;
	enum status st = ST_AGAIN;
	enum status st_whole = policy_scan(&whole, in, &used_whole);

	while (st == ST_AGAIN && n < size) {
		n += 1 + data[n] % 7;
		st = policy_scan(&step, view_first(in, n), &used);
	}
	if (st_whole != st || used != used_whole)
		abort();
	if (st == ST_OK && policy_parse(view_first(in, used), &request) != ST_LIMIT &&
	    request.garbage > POLICY_LINES_MAX)
		abort();
	return 0;
}
