/* Answers of servers to updates and to the question for a zone; and names and values that become
 * messages: those are readable up to their end. */
#include <stdint.h>
#include <stdlib.h>

#include "codec/dnsupdate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void answers(struct view in)
{
	uint16_t id = (uint16_t)((unsigned char)in.p[0] << 8 | (unsigned char)in.p[1]);
	char zone[DNSUPDATE_NAME_ROOM];
	unsigned rcode = 0, same = 0;
	enum status st = dnsupdate_answer_zone(in, id, VIEW("1.2.0.192.bl.example"), zone, &rcode);

	if (st == ST_OK && !view_ends_nocase(VIEW("1.2.0.192.bl.example"), view_of(zone)))
		abort();
	if (dnsupdate_answer(in, id, &same) == ST_OK && st != ST_INVALID && same != rcode)
		abort();
}

static void updates(struct view in)
{
	static const uint16_t types[] = { DNSUPDATE_A,   DNSUPDATE_NS,  DNSUPDATE_CNAME,
		                          DNSUPDATE_PTR, DNSUPDATE_TXT, DNSUPDATE_AAAA };
	struct dnsupdate_key key = { .name = VIEW("k"), .secret = { 1 }, .secret_size = 1 };
	struct buf out = buf_of(DNSUPDATE_MESSAGE_MAX);
	struct dnsupdate u = { .zone = VIEW("example"), .dns_class = 1 };
	struct view rest = view_from(in, 1);

	u.type = types[(unsigned char)in.p[0] % 6];
	if (view_next(&rest, '\0', &u.name)) {
		u.value = rest;
		if (dnsupdate_put(&out, 1, &u, &key, 1) != ST_OK && out.n != 0)
			abort();
	}
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view in = { (const char *)data, size };

	if (size < 2)
		return 0;
	answers(in);
	updates(in);
	return 0;
}
