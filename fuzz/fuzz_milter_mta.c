/* What filters send to an MTA, and what an MTA writes of it: the octets of an answer are read, sent
 * on and read again; commands that are read are written, and must come out as they were. */
#include <stdint.h>
#include <stdlib.h>

#include "codec/milter_mta.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROOM ((size_t)4 << 20)

static void must(bool truth)
{
	if (!truth)
		abort();
}

static void must_lie_in(struct view part, struct view whole)
{
	must(part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n));
}

static void answer(const struct milter_packet *packet)
{
	static const struct milter_offer offers[] = { { 6, 0x1ff, 0x1fffff },
		                                      { 2, 0x3f, 0x7f },
		                                      { 6, 0, 0x1fffff } };

	for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
		struct milter_agreed a;

		if (milter_agree(packet, &offers[i], &a) != ST_OK)
			continue;
		must(a.version >= 2 && a.version <= offers[i].version);
		must((a.actions & ~(offers[i].actions | 0x0f)) == 0);
		for (unsigned s = 0; s < MILTER_STAGES; s++)
			must_lie_in(a.macros[s], packet->data);
	}
}

/* What is sent on says the same, in packets that can be read. */
static void reply(const struct milter_packet *packet)
{
	struct buf out = buf_of(ROOM);
	struct milter_reply r, again;
	struct milter_packet sent;
	size_t used = 0;

	if (milter_reply_read(packet, &r) == ST_OK) {
		must_lie_in(r.name, packet->data);
		must_lie_in(r.value, packet->data);
		must_lie_in(r.address, packet->data);
		must_lie_in(r.arguments, packet->data);
		must_lie_in(r.text, packet->data);
		must_lie_in(r.body, packet->data);
		if (milter_put_mended(&out, &r) == ST_OK) {
			must(milter_scan(buf_view(&out), MILTER_DATA_MAX, &sent, &used) == ST_OK);
			must(used == out.n || r.kind == MILTER_REPLBODY);
			must(milter_reply_read(&sent, &again) == ST_OK);
			must(again.kind == r.kind || r.kind == MILTER_REPLYCODE);
			must(again.index == r.index && view_eq(again.name, r.name));
		} else {
			must(out.n == 0);
		}
	}
	buf_free(&out);
}

static void command(const struct milter_packet *packet)
{
	struct buf out = buf_of(ROOM);
	struct milter_command m;
	struct milter_packet sent;
	size_t used = 0;

	if (milter_command_read(packet, &m) == ST_OK) {
		must(milter_put_command(&out, &m) == ST_OK);
		must(milter_scan(buf_view(&out), MILTER_DATA_MAX, &sent, &used) == ST_OK);
		must(used == out.n && sent.letter == packet->letter);
		/* what stands behind an unknown family is not sent again */
		must(view_eq(sent.data, packet->data) ||
		     (m.kind == MILTER_CONNECT && m.connect.family == MILTER_UNKNOWN_FAMILY));
	}
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view rest = { (const char *)data, size };
	struct milter_packet packet;
	size_t used = 0;

	while (milter_scan(rest, MILTER_DATA_MAX, &packet, &used) == ST_OK) {
		answer(&packet);
		reply(&packet);
		command(&packet);
		rest = view_from(rest, used);
	}
	return 0;
}
